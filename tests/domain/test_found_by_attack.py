"""What an attacker's review found in the way in; each stays refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from matching.domain import read_bytes
from matching.domain.identity import holds_identity_number
from matching.domain.reading import MAX_INNER_LIST, MAX_NUMBER
from matching.errors import InputRejected
from tests import tellings as t
from tests.domain.refusing import refused, spoilt, written


def test_seconds_are_no_date_and_hide_no_second_stay() -> None:
    # 1 700 000 000 seconds would be read as a day in 2023 by a lenient reader.
    faults = refused(written(spoilt("cases", 0, "window", "earliest", to="1700000000")))
    assert any(fault.path == "cases[0].window.earliest" and fault.wrong == "is no date" for fault in faults)
    faults = refused(written(spoilt("now", to="20261120")))
    assert any(fault.path == "now" and fault.wrong == "is no time" for fault in faults)


@pytest.mark.parametrize("year", ["0001", "1899", "2200", "9999"])
def test_dates_far_from_our_time(year: str) -> None:
    faults = refused(written(spoilt("cases", 0, "received_at", to=f"{year}-12-31T08:00:00+01:00")))
    assert [fault.path for fault in faults] == ["cases[0].received_at"]
    refused(written(spoilt("relations", 0, "start", to=f"{year}-01-01")))


def test_a_window_has_a_longest_length() -> None:
    window = {"earliest": t.on(0), "latest": t.on(366)}
    raw = spoilt("cases", 0, "window", to={**window, "latest": t.on(367)})
    assert any(fault.wrong == "the window is too long" for fault in refused(written(raw)))


def test_lists_inside_entries_and_numbers_have_bounds() -> None:
    area = {"kind": "kommun", "kommun": "1280"}
    many = spoilt("cases", 0, "assessments", 0, "forbidden", to=[area] * (MAX_INNER_LIST + 1))
    assert any(fault.wrong == "is too long" for fault in refused(written(many)))
    large = spoilt("cases", 0, "attempt_no", to=MAX_NUMBER + 1)
    assert any(fault.wrong == "is too large a number" for fault in refused(written(large)))


def test_bare_points_have_a_limit_over_all_cases() -> None:
    circle = {"kind": "circle", "point": {"latitude_deg": 60.0, "longitude_deg": 15.0}, "radius_km": 5}
    raw = spoilt("cases", 0, "assessments", 0, "forbidden", to=[circle] * 400)
    raw["cases"][0]["assessments"] = [
        {**raw["cases"][0]["assessments"][0], "version": version} for version in (1, 2, 3)
    ]
    assert any(fault.wrong == "name too many bare points" for fault in refused(written(raw)))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputRejected):
        read_bytes(pipe)


@pytest.mark.parametrize(
    "value",
    [
        "811228-98-74",
        "811228-9-874",
        "811228----9874",
        "8-1-1-2-2-8-9-8-7-4",
        "811228A9874",
        "08112289874",
        "0811228-9874",
        "811228-T874".replace("T", "9"),
        59.8112289874,
        101010015,  # 0101010015 without its first digit
    ],
)
def test_identity_numbers_in_disguise(value: Any) -> None:
    assert holds_identity_number(value)


@pytest.mark.parametrize(
    "value", ["2026-11-20T08:04Z", "2026-11-20", "fac-017", "0180-stockholm", 59.3293, 180, True, "case-001", "a1" * 16]
)
def test_ordinary_values_are_no_identity_numbers(value: Any) -> None:
    assert not holds_identity_number(value)


def test_the_digits_of_a_public_key_are_no_number() -> None:
    key = "pqvwxyz1Zk9aB8cD1eF1gH2iJ2kL8mN9oP8qR7sT4u_"
    assert not holds_identity_number(key)
    assert holds_identity_number("abcdefghijklmnopqrstuvwxyz-19811228-9874-xy")  # as long as one, and no key


def test_a_random_id_is_no_identity_number_whatever_its_digits_are() -> None:
    # about one UUID in 3,500 holds ten digits in a row that would be a number of somebody
    assert not holds_identity_number("6d260884-4292-4258-8f08-e49651e32c4d")
    assert holds_identity_number("00000000-0000-4000-8000-198112289874")  # a number dressed up as one
