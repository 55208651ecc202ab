"""Opened records become what the engine is told: cases with the files behind stays, stays, knowledge, the catalogue.

Pure: no database, no key, no clock.

*Knowledge that is only proposed.* A version of a record counts as confirmed when the network keeper or somebody of
another unit than its writer has confirmed it. For placing, everything counts that anybody has told, the confirmed
version beside the newest proposed one, so that a proposal can only add danger. For moving somebody, and for what a
requester sees, only the confirmed version counts; a proposed rivalry is then no more than uncertain (domain §4,
*Knowledge*; docs/threat-model.md, *moves*).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import ValidationError

from matching.domain import (
    Case,
    CaseFile,
    Exposure,
    Facility,
    Member,
    Network,
    PersonConflict,
    Placement,
    Policy,
    Provider,
    Relation,
    Residence,
    Told,
)

__all__ = [
    "LAST_DAY",
    "AssessmentRecord",
    "CaseRecord",
    "IntelRecord",
    "IntelVersion",
    "Knowledge",
    "StayRecord",
    "Unreadable",
    "View",
    "case_file_of",
    "case_of",
    "facility_of",
    "is_closed_for_good",
    "knowledge_of",
    "placement_of",
    "provider_of",
    "residence_of",
    "with_newcomers",
]

_Model = TypeVar("_Model", bound=Told)


class View(StrEnum):
    """What of the knowledge counts; see the module's head."""

    PLACING = "placing"
    MOVING = "moving"


class Unreadable(ValueError):
    """A record that cannot be read as what it should be; it is set aside. The message carries nothing of it."""

    def __init__(self) -> None:
        super().__init__("a record cannot be read")


@dataclass(frozen=True)
class AssessmentRecord:
    """One version of an assessment; `version` and `is_withdrawn` of the row win over what was signed."""

    version: int
    is_withdrawn: bool
    told: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class CaseRecord:
    """A case as its newest rows tell it."""

    id: UUID
    unit: str
    triage: str
    received_at: datetime
    attempt_no: int
    is_emergency: bool
    measure: str | None
    details: Mapping[str, Any] = field(repr=False)
    gate: Mapping[str, Any] = field(repr=False)
    assessments: Sequence[AssessmentRecord] = field(default=(), repr=False)


@dataclass(frozen=True)
class StayRecord:
    """A stay as opened."""

    id: UUID
    state: str
    told: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class IntelVersion:
    """One version of a record of knowledge."""

    version: int
    is_withdrawn: bool
    is_confirmed: bool
    told: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class IntelRecord:
    """A network, relation, conflict or exposure with its versions in order."""

    id: UUID
    kind: str
    versions: Sequence[IntelVersion]


@dataclass(frozen=True)
class Knowledge:
    """What is known, as far as it counts in a view."""

    networks: tuple[Network, ...]
    relations: tuple[Relation, ...]
    conflicts: tuple[PersonConflict, ...]
    exposures: tuple[Exposure, ...]
    unreadable: tuple[UUID, ...]


def _read(model: type[_Model], tree: Mapping[str, Any]) -> _Model:
    try:
        return model.model_validate_json(json.dumps(tree))
    except (ValidationError, TypeError, ValueError):
        raise Unreadable from None


def case_of(record: CaseRecord) -> Case:
    """The waiting case.

    Raises
    ------
    Unreadable : it is none
    """
    decided = {"yes": True, "no": False, "disagreement": False}.get(record.measure or "")
    gate = {**record.gate, "measure_decision": decided}
    gate["is_emergency"] = bool(record.is_emergency or record.gate.get("is_emergency"))
    return _read(
        Case,
        {
            **record.details,
            "id": str(record.id),
            "unit": record.unit,
            "triage": record.triage,
            "received_at": record.received_at.isoformat(),
            "attempt_no": record.attempt_no,
            "gate": gate,
            "assessments": [
                {**one.told, "version": one.version, "withdrawn": one.is_withdrawn} for one in record.assessments
            ],
        },
    )


def case_file_of(case: Case) -> CaseFile:
    """What every rule reads of the case behind a stay, as it is known today.

    Examples
    --------
    >>> sorted(CaseFile.model_fields)
    ['assessments', 'crime_localities', 'gate', 'homes', 'known_places', 'needs', 'unit']
    """
    return CaseFile(**{name: getattr(case, name) for name in CaseFile.model_fields})


def placement_of(record: StayRecord, file: CaseFile | None) -> Placement:
    """The placement or hold, with the case behind it; a first load brings its own file.

    Raises
    ------
    Unreadable : it is none
    """
    told = record.told.get("placement")
    if not isinstance(told, Mapping):
        raise Unreadable
    state = "placed" if record.state in ("placed", "ended", "departed") else "held"
    placement = _read(Placement, {**told, "id": str(record.id), "state": state})
    loaded = record.told.get("case_file")
    if file is None and isinstance(loaded, Mapping):
        file = _read(CaseFile, loaded)
    return placement.model_copy(update={"case_file": file})


