"""What each database role may do with each table, each function and each sequence: the whole table, deny by default.

s select, i insert, u update of some column, d delete; nobody may truncate, reference or hang triggers on anything.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from tests.service.conftest import Database

USERS = ("fristad_front", "fristad_back", "fristad_solver")

# table: front, back, solver. A table that is not here fails the test.
EXPECTED = {
    "addresses": ("", "si", ""),
    "alarms": ("siu", "siu", "si"),
    "alembic_version": ("s", "s", "s"),
    "assessment_versions": ("si", "s", "s"),
    "assignments": ("siu", "s", "s"),
    "audit_checkpoints": ("s", "s", ""),
    "audit_entries": ("s", "s", ""),
    "audit_head": ("", "", ""),
    "bed_nights": ("", "siud", "siud"),
    "case_duties": ("si", "si", ""),
    "case_signatures": ("si", "", ""),
    "case_verifications": ("", "si", ""),
    "case_versions": ("si", "si", "s"),
    "cases": ("siu", "siu", "su"),
    "claims": ("", "si", ""),
    "counted_questions": ("", "", "si"),
    "decisions": ("si", "s", "s"),
    "destination_duties": ("", "si", ""),
    "emergencies": ("", "siu", "su"),
    "facility_versions": ("", "si", "s"),
    "gate_versions": ("si", "si", "s"),
    "hold_orders": ("", "si", "su"),
    "idempotency": ("sid", "sid", ""),
    "intel_confirmations": ("si", "", "s"),
    "intel_versions": ("si", "", "s"),
    "offers": ("s", "si", "si"),
    "person_answers": ("si", "s", "s"),
    "plans": ("", "si", "siu"),
    "procrastinate_events": ("", "", "siud"),
    "procrastinate_jobs": ("", "", "siud"),
    "procrastinate_periodic_defers": ("", "", "siud"),
    "procrastinate_workers": ("", "", "siud"),
    "provider_versions": ("", "si", "s"),
    "queries": ("siu", "s", "su"),
    "register_state": ("su", "su", "su"),
    "reveal_approvals": ("si", "s", ""),
    "reveal_requests": ("siu", "su", ""),
    "reveal_tokens": ("", "siu", ""),
    "slot_backing": ("", "", "sid"),
    "slots": ("su", "s", "siud"),
    "standing_access": ("", "siu", ""),
    "stay_events": ("", "si", "si"),
    "stay_persons": ("", "sid", "sid"),
    "stays": ("", "siu", "siu"),
    "tasks": ("siu", "siu", "siu"),
}

# Which columns may be changed; in every other table with an update the test asks for all of them one by one too.
CHANGEABLE = {
    ("cases", "fristad_front"): {"state", "state_since", "triage", "end_reason", "told_from"},
    ("cases", "fristad_back"): {"state", "state_since", "end_reason", "claimed_by", "claimed_at", "offer_ref"},
    ("cases", "fristad_solver"): {"state", "state_since", "end_reason", "offer_ref"},
    ("assignments", "fristad_front"): {"until_at"},
    ("queries", "fristad_front"): {"asked_at", "release_at", "expires_at", "state", "sealed"},  # asked again
    ("queries", "fristad_solver"): {"state", "sealed"},
    ("slots", "fristad_front"): {"preference", "preferred_at"},
    ("slots", "fristad_solver"): {"preference", "preferred_at"},
    ("stays", "fristad_back"): {"state", "state_since", "version", "sealed", "held_until"},
    ("stays", "fristad_solver"): {"state", "state_since", "version", "sealed", "held_until"},
    ("bed_nights", "fristad_back"): {"nights"},
    ("bed_nights", "fristad_solver"): {"nights"},
    ("reveal_requests", "fristad_front"): {"state"},
    ("reveal_requests", "fristad_back"): {"state"},
    ("reveal_tokens", "fristad_back"): {"used_at", "failed_uses"},
    ("standing_access", "fristad_back"): {"ended_at"},
    ("tasks", "fristad_front"): {"done_at", "done_by", "outcome"},
    ("tasks", "fristad_back"): {"done_at", "done_by", "for_unit", "outcome"},
    ("tasks", "fristad_solver"): {"done_at", "done_by", "for_unit", "outcome"},
    ("alarms", "fristad_front"): {"answered_at", "answered_by"},
    ("alarms", "fristad_back"): {"answered_at", "answered_by"},
    ("emergencies", "fristad_back"): {"reviewed_at", "reviewed_by", "state"},
    ("emergencies", "fristad_solver"): {"answered_at", "state", "sealed"},
    ("plans", "fristad_solver"): {"finished_at", "revision", "state", "sealed"},
    ("hold_orders", "fristad_solver"): {"finished_at", "stay_ref", "state"},
    ("register_state", "fristad_front"): {"revision"},
    ("register_state", "fristad_back"): {"revision", "judged_revision"},
    ("register_state", "fristad_solver"): {"revision", "judged_revision", "judged_at"},
}
OF_THE_QUEUE = "procrastinate_"  # its functions are the solver's, but for the one that defers

# function: who may call it
CALLABLE = {
    "acting": USERS,
    "acting_at": USERS,
    "append_audit": USERS,
    "asked_cases": ("fristad_back",),  # in which region somebody would be: never the front
    "asked_stays": ("fristad_back",),
    "assigned_cases": ("fristad_front",),
    "claimed_cases": ("fristad_back",),
    "known_networks": ("fristad_front",),
    "lock_audit_head": ("fristad_back",),
    "named_cases": ("fristad_back",),
    "procrastinate_defer_jobs_v1": USERS,
    "record_audit_checkpoint": ("fristad_back",),
    "refuse_audit_change": (),
    "refuse_change": (),
    "reveal_cases": ("fristad_front",),
}

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'fristad' ORDER BY 1"
_SCOPED = "SELECT relname FROM pg_class WHERE relnamespace = 'fristad'::regnamespace AND relkind = 'r'"
_FUNCTIONS = (
    "SELECT oid, proname, prorettype = 'trigger'::regtype FROM pg_proc WHERE pronamespace = 'fristad'::regnamespace"
)


@pytest.fixture(scope="module")
def admin(module_database: Database) -> Iterator[psycopg.Connection]:
    with module_database.admin() as connection:
        yield connection


def _may(admin: psycopg.Connection, question: str, *told: object) -> bool:
    found = admin.execute(f"SELECT {question}", told).fetchone()
    return found is not None and bool(found[0])


def test_every_table_has_a_row_and_every_row_a_table(admin: psycopg.Connection) -> None:
    assert [name for (name,) in admin.execute(_TABLES).fetchall()] == sorted(EXPECTED)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("table", sorted(EXPECTED))
def test_a_role_may_do_exactly_this(admin: psycopg.Connection, table: str, user: str) -> None:
    words = {"s": "SELECT", "i": "INSERT", "u": "UPDATE", "d": "DELETE"}
    found = ""
    for letter, word in words.items():
        of_some_column = letter != "d" and _may(
            admin, "has_any_column_privilege(%s, %s, %s)", user, f"fristad.{table}", word
        )
        whole = _may(admin, "has_table_privilege(%s, %s, %s)", user, f"fristad.{table}", word)
        found += letter if of_some_column or whole else ""
    assert found == EXPECTED[table][USERS.index(user)]
    for word in ("TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"):
        assert not _may(admin, "has_table_privilege(%s, %s, %s)", user, f"fristad.{table}", word)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("table", sorted(EXPECTED))
def test_a_role_may_change_exactly_these_columns(admin: psycopg.Connection, table: str, user: str) -> None:
    columns = admin.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [f"fristad.{table}"],
    ).fetchall()
    question = "has_column_privilege(%s, %s, %s, 'UPDATE')"
    found = {name for (name,) in columns if _may(admin, question, user, f"fristad.{table}", name)}
    if table.startswith(OF_THE_QUEUE):
        assert bool(found) is (user == "fristad_solver")
    else:
        assert found == CHANGEABLE.get((table, user), set())


def test_every_function_has_a_row_and_only_these_roles_call_it(admin: psycopg.Connection) -> None:
    found = admin.execute(_FUNCTIONS).fetchall()
    for oid, name, is_trigger in found:
        callers = {user for user in USERS if _may(admin, "has_function_privilege(%s, %s::oid, 'EXECUTE')", user, oid)}
        if is_trigger:
            expected: set[str] = set()
        elif name.startswith(OF_THE_QUEUE) and name not in CALLABLE:
            expected = {"fristad_solver"}
        else:
            expected = set(CALLABLE[name])
        assert callers == expected, "another role may call a function"
    assert CALLABLE.keys() <= {name for _, name, _ in found}


def test_functions_that_run_with_the_owners_rights_have_their_path_closed(admin: psycopg.Connection) -> None:
    open_ones = admin.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'fristad'::regnamespace AND prosecdef"
        " AND NOT EXISTS (SELECT FROM unnest(proconfig) AS told WHERE told LIKE 'search_path=%%pg_temp')"
    ).fetchall()
    assert open_ones == []


def test_sequences_are_for_those_who_insert(admin: psycopg.Connection) -> None:
    sequences = admin.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'fristad'").fetchall()
    for (name,) in sequences:
        users = {
            user for user in USERS if _may(admin, "has_sequence_privilege(%s, %s, 'USAGE')", user, f"fristad.{name}")
        }
        assert users == ({"fristad_back", "fristad_solver"} if name == "stay_events_seq_seq" else {"fristad_solver"})
        for user in USERS:
            assert not _may(admin, "has_sequence_privilege(%s, %s, 'SELECT, UPDATE')", user, f"fristad.{name}")


def test_no_role_makes_anything_in_the_schema(admin: psycopg.Connection) -> None:
    for user in USERS:
        assert not _may(admin, "has_schema_privilege(%s, 'fristad', 'CREATE')", user)
        assert not _may(admin, "has_schema_privilege(%s, 'public', 'CREATE')", user)
        assert not _may(admin, "has_database_privilege(%s, current_database(), 'CREATE')", user)
        assert not _may(admin, "has_database_privilege(%s, current_database(), 'TEMPORARY')", user)


def test_rows_are_hidden_by_force_in_every_table_of_the_register(admin: psycopg.Connection) -> None:
    bare = admin.execute(f"{_SCOPED} AND NOT (relrowsecurity AND relforcerowsecurity)").fetchall()
    beside = {name for (name,) in bare if not name.startswith(OF_THE_QUEUE)}
    # the trail's owner reads it for exports; the revision number is nobody's secret
    assert beside == {"alembic_version", "audit_entries", "audit_head", "audit_checkpoints"}
