"""The front and the back as ASGI applications: the routes, one guard around each, nothing beside them.

What a request meets, in order: a token that holds (401), a role this process serves (404), headers and size of the
body (422, 413), then one transaction in a thread (`service.http.perform`). The description of the API is not served;
`fristad openapi` prints it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from time import perf_counter
from typing import Any, Final

from anyio import to_thread
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from matching.errors import Fault
from service.auth import Caller
from service.http.bodies import parse_query, read_body
from service.http.context import Context
from service.http.description import complete, for_reading
from service.http.logs import Log, new_log
from service.http.metrics import MEDIA
from service.http.open_routes import Alive, ready
from service.http.perform import Call, perform
from service.http.responses import Answer, of_problem, problem_schemas, respond
from service.http.routes import Route, Routes
from service.policies import Access, Action, Process, Relation, insist
from service.problems import NotFound, Problem, Rejected, Unauthenticated, Unavailable

__all__ = ["ROUTES", "SERVER", "back_app", "describe", "front_app", "new_app", "routes_of"]

ROUTES: Final[Mapping[Process, str]] = {Process.FRONT: "service.routes.front", Process.BACK: "service.routes.back"}
"""Where each process lists its routes, as ``ROUTES: tuple[Routes, ...]``."""

SERVER: Final[Mapping[str, Any]] = {
    "server_header": False,
    "date_header": False,
    "access_log": False,
    "log_config": None,
    "proxy_headers": False,
    "http": "h11",
    "ws": "none",
    "lifespan": "off",
    "timeout_keep_alive": 15,
}
"""How uvicorn is started: without its own headers and its log of paths."""

_KEY: Final = re.compile(r"[\x21-\x7e]{16,64}", re.ASCII)
_Handler = Callable[[Request], Awaitable[Response]]
_Act = Callable[[Request], Awaitable[Answer]]


class _Broken(Problem):
    """A fault of ours, told without what it was."""

    status = 500

    def __init__(self) -> None:
        super().__init__("fault", "Something is wrong here; nothing was done.")


class Guard:
    """Turns whatever happens into one answer, one count and one line of the log."""

    def __init__(self, context: Context, log: Log) -> None:
        self.context = context
        self.log = log

    async def answer(self, action: str, act: _Act, request: Request) -> Response:
        """What is sent for a request."""
        began_s = perf_counter()
        try:
            answer = await act(request)
        except Problem as problem:
            if isinstance(problem, Unavailable):
                self.log.away(action, problem)
            answer = of_problem(problem)
        except ClientDisconnect:
            answer = of_problem(Rejected([Fault("the document", "did not arrive whole", "the whole body")]))
        except Exception as error:
            self.context.metrics.fault()
            self.log.fault(action, error)
            answer = of_problem(_Broken())
        took_s = perf_counter() - began_s
        self.context.metrics.count(action, answer.status, took_s)
        self.log.request(action, answer.status, took_s)
        return respond(answer)

    def caller(self, request: Request) -> Caller:
        """Who calls, in a role that this process serves."""
        told = request.headers.getlist("authorization")
        if len(told) != 1:
            raise Unauthenticated
        caller = self.context.verifier.caller(told[0], self.context.clock())
        if caller.actor.role not in self.context.process.roles:
            raise NotFound
        return caller

    async def act(self, route: Route, request: Request) -> Answer:
        """An act of the table."""
        caller = self.caller(request)
        key, body = None, b""
        if route.is_write:
            body = await read_body(request, self.context.settings.body_limit_bytes)
            key = _key(request)
        query = request.scope["query_string"].decode("ascii", "replace")
        call = Call(caller, request.path_params, query, body, key)
        return await to_thread.run_sync(perform, self.context, route, call, limiter=self.context.turns)

    async def alive(self, _request: Request) -> Answer:
        """The process answers."""
        return Answer(200, Alive(status="ok").model_dump_json().encode())

    async def ready(self, _request: Request) -> Answer:
        """The process can work."""
        content = await to_thread.run_sync(ready, self.context, limiter=self.context.turns)
        return Answer(200, content.model_dump_json().encode())

    async def metrics(self, request: Request) -> Answer:
        """Counts for whoever supervises."""
        caller = self.caller(request)
        everybody = Access(frozenset({Relation.NONE}))
        insist(self.context.process, caller.actor, Action.READ_METRICS, everybody, is_fresh=False)
        parse_query(None, request.scope["query_string"].decode("ascii", "replace"))
        return Answer(200, self.context.metrics.text(), MEDIA)


def _key(request: Request) -> str:
    told = request.headers.getlist("idempotency-key")
    if len(told) != 1 or not _KEY.fullmatch(told[0]):
        raise Rejected(
            [
                Fault(
                    "header Idempotency-Key",
                    "is missing or of another form",
                    "16-64 visible ASCII characters, new for each act",
                )
            ]
        )
    return told[0]


class _Guarded(APIRoute):
    """A route that FastAPI describes from its signature and our guard serves."""

    def __init__(self, handler: _Handler, path: str, endpoint: Callable[..., Any], **told: Any) -> None:
        self._handler = handler
        super().__init__(path, endpoint, **told)

    def get_route_handler(self) -> Any:
        """Our guard instead of FastAPI's own reading of the request."""
        return self._handler


