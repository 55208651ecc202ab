"""A case file of which a part names what is not there keeps all its other parts.

Dropped is the smallest part that says nothing without what it names: one locality of a list, one area, one threat
actor, one separation. Whatever else protects the household, such as its distances and the persons it names, stays.
"""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import ValidationError

from matching.domain import CaseFile

__all__ = ["pruned"]

_GONE: Final = object()
_PLACES: Final = frozenset({"homes", "crime_localities", "bases"})


def pruned(file: CaseFile, localities: frozenset[str], networks: frozenset[str], regions: frozenset[str]) -> CaseFile:
    """The file without the parts that name one of these unknown ids.

    Examples
    --------
    >>> gone = frozenset({"0000-nowhere"})
    >>> pruned(CaseFile(homes=("0180-kista", "0000-nowhere")), gone, frozenset(), frozenset()).homes
    ('0180-kista',)
    """
    unknown = {"locality": localities, "network": networks, "police_region": regions}
    tree = _kept(file.model_dump(mode="json"), unknown)
    try:
        return CaseFile.model_validate_json(json.dumps(tree))
    except (ValidationError, TypeError):
        return CaseFile(unit=file.unit)  # of nothing that is left anybody could say what it means


def _kept(node: Any, unknown: dict[str, frozenset[str]]) -> Any:
    """A part without what is unknown; `_GONE` when it says nothing without it."""
    if isinstance(node, list):
        return [one for one in (_kept(inner, unknown) for inner in node) if one is not _GONE]
    if not isinstance(node, dict):
        return node
    if "reach" in node and node.get("person_key") is not None:
        return _somebody(node, unknown)
    found = {}
    for key, value in node.items():
        if isinstance(value, str) and value in unknown.get(key, ()):
            return _GONE
        if key in _PLACES or key == "presence_waived":
            gone = unknown["network" if key == "presence_waived" else "locality"]
            kept: Any = [one for one in value if one not in gone]
        else:
            kept = _kept(value, unknown)
        if kept is _GONE or (key in ("bases", "areas") and value and not kept):
            return _GONE  # a reach of no place; its actor goes with it
        found[key] = kept
    return found


def _somebody(actor: dict[str, Any], unknown: dict[str, frozenset[str]]) -> dict[str, Any]:
    """A threat actor who is a known person stays one; without a place where they reach, they reach everywhere."""
    network = None if actor["network"] in unknown["network"] else actor["network"]
    reach = _kept(actor["reach"], unknown)
    if reach is _GONE or (network is None and reach["kind"] == "presence"):
        reach = {"kind": "national"}
    return {**actor, "network": network, "reach": reach}
