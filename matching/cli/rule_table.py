"""The rule table of the README and `fristad rules`, made from the classes."""

from __future__ import annotations

from typing import Any

from matching.constraints import rule_book

__all__ = ["rule_rows", "rule_table"]


def rule_rows() -> list[dict[str, Any]]:
    """What each rule declares."""
    return [
        {
            "name": rule.name,
            "level": str(rule.level),
            "scope": str(rule.scope),
            "summary": rule.summary,
            "source": rule.source,
            "reads": sorted(rule.reads),
            "on_live": None if rule.on_live is None else str(rule.on_live),
            "messages": {str(audience): text for audience, text in sorted(rule.messages.items())},
        }
        for rule in rule_book()
    ]


def rule_table() -> str:
    """The rule book as a Markdown table.

    Examples
    --------
    >>> rule_table().splitlines()[0]
    '| rule | level | what must hold, or what costs | a live breach asks for |'
    """
    lines = ["| rule | level | what must hold, or what costs | a live breach asks for |", "|---|---|---|---|"]
    lines += [
        f"| `{row['name']}` | {row['level']} | {row['summary']} | {row['on_live'] or '–'} |" for row in rule_rows()
    ]
    return "\n".join(lines) + "\n"
