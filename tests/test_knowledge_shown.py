"""Flags of poor or old knowledge in the plan file, in print and on the page; never before the requester."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from matching.constraints import rule_book
from matching.facts import Facts
from matching.knowledge import Flag
from matching.options import requester_options
from matching.plans import Plan
from matching.redaction import RequesterAnswer
from matching.requester import own_view
from service.report_knowledge import knowledge_view
from tests import tellings as t
from tests.builders import case, world
from tests.cli.running import run

# -- where they are shown --------------------------------------------------------------------------


def week() -> t.Raw:
    """One case that Umeå takes, of low confidence, and one whose gate is not passed; one live placement."""
    poor = t.assessment(confidence="low")
    return t.scenario(
        facilities=[t.facility("f", "2480-umea"), t.facility("g", "2580-lulea")],
        cases=[
            t.case("case-1", home="0980-visby", assessments=[poor]),
            t.case("case-2", home="0980-visby", gate={}, assessments=[t.assessment(valid_until=t.on(3))]),
        ],
        placements=[t.placement("live-1", "g")],
    )


@pytest.fixture
def planned(tmp_path: Path) -> tuple[Path, Path, Any]:
    scenario, plan = tmp_path / "week.json", tmp_path / "plan.json"
    scenario.write_text(json.dumps(week()), encoding="utf-8")
    done = run("plan", scenario, "-o", plan, "--json")
    assert done.code == 0
    return scenario, plan, done.body


def test_the_plan_file_carries_them(planned: tuple[Path, Path, Any]) -> None:
    body = planned[2]
    (placed,), (unplaced,) = body["placed"], body["unplaced"]
    assert placed["flags"] == ["low_confidence", "separations_widened", "unlisted_locality"]
    assert unplaced["flags"] == ["assessment_expires_soon"]
    assert {flag: count for flag, count in body["flag_counts"].items() if count} == {
        "low_confidence": 1,
        "separations_widened": 1,
        "unlisted_locality": 1,
        "assessment_expires_soon": 1,
        "no_case_file": 1,
    }
    assert set(body["flag_counts"]) == set(get_args(Flag))
    assert body["caveats"] == [
        "Separations are 20 percent wider where the confidence of an assessment is low: "
        "around 1 waiting and 0 present households."
    ]


def test_they_are_printed_with_their_sentences(planned: tuple[Path, Path, Any]) -> None:
    scenario, plan, body = planned
    said = run("plan", scenario).said
    assert all(flag.replace("_", " ").split()[0] in said for flag, count in body["flag_counts"].items() if count)
    assert "Separations are 20 percent wider" in said
    assert "Separations are 20 percent wider" in run("check", scenario, plan).said
    assert run("check", scenario, plan, "--json").body["caveats"] == body["caveats"]
    ranked = run("options", scenario, "--case", "case-1", "--audience", "coordinator", "--json").body
    assert ranked["caveats"] == body["caveats"]


def test_a_plan_file_that_hides_a_flag_is_found_out(planned: tuple[Path, Path, Any]) -> None:
    scenario, plan, body = planned
    assert run("check", scenario, plan, "--json").body["false_claims"] == []
    body["placed"][0]["flags"].remove("unlisted_locality")
    plan.write_text(json.dumps(body), encoding="utf-8")
    assert run("check", scenario, plan, "--json").body["false_claims"] == ["the flags of its cases"]
    body["placed"][0]["flags"].append("zqx")
    plan.write_text(json.dumps(body), encoding="utf-8")
    done = run("check", scenario, plan)
    assert (done.code, "zqx" in done.said) == (2, False)


def test_the_report_counts_them_and_says_of_whom(planned: tuple[Path, Path, Any], tmp_path: Path) -> None:
    scenario, plan, _ = planned
    page_path = tmp_path / "page.html"
    assert run("report", scenario, plan, "-o", page_path).code == 0
    page = page_path.read_text(encoding="utf-8")
    section = page[page.index('id="knowledge"') :].split("</section>")[0]
    assert "live-1" in section
    assert "Separations are 20 percent wider" in section
    assert "1 of<br>2\xa0waiting cases" in section
    assert "1 of<br>1\xa0placed case" in section
    assert "1 of<br>1\xa0live placement" in section
    assert "Raised for nobody: unknown networks, relations not confirmed" in section


def test_the_view_of_the_report() -> None:
    facts = replace(world(cases=[case(networks=[1]), case()]), stale_networks=frozenset({1}))
    found = knowledge_view(facts, Plan())
    (row,) = found.rows
    assert (row.flag, row.count, row.of, row.who) == ("relations not confirmed", 1, 2, ("case-0",))
    assert len(found.silent) == len(get_args(Flag)) - 1


def test_the_requester_sees_none_of_it(planned: tuple[Path, Path, Any]) -> None:
    scenario, _, _ = planned
    answers = [
        run("options", scenario, "--case", name, *how).said for name in ("case-1", "case-2") for how in ((), ["--json"])
    ]
    words = {flag.replace("_", " ") for flag in get_args(Flag)} | set(get_args(Flag)) | {"wider", "confidence"}
    assert not [word for word in words for answer in answers if word in answer]
    assert not {"flags", "flag_counts", "caveats"} & set(RequesterAnswer.model_fields)


def test_nor_does_its_view_hold_what_a_flag_is_made_of() -> None:
    """Whether somebody else's network was looked into lately is not the own case's to know."""
    facts: Facts = replace(world(cases=[case(networks=[1])]), stale_networks=frozenset({1}))
    assert own_view(facts, 0).stale_networks == frozenset()
    without = replace(facts, stale_networks=frozenset())
    assert requester_options(facts, rule_book(), 0) == requester_options(without, rule_book(), 0)
