"""`fristad keys`: what is refused, what it prints, and that it prints no key and no id."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from service.commands.keys import keys_app
from service.crypto import Domain, load_keyring, rotate
from service.crypto.keyfiles import subjects_folder
from service.crypto.vault import Vault
from tests.service.crypto.racing import key_files

SUBJECT = UUID("5ec2e700-1111-4222-8333-444455556666")


def run(*told: str) -> Result:
    return CliRunner().invoke(keys_app, told)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    assert run("init", "--data", str(tmp_path / "data")).exit_code == 0
    return tmp_path / "data"


def secrets_of(data: Path) -> list[str]:
    trees = [json.loads(path.read_bytes()) for path in (data / "keys").glob("*.key")]
    return [
        key
        for tree in trees
        for name, entry in tree.items()
        if name not in ("format", "in_use")
        for key in entry.values()
    ]


def test_init_refuses_where_a_key_is(data: Path) -> None:
    (data / "keys" / "back.key").unlink()
    before = {path: path.read_bytes() for path in (data / "keys").glob("*.key")}
    again = run("init", "--data", str(data))
    assert again.exit_code == 2
    assert "front.key: exists already" in again.stderr
    assert {path: path.read_bytes() for path in (data / "keys").glob("*.key")} == before
    told = json.loads(run("init", "--data", str(data), "--json").stdout)
    assert (told["exit_code"], len(told["faults"])) == (2, 2)


@pytest.mark.parametrize("command", [("status",), ("rotate", "--domain", "case"), ("public",)])
def test_without_keys_there_is_nothing_to_do(tmp_path: Path, command: tuple[str, ...]) -> None:
    refused = run(*command, "--data", str(tmp_path))
    assert refused.exit_code == 2
    assert "is missing" in refused.stderr


def test_an_unknown_domain(data: Path) -> None:
    refused = run("rotate", "--domain", "everything", "--data", str(data))
    assert (refused.exit_code, "is no domain" in refused.stderr) == (2, True)
    assert "everything" not in refused.stderr


def test_a_key_file_others_may_read(data: Path) -> None:
    (data / "keys" / "front.key").chmod(0o644)
    refused = run("status", "--data", str(data))
    assert (refused.exit_code, "chmod 600" in refused.stderr) == (2, True)


def test_a_store_that_is_away(data: Path) -> None:
    subjects_folder(data / "keys").rename(data / "away")
    for command in (("status",), ("rotate", "--domain", "case")):
        refused = run(*command, "--data", str(data))
        assert (refused.exit_code, "the key store: cannot be read" in refused.stderr) == (2, True)


def test_init_says_what_to_back_up_and_where(tmp_path: Path) -> None:
    said = run("init", "--data", str(tmp_path)).stdout
    assert "Back up these three files" in said
    assert not Vault(tmp_path / "keys").honey()  # the back can start with what was made
    assert "an old copy undoes a deletion" in said
    assert not any(secret in said for secret in secrets_of(tmp_path))
    assert sorted(path.name for path in (tmp_path / "keys").glob("*.key")) == ["back.key", "front.key", "solver.key"]


def test_the_environment_names_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRISTAD_DATA", str(tmp_path))
    assert run("init").exit_code == 0
    assert (tmp_path / "keys" / "front.key").is_file()


def test_rotate_and_status_count_and_name_nobody(data: Path) -> None:
    keys = load_keyring(data / "keys", "back").subjects
    keys.make(Domain.CASE, SUBJECT)
    keys.destroy(Domain.PLACE, SUBJECT)
    rotated = run("rotate", "--domain", "case", "--data", str(data))
    assert rotated.stdout.startswith("case: version 2; 1 subject keys wrapped anew.")
    plain, tree = run("status", "--data", str(data)), run("status", "--data", str(data), "--json")
    case, _, place, _ = json.loads(tree.stdout)
    assert case == {
        "domain": "case",
        "in_use": 2,
        "versions": [2],
        "key_files": ["back.key", "front.key", "solver.key"],
        "subjects": {"2": 1},
        "destroyed": 0,
        "unreadable": 0,
        "rotation_unfinished": False,
    }
    assert (place["subjects"], place["destroyed"]) == ({}, 1)
    said = rotated.stdout + plain.stdout + tree.stdout
    assert not any(canary in said for canary in (str(SUBJECT), SUBJECT.hex, *secrets_of(data)))


def test_an_interrupted_rotation_is_shown_and_finished(data: Path) -> None:
    load_keyring(data / "keys", "back").subjects.make(Domain.CASE, SUBJECT)

    def killed(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(key_files(data / "keys"), subjects_folder(data / "keys"), Domain.CASE, after_step=killed)
    assert "fristad keys rotate --domain case" in run("status", "--data", str(data)).stdout
    assert run("rotate", "--domain", "case", "--data", str(data)).stdout.startswith("Went on with an interrupted")
    told = json.loads(run("rotate", "--domain", "case", "--data", str(data), "--json").stdout)
    assert told == {"domain": "case", "version": 3, "rewrapped": 1, "resumed": False}


def test_damaged_files_are_shown(data: Path) -> None:
    load_keyring(data / "keys", "back").subjects.make(Domain.CASE, SUBJECT)
    (subjects_folder(data / "keys") / "case" / f"{SUBJECT}.key").write_bytes(b"")
    assert "DAMAGED: 1 files" in run("status", "--data", str(data)).stdout


def test_the_public_key_is_shown_without_the_private_one(data: Path) -> None:
    shown = run("public", "--data", str(data))
    told = json.loads(shown.stdout)
    assert shown.exit_code == 0
    assert told == Vault(data / "keys").public_key() | {"kty": "OKP", "crv": "X25519"}
    assert set(told) == {"kty", "crv", "x"}
