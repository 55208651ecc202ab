"""`parse`: a whole scenario, or every fault that makes it impossible to interpret, at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from matching.domain.reading import read_tree, safe_path
from matching.domain.references import reference_faults
from matching.domain.scenario import COLLECTIONS, PlaceIndex, Scenario
from matching.errors import Fault, InputRejected

__all__ = ["parse", "shape_faults"]

_ACCEPTED = {
    "missing": "this field is required",
    "extra_forbidden": "no such field; see `fristad schema`",
    "string_pattern_mismatch": "text of the form `fristad schema` gives",
    "literal_error": "one of the values `fristad schema` lists",
    "union_tag_invalid": "one of the kinds `fristad schema` lists",
    "union_tag_not_found": "an object with a kind",
    "date_from_datetime_parsing": "a date, YYYY-MM-DD",
    "date_parsing": "a date, YYYY-MM-DD",
    "timezone_aware": "a time with its zone, e.g. 2026-11-20T08:00:00+01:00",
    "datetime_from_date_parsing": "a time with its zone, e.g. 2026-11-20T08:00:00+01:00",
    "datetime_parsing": "a time with its zone, e.g. 2026-11-20T08:00:00+01:00",
}


def _accepted(kind: str, context: dict[str, Any]) -> str:
    if kind in _ACCEPTED:
        return _ACCEPTED[kind]
    limits = [
        f"{name} {context[name]}" for name in ("ge", "gt", "le", "lt", "min_length", "max_length") if name in context
    ]
    if limits:
        return "a value with " + ", ".join(limits)
    return f"a {kind.removesuffix('_type').removesuffix('_parsing').replace('_', ' ')} as `fristad schema` gives"


def shape_faults(model: type[BaseModel], node: Any, path: tuple[int | str, ...]) -> list[Fault]:
    """Faults of one object against its model; no input value or unknown key is echoed."""
    try:
        model.model_validate_json(json.dumps(node, default=lambda _: None))
    except ValidationError as err:
        return [_fault(detail, path) for detail in err.errors(include_url=False, include_input=False)]
    except (ValueError, UnicodeEncodeError):
        return [Fault(safe_path(path), "holds text that is no valid Unicode", "valid Unicode text")]
    return []


def _fault(detail: Any, path: tuple[int | str, ...]) -> Fault:
    kind: str = detail["type"]
    parts = (*path, *detail["loc"])
    if kind == "extra_forbidden":
        parts = (*parts[:-1], "<unknown field>")
    if kind == "value_error":
        wrong, _, accepted = str(detail["msg"]).removeprefix("Value error, ").partition("|")
        return Fault(safe_path(parts), wrong, accepted)
    wrong = {"missing": "is missing", "extra_forbidden": "is unknown"}.get(
        kind, f"is refused ({kind.replace('_', ' ')})"
    )
    return Fault(safe_path(parts), wrong, _accepted(kind, detail.get("ctx", {})))


def _collection_faults(tree: dict[str, Any]) -> Iterator[Fault]:
    for name, model in COLLECTIONS.items():
        items = tree.get(name, [])
        if not isinstance(items, list):
            yield Fault(name, "is not a list", "a list")
            continue
        for number, item in enumerate(items):
            yield from shape_faults(model, item, (name, number))


def parse(content: bytes, places: PlaceIndex) -> Scenario:
    """The scenario a document describes.

    Parameters
    ----------
    content : JSON document, UTF-8
    places : the place ids that exist

    Returns
    -------
    the validated scenario, frozen

    Raises
    ------
    InputRejected : with every fault of shape and of reference, by path, no value echoed

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
    head = {key: value for key, value in tree.items() if key not in COLLECTIONS}
    faults += shape_faults(Scenario, head, ())
    faults += _collection_faults(tree)
    faults += reference_faults(tree, places)
    if faults:
        raise InputRejected(faults)
    return Scenario.model_validate_json(json.dumps(tree))
