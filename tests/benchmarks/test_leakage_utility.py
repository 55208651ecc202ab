"""What hiding costs, counted by hand on made-up cases."""

from __future__ import annotations

import math

import pytest

from benchmarks.inference.utility import SHARES, Asked, Place, curve, curve_table, utility, utility_table
from service.settings import Settings

ANY = Settings(admission_kommuner=1, admission_lan=1, admission_facilities=1, draw_band_percent=100)
CARD = ("protected_housing", "daily_contact", "own_units", "below_4000")
OTHER = ("foster_home", "daily_contact", "own_units", "below_4000")


def _place(kommun: str, *, card: tuple[str, ...] = CARD, beds: int = 1, is_backed: bool = False) -> Place:
    return Place(kommun, kommun[:2], beds, card, is_backed)


def _asked(*places: Place, alike: tuple[int, ...] | None = None, has_bed: bool = True) -> Asked:
    numbers = tuple(range(len(places))) if alike is None else alike
    return Asked(10, places, dict.fromkeys(SHARES, numbers), has_bed)


def test_shares_by_hand() -> None:
    four = _asked(_place("0101", is_backed=True), _place("0102"), _place("0203"), _place("0304"))
    none = _asked(_place("0101"), _place("0102"), has_bed=False)
    found = utility([four, none], 10, ANY, 75)
    assert (found.asked, found.refused, found.offered, found.placed) == (2, 0, 0.5, 0.5)
    assert found.backed == pytest.approx((1 / 4 + 0) / 2)
    assert found.rungs == (0, 0, 0, 0, 1)
    assert found.hidden_bits == 0


def test_who_is_refused_is_not_among_the_admitted() -> None:
    strict = ANY.model_copy(update={"admission_facilities": 3})
    found = utility([_asked(_place("0101", is_backed=True)), _asked(*[_place("0101")] * 3)], 10, strict, 75)
    assert (found.refused, found.offered, found.by_hand) == (0.5, 0, 1)


def test_a_card_that_shows_nothing_hides_the_whole_card() -> None:
    found = utility([_asked(_place("0101"), _place("0102", card=OTHER))], 10, ANY, 75)
    assert found.rungs == (1, 0, 0, 0, 0)
    assert found.hidden_bits == 1


def test_a_case_without_places_counts_as_nothing() -> None:
    found = utility([_asked(has_bed=False)], 10, Settings(), 75)
    assert (found.asked, found.refused, found.backed) == (1, 1, 0)
    assert "| 10 % | 1 | 100.0 %" in utility_table([found])


def test_the_curve_by_hand() -> None:
    # Eight kommuner with a bed each: a guess is right in 1 of 8. A band of 60 % leaves 5 of them, 20 % the least, 3.
    eight = _asked(*[_place(f"010{number}") for number in range(8)])
    bits = {point.band: point.bits for point in curve([eight], ANY) if point.share == 75}
    assert bits[100] == 0
    assert bits[60] == pytest.approx(math.log2(8 / 5))
    assert bits[20] == pytest.approx(math.log2(8 / 3))


def test_cards_true_of_few_leak_what_the_curve_says() -> None:
    alike = _asked(*[_place(f"010{number}") for number in range(8)], alike=(0, 1))
    points = curve([alike], ANY)
    assert all(point.bits == pytest.approx(2) for point in points)
    assert "2.00 (2.00)" in curve_table(points, ANY)
