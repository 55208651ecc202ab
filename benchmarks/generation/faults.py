"""Ordered breaches that come with news: an incident, relatives who moved, a threat that has grown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from benchmarks.generation.dice import stream
from benchmarks.generation.dwelling import NoRoom
from benchmarks.generation.people import Dweller
from benchmarks.generation.placing import Board
from benchmarks.generation.spec import WeekSpec

__all__ = ["order_breaches"]

Json = dict[str, Any]


def order_breaches(spec: WeekSpec, board: Board, run_by: Sequence[Json], dwellers: Sequence[Dweller]) -> None:
    """Breach three rules over one household each, or the residents of one provider, as the week orders.

    Parameters
    ----------
    spec : `live_breaches` from 4 on: an incident at a provider, relatives in town, a raised protection level
    board : who lives where
    run_by : providers; one is changed
    dwellers : those placed; two of their case files are changed
    """
    rng = stream(spec.seed, "breaches")
    if spec.live_breaches >= 4:
        lives_with = Counter(
            board.beds[dweller.place].facility["provider"]
            for dweller in dwellers
            if dweller.placement["end"] > spec.today.isoformat() and "departed" not in dweller.placement
        )
        fewest = min(lives_with.values(), default=0)
        few = [provider for provider in run_by if fewest and lives_with[provider["id"]] == fewest]
        if not few:
            raise NoRoom("nobody lives with any provider: order fewer live breaches")
        provider = rng.choice(few)
        provider["incidents"].append(
            {
                "id": "incident-new",
                "occurred_on": (spec.today - timedelta(days=rng.randint(1, 6))).isoformat(),
                "is_disqualifying": True,
            }
        )
    settled = [dweller for dweller in dwellers if _is_settled(dweller, spec.today, board)]
    wanted = max(0, spec.live_breaches - 4)
    if len(settled) < wanted:
        raise NoRoom("too few are settled: order fewer live breaches, or a larger week")
    for kind, dweller in enumerate(rng.sample(settled, wanted)):
        file, facility = dweller.placement["case_file"], board.beds[dweller.place].facility
        if kind == 0:
            file["known_places"].append({"locality": facility["locality"], "kind": "relatives"})
        else:
            file["assessments"][-1]["protection_level"] = facility["security_grade"] + 1


def _is_settled(dweller: Dweller, today: date, board: Board) -> bool:
    """Whether a household lives somewhere for weeks to come, with nothing yet against it."""
    told = dweller.placement
    if not dweller.has_file or told["start"] > today.isoformat() or told["end"] < (today + timedelta(30)).isoformat():
        return False
    last = told["case_file"]["assessments"][-1]
    national = any(actor["reach"]["kind"] == "national" for actor in last["actors"])
    is_valid = not last["withdrawn"] and last["valid_until"] >= today.isoformat()
    return (
        "departed" not in told
        and is_valid
        and not national
        and board.beds[dweller.place].facility["security_grade"] < 4
    )
