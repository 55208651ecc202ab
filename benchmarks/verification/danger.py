"""Who waits unsafe where they live: a waiting case of theirs ranks with red."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from benchmarks.verification.costs import Costs
from benchmarks.verification.told import NEVER, Raw, day

__all__ = ["in_danger"]


def in_danger(world: Costs) -> frozenset[str]:
    """Persons in a live breach that asks to move at once.

    Threat, exposure and forbidden places are asked of what is left of each placement; rivals and named
    actors of every two presences, from today on. Who sleeps tonight in a unit that is closed has no bed.
    """
    return frozenset(key for there in _unsafe(world) for key in there)


def _unsafe(world: Costs) -> Iterator[frozenset[str]]:
    for told in world.raw.get("placements", []):
        is_let_down = world.left(told) == NEVER and not _may_stay(world, told)
        if is_let_down or _is_shut_out(world, told):
            yield frozenset(one["person_key"] for one in told["household"])
    now = [
        (there.start, replace(there, start=max(there.start, world.today)))
        for there in world.present
        if there.gone > world.today
    ]
    for (since, one), (before, other) in combinations(now, 2):
        if world.are_far(one, other):
            continue
        coming, there = (one, other) if since > before else (other, one)
        rest = there.besides(coming)
        if rest is not None and (world.rival_separation(coming, rest) or world.actor_is_placed(coming, rest)):
            yield coming.keys | there.keys


def _is_shut_out(world: Costs, told: Raw) -> bool:
    if not day(told["start"]) <= world.today < min(day(told["end"]), world.left(told)):
        return False
    facility, used = world.facilities[world.number[told["facility"]]], {use["unit"] for use in told["units"]}
    return any(
        day(closed["start"]) <= world.today < day(closed["end"])
        and (closed.get("units") is None or not used.isdisjoint(closed["units"]))
        for closed in facility.get("closures", [])
    )


def _may_stay(world: Costs, told: Raw) -> bool:
    home, begin = world.number[told["facility"]], max(day(told["start"]), world.today)
    end = max(day(told["end"]), begin + 1)
    case: Raw = {"homes": [], **(told.get("case_file") or {}), "household": told["household"]}
    return (
        world.threat_reach(case, home, begin, end)
        and world.exposed_place(case, home, begin, end)
        and world.forbidden_locality(case, home, begin, end)
    )
