"""What an attacker works out at home: the published code on the public catalogue and their own inputs.

No register takes part. The same rules that admit and answer a question are asked of a situation in which nobody else
lives anywhere, which is what the service does as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.inference.worlds import World, layers, travel_network
from geodata.enrich import Surveyor
from matching.candidates import open_facilities
from matching.constraints import rule_book
from matching.domain import Case, Scenario, Situation
from matching.requester import own_view, slots_and_behind
from service.engine.seeding import renamed

__all__ = ["AtHome", "Knowledge"]


@dataclass(frozen=True)
class AtHome:
    """What can be known of a question before it is asked.

    Parameters
    ----------
    eligible : facilities that are publicly eligible
    counted : those that count for admission: open on the nights that are wanted
    ranked : those of them the cards are true of, in the order of the own case's cost
    """

    eligible: frozenset[str]
    ranked: tuple[str, ...]
    counted: frozenset[str]


class Knowledge:
    """The catalogue and the networks of a world, as the attackers have them.

    Parameters
    ----------
    world : of which everything but its people is read
    """

    def __init__(self, world: World) -> None:
        whole = Scenario.model_validate_json(json.dumps(_public_part(json.loads(world.document))))
        self._whole = whole
        self._surveyor = Surveyor(layers(), travel_network())
        self._rules = tuple(rule_book())

    def of(self, case: Mapping[str, Any], now: datetime) -> AtHome:
        """Ask the rules about a case.

        Parameters
        ----------
        case : as `matching.domain.Case`, as JSON
        """
        told = Case.model_validate_json(json.dumps(case))
        whole = self._whole
        situation = Situation.model_construct(
            now=now,
            policy=whole.policy,
            networks=whole.networks,
            relations=whole.relations,
            person_conflicts=(),
            exposures=(),
            providers=whole.providers,
            facilities=whole.facilities,
            cases=(told,),
            placements=(),
            residences=(),
        )
        own = own_view(self._surveyor.facts(situation), 0)
        found, names = slots_and_behind(own, self._rules), own.names.facilities
        counted = open_facilities(own, 0, self._rules, own.cases[0].legs[-1])
        return AtHome(
            frozenset(names[number] for number in found.eligible),
            tuple(names[number] for number in found.alike),
            frozenset(names[number] for number in counted),
        )


def _public_part(week: Mapping[str, Any]) -> dict[str, Any]:
    """A week in which nobody lives, under the ids its records have in the register."""
    nobody: dict[str, list[Any]] = {
        name: [] for name in ("cases", "placements", "residences", "person_conflicts", "exposures")
    }
    return renamed({**week, **nobody})
