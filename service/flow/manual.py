"""A case that is placed by hand: why it came, how long there is, its options or what blocks them, and what was tried.

All of it is of one claimed case; of others it says how many an option would leave without a place, never which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from service.flow.localities import locality
from service.flow.rounds import next_round
from service.flow.verification import Standing, standing
from service.flow.worklist import deadline, local_day, what_to_do
from service.policies import Action
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import by_hand, catalogue, coordination, orders, plans, stays
from service.store.repository.by_hand import Handed
from service.store.repository.coordination import CaseRow
from service.store.repository.holding import CASE_CHANGED, CONFIRMED_UNSEEN
from service.store.repository.world import revision

__all__ = ["Leg", "Listed", "Manual", "Option", "Ordered", "Tried", "read"]

_MOST_ORDERS: Final = 20
_NOBODYS_NO: Final = frozenset({CASE_CHANGED, "replaced"})
"""Why a hold ended that nobody has refused: its facility may be held again."""


@dataclass(frozen=True)
class Leg:
    """Nights ``[start, end)`` in a facility, with what the catalogue says of it."""

    facility: UUID
    locality: str
    lan: str
    form: str
    day_rate_sek: int
    units: tuple[tuple[str, int], ...]
    start: date
    end: date


@dataclass(frozen=True)
class Option:
    """One safe way to place the case as things were when the list was made.

    Parameters
    ----------
    displaces : how many others the best plan around it leaves without a place
    marginal_cost : by level, least possible and found
    own_costs : by rule
    refused : why a hold of the same facility came to nothing before; none: it was never tried
    """

    rank: int
    stays: tuple[Leg, ...]
    is_in_plan: bool
    is_exact: bool
    displaces: int
    marginal_cost: Mapping[str, tuple[int, int]]
    own_costs: Mapping[str, int]
    refused: str | None


@dataclass(frozen=True)
class Listed:
    """The newest options of the case that are finished; the first time those that are not.

    Parameters
    ----------
    is_current : nothing in the register has changed since
    is_renewed : newer ones are being worked out
    blocked : why nobody may be placed for the case at all; none: that is not so
    why : a tree of `matching.explanations.CoordinatorExplanation`, when there is no option
    """

    plan: UUID
    state: str
    asked_at: datetime
    finished_at: datetime | None
    is_current: bool
    is_renewed: bool
    blocked: str | None
    options: tuple[Option, ...]
    why: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True)
class Tried:
    """A stay that is or was held for the case.

    Parameters
    ----------
    code : why it was given up
    reason : of the no that person or municipality said to it
    """

    stay: UUID
    facility: UUID
    locality: str
    kind: str
    state: str
    start: date
    end: date
    held_at: datetime
    given_up_at: datetime | None
    code: str | None
    reason: str | None


@dataclass(frozen=True)
class Ordered:
    """A hold that was ordered, and what became of it."""

    order: UUID
    state: str
    asked_at: datetime
    stay: UUID | None
    facility: UUID | None
    start: date | None
    plan: UUID | None
    option: int | None


@dataclass(frozen=True)
class Manual:
    """All there is to place a case by hand.

    Parameters
    ----------
    waits : it is open; else somebody has placed it, or it never came
    reason, what_to_do : of the newest time it came
    due_at : the earliest deadline of what is open; else that of its class
    next_round_at : when what is ready by then is shown to the asker's side; none: as soon as it is ready
    handed : every time it came to the coordinators, the newest first
    listed : none: nobody has asked for options
    standing : whether somebody must vouch for the case before it is placed
    """

    case: CaseRow
    waits: bool
    reason: str | None
    what_to_do: str
    due_at: datetime
    next_round_at: datetime | None
    left_min: int
    handed: tuple[Handed, ...]
    listed: Listed | None
    tried: tuple[Tried, ...]
    ordered: tuple[Ordered, ...]
    standing: Standing


def read(tx: Transaction, settings: Settings, case_id: UUID) -> Manual:
    """Open what a coordinator needs to place a claimed case; each thing that is opened stands in the trail."""
    case = coordination.get(tx, case_id)
    tx.record(Action.READ_DETAIL.value, case=case_id, about=case_id)
    handed = by_hand.handed(tx, case_id)
    still = [one for one in handed if one.done_at is None]
    due_at = min((one.due_at for one in still), default=deadline(case.triage, case.received_at))
    tried = tuple(_tried(tx, case_id))
    reason = handed[0].reason if handed else None
    return Manual(
        case=case,
        waits=bool(still),
        reason=reason,
        what_to_do=what_to_do(by_hand.KIND, reason),
        due_at=due_at,
        next_round_at=next_round(case, tx.now, settings.release_tick_s),
        left_min=int((due_at - tx.now).total_seconds() // 60),
        handed=handed,
        listed=_listed(tx, case_id, tried),
        tried=tried,
        ordered=tuple(_ordered(tx, case_id)),
        standing=standing(tx, case_id),
    )


def _tried(tx: Transaction, case_id: UUID) -> Iterable[Tried]:
    """What is or was held; who lives somewhere is in the detail of the case."""
    rows = [row for row in stays.of_case(tx, case_id) if row.state in (*stays.HOLDING, "released")]
    given = by_hand.given_up(tx, (row.id for row in rows))
    said = by_hand.reasons_of_no(tx, case_id)
    reasons = {
        row.offer or row.id: said[row.id] for row in rows if row.id in said
    }  # what is said of one holds for both
    for row in rows:
        if row.id in given and given[row.id].code == CONFIRMED_UNSEEN:
            continue  # the hold goes on in a row of its own
        placement = stays.content(tx, row)["placement"]
        tx.record(Action.READ_DETAIL.value, case=case_id, about=row.id, sealed=row.sealed)
        facility = UUID(placement["facility"])
        found = _facility(tx, facility)
        end = given.get(row.id)
        yield Tried(
            stay=row.id,
            facility=facility,
            locality=str(found["locality"]),
            kind=row.kind,
            state=row.state,
            start=date.fromisoformat(placement["start"]),
            end=date.fromisoformat(placement["end"]),
            held_at=row.created_at,
            given_up_at=None if end is None else end.at,
            code=None if end is None else end.code,
            reason=reasons.get(row.offer or row.id),
        )


def _facility(tx: Transaction, facility_id: UUID) -> Mapping[str, Any]:
    found = catalogue.facility(tx, facility_id, local_day(tx.now)) or catalogue.facility(tx, facility_id)
    return {"locality": "", "form": "", "day_rate_sek": 0} if found is None else found.facility


def _ordered(tx: Transaction, case_id: UUID) -> Iterable[Ordered]:
    for row in orders.of_case(tx, case_id, _MOST_ORDERS):
        told = orders.content(tx, row)
        tx.record(Action.READ_DETAIL.value, case=case_id, about=row.id, sealed=row.sealed)
        yield Ordered(
            order=row.id,
            state=row.state,
            asked_at=row.asked_at,
            stay=row.stay,
            facility=_id(told.get("facility")),
            start=None if told.get("start") is None else date.fromisoformat(told["start"]),
            plan=_id(told.get("plan")),
            option=told.get("option"),
        )


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _listed(tx: Transaction, case_id: UUID, tried: Iterable[Tried]) -> Listed | None:
    under_way = plans.newest_of(tx, case_id, is_finished=False)
    row = plans.newest_of(tx, case_id, is_finished=True) or under_way
    if row is None:
        return None
    result: Mapping[str, Any] = plans.content(tx, row).get("result") or {}
    tx.record(Action.READ_PLAN.value, case=case_id, about=row.id, sealed=row.sealed)
    refused: dict[UUID, str] = {}
    for one in tried:  # the newest first
        if one.state == "released" and one.code is not None and one.code not in _NOBODYS_NO:
            refused.setdefault(one.facility, one.code)
    return Listed(
        plan=row.id,
        state=row.state,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        is_current=row.revision is not None and row.revision == revision(tx),
        is_renewed=under_way is not None and under_way.asked_at >= row.asked_at,
        blocked=result.get("blocked"),
        options=tuple(_option(tx, told, refused) for told in result.get("options", ())),
        why=result.get("why"),
    )


def _option(tx: Transaction, told: Mapping[str, Any], refused: Mapping[UUID, str]) -> Option:
    legs = tuple(_leg(tx, stay) for stay in told["stays"])
    codes = [refused[leg.facility] for leg in legs if leg.facility in refused]
    return Option(
        rank=told["rank"],
        stays=legs,
        is_in_plan=told["is_in_plan"],
        is_exact=told["is_exact"],
        displaces=len(told["displaced"]),
        marginal_cost={name: (pair[0], pair[1]) for name, pair in told["marginal_cost"].items()},
        own_costs=told["own_costs"],
        refused=codes[0] if codes else None,
    )


def _leg(tx: Transaction, told: Mapping[str, Any]) -> Leg:
    facility_id = UUID(told["facility"])
    found = _facility(tx, facility_id)
    place = str(found["locality"])
    return Leg(
        facility=facility_id,
        locality=place,
        lan=locality(place).lan if place else "",
        form=str(found["form"]),
        day_rate_sek=int(found["day_rate_sek"]),
        units=tuple((unit["unit"], unit["beds"]) for unit in told["units"]),
        start=date.fromisoformat(told["start"]),
        end=date.fromisoformat(told["end"]),
    )
