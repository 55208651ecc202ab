"""What is sent: one set of headers for everything, problems as RFC 9457, no trace of what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from service.problems import Problem, Unauthenticated

__all__ = [
    "JSON",
    "MOST_FAULTS",
    "PROBLEM_JSON",
    "Answer",
    "FaultOut",
    "ProblemOut",
    "of_problem",
    "problem_schemas",
    "respond",
]

JSON: Final = "application/json"
PROBLEM_JSON: Final = "application/problem+json"
MOST_FAULTS: Final = 100

HEADERS: Final[Mapping[str, str]] = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""On every response, whatever it is; nothing else but the content's own two and, on a 401, how to sign in."""

_MODEL = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class FaultOut(BaseModel):
    """One thing that is wrong with a request."""

    model_config = _MODEL

    path: str = Field(description="where it lies", examples=["window.start"])
    wrong: str = Field(description="what is wrong there, never the value", examples=["is no date"])
    accepted: str = Field(description="what would be accepted", examples=["a date, YYYY-MM-DD"])


class ProblemOut(BaseModel):
    """A refusal (RFC 9457)."""

    model_config = _MODEL

    type: str = Field(description="always about:blank; `code` tells which", examples=["about:blank"])
    title: str = Field(description="one sentence for people", examples=["The input is rejected."])
    status: int = Field(description="the status once more", examples=[422])
    code: str = Field(description="one of the codes docs/api.md lists", examples=["rejected"])
    faults: tuple[FaultOut, ...] = Field(description="what is wrong with the request, by path; at most 100")


class Answer:
    """Status and bytes of what is sent."""

    __slots__ = ("challenge", "content", "media", "status")

    def __init__(self, status: int, content: bytes, media: str = JSON, challenge: str | None = None) -> None:
        self.status = status
        self.content = content
        self.media = media
        self.challenge = challenge


def of_problem(problem: Problem) -> Answer:
    """A problem as it is sent.

    Examples
    --------
    >>> from service.problems import NotFound
    >>> of_problem(NotFound()).status
    404
    """
    body = ProblemOut(
        type="about:blank",
        title=problem.title,
        status=problem.status,
        code=problem.code,
        faults=tuple(
            FaultOut(path=fault.path, wrong=fault.wrong, accepted=fault.accepted)
            for fault in sorted(set(problem.faults))[:MOST_FAULTS]
        ),
    )
    challenge = None
    if problem.status == Unauthenticated.status:
        challenge = "Bearer" if problem.code == "unauthenticated" else 'Bearer error="insufficient_user_authentication"'
    return Answer(problem.status, body.model_dump_json().encode(), PROBLEM_JSON, challenge)


def respond(answer: Answer) -> Response:
    """An answer with the one set of headers."""
    response = Response(answer.content, answer.status, dict(HEADERS), answer.media)
    if answer.challenge is not None:
        response.headers["www-authenticate"] = answer.challenge
    return response


_SAID: Final[Mapping[int, str]] = {
    401: "No token that holds, or a sign-in too long ago for this.",
    404: "It does not exist, or it is not yours.",
    409: "Out of step, taken, or already done.",
    413: "Larger than what is read.",
    422: "The request is rejected: every fault, by path.",
    500: "A fault of ours; nothing was done.",
    503: "The database or a key is away for a moment; nothing was done.",
}
_EXAMPLES: Final[Mapping[int, tuple[str, str]]] = {
    401: ("unauthenticated", "A valid bearer token is needed."),
    404: ("not_found", "Nothing of that address is here for you."),
    409: ("out_of_order", "The case is not at this step."),
    413: ("too_large", "The request is larger than what is read."),
    422: ("rejected", "The input is rejected."),
    500: ("fault", "Something is wrong here; nothing was done."),
    503: ("unavailable", "The service cannot answer now; nothing was done. Try again in a minute."),
}


_CHALLENGE: Final[Mapping[str, Any]] = {
    "WWW-Authenticate": {
        "description": "how to sign in, or that a fresh sign-in is needed",
        "schema": {"type": "string"},
    }
}


def problem_schemas(*, is_write: bool) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, for its description."""
    statuses = [status for status in _SAID if is_write or status != 413]
    return {
        status: {
            "description": _SAID[status],
            **({"headers": _CHALLENGE} if status == Unauthenticated.status else {}),
            "content": {
                PROBLEM_JSON: {
                    "schema": {"$ref": "#/components/schemas/ProblemOut"},
                    "example": {
                        "type": "about:blank",
                        "title": _EXAMPLES[status][1],
                        "status": status,
                        "code": _EXAMPLES[status][0],
                        "faults": [{"path": "window.start", "wrong": "is no date", "accepted": "a date, YYYY-MM-DD"}]
                        if status == 422
                        else [],
                    },
                }
            },
        }
        for status in statuses
    }
