"""Holds: a bed is given under one lock, after every hard rule has been asked again on what is true at that moment.

What is searched before the lock is only where to look. Inside it the facts are read anew, the one stay is judged
without the solver, the beds are booked (the database itself refuses one that is taken), and at the end nothing the
facts were made of may have changed. See docs/decisions/0027-holds-under-one-lock.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from service.actors import SYSTEM, Role
from service.audit.acts import Outcome, SystemAct
from service.engine.answers import triage_deadline
from service.engine.giving_up import pass_on
from service.engine.placing import HIGHEST, Try, card, content_of, housed, nights_of, tries
from service.engine.solving import solve
from service.engine.terms import held_until, limit_reached, slot_held_until
from service.engine.unseen import OwnSide, admitted, is_made_narrow, own_side
from service.engine.wishes import Scene, Wish, ordered, shown_first
from service.engine.world import Picture, World, today_of
from service.inference import Reason
from service.problems import Unavailable
from service.settings import Settings
from service.store.database import Database, Transaction
from service.store.repository import answers, by_hand, coordination, decisions, orders, stays, tasks
from service.store.repository import world as rows
from service.store.repository.coordination import CaseRow
from service.store.repository.hold_limits import newest_order, refused_stays
from service.store.repository.holding import held_for_other_facts, offered_with, release_offer, withdraw_offer
from service.store.repository.stays import HOLDING, BedTaken, Stay

__all__ = ["Wish", "has_hold", "hold_order", "hold_slot", "place", "refused_by"]

_ROUNDS: Final = 6
"""How often a hold is tried again because the register has changed meanwhile."""


class _Changed(Exception):
    """The register has changed since it was read."""


class _Superseded(Exception):
    """The case is not what its slots were admitted for any more: that is asked again first."""


Finish = Callable[[Transaction, tuple[Stay, ...]], None]


@dataclass(frozen=True)
class _Looked:
    """What was found before the lock; what can be untrue by then is asked again inside it.

    Parameters
    ----------
    own : the case as its own people know it; none: nothing of it is shown, or it waits for nothing
    """

    tries: tuple[Try, ...] = field(repr=False)
    own: OwnSide | None = field(repr=False)

    def at_most(self, facility: str) -> str:
        """The cost band that is shown of a facility: it tells no more than everybody can compute."""
        return self.own.at_most if self.own is not None and facility in self.own.names else HIGHEST


def place(database: Database, world: World, settings: Settings, wish: Wish, finish: Finish) -> bool:
    """Hold a stay for a case, or pass it on; `finish` is called once, in the same transaction, with what is held.

    Returns
    -------
    whether something is held

    Raises
    ------
    Unavailable : the register changes faster than a hold can be made; nothing was done
    """
    is_fresh = False
    for _ in range(_ROUNDS):
        with database.transaction(SYSTEM) as tx:
            wanted = _look(world, wish, world.picture(tx) if is_fresh else world.recent(tx))
            own = wish.own
            if own is None and wanted and wish.kind != "emergency":
                own = own_side(tx, world, wish.case)
        try:
            with database.transaction(SYSTEM) as tx:
                held = _commit(tx, world, settings, wish, _Looked(wanted, own))
                finish(tx, held)
                return bool(held)
        except _Changed:
            is_fresh = True
    raise Unavailable


def _look(world: World, wish: Wish, picture: Picture) -> tuple[Try, ...]:
    """Where to look, before the lock; what is found there is judged again inside it."""
    scene = wish.asked_of(picture)
    if scene is None:
        return ()
    return tuple(tries(*scene, wish.book(world), wish.order)) if wish.only is None else wish.only


def _commit(tx: Transaction, world: World, settings: Settings, wish: Wish, looked: _Looked) -> tuple[Stay, ...]:
    """The stays held; none when nothing safe is free, or no more may be held behind slots.

    Raises
    ------
    _Changed : somebody has changed the register since it was looked at: what was free is gone and something else is
        free, or what was judged is not what is true any more
    _Superseded : so have the case's own facts, and they were admitted as they were
    """
    tx.lock_register()
    case = coordination.get(tx, wish.case)  # its row is free meanwhile: how long is searched is nobody's to measure
    before = _instead(tx, wish)
    but = {stay.id for stay in before} | {wish.instead_of}
    if has_hold(tx, wish.case, but=but):
        return ()
    picture = world.picture(tx)
    basis = picture.bases.get(wish.case)
    if wish.own is not None and wish.own.basis != basis:
        raise _Superseded
    if looked.own is not None and looked.own.basis != basis:
        raise _Changed
    scene = wish.asked_of(picture)
    if scene is None or (wish.kind == "slot" and limit_reached(tx, case, settings) is not None):
        _settle(tx, wish, case, before)
        return ()
    placing = _Placing(tx, world, settings, wish, picture, scene, looked)
    held = next(filter(None, map(placing.held, looked.tries)), ())
    if not held:
        if not set(_look(world, wish, picture)) <= set(looked.tries):
            raise _Changed
        _settle(tx, wish, case, before)
        return ()
    _settle(tx, wish, case, (*held, *before))
    release_offer(tx, wish.case, before, "replaced")
    due = triage_deadline(world.policy, case.triage, case.received_at, tx.now)
    for stay in held:
        tasks.add(tx, "confirm_with_provider", Role.COORDINATOR, due, case=wish.case, stay=stay.id)
        tx.record(
            SystemAct.PLACE_HOLD.value,
            case=wish.case,
            about=stay.id,
            sealed=stay.sealed,
            solve=solve(tx, world, picture),
        )
    tx.touch(endangers=False)
    if not rows.is_revision(tx, picture.revision):
        raise _Changed
    return held


def _settle(tx: Transaction, wish: Wish, case: CaseRow, own: Collection[Stay]) -> None:
    """What is written of the case itself, after all that takes its time.

    That nobody else has held anything for it is asked once more: the row's lock alone keeps that, too.

    Parameters
    ----------
    own : stays that were held here, or end by it

    Raises
    ------
    _Changed : somebody has changed it since it was read
    """
    but = {stay.id for stay in own} | {wish.instead_of}
    if coordination.get(tx, wish.case, lock=True) != case or has_hold(tx, wish.case, but=but):
        raise _Changed
    if case.offer is not None and wish.instead_of is None:
        withdraw_offer(tx, wish.case)  # of a hold that came to nothing


def _instead(tx: Transaction, wish: Wish) -> tuple[Stay, ...]:
    """The holds that end with the new one: where nobody lives yet nothing is kept until somebody has moved."""
    if wish.instead_of is None:
        return ()
    stay = stays.get(tx, wish.instead_of)
    if (stay.kind, stay.state) == ("emergency", "confirmed"):  # somebody may be there already
        return ()
    return offered_with(tx, stay) if stay.state in HOLDING else ()


def has_hold(tx: Transaction, case_id: UUID, *, but: Collection[UUID | None] = ()) -> bool:
    """Whether a case has a live stay already; somebody who lives in an emergency's week may be held another."""
    return any(
        stay.id not in but and not (stay.kind == "emergency" and stay.state == "placed")
        for stay in stays.live_of(tx, case_id)
    )


