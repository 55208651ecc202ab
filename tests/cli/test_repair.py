"""`fristad repair`: from two files to who moves; exit codes, files whole or not at all."""

from __future__ import annotations

import copy
import itertools
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from matching.constraints import rule_book
from matching.errors import SolverFault
from matching.repair.alerts import MOVING, live_findings, presences_of
from tests.cli.running import files_in, run, run_script
from tests.cli.weeks import Raw, facts_of, week
from tests.report_week import scenario_bytes

PROVENANCE = {"source": "police_intelligence", "recorded_on": "2026-11-19"}
CLOSED = {"kind": "closure", "facility": "umea-flat", "closure": {"start": "2026-11-25", "end": "2027-06-01"}}


def rivals(a: str, b: str) -> Raw:
    told = {"id": "tonight", "a": a, "b": b, "kind": "rival", "start": "2026-11-01", "probability_percent": 90}
    return {"kind": "relation", "relation": {**told, "provenance": PROVENANCE}}


def written(path: Path, *changes: Raw) -> Path:
    path.write_text(json.dumps({"schema_version": "1", "synthetic": True, "changes": list(changes)}))
    return path


@cache
def breaking() -> tuple[Raw, Raw]:
    """A generated week and a relation that makes somebody in it unsafe."""
    raw = week("small", 1)
    pairs = itertools.combinations(sorted(network["id"] for network in raw["networks"]), 2)
    for a, b in pairs:
        change = rivals(a, b)
        after = copy.deepcopy(raw)
        after["relations"].append(change["relation"])
        found = live_findings(facts_of(after), rule_book())
        if sum(1 for breach in found if breach.act in MOVING) >= 2:
            return raw, change
    raise LookupError("no relation breaks anything")


def test_a_generated_week_is_repaired(tmp_path: Path) -> None:
    raw, change = breaking()
    scenario = tmp_path / "week.json"
    scenario.write_text(json.dumps(raw))
    changes = written(tmp_path / "changes.json", change)
    done = run("repair", scenario, "--changes", changes, "-o", tmp_path / "repair.json", "--json")
    body = done.body
    assert done.code == (3 if body["state"] == "somebody_has_no_safe_bed" else 0)
    assert json.loads((tmp_path / "repair.json").read_text()) == body
    assert body["must_move"]
    assert body["are_fewest_moves"]
    must = {one["presence"] for one in body["must_move"]}
    assert all(move["presence"] in must or move["for_others"] for move in body["moves"])
    told = {level["name"]: level["value"] for level in body["levels"]}
    assert told["persons_moved"] == sum(move["persons"] for move in body["moves"])


def test_the_repaired_week_read_from_its_file_is_as_safe_as_the_repair_says(tmp_path: Path) -> None:
    """The moves are written into the scenario by hand: what it says of departures and stays, the rules judge anew."""
    raw, change = breaking()
    scenario = tmp_path / "week.json"
    scenario.write_text(json.dumps(raw))
    body = run("repair", scenario, "--changes", written(tmp_path / "c.json", change), "--json").body
    after = copy.deepcopy(raw)
    after["relations"].append(change["relation"])
    today = after["now"][:10]
    moved = {move["presence"]: move["stay"] for move in body["moves"] if move["stay"]["start"] == today}
    assert len(moved) == len(body["moves"]) > 0
    for told in list(after["placements"]):
        if told["id"] in moved:
            after["placements"].append({**told, **moved[told["id"]], "id": f"{told['id']}-new"})
            told["departed"] = today
    facts = facts_of(after)
    unsafe = {one["presence"] for one in body["must_move"] if one["outcome"] in ("no_safe_bed", "stays_unsafe")}
    for breach in live_findings(facts, rule_book()):
        if breach.act in MOVING:
            people = {facts.names.presences[one] for one in presences_of(breach)}
            assert people & (moved.keys() | unsafe)
            assert not any(one.endswith("-new") for one in people)


def test_it_says_first_how_many_are_in_danger_and_have_no_bed(tmp_path: Path) -> None:
    raw, change = breaking()
    scenario = tmp_path / "week.json"
    scenario.write_text(json.dumps(raw))
    changes = written(tmp_path / "changes.json", change)
    told = list(run("repair", scenario, "--changes", changes, "--json").body["must_move"])
    now = [one for one in told if one["act"] == "move_now"]
    done = run("repair", scenario, "--changes", changes)
    first, second = done.out.splitlines()[:2]
    none = sum(1 for one in now if one["outcome"] in ("no_safe_bed", "stays_unsafe"))
    assert first.startswith(f"{len(now)} households in danger now: ")
    assert first.endswith(f"{none} have NONE.")
    new = sum(1 for one in told if one["is_from_changes"])
    assert new
    assert second == f"From tonight's changes: {new} households in danger; from before: {len(told) - new}."
    assert "Fewest moves: proven." in done.said


