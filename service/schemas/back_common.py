"""What the back's bodies and answers have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from matching.domain import Told

__all__ = ["Answer", "Body", "Code", "Pseudonym", "UnitName", "example", "picked"]

M = TypeVar("M", bound=BaseModel)

Pseudonym = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$", description="an officer's pseudonym")]
UnitName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="name of a unit")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,40}$")]
State = Literal["held", "confirmed", "checked", "accepted", "decided", "placed", "ended", "departed", "released"]


class Body(Told):
    """What is told: frozen, unknown fields refused, nothing of it repeated."""


class Answer(Told):
    """What is answered, field by field."""


def example(**fields: Any) -> ConfigDict:
    """The one example of a body or an answer.

    Examples
    --------
    >>> example(state="held")["json_schema_extra"]
    {'examples': [{'state': 'held'}]}
    """
    return ConfigDict(json_schema_extra={"examples": [fields]})


def picked(model: type[M], tree: Mapping[str, Any]) -> M:
    """A model of what it has fields for; the rest of the tree stays where it is.

    Examples
    --------
    >>> from matching.domain import Window
    >>> picked(Window, {"earliest": "2030-01-01", "latest": "2030-01-02", "other": 1}).latest.day
    2
    """
    return model.model_validate_json(json.dumps({name: tree[name] for name in model.model_fields if name in tree}))
