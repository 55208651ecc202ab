"""Backups: the database as pg_dump sees it at one moment, sealed to two key holders and signed by the trail's key.

What is in it: sealed records, pseudonyms, dates, the trail. What is not: any key. The subjects' keys live apart and are
mirrored, never archived; so whoever was deleted since a backup was made is not brought back by restoring it.

A restored register opens to nobody before its trail was found to be the one that the witness has seen.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError

from matching.errors import FristadError
from service.actors import Role
from service.audit.acts import SystemAct
from service.audit.checkpoint import Checkpoint
from service.audit.entries import SYSTEM, Entry
from service.audit.notes import PublicKey, Signer
from service.audit.trail import append
from service.processes.embedded import Embedded
from service.processes.holders import Holder, HolderKey
from service.processes.postgres_roles import OWNER, SUPERUSER
from service.processes.restored_trail import Behind, Judged, judge, witnessed
from service.processes.sealed_file import PART_BYTES, SealedFile, seal_file
from service.store import migrate
from service.store.tables import SCHEMA

__all__ = ["BackupFault", "Made", "Place", "Restored", "back_up", "restore"]

_WITHIN_S: Final = 60
_LOCK: Final = 0x726573746F7265


class BackupFault(FristadError):
    """A backup or a restore that was not done; the message is for people, without a path or a value."""


@dataclass(frozen=True)
class Place:
    """A database to be backed up, or to be restored into.

    Parameters
    ----------
    all_seeing : address of a login that row-level security hides nothing from
    owner : address of the owner's login, for SQLAlchemy
    programs : folder with bin/pg_dump and bin/pg_restore
    """

    all_seeing: str = field(repr=False)
    owner: str = field(repr=False)
    programs: Path

    @classmethod
    def of(cls, server: Embedded, database: str = "fristad") -> Place:
        """The embedded database."""
        return cls(server.conninfo(SUPERUSER, database), server.url(OWNER, database), server.programs)


@dataclass(frozen=True)
class Made:
    """A backup that was made.

    Parameters
    ----------
    size_bytes : of the file
    revision : of the tables in it
    """

    size_bytes: int
    revision: str


@dataclass(frozen=True)
class Restored:
    """A backup that was restored.

    Parameters
    ----------
    trail : what was found of its trail
    revision_before, revision : of the tables in the backup, and now
    """

    trail: Judged
    revision_before: str
    revision: str


def back_up(place: Place, output: Path, holders: Sequence[Holder], signer: Signer, now: datetime) -> Made:
    """Write a backup of the running database, whole or not at all; nobody has to stop working.

    Parameters
    ----------
    holders : two or more; any one of them can open it
    signer : the trail's signing key: a backup that was made elsewhere is not believed

    Raises
    ------
    BackupFault : the database cannot be read, or holds no register, or its trail takes no entry
    NotSealed : too few holders, or the file cannot be written
    """
    revision = _current(place)
    if revision is None:
        raise BackupFault("There is no register in this database, so there is nothing to back up.")
    if output.exists():
        raise BackupFault("There is a file of that name: a backup replaces nothing. Choose another name.")
    size_bytes = seal_file(output, "backup", _dump(place), holders, signer, now)
    try:
        _record(place, SystemAct.MAKE_BACKUP, now)
    except BaseException:
        output.unlink(missing_ok=True)
        raise
    return Made(size_bytes, revision)


def restore(
    place: Place,
    file: Path,
    key: HolderKey,
    believed: Sequence[PublicKey],
    notes: str | None,
    now: datetime,
    *,
    accept_loss: bool = False,
) -> Restored:
    """Restore a backup into an empty database, and let people in only if its trail is the witnessed one.

    Parameters
    ----------
    believed : the public keys of the trail
    notes : the witness's file; none: there never was a witness, and nobody can tell how much is missing
    accept_loss : go on although the witness has seen entries that the backup does not hold

    Raises
    ------
    BackupFault : the database is not empty, or the backup cannot be restored; nothing of it is left
    NotTheTrail : its trail is another one; nothing of it is left. `Behind`, when it ends too early
    NotSealed : the file is damaged, not signed, or not for this holder
    """
    sealed = SealedFile.read(file, "backup", believed)
    seen = () if notes is None else witnessed(notes, believed)
    with _alone(place) as admin:
        _make_room(place, admin)
        try:
            trail, before = _loaded(place, sealed.open([key]), believed, seen)
            if trail.lost and not accept_loss:
                raise Behind(
                    f"The witness has seen {trail.lost} newer entries of the trail: what they record would be lost."
                )
        except BaseException:
            _clear(place, admin)
            raise
        _finished(place, admin)
        migrate.upgrade(place.owner)
    _record(place, SystemAct.RESTORE_BACKUP, now)
    return Restored(trail, before, _current(place) or before)


def _loaded(
    place: Place, content: Iterator[bytes], believed: Sequence[PublicKey], seen: Sequence[Checkpoint]
) -> tuple[Judged, str]:
    _load(place, content)
    revision = _current(place)
    if revision is None or not migrate.is_known(revision):
        raise BackupFault("The backup was made by a newer version of fristad: install that one to restore it.")
    with _all_seeing(place) as connection:
        return judge(connection, believed, seen), revision


def _dump(place: Place) -> Iterator[bytes]:
    """What pg_dump writes: one moment of everything in the register's schema, without rights (they are made anew)."""
    command = ["pg_dump", "--format=custom", "--schema=fristad", "--no-privileges", "--no-password"]
    with _program(place, command, stdout=subprocess.PIPE) as running:
        if running.stdout is None:
            raise BackupFault("pg_dump has no output.")
        while piece := running.stdout.read(PART_BYTES):
            yield piece
        if running.wait() != 0:
            raise BackupFault("pg_dump could not read the database: it is away, or this login may not see all of it.")


