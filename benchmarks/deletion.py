"""Does a backup bring back who was deleted? ``python -m benchmarks.deletion [--subjects N]`` prints one JSON line.

Seals records of N cases, N facilities and N networks in a register, makes its oldest backup, then deletes nine of ten
by destroying their keys. The backup is restored on another machine, beside the keys as they are now, and every sealed
record of it is tried. Exit code 1 if one field of a deleted subject opens, or one of another subject does not.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from psycopg import Connection, sql

from benchmarks.common import machine
from service.audit.keeping import keeper, make_keys
from service.crypto import CannotOpen, Domain, at
from service.crypto.keyfiles import create_keys
from service.crypto.ring import Keyring, load_keyring
from service.processes.backup import Place, back_up, restore
from service.processes.embedded import Embedded
from service.processes.holders import make_holder, read_holder, read_holder_key
from service.store.migrate import upgrade

__all__ = ["main"]

VERSIONS: Final = 2
NOW: Final = datetime(2030, 1, 1, tzinfo=UTC)
SECRET: Final = {"told": "who, and where"}


@dataclass(frozen=True)
class _Table:
    """A table with sealed records of one subject a row."""

    name: str
    own: str
    domain: Domain
    process: str
    beside: str = "written_by, written_at"
    values: tuple[Any, ...] = ("somebody", NOW)


TABLES: Final = (
    _Table("case_versions", "case_id", Domain.CASE, "back"),
    _Table("gate_versions", "case_id", Domain.CASE, "back"),
    _Table(
        "facility_versions",
        "facility_id",
        Domain.PLACE,
        "back",
        "written_by, written_at, effective_on",
        ("somebody", NOW, NOW.date()),
    ),
    _Table("addresses", "facility_id", Domain.ADDRESS, "back"),
    _Table(
        "intel_versions",
        "record_id",
        Domain.INTEL,
        "front",
        "written_by, written_at, kind, unit",
        ("somebody", NOW, "network", "unit"),
    ),
)


def _fill(connection: Connection, rings: dict[str, Keyring], subjects: dict[str, list[UUID]]) -> int:
    """Seal `VERSIONS` records of each subject in each of its tables; how many."""
    for case in subjects["case_id"]:
        connection.execute(
            "INSERT INTO fristad.cases (id, unit, organisation, municipality_unit,"
            " municipality_organisation, person_tag, state, triage, received_at,"
            " attempt_no, state_since) VALUES (%s, 'unit', 'police', 'town', 'town', %s, 'opened', 'green', %s, 1, %s)",
            [case, case.bytes, NOW, NOW],
        )
    made = 0
    for table in TABLES:
        sealer = rings[table.process].sealer
        columns = sql.SQL(f"{table.own}, version, sealed, {table.beside}")
        places = sql.SQL(", ").join(sql.Placeholder() * (3 + len(table.values)))
        insert = sql.SQL("INSERT INTO fristad.{} ({}) VALUES ({})").format(sql.Identifier(table.name), columns, places)
        for subject in subjects[table.own]:
            sealer.begin(table.domain, subject)
            for version in range(1, VERSIONS + 1):
                place = at(table.name, "sealed", subject, version)
                sealed = sealer.seal_json(table.domain, subject, place, SECRET)
                connection.execute(insert, [subject, version, sealed, *table.values])
                made += 1
    return made


def _opened(connection: Connection, rings: dict[str, Keyring]) -> Iterator[tuple[UUID, bool]]:
    """Each sealed record of the restored register: whose it is, and whether anything opens it."""
    for table in TABLES:
        select = sql.SQL("SELECT {}, version, sealed FROM fristad.{}")
        for subject, version, sealed in connection.execute(
            select.format(sql.Identifier(table.own), sql.Identifier(table.name))
        ):
            place = at(table.name, "sealed", subject, version)
            yield subject, any(_opens(ring, table.domain, subject, place, sealed) for ring in rings.values())


def _opens(ring: Keyring, domain: Domain, subject: UUID, place: str, sealed: bytes) -> bool:
    try:
        return bool(ring.sealer.open_json(domain, subject, place, sealed) == SECRET)
    except CannotOpen:
        return False


def _rings(data: Path) -> dict[str, Keyring]:
    return {process: load_keyring(data / "keys", process) for process in ("front", "back", "solver")}


def _drill(folder: Path, number: int) -> dict[str, Any]:
    data, other, file = folder / "data", folder / "other", folder / "oldest.backup"
    subjects = {own: [uuid4() for _ in range(number)] for own in ("case_id", "facility_id", "record_id")}
    begun = time.perf_counter()
    with Embedded(data, durable=False) as server:
        create_keys(data / "keys")
        make_keys(data)
        upgrade(server.url("fristad_owner"))
        with server.admin("fristad") as connection, connection.transaction():
            fields = _fill(connection, _rings(data), subjects)
        signer, _ = keeper(data)
        people = [folder / name for name in ("a.key", "b.key")]
        made = back_up(Place.of(server), file, [read_holder(make_holder(path)) for path in people], signer, NOW)
    deleted = {subject for those in subjects.values() for at_nth, subject in enumerate(those) if at_nth % 10}
    rings = _rings(data)
    for table in TABLES:
        for subject in deleted.intersection(subjects[table.own]):
            rings[table.process].subjects.destroy(table.domain, subject)
    other.mkdir(mode=0o700)
    (data / "keys").rename(other / "keys")  # as they are now: the mirror of the keys, not a copy of then
    with Embedded(other, durable=False) as server:
        restore(Place.of(server), file, read_holder_key(people[0]), (signer.public,), None, NOW)
        with server.admin("fristad") as connection:
            found = list(_opened(connection, _rings(other)))
    return {
        "subjects": 3 * number,
        "deleted": len(deleted),
        "fields": fields,
        "fields_of_deleted": sum(subject in deleted for subject, _ in found),
        "recovered_of_deleted": sum(opens for subject, opens in found if subject in deleted),
        "lost_of_others": sum(not opens for subject, opens in found if subject not in deleted),
        "backup_bytes": made.size_bytes,
        "seconds": round(time.perf_counter() - begun, 2),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the drill; exit code 0 if the bar holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deletion")
    parser.add_argument("--subjects", type=int, default=200, help="cases, facilities and networks, each")
    told = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fristad-deletion-") as folder:
        result = _drill(Path(folder), max(2, told.subjects))
    print(json.dumps({"benchmark": "deletion", **result, "machine": machine()}, sort_keys=True))
    holds = result["recovered_of_deleted"] == 0 and result["lost_of_others"] == 0 and result["fields_of_deleted"] > 0
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
