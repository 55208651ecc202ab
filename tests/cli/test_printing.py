"""What `plan` and `check` print for people: words, the urgent first, moves, and why somebody has no place."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from matching.cli import common
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
    provider,
    relation,
    residence,
    room,
    scenario,
)

NEEDS = [{"tag": "interpreter", "timing": "day_one"}]
ROOMS = [room("u0"), room("u1")]


def told() -> Raw:
    """Two rivals in one house, whose provider is vetted until next month; two households in one room of another.

    `mover` lives in Gävle and needs what Umeå alone offers; `lone` has no place, `gate` has not passed.
    """
    return scenario(
        networks=[network("net-a"), network("net-b")],
        relations=[relation("net-a", "net-b")],
        providers=[provider(), provider("soon", vetting_valid_until=on(30))],
        facilities=[
            facility("house", "2580-lulea", ROOMS, provider="soon"),
            facility("full", "1280-malmo"),
            facility("old", "2180-gavle"),
            facility("new", "2480-umea", offers=["interpreter"]),
        ],
        placements=[
            placement("p-mover", "old", member("mover"), days=(-50, 2)),
            placement("p-a", "house", member("a", "net-a")),
            placement("p-b", "house", member("b", "net-b"), beds=["u1"]),
            placement("p-one", "full", member("one")),
            placement("p-two", "full", member("two")),
        ],
        cases=[
            case("mover", member("mover"), home="0980-visby", needs=NEEDS),
            case("lone", home="0980-visby", needs=[{"tag": "debt_advice", "timing": "day_one"}]),
            case("gate", home="0980-visby", gate={**PASSED, "written_consent": False}),
        ],
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "week.json").write_text(json.dumps(told()), encoding="utf-8")
    return tmp_path


def planned(folder: Path, *arguments: str) -> Ran:
    done = run("plan", folder / "week.json", "-o", folder / "plan.json", *arguments)
    assert (done.code, done.err) == (0, "")
    return done


def test_the_share_of_those_who_passed_the_gate_is_printed(folder: Path) -> None:
    assert planned(folder).said.startswith("3 waiting; 1 of 2 with a valid gate placed (50 %).")


def test_a_move_names_where_from(folder: Path) -> None:
    said = planned(folder).said
    assert re.search(r"mover │ new │ Umeå │ .* │ │ moves from │ │ .* old ", said)
    assert said.count("moves from") == 1


def test_linked_stays_name_the_move_between_them(folder: Path) -> None:
    """From Gävle to Umeå for two nights, since it closes soon, and on to Borås, which opens then."""
    raw = told()
    raw["facilities"][3]["closures"] = [{"start": on(8), "end": on(90)}]
    raw["facilities"].append(
        facility("next", "1490-boras", offers=["interpreter"], closures=[{"start": on(-9), "end": on(5)}])
    )
    raw["cases"][0]["stays"] = [{"kind": "emergency", "nights": 2}, {"kind": "stable", "nights": 10}]
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    said = planned(folder).said
    assert re.search(r"mover │ new │ .* old .* mover │ next │ .* moves from │ .* new ", said)
    assert said.count("moves from") == 2


def test_the_unplaced_have_the_gates_reason_or_the_strongest_rules(folder: Path) -> None:
    said = planned(folder).said
    assert "gate │ – │ gate not passed: no written consent" in said
    assert re.search(r"lone │ 0 │ needs met 4, place capacity [123]", said)
    body = json.loads((folder / "plan.json").read_bytes())
    assert all(len(one["excluded_by"]) > 10 for one in body["unplaced"])


def test_no_more_than_three_rules_are_named() -> None:
    from matching.cli.printing import _strongest
    from matching.planfile import UnplacedCase

    counts = {"legal_form": 3, "needs_met": 9, "contract": 0, "place_capacity": 9, "threat_reach": 1}
    one = UnplacedCase(case="c", possible_alone=0, excluded_by=counts)
    assert _strongest(one) == "needs met 9, place capacity 9, legal form 3 and 1 other rule"
    more = one.model_copy(update={"excluded_by": counts | {"contract": 2}})
    assert _strongest(more) == "needs met 9, place capacity 9, legal form 3 and 2 other rules"
    few = one.model_copy(update={"excluded_by": {"needs_met": 9}})
    assert _strongest(few) == "needs met 9"


def test_the_risk_says_what_it_is_and_how_many_pairs_it_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of the networks of `mover` and of somebody in the same town: the prior counts."""
    monkeypatch.setattr(common.out, "_width", 400)
    assert "puts plans in order, no forecast; counts 0 uncertain pairs of neighbours)" in planned(folder).said
    raw = told()
    raw["networks"].append(network("net-c", hostility_prior_percent=10))
    raw["cases"][0]["household"] = raw["placements"][0]["household"] = [member("mover", "net-c")]
    raw["facilities"].append(facility("near", "2480-umea"))
    raw["placements"].append(placement("p-near", "near", member("near", "net-a")))
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    assert "puts plans in order, no forecast; counts 1 uncertain pair of neighbours)" in planned(folder).said


