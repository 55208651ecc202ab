"""Who may do what to what: one table, deny by default, every row enumerable.

A row says, for an action, which roles may, in which relation to the object, and in which states of the case.
A role or relation that is not named is answered as if the object did not exist; a state that is not named, to
somebody who may know of the case, is answered as a step out of order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Final

from service.actors import BACK_ROLES, FRONT_ROLES, Actor, Role
from service.problems import Conflict, NotFound, Reauthenticate

__all__ = [
    "STATES",
    "TABLE",
    "Access",
    "Action",
    "Process",
    "Relation",
    "Row",
    "Verdict",
    "everything",
    "insist",
    "judge",
]


class Relation(StrEnum):
    """How an actor stands to the object of an action; one relation suffices."""

    NONE = "none"
    """Any actor at all, to any object that exists, and to an action without an object."""
    OWN_UNIT = "own_unit"
    """The object belongs to the actor's unit."""
    ASSIGNED = "assigned"
    """A dated assignment to the case, in this role."""
    DECIDING = "deciding"
    """The actor's unit is the municipality that decides."""
    CLAIMED = "claimed"
    """The coordinator who has claimed the case."""
    ASKED = "asked"
    """An open task of the actor's role, and of their unit if it names one, waits for this object."""
    NAMED = "named"
    """The named receiver of a reveal, or of standing access."""
    AUTHOR = "author"
    """Wrote it, asked for it, or voted on it."""


class Process(StrEnum):
    """Which process serves an action."""

    FRONT = "front"
    BACK = "back"

    @property
    def roles(self) -> frozenset[Role]:
        """The roles this process serves; to every other it is empty."""
        return FRONT_ROLES if self is Process.FRONT else BACK_ROLES


class Action(StrEnum):
    """Every act of the API; its name is the word of the audit trail."""

    # front
    OPEN_CASE = "open_case"
    SIGN_CASE = "sign_case"
    LIST_CASES = "list_cases"
    READ_CASE = "read_case"
    UPDATE_CASE = "update_case"
    RECORD_GATE = "record_gate"
    DECIDE_MEASURE = "decide_measure"
    ASSIGN = "assign"
    SIGN_ASSESSMENT = "sign_assessment"
    READ_ASSESSMENTS = "read_assessments"
    WITHDRAW_ASSESSMENT = "withdraw_assessment"
    ASK = "ask"
    READ_QUERY = "read_query"
    PREFER = "prefer"
    RECORD_ANSWER = "record_answer"
    READ_OFFER = "read_offer"
    DECIDE_PLACEMENT = "decide_placement"
    REQUEST_REVEAL = "request_reveal"
    READ_REVEAL = "read_reveal"
    APPROVE_REVEAL = "approve_reveal"
    CLOSE_CASE = "close_case"
    LIST_TASKS = "list_tasks"
    WRITE_INTELLIGENCE = "write_intelligence"
    READ_INTELLIGENCE = "read_intelligence"
    CONFIRM_INTELLIGENCE = "confirm_intelligence"
    WITHDRAW_INTELLIGENCE = "withdraw_intelligence"
    READ_TRAIL = "read_trail"
    READ_ALARMS = "read_alarms"
    ANSWER_ALARM = "answer_alarm"
    READ_METRICS = "read_metrics"
    # back
    READ_WORKLIST = "read_worklist"
    CLAIM = "claim"
    UNCLAIM = "unclaim"
    READ_DETAIL = "read_detail"
    VERIFY_BY_HAND = "verify_by_hand"
    ASK_OPTIONS = "ask_options"
    PLAN = "plan"
    READ_PLAN = "read_plan"
    HOLD = "hold"
    RELEASE = "release"
    CONFIRM_STAY = "confirm_stay"
    READ_DESTINATION = "read_destination"
    CHECK_DESTINATION = "check_destination"
    RECORD_ARRIVAL = "record_arrival"
    RECORD_PRESENCE = "record_presence"
    END_CASE = "end_case"
    GIVE_ACCESS = "give_access"
    END_ACCESS = "end_access"
    COLLECT_TOKEN = "collect_token"
    REVEAL_ADDRESS = "reveal_address"
    READ_ADDRESS = "read_address"
    READ_PACKET = "read_packet"
    BREAK_GLASS = "break_glass"
    OPEN_EMERGENCY = "open_emergency"
    READ_EMERGENCY = "read_emergency"
    REVIEW_EMERGENCY = "review_emergency"
    ASK_EMERGENCY_AGAIN = "ask_emergency_again"
    READ_EMERGENCY_ADDRESS = "read_emergency_address"
    READ_ZONES = "read_zones"
    FIRST_LOAD = "first_load"
    WRITE_CATALOGUE = "write_catalogue"
    READ_CATALOGUE = "read_catalogue"
    IMPORT_CATALOGUE = "import_catalogue"
    COMPLETE_TASK = "complete_task"


