"""docs/operations.md: every command in it exists with its options, its tables are current, its alarms are complete."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.main import get_command

from matching.cli import app
from matching.cli.settings_table import BEGIN, END, settings_table, with_table
from service.schemas.back_reveals import BreakGlass
from service.settings import Settings
from tests.cli.running import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
_COMMAND = re.compile(r"^\s*(fristad .+?)\s*$|`(fristad [^`]+)`", re.M)


def _told() -> list[str]:
    found = {(line or inline).split("  #")[0].split(" > ")[0].strip() for line, inline in _COMMAND.findall(PAGE)}
    return sorted(found)


def _command(line: str) -> tuple[Any, list[str], list[str]]:
    """The command that a line names, its name, and what is told to it."""
    words = shlex.split(line)[1:]
    found: Any = get_command(app)
    name: list[str] = []
    while hasattr(found, "commands"):
        name.append(words.pop(0))
        found = found.commands[name[-1]]
    return found, name, words


def test_there_are_commands_to_look_at() -> None:
    names = {tuple(_command(line)[1]) for line in _told()}
    assert len(names) > 20
    whole: Any = get_command(app)
    for group in ("keys", "honey", "audit", "database"):
        assert {(group, one) for one in whole.commands[group].commands} <= names, "every one of them stands in the page"


@pytest.mark.parametrize("line", _told())
def test_every_command_exists_with_its_options(line: str) -> None:
    found, name, told = _command(line)
    assert run(*name, "--help").code == 0
    known = {option for one in found.params for option in one.opts}
    assert {word for word in told if word.startswith("-")} <= known
    if told:  # what is required is there, what takes a value has one, nothing is left over
        found.make_context("fristad", list(told))


def test_the_settings_are_current() -> None:
    assert (PAGE.count(BEGIN), PAGE.count(END)) == (1, 1)
    assert with_table(PAGE) == PAGE, "run `make docs`"
    rows = [line for line in settings_table().splitlines()[2:] if line]
    assert len(rows) == len(Settings.model_fields)
    assert not [row for row in rows if row.endswith("|  |")], "every setting says what it is"


def _alarms_of_the_code() -> Iterator[str]:
    constants = {
        name: value
        for path in (ROOT / "service").rglob("*.py")
        for name, value in re.findall(r'^([A-Z_]+)(?:: Final)? = "([a-z_]+)"$', path.read_text(encoding="utf-8"), re.M)
    }
    for path in sorted((ROOT / "service").rglob("*.py")):
        for told in re.findall(r"raise_alarm\(tx, (.+?)\)$", path.read_text(encoding="utf-8"), re.M):
            yield from re.findall(r'(?<!== )"([a-z_]+)"', told)
            yield from (constants[name] for name in re.findall(r"\b[A-Z][A-Z_]+\b", told))


def test_the_alarms_are_those_the_service_raises() -> None:
    raised = set(_alarms_of_the_code())
    raised |= {f"break_glass_{reason}" for reason in get_args(BreakGlass.model_fields["reason"].annotation)}
    _, _, section = PAGE.partition("## Alarms")
    rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])} == raised - {"stay"}


def test_every_file_it_points_to_exists() -> None:
    for target in re.findall(r"\]\(([a-z0-9/-]+[.]md)\)", PAGE):
        assert (ROOT / "docs" / target).is_file()
    for path in re.findall(r"`((?:tests|service)/[a-z_/.]+)`", PAGE):
        assert (ROOT / path).exists()
