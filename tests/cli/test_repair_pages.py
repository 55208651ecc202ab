"""The first line of a repair, for somebody tired: hand-made small weeks."""

from __future__ import annotations

import pytest

from matching.cli import repair_pages
from matching.repair.file import repair_file
from tests.repair.weeks import changed, land, mended, rivals, stay, week
from tests.tellings import on

NEAR = land([("a", "b")])
LEAK = {"id": "x", "network": "red", "facility": "house-a", "kind": "leak", "exposed_on": on(-1)}
PAIR = stay("1", "a", "red", days=(-9, 100)), stay("2", "b", "blue")
ALONE = stay("1", "a", "red", days=(-9, 100))


@pytest.mark.parametrize(
    ("houses", "people", "added", "line"),
    [
        (
            "abc",
            PAIR,
            {"relations": [rivals()]},
            "2 households in danger now, one leaving suffices: 1 has a safe bed to move to, 1 can stay once the other"
            f" has left (who counts as near until {on(30)}), 0 have NONE.",
        ),
        (
            "ab",
            PAIR,
            {"relations": [rivals()]},
            "2 households must move now, one leaving suffices: 0 have a safe bed, 2 have NONE.",
        ),
        ("ab", (ALONE,), {"exposures": [LEAK]}, "1 household must move now: 1 has a safe bed, 0 have NONE."),
        ("a", (ALONE,), {"exposures": [LEAK]}, "1 household must move now: 0 have a safe bed, 1 has NONE."),
        ("a", (ALONE,), {}, "Nobody has to move."),
        # exposed as well: the other leaving would not be enough
        (
            "ab",
            PAIR,
            {"relations": [rivals()], "exposures": [LEAK]},
            "2 households must move now: 0 have a safe bed, 2 have NONE.",
        ),
    ],
)
def test_the_first_line(houses: str, people: tuple[object, ...], added: dict[str, list[object]], line: str) -> None:
    raw = week(houses, *people)  # type: ignore[arg-type]
    told = repair_file(mended(raw, changed(raw, **added), NEAR), b"", b"")  # type: ignore[arg-type]
    assert repair_pages._first_line(told.must_move, told.alerts) == line


def test_only_later_danger_is_said_to_have_time() -> None:
    raw = week("ab", ALONE)
    after = changed(raw)
    after["facilities"][0]["closures"] = [{"start": on(7), "end": on(60)}]
    told = repair_file(mended(raw, after, NEAR), b"", b"")
    line = repair_pages._first_line(told.must_move, told.alerts)
    assert line == "Nobody has to move tonight; 1 household has to move by a later day."
