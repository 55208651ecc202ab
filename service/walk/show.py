"""The walk on a terminal: who does what, what they get to see, and at the end who has seen the place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from service.walk.cast import CAST
from service.walk.run import Done
from service.walk.steps import Chapter

__all__ = ["KINDS", "print_chapter", "print_done", "print_sights", "sights"]

_LONGEST: Final = 46

KINDS: Final[Mapping[str, frozenset[str]]] = {
    "address": frozenset({"street", "postal_code"}),
    "locality": frozenset({"locality", "kommun"}),
    "dates": frozenset({"start", "arrived_on"}),
    "persons": frozenset({"household", "persons"}),
    "form": frozenset({"form", "legal_form"}),
}
"""What of an offer somebody may see, by the names of the fields that show it."""

_OWN: Final = frozenset({"details", "assessment", "position"})
"""What somebody has told the register themselves, or their unit: it says nothing of a place the register has found."""


def _names(answer: Any) -> Iterable[str]:
    if isinstance(answer, dict):
        for name, inner in answer.items():
            if name in _OWN or inner is None:
                continue
            yield name
            yield from _names(inner)
    elif isinstance(answer, list):
        for inner in answer:
            yield from _names(inner)


def sights(walked: Iterable[Done]) -> dict[str, set[str]]:
    """Which kinds of thing each person's answers had in them.

    Examples
    --------
    >>> sights([])["requester"]
    set()
    """
    seen: dict[str, set[str]] = {who: set() for who in CAST}
    for done in walked:
        names = set(_names(done.answer))
        seen[done.step.who] |= {kind for kind, fields in KINDS.items() if names & fields}
    return seen


def print_chapter(console: Console, chapter: Chapter) -> None:
    """The heading of some steps."""
    console.print()
    console.rule(f"[bold]{escape(chapter.title)}", align="left")


def print_done(console: Console, done: Done, shown: Mapping[str, Any]) -> None:
    """One step: who, what, the call, what they see."""
    actor = done.actor
    console.print(f"[bold cyan]{actor.role.value}[/] [dim]{actor.name}, {actor.unit}[/]  {escape(done.step.does)}")
    path = done.step.path
    console.print(f"  [dim]{done.step.method} {escape(path)} → {done.status}[/]")
    for name, value in shown.items():
        text = str(value)
        text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
        console.print(f"    {escape(name)}: [green]{escape(text)}[/]")


def print_sights(console: Console, walked: Iterable[Done]) -> None:
    """Side by side: what each of them has seen of the place and the persons."""
    table = Table(title="What each of them has seen", title_justify="left")
    table.add_column("role", overflow="fold")
    for kind in KINDS:
        table.add_column(kind, justify="center")
    for who, seen in sights(walked).items():
        table.add_row(who, *("yes" if kind in seen else "" for kind in KINDS))
    console.print()
    console.print(table)
