"""Opening one address: recorded with the ciphertext's hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from service.policies import Action
from service.problems import Conflict
from service.store.database import Transaction
from service.store.repository import catalogue, stays

__all__ = ["Address", "of_facility", "of_stay"]


@dataclass(frozen=True)
class Address:
    """Where to go and whom to ask for."""

    street: str = field(repr=False)
    postal_code: str = field(repr=False)
    town: str = field(repr=False)
    contact: str = field(repr=False)


def of_facility(tx: Transaction, action: Action, facility_id: UUID) -> Address:
    """The address of a facility.

    Raises
    ------
    Conflict : `no_address`, the registrar has written none
    """
    found, sealed = _opened(tx, facility_id)
    tx.record(action.value, about=facility_id, sealed=sealed)
    return found


def of_stay(tx: Transaction, action: Action, stay: stays.Stay) -> Address:
    """The address of the facility of a stay.

    Raises
    ------
    Conflict : `no_address`, none is written, or the stay is a residence: the register knows its locality alone
    """
    placement = stays.content(tx, stay).get("placement")
    if placement is None:
        raise Conflict("no_address", "The register knows no address of a residence.")
    facility_id = UUID(placement["facility"])
    found, _ = _opened(tx, facility_id)
    # The trail names the stay and its ciphertext, nothing of the facility: beside a case it would say who lives where.
    tx.record(action.value, case=stay.case, about=stay.id, sealed=stay.sealed)
    return found


def _opened(tx: Transaction, facility_id: UUID) -> tuple[Address, bytes]:
    found = catalogue.newest_address(tx, facility_id)
    if found is None:
        raise Conflict("no_address", "The registrar has written no address for this facility.")
    told, sealed = found
    return Address(told["street"], told["postal_code"], told["town"], told["contact"]), sealed
