"""A claim opens the detail of one case to one coordinator; each opening is in the trail with the ciphertext's hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID

from service.flow.localities import LOCAL
from service.flow.worklist import local_day
from service.policies import Action
from service.problems import Conflict
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import alarms, by_hand, catalogue, coordination, stays
from service.store.repository.coordination import CLAIM_LASTS, Assessment, CaseRow, Sealed

__all__ = ["CLAIM_LASTS", "Detail", "OpenedStay", "claim", "day_begins", "detail", "insist_on_claim", "unclaim"]


@dataclass(frozen=True)
class OpenedStay:
    """A stay of a claimed case, with its facility."""

    row: stays.Stay
    placement: dict[str, Any] = field(repr=False)
    facility: dict[str, Any] = field(repr=False)
    call_back: str | None = field(repr=False)


@dataclass(frozen=True)
class Detail:
    """All that a claim opens."""

    case: CaseRow
    details: Sealed | None
    gate: Sealed | None
    assessment: Assessment | None
    stays: tuple[OpenedStay, ...]
    ordered: tuple[coordination.Ordered, ...]


def day_begins(moment: datetime) -> datetime:
    """Midnight before a moment, in the register's zone.

    Examples
    --------
    >>> from datetime import UTC
    >>> day_begins(datetime(2030, 1, 1, 12, tzinfo=UTC)).isoformat()
    '2030-01-01T00:00:00+01:00'
    """
    return datetime.combine(local_day(moment), time(), LOCAL)


def claim(tx: Transaction, settings: Settings, case_id: UUID, *, takes_over: bool = False) -> datetime:
    """Claim a case; when the claim lapses, for its maker too: claiming again is another act.

    Of a case that is placed by hand the options are worked out meanwhile.

    Parameters
    ----------
    takes_over : from a colleague who has claimed it and is away; that is an alarm

    Raises
    ------
    Conflict : `case_closed`; `already_claimed`, by the actor; `claimed_by_another`; `another_duty`
    """
    case = coordination.get(tx, case_id, lock=True)
    if case.state == coordination.CLOSED:
        raise Conflict("case_closed", "Nobody works on this case any more.")
    if case.is_claimed_by(tx.actor.name, tx.now):
        raise Conflict("already_claimed", "You have claimed this case.")
    if not coordination.claim(tx, case_id):
        if not takes_over or not coordination.claim(tx, case_id, takes_over=True):
            raise Conflict("claimed_by_another", "Another coordinator has claimed this case.")
        alarms.raise_alarm(tx, "claim_taken_over")
    count_claim(tx, settings)
    tx.record(Action.CLAIM.value, case=case_id)
    if by_hand.waits(tx, case_id):
        by_hand.renew_options(tx, case_id)
    return tx.now + CLAIM_LASTS


def count_claim(tx: Transaction, settings: Settings) -> None:
    """Raise the volume alarm above the cap; it never says no."""
    if coordination.claims_since(tx, day_begins(tx.now)) > settings.claim_cap:
        alarms.raise_alarm(tx, "claim_volume")


def unclaim(tx: Transaction, case_id: UUID) -> None:
    """Let go of a case.

    Raises
    ------
    Conflict : `not_claimed`
    """
    if not coordination.unclaim(tx, case_id):
        raise Conflict("not_claimed", "You have not claimed this case.")
    tx.record(Action.UNCLAIM.value, case=case_id)


def insist_on_claim(tx: Transaction, case_id: UUID | None) -> CaseRow:
    """The case behind a stay, if the actor has claimed it.

    Raises
    ------
    Conflict : `not_claimed`
    """
    if case_id is None:
        raise Conflict("no_case", "No case is behind this stay.")
    case = coordination.get(tx, case_id, lock=True)
    if not case.is_claimed_by(tx.actor.name, tx.now):
        raise Conflict("not_claimed", "Claim the case first.")
    return case


def detail(tx: Transaction, case_id: UUID) -> Detail:
    """Open a claimed case: household, gate, assessment, stays with facility and call-back number."""
    case = coordination.get(tx, case_id)
    details, gate = coordination.case_details(tx, case_id), coordination.gate(tx, case_id)
    assessment = coordination.assessment(tx, case_id)
    for opened in (details, gate, assessment):
        if opened is not None:
            tx.record(Action.READ_DETAIL.value, case=case_id, about=case_id, sealed=opened.sealed)
    if details is None:  # an act that opens nothing is still an act
        tx.record(Action.READ_DETAIL.value, case=case_id, about=case_id)
    rows = [row for row in stays.of_case(tx, case_id) if row.state in stays.PRESENT]
    opened_stays = tuple(_opened(tx, case_id, row) for row in rows)
    return Detail(case, details, gate, assessment, opened_stays, coordination.ordered(tx, case_id))


def _opened(tx: Transaction, case_id: UUID, row: stays.Stay) -> OpenedStay:
    told = stays.content(tx, row)
    tx.record(Action.READ_DETAIL.value, case=case_id, about=row.id, sealed=row.sealed)
    placement: dict[str, Any] = told["placement"]
    facility_id = UUID(placement["facility"])
    found = catalogue.facility(tx, facility_id, local_day(tx.now)) or catalogue.facility(tx, facility_id)
    if found is None:
        raise Conflict("facility_gone", "The facility of this stay is not in the catalogue.")
    call_back = None
    # The call-back is the next step, and on the way there somebody may have to call; later it is nobody's business.
    if row.state == "held" or (row.kind, row.state) == ("emergency", "confirmed"):
        address = catalogue.newest_address(tx, facility_id)
        if address is not None:
            call_back = address[0]["call_back"]
            # Not the hash of the address: beside a case it would say in the trail who lives where.
            tx.record(Action.READ_DETAIL.value, case=case_id, about=row.id, sealed=row.sealed)
    return OpenedStay(row, placement, dict(found.facility), call_back)
