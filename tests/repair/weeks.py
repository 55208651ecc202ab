"""Small weeks for repairs: single persons in single rooms, on a land where only what is told is near."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from matching.constraints import rule_book
from matching.facts import Facts
from matching.repair import MoveHarm, Repair, repair
from matching.solver.cpsat import Limits
from tests import tellings
from tests.tellings import Land, Raw

NETWORKS = ("red", "blue", "grey")
TOWNS = tuple("abcdefgh")
FILE: Raw = {"unit": "bops-1", "gate": tellings.PASSED, "assessments": [tellings.assessment()]}


def land(near: Sequence[tuple[str, str]] = ()) -> Land:
    """Eight towns and a home; the pairs told are ten kilometres and ten minutes apart."""
    minutes = dict.fromkeys(near, 10)
    return Land((*TOWNS, "home"), gap_m=dict.fromkeys(near, 10_000), safe_min=minutes, road_min=minutes)


def stay(key: str, town: str, *networks: str, **told: Any) -> Raw:
    """A person of the networks in the house of a town, with a case file."""
    file = told.pop("case_file", FILE)
    household = told.pop("household", None) or [tellings.member(key, *networks)]
    return tellings.placement(f"stay-{key}", f"house-{town}", *household, case_file=file, **told)


def week(houses: str | Sequence[Raw], *stays: Raw, **collections: Any) -> Raw:
    """A week of houses with one single room each, and who lives there."""
    facilities = [one if isinstance(one, dict) else tellings.facility(f"house-{one}", one) for one in houses]
    return tellings.scenario(
        networks=[tellings.network(one) for one in NETWORKS],
        facilities=facilities,
        placements=list(stays),
        **collections,
    )


def changed(raw: Raw, **added: Sequence[Raw]) -> Raw:
    """A copy with records added to its collections."""
    after = copy.deepcopy(raw)
    for name, items in added.items():
        after.setdefault(name, []).extend(items)
    return after


def rivals(a: str = "red", b: str = "blue") -> Raw:
    return tellings.relation(a, b)


def mended(before: Raw, after: Raw, on: Land, *, harm: MoveHarm | None = None, only_new: bool = False) -> Repair:
    """The repair of a changed week under the whole rule book."""
    return repair(facts(before, on), facts(after, on), rule_book(), Limits(time_s=60.0), harm=harm, only_new=only_new)


def facts(raw: Raw, on: Land) -> Facts:
    return tellings.facts_of(raw, on)


def moves(found: Repair) -> Mapping[str, str]:
    """Who moves where, by id."""
    names = found.facts.names
    return {names.presences[one.presence]: names.facilities[one.placed.stay.facility] for one in found.moves}


def without_bed(found: Repair) -> list[str]:
    return [found.facts.names.presences[one.presence] for one in found.unplaced]


def values(found: Repair) -> dict[str, int]:
    return {level.name: level.value for level in found.levels}
