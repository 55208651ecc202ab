"""An attacker's eye on `fristad options --audience requester`: two worlds, every stream, the real script.

The two worlds differ only in other people; the map's names, and all ids, are markers.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.running import Ran, run, run_script
from tests.cli.weeks import WORLDS, Marks, Raw, others_wait_differently, week
from tests.tellings import PASSED

CASES = 3


class Worlds:
    """Two files of one week, the cases asked for, and the map they stand on."""

    def __init__(self, folder: Path) -> None:
        marks = Marks()
        self.map = marks.map(folder / "map")
        dice = random.Random(5)
        one, two = week("small", 2), week("small", 2)
        waiting = [case["id"] for case in one["cases"]]
        for raw in (one, two):
            raw["cases"][-1]["gate"]["written_consent"] = False
            for case in raw["cases"][:CASES]:
                case["gate"] = PASSED
                case["assessments"][-1] |= {"threat_level": "high", "withdrawn": False, "valid_until": "2027-11-20"}
        self.cases = [*waiting[:CASES], waiting[-1]]
        for name in ("every_bed_is_taken_by_rivals", "everybody_is_in_conflict", "residences_everywhere"):
            WORLDS[name](two, dice)
        kept = {case["id"]: case for case in one["cases"]}
        others_wait_differently(two, self.cases[0], dice)
        # The twins and the changed ones wait on; those asked for are as they were.
        two["cases"] = [case for case in two["cases"] if case["id"] not in self.cases]
        two["cases"] += [kept[case] for case in self.cases]
        self.cases = [marks.of(case) for case in self.cases]
        self.files = [self._write(folder / f"{name}.json", marks.week(raw)) for name, raw in (("a", one), ("b", two))]

    @staticmethod
    def _write(path: Path, raw: Raw) -> Path:
        path.write_text(json.dumps(raw), encoding="utf-8")
        return path

    @property
    def env(self) -> Mapping[str, str]:
        return {"FRISTAD_GEODATA": str(self.map)}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Worlds:
    return Worlds(tmp_path_factory.mktemp("worlds"))


@pytest.fixture
def both(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """The one answer of both worlds, in this process."""
    monkeypatch.setenv("FRISTAD_GEODATA", str(worlds.map))

    def asked(*arguments: str, ask: Callable[..., Ran] = run) -> Ran:
        one, two = (ask("options", path, *arguments) for path in worlds.files)
        assert one == two
        assert "zqx" not in (one.out + one.err).lower()
        return one

    return asked


Both = Callable[..., Ran]


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize("number", range(CASES + 1))
def test_both_worlds_say_the_same(number: int, form: tuple[str, ...], worlds: Worlds, both: Both) -> None:
    done = both("--case", worlds.cases[number], *form)
    assert (done.code, done.err) == (0, "")
    assert ("uppfyller inte förutsättningarna" in done.said or "gate_not_passed" in done.said) == (number == CASES)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_both_refuse_alike(form: tuple[str, ...], both: Both) -> None:
    done = both("--case", "nobody", *form)
    assert done.code == 2
    assert both("--case", "", *form) == done


@pytest.mark.parametrize(("number", "form"), [(0, "--json"), (CASES, "--audience=requester")])
def test_so_does_the_real_script(number: int, form: str, worlds: Worlds, both: Both) -> None:
    arguments = ("--case", worlds.cases[number], form)
    assert both(*arguments, ask=run_script).body if form == "--json" else both(*arguments, ask=run_script).out


def test_so_does_the_real_script_when_it_refuses(both: Both) -> None:
    assert both("--case", "nobody", ask=run_script).code == 2


def test_both_fail_alike(worlds: Worlds, both: Both, monkeypatch: pytest.MonkeyPatch) -> None:

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("matching.requester.attributes", fail)
    assert both("--case", worlds.cases[0]).code == 5


def test_a_traceback_on_request_is_the_same_too(worlds: Worlds) -> None:
    """Where it broke, in source lines: no value and no number of anybody."""
    program = (
        "import sys; from unittest import mock; from matching.cli import main\n"
        "def fail(*_): raise RuntimeError('broken')\n"
        "with mock.patch('matching.requester.attributes', fail): main()"
    )
    said = []
    for path in worlds.files:
        done = subprocess.run(
            [sys.executable, "-c", program, "options", str(path), "--case", worlds.cases[0]],
            capture_output=True, text=True, check=False, timeout=120,
            env={**os.environ, **worlds.env, "FRISTAD_TRACEBACK": "1"},
        )  # fmt: skip
        assert "Traceback" in done.stderr
        assert "zqx" not in done.stderr + done.stdout
        said.append((done.returncode, done.stdout, done.stderr))
    assert said[0] == said[1]


def test_a_tight_time_limit_tells_nothing(worlds: Worlds, both: Both) -> None:
    """The requester's answer is not searched for, so there is no limit it could miss."""
    assert both("--case", worlds.cases[0], "--time-s", "0.1").code == 0


def test_the_answer_has_one_shape(worlds: Worlds, both: Both) -> None:
    """Keys and nesting of three slots are the same for every case; only words of the vocabulary differ."""
    texts = [both("--case", case, "--json").out for case in worlds.cases[:CASES]]
    assert len({re.sub(r'(?<=: )"[a-z_0-9]+"', "_", text) for text in texts}) == 1


def test_the_coordinator_does_see_the_difference(worlds: Worlds, both: Both) -> None:
    """So what is compared above does differ."""
    one, two = (run("explain", path, "--case", worlds.cases[0]) for path in worlds.files)
    assert one.out != two.out
