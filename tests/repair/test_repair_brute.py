"""The fewest moves by trying every assignment of small weeks, each judged from the raw scenario by the rules alone.

No candidate, program or solver takes part: a repair is written into the scenario (old stays departed today, new ones
begun), read as any other, and the live breaches of the result are looked at.
"""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Iterator, Mapping
from datetime import date

import pytest

from matching.constraints import rule_book
from matching.constraints.base import OnLive
from matching.repair import MoveHarm
from matching.repair.alerts import MOVING, live_findings, presences_of
from tests import tellings
from tests.repair.weeks import FILE, TOWNS, changed, facts, land, mended, moves, rivals, stay, values, week, without_bed
from tests.tellings import Land, Raw, on

_LEVELS = ("unplaced_move_now", "unplaced_move_by", "persons_moved", "harm")
_RULES = rule_book()


def applied(raw: Raw, to: Mapping[str, str]) -> Raw:
    """The scenario once everybody named has moved to a house."""
    after = copy.deepcopy(raw)
    for told in list(after["placements"]):
        if told["id"] in to:
            after["placements"].append({**told, "id": f"{told['id']}-new", "facility": to[told["id"]], "start": on(0)})
            told["departed"] = on(0)
    return after


def breaches(raw: Raw, where: Land) -> set[tuple[str, ...]]:
    """Who takes part in each breach that asks somebody to move, by id."""
    found = facts(raw, where)
    names = found.names.presences
    return {
        tuple(sorted(names[one] for one in presences_of(breach)))
        for breach in live_findings(found, _RULES)
        if breach.act in MOVING
    }


def is_repair(raw: Raw, to: Mapping[str, str], lost: frozenset[str], where: Land, before: set[tuple[str, ...]]) -> bool:
    """Whether only what was there before remains, and that by somebody lost or who has left."""
    for people in breaches(applied(raw, to), where):
        is_old = people in before
        if not is_old or not (any(one in to for one in people) or all(one in lost for one in people)):
            return False
    stays = {told["id"]: told for told in raw["placements"]}
    for one, house in to.items():  # forbidden towns are asked of coming stays and of those that are there alike
        forbidden = (stays[one]["case_file"] or {"assessments": [{}]})["assessments"][0].get("forbidden", [])
        if stays[one]["case_file"] is None or any(house == f"house-{area['locality']}" for area in forbidden):
            return False
    return True


def weeks_stayed(told: Raw) -> int:
    start = date.fromisoformat(told["start"])
    return (tellings.TODAY_DATE - start).days // 7


def cost(raw: Raw, to: Mapping[str, str], lost: frozenset[str], must: Mapping[str, OnLive]) -> tuple[int, ...]:
    harm = MoveHarm()
    stays = {told["id"]: told for told in raw["placements"]}
    return (
        sum(1 for one in lost if must[one] is OnLive.MOVE_NOW),
        sum(1 for one in lost if must[one] is OnLive.MOVE_BY),
        len(to),
        sum(1 + harm.per_week_stayed * min(weeks_stayed(stays[one]), harm.most_weeks) for one in to),
    )


def assignments(
    raw: Raw, movable: list[str], must: Mapping[str, OnLive]
) -> Iterator[tuple[dict[str, str], frozenset[str]]]:
    """Every way to send the movable somewhere, leave them, or give them up; a house holds one household."""
    home = {told["id"]: told["facility"] for told in raw["placements"]}
    houses = [told["id"] for told in raw["facilities"]]
    fixed = [house for one, house in home.items() if one not in movable]
    choices = [
        [*(house for house in houses if house != home[one]), "stay", *(["lost"] if one in must else [])]
        for one in movable
    ]
    for picked in itertools.product(*choices):
        now = [home[one] if at in ("stay", "lost") else at for one, at in zip(movable, picked, strict=True)]
        if len({*now, *fixed}) == len(now) + len(fixed):
            to = {one: at for one, at in zip(movable, picked, strict=True) if at not in ("stay", "lost")}
            yield to, frozenset(one for one, at in zip(movable, picked, strict=True) if at == "lost")


