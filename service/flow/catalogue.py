"""The registrar's catalogue: in force from the next day, closures for safety at once; never who lives there."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from matching.domain import Facility, Provider
from matching.domain.parse import shape_faults
from matching.errors import Fault
from service.flow.localities import LOCAL
from service.flow.told import reference_faults_of
from service.flow.worklist import local_day
from service.policies import Action
from service.problems import Conflict, NotFound, Rejected
from service.store.database import Transaction
from service.store.repository import catalogue
from service.store.repository.catalogue import FacilityVersion, ProviderVersion

__all__ = [
    "Read",
    "Written",
    "facility_faults",
    "numbered",
    "read",
    "write_address",
    "write_facility",
    "write_provider",
]

BED_BITS: Final = 40
"""A bed's number is random, so that it tells nothing, and leaves 20 bits of 60 for the days."""


@dataclass(frozen=True)
class Written:
    """A version that was written."""

    id: UUID
    version: int
    effective_on: date


@dataclass(frozen=True)
class Read:
    """A facility as the registrar sees it: the newest version, in force or about to be."""

    facility: FacilityVersion = field(repr=False)
    provider: ProviderVersion | None = field(repr=False)
    address_version: int


def tomorrow(tx: Transaction) -> date:
    """When an edit comes into force: edits of a day count together from the next."""
    return local_day(tx.now) + timedelta(days=1)


def write_provider(tx: Transaction, provider_id: UUID | None, version: int, told: Mapping[str, Any]) -> Written:
    """Write a version of a provider; one that nobody may be sent to any more counts at once.

    Parameters
    ----------
    provider_id : none: a new one
    told : fields of matching.domain.Provider without id, as JSON

    Raises
    ------
    Rejected : it cannot be interpreted
    Conflict : `stale_version`
    """
    known = uuid4() if provider_id is None else provider_id
    newest = catalogue.provider(tx, known)
    _insist_on_next(version, 0 if newest is None else newest.version)
    tree = {**told, "id": str(known)}
    faults = [*shape_faults(Provider, tree, ()), *reference_faults_of({"providers": [tree]}, "providers[0].")]
    if faults:
        raise Rejected(faults)
    barred = any(one["is_disqualifying"] and one.get("lifted_on") is None for one in told.get("incidents", ()))
    at_once = told["vetting"] != "vetted" or barred
    day = local_day(tx.now) if at_once else tomorrow(tx)
    sealed = catalogue.add_provider(tx, known, version, day, tree)
    tx.record(Action.WRITE_CATALOGUE.value, about=known, sealed=sealed)
    _changed(tx, known, day)
    return Written(known, version, day)


