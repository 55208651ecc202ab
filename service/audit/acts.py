"""The closed vocabulary of the trail: what may be done, and how it may end.

Every action of the API (`service.policies.Action`) is an act by its own name; what happens without one stands here. A
new word is one line; the database checks the form of a word only, so it needs no migration. A word is never renamed:
old entries keep it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from service.policies import Action

__all__ = ["ACTS", "Outcome", "SystemAct"]


class SystemAct(StrEnum):
    """What is no action of the API: jobs, alarms, the commands of the operator."""

    # questions and answers
    SOLVE_QUERY = "solve_query"
    RELEASE_ANSWER = "release_answer"
    EXPIRE_ANSWER = "expire_answer"
    EXHAUST_BUDGET = "exhaust_budget"
    SOLVE_PLAN = "solve_plan"
    SOLVE_OPTIONS = "solve_options"
    SOLVE_EMERGENCY = "solve_emergency"
    SOLVE_REPAIR = "solve_repair"
    # holds, stays, assessments
    PLACE_HOLD = "place_hold"
    LOSE_HOLD = "lose_hold"
    EXPIRE_HOLD = "expire_hold"
    TRY_NEXT_SLOT = "try_next_slot"
    TELL_OFFER = "tell_offer"
    PASS_TO_COORDINATOR = "pass_to_coordinator"
    EXPIRE_ASSESSMENT = "expire_assessment"
    EXPIRE_CASE = "expire_case"
    EXPIRE_REVEAL = "expire_reveal"
    EXPIRE_ASSIGNMENT = "expire_assignment"
    REJUDGE = "rejudge"
    # alarms
    RAISE_ALARM = "raise_alarm"
    DENY_ACCESS = "deny_access"
    USE_TOKEN_TWICE = "use_token_twice"
    READ_HONEY = "read_honey"
    # the operator
    START_SERVICE = "start_service"
    STOP_SERVICE = "stop_service"
    CHANGE_POLICY = "change_policy"
    INIT_KEYS = "init_keys"
    ROTATE_KEYS = "rotate_keys"
    DESTROY_KEY = "destroy_key"
    MAKE_BACKUP = "make_backup"
    RESTORE_BACKUP = "restore_backup"
    EXPORT_SEALED = "export_sealed"
    EXPORT_TRAIL = "export_trail"


class Outcome(StrEnum):
    """How an act ended. Reasons stay with the row, sealed."""

    DONE = "done"
    YES = "yes"
    NO = "no"
    DISAGREEMENT = "disagreement"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    APPROVED = "approved"
    DENIED = "denied"
    ADMITTED = "admitted"
    REFUSED = "refused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FAILED = "failed"
    OUT_OF_TIME = "out_of_time"


ACTS: Final = frozenset(act.value for act in (*Action, *SystemAct))
"""Every word an entry's `act` may be."""
