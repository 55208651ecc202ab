"""`parse`: a whole scenario, or every fault that makes it impossible to interpret, at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from matching.domain.contradictions import contradiction_faults
from matching.domain.limits import limit_faults
from matching.domain.nearest import fields_at, perhaps
from matching.domain.policy import Policy
from matching.domain.policy_faults import further_faults, policy_words
from matching.domain.reading import read_tree, safe_path
from matching.domain.references import reference_faults
from matching.domain.scenario import COLLECTIONS, PlaceIndex, Scenario
from matching.errors import Fault, InputRejected

__all__ = ["parse", "policy_faults", "shape_faults"]

_MOMENT = "a time with its zone, e.g. 2026-11-20T08:00:00+01:00"
_DAY = "a date, YYYY-MM-DD"
_LISTED = "one of the values `fristad schema` lists"
_WORDS = {
    "missing": ("is missing", "this field is required"),
    "extra_forbidden": ("is unknown", "a field `fristad schema` lists"),
    "int_type": ("is no whole number", "a whole number"),
    "int_from_float": ("is no whole number", "a whole number"),
    "float_type": ("is no number", "a number"),
    "string_type": ("is no text", "text"),
    "bool_type": ("is neither true nor false", "true or false"),
    "tuple_type": ("is no list", "a list"),
    "model_type": ("is no object", "an object"),
    "model_attributes_type": ("is no object", "an object"),
    "string_pattern_mismatch": ("has another form", "text of the form `fristad schema` gives"),
    "literal_error": ("is none of the values allowed", _LISTED),
    "union_tag_invalid": ("is of an unknown kind", "one of the kinds `fristad schema` lists"),
    "union_tag_not_found": ("has no kind", "an object with a kind"),
    "date_type": ("is no date", _DAY),
    "date_parsing": ("is no date", _DAY),
    "date_from_datetime_parsing": ("is no date", _DAY),
    "datetime_type": ("is no time", _MOMENT),
    "datetime_parsing": ("is no time", _MOMENT),
    "datetime_from_date_parsing": ("is no time", _MOMENT),
    "timezone_aware": ("has no zone", _MOMENT),
    "finite_number": ("is not finite", "a finite number"),
}
_OF_SEVERAL_KINDS = frozenset({"forbidden", "preferred", "areas", "reach", "persistence"})
_BOUNDS = {
    "ge": "at least",
    "gt": "more than",
    "le": "at most",
    "lt": "less than",
    "min_length": "at least this many entries or characters:",
    "max_length": "at most this many entries or characters:",
}


def _words(kind: str, context: dict[str, Any]) -> tuple[str, str]:
    """What is wrong and what is accepted; only the schema speaks, never the input."""
    wrong, accepted = _WORDS.get(kind, (f"is refused ({kind.replace('_', ' ')})", "see `fristad schema`"))
    if "expected" in context and kind == "literal_error":
        accepted = str(context["expected"])
    if "expected_tags" in context:
        accepted = f"one of the kinds {context['expected_tags']}"
    limits = [f"{words} {context[name]}" for name, words in _BOUNDS.items() if name in context]
    return ("is out of bounds", ", ".join(limits)) if limits else (wrong, accepted)


_Words = Callable[[str, dict[str, Any], tuple[int | str, ...]], tuple[str, str] | None]


def _no_words(_kind: str, _context: dict[str, Any], _field: tuple[int | str, ...]) -> None:
    return None


def shape_faults(
    model: type[BaseModel],
    node: Any,
    path: tuple[int | str, ...],
    own_words: _Words = _no_words,
    names: Container[str] | None = None,
) -> list[Fault]:
    """Faults of one object against its model; no input value or unknown key is echoed.

    `own_words` may tell a fault in words of this model, given its kind, its bounds and its path inside the object;
    `names` are the keys a path may repeat, those of any format if none are given.
    """
    try:
        model.model_validate_json(json.dumps(node, default=lambda _: None))
    except ValidationError as err:
        details = err.errors(include_url=False, include_input=False)
        deeper = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
        # A list whose entries are faulty is called too short as well: the entries are told, not that.
        return [
            _fault(detail, path, own_words, model, names)
            for detail in details
            if detail["type"] != "too_short" or detail["loc"] not in deeper
        ]
    except (ValueError, UnicodeEncodeError):
        return [Fault(safe_path(path, names), "holds text that is no valid Unicode", "valid Unicode text")]
    return []


def _without_kinds(parts: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The path in the document: pydantic puts the kind chosen after a field of several kinds."""
    kept: list[int | str] = []
    for part in parts:
        field = kept[-2] if len(kept) > 1 and isinstance(kept[-1], int) else (kept[-1] if kept else "")
        if field in _OF_SEVERAL_KINDS and isinstance(part, str):
            kept.append("")  # once only: what follows is a field again
            continue
        kept.append(part)
    return tuple(part for part in kept if part != "")


