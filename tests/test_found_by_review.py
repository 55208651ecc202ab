"""What reviews found across the parts; each is named for what went wrong."""

from __future__ import annotations

import json
import os
from pathlib import Path

from matching.candidates import generate
from matching.constraints import rule_book
from matching.pools import allocations, pools_of
from matching.refusals import exclusions
from matching.solver.cpsat import Limits
from matching.solver.program import build
from matching.solver.rank import rank
from tests import tellings as t
from tests.cli.running import run

LAND = t.Land(("home", "a", "b"))


def test_units_closed_alike_for_later_stay_one_pool() -> None:
    # Twenty shared rooms, one closure of the whole house next summer, a household of eight.
    rooms = [t.room(f"u{number}", shared=True) for number in range(20)]
    house = t.facility("f", "a", rooms, closures=[{"start": t.on(200), "end": t.on(230)}])
    house["accepts"]["max_household"] = 12
    facts = t.facts_of(t.scenario(facilities=[house], cases=[t.case("c", t.member("m"))]), LAND)
    assert len(pools_of(facts, 0)) == 1
    assert len(allocations(facts, 0, 8)) == 1


def test_linked_stays_without_a_common_first_day_leave_no_facility_possible() -> None:
    # The emergency bed is free on the first day alone, the stable one three nights later is not.
    stays = [{"kind": "emergency", "nights": 3}, {"kind": "stable", "nights": 100}]
    first = t.facility("f", "a", closures=[{"start": t.on(3), "end": t.on(900)}])
    later = t.facility("g", "b", closures=[{"start": t.on(0), "end": t.on(10)}])
    facts = t.facts_of(t.scenario(facilities=[first, later], cases=[t.case("c", t.member("m"), stays=stays)]), LAND)
    assert set(exclusions(facts, 0, rule_book())) == {0, 1}
    candidates = generate(facts, rule_book())
    ranking = rank(facts, build(facts, candidates, rule_book()), rule_book(), 0, Limits())
    assert ranking.options == ()


def test_the_output_is_never_an_input_a_pipe_or_a_device(tmp_path: Path) -> None:
    week = tmp_path / "week.json"
    assert run("generate", "--size", "tiny", "-o", week).code == 0
    content = week.read_bytes()
    assert run("plan", week, "-o", week).code == 2
    assert week.read_bytes() == content
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert run("plan", week, "-o", pipe).code == 2
    assert pipe.is_fifo()


def test_options_show_the_place_the_plan_shows(tmp_path: Path) -> None:
    week, plan = tmp_path / "week.json", tmp_path / "plan.json"
    assert run("generate", "--size", "small", "--seed", "2", "-o", week).code == 0
    assert run("plan", week, "-o", plan).code == 0
    for placed in json.loads(plan.read_bytes())["placed"][:6]:
        answer = run("options", week, "--case", placed["case"], "--audience", "coordinator", "--json").body
        planned = [option["facility"] for option in answer["options"] if option["is_in_plan"]]
        assert planned == [placed["stays"][-1]["facility"]]


def test_a_requester_is_not_told_whose_record_is_faulty(tmp_path: Path) -> None:
    week = tmp_path / "week.json"
    assert run("generate", "--size", "tiny", "-o", week).code == 0
    raw = json.loads(week.read_bytes())
    raw["placements"][1]["household"] = raw["placements"][0]["household"]
    raw["placements"][1]["units"] = [
        {**raw["placements"][1]["units"][0], "beds": len(raw["placements"][1]["household"])}
    ]
    week.write_text(json.dumps(raw))
    asked = run("options", week, "--case", raw["cases"][0]["id"], "--json")
    assert asked.code == 2
    assert [fault["path"] for fault in asked.body["faults"]] == ["the scenario file"]
    assert "placements" in run("options", week, "--case", raw["cases"][0]["id"], "--audience", "coordinator").err
    assert "does not exist" in run("options", tmp_path / "none", "--case", "c").err