@dataclass(frozen=True)
class _Placing:
    """What is judged and booked inside the lock."""

    tx: Transaction
    world: World
    settings: Settings
    wish: Wish
    picture: Picture
    scene: Scene
    looked: _Looked

    def held(self, one: Try) -> tuple[Stay, ...]:
        """The stays of one try; none when a rule refuses it by now, or its beds are taken."""
        tx, wish, (facts, number) = self.tx, self.wish, self.scene
        placed = housed(facts, number, one, wish.book(self.world))
        told = None if placed is None else coordination.case_details(tx, wish.case)
        if placed is None or told is None:
            return ()
        case = coordination.get(tx, wish.case)
        is_slot = wish.kind == "slot"
        until = slot_held_until(tx, case, self.settings) if is_slot else held_until(case, tx.now, self.settings)
        shown_until = {"held_until": today_of(until).isoformat()}
        at_most = self.looked.at_most(one.facilities[-1])
        household = told.told["household"]
        made_for: dict[str, object] = {"basis": self.picture.bases[wish.case]}
        if is_slot and self.looked.own is not None:
            made_for["eligible"] = sorted(self.looked.own.names)
        held: list[Stay] = []
        offer = uuid4()
        try:
            with tx.connection.begin_nested():
                for leg in placed:
                    nights = nights_of(tx, self.picture, leg)
                    if nights is None:
                        raise BedTaken
                    content = content_of(facts, leg, household, told.told["responsible_municipality"])
                    stay, _ = stays.add(
                        tx,
                        content | made_for,
                        kind=wish.kind,
                        state="held",
                        nights=nights,
                        persons=[member["person_key"] for member in household],
                        case=wish.case,
                        query=wish.query,
                        offer=offer,
                        held_until=until,
                        leg=leg.leg,
                    )
                    decisions.put_offer(tx, wish.case, stay.id, card(facts, leg, wish.shown, at_most) | shown_until)
                    held.append(stay)
        except BedTaken:
            return ()
        return tuple(held)


def _hand_over(tx: Transaction, world: World, settings: Settings, case_id: UUID, query: UUID, reason: Reason) -> None:
    """No slot works: a coordinator goes on; the requester sees no difference."""
    if not pass_on(tx, world, settings, case_id, reason):
        return
    tx.record(SystemAct.PASS_TO_COORDINATOR.value, case=case_id, about=query)


