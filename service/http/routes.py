"""A route: its action, its object, what it is told and what it answers. One without an action cannot be written."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, create_model

from service.http.session import Session
from service.policies import Action
from service.store.repository.access import TARGETS

__all__ = ["Route", "Routes", "Session"]

Endpoint = Callable[..., BaseModel]
E = TypeVar("E", bound=Endpoint)


@dataclass(frozen=True)
class Route:
    """One route, as `service.http.app` serves it and the tests enumerate it.

    Parameters
    ----------
    target : the name of the object in the path, which the caller must be allowed to act on
    others : further ids in the path; the endpoint answers for them
    body : what is told; none: an empty body or an empty object
    query : what may stand behind the question mark; none: nothing
    once : the answer is never stored and never repeated
    """

    action: Action
    path: str
    method: str
    tag: str
    endpoint: Endpoint
    out: type[BaseModel]
    status: int
    target: str | None
    others: tuple[str, ...]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    once: bool

    @property
    def is_write(self) -> bool:
        """Whether it needs an Idempotency-Key."""
        return self.method == "POST"


class Routes:
    """Routes of one resource; each endpoint is called with a `Session` first, inside one transaction.

    The transaction has authorised the caller for the action on the object named in the path before the endpoint
    runs, and is committed before the response is sent. An endpoint's other parameters are the ids in its path
    (`UUID`), `body` (a model), and what may stand behind the question mark.

    Examples
    --------
    >>> from service.http.open_routes import Alive
    >>> routes = Routes("examples")
    >>> @routes.get("/v1/cases/{case_id}", Action.READ_CASE, out=Alive)
    ... def read_case(session: Session, case_id: UUID) -> Alive:
    ...     "One case."
    ...     return Alive(status="ok")
    >>> routes.written[0].target
    'case_id'
    """

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.written: list[Route] = []

    def get(self, path: str, action: Action, out: type[BaseModel]) -> Callable[[E], E]:
        """A reading route."""
        return self._route("GET", path, action, out, 200, once=False)

    def post(
        self, path: str, action: Action, out: type[BaseModel], status: int = 200, *, once: bool = False
    ) -> Callable[[E], E]:
        """A writing route; it needs an Idempotency-Key. ``once=True``: its answer is never stored or repeated."""
        return self._route("POST", path, action, out, status, once=once)

    def _route(
        self, method: str, path: str, action: Action, out: type[BaseModel], status: int, *, once: bool
    ) -> Callable[[E], E]:
        def decorate(endpoint: E) -> E:
            told = list(inspect.signature(endpoint, eval_str=True).parameters.values())[1:]
            ids = tuple(one.name for one in told if "{" + one.name + "}" in path)
            if path.count("{") != len(ids) or any(one.annotation is not UUID for one in told if one.name in ids):
                raise TypeError("every id in the path is a UUID parameter of the endpoint")
            target = next((name for name in ids if name in TARGETS), None)
            body = next((one.annotation for one in told if one.name == "body"), None)
            rest = [one for one in told if one.name not in ids and one.name != "body"]
            route = Route(
                action=action,
                path=path,
                method=method,
                tag=self.tag,
                endpoint=endpoint,
                out=out,
                status=status,
                target=target,
                others=tuple(name for name in ids if name != target),
                body=body,
                query=_query_model(endpoint.__name__, rest) if rest else None,
                once=once,
            )
            self.written.append(route)
            return endpoint

        return decorate


def _query_model(name: str, told: list[inspect.Parameter]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        one.name: (one.annotation, ... if one.default is inspect.Parameter.empty else one.default) for one in told
    }
    model: type[BaseModel] = create_model(
        f"{name}_query", __config__=ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True), **fields
    )
    return model
