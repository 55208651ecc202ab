"""What each database role may do with each table: everything not written here is refused by PostgreSQL itself.

The front can select no location: no stay, no bed, no backing of a slot, no catalogue, no address. The solver writes
what it decides and reads no address and no reveal. The trail and the queue of jobs are written through functions.

The rights are no revision of their own: `service.store.migrate.upgrade` makes them anew each time, so that what was
granted by hand is gone again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.audit.sql import GRANTS

__all__ = ["BACK", "FRONT", "FUNCTIONS", "OWNER", "RIGHTS", "SOLVER", "USERS", "grants"]

OWNER: Final = "fristad_owner"
FRONT: Final = "fristad_front"
BACK: Final = "fristad_back"
SOLVER: Final = "fristad_solver"
USERS: Final = (FRONT, BACK, SOLVER)

_ADD: Final = "SELECT, INSERT"
_DONE: Final = "UPDATE (done_at, done_by, outcome)"
_ASKED: Final = "UPDATE (done_at, done_by, for_unit, outcome)"  # the unit is forgotten once it has answered

RIGHTS: Final[dict[str, dict[str, str]]] = {
    # cases: the front writes them, the back claims them, the solver moves them
    "cases": {
        FRONT: "SELECT, INSERT, UPDATE (state, state_since, triage, end_reason, told_from)",
        BACK: "SELECT, INSERT, UPDATE (state, state_since, end_reason, claimed_by, claimed_at, offer_ref)",
        SOLVER: "SELECT, UPDATE (state, state_since, end_reason, offer_ref)",
    },
    "case_signatures": {FRONT: _ADD},
    "claims": {BACK: _ADD},
    "case_verifications": {BACK: _ADD},
    "case_versions": {FRONT: _ADD, BACK: _ADD, SOLVER: "SELECT"},
    "gate_versions": {FRONT: _ADD, BACK: _ADD, SOLVER: "SELECT"},
    "assignments": {FRONT: "SELECT, INSERT, UPDATE (until_at)", BACK: "SELECT", SOLVER: "SELECT"},
    "case_duties": {FRONT: _ADD, BACK: _ADD},
    "destination_duties": {BACK: _ADD},  # the front would learn from it in which region somebody would be
    "assessment_versions": {FRONT: _ADD, BACK: "SELECT", SOLVER: "SELECT"},
    "decisions": {FRONT: _ADD, BACK: "SELECT", SOLVER: "SELECT"},
    "person_answers": {FRONT: _ADD, BACK: "SELECT", SOLVER: "SELECT"},
    "offers": {FRONT: "SELECT", BACK: _ADD, SOLVER: _ADD},
    # the answer and what is behind it
    "queries": {
        FRONT: f"{_ADD}, UPDATE (asked_at, release_at, expires_at, state, sealed)",
        BACK: "SELECT",
        SOLVER: "SELECT, UPDATE (state, sealed)",
    },
    "slots": {
        FRONT: "SELECT, UPDATE (preference, preferred_at)",
        BACK: "SELECT",
        SOLVER: "SELECT, INSERT, UPDATE (preference, preferred_at), DELETE",
    },
    "slot_backing": {SOLVER: "SELECT, INSERT, DELETE"},
    "counted_questions": {SOLVER: _ADD},
    # where somebody is: never the front
    "stays": {
        BACK: "SELECT, INSERT, UPDATE (state, state_since, version, sealed, held_until)",
        SOLVER: "SELECT, INSERT, UPDATE (state, state_since, version, sealed, held_until)",
    },
    "stay_persons": {BACK: "SELECT, INSERT, DELETE", SOLVER: "SELECT, INSERT, DELETE"},
    "bed_nights": {
        BACK: "SELECT, INSERT, UPDATE (nights), DELETE",
        SOLVER: "SELECT, INSERT, UPDATE (nights), DELETE",
    },
    "stay_events": {BACK: _ADD, SOLVER: _ADD},
    "provider_versions": {BACK: _ADD, SOLVER: "SELECT"},
    "facility_versions": {BACK: _ADD, SOLVER: "SELECT"},
    "addresses": {BACK: _ADD},
    # intelligence: written by the front, read by the solver
    "intel_versions": {FRONT: _ADD, SOLVER: "SELECT"},
    "intel_confirmations": {FRONT: _ADD, SOLVER: "SELECT"},
    # reveals: asked for and approved in front, carried out by the back
    "reveal_requests": {FRONT: "SELECT, INSERT, UPDATE (state)", BACK: "SELECT, UPDATE (state)"},
    "reveal_approvals": {FRONT: _ADD, BACK: "SELECT"},
    "reveal_tokens": {BACK: "SELECT, INSERT, UPDATE (used_at, failed_uses)"},
    "standing_access": {BACK: "SELECT, INSERT, UPDATE (ended_at)"},
    # work
    "tasks": {FRONT: f"{_ADD}, {_DONE}", BACK: f"{_ADD}, {_ASKED}", SOLVER: f"{_ADD}, {_ASKED}"},
    "alarms": {
        FRONT: f"{_ADD}, UPDATE (answered_at, answered_by)",
        BACK: f"{_ADD}, UPDATE (answered_at, answered_by)",
        SOLVER: _ADD,
    },
    "emergencies": {
        BACK: f"{_ADD}, UPDATE (reviewed_at, reviewed_by, state)",
        SOLVER: "SELECT, UPDATE (answered_at, state, sealed)",
    },
    "plans": {BACK: _ADD, SOLVER: "SELECT, INSERT, UPDATE (finished_at, revision, state, sealed)"},
    "hold_orders": {BACK: _ADD, SOLVER: "SELECT, UPDATE (finished_at, stay_ref, state)"},
    # machinery
    "register_state": {
        FRONT: "SELECT, UPDATE (revision)",
        BACK: "SELECT, UPDATE (revision, judged_revision)",
        SOLVER: "SELECT, UPDATE (revision, judged_revision, judged_at)",
    },
    "idempotency": {FRONT: f"{_ADD}, DELETE", BACK: f"{_ADD}, DELETE"},
    "alembic_version": dict.fromkeys(USERS, "SELECT"),
    # the queue: its worker is the solver; who only defers does it through the function below
    "procrastinate_jobs": {SOLVER: "SELECT, INSERT, UPDATE, DELETE"},
    "procrastinate_events": {SOLVER: "SELECT, INSERT, UPDATE, DELETE"},
    "procrastinate_periodic_defers": {SOLVER: "SELECT, INSERT, UPDATE, DELETE"},
    "procrastinate_workers": {SOLVER: "SELECT, INSERT, UPDATE, DELETE"},
}
"""Table by role: the privileges, in GRANT's own words. The audit's tables have theirs in `service.audit.sql`."""

FUNCTIONS: Final[dict[str, tuple[str, ...]]] = {"procrastinate_defer_jobs_v1": USERS}
"""Functions that somebody else than the solver may call."""

_SEQUENCES: Final = {
    "stay_events_seq_seq": (BACK, SOLVER),
    "procrastinate_jobs_id_seq": (SOLVER,),
    "procrastinate_events_id_seq": (SOLVER,),
    "procrastinate_periodic_defers_id_seq": (SOLVER,),
    "procrastinate_workers_id_seq": (SOLVER,),
}


def grants() -> Iterator[str]:
    """The statements that give these rights; tables and columns must exist."""
    yield f"GRANT USAGE ON SCHEMA fristad TO {', '.join(USERS)}"
    for table, rights in RIGHTS.items():
        for role, words in rights.items():
            yield f"GRANT {words} ON fristad.{table} TO {role}"
    for sequence, roles in _SEQUENCES.items():
        yield f"GRANT USAGE ON SEQUENCE fristad.{sequence} TO {', '.join(roles)}"
    yield from GRANTS
