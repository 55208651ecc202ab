"""Places that have become known to a network, none of them to the peril of somebody who lives there, and breaches."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from benchmarks.generation.dice import Deck, pick, stream
from benchmarks.generation.dwelling import NoRoom
from benchmarks.generation.ground import Ground
from benchmarks.generation.people import Dweller
from benchmarks.generation.placing import Board
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import Underworld

__all__ = ["Residents", "exposures"]

Json = dict[str, Any]

# Exposed places to one facility.
_EXPOSED: Final = 0.07
_STATES: Final = {"open": 6, "cleared by two": 2, "cleared by one": 2, "long ago": 1}
_KINDS: Final = {"interrupted_resident": 3, "visitor": 4, "leak": 3}
_MONTH_DAYS: Final = 30


@dataclass(frozen=True)
class Residents:
    """Those placed who have not left, by town, and whom an exposed place concerns.

    Parameters
    ----------
    ground, world, board : the week
    dwellers : those placed
    """

    ground: Ground
    world: Underworld
    board: Board
    dwellers: Sequence[Dweller]

    def in_town(self, locality: str) -> list[Dweller]:
        """Return those who live in the town of a locality."""
        root = self.ground.layers.root(locality)
        return [
            dweller
            for dweller in self.dwellers
            if "departed" not in dweller.placement
            and self.ground.layers.root(self.board.localities[dweller.place]) == root
        ]

    def is_concerned(self, dweller: Dweller, network: str) -> bool:
        """Whether a place known to a network is forbidden to a household."""
        if not dweller.networks:
            return True
        members = {m["network"] for member in dweller.placement["household"] for m in member["memberships"]}
        feared = set().union(*(self.world.halves[own] | self.world.ever_hostile[own] for own in members))
        feared |= {  # a rivalry counts however improbable it is
            other
            for told in self.world.relations
            if told["kind"] == "rival"
            for one, rival in ((told["a"], told["b"]), (told["b"], told["a"]))
            if members & self.world.halves[one]
            for other in self.world.halves[rival]
        }
        for told in dweller.placement.get("case_file", {}).get("assessments", ()):
            feared |= {actor["network"] for actor in told["actors"] if "network" in actor}
            feared |= {wanted["network"] for wanted in told.get("separations", ()) if "network" in wanted}
            feared |= self._networks_of({actor["person_key"] for actor in told["actors"] if "person_key" in actor})
        return not feared.isdisjoint(self.world.kin(network))

    def _networks_of(self, persons: set[str]) -> set[str]:
        """Return the networks of placed persons."""
        return {
            membership["network"]
            for dweller in self.dwellers
            for member in dweller.placement["household"]
            if member["person_key"] in persons
            for membership in member["memberships"]
        }


def exposures(spec: WeekSpec, world: Underworld, residents: Residents) -> list[Json]:
    """Exposed places of a week: some cleared by two persons, some by one, which clears nothing.

    Parameters
    ----------
    spec, world : the week
    residents : for none of them is an exposed place still forbidden, but for the ordered breach
    """
    rng = stream(spec.seed, "exposures")
    draw = _Draw(rng, spec, world, residents)
    found: list[Json] = []
    if spec.live_breaches >= 3:
        found.append(draw.breach())
    for _ in range(max(2, round(_EXPOSED * spec.facilities))):
        one = draw.one()
        if one is not None:
            found.append(one)
    for number, told in enumerate(found, 1):
        told["id"] = f"exposure-{number:02}"
    return found


class _Draw:
    def __init__(self, rng: random.Random, spec: WeekSpec, world: Underworld, residents: Residents) -> None:
        self.rng, self.today, self.world, self.residents = rng, spec.today, world, residents
        self.states, self.kinds = Deck(rng, _STATES), Deck(rng, _KINDS)
        self.facilities = [beds.facility for beds in residents.board.beds]
        self.gone = [dweller for dweller in residents.dwellers if "departed" in dweller.placement and dweller.networks]

    def one(self) -> Json | None:
        """An exposed place that endangers nobody there; none when chance finds none."""
        kind, state = self.kinds.deal(), self.states.deal()
        for _ in range(20):
            facility, network = self.rng.choice(self.facilities), pick(self.rng, self.world.size)
            exposed = self.today - timedelta(days=self.rng.randint(5, 22 * _MONTH_DAYS))
            if kind == "interrupted_resident" and self.gone:
                left = self.rng.choice(self.gone)
                facility, network = self.facilities[left.place], left.networks[0]
                exposed = date.fromisoformat(left.placement["departed"])
            if state == "long ago":
                exposed = self.today - timedelta(days=self.rng.randint(26, 40) * _MONTH_DAYS)
            there = self.residents.in_town(facility["locality"])
            counts = state in ("open", "cleared by one")
            if counts and any(self.residents.is_concerned(dweller, network) for dweller in there):
                continue
            told = _told(facility, network, kind, exposed)
            if state.startswith("cleared"):
                signers = ["officer-ek", "officer-lind"] if state == "cleared by two" else ["officer-ek"]
                days = self.rng.randint(0, (self.today - exposed).days)
                told |= {"cleared_on": (exposed + timedelta(days=days)).isoformat(), "cleared_by": signers}
            return told
        return None

    def breach(self) -> Json:
        """A facility lately known to a rival of the one resident there whom that concerns."""
        towns: dict[int, list[Dweller]] = defaultdict(list)
        for dweller in self.residents.dwellers:
            if "departed" not in dweller.placement:
                towns[dweller.place].append(dweller)
        places = sorted(towns)
        self.rng.shuffle(places)
        for place in places:
            there = self.residents.in_town(self.facilities[place]["locality"])
            for network in (own for dweller in towns[place] for own in dweller.networks):
                concerned = [dweller for dweller in there if self.residents.is_concerned(dweller, network)]
                if len(concerned) == 1 and concerned[0].has_file:
                    exposed = self.today - timedelta(days=self.rng.randint(1, 9))
                    return _told(self.facilities[place], network, "visitor", exposed)
        raise NoRoom("no resident can be alone in an exposed place: order fewer live breaches, or a larger week")


def _told(facility: Json, network: str, kind: str, exposed: date) -> Json:
    where = {"locality": facility["locality"]} if kind == "leak" else {"facility": facility["id"]}
    return {"id": "", "network": network, **where, "kind": kind, "exposed_on": exposed.isoformat()}
