"""`fristad audit` on a folder and a database: what it says, its exit codes, and that it works without the database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from service.audit.checkpoint import Checkpoint, signed
from service.audit.keeping import keeper, make_keys
from service.audit.witness import FILE
from service.commands.audit import audit_app
from tests.service.audit.stores import fill
from tests.service.audit.trails import NOW, contents, frontier, trail
from tests.service.conftest import Database


def run(*arguments: object) -> Result:
    return CliRunner().invoke(audit_app, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path, trailed: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with keys, and the database it belongs to."""
    monkeypatch.setenv("FRISTAD_DATABASE_URL", trailed.url("fristad_back"))
    monkeypatch.delenv("FRISTAD_WITNESS", raising=False)
    assert run("init", "--data", tmp_path / "data").exit_code == 0
    return tmp_path / "data"


def test_from_keys_to_a_verdict(data: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("checkpoint", "--data", data).output == "The trail is empty.\n"
    fill(engine, 1, 5)
    told = run("checkpoint", "--data", data)
    assert (told.exit_code, told.output) == (0, "The witness has accepted the head of 5 entries.\n")
    fill(engine, 6, 7)
    told = run("export", "-o", tmp_path / "trail.txt", "--data", data)
    assert told.exit_code == 0
    assert told.output.startswith("Exported 5 entries under 1 checkpoints.\n2 newer ones wait")
    monkeypatch.setenv(
        "FRISTAD_DATABASE_URL", "postgresql+psycopg://nobody@/gone?host=/nowhere"
    )  # the database is down
    keys = ("--key", data / "keys" / "audit.pub", "--witness-key", data / "witness" / "witness.pub")
    told = run("verify", tmp_path / "trail.txt", *keys, "--witness", data / "witness" / FILE)
    assert (told.exit_code, told.output) == (0, "Whole: 5 entries, 1 checkpoints; the witness has seen 5.\n")


def test_an_export_counts_for_programs(data: Path, engine: Engine, tmp_path: Path) -> None:
    fill(engine, 1, 2)
    told = run("export", "-o", tmp_path / "trail.txt", "--data", data, "--json")
    assert json.loads(told.output) == {"checkpoints": 0, "entries": 0, "uncovered": 2}


def test_a_trail_that_is_not_whole_ends_with_one(tmp_path: Path) -> None:
    made = trail(tmp_path, contents(9), [4, 9])
    made.export.write_bytes(made.export.read_bytes().replace(b'"seq":3,', b'"seq":4,'))
    told = run("verify", made.export, "--key", made.key, "--witness", made.witness)
    assert told.exit_code == 1
    assert "from entry 3 on: the numbers of the entries do not follow each other" in told.output


def test_files_that_cannot_be_read_end_with_two(tmp_path: Path) -> None:
    made = trail(tmp_path, contents(4), [4])
    for arguments in (
        ("verify", tmp_path / "gone", "--key", made.key),
        ("verify", made.export, "--key", made.witness),
        ("verify", made.export),
        ("export",),
    ):
        assert run(*arguments).exit_code == 2


def test_keys_are_never_made_over_keys(data: Path) -> None:
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    told = run("init", "--data", data)
    assert (told.exit_code, "never replaced" in told.output) == (2, True)
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


def test_a_witness_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRISTAD_WITNESS", str(tmp_path / "elsewhere"))
    public = make_keys(tmp_path / "data", "register.example.org/trail", "example.net/w1")
    assert public[1].parent == tmp_path / "elsewhere"
    signer, witness = keeper(tmp_path / "data")
    assert (signer.name, witness.signer.name) == ("register.example.org/trail", "example.net/w1")
    assert not (tmp_path / "data" / "witness").exists()


def test_a_rolled_back_database_is_an_alarm(data: Path, engine: Engine) -> None:
    signer, witness = keeper(data)
    fill(engine, 1, 2)
    top = frontier(contents(9))
    witness.accept(signed(Checkpoint(signer.name, 9, top.root()), signer, NOW), 0, (), NOW)
    told = run("checkpoint", "--data", data)
    assert told.exit_code == 1
    assert told.output.startswith("ALARM: the witness has seen more entries than this database holds")


def test_what_is_missing_is_said_without_a_path_or_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRISTAD_DATABASE_URL", "postgresql+psycopg://nobody:secret@/gone?host=/nowhere")
    make_keys(tmp_path)
    for arguments in (
        ("checkpoint", "--data", tmp_path),
        ("checkpoint", "--data", tmp_path / "nothing"),
        ("export", "-o", tmp_path / "trail.txt", "--data", tmp_path),
        ("export", "-o", tmp_path / "no" / "trail.txt", "--data", tmp_path),
        ("export", "-o", tmp_path, "--data", tmp_path),
    ):
        told = run(*arguments)
        assert told.exit_code == 2
        assert told.output.count("\n") == 1
        assert not any(word in told.output for word in ("secret", "nowhere", str(tmp_path), "Traceback"))
    monkeypatch.setenv("FRISTAD_DATABASE_URL", "no address at all")
    assert run("export", "-o", tmp_path / "trail.txt", "--data", tmp_path).exit_code == 2
    monkeypatch.delenv("FRISTAD_DATABASE_URL")
    assert run("export", "-o", tmp_path / "trail.txt", "--data", tmp_path).exit_code == 2
