"""The README's generated parts are current."""

from pathlib import Path

from matching.cli.rule_table import BEGIN, END, with_table

README = Path(__file__).parent.parent / "README.md"


def test_rule_table_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count(BEGIN) == 1
    assert text.count(END) == 1
    assert with_table(text) == text, "run `make docs`"


def test_a_stale_table_is_noticed() -> None:
    text = README.read_text(encoding="utf-8").replace("| `isolation` | soft |", "| `isolation` | hard |")
    assert with_table(text) != text