def hold_slot(database: Database, world: World, settings: Settings, query_id: UUID) -> bool:
    """Hold the first bed that is safe behind the slots, in the requester's order; else a coordinator takes over.

    Admission and budget are asked first of the case as it is assessed now. What was held for this case before and came
    to nothing is not tried again, and nothing is after a no of the person or the municipality to the same version.
    Called again while something is held, it does nothing.

    Raises
    ------
    Unavailable : the register changes faster than a hold can be made; nothing was done
    """
    for _ in range(_ROUNDS):
        with database.transaction(SYSTEM) as tx:
            wish = _wish_of(tx, world, settings, query_id)
        if wish is None:
            return False
        try:
            return place(database, world, settings, wish, _finish_slot(world, settings, wish.case, query_id))
        except _Superseded:
            continue
    raise Unavailable


def _finish_slot(world: World, settings: Settings, case_id: UUID, query_id: UUID) -> Finish:
    def finish(tx: Transaction, held: tuple[Stay, ...]) -> None:
        if not held and not has_hold(tx, case_id) and _is_open(tx, case_id):
            reason = limit_reached(tx, coordination.get(tx, case_id), settings) or Reason.NO_SAFE_BED
            _hand_over(tx, world, settings, case_id, query_id, reason)

    return finish


def _is_open(tx: Transaction, case_id: UUID) -> bool:
    case = coordination.get(tx, case_id)
    return rows.waits(case.state, is_emergency=case.is_emergency)


def _wish_of(tx: Transaction, world: World, settings: Settings, query_id: UUID) -> Wish | None:
    """What is wanted: the slots that were last put in order; none when nothing is to be tried."""
    asked = answers.get(tx, query_id)
    query = answers.get(tx, newest_order(tx, asked.case) or query_id)
    slots = answers.preferred(tx, query.id)
    if not slots or query.state == "working" or has_hold(tx, query.case) or not _is_open(tx, query.case):
        return None
    own = own_side(tx, world, query.case)
    reason = admitted(tx, world, settings, own, query.case, query.unit)
    if reason is None and is_made_narrow(world, settings, world.picture(tx), query.case):
        reason = Reason.NOT_ADMITTED
    if own is None or reason is not None or _is_declined(tx, query.case, own.basis):
        _hand_over(tx, world, settings, query.case, query_id, reason or Reason.DECLINED)
        return None
    behind = [name for slot in slots for name in answers.backing(tx, query, slot)]
    if not behind:  # kept too long: nothing was looked for, so nothing is said of what is free
        _hand_over(tx, world, settings, query.case, query_id, Reason.EXPIRED)
        return None
    refused = refused_by(tx, query.case)
    order = [name for name in behind if name not in refused]
    cards = answers.answer(tx, query).get("slots") or [{}]  # the three show the same
    shown_on = today_of(coordination.get(tx, query.case).told_at(tx.now, settings.release_tick_s)).toordinal()
    return Wish(
        query.case, "slot", tuple(dict.fromkeys(order)), query.id, dict(cards[0]), own=own,
        scene=partial(shown_first, query.case, shown_on),
    )  # fmt: skip


def _is_declined(tx: Transaction, case_id: UUID, basis: str) -> bool:
    """Whether somebody in front has said no to what was held for the same facts: one hold a version is shown."""
    found = (stays.content(tx, stays.get(tx, stay_id)) for stay_id in refused_stays(tx, case_id))
    return any(told.get("basis") == basis for told in found)


def refused_by(tx: Transaction, case_id: UUID) -> frozenset[str]:
    """Facilities that were held for the case and came to nothing."""
    unasked = held_for_other_facts(tx, case_id)
    return frozenset(
        str(stays.content(tx, stay)["placement"]["facility"])
        for stay in stays.of_case(tx, case_id)
        if stay.state == "released" and stay.id not in unasked
    )


def hold_order(database: Database, world: World, settings: Settings, order_id: UUID) -> bool:
    """Carry out a coordinator's order: the facility and day they chose, or what a proposed plan has for the case."""
    with database.transaction(SYSTEM) as tx:
        order = orders.get(tx, order_id)
        if order.state != "working":
            return False
        wish = ordered(tx, world, settings, order)

    def finish(tx: Transaction, held: tuple[Stay, ...]) -> None:
        orders.finish(tx, order, held[-1].id if held else None)
        if not held:
            by_hand.renew_options(tx, order.case)
            tx.record(SystemAct.LOSE_HOLD.value, case=order.case, about=order_id, outcome=Outcome.REFUSED.value)

    return place(database, world, settings, wish, finish)
