"""Nobody gets a bed twice and no rule is broken, whoever comes first; and the bench that shows it is tried itself."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.reservation_model import Act, Model
from benchmarks.reservations import measure
from geodata.enrich import Surveyor
from matching.constraints import rule_book
from tests.service import conftest
from tests.service.engine.loading import layers, network


def short(database: conftest.Database, *without: str, operations: int = 80, judged: int = 10) -> dict[str, Any]:
    running = (database.server, database.name)
    return measure(8, operations, frozenset(without), judged=judged, running=running)


def test_eight_workers_never_book_a_bed_twice_nor_break_a_rule(database: conftest.Database) -> None:
    found = short(database, operations=300)
    assert found["done"]["hold"] > 20
    assert found["judged"] > 0
    assert (found["double_bookings"], found["rule_violations"], found["differences_at_the_end"]) == (0, 0, 0)
    assert found["unknown"] == 0


@pytest.mark.parametrize("gone", ["lock", pytest.param("constraint", marks=pytest.mark.long)])
def test_each_protection_alone_keeps_every_bed(database: conftest.Database, gone: str) -> None:
    found = short(database, gone)
    assert found["done"]["hold"] > 5
    assert (found["double_bookings"], found["differences_at_the_end"]) == (0, 0)


def test_with_both_gone_the_bench_finds_double_bookings(database: conftest.Database) -> None:
    found = short(database, "lock", "constraint")
    assert found["double_bookings"] > 0


def hold(serial: int, stay: str, case: str, bed: int, first: int, after: int) -> Act:
    return Act(serial, "hold", case, ({"id": stay, "placement": {}, "nights": [(bed, first, after)]},))


def release(serial: int, stay: str) -> Act:
    return Act(serial, "release", stays=({"id": stay},))


def model() -> Model:
    week: dict[str, Any] = {"cases": [], "placements": [], "relations": []}
    return Model(week, {"there": [(1, 100, 110)]}, Surveyor(layers(), network()), rule_book())


@pytest.mark.parametrize(
    ("acts", "doubles"),
    [
        ([hold(1, "a", "c", 1, 110, 120)], 0),
        ([hold(1, "a", "c", 1, 109, 120)], 1),  # the night of day 109 is somebody's
        ([hold(1, "a", "c", 2, 100, 120), hold(2, "b", "d", 2, 119, 121)], 1),
        ([hold(1, "a", "c", 2, 100, 120), release(2, "a"), hold(3, "b", "d", 2, 119, 121)], 0),
        ([hold(1, "a", "c", 2, 100, 120), hold(2, "b", "c", 3, 100, 120)], 1),  # two stays of one case
    ],
)
def test_the_model_counts_by_hand(acts: list[Act], doubles: int) -> None:
    made = model()
    for act in acts:
        made.apply(act)
    assert made.found.double_bookings == doubles


def test_the_model_knows_no_stay_that_was_never_held() -> None:
    made = model()
    made.apply(release(1, "ghost"))
    assert made.found.unknown == 1
