"""Domain §4, `permitted_contact`: road minutes beyond 120 to the nearest permitted contact cost."""

from typing import Any

import pytest

from matching.constraints.permitted_contact import PermittedContact
from matching.facts import NO_PATH_MIN, Facts
from tests import tellings as t
from tests.builders import case, facility, places, plan_of, put, world
from tests.verifier import verify

RULE = PermittedContact()


def at(minutes: dict[int, int], *contacts: int, **policy: Any) -> Facts:
    """One facility at place 0, so many road minutes from the others; half an hour by the fastest way."""
    road = {(0, place): told for place, told in minutes.items()}
    land = places(4, road_min=road, safe_min=dict.fromkeys(road, 30))
    return world(land=land, facilities=[facility(0)], cases=[case(permitted_contacts=contacts)], **policy)


@pytest.mark.parametrize(
    ("minutes", "cost"),
    [
        (0, 0),
        (120, 0),  # the limit itself is tolerated
        (121, 1),
        (300, 180),
        (599, 479),
        (600, 480),
        (601, 480),  # more than ten hours counts as ten
        (NO_PATH_MIN, 480),
    ],
)
def test_minutes_beyond_the_tolerated(minutes: int, cost: int) -> None:
    verify(RULE).given(at({1: minutes}, 1)).costs({0: 0}, cost)


@pytest.mark.parametrize(
    ("contacts", "cost"),
    [
        ((), 0),  # nobody to meet
        ((3,), 480),  # no path to the only one
        ((2, 3), 180),  # the nearest counts: 300 - 120
        ((1, 2, 3), 1),  # 121
        ((0, 3), 0),  # in the same place
    ],
)
def test_the_nearest_of_none_some_or_all(contacts: tuple[int, ...], cost: int) -> None:
    verify(RULE).given(at({1: 121, 2: 300, 3: NO_PATH_MIN}, *contacts)).costs({0: 0}, cost)


@pytest.mark.parametrize(
    ("tolerated", "weight", "cost"), [(299, 3, 3), (300, 3, 0), (0, 2, 600), (0, 0, 0), (700, 9, 0)]
)
def test_the_policy_sets_weight_and_toleration(tolerated: int, weight: int, cost: int) -> None:
    facts = at({1: 300}, 1, contact_tolerated_min=tolerated, weights={"permitted_contact": weight})
    verify(RULE).given(facts).costs({0: 0}, cost)


@pytest.mark.parametrize(("minutes", "cost"), [(199, 79), (200, 80), (201, 80), (NO_PATH_MIN, 80)])
def test_the_policy_says_how_long_a_way_counts(minutes: int, cost: int) -> None:
    verify(RULE).given(at({1: minutes}, 1, most_counted_min=200)).costs({0: 0}, cost)


def test_each_leg_is_charged() -> None:
    land = places(3, road_min={(0, 2): 130, (1, 2): 150})
    facts = world(
        land=land, facilities=[facility(0), facility(1)], cases=[case(nights=(3, 10), permitted_contacts=(2,))]
    )
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, (0, 1))), 10 + 30)


@pytest.mark.parametrize(("contacts", "cost"), [([], 0), (["far"], 480), (["near", "far"], 5)])
def test_from_a_raw_scenario(contacts: list[str], cost: int) -> None:
    raw = t.scenario(facilities=[t.facility("f", "a")], cases=[t.case("c", permitted_contacts=contacts)])
    land = t.Land(("a", "far", "home", "near"), road_min={("a", "near"): 125, ("a", "far"): 2000})
    verify(RULE).given(t.facts_of(raw, land)).costs({0: 0}, cost)
