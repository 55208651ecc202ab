"""What every body of the API is made of: bounded, closed, and silent about what it was told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field

from matching.errors import Fault

__all__ = ["Code", "In", "Name", "Out", "Signature", "Slug", "within", "words_of"]

Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:@-]*$",
        description="pseudonym of a person, as the issuer of the tokens writes it",
    ),
]
Slug = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="name of a unit or an organisation, as the issuer of the tokens writes it",
    ),
]
Code = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[a-z][a-z_]*$", description="a code of docs/api.md")
]
Signature = Annotated[
    str,
    Field(
        min_length=1,
        max_length=120_000,
        pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$",
        description="a compact JWS, Ed25519 or ES256, see docs/api.md",
    ),
]


def words_of(model: type[BaseModel], name: str) -> str:
    """The words a field knows, as a fault lists them.

    Examples
    --------
    >>> from typing import Literal
    >>> from pydantic import create_model
    >>> words_of(create_model("Told", code=(Literal["drugs", "crime"] | None, None)), "code")
    'drugs, crime'
    """
    return ", ".join(_words(model.model_fields[name].annotation))


def _words(annotation: Any) -> Iterator[str]:
    for part in get_args(annotation):
        if isinstance(part, str):
            yield part
        else:
            yield from _words(part)


class In(BaseModel):
    """What is told: unknown fields refused, nothing coerced, no value in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True)


class Out(BaseModel):
    """What is answered, field by field; a field that is not written here is not sent."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def within(name: str, faults: Iterable[Fault]) -> list[Fault]:
    """Faults of a part, by their paths in the whole.

    Examples
    --------
    >>> within("details", [Fault("window", "is missing", "a window")])[0].path
    'details.window'
    """
    return [
        Fault(name if one.path == "the document" else f"{name}.{one.path}", one.wrong, one.accepted) for one in faults
    ]
