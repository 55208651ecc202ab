"""`docs/rules.md`, made from the classes: one section a rule, for its reviewers and its users.

``python -m matching.cli.rule_pages docs/rules.md`` (`make docs`) writes it anew.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

from matching.cli.reason_codes import reason_codes
from matching.constraints import rule_book
from matching.constraints.base import Audience, Constraint, CostRule, Level, Origin
from matching.domain import Policy, Weights
from matching.language import in_words, translator

__all__ = ["rule_page"]

_HEAD = """# The rules

Generated from the classes in `matching/constraints/` by `make docs`; do not edit. All settings with their limits stand
in [scenario.md](scenario.md), how a rule is added in [add-a-rule.md](add-a-rule.md), how `fristad explain` uses the
sentences below in [decision 0016](decisions/0016-explanations-and-languages.md).

A plan breaks no *hard* rule. Among plans that place as many on time, the one with the least *risk* is best, then the
one with the fewest *moves*, then the one with the least *soft* costs. What is broken already among those present is a
finding, never a plan's fault: it asks to move somebody now (`move_now`) or by a date (`move_by`), is a task, or is
left (`ignore`).

A rule of scope `own_case` reads the case and the catalogue, one of scope `everybody` other people too. An audience for
which a rule has no sentence is not told that it objects. What stands in braces is filled in; on what the value
depends stands below the sentences. Assessor and requester are told values of their own case and of the policy alone.

"""
_NOTHING = "*withheld*"
_LEVELS = {
    Level.HARD: "Hard: what must hold",
    Level.RISK: "Risk: what may be hostile",
    Level.MOVES: "Moves: whom a plan moves",
    Level.SOFT: "Soft: what costs",
}


_ORIGINS = {
    Origin.OWN_CASE: "the own case",
    Origin.POLICY: "the policy",
    Origin.CATALOGUE: "the facility",
    Origin.OTHERS: "other people",
}


def rule_page() -> str:
    """The whole page.

    Examples
    --------
    >>> rule_page().splitlines()[0]
    '# The rules'
    """
    untranslated = sorted({text for rule in rule_book() for text in rule.messages.values() if _swedish(text) == text})
    parts = [_HEAD]
    for level, title in _LEVELS.items():
        parts.append(f"## {title}\n\n")
        parts += (f"- [`{rule.name}`](#{rule.name}): {rule.summary}\n" for rule in rule_book() if rule.level is level)
        parts.append("\n")
        for rule in rule_book():
            parts += _section(rule) if rule.level is level else ()
    parts.append(f"Sentences without a Swedish translation: {len(untranslated)}.\n")
    return "".join(parts)


def _swedish(text: str) -> str:
    return translator("sv")(text)


def _section(rule: Constraint) -> Iterator[str]:
    yield f"### `{rule.name}`\n\n"
    yield f"**{_sentence(rule.summary)}** *{_sentence(_swedish(rule.summary))}*\n\n"
    yield f"{inspect.getdoc(type(rule))}\n\n"
    live = "" if rule.on_live is None else f"; a live breach asks for: `{rule.on_live}`"
    yield f"- Level `{rule.level}`, scope `{rule.scope}`{live}\n"
    yield f"- Source: {rule.source}\n"
    yield from _settings(rule)
    codes = reason_codes(rule) if rule.level is Level.HARD else ()
    for code in codes:
        yield f"- Reason `{code}`: {in_words(code)} (*{_swedish(in_words(code))}*)\n"
    code_file, test_file = f"matching/constraints/{rule.name}.py", f"tests/constraints/test_{rule.name}.py"
    yield f"- [{code_file}](../{code_file}), [{test_file}](../{test_file})\n"
    yield "\n| audience | sentence | på svenska |\n|---|---|---|\n"
    for audience in Audience:
        text = rule.messages.get(audience)
        if text is None:
            yield f"| {audience} | {_NOTHING} | |\n"
        else:
            yield f"| {audience} | {_cell(text)} | {_cell(_swedish(text))} |\n"
    if rule.parameters:
        depends = (f"`{{{name}}}` on {_ORIGINS[origin]}" for name, origin in sorted(rule.parameters.items()))
        yield f"\nValues depend: {', '.join(depends)}.\n"
    yield "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}.".replace("..", ".")


def _settings(rule: Constraint) -> Iterator[str]:
    for read in sorted(rule.reads):
        kind, _, name = read.partition(".")
        if read == "Weights.further" and isinstance(rule, CostRule):
            yield f"- Weight `weights.further.{rule.name}`: {rule.summary} (default {rule.default_weight})\n"
            continue
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
