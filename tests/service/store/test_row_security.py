"""Who sees which rows: units apart, strangers nothing, a claim opens one case, a question opens one stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from service.actors import Role
from service.store.tables import metadata
from tests.service.conftest import Database
from tests.service.store.rows import NOW, acting, add, an_entry, seen

TABLES = tuple(table.name for table in metadata.sorted_tables if table.name not in ("register_state", "idempotency"))
OF_A_CASE = ("case_versions", "gate_versions", "assessment_versions", "assignments", "decisions", "queries", "offers")


@dataclass(frozen=True)
class World:
    """Two cases of two units in two municipalities, each with a row in every table that hangs on a case."""

    database: Database
    ids: list[dict[str, UUID]] = field(default_factory=list)

    def sees(self, user: str, role: str, unit: str, actor: str = "nobody") -> set[str]:
        """The tables an actor sees any row of."""
        with acting(self.database, user, role, unit, actor) as connection:
            return {name for name in TABLES if seen(connection, name) > 0}

    def count(self, table: str, user: str, role: str, unit: str = "elsewhere", actor: str = "nobody") -> int:
        """How many rows of a table an actor sees."""
        with acting(self.database, user, role, unit, actor) as connection:
            return seen(connection, table)


def _one_case(connection: psycopg.Connection, letter: str) -> dict[str, UUID]:
    ids: dict[str, UUID] = {}
    given: dict[str, dict[str, object]] = {
        "cases": {
            "unit": f"unit-{letter}",
            "organisation": "organisation",
            "municipality_unit": f"town-{letter}",
            "municipality_organisation": "organisation",
            "claimed_by": f"coordinator-{letter}",
        },
        "assignments": {"actor": f"substitute-{letter}", "role": "requester", "unit": "third", "until_at": None},
        "case_duties": {"actor": f"requester-{letter}"},
        "intel_versions": {"unit": f"unit-{letter}"},
        "reveal_requests": {"receiver": f"team-{letter}", "state": "approved"},
        "reveal_tokens": {"receiver": f"team-{letter}"},
        "standing_access": {
            "actor": f"follow-{letter}",
            "from_at": NOW - timedelta(days=1),
            "until_at": NOW + timedelta(days=1),
            "ended_at": None,
        },
        "tasks": {"kind": "check_destination", "for_role": "receiving_bops", "for_unit": f"bops-{letter}"},
        "claims": {"actor": f"coordinator-{letter}"},
        "bed_nights": {"nights": psycopg.types.range.Range(ord(letter) * 2**20, ord(letter) * 2**20 + 3)},
    }
    stay = uuid4()
    given["stays"] = {"id": stay}
    given["tasks"] |= {"done_at": None, "done_by": None, "outcome": None, "stay_ref": stay}
    for table in metadata.sorted_tables:
        if table.name in TABLES:
            ids[table.name] = add(connection, table.name, ids, **given.get(table.name, {}))
    return ids


@pytest.fixture(scope="module")
def world(module_database: Database) -> World:
    with module_database.admin() as connection:
        return World(module_database, [_one_case(connection, letter) for letter in "ab"])


CASE_READERS = [
    ("requester", "unit-a", "anybody"),
    ("requester", "third", "substitute-a"),
    ("assessor", "unit-a", "anybody"),
    ("decider", "town-a", "anybody"),
]


@pytest.mark.parametrize(("role", "unit", "actor"), CASE_READERS)
def test_a_unit_sees_its_own_case_and_no_other(world: World, role: str, unit: str, actor: str) -> None:
    for table in ("cases", "case_versions", "gate_versions"):
        assert world.count(table, "front", role, unit, actor) == 1
    with acting(world.database, "front", role, unit, actor) as connection:
        for table in (*OF_A_CASE, "case_signatures", "case_duties", "slots", "reveal_requests"):
            assert seen(connection, table) <= 1
            if "case_id" in metadata.tables[f"fristad.{table}"].columns:
                others = f"SELECT FROM fristad.{table} WHERE case_id <> %s".encode()
                assert connection.execute(others, [world.ids[0]["cases"]]).fetchone() is None


@pytest.mark.parametrize("role", ["", *Role])
@pytest.mark.parametrize("unit", ["elsewhere", "", "third"])
def test_a_stranger_in_front_sees_nothing_of_any_case(world: World, role: str, unit: str) -> None:
    of_the_role = {
        "approver": {"cases", "decisions", "assignments", "reveal_requests", "reveal_approvals"},
        "network_keeper": {"intel_versions", "intel_confirmations"},
        "assessor": {"intel_versions", "intel_confirmations"},  # a second source must find the record
        "security_officer": {"alarms"},
        "auditor": {"alarms"},
    }
    assert world.sees("front", role, unit) <= of_the_role.get(role, set())


def test_an_approver_never_sees_what_is_sealed_of_a_case(world: World) -> None:
    shown = world.sees("front", "approver", "elsewhere", "approver-1")
    assert not [name for name in shown if "sealed" in metadata.tables[f"fristad.{name}"].columns]
    with world.database.admin() as connection:
        add(connection, "cases", state="closed")
    assert world.count("cases", "front", "approver") == 2  # a case of which no reveal was asked stays hidden


def test_an_assignment_holds_between_its_dates(world: World) -> None:
    for day, expected in ((-1, 0), (0, 1), (5, 1)):
        with acting(
            world.database, "front", "requester", "third", "substitute-a", at=NOW + timedelta(days=day)
        ) as connection:
            assert seen(connection, "cases") == expected
    with world.database.admin() as connection:
        connection.execute(
            "UPDATE fristad.assignments SET until_at = %s WHERE id = %s",
            [NOW + timedelta(days=2), world.ids[0]["assignments"]],
        )
        for day, expected in ((1, 1), (2, 0)):
            at = NOW + timedelta(days=day)
            with acting(world.database, "front", "requester", "third", "substitute-a", at=at) as front:
                assert seen(front, "cases") == expected
        connection.execute("UPDATE fristad.assignments SET until_at = NULL")


@pytest.mark.parametrize("role", ["assessor", "decider"])
def test_an_assignment_is_for_one_role(world: World, role: str) -> None:
    assert world.count("cases", "front", role, "third", "substitute-a") == 0


@pytest.mark.parametrize(
    ("role", "unit", "expected"),
    [
        ("requester", "unit-a", True),
        ("requester", "unit-b", False),
        ("decider", "unit-a", False),
        ("system", "x", False),
    ],
)
def test_a_case_is_opened_only_for_the_own_unit(world: World, role: str, unit: str, expected: bool) -> None:
    with acting(world.database, "front", role, "unit-a") as connection:
        try:
            with connection.transaction(force_rollback=True):
                add(connection, "cases", unit=unit, organisation="organisation", person_tag=uuid4().bytes)
        except psycopg.errors.InsufficientPrivilege:
            assert not expected
        else:
            assert expected


def test_a_unit_changes_no_case_of_another(world: World) -> None:
    with acting(world.database, "front", "requester", "unit-a") as connection:
        changed = connection.execute("UPDATE fristad.cases SET state = 'closed'")
        assert changed.rowcount == 1
        for table in ("case_versions", "gate_versions"):
            with connection.transaction(force_rollback=True):
                add(connection, table, {"cases": world.ids[0]["cases"]}, version=2)
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                add(connection, table, {"cases": world.ids[1]["cases"]}, version=2)


@pytest.mark.parametrize("role", ["", *Role])
def test_no_task_in_front_names_the_region_of_a_destination(world: World, role: str) -> None:
    for unit, actor in (("unit-a", "requester-a"), ("town-a", "nobody"), ("bops-a", "nobody")):
        assert world.count("tasks", "front", role, unit, actor) == 0


# Tables with detail of a case or of where its person is.
DETAIL = ("case_versions", "gate_versions", "assessment_versions", "stays", "bed_nights", "stay_persons", "stay_events")


@pytest.mark.parametrize("table", DETAIL)
def test_a_claim_opens_exactly_one_case(world: World, table: str) -> None:
    assert world.count(table, "back", "coordinator", actor="nobody") == 0
    assert world.count(table, "back", "coordinator", actor="coordinator-a") == 1
    assert world.count(table, "back", "coordinator", actor="coordinator-b") == 1
    assert world.count(table, "back", "system") == 2


def test_a_coordinator_sees_that_cases_are_there_before_claiming_one(world: World) -> None:
    assert world.count("cases", "back", "coordinator") >= 2
    assert not [
        name
        for name in world.sees("back", "coordinator", "elsewhere")
        if name in (*DETAIL, "queries", "offers", "decisions", "standing_access", "hold_orders", "reveal_requests")
    ]


@pytest.mark.parametrize("table", ["stays", "cases", "assessment_versions", "stay_persons"])
def test_the_police_at_the_destination_see_the_one_stay_they_are_asked_about(world: World, table: str) -> None:
    assert world.count(table, "back", "receiving_bops", "bops-a") == 1
    assert world.count(table, "back", "receiving_bops", "elsewhere") == 0


def test_an_answered_question_closes_the_stay_again(world: World) -> None:
    with world.database.admin() as connection:
        connection.execute("UPDATE fristad.tasks SET done_at = %s WHERE id = %s", [NOW, world.ids[0]["tasks"]])
        for table in ("stays", "cases", "assessment_versions"):
            assert world.count(table, "back", "receiving_bops", "bops-a") == 0
        connection.execute("UPDATE fristad.tasks SET done_at = NULL")


def test_a_registrar_sees_the_catalogue_and_nobody_in_it(world: World) -> None:
    assert world.sees("back", "registrar", "elsewhere") == {"provider_versions", "facility_versions", "addresses"}


@pytest.mark.parametrize(("actor", "expected"), [("follow-a", 1), ("team-a", 1), ("nobody", 0)])
def test_only_those_named_for_a_case_follow_it(world: World, actor: str, expected: int) -> None:
    for table in ("cases", "stays"):
        assert world.count(table, "back", "follow_up", actor=actor) == expected
    assert world.count("case_versions", "back", "follow_up", actor=actor) == 0


def test_standing_access_ends_with_its_day(world: World) -> None:
    later = NOW + timedelta(days=1)
    with acting(world.database, "back", "follow_up", "elsewhere", "follow-a", at=later) as connection:
        assert seen(connection, "cases") == 0


def test_a_token_is_its_receivers(world: World) -> None:
    assert world.count("reveal_tokens", "back", "follow_up", actor="team-a") == 1
    assert world.count("reveal_tokens", "back", "follow_up", actor="nobody") == 0
    assert world.count("reveal_tokens", "back", "coordinator", actor="coordinator-a") == 0


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_the_solver_shows_rows_to_our_own_workers_alone(world: World, role: str) -> None:
    assert world.sees("solver", role, "unit-a", "coordinator-a") == set()


def test_the_solver_sees_what_it_computes_with_and_no_address(world: World) -> None:
    shown = world.sees("solver", "system", "system", "system")
    assert {"stays", "case_versions", "intel_versions", "facility_versions", "slot_backing"} <= shown
    assert not shown & {"addresses", "reveal_requests", "reveal_approvals", "reveal_tokens", "standing_access"}


@pytest.mark.parametrize("user", ["front", "back", "solver"])
def test_a_connection_that_says_nothing_sees_nothing(world: World, user: str) -> None:
    with world.database.connect(f"fristad_{user}") as connection:
        assert {name for name in TABLES if seen(connection, name) > 0} == set()


def test_the_owner_who_migrates_sees_no_row(world: World) -> None:
    with world.database.connect("fristad_owner") as connection:
        assert {name for name in TABLES if seen(connection, name) > 0} == set()
        connection.execute("SELECT set_config('fristad.role', 'system', false)")
        assert {name for name in TABLES if seen(connection, name) > 0} == set()


@pytest.mark.parametrize(
    ("user", "role", "actor", "expected"),
    [
        ("front", "requester", "a-1", 1),
        ("front", "requester", "a-2", 0),
        ("back", "coordinator", "a-1", 0),
        ("front", "system", "system", 1),
    ],
)
def test_a_kept_answer_is_for_whom_it_was_given(world: World, user: str, role: str, actor: str, expected: int) -> None:
    with world.database.admin() as connection:
        connection.execute("DELETE FROM fristad.idempotency")
        add(connection, "idempotency", actor="a-1", process="front")
    assert world.count("idempotency", user, role, actor=actor) == expected


@pytest.mark.parametrize(("role", "expected"), [("auditor", 1), ("requester", 0), ("security_officer", 0), ("", 0)])
def test_the_trail_is_the_auditors(world: World, role: str, expected: int) -> None:
    with acting(world.database, "front", role) as connection:
        connection.execute("SELECT fristad.append_audit(%s)", [an_entry()])
        assert seen(connection, "audit_entries") == expected
