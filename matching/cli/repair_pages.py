"""What `fristad repair` prints: for a tired officer, how many are in danger and who has no bed come first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from matching.cli.common import Loaded, out
from matching.language import in_words
from matching.wording import reasons_in_words

if TYPE_CHECKING:
    from matching.repair.file import AlertTold, LeftTold, MustMove, RepairFile

__all__ = ["print_repair"]

_LEVELS = {
    "safe_without_bed": "Safe households that would lose their bed",
    "unplaced_move_now": "Must move now, no safe bed (households)",
    "unplaced_move_by": "Must move by a day, no safe bed (households)",
    "persons_moved": "Persons moved",
    "harm": "Harm of the moves (points)",
    "risk": "Risk of uncertain relations, given who moves (thousandths of -ln(1 - p))",
    "soft": "Cost of the soft rules, given who moves (points)",
}
_NAMED = 4
"""Fewer households than this are named in the first line."""
_NO_BED = frozenset({"no_safe_bed", "stays_unsafe"})


def print_repair(found: RepairFile, loaded: Loaded) -> None:
    """The repair: how many, who has no bed, who goes where; then the rest.

    Parameters
    ----------
    found : the repair
    loaded : the unchanged scenario, for the names of places
    """
    _print_head(found)
    _print_without_bed(found)
    _print_moves(found, loaded)
    _print_who(found)
    _print_left_over(found)
    _print_rest(found)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _households(number: int) -> str:
    return f"{number} household{'' if number == 1 else 's'}"


def _are(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _print_head(found: RepairFile) -> None:
    """How many are in danger and have no bed, in the first line; whether the changes did it, in the second."""
    asked = [one for one in found.must_move if one.outcome != "left_out"]
    out.print(_first_line(asked, found.alerts), style="bold", soft_wrap=True)
    new = sum(1 for one in found.must_move if one.is_from_changes)
    told = f"From tonight's changes: {_households(new)} in danger; from before: {len(found.must_move) - new}."
    out.print(told if new else f"{told} (check the ids and dates)", style=None if new else "bold", soft_wrap=True)
    for warning in found.warnings:
        out.print(f"CHECK {warning}", style="bold", markup=False, soft_wrap=True)
    if not found.must_move:
        return
    lost = sum(1 for one in found.must_move if one.outcome in _NO_BED or one.outcome == "left_out")
    safe = f"NOT SAFE after the repair: {_households(lost)}." if lost else "Everybody has a safe bed after the repair."
    out.print(safe, style="bold")
    left_out = sum(1 for one in found.must_move if one.outcome == "left_out")
    if left_out:
        out.print(f"Left out by --only-new, still in danger from before: {_households(left_out)}.", style="bold")
    by = sum(1 for one in asked if one.act != "move_now")
    if by:
        out.print(f"To move by a later day: {_households(by)}.")
    others = sum(1 for move in found.moves if move.for_others)
    if others:
        out.print(f"Safe, but moved to make room for others: {_households(others)}.")


def _are_two_rivals(urgent: Sequence[MustMove], alerts: Iterable[AlertTold]) -> bool:
    """Whether two are in danger by each other alone: then one of them leaving suffices."""
    two = {one.presence for one in urgent}
    own = [told.finding for told in alerts if told.finding.on_live == "move_now" and two & set(told.finding.presences)]
    return len(two) == 2 and all(set(one.presences) == two and one.rule != "place_capacity" for one in own)


def _first_line(asked: Sequence[MustMove], alerts: Iterable[AlertTold]) -> str:
    if not asked:
        return "Nobody has to move."
    urgent = [one for one in asked if one.act == "move_now"]
    if not urgent:
        later = _are(len(asked), "household has", "households have")
        return f"Nobody has to move tonight; {later} to move by a later day."
    going = sum(1 for one in urgent if one.outcome == "moves")
    none = sum(1 for one in urgent if one.outcome in _NO_BED)
    suffices = ", one leaving suffices" if _are_two_rivals(urgent, alerts) else ""
    staying = [one for one in urgent if one.outcome == "stays_safe"]
    if not staying:
        head = f"{_are(len(urgent), 'household', 'households')} must move now"
        return f"{head}{suffices}: {_are(going, 'has', 'have')} a safe bed, {_are(none, 'has', 'have')} NONE."
    leaving = {one for stay in staying for one in stay.safe_once}
    line = f"{_households(len(urgent))} in danger now{suffices}"
    line += f": {_are(going, 'has', 'have')} a safe bed to move to, {len(staying)} can stay once "
    if suffices:
        line += "the other has left"
    else:
        line += f"{_together(sorted(leaving))} left" if 0 < len(leaving) < _NAMED else "others have left"
    near = max((one.near_until or "" for one in staying), default="")
    line += f" (who counts as near until {near})" if near and len(leaving) == 1 else ""
    line += f" (who count as near until {near})" if near and len(leaving) != 1 else ""
    return f"{line}, {_are(none, 'has', 'have')} NONE."


def _print_without_bed(found: RepairFile) -> None:
    if not found.no_safe_bed:
        return
    table = _table("NO SAFE BED: find another way for these tonight", "who", "act", "why")
    for one in found.no_safe_bed:
        if not one.has_case_file:
            why = "no case file: nobody can say where it would be safe. Get the file first"
        elif one.rules:
            words = ", ".join(in_words(rule) for rule in one.rules)
            why = f"{words} {'(each of them necessary)' if one.is_minimal else '(perhaps more than needed)'}"
        else:
            why = f"others who must move need the beds; facilities open if alone: {one.open_if_alone}"
        table.add_row(one.presence, in_words(one.act), why)
    out.print(table)
    if not found.room_search_ended:
        asked = found.households_asked_for_room
        out.print(
            f"Not proven that nobody could make room: {_households(asked)} asked, then the time was up (--time-s)."
        )


def _print_moves(found: RepairFile, loaded: Loaded) -> None:
    if not found.moves:
        return
    where = loaded.where
    title = "Moves, in the order in which they are carried out (coordinator's view)"
    booked = {one.presence for one in found.moves if not one.persons and one.stay.facility != one.from_facility}
    table = _table(title, "who", "act", "from", "to", "on", "leave by", "beds", "persons", "not before")
    for move in found.moves:
        to = f"{move.stay.facility}, {where.get(move.stay.facility, '')}"
        table.add_row(
            move.presence,
            "makes room" if move.act is None else in_words(move.act),
            f"{move.from_facility}, {where.get(move.from_facility, '')}",
            "another room there" if move.stay.facility == move.from_facility else to,
            move.stay.start,
            move.leave_by or "",
            ", ".join(f"{use.unit}: {use.beds}" for use in move.stay.units),
            str(move.persons),
            _not_before(move.after, booked),
        )
    out.print(table)


def _not_before(after: Iterable[str], booked: set[str]) -> str:
    """Whose bed it is until then; a booking that has not begun is changed, nobody leaves."""
    return ", ".join(f"after {one} {'is rebooked' if one in booked else 'has left'}" for one in after)


def _together(who: Iterable[str]) -> str:
    """Who, and the verb."""
    names = list(who)
    return f"{', '.join(names)} {'has' if len(names) == 1 else 'have'}"


def _print_who(found: RepairFile) -> None:
    if not found.must_move:
        return
    title = "Who is no longer safe, the most urgent first"
    table = _table(title, "who", "act", "leave by", "reason", "since", "what becomes of them")
    for one in found.must_move:
        since = "the changes" if one.is_new else "before, and the changes" if one.is_from_changes else "before"
        rules = ", ".join(in_words(rule) for rule in one.rules)
        by = "" if one.outcome == "stays_safe" else one.leave_by or ""
        table.add_row(one.presence, in_words(one.act), by, rules, since, _outcome(one))
    out.print(table)


def _outcome(one: MustMove) -> str:
    if one.outcome != "stays_safe":
        return {
            "moves": "moves",
            "stays_unsafe": "STAYS UNSAFE",
            "no_safe_bed": "NO SAFE BED",
            "left_out": "STAYS UNSAFE: left out by --only-new",
        }[one.outcome]
    told = f"stays: safe once {_together(one.safe_once)} left" if one.safe_once else "stays: safe after the moves"
    near = "counts" if len(one.safe_once) == 1 else "they count"
    return f"{told}; {near} as near until {one.near_until}" if one.near_until else told


def _print_left_over(found: RepairFile) -> None:
    if not found.left_over:
        return
    moved = {move.presence for move in found.moves}
    table = _table("Breaches that remain, for good or until a cool-down is over", "rule", "what", "who", "until")
    for left in sorted(found.left_over, key=lambda one: (one.until is not None, one.finding.rule)):
        table.add_row(
            in_words(left.finding.rule),
            reasons_in_words(left.finding.reason),
            "\n".join(left.finding.presences),
            _until(left, moved),
        )
    out.print(table)


def _until(left: LeftTold, moved: set[str]) -> str:
    if left.until is None:
        return "NOT MENDED"
    gone = dict.fromkeys(one for one in left.finding.presences if one in moved)
    return f"safe once {_together(gone)} left; counts as near until {left.until}"


def _print_rest(found: RepairFile) -> None:
    if found.unsafe_stays is not None:
        table = _table(f"Planned stays that are not safe any more: {len(found.unsafe_stays)}", "case", "rules", "since")
        for stay in found.unsafe_stays:
            since = "the changes" if stay.is_new else "before"
            table.add_row(stay.case, ", ".join(in_words(rule) for rule in stay.rules), since)
        out.print(table) if found.unsafe_stays else out.print("Every stay of the plan is still safe.")
    if found.beds_freed:
        beds = sum(use.beds for freed in found.beds_freed for use in freed.units)
        out.print(f"Beds freed by the moves: {beds} (--json lists them).")
    if found.waiting is not None:
        table = _table(f"Waiting cases placed in the repaired week: {len(found.waiting)}", "case", "facility", "start")
        for case in found.waiting:
            for one in case.stays:
                table.add_row(case.case, one.facility, one.start)
        out.print(table)
    tasks = sum(1 for alert in found.alerts if alert.finding.on_live == "task" and alert.since != "before")
    if tasks:
        out.print(f"New tasks, for which nobody has to move: {tasks} (--json lists them).")
    if found.must_move:
        table = _table("Levels, in order", "level", "value", "proven bound", "")
        for level in found.levels:
            proof = "proven" if level.is_proven else "not proven"
            name = _LEVELS[level.name]
            if found.only_new and level.name.startswith("unplaced"):
                name += ", of those newly in danger"
            table.add_row(name, str(level.value), str(level.bound), proof)
        out.print(table)
        out.print("Fewest moves: proven." if found.are_fewest_moves else "Fewest moves: not proven.")
