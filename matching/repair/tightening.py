"""Whether what is told now of something already told loosens it: a change may only add danger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

__all__ = ["loosened_actor", "loosened_conflict", "loosened_relation"]

_Tree = dict[str, Any]
_Found = Iterator[tuple[str, str, str]]
"""(field, what is wrong, what is accepted)."""

_NEVER: Final = "9999-12-31"


def loosened_relation(before: _Tree, after: _Tree) -> _Found:
    """What a changed relation between networks loosens.

    Examples
    --------
    >>> told = {"a": "n", "b": "m", "kind": "rival", "start": "2026-01-01", "probability_percent": 60}
    >>> list(loosened_relation(told, {**told, "probability_percent": 90, "start": "2025-01-01"}))
    []
    >>> [field for field, *_ in loosened_relation(told, {**told, "end": "2026-11-01", "probability_percent": 59})]
    ['end', 'probability_percent']
    """
    yield from _dated(before, after)
    if {before["a"], before["b"]} != {after["a"], after["b"]}:
        yield "a", "is another pair of networks than this relation had", "the same two, or a relation with a new id"
    if before["kind"] != after["kind"]:
        yield "kind", "is another kind than this relation had", "the same kind, or a relation with a new id beside it"
    if after["probability_percent"] < before["probability_percent"]:
        yield "probability_percent", "is lower than before", "at least as probable as the scenario says"


def loosened_conflict(before: _Tree, after: _Tree) -> _Found:
    """What a changed conflict between persons loosens.

    Examples
    --------
    >>> told = {"a": "person-1", "b": "person-2", "start": "2026-01-01", "separation_km": 60}
    >>> [field for field, *_ in loosened_conflict(told, {**told, "separation_km": None, "separation_min": 30})]
    ['separation_km']
    """
    yield from _dated(before, after)
    if {before["a"], before["b"]} != {after["a"], after["b"]}:
        yield "a", "is another pair of persons than this conflict had", "the same two, or a conflict with a new id"
    for limit in ("separation_km", "separation_min"):
        if (after.get(limit) or 0) < (before.get(limit) or 0):
            yield limit, "is smaller than before", "at least what the scenario says"


def _dated(before: _Tree, after: _Tree) -> _Found:
    """Starts no later, ends no earlier, and no end becomes a confirmed one."""
    if after["start"] > before["start"]:
        yield "start", "is later than before", "the day the scenario says, or an earlier one"
    if (after.get("end") or _NEVER) < (before.get("end") or _NEVER):
        yield "end", "ends what the scenario says still lasts", "the end the scenario says, a later one, or none"
    if after.get("end_confirmed", False) and not before.get("end_confirmed", False):
        yield "end_confirmed", "confirms an end", "false: a change never ends anything"


def loosened_actor(before: _Tree, after: _Tree) -> _Found:
    """What a changed threat actor loosens: another actor, a reach that does not hold the old one, an earlier end.

    Examples
    --------
    >>> told = {"reach": {"kind": "radius", "bases": ["a"], "radius_km": 40}, "persistence": {"kind": "lasting"}}
    >>> wider = {"kind": "radius", "bases": ["b", "a"], "radius_km": 60}
    >>> list(loosened_actor(told, {**told, "reach": wider}))
    []
    >>> [field for field, *_ in loosened_actor({**told, "reach": wider}, told)]
    ['reach', 'reach.radius_km']
    """
    for name in ("network", "person_key"):
        if before.get(name) is not None and after.get(name) != before[name]:
            yield name, "is another one than this actor had", "the same one, or an actor with a new id"
    yield from _reach(before["reach"], after["reach"])
    if not _lasts(before["persistence"], after["persistence"]):
        yield "persistence", "ends or fades earlier than before", "a persistence that is full, and lasts, as long"


def _reach(before: _Tree, after: _Tree) -> _Found:
    if before["kind"] != after["kind"]:
        # National reach asks for a protection level instead of a distance: even that may open a place.
        yield "reach.kind", "is another kind than this actor had", "the same kind, or an actor with a new id beside it"
        return
    for part in ("bases", "areas"):
        if any(one not in after.get(part, []) for one in before.get(part, [])):
            yield "reach", f"leaves out some of the {part} this actor had", f"all of those {part} and more"
    for limit in ("radius_km", "minutes"):
        if after.get(limit, 0) < before.get(limit, 0):
            yield f"reach.{limit}", "is smaller than before", "at least what the scenario says"


def _lasts(before: _Tree, after: _Tree) -> bool:
    (full, gone), (now_full, now_gone) = _days(before), _days(after)
    return now_full >= full and now_gone >= gone


def _days(persistence: _Tree) -> tuple[str, str]:
    if persistence["kind"] == "until":
        return persistence["until"], persistence["until"]
    if persistence["kind"] == "fading":
        return persistence["full_until"], persistence["gone_by"]
    return _NEVER, _NEVER
