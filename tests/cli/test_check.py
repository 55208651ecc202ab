"""`fristad check`: a safe plan, plans tampered with in every way, and plans that cannot be read."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from matching.solver.program import LEVELS
from tests.cli.running import Ran, run
from tests.tellings import (
    PASSED,
    Raw,
    case,
    facility,
    member,
    network,
    on,
    placement,
    relation,
    residence,
    room,
    scenario,
)

NIGHTS = 10


def told() -> Raw:
    """Two rivals and one stranger to both, who comes for five nights and then for ten more.

    In Umeå two houses, the first with two rooms; in Gävle one, closed; in Malmö one room; in Luleå
    one placed rival of net-a.
    """
    return scenario(
        networks=[network("net-a"), network("net-b")],
        relations=[relation("net-a", "net-b")],
        facilities=[
            facility("north", "2480-umea", [room("u0"), room("u1")]),
            facility("north2", "2480-umea"),
            facility("middle", "2180-gavle", closures=[{"start": on(0), "end": on(100)}]),
            facility("south", "1280-malmo", [room("u0"), room("u1")], closures=[closed_unit("u1")]),
            facility("luleå".replace("å", "a"), "2580-lulea", [room("u0"), room("u1")]),
        ],
        cases=[
            case("c-a", member("a", "net-a"), home="0980-visby"),
            case("c-b", member("b", "net-b"), home="0980-visby"),
            case(
                "c-two",
                member("two"),
                home="0980-visby",
                stays=[{"kind": "emergency", "nights": 5}, {"kind": "stable", "nights": NIGHTS}],
            ),
            case("c-gate", member("gate"), home="0980-visby", gate={**PASSED, "written_consent": False}),
        ],
        placements=[placement("p-b", "lulea", member("placed", "net-b"))],
    )


def closed_unit(unit: str) -> Raw:
    return {"start": on(2), "end": on(5), "units": [unit]}


def stay(where: str, unit: str = "u0", start: int = 0, nights: int = NIGHTS, beds: int = 1) -> Raw:
    return {"facility": where, "units": [{"unit": unit, "beds": beds}], "start": on(start), "end": on(start + nights)}


SAFE: dict[str, list[Raw]] = {
    "c-a": [stay("north")],
    "c-b": [stay("south")],
    "c-two": [stay("north", "u1", 0, 5), stay("north", "u1", 5)],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "week.json").write_text(json.dumps(told()), encoding="utf-8")
    assert run("plan", tmp_path / "week.json", "-o", tmp_path / "made.json").code == 0
    return tmp_path


def checked(folder: Path, stays: dict[str, list[Raw]], *arguments: str, **changed: Any) -> Ran:
    plan = json.loads((folder / "made.json").read_bytes())
    plan["placed"] = [{"case": name, "stays": own} for name, own in stays.items()]
    (folder / "plan.json").write_text(json.dumps(plan | changed), encoding="utf-8")
    return run("check", folder / "week.json", folder / "plan.json", *arguments)


def test_the_made_plan_is_safe(folder: Path) -> None:
    done = run("check", folder / "week.json", folder / "made.json")
    assert done.code == 0
    assert "breaks no hard rule of the book: 3 of 4 cases placed" in done.said


def test_a_safe_plan_by_hand_is_0(folder: Path) -> None:
    assert checked(folder, SAFE).code == 0
    body = checked(folder, SAFE, "--json").body
    assert (body["breaks_hard_rule"], body["breaches"], body["is_for_this_scenario"]) == (False, [], True)
    # c-gate is green and unplaced; three households at 1000 SEK, c-two twice: 4 x 100, and none is far from a town
    assert set(body["levels"]) == set(LEVELS)
    assert [body["levels"][name] for name in LEVELS[:6]] == [0, 0, 1, 0, 0, 0]
    assert body["levels"]["soft"] >= 400


# what is changed in the safe plan, the rule that must object, its reason, who is named
TAMPERED: list[tuple[str, dict[str, list[Raw]], str, str, set[str]]] = [
    ("a rival next door", {"c-b": [stay("north2")]}, "rival_separation", "rivals_planned_too_near", {"c-a", "c-b"}),
    ("a rival in the same house", {"c-b": [stay("north", "u1")], "c-two": []}, "rival_separation",
     "rivals_planned_too_near", {"c-a", "c-b"}),
    ("a rival who is there already", {"c-a": [stay("lulea", "u1")]}, "rival_separation", "rival_present",
     {"c-a", "p-b"}),
    ("a bed taken twice", {"c-two": [stay("south", "u0", 0, 5), stay("north", "u1", 5)]}, "place_capacity",
     "bed_night_taken_twice", {"south", "c-b", "c-two"}),
    ("a bed that is filled", {"c-two": [stay("lulea", "u0", 0, 5), stay("north", "u1", 5)]}, "place_capacity",
     "bed_night_taken_twice", {"lulea", "c-two"}),
    ("a closed facility", {"c-b": [stay("middle")]}, "place_capacity", "bed_night_taken_twice", {"middle", "c-b"}),
    ("a unit that closes later", {"c-b": [stay("south", "u1")]}, "place_capacity", "bed_night_taken_twice",
     {"south", "c-b"}),
    ("two beds for one", {"c-b": [stay("south", beds=2)]}, "place_capacity", "not_one_bed_per_member", {"c-b"}),
    ("a start after the window", {"c-b": [stay("south", start=4)]}, "start_in_time", "outside_window",
     {"c-b", "south"}),
    ("a start in the past", {"c-b": [stay("south", start=-1)]}, "start_in_time", "outside_window", {"c-b", "south"}),
    ("a night too few", {"c-b": [stay("south", nights=9)]}, "start_in_time", "outside_window", {"c-b", "south"}),
    ("a leg missing", {"c-two": [stay("north", "u1", 0, 5)]}, "plan", "legs_missing_or_not_joined", {"c-two"}),
    ("a gap between the legs", {"c-two": [stay("north", "u1", 0, 5), stay("north", "u1", 6)]}, "plan",
     "legs_missing_or_not_joined", {"c-two"}),
    ("a case before its gate", {"c-gate": [stay("south", start=3)], "c-b": []}, "eligibility_gate",
     "no_written_consent", {"c-gate", "south"}),
]  # fmt: skip


@pytest.mark.parametrize(("change", "rule", "reason", "named"), [t[1:] for t in TAMPERED], ids=[t[0] for t in TAMPERED])
def test_a_tampered_plan_is_1_and_listed(
    change: dict[str, list[Raw]], rule: str, reason: str, named: set[str], folder: Path
) -> None:
    stays = {name: own for name, own in (SAFE | change).items() if own}
    done = checked(folder, stays, "--json")
    assert done.code == 1
    assert done.body["breaks_hard_rule"] is True
    found = [one for one in done.body["breaches"] if one["rule"] == rule and one["reason"] == reason]
    assert found, done.body["breaches"]
    assert named in [{party["id"] for party in one["parties"]} for one in found]
    for_people = checked(folder, stays)
    assert for_people.code == 1
    assert f"BREACH {rule}: {reason}".replace("_", " ") in for_people.said
    assert all(name in for_people.out for name in named)


def test_a_breach_names_the_facilities(folder: Path) -> None:
    """Of each case those of the plan, of somebody present the own one; a residence has none."""
    raw = told()
    raw["residences"] = [residence("r-b", "2480-umea", member("resident", "net-b"))]
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    stays = SAFE | {"c-a": [stay("lulea", "u1")], "c-b": [stay("north2")], "c-two": [stay("south"), stay("north")]}
    done = checked(folder, stays)
    assert "rival present (case c-a in lulea, Luleå; p-b in lulea, Luleå)" in done.said
    assert "(case c-two in south, Malmö in north, Umeå)" in done.said
    found = checked(folder, SAFE, "--json").body["breaches"]
    assert [party["facilities"] for one in found for party in one["parties"] if party["id"] == "r-b"] == [[]]
    assert "(case c-a in north, Umeå; r-b)" in checked(folder, SAFE).said


def test_the_last_day_of_the_window_is_inside(folder: Path) -> None:
    assert checked(folder, SAFE | {"c-b": [stay("south", start=3)]}).code == 0


def test_every_breach_is_listed(folder: Path) -> None:
    stays = SAFE | {"c-b": [stay("north2", start=4)], "c-two": [stay("middle", "u0", 0, 5)]}
    rules = {one["rule"] for one in checked(folder, stays, "--json").body["breaches"]}
    assert rules == {"rival_separation", "start_in_time", "place_capacity", "plan"}


def test_the_home_radius_is_judged_too(folder: Path) -> None:
    raw = told()
    raw["cases"][0]["homes"] = ["2480-umea"]
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    body = checked(folder, SAFE, "--json").body
    assert [(one["rule"], one["reason"]) for one in body["breaches"]] == [("forbidden_locality", "home_radius")]


def test_an_empty_plan_breaks_nothing(folder: Path) -> None:
    assert checked(folder, {}).code == 0


def test_what_the_plan_claims_is_not_believed(folder: Path) -> None:
    """Levels, proofs and findings of the file are another's word: only the stays are judged."""
    level = {"name": "soft", "value": 0, "bound": 0, "is_proven": True}
    honest = checked(folder, SAFE, "--json").body
    lying = checked(folder, SAFE, "--json", levels=[level], unplaced=[]).body
    assert honest.pop("false_claims") == []
    assert lying.pop("false_claims") == ["the values of its levels", "which cases are unplaced"]
    assert honest == lying
    assert "claims what is not so: which cases are unplaced" in checked(folder, SAFE, unplaced=[]).said


