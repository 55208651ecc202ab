"""Before some cases are placed by hand, somebody outside the asking and the assessing unit vouches for them.

Placing by hand answers a question that no budget has counted: was there a safe place in so small an area? A requester
and an assessor in league could put it about somebody who does not exist. So a coordinator places a case that was too
narrow, over budget, blocked, declined, left to lapse or beyond the cap of holds of its unit only after a third unit has
vouched for person and threat; one that was admitted and has no bed is placed as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from service.flow.claims import insist_on_claim
from service.inference import Reason
from service.policies import Action
from service.problems import Conflict
from service.store.database import Transaction
from service.store.repository import assessments, by_hand, verifications
from service.store.repository.verifications import Verification

__all__ = ["UNVOUCHED", "Standing", "insist_on_voucher", "standing", "verify"]

UNVOUCHED: Final = frozenset(
    {Reason.NOT_ADMITTED, Reason.BUDGET, Reason.BLOCKED, Reason.DECLINED, Reason.EXPIRED, Reason.UNIT_HOLDS}
)
"""Why a case came by hand whose placing would tell something that nothing has counted."""
_ADMITTED: Final = frozenset({Reason.NO_SAFE_BED})
"""Why a case came by hand whose question was admitted and counted."""


@dataclass(frozen=True)
class Standing:
    """Whether a case must be vouched for, and whether it is.

    Parameters
    ----------
    found : who vouched for the facts that count now; none: nobody, or before the case came by hand again
    """

    is_needed: bool
    found: Verification | None

    @property
    def is_open(self) -> bool:
        """Whether the case may be placed by hand."""
        return not self.is_needed or self.found is not None


def standing(tx: Transaction, case_id: UUID) -> Standing:
    """How a claimed case stands: what counts is the newest time it came by hand for such a reason."""
    facts = verifications.facts_of(tx, case_id)
    handed = by_hand.handed(tx, case_id)
    asked = [one for one in handed if one.reason in UNVOUCHED]
    if not asked:
        return Standing(False, None)
    newest = handed[0]
    is_of_these_facts = facts.since is not None and newest.since >= facts.since > asked[0].since
    if newest.reason in _ADMITTED and is_of_these_facts:
        return Standing(False, None)
    found = verifications.newest(tx, case_id, facts)
    return Standing(True, None if found is None or found.at < asked[0].since else found)


def insist_on_voucher(tx: Transaction, case_id: UUID) -> None:
    """Go on only with a case that somebody vouches for, if that is needed.

    Raises
    ------
    Conflict : `not_verified`
    """
    if not standing(tx, case_id).is_open:
        raise Conflict(
            "not_verified", "Somebody outside the asking and the assessing unit must vouch for person and threat first."
        )


def verify(tx: Transaction, case_id: UUID, how: str, unit: str) -> UUID:
    """Record who vouches for person and threat of a claimed case, as its facts are now.

    Parameters
    ----------
    how : "second_organisation", "own_source" or "in_person"
    unit : whose word it is

    Raises
    ------
    Conflict : `not_claimed`; `not_outside`, it is a unit that asked or assessed
    """
    case = insist_on_claim(tx, case_id)
    facts = verifications.facts_of(tx, case_id)
    inside = {case.unit, *(one.unit for one in assessments.newest(tx, case_id, assessments.MOST_READ))}
    if not inside.isdisjoint((unit, tx.actor.unit)):
        raise Conflict("not_outside", "Whoever asks or assesses cannot vouch for the same case.")
    verification_id = verifications.add(tx, case_id, facts, how, unit)
    tx.record(Action.VERIFY_BY_HAND.value, case=case_id, about=verification_id)
    return verification_id
