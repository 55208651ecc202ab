"""The embedded server lets in nobody it should not, changes nothing outside its folder and survives being killed."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from service.processes.embedded import Embedded
from service.processes.postgres_roles import ROLES
from tests.service.conftest import Database


@pytest.mark.parametrize("role", ROLES)
def test_a_role_connects_with_its_password(bare_database: Database, role: str) -> None:
    with bare_database.connect(role) as connection:
        assert connection.execute("SELECT current_user, session_user").fetchone() == (role, role)


def test_a_night_is_held_at_most_once(bare_database: Database) -> None:
    with bare_database.connect() as connection:
        connection.execute("CREATE TABLE hold (a int8, b int8, EXCLUDE USING gist (int8range(a, b) WITH &&))")
        connection.execute("INSERT INTO hold VALUES (1, 3), (3, 5)")  # [1, 3) and [3, 5) touch and do not overlap
        with pytest.raises(errors.ExclusionViolation):
            connection.execute("INSERT INTO hold VALUES (4, 6)")


def test_repr_shows_no_password(server: Embedded) -> None:
    url = server.url("fristad_front")
    password = psycopg.conninfo.conninfo_to_dict(server.conninfo("fristad_front"))["password"]
    assert str(password) in str(url)
    assert str(password) not in f"{url!r} {server!r} {[url]}"
