"""Who may do what to what: one table, deny by default, every row enumerable.

A row says, for an action, which roles may, in which relation to the object, and in which states of the case.
A role or relation that is not named is answered as if the object did not exist; a state that is not named, to
somebody who may know of the case, is answered as a step out of order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from service.actors import Role

__all__ = ["TABLE", "Access", "Action", "Relation", "Row", "everything", "insist"]


class Relation(StrEnum):
    """How an actor stands to the object of an action."""

    NONE = "none"  # knows nothing of it, or there is no object
    OWN_UNIT = "own_unit"  # the case belongs to the actor's unit
    ASSIGNED = "assigned"  # a dated assignment to the case, in this role
    DECIDING = "deciding"  # the actor's unit is the municipality that decides
    CLAIMED = "claimed"  # the coordinator who has claimed the case
    ASKED = "asked"  # a task of the actor's unit or role waits for this object
    NAMED = "named"  # the named receiver of a reveal, or of standing access
    AUTHOR = "author"  # wrote it


class Process(StrEnum):
    """Which process serves an action."""

    FRONT = "front"
    BACK = "back"


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
    READ_ZONES = "read_zones"
    FIRST_LOAD = "first_load"
    WRITE_CATALOGUE = "write_catalogue"
    READ_CATALOGUE = "read_catalogue"
    IMPORT_CATALOGUE = "import_catalogue"
    COMPLETE_TASK = "complete_task"


@dataclass(frozen=True)
class Row:
    """Who may do an action: for each role the relations, and the states of the case (none: any)."""

    process: Process
    who: Mapping[Role, frozenset[Relation]]
    states: frozenset[str] | None = None


@dataclass(frozen=True)
class Access:
    """How an actor stands to the object they named: every relation that holds, and the state of its case."""

    relations: frozenset[Relation]
    state: str | None = None


ANYBODY: Final = frozenset({Relation.NONE})
"""For an action without an object: the role alone decides."""
