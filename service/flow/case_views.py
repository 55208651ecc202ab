"""A case as its people see it: the requester and the assessor whole, the decider without details and gate facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from service.actors import Role
from service.flow.rounds import next_round
from service.flow.worklist import deadline
from service.policies import Action
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import assessments, assignments, cases, decisions, queries
from service.store.repository.assessments import Assessment
from service.store.repository.assignments import Assignment
from service.store.repository.cases import Case, Version

__all__ = ["View", "listed", "view"]


@dataclass(frozen=True)
class View:
    """A case with what hangs on it.

    Parameters
    ----------
    details, gate : none for a decider, or when nothing was told
    query : the question about the newest assessment
    next_round_at : when what is ready by then is shown; none: nothing waits for a round
    """

    case: Case
    due_at: datetime
    next_round_at: datetime | None
    signatures: int
    measure: str | None
    assessment: Assessment | None
    query: UUID | None
    assignments: Sequence[Assignment]
    version: int
    details: Version | None
    gate: Version | None


def view(tx: Transaction, settings: Settings, case_id: UUID) -> View:
    """One case; what was opened of it stands in the trail."""
    case = cases.read(tx, case_id)
    is_whole = tx.actor.role is not Role.DECIDER
    details = cases.newest_version(tx, case_id) if is_whole else None
    gate = cases.newest_gate(tx, case_id) if is_whole else None
    measure = decisions.newest(tx, case_id, "measure")
    found = assessments.newest(tx, case_id)
    query = queries.of_version(tx, case_id, found[0].version) if found else None
    tx.record(Action.READ_CASE.value, case=case_id, sealed=None if details is None else details.sealed)
    return View(
        case=case,
        due_at=deadline(case.triage, case.received_at),
        next_round_at=next_round(case, tx.now, settings.release_tick_s),
        signatures=len(cases.organisations(tx, case_id)),
        measure=None if measure is None else measure.outcome,
        assessment=found[0] if found else None,
        query=None if query is None else query.id,
        assignments=assignments.live(tx, case_id) if is_whole else (),
        version=cases.versions(tx, case_id),
        details=details,
        gate=gate,
    )


def listed(tx: Transaction, settings: Settings) -> tuple[tuple[Case, ...], bool]:
    """The actor's cases, and whether there are others that are not shown."""
    found = cases.listed(tx, settings.page_limit + 1)
    return found[: settings.page_limit], len(found) > settings.page_limit
