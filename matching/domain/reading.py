"""From bytes to a JSON tree, with duplicate keys, NaN and identity numbers found and named by path."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

from matching.domain.base import field_names
from matching.domain.identity import holds_identity_number
from matching.errors import Fault, InputRejected

__all__ = ["MAX_BYTES", "MAX_DEPTH", "read_bytes", "read_tree", "safe_path"]

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 40
MAX_INNER_LIST = 500
"""Entries of a list inside an entry, e.g. the areas of one assessment."""
MAX_NUMBER = 99_999_999

_HALF = re.compile("[\ud800-\udfff]")


class _Keyed(dict[str, Any]):
    """A JSON object that remembers how many of its keys came twice."""

    repeated: int = 0


class _NotANumber:
    """Stands where the document had NaN or an infinity."""


def _pairs(pairs: list[tuple[str, Any]]) -> _Keyed:
    found = _Keyed(pairs)
    found.repeated = len(pairs) - len(found)
    return found


def safe_path(parts: tuple[int | str, ...], names: Container[str] | None = None) -> str:
    """Path for a person to follow; a key that is no field of any format is not echoed.

    Examples
    --------
    >>> safe_path(("cases", 3, "window")), safe_path(("cases", "anna"))
    ('cases[3].window', 'cases.<unknown field>')
    """
    fields = field_names() if names is None else names
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if part in fields else "<unknown field>"
            text += f".{name}" if text else name
    return text or "the document"


def _tree_faults(node: Any, path: list[int | str]) -> Iterator[Fault]:
    if len(path) > MAX_DEPTH:
        yield Fault(safe_path(tuple(path)), "is nested too deeply", f"at most {MAX_DEPTH} levels")
        return
    for wrong, accepted in _node_faults(node, len(path)):
        yield Fault(safe_path(tuple(path)), wrong, accepted)
    inner: Iterable[tuple[int | str, Any]] = ()
    if isinstance(node, dict):
        inner = node.items()
    elif isinstance(node, list):
        inner = enumerate(node)
    for key, value in inner:
        path.append(key)
        yield from _tree_faults(value, path)
        path.pop()


def _node_faults(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, _NotANumber):
        yield "is not a number (NaN or infinite)", "a finite number"
    elif isinstance(value, _Keyed):
        if value.repeated:
            yield f"{value.repeated} key(s) occur twice in this object", "each key once"
        if any(holds_identity_number(key) for key in value):
            yield "a key holds an identity number", "keyed hashes only; no identity numbers anywhere"
        if any(_HALF.search(key) for key in value):
            yield "a key holds half a character (a lone surrogate)", "valid Unicode text"
    elif isinstance(value, list):
        if depth > 1 and len(value) > MAX_INNER_LIST:
            yield "is too long", f"at most {MAX_INNER_LIST} entries"
    elif holds_identity_number(value):
        yield "holds an identity number", "keyed hashes only; no identity numbers anywhere"
    elif isinstance(value, int) and abs(value) > MAX_NUMBER:
        yield "is too large a number", f"at most {MAX_NUMBER}"
    elif isinstance(value, str) and _HALF.search(value):
        yield "holds half a character (a lone surrogate)", "valid Unicode text"


def read_bytes(path: Path, what: str = "the file") -> bytes:
    """Whole content of a file that is no larger than `MAX_BYTES`.

    Raises
    ------
    InputRejected : the file is missing, unreadable, a folder, a pipe or too large

    Examples
    --------
    >>> read_bytes(Path("no-such-file"))
    Traceback (most recent call last):
    matching.errors.InputRejected: input rejected: 1 fault(s)
    """
    try:
        if not path.is_file():  # a pipe would be waited for, for ever
            raise InputRejected([Fault(what, "does not exist or is no file", "a readable file")])
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as err:
        raise InputRejected([Fault(what, "cannot be read", "a readable file")]) from err
    if len(content) > MAX_BYTES:
        raise InputRejected([Fault(what, "is too large", f"at most {MAX_BYTES // 2**20} MiB")])
    return content


def read_tree(content: bytes) -> tuple[Any, list[Fault]]:
    """JSON tree of a document, and the faults that still let the rest be examined.

    Parameters
    ----------
    content : UTF-8 bytes

    Raises
    ------
    InputRejected : not UTF-8, not JSON, truncated, nested beyond what can be read

    Examples
    --------
    >>> read_tree(b'{"a": 1, "a": 2}')[1][0].wrong
    '1 key(s) occur twice in this object'
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        fault = Fault("the document", f"is not UTF-8 text (byte {err.start})", "JSON in UTF-8")
        raise InputRejected([fault]) from err
    try:
        tree = json.loads(text, object_pairs_hook=_pairs, parse_constant=lambda _: _NotANumber())
    except json.JSONDecodeError as err:
        fault = Fault(
            "the document", f"is not complete JSON (line {err.lineno}, column {err.colno})", "a whole JSON document"
        )
        raise InputRejected([fault]) from err
    except RecursionError as err:
        fault = Fault("the document", "is nested too deeply", f"at most {MAX_DEPTH} levels")
        raise InputRejected([fault]) from err
    except ValueError as err:
        fault = Fault("the document", "holds a number with too many digits", "numbers of ordinary length")
        raise InputRejected([fault]) from err
    return tree, sorted(set(_tree_faults(tree, [])))
