"""Which rows each database role sees and writes, by the actor its transaction is scoped to.

`service.policies` decides what an act may do; this is the same again, coarser, by the database itself: a unit sees its
own cases and what hangs on them, the municipality those it decides on, a coordinator the detail of a case claimed, the
police at a destination the one stay they are asked about. A role that is not named sees nothing, nor does a connection
that says no role; a table without a policy gives no row to anybody.

Every table has ``FORCE ROW LEVEL SECURITY``: a login of the owner sees no row either. Only inside the functions below,
called by another role, does the owner look at rows, and they tell an actor their own cases. While a migration runs the
force is lifted, in its own transaction; a backup is made by a superuser.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from service.actors import FRONT_ROLES
from service.store.roles import BACK, FRONT, OWNER, RIGHTS, SOLVER, USERS
from service.store.tables import metadata

__all__ = ["NAMES", "POLICIES", "Policy", "functions", "policies"]


@dataclass(frozen=True)
class Policy:
    """Rows a database role may see or write.

    Parameters
    ----------
    table, to : the table and the database role
    commands : SELECT, INSERT, UPDATE, DELETE, separated by blanks
    rows : which rows; for INSERT and UPDATE also what a row must be afterwards
    """

    table: str
    to: str
    commands: str
    rows: str

    def statements(self) -> Iterator[str]:
        """One CREATE POLICY for each command."""
        for command in self.commands.split():
            name = f"{self.to.removeprefix('fristad_')}_{command.lower()}"
            clauses = {
                "SELECT": f"USING ({self.rows})",
                "DELETE": f"USING ({self.rows})",
                "INSERT": f"WITH CHECK ({self.rows})",
                "UPDATE": f"USING ({self.rows}) WITH CHECK ({self.rows})",
            }
            yield f"CREATE POLICY {name} ON fristad.{self.table} FOR {command} TO {self.to} {clauses[command]}"


_KEPT: Final = frozenset(table.name for table in metadata.sorted_tables)
ACTOR: Final = "fristad.acting('actor')"
PSEUDONYM: Final = "fristad.acting('pseudonym')"
ORGANISATION: Final = "fristad.acting('organisation')"
ROLE: Final = "fristad.acting('role')"
UNIT: Final = "fristad.acting('unit')"
SYSTEM: Final = f"{ROLE} = 'system'"


def role(*names: str) -> str:
    """The actor has one of these roles.

    Examples
    --------
    >>> role("auditor")
    "fristad.acting('role') IN ('auditor')"
    """
    return f"{ROLE} IN ({', '.join(repr(name) for name in names)})"


def _case_of(table: str, *names: str, column: str = "case_id") -> str:
    """An actor of these roles who sees the case itself."""
    return f"{role(*names)} AND EXISTS (SELECT FROM fristad.cases AS seen WHERE seen.id = {table}.{column})"


def _any(*conditions: str) -> str:
    return " OR ".join(f"({condition})" for condition in conditions)


def _claimed(table: str) -> str:
    """The coordinator who has claimed the row's case."""
    return f"{role('coordinator')} AND {table}.case_id IN (SELECT fristad.claimed_cases())"


_CASES_FRONT: Final = _any(
    f"{role('assessor', 'requester')} AND unit = {UNIT} AND organisation = {ORGANISATION}",
    f"{role('decider')} AND municipality_unit = {UNIT} AND municipality_organisation = {ORGANISATION}",
    f"{role('assessor', 'requester')} AND organisation = {ORGANISATION} AND id IN (SELECT fristad.assigned_cases())",
    f"{role('approver')} AND id IN (SELECT fristad.reveal_cases())",
)
_CASES_BACK: Final = _any(
    role("coordinator", "security_officer"),
    f"{role('receiving_bops')} AND (id IN (SELECT fristad.asked_cases()) OR id IN (SELECT fristad.named_cases()))",
    f"{role('follow_up')} AND id IN (SELECT fristad.named_cases())",
)
_OWN_TASKS: Final = f"for_role = {ROLE} AND (for_unit IS NULL OR for_unit = {UNIT})"
_STAYS_BACK: Final = _any(
    _claimed("stays"),
    f"{role('coordinator')} AND case_id IS NULL",
    f"{role('receiving_bops')} AND id IN (SELECT fristad.asked_stays())",
    f"{role('receiving_bops', 'follow_up', 'coordinator')} AND case_id IN (SELECT fristad.named_cases())",
    role("security_officer"),
)
_STAY_SEEN: Final = "EXISTS (SELECT FROM fristad.stays AS seen WHERE seen.id = {table}.stay_id)"
_QUERY_SEEN: Final = "EXISTS (SELECT FROM fristad.queries AS seen WHERE seen.id = slots.query_id)"
_REQUEST_SEEN: Final = "EXISTS (SELECT FROM fristad.reveal_requests AS seen WHERE seen.id = {table}.request_id)"