def routes_of(process: Process) -> tuple[Route, ...]:
    """Every route of the table that a process serves."""
    listed: Iterable[Routes] = import_module(ROUTES[process]).ROUTES
    return tuple(route for routes in listed for route in routes.written)


def new_app(process: Process, routes: Iterable[Route], guard: Guard | None) -> FastAPI:
    """An application that serves these routes, or, without a guard, only describes them."""
    app = FastAPI(
        title=f"fristad {process.value}",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )

    def handler(action: str, act: Callable[[Guard], _Act]) -> _Handler:
        async def handle(request: Request) -> Response:
            if guard is None:
                return respond(of_problem(NotFound()))
            return await guard.answer(action, act(guard), request)

        return handle

    def told(name: str, **more: Any) -> dict[str, Any]:
        return {"methods": ["GET"], "tags": ["operation"], "summary": name, **more}

    served = tuple(routes)
    for route in served:
        app.router.routes.append(
            _Guarded(
                handler(route.action.value, lambda found, route=route: partial(found.act, route)),  # type: ignore[misc]
                route.path,
                for_reading(route),
                methods=[route.method],
                status_code=route.status,
                response_model=route.out,
                responses=problem_schemas(is_write=route.is_write),
                tags=[route.tag],
                summary=(route.endpoint.__doc__ or "").strip().split("\n")[0],
                name=route.endpoint.__name__,
                operation_id=route.endpoint.__name__,
                openapi_extra={"x-action": route.action.value},
            )
        )
    open_problems = problem_schemas(is_write=False)
    for path, name, act in (
        ("/healthz", "Whether the process lives.", lambda found: found.alive),
        ("/readyz", "Whether the process can work.", lambda found: found.ready),
    ):
        problems = {status: said for status, said in open_problems.items() if status in (500, 503)}
        app.router.routes.append(
            _Guarded(handler(path[1:], act), path, _nothing, **told(name, response_model=Alive, responses=problems))
        )
    app.router.routes.append(
        _Guarded(
            handler(Action.READ_METRICS.value, lambda found: found.metrics),
            "/metrics",
            _nothing,
            **told(
                "Counts for Prometheus, by action and class of status.",
                responses={**open_problems, 200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
                openapi_extra={"x-action": Action.READ_METRICS.value},
                response_class=Response,
            ),
        )
    )

    async def nowhere(_request: Request, _error: Exception) -> Response:
        if guard is not None:
            guard.context.metrics.count("none", NotFound.status, 0.0)
            guard.log.request("none", NotFound.status, 0.0)
        return respond(of_problem(NotFound()))

    app.add_exception_handler(HTTPException, nowhere)
    complete(app, served)
    return app


def _nothing() -> None:
    """No parameters."""


def describe(process: Process) -> dict[str, Any]:
    """The OpenAPI description of a process."""
    return new_app(process, routes_of(process), None).openapi()


def front_app(context: Context, log: Log | None = None) -> FastAPI:
    """The front: cases, assessments, questions, decisions, approvals, intelligence, supervision."""
    return _app(Process.FRONT, context, log)


def back_app(context: Context, log: Log | None = None) -> FastAPI:
    """The back: the coordinator's work, the catalogue, destinations, reveals, follow-up."""
    return _app(Process.BACK, context, log)


def _app(process: Process, context: Context, log: Log | None) -> FastAPI:
    if context.process is not process:
        raise ValueError("these keys and this role are another process's")
    return new_app(process, routes_of(process), Guard(context, log or new_log(process.value)))
