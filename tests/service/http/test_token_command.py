"""`fristad token`: only in the demo, only where nobody else comes; `fristad openapi`: complete, with examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from matching.errors import InputRejected
from service.actors import Actor, Role
from service.auth import JWKS, IssuerKeys, Verifier
from service.clock import utc_now
from service.commands.token import openapi, token
from service.demo_issuer import PRIVATE, create_issuer, issue
from service.settings import Settings

app = typer.Typer()
app.command()(token)
app.command()(openapi)


def run(data: Path, *told: str) -> Result:
    return CliRunner().invoke(app, ["token", "--data", str(data), *told])


def write(data: Path, **settings: Any) -> None:
    (data / "settings.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    create_issuer(tmp_path, Settings())
    return tmp_path


def test_a_token_says_who(data: Path) -> None:
    done = run(data, "--role", "requester", "--unit", "bops-syd", "--name", "r-1")
    assert done.exit_code == 0
    verifier = Verifier(IssuerKeys(data / JWKS), Settings().issuer, Settings().audience, 30)
    caller = verifier.caller(f"Bearer {done.output.strip()}", utc_now())
    assert (caller.actor.name, caller.actor.role, caller.actor.unit, caller.actor.organisation) == (
        "r-1",
        Role.REQUESTER,
        "bops-syd",
        "police",
    )
    assert caller.is_fresh(utc_now())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "register.example", "", "127.0.0.1.example"])
def test_it_refuses_where_others_can_come(data: Path, host: str) -> None:
    write(data, host=host)
    done = run(data, "--role", "requester", "--unit", "bops-syd")
    assert done.exit_code == 2
    assert "settings.host" in done.output
    with pytest.raises(InputRejected):
        create_issuer(data, Settings.load(data))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_every_loopback_address_will_do(data: Path, host: str) -> None:
    write(data, host=host)
    assert run(data, "--role", "requester", "--unit", "bops-syd").exit_code == 0


def test_it_refuses_for_another_issuer(data: Path) -> None:
    write(data, issuer="https://issuer.example")
    done = run(data, "--role", "requester", "--unit", "bops-syd")
    assert done.exit_code == 2
    assert "settings.issuer" in done.output


def test_it_refuses_without_a_demo(tmp_path: Path) -> None:
    done = run(tmp_path, "--role", "requester", "--unit", "bops-syd")
    assert done.exit_code == 2
    assert PRIVATE in done.output


def test_it_never_replaces_another_issuers_keys(tmp_path: Path) -> None:
    (tmp_path / JWKS).write_text("{}", encoding="utf-8")
    with pytest.raises(InputRejected):
        create_issuer(tmp_path, Settings())
    assert (tmp_path / JWKS).read_text(encoding="utf-8") == "{}"


def test_every_fault_at_once_and_no_value(data: Path) -> None:
    done = run(data, "--role", "Zx9", "--unit", "Zx9 Zx9", "--organisation", "", "--name", "Zx9\n")
    assert done.exit_code == 2
    for option in ("--role", "--unit", "--organisation", "--name"):
        assert option in done.output
    assert "Zx9" not in done.output


def test_nobody_becomes_the_system(data: Path) -> None:
    assert run(data, "--role", "system", "--unit", "u").exit_code == 2
    with pytest.raises(InputRejected):
        issue(data, Settings(), Actor("s", Role.SYSTEM, "u", "o"), utc_now())


def test_its_key_is_private(data: Path) -> None:
    assert (data / PRIVATE).stat().st_mode & 0o777 == 0o600
    assert '"d"' not in (data / JWKS).read_text(encoding="utf-8")
    before = (data / PRIVATE).read_bytes()
    create_issuer(data, Settings())
    assert (data / PRIVATE).read_bytes() == before


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"host": 7}', b'{"Zx9": 1}', b'{"answer_life_h": 0}', b'{"host": "a", "host": "b"}', b"\xff"],
)
def test_settings_that_cannot_be_used(data: Path, content: bytes) -> None:
    (data / "settings.json").write_bytes(content)
    with pytest.raises(InputRejected) as refused:
        Settings.load(data)
    assert "Zx9" not in str([str(fault) for fault in refused.value.faults])


def test_no_process_of_that_name() -> None:
    assert CliRunner().invoke(app, ["openapi", "--process", "solver"]).exit_code == 2
