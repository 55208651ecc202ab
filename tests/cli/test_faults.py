"""What goes wrong inside: exit codes 4 and 5, no value of anybody in what is said of it."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from matching.errors import OutOfTime, SolverFault
from tests.cli.running import SCRIPT, Ran, files_in, run

SECRET = "zqxsecret in 2480-umea"

# command -> what is made to fail inside it
INSIDE: dict[str, str] = {
    "generate": "benchmarks.generate.generate",
    "plan": "matching.pipeline.plan_week",
    "options": "matching.options.requester_options",
    "options coordinator": "matching.options.coordinator_options",
    "check": "matching.solver.check.judge",
    "explain": "matching.explanations.to_coordinator",
    "explain assessor": "matching.explanations.to_assessor",
    "explain requester": "matching.explanations.to_requester",
    "explain facility": "matching.explanations.of_facility",
    "networks": "matching.intelligence.situation_picture",
    "report": "service.report.render",
    "rules": "matching.cli.rule_table.rule_rows",
    "schema": "matching.domain.Scenario.model_json_schema",
}


def arguments(name: str, tiny: Path, planned: Path, folder: Path) -> list[str | Path]:
    told: dict[str, list[str | Path]] = {
        "generate": ["generate", "-o", folder / "out", "--size", "tiny"],
        "plan": ["plan", tiny, "-o", folder / "out"],
        "options": ["options", tiny, "--case", "alone"],
        "options coordinator": ["options", tiny, "--case", "alone", "--audience", "coordinator"],
        "check": ["check", tiny, planned],
        "explain": ["explain", tiny, "--case", "alone"],
        "explain assessor": ["explain", tiny, "--case", "alone", "--audience", "assessor"],
        "explain requester": ["explain", tiny, "--case", "alone", "--audience", "requester"],
        "explain facility": ["explain", tiny, "--case", "alone", "--facility", "gavle"],
        "networks": ["networks", tiny, "-o", folder / "out.svg"],
        "report": ["report", tiny, planned, "-o", folder / "out"],
        "rules": ["rules"],
        "schema": ["schema"],
    }
    return told[name]


class ZqxError(Exception):
    """Its text names somebody and a place."""


def raising(error: BaseException) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        try:
            raise ValueError(f"earlier: {SECRET}")
        except ValueError:
            raise error  # noqa: B904 - as a careless caller would, with the first one as its context

    return fail


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", INSIDE)
def test_an_internal_error_is_5_and_shows_no_value(
    name: str, as_json: bool, tiny: Path, planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = arguments(name, tiny, planned, tmp_path)
    monkeypatch.setattr(INSIDE[name], raising(ZqxError(SECRET)))
    done = run(*told, *(["--json"] if as_json else []))
    assert done.code == 5
    assert SECRET not in done.out + done.err
    assert "umea" not in done.out + done.err
    assert "Traceback" not in done.out + done.err
    assert files_in(tmp_path) == set()
    if as_json:
        assert (done.err, done.body["exit_code"]) == ("", 5)
    else:
        assert done.out == ""
        assert "Internal error (ZqxError)" in done.said


@pytest.mark.parametrize("error", [KeyError(SECRET), RecursionError(SECRET), MemoryError(SECRET), OSError(5, SECRET)])
def test_whatever_the_error_is(error: Exception, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.options.requester_options", raising(error))
    done = run("options", tiny, "--case", "alone")
    assert done.code == 5
    assert "zqxsecret" not in done.out + done.err


def test_a_traceback_is_shown_only_on_request(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.options.requester_options", raising(ZqxError("x")))
    monkeypatch.setenv("FRISTAD_TRACEBACK", "1")
    done = run("options", tiny, "--case", "alone")
    assert done.code == 1  # the error itself comes through: for whoever mends the program
    assert done.out == ""


@pytest.mark.parametrize(("error", "code"), [(OutOfTime(SECRET), 4), (SolverFault("the two disagree"), 5)])
@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize(
    ("name", "inside"),
    [("plan", "matching.pipeline.run"), ("options coordinator", "matching.solver.rank.rank")],
)
def test_out_of_time_is_4_and_a_solver_fault_5(
    name: str, inside: str, as_json: bool, error: Exception, code: int, tiny: Path, planned: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "out").write_text("mine")
    monkeypatch.setattr(inside, raising(error))
    done = run(*arguments(name, tiny, planned, tmp_path), *(["--json"] if as_json else []))
    assert done.code == code
    assert (tmp_path / "out").read_text() == "mine"
    assert "zqxsecret" not in done.out + done.err
    said = done.body["error"] if as_json else done.err
    assert ("proves nothing" if code == 4 else "Nothing is returned") in " ".join(said.split())


def test_solver_and_rules_that_disagree_leave_nothing(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search forgets a rule; the check afterwards does not, and the plan never leaves."""
    monkeypatch.setattr("matching.constraints.place_capacity.PlaceCapacity.add_to", lambda *_: None)
    monkeypatch.setattr("matching.constraints.place_capacity.PlaceCapacity.objection", lambda *_: None)
    monkeypatch.setattr("matching.constraints.place_capacity.PlaceCapacity.refused", lambda *_: None)
    done = run("plan", tiny, "-o", tmp_path / "out")
    assert (done.code, done.out) == (5, "")
    assert "Stopped" in done.err
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("command", [("schema",), ("rules", "--json")])
def test_a_reader_who_stops_reading_is_no_internal_error(command: tuple[str, ...]) -> None:
    """``fristad schema | head`` is everyday use."""
    with subprocess.Popen([SCRIPT, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
        process.wait(timeout=60)
    assert "Internal error" not in said
    assert "Traceback" not in said


def test_a_full_disk_while_printing_is_no_traceback() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip(f"no {full} here")
    with full.open("wb") as out:
        done = subprocess.run([SCRIPT, "schema"], stdout=out, stderr=subprocess.PIPE, check=False, timeout=60)
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr


PROGRAM = f"""
import sys
from unittest import mock
from matching.cli import main
secret = {SECRET!r}
def fail(*_, **__):
    person = secret
    raise RuntimeError("broken: " + person)
with mock.patch("matching.requester.attributes", fail):
    sys.argv = ["fristad", *sys.argv[1:]]
    main()
"""


def test_a_real_process_shows_no_value_either(tiny: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "options", str(tiny), "--case", "alone"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    ran = Ran(done.returncode, done.stdout, done.stderr)
    assert (ran.code, ran.out) == (5, "")
    assert "zqxsecret" not in ran.err
    assert "Traceback" not in ran.err


def test_an_error_number_is_no_secret() -> None:
    """The words above are looked for where they would be: an OSError prints its text after its number."""
    assert SECRET in str(OSError(errno.EIO, SECRET))
