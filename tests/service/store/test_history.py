"""History is only ever added to, and what must be unique is unique in the database itself."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.range import Range

from tests.service.conftest import Database
from tests.service.store.rows import add, fill

HISTORY = (
    "addresses",
    "assessment_versions",
    "case_signatures",
    "case_verifications",
    "case_versions",
    "claims",
    "counted_questions",
    "decisions",
    "facility_versions",
    "gate_versions",
    "intel_confirmations",
    "intel_versions",
    "offers",
    "person_answers",
    "provider_versions",
    "reveal_approvals",
    "stay_events",
)


def test_every_table_of_versions_is_history(database: Database) -> None:
    with database.admin() as connection:
        found = connection.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'only_added_to' AND tgenabled = 'A'"
        ).fetchall()
    names = {name.removeprefix("fristad.") for (name,) in found}
    assert names - {"audit_entries", "audit_checkpoints", "audit_head"} == set(HISTORY)


_DISGUISES = {
    "superuser": (),
    "owner": ("SET LOCAL ROLE fristad_owner",),
    "as if replicating": ("SET LOCAL session_replication_role = replica",),
}


@pytest.mark.parametrize("who", _DISGUISES)
@pytest.mark.parametrize("act", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nobody_changes_history(module_database: Database, act: str, who: str) -> None:
    with module_database.admin() as connection:
        if connection.execute("SELECT 1 FROM fristad.cases").fetchone() is None:
            fill(connection)
        for name in HISTORY:
            table, column = sql.Identifier("fristad", name), _a_column(connection, name)
            statement = sql.SQL(act).format(table, *([column, column] if "UPDATE" in act else []))
            with connection.transaction(force_rollback=True):
                for disguise in _DISGUISES[who]:
                    connection.execute(disguise)
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever added to"):
                    connection.execute(statement)


def _a_column(connection: psycopg.Connection, table: str) -> sql.Identifier:
    found = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", [f"fristad.{table}"]
    ).fetchone()
    assert found is not None
    return sql.Identifier(found[0])


def _bed(bed: int, first: int, after: int) -> Range[int]:
    return Range(bed * 2**20 + first, bed * 2**20 + after)


@pytest.mark.parametrize(
    ("second", "fits"),
    [
        (_bed(7, 100, 110), False),  # the same nights
        (_bed(7, 109, 120), False),  # the last night is taken
        (_bed(7, 110, 120), True),  # from the day the first one leaves
        (_bed(7, 90, 100), True),  # until the day the first one comes
        (_bed(8, 100, 110), True),  # the bed beside it
        (_bed(6, 0, 2**20), True),  # every night of another bed touches no other bed
    ],
)
def test_a_bed_night_is_held_once(database: Database, second: Range[int], fits: bool) -> None:
    with database.admin() as connection:
        case = add(connection, "cases")
        one, two = (add(connection, "stays", {"cases": case}, query_id=None) for _ in range(2))
        add(connection, "bed_nights", {"stays": one}, nights=_bed(7, 100, 110))
        if fits:
            add(connection, "bed_nights", {"stays": two}, nights=second)
        else:
            with pytest.raises(psycopg.errors.ExclusionViolation):
                add(connection, "bed_nights", {"stays": two}, nights=second)


@pytest.mark.parametrize("state", ["completed", "interrupted", "closed"])
def test_one_open_case_a_person(database: Database, state: str) -> None:
    person = b"the same person's tag"
    with database.admin() as connection:
        add(connection, "cases", person_tag=person, state=state)
        add(connection, "cases", person_tag=person, state="signed")  # re-entry after the first has ended
        add(connection, "cases", person_tag=person, state="opened")  # nobody is compared before two have signed
        add(connection, "cases", person_tag=person, state=state)
        with pytest.raises(psycopg.errors.UniqueViolation):
            add(connection, "cases", person_tag=person, state="signed")


def test_one_organisation_approves_once(database: Database) -> None:
    with database.admin() as connection:
        request = {"reveal_requests": add(connection, "reveal_requests", {"cases": add(connection, "cases")})}
        add(connection, "reveal_approvals", request, actor="a", organisation="police")
        with pytest.raises(psycopg.errors.UniqueViolation):
            add(connection, "reveal_approvals", request, actor="b", organisation="police")
        with pytest.raises(psycopg.errors.UniqueViolation):
            add(connection, "reveal_approvals", request, actor="a", organisation="municipality")


def test_one_duty_a_person_on_a_case(database: Database) -> None:
    with database.admin() as connection:
        case = {"cases": add(connection, "cases")}
        add(connection, "case_duties", case, actor="a", duty="assessor")
        with pytest.raises(psycopg.errors.UniqueViolation):
            add(connection, "case_duties", case, actor="a", duty="decider")


def test_one_answer_a_case_and_version(database: Database) -> None:
    with database.admin() as connection:
        case = {"cases": add(connection, "cases")}
        add(connection, "queries", case, assessment_version=1)
        add(connection, "queries", case, assessment_version=2)
        with pytest.raises(psycopg.errors.UniqueViolation):
            add(connection, "queries", case, assessment_version=2)


@pytest.mark.parametrize(("table", "column"), [("cases", "state"), ("stays", "kind"), ("decisions", "outcome")])
def test_words_are_those_of_the_vocabulary(database: Database, table: str, column: str) -> None:
    with database.admin() as connection:
        case = {"cases": add(connection, "cases"), "queries": uuid4()}
        with pytest.raises(psycopg.errors.CheckViolation):
            add(connection, table, case, **{column: "anything"})
