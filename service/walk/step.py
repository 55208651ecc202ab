"""What a step of the walk is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Chapter", "Signing", "Step"]


@dataclass(frozen=True)
class Signing:
    """A statement that an organisation signs with its own key before the call.

    Parameters
    ----------
    told : the assessment that is signed; none: the intake
    """

    organisation: str
    unit: str | None = None
    told: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Step:
    """One call.

    Parameters
    ----------
    who : of `service.walk.cast.CAST`
    does : a sentence
    call : method and path, values in braces
    told : the body; none: the call has none
    signs : what is signed first; its JWS is the value ``signature``
    keeps : values picked out of the answer, by name
    until : part and value: the call is repeated until the answer has it
    shows : parts of the answer that are shown; none: all of it
    is_refused : the answer is a problem of this code, and should be
    """

    who: str
    does: str
    call: str
    told: Mapping[str, Any] | None = None
    signs: Signing | None = None
    keeps: Mapping[str, str] = field(default_factory=dict)
    until: tuple[str, str] | None = None
    shows: tuple[str, ...] = ()
    is_refused: str | None = None

    @property
    def method(self) -> Literal["GET", "POST"]:
        """Of the call.

        Examples
        --------
        >>> Step("auditor", "Reads.", "GET /v1/trail").method
        'GET'
        """
        return "GET" if self.call.startswith("GET ") else "POST"

    @property
    def path(self) -> str:
        """Of the call, values in braces."""
        return self.call.split(" ", 1)[1]


@dataclass(frozen=True)
class Chapter:
    """Some steps under one heading."""

    title: str
    steps: tuple[Step, ...]
