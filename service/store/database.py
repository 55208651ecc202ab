"""One transaction: the act, its audit rows, its jobs and its idempotent answer are committed together or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

from service.actors import Actor, Role
from service.audit.entries import SYSTEM, Entry
from service.audit.trail import append
from service.clock import Clock, utc_now
from service.crypto import Domain, Sealer, Tagger
from service.crypto.vault import Vault
from service.problems import Problem, Unavailable

__all__ = ["REGISTER_LOCK", "Database", "Transaction", "pseudonym", "unit_as_stored"]

REGISTER_LOCK: Final = 0x66726973746164
"""The one transaction-scoped advisory lock under which beds are given and taken."""

_OPTIONS: Final = (
    "-csearch_path=fristad -cstatement_timeout=60s -cidle_in_transaction_session_timeout=120s -ctimezone=UTC"
)
"""A server that hangs, or an act that never ends, gives its thread and its locks back."""

_DEFER = text(
    "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW("
    ":queue, :task, :priority, NULL, NULL, CAST(:args AS jsonb), CAST(:at AS timestamptz)"
    ")::procrastinate_job_to_defer_v1])"
)
_ENDANGERED = text("UPDATE fristad.register_state SET revision = revision + 1")
_TOUCHED = text(  # what was judged before still is
    "UPDATE fristad.register_state SET revision = revision + 1,"
    " judged_revision = judged_revision + CASE WHEN judged_revision = revision THEN 1 ELSE 0 END"
)


def unit_as_stored(tagger: Tagger | None, role: Role | str, unit: str) -> str:
    """How the database knows a unit: by its name, but the police at a destination by a keyed tag.

    Whom a destination is asked of would tell everybody who reads a dump in which police region somebody will live.

    Raises
    ------
    Unavailable : this process has no key of the tags
    """
    if str(role) != Role.RECEIVING_BOPS.value:
        return unit
    if tagger is None:
        raise Unavailable
    return tagger.tag("unit", unit).hex()


def pseudonym(tagger: Tagger | None, actor: Actor) -> str:
    """How trail and histories name an actor: 32 hexadecimal digits of a keyed tag.

    A list of the staff does not compute it: it would tell the region of the police who were asked about a destination.

    Raises
    ------
    Unavailable : this process has no key of the tags
    """
    if (actor.name, actor.role) == (SYSTEM, Role.SYSTEM):
        return SYSTEM
    if tagger is None:
        raise Unavailable
    return tagger.tag("actor", actor.name).hex()[:32]


@dataclass
class Transaction:
    """What an act works with: a connection scoped to its actor, keys, the moment, and the trail.

    Audit rows and the register's revision are written at the end, in this order, so that locks are always taken in
    the same order: the register's lock, rows, the revision, the head of the trail.
    """

    connection: Connection
    actor: Actor
    now: datetime
    sealer: Sealer
    tagger: Tagger | None
    vault: Vault | None = None
    entries: list[Entry] = field(default_factory=list)
    touched: bool = False
    endangered: bool = False
    met_bait: bool = False

    @property
    def unit(self) -> str:
        """The actor's unit as the database knows it."""
        return unit_as_stored(self.tagger, self.actor.role, self.actor.unit)

    @property
    def pseudonym(self) -> str:
        """The actor as trail and histories know them."""
        return pseudonym(self.tagger, self.actor)

    def pseudonym_of(self, name: str) -> str:
        """Another person as trail and histories know them."""
        return pseudonym(self.tagger, replace(self.actor, name=name, role=Role.COORDINATOR))

    @property
    def name(self) -> str:
        """The actor's name where it stands beside a case: of the police at a destination only the pseudonym."""
        return self.pseudonym if self.actor.role is Role.RECEIVING_BOPS else self.actor.name

    def lock_register(self) -> None:
        """Wait for the one lock of commits; held until the transaction ends. Take it before anything else."""
        self.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": REGISTER_LOCK})

    def new_subject(self, domain: Domain, subject: UUID) -> None:
        """Make the key of a new case, facility or record, before anything is sealed for it; one that is there stays.

        Raises
        ------
        CannotOpen : it was destroyed, or this process has no master of the domain
        """
        self.sealer.begin(domain, subject)

    def reveal_store(self) -> Vault:
        """The reveal key store: which records are bait, and the key that first loads are sealed to.

        Raises
        ------
        Unavailable : this process has none
        """
        if self.vault is None:
            raise Unavailable
        return self.vault

    def seal(self, domain: Domain, subject: UUID, place: str, value: Any) -> bytes:
        """Sealed JSON; `place` is table/column/row/version, so that no ciphertext can be moved."""
        return self.sealer.seal_json(domain, subject, place, value)

    def look_at(self, *subjects: UUID | None) -> None:
        """Somebody names or opens these; `met_bait` remembers that one of them is bait, where the process can know.

        Raises
        ------
        KeyStoreDown : the reveal key store is away
        """
        self.met_bait = self.met_bait or (self.vault is not None and self.vault.is_honey(*subjects))

    def open(self, domain: Domain, subject: UUID, place: str, sealed: bytes) -> Any:
        """What was sealed at this place; there is no other way to open anything, so that no bait is opened unseen.

        Raises
        ------
        CannotOpen, KeyGone : another place, a changed byte, no key of this domain, or a destroyed one
        """
        self.look_at(subject)
        return self.sealer.open_json(domain, subject, place, sealed)

    def tag_person(self, person_key: str) -> bytes:
        """What stands in the database for a person.

        Raises
        ------
        Unavailable : this process has no key for tags
        """
        if self.tagger is None:
            raise Unavailable
        return self.tagger.person(person_key)

    def record(
        self,
        act: str,
        *,
        case: UUID | None = None,
        about: UUID | None = None,
        outcome: str = "done",
        sealed: bytes | None = None,
        solve: Mapping[str, str | int] | None = None,
    ) -> None:
        """A row of the trail for this act; codes and random ids only."""
        self.entries.append(
            Entry.of(
                at=self.now,
                actor=self.pseudonym,
                role=self.actor.role.value,
                act=act,
                case=case,
                object=about,
                outcome=outcome,
                sealed=sealed,
                solve=solve,
            )
        )

    def touch(self, *, endangers: bool = True) -> None:
        """Say that something changed that facts are made of.

        Parameters
        ----------
        endangers : somebody's stay may be unsafe by it, so that all of them wait for the next judgement; false of what
            takes a danger away, or was judged itself under the register's lock
        """
        self.touched = True
        self.endangered |= endangers

    def defer(self, task: str, subject: UUID, *, at: datetime | None = None, priority: int = 0) -> None:
        """Queue a job of the solver's in this transaction; its only argument is an opaque id.

        Told twice it is queued twice: every job may run again, and finds nothing left to do.
        """
        self.connection.execute(
            _DEFER,
            {
                "queue": "solver",
                "task": task,
                "priority": priority,
                "args": json.dumps({"subject": str(subject)}),
                "at": at,
            },
        )

    def finish(self) -> None:
        """Write the revision and the audit rows; the last thing before the commit."""
        if self.touched:
            self.connection.execute(_ENDANGERED if self.endangered else _TOUCHED)
        for entry in self.entries:
            append(self.connection, entry)
        self.entries.clear()


