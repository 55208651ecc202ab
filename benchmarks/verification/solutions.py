"""Published solutions as files: the plan file of `fristad plan`, or a bare list of stays.

A bare list is ``{"scenario_sha256": ..., "stays": [{"case", "leg", "facility", "start", "units": [{"unit",
"beds"}]}], "levels": {name: value}}``; a level may also be ``{"value": ..., "bound": ...}``. Beds must be told:
without them nobody can say that every bed-night is used once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from benchmarks.verification.ground import Ground
from benchmarks.verification.room import Stay
from benchmarks.verification.told import Raw, day

__all__ = ["Claim", "Solution", "Unreadable", "solution_of"]


class Unreadable(Exception):
    """A file that is no solution, no scenario or no certificate; says what is wrong with it."""


@dataclass(frozen=True)
class Claim:
    """What a solution says of one level; none: not said."""

    value: int
    bound: int | None = None
    is_proven: bool | None = None


@dataclass(frozen=True)
class Solution:
    """A plan as told, in the numbers of its scenario, with what it claims.

    `malformed` holds for each case that is not told as a whole what is wrong with it; `unplaced` and `is_proven` are
    claims, none where nothing is claimed.
    """

    scenario_sha256: str | None
    stays: dict[int, tuple[Stay, ...]]
    levels: dict[str, Claim]
    malformed: tuple[tuple[str, str], ...]
    unplaced: frozenset[str] | None = None
    is_proven: bool | None = None


def solution_of(told: Any, world: Ground) -> Solution:
    """The solution a JSON tree tells.

    Parameters
    ----------
    told : the tree of a plan file or of a bare list of stays
    world : the scenario it answers

    Raises
    ------
    Unreadable : it is neither
    """
    try:
        is_plan_file = "placed" in told
        cases = _of_plan_file(told) if is_plan_file else _of_list(told, world)
        stays: dict[int, tuple[Stay, ...]] = {}
        malformed: list[tuple[str, str]] = []
        numbers = {str(case["id"]): number for number, case in enumerate(world.cases)}
        for name, legs in cases:
            number = numbers.get(name, -1)
            faults = [*_faults(number, legs, world)]
            malformed += [(name, fault) for fault in faults]
            if number in stays:
                malformed.append((name, "is told twice"))
            elif number >= 0 and not any("unknown" in fault for fault in faults):
                stays[number] = tuple(_stay(leg, world) for leg in legs)
        return Solution(
            scenario_sha256=told.get("scenario_sha256"),
            stays=stays,
            levels=dict(_levels(told["levels"])),
            malformed=tuple(malformed),
            unplaced=frozenset(str(one["case"]) for one in told["unplaced"]) if is_plan_file else None,
            is_proven=told.get("is_proven") if is_plan_file else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError) as bad:
        raise Unreadable("the solution is neither a plan file nor a list of stays") from bad


def _of_plan_file(told: Raw) -> list[tuple[str, list[Raw]]]:
    return [(str(one["case"]), list(one["stays"])) for one in told["placed"]]


def _of_list(told: Raw, world: Ground) -> list[tuple[str, list[Raw]]]:
    nights = {str(case["id"]): [int(stay["nights"]) for stay in case["stays"]] for case in world.cases}
    legs: dict[str, list[Raw]] = {}
    for stay in sorted(told["stays"], key=lambda one: (str(one["case"]), int(one["leg"]))):
        name, leg = str(stay["case"]), int(stay["leg"])
        asked = nights.get(name, [])
        end = date.fromisoformat(stay["start"]) + timedelta(days=asked[leg] if 0 <= leg < len(asked) else 1)
        legs.setdefault(name, []).append({"units": [], **stay, "end": end.isoformat()})
    return list(legs.items())


def _levels(told: Any) -> Iterator[tuple[str, Claim]]:
    if isinstance(told, list):
        told = {one["name"]: one for one in told}
    for name, one in told.items():
        if isinstance(one, dict):
            yield str(name), Claim(int(one["value"]), one.get("bound"), one.get("is_proven"))
        else:
            yield str(name), Claim(int(one))


def _faults(number: int, legs: list[Raw], world: Ground) -> Iterator[str]:
    """What is wrong with the stays of a case before any rule is asked."""
    if number < 0:
        yield "is unknown"
        return
    asked = world.cases[number]["stays"]
    if len(legs) != len(asked):
        yield f"has {len(legs)} stays of {len(asked)}"
    for leg, (told, wanted) in enumerate(zip(legs, asked, strict=False)):
        if day(told["end"]) - day(told["start"]) != wanted["nights"]:
            yield f"stay {leg} does not last as long as asked for"
        if leg and told["start"] != legs[leg - 1]["end"]:
            yield f"stay {leg} does not begin when the one before ends"
    for leg, told in enumerate(legs):
        home = world.number.get(told["facility"], -1)
        if home < 0:
            yield f"stay {leg} is in an unknown facility"
            continue
        names = [use["unit"] for use in told["units"]]
        if not set(names) <= {unit["id"] for unit in world.facilities[home]["units"]}:
            yield f"stay {leg} is in an unknown unit"
        if len(set(names)) < len(names):
            yield f"stay {leg} tells a unit twice"
        if any(int(use["beds"]) < 1 for use in told["units"]):
            yield f"stay {leg} takes no bed of a unit"


def _stay(told: Raw, world: Ground) -> Stay:
    home = world.number[told["facility"]]
    beds = {str(use["unit"]): int(use["beds"]) for use in told["units"]}
    units = tuple(beds.get(unit["id"], 0) for unit in world.facilities[home]["units"])
    return home, day(told["start"]), day(told["end"]), units
