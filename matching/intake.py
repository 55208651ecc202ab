"""The first two hops: a document becomes a scenario, and on a map that is handed in, facts."""

from __future__ import annotations

from collections.abc import Callable, Container

from pydantic import ValidationError

from matching.domain import PlaceIndex, Policy, Scenario, parse
from matching.domain.limits import insist_on_limits
from matching.errors import Fault, InputRejected
from matching.facts import Facts

__all__ = ["Enrich", "overlaid", "read"]

Enrich = Callable[[Scenario], Facts]


def read(
    content: bytes,
    places: PlaceIndex,
    enrich: Enrich,
    policy: Policy | None = None,
    rule_weights: Container[str] | None = None,
) -> tuple[Scenario, Facts]:
    """Scenario and facts of a document.

    Parameters
    ----------
    content : JSON document, UTF-8
    places : ids of the places that exist
    enrich : puts a scenario on a map, so that the engine knows none
    policy : of a policy file; what that file names stands in the place of what the scenario says, all else stays
    rule_weights : names of the rules whose own weight a policy may change; none: not examined

    Raises
    ------
    InputRejected : with every fault at once
    """
    scenario = parse(content, places, rule_weights)
    if policy is not None:
        scenario = scenario.model_copy(update={"policy": overlaid(scenario.policy, policy)})
        insist_on_limits(scenario)
    return scenario, enrich(scenario)


def overlaid(base: Policy, told: Policy) -> Policy:
    """A policy with what another one names in the place of its own: the rest of its protection stays.

    Raises
    ------
    InputRejected : both are valid alone, but not together

    Examples
    --------
    >>> overlaid(Policy(separation_km=60), Policy(separation_min=45)).separation_km
    60
    """
    named = {name: getattr(told, name) for name in told.model_fields_set - {"weights"}}
    weights = {name: getattr(told.weights, name) for name in told.weights.model_fields_set}
    weights["further"] = {**base.weights.further, **told.weights.further}
    merged = base.model_copy(update={**named, "weights": base.weights.model_copy(update=weights)})
    try:
        return Policy.model_validate_json(merged.model_dump_json())
    except ValidationError as bad:
        accepted = "settings that fit those of the scenario's own policy"
        raise InputRejected([Fault("the policy file", "contradicts the scenario's policy", accepted)]) from bad