STATES: Final = (
    "opened",
    "signed",
    "in_progress",
    "answer_needed",
    "decision_needed",
    "decided",
    "arrived",
    "completed",
    "interrupted",
    "closed",
)
"""The states of a case, in the order of the flow."""


@dataclass(frozen=True)
class Row:
    """Who may do an action.

    Parameters
    ----------
    who : for each role the relations, one of which suffices
    states : of the case, in which it is in order; none: any
    at : the processes that serve it
    is_fresh : only within fifteen minutes of having signed in
    """

    who: Mapping[Role, frozenset[Relation]]
    at: frozenset[Process]
    states: frozenset[str] | None = None
    is_fresh: bool = False


@dataclass(frozen=True)
class Access:
    """How an actor stands to the object they named: every relation that holds, and the state of its case."""

    relations: frozenset[Relation]
    state: str | None = None


class Verdict(StrEnum):
    """What the table says."""

    YES = "yes"
    NOT_FOUND = "not_found"
    OUT_OF_ORDER = "out_of_order"
    SIGN_IN = "sign_in"


_FRONT: Final = frozenset({Process.FRONT})
_BACK: Final = frozenset({Process.BACK})

_SIGNED: Final = frozenset({"signed", "in_progress", "answer_needed", "decision_needed", "decided", "arrived"})
"""From the second signature to the end."""
_OPEN: Final = _SIGNED | {"opened"}
_ASKING: Final = frozenset({"signed", "in_progress", "arrived"})
_PLACED: Final = frozenset({"decided", "arrived"})
"""From the placement decision to the end: what shows a place to people comes after it."""


def _may(**who: str) -> Mapping[Role, frozenset[Relation]]:
    return MappingProxyType(
        {Role(role): frozenset(Relation(one) for one in relations.split()) for role, relations in who.items()}
    )


def _front(states: frozenset[str] | None = None, *, is_fresh: bool = False, **who: str) -> Row:
    return Row(_may(**who), _FRONT, states, is_fresh)


def _back(states: frozenset[str] | None = None, *, is_fresh: bool = False, **who: str) -> Row:
    return Row(_may(**who), _BACK, states, is_fresh)


