"""A policy as a file of its own, and every setting of a policy with its bounds, its source and its direction.

A policy file is a JSON object with the fields of `matching.domain.Policy`, all optional; what it
names stands in the place of what the scenario says, and the rest of the scenario's policy stays.
A rule may bring a weight of its own: the rule book says which.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from matching.constraints import rule_book
from matching.constraints.base import Constraint, CostRule
from matching.domain import Policy, Weights
from matching.domain.parse import policy_faults
from matching.domain.policy import MOST_WEIGHT
from matching.domain.policy_faults import further_faults
from matching.domain.reading import read_tree
from matching.errors import Fault, InputRejected

__all__ = ["Effect", "Setting", "parse_policy", "rule_weights", "settings"]

Effect = Literal["none", "tightens", "loosens", "both", "differs"]

_HIGHER_IS_TIGHTER = frozenset(
    {
        "home_radius_km",
        "neighbouring_km",
        "neighbouring_min",
        "separation_km",
        "separation_min",
        "poor_knowledge_widening_percent",
        "presence_radius_km",
        "cool_down_days",
        "rival_of_ally_counts",
        "peripheral_involvement_percent",
        "exposure_months",
        "provider_ahead_days",
        "unseen_persons_milli",
        "adult_age_years",
        "supported_housing_min_age_years",
        "school_max_age_years",
        "expiry_warning_days",
        "card_share_percent",
        "card_least_facilities",
    }
)
_LOWER_IS_TIGHTER = frozenset(
    {
        "certain_from_percent",
        "most_persons_per_locality",
        "most_persons_per_zone",
        "residual_risk_percent",
        "supported_housing_max_age_years",
        "school_min_age_years",
        "school_reach_min",
        "triage_red_hours",
        "triage_orange_hours",
        "triage_green_days",
        "emergency_most_nights",
        "confirmation_age_days",
    }
)
_ORDERED = {"same_network_apart": ("facility", "locality")}
"""Words from the loosest to the tightest."""
_TIGHTER_BY_ENTRY = {"permit_required_for": 1, "forms_for_minors": -1}
"""Lists: 1 where each entry more is stricter, -1 where it is laxer."""


@dataclass(frozen=True)
class Setting:
    """One setting of a policy.

    Parameters
    ----------
    name : as in the file; a weight's begins with ``weights.``, one that a rule brings with ``weights.further.``
    value, default : as JSON would hold them
    least, most : bounds no policy may pass, themselves allowed; none: another kind of value
    choices : the words allowed; empty: another kind of value
    sentence : what it says
    source : where it comes from
    effect : whether the value is stricter or laxer than the default; ``differs`` where neither can be said,
        ``both`` where it is stricter in one part and laxer in another
    """

    name: str
    value: Any
    default: Any
    least: int | None
    most: int | None
    choices: tuple[str, ...]
    sentence: str
    source: str
    effect: Effect


def parse_policy(content: bytes, kommuner: frozenset[str]) -> Policy:
    """The policy a document describes.

    Parameters
    ----------
    content : JSON document, UTF-8
    kommuner : kommun codes that exist

    Raises
    ------
    InputRejected : with every fault at once, by path inside the file, no value echoed

    Examples
    --------
    >>> parse_policy(b'{"separation_km": 40}', frozenset()).separation_km
    40
    """
    try:
        tree, faults = read_tree(content)
    except InputRejected as bad:
        raise InputRejected(_named(bad.faults)) from None
    told = {fault.path for fault in faults}
    faults += [fault for fault in policy_faults(tree) if fault.path not in told]
    faults += _unknown_kommuner(tree, kommuner)
    faults += further_faults(tree, rule_weights())
    if faults:
        raise InputRejected(_named(faults))
    return Policy.model_validate_json(json.dumps(tree))


def rule_weights(rules: Iterable[Constraint] | None = None) -> Mapping[str, CostRule]:
    """The rules that bring a weight of their own, by name; none given: those of the rule book.

    Examples
    --------
    >>> "isolation" in rule_weights()  # its weight is a field of `matching.domain.Weights`
    False
    """
    known = rule_book() if rules is None else rules
    return {rule.name: rule for rule in known if isinstance(rule, CostRule) and rule.default_weight is not None}


def _named(faults: Iterable[Fault]) -> Iterator[Fault]:
    """A fault of the whole document says which document: a command reads several."""
    for fault in faults:
        yield replace(fault, path="the policy file") if fault.path == "the document" else fault


def _unknown_kommuner(tree: Any, kommuner: frozenset[str]) -> Iterator[Fault]:
    zones = tree.get("unseen_zones") if isinstance(tree, dict) else None
    for number, zone in enumerate(zones if isinstance(zones, list) else []):
        kommun = zone.get("kommun") if isinstance(zone, dict) else None
        if isinstance(kommun, str) and kommun not in kommuner:
            path = f"unseen_zones[{number}].kommun"
            yield Fault(path, "names a kommun that does not exist", "a kommun code of four digits")


def settings(policy: Policy) -> tuple[Setting, ...]:
    """Every setting and then every weight of a policy, in the order of the schema.

    Examples
    --------
    >>> {row.name: row.effect for row in settings(Policy(separation_km=40))}["separation_km"]
    'tightens'
    """
    told, usual = policy.model_dump(mode="json"), Policy().model_dump(mode="json")
    found = []
    for name, schema in Policy.model_json_schema()["properties"].items():
        if name != "weights":
            found.append(_setting(name, schema, told[name], usual[name], _effect(name, policy)))
    further = told["weights"]["further"]
    for name, schema in Weights.model_json_schema()["properties"].items():
        if name != "further":
            found.append(_weight(name, schema, told["weights"][name], usual["weights"][name]))
    for name, rule in rule_weights().items():
        schema = {"minimum": 0, "maximum": MOST_WEIGHT, "description": rule.summary, "source": rule.source}
        found.append(_weight(f"further.{name}", schema, further.get(name, rule.default_weight), rule.default_weight))
    return tuple(found)


def _weight(name: str, schema: dict[str, Any], value: Any, default: Any) -> Setting:
    # No weight is tighter than another: inside a level only their ratio matters.
    return _setting(f"weights.{name}", schema, value, default, "none" if value == default else "differs")


def _setting(name: str, schema: dict[str, Any], value: Any, default: Any, effect: Effect) -> Setting:
    words = schema.get("enum", schema.get("items", {}).get("enum", ()))
    return Setting(
        name,
        value,
        default,
        schema.get("minimum"),
        schema.get("maximum"),
        tuple(words) or (("false", "true") if schema.get("type") == "boolean" else ()),
        schema["description"],
        schema["source"],
        effect,
    )


def _effect(name: str, policy: Policy) -> Effect:
    """Whether a setting is stricter or laxer than its default."""
    value, default = getattr(policy, name), getattr(Policy(), name)
    if name == "unseen_zones":  # each kommun named is compared with the number that would hold without
        usual = policy.unseen_persons_milli
        return _both_ways(zone.persons_milli - usual for zone in policy.unseen_zones)
    if name in _TIGHTER_BY_ENTRY:
        more, fewer = set(value) - set(default), set(default) - set(value)
        by_entry = _TIGHTER_BY_ENTRY[name]
        return _both_ways([*(by_entry for _ in more), *(-by_entry for _ in fewer)])
    if value == default:
        return "none"
    if name in _ORDERED:
        value, default = (_ORDERED[name].index(word) for word in (value, default))
    elif name in _LOWER_IS_TIGHTER:
        value, default = default, value
    elif name not in _HIGHER_IS_TIGHTER:
        return "differs"
    return "tightens" if value > default else "loosens"


def _both_ways(differences: Any) -> Effect:
    ways = {difference > 0 for difference in differences if difference}
    if len(ways) == 2:
        return "both"
    return "none" if not ways else "tightens" if True in ways else "loosens"
