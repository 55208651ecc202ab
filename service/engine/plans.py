"""Options of a case, the week's plan and repairs: proposals to a coordinator, sealed; nothing is held by them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from matching.errors import FristadError, InputRejected, OutOfTime, SolverFault
from matching.explanations import to_coordinator
from matching.facts import Facts
from matching.options import coordinator_options
from matching.pipeline import plan_week
from matching.planfile import findings, planned_stays
from matching.repair import Repair, repair
from matching.solver.cpsat import Limits
from matching.urgency import promoted
from service.audit.acts import Outcome, SystemAct
from service.engine.records import View
from service.engine.solving import SEED, solve
from service.engine.world import Picture, World
from service.store.database import Transaction
from service.store.repository import plans

__all__ = ["OPTIONS_S", "PLAN_S", "options", "plan"]

OPTIONS_S: Final = 20.0
"""Time for the options of one case."""
PLAN_S: Final = 60.0
"""Time for a week or a repair."""

_State = tuple[str, dict[str, Any] | None]


def options(tx: Transaction, world: World, plan_id: UUID, time_s: float = OPTIONS_S) -> str | None:
    """Work out the options of the case a plan row asks about; its state, none when it was done before.

    The result is a `matching.redaction.CoordinatorAnswer`; when there is no option, with ``"why"``, a
    `matching.explanations.CoordinatorExplanation`: which rules leave nothing and which changes are proven to open a
    place. Where nobody may be placed for the case it is ``{"state": "not_waiting", "blocked": code}``.
    """
    limits, began = Limits(time_s, seed=SEED), time.monotonic()
    asked = plans.get(tx, plan_id)
    if asked.state != "working":
        return None
    picture = world.picture(tx)
    case_id = UUID(plans.content(tx, asked)["request"]["case"])
    number = picture.case(case_id)
    if number is None:
        nothing = {"state": "not_waiting", "blocked": _blocked(picture, case_id)}
        return _finish(tx, world, asked, picture, ("no_plan", nothing), SystemAct.SOLVE_OPTIONS)
    try:
        facts = promoted(picture.facts, world.rules)
        answer = coordinator_options(facts, world.rules, number, limits)
        told = answer.model_dump(mode="json")
        if answer.state == "no_option":
            left = replace(limits, time_s=limits.left_s(began))
            told["why"] = to_coordinator(facts, world.rules, number, left, str).model_dump(mode="json")
        found: _State = ("proposed" if answer.state == "options" else "no_plan", told)
    except FristadError as err:
        found = _failed(err)
    return _finish(tx, world, asked, picture, found, SystemAct.SOLVE_OPTIONS)


def _blocked(picture: Picture, case_id: UUID) -> str:
    """Why nobody may be placed for a case at all."""
    name = str(case_id)
    if picture.is_lost:
        return "register_incomplete"
    if name in picture.one_sided:
        return "other_household_silent"
    if name in picture.blocked or any(one.id == name for one in picture.set_aside):
        return "case_not_readable"
    return "not_waiting"


def plan(tx: Transaction, world: World, plan_id: UUID, time_s: float = PLAN_S) -> str | None:
    """Work out a week or a repair; its state, none when it was done before.

    A week: ``{"placed": [{"case", "stays"}], "unplaced": [case], "unplaced_is_proven", "levels"}``. A repair:
    ``{"moves": [{"case", "stay", "act", "from_facility", "to", "persons", "harm"}], "no_safe_bed": [{"case", "stay",
    "act", "rules"}], "findings", "is_proven"}``; nobody is moved for knowledge that is only proposed.
    """
    asked = plans.get(tx, plan_id)
    if asked.state != "working":
        return None
    is_week = asked.kind == "week"
    picture = world.picture(tx, View.PLACING if is_week else View.MOVING)
    try:
        found = _week(picture, world, time_s) if is_week else _repair(picture, world, time_s)
    except FristadError as err:
        found = _failed(err)
    return _finish(tx, world, asked, picture, found, SystemAct.SOLVE_PLAN if is_week else SystemAct.SOLVE_REPAIR)


def _finish(
    tx: Transaction, world: World, asked: plans.Plan, picture: Picture, found: _State, act: SystemAct
) -> str | None:
    state, result = found
    sealed = plans.finish(tx, asked, state, picture.revision, result)
    if sealed is None:
        return None
    outcome = {"failed": Outcome.FAILED, "out_of_time": Outcome.OUT_OF_TIME}.get(state, Outcome.DONE)
    tx.record(act.value, about=asked.id, outcome=outcome.value, sealed=sealed, solve=solve(tx, world, picture))
    return state


def _failed(err: FristadError) -> _State:
    """What a coordinator is told of an error: its kind, never its words."""
    if isinstance(err, OutOfTime):
        return "out_of_time", None
    if isinstance(err, SolverFault | InputRejected):
        return "failed", None
    raise err


def _week(picture: Picture, world: World, time_s: float) -> _State:
    facts = promoted(_placeable(picture), world.rules)
    outcome = plan_week(facts, world.rules, Limits(time_s, seed=SEED))
    by_case: dict[int, list[Any]] = {}
    for item in outcome.plan.placed:
        by_case.setdefault(item.case, []).append(item)
    result = {
        "placed": [
            {
                "case": facts.names.cases[case],
                "stays": [stay.model_dump(mode="json") for stay in planned_stays(items, facts)],
            }
            for case, items in sorted(by_case.items())
        ],
        "unplaced": [facts.names.cases[case] for case in outcome.unplaced],
        "unplaced_is_proven": outcome.unplaced_confirmed,
        "levels": {level.name: [level.bound, level.value] for level in outcome.levels},
    }
    return ("proposed" if outcome.is_plan else "no_plan"), result


def _placeable(picture: Picture) -> Facts:
    """The facts without cases nobody may be placed for."""
    facts = picture.facts
    kept = [
        number for number, name in enumerate(facts.names.cases) if not picture.is_lost and name not in picture.blocked
    ]
    if len(kept) == len(facts.cases):
        return facts
    names = replace(facts.names, cases=tuple(facts.names.cases[number] for number in kept))
    return replace(facts, cases=tuple(facts.cases[number] for number in kept), names=names)


def _repair(picture: Picture, world: World, time_s: float) -> _State:
    facts = picture.facts
    found = repair(facts, facts, world.rules, Limits(time_s, seed=SEED))
    names = facts.names

    def case_of(presence: int) -> str | None:
        case = picture.cases_of.get(names.presences[presence])
        return None if case is None else str(case)

    result = {
        "moves": [
            {
                "case": case_of(move.presence),
                "stay": names.presences[move.presence],
                "act": None if move.must is None else str(move.must),
                "from_facility": names.facilities[facts.presences[move.presence].facility],
                "to": planned_stays([move.placed], facts)[0].model_dump(mode="json"),
                "persons": move.persons,
                "harm": move.harm,
            }
            for move in found.moves
        ],
        "no_safe_bed": [
            {
                "case": case_of(one.presence),
                "stay": names.presences[one.presence],
                "act": str(one.must),
                "rules": list(one.rules),
            }
            for one in found.unplaced
        ],
        "findings": _findings(found, facts),
        "is_proven": found.is_proven,
    }
    return ("no_plan" if found.unplaced and not found.moves else "proposed"), result


def _findings(found: Repair, facts: Facts) -> list[dict[str, Any]]:
    told = findings([alert.breach for alert in found.alerts], facts)
    return [one.model_dump(mode="json", exclude={"facilities"}) for one in told]
