"""What `fristad serve` refuses, in sentences, before anything runs."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matching.cli import app
from matching.errors import InputRejected
from service.crypto.keyfiles import create_keys, key_file
from service.demo_issuer import create_issuer
from service.processes.addresses import Addresses, told_addresses
from service.processes.child import Orders
from service.processes.demo import demo_signer, prepare_demo
from service.processes.serve import initialise, insist_on_ports, insist_on_trust
from service.processes.supervisor import Child, Supervisor
from service.settings import Settings

PATHS: tuple[Callable[[Path], Path], ...] = (
    lambda data: key_file(data / "keys", "back"),
    lambda data: data / "keys" / "audit.key",
)


def paths_of(refused: pytest.ExceptionInfo[InputRejected]) -> list[str]:
    return [fault.path for fault in refused.value.faults]


def test_keys_are_made_once(tmp_path: Path) -> None:
    made = initialise(tmp_path / "data")
    assert {path.name for path in made} >= {"front.key", "back.key", "solver.key", "reveal"}
    assert initialise(tmp_path / "data") == ()


def test_what_keys_init_has_left_out_is_made(tmp_path: Path) -> None:
    create_keys(tmp_path / "keys")
    before = {name: key_file(tmp_path / "keys", name).read_bytes() for name in ("front", "back", "solver")}
    assert {path.name for path in initialise(tmp_path)} >= {"reveal", "audit.pub"}
    assert {name: key_file(tmp_path / "keys", name).read_bytes() for name in before} == before


@pytest.mark.parametrize("lost", PATHS)
def test_a_lost_key_is_never_replaced(tmp_path: Path, lost: Callable[[Path], Path]) -> None:
    initialise(tmp_path)
    (tmp_path / "postgres").mkdir()
    lost(tmp_path).unlink()
    with pytest.raises(InputRejected) as refused:
        initialise(tmp_path)
    assert paths_of(refused) == ["the key folder"]
    assert not lost(tmp_path).exists()


def test_ports_and_an_open_address_are_refused_together() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        told = Settings(front_port=taken.getsockname()[1], back_port=1)
        with pytest.raises(InputRejected) as refused:
            insist_on_ports(told, ("front", "solver"), tls=False)
        assert paths_of(refused) == ["settings.front_port"]
    open_to_all = Settings(host="0.0.0.0")
    with pytest.raises(InputRejected) as refused:
        insist_on_ports(open_to_all, ("solver",), tls=False)
    assert paths_of(refused) == ["settings.host"]
    insist_on_ports(open_to_all, ("solver",), tls=True)


def test_nobody_to_trust_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRejected) as refused:
        insist_on_trust(tmp_path)
    assert len(refused.value.faults) == 2
    prepare_demo(tmp_path, Settings())
    insist_on_trust(tmp_path)


def test_a_demonstration_leaves_settings_and_keys_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text(json.dumps({"front_port": 9000}), encoding="utf-8")
    prepare_demo(tmp_path, Settings())
    before = demo_signer(tmp_path)
    prepare_demo(tmp_path, Settings())
    assert demo_signer(tmp_path) == before
    assert Settings.load(tmp_path).front_port == 9000
    assert "DemoSigner()" in repr(before)


@pytest.mark.parametrize(
    ("told", "roles"),
    [
        ({"FRISTAD_DATABASE_URL": "postgresql://{role}@h/d"}, 4),
        ({"FRISTAD_DATABASE_URL_SOLVER": "postgresql+psycopg://s@h/d"}, 1),
    ],
)
def test_addresses_of_a_real_server(told: dict[str, str], roles: int) -> None:
    found = told_addresses(told)
    assert found is not None
    assert len(found) == roles
    assert all(url.startswith("postgresql+psycopg://") for url in found.values())


def test_another_database_is_refused_without_its_address() -> None:
    with pytest.raises(InputRejected) as refused:
        told_addresses({"FRISTAD_DATABASE_URL": "mysql://secret@h/d"})
    assert "secret" not in str(refused.value.faults)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--only", "sideways"), "--only"),
        (("--tls-cert", "x.pem"), "--tls-cert"),
        ((), "fristad serve --init"),
    ],
)
def test_the_command_says_what_to_do(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["serve", "--data", str(tmp_path / "none"), *arguments])
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_real_issuer_is_no_demonstration(tmp_path: Path) -> None:
    create_issuer(tmp_path, Settings())
    (tmp_path / "settings.json").write_text(json.dumps({"issuer": "real"}), encoding="utf-8")
    done = CliRunner().invoke(app, ["serve", "--data", str(tmp_path), "--init", "--demo"])
    assert done.exit_code == 2
    assert "settings.issuer" in done.stderr


def test_orders_show_no_address() -> None:
    told = Orders("front", "/data", "postgresql://f:secret@h/d", None, None)
    assert "secret" not in repr(told)
    assert Orders.read(told.line()) == told
    assert "secret" not in repr(Supervisor(Path("/data"), Addresses({"fristad_front": told.url})))


def test_a_process_that_keeps_dying_is_started_less_and_less_often(tmp_path: Path) -> None:
    child = Child(Orders("nobody", str(tmp_path), "none", None, None), longest_wait_s=2.0)
    waits = []
    for _ in range(5):
        child.start(0.0)
        assert child.process is not None
        child.process.kill()
        child.process.wait()
        child.tend(0.0)
        waits.append(child.again_at_s)
        child.stop()
        child.again_at_s = 0.0
    assert waits == [0.0, 0.5, 1.0, 2.0, 2.0]


def test_a_process_without_orders_does_nothing(tmp_path: Path) -> None:
    child = Child(Orders("solver", str(tmp_path / "none"), "postgresql://x@127.0.0.1:1/d", None, None), 1.0)
    child.start(time.monotonic())
    assert child.process is not None
    assert child.process.wait(60) != 0
    child.stop()
