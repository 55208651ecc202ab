"""Bad input: exit 2, every fault with its path, no value repeated, nothing written, no file harmed."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran, files_in, run, run_script
from tests.cli.weeks import Raw, week
from tests.tellings import case, facility, member, network, on, placement, relation, scenario

MARK = "zqx"
READERS = (
    "plan", "options", "options coordinator", "check", "explain", "explain assessor", "explain requester", "networks",
    "report",
)  # fmt: skip


def reading(name: str, path: Path, plan: Path, out: Path) -> Ran:
    """A command that reads a scenario file; those that write write to `out`."""
    arguments: dict[str, list[str | Path]] = {
        "plan": ["plan", path, "-o", out],
        "options": ["options", path, "--case", "alone"],
        "options coordinator": ["options", path, "--case", "alone", "--audience", "coordinator"],
        "check": ["check", path, plan],
        "explain": ["explain", path, "--case", "alone"],
        "explain assessor": ["explain", path, "--case", "alone", "--audience", "assessor"],
        "explain requester": ["explain", path, "--case", "alone", "--audience", "requester"],
        "networks": ["networks", path],
        "report": ["report", path, plan, "-o", out],
    }
    return run(*arguments[name])


def told(tmp_path: Path, raw: Any) -> Path:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def faults_of(path: Path) -> set[tuple[str, str]]:
    done = run("plan", path, "--json")
    assert (done.code, done.err) == (2, "")
    assert done.body["exit_code"] == 2
    return {(fault["path"], fault["wrong"]) for fault in done.body["faults"]}


def refused(done: Ran) -> None:
    assert (done.code, done.out) == (2, "")
    assert re.match(r"Rejected: \d+ fault\(s\)(; nothing was written)?\.$", done.err.splitlines()[0])
    assert MARK not in done.err.lower()


# -- no value is repeated --------------------------------------------------------------------------


def with_every_text_marked(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: with_every_text_marked(value) for key, value in node.items()}
    if isinstance(node, list):
        return [with_every_text_marked(value) for value in node]
    return f"{MARK}{node}" if isinstance(node, str) else node


def with_every_text_two_words(node: Any) -> Any:
    """Texts that fit no pattern at all."""
    if isinstance(node, dict):
        return {key: with_every_text_two_words(value) for key, value in node.items()}
    if isinstance(node, list):
        return [with_every_text_two_words(value) for value in node]
    return f"{MARK} [red]{node}[/red] \x1b[31m" if isinstance(node, str) else node


def with_every_key_marked(node: Any) -> Any:
    if isinstance(node, dict):
        return {f"{MARK}{key}": with_every_key_marked(value) for key, value in node.items()}
    return [with_every_key_marked(value) for value in node] if isinstance(node, list) else node


def with_every_number_marked(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: with_every_number_marked(value) for key, value in node.items()}
    if isinstance(node, list):
        return [with_every_number_marked(value) for value in node]
    return 987654321 if isinstance(node, int) and not isinstance(node, bool) else node


def with_a_stranger_key_everywhere(node: Any) -> Any:
    if isinstance(node, dict):
        inner = {key: with_a_stranger_key_everywhere(value) for key, value in node.items()}
        return {**inner, f"{MARK}_name": f"{MARK}_anna"}
    return [with_a_stranger_key_everywhere(value) for value in node] if isinstance(node, list) else node


MARKED = (
    with_every_text_marked,
    with_every_text_two_words,
    with_every_key_marked,
    with_every_number_marked,
    with_a_stranger_key_everywhere,
)


@pytest.mark.parametrize("change", MARKED, ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", READERS)
def test_no_value_of_a_bad_file_is_repeated(
    name: str, change: Callable[[Any], Any], planned: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.write_text("mine")
    done = reading(name, told(tmp_path, change(week("tiny", 1))), planned, out)
    refused(done)
    assert "987654321" not in done.err
    assert "\x1b[31m" not in done.err
    assert out.read_text() == "mine"
    assert files_in(tmp_path) == {"bad.json", "out"}


@pytest.mark.parametrize("change", MARKED, ids=lambda change: change.__name__)
def test_nor_as_json(change: Callable[[Any], Any], tmp_path: Path) -> None:
    done = run("plan", told(tmp_path, change(week("tiny", 1))), "--json")
    assert (done.code, done.err) == (2, "")
    assert MARK not in done.out.lower()
    assert "987654321" not in done.out
    assert len(done.body["faults"]) > 20 or change is with_every_key_marked


def test_ids_that_exist_nowhere_are_not_repeated(tmp_path: Path) -> None:
    raw = week("tiny", 1)
    raw["cases"][0]["homes"] = ["zqx-home"]
    raw["placements"][0]["facility"] = "zqx-facility"
    raw["relations"][0]["a"] = "zqx-net"
    raw["person_conflicts"][0]["b"] = "zqx-person"
    raw["facilities"][0]["provider"] = "zqx-provider"
    path = told(tmp_path, raw)
    refused(run("plan", path))
    assert {where for where, _ in faults_of(path)} == {
        "cases[0].homes[0]", "placements[0].facility", "relations[0].a", "person_conflicts[0].b",
        "facilities[0].provider",
    }  # fmt: skip


# -- every fault at once ---------------------------------------------------------------------------


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    raw = scenario(
        networks=[network("a"), network("b"), network("a")],
        relations=[relation("a", "ghost"), relation("b", "b")],
        facilities=[facility("f", "2480-umea"), facility("g", "nowhere")],
        cases=[
            case("c", member("one"), home="0980-visby", window={"earliest": on(5), "latest": on(1)}),
            case("d", member("one"), home="0980-visby"),
        ],
        placements=[placement("p", "f", member("two")), placement("q", "f", member("two"), days=(-10, 10))],
        policy={"neighbouring_km": -1},
    )
    text = json.dumps(raw)
    text = text.replace('"security_grade": 1', '"security_grade": NaN', 1)
    text = text.replace('"triage": "green"', '"triage": "green", "triage": "red"', 1)
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    found = faults_of(path)
    assert {where for where, _ in found} >= {
        "networks[2].id",  # a second time
        "relations[0].b",  # no such network
        "relations[1]",  # with itself
        "facilities[0].security_grade",  # NaN
        "facilities[1].locality",  # no such place
        "cases[0]",  # a key twice
        "cases[0].window",  # ends before it starts
        "cases[1].household[0].person_key",  # in two open cases
        "placements[1]",  # overlaps another stay
        "policy.neighbouring_km",
    }
    done = run("plan", path)
    assert all(where in done.err for where, _ in found)


def test_it_must_say_synthetic(tmp_path: Path) -> None:
    for raw in (scenario(synthetic=False), {k: v for k, v in scenario().items() if k != "synthetic"}):
        assert {where for where, _ in faults_of(told(tmp_path, raw))} == {"synthetic"}


def test_an_identity_number_is_refused_and_not_repeated(tmp_path: Path) -> None:
    raw = scenario(cases=[case("c", member("one"), home="0980-visby", unit="bops-19811228-9874")])
    path = told(tmp_path, raw)
    done = run("plan", path)
    assert done.code == 2
    assert "identity number" in done.err
    assert "9874" not in done.err


# -- files that are no scenario --------------------------------------------------------------------


def contents() -> Iterator[tuple[str, bytes]]:
    whole = json.dumps(week("tiny", 1)).encode()
    yield "empty", b""
    yield "truncated", whole[: len(whole) // 2]
    yield "one byte short", whole[:-1]
    yield "trailing", whole + b"{}"
    yield "binary", bytes(range(256)) * 20
    yield "utf-16", whole.decode().encode("utf-16")
    yield "latin-1", '{"zqxå": 1}'.encode("latin-1")
    yield "a list", b"[]"
    yield "a number", b"3"
    yield "nothing", b"null"
    yield "deep", b"[" * 100_000 + b"]" * 100_000
    yield "deep object", b'{"a":' * 60 + b"1" + b"}" * 60
    yield "half a character", b'{"now": "\\ud800"}'
    yield "a number without end", b'{"now": ' + b"9" * 5000 + b"}"


@pytest.mark.parametrize(("content"), [c for _, c in contents()], ids=[n for n, _ in contents()])
def test_a_file_that_is_no_scenario_is_2(content: bytes, tmp_path: Path) -> None:
    path, out = tmp_path / "bad.json", tmp_path / "plan.json"
    path.write_bytes(content)
    out.write_text("mine")
    refused(run("plan", path, "-o", out))
    assert out.read_text() == "mine"
    assert run("plan", path, "-o", tmp_path / "new.json").code == 2
    assert files_in(tmp_path) == {"bad.json", "plan.json"}


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "week.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(scenario()).encode())
    assert run("plan", path, "--json").code == 0


def test_a_huge_file_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.domain.reading.MAX_BYTES", 1000)
    path = told(tmp_path, week("tiny", 1))
    assert [wrong for _, wrong in faults_of(path)] == ["is too large"]


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("what", ["folder", "nothing", "device"])
def test_no_file_in_the_scenarios_place_is_2(name: str, what: str, planned: Path, tmp_path: Path) -> None:
    path = {"folder": tmp_path, "nothing": tmp_path / "zqx.json", "device": Path(os.devnull)}[what]
    refused(reading(name, path, planned, tmp_path / "out"))
    assert files_in(tmp_path) == set()


# -- the output ------------------------------------------------------------------------------------

WRITERS = ("generate", "plan", "report")


def writing(name: str, tiny: Path, planned: Path, out: Path) -> Ran:
    arguments: dict[str, list[str | Path]] = {
        "generate": ["generate", "--size", "tiny"],
        "plan": ["plan", tiny],
        "report": ["report", tiny, planned],
    }
    return run(*arguments[name], "-o", out)


@pytest.mark.parametrize("name", WRITERS)
def test_an_output_folder_that_is_missing_is_2(name: str, tiny: Path, planned: Path, tmp_path: Path) -> None:
    refused(writing(name, tiny, planned, tmp_path / "missing" / "out.json"))
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_in_the_outputs_place_is_2(name: str, tiny: Path, planned: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    refused(writing(name, tiny, planned, tmp_path / "out"))
    assert files_in(tmp_path) == {"out"}


@pytest.mark.parametrize("name", WRITERS)
def test_an_output_below_a_file_is_2(name: str, tiny: Path, planned: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("mine")
    refused(writing(name, tiny, planned, tmp_path / "taken" / "out.json"))
    assert files_in(tmp_path) == {"taken"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything may be written to")
@pytest.mark.parametrize("name", WRITERS)
def test_a_read_only_folder_is_2(name: str, tiny: Path, planned: Path, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    refused(writing(name, tiny, planned, locked / "out.json"))
    assert files_in(locked) == set()


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("name", WRITERS)
def test_a_write_that_fails_leaves_the_old_file_and_no_other(
    name: str, call: str, tiny: Path, planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "zqx no space")

    (tmp_path / "out").write_text("mine")
    monkeypatch.setattr(f"matching.cli.common.os.{call}", full)
    refused(writing(name, tiny, planned, tmp_path / "out"))
    assert (tmp_path / "out").read_text() == "mine"
    assert files_in(tmp_path) == {"out"}


@pytest.mark.parametrize("name", WRITERS)
def test_an_old_file_is_replaced_whole(name: str, tiny: Path, planned: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x" * 2_000_000)
    assert writing(name, tiny, planned, tmp_path / "out").code == 0
    assert (tmp_path / "out").stat().st_size < 2_000_000
    assert files_in(tmp_path) == {"out"}


# -- the map ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*READERS, "generate"])
def test_a_map_that_cannot_be_read_is_2(
    name: str, tiny: Path, planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the operator's to mend, as `fristad geodata show` says of the same folder."""
    monkeypatch.setenv("FRISTAD_GEODATA", str(tmp_path / "nothing"))
    assert run("geodata", "show", "Visby").code == 2
    out = tmp_path / "out"
    done = writing(name, tiny, planned, out) if name == "generate" else reading(name, tiny, planned, out)
    assert (done.code, done.out) == (2, "")
    assert "Internal error" not in done.err


def test_the_real_script_refuses_too(tmp_path: Path) -> None:
    done = run_script("plan", told(tmp_path, with_every_text_marked(week("tiny", 1))), "-o", tmp_path / "out.json")
    refused(done)
    assert "Traceback" not in done.err
    assert files_in(tmp_path) == {"bad.json"}


def test_the_builders_here_make_a_valid_scenario(tmp_path: Path) -> None:
    raw: Raw = scenario(
        networks=[network("a"), network("b")],
        relations=[relation("a", "b")],
        facilities=[facility("f", "2480-umea")],
        cases=[case("c", member("one"), home="0980-visby")],
    )
    assert run("plan", told(tmp_path, raw), "--json").code == 0


@pytest.mark.parametrize(("more", "says_so"), [((), False), (("-o", "plan.json"), True)])
def test_only_a_command_that_would_write_says_that_it_has_not(
    more: tuple[str, ...], says_so: bool, tmp_path: Path
) -> None:
    arguments = [str(tmp_path / one) if one.endswith(".json") else one for one in more]
    done = run("plan", told(tmp_path, {}), *arguments)
    refused(done)
    assert ("nothing was written" in done.err) == says_so
    assert not (tmp_path / "plan.json").exists()
