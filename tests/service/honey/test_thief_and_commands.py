"""What a thief of the database sees of bait, and the commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from service.crypto import create_keys
from service.crypto.vault import Vault, create_vault
from service.store.tables import metadata
from tests.cli.running import Ran, run
from tests.service.back.scene import ADDRESS, FACILITY, PROVIDER
from tests.service.conftest import Database
from tests.service.front.walk import Walk
from tests.service.harness import Harness
from tests.service.honey.planted import TOLD, bait_of, plant

KEY = {"kty": "OKP", "crv": "X25519", "x": "SVTHPp2xgWI7lDa0t865TNQKq-vZrIc3mcR7ZLLKYXA"}


def rows_of(harness: Harness) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as a dump holds them."""
    found = {}
    with harness.database.admin() as connection:
        for name in sorted(table.name for table in metadata.sorted_tables):
            rows = connection.execute(f"SELECT to_jsonb(told) FROM fristad.{name} AS told").fetchall()
            found[name] = [row[0] for row in rows]
        jobs = connection.execute("SELECT task_name, args ->> 'subject' FROM fristad.procrastinate_jobs").fetchall()
        trail = connection.execute("SELECT convert_from(entry, 'UTF8') FROM fristad.audit_entries").fetchall()
    found["jobs"] = [{"task": task, "subject": subject} for task, subject in jobs]
    return {**found, "audit_entries": [json.loads(row[0]) for row in trail]}


def _about(rows: dict[str, list[dict[str, Any]]], ids: set[str]) -> list[tuple[Any, ...]]:
    """The rows that name one of these, without what is random or the time of day: what could tell them apart."""
    found = []
    for table, told in rows.items():
        for row in told:
            if ids & {value for value in row.values() if isinstance(value, str)}:
                found.append((table, *sorted((key, _seen(key, value, ids)) for key, value in row.items())))
    return sorted(found, key=str)