class Database:
    """A pool of connections of one database role, and what a transaction needs beside them.

    Parameters
    ----------
    url : SQLAlchemy URL of the role's login; its password is in no message
    sealer, tagger : the process's keys; a process without person tags has no tagger
    clock : the time
    vault : the reveal key store; the back's alone
    """

    def __init__(
        self,
        url: str,
        sealer: Sealer,
        tagger: Tagger | None = None,
        clock: Clock = utc_now,
        pool_size: int = 10,
        vault: Vault | None = None,
    ) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"options": _OPTIONS, "connect_timeout": 3, "tcp_user_timeout": 10_000},
        )
        self.sealer = sealer
        self.tagger = tagger
        self.clock = clock
        self.vault = vault

    @contextmanager
    def transaction(self, actor: Actor) -> Iterator[Transaction]:
        """One transaction of an actor, seen by row-level security; committed at the end, or nothing of it.

        A `Problem` that `is_kept` is raised after the commit: what was written of a refused attempt stays.

        Raises
        ------
        Unavailable : the database cannot be reached, or broke off: nothing was done
        """
        kept: Problem | None = None
        now = self.clock()
        try:
            with self.engine.begin() as connection:
                connection.execute(
                    text(
                        "SELECT set_config('fristad.actor', :actor, true), set_config('fristad.role', :role, true),"
                        " set_config('fristad.unit', :unit, true), set_config('fristad.organisation', :org, true),"
                        " set_config('fristad.now', :now, true), set_config('fristad.pseudonym', :pseudonym, true)"
                    ),
                    {
                        "actor": actor.name,
                        "role": actor.role.value,
                        "unit": unit_as_stored(self.tagger, actor.role, actor.unit),
                        "org": actor.organisation,
                        "now": now.isoformat(),
                        "pseudonym": pseudonym(self.tagger, actor),
                    },
                )
                running = Transaction(connection, actor, now, self.sealer, self.tagger, self.vault)
                try:
                    yield running
                except Problem as refused:
                    if not refused.is_kept:
                        raise
                    kept = refused
                running.finish()
        except (OperationalError, InterfaceError, TimeoutError) as away:
            raise Unavailable from away
        except DBAPIError as broken:
            if broken.connection_invalidated:
                raise Unavailable from broken
            raise
        if kept is not None:
            raise kept

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