def test_moves_are_told_in_the_order_of_execution_with_act_and_day(tmp_path: Path, tiny: Path) -> None:
    later = {**CLOSED, "closure": {"start": "2026-11-25", "end": "2027-06-01"}}
    tonight = {**CLOSED, "closure": {"start": "2026-11-01", "end": "2027-06-01"}}
    for change, act, by in ((later, "move_by", "2026-11-25"), (tonight, "move_now", None)):
        body = run("repair", tiny, "--changes", written(tmp_path / "c.json", change), "--json").body
        found = [one for one in body["must_move"] if one["is_from_changes"]]
        today = json.loads(tiny.read_text())["now"][:10]
        assert {(one["act"], one["leave_by"]) for one in found} == {(act, by or today)}
        assert all("place_capacity" in one["rules"] for one in found)
        for place, move in enumerate(body["moves"]):
            assert not {one["presence"] for one in body["moves"][place:]} & set(move["after"])


def test_what_was_left_out_is_counted_and_never_called_safe(tmp_path: Path, tiny: Path) -> None:
    far = written(tmp_path / "c.json", {**CLOSED, "facility": "lulea"})
    body = run("repair", tiny, "--changes", far, "--only-new", "--json").body
    left = [one for one in body["must_move"] if one["outcome"] == "left_out"]
    assert (body["only_new"], len(left), body["moves"]) == (True, len(body["must_move"]), [])
    said = run("repair", tiny, "--changes", far, "--only-new").said
    assert f"Left out by --only-new, still in danger from before: {len(left)} household" in said
    assert "of those newly in danger" in said
    assert "(check the ids and dates)" in said


def test_dates_that_are_likely_a_slip_are_told(tmp_path: Path, tiny: Path) -> None:
    over = {**CLOSED, "closure": {"start": "2026-09-01", "end": "2026-10-01"}}
    exposure = {"id": "e", "network": "hill", "facility": "lulea", "kind": "leak", "exposed_on": "2027-01-01"}
    network = json.loads(tiny.read_text())["networks"][0]["id"]
    leak = {"kind": "exposure", "exposure": {**exposure, "network": network}}
    changes = written(tmp_path / "c.json", over, leak, CLOSED)
    body = run("repair", tiny, "--changes", changes, "--json").body
    assert body["warnings"] == [
        "changes[0].closure.end: the closure is over already",
        "changes[1].exposure.exposed_on: the exposure lies in the future",
    ]
    assert "CHECK changes[0].closure.end" in run("repair", tiny, "--changes", changes).said


def test_nothing_to_do_is_0(tmp_path: Path, tiny: Path) -> None:
    far = {**CLOSED, "facility": "lulea"}
    done = run("repair", tiny, "--changes", written(tmp_path / "c.json", far), "--only-new")
    assert "NOT SAFE after the repair" in done.out  # gavle has two households in one room already
    assert done.code == 3
    calm = tmp_path / "calm.json"
    raw = json.loads(scenario_bytes())
    raw["placements"] = raw["placements"][:1]
    calm.write_text(json.dumps(raw))
    done = run("repair", calm, "--changes", written(tmp_path / "c.json", far))
    assert (done.code, done.out.splitlines()[0]) == (0, "Nobody has to move.")
    assert "0 households in danger; from before: 0. (check the ids and dates)" in done.out


def test_a_household_without_a_case_file_is_3_and_said_loudly(tmp_path: Path, tiny: Path) -> None:
    done = run("repair", tiny, "--changes", written(tmp_path / "c.json", CLOSED))
    assert done.code == 3
    assert "NO SAFE BED" in done.out
    assert "no case file" in done.said


def test_planned_stays_that_the_change_breaks_are_named(tmp_path: Path, tiny: Path, planned: Path) -> None:
    stays = json.loads(planned.read_text())["placed"]
    home = stays[0]["stays"][-1]["facility"]
    change = {"kind": "closure", "facility": home, "closure": {"start": "2026-11-22", "end": "2028-01-01"}}
    done = run("repair", tiny, "--changes", written(tmp_path / "c.json", change), "--plan", planned, "--json")
    unsafe = {one["case"]: one for one in done.body["unsafe_stays"]}
    assert unsafe[stays[0]["case"]]["is_new"]
    assert "place_capacity" in unsafe[stays[0]["case"]]["rules"]
    assert run("repair", tiny, "--changes", written(tmp_path / "c.json", CLOSED), "--json").body["unsafe_stays"] is None


