"""Opened records are read into what the engine is told; each is read once while its version counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from matching.domain import Case, CaseFile, Closure, Facility, Placement, Policy, Provider, Residence
from service.engine.records import (
    AssessmentRecord,
    CaseRecord,
    IntelRecord,
    IntelVersion,
    Knowledge,
    StayRecord,
    Unreadable,
    View,
    case_file_of,
    case_of,
    facility_of,
    is_closed_for_good,
    knowledge_of,
    placement_of,
    provider_of,
    residence_of,
    with_newcomers,
)
from service.engine.references import FIRST_DAY, Named, Parts, SetAside, named_by
from service.store.repository.stays import LIVE
from service.store.repository.world import CaseRow, CatalogueRow, IntelRow, Snapshot, StayRow, waits

__all__ = ["Kept", "Opened", "Reading"]

Kept = dict[Any, Any]
_Made = TypeVar("_Made")


@dataclass
class Opened:
    """Opened records by id and version; none is one that does not open."""

    cases: Kept = field(default_factory=dict)
    gates: Kept = field(default_factory=dict)
    assessments: Kept = field(default_factory=dict)
    knowledge: Kept = field(default_factory=dict)
    providers: Kept = field(default_factory=dict)
    facilities: Kept = field(default_factory=dict)
    stays: Kept = field(default_factory=dict)


@dataclass(frozen=True)
class _CaseRead:
    case: Case
    file: CaseFile
    names: Named
    file_names: Named


class Reading:
    """One reading of a snapshot.

    Parameters
    ----------
    opened : the opened records
    before : what earlier readings made; `used` is what this one uses of it or adds
    policy : of the register
    view : what of the knowledge counts
    """

    def __init__(self, opened: Opened, before: Kept, policy: Policy, view: View) -> None:
        self.opened = opened
        self.before = before
        self.used: Kept = {}
        self.policy = policy
        self.view = view
        self.names: dict[int, Named] = {}
        self.set_aside: list[SetAside] = []
        self.blocked: set[str] = set()
        self.is_lost = False
        self._details: dict[UUID, int] = {}

    def parts(self, snapshot: Snapshot) -> Parts:
        """Everything, read."""
        cases, files = self._cases(snapshot)
        placements, residences = self._stays(snapshot.stays, files)
        facilities = self._used(snapshot.facilities, placements)
        early = self._early(snapshot, placements)
        named = {one.provider for one in early} - {one.provider for one in facilities}
        coming = (row for row in snapshot.coming_providers if str(row.id) in named)
        return Parts(
            cases=cases,
            placements=placements,
            residences=residences,
            providers=tuple(self._providers((*snapshot.providers, *coming))),
            facilities=(*facilities, *early),
            knowledge=self._knowledge(snapshot.knowledge),
        )

    def _early(self, snapshot: Snapshot, placements: Iterable[Placement]) -> tuple[Facility, ...]:
        """Facilities that come into force later and have somebody in them already, as a first load may say.

        They are there, so that nobody who lives there is lost; units that nobody lives in are closed until then, and
        no bed of them is given (`service.engine.world`).
        """
        used: dict[str, set[str]] = {}
        for placement in placements:
            used.setdefault(placement.facility, set()).update(use.unit for use in placement.units)
        rows = {str(row.id): row for row in snapshot.coming_facilities if str(row.id) in used}
        return tuple(
            _closed_but(facility, used[facility.id], rows[facility.id].effective_on)
            for facility in self._facilities(rows.values())
        )

    def _used(self, told: Sequence[CatalogueRow], placements: Iterable[Placement]) -> tuple[Facility, ...]:
        """Facilities but those closed for good in which nobody is: they take nobody, so they are part of no count."""
        since = {str(row.id): row.effective_on for row in told}
        lived_in = {one.facility for one in placements}
        return tuple(
            one for one in self._facilities(told) if one.id in lived_in or not is_closed_for_good(one, since[one.id])
        )

    def _keep(self, key: Any, make: Callable[[], _Made]) -> _Made:
        made: _Made = self.before[key] if key in self.before else make()
        self.used[key] = made
        return made

    def _aside(self, kind: str, record: UUID) -> None:
        self.set_aside.append(SetAside(kind, str(record)))

    def _cases(self, snapshot: Snapshot) -> tuple[tuple[Case, ...], dict[UUID, CaseFile]]:
        """Those waiting, and the files of all. A case with a live stay waits for nothing, but for an emergency's."""
        housed = {one.case for one in snapshot.stays if one.state in LIVE and not _is_short(one)}
        waiting: list[Case] = []
        files: dict[UUID, CaseFile] = {}
        for row in snapshot.cases:
            try:
                read = self._keep(("case", row), lambda row=row: self._case(row))  # type: ignore[misc]
            except Unreadable:
                self._aside("case", row.id)
                self.blocked.add(str(row.id))
                continue
            files[row.id] = read.file
            self._details[row.id] = row.details
            self.names[id(read.case)], self.names[id(read.file)] = read.names, read.file_names
            if waits(row.state, is_emergency=row.is_emergency) and row.id not in housed:
                waiting.append(read.case)
        return tuple(waiting), files

    def _case(self, row: CaseRow) -> _CaseRead:
        details = self.opened.cases.get((row.id, row.details))
        gate = self.opened.gates.get((row.id, row.gate)) if row.gate else {}
        assessed = [self.opened.assessments.get((row.id, version)) for version, _ in row.assessments]
        if not isinstance(details, dict) or not isinstance(gate, dict):
            raise Unreadable
        case = case_of(
            CaseRecord(
                id=row.id,
                unit=row.unit,
                triage=row.triage,
                received_at=row.received_at,
                attempt_no=row.attempt_no,
                is_emergency=row.is_emergency,
                measure=row.measure,
                details=details,
                gate=gate,
                assessments=tuple(
                    AssessmentRecord(version, withdrawn, _inner(told))
                    for (version, withdrawn), told in zip(row.assessments, assessed, strict=True)
                ),
            )
        )
        file = case_file_of(case)
        return _CaseRead(case, file, named_by(case), named_by(file))

    def _stays(
        self, told: Sequence[StayRow], files: Mapping[UUID, CaseFile]
    ) -> tuple[tuple[Placement, ...], tuple[Residence, ...]]:
        placements: list[Placement] = []
        residences: list[Residence] = []
        for row in told:
            file = None if row.case is None else files.get(row.case)
            try:
                # The file is kept beside what was made with it, so that its identity is nobody else's.
                _, stay, names = self._keep(("stay", row, id(file)), lambda row=row, file=file: self._stay(row, file))  # type: ignore[misc]
            except Unreadable:
                self._aside("stay", row.id)
                self.is_lost = True
                continue
            if isinstance(stay, Placement):
                placements.append(stay)
                if names is not None:
                    self.names[id(stay.case_file)] = names
            else:
                residences.append(stay)
        return tuple(placements), tuple(residences)

    def _stay(self, row: StayRow, file: CaseFile | None) -> tuple[CaseFile | None, Placement | Residence, Named | None]:
        """The stay, between the file it was made with and what the file that it brought itself names."""
        told = self.opened.stays.get((row.id, row.version))
        if not isinstance(told, dict):
            raise Unreadable
        record = StayRecord(row.id, row.state, told)
        if "residence" in told:
            return file, residence_of(record), None
        placement = placement_of(record, file)
        if file is not None and row.case is not None and row.state in LIVE:
            details = self.opened.cases.get((row.case, self._details[row.case])) or {}
            placement = with_newcomers(placement, details.get("household", ()))
        own = placement.case_file if placement.case_file is not file else None
        return file, placement, None if own is None else named_by(own)

    def _providers(self, told: Iterable[CatalogueRow]) -> Iterator[Provider]:
        for row in told:
            try:
                yield self._keep(("provider", row), lambda row=row: self._provider(row))  # type: ignore[misc]
            except Unreadable:
                self._aside("provider", row.id)

    def _provider(self, row: CatalogueRow) -> Provider:
        return provider_of(row.id, _must(self.opened.providers, row))

    def _facilities(self, told: Iterable[CatalogueRow]) -> Iterator[Facility]:
        for row in told:
            try:
                yield self._keep(("facility", row), lambda row=row: self._facility(row))  # type: ignore[misc]
            except Unreadable:
                self._aside("facility", row.id)

    def _facility(self, row: CatalogueRow) -> Facility:
        told = _must(self.opened.facilities, row)
        return facility_of(row.id, told, is_withdrawn=row.is_withdrawn, effective_on=row.effective_on)

    def _knowledge(self, told: tuple[IntelRow, ...]) -> Knowledge:
        """What is known in this view; the other view's is kept while it is of the same rows."""
        self.used |= {key: made for key, made in self.before.items() if key[0] == "knowledge" and key[2] == told}
        found, names = self._keep(("knowledge", self.view, told), lambda: self._known(told))
        self.names |= names
        self.set_aside += (SetAside("knowledge", str(one)) for one in found.unreadable)
        return found

    def _known(self, told: tuple[IntelRow, ...]) -> tuple[Knowledge, dict[int, Named]]:
        records: dict[UUID, IntelRecord] = {}
        unopened = []
        for row in told:
            opened = self.opened.knowledge.get((row.id, row.version))
            if not isinstance(opened, dict):
                unopened.append(row.id)
                continue
            before = records.get(row.id, IntelRecord(row.id, row.kind, ()))
            version = IntelVersion(row.version, row.is_withdrawn, row.is_confirmed, opened)
            records[row.id] = replace(before, versions=(*before.versions, version))
        found = knowledge_of(records.values(), self.view, self.policy)
        found = replace(found, unreadable=tuple(dict.fromkeys((*unopened, *found.unreadable))))
        return found, {id(one): named_by(one) for one in (*found.networks, *found.exposures)}


def _closed_but(facility: Facility, used: set[str], until: date) -> Facility:
    free = tuple(unit.id for unit in facility.units if unit.id not in used)
    closure = Closure(start=FIRST_DAY, end=until, units=free)
    return facility.model_copy(update={"closures": (*facility.closures, closure)}) if free else facility


def _is_short(row: StayRow) -> bool:
    """An emergency's week: its case waits for a stable place while somebody lives there."""
    return row.kind == "emergency" and row.state == "placed"


def _inner(told: Any) -> dict[str, Any]:
    inner = told.get("assessment") if isinstance(told, dict) else None
    if not isinstance(inner, dict):
        raise Unreadable
    return inner


def _must(opened: Kept, row: CatalogueRow) -> dict[str, Any]:
    told = opened.get((row.id, row.version))
    if not isinstance(told, dict):
        raise Unreadable
    return told
