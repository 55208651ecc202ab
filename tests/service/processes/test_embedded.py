"""The embedded server lets in nobody it should not, and tells its log nothing it was told."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from service.processes import lingering, postgres_binaries
from service.processes.embedded import Embedded, create_roles_sql
from service.processes.postgres_roles import OWNER, ROLES, SUPERUSER, USERS
from tests.service.conftest import Database

EVERYBODY = (SUPERUSER, *ROLES)


@pytest.fixture
def lone(data: Path) -> Iterator[Embedded]:
    """A server of this test alone."""
    with Embedded(data, durable=False) as running:
        yield running


def conninfo(server: Embedded, role: str, **changes: str) -> str:
    parts = {"host": str(server.socket), "port": str(server.port), "dbname": "fristad", "user": role}
    return psycopg.conninfo.make_conninfo("", **parts | changes)


def password(server: Embedded, role: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(server.conninfo(role))["password"])


# Who comes in


@pytest.mark.parametrize("role", EVERYBODY)
def test_nobody_connects_without_a_password(server: Embedded, role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(conninfo(server, role))


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("wrong", ["x", "fristad", "postgres"])
def test_nobody_connects_with_a_wrong_password(server: Embedded, role: str, wrong: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(conninfo(server, role, password=wrong))


@pytest.mark.parametrize("role", ROLES)
def test_nobody_connects_with_the_password_of_another_role(server: Embedded, role: str) -> None:
    for other in set(EVERYBODY) - {role}:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(conninfo(server, role, password=password(server, other)))


@pytest.mark.parametrize("role", EVERYBODY)
@pytest.mark.parametrize("method", ["none", "password", "md5", "gss", "sspi"])
def test_the_server_offers_no_other_method(server: Embedded, role: str, method: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="authentication"):
        psycopg.connect(conninfo(server, role, password=password(server, role), require_auth=method))


@pytest.mark.parametrize("role", EVERYBODY)
def test_a_role_connects_with_its_own_password_by_scram(server: Embedded, role: str) -> None:
    with psycopg.connect(
        conninfo(server, role, password=password(server, role), require_auth="scram-sha-256")
    ) as connection:
        assert connection.execute("SELECT current_user, session_user").fetchone() == (role, role)


def test_the_access_rules_and_the_stored_passwords_are_scram_alone(server: Embedded) -> None:
    with server.admin() as connection:
        rules = connection.execute("SELECT type, auth_method, error FROM pg_hba_file_rules").fetchall()
        stored = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolcanlogin").fetchall()
    assert rules == [("local", "scram-sha-256", None)]
    assert len(stored) == len(EVERYBODY)
    assert all(row[0].startswith("SCRAM-SHA-256$") for row in stored)


def test_no_network_unless_asked_for(server: Embedded) -> None:
    with server.admin() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    with pytest.raises(psycopg.OperationalError, match="onnection refused"):
        psycopg.connect(server.conninfo("fristad_solver", tcp=True))


def test_the_network_takes_solvers_alone(data: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Embedded(data, durable=False, tcp_port=port) as running:
        with psycopg.connect(running.conninfo("fristad_solver", tcp=True)) as connection:
            assert connection.execute("SELECT host(inet_server_addr())").fetchone() == ("127.0.0.1",)
        for role in set(EVERYBODY) - {"fristad_solver"}:
            with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
                psycopg.connect(running.conninfo(role, tcp=True))
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(conninfo(running, "fristad_solver", host="127.0.0.1", password="x"))


# What they may


@pytest.mark.parametrize("role", ROLES)
def test_no_role_has_powers_over_the_server(server: Embedded, role: str) -> None:
    with server.admin() as connection:
        powers = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles"
            " WHERE rolname = %s",
            [role],
        ).fetchone()
        member = connection.execute(
            "SELECT count(*) FROM pg_auth_members WHERE member = %s::regrole", [role]
        ).fetchone()
    assert powers == (False, False, False, False, False)
    assert member == (0,)


def test_public_has_no_rights(lone: Embedded) -> None:
    with lone.admin() as connection:
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'stranger'")
    for database in ("fristad", "postgres", "template1"):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(conninfo(lone, "stranger", password="stranger", dbname=database))
    with lone.admin("fristad") as connection:
        told = connection.execute(
            "SELECT has_schema_privilege('stranger', 'public', 'USAGE'),"
            " has_schema_privilege('stranger', 'public', 'CREATE'),"
            " has_database_privilege('stranger', 'fristad', 'TEMPORARY')"
        ).fetchone()
        connection.execute("DROP ROLE stranger")
    assert told == (False, False, False)


@pytest.mark.parametrize("role", USERS)
def test_a_user_makes_and_reads_nothing_it_was_not_granted(bare_database: Database, role: str) -> None:
    with bare_database.connect() as owner:
        owner.execute("CREATE TABLE secret (a int)")
    for statement in (
        "SELECT * FROM secret",
        "CREATE TABLE mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "SET ROLE fristad_owner",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SELECT rolpassword FROM pg_authid",
    ):
        with bare_database.connect(role) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)  # type: ignore[call-overload, unused-ignore]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "setting", ["log_statement", "log_min_messages", "log_error_verbosity", "log_min_error_statement"]
)
def test_no_role_makes_the_log_talk(server: Embedded, role: str, setting: str) -> None:
    with psycopg.connect(server.conninfo(role)) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("SELECT set_config(%s, 'default', false)", [setting])


def test_the_script_for_a_server_of_ones_own_makes_the_same_roles(lone: Embedded) -> None:
    wanted = """
        SELECT (SELECT array_agg(format('%s %s %s', rolname, rolsuper, rolbypassrls) ORDER BY rolname)
                FROM pg_roles WHERE rolname LIKE 'fristad%'),
               (SELECT format('%s %s', pg_get_userbyid(datdba), datacl) FROM pg_database WHERE datname = 'fristad'),
               (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public')"""
    with lone.admin("fristad") as connection:
        ours = connection.execute(wanted).fetchone()
    with lone.admin() as connection:
        connection.execute("DROP DATABASE fristad")
        for role in ROLES:
            connection.execute(f"DROP ROLE {role}")
    script = create_roles_sql()
    for role in ROLES:
        asked = f"\\password {role}\n"  # on a terminal, which a test has not
        assert asked in script
        script = script.replace(asked, f"ALTER ROLE {role} PASSWORD '{password(lone, role)}';\n")
    done = subprocess.run(
        [lone.programs / "bin" / "psql", "-X", "-v", "ON_ERROR_STOP=1", "-d", lone.conninfo(SUPERUSER, "postgres")],
        input=script,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    with lone.admin("fristad") as connection:
        assert connection.execute(wanted).fetchone() == ours


# What is kept and told


def test_a_night_is_held_at_most_once(bare_database: Database) -> None:
    with bare_database.connect() as connection:
        connection.execute("CREATE TABLE hold (a int8, b int8, EXCLUDE USING gist (int8range(a, b) WITH &&))")
        connection.execute("INSERT INTO hold VALUES (1, 3), (3, 5)")  # [1, 3) and [3, 5) touch and do not overlap
        with pytest.raises(errors.ExclusionViolation):
            connection.execute("INSERT INTO hold VALUES (4, 6)")


def test_commits_are_forced_to_the_disk_unless_a_test_says_otherwise(data: Path) -> None:
    names = ("fsync", "synchronous_commit", "full_page_writes", "data_checksums", "server_encoding", "TimeZone")
    with Embedded(data) as running, running.admin("fristad") as connection:
        found = [connection.execute("SELECT current_setting(%s)", [name]).fetchone() for name in names]
        locale = connection.execute("SELECT datcollate FROM pg_database WHERE datname = 'fristad'").fetchone()
    assert found == [("on",), ("on",), ("on",), ("on",), ("UTF8",), ("UTC",)]
    assert locale == ("C",)


def test_repr_shows_no_password(server: Embedded) -> None:
    for url in (server.url("fristad_front"), server.conninfo("fristad_front")):
        assert password(server, "fristad_front") in str(url)
        assert password(server, "fristad_front") not in f"{url!r} {server!r} {[url]}"


def test_an_unknown_role_has_no_address(server: Embedded) -> None:
    with pytest.raises(ValueError, match="no such database role"):
        server.url("fristad")


def test_no_value_reaches_the_log(lone: Embedded) -> None:
    marker = "marker5b0c"
    with psycopg.connect(lone.conninfo(OWNER), autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE person (name text PRIMARY KEY CHECK (name <> 'x'), number int)")
        connection.execute("INSERT INTO person VALUES (%s, 1)", [marker])
        for statement, given in (
            ("INSERT INTO person VALUES (%s, 1)", [marker]),  # the detail of a duplicate names the key
            ("SELECT %s::uuid", [marker]),  # the error repeats the value
            (f"SELECT {marker} FROM person", []),  # the error repeats the statement
        ):
            with pytest.raises(psycopg.Error, match=marker):
                connection.execute(statement, given)  # type: ignore[call-overload, unused-ignore]
        connection.execute("DO $$ BEGIN RAISE WARNING 'marker5b0c'; END $$")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(conninfo(lone, OWNER, password=marker, application_name=marker))
    with psycopg.connect(lone.conninfo(OWNER)) as connection:
        connection.execute("SELECT 'marker5b0c'")  # a crash's message names the statement that ran
        os.kill(connection.info.backend_pid, 9)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    wait_until_back(lone)
    log = (lone.data / "logs" / "postgres.log").read_text()
    assert "was terminated by signal 9" in log
    assert marker not in log


def wait_until_back(server: Embedded) -> None:
    for _ in range(500):
        try:
            server.admin().close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("the server did not come back after the crash of one connection")


# Whose it is


def test_the_server_is_never_root_and_its_folders_are_private(server: Embedded) -> None:
    for pid in lingering.servers(server.data / "postgres"):
        owner = os.stat(f"/proc/{pid}").st_uid
        assert owner != 0
        groups = Path(f"/proc/{pid}/status").read_text().split("Groups:")[1].splitlines()[0].split()
        assert "0" not in groups
    for name in ("postgres", "socket", "logs"):
        assert stat.S_IMODE((server.data / name).stat().st_mode) == 0o700
    for name in ("secrets.json", "postgres.lock", "logs/postgres.log"):
        assert stat.S_IMODE((server.data / name).stat().st_mode) == 0o600
        assert (server.data / name).stat().st_uid == os.geteuid()
    assert stat.S_IMODE((server.socket / ".s.PGSQL.5432").stat().st_mode) == 0o700


def modes(root: Path, *, without: Path) -> dict[str, tuple[int, int, int]]:
    """Mode and owners of everything below and above `root`, less what lies in `without`."""
    paths = [*root.rglob("*"), root, *root.parents, *postgres_binaries.installed().rglob("*")]
    return {
        str(path): (found.st_mode, found.st_uid, found.st_gid)
        for path in paths
        if path != without and without not in path.parents
        for found in [path.lstat()]
    }


def test_nothing_outside_the_data_folder_changes(tmp_path: Path) -> None:
    home = tmp_path / "home"
    for folder, mode in ((home, 0o700), (home / "open", 0o755), (home / "closed", 0o700)):
        folder.mkdir(mode)
        (folder / "file").touch(0o600)
    data = home / "closed" / "data"
    before = modes(tmp_path, without=data)
    with Embedded(data, durable=False) as running:
        assert running.running
        assert modes(tmp_path, without=data) == before
    assert modes(tmp_path, without=data) == before


def test_programs_in_a_closed_folder_are_copied_for_the_servers_user_and_removed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(0o700)
    installed = postgres_binaries.installed()
    package, programs = installed.parent, closed / installed.parent.name / installed.name
    for part in ("bin", "lib", "share"):
        shutil.copytree(installed / part, programs / part, symlinks=True)
    if (libraries := package.with_name(package.name + ".libs")).exists():
        shutil.copytree(libraries, closed / libraries.name)
    monkeypatch.setattr(postgres_binaries, "installed", lambda: programs)
    with Embedded(data, durable=False) as running:
        used = running.programs
        assert (used == programs) == (os.geteuid() != 0)  # only root drops to somebody who cannot look
        running.admin().close()
    assert used.exists() == (os.geteuid() != 0)
