"""Faults between the policy and the rest of a scenario: what asks for more than the policy allows.

Works on the raw tree, so that these faults are reported beside the faults of shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matching.domain.case import EMERGENCY_MOST_NIGHTS
from matching.domain.policy import Policy
from matching.domain.reading import safe_path
from matching.domain.scenario import Scenario
from matching.errors import Fault, InputRejected

__all__ = ["insist_on_limits", "limit_faults"]


def limit_faults(tree: dict[str, Any]) -> list[Fault]:
    """Every stay asked for that the policy's own limits refuse.

    A stay beyond the format's bound, and a policy that is refused itself, are told as faults of shape.

    Examples
    --------
    >>> week = {"id": "c", "stays": [{"kind": "emergency", "nights": 7}]}
    >>> [fault.path for fault in limit_faults({"policy": {"emergency_most_nights": 6}, "cases": [week]})]
    ['cases[0].stays[0]']
    >>> limit_faults({"policy": {"emergency_most_nights": 7}, "cases": [week]})
    []
    """
    return list(_long_emergencies(tree, _emergency_most_nights(tree)))


def insist_on_limits(scenario: Scenario) -> None:
    """Ask again once another policy has taken the place of the one a scenario came with.

    Raises
    ------
    InputRejected : with every stay the policy refuses
    """
    fields: dict[str, Any] = {"policy": {"emergency_most_nights"}, "cases": {"__all__": {"stays"}}}
    faults = limit_faults(scenario.model_dump(mode="json", include=fields))
    if faults:
        raise InputRejected(faults)


def _emergency_most_nights(tree: dict[str, Any]) -> int:
    told = tree.get("policy")
    most = told.get("emergency_most_nights") if isinstance(told, dict) else None
    if isinstance(most, int) and not isinstance(most, bool) and most >= 1:
        return most
    return Policy().emergency_most_nights


def _long_emergencies(tree: dict[str, Any], most_nights: int) -> Iterator[Fault]:
    cases = tree.get("cases")
    for number, case in enumerate(cases if isinstance(cases, list) else []):
        stays = case.get("stays") if isinstance(case, dict) else None
        for place, stay in enumerate(stays if isinstance(stays, list) else []):
            if not isinstance(stay, dict) or stay.get("kind") != "emergency":
                continue
            nights = stay.get("nights")
            if isinstance(nights, int) and most_nights < nights <= EMERGENCY_MOST_NIGHTS:
                path = safe_path(("cases", number, "stays", place))
                wrong = "an emergency stay is longer than this scenario's policy allows"
                yield Fault(path, wrong, "at most policy.emergency_most_nights nights")
