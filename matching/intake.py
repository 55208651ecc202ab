"""The first two hops: a document becomes a scenario, and on a map that is handed in, facts."""

from __future__ import annotations

from collections.abc import Callable

from matching.domain import PlaceIndex, Policy, Scenario, parse
from matching.domain.limits import insist_on_limits
from matching.facts import Facts

__all__ = ["Enrich", "read"]

Enrich = Callable[[Scenario], Facts]


def read(content: bytes, places: PlaceIndex, enrich: Enrich, policy: Policy | None = None) -> tuple[Scenario, Facts]:
    """Scenario and facts of a document.

    Parameters
    ----------
    content : JSON document, UTF-8
    places : ids of the places that exist
    enrich : puts a scenario on a map, so that the engine knows none
    policy : stands in the place of the scenario's whole policy

    Raises
    ------
    InputRejected : with every fault at once
    """
    scenario = parse(content, places)
    if policy is not None:
        scenario = scenario.model_copy(update={"policy": policy})
        insist_on_limits(scenario)
    return scenario, enrich(scenario)