def _fault(
    detail: Any,
    path: tuple[int | str, ...],
    own_words: _Words,
    model: type[BaseModel],
    names: Container[str] | None,
) -> Fault:
    kind: str = detail["type"]
    parts = _without_kinds((*path, *detail["loc"]))
    if kind == "extra_forbidden":
        parts = (*parts[:-1], "<unknown field>")
    if kind == "value_error":
        wrong, _, accepted = str(detail["msg"]).removeprefix("Value error, ").partition("|")
        return Fault(safe_path(parts, names), wrong, accepted)
    context = detail.get("ctx", {})
    told = own_words(kind, context, detail["loc"])
    wrong, accepted = told or _words(kind, context)
    if kind == "extra_forbidden" and told is None:
        accepted += perhaps(detail["loc"][-1], fields_at(model, detail["loc"][:-1]))
    return Fault(safe_path(parts, names), wrong, accepted)


def policy_faults(node: Any, path: tuple[int | str, ...] = ()) -> list[Fault]:
    """Every fault of a policy; what holds between settings is examined for those that are right by themselves.

    Examples
    --------
    >>> [fault.path for fault in policy_faults({"separation_km": 9, "weights": {"isolation": -1}}, ("policy",))]
    ['policy.separation_km', 'policy.weights.isolation']
    """
    if not isinstance(node, dict):
        return shape_faults(Policy, node, path, policy_words)
    by_setting = {key: shape_faults(Policy, {key: value}, path, policy_words) for key, value in node.items()}
    sound = {key: value for key, value in node.items() if not by_setting[key]}
    found = [fault for faults in by_setting.values() for fault in faults]
    return found + shape_faults(Policy, sound, path, policy_words)


def _collection_faults(tree: dict[str, Any]) -> Iterator[Fault]:
    for name, model in COLLECTIONS.items():
        items = tree.get(name, [])
        if not isinstance(items, list):
            yield Fault(name, "is not a list", "a list")
            continue
        for number, item in enumerate(items):
            yield from shape_faults(model, item, (name, number))


def parse(content: bytes, places: PlaceIndex, rule_weights: Container[str] | None = None) -> Scenario:
    """The scenario a document describes.

    Parameters
    ----------
    content : JSON document, UTF-8
    places : the place ids that exist
    rule_weights : names of the rules with a weight of their own, the only ones a policy may change by name;
        none: not examined, a scenario's format knows no rule

    Returns
    -------
    the validated scenario, frozen

    Raises
    ------
    InputRejected : with every fault of shape, of reference and of sense, by path, no value echoed

    Examples
    --------
    >>> nowhere = PlaceIndex(frozenset(), frozenset(), frozenset(), frozenset())
    >>> parse(b'{"schema_version": "1", "synthetic": true, "now": "2026-11-20T08:00:00+01:00"}', nowhere).cases
    ()
    """
    tree, faults = read_tree(content)
    if not isinstance(tree, dict):
        raise InputRejected(
            [*faults, Fault("the document", "is not a JSON object", "an object with the scenario's fields")]
        )
    head = {key: value for key, value in tree.items() if key not in COLLECTIONS and key != "policy"}
    told = {fault.path for fault in faults}
    shapes = [*shape_faults(Scenario, head, ()), *_collection_faults(tree)]
    if "policy" in tree:
        shapes += policy_faults(tree["policy"], ("policy",))
    faults += [fault for fault in shapes if fault.path not in told]
    if rule_weights is not None:
        faults += further_faults(tree.get("policy"), rule_weights, "policy.")
    faults += reference_faults(tree, places)
    faults += limit_faults(tree)
    faults += contradiction_faults(tree)
    if faults:
        raise InputRejected(faults)
    return Scenario.model_validate_json(json.dumps(tree))
