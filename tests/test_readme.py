"""The README's generated parts are current, and what it shows is what the commands print."""

import re
import shlex
from pathlib import Path

import pytest

from benchmarks.generate import to_bytes
from matching.cli import common
from matching.cli.rule_table import BEGIN, END, with_table
from matching.cli.shown import COLUMNS, LEFT_OUT, with_output
from tests.cli.running import run
from tests.cli.weeks import week

README = Path(__file__).parent.parent / "README.md"
SHOWN = re.findall(r"^```\n\$ fristad (.*)\n((?:(?!```).*\n)+)```", README.read_text(encoding="utf-8"), re.M)


def test_rule_table_is_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert text.count(BEGIN) == 1
    assert text.count(END) == 1
    assert with_table(text) == text, "run `make docs`"


def test_a_stale_table_is_noticed() -> None:
    text = README.read_text(encoding="utf-8").replace("| `isolation` | soft |", "| `isolation` | hard |")
    assert with_table(text) != text


def is_what_it_prints(shown: str, printed: str) -> bool:
    """Whether the parts shown stand in the output, in order; lines may be wrapped, and only marked parts left out."""
    whole = " ".join(printed.split())
    parts = [" ".join(part.split()) for part in re.split(rf"^{LEFT_OUT}\n", shown, flags=re.M)]
    pattern = ".*".join(re.escape(part) for part in parts)
    return re.fullmatch(pattern, whole) is not None


def test_something_is_shown_of_both_sides() -> None:
    assert [command.split()[0] for command, _ in SHOWN] == ["options", "explain"]


@pytest.mark.parametrize(("command", "shown"), SHOWN)
def test_the_output_shown_is_what_the_command_prints(
    command: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the demo's week, in a terminal of ordinary width."""
    monkeypatch.setattr(common.out, "_width", COLUMNS)
    file = tmp_path / "week.json"
    file.write_bytes(to_bytes(week("demo", 1)))
    arguments = [str(file) if word == "out/week.json" else word for word in shlex.split(command)]
    done = run(*arguments)
    assert done.code == 0
    assert is_what_it_prints(shown, done.out), "run `make docs`"


def test_the_output_shown_is_what_make_docs_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.out, "_width", COLUMNS)
    file = tmp_path / "week.json"
    file.write_bytes(to_bytes(week("demo", 1)))
    text = README.read_text(encoding="utf-8")
    stale = text.replace("│ 1    │ ", "│ 9    │ ")
    assert stale != text
    assert with_output(stale, file) == with_output(text, file) == text, "run `make docs`"


@pytest.mark.parametrize(
    ("shown", "is_so"),
    [
        ("a b\nc\n", True),
        ("a\n…\nc\n", True),
        ("…\nb c\n", True),
        ("a b\n", False),
        ("a\nc\n", False),
        ("a\n…\nd\n", False),
        ("b\n…\na\n…\n", False),
    ],
)
def test_what_is_shown_falsely_is_noticed(shown: str, is_so: bool) -> None:
    assert is_what_it_prints(shown, "a b\nc\n") == is_so