def best(raw: Raw, where: Land) -> tuple[int, ...]:
    """The least cost: with those who must move alone, and with everybody when one of them has no bed."""
    found = facts(raw, where)
    names, movable = found.names.presences, {live.presence for live in found.live}
    must: dict[str, OnLive] = {}
    for breach in live_findings(found, _RULES):
        for one in presences_of(breach) if breach.act in MOVING else ():
            if one in movable:
                urgent = OnLive.MOVE_NOW in (breach.act, must.get(names[one]))
                must[names[one]] = OnLive.MOVE_NOW if urgent else OnLive.MOVE_BY
    before = breaches(raw, where)

    def least(group: list[str]) -> tuple[int, ...]:
        ways = sorted(
            ((cost(raw, to, lost, must), sorted(to.items()), lost) for to, lost in assignments(raw, group, must)),
            key=lambda way: (way[0], way[1], sorted(way[2])),
        )
        return next(price for price, to, lost in ways if is_repair(raw, dict(to), lost, where, before))

    alone = least(sorted(must))
    return alone if not any(alone[:2]) else min(alone, least(sorted(names[one] for one in movable)))


def small_week(seed: int) -> tuple[Raw, Raw, Land]:
    """Four persons in five houses; then a rivalry, and sometimes an exposed house, or a closed one."""
    dice = random.Random(seed)
    towns = TOWNS[:5]
    near = [pair for pair in itertools.combinations(towns, 2) if dice.random() < 0.3]
    people = []
    for number, town in enumerate(dice.sample(towns, 4)):
        areas = [{"kind": "locality", "locality": one} for one in towns if one != town and dice.random() < 0.25]
        file = None if dice.random() < 0.15 else FILE | {"assessments": [tellings.assessment(forbidden=areas)]}
        networks = dice.choice([("red",), ("blue",), ("grey",), ()])
        people.append(stay(str(number), town, *networks, case_file=file, days=(-7 * dice.randint(1, 30), 200)))
    before = week("".join(towns), *people)
    more = {"relations": [rivals()]}
    if dice.random() < 0.3:
        leak = {"id": "leak", "network": dice.choice(["red", "grey"]), "facility": f"house-{dice.choice(towns)}"}
        more["exposures"] = [{**leak, "kind": "leak", "exposed_on": on(-1)}]
    after = changed(before, **more)
    if dice.random() < 0.3:
        dice.choice(after["facilities"])["closures"] = [{"start": on(0), "end": on(400)}]
    return before, after, land(near)


@pytest.mark.parametrize("seed", range(24))
def test_no_repair_is_better_than_the_best_of_all(seed: int) -> None:
    before, after, where = small_week(seed)
    found = mended(before, after, where)
    told = values(found)
    assert found.are_fewest_moves
    assert tuple(told[name] for name in _LEVELS) == best(after, where)
    assert is_repair(after, moves(found), frozenset(without_bed(found)), where, breaches(after, where))


@pytest.mark.parametrize("seed", range(24))
def test_nobody_safe_moves_but_for_somebody_without_a_bed(seed: int) -> None:
    before, after, where = small_week(seed)
    found = mended(before, after, where)
    names = found.facts.names.presences
    makers = {names[move.presence] for move in found.moves if move.must is None}
    assert set(moves(found)) - {names[one] for one in found.must_move} == makers
    if makers:  # with everybody safe frozen, more people have no bed
        frozen = copy.deepcopy(after)
        for told in frozen["placements"]:
            if told["id"] not in {names[one] for one in found.must_move}:
                told["case_file"] = None
        assert len(mended(frozen, frozen, where).unplaced) > len(found.unplaced)


def test_the_small_weeks_show_all_that_may_happen() -> None:
    """Else the comparison would prove nothing: somebody moves, stays, makes room, or has no bed."""
    found = [mended(*small_week(seed)) for seed in range(24)]
    assert any(one.moves for one in found)
    assert any(one.unplaced for one in found)
    assert any(move.must is None for one in found for move in one.moves)
    assert any(set(one.must_move) - {move.presence for move in one.moves} for one in found)
    assert any(not one.must_move for one in found)
