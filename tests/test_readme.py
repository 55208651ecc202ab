"""The README's generated parts are current."""

from pathlib import Path

from matching.cli.rule_table import BEGIN, END, with_table
from tests.cli.weeks import facts_of, said, week

README = Path(__file__).parent.parent / "README.md"


def test_rule_table_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count(BEGIN) == 1
    assert text.count(END) == 1
    assert with_table(text) == text, "run `make docs`"


def test_a_stale_table_is_noticed() -> None:
    text = README.read_text(encoding="utf-8").replace("| `isolation` | soft |", "| `isolation` | hard |")
    assert with_table(text) != text


def test_the_output_shown_is_what_the_command_prints() -> None:
    """The demo's first placed case, as `fristad options` prints it; lines may be wrapped."""
    text = README.read_text(encoding="utf-8")
    _, _, rest = text.partition("$ fristad options out/week.json --case case-001\n")
    shown, _, _ = rest.partition("```")
    _, printed = said(facts_of(week("demo", 1)), "case-001")
    assert shown.split() == printed.split()
