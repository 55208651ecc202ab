"""Options of one case, plans of the week, repairs: proposed by the solver, shown as far as a coordinator may see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from matching.errors import Fault
from service.flow.claims import insist_on_claim
from service.flow.verification import insist_on_voucher
from service.policies import Action
from service.problems import NotFound, Rejected
from service.store.database import Transaction
from service.store.repository import catalogue, coordination, orders, plans

__all__ = ["Proposal", "ask_options", "order_hold", "order_option", "order_planned", "plan", "read"]


_PROPOSED: Final = ("placed", "moves")
_WITHOUT: Final = ("unplaced", "no_safe_bed")
_TOTALS: Final = ("unplaced_is_proven", "is_proven", "levels")


@dataclass(frozen=True)
class Proposal:
    """A plan as its reader may see it; see `read`."""

    row: plans.Plan
    case: UUID | None
    result: dict[str, Any] | None = field(repr=False)


def ask_options(tx: Transaction, case_id: UUID) -> UUID:
    """Ask for the options of a claimed case; the id of the plan they will stand in."""
    plan_id = plans.new(tx, "options", {"case": str(case_id)}, of_case=case_id)
    tx.record(Action.ASK_OPTIONS.value, case=case_id, about=plan_id)
    return plan_id


def plan(tx: Transaction, kind: str) -> UUID:
    """Ask for a plan of the week, or for a repair of what is broken."""
    plan_id = plans.new(tx, kind, {})
    tx.record(Action.PLAN.value, about=plan_id)
    return plan_id


def order_hold(tx: Transaction, case_id: UUID, facility_id: UUID, start: date) -> UUID:
    """Order a hold for a claimed case; the solver re-judges every hard rule before it holds anything.

    Raises
    ------
    Rejected : there is no such facility
    Conflict : `not_verified`
    """
    if catalogue.facility(tx, facility_id) is None:
        raise Rejected([Fault("facility_id", "names a facility that does not exist", "the id of a facility")])
    insist_on_voucher(tx, case_id)
    return _order(tx, case_id, "manual", {"facility": str(facility_id), "start": start.isoformat()})


def order_planned(tx: Transaction, case_id: UUID, plan_id: UUID) -> UUID:
    """Order what a week or a repair proposes for a claimed case.

    Raises
    ------
    Rejected : there is no such plan, or it proposes nothing for this case
    Conflict : `not_verified`
    """
    try:
        row = plans.get(tx, plan_id)
    except NotFound:
        row = None
    result = {} if row is None or row.kind == "options" else plans.content(tx, row).get("result") or {}
    if row is None or not any(one["case"] == str(case_id) for name in _PROPOSED for one in result.get(name, ())):
        raise Rejected([Fault("plan_id", "names no plan that has something for this case", "the id of a plan")])
    if row.kind != "repair":  # who lives where a rule is broken is there: nothing is asked about them
        insist_on_voucher(tx, case_id)
    return _order(tx, case_id, "repair" if row.kind == "repair" else "manual", {"plan": str(plan_id)})


def order_option(tx: Transaction, case_id: UUID, plan_id: UUID, option: int) -> UUID:
    """Order one of the options of a claimed case, whoever asked for them, just as it is listed.

    Parameters
    ----------
    option : its rank in the list

    Raises
    ------
    Rejected : there is no such list of this case, or no such option in it
    Conflict : `not_verified`
    """
    try:
        row = plans.get(tx, plan_id)
    except NotFound:
        row = None
    is_own = row is not None and row.of_case == case_id
    result = plans.content(tx, row).get("result") or {} if row is not None and is_own else {}
    if not any(one["rank"] == option for one in result.get("options", ())):
        raise Rejected([Fault("option", "names no option of this case", "the rank of one in the plan")])
    insist_on_voucher(tx, case_id)
    return _order(tx, case_id, "manual", {"plan": str(plan_id), "option": option})


def _order(tx: Transaction, case_id: UUID, kind: str, told: dict[str, Any]) -> UUID:
    order_id = orders.new(tx, case_id, kind, told)
    tx.record(Action.HOLD.value, case=case_id, about=order_id)
    return order_id


def read(tx: Transaction, plan_id: UUID) -> Proposal:
    """A plan: options to whoever asked and still claims the case; of the others totals, and the lines of claimed cases.

    Raises
    ------
    NotFound : options of somebody else
    Conflict : `not_claimed`
    """
    row = plans.get(tx, plan_id)
    told = plans.content(tx, row)
    result: Mapping[str, Any] | None = told.get("result")
    case_id = None
    if row.kind == "options":
        if row.asked_by != tx.actor.name:
            raise NotFound
        case_id = UUID(told["request"]["case"])
        insist_on_claim(tx, case_id)
    elif result is not None:
        result = _of_claimed(tx, result)
    tx.record(Action.READ_PLAN.value, case=case_id, about=plan_id, sealed=row.sealed)
    return Proposal(row, case_id, None if result is None else dict(result))


def _of_claimed(tx: Transaction, result: Mapping[str, Any]) -> dict[str, Any]:
    """Totals, the ids of the cases there are lines for, and the lines of those the actor has claimed.

    What is shown is listed, so that a field added to a plan one day is shown to nobody until it stands here.
    """
    mine = coordination.claimed_by_actor(tx)
    seen: dict[str, Any] = {name: result[name] for name in _TOTALS if name in result}
    named: set[str] = set()
    for name in (*_PROPOSED, *_WITHOUT):
        if name not in result:
            continue
        lines = [one if isinstance(one, dict) else {"case": one} for one in result[name]]
        seen[f"{name}_count"] = len(lines)
        seen[name] = [one for one in lines if one["case"] in mine]
        named |= {one["case"] for one in lines if one["case"] is not None}
    seen["cases"] = sorted(named)
    return seen
