"""What is broken in a solution, what it costs, and which of its claims are false."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from benchmarks.verification.solutions import Solution
from benchmarks.verification.told import ALONE, MEETING, ROOM
from benchmarks.verification.world import Chosen, World

__all__ = ["LEVELS", "Breach", "Verdict", "judged", "levels_of"]

LEVELS = ("unplaced_red", "unplaced_orange", "unplaced_green", "late_days", "risk", "moves", "soft")
"""In their order: each is decided before the next."""


@dataclass(frozen=True)
class Breach:
    """A hard rule that is broken, and the planned cases it is broken by; `plan`: what is told is no plan."""

    rule: str
    cases: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True)
class Verdict:
    """What was found; accepted when nothing is broken and every claim is true."""

    breaches: tuple[Breach, ...]
    false_claims: tuple[str, ...]
    levels: dict[str, int]
    placed: int

    @property
    def is_accepted(self) -> bool:
        """Whether nothing is wrong with the solution."""
        return not self.breaches and not self.false_claims


def judged(world: World, solution: Solution, scenario_sha256: str) -> Verdict:
    """The verdict on a solution.

    Parameters
    ----------
    world : the scenario, with the whole rule book
    solution : as read from its file
    scenario_sha256 : of the scenario's file
    """
    chosen = {number: world.option(number, stays) for number, stays in solution.stays.items()}
    name = [str(case["id"]) for case in world.cases]
    breaches = [Breach("plan", (case,), fault) for case, fault in solution.malformed]
    breaches += [
        Breach(rule, tuple(name[number] for number in cases))
        for rule in sorted(ALONE | MEETING | ROOM)
        for cases in world.breaches(rule, chosen)
    ]
    levels = dict(zip(LEVELS, levels_of(world, chosen), strict=True))
    claims = tuple(_false_claims(solution, levels, {name[number] for number in chosen}, set(name), scenario_sha256))
    return Verdict(tuple(breaches), claims, levels, len(chosen))


def levels_of(world: World, chosen: Chosen) -> tuple[int, ...]:
    """The value of each level, in the order of `LEVELS`."""
    waiting = [number for number in range(len(world.cases)) if number not in chosen]
    unplaced = [sum(world.levels[number] == level for number in waiting) for level in range(3)]
    there = {number: world.presences(number, option.stays) for number, option in chosen.items()}
    between = sum(world.risk(there[a], there[b]) for a, b in combinations(sorted(there), 2))
    return (
        *unplaced,
        sum(option.late for option in chosen.values()),
        sum(option.risk for option in chosen.values()) + between,
        sum(option.moves for option in chosen.values()),
        sum(option.soft for option in chosen.values()) + sum(world.waiting_cost(number) for number in waiting),
    )


def _false_claims(
    told: Solution, levels: dict[str, int], placed: set[str], everybody: set[str], scenario_sha256: str
) -> Iterator[str]:
    if told.scenario_sha256 != scenario_sha256:
        yield "it answers another scenario"
    for name in [*levels, *(name for name in told.levels if name not in levels)]:
        claim = told.levels.get(name)
        if claim is None or name not in levels:
            yield f"{name}: {'no value' if claim is None else 'no level of that name'}"
            continue
        if claim.value != levels[name]:
            yield f"{name}: {claim.value} claimed, {levels[name]} found"
        if claim.bound is not None and claim.bound > min(claim.value, levels[name]):
            yield f"{name}: the bound {claim.bound} exceeds the value"
        if claim.is_proven and claim.bound != claim.value:
            yield f"{name}: proven, but the bound is not the value"
    if told.is_proven and any(claim.bound != claim.value for claim in told.levels.values()):
        yield "proven, but a level is not"
    if told.unplaced is not None and told.unplaced != everybody - placed:
        yield "which cases are unplaced"
