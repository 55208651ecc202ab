"""The decision table by itself: what the domain demands of it, cell by cell."""

from __future__ import annotations

from itertools import product

import pytest

from service.actors import BACK_ROLES, FRONT_ROLES, Actor, Role
from service.policies import STATES, TABLE, Access, Action, Process, Relation, Verdict, everything, insist, judge
from service.problems import Conflict, NotFound, Reauthenticate
from service.store.tables import CASE_STATES

EVERY_RELATION = frozenset(Relation)


def yes(role: Role, action: Action, *relations: Relation, state: str | None = None) -> bool:
    access = Access(frozenset({Relation.NONE, *relations}), state)
    return any(judge(process, role, action, access, is_fresh=True) is Verdict.YES for process in Process)


def roles_of(action: Action) -> frozenset[Role]:
    return frozenset(TABLE[action].who)


def test_every_action_has_a_row_and_every_row_is_of_use() -> None:
    assert set(TABLE) == set(Action)
    for row in TABLE.values():
        assert row.at
        assert row.who
        assert all(row.who.values())
        for process in row.at:
            assert any(role in process.roles for role in row.who)


def test_no_role_is_named_where_no_process_serves_it() -> None:
    for row in TABLE.values():
        for role in row.who:
            assert any(role in process.roles for process in row.at)


def test_states_are_those_of_the_tables() -> None:
    assert STATES == CASE_STATES
    for row in TABLE.values():
        assert row.states is None or row.states <= set(STATES)


def test_nobody_is_the_system() -> None:
    assert all(Role.SYSTEM not in row.who for row in TABLE.values())


def test_what_is_not_in_the_table_is_not_there() -> None:
    allowed = {
        (process, role, action, relation)
        for action, row in TABLE.items()
        for process, (role, relations) in product(row.at, row.who.items())
        for relation in relations
        if role in process.roles
    }
    for process, role, action, relation, state, verdict in everything():
        is_there = (process, role, action, relation) in allowed or (process, role, action, Relation.NONE) in allowed
        states = TABLE[action].states
        if not is_there:
            assert verdict is Verdict.NOT_FOUND
        elif states is not None and state not in states:
            assert verdict is Verdict.OUT_OF_ORDER
        else:
            assert verdict is Verdict.YES


def test_what_does_not_exist_is_not_found_by_anybody() -> None:
    for process, role, action in product(Process, Role, Action):
        assert judge(process, role, action, None, is_fresh=True) is Verdict.NOT_FOUND


def test_the_front_serves_nothing_that_shows_a_place() -> None:
    shows_a_place = {
        Action.READ_DETAIL,
        Action.ASK_OPTIONS,
        Action.READ_PLAN,
        Action.HOLD,
        Action.READ_DESTINATION,
        Action.COLLECT_TOKEN,
        Action.REVEAL_ADDRESS,
        Action.READ_ADDRESS,
        Action.READ_PACKET,
        Action.BREAK_GLASS,
        Action.READ_EMERGENCY,
        Action.READ_EMERGENCY_ADDRESS,
        Action.ASK_EMERGENCY_AGAIN,
        Action.READ_CATALOGUE,
        Action.READ_ZONES,
    }
    assert all(TABLE[action].at == {Process.BACK} for action in shows_a_place)
    assert {Role.SECURITY_OFFICER} == FRONT_ROLES & BACK_ROLES


def test_nobody_of_the_back_acts_in_front() -> None:
    for action in (action for action, row in TABLE.items() if row.at == {Process.FRONT}):
        assert not roles_of(action) & (BACK_ROLES - FRONT_ROLES)


# Domain §2, role by role: all they may do, whatever their relation and the state.
MAY = {
    Role.ASSESSOR: "list_cases read_case sign_assessment read_assessments withdraw_assessment list_tasks"
    " write_intelligence read_intelligence confirm_intelligence",
    Role.REQUESTER: "open_case sign_case list_cases read_case update_case record_gate assign ask read_query prefer"
    " record_answer request_reveal read_reveal close_case list_tasks",
    Role.DECIDER: "sign_case list_cases read_case decide_measure read_offer decide_placement list_tasks",
    Role.APPROVER: "read_reveal approve_reveal list_tasks",
    Role.NETWORK_KEEPER: "write_intelligence read_intelligence confirm_intelligence withdraw_intelligence list_tasks",
    Role.AUDITOR: "read_trail read_alarms read_metrics",
    Role.SECURITY_OFFICER: "read_alarms answer_alarm read_metrics break_glass list_tasks",
    Role.COORDINATOR: "read_worklist complete_task claim unclaim read_detail ask_options plan read_plan hold release"
    " verify_by_hand confirm_stay read_zones first_load open_emergency read_emergency review_emergency"
    " record_arrival record_presence end_case give_access end_access collect_token reveal_address read_packet"
    " ask_emergency_again read_emergency_address",
    Role.RECEIVING_BOPS: "list_tasks read_destination check_destination collect_token reveal_address",
    Role.REGISTRAR: "write_catalogue read_catalogue import_catalogue",
    Role.FOLLOW_UP: "record_presence collect_token reveal_address read_address",
    Role.SYSTEM: "",
}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_this_and_nothing_else(role: Role) -> None:
    found = {
        action.value
        for action in Action
        if any(yes(role, action, *EVERY_RELATION, state=state) for state in (None, *STATES))
    }
    assert found == set(MAY[role].split())


