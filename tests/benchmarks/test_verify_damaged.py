"""Damaged plans: the verifier names the rule, and says of hundreds of them what the engine's own judge says."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest

from benchmarks.verify import Scenario, verified
from matching.errors import InputRejected
from matching.planfile import read_plan
from matching.solver.check import judge
from tests.verifying import BOOK, Week, week

Raw = dict[str, Any]
Damage = Callable[[Raw, Raw, random.Random], None]


def later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def filled(home: Raw, persons: int, dice: random.Random) -> list[Raw]:
    """A bed for each person if the facility has so many, in no particular unit."""
    found = []
    for unit in dice.sample(home["units"], len(home["units"])):
        beds = min(persons, unit["beds"])
        if beds:
            found.append({"unit": unit["id"], "beds": beds})
            persons -= beds
    return found


def some_case(plan: Raw, raw: Raw, dice: random.Random) -> tuple[Raw, int]:
    one = dice.choice(plan["placed"])
    [case] = [case for case in raw["cases"] if case["id"] == one["case"]]
    return one, len(case["household"])


def home_of(raw: Raw, id: str) -> Raw:
    return next(home for home in raw["facilities"] if home["id"] == id)


def moved(plan: Raw, raw: Raw, dice: random.Random) -> None:
    one, persons = some_case(plan, raw, dice)
    home = dice.choice(raw["facilities"])
    dice.choice(one["stays"]).update(facility=home["id"], units=filled(home, persons, dice))


def next_door(plan: Raw, raw: Raw, dice: random.Random) -> None:
    """Into the town of somebody placed, rival or not."""
    one, persons = some_case(plan, raw, dice)
    town = home_of(raw, dice.choice(raw["placements"])["facility"])["locality"]
    home = dice.choice([home for home in raw["facilities"] if home["locality"] == town])
    one["stays"][-1].update(facility=home["id"], units=filled(home, persons, dice))


def shifted(plan: Raw, raw: Raw, dice: random.Random) -> None:
    one, _ = some_case(plan, raw, dice)
    days = dice.choice([-30, -5, -1, 1, 3, 10, 40])
    for stay in one["stays"]:
        stay.update(start=later(stay["start"], days), end=later(stay["end"], days))


def swapped(plan: Raw, raw: Raw, dice: random.Random) -> None:
    (one, persons), (other, others) = some_case(plan, raw, dice), some_case(plan, raw, dice)
    for a, b in zip(one["stays"], other["stays"], strict=False):
        a["facility"], b["facility"] = b["facility"], a["facility"]
        a["units"] = filled(home_of(raw, a["facility"]), persons, dice)
        b["units"] = filled(home_of(raw, b["facility"]), others, dice)


def doubled(plan: Raw, raw: Raw, dice: random.Random) -> None:
    (one, _), (other, _) = some_case(plan, raw, dice), some_case(plan, raw, dice)
    told = other["stays"][0]
    one["stays"][-1].update(facility=told["facility"], units=[dict(use) for use in told["units"]])


def one_more(plan: Raw, raw: Raw, dice: random.Random) -> None:
    """Somebody unplaced, anywhere."""
    placed = {one["case"] for one in plan["placed"]}
    waiting = [case for case in raw["cases"] if case["id"] not in placed]
    if not waiting:
        return
    case = dice.choice(waiting)
    start, stays = max(case["window"]["earliest"], raw["now"][:10]), []
    for stay in case["stays"]:
        home, end = dice.choice(raw["facilities"]), later(start, stay["nights"])
        units = filled(home, len(case["household"]), dice)
        stays.append({"facility": home["id"], "units": units, "start": start, "end": end})
        start = end
    plan["placed"].append({"case": case["id"], "stays": stays, "flags": []})
    plan["unplaced"] = [one for one in plan["unplaced"] if one["case"] != case["id"]]


def legless(plan: Raw, raw: Raw, dice: random.Random) -> None:
    """A stay dropped where there are two, told twice where there is one."""
    one, _ = some_case(plan, raw, dice)
    if len(one["stays"]) > 1:
        one["stays"].pop(dice.randrange(2))
    else:
        last = one["stays"][0]
        one["stays"].append({**last, "start": last["end"], "end": later(last["end"], 3)})


def shortened(plan: Raw, raw: Raw, dice: random.Random) -> None:
    one, _ = some_case(plan, raw, dice)
    one["stays"][-1]["end"] = later(one["stays"][-1]["end"], -1)


def crowded(plan: Raw, raw: Raw, dice: random.Random) -> None:
    """A bed fewer or more than the household has members."""
    one, _ = some_case(plan, raw, dice)
    use = dice.choice(dice.choice(one["stays"])["units"])
    use["beds"] = max(1, use["beds"] + dice.choice([-1, 1]))


def untouched(plan: Raw, raw: Raw, dice: random.Random) -> None:
    """So that some are accepted."""


DAMAGES = (moved, next_door, shifted, swapped, doubled, one_more, legless, shortened, crowded, untouched)


def said_by_the_engine(told: Week, plan: Raw) -> tuple[set[str], tuple[int, ...]] | None:
    try:
        _, stays = read_plan(json.dumps(plan).encode(), told.facts)
    except InputRejected:
        return None
    judgement = judge(stays, told.facts, BOOK, with_findings=False)
    return {breach.rule for breach in judgement.breaches}, judgement.levels


def compared(size: str, seed: int, times: int) -> Counter[str]:
    """So many damaged plans judged by both; how often each rule was broken."""
    told, dice, spoke = week(size, seed), random.Random(seed), Counter[str]()
    for _ in range(times):
        plan = told.plan()
        for damage in dice.choices(DAMAGES, k=dice.choice([1, 1, 2, 3])):
            damage(plan, told.raw, dice)
        rules, _, _ = told.found_in(plan)
        engine = said_by_the_engine(told, plan)
        if engine is None:
            assert rules
            continue
        if "plan" in engine[0]:  # of stays that are not told as a whole the rules need not say the same
            assert "plan" in rules
            rules, engine = {"plan"}, ({"plan"}, engine[1])
        assert rules == engine[0]
        counted = {level["name"]: level["value"] for level in plan["levels"]}
        plan["levels"] = [
            {"name": name, "value": value, "bound": 0, "is_proven": value == 0}
            for name, value in zip(counted, engine[1], strict=True)
        ]
        plan["is_proven"] = not any(engine[1])
        found = told.found_in(plan)
        assert found[1:] == (set(), not rules), "the levels are counted otherwise"
        spoke.update(rules or {"accepted"})
    return spoke


@pytest.mark.parametrize(
    ("size", "seed", "times"), [("tiny", 1, 60), ("small", 1, 150), ("small", 2, 150), ("N", 1, 40)]
)
def test_it_agrees_with_the_engine_s_judge_on_damaged_plans(size: str, seed: int, times: int) -> None:
    spoke = compared(size, seed, times)
    assert spoke["accepted"] >= times // 20
    assert spoke["place_capacity"] >= times // 20
    assert len(spoke) >= 6


@pytest.mark.long
@pytest.mark.parametrize("size", ["small", "N", "surge"])
@pytest.mark.parametrize("seed", range(3, 9))
def test_it_agrees_with_the_engine_s_judge_at_length(size: str, seed: int) -> None:
    assert len(compared(size, seed, 200)) >= 6


# The rule it names


def test_a_rival_next_door_is_named_and_only_while_there_is_a_feud() -> None:
    """Each placed case in every facility in turn, until it is too near somebody who is a rival and not just unknown."""
    told = week("small", 1)
    peaceful = Scenario(json.dumps({**told.raw, "relations": [], "person_conflicts": []}).encode())
    for number, home in product(range(len(told.plan()["placed"])), told.raw["facilities"]):
        plan = told.plan()
        case = next(case for case in told.raw["cases"] if case["id"] == plan["placed"][number]["case"])
        units = filled(home, len(case["household"]), random.Random(1))
        plan["placed"][number]["stays"][-1].update(facility=home["id"], units=units)
        if "rival_separation" in told.found_in(plan)[0]:
            found = verified(peaceful, json.dumps(plan).encode())
            if "rival_separation" not in {breach.rule for breach in found.breaches}:
                break
    else:
        pytest.fail("no week to test with: nobody has a rival anywhere")
    engine = said_by_the_engine(told, plan)
    assert engine is not None
    assert "rival_separation" in engine[0]


def test_two_households_in_one_unit_are_named() -> None:
    told = week("small", 1)
    plan = told.plan()
    singles = [case["id"] for case in told.raw["cases"] if len(case["household"]) == 1]
    one, other = [item for item in plan["placed"] if item["case"] in singles][:2]
    unshared = [(home, unit) for home in told.raw["facilities"] for unit in home["units"] if not unit["is_shared"]]
    home, unit = unshared[0]
    for item in (one, other):
        item["stays"][-1].update(facility=home["id"], units=[{"unit": unit["id"], "beds": 1}])
    assert "place_capacity" in told.found_in(plan)[0]


@pytest.mark.parametrize(("damage", "rule"), [(legless, "plan"), (shortened, "plan"), (crowded, "place_capacity")])
def test_what_is_no_whole_plan_is_named(damage: Damage, rule: str) -> None:
    told = week("small", 1)
    plan = told.plan()
    damage(plan, told.raw, random.Random(3))
    assert rule in told.found_in(plan)[0]


def test_a_start_after_the_window_is_named() -> None:
    told = week("small", 1)
    plan = told.plan()
    for stay in plan["placed"][0]["stays"]:
        stay.update(start=later(stay["start"], 400), end=later(stay["end"], 400))
    assert "start_in_time" in told.found_in(plan)[0]
