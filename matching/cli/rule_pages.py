"""`docs/rules.md`, made from the classes: one section a rule, for its reviewers and its users.

``python -m matching.cli.rule_pages docs/rules.md`` (`make docs`) writes it anew.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from matching.cli.rule_table import rule_table
from matching.constraints import rule_book
from matching.constraints.base import Audience, Constraint, Scope
from matching.domain import Policy, Weights
from matching.language import translator

__all__ = ["rule_page"]

_HEAD = """# The rules

Generated from the classes in `matching/constraints/` by `make docs`; do not edit. The tables of settings stand in
`docs/scenario.md`; how a rule is added in [add-a-rule.md](add-a-rule.md).

"""
_NOTHING = "*withheld*"


def rule_page() -> str:
    """The whole page.

    Examples
    --------
    >>> rule_page().splitlines()[0]
    '# The rules'
    """
    untranslated = sorted({text for rule in rule_book() for text in rule.messages.values() if _swedish(text) == text})
    parts = [_HEAD, rule_table(), "\n"]
    for rule in rule_book():
        parts += _section(rule)
    parts.append(f"Sentences without a Swedish translation: {len(untranslated)}.\n")
    return "".join(parts)


def _swedish(text: str) -> str:
    return translator("sv")(text)


def _section(rule: Constraint) -> Iterator[str]:
    yield f"## `{rule.name}`\n\n"
    yield f"{(rule.summary[:1].upper() + rule.summary[1:]).rstrip('.')}.\n\n"
    yield f"{inspect.getdoc(type(rule))}\n\n"
    reads = "the own case and the catalogue" if rule.scope is Scope.OWN_CASE else "other people too"
    yield f"- Level: {rule.level}; reads {reads}\n"
    if rule.on_live is not None:
        yield f"- A live breach asks for: {rule.on_live}\n"
    yield f"- Source: {rule.source}\n"
    yield f"- File: `matching/constraints/{rule.name}.py`, test `tests/constraints/test_{rule.name}.py`\n"
    yield from _settings(rule)
    yield "\n| audience | sentence | på svenska |\n|---|---|---|\n"
    for audience in Audience:
        text = rule.messages.get(audience)
        yield f"| {audience} | {_cell(text or _NOTHING)} | {_cell(_swedish(text) if text else _NOTHING)} |\n"
    yield "\n"


def _settings(rule: Constraint) -> Iterator[str]:
    for read in sorted(rule.reads):
        kind, _, name = read.partition(".")
        field = {"Policy": Policy.model_fields, "Weights": Weights.model_fields}.get(kind, {}).get(name)
        if field is None or name == "weights":
            continue
        default = ", ".join(map(str, field.default)) if isinstance(field.default, tuple) else field.default
        word = "Weight" if kind == "Weights" else "Setting"
        yield f"- {word} `{name}`: {field.description} (default {default if default != '' else 'none'})\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        Path(name).write_text(rule_page(), encoding="utf-8")
