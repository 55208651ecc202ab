"""From the bytes of a request to a model: everything hostile is a stated fault, and no fault repeats the input."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from matching.domain.parse import shape_faults
from matching.domain.reading import read_tree
from matching.errors import Fault, InputRejected
from service.http.responses import JSON, MOST_FAULTS
from service.problems import NotFound, Rejected, TooLarge

__all__ = ["MAX_DEPTH", "id_of", "parse_body", "parse_query", "read_body"]

MAX_DEPTH: Final = 32
_LONGEST_QUERY: Final = 2048

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, limit_bytes: int) -> bytes:
    """The body of a request, read once.

    Raises
    ------
    TooLarge : it is larger than the limit, whatever it says of itself
    Rejected : it is not JSON by its own word, or compressed
    """
    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told) > limit_bytes:
        raise TooLarge
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit_bytes:
            raise TooLarge
    faults = []
    media, _, parameters = request.headers.get("content-type", "").partition(";")
    is_json = media.strip().lower() == JSON and parameters.strip().lower().replace('"', "") in ("", "charset=utf-8")
    if content and not is_json:
        faults.append(Fault("header Content-Type", "is not JSON", JSON))
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        faults.append(Fault("header Content-Encoding", "is not read", "a body that is not compressed"))
    if faults:
        raise Rejected(faults)
    return bytes(content)


def id_of(told: str) -> UUID:
    """An id from a path, in its one canonical form.

    Raises
    ------
    NotFound : what has no such form does not exist

    Examples
    --------
    >>> id_of("00000000-0000-4000-8000-000000000001").int > 0
    True
    """
    try:
        found = UUID(told)
    except ValueError:
        found = None
    if found is None or str(found) != told:
        raise NotFound
    return found


def parse_body(model: type[M] | None, content: bytes) -> M | None:
    """The body as its model, or every fault of it at once.

    Parameters
    ----------
    model : none: nothing is told; an empty body or ``{}``

    Raises
    ------
    Rejected : with the faults by path; neither a value nor an unknown key is repeated

    Examples
    --------
    >>> parse_body(None, b"{}") is None
    True
    """
    if model is None and not content.strip():
        return None
    try:
        tree, faults = read_tree(content)
    except InputRejected as bad:
        raise Rejected(_said(bad.faults)) from None
    faults += _deeper(tree)
    if model is None:
        if tree != {}:
            faults.append(Fault("the document", "is not empty", "no body, or an empty object"))
        if faults:
            raise Rejected(_said(faults))
        return None
    found = None
    if not faults:
        try:
            found = model.model_validate_json(json.dumps(tree, ensure_ascii=False))
        except ValidationError:
            found = None
    if found is None:
        faults += shape_faults(model, tree, (), names=_names(model))
        raise Rejected(_said(faults))
    return found


def parse_query(model: type[M] | None, query: str) -> M | None:
    """What stands behind the question mark, or every fault of it at once.

    Raises
    ------
    Rejected : unknown, repeated, out of bounds

    Examples
    --------
    >>> parse_query(None, "") is None
    True
    """
    if model is None and not query:
        return None
    pairs: list[tuple[str, str]] | None = None
    if len(query) <= _LONGEST_QUERY:
        try:
            pairs = parse_qsl(
                query, keep_blank_values=True, strict_parsing=bool(query), errors="strict", max_num_fields=20
            )
        except ValueError:
            pairs = None
    if pairs is None or "\0" in "".join(map("".join, pairs)):
        raise Rejected([Fault("query", "cannot be read", "name=value pairs in UTF-8")])
    told = dict(pairs)
    faults = [Fault("query", "names something twice", "each name once")] if len(told) != len(pairs) else []
    if model is None:
        raise Rejected([*faults, Fault("query", "is not empty", "nothing")])
    try:
        found = model.model_validate_strings(told)
    except ValidationError as bad:
        for detail in bad.errors(include_url=False, include_input=False, include_context=False):
            name = str(detail["loc"][0]) if detail["loc"] else ""
            known = name if name in model.model_fields else "<unknown name>"
            faults.append(Fault(f"query {known}", "is refused", "what the API's description says"))
    if faults:
        raise Rejected(faults)
    return found


def _deeper(node: Any) -> list[Fault]:
    """What `read_tree` leaves to us: depth of a request, numbers beyond all bounds, NUL."""
    faults: set[Fault | None] = set()
    level: list[Any] = [node]
    for _ in range(MAX_DEPTH):
        following: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                following.extend(one.values())
                faults.update(_of_text(key) for key in one)
            elif isinstance(one, list):
                following.extend(one)
            elif isinstance(one, str):
                faults.add(_of_text(one))
            elif isinstance(one, float) and not math.isfinite(one):
                faults.add(Fault("the document", "holds a number out of all bounds", "numbers of ordinary size"))
        level = following
    if any(isinstance(one, dict | list) for one in level):
        faults.add(Fault("the document", "is nested too deeply", f"at most {MAX_DEPTH} levels"))
    return sorted(fault for fault in faults if fault is not None)


def _of_text(text: str) -> Fault | None:
    return Fault("the document", "holds the character NUL", "text without it") if "\0" in text else None


def _said(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """Faults in the words of the API."""
    return tuple(
        Fault(one.path, one.wrong, one.accepted.replace("`fristad schema`", "the API's description"))
        if one.accepted  # else a validator's own words, which may repeat what it was given
        else Fault(one.path, "is refused", "what the API's description says")
        for one in sorted(set(faults))[:MOST_FAULTS]
    )


@lru_cache(maxsize=512)
def _names(model: type[BaseModel]) -> frozenset[str]:
    """Names a fault's path may repeat: the model's own, however deep."""
    return frozenset(_properties(model.model_json_schema()))


def _properties(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        properties = node.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for inner in node.values():
            yield from _properties(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _properties(inner)
