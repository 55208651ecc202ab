"""The drill: a backup is restored, its trail verified, its deletions kept; and what is not whole is refused whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from matching.errors import FristadError
from service.audit.errors import TrailRolledBack
from service.audit.keeping import keeper, make_keys
from service.crypto import CannotOpen, Domain, KeyGone, at
from service.crypto.keyfiles import create_keys
from service.crypto.ring import Keyring, load_keyring
from service.processes import backup
from service.processes.backup import BackupFault
from service.processes.holders import NotSealed, make_holder, read_holder, read_holder_key
from service.processes.restored_trail import Behind, NotTheTrail
from service.store import migrate
from tests.service.conftest import Database
from tests.service.store.office import Office, place_of
from tests.service.store.rows import NOW, add, an_entry, contents, fill, refused, use_machinery


@pytest.fixture
def office(tmp_path: Path) -> Office:
    make_keys(tmp_path)
    create_keys(tmp_path / "keys")
    signer, witness = keeper(tmp_path)
    names = [tmp_path / "holder-a.key", tmp_path / "holder-b.key"]
    holders = tuple(read_holder(make_holder(name)) for name in names)
    keys = tuple(read_holder_key(name) for name in names)
    return Office(tmp_path, signer, witness, holders, keys, load_keyring(tmp_path / "keys", "back"))


@pytest.fixture
def filled(database: Database, office: Office) -> Database:
    with database.admin() as connection:
        fill(connection)
        use_machinery(connection)
        connection.execute("ALTER TABLE fristad.audit_checkpoints DISABLE TRIGGER only_added_to")
        connection.execute("DELETE FROM fristad.audit_checkpoints")  # the one that nobody signed
        connection.execute("ALTER TABLE fristad.audit_checkpoints ENABLE ALWAYS TRIGGER only_added_to")
    office.publish(database)
    return database


def _is_empty(database: Database) -> bool:
    with database.admin() as connection:
        there = connection.execute("SELECT to_regnamespace('fristad')").fetchone()
        left = connection.execute("SELECT 1 FROM pg_db_role_setting").fetchone()
    return there == (None,) and left is None


def _contents(database: Database) -> dict[str, list[str]]:
    with database.admin() as connection:
        return contents(connection)


def test_a_restored_register_is_the_one_that_was_backed_up(
    filled: Database, bare_database: Database, office: Office
) -> None:
    before = _contents(filled)
    made = office.back_up(filled)
    assert made.revision == migrate.newest()
    assert made.size_bytes == office.file.stat().st_size
    assert office.file.stat().st_mode & 0o777 == 0o600
    restored = office.restore(bare_database)
    assert (restored.trail.entries, restored.trail.covered, restored.trail.lost) == (1, 1, 0)
    after = _contents(bare_database)
    assert {name: after[name] for name in after if not name.startswith("audit_")} == {
        name: before[name] for name in before if not name.startswith("audit_")
    }
    assert after["audit_entries"][0] == before["audit_entries"][0]
    assert len(after["audit_entries"]) == 2  # and that it was restored
    with bare_database.connect("fristad_front") as front:
        assert refused(front, "SELECT * FROM fristad.stays")
        assert not refused(front, "SELECT * FROM fristad.cases")
    with bare_database.admin() as connection:
        assert refused(connection, "UPDATE fristad.decisions SET outcome = 'no'")
    office.publish(bare_database)  # the witness goes on with the restored trail


def test_the_backup_is_recorded_in_the_trail_of_the_running_register(filled: Database, office: Office) -> None:
    office.back_up(filled)
    with filled.admin() as connection:
        newest = connection.execute("SELECT entry FROM fristad.audit_entries ORDER BY seq DESC LIMIT 1").fetchone()
    assert newest is not None
    assert json.loads(newest[0])["act"] == "make_backup"


@pytest.mark.long
def test_either_key_holder_can_open_a_backup(filled: Database, bare_database: Database, office: Office) -> None:
    office.back_up(filled)
    replace(office, keys=office.keys[::-1]).restore(bare_database)


def test_nothing_of_the_register_can_be_read_in_the_file(filled: Database, office: Office) -> None:
    office.back_up(filled)
    content = office.file.read_bytes()
    with filled.admin() as connection:
        texts = connection.execute("SELECT unit, state, encode(person_tag, 'escape') FROM fristad.cases").fetchall()
    for mark in ("fristad.cases", "PGDMP", "coordinator", *texts[0]):
        assert mark.encode() not in content


SUBJECTS = [(Domain.CASE, "case_versions"), (Domain.PLACE, "facility_versions"), (Domain.ADDRESS, "addresses")]


def test_restoring_the_oldest_backup_recovers_no_field_of_a_destroyed_subject(
    database: Database, bare_database: Database, office: Office
) -> None:
    subject, kept = uuid4(), uuid4()
    with database.admin() as connection:
        for one in (subject, kept):
            add(connection, "cases", id=one)
            for domain, table in SUBJECTS:
                office.ring.sealer.begin(domain, one)
                for version in (1, 2):
                    place = at(table, "sealed", one, version)
                    row = {"version": version, "sealed": office.ring.sealer.seal(domain, one, place, b"secret")}
                    told = {"cases": one} if domain is Domain.CASE else {}
                    add(connection, table, told, **row, **({} if told else {"facility_id": one}))
    office.back_up(database)
    for domain, _ in SUBJECTS:
        office.ring.subjects.destroy(domain, subject)
    office.restore(bare_database)
    reopened = load_keyring(office.data / "keys", "back")
    assert _fields_recovered(bare_database, reopened, kept) == 6
    assert _fields_recovered(bare_database, reopened, subject) == 0
    for domain, _ in SUBJECTS:
        with pytest.raises(KeyGone):
            reopened.subjects.make(domain, subject)  # nor is it ever made again


def _fields_recovered(database: Database, ring: Keyring, subject: UUID) -> int:
    found = 0
    with database.admin() as connection:
        for domain, table in SUBJECTS:
            column = "case_id" if domain is Domain.CASE else "facility_id"
            rows = connection.execute(
                f"SELECT version, sealed FROM fristad.{table} WHERE {column} = %s".encode(), [subject]
            ).fetchall()
            assert len(rows) == 2
            for version, sealed in rows:
                try:
                    found += (
                        ring.sealer.open(domain, subject, at(table, "sealed", subject, version), sealed) == b"secret"
                    )
                except CannotOpen:
                    continue
    return found


def test_a_backup_goes_into_an_empty_database_alone(filled: Database, office: Office) -> None:
    before = _contents(filled)
    office.back_up(filled)
    with pytest.raises(BackupFault, match="already"):
        office.restore(filled)
    after = _contents(filled)
    assert {name: rows for name, rows in after.items() if name != "audit_head" and name != "audit_entries"} == {
        name: rows for name, rows in before.items() if name != "audit_head" and name != "audit_entries"
    }


def test_an_empty_database_is_not_backed_up(bare_database: Database, office: Office) -> None:
    with pytest.raises(BackupFault, match="nothing to back up"):
        office.back_up(bare_database)
    assert not office.file.exists()


def test_a_stranger_opens_nothing(filled: Database, bare_database: Database, office: Office, tmp_path: Path) -> None:
    office.back_up(filled)
    make_holder(tmp_path / "stranger.key")
    stranger = read_holder_key(tmp_path / "stranger.key")
    with pytest.raises(NotSealed, match="not sealed to this key holder"):
        replace(office, keys=(stranger, stranger)).restore(bare_database)
    assert _is_empty(bare_database)


def _spoilt(content: bytes) -> Iterator[bytes]:
    middle = len(content) // 2
    yield content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    yield content[:40] + bytes([content[40] ^ 1]) + content[41:]
    yield content[:-10] + bytes([content[-10] ^ 1]) + content[-9:]
    yield content[: middle - middle % 7]
    yield content[:-1]
    yield content + b"\n"
    yield content[:10]
    yield b""
    yield b"PGDMP" + content


def test_a_damaged_file_is_refused_and_leaves_nothing(
    filled: Database, bare_database: Database, office: Office
) -> None:
    office.back_up(filled)
    for spoilt in _spoilt(office.file.read_bytes()):
        office.file.write_bytes(spoilt)
        with pytest.raises(NotSealed):
            office.restore(bare_database)
        assert _is_empty(bare_database)


@pytest.mark.long
def test_a_backup_that_another_key_signed_is_refused(
    filled: Database, bare_database: Database, office: Office, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    make_keys(tmp_path / "other")
    forger, _ = keeper(tmp_path / "other")
    replace(office, signer=forger).back_up(filled)
    with pytest.raises(NotSealed, match="not signed"):
        office.restore(bare_database)
    assert _is_empty(bare_database)


def test_a_file_that_changes_while_it_is_restored_leaves_nothing(
    filled: Database, bare_database: Database, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.back_up(filled)
    content = office.file.read_bytes()
    real = backup._make_room

    def change(*told: object) -> None:
        real(*told)  # type: ignore[arg-type]
        office.file.write_bytes(content[:-200] + bytes(200))

    monkeypatch.setattr(backup, "_make_room", change)
    with pytest.raises(NotSealed):
        office.restore(bare_database)
    assert _is_empty(bare_database)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE fristad.audit_entries SET entry = entry || ' '::bytea WHERE seq = 1",
        pytest.param("DELETE FROM fristad.audit_entries WHERE seq = 1", marks=pytest.mark.long),
        pytest.param("UPDATE fristad.audit_entries SET seq = 5 WHERE seq = 2", marks=pytest.mark.long),
        pytest.param("UPDATE fristad.audit_checkpoints SET note = replace(note, 'a', 'b')", marks=pytest.mark.long),
        "DELETE FROM fristad.audit_entries; UPDATE fristad.audit_head SET size = 0, frontier = '{}'",
    ],
)
def test_a_trail_that_was_changed_before_the_backup_lets_nobody_in(
    filled: Database, bare_database: Database, office: Office, tampering: str
) -> None:
    with filled.admin() as connection:
        connection.execute("SELECT fristad.append_audit(%s)", [an_entry()])
        for table in ("audit_entries", "audit_head", "audit_checkpoints"):
            connection.execute(f"ALTER TABLE fristad.{table} DISABLE TRIGGER ALL".encode())
        connection.execute(tampering.encode())
    office.back_up(filled)
    with pytest.raises(NotTheTrail):
        office.restore(bare_database)
    assert _is_empty(bare_database)


def test_a_backup_that_cannot_be_recorded_is_not_kept(filled: Database, office: Office) -> None:
    with filled.admin() as connection:
        connection.execute("UPDATE fristad.audit_head SET size = 0")
    with pytest.raises(BackupFault, match="unrecorded"):
        office.back_up(filled)
    assert not office.file.exists()


def test_a_rollback_is_noticed_and_said_to_be_one(filled: Database, bare_database: Database, office: Office) -> None:
    office.back_up(filled)
    with filled.admin() as connection:
        for _ in range(3):
            connection.execute("SELECT fristad.append_audit(%s)", [an_entry()])
    office.publish(filled)
    with pytest.raises(Behind, match="4 newer entries"):  # the three, and that a backup was made
        office.restore(bare_database)
    assert _is_empty(bare_database)
    restored = office.restore(bare_database, accept_loss=True)
    assert (restored.trail.entries, restored.trail.lost) == (1, 4)
    with pytest.raises(TrailRolledBack):  # the witness does not forget: its own authority decides
        office.publish(bare_database)


@pytest.mark.long
def test_accepting_a_loss_does_not_accept_another_trail(
    filled: Database, bare_database: Database, office: Office
) -> None:
    with filled.admin() as connection:
        connection.execute("ALTER TABLE fristad.audit_entries DISABLE TRIGGER ALL")
        connection.execute("UPDATE fristad.audit_entries SET entry = entry || ' '::bytea")
    office.back_up(filled)
    with pytest.raises(NotTheTrail):
        office.restore(bare_database, accept_loss=True)
    assert _is_empty(bare_database)


def test_a_restore_that_was_killed_is_neither_opened_nor_in_the_way(
    filled: Database, bare_database: Database, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.back_up(filled)
    with monkeypatch.context() as killed:  # between the load and the verdict, with no time to clear up
        killed.setattr(backup, "_clear", lambda *_: None)
        killed.setattr(backup, "judge", _killed)
        with pytest.raises(KeyboardInterrupt):
            office.restore(bare_database)
    assert not _is_empty(bare_database)
    with pytest.raises(migrate.Unfinished):
        migrate.upgrade(bare_database.url())
    with bare_database.connect("fristad_solver") as solver:
        assert refused(solver, "SELECT * FROM fristad.cases")
    assert office.restore(bare_database).trail.entries == 1
    migrate.upgrade(bare_database.url())


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_older_backup_is_brought_to_the_newest_revision(
    bare_database: Database, database: Database, office: Office
) -> None:
    migrate.downgrade(database.url(), "0003")
    with database.admin() as connection:
        fill(connection)
    assert office.back_up(database).revision == "0003"
    restored = office.restore(bare_database)
    assert (restored.revision_before, restored.revision) == ("0003", migrate.newest())


@pytest.mark.long
def test_a_backup_of_a_later_version_is_refused(filled: Database, bare_database: Database, office: Office) -> None:
    with filled.admin() as connection:
        connection.execute("UPDATE fristad.alembic_version SET version_num = '9999'")
    office.back_up(filled)
    with pytest.raises(BackupFault, match="newer version"):
        office.restore(bare_database)
    assert _is_empty(bare_database)


def test_a_backup_replaces_no_file(filled: Database, office: Office) -> None:
    office.file.write_bytes(b"the backup of yesterday")
    with pytest.raises(BackupFault, match="replaces nothing"):
        office.back_up(filled)
    assert office.file.read_bytes() == b"the backup of yesterday"


def test_one_key_holder_is_not_enough(filled: Database, office: Office) -> None:
    with pytest.raises(NotSealed, match="Two different"):
        replace(office, holders=(office.holders[0], office.holders[0])).back_up(filled)
    assert not office.file.exists()


def test_no_message_names_a_path_or_shows_what_was_sealed(
    filled: Database, bare_database: Database, office: Office
) -> None:
    office.back_up(filled)
    office.file.write_bytes(b"somebody's address")
    with pytest.raises(FristadError) as refusal:
        office.restore(bare_database)
    assert str(office.data) not in str(refusal.value)
    assert "address" not in str(refusal.value)
    assert "secret" not in repr((office.keys, office.holders, place_of(filled)))
    assert filled.conninfo() not in repr(place_of(filled))


def test_a_backup_is_of_one_moment(filled: Database, bare_database: Database, office: Office) -> None:
    """What is committed while it is made is in it wholly or not at all: here, an act and its entry."""
    with filled.admin() as writer:
        for _ in range(20):
            with writer.transaction():
                add(writer, "alarms", raised_at=NOW + timedelta(seconds=1))
                writer.execute("SELECT fristad.append_audit(%s)", [an_entry()])
        office.back_up(filled)
    office.restore(bare_database)
    after = _contents(bare_database)
    assert len(after["alarms"]) == 21
    assert len(after["audit_entries"]) == 22
