"""The reason codes of a rule, read from its file, for the catalogues and `docs/rules.md`.

A code has two words or more and is written out in the file of its rule: as a string, or in a table. One put together
from parts is not found, so `tests/test_catalogue.py` refuses it.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator

from matching.constraints.base import Constraint

__all__ = ["reason_codes"]

_SHAPE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)+")
_BEGIN = ("objection", "meeting")
"""Where the author of a rule says why a stay is refused; what is said of live stays is not asked for here."""


def reason_codes(rule: Constraint) -> tuple[str, ...]:
    """Every reason with which a hard rule can object to a stay, in order of the alphabet.

    Examples
    --------
    >>> from matching.constraints.contract import FrameworkContract
    >>> reason_codes(FrameworkContract())
    ('contract_ends_soon', 'no_contract')
    """
    tree = ast.parse(inspect.getsource(inspect.getmodule(rule) or type(rule)))
    named = {name: node for node in tree.body for name in _names(node)}
    methods = (node for one in tree.body if isinstance(one, ast.ClassDef) for node in one.body)
    waiting: list[ast.AST] = [one for one in methods if isinstance(one, ast.FunctionDef) and one.name in _BEGIN]
    seen: set[str] = set()
    found: set[str] = set()
    while waiting:
        for node in _told(waiting.pop()):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SHAPE.fullmatch(node.value):
                found.add(node.value)
            if isinstance(node, ast.Name) and node.id in named and node.id not in seen:
                seen.add(node.id)
                waiting.append(named[node.id])
    return tuple(sorted(found - set(rule.parameters)))


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef):
        yield node.name
    if isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _told(node: ast.AST) -> Iterator[ast.AST]:
    """All below a node but what cannot be a reason: comparisons, and keys."""
    yield node
    if isinstance(node, ast.Compare):
        return
    if isinstance(node, ast.Assign) and "key" in _names(node):
        return
    below: list[ast.AST] = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.Dict):
        below = list(node.values)
    if isinstance(node, ast.FunctionDef):
        below = list(node.body)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "remember":
        below = list(node.args[1:])  # under which key something is remembered
    for one in below:
        yield from _told(one)
