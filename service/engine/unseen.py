"""A case as its own people know it, and a hold that stands when they assess it anew: nobody in front sees that it does.

*A tightening confirms a hold unseen.* When everything that is publicly eligible under the newest assessment was
eligible when the hold was drawn, and no hard rule is broken by it now, its beds are held on. In front the offer was
taken out of sight when the version was signed, as it is when a hold is replaced, and is shown at the same round.

*It becomes a new stay.* Nothing anybody said to the old one counts for the new one: the person is asked again. In the
trail one hold is lost and another placed, as when it is replaced.

See docs/decisions/0030-a-tightening-confirms-unseen.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from matching.candidates import public_facilities
from matching.facts import Facts
from matching.requester import own_view
from service.audit.acts import SystemAct
from service.engine.admission import is_left_narrow, refusal
from service.engine.placing import ceiling
from service.engine.solving import solve
from service.engine.standing import assessed
from service.engine.terms import slot_held_until
from service.engine.world import Picture, World, today_of
from service.inference import Reason
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import coordination, decisions, stays
from service.store.repository.holding import renew_offer
from service.store.repository.stays import Stay

__all__ = ["OwnSide", "admitted", "confirm_unseen", "is_made_narrow", "own_side", "said"]

_STANDS: Final = ("held", "confirmed", "checked", "accepted")


@dataclass(frozen=True)
class OwnSide:
    """What a case and the public catalogue tell: no stay, no hold, no other case.

    Parameters
    ----------
    basis : which versions of its own facts count
    version : of the newest assessment; none: there is none, or it is withdrawn
    eligible : numbers of the facilities that are publicly eligible
    """

    basis: str
    version: int | None
    facts: Facts = field(repr=False)
    number: int = field(repr=False)
    eligible: tuple[int, ...] = field(repr=False)

    @property
    def names(self) -> frozenset[str]:
        """Ids of the facilities that are publicly eligible."""
        return frozenset(self.facts.names.facilities[one] for one in self.eligible)

    @property
    def at_most(self) -> str:
        """The highest cost band among them."""
        return ceiling(self.facts.facilities[one] for one in self.eligible)


def own_side(tx: Transaction, world: World, case_id: UUID) -> OwnSide | None:
    """A case as its own people know it; none when it waits for nothing or cannot be put on the map.

    Raises
    ------
    Unavailable : the register changes faster than it can be read
    """
    picture = world.own(tx, case_id)
    number = picture.number(case_id)
    if number is None:
        return None
    basis = picture.bases[case_id]
    eligible = tuple(public_facilities(own_view(picture.facts, number), 0, world.rules))
    return OwnSide(basis, assessed(basis)[1], picture.facts, number, eligible)


def admitted(
    tx: Transaction, world: World, settings: Settings, own: OwnSide | None, case_id: UUID, unit: str
) -> Reason | None:
    """Why slots are not tried for a case as it is assessed now; none when they are, and then the version is counted."""
    if own is None or own.version is None:
        return Reason.BLOCKED
    return refusal(
        tx, world, settings, own.facts, own.number, case_id=case_id, unit=unit, version=own.version
    )  # fmt: skip


def is_made_narrow(world: World, settings: Settings, picture: Picture, case_id: UUID) -> bool:
    """Whether what anybody has only proposed leaves so little of what was admitted that an outcome would locate.

    Proposals count when a bed is given and not at admission: whoever may propose could make a wide question a narrow
    one in between.
    """
    number = picture.number(case_id)
    return number is not None and is_left_narrow(settings, picture.facts, number, world.rules)


def said(tx: Transaction, case_id: UUID, offer: Sequence[Stay]) -> tuple[str | None, str | None]:
    """The newest answer of the person and decision of the municipality about an offer."""
    answers = [decisions.answer_to(tx, case_id, stay.id) for stay in offer]
    found = [decisions.on_stay(tx, case_id, stay.id) for stay in offer]
    outcomes = [None if one is None else one.outcome for one in found]
    return _newest(answers), _newest(outcomes)


def _newest(told: Sequence[str | None]) -> str | None:
    found = [one for one in told if one is not None]
    return found[-1] if found else None


def confirm_unseen(
    tx: Transaction, world: World, settings: Settings, picture: Picture, offer: Sequence[Stay], own: OwnSide
) -> bool:
    """Hold on what is held, for the newest assessment, if that is a tightening; False when the offer does not stand.

    No hard rule is broken by it, nothing of the case's facts is new but the assessment, and its version is admitted:
    the caller has seen to that under the register's lock.
    """
    (case_id,) = {stay.case for stay in offer}
    if case_id is None or any(stay.kind != "slot" or stay.state not in _STANDS for stay in offer):
        return False
    answer, decision = said(tx, case_id, offer)
    if answer == "no" or decision is not None:
        return False
    if any(stay.held_until is not None and stay.held_until <= tx.now for stay in offer):
        return False
    told = [stays.content(tx, stay) for stay in offer]
    case = coordination.get(tx, case_id)
    until = slot_held_until(tx, case, settings)
    shown_at = case.told_at(tx.now, settings.release_tick_s)
    if until <= max(tx.now, shown_at) or not _is_tightening(told, own.names):
        return False
    if date.fromisoformat(told[0]["placement"]["start"]) < today_of(shown_at):
        return False  # it would begin before anybody in front knows of it
    cards = [decisions.offered(tx, case_id, stay.id) for stay in offer]
    new = renew_offer(tx, case_id, offer, {"basis": own.basis, "eligible": sorted(own.names)}, until)
    for old, stay, card in zip(offer, new, cards, strict=True):
        if card is not None:
            decisions.put_offer(tx, case_id, stay.id, card[0] | {"held_until": today_of(until).isoformat()})
        tx.record(SystemAct.LOSE_HOLD.value, case=case_id, about=old.id)
        tx.record(
            SystemAct.PLACE_HOLD.value,
            case=case_id,
            about=stay.id,
            sealed=stay.sealed,
            solve=solve(tx, world, picture),
        )
    if all(stay.state == "checked" for stay in new):
        tx.defer("tell", case_id, at=shown_at)
    return True


def _is_tightening(told: Sequence[dict[str, Any]], eligible: frozenset[str]) -> bool:
    """Whether all that is eligible now was so when the hold was drawn, and the facility it is in still is."""
    home = str(told[-1]["placement"]["facility"])
    return home in eligible and all(eligible <= set(one.get("eligible", ())) for one in told)