TABLE: Final[Mapping[Action, Row]] = MappingProxyType(
    {
        # the case
        Action.OPEN_CASE: _front(requester="none"),
        # nobody has signed an emergency's case when it is opened: its unit signs later, too
        Action.SIGN_CASE: _front(_OPEN, decider="deciding", requester="assigned"),
        Action.LIST_CASES: _front(requester="none", assessor="none", decider="none"),
        Action.READ_CASE: _front(requester="assigned", assessor="own_unit assigned", decider="deciding"),
        Action.UPDATE_CASE: _front(_OPEN, requester="assigned"),
        Action.RECORD_GATE: _front(_SIGNED, requester="assigned"),
        Action.DECIDE_MEASURE: _front(_SIGNED, decider="deciding"),
        # the unit must be able to hand over the case of somebody who is ill
        Action.ASSIGN: _front(_OPEN, requester="assigned own_unit"),
        Action.CLOSE_CASE: _front(_OPEN - {"arrived"}, requester="assigned"),
        # the assessment
        Action.SIGN_ASSESSMENT: _front(_SIGNED, assessor="own_unit assigned"),
        Action.READ_ASSESSMENTS: _front(assessor="own_unit assigned"),
        Action.WITHDRAW_ASSESSMENT: _front(_SIGNED, assessor="own_unit assigned"),
        # the query
        # who lives in an emergency's week waits for a lasting place
        Action.ASK: _front(_ASKING, requester="assigned"),
        Action.READ_QUERY: _front(requester="assigned"),
        Action.PREFER: _front(_ASKING, requester="assigned"),
        # the decision
        Action.RECORD_ANSWER: _front(frozenset({"answer_needed"}), requester="assigned"),
        Action.READ_OFFER: _front(frozenset({"decision_needed", "decided", "arrived"}), decider="deciding"),
        Action.DECIDE_PLACEMENT: _front(frozenset({"decision_needed"}), decider="deciding"),
        # the reveal
        Action.REQUEST_REVEAL: _front(_PLACED, requester="assigned"),
        Action.READ_REVEAL: _front(requester="assigned", approver="asked author"),
        Action.APPROVE_REVEAL: _front(_PLACED, approver="asked author", is_fresh=True),
        Action.COLLECT_TOKEN: _back(
            _PLACED, follow_up="named", receiving_bops="named", coordinator="named", is_fresh=True
        ),
        Action.REVEAL_ADDRESS: _back(
            _PLACED, follow_up="named", receiving_bops="named", coordinator="named", is_fresh=True
        ),
        Action.READ_ADDRESS: _back(follow_up="named", is_fresh=True),
        Action.READ_PACKET: _back(_PLACED, coordinator="claimed"),
        Action.GIVE_ACCESS: _back(_PLACED | {"completed", "interrupted"}, coordinator="claimed"),
        Action.END_ACCESS: _back(coordinator="claimed"),
        Action.BREAK_GLASS: _back(security_officer="none", is_fresh=True),
        # tasks
        Action.LIST_TASKS: Row(
            _may(
                requester="none",
                assessor="none",
                decider="none",
                approver="none",
                network_keeper="none",
                security_officer="none",
                receiving_bops="none",
            ),
            _FRONT | _BACK,
        ),
        Action.READ_WORKLIST: _back(coordinator="none"),
        Action.COMPLETE_TASK: _back(coordinator="asked"),
        # intelligence
        Action.WRITE_INTELLIGENCE: _front(assessor="none", network_keeper="none"),
        Action.READ_INTELLIGENCE: _front(assessor="own_unit author", network_keeper="none"),
        Action.CONFIRM_INTELLIGENCE: _front(assessor="none", network_keeper="none"),
        Action.WITHDRAW_INTELLIGENCE: _front(network_keeper="none"),
        # supervision
        Action.READ_TRAIL: _front(auditor="none"),
        Action.READ_ALARMS: _front(auditor="none", security_officer="none"),
        Action.ANSWER_ALARM: _front(security_officer="none"),
        Action.READ_METRICS: Row(_may(auditor="none", security_officer="none"), _FRONT | _BACK),
        # the coordinator
        Action.CLAIM: _back(coordinator="none"),
        Action.UNCLAIM: _back(coordinator="claimed"),
        Action.READ_DETAIL: _back(coordinator="claimed"),
        Action.VERIFY_BY_HAND: _back(_SIGNED, coordinator="claimed"),
        Action.ASK_OPTIONS: _back(_SIGNED, coordinator="claimed"),
        Action.PLAN: _back(coordinator="none"),
        Action.READ_PLAN: _back(coordinator="asked author"),
        Action.HOLD: _back(_SIGNED, coordinator="claimed"),
        Action.RELEASE: _back(coordinator="claimed"),
        Action.CONFIRM_STAY: _back(coordinator="claimed"),
        Action.READ_ZONES: _back(coordinator="none"),
        Action.FIRST_LOAD: _back(coordinator="none"),
        Action.OPEN_EMERGENCY: _back(coordinator="none"),
        Action.READ_EMERGENCY: _back(coordinator="author claimed asked"),
        Action.REVIEW_EMERGENCY: _back(coordinator="none"),
        Action.ASK_EMERGENCY_AGAIN: _back(_SIGNED, coordinator="claimed"),
        Action.READ_EMERGENCY_ADDRESS: _back(_SIGNED, coordinator="claimed", is_fresh=True),
        # the destination, the stay and its end
        Action.READ_DESTINATION: _back(receiving_bops="asked"),
        Action.CHECK_DESTINATION: _back(receiving_bops="asked"),
        Action.RECORD_ARRIVAL: _back(coordinator="claimed"),
        # a stay of a first load has no case to claim: a task about it says whose it is
        Action.RECORD_PRESENCE: _back(coordinator="claimed asked", follow_up="named"),
        # an exit is also broken off before anybody has arrived, and while a move elsewhere is being decided
        Action.END_CASE: _back(_SIGNED, coordinator="claimed"),
        # the catalogue
        Action.WRITE_CATALOGUE: _back(registrar="none"),
        Action.READ_CATALOGUE: _back(registrar="none"),
        Action.IMPORT_CATALOGUE: _back(registrar="none"),
    }
)
"""The decision table. What is not in it is not there."""


