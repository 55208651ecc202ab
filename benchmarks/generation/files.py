"""Case files of those placed: what is known of the case, all of it in keeping with where they live."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from benchmarks.generation.assessments import Assessor, Known, Lived, Subject
from benchmarks.generation.dice import stream
from benchmarks.generation.dwelling import wide
from benchmarks.generation.ground import Ground, Near
from benchmarks.generation.people import Dweller
from benchmarks.generation.placing import Board
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import Underworld
from benchmarks.generation.waiting import GATE_FACTS, crime_localities, known_places, needs
from matching.domain import Policy

__all__ = ["add_case_files"]

Json = dict[str, Any]

_ASSESSED: Final = {
    "expired": 0.025,
    "withdrawn": 0.015,
    "several": 0.3,
    "low": 0.04,
    "separated": 0.0,
    "graded": 0.15,
}
_HOME_RADIUS_KM: Final = Policy().home_radius_km


def add_case_files(
    spec: WeekSpec,
    ground: Ground,
    world: Underworld,
    board: Board,
    waiting: Sequence[Json],
    dwellers: Sequence[Dweller],
) -> None:
    """Give most placements a case file that their place does not breach; few assessments are no longer valid.

    Parameters
    ----------
    spec, ground, world : the week
    board : who lives where
    waiting : cases; few of their persons are named as threat actors
    dwellers : those placed; their placements are changed
    """
    rng = stream(spec.seed, "files")
    with_file = [dweller for dweller in dwellers if dweller.has_file]
    known = _known(waiting, dwellers)
    assessor = Assessor(spec, ground, world, "case files", len(with_file), _ASSESSED, known)
    for number, dweller in enumerate(with_file):
        facility = board.beds[dweller.place].facility
        town = ground.vicinity(facility["locality"])
        told = dweller.placement
        lived = Lived(
            town=town,
            grade=facility["security_grade"],
            is_poor=bool(dweller.tier & Near.POOR),
            separations=[] if told["separations"] else wide(dweller.tier),
            near=board.near.within[Near.POOR | Near.WIDE][dweller.place],
            reached_by=board.reached_by(dweller.place),
        )
        latest = max(spec.today, date.fromisoformat(told["start"]))
        crimes = crime_localities(rng, ground, world, dweller.networks, dweller.home)
        places = known_places(rng, ground, dweller.home)
        told["case_file"] = {
            "unit": f"unit-{ground.layers.resolve(dweller.home).police_region}",
            "homes": [dweller.home],
            "crime_localities": [place for place in crimes if not town.has_near(place, _HOME_RADIUS_KM)],
            "known_places": [
                place for place in places if not town.lies_in({"kind": "locality", "locality": place["locality"]})
            ],
            "needs": _met(rng, dweller, facility["offers"]),
            "gate": _passed(is_low=assessor.is_low(number)),
            "assessments": assessor.write(Subject(number, dweller.networks, dweller.home, latest, lived)),
        }


def _known(waiting: Sequence[Json], dwellers: Sequence[Dweller]) -> dict[str, list[Known]]:
    """Who may be named, by network: those placed, and those who wait and live nowhere yet."""
    found: dict[str, list[Known]] = defaultdict(list)
    placed = set()
    for dweller in dwellers:
        key = dweller.placement["household"][0]["person_key"]
        placed.add(key)
        for network in dweller.networks:
            found[network].append(Known(key, dweller.place))
    for case in waiting:
        defector = case["household"][0]
        for membership in defector["memberships"] if defector["person_key"] not in placed else ():
            found[membership["network"]].append(Known(defector["person_key"], None))
    return found


def _met(rng: random.Random, dweller: Dweller, offers: Sequence[str]) -> list[Json]:
    """Needs; those of the first day are met where the household lives."""
    return [need for need in needs(rng, dweller.who) if need["timing"] != "day_one" or need["tag"] in offers]


def _passed(*, is_low: bool) -> Json:
    return {
        "definition_version": "def-2024",
        **{name: name != "is_evidence_witness" for name in GATE_FACTS},
        "relocation_expressly_needed": is_low,
    }