# Steps out of order: the last state in which it is refused, the first in which it is in order.
IN_ORDER = [
    (Role.REQUESTER, Relation.ASSIGNED, Action.RECORD_GATE, "opened", "signed"),
    (Role.DECIDER, Relation.DECIDING, Action.DECIDE_MEASURE, "opened", "signed"),
    (Role.ASSESSOR, Relation.OWN_UNIT, Action.SIGN_ASSESSMENT, "opened", "signed"),
    (Role.REQUESTER, Relation.ASSIGNED, Action.ASK, "opened", "signed"),
    (Role.COORDINATOR, Relation.CLAIMED, Action.HOLD, "opened", "signed"),
    (Role.REQUESTER, Relation.ASSIGNED, Action.RECORD_ANSWER, "in_progress", "answer_needed"),
    (Role.DECIDER, Relation.DECIDING, Action.DECIDE_PLACEMENT, "answer_needed", "decision_needed"),
    (Role.DECIDER, Relation.DECIDING, Action.READ_OFFER, "answer_needed", "decision_needed"),
    (Role.REQUESTER, Relation.ASSIGNED, Action.REQUEST_REVEAL, "decision_needed", "decided"),
    (Role.APPROVER, Relation.ASKED, Action.APPROVE_REVEAL, "decision_needed", "decided"),
    (Role.FOLLOW_UP, Relation.NAMED, Action.COLLECT_TOKEN, "decision_needed", "decided"),
    (Role.FOLLOW_UP, Relation.NAMED, Action.REVEAL_ADDRESS, "decision_needed", "decided"),
    (Role.COORDINATOR, Relation.CLAIMED, Action.READ_PACKET, "decision_needed", "decided"),
    (Role.COORDINATOR, Relation.CLAIMED, Action.GIVE_ACCESS, "decision_needed", "decided"),
]


@pytest.mark.parametrize(("role", "relation", "action", "too_early", "in_time"), IN_ORDER)
def test_steps_in_order(role: Role, relation: Relation, action: Action, too_early: str, in_time: str) -> None:
    assert not yes(role, action, relation, state=too_early)
    assert yes(role, action, relation, state=in_time)


@pytest.mark.parametrize("state", ["completed", "interrupted", "closed"])
def test_an_ended_case_is_read_and_left_alone(state: str) -> None:
    writes = set(TABLE) - {action for action in TABLE if action.value.startswith(("read_", "list_"))}
    still = {action for action in writes if yes(Role.REQUESTER, action, *EVERY_RELATION, state=state)}
    assert still == {Action.OPEN_CASE}


@pytest.mark.parametrize(
    "action",
    [
        Action.APPROVE_REVEAL,
        Action.COLLECT_TOKEN,
        Action.REVEAL_ADDRESS,
        Action.READ_ADDRESS,
        Action.BREAK_GLASS,
    ],
)
def test_what_needs_a_sign_in_just_now(action: Action) -> None:
    row = TABLE[action]
    (process,) = row.at
    for role in row.who:
        access = Access(EVERY_RELATION, "decided")
        assert judge(process, role, action, access, is_fresh=False) is Verdict.SIGN_IN
        assert judge(process, role, action, access, is_fresh=True) is Verdict.YES
        stranger = Access(frozenset({Relation.NONE}), "decided")
        if Relation.NONE not in row.who[role]:
            assert judge(process, role, action, stranger, is_fresh=False) is Verdict.NOT_FOUND


def test_what_is_raised() -> None:
    actor = Actor("r-1", Role.REQUESTER, "bops-syd", "police")
    assigned = Access(frozenset({Relation.NONE, Relation.ASSIGNED}), "signed")
    insist(Process.FRONT, actor, Action.ASK, assigned, is_fresh=False)
    with pytest.raises(Conflict):
        insist(Process.FRONT, actor, Action.RECORD_ANSWER, assigned, is_fresh=False)
    with pytest.raises(NotFound):
        insist(Process.BACK, actor, Action.ASK, assigned, is_fresh=False)
    with pytest.raises(NotFound):
        insist(Process.FRONT, actor, Action.DECIDE_PLACEMENT, assigned, is_fresh=False)
    officer = Actor("s-1", Role.SECURITY_OFFICER, "unit", "police")
    with pytest.raises(Reauthenticate):
        insist(Process.BACK, officer, Action.BREAK_GLASS, Access(frozenset({Relation.NONE})), is_fresh=False)
