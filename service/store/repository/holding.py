"""What is held by one act is one offer: it is shown, answered, decided and given up together, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import case as choose
from sqlalchemy import exists, func, insert, or_, select, update

from service.problems import Conflict
from service.store.database import Transaction
from service.store.repository import stays as repository
from service.store.repository import tasks
from service.store.repository.stays import HOLDING, Stay
from service.store.repository.wider import as_system
from service.store.tables import bed_nights, cases, stay_events, stay_persons, stays
from service.store.tables import tasks as waiting

__all__ = [
    "CASE_CHANGED",
    "CONFIRMED_UNSEEN",
    "add_persons",
    "held_for_other_facts",
    "offered_with",
    "offers_of",
    "release_offer",
    "renew_offer",
    "unused_by",
    "withdraw_offer",
]

CASE_CHANGED: Final = "case_changed"
"""Why a hold came to nothing that nobody has refused: its facility may be tried again."""
CONFIRMED_UNSEEN: Final = "confirmed_unseen"
"""Why a row of a hold ended whose beds are held on by another row, under a new version of the assessment."""
_OF_STAY: Final = ("confirm_with_provider", "check_destination", "missing_arrival")
_OF_OFFER: Final = ("answer_needed", "decide_placement", "request_reveal")
_DAYS: Final = 1 << 20
"""See `service.store.repository.stays.Nights`."""


def offers_of(tx: Transaction, case_id: UUID) -> tuple[tuple[Stay, ...], ...]:
    """The holds of a case, each offer by itself, the oldest first; who lives somewhere already is none of them."""
    found: dict[UUID, list[Stay]] = {}
    for stay in repository.live_of(tx, case_id):
        if stay.state in HOLDING:
            found.setdefault(stay.offer or stay.id, []).append(stay)
    return tuple(map(tuple, found.values()))


def offered_with(tx: Transaction, stay: Stay) -> tuple[Stay, ...]:
    """The holds that are one offer with a hold, itself among them."""
    of_case = offers_of(tx, stay.case) if stay.case is not None else ()
    return next((offer for offer in of_case if any(one.id == stay.id for one in offer)), ())


def release_offer(tx: Transaction, case_id: UUID, offer: Sequence[Stay], code: str, outcome: str = "released") -> bool:
    """Give back the beds of an offer and end what waits for it; False when none of it is a hold any more.

    A case that waited for an answer to it is where it was before; one that waits for another offer still does.
    """
    with as_system(tx):
        released = [stay for stay in offer if repository.release(tx, stay, code)]
        was_offered = withdraw_offer(tx, case_id, [stay.id for stay in offer])
    for stay in offer:
        for kind in _OF_STAY:
            tasks.finish_for(tx, kind, stay=stay.id, outcome=outcome)
    for kind in _OF_OFFER if was_offered else ():
        tasks.finish_for(tx, kind, case=case_id, outcome=outcome)
    return bool(released)


def renew_offer(
    tx: Transaction, case_id: UUID, offer: Sequence[Stay], told: Mapping[str, Any], held_until: datetime
) -> tuple[Stay, ...]:
    """The same beds on the same nights, held on by new stays: what anybody said to the old ones is not said to these.

    What waits for the provider or the police at the destination waits for the new ones; the person is asked again.

    Parameters
    ----------
    offer : holds of one case, all of them one offer
    told : what the content of each says anew

    Raises
    ------
    Conflict : one of them is no hold any more; nothing of this may be kept
    """
    kept = [(stay, repository.content(tx, stay), repository.nights_of(tx, stay.id)) for stay in offer]
    if not all(repository.release(tx, stay, CONFIRMED_UNSEEN) for stay in offer):
        raise Conflict("out_of_order", "Somebody has changed this stay.")
    together = uuid4()
    renewed = []
    for leg, (stay, content, nights) in enumerate(kept):
        new, _ = repository.add(
            tx,
            {**content, **told},
            kind=stay.kind,
            state="checked" if stay.state == "accepted" else stay.state,
            nights=nights,
            persons=[member["person_key"] for member in content["placement"]["household"]],
            case=case_id,
            query=stay.query,
            offer=together,
            held_until=held_until,
            code=CONFIRMED_UNSEEN,
            leg=leg,
        )
        _hand_on(tx, stay.id, new.id)
        renewed.append(new)
    for kind in _OF_OFFER:
        tasks.finish_for(tx, kind, case=case_id, outcome="asked_anew")
    withdraw_offer(tx, case_id, [stay.id for stay in offer])
    return tuple(renewed)


def _hand_on(tx: Transaction, stay: UUID, new: UUID) -> None:
    """What waits for a stay waits for another one, with the same term and for the same unit."""
    moved = ("kind", "for_role", "for_unit", "case_id", "about_ref", "due_at", "created_at", "reason")
    these = (waiting.c.stay_ref == stay, waiting.c.kind.in_(_OF_STAY), waiting.c.done_at.is_(None))
    for row in tx.connection.execute(select(*(waiting.c[name] for name in moved)).where(*these)).mappings().all():
        tx.connection.execute(insert(waiting).values(id=uuid4(), stay_ref=new, **row))
    for kind in _OF_STAY:
        tasks.finish_for(tx, kind, stay=stay, outcome="asked_anew")


def withdraw_offer(tx: Transaction, case_id: UUID, offer: Iterable[UUID] | None = None) -> bool:
    """Nothing is offered any more; a case that waited for an answer to it is where it was before. Whether it did.

    That is in progress, or arrived when somebody lives in another stay of it and was to move.

    Parameters
    ----------
    offer : only if one of these stays is what is offered; none: whatever is
    """
    asked = ("answer_needed", "decision_needed", "decided")
    lives = exists().where(stays.c.case_id == case_id, stays.c.state == "placed")
    before = choose((lives, "arrived"), else_="in_progress")
    these = cases.c.id == case_id
    if offer is not None:
        these &= or_(cases.c.offer_ref.is_(None), cases.c.offer_ref.in_(list(offer)))
    done = tx.connection.execute(
        update(cases)
        .where(these)
        .values(
            offer_ref=None,
            state=choose((cases.c.state.in_(asked), before), else_=cases.c.state),
            state_since=choose((cases.c.state.in_(asked), tx.now), else_=cases.c.state_since),
        )
    )
    return done.rowcount == 1


def held_for_other_facts(tx: Transaction, case_id: UUID) -> frozenset[UUID]:
    """Stays of a case that ended only because the case had changed, whether their beds are held on or not."""
    asked = (
        select(stay_events.c.stay_id)
        .join(stays, stay_events.c.stay_id == stays.c.id)
        .where(
            stays.c.case_id == case_id,
            stay_events.c.event == "released",
            stay_events.c.code.in_((CASE_CHANGED, CONFIRMED_UNSEEN)),
        )
    )
    return frozenset(tx.connection.execute(asked).scalars())


def unused_by(tx: Transaction, today: date, limit: int = 100) -> tuple[Stay, ...]:
    """Decided stays whose last night is over although nobody has arrived."""
    past = (
        select(bed_nights.c.stay_id)
        .join(stays, bed_nights.c.stay_id == stays.c.id)
        .where(stays.c.state == "decided")
        .group_by(bed_nights.c.stay_id)
        .having(func.max(func.upper(bed_nights.c.nights) % _DAYS) <= today.toordinal())
        .order_by(bed_nights.c.stay_id)
        .limit(limit)
    )
    return tuple(repository.get(tx, stay_id) for stay_id in tx.connection.execute(past).scalars().all())


def add_persons(tx: Transaction, stay_id: UUID, persons: Iterable[str]) -> int:
    """Who has come to a stay that is there already counts as present by it; how many are new."""
    asked = select(stay_persons.c.person_tag).where(stay_persons.c.stay_id == stay_id)
    there = {bytes(tag) for tag in tx.connection.execute(asked).scalars()}
    new = sorted({tx.tag_person(key) for key in persons} - there)
    if new:
        tx.connection.execute(insert(stay_persons), [{"stay_id": stay_id, "person_tag": tag} for tag in new])
    return len(new)
