"""Options of one case: the coordinator's ranking, and the requester's three slots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matching.candidates import generate
from matching.constraints.base import Constraint
from matching.errors import UnknownCase, UnknownFacility
from matching.facts import Facts
from matching.redaction import CoordinatorAnswer, RequesterAnswer, for_coordinator, for_requester
from matching.refusals import refusals
from matching.remedies import overrides
from matching.requester import own_view, slots

if TYPE_CHECKING:
    from matching.pipeline import Stage
    from matching.solver.cpsat import Limits

__all__ = ["case_number", "coordinator_options", "facility_number", "requester_options"]


def case_number(facts: Facts, case_id: str) -> int:
    """Number of a waiting case.

    Raises
    ------
    UnknownCase : the scenario has none of that id
    """
    try:
        return facts.names.cases.index(case_id)
    except ValueError as err:
        raise UnknownCase from err


def facility_number(facts: Facts, facility_id: str) -> int:
    """Number of a facility.

    Raises
    ------
    UnknownFacility : the scenario has none of that id
    """
    try:
        return facts.names.facilities.index(facility_id)
    except ValueError as err:
        raise UnknownFacility from err


def coordinator_options(
    facts: Facts,
    rules: Sequence[Constraint],
    case: int,
    limits: Limits,
    stage: Stage = lambda _: None,
    most: int = 10,
) -> CoordinatorAnswer:
    """Options ranked by exact marginal system cost, with places and costs.

    Parameters
    ----------
    facts, rules : the queue and the rule book
    case : number of the case
    limits : for planning the queue and its options together
    stage : told the name of each hop as it begins
    most : facilities whose marginal cost is worked out

    Raises
    ------
    OutOfTime, SolverFault : as `rank`
    """
    from matching.solver.program import build  # here, so that a requester's answer starts without a solver
    from matching.solver.rank import Ranking, rank

    stage("finding candidates")
    candidates = generate(facts, rules)
    ranking = Ranking(case, (), 0)
    if any(item.case == case for item in candidates.items):
        stage("planning the queue and ranking options")
        ranking = rank(facts, build(facts, candidates, rules), rules, case, limits, most)
    found = refusals(facts, case, rules)
    unsafe = None if ranking.options else overrides(facts, rules, found, str)
    return for_coordinator(ranking, found.exclusions(), facts, rules, unsafe)


def requester_options(facts: Facts, rules: Sequence[Constraint], case: int) -> RequesterAnswer:
    """Three slots without a place; computed from the own case and the catalogue alone."""
    return for_requester(slots(own_view(facts, case), rules))
