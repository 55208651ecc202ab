"""The whole decision table against the real applications: what it says is what every route answers.

Every route of the product is served with an end that only says it was reached: token, table, relations in the database,
row-level security and states are the product's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from service.actors import Role
from service.http.app import new_app, routes_of
from service.http.routes import Route, Session
from service.policies import STATES, TABLE, Access, Action, Process, Relation, Verdict, judge
from service.problems import Conflict
from service.store.repository.access import TARGETS
from tests.service.conftest import Database
from tests.service.harness import Harness, Person, new_harness
from tests.service.http.worlds import OWN_UNIT, RELATIONS, has_no_case, world

PEOPLE: list[Role] = [role for role in Role if role is not Role.SYSTEM]
ANSWERS = {
    Verdict.YES: (409, "reached"),
    Verdict.OUT_OF_ORDER: (409, "out_of_order"),
    Verdict.NOT_FOUND: (404, "not_found"),
    Verdict.SIGN_IN: (401, "sign_in_again"),
}


def reached(session: Session, **_: Any) -> Any:
    raise Conflict("reached", "The guard lets this through.")


def stripped(route: Route) -> Route:
    return replace(route, endpoint=reached, body=None, query=None)


ROUTES = {process: tuple(stripped(route) for route in routes_of(process)) for process in Process}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, module_database: Database) -> Iterator[Harness]:
    with new_harness(tmp_path_factory.mktemp("data"), module_database, routes=ROUTES) as made:
        yield made


def ask(person: Person, route: Route, ids: dict[str, UUID]) -> httpx.Response:
    path = route.path.format(**{name: ids.get(name, UUID(int=0)) for name in (route.target, *route.others) if name})
    return person.get(path) if route.method == "GET" else person.post(path)


def cells(process: Process, *, is_long: bool) -> Iterator[tuple[Role, Relation, str]]:
    """Role, relation and state of the worlds to try: in the quick form an allowed state and another, of each row."""
    states = STATES if is_long else ("opened", "decided")
    yield from product((role for role in PEOPLE if role in process.roles), Relation, states)


def _one_of(route: Route, role: Role) -> tuple[Relation, str]:
    """The one cell of the quick form for a role that may never do this: another one for each route and role."""
    relations = sorted(RELATIONS[route.target or ""])
    turn = len(route.path) + PEOPLE.index(role)
    return relations[turn % len(relations)], ("opened", "decided")[turn % 2]


def try_cells(guarded: Harness, process: Process, *, is_long: bool) -> int:
    tried, wrong = 0, set()
    nowhere = guarded.client(process).get("/nowhere")
    for role, relation, state in cells(process, is_long=is_long):
        person = guarded.act(role.value, unit=OWN_UNIT, name=f"{role.value}-1", on=process)
        ids = world(guarded, role, person.actor.name, relation, state)
        for route in ROUTES[process]:
            if route.target is None or relation not in RELATIONS[route.target]:
                continue
            if not is_long and role not in TABLE[route.action].who and (relation, state) != _one_of(route, role):
                continue
            is_first_load = route.target == "stay_id" and has_no_case(role, relation)
            has_state = not is_first_load and route.target not in (
                "record_id",
                "facility_id",
                "provider_id",
                "plan_id",
                "task_id",
                "alarm_id",
            )
            access = Access(frozenset({Relation.NONE, relation}), state if has_state else None)
            expected = ANSWERS[judge(process, role, route.action, access, is_fresh=True)]
            answer = ask(person, route, ids)
            found = (answer.status_code, answer.json()["code"])
            if found != expected:
                wrong.add((role.value, route.action.value, relation.value, state, found, expected))
            if answer.status_code == 404:
                assert (answer.content, answer.headers) == (nowhere.content, nowhere.headers)
            tried += 1
    assert not wrong
    return tried


@pytest.mark.parametrize("process", Process)
def test_objects_by_role_relation_and_state(guarded: Harness, process: Process) -> None:
    assert try_cells(guarded, process, is_long=False) > 150


@pytest.mark.long
@pytest.mark.parametrize("process", Process)
def test_objects_by_role_relation_and_every_state(guarded: Harness, process: Process) -> None:
    assert try_cells(guarded, process, is_long=True) > 2500


@pytest.mark.parametrize("process", Process)
def test_acts_without_an_object_by_role(guarded: Harness, process: Process) -> None:
    anybody = Access(frozenset({Relation.NONE}))
    for role, route in product(PEOPLE, ROUTES[process]):
        if route.target is None:
            expected = ANSWERS[judge(process, role, route.action, anybody, is_fresh=True)]
            answer = ask(guarded.act(role.value, on=process), route, {})
            assert (answer.status_code, answer.json()["code"]) == expected, (role.value, route.action.value)


@pytest.mark.parametrize("process", Process)
def test_what_does_not_exist_is_one_answer_to_everybody(guarded: Harness, process: Process) -> None:
    answers = {
        (answer.status_code, answer.content, tuple(answer.headers.items()))
        for role, route in product(PEOPLE, ROUTES[process])
        if route.target is not None
        for answer in [ask(guarded.act(role.value, on=process), route, {route.target: uuid4()})]
    }
    assert len(answers) == 1


@pytest.mark.parametrize("process", Process)
def test_without_a_token_every_route_is_one_answer(guarded: Harness, process: Process) -> None:
    client, answers = guarded.client(process), set()
    for route in ROUTES[process]:
        path = route.path.format(**{name: uuid4() for name in (route.target, *route.others) if name})
        answer = client.request(route.method, path)
        answers.add((answer.status_code, answer.content, tuple(answer.headers.items())))
    assert {status for status, *_ in answers} == {401}
    assert len(answers) == 1


def test_acts_that_need_a_fresh_sign_in_ask_for_it(guarded: Harness) -> None:
    tried = 0
    for process in Process:
        for route in ROUTES[process]:
            row = TABLE[route.action]
            if not row.is_fresh:
                continue
            for role, relations in row.who.items():
                relation = sorted(relations)[0]
                person = guarded.act(role.value, unit=OWN_UNIT, on=process)
                ids = world(guarded, role, person.actor.name, relation, "decided")
                token = person.token()
                guarded.clock.move(minutes=15, seconds=1)
                headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())}
                path = route.path.format(**ids)
                answer = guarded.client(process).request(route.method, path, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == ANSWERS[Verdict.SIGN_IN]
                assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_user_authentication"'
                tried += 1
    assert tried >= 6


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    for process in Process:
        served = {route.action for route in routes_of(process)} | {Action.READ_METRICS}
        assert served == {action for action, row in TABLE.items() if process in row.at}


@pytest.mark.parametrize("process", Process)
def test_nothing_is_served_beside_the_table(process: Process) -> None:
    written = {(route.method, route.path) for route in routes_of(process)}
    assert len(written) == len(routes_of(process))
    app = new_app(process, routes_of(process), None)
    served = {(method, route.path) for route in app.routes for method in route.methods}  # type: ignore[attr-defined]
    assert served - written == {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics")}


def test_every_object_in_a_path_can_be_stood_to() -> None:
    assert set(TARGETS) == set(RELATIONS)
    for process in Process:
        for route in routes_of(process):
            assert "{" not in route.path or route.target in TARGETS, route.path


def test_a_row_that_is_left_out_denies_everybody(guarded: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A route whose action the table forgot is as if it were not there."""
    without = {action: row for action, row in TABLE.items() if action is not Action.LIST_CASES}
    monkeypatch.setattr("service.policies.TABLE", without)
    assert guarded.act("requester").get("/v1/cases").status_code == 404