def test_waiting_cases_keep_out_unless_asked_for(tmp_path: Path, tiny: Path) -> None:
    changes = written(tmp_path / "c.json", CLOSED)
    assert run("repair", tiny, "--changes", changes, "--json").body["waiting"] is None
    placed = run("repair", tiny, "--changes", changes, "--with-waiting", "--json").body["waiting"]
    assert {one["case"] for one in placed} <= {"alone", "late", "linked"}
    assert placed


@pytest.mark.parametrize("output", ["c.json", "nosuch/r.json"])
def test_nothing_is_written_over_an_input_or_nowhere(output: str, tmp_path: Path, tiny: Path) -> None:
    changes = written(tmp_path / "c.json", CLOSED)
    before, files = changes.read_bytes(), files_in(tmp_path)
    done = run("repair", tiny, "--changes", changes, "-o", tmp_path / output)
    assert done.code == 2
    assert (changes.read_bytes(), files_in(tmp_path)) == (before, files)


def test_bad_changes_are_2_with_every_fault_and_no_value(tmp_path: Path, tiny: Path) -> None:
    bad = written(tmp_path / "c.json", {**CLOSED, "facility": "zqxghost"}, rivals("zqxnet", "live"), {"kind": "zqx"})
    done = run("repair", tiny, "--changes", bad, "-o", tmp_path / "r.json", "--json")
    assert done.code == 2
    assert [fault["path"] for fault in done.body["faults"]] == ["changes[2].kind"]  # shape first, for all changes
    bad = written(tmp_path / "c.json", {**CLOSED, "facility": "zqxghost"})
    done = run("repair", tiny, "--changes", bad, "-o", tmp_path / "r.json", "--json")
    assert [fault["path"] for fault in done.body["faults"]] == ["changes[0].facility"]
    bad = written(tmp_path / "c.json", {**CLOSED, "facility": "zqxghost"}, rivals("zqxnet", "live"))
    done = run("repair", tiny, "--changes", bad, "--json")
    paths = [fault["path"] for fault in done.body["faults"]]
    assert {"changes[0].facility", "changes[1].relation.a"} <= set(paths)  # what does not exist, in one round
    bad = written(tmp_path / "c.json", {**CLOSED, "closing": "zqx"})
    (fault,) = run("repair", tiny, "--changes", bad, "--json").body["faults"]
    assert "docs/repair.md" in fault["accepted"]
    bad = written(tmp_path / "c.json", CLOSED, rivals("zqxnet", "live"))
    done = run("repair", tiny, "--changes", bad, "-o", tmp_path / "r.json")
    assert "changes[1].relation.a" in done.err
    assert "zqx" not in done.out + done.err
    assert not (tmp_path / "r.json").exists()


def test_a_repair_is_no_plan_and_that_is_said(tmp_path: Path, tiny: Path) -> None:
    changes, mended = written(tmp_path / "c.json", CLOSED), tmp_path / "r.json"
    run("repair", tiny, "--changes", changes, "-o", mended)
    for arguments in (("check", tiny, mended), ("report", tiny, mended, "-o", tmp_path / "r.html")):
        done = run(*arguments)
        assert done.code == 2
        assert "is a repair, not a plan" in done.err


def test_a_missing_changes_file_is_2(tmp_path: Path, tiny: Path) -> None:
    assert run("repair", tiny, "--changes", tmp_path / "none.json").code == 2
    assert run("repair", tiny).code == 2


def test_a_disagreement_is_5_and_nothing_is_written(
    tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disagreeing(*_: Any, **__: Any) -> None:
        raise SolverFault("the repair breaks: rival_separation")

    monkeypatch.setattr("matching.repair.plan.decide", disagreeing)
    done = run("repair", tiny, "--changes", written(tmp_path / "c.json", CLOSED), "-o", tmp_path / "r.json")
    assert done.code == 5
    assert not (tmp_path / "r.json").exists()


def test_the_script_says_what_the_function_says(tmp_path: Path, tiny: Path) -> None:
    arguments = ("repair", tiny, "--changes", written(tmp_path / "c.json", CLOSED), "--json")
    assert run_script(*arguments) == run(*arguments)
