"""The drill of docs/operations.md with the commands themselves: back up, lose the machine, restore, open the export."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import typer
from typer.testing import CliRunner, Result

from service.actors import SYSTEM
from service.audit.keeping import keeper, make_keys
from service.commands import backup as commands
from service.commands.database import database_app
from service.crypto import Domain, at
from service.crypto.keyfiles import create_keys
from service.crypto.ring import Keyring, load_keyring
from service.processes.embedded import Embedded, attached
from service.processes.holders import read_holder
from service.processes.offline import export_offline
from service.store.database import Database as Register
from service.store.migrate import upgrade
from tests.service.store.rows import NOW, add

app = typer.Typer()
app.command("backup")(commands.backup)
app.command("restore")(commands.restore)
app.command("export-offline")(commands.export_offline)
app.command("open-offline")(commands.open_offline)
app.command("key-holder")(commands.key_holder)
app.add_typer(database_app, name="database")

SECRETS = {"street": "Hemliga gatan 7", "household": "the household's members", "network": "who threatens them"}


@dataclass(frozen=True)
class Machine:
    """A machine with a register, and what lies beside it with the key holders."""

    data: Path
    safe: Path
    facility: UUID
    case: UUID

    def run(self, *told: str, data: Path | None = None) -> Result:
        where = (
            []
            if told[0] in ("key-holder",) or told[:2] == ("database", "roles")
            else ["--data", str(data or self.data)]
        )
        return CliRunner().invoke(app, [*told, *where])

    @property
    def to(self) -> list[str]:
        return [part for name in "ab" for part in ("--to", str(self.safe / f"{name}.pub"))]

    @property
    def keys(self) -> list[str]:
        return [part for name in "ab" for part in ("--key", str(self.safe / f"{name}.key"))]


def _sealed(ring: Keyring, domain: Domain, subject: UUID, table: str, row: UUID, value: Any) -> bytes:
    ring.sealer.begin(domain, subject)
    return ring.sealer.seal_json(domain, subject, at(table, "sealed", row, 1), value)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    data, safe = tmp_path_factory.mktemp("machine") / "data", tmp_path_factory.mktemp("safe")
    case, facility, stay = uuid4(), uuid4(), uuid4()
    with Embedded(data, durable=False) as server:
        create_keys(data / "keys")
        make_keys(data)
        ring = load_keyring(data / "keys", "back")
        upgrade(server.url("fristad_owner"))
        with server.admin("fristad") as connection:
            add(connection, "cases", id=case, state="arrived", unit="bops-syd")
            for table, value in (("case_versions", SECRETS["household"]), ("assessment_versions", SECRETS["network"])):
                sealed = _sealed(ring, Domain.CASE, case, table, case, {"told": value})
                add(connection, table, {"cases": case}, version=1, sealed=sealed)
            placed = {"placement": {"facility": str(facility), "start": "2026-11-01"}, "beds": [5]}
            sealed = _sealed(ring, Domain.PLACE, case, "stays", stay, placed)
            add(connection, "stays", {"cases": case}, id=stay, query_id=None, state="placed", version=1, sealed=sealed)
            known = {"facility": {"name": "Alfa"}}
            sealed = _sealed(ring, Domain.PLACE, facility, "facility_versions", facility, known)
            today = NOW.date()
            add(connection, "facility_versions", facility_id=facility, version=1, sealed=sealed, effective_on=today)
            sealed = _sealed(ring, Domain.ADDRESS, facility, "addresses", facility, {"street": SECRETS["street"]})
            add(connection, "addresses", facility_id=facility, version=1, sealed=sealed)
            gone = uuid4()
            add(connection, "cases", id=gone, state="decided")
            sealed = _sealed(ring, Domain.CASE, gone, "case_versions", gone, {"told": "deleted"})
            add(connection, "case_versions", {"cases": gone}, version=1, sealed=sealed)
            ring.subjects.destroy(Domain.CASE, gone)
        yield Machine(data, safe, facility, case)


@pytest.fixture(scope="module", autouse=True)
def holders(machine: Machine) -> None:
    for name in "ab":
        made = machine.run("key-holder", "-o", str(machine.safe / f"{name}.key"))
        assert made.exit_code == 0
        assert "offline" in made.output


def test_a_lost_machine_is_restored_on_another(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "register.backup"
    made = machine.run("backup", "-o", str(file), *machine.to)
    assert (made.exit_code, "Keys are not in it" in made.output) == (0, True)
    assert not any(secret.encode() in file.read_bytes() for secret in SECRETS.values())

    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    shutil.copytree(machine.data / "keys", other / "keys")  # from the keys' own mirror
    told = ["--key", str(machine.safe / "b.key")]
    unseen = machine.run("restore", str(file), *told, data=other)
    assert (unseen.exit_code, "--no-witness" in unseen.stderr) == (2, True)
    restored = machine.run("restore", str(file), *told, "--no-witness", "--json", data=other)
    assert restored.exit_code == 0, restored.output
    assert json.loads(restored.stdout)["lost"] == 0
    state = machine.run("database", "status", "--json", data=other)
    assert json.loads(state.stdout)["revision"] == json.loads(state.stdout)["needed"]

    again = machine.run("restore", str(file), *told, "--no-witness", data=other)
    assert (again.exit_code, "already" in again.stderr) == (2, True)
    with Embedded(other) as server:
        ring = load_keyring(other / "keys", "back")
        register = Register(server.url("fristad_back"), ring.sealer, ring.tagger)
        with register.transaction(SYSTEM) as tx:
            found = tx.connection.exec_driver_sql("SELECT facility_id, sealed FROM fristad.addresses").one()
            place = at("addresses", "sealed", machine.facility, 1)
            assert tx.open(Domain.ADDRESS, found[0], place, found[1]) == {"street": SECRETS["street"]}
        register.close()


def test_two_key_holders_open_the_export_together_without_any_system(machine: Machine, tmp_path: Path) -> None:
    file = tmp_path / "offline.sealed"
    made = machine.run("export-offline", "-o", str(file), *machine.to)
    assert made.exit_code == 0, made.output
    assert "1 of kind stay" in made.output
    assert not any(secret.encode() in file.read_bytes() for secret in SECRETS.values())

    away = tmp_path / "away"  # nothing but the export, the two keys and the trail's public key
    away.mkdir()
    public = ["--signed-by", str(machine.data / "keys" / "audit.pub")]
    shown = machine.run("open-offline", str(file), *machine.keys, *public, data=away)
    assert shown.exit_code == 0, shown.output
    for part in ("placed", str(machine.case), "bops-syd", "name: Alfa", f"street: {SECRETS['street']}"):
        assert part in shown.stdout
    told = machine.run("open-offline", str(file), *machine.keys, *public, "--json", data=away)
    assert sorted(line["record"] for line in json.loads(told.stdout)) == [
        "address",
        "assessment",
        "case",
        "facility",
        "stay",
    ]
    assert "deleted" not in told.stdout
    for one in (machine.keys[:2], machine.keys[2:]):
        alone = machine.run("open-offline", str(file), *one, *public, data=away)
        assert (alone.exit_code, alone.stdout) == (2, "")
        assert "Every key holder" in alone.stderr
    restored = machine.run("restore", str(file), *machine.keys[:2], "--no-witness")
    assert (restored.exit_code, "another kind" in restored.stderr) == (2, True)


def test_an_export_is_recorded_and_is_an_alarm(machine: Machine, tmp_path: Path) -> None:
    def counted() -> tuple[int, int]:
        with attached(machine.data).admin("fristad") as connection:
            alarms = connection.execute("SELECT count(*) FROM fristad.alarms WHERE kind = 'offline_export'").fetchone()
            acts = connection.execute(
                "SELECT count(*) FROM fristad.audit_entries"
                " WHERE convert_from(entry, 'UTF8')::jsonb ->> 'act' = 'export_sealed'"
            ).fetchone()
        assert alarms is not None
        assert acts is not None
        return alarms[0], acts[0]

    before = counted()
    file = tmp_path / "offline.sealed"
    assert machine.run("export-offline", "-o", str(file), *machine.to).exit_code == 0
    assert counted() == (before[0] + 1, before[1] + 1)
    content = file.read_bytes()
    assert machine.run("export-offline", "-o", str(file), *machine.to).exit_code == 2
    assert file.read_bytes() == content
    assert counted() == (before[0] + 1, before[1] + 1)


def test_an_export_that_cannot_be_recorded_does_not_stay(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("service.processes.offline.raise_alarm", refuse)
    ring = load_keyring(machine.data / "keys", "back")
    people = [read_holder(machine.safe / f"{name}.pub") for name in "ab"]
    register = Register(attached(machine.data).url("fristad_back"), ring.sealer, ring.tagger)
    try:
        with pytest.raises(RuntimeError):
            export_offline(register, tmp_path / "file", people, keeper(machine.data)[0])
    finally:
        register.close()
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_should_open_and_does_not_is_said_to_be_missing(machine: Machine, tmp_path: Path) -> None:
    lost = machine.data / "keys" / "subjects" / "address" / f"{machine.facility}.key"
    kept = lost.read_bytes()
    lost.unlink()
    try:
        made = machine.run("export-offline", "-o", str(tmp_path / "file"), *machine.to, "--json")
    finally:
        lost.write_bytes(kept)
        lost.chmod(0o600)
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout)["unreadable"] == 1


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (["backup", "-o", "{new}", "--to", "{safe}/a.pub"], "Two different key holders"),
        (["backup", "-o", "{new}", "--to", "{safe}/a.key", "--to", "{safe}/b.pub"], "damaged, or is something else"),
        (["backup", "-o", "{new}", "--to", "{safe}/none.pub", "--to", "{safe}/b.pub"], "cannot be read"),
        (["backup", "-o", "{safe}/missing/file", "--to", "{safe}/a.pub", "--to", "{safe}/b.pub"], "cannot be written"),
        (
            ["export-offline", "-o", "{new}", "--to", "{safe}/a.pub", "--to", "{safe}/a.pub"],
            "Two different key holders",
        ),
        (["restore", "{safe}/none", "--key", "{safe}/a.key", "--no-witness"], "cannot be read"),
        (["restore", "{safe}/a.pub", "--key", "{safe}/a.key", "--no-witness"], "was not made by fristad"),
        (["open-offline", "{safe}/a.pub", "--key", "{safe}/a.key"], "was not made by fristad"),
        (["open-offline", "{safe}/a.pub", "--key", "{safe}/a.key", "--signed-by", "{safe}/none"], "--signed-by"),
        (["key-holder", "-o", "{safe}/a.key"], "never replaced"),
    ],
)
def test_what_is_wrong_is_said_to_people(machine: Machine, tmp_path: Path, command: list[str], wrong: str) -> None:
    told = [part.format(safe=machine.safe, new=tmp_path / "new") for part in command]
    refused = machine.run(*told)
    assert refused.exit_code == 2
    assert wrong in refused.stderr
    assert str(machine.safe) not in refused.stderr
    assert "Traceback" not in refused.output
    assert not (tmp_path / "new").exists()


def test_the_commands_of_the_database(machine: Machine) -> None:
    assert "the newest" in machine.run("database", "status").stdout
    assert "made anew" in machine.run("database", "upgrade").stdout
    assert 'CREATE ROLE "fristad_front"' in machine.run("database", "roles").stdout


def test_a_real_server_needs_both_addresses(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRISTAD_DATABASE_URL_OWNER", "postgresql://fristad_owner:hidden@127.0.0.1:1/fristad")
    refused = machine.run("backup", "-o", str(tmp_path / "new"), *machine.to)
    assert (refused.exit_code, "FRISTAD_DATABASE_URL_BACKUP" in refused.stderr) == (2, True)
    monkeypatch.setenv("FRISTAD_DATABASE_URL_BACKUP", "postgresql://keeper:hidden@127.0.0.1:1/fristad")
    away = machine.run("backup", "-o", str(tmp_path / "new"), *machine.to)
    assert (away.exit_code, away.stderr.strip()) == (2, "The database cannot be reached.")
    status = machine.run("database", "status")
    assert (status.exit_code, "hidden" in status.output) == (2, False)