def facility_faults(tree: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with a facility by itself and with the map.

    Examples
    --------
    >>> [fault.path for fault in facility_faults({"id": "f", "provider": "p"})][:2]
    ['accepts', 'day_rate_sek']
    """
    whole = {"facilities": [dict(tree)], "providers": [{"id": tree.get("provider")}]}
    return sorted({*shape_faults(Facility, dict(tree), ()), *reference_faults_of(whole, "facilities[0].")})


def write_facility(
    tx: Transaction,
    facility_id: UUID | None,
    version: int,
    told: Mapping[str, Any],
    *,
    withdrawn: bool = False,
    is_safety_closure: bool = False,
) -> Written:
    """Write a version of a facility.

    Parameters
    ----------
    facility_id : none: a new one
    told : fields of matching.domain.Facility without id, as JSON; `provider` is the id of a provider
    withdrawn : it is no facility any more
    is_safety_closure : closures were added and nothing else was changed: they count at once

    Raises
    ------
    Rejected : it cannot be interpreted, the provider does not exist, or more than closures was changed
    Conflict : `stale_version`
    """
    known = uuid4() if facility_id is None else facility_id
    newest = catalogue.facility(tx, known)
    _insist_on_next(version, 0 if newest is None else newest.version)
    tree = {**told, "id": str(known)}
    faults = [*facility_faults(tree), *provider_faults(tx, told.get("provider"))]
    if is_safety_closure and not faults:
        faults = _more_than_closures(newest, tree)
    if faults:
        raise Rejected(faults)
    if is_safety_closure and newest is not None:
        return _close_now(tx, newest, tree)
    return _add(tx, newest, version, tomorrow(tx), tree, withdrawn=withdrawn)


def provider_faults(tx: Transaction, provider_id: object) -> list[Fault]:
    """The provider a facility names does not exist."""
    try:
        known = UUID(str(provider_id))
    except ValueError:
        known = None
    # In its one canonical form: the same id written otherwise would be another provider to the engine.
    there = known is not None and str(known) == provider_id and catalogue.provider(tx, known) is not None
    return [] if there else [Fault("provider", "names a provider that does not exist", "the id of a provider")]


def _more_than_closures(newest: FacilityVersion | None, tree: Mapping[str, Any]) -> list[Fault]:
    if newest is None:
        return [Fault("is_safety_closure", "is said of a new facility", "false")]
    before = Facility.model_validate_json(_json(newest.facility))
    after = Facility.model_validate_json(_json(tree))
    alike = before.model_copy(update={"closures": ()}) == after.model_copy(update={"closures": ()})
    if alike and set(before.closures) <= set(after.closures):
        return []
    return [Fault("is_safety_closure", "is said of more than new closures", "the newest version and more closures")]


def _close_now(tx: Transaction, newest: FacilityVersion, tree: Mapping[str, Any]) -> Written:
    """Today's version with the closures, then the one that waits for its day, with them too."""
    today = local_day(tx.now)
    in_force = catalogue.facility(tx, newest.id, today)
    if in_force is None or in_force.version == newest.version:
        day = today if in_force is not None else newest.effective_on
        return _add(tx, newest, newest.version + 1, day, tree, withdrawn=newest.withdrawn)
    had = {_json(one) for one in newest.facility.get("closures", ())}
    new = [one for one in tree["closures"] if _json(one) not in had]
    unit_ids = {unit["id"] for unit in in_force.facility["units"]}
    fitting = [one for one in new if one.get("units") is None or set(one["units"]) <= unit_ids]
    closed = {**in_force.facility, "closures": [*in_force.facility.get("closures", ()), *fitting]}
    _add(tx, newest, newest.version + 1, today, closed, withdrawn=in_force.withdrawn)
    return _add(tx, newest, newest.version + 2, newest.effective_on, tree, withdrawn=newest.withdrawn)


def _add(
    tx: Transaction,
    newest: FacilityVersion | None,
    version: int,
    day: date,
    tree: Mapping[str, Any],
    *,
    withdrawn: bool,
) -> Written:
    known = UUID(tree["id"])
    counts = {unit["id"]: int(unit["beds"]) for unit in tree["units"]}
    beds, spare = numbered(counts, {} if newest is None else _numbers(newest))
    sealed = catalogue.add_facility(tx, known, version, day, withdrawn=withdrawn, told=tree, beds=beds, spare=spare)
    tx.record(Action.WRITE_CATALOGUE.value, about=known, sealed=sealed)
    _changed(tx, known, day)
    return Written(known, version, day)


def _numbers(version: FacilityVersion) -> dict[str, list[int]]:
    """Every number a unit has or had."""
    units = sorted({*version.beds, *version.spare})
    return {unit: [*version.beds.get(unit, ()), *version.spare.get(unit, ())] for unit in units}


def numbered(
    counts: Mapping[str, int], had: Mapping[str, list[int]]
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Numbers of the beds of each unit, and those units had once: a bed keeps its number, and no number comes twice.

    Parameters
    ----------
    counts : beds by unit
    had : numbers each unit had until now

    Examples
    --------
    >>> beds, spare = numbered({"a": 2}, {"a": [5, 6, 7], "b": [8]})
    >>> beds == {"a": [5, 6]}, spare == {"a": [7], "b": [8]}
    (True, True)
    """
    used = {number for numbers in had.values() for number in numbers}
    beds: dict[str, list[int]] = {}
    spare: dict[str, list[int]] = {unit: list(numbers) for unit, numbers in had.items() if unit not in counts}
    for unit, count in counts.items():
        numbers = list(had.get(unit, ()))
        while len(numbers) < count:
            fresh = secrets.randbelow(2**BED_BITS - 1) + 1
            if fresh not in used:
                used.add(fresh)
                numbers.append(fresh)
        beds[unit] = numbers[:count]
        if numbers[count:]:
            spare[unit] = numbers[count:]
    return beds, spare


def write_address(tx: Transaction, facility_id: UUID, version: int, told: Mapping[str, Any]) -> Written:
    """Write a version of a facility's address; it counts at once.

    Raises
    ------
    Conflict : `stale_version`
    """
    _insist_on_next(version, catalogue.address_version(tx, facility_id))
    sealed = catalogue.add_address(tx, facility_id, version, told)
    tx.record(Action.WRITE_CATALOGUE.value, about=facility_id, sealed=sealed)
    return Written(facility_id, version, local_day(tx.now))


def read(tx: Transaction, facility_id: UUID) -> Read:
    """A facility.

    Raises
    ------
    NotFound : there is none
    """
    found = catalogue.facility(tx, facility_id)
    if found is None:
        raise NotFound
    provider = catalogue.provider(tx, UUID(found.facility["provider"]))
    tx.record(Action.READ_CATALOGUE.value, about=facility_id, sealed=found.sealed)
    return Read(found, provider, catalogue.address_version(tx, facility_id))


def _insist_on_next(version: int, newest: int) -> None:
    if version != newest + 1:
        raise Conflict("stale_version", "Somebody has written this version; read the newest one first.")


def _changed(tx: Transaction, subject: UUID, day: date) -> None:
    tx.touch()
    tx.defer("rejudge", subject)
    if day > local_day(tx.now):
        tx.defer("rejudge", subject, at=datetime.combine(day, time(0, 1), LOCAL))


def _json(tree: Mapping[str, Any]) -> str:
    return json.dumps(tree, sort_keys=True)
