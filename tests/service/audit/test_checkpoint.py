"""Heads are signed, kept and witnessed; a rolled back database signs nothing; an export holds what a head covers."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from service.audit import sql
from service.audit.checkpoint import Checkpoint, opened, publish
from service.audit.errors import NoteRejected, TrailDamaged, TrailRolledBack
from service.audit.export import Exported, export
from service.audit.merkle import Frontier, leaf_hash
from service.audit.trail import append
from service.audit.verify import verify
from service.audit.witness import FILE, Witness
from tests.service.audit.stores import fill, the_head
from tests.service.audit.trails import COSIGNER, LOG, NOW, OTHER_LOG, entry_of
from tests.service.conftest import Database

TABLES = ("audit_entries", "audit_head", "audit_checkpoints")


def test_an_empty_trail_has_nothing_to_sign(engine: Engine, witness: Witness) -> None:
    with engine.connect() as connection:
        assert publish(connection, LOG, witness, NOW) is None
    assert witness.last() is None


def test_a_head_is_signed_kept_and_witnessed(engine: Engine, trailed: Database, witness: Witness) -> None:
    for last in (3, 4, 11):
        fill(engine, the_head(trailed).size + 1, last)
        with engine.connect() as connection:
            told = publish(connection, LOG, witness, NOW)
            note = str(connection.execute(text(sql.SEEN), {"size": last}).one().note)
        assert told == witness.last() == opened(note, LOG.public)
        assert told is not None
        assert told.root == the_head(trailed).root()


def test_nothing_new_is_published_twice_without_harm(engine: Engine, witness: Witness) -> None:
    fill(engine, 1, 3)
    with engine.connect() as connection:
        first = publish(connection, LOG, witness, NOW)
        size = (witness.folder / FILE).stat().st_size
        assert publish(connection, LOG, witness, NOW) == first
    assert (witness.folder / FILE).stat().st_size == size


def test_killed_before_the_witness_was_told(engine: Engine, witness: Witness, tmp_path: Path) -> None:
    fill(engine, 1, 5)
    with engine.connect() as connection:  # signed and kept; this witness never hears of it
        publish(connection, LOG, Witness(tmp_path / "another", [LOG.public], COSIGNER), NOW)
    assert witness.last() is None
    fill(engine, 6, 9)
    with engine.connect() as connection:
        publish(connection, LOG, witness, NOW)
    last = witness.last()
    assert last is not None
    assert last.size == 9


@pytest.mark.parametrize(
    "note",
    [
        "{origin}\n4\n{root}\n\n— x y\n",  # another size
        "{origin}\n3\n" + "A" * 43 + "=\n\n— x y\n",  # another root
        "{origin}\n3\n{root}\nextension\n\n— x y\n",
        "{origin}\n3\n{root}",
        "",
    ],
)
def test_the_database_records_no_head_it_does_not_have(engine: Engine, trailed: Database, note: str) -> None:
    fill(engine, 1, 3)
    root = Checkpoint("x", 3, the_head(trailed).root()).text.split("\n")[2]
    with pytest.raises(DBAPIError, match="not of the present head"), engine.begin() as connection:
        connection.execute(text(sql.RECORD), {"note": note.replace("{origin}", "x").replace("{root}", root)})


def restored(database: Database, size: int) -> None:
    """What an old backup would hold: the trail as it was at a size. Needs the superuser and no trigger."""
    with database.admin() as connection:
        entries = connection.execute("SELECT entry FROM fristad.audit_entries ORDER BY seq LIMIT %s", [size]).fetchall()
        old = Frontier.of(leaf_hash(bytes(entry)) for (entry,) in entries)
        for table in TABLES:
            connection.execute(f"ALTER TABLE fristad.{table} DISABLE TRIGGER only_added_to".encode())
        connection.execute("DELETE FROM fristad.audit_entries WHERE seq > %s", [size])
        connection.execute("DELETE FROM fristad.audit_checkpoints WHERE size > %s", [size])
        connection.execute("UPDATE fristad.audit_head SET size = %s, frontier = %s", [size, list(old.peaks)])


def test_a_rolled_back_database_signs_nothing(engine: Engine, trailed: Database, witness: Witness) -> None:
    fill(engine, 1, 9)
    with engine.connect() as connection:
        publish(connection, LOG, witness, NOW)
    restored(trailed, 4)
    with engine.connect() as connection, pytest.raises(TrailRolledBack):
        publish(connection, LOG, witness, NOW)
    fill(engine, 5, 8)
    with engine.begin() as connection:
        for number in (90, 91, 92):  # grown beyond what the witness has seen, with another past
            append(connection, entry_of(number))
    with engine.connect() as connection, pytest.raises(TrailRolledBack):
        publish(connection, LOG, witness, NOW)
    with engine.connect() as connection:
        assert connection.execute(text(sql.CHECKPOINTS)).all() == []


def test_a_key_the_witness_does_not_know_signs_nothing(engine: Engine, witness: Witness) -> None:
    fill(engine, 1, 2)
    with engine.connect() as connection, pytest.raises(NoteRejected):
        publish(connection, OTHER_LOG, witness, NOW)
    with engine.connect() as connection:
        assert connection.execute(text(sql.CHECKPOINTS)).all() == []
    assert witness.last() is None


def test_an_export_verifies_and_ends_with_the_last_head(engine: Engine, witness: Witness, tmp_path: Path) -> None:
    for last in (3, 8):
        fill(engine, 1 if last == 3 else 4, last)
        with engine.connect() as connection:
            publish(connection, LOG, witness, NOW)
    fill(engine, 9, 10)
    (tmp_path / "log.pub").write_text(str(LOG.public), encoding="utf-8")
    with engine.connect() as connection:
        assert export(connection, tmp_path / "trail.txt") == Exported(entries=8, checkpoints=2, uncovered=2)
    verdict = verify(tmp_path / "trail.txt", tmp_path / "log.pub", witness.folder / FILE)
    assert (verdict.findings, verdict.entries, verdict.witnessed) == ([], 8, 8)


def test_an_entry_changed_in_the_database_is_found(
    engine: Engine, trailed: Database, witness: Witness, tmp_path: Path
) -> None:
    fill(engine, 1, 6)
    with engine.connect() as connection:
        publish(connection, LOG, witness, NOW)
    with trailed.admin() as connection:
        connection.execute("ALTER TABLE fristad.audit_entries DISABLE TRIGGER only_added_to")
        connection.execute(
            "UPDATE fristad.audit_entries SET entry = convert_to("
            "replace(convert_from(entry, 'UTF8'), 'refused', 'done'), 'UTF8') WHERE seq = 3"
        )
    (tmp_path / "log.pub").write_text(str(LOG.public), encoding="utf-8")
    with engine.connect() as connection:
        export(connection, tmp_path / "trail.txt")
    assert not verify(tmp_path / "trail.txt", tmp_path / "log.pub", witness.folder / FILE).whole


def test_an_entry_changed_since_the_last_head_is_an_alarm(engine: Engine, trailed: Database, witness: Witness) -> None:
    fill(engine, 1, 2)
    with engine.connect() as connection:
        publish(connection, LOG, witness, NOW)
    fill(engine, 3, 5)
    with trailed.admin() as connection:
        connection.execute("ALTER TABLE fristad.audit_entries DISABLE TRIGGER only_added_to")
        connection.execute("UPDATE fristad.audit_entries SET entry = entry || ' ' WHERE seq = 4")
    with engine.connect() as connection, pytest.raises(TrailDamaged):
        publish(connection, LOG, witness, NOW)
    last = witness.last()
    assert last is not None
    assert last.size == 2


def test_the_back_publishes_in_the_migrated_database(database: Database, witness: Witness, tmp_path: Path) -> None:
    back = create_engine(database.url("fristad_back"), hide_parameters=True)
    fill(back, 1, 3)
    with back.connect() as connection:
        publish(connection, LOG, witness, NOW)
        assert export(connection, tmp_path / "trail.txt").entries == 3
    back.dispose()
