"""The requester's answer: worked out once from the own case and the catalogue, stored, destroyed at its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from secrets import token_bytes
from typing import Final
from uuid import UUID, uuid4

from matching.domain import Policy
from matching.redaction import for_requester
from matching.requester import Behind, own_view, slots_and_behind
from service.actors import Role
from service.audit.acts import Outcome, SystemAct
from service.engine.admission import refusal
from service.engine.by_hand_volume import watch_volume
from service.engine.solving import solve
from service.engine.world import World
from service.inference import SEED_BYTES, Reason, band_of, draw
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import answers, assessments, coordination, queries, tasks
from service.store.repository.answers import Drawn
from service.store.repository.by_hand import hand_over
from service.store.repository.expiring import RENEW

__all__ = ["answer_query", "by_hand", "expire", "triage_deadline"]

_SLOTS: Final = 3
_TO_RENEW: Final = timedelta(days=1)


def triage_deadline(policy: Policy, triage: str, received_at: datetime, now: datetime) -> datetime:
    """Until when the next step of a case is due: its class's deadline, at once when that has passed.

    Examples
    --------
    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> triage_deadline(Policy(), "red", noon, noon).hour
    16
    """
    limit = {
        "red": timedelta(hours=policy.triage_red_hours),
        "orange": timedelta(hours=policy.triage_orange_hours),
        "green": timedelta(days=policy.triage_green_days),
    }[triage]
    return max(received_at + limit, now)


def answer_query(tx: Transaction, world: World, settings: Settings, query_id: UUID) -> bool:
    """Store the answer of a query; False when it has one.

    Only confirmed knowledge is read, so that nobody can ask what becomes of an answer if they claim something, and of
    it only what the own case names. Whether the case has a hold or a stay, and what becomes of it, changes nothing.
    What of the own case cannot be read or put on the map is a block without a reason, and a coordinator's task.
    """
    query = answers.get(tx, query_id, lock=True)
    if query.state != "working":
        return False
    picture = world.own(tx, query.case)
    number = picture.number(query.case)
    told: dict[str, object] = {"slots": [], "missing": ["blocked"]}
    drawn: Drawn | None = None
    if number is None:
        by_hand(tx, world, settings, query.case, Reason.BLOCKED)
    else:
        found = slots_and_behind(own_view(picture.facts, number), world.rules)
        answer = for_requester(found.slots)
        told["missing"] = list(answer.missing)
        if answer.slots is not None:
            reason = refusal(
                tx,
                world,
                settings,
                picture.facts,
                number,
                case_id=query.case,
                unit=query.unit,
                version=query.assessment_version,
            )
            if reason is None:
                drawn = _drawn(picture.facts.names.facilities, found, settings)
                told["slots"] = [
                    {"id": str(slot), "position": card.rank, **card.model_dump(exclude={"rank"})}
                    for (slot, _), card in zip(drawn.behind, answer.slots, strict=True)
                ]
            else:
                told["is_by_hand"] = True
                by_hand(tx, world, settings, query.case, reason)
    sealed = answers.store(tx, query, told, drawn)
    if sealed is None:
        return False
    tx.record(
        SystemAct.SOLVE_QUERY.value,
        case=query.case,
        about=query.id,
        sealed=sealed,
        solve=solve(tx, world, picture),
    )
    return True


def by_hand(tx: Transaction, world: World, settings: Settings, case_id: UUID, reason: Reason) -> None:
    """A coordinator places the case, at once; the asker's side is not told why."""
    case = coordination.get(tx, case_id)
    due = triage_deadline(world.policy, case.triage, case.received_at, tx.now)
    hand_over(tx, case_id, due, reason)
    watch_volume(tx, settings, case_id, reason)


def _drawn(names: Sequence[str], found: Behind, settings: Settings) -> Drawn:
    """Behind each slot its own facility, then all others the cards are true of in the drawn order."""
    seed = token_bytes(SEED_BYTES)
    band = band_of(len(found.alike), len(found.eligible), settings)
    order = [names[facility] for facility in draw(found.alike, band, seed)]
    behind = tuple((uuid4(), tuple(_first(order, position))) for position in range(_SLOTS))
    return Drawn(behind, seed, tuple(sorted(names[facility] for facility in found.eligible)))


def _first(names: list[str], position: int) -> list[str]:
    """All facilities the cards are true of, the slot's own before the others."""
    own = names[position : position + 1]
    return own + [name for name in names if name not in own]


def expire(tx: Transaction, query_id: UUID) -> bool:
    """End an answer: what was behind its slots is destroyed; False when it had ended.

    An answer whose time is not over is left alone, whoever asks: jobs can come early.
    """
    query = answers.get(tx, query_id, lock=True)
    if query.expires_at > tx.now or not answers.expire(tx, query):
        return False
    tasks.finish_for(tx, tasks.PREFERENCE_NEEDED, about=query.id, outcome="expired")
    _renew(tx, query_id)
    tx.record(SystemAct.EXPIRE_ANSWER.value, case=query.case, about=query.id, outcome=Outcome.EXPIRED.value)
    return True


def _renew(tx: Transaction, query_id: UUID) -> None:
    """Ask for the next assessment when an answer has ended that nobody ordered: only a new version is asked about.

    The same whatever was behind its slots. A case that the coordinator places waits for nobody in front.
    """
    told = queries.read(tx, query_id)
    case = coordination.get(tx, told.case_id)
    newest = assessments.newest(tx, told.case_id)
    is_asking = case.state in ("signed", "in_progress") or (case.state == "arrived" and case.is_emergency)
    if not is_asking or not newest or newest[0].version != told.assessment_version:
        return
    if queries.is_preferred(tx, query_id) or (queries.answer(tx, told) or {}).get("is_by_hand"):
        return
    tasks.finish_for(tx, RENEW, case=case.id, outcome="asked_anew")
    tasks.add(tx, RENEW, Role.ASSESSOR, tx.now + _TO_RENEW, case=case.id, for_unit=case.unit)
