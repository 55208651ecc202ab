"""An emergency: the best safe bed tonight within reach, held at once; or that there is none, or that nobody can tell.

The gate is asked later (missing facts are due in 72 hours), every other hard rule now. A network nobody knows is
hostile to everyone, as always. See domain §3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Final
from uuid import UUID

import numpy as np

from geodata.crs import to_grid
from matching.constraints.base import Constraint
from matching.facts import Facts
from matching.plans import Plan
from matching.solver.check import judge
from service.actors import SYSTEM
from service.audit.acts import Outcome, SystemAct
from service.engine.holds import Wish, place, refused_by
from service.engine.placing import Try, housed, tries
from service.engine.references import SetAside
from service.engine.solving import solve
from service.engine.tonight import asked_tonight, tonight
from service.engine.world import Picture, World
from service.inference import Reason
from service.settings import Settings
from service.store.database import Database, Transaction
from service.store.repository import by_hand, emergencies, emergency_answers, stays
from service.store.repository.stays import Stay

__all__ = ["emergency", "road_minutes"]

_MOST_COMPARED: Final = 60


def road_minutes(world: World, position: Mapping[str, Any], localities: list[str]) -> list[float]:
    """Driving time from a position to each locality; from a bare point, from the locality nearest to it.

    Examples
    --------
    >>> road_minutes(World(), {"locality": "1280-malmo"}, ["1280-malmo"])
    [0.0]
    """
    start = position.get("locality")
    if start is None:
        point = position["point"]
        x_m, y_m = to_grid(point["longitude_deg"], point["latitude_deg"])
        places = list(world.layers.localities.values())
        square = [(place.x_m - float(x_m)) ** 2 + (place.y_m - float(y_m)) ** 2 for place in places]
        start = places[int(np.argmin(square))].id
    return [float(one) for one in world.network.minutes([start], localities, "road")[0]] if localities else []


def emergency(database: Database, world: World, settings: Settings, emergency_id: UUID) -> bool:
    """Answer an emergency once; whether a bed is held.

    Raises
    ------
    Unavailable : the register changes faster than a hold can be made; the job is done again
    """
    with database.transaction(SYSTEM) as tx:
        asked = emergencies.get(tx, emergency_id)
        if asked.state != "working":
            return False
        told = emergencies.content(tx, asked)["request"]
        nights = min(settings.emergency_nights, world.policy.emergency_most_nights, int(told.get("nights", 7)))
        wish = Wish(
            asked.case,
            "emergency",
            rules=asked_tonight(world.rules),
            scene=partial(tonight, asked.case, nights),
        )
        picture = world.picture(tx)
        unknown = ["network_unknown"] if SetAside("case", str(asked.case)) in picture.set_aside else []
        refused = refused_by(tx, asked.case)
        minutes = {name: one for name, one in _within(world, picture.facts, told).items() if name not in refused}
        scene = wish.asked_of(picture)
        best = () if scene is None else _best(*scene, wish.book(world), minutes)
        trail = solve(tx, world, picture)
    wish = replace(wish, order=tuple(best))

    def finish(tx: Transaction, held: tuple[Stay, ...]) -> None:
        result = _held(tx, world, held[-1], minutes, unknown) if held else _refused(picture, asked.case, unknown)
        sealed = emergency_answers.store(tx, asked, "held" if held else "refused", result)
        if not held:
            by_hand.hand_over(tx, asked.case, tx.now, Reason.NO_SAFE_BED)
        outcome = Outcome.DONE if held else Outcome.REFUSED
        tx.record(
            SystemAct.SOLVE_EMERGENCY.value,
            case=asked.case,
            about=emergency_id,
            outcome=outcome.value,
            sealed=sealed,
            solve=trail,
        )

    return place(database, world, settings, wish, finish)


def _within(world: World, facts: Facts, told: Mapping[str, Any]) -> dict[str, int]:
    """Minutes to each facility with night intake that can be reached in the hours told, by id."""
    night = [number for number, facility in enumerate(facts.facilities) if facility.has_night_intake]
    localities = [facts.names.places[facts.facilities[number].place] for number in night]
    found = road_minutes(world, told["position"], localities)
    most = float(told["drivable_hours"]) * 60
    return {
        facts.names.facilities[number]: int(np.ceil(minutes))
        for number, minutes in zip(night, found, strict=True)
        if minutes <= most
    }


def _best(facts: Facts, number: int, rules: tuple[Constraint, ...], minutes: Mapping[str, int]) -> list[str]:
    """Facilities that are safe tonight: least risk first, then the shortest way, then least cost."""
    possible: list[Try] = list(tries(facts, number, rules, sorted(minutes, key=lambda name: (minutes[name], name))))
    ranked = []
    for one in possible[:_MOST_COMPARED]:
        placed = housed(facts, number, one, rules)
        if placed is None:
            continue
        levels = judge(Plan(placed), facts, rules, with_findings=False).levels
        ranked.append((levels[-3], minutes[one.facilities[-1]], levels[-1], one.facilities[-1]))
    first = [name for *_, name in sorted(ranked)]
    return first + [one.facilities[-1] for one in possible[_MOST_COMPARED:]]


def _why_not(picture: Picture, case_id: UUID) -> str:
    """Nothing is safe, or nobody can say: while somebody cannot be found on the map no bed is given to anybody."""
    if picture.is_lost:
        return "register_incomplete"
    return "no_safe_place_tonight" if picture.case(case_id) is not None else "case_not_readable"


def _refused(picture: Picture, case_id: UUID, unknown: list[str]) -> dict[str, Any]:
    nothing = dict.fromkeys(("stay", "facility", "locality", "start", "end", "road_min"))
    return {"outcome": "refused", **nothing, "reasons": [_why_not(picture, case_id), *unknown]}


def _held(tx: Transaction, world: World, stay: Stay, minutes: Mapping[str, int], unknown: list[str]) -> dict[str, Any]:
    placement = stays.content(tx, stay)["placement"]
    facts = world.picture(tx).facts
    home = facts.names.facilities.index(placement["facility"])
    return {
        "outcome": "held",
        "stay": str(stay.id),
        "facility": placement["facility"],
        "locality": facts.names.places[facts.facilities[home].place],
        "start": date.fromisoformat(placement["start"]).isoformat(),
        "end": placement["end"],
        "road_min": minutes.get(placement["facility"]),
        "reasons": unknown,
    }
