"""What is known only once everybody has a place: person conflicts, closures, quotas."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, Final

from benchmarks.generation.dice import pick, shared_out, stream
from benchmarks.generation.ground import Near
from benchmarks.generation.people import Dweller
from benchmarks.generation.placing import Board
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import provenance

__all__ = ["add_closures", "add_quotas", "person_conflicts"]

Json = dict[str, Any]

# Domain §5: about one conflict to ten persons.
_CONFLICTS: Final = 0.10
_CLOSURES: Final = 0.04
_QUOTAS: Final = 0.04


def person_conflicts(
    spec: WeekSpec,
    board: Board,
    cases: Sequence[Json],
    dwellers: Sequence[Dweller],
    residences: Sequence[Json],
    linked: Collection[frozenset[str]],
) -> list[Json]:
    """Conflicts between persons; never between two who are placed too near each other.

    Parameters
    ----------
    spec, board : the week and who lives where
    cases, dwellers, residences : whose defectors may be at odds
    linked : pairs who are to live with regard to each other, and are not at odds
    """
    rng = stream(spec.seed, "conflicts")
    placed = {dweller.placement["household"][0]["person_key"]: dweller.place for dweller in dwellers}
    waiting = [case["household"][0]["person_key"] for case in cases]
    moved = set(waiting) & set(placed)
    living = [key for key in placed if key not in moved]
    waiting = [key for key in waiting if key not in moved]
    persons = sum(len(item["household"]) for item in (*cases, *residences)) + sum(d.who.persons for d in dwellers)
    wanted = round(_CONFLICTS * persons)
    found: list[Json] = []
    taken: set[frozenset[str]] = set(linked)
    for _ in range(20 * wanted):
        kind = pick(rng, {"placed": 0.35, "mixed": 0.45, "waiting": 0.2})
        a = _one(rng, living if kind == "placed" else waiting)
        b = _one(rng, waiting if kind == "waiting" else living)
        if a is None or b is None or a == b or frozenset((a, b)) in taken:
            continue
        if kind == "placed" and board.near.within[Near.POOR | Near.WIDE][placed[a], placed[b]]:
            continue
        taken.add(frozenset((a, b)))
        found.append(_conflict(rng, spec.today, len(found) + 1, a, b))
        if len(found) == wanted:
            break
    return found


def _one(rng: random.Random, keys: Sequence[str]) -> str | None:
    return rng.choice(keys) if keys else None


def _conflict(rng: random.Random, today: date, number: int, a: str, b: str) -> Json:
    start = today - timedelta(days=rng.randint(20, 1500))
    told: Json = {
        "id": f"conflict-{number:03}",
        "a": a,
        "b": b,
        "start": start.isoformat(),
        "provenance": provenance(rng, start, today),
    }
    if rng.random() < 0.15:
        told["end"] = (today - timedelta(days=rng.randint(1, (today - start).days - 1))).isoformat()
        told["end_confirmed"] = rng.random() < 0.6
    if rng.random() < 0.25:
        told["separation_km"] = rng.choice((40, 50, Near.WIDE_KM))
        told["separation_min"] = rng.choice((40, 45, Near.WIDE_MIN))
    return told


def add_closures(spec: WeekSpec, board: Board, dwellers: Sequence[Dweller]) -> None:
    """Close a few units: some that are free, some once a stay there has ended; never over anybody's nights."""
    rng = stream(spec.seed, "closures")
    last_night: dict[tuple[str, str], date] = {}
    for dweller in dwellers:
        end = date.fromisoformat(dweller.placement["end"])
        for use in dweller.placement["units"]:
            unit = (dweller.placement["facility"], use["unit"])
            last_night[unit] = max(end, last_night.get(unit, end))
    units = [(beds.facility, unit["id"]) for beds in board.beds for unit in beds.facility["units"]]
    soon = spec.today + timedelta(days=60)
    free = [unit for unit in units if (unit[0]["id"], unit[1]) not in last_night]
    freed = [unit for unit in units if spec.today < last_night.get((unit[0]["id"], unit[1]), spec.today) <= soon]
    wanted = max(2, round(_CLOSURES * len(board.beds)))
    chosen = rng.sample(free, min(len(free), wanted // 3)) + rng.sample(freed, min(len(freed), wanted - wanted // 3))
    for facility, unit in chosen:
        start = last_night.get((facility["id"], unit), spec.today + timedelta(days=rng.randint(-10, 30)))
        told: Json = {"start": start.isoformat(), "end": (start + timedelta(days=rng.randint(12, 45))).isoformat()}
        if len(facility["units"]) > 1:
            told["units"] = [unit]
        facility["closures"] = [told]


def add_quotas(spec: WeekSpec, board: Board, dwellers: Sequence[Dweller]) -> None:
    """Give few contracts a quota, never below what is in use."""
    rng = stream(spec.seed, "quotas")
    used: Counter[tuple[str, str | None]] = Counter()
    for dweller in dwellers:
        facility = dweller.placement["facility"]
        used[facility, None] += dweller.who.persons
        used[facility, dweller.placement["responsible_municipality"]] += dweller.who.persons
    for beds, has_quota in zip(board.beds, shared_out(rng, len(board.beds), _QUOTAS), strict=True):
        for contract in beds.facility["contracts"] if has_quota else ():
            in_use = used[beds.facility["id"], contract.get("municipality")]
            contract["quota_beds"] = max(1, in_use + rng.randint(0, 1))
