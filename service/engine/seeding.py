"""A synthetic week put into an empty register: for the demonstration, for benchmarks and for tests.

It takes nothing but a document that says of itself that it is synthetic. It writes as the database's administrator with
every key, as no process of the service can; what it writes is sealed like everything else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import insert

from matching.domain import PlaceIndex, Policy, Scenario, parse
from service.actors import SYSTEM
from service.clock import Clock, utc_now
from service.crypto import PROCESS_DOMAINS, Domain, FileKeys, Sealer, SubjectKeys, Tagger, at
from service.crypto.keyfiles import key_file, subjects_folder
from service.engine.beds import numbered
from service.engine.world import today_of
from service.policies import Action
from service.store.database import Database, Transaction
from service.store.repository import stays
from service.store.repository.stays import Nights
from service.store.tables import (
    addresses,
    assessment_versions,
    case_signatures,
    case_versions,
    cases,
    decisions,
    facility_versions,
    gate_versions,
    intel_confirmations,
    intel_versions,
    provider_versions,
)

__all__ = ["Seeded", "id_of", "open_for_seeding", "renamed", "seed"]

_NAMESPACE: Final = UUID("0b8f3d53-3e0f-5c8b-8a51-6a4c5b1f0c11")
_BY: Final = "seeding"
_BED_BITS: Final = 40


@dataclass(frozen=True)
class Seeded:
    """What was put in: ids of the register by the document's own.

    Parameters
    ----------
    policy : of the document; a `World` is made with it
    """

    cases: Mapping[str, UUID]
    facilities: Mapping[str, UUID]
    stays: Mapping[str, UUID]
    policy: Policy = field(repr=False)


def id_of(kind: str, name: str) -> UUID:
    """The id a record of the document has in the register.

    Examples
    --------
    >>> id_of("facility", "f-1") == id_of("facility", "f-1") != id_of("network", "f-1")
    True
    """
    return uuid5(_NAMESPACE, f"{kind}/{name}")


class _EveryKey:
    """The key files of all processes together."""

    def __init__(self, keys: Path) -> None:
        self._files = {process: FileKeys(key_file(keys, process)) for process in PROCESS_DOMAINS}

    def _of(self, domain: Domain) -> FileKeys:
        return self._files[next(process for process, own in PROCESS_DOMAINS.items() if domain in own)]

    def wrap(self, domain: Domain, plaintext: bytes, associated: bytes) -> tuple[int, bytes]:
        return self._of(domain).wrap(domain, plaintext, associated)

    def unwrap(self, domain: Domain, version: int, wrapped: bytes, associated: bytes) -> bytes:
        return self._of(domain).unwrap(domain, version, wrapped, associated)

    def tagger(self) -> Tagger:
        return Tagger(self._of(Domain.CASE).masters.held.tag)


def open_for_seeding(url: str, keys: Path, clock: Clock = utc_now) -> Database:
    """The register as its administrator sees it.

    Parameters
    ----------
    url : of a login that row-level security does not bind, as the embedded database's own superuser
    keys : the key folder
    """
    every = _EveryKey(keys)
    return Database(url, Sealer(SubjectKeys(subjects_folder(keys), every)), every.tagger(), clock, pool_size=2)


def seed(database: Database, document: bytes, places: PlaceIndex, seed_number: int = 1) -> Seeded:
    """Put a synthetic week into an empty register, in one transaction.

    Parameters
    ----------
    document : a scenario that says ``synthetic: true``
    places : ids of the places that exist

    Raises
    ------
    InputRejected : it is no scenario, or does not say that it is synthetic
    """
    scenario = parse(document, places)
    with database.transaction(SYSTEM) as tx:
        return _Seed(tx, scenario, random.Random(seed_number)).everything()


class _Seed:
    def __init__(self, tx: Transaction, scenario: Scenario, dice: random.Random) -> None:
        self.tx = tx
        self.told = scenario
        self.dice = dice
        self.beds: dict[str, dict[str, list[int]]] = {}
        self.booked: dict[int, list[Nights]] = {}
        self.numbers: set[int] = set()
        self.since = today_of(tx.now) - timedelta(days=1)

    def everything(self) -> Seeded:
        """All of it."""
        told = self.told
        for provider in told.providers:
            self._provider(_tree(provider))
        for facility in told.facilities:
            self._facility(_tree(facility))
        for kind, records in (
            ("network", told.networks),
            ("relation", told.relations),
            ("person_conflict", told.person_conflicts),
            ("exposure", told.exposures),
        ):
            for record in records:
                self._knowledge(kind, _tree(record))
        seeded = Seeded(
            cases={case.id: self._case(_tree(case)) for case in told.cases},
            facilities={one.id: id_of("facility", one.id) for one in told.facilities},
            stays={
                **{one.id: self._placement(_tree(one)) for one in told.placements},
                **{one.id: self._residence(_tree(one)) for one in told.residences},
            },
            policy=told.policy,
        )
        self.tx.touch()
        self.tx.record(Action.FIRST_LOAD.value)
        return seeded

    def _add(self, table: Any, domain: Domain, subject: UUID, row: UUID, told: Any, **columns: Any) -> None:
        sealed = self.tx.seal(domain, subject, at(table.name, "sealed", row, columns.get("version", 1)), told)
        self.tx.connection.execute(insert(table).values(sealed=sealed, **columns))

    def _provider(self, told: dict[str, Any]) -> None:
        row = id_of("provider", told.pop("id"))
        self.tx.new_subject(Domain.PLACE, row)
        self._add(
            provider_versions, Domain.PLACE, row, row, {**told, "id": str(row)}, provider_id=row, version=1,
            written_by=_BY, written_at=self.tx.now, effective_on=self.since,
        )  # fmt: skip

    def _bed(self) -> int:
        while (number := self.dice.getrandbits(_BED_BITS)) in self.numbers:
            continue
        self.numbers.add(number)
        return number

    def _facility(self, told: dict[str, Any]) -> None:
        name = told["id"]
        row = id_of("facility", name)
        beds = {unit["id"]: [self._bed() for _ in range(unit["beds"])] for unit in told["units"]}
        self.beds[name] = beds
        self.tx.new_subject(Domain.PLACE, row)
        self.tx.new_subject(Domain.ADDRESS, row)
        content = {"facility": {**_renamed(told), "id": str(row)}, "beds": beds}
        self._add(
            facility_versions, Domain.PLACE, row, row, content, facility_id=row, version=1, written_by=_BY,
            written_at=self.tx.now, effective_on=self.since, withdrawn=False,
        )  # fmt: skip
        where = {
            "street": f"Exempelgatan {self.dice.randrange(1, 99)}",
            "postal_code": f"{self.dice.randrange(100, 985)} {self.dice.randrange(10, 99)}",
            "town": told["locality"].partition("-")[2].replace("-", " ").capitalize(),
            "contact": "Föreståndaren",
            "call_back": f"070-{self.dice.randrange(10**6, 10**7)}",
        }
        self._add(
            addresses, Domain.ADDRESS, row, row, where, facility_id=row, version=1, written_by=_BY,
            written_at=self.tx.now,
        )  # fmt: skip

    def _knowledge(self, kind: str, told: dict[str, Any]) -> None:
        row = id_of(kind, told["id"])
        self.tx.new_subject(Domain.INTEL, row)
        self._add(
            intel_versions, Domain.INTEL, row, row, {**_renamed(told), "id": str(row)}, record_id=row, version=1,
            kind=kind, written_by=_BY, unit=_BY, written_at=self.tx.now, withdrawn=False,
        )  # fmt: skip
        self.tx.connection.execute(
            insert(intel_confirmations).values(
                record_id=row, version=1, actor=_BY, unit=_BY, role="network_keeper", confirmed_at=self.tx.now
            )
        )

    def _case(self, told: dict[str, Any]) -> UUID:
        tx, row = self.tx, id_of("case", told.pop("id"))
        gate, assessed = told.pop("gate"), told.pop("assessments")
        measure = gate.pop("measure_decision")
        unit, attempt, triage = told.pop("unit"), told.pop("attempt_no"), told.pop("triage")
        received = told.pop("received_at")
        defector = next(member["person_key"] for member in told["household"] if member["role"] == "defector")
        tx.new_subject(Domain.CASE, row)
        tx.connection.execute(
            insert(cases).values(
                id=row,
                unit=unit,
                organisation="police",
                municipality_unit=f"kommun-{told['responsible_municipality']}",
                municipality_organisation=f"kommun-{told['responsible_municipality']}",
                person_tag=self._tag(defector),
                state="signed",
                triage=triage,
                received_at=received,
                attempt_no=attempt,
                is_emergency=gate["is_emergency"],
                state_since=tx.now,
            )
        )
        for organisation in ("police", "municipality"):  # as two organisations' word that there is such a person
            place = f"case_signatures/sealed/{row}/{organisation}"
            tx.connection.execute(
                insert(case_signatures).values(
                    case_id=row,
                    organisation=organisation,
                    signed_by=_BY,
                    signed_at=tx.now,
                    sealed=tx.seal(Domain.CASE, row, place, {"jws": ""}),
                )
            )
        by = {"version": 1, "written_by": _BY, "written_at": tx.now}
        self._add(case_versions, Domain.CASE, row, row, _renamed(told), case_id=row, **by)
        self._add(gate_versions, Domain.CASE, row, row, gate, case_id=row, **by)
        if measure is not None:
            tx.connection.execute(
                insert(decisions).values(
                    id=id_of("measure", str(row)), case_id=row, kind="measure", outcome="yes" if measure else "no",
                    reason_code=None if measure else "not_granted", decided_by=_BY, decided_at=tx.now,
                )
            )  # fmt: skip
        for assessment in assessed:
            self._add(
                assessment_versions, Domain.CASE, row, row, {"jws": "", "assessment": _renamed(assessment)},
                case_id=row, version=assessment["version"], signed_by=_BY, unit=assessment["assessor_unit"],
                valid_from=date.fromisoformat(assessment["valid_from"]),
                valid_until=date.fromisoformat(assessment["valid_until"]),
                withdrawn=assessment["withdrawn"], written_at=tx.now,
            )  # fmt: skip
        return row

    def _tag(self, person: str) -> bytes:
        if self.tx.tagger is None:
            raise ValueError("seeding needs the key of the tags")
        return self.tx.tagger.person(person)

    def _placement(self, told: dict[str, Any]) -> UUID:
        row = id_of("stay", told.pop("id"))
        state, file = told.pop("state"), told.pop("case_file")
        ended = date.fromisoformat(told["end"])
        today = today_of(self.told.now)
        departed = None if told["departed"] is None else date.fromisoformat(told["departed"])
        state = {"placed": "ended" if ended <= today else "placed"}.get(state, state)
        state = "departed" if departed is not None and departed <= today else state
        content: dict[str, Any] = {"placement": _renamed(told)}
        if file is not None:
            content["case_file"] = _renamed(file)
        stays.add(
            self.tx,
            content,
            kind="first_load",
            state=state,
            nights=tuple(self._nights(told, departed)) if state not in ("ended", "departed") else (),
            persons=[member["person_key"] for member in told["household"]],
            stay_id=row,
        )
        return row

    def _nights(self, told: Mapping[str, Any], departed: date | None) -> Iterator[Nights]:
        """Beds of a stay; a unit that is fuller than it has beds books those there are."""
        start, end = date.fromisoformat(told["start"]), date.fromisoformat(told["end"])
        end = end if departed is None else min(end, departed)
        for use in told["units"]:
            beds = self.beds[told["facility"]][use["unit"]]
            for _ in range(use["beds"]):
                taken = [one for bed in beds for one in self.booked.get(bed, ())]
                for night in numbered(beds, taken, 1, start.toordinal(), end.toordinal()) or ():
                    self.booked.setdefault(night.bed, []).append(night)
                    yield night

    def _residence(self, told: dict[str, Any]) -> UUID:
        row = id_of("stay", told.pop("id"))
        departed = told["departed"]
        is_gone = departed is not None and date.fromisoformat(departed) <= today_of(self.told.now)
        stays.add(
            self.tx,
            {"residence": _renamed(told)},
            kind="residence",
            state="departed" if is_gone else "placed",
            persons=[member["person_key"] for member in told["household"]],
            stay_id=row,
        )
        return row


def _tree(record: Any) -> dict[str, Any]:
    tree: dict[str, Any] = record.model_dump(mode="json")
    return tree


_KINDS: Final = {
    "networks": "network",
    "relations": "relation",
    "person_conflicts": "person_conflict",
    "exposures": "exposure",
    "providers": "provider",
    "facilities": "facility",
    "cases": "case",
    "placements": "stay",
    "residences": "stay",
}


def renamed(document: Mapping[str, Any]) -> dict[str, Any]:
    """A week's document under the ids its records have in the register.

    Examples
    --------
    >>> week = {"synthetic": True, "networks": [{"id": "n-1", "kind": "mc"}]}
    >>> renamed(week)["networks"][0]["id"] == str(id_of("network", "n-1"))
    True
    """
    tree = dict(document)
    for name, kind in _KINDS.items():
        tree[name] = [{**_renamed(one), "id": str(id_of(kind, one["id"]))} for one in document.get(name, ())]
    return tree


_NETWORKS: Final = frozenset({"network", "a", "b"})


def _renamed(node: Any, key: str = "") -> Any:
    """A tree in which networks, facilities and providers are named by their ids in the register."""
    if isinstance(node, dict):
        is_relation = "probability_percent" in node
        return {
            name: value if name in ("a", "b") and not is_relation else _renamed(value, name)
            for name, value in node.items()
        }
    if isinstance(node, list):
        return [_renamed(inner, key) for inner in node]
    if isinstance(node, str):
        if key in _NETWORKS or key == "presence_waived":
            return str(id_of("network", node))
        if key in ("facility", "provider"):
            return str(id_of(key, node))
    return node
