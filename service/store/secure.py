"""Rights and row-level security of a database, made from nothing each time: what was granted by hand is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from service.store import row_security
from service.store.roles import BACK, FRONT, FUNCTIONS, SOLVER, USERS, grants
from service.store.tables import SCHEMA, metadata

__all__ = ["secure", "strip"]

_SEEN_BY: Final = {FRONT: row_security.role("auditor"), BACK: "true"}
"""Who reads the trail: the auditor in front; the back shows it to the witness, and no person."""


def strip(connection: Connection) -> None:
    """Take every right of the three users away, every policy, and the force that hides rows from their owner."""
    policies = text("SELECT tablename, policyname FROM pg_policies WHERE schemaname = :schema")
    for table, policy in connection.execute(policies, {"schema": SCHEMA}).all():
        connection.execute(text(f"DROP POLICY {policy} ON {SCHEMA}.{table}"))
    forced = text(
        "SELECT relname FROM pg_class WHERE relnamespace = CAST(:schema AS regnamespace) AND relforcerowsecurity"
    )
    for table in connection.execute(forced, {"schema": SCHEMA}).scalars().all():
        connection.execute(text(f"ALTER TABLE {SCHEMA}.{table} NO FORCE ROW LEVEL SECURITY"))
    for name in row_security.NAMES:
        connection.execute(text(f"DROP FUNCTION IF EXISTS {SCHEMA}.{name}"))
    users = ", ".join((*USERS, "PUBLIC"))
    for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
        connection.execute(text(f"REVOKE ALL ON ALL {kind} IN SCHEMA {SCHEMA} FROM {users}"))
    connection.execute(text(f"REVOKE ALL ON SCHEMA {SCHEMA} FROM {users}"))


def secure(connection: Connection) -> None:
    """Grant exactly what `roles` and `row_security` say; run by the owner, at the newest revision."""
    strip(connection)
    for statement in _statements():
        connection.execute(text(statement))
    callable_by_rule = connection.execute(
        text(
            "SELECT p.oid::regprocedure::text, p.proname FROM pg_proc AS p"
            " WHERE p.pronamespace = 'fristad'::regnamespace AND p.prorettype <> 'trigger'::regtype"
            " AND starts_with(p.proname, 'procrastinate_')"
        )
    )
    for signature, name in callable_by_rule.all():
        to = ", ".join(FUNCTIONS.get(name, (SOLVER,)))
        connection.execute(text(f"GRANT EXECUTE ON FUNCTION {signature} TO {to}"))


def _statements() -> Iterator[str]:
    for function in row_security.functions():
        yield function.replace(":", "\\:")
    yield from row_security.policies(tuple(table.name for table in metadata.sorted_tables))
    for table in ("audit_entries", "audit_checkpoints"):
        yield f"ALTER TABLE {SCHEMA}.{table} ENABLE ROW LEVEL SECURITY"
        for user, rows in _SEEN_BY.items():
            name = f"{user.removeprefix('fristad_')}_select"
            yield f"CREATE POLICY {name} ON {SCHEMA}.{table} FOR SELECT TO {user} USING ({rows})"
    yield from grants()
    for name, users in row_security.NAMES.items():
        yield f"REVOKE ALL ON FUNCTION {SCHEMA}.{name} FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION {SCHEMA}.{name} TO {', '.join(users)}"