def test_a_plan_of_another_scenario_is_noted_and_judged(folder: Path) -> None:
    raw = told()
    raw["cases"][1]["known_places"] = [{"locality": "1280-malmo", "kind": "relatives"}]
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    done = checked(folder, SAFE)
    assert done.code == 1
    assert "made for another version of this scenario" in done.said
    body = checked(folder, SAFE, "--json").body
    assert body["is_for_this_scenario"] is False


def test_another_policys_values_are_no_false_claims(folder: Path) -> None:
    """What the weights are differs, so the levels do; who is unplaced is asked all the same."""
    policy = folder / "policy.json"
    policy.write_text(json.dumps({"weights": {"preferred_locality": 999, "day_rate": 999}}), encoding="utf-8")
    own = run("check", folder / "week.json", folder / "made.json", "--json").body
    other = run("check", folder / "week.json", folder / "made.json", "--policy", policy)
    as_json = run("check", folder / "week.json", folder / "made.json", "--policy", policy, "--json").body
    assert own["levels"] != as_json["levels"]
    assert as_json["false_claims"] == []
    assert "under another policy" in other.said
    assert "claims what is not so" not in other.said
    unplaced = checked(folder, SAFE, "--policy", str(policy), "--json", unplaced=[]).body["false_claims"]
    assert unplaced == ["which cases are unplaced"]


