"""`fristad serve` for real: three processes that each hold only their own, killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from matching.cli.serving import write_week
from service.crypto import CannotOpen, Domain, at, load_keyring
from service.processes import lingering
from service.processes.embedded import attached
from service.processes.postgres_roles import SUPERUSER
from service.settings import Settings
from service.walk.demo import COMMAND, NotServed, free_ports, serving
from service.walk.run import Walk
from service.walk.steps import CHAPTERS
from tests.service.processes.serving import asked, children, environment, is_up, listens_on, until

INTAKE, QUERY = CHAPTERS[0].steps, CHAPTERS[1].steps
NAMES = ("front", "back", "solver")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """A data folder that is being served, and the supervisor's process id."""
    made = tmp_path_factory.mktemp("serve")
    data, week = made / "data", made / "week.json"
    free_ports(data)
    write_week(week)
    with serving(data, "--init", "--demo", "--week", str(week)) as process:
        assert until(lambda: len(children(process.pid)) == 3)
        yield data, process.pid


def by_name(data: Path, parent: int) -> dict[str, int]:
    """Process ids by name: those with a port by their port, the solver is the other one."""
    settings = Settings.load(data)
    ports = {settings.front_port: "front", settings.back_port: "back"}
    found = {}
    for number in children(parent):
        names = [ports[port] for port in listens_on(number) if port in ports]
        found[names[0] if names else "solver"] = number
    return found


def rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_process_is_given_nothing_of_another_one(served: tuple[Path, int]) -> None:
    data, parent = served
    secrets = (data / "secrets.json").read_text(encoding="utf-8")
    for number in children(parent):
        told = environment(number)
        assert not [name for name in told if name.startswith("FRISTAD")]
        assert not [
            value for value in told.values() if "postgresql" in value or (value and value in secrets.split('"'))
        ]
        words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
        assert words[1:] == ["-m", "service.processes.child", ""]


def test_the_open_front_holds_no_file_of_the_others(served: tuple[Path, int]) -> None:
    data, parent = served
    number = by_name(data, parent)["front"]
    opened = []
    for link in Path(f"/proc/{number}/fd").iterdir():
        if link.is_symlink():
            opened.append(os.readlink(link))
    assert not [name for name in opened if name.startswith(str(data / "keys"))]
    assert rights(data / "keys" / "front.key") == 0o600


def test_the_key_of_the_front_opens_no_stay(served: tuple[Path, int]) -> None:
    data, _ = served
    front, solver = (load_keyring(data / "keys", name) for name in ("front", "solver"))
    with psycopg.connect(attached(data).conninfo(SUPERUSER)) as connection:
        row = connection.execute("SELECT id, case_id, version, sealed FROM fristad.stays LIMIT 1").fetchone()
    assert row is not None
    stay, case, version, sealed = row
    place = at("stays", "sealed", stay, version)
    assert solver.sealer.open(Domain.PLACE, case or stay, place, bytes(sealed))
    with pytest.raises(CannotOpen):
        front.sealer.open(Domain.PLACE, case or stay, place, bytes(sealed))


def test_the_role_of_the_front_selects_no_stay(served: tuple[Path, int]) -> None:
    data, _ = served
    with (
        psycopg.connect(attached(data).conninfo("fristad_front")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT sealed FROM fristad.stays")


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_process_is_started_again_and_work_goes_on(served: tuple[Path, int], name: str) -> None:
    data, parent = served
    assert until(lambda: set(by_name(data, parent)) == set(NAMES))
    before = by_name(data, parent)
    os.kill(before[name], signal.SIGKILL)
    assert until(lambda: len(children(parent)) == 3 and before[name] not in children(parent))
    assert until(lambda: is_up(data, "front") and is_up(data, "back"))
    after = by_name(data, parent)
    assert {one: after[one] for one in NAMES if one != name} == {one: before[one] for one in NAMES if one != name}
    with closing(Walk(data)) as walk:
        for step in (*INTAKE, *QUERY[:2]):
            walk.step(step)


def test_a_worker_killed_while_a_job_waits_for_it_does_the_job_later(served: tuple[Path, int]) -> None:
    data, parent = served
    assert until(lambda: set(by_name(data, parent)) == set(NAMES))
    with closing(Walk(data)) as walk:
        for step in INTAKE:
            walk.step(step)
        os.kill(by_name(data, parent)["solver"], signal.SIGKILL)
        for step in QUERY[:2]:
            assert walk.step(step).status < 300


def test_a_worker_elsewhere_does_the_jobs_with_the_solvers_key_alone(served: tuple[Path, int], tmp_path: Path) -> None:
    data, parent = served
    keys = tmp_path / "data" / "keys"
    keys.mkdir(mode=0o700, parents=True)
    shutil.copy(data / "keys" / "solver.key", keys)
    (keys / "subjects").symlink_to(data / "keys" / "subjects")  # in production a folder that both machines mount
    address = {"FRISTAD_DATABASE_URL_SOLVER": attached(data).url("fristad_solver")}
    command = [*COMMAND, "worker", "--data", str(tmp_path / "data")]
    with open(tmp_path / "log", "wb") as log:
        worker = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **address})
    try:
        assert until(lambda: b"Working." in (tmp_path / "log").read_bytes() or worker.poll() is not None)
        assert until(lambda: len(children(worker.pid)) == 1)
        os.kill(parent, signal.SIGSTOP)  # nobody starts the first solver again
        os.kill(by_name(data, parent)["solver"], signal.SIGKILL)
        with closing(Walk(data)) as walk:
            for step in (*INTAKE, *QUERY[:2]):
                walk.step(step)
    finally:
        os.kill(parent, signal.SIGCONT)
        worker.terminate()
        assert worker.wait(60) == 0
    assert children(worker.pid) == []


def test_a_database_that_ends_is_a_503_and_comes_back(served: tuple[Path, int]) -> None:
    data, parent = served
    assert until(lambda: is_up(data, "front") and is_up(data, "back"))
    os.kill(parent, signal.SIGSTOP)  # so that the moment without a database lasts until we have looked
    try:
        for number in lingering.servers(data / "postgres"):
            os.kill(number, signal.SIGKILL)
        for process in ("front", "back"):
            assert until(lambda process=process: _answers(data, process) == 503)  # type: ignore[misc]
            gone = asked(data, process)
            assert gone is not None
            assert gone.content["code"] == "unavailable"
    finally:
        os.kill(parent, signal.SIGCONT)
    assert until(lambda: is_up(data, "front") and is_up(data, "back"))
    with closing(Walk(data)) as walk:
        for step in INTAKE:
            walk.step(step)


def _answers(data: Path, process: str) -> int | None:
    reply = asked(data, process)
    return None if reply is None else reply.status


def test_a_second_one_on_the_same_folder_is_refused(
    served: tuple[Path, int], capfd: pytest.CaptureFixture[str]
) -> None:
    data, _ = served
    with pytest.raises(NotServed), serving(data):
        raise AssertionError
    assert "settings.front_port" in capfd.readouterr().err
    assert is_up(data, "front")


def test_a_killed_supervisor_leaves_nobody_behind_and_the_next_start_goes_on(served: tuple[Path, int]) -> None:
    data, parent = served
    numbers = children(parent)
    with closing(Walk(data)) as walk:
        for step in INTAKE:
            walk.step(step)
        os.kill(parent, signal.SIGKILL)
        assert until(lambda: not any(Path(f"/proc/{number}/environ").exists() for number in numbers))
        assert until(lambda: not lingering.servers(data / "postgres"))
        with serving(data):
            for step in QUERY[:2]:
                walk.step(step)
