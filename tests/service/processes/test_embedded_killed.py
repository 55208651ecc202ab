"""Whatever ends the server or whoever started it: what was committed is there, and the next start works."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from service.processes import lingering, postgres_roles
from service.processes.embedded import Embedded, NotStarted, attached, start
from service.processes.postgres_roles import OWNER
from service.processes.users import server_account

PARENT = """
import sys
from pathlib import Path
from service.processes.embedded import start
server = start(Path(sys.argv[1]), durable=False)
print(server.pid, flush=True)
sys.stdin.read()
"""


def quick(data: Path) -> Embedded:
    """Start without forcing commits to the disk: the machine itself does not crash here, processes do."""
    return start(data, durable=False)


@contextlib.contextmanager
def parent(data: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Another process that runs the database of `data`, and the server's process id."""
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", PARENT, str(data)], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, int(process.stdout.readline())
        finally:
            process.kill()
            assert until(lambda: not lingering.servers(data / "postgres"))


def until(true: Callable[[], bool]) -> bool:
    """Whether it comes true while we wait, which is as long as a slow machine may need."""
    for _ in range(3000):
        if true():
            return True
        time.sleep(0.01)
    return False


def write(server: Embedded, value: int) -> None:
    with psycopg.connect(server.conninfo(OWNER)) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (a int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def kept(server: Embedded) -> list[tuple[int]]:
    with psycopg.connect(server.conninfo(OWNER)) as connection:
        return connection.execute("SELECT a FROM kept ORDER BY a").fetchall()


def test_committed_rows_survive_kill_9_of_the_server(data: Path) -> None:
    with start(data) as running:
        write(running, 1)
        with psycopg.connect(running.conninfo(OWNER)) as open_one:
            open_one.execute("INSERT INTO kept VALUES (2)")  # never committed
            os.kill(running.pid, signal.SIGKILL)
            assert until(lambda: not running.running)
            with pytest.raises(psycopg.OperationalError):
                open_one.execute("SELECT 1")
    with quick(data) as running:
        assert kept(running) == [(1,)]


def test_the_same_object_starts_again_after_kill_9(data: Path) -> None:
    with Embedded(data, durable=False) as running:
        write(running, 1)
        os.kill(running.pid, signal.SIGKILL)
        assert until(lambda: not running.running)
        running.start()
        assert kept(running) == [(1,)]


def test_a_second_start_is_refused_and_harms_nothing(data: Path) -> None:
    with quick(data) as running:
        with pytest.raises(NotStarted, match="Another process runs the database"):
            quick(data)
        with pytest.raises(NotStarted, match="runs already"):
            running.start()
        write(running, 1)
        assert kept(running) == [(1,)]


def test_a_second_process_is_refused(data: Path) -> None:
    with parent(data), pytest.raises(NotStarted, match="Another process runs the database"):
        quick(data)


def test_another_process_finds_the_server_that_runs(data: Path) -> None:
    with pytest.raises(NotStarted, match="No database of this data folder runs"):
        attached(data)
    with parent(data) as (_, pid):
        found = attached(data)
        with found.admin() as connection:
            assert connection.execute("SELECT pg_backend_pid()").fetchone() != (pid,)
        found.stop()  # not its to stop
        os.kill(pid, 0)


def test_the_server_stops_when_its_parent_is_killed(data: Path) -> None:
    with parent(data) as (process, _):
        write(attached(data), 1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert until(lambda: not lingering.servers(data / "postgres"))
    assert "received fast shutdown request" in (data / "logs" / "postgres.log").read_text()
    with quick(data) as running:
        assert kept(running) == [(1,)]


def test_the_server_stops_in_order_when_its_parent_is_terminated(data: Path) -> None:
    with parent(data) as (process, _):
        write(attached(data), 1)
        process.send_signal(signal.SIGTERM)
        process.wait()
        assert until(lambda: not lingering.servers(data / "postgres"))
    assert "database system is shut down" in (data / "logs" / "postgres.log").read_text().splitlines()[-1]
    with quick(data) as running:
        assert kept(running) == [(1,)]


def test_an_interrupt_from_the_terminal_reaches_the_parent_alone(data: Path) -> None:
    with quick(data) as running:
        assert os.getsid(running.pid) != os.getsid(0)
        assert os.getpgid(running.pid) != os.getpgid(0)


def test_the_next_start_takes_over_when_the_guard_was_killed_too(data: Path) -> None:
    with parent(data) as (process, pid):
        write(attached(data), 1)
        session = [
            int(each) for each in os.listdir("/proc") if each.isdigit() and session_of(int(each)) == os.getsid(pid)
        ]
        guards = set(session) - set(lingering.servers(data / "postgres"))
        assert len(guards) == 2  # the guard and its reader
        for guard in guards:
            os.kill(guard, signal.SIGKILL)
        process.send_signal(signal.SIGKILL)
        process.wait()
        os.kill(pid, 0)  # at work, and nobody left to stop it
        with quick(data) as running:
            assert running.pid != pid
            assert kept(running) == [(1,)]
            assert pid not in lingering.servers(data / "postgres")


def session_of(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def test_a_note_with_the_number_of_another_process_is_not_believed(data: Path) -> None:
    with quick(data) as running:
        write(running, 1)
        noted = (data / "postgres" / "postmaster.pid").read_text()
        pid = running.pid
        os.kill(pid, signal.SIGKILL)
        assert until(lambda: not running.running)
    account = server_account(data / "postgres")
    with subprocess.Popen(["sleep", "600"], cwd="/", **account.credentials) as bystander:
        try:
            (data / "postgres" / "postmaster.pid").write_text(noted.replace(str(pid), str(bystander.pid), 1))
            with quick(data) as running:
                assert kept(running) == [(1,)]
            assert bystander.poll() is None
        finally:
            bystander.kill()


@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_a_set_up_that_was_cut_short_is_begun_again(unused: Path, mode: int) -> None:
    (unused / "postgres.new").mkdir(parents=True)
    (unused / "postgres.new").chmod(mode)
    (unused / "postgres.new" / "postgresql.conf").touch()
    with quick(unused) as running:
        write(running, 1)
    assert not (unused / "postgres.new").exists()


def test_roles_that_are_missing_are_made_at_the_next_start(data: Path) -> None:
    with quick(data) as running, running.admin() as connection:
        connection.execute("DROP DATABASE fristad")
        connection.execute("DROP ROLE fristad_solver")
    with quick(data) as running:
        psycopg.connect(running.conninfo("fristad_solver")).close()


def test_a_path_too_long_for_a_socket_gets_a_short_folder_that_goes_again(far_data: Path) -> None:
    with quick(far_data) as running:
        folder = running.socket
        assert len(str(folder)) < 40
        assert folder.stat().st_mode & 0o777 == 0o700
        write(running, 1)
        assert kept(attached(far_data)) == [(1,)]
    assert not folder.exists()
    assert not (far_data / "postgres.json").exists()


def test_the_short_folder_of_a_killed_parent_goes_at_the_next_start(far_data: Path) -> None:
    with parent(far_data) as (process, _):
        folder = attached(far_data).socket
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert until(lambda: not lingering.servers(far_data / "postgres"))
    assert folder.exists()
    with quick(far_data) as running:
        assert running.socket != folder
        assert not folder.exists()


def test_a_stopped_server_has_no_process_and_no_socket(data: Path) -> None:
    with quick(data) as running:
        pid = running.pid
    running.stop()  # harmless
    assert not running.running
    assert not lingering.servers(data / "postgres")
    assert list((data / "socket").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(NotStarted, match="does not run"):
        _ = running.pid


# Refusals: each says what to do, and leaves nothing running


def refused(data: Path, saying: str) -> None:
    with pytest.raises(NotStarted, match=saying) as caught:
        quick(data)
    assert str(data) not in str(caught.value)
    assert not lingering.servers(data / "postgres")


def test_passwords_that_are_gone(hollow: Path) -> None:
    (hollow / "secrets.json").unlink()
    refused(hollow, "passwords of the database are gone")
    assert not (hollow / "secrets.json").exists()  # new ones would open nothing


def test_passwords_of_another_database(data: Path) -> None:
    right = (data / "secrets.json").read_bytes()
    (data / "secrets.json").unlink()
    postgres_roles.passwords(data / "secrets.json", first=True)
    refused(data, "does not take the passwords")
    (data / "secrets.json").write_bytes(right)


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"database": {}}', '{"database": 1}', "\x00\ufffd"])
def test_passwords_that_are_damaged(unused: Path, damage: str) -> None:
    unused.mkdir(0o700)
    (unused / "secrets.json").touch(0o600)
    (unused / "secrets.json").write_text(damage)
    refused(unused, "is damaged")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_passwords_others_can_read(unused: Path, mode: int) -> None:
    unused.mkdir(0o700)
    (unused / "secrets.json").write_text("{}")
    (unused / "secrets.json").chmod(mode)
    refused(unused, "must be yours and yours alone")


def test_passwords_behind_a_link(unused: Path, tmp_path: Path) -> None:
    unused.mkdir(0o700)
    (unused / "secrets.json").symlink_to(tmp_path / "elsewhere")
    refused(unused, "cannot be used")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_data_folder_others_can_write(unused: Path, mode: int) -> None:
    unused.mkdir()
    unused.chmod(mode)
    refused(unused, "can be written by others")
    assert list(unused.iterdir()) == []


def test_a_socket_folder_prepared_by_somebody_for_everybody(unused: Path) -> None:
    (unused / "socket").mkdir(parents=True)
    (unused / "socket").chmod(0o755)
    refused(unused, "'socket' in the data folder is not a private folder")


def test_a_file_where_the_data_folder_should_be(unused: Path) -> None:
    unused.touch()
    refused(unused, "cannot be used")


def test_a_database_of_another_version(hollow: Path) -> None:
    (hollow / "postgres" / "PG_VERSION").write_text("14\n")
    refused(hollow, "another version of PostgreSQL")


def test_a_server_that_ends_while_starting(hollow: Path) -> None:
    refused(hollow, "ended while starting")


def test_the_passwords_stay_the_same(data: Path) -> None:
    before = (data / "secrets.json").read_bytes()
    quick(data).stop()
    assert (data / "secrets.json").read_bytes() == before
    drawn = json.loads(before)["database"]
    assert len(set(drawn.values())) == 5
    assert all(len(password) == 43 for password in drawn.values())  # 256 bits