def both(folder: Path, *arguments: str) -> list[str]:
    made = planned(folder, *arguments).out
    return [made, run("check", folder / "week.json", folder / "plan.json", *arguments).out]


def test_the_urgent_come_first_and_tasks_are_counted(folder: Path) -> None:
    body = json.loads(run("plan", folder / "week.json", "--json").out)
    assert sorted(one["on_live"] for one in body["findings"]) == ["move_by", "move_now", "task", "task"]
    for text in both(folder):
        said = " ".join(text.split())
        assert "1 move now, 1 move within the set time, 2 tasks" in said
        first, second = said.index("rivals live too near"), said.index("unit overfull live")
        assert first < second < said.index("Tasks, counted")
        assert "p-a in house, Luleå" in said
        assert "provider vetting │ vetting expires later │ 2" in said


def test_every_task_is_listed_when_asked_for(folder: Path) -> None:
    for text in both(folder, "--tasks"):
        assert len(re.findall(r"│ task +│ provider vetting +│ vetting expires later", text)) == 2
        assert "Tasks, counted" not in text


@pytest.mark.parametrize("width", [80, 160])
def test_there_are_words_and_none_is_broken(folder: Path, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common.out, "_width", width)
    for text in both(folder):
        tables = text.partition("Written: ")[0]
        assert not re.search(r"[a-z]_[a-z]", tables)
        assert all(len(line) <= width for line in tables.splitlines())
        words = set(re.findall(r"[a-z]+", tables.lower()))
        assert {"rivals", "live", "too", "near", "overfull", "vetting", "expires", "separation"} <= words


def test_nothing_live_is_said_in_a_sentence(tmp_path: Path) -> None:
    raw = told() | {"placements": []}
    (tmp_path / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    assert "No live breach among those already present." in planned(tmp_path).said


def test_whoever_must_move_now_stands_in_the_second_line(folder: Path) -> None:
    lines = planned(folder).out.splitlines()
    one_may_do = "of two too near each other one leaving may do"
    assert lines[1] == f"2 households present must move now: p-a, p-b: fristad repair ({one_may_do})"


def test_a_residence_is_not_counted_among_those_who_must_move(folder: Path) -> None:
    raw = told()
    raw["placements"] = [one for one in raw["placements"] if one["id"] != "p-b"]
    raw["residences"] = [residence("r-b", "2580-lulea", member("b", "net-b"))]
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    assert planned(folder).out.splitlines()[1] == "1 household present must move now: p-a: fristad repair"


def test_no_second_line_without_danger(tmp_path: Path) -> None:
    (tmp_path / "week.json").write_text(json.dumps(told() | {"placements": []}), encoding="utf-8")
    assert "must move now" not in planned(tmp_path).out


def test_many_in_danger_are_counted_and_the_first_named(folder: Path) -> None:
    raw = told()
    raw["placements"] += [placement(f"p-x{n}", "house", member(f"x{n}", "net-a")) for n in range(9)]
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    assert re.search(
        r"11 households present must move now: p-a, p-b, .*, p-x5 and 3 more: fristad", planned(folder).said
    )


def test_the_unplaced_stand_by_class_and_the_crowded_out_are_told_so(folder: Path) -> None:
    raw = told()
    for name, triage in (("first", "green"), ("second", "red")):
        raw["cases"].append(raw["cases"][0] | {"id": name, "triage": triage, "household": [member(name)]})
    (folder / "week.json").write_text(json.dumps(raw), encoding="utf-8")
    said = planned(folder).said.partition("Unplaced: ")[2]
    rows = re.findall(r"│ (red|orange|green) │ (\S+) │ (\S+) │ ([a-z ]+)", said)
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=["red", "orange", "green"].index)
    crowded = [row for row in rows if row[2] not in "–0"]
    assert crowded
    assert all(row[3].strip() == "others are placed before it" for row in crowded)