def _front() -> Iterator[Policy]:
    yield Policy("cases", FRONT, "SELECT UPDATE", _CASES_FRONT)
    yield Policy("cases", FRONT, "INSERT", f"{role('requester')} AND unit = {UNIT} AND organisation = {ORGANISATION}")
    for table, readers, writers in (
        ("case_versions", ("requester", "assessor", "decider"), ("requester",)),
        ("gate_versions", ("requester", "assessor", "decider"), ("requester",)),
        ("case_signatures", ("requester", "assessor", "decider"), ("requester", "decider")),
        ("assignments", ("requester", "assessor", "decider", "approver"), ("requester",)),
        ("assessment_versions", ("requester", "assessor", "decider"), ("assessor",)),
        ("decisions", ("requester", "assessor", "decider", "approver"), ("decider",)),
        ("person_answers", ("requester", "decider"), ("requester",)),
        ("queries", ("requester", "assessor", "decider"), ("requester",)),
    ):
        yield Policy(table, FRONT, "SELECT", _case_of(table, *readers))
        yield Policy(table, FRONT, "INSERT", _case_of(table, *writers))
    yield Policy("queries", FRONT, "UPDATE", _case_of("queries", "requester"))
    yield Policy("offers", FRONT, "SELECT", _case_of("offers", "requester", "decider"))
    yield Policy("assignments", FRONT, "UPDATE", _case_of("assignments", "requester"))
    own_duty = _case_of("case_duties", "requester", "assessor", "decider", "approver") + f" AND actor = {ACTOR}"
    yield Policy("case_duties", FRONT, "SELECT", _any(own_duty, _case_of("case_duties", "requester")))
    yield Policy("case_duties", FRONT, "INSERT", own_duty)
    yield Policy("slots", FRONT, "SELECT", f"{role('requester', 'decider')} AND {_QUERY_SEEN}")
    yield Policy("slots", FRONT, "UPDATE", f"{role('requester')} AND {_QUERY_SEEN}")
    own = f"{role('assessor')} AND unit = {UNIT}"
    # a second source is of another unit: it must see that the record is there; reading it is another matter
    yield Policy("intel_versions", FRONT, "SELECT", role("network_keeper", "assessor"))
    yield Policy("intel_versions", FRONT, "INSERT", _any(role("network_keeper"), own))
    yield Policy("intel_confirmations", FRONT, "SELECT", role("network_keeper", "assessor"))
    yield Policy("intel_confirmations", FRONT, "INSERT", f"{role('network_keeper', 'assessor')} AND actor = {ACTOR}")
    asked = _any(role("approver"), _case_of("reveal_requests", "requester"))
    yield Policy("reveal_requests", FRONT, "SELECT UPDATE", asked)
    yield Policy("reveal_requests", FRONT, "INSERT", _case_of("reveal_requests", "requester"))
    seen = _REQUEST_SEEN.format(table="reveal_approvals")
    yield Policy("reveal_approvals", FRONT, "SELECT", f"{role('approver', 'requester')} AND {seen}")
    yield Policy("reveal_approvals", FRONT, "INSERT", f"{role('approver')} AND actor = {ACTOR} AND {seen}")
    about = _case_of("tasks", "requester", "assessor", "decider", "approver")
    # a task of the police at a destination names their region, which is where the person would be
    in_front = f"for_role IN ({', '.join(sorted(repr(one.value) for one in FRONT_ROLES))})"
    yield Policy("tasks", FRONT, "SELECT UPDATE", f"{in_front} AND ({_any(_OWN_TASKS, about)})")
    yield Policy("alarms", FRONT, "SELECT UPDATE", role("security_officer", "auditor"))


