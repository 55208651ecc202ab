"""The OpenAPI description: complete, with examples, and true about what is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema_rs import validator_for

from service.http.app import describe, routes_of
from service.policies import Action, Process

DESCRIBED = {process: describe(process) for process in Process}


def operations(process: Process) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in DESCRIBED[process]["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def schema_of(process: Process, content: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = content["application/json"]["schema"]
    name = told.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = DESCRIBED[process]["components"]["schemas"][name] if name else told
    return found


@pytest.mark.parametrize("process", Process)
def test_every_route_is_described(process: Process) -> None:
    assert {operation.get("x-action") for _, operation in operations(process)} - {None} == {
        *(route.action.value for route in routes_of(process)),
        Action.READ_METRICS.value,
    }
    names = [operation["operationId"] for _, operation in operations(process)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("process", Process)
def test_every_operation_says_what_it_does_and_how_it_refuses(process: Process) -> None:
    for name, operation in operations(process):
        assert operation["summary"], name
        is_open = name in ("GET /healthz", "GET /readyz")
        assert operation["security"] == ([] if is_open else [{"bearer": []}]), name
        assert "500" in operation["responses"], name
        for status, response in operation["responses"].items():
            media = "application/problem+json" if status >= "4" else None
            assert media is None or list(response["content"]) == [media], name
        if not is_open:
            assert {"401", "404", "422", "503"} <= set(operation["responses"]), name
        if name.startswith("POST"):
            assert {"409", "413"} <= set(operation["responses"]), name
            keys = [one for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
            assert [one["required"] for one in keys] == [True], name


@pytest.mark.parametrize("process", Process)
def test_every_body_and_answer_has_an_example_that_holds(process: Process) -> None:
    components = {"components": DESCRIBED[process]["components"]}
    wrong = []
    for name, operation in operations(process):
        contents = [operation["requestBody"]["content"]] if "requestBody" in operation else []
        contents += [
            response["content"]
            for status, response in operation["responses"].items()
            if status < "3" and "application/json" in response.get("content", {})
        ]
        for content in contents:
            schema = schema_of(process, content)
            examples = [*schema.get("examples", []), *([schema["example"]] if "example" in schema else [])]
            if not examples:
                wrong.append(f"{name}: {schema.get('title')} has no example")
            for example in examples:
                faults = [error.message for error in validator_for({**schema, **components}).iter_errors(example)]
                wrong += [f"{name}: {schema.get('title')}: {fault}" for fault in faults]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("process", Process)
def test_nothing_of_the_frameworks_own_is_described(process: Process) -> None:
    schemas = DESCRIBED[process]["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    assert {"ProblemOut", "FaultOut"} <= set(schemas)
