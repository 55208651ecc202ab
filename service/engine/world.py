"""The register as facts: read by version, opened once, put on the map; in this process's memory and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from geodata.enrich import Surveyor, place_index
from geodata.layers import Layers, active_folder
from geodata.network import TravelNetwork
from matching.assemble import SWEDEN
from matching.constraints import rule_book
from matching.constraints.base import Constraint
from matching.domain import PlaceIndex, Policy, Situation
from matching.errors import Fault, InputRejected
from matching.facts import Facts
from matching.policyfile import parse_policy
from service.crypto import CannotOpen, Domain, at
from service.engine.reading import Kept, Opened, Reading
from service.engine.records import View
from service.engine.references import SetAside, sound
from service.engine.standing import Standing, standings
from service.problems import Unavailable
from service.store.database import Transaction
from service.store.repository import world as rows
from service.store.repository.world import CatalogueRow, IntelRow, Key, Snapshot

__all__ = ["Picture", "World", "load_policy", "today_of"]

_STALE: Final = timedelta(minutes=5)
"""Facts older than this are made anew: a deadline may have passed."""
_ASKING: Final = (*rows.WAITING, "decided", "arrived")
"""States of a case whose people may be told something."""
_DEADLINES: Final = ("triage_red_hours", "triage_orange_hours", "triage_green_days")
"""Values of the policy that the service keeps to: see `service.flow.worklist` and `service.inference`."""
_READS: Final = 5
"""How often a register that keeps changing is read again."""


def today_of(now: datetime) -> date:
    """The calendar day in Sweden, as facts count it."""
    return now.astimezone(SWEDEN).date()


def load_policy(data: Path, places: PlaceIndex) -> Policy:
    """The policy of ``policy.json`` in the data folder; without one, the defaults.

    The deadlines of the classes are not for a register to choose: every process tells people the same, and the moments
    at which something is shown are counted from them.

    Raises
    ------
    InputRejected : the file is no policy, or it has other deadlines
    """
    path = data / "policy.json"
    usual = Policy()
    policy = parse_policy(path.read_bytes(), places.kommuner) if path.is_file() else usual
    others = [name for name in _DEADLINES if getattr(policy, name) != getattr(usual, name)]
    if others:
        raise InputRejected(
            [Fault(name, "is another deadline than the service tells people", "the default") for name in others]
        )
    return policy


@dataclass(frozen=True)
class Picture:
    """The register at one revision, as facts.

    Parameters
    ----------
    facts : a copy of its own, without what others worked out from it
    revision : of the register
    blocked : ids of cases nobody may be placed for, see `service.engine.references`
    is_lost : somebody present cannot be found on the map: nobody may be placed
    set_aside : records of which something is missing
    beds : numbers of the beds, by facility and unit
    cases_of : the case of each stay, by ids
    bases : which versions of its own facts count of each case
    standings : how live stays stand to what their cases tell now
    inputs : which versions of which records it was made of, and on which day
    one_sided : of the blocked, those that ask to live with or near somebody who does not ask for them
    """

    facts: Facts = field(repr=False)
    revision: int
    blocked: frozenset[str] = field(repr=False)
    is_lost: bool
    set_aside: tuple[SetAside, ...] = field(repr=False)
    beds: Mapping[str, Mapping[str, Sequence[int]]] = field(repr=False)
    cases_of: Mapping[str, UUID | None] = field(repr=False)
    bases: Mapping[UUID, str] = field(repr=False)
    standings: tuple[Standing, ...] = field(repr=False)
    inputs: bytes = field(repr=False)
    one_sided: frozenset[str] = field(default=frozenset(), repr=False)

    def number(self, case_id: UUID) -> int | None:
        """Number of a waiting case; none when it does not wait, or cannot be put on the map."""
        name = str(case_id)
        return self.facts.names.cases.index(name) if name in self.facts.names.cases else None

    def case(self, case_id: UUID) -> int | None:
        """Number of a waiting case that somebody may be placed for; none when there is no such case."""
        return None if self.is_lost or str(case_id) in self.blocked else self.number(case_id)


class World:
    """Facts of the register for one process; thread-safe as long as each thread has its own.

    Parameters
    ----------
    policy : of the register
    layers, network : the map; none: the one in use on this machine
    rules : the rule book

    Examples
    --------
    >>> World().rules[0].level.value
    'hard'
    """

    def __init__(
        self,
        policy: Policy | None = None,
        layers: Layers | None = None,
        network: TravelNetwork | None = None,
        rules: Sequence[Constraint] | None = None,
    ) -> None:
        folder = active_folder() if layers is None else None
        self.layers = Layers.load(folder) if layers is None else layers
        self.network = TravelNetwork.load(self.layers, folder) if network is None else network
        self.policy = Policy() if policy is None else policy
        self.rules: tuple[Constraint, ...] = tuple(rule_book() if rules is None else rules)
        self.places = place_index(self.layers)
        self._surveyor = Surveyor(self.layers, self.network)
        self._opened = Opened()
        self._read: Kept = {}
        self._snapshot: Snapshot | None = None
        self._looked = float("-inf")
        self._pictures: dict[View, tuple[datetime, Picture]] = {}

    def picture(self, tx: Transaction, view: View = View.PLACING) -> Picture:
        """The register as it is now, as facts of one moment.

        Raises
        ------
        Unavailable : it changes faster than it can be read; nothing was done
        """
        for _ in range(_READS):
            seen = rows.revision(tx)
            snapshot = self._reading(tx)
            if rows.revision(tx) == seen:
                return self._of(snapshot, view, tx.now, seen)
        raise Unavailable

    def recent(self, tx: Transaction, most_s: float = 1.0) -> Picture:
        """The last picture for placing if it was made or used a moment ago, else a fresh one.

        For looking around only: what is found is judged again on `picture`, under the lock.
        """
        made = self._pictures.get(View.PLACING)
        if made is None or time.monotonic() - self._looked > most_s:
            return self.picture(tx)
        return self._copy(made[1], made[1].revision)

    def _reading(self, tx: Transaction) -> Snapshot:
        """Which rows count now; what is sealed in them is opened, unless it was before."""
        gone = tx.now - timedelta(days=self.policy.cool_down_days + 2)
        snapshot = rows.snapshot(tx, today_of(tx.now), gone)
        if snapshot != self._snapshot:
            self._open(tx, snapshot)
            self._snapshot = snapshot
            self._pictures.clear()
        return snapshot

    def _open(self, tx: Transaction, snapshot: Snapshot) -> None:
        case, opened = Domain.CASE, self._opened
        wanted: list[tuple[Kept, Iterable[Key], Any, Domain, str]] = [
            (
                opened.cases,
                ((one.id, one.details) for one in snapshot.cases if one.details),
                rows.told,
                case,
                "case_versions",
            ),
            (
                opened.gates,
                ((one.id, one.gate) for one in snapshot.cases if one.gate),
                rows.gates,
                case,
                "gate_versions",
            ),
            (
                opened.assessments,
                ((one.id, version) for one in snapshot.cases for version, _ in one.assessments),
                rows.assessments,
                case,
                "assessment_versions",
            ),
            (opened.knowledge, _keys(snapshot.knowledge), rows.knowledge, Domain.INTEL, "intel_versions"),
            (
                opened.providers,
                _keys((*snapshot.providers, *snapshot.coming_providers)),
                rows.providers,
                Domain.PLACE,
                "provider_versions",
            ),
            (
                opened.facilities,
                _keys((*snapshot.facilities, *snapshot.coming_facilities)),
                rows.facilities,
                Domain.PLACE,
                "facility_versions",
            ),
        ]
        for kept, keys, fetch, domain, table in wanted:
            _fill(tx, kept, set(keys), fetch, partial(_own_place, domain, table))
        subjects = {(one.id, one.version): one.case or one.id for one in snapshot.stays}
        _fill(
            tx,
            opened.stays,
            set(subjects),
            rows.stays_sealed,
            lambda key: (Domain.PLACE, subjects[key], at("stays", "sealed", *key)),
        )

    def _of(self, snapshot: Snapshot, view: View, now: datetime, revision: int) -> Picture:
        made = self._pictures.get(view)
        if made is None or today_of(made[0]) != today_of(now) or not timedelta(0) <= now - made[0] < _STALE:
            made = now, self._made(snapshot, view, now)
            self._pictures[view] = made
        self._looked = time.monotonic()
        return self._copy(made[1], revision)

    @staticmethod
    def _copy(made: Picture, revision: int) -> Picture:
        """With facts that remember nothing of what others worked out."""
        return replace(made, facts=replace(made.facts), revision=revision)

    def _made(self, snapshot: Snapshot, view: View, now: datetime) -> Picture:
        reading = Reading(self._opened, self._read, self.policy, view)
        made = self._drawn(reading, snapshot, view, now)
        self._read = reading.used
        return made

    def own(self, tx: Transaction, case_id: UUID) -> Picture:
        """One case and the catalogue, as if nobody else were in the register and nothing were held for the case.

        What its people are told is made of this: a stay of it or of anybody else cannot change the answer.

        Raises
        ------
        Unavailable : the register changes faster than it can be read; nothing was done
        """
        for _ in range(_READS):
            seen = rows.revision(tx)
            snapshot = self._reading(tx)
            if rows.revision(tx) == seen:
                break
        else:
            raise Unavailable
        # Whoever lives in one is no part of this: what comes into force later is not there yet.
        waiting = tuple(
            replace(row, state="signed") for row in snapshot.cases if row.id == case_id and row.state in _ASKING
        )
        alone = replace(snapshot, cases=waiting, stays=(), coming_providers=(), coming_facilities=())
        # What earlier readings made of the same rows is used, and nothing is kept of this one.
        return self._drawn(Reading(self._opened, self._read, self.policy, View.MOVING), alone, View.MOVING, tx.now)

    def _drawn(self, reading: Reading, snapshot: Snapshot, view: View, now: datetime) -> Picture:
        found = sound(reading.parts(snapshot), self.places, reading.names)
        told = found.parts
        situation = Situation.model_construct(
            now=now,
            policy=self.policy,
            networks=told.knowledge.networks,
            relations=told.knowledge.relations,
            person_conflicts=told.knowledge.conflicts,
            exposures=told.knowledge.exposures,
            providers=told.providers,
            facilities=told.facilities,
            cases=told.cases,
            placements=told.placements,
            residences=told.residences,
        )
        return Picture(
            self._surveyor.facts(situation),
            0,
            found.blocked | reading.blocked,
            found.is_lost or reading.is_lost,
            (*reading.set_aside, *found.set_aside),
            self._beds(snapshot),
            {str(row.id): row.case for row in snapshot.stays},
            {row.id: row.basis for row in snapshot.cases},
            standings(snapshot, self._opened.stays, self._opened.cases),
            repr((view.value, today_of(now).isoformat(), snapshot)).encode(),
            found.one_sided,
        )

    def _beds(self, snapshot: Snapshot) -> dict[str, dict[str, list[int]]]:
        """Of facilities in force alone: where nobody new comes yet, there are no beds to give."""
        found = {}
        for row in snapshot.facilities:
            told = self._opened.facilities.get((row.id, row.version))
            found[str(row.id)] = dict(told.get("beds") or {}) if isinstance(told, dict) else {}
        return found


def _keys(told: Iterable[IntelRow | CatalogueRow]) -> Iterator[Key]:
    return ((one.id, one.version) for one in told)


def _own_place(domain: Domain, table: str, key: Key) -> tuple[Domain, UUID, str]:
    return domain, key[0], at(table, "sealed", *key)


def _fill(
    tx: Transaction,
    kept: Kept,
    wanted: set[Key],
    fetch: Callable[[Transaction, Iterable[Key]], Iterable[tuple[Key, bytes]]],
    place: Callable[[Key], tuple[Domain, UUID, str]],
) -> None:
    """Open what is wanted and not kept; forget what is kept and not wanted. What does not open is none."""
    for key in kept.keys() - wanted:
        del kept[key]
    missing = wanted - kept.keys()
    for key, sealed in fetch(tx, missing) if missing else ():
        try:
            kept[key] = tx.open(*place(key), sealed)
        except CannotOpen:
            kept[key] = None
