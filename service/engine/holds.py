"""Holds: a bed is given under one lock, after every hard rule has been asked again on what is true at that moment.

What is searched before the lock is only where to look. Inside it the facts are read anew, the one stay is judged
without the solver, the beds are booked (the database itself refuses one that is taken), and at the end nothing the
facts were made of may have changed. See docs/decisions/0027-holds-under-one-lock.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from matching.constraints.base import Constraint, OnLive
from matching.facts import Facts
from matching.repair import MoveHarm
from matching.repair.model import judging_moves
from matching.repair.night import movers_of, night_of
from service.actors import SYSTEM, Role
from service.audit.acts import Outcome, SystemAct
from service.engine.answers import triage_deadline
from service.engine.placing import Try, card, content_of, housed, nights_of, tries
from service.engine.planned import planned
from service.engine.solving import solve
from service.engine.tonight import asked_tonight, tonight
from service.engine.world import Picture, World, today_of
from service.problems import Unavailable
from service.settings import Settings
from service.store.database import Database, Transaction
from service.store.repository import answers, coordination, decisions, emergencies, orders, stays, tasks
from service.store.repository import world as rows
from service.store.repository.holding import held_for_other_facts, offered_with, release_offer, withdraw_offer
from service.store.repository.orders import Order
from service.store.repository.stays import HOLDING, BedTaken, Stay

__all__ = [
    "Scene",
    "Wish",
    "has_hold",
    "held_until",
    "hold_order",
    "hold_slot",
    "moving",
    "place",
    "refused_by",
    "working_days_after",
]

_ROUNDS: Final = 6
"""How often a hold is tried again because the register has changed meanwhile."""


def working_days_after(moment: datetime, days: int) -> datetime:
    """The same hour so many working days later: Saturdays and Sundays do not count.

    Examples
    --------
    >>> from datetime import UTC
    >>> working_days_after(datetime(2026, 11, 20, 12, tzinfo=UTC), 5).date().isoformat()  # from a Friday
    '2026-11-27'
    """
    left = days
    while left:
        moment += timedelta(days=1)
        left -= moment.weekday() < 5
    return moment


def held_until(now: datetime, settings: Settings) -> datetime:
    """Until when a new hold lasts if nobody decides."""
    return working_days_after(now, settings.hold_working_days)


Scene = tuple[Facts, int]


@dataclass(frozen=True)
class Wish:
    """A stay that is wanted for a case.

    Parameters
    ----------
    kind : of the stay, see `service.store.tables.stays`
    order : ids of facilities in the order they are tried; none: any
    query : the answer the wish comes from
    shown : what the slot's card showed
    only : nothing but these
    rules : the rules asked; none: the rule book
    scene : the facts they are asked on and the number of the case in them; none: the register's own
    instead_of : the live stay that this one is to replace; it keeps its beds until somebody
        arrives, unless nobody lives there yet
    """

    case: UUID
    kind: str
    order: tuple[str, ...] | None = field(default=None, repr=False)
    query: UUID | None = None
    shown: dict[str, str] | None = field(default=None, repr=False)
    only: tuple[Try, ...] | None = field(default=None, repr=False)
    rules: tuple[Constraint, ...] | None = field(default=None, repr=False)
    scene: Callable[[Picture], Scene | None] | None = field(default=None, repr=False)
    instead_of: UUID | None = None

    def book(self, world: World) -> tuple[Constraint, ...]:
        """The rules asked."""
        return world.rules if self.rules is None else self.rules

    def asked_of(self, picture: Picture) -> Scene | None:
        """Facts and number of the case; none when nobody may be placed for it."""
        if self.scene is not None:
            return self.scene(picture)
        number = picture.case(self.case)
        return None if number is None else (picture.facts, number)


class _Changed(Exception):
    """The register has changed since it was read."""


Finish = Callable[[Transaction, tuple[Stay, ...]], None]


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
        try:
            with database.transaction(SYSTEM) as tx:
                held = _commit(tx, world, settings, wish, wanted)
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


def _commit(tx: Transaction, world: World, settings: Settings, wish: Wish, wanted: Sequence[Try]) -> tuple[Stay, ...]:
    """The stays held; none when nothing safe is free.

    Raises
    ------
    _Changed : somebody has changed the register since it was looked at: what was free is gone and something else is
        free, or what was judged is not what is true any more
    """
    tx.lock_register()
    case = coordination.get(tx, wish.case, lock=True)
    before = _instead(tx, wish)
    if has_hold(tx, wish.case, but={stay.id for stay in before} | {wish.instead_of}):
        return ()
    if case.offer is not None and wish.instead_of is None:
        withdraw_offer(tx, wish.case)  # of a hold that came to nothing
    picture = world.picture(tx)
    scene = wish.asked_of(picture)
    if scene is None:
        return ()
    held = next(filter(None, (_try(tx, world, settings, wish, picture, scene, one) for one in wanted)), ())
    if not held:
        if not set(_look(world, wish, picture)) <= set(wanted):
            raise _Changed
        return ()
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


def _try(
    tx: Transaction, world: World, settings: Settings, wish: Wish, picture: Picture, scene: Scene, one: Try
) -> tuple[Stay, ...]:
    facts, number = scene
    placed = housed(facts, number, one, wish.book(world))
    if placed is None:
        return ()
    told = coordination.case_details(tx, wish.case)
    if told is None:
        return ()
    household = told.told["household"]
    held: list[Stay] = []
    offer = uuid4()
    try:
        with tx.connection.begin_nested():
            for leg in placed:
                nights = nights_of(tx, picture, leg)
                if nights is None:
                    raise BedTaken
                content = content_of(facts, leg, household, told.told["responsible_municipality"])
                stay, _ = stays.add(
                    tx,
                    content | {"basis": picture.bases[wish.case]},
                    kind=wish.kind,
                    state="held",
                    nights=nights,
                    persons=[member["person_key"] for member in household],
                    case=wish.case,
                    query=wish.query,
                    offer=offer,
                    held_until=held_until(tx.now, settings),
                    leg=leg.leg,
                )
                told_until = {"held_until": today_of(held_until(tx.now, settings)).isoformat()}
                decisions.put_offer(tx, wish.case, stay.id, card(facts, leg, wish.shown) | told_until)
                held.append(stay)
    except BedTaken:
        return ()
    return tuple(held)


def _hand_over(tx: Transaction, world: World, case_id: UUID, query: UUID | None) -> None:
    """No slot works: a coordinator goes on; the requester sees no difference."""
    case = coordination.get(tx, case_id)
    due = triage_deadline(world.policy, case.triage, case.received_at, tx.now)
    tasks.add(tx, "handle_manually", Role.COORDINATOR, due, case=case_id)
    tx.record(SystemAct.PASS_TO_COORDINATOR.value, case=case_id, about=query)


def hold_slot(database: Database, world: World, settings: Settings, query_id: UUID) -> bool:
    """Hold the first bed that is safe behind the slots, in the requester's order; else a coordinator takes over.

    What was held for this case before and came to nothing is not tried again. Called again while something is held,
    it does nothing.
    """
    with database.transaction(SYSTEM) as tx:
        wish = _wish_of(tx, query_id)
    if wish is None:
        return False

    def finish(tx: Transaction, held: tuple[Stay, ...]) -> None:
        if not held and not has_hold(tx, wish.case) and _is_open(tx, wish.case):
            _hand_over(tx, world, wish.case, query_id)

    return place(database, world, settings, wish, finish)


def _is_open(tx: Transaction, case_id: UUID) -> bool:
    case = coordination.get(tx, case_id)
    return rows.waits(case.state, is_emergency=case.is_emergency)


def _wish_of(tx: Transaction, query_id: UUID) -> Wish | None:
    query = answers.get(tx, query_id)
    slots = answers.preferred(tx, query_id)
    if not slots or query.state == "working" or has_hold(tx, query.case):
        return None
    refused = refused_by(tx, query.case)
    order = [name for slot in slots for name in answers.backing(tx, query, slot) if name not in refused]
    cards = answers.answer(tx, query).get("slots") or [{}]  # the three show the same
    return Wish(query.case, "slot", tuple(dict.fromkeys(order)), query_id, dict(cards[0]))


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
        wish = _ordered(tx, world, settings, order)

    def finish(tx: Transaction, held: tuple[Stay, ...]) -> None:
        orders.finish(tx, order, held[-1].id if held else None)
        if not held:
            tx.record(SystemAct.LOSE_HOLD.value, case=order.case, about=order_id, outcome=Outcome.REFUSED.value)

    return place(database, world, settings, wish, finish)


def _ordered(tx: Transaction, world: World, settings: Settings, order: Order) -> Wish:
    """What an order wants: a facility and day, or what a plan has for the case, also a move elsewhere."""
    told = orders.content(tx, order)
    if "plan" in told:
        found = planned(tx, UUID(told["plan"]), order.case)
        if found is None:
            return Wish(order.case, order.kind, only=())
        if found.instead_of is not None:
            book = judging_moves(world.rules)
            scene = partial(moving, found.instead_of)
            return Wish(
                order.case, "repair", found.facilities, rules=book, scene=scene, instead_of=found.instead_of
            )  # fmt: skip
        return Wish(order.case, order.kind, only=(Try(found.facilities, found.first_day),))
    picture = world.picture(tx)
    number = picture.number(order.case)
    if number is None:
        return Wish(order.case, order.kind, only=())
    start = date.fromisoformat(told["start"]).toordinal()
    case = coordination.get(tx, order.case)
    nights = emergencies.nights_of(tx, order.case) if case.is_emergency and case.state != "arrived" else None
    if nights is not None and start == picture.facts.today:  # tonight is asked what an emergency is asked
        nights = min(nights, settings.emergency_nights, world.policy.emergency_most_nights)
        return Wish(
            order.case,
            "emergency",
            only=(Try((told["facility"],), start),),
            rules=asked_tonight(world.rules),
            scene=partial(tonight, order.case, nights),
        )
    ways = tuple(one for one in tries(picture.facts, number, world.rules, [told["facility"]]) if one.first_day == start)
    legs = len(picture.facts.cases[number].legs)
    # A start that nobody proposes may be as safe: it is judged like any other.
    return Wish(order.case, order.kind, only=ways or (Try((told["facility"],) * legs, start),))


def moving(stay_id: UUID, picture: Picture) -> Scene | None:
    """The night on which somebody moves out of a stay: their bed there is theirs until they have left."""
    name = str(stay_id)
    presences = picture.facts.names.presences
    if picture.is_lost or name not in presences:
        return None
    number = presences.index(name)
    movers = movers_of(picture.facts, {number: OnLive.MOVE_NOW}, frozenset({number}), {})
    return (night_of(picture.facts, movers, MoveHarm()), 0) if movers else None