def _back() -> Iterator[Policy]:
    for table, commands, rows in _back_rows():
        yield Policy(table, BACK, commands, _any(SYSTEM, rows))


def _back_rows() -> Iterator[tuple[str, str, str]]:
    yield "cases", "SELECT UPDATE", _CASES_BACK
    yield "cases", "INSERT", f"{role('coordinator')} AND is_emergency AND claimed_by = {ACTOR}"
    for table in ("case_versions", "gate_versions", "assessment_versions"):
        asked = f"{role('receiving_bops')} AND {table}.case_id IN (SELECT fristad.asked_cases())"
        yield table, "SELECT", _any(_claimed(table), asked)
    for table in ("case_versions", "gate_versions", "offers"):
        yield table, "INSERT", _claimed(table)
    for table in ("assignments", "case_duties", "decisions", "person_answers", "queries", "offers"):
        yield table, "SELECT", _claimed(table)
    yield "case_duties", "INSERT", f"{role('coordinator')} AND actor = {ACTOR}"
    yield "destination_duties", "SELECT INSERT", f"{role('receiving_bops')} AND actor = {PSEUDONYM}"
    yield "slots", "SELECT", f"{role('coordinator')} AND {_QUERY_SEEN}"
    yield "case_verifications", "SELECT", _claimed("case_verifications")
    yield "case_verifications", "INSERT", f"{_claimed('case_verifications')} AND actor = {ACTOR}"
    yield "claims", "SELECT INSERT", f"{role('coordinator')} AND actor = {ACTOR}"
    yield "stays", "SELECT INSERT UPDATE", _STAYS_BACK
    seen = f"{role('coordinator', 'receiving_bops', 'follow_up', 'security_officer')} AND {_STAY_SEEN}"
    yield "stay_persons", "SELECT INSERT DELETE", seen.format(table="stay_persons")
    yield "bed_nights", "SELECT INSERT UPDATE DELETE", seen.format(table="bed_nights")
    yield "stay_events", "SELECT INSERT", seen.format(table="stay_events")
    for table in ("provider_versions", "facility_versions"):
        yield table, "SELECT", role("registrar", "coordinator", "receiving_bops", "follow_up", "security_officer")
        yield table, "INSERT", role("registrar")
    yield "addresses", "SELECT", role("registrar", "coordinator", "receiving_bops", "follow_up", "security_officer")
    yield "addresses", "INSERT", role("registrar")
    named = f"receiver = {ACTOR}"
    yield "reveal_requests", "SELECT UPDATE", _any(_claimed("reveal_requests"), named)
    yield "reveal_approvals", "SELECT", _REQUEST_SEEN.format(table="reveal_approvals")
    yield "reveal_tokens", "SELECT INSERT UPDATE", named
    yield "standing_access", "SELECT", _any(_claimed("standing_access"), f"actor = {ACTOR}")
    yield "standing_access", "INSERT UPDATE", _claimed("standing_access")
    followed = f"{role('follow_up')} AND tasks.case_id IN (SELECT fristad.named_cases())"
    # of the questions that were answered the police see only those they answered themselves: no unit stands there now
    own = f"{_OWN_TASKS} AND (done_at IS NULL OR {ROLE} <> 'receiving_bops' OR done_by = {PSEUDONYM})"
    yield "tasks", "SELECT UPDATE", _any(own, role("coordinator"), followed)
    yield "alarms", "SELECT UPDATE", role("security_officer")
    yield "emergencies", "SELECT INSERT UPDATE", role("coordinator")
    yield "plans", "SELECT INSERT", role("coordinator")
    yield "hold_orders", "SELECT INSERT", _claimed("hold_orders")


