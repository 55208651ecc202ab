"""Who has passed the gate, and the share of them that is placed."""

import pytest

from matching.facts import Facts, Gate
from matching.gate import PlacedShare, missing_at_gate, placed_share
from tests.builders import PASSED, TODAY, assessment, case, facility, world


def queue() -> Facts:
    """Passed; not consenting; valid on the first start alone; valid for the first stay and not for the second."""
    told = vars(PASSED) | {"written_consent": None, "motivated": False}
    return world(
        facilities=[facility()],
        cases=[
            case(),
            case(gate=Gate(**told)),
            case(assessment=assessment(valid_until_day=TODAY)),
            case(nights=(5, 10), assessment=assessment(valid_until_day=TODAY + 4)),
            case(nights=(5, 10), assessment=assessment(valid_until_day=TODAY + 5)),
        ],
    )


def test_what_is_missing_is_named_once_no_start_is_left() -> None:
    assert [missing_at_gate(queue(), number) for number in range(5)] == [
        (),
        ("not_motivated", "no_written_consent"),
        (),
        ("assessment_expires_before_start",),
        (),
    ]


def test_a_catalogue_without_facilities_changes_nothing() -> None:
    assert missing_at_gate(world(cases=[case(gate=None)]), 0) == ("gate_not_known",)


@pytest.mark.parametrize(
    ("placed", "wanted"),
    [
        ((), "0 of 3 with a valid gate placed (0 %)"),
        ((0,), "1 of 3 with a valid gate placed (33 %)"),
        ((0, 2), "2 of 3 with a valid gate placed (66 %)"),
        ((0, 2, 4), "3 of 3 with a valid gate placed (100 %)"),
        ((0, 1), "1 of 3 with a valid gate placed (33 %)"),  # a plan that breaks the gate places nobody rightly
    ],
)
def test_the_share_is_of_those_who_passed(placed: tuple[int, ...], wanted: str) -> None:
    assert str(placed_share(queue(), placed)) == wanted


def test_a_hundred_percent_is_everybody() -> None:
    assert str(PlacedShare(999, 1000)) == "999 of 1000 with a valid gate placed (99 %)"
