"""A field somebody may have meant: names of the formats alone, never what the document says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel

__all__ = ["fields_at", "perhaps"]

_LIKE: Final = 0.7
"""How alike two names are at least, 0 to 1: a slip of the finger or another ending, not another word."""
_LONGEST: Final = 64
"""No name is longer; comparing what is takes long."""


def perhaps(key: object, known: Iterable[str]) -> str:
    """A hint to append to what is accepted: the names most like an unknown key, at most two; empty: none is.

    Examples
    --------
    >>> perhaps("seperation_km", ["separation_km", "cool_down_days"]), perhaps("anna", ["separation_km"])
    ('; perhaps separation_km?', '')
    """
    if not isinstance(key, str) or len(key) > _LONGEST:
        return ""
    found = get_close_matches(key.lower(), sorted(known), n=2, cutoff=_LIKE)
    return f"; perhaps {' or '.join(found)}?" if found else ""


def fields_at(model: type[BaseModel], path: Iterable[int | str]) -> frozenset[str]:
    """Fields that an object at a path inside a model may have; of several kinds, those of each.

    Examples
    --------
    >>> from matching.domain.policy import Policy
    >>> "isolation" in fields_at(Policy, ("weights",)), "separation_km" in fields_at(Policy, ())
    (True, True)
    """
    models = {model}
    for part in path:
        inner = {
            one
            for outer in models
            if part in outer.model_fields
            for one in _models(outer.model_fields[str(part)].annotation)
        }
        models = inner or models  # a position in a list, or the kind chosen
    return frozenset(name for one in models for name in one.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model an annotation speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
