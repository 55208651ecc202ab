"""The OpenAPI description: FastAPI reads it from signatures made for it; the rest is added here."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import FastAPI, Header, Path, Query

from service.http.responses import ProblemOut
from service.http.routes import Route

__all__ = ["complete", "for_reading"]

_ID_EXAMPLE: Final = "0b9e2c1a-4f2d-4c55-9b7e-6a1d2f3c4b5a"
_KEY_EXAMPLE: Final = "3f0c6d1e-8a52-4c6f-9d2b-1f7a8e5b4c3d"
_REF: Final = "#/components/schemas/{model}"


def for_reading(route: Route) -> Callable[..., Any]:
    """A function that is never called: its signature says what the route reads."""

    def reads() -> None:
        """Only described."""

    keyword = inspect.Parameter.KEYWORD_ONLY
    told = [
        inspect.Parameter(
            name, keyword, annotation=Annotated[UUID, Path(description="random id", examples=[_ID_EXAMPLE])]
        )
        for name in (*([route.target] if route.target else []), *route.others)
    ]
    if route.is_write:
        description = "New for each act, the same for each try of it: an act is done once, its answer repeated."
        header = Header(
            alias="Idempotency-Key",
            description=description,
            min_length=16,
            max_length=64,
            pattern="^[!-~]{16,64}$",
            examples=[_KEY_EXAMPLE],
        )
        told.append(inspect.Parameter("idempotency_key", keyword, annotation=Annotated[str, header]))
    if route.query is not None:
        told.append(inspect.Parameter("query", keyword, annotation=Annotated[route.query, Query()]))
    if route.body is not None:
        told.append(inspect.Parameter("body", keyword, annotation=route.body))
    reads.__signature__ = inspect.Signature(told)  # type: ignore[attr-defined]
    reads.__annotations__ = {one.name: one.annotation for one in told}
    reads.__name__ = route.endpoint.__name__
    reads.__doc__ = route.endpoint.__doc__
    return reads


def _examples(routes: Iterable[Route]) -> dict[str, Any]:
    """The examples of every model by its name: FastAPI drops what is null in them."""
    found: dict[str, Any] = {}
    for route in routes:
        for model in (route.out, route.body):
            if model is not None:
                schema = model.model_json_schema(ref_template=_REF)
                for name, part in {**schema.pop("$defs", {}), model.__name__: schema}.items():
                    if "examples" in part:
                        found[name] = part["examples"]
    return found


def complete(app: FastAPI, routes: Iterable[Route]) -> None:
    """Let the application's description name the tokens, the problems and whole examples."""
    examples = _examples(routes)
    read_by_fastapi = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = read_by_fastapi()
            schemas = found.setdefault("components", {}).setdefault("schemas", {})
            problem = ProblemOut.model_json_schema(ref_template=_REF)
            schemas.update(problem.pop("$defs"))
            schemas["ProblemOut"] = problem
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            for name, schema in schemas.items():
                model = name.rpartition("__")[2].removesuffix("-Input").removesuffix("-Output")
                if "examples" in schema and model in examples:
                    schema["examples"] = examples[model]
            found["components"]["securitySchemes"] = {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": "a token of the issuer: Ed25519 or ES256, with role, unit and organisation",
                }
            }
            for methods in found["paths"].values():
                for operation in methods.values():
                    operation["security"] = [{"bearer": []}] if "x-action" in operation else []
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
