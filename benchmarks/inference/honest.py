"""What honest people do: the coordinator, the provider who says yes, the police at the destination, other units."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks.inference import behind
from benchmarks.inference.interface import Public
from benchmarks.inference.office import Office, Person, Unexpected
from benchmarks.inference.sham import Sham
from benchmarks.inference.worlds import layers
from service.actors import SYSTEM
from service.store.repository import stays

__all__ = ["NobodyMoves", "confirm", "move_in", "place_by_hand"]

_OTHERS: Final = "bops-others"
_TRIES: Final = 40
_ACCEPTED: Final = 202
_CONFLICT: Final = 409


class NobodyMoves(Exception):
    """Nobody of any network finds a safe bed."""

    def __init__(self) -> None:
        super().__init__("no safe bed is left for anybody of any network")


def confirm(office: Office, public: Public, sham: Sham) -> None:
    """The provider of what is held says yes, and so do the police there."""
    stay = behind.stay_of_case(office, sham.case_id, "held")
    if stay is None:
        return
    with _claimed(office, sham) as coordinator:
        coordinator.does(f"/v1/stays/{stay}/confirmation", {"outcome": "confirmed"})
    office.run_jobs()
    locality = public.facilities[behind.facility_of(office, stay)].locality
    police = office.act("receiving_bops", f"bops-{layers().resolve(locality).police_region}")
    police.does(f"/v1/stays/{stay}/destination-check", {"outcome": "yes"})
    office.run_jobs()


def place_by_hand(office: Office, public: Public, sham: Sham, *, believes_shams: bool = False) -> None:
    """Where nothing is held: the best option of the list is ordered; without any there is nothing to do.

    A list without options is not asked for: it takes long to say why there are none, and nobody acts on it here.

    Parameters
    ----------
    believes_shams : where somebody else has to vouch for the person first, the coordinator takes a sham for true
    """
    if behind.stay_of_case(office, sham.case_id) is not None or not behind.safe_and_free(office, sham.case_id):
        return
    with _claimed(office, sham) as coordinator:
        office.run_jobs()  # the options of a case that waits for somebody are worked out when it is claimed
        listed = coordinator.get(sham.path("/manual")).content["listed"] or {}
        options = listed.get("options") or ()
        if not options:
            return
        best = {"plan_id": listed["plan_id"], "option": options[0]["rank"]}
        ordered = coordinator.post(sham.path("/holds"), best)
        if ordered.status == _CONFLICT and ordered.content["code"] == "not_verified":
            if not believes_shams:
                return
            coordinator.does(sham.path("/verification"), {"how": "second_organisation", "unit": _OTHERS})
            coordinator.does(sham.path("/holds"), best)
        elif ordered.status != _ACCEPTED:
            raise Unexpected(f"holds: {ordered.status}")
        office.run_jobs()
    confirm(office, public, sham)


@contextmanager
def _claimed(office: Office, sham: Sham) -> Iterator[Person]:
    """The coordinator with the case, who lets go of it afterwards."""
    coordinator = office.act("coordinator", "noa")
    coordinator.does(sham.path("/claim"))
    yield coordinator
    coordinator.does(sham.path("/claim/release"))


def move_in(office: Office, public: Public, dice: random.Random) -> tuple[str, str]:
    """Somebody of a network with rivals is placed safely in a random place; network and facility.

    Raises
    ------
    NobodyMoves : there is no safe bed for anybody
    """
    networks = sorted(network for network, rivals in public.rivals.items() if rivals)
    for network in dice.sample(networks, min(_TRIES, len(networks))):
        person = Sham(office, _OTHERS, network)
        person.takes_in()
        person.assesses(frozenset())
        office.run_jobs()
        free = list(behind.safe_and_free(office, person.case_id))
        dice.shuffle(free)
        if free:
            behind.keep(office, person.case_id, free)
        stay = behind.stay_of_case(office, person.case_id)
        if stay is None:
            continue
        _lives_there(office, stay)
        office.run_jobs()
        return network, behind.facility_of(office, stay)
    raise NobodyMoves


def _lives_there(office: Office, stay: Any) -> None:
    """Decided for good, so that no term gives the bed back."""
    with office.solver.transaction(SYSTEM) as tx:
        for state in ("confirmed", "checked", "accepted", "decided"):
            if not stays.move(tx, stays.get(tx, stay), state):
                raise Unexpected(f"a stay could not become {state}")