def test_live_breaches_are_findings_and_not_the_plans_fault(folder: Path) -> None:
    raw = told()
    raw["placements"].append(placement("p-a", "lulea", member("other", "net-a"), beds=["u1"]))
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    done = checked(folder, SAFE, "--json")
    assert done.code == 0
    (found,) = done.body["findings"]
    assert (found["rule"], found["on_live"]) == ("rival_separation", "move_now")
    assert set(found["presences"]) == {"p-a", "p-b"}


# -- plans that cannot be read ---------------------------------------------------------------------


def faults_of(done: Ran) -> set[tuple[str, str]]:
    assert (done.code, done.err) == (2, "")
    return {(fault["path"], fault["wrong"]) for fault in done.body["faults"]}


def test_every_unknown_id_is_a_fault_and_none_is_repeated(folder: Path) -> None:
    stays = {
        "zqx-case": [stay("south")],
        "c-a": [stay("zqx-facility")],
        "c-b": [stay("south", "zqx-unit")],
    }
    done = checked(folder, stays, "--json")
    assert faults_of(done) == {
        ("placed[0].case", "names a case that does not exist"),
        ("placed[1].stays[0].facility", "names a facility that does not exist"),
        ("placed[2].stays[0].units[0].unit", "names a unit that does not exist"),
    }
    assert "zqx" not in done.out + checked(folder, stays).said


def test_a_case_twice_a_day_that_is_none_and_an_end_before_the_start(folder: Path) -> None:
    plan = json.loads((folder / "made.json").read_bytes())
    backwards = {**stay("south"), "end": on(-3)}
    plan["placed"] = [
        {"case": "c-a", "stays": [{**stay("north"), "start": "2026-02-30"}]},
        {"case": "c-a", "stays": [backwards]},
    ]
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    assert faults_of(run("check", folder / "week.json", folder / "plan.json", "--json")) == {
        ("placed[0].stays[0].start", "is no day of the calendar"),
        ("placed[1].case", "occurs a second time"),
        ("placed[1].stays[0]", "ends before or when it starts"),
    }


Change = Callable[[Raw], object]
SHAPES: dict[str, Change] = {
    "a field too many": lambda plan: plan.update(zqxfield="zqxvalue"),
    "a field missing": lambda plan: plan.pop("scenario_sha256"),
    "not synthetic": lambda plan: plan.update(synthetic=False),
    "another version": lambda plan: plan.update(schema_version="zqx2"),
    "no stays": lambda plan: plan["placed"][0].update(stays=[]),
    "a text for beds": lambda plan: plan["placed"][0]["stays"][0]["units"][0].update(beds="zqxone"),
    "no beds": lambda plan: plan["placed"][0]["stays"][0]["units"][0].update(beds=0),
    "a date of another form": lambda plan: plan["placed"][0]["stays"][0].update(start="zqx 20 Nov"),
    "an id with a space": lambda plan: plan["placed"][0].update(case="zqx case"),
}


@pytest.mark.parametrize("change", SHAPES.values(), ids=list(SHAPES))
def test_a_plan_of_another_shape_is_2(change: Change, folder: Path) -> None:
    plan = copy.deepcopy(json.loads((folder / "made.json").read_bytes()))
    change(plan)
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    for arguments in (["check"], ["report", "-o", str(folder / "r.html")]):
        done = run(arguments[0], folder / "week.json", folder / "plan.json", *arguments[1:])
        assert (done.code, done.out) == (2, "")
        assert "zqx" not in done.err
    assert not (folder / "r.html").exists()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"[]", b"null", b'"plan"'])
def test_a_plan_that_is_no_plan_is_2(content: bytes, folder: Path) -> None:
    (folder / "plan.json").write_bytes(content)
    assert run("check", folder / "week.json", folder / "plan.json").code == 2


@pytest.mark.parametrize("path", ["", "missing.json"])
def test_a_folder_or_nothing_in_the_plans_place_is_2(path: str, folder: Path) -> None:
    done = run("check", folder / "week.json", folder / path)
    assert done.code == 2
    assert "the plan file" in done.err


def test_a_scenario_in_the_plans_place_is_2(folder: Path) -> None:
    assert run("check", folder / "week.json", folder / "week.json").code == 2
