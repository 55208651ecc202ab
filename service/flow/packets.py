"""The threat packet: what a provider has to know, sealed to the provider's key; no network, no other person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from service.crypto.vault import seal_to
from service.flow.worklist import local_day
from service.policies import Action
from service.problems import Conflict
from service.store.database import Transaction
from service.store.repository import catalogue, coordination, stays

__all__ = ["SELF_PROTECTION", "contents", "packet"]

SELF_PROTECTION: Final = {
    "none": ("location_services_off",),
    "low": ("location_services_off", "social_media_quiet", "cover_story_agreed"),
    "high": (
        "location_services_off",
        "social_media_quiet",
        "cover_story_agreed",
        "no_photographs",
        "visits_by_agreement_only",
    ),
}
"""The checklist of egenskydd, by level of threat (Socialstyrelsen 2023)."""


def contents(assessment: Mapping[str, Any], placement: Mapping[str, Any]) -> dict[str, Any]:
    """What the packet says: kinds and levels, never a name, a network or a place.

    Parameters
    ----------
    assessment : a matching.domain.PlacementAssessment as JSON
    placement : a matching.domain.Placement as JSON

    Examples
    --------
    >>> told = {"version": 1, "threat_level": "low", "confidence": "high", "valid_until": "2030-06-01", "actors": [
    ...     {"network": "n-1", "reach": {"kind": "national"}, "persistence": {"kind": "lasting"}}]}
    >>> contents(told, {"start": "2030-01-02", "household": [{"age_years": 30}]})["actors"]
    [{'kind': 'network', 'reach': 'national', 'persistence': 'lasting'}]
    """
    return {
        "kind": "threat_packet",
        "assessment_version": assessment["version"],
        "valid_until": assessment["valid_until"],
        "threat_level": assessment["threat_level"],
        "confidence": assessment["confidence"],
        "protection_level": assessment.get("protection_level"),
        "actors": [
            {
                "kind": "network" if actor.get("network") else "person" if actor.get("person_key") else "unknown",
                "reach": actor["reach"]["kind"],
                "persistence": actor["persistence"]["kind"],
            }
            for actor in assessment.get("actors", ())
        ],
        "self_protection": list(SELF_PROTECTION[assessment["threat_level"]]),
        "expected_on": placement["start"],
        "persons": len(placement["household"]),
        "children": sum(member["age_years"] < 18 for member in placement["household"]),
    }


def packet(tx: Transaction, case_id: UUID) -> str:
    """The packet of a decided stay as a compact JWE.

    Raises
    ------
    Conflict : `out_of_order`, no stay is decided, or there is no assessment in force; `no_provider_key`
    """
    decided = [stay for stay in stays.live_of(tx, case_id) if stay.state in ("decided", "placed")]
    assessment = coordination.assessment(tx, case_id)
    if not decided or assessment is None or assessment.withdrawn:
        raise Conflict("out_of_order", "A packet needs a decided stay and an assessment in force.")
    if assessment.told["valid_until"] < local_day(tx.now).isoformat():
        raise Conflict("out_of_order", "A packet needs a decided stay and an assessment in force.")
    placement = stays.content(tx, decided[0])["placement"]
    facility_id = UUID(placement["facility"])
    found = catalogue.newest_address(tx, facility_id)
    key = None if found is None else found[0].get("provider_key")
    if key is None:
        raise Conflict("no_provider_key", "The registrar has written no key of this provider.")
    sealed = seal_to(key, contents(assessment.told, placement))
    tx.record(Action.READ_PACKET.value, case=case_id, about=decided[0].id, sealed=assessment.sealed)
    tx.record(Action.READ_PACKET.value, case=case_id, about=decided[0].id, sealed=sealed.encode())
    return sealed
