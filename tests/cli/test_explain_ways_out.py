"""`fristad explain` and `plan`: what could be changed, what is not safe, and the certificates as files."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests import tellings as t
from tests.cli.running import run
from tests.tellings import Raw

GAVLE, UMEA, HOME = "2180-gavle", "2480-umea", "1280-malmo"
NEED = {"tag": "interpreter", "timing": "day_one"}


def told() -> Raw:
    """Two houses: one is full, one has no interpreter; and one bed for two who need none."""
    return t.scenario(
        networks=[t.network("gang")],
        facilities=[t.facility("gavle", GAVLE), t.facility("umea", UMEA, offers=["interpreter"])],
        cases=[
            t.case("needy", t.member("n"), home=HOME, needs=[NEED]),
            t.case("free", t.member("f"), home=HOME, days=(0, 0)),
            t.case("free-too", t.member("g"), home=HOME, days=(0, 0)),
        ],
        placements=[t.placement("p", "umea", t.member("p"))],
    )


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ways-out") / "week.json"
    path.write_text(json.dumps(told()), encoding="utf-8")
    return path


def sha(scenario: Path) -> str:
    return hashlib.sha256(scenario.read_bytes()).hexdigest()


# -- changes and unsafe options --------------------------------------------------------------------


def test_the_coordinator_reads_the_cheapest_change_first(scenario: Path) -> None:
    body = run("explain", scenario, "--case", "needy", "--language", "en", "--json").body
    kinds = [one["kind"] for one in body["remedies"]["changes"]]
    assert kinds[0] == "support_brought"
    assert "one_more_bed" in kinds
    assert [one["zone"] for one in body["remedies"]["changes"][0]["stays"]] == ["2180"]
    assert [[one["rule"] for one in option["breaches"]] for option in body["overrides"]["options"]] == [["needs_met"]]
    said = run("explain", scenario, "--case", "needy", "--language", "en").said
    assert "Support brought to the facility before the start: interpreter." in said
    assert "NOT SAFE" in said
    assert "Never overridden: eligibility_gate, legal_form, place_capacity, start_in_time." in said


def test_in_swedish_too(scenario: Path) -> None:
    said = run("explain", scenario, "--case", "needy").said
    assert "Stöd som ordnas på boendet före start: tolk." in said
    assert "INTE SÄKERT" in said


def test_options_show_what_is_not_safe_when_nothing_is_left(scenario: Path) -> None:
    body = run("options", scenario, "--case", "needy", "--audience", "coordinator", "--json").body
    assert (body["state"], len(body["overrides"]["options"])) == ("no_option", 1)
    assert "NOT SAFE" in run("options", scenario, "--case", "needy", "--audience", "coordinator").said
    free = run("options", scenario, "--case", "free", "--audience", "coordinator", "--json").body
    assert (free["state"], free["overrides"]) == ("options", None)


@pytest.mark.parametrize(
    "words",
    [
        ("explain", "--audience", "assessor"),
        ("explain", "--audience", "requester"),
        ("options", "--audience", "requester"),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_nobody_else_reads_any_of_it(words: tuple[str, ...], form: tuple[str, ...], scenario: Path) -> None:
    done = run(words[0], scenario, "--case", "needy", *words[1:], *form, "--language", "en")
    assert done.code == 0
    assert not any(word in done.said for word in ("NOT SAFE", "Support brought", "gavle", "umea", "remed", "overrid"))


# -- certificates ----------------------------------------------------------------------------------


def test_a_witness_for_each_facility(scenario: Path, tmp_path: Path) -> None:
    path = tmp_path / "single.json"
    done = run("explain", scenario, "--case", "needy", "--certificate", path, "--language", "en")
    assert done.code == 0
    assert "Written: " in done.said
    body: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert (body["kind"], body["case"], body["scenario_sha256"]) == ("single", "needy", sha(scenario))
    assert {one["facility"]: one["rule"] for one in body["refusals"]} == {
        "gavle": "needs_met",
        "umea": "place_capacity",
    }


def test_no_witness_where_something_is_left(scenario: Path, tmp_path: Path) -> None:
    path = tmp_path / "single.json"
    done = run("explain", scenario, "--case", "free", "--certificate", path, "--language", "en")
    assert (done.code, path.exists()) == (0, False)
    assert "nothing is written" in done.said


@pytest.mark.parametrize("audience", ["assessor", "requester"])
def test_a_certificate_is_for_the_coordinator_alone(audience: str, scenario: Path, tmp_path: Path) -> None:
    path = tmp_path / "single.json"
    done = run("explain", scenario, "--case", "needy", "--audience", audience, "--certificate", path)
    assert (done.code, path.exists()) == (2, False)
    assert "--certificate" in done.err


def test_the_plan_writes_a_proof_that_nobody_places_more(scenario: Path, tmp_path: Path) -> None:
    plan, proof = tmp_path / "plan.json", tmp_path / "proof.json"
    done = run("plan", scenario, "-o", plan, "--certificate", proof)
    assert done.code == 0
    assert "proven by a certificate" in done.said
    told_plan, body = json.loads(plan.read_text(encoding="utf-8")), json.loads(proof.read_text(encoding="utf-8"))
    assert told_plan["unplaced_proof"] == "certificate"
    assert (body["kind"], body["scenario_sha256"]) == ("joint", sha(scenario))
    cost = {int(n): Fraction(amount) for n, amount in body["objective"]["coefficients"].items()}
    bound = Fraction(body["objective"]["constant"])
    for row in body["rows"]:
        bound -= Fraction(row["multiplier"]) * row["bound"]
        for literal, amount in row["terms"]:
            cost[literal] = cost.get(literal, Fraction(0)) + Fraction(row["multiplier"]) * amount
    bound += sum(min(Fraction(0), left) for left in cost.values())
    assert bound == body["claimed_bound"] == len(told_plan["unplaced"]) == 2


@pytest.mark.parametrize("command", ["plan", "explain"])
def test_a_certificate_is_never_written_over_an_input(command: str, scenario: Path) -> None:
    before = scenario.read_bytes()
    case = ("--case", "needy") if command == "explain" else ()
    done = run(command, scenario, *case, "--certificate", scenario)
    assert (done.code, scenario.read_bytes()) == (2, before)


def test_plan_and_certificate_are_two_files(scenario: Path, tmp_path: Path) -> None:
    done = run("plan", scenario, "-o", tmp_path / "one.json", "--certificate", tmp_path / "one.json")
    assert (done.code, (tmp_path / "one.json").exists()) == (2, False)


# -- what is said, and no more ---------------------------------------------------------------------


def test_the_heading_of_a_minimal_set_stands_above_a_proven_one_alone(
    scenario: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matching import explanations

    asked = ("explain", scenario, "--case", "needy", "--language", "en")
    assert "The minimal set that leaves nothing" in run(*asked).said
    honest = explanations.to_coordinator
    monkeypatch.setattr(
        explanations,
        "to_coordinator",
        lambda *told: honest(*told).model_copy(update={"is_minimal": False, "is_proven": False}),
    )
    said = run(*asked).said
    assert "The minimal set that leaves nothing" not in said
    assert "Rules that together leave nothing" in said


def test_a_case_without_consent_is_told_of_the_gate_and_of_nothing_unsafe(tmp_path: Path) -> None:
    raw = told()
    raw["cases"][0] |= {"gate": {**t.PASSED, "written_consent": False}, "needs": []}
    path = tmp_path / "week.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    said = run("explain", path, "--case", "needy", "--language", "en").said
    assert "First the gate: no written consent; then one facility is open." in said
    assert "NOT SAFE" not in said
    assert "kinds of change that are tried" not in said


def test_the_reason_stands_beside_the_rule(scenario: Path) -> None:
    rows = run("explain", scenario, "--case", "needy", "--language", "en").out.partition("NOT SAFE")[2]
    assert "lacks interpreter" in " ".join(rows.split())


def test_options_of_a_case_without_any_point_at_explain(scenario: Path) -> None:
    said = run("options", scenario, "--case", "needy", "--audience", "coordinator").said
    assert "No place: see `fristad explain`. Possible facilities: 0 of 2." in said
    assert "Marginal cost:" not in said


def test_a_cost_of_nothing_says_against_what_and_no_line_is_empty(tmp_path: Path) -> None:
    """One bed for two, `free` and `free-too`: whoever the plan leaves out is compared with its own best option."""
    path, plan = tmp_path / "week.json", tmp_path / "plan.json"
    path.write_text(json.dumps(told()), encoding="utf-8")
    run("plan", path, "-o", plan)
    unplaced = {one["case"] for one in json.loads(plan.read_text(encoding="utf-8"))["unplaced"]}
    (crowded,) = unplaced & {"free", "free-too"}
    done = run("options", path, "--case", crowded, "--audience", "coordinator")
    table = done.out.partition("What excludes")[0]
    cells = [line.split("│")[3].strip() for line in table.splitlines() if line.startswith("│")]
    (displaced,) = {"free", "free-too"} - {crowded}
    assert cells[:2] == ["none, against the best option", f"no place for {displaced}"]
    assert "The week's plan has no place for this case: others are placed before it." in done.said
