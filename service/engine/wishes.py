"""What is wanted for a case before a bed is held: behind its slots, by a coordinator's order, to move somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from uuid import UUID

from matching.constraints.base import Constraint, OnLive
from matching.facts import Facts
from matching.repair import MoveHarm
from matching.repair.model import judging_moves
from matching.repair.night import movers_of, night_of
from service.engine.placing import Try, tries
from service.engine.planned import planned
from service.engine.tonight import asked_tonight, tonight
from service.engine.unseen import OwnSide
from service.engine.world import Picture, World
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import coordination, emergencies, orders
from service.store.repository.orders import Order

__all__ = ["Scene", "Wish", "moving", "ordered", "shown_first"]

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
    own : the case as its slots were admitted; none: what it is by now counts
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
    own: OwnSide | None = field(default=None, repr=False)
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


def ordered(tx: Transaction, world: World, settings: Settings, order: Order) -> Wish:
    """What an order wants: a facility and day, or what a plan has for the case, also a move elsewhere."""
    told = orders.content(tx, order)
    if "plan" in told:
        found = planned(tx, UUID(told["plan"]), order.case, told.get("option"))
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


def shown_first(case_id: UUID, day: int, picture: Picture) -> Scene | None:
    """The register's own facts, but nobody begins to live anywhere before a day: that on which it can be shown.

    A case whose window is over by then begins on the last day of it.
    """
    number = picture.case(case_id)
    if number is None:
        return None
    facts = picture.facts
    case = facts.cases[number]
    later = replace(case, earliest_day=max(case.earliest_day, min(day, case.latest_day)))
    return replace(facts, cases=(*facts.cases[:number], later, *facts.cases[number + 1 :])), number


def moving(stay_id: UUID, picture: Picture) -> Scene | None:
    """The night on which somebody moves out of a stay: their bed there is theirs until they have left."""
    name = str(stay_id)
    presences = picture.facts.names.presences
    if picture.is_lost or name not in presences:
        return None
    number = presences.index(name)
    movers = movers_of(picture.facts, {number: OnLive.MOVE_NOW}, frozenset({number}), {})
    return (night_of(picture.facts, movers, MoveHarm()), 0) if movers else None