def with_newcomers(placement: Placement, household: Iterable[Mapping[str, Any]]) -> Placement:
    """The stay with everybody of the case who was not of its household when it was held: they may be there as well.

    Raises
    ------
    Unreadable : somebody cannot be read
    """
    there = {member.person_key for member in placement.household}
    new = tuple(_read(Member, member) for member in household if member["person_key"] not in there)
    return placement.model_copy(update={"household": (*placement.household, *new)}) if new else placement


def residence_of(record: StayRecord) -> Residence:
    """The residence.

    Raises
    ------
    Unreadable : it is none
    """
    told = record.told.get("residence")
    if not isinstance(told, Mapping):
        raise Unreadable
    return _read(Residence, {**told, "id": str(record.id)})


def facility_of(facility_id: UUID, told: Mapping[str, Any], *, is_withdrawn: bool, effective_on: date) -> Facility:
    """The facility; one that was withdrawn takes nobody from the day on which that came into force.

    Raises
    ------
    Unreadable : it is none
    """
    inner = told.get("facility")
    if not isinstance(inner, Mapping):
        raise Unreadable
    tree = {**inner, "id": str(facility_id)}
    if is_withdrawn:
        ever = {"start": effective_on.isoformat(), "end": LAST_DAY.isoformat()}
        tree["closures"] = [*tree.get("closures", ()), ever]
    return _read(Facility, tree)


LAST_DAY: Final = date(2199, 12, 31)
"""The end of a closure for good."""


def is_closed_for_good(facility: Facility, since: date) -> bool:
    """Whether a whole facility is closed from a day on, and never opens again.

    Examples
    --------
    >>> from matching.domain import Closure
    >>> closed = (Closure(start=date(2026, 1, 1), end=LAST_DAY),)
    >>> is_closed_for_good(Facility.model_construct(closures=closed), date(2026, 1, 2))
    True
    """
    return any(one.units is None and one.start <= since and one.end >= LAST_DAY for one in facility.closures)


def provider_of(provider_id: UUID, told: Mapping[str, Any]) -> Provider:
    """The provider.

    Raises
    ------
    Unreadable : it is none
    """
    return _read(Provider, {**told, "id": str(provider_id)})


_KINDS: Mapping[str, type[Told]] = {
    "network": Network,
    "relation": Relation,
    "person_conflict": PersonConflict,
    "exposure": Exposure,
}


def _counting(record: IntelRecord) -> tuple[IntelVersion | None, IntelVersion | None]:
    """The newest confirmed version, and the newest proposed one after it; withdrawn ones are gone.

    A network named by anybody does not cease to be because its record was withdrawn: it always counts.
    """
    versions = sorted(record.versions, key=lambda one: one.version)
    if record.kind == "network":
        versions = [one for one in versions if not one.is_withdrawn] or versions[:1]
    elif versions and versions[-1].is_withdrawn:
        return None, None
    confirmed = next((one for one in reversed(versions) if one.is_confirmed and not one.is_withdrawn), None)
    newest = versions[-1] if versions else None
    return confirmed, (newest if newest is not confirmed else None)


def knowledge_of(records: Iterable[IntelRecord], view: View, policy: Policy) -> Knowledge:
    """What counts of the knowledge in a view; what cannot be read is listed, not passed over."""
    found: dict[str, list[Told]] = {kind: [] for kind in _KINDS}
    unreadable: list[UUID] = []
    for record in sorted(records, key=lambda one: str(one.id)):
        try:
            found[record.kind] += _counted(record, view, policy)
        except Unreadable:
            unreadable.append(record.id)
    return Knowledge(
        networks=tuple(one for one in found["network"] if isinstance(one, Network)),
        relations=tuple(one for one in found["relation"] if isinstance(one, Relation)),
        conflicts=tuple(one for one in found["person_conflict"] if isinstance(one, PersonConflict)),
        exposures=tuple(one for one in found["exposure"] if isinstance(one, Exposure)),
        unreadable=tuple(unreadable),
    )


def _counted(record: IntelRecord, view: View, policy: Policy) -> Iterator[Told]:
    confirmed, proposed = _counting(record)
    model, name = _KINDS[record.kind], str(record.id)
    sure = None if confirmed is None else _read(model, {**confirmed.told, "id": name})
    said = None if proposed is None else _read(model, {**proposed.told, "id": f"{name}-{proposed.version}"})
    if record.kind == "network":
        yield _merged(name, sure, said, view)
        return
    if sure is not None:
        yield sure
    if said is None:
        return
    if view is View.PLACING:
        # What a proposal takes back (an end, a clearance) counts once confirmed: the version before stays beside it.
        yield said if sure is not None else said.model_copy(update={"id": name})
    elif isinstance(said, Relation) and said.kind != "allied" and policy.certain_from_percent > 1:
        percent = min(said.probability_percent, policy.certain_from_percent - 1)
        yield said.model_copy(update={"kind": "rival", "probability_percent": percent})


def _merged(name: str, sure: Told | None, said: Told | None, view: View) -> Network:
    told = [one for one in (sure, said) if isinstance(one, Network)]
    counts = told if view is View.PLACING else [one for one in told if one is sure]
    first = told[0]
    return first.model_copy(
        update={
            "id": name,
            "presence": tuple(dict.fromkeys(place for one in counts for place in one.presence)),
            "hostility_prior_percent": max(one.hostility_prior_percent for one in told),
        }
    )
