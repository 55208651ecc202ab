"""Out of time: the repair at hand is kept, nothing is called proven that is not, and the limit holds for all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from matching.errors import OutOfTime, SolverFault
from matching.plans import Candidate
from matching.repair import deciding, neighbours
from matching.repair import plan as planning
from matching.repair.file import repair_file
from matching.repair.model import LEVELS_OF_A_REPAIR
from matching.solver import explain as explaining
from matching.solver.run import LevelResult, search
from tests.repair.weeks import changed, land, mended, moves, rivals, stay, values, week, without_bed

# The only house far from both is full, but who lives there could live anywhere.
TRIANGLE = land([("a", "b"), ("a", "d"), ("b", "d")])
FULL = week("abcd", stay("1", "a", "red"), stay("2", "b", "blue"), stay("3", "c", days=(-20, 100)))
QUARREL = changed(FULL, relations=[rivals()])
NEAR = land([("a", "b")])
TWO = week("abc", stay("1", "a", "red"), stay("2", "b", "blue"))


def late(*_: Any) -> Any:
    raise OutOfTime("no plan was found within the time limit")


def at_call(number: int, otherwise: Any) -> Any:
    """The ordinary search but for one call."""
    calls: list[int] = []

    def searching(*told: Any) -> Any:
        calls.append(1)
        return otherwise(*told) if len(calls) == number else search(*told)

    return searching


def test_with_time_enough_room_is_made_and_it_is_proven() -> None:
    found = mended(FULL, QUARREL, TRIANGLE)
    assert (without_bed(found), found.is_exhaustive, found.are_fewest_moves) == ([], True, True)


def test_a_search_for_room_that_ends_early_keeps_the_repair_and_proves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(deciding, "search", at_call(2, late))
    found = mended(FULL, QUARREL, TRIANGLE)
    assert without_bed(found) == ["stay-1", "stay-2"]
    assert (found.is_exhaustive, found.room_makers, found.are_fewest_moves, found.is_proven) == (False, 0, False, False)
    assert [level.name for level in found.levels] == list(LEVELS_OF_A_REPAIR)
    assert [level.is_proven for level in found.levels] == [True, *[False] * 6]
    assert [level.bound for level in found.levels[1:]] == [0] * 6
    told = repair_file(found, b"", b"").levels
    assert [level.is_proven for level in told] == [True, *[False] * 6]


def test_a_bound_over_few_is_no_bound_over_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The wide round finds nothing better and proves nothing: that the narrow one was proven says nothing."""

    def poor(*told: Any) -> Any:
        found = search(*told)
        levels = tuple(replace(level, value=level.value + 2, bound=0) for level in found.levels[1:])
        return replace(found, chosen=(), levels=(found.levels[0], *levels))

    monkeypatch.setattr(deciding, "search", at_call(2, poor))
    found = mended(FULL, QUARREL, TRIANGLE)
    level = next(level for level in found.levels if level.name == "unplaced_move_now")
    assert (level.value, level.bound, level.is_proven) == (2, 0, False)


def test_fewest_is_not_proven_while_somebody_not_asked_might_make_room_with_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: list[frozenset[int]] = []

    def endless(*told: Any) -> frozenset[int]:
        calls.append(told[2])
        return asked(*told) if not told[2] else frozenset({2})

    asked = neighbours.room_makers
    monkeypatch.setattr(deciding, "room_makers", endless)
    monkeypatch.setattr(deciding, "search", at_call(3, late))
    found = mended(FULL, QUARREL, TRIANGLE)
    assert (without_bed(found), found.is_exhaustive, len(calls)) == ([], True, 2)
    assert [level.is_proven for level in found.levels] == [True, True, True, False, False, False, False]
    assert not found.are_fewest_moves


@pytest.mark.parametrize("kind", ["late", "nothing found, nothing proven"])
def test_the_second_search_begins_with_the_choice_of_the_first(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(program: Any, *_: Any) -> Any:
        found = search(program, *_)
        levels = tuple(LevelResult(level.name, 1, 0) for level in found.levels)
        return replace(found, chosen=(), levels=levels)

    after = changed(TWO, relations=[rivals()])
    plain = mended(TWO, after, NEAR)
    monkeypatch.setattr(deciding, "search", at_call(2, late if kind == "late" else nothing))
    found = mended(TWO, after, NEAR)
    assert moves(found) == moves(plain) != {}
    assert without_bed(found) == []
    assert {name: values(found)[name] for name in ("persons_moved", "harm")} == {
        name: values(plain)[name] for name in ("persons_moved", "harm")
    }
    assert [level.bound for level in found.levels[5:]] == [0, 0]


def test_a_second_search_that_proves_there_is_no_bed_contradicts_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(program: Any, *_: Any) -> Any:
        found = search(program, *_)
        return replace(found, chosen=(), levels=tuple(LevelResult(level.name, 1, 1) for level in found.levels))

    monkeypatch.setattr(deciding, "search", at_call(2, none))
    with pytest.raises(SolverFault):
        mended(TWO, changed(TWO, relations=[rivals()]), NEAR)


def test_a_choice_that_the_second_search_does_not_know_is_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(best: Any, model: Any, moving: Any) -> Any:
        items = model.program.candidates.items
        assert all(isinstance(item, Candidate) for item in items)
        model.program.forbidden.update(range(len(items)))
        return taken_over(best, model, moving)

    taken_over = deciding._taken_over
    monkeypatch.setattr(deciding, "_taken_over", unknown)
    monkeypatch.setattr(deciding, "search", at_call(2, late))
    with pytest.raises(OutOfTime):
        mended(TWO, changed(TWO, relations=[rivals()]), NEAR)


def test_the_reasons_share_what_is_left_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    explain = explaining.blocking_set

    def recording(refused: Any, limits: Any) -> Any:
        told.append(limits.time_s)
        return explain(refused, limits)

    monkeypatch.setattr(planning, "blocking_set", recording)
    raw = week("ab", stay("1", "a", "red"), stay("2", "b", "blue"))
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert len(found.unplaced) == len(told) == 2
    assert told[0] <= 30.0  # half of the sixty seconds
    assert told[1] <= 60.0