def _seen(key: str, value: Any, ids: set[str]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if key == "sealed" and isinstance(value, str) and value.startswith("\\x"):
        return (len(value) // 2 - 2) % 256  # a bucket more or less is the content's
    if key in ("reason_code", "end_reason", "triage", "received_at", "due_at", "seq", "person_tag", "sealed"):
        return "any"
    if isinstance(value, str) and value in ids:
        return "own id"
    try:
        return UUID(str(value)).version
    except ValueError:
        return str(value)[:10] if key.endswith(("_at", "_on", "since")) or key == "at" else value


@pytest.fixture
def register(harness: Harness) -> tuple[Harness, list[set[str]], list[set[str]]]:
    """A facility and a case that came to nothing, real and as bait: ids of the real ones, then of the bait."""
    registrar = harness.act("registrar", name="g-1")
    provider = registrar.post("/v1/providers", PROVIDER).json()["id"]
    facility = registrar.post("/v1/facilities", {**FACILITY, "provider_id": provider}).json()["id"]
    registrar.post(f"/v1/facilities/{facility}/address", {**ADDRESS, "provider_key": KEY})
    walk = Walk.of(harness)
    told = walk.body(
        municipality_unit="kommun-1880",
        details={**walk.body()["details"], "responsible_municipality": "1880"},
    )
    assert walk.requester.post("/v1/cases", told).status_code == 201
    closed = walk.requester.post(walk.path("/closure"), {"reason_code": "opened_by_mistake"})
    assert closed.status_code == 201, closed.text
    plant(harness)
    real = [{provider}, {facility}, {walk.case_id}]
    bait = [{str(one) for one in bait_of(harness, kind)[:1]} for kind in ("provider", "facility", "case")]
    return harness, real, bait


def test_no_open_column_tells_bait_from_other_records(
    register: tuple[Harness, list[set[str]], list[set[str]]],
) -> None:
    """Same tables, same rows, same words, days and forms of id, also in the trail and in the queue of jobs."""
    harness, real, bait = register
    rows = rows_of(harness)
    for own, other in zip(real, bait, strict=True):
        told = [_about(rows, ids) for ids in (own, other)]
        assert told[0] == told[1]
        assert len(told[0]) >= 2
    # and the flag is in no table, and of all key files in one
    assert "honey" not in json.dumps(rows)
    keys = harness.data / "keys"
    named = {path.name for path in keys.rglob("*") if path.is_file() and b"facility" in path.read_bytes()}
    assert named == {"honey.json"}
    assert (keys / "reveal" / "honey.json").stat().st_mode & 0o777 == 0o600


# the commands


def _plant(data: Path, told: Any, *more: str) -> Ran:
    file = data / "bait.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    return run("honey", "plant", file, "--data", data, "--over-min", "0", *more)


def _name(monkeypatch: pytest.MonkeyPatch, url: Callable[[str], str]) -> None:
    """The environment names the database, as on a machine of one's own."""
    for role in ("front", "back"):
        monkeypatch.setenv(f"FRISTAD_DATABASE_URL_{role.upper()}", url(f"fristad_{role}"))


def test_the_commands_plant_and_say_who_touched_it(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    _name(monkeypatch, harness.database.url)
    done = _plant(harness.data, TOLD)
    assert (done.code, done.err) == (0, "")
    vault = Vault(harness.data / "keys")
    ids = {str(one) for one in vault.honey()}
    assert len(ids) == 5
    assert not [one for one in ids if one in done.out], "an id is told only to who asks for it"
    assert "2 facilities, 1 cases; 0 were there" in done.out
    again = _plant(harness.data, TOLD, "--show-ids", "--json").body
    assert (again["facilities"], again["cases"], again["known"], set(again["ids"])) == (0, 0, 3, ids)

    assert "Nobody" in run("honey", "touched", "--data", harness.data).out
    harness.clock.now = max(bait.since for bait in vault.honey().values() if bait.since)
    harness.clock.move(minutes=5)
    (case_id,) = bait_of(harness, "case")
    harness.act("assessor", name="a-9").get(f"/v1/cases/{case_id}")
    harness.act("coordinator", unit="noa", name="c-9").post(f"/v1/cases/{case_id}/claim")  # refused: it is closed
    told = run("honey", "touched", "--data", harness.data, "--name", "a-9", "--name", "c-9", "--json")
    assert [(one["act"], one["actor"]) for one in told.body] == [("read_case", "a-9"), ("read_honey", "c-9")]
    assert str(case_id) not in told.out
    shown = run("honey", "touched", "--data", harness.data).out
    assert "2 entries of the trail are about bait." in shown
    assert "None" not in shown


def test_a_database_without_tables_is_a_sentence(
    tmp_path: Path, bare_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_keys(tmp_path / "keys")
    create_vault(tmp_path / "keys")
    _name(monkeypatch, bare_database.url)
    done = _plant(tmp_path, TOLD)
    assert done.code == 2
    assert "fristad database upgrade" in done.err


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys, and a database that is away: whoever asks it is told so."""
    create_keys(tmp_path / "keys")
    create_vault(tmp_path / "keys")
    _name(monkeypatch, lambda role: f"postgresql+psycopg://{role}:x@127.0.0.1:9/fristad")
    return tmp_path


@pytest.mark.parametrize("lacks", ["reveal/seal.jwk", "reveal/honey.json", "front.key", "back.key"])
def test_without_its_keys_nothing_is_planted(keys: Path, lacks: str) -> None:
    (keys / "keys" / lacks).unlink()
    done = _plant(keys, TOLD)
    assert (done.code, done.out) == (2, "")
    assert "Rejected" in done.err


def test_what_is_wrong_with_the_file_is_said_without_its_words(keys: Path) -> None:
    done = _plant(keys, {**TOLD, "places": [{**TOLD["places"][0], "locality": "0000-nowhere", "town": ""}]})
    assert done.code == 2
    assert "places[0].town" in done.err
    assert "Canary" not in done.err
    assert not Vault(keys / "keys").honey()
    assert run("honey", "plant", keys / "none.json", "--data", keys).code == 2


def test_a_database_that_is_away_is_a_sentence(keys: Path) -> None:
    done = _plant(keys, TOLD)
    assert done.code == 2
    assert "cannot answer now" in done.err
