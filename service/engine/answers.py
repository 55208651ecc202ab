"""The requester's answer: worked out once from the own case and the catalogue, stored, destroyed at its end."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from matching.domain import Policy
from matching.redaction import for_requester
from matching.requester import own_view, slots_and_alike
from service.actors import Role
from service.audit.acts import Outcome, SystemAct
from service.engine.solving import solve
from service.engine.world import World
from service.store.database import Transaction
from service.store.repository import answers, coordination, tasks

__all__ = ["answer_query", "expire", "triage_deadline"]

_SLOTS = 3


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


def answer_query(tx: Transaction, world: World, query_id: UUID) -> bool:
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
    behind: list[tuple[UUID, list[str]]] = []
    if number is None:
        case = coordination.get(tx, query.case)
        due = triage_deadline(world.policy, case.triage, case.received_at, tx.now)
        tasks.add(tx, "handle_manually", Role.COORDINATOR, due, case=query.case)
    else:
        found, alike = slots_and_alike(own_view(picture.facts, number), world.rules)
        answer = for_requester(found)
        told["missing"] = list(answer.missing)
        names = [picture.facts.names.facilities[facility] for facility in alike]
        if answer.slots is not None:
            behind = [(uuid4(), _first(names, position)) for position in range(_SLOTS)]
            told["slots"] = [
                {"id": str(slot), "position": card.rank, **card.model_dump(exclude={"rank"})}
                for (slot, _), card in zip(behind, answer.slots, strict=True)
            ]
    sealed = answers.store(tx, query, told, behind)
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
    tx.record(SystemAct.EXPIRE_ANSWER.value, case=query.case, about=query.id, outcome=Outcome.EXPIRED.value)
    return True