def _load(place: Place, content: Iterator[bytes]) -> None:
    """Restore in one transaction: what is wrong in the last piece undoes the first."""
    command = ["pg_restore", "--single-transaction", "--exit-on-error", "--no-password", "--dbname", _name(place)]
    with _program(place, command, stdin=subprocess.PIPE) as running:
        if running.stdin is None:
            raise BackupFault("pg_restore has no input.")
        with suppress(BrokenPipeError):  # it has given up: its exit code says so
            for piece in content:
                running.stdin.write(piece)
            running.stdin.close()
        if running.wait() != 0:
            raise BackupFault("pg_restore could not restore the backup: the database is away, full, or of another age.")


@contextmanager
def _program(
    place: Place, command: Sequence[str], *, stdin: int = subprocess.DEVNULL, stdout: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """One of PostgreSQL's programs; its password is in no argument, and what it says is not shown."""
    program = [str(place.programs / "bin" / command[0]), *command[1:]]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", **_environment(place.all_seeing)}
    try:
        running = subprocess.Popen(
            program, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL, env=environment, cwd="/"
        )
    except OSError:
        raise BackupFault("PostgreSQL's programs cannot be run here.") from None
    try:
        yield running
    finally:
        if running.poll() is None:  # the caller gave up; before its input ends, or it would commit
            running.kill()
        for pipe in (running.stdin, running.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        running.wait(_WITHIN_S)


def _environment(address: str) -> dict[str, str]:
    """An address as the variables that PostgreSQL's programs read."""
    names = {option.keyword.decode(): option.envvar for option in pq.Conninfo.get_defaults()}
    told = {names.get(name): str(value) for name, value in conninfo_to_dict(address).items()}
    return {name.decode(): value for name, value in told.items() if name}


def _name(place: Place) -> str:
    return str(conninfo_to_dict(place.all_seeing)["dbname"])


@contextmanager
def _alone(place: Place) -> Iterator[psycopg.Connection]:
    """A connection that keeps every other restore of this database away."""
    try:
        admin = psycopg.connect(place.all_seeing, autocommit=True)
    except psycopg.Error:
        raise BackupFault("The database cannot be reached.") from None
    with admin:
        found = admin.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
        if found is None or not found[0]:
            raise BackupFault("Another restore of this database is at work.")
        yield admin


def _make_room(place: Place, admin: psycopg.Connection) -> None:
    """Insist on an empty database; what a restore that was cut short has left is removed."""
    row = admin.execute(
        "SELECT to_regnamespace(%s) IS NOT NULL, current_setting(%s, true) = 'yes'", [SCHEMA, migrate.UNFINISHED]
    ).fetchone()
    is_there, is_left_over = row or (False, False)
    if is_there and not is_left_over:
        raise BackupFault("There is a register in this database already: a backup is restored into an empty one.")
    _clear(place, admin)
    statement = sql.SQL("ALTER DATABASE {} SET {} = 'yes'")
    admin.execute(statement.format(sql.Identifier(_name(place)), sql.SQL(migrate.UNFINISHED)))


def _clear(place: Place, admin: psycopg.Connection) -> None:
    admin.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(SCHEMA)))
    _finished(place, admin)


def _finished(place: Place, admin: psycopg.Connection) -> None:
    statement = sql.SQL("ALTER DATABASE {} RESET {}")
    admin.execute(statement.format(sql.Identifier(_name(place)), sql.SQL(migrate.UNFINISHED)))


@contextmanager
def _all_seeing(place: Place) -> Iterator[Connection]:
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(place.all_seeing),
        poolclass=NullPool,
        hide_parameters=True,
    )
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _current(place: Place) -> str | None:
    try:
        return migrate.current(place.owner)
    except SQLAlchemyError:
        raise BackupFault("The database cannot be reached.") from None


def _record(place: Place, act: SystemAct, now: datetime) -> None:
    try:
        with _all_seeing(place) as connection:
            append(connection, Entry.of(at=now, actor=SYSTEM, role=Role.SYSTEM.value, act=act.value))
    except SQLAlchemyError:
        raise BackupFault("The trail of the database takes no entry, and nothing is done unrecorded.") from None