def _all() -> Iterator[Policy]:
    yield from _front()
    yield from _back()
    for table, rights in RIGHTS.items():
        words = rights.get(SOLVER, "")
        commands = [command for command in ("SELECT", "INSERT", "UPDATE", "DELETE") if command in words]
        if table in _KEPT and table != "register_state":
            yield Policy(table, SOLVER, " ".join(commands), SYSTEM)
    for user in (FRONT, BACK, SOLVER):
        yield Policy("register_state", user, "SELECT UPDATE", "true")
    for user in (FRONT, BACK):
        process = user.removeprefix("fristad_")
        for table in ("tasks", "alarms"):  # whoever acts may leave work to others; it names nobody
            yield Policy(table, user, "INSERT", f"{ROLE} <> ''")
        mine = f"process = '{process}' AND ({_any(SYSTEM, f'actor = {PSEUDONYM}')})"
        yield Policy("idempotency", user, "SELECT INSERT DELETE", mine)


POLICIES: Final = tuple(_all())
"""Every policy of the three users."""

_ASKED: Final = (
    "FROM fristad.tasks WHERE kind = 'check_destination' AND done_at IS NULL"
    " AND for_role = fristad.acting('role') AND for_unit = fristad.acting('unit')"
)
_NOW: Final = "from_at <= fristad.acting_at() AND (until_at IS NULL OR until_at > fristad.acting_at())"
_OWN: Final[dict[str, tuple[str, str]]] = {
    "assigned_cases": (
        FRONT,
        "SELECT case_id FROM fristad.assignments"
        f" WHERE actor = fristad.acting('actor') AND role = fristad.acting('role') AND {_NOW}",
    ),
    # a requester writes of networks but reads none of their records: that one exists is all there is to know
    "known_networks": (
        FRONT,
        "SELECT record_id FROM fristad.intel_versions"
        " WHERE kind = 'network' AND fristad.acting('role') IN ('requester', 'assessor', 'network_keeper')",
    ),
    "reveal_cases": (
        FRONT,
        "SELECT case_id FROM fristad.reveal_requests"
        " WHERE fristad.acting('role') = 'approver' AND state IN ('asked', 'approved', 'issued', 'used')",
    ),
    "claimed_cases": (
        BACK,
        "SELECT id FROM fristad.cases WHERE claimed_by = fristad.acting('actor')"
        " AND claimed_at > fristad.acting_at() - interval '12 hours'",  # coordination.CLAIM_LASTS
    ),
    # whoever may call these two learns in which region somebody would be: never the front
    "asked_cases": (BACK, f"SELECT case_id {_ASKED} AND case_id IS NOT NULL"),
    "asked_stays": (BACK, f"SELECT stay_ref {_ASKED} AND stay_ref IS NOT NULL"),
    "named_cases": (
        BACK,
        "SELECT case_id FROM fristad.reveal_requests"
        " WHERE receiver = fristad.acting('actor') AND state IN ('approved', 'issued', 'used')"
        " UNION ALL SELECT case_id FROM fristad.standing_access"
        f" WHERE actor = fristad.acting('actor') AND ended_at IS NULL AND {_NOW}",
    ),
}
"""The actor's own cases and stays by what another table says: who may ask, and the question. A policy asks once a
statement; the path of each is closed, so that nothing recurs."""


NAMES: Final = {
    "acting(text)": USERS,
    "acting_at()": USERS,
    **{f"{name}()": (user,) for name, (user, _) in _OWN.items()},
}
"""The functions that policies call, and which database roles may."""


def functions() -> Iterator[str]:
    """What the policies call; made anew each time."""
    yield (
        "CREATE FUNCTION fristad.acting(setting text) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE"
        " RETURN coalesce(current_setting('fristad.' || setting, true), '')"
    )
    yield (
        "CREATE FUNCTION fristad.acting_at() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE RETURN"
        " coalesce(nullif(current_setting('fristad.now', true), '')::timestamptz, now())"
    )
    for name, (_, question) in _OWN.items():
        yield (
            f"CREATE FUNCTION fristad.{name}() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER"
            f" SET search_path = pg_catalog, pg_temp AS $${question}$$"
        )


def policies(tables: tuple[str, ...]) -> Iterator[str]:
    """Row-level security of these tables: forced, and with the policies above."""
    for table in tables:
        yield f"ALTER TABLE fristad.{table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE fristad.{table} FORCE ROW LEVEL SECURITY"
        yield (
            f"CREATE POLICY within_functions ON fristad.{table} TO {OWNER} USING (session_user <> current_user)"
            " WITH CHECK (session_user <> current_user)"
        )
    for policy in POLICIES:
        yield from policy.statements()
