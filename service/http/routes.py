"""A route: its action, its object, what it answers. A route without an action cannot be written."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from service.http.caller import Caller, caller
from service.http.perform import Act, perform
from service.http.responses import PROBLEMS
from service.policies import Action

__all__ = ["Routes", "Session"]

from service.http.session import Session

_OBJECTS = (
    "case_id",
    "query_id",
    "stay_id",
    "reveal_id",
    "record_id",
    "facility_id",
    "provider_id",
    "plan_id",
    "emergency_id",
    "task_id",
    "alarm_id",
    "access_id",
)


@dataclass(frozen=True)
class _Written:
    action: Action
    path: str
    method: str
    target: str | None


class Routes:
    """Routes of one resource; each endpoint is called with a `Session` first, inside one transaction.

    The transaction has authorised the caller for the action on the object named in the path before the endpoint
    runs, and is committed before the response is sent.
    """

    def __init__(self, tag: str) -> None:
        self.router = APIRouter(tags=[tag])
        self.written: list[_Written] = []

    def get(self, path: str, action: Action, out: type[BaseModel], **told: Any) -> Callable[..., Any]:
        """A reading route."""
        return self._route("GET", path, action, out, 200, **told)

    def post(
        self, path: str, action: Action, out: type[BaseModel], status: int = 200, **told: Any
    ) -> Callable[..., Any]:
        """A writing route; it needs an Idempotency-Key. ``once=True``: its answer is never stored or repeated."""
        return self._route("POST", path, action, out, status, **told)

    def _route(
        self,
        method: str,
        path: str,
        action: Action,
        out: type[BaseModel],
        status: int,
        *,
        once: bool = False,
        examples: Mapping[str, Any] | None = None,
    ) -> Callable[..., Any]:
        target = next((name for name in _OBJECTS if "{" + name + "}" in path), None)
        self.written.append(_Written(action, path, method, target))

        def decorate(endpoint: Callable[..., BaseModel]) -> Callable[..., BaseModel]:
            @functools.wraps(endpoint)
            def run(the_caller: Caller, **told: Any) -> Response:
                subject: UUID | None = told.get(target) if target else None
                act = Act(action, target, subject, is_write=method == "POST", once=once, status=status)
                return perform(the_caller, act, told, lambda session: endpoint(session, **told))

            own = inspect.signature(endpoint, eval_str=True)
            rest = list(own.parameters.values())[1:]
            first = inspect.Parameter(
                "the_caller", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[Caller, Depends(caller)]
            )
            keywords = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in rest]
            run.__signature__ = inspect.Signature([first, *keywords], return_annotation=Response)  # type: ignore[attr-defined]
            run.__annotations__ = {}
            self.router.add_api_route(
                path,
                run,
                methods=[method],
                status_code=status,
                response_model=out,
                responses=PROBLEMS,
                summary=(endpoint.__doc__ or "").strip().split("\n")[0],
                openapi_extra={"x-action": action.value},
            )
            return endpoint

        return decorate