def judge(process: Process, role: Role, action: Action, access: Access | None, *, is_fresh: bool = False) -> Verdict:
    """What the table says of an action in a role.

    Parameters
    ----------
    access : how the actor stands to the object; none: it does not exist
    is_fresh : whether the actor signed in within the last fifteen minutes

    Examples
    --------
    >>> assigned = Access(frozenset({Relation.NONE, Relation.ASSIGNED}), "opened")
    >>> judge(Process.FRONT, Role.REQUESTER, Action.ASK, assigned).value
    'out_of_order'
    >>> judge(Process.FRONT, Role.REQUESTER, Action.ASK, Access(frozenset({Relation.NONE}), "opened")).value
    'not_found'
    """
    row = TABLE.get(action)
    if row is None or process not in row.at or role not in process.roles or access is None:
        return Verdict.NOT_FOUND
    if not row.who.get(role, frozenset()) & access.relations:
        return Verdict.NOT_FOUND
    if row.is_fresh and not is_fresh:
        return Verdict.SIGN_IN
    if row.states is not None and access.state not in row.states:
        return Verdict.OUT_OF_ORDER
    return Verdict.YES


def insist(process: Process, actor: Actor, action: Action, access: Access | None, *, is_fresh: bool) -> None:
    """Go on only if the table says yes.

    Raises
    ------
    NotFound : it does not exist, or not for this actor
    Reauthenticate : it is for this actor, who signed in too long ago for it
    Conflict : it is for this actor, and not the time for it
    """
    verdict = judge(process, actor.role, action, access, is_fresh=is_fresh)
    if verdict is Verdict.NOT_FOUND:
        raise NotFound
    if verdict is Verdict.SIGN_IN:
        raise Reauthenticate
    if verdict is Verdict.OUT_OF_ORDER:
        raise Conflict("out_of_order", "The case is not at this step.")


def everything() -> Iterator[tuple[Process, Role, Action, Relation, str | None, Verdict]]:
    """Every cell of the table: process, role, action, relation, state of the case (or none), and what is said.

    Examples
    --------
    >>> sum(verdict is Verdict.YES for *_, verdict in everything()) < sum(1 for _ in everything()) / 20
    True
    """
    for process, role, action, relation in product(Process, Role, Action, Relation):
        for state in (None, *STATES):
            access = Access(frozenset({Relation.NONE, relation}), state)
            yield process, role, action, relation, state, judge(process, role, action, access, is_fresh=True)
