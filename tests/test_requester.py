"""The requester's slots by hand: the gate, the order, the ladder of a card. What the view holds: test_own_view.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.constraints import rule_book
from matching.constraints.base import Constraint
from matching.explanations import to_requester
from matching.facts import FOREVER, Assessment, Facility, Facts, Gate
from matching.options import requester_options
from matching.requester import Slots, attributes, own_view, slots
from tests.books import book
from tests.builders import (
    PASSED,
    TODAY,
    area,
    assessment,
    case,
    closed,
    facility,
    in_use,
    person,
    places,
    present,
    quota,
    unit,
    world,
)  # fmt: skip

WITHHELD = ("withheld",) * 4
HOUSE = ("protected_housing", "contact_as_agreed", "own_units", "below_4000")


def asked(
    facilities: Sequence[Facility], told: Any = None, rules: Sequence[Constraint] | None = None, **rest: Any
) -> Slots:
    """Slots of one man of 30 at these facilities, each in a place of its own; by the whole book unless told."""
    facts = world(
        land=rest.pop("land", places(len(facilities) + 1)), facilities=facilities, cases=[told or case()], **rest
    )
    return slots(own_view(facts, 0), rule_book() if rules is None else rules)


def houses(count: int, first: int = 0, **told: Any) -> list[Facility]:
    """So many houses alike, each ten crowns dearer than the one before."""
    rate = told.pop("day_rate_sek", 1000)
    return [facility(1, day_rate_sek=rate + 10 * (first + number), **told) for number in range(count)]


def shown(found: Slots) -> list[tuple[str, ...]]:
    return [card.values for card in found.cards]


# -- attributes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offers", "staffing"),
    [
        ((), "contact_as_agreed"),
        (("interpreter",), "contact_as_agreed"),
        (("daily_contact",), "daily_contact"),
        (("round_the_clock_staff",), "round_the_clock_staff"),
        (("daily_contact", "round_the_clock_staff"), "round_the_clock_staff"),
    ],
)
def test_staffing(offers: tuple[str, ...], staffing: str) -> None:
    assert attributes(facility(offers=frozenset(offers)))[1] == staffing


@pytest.mark.parametrize(
    ("shared", "privacy"),
    [((False,), "own_units"), ((True, True), "shared_units"), ((True, False), "mixed_units")],
)
def test_privacy(shared: tuple[bool, ...], privacy: str) -> None:
    assert attributes(facility(units=[unit(shared=one) for one in shared]))[2] == privacy


@pytest.mark.parametrize(
    ("rate", "band"),
    [
        (0, "below_4000"),
        (3999, "below_4000"),
        (4000, "4000_to_4999"),
        (4999, "4000_to_4999"),
        (5000, "5000_or_more"),
        (50_000, "5000_or_more"),
    ],
)
def test_cost_band(rate: int, band: str) -> None:
    assert attributes(facility(day_rate_sek=rate))[3] == band


def test_nothing_else_of_a_facility_is_an_attribute() -> None:
    plain = facility(1)
    told = facility(
        3, provider=7, security_grade=4, min_age_years=20, max_age_years=40, schools=(2,), max_household=3,
        closures=(closed(TODAY, FOREVER),), quotas=(quota(0),), units=[unit(), unit()], genders=frozenset({"male"}),
        takes_children=True, takes_unaccompanied_minors=True, offers=frozenset({"women_only", "interpreter"}),
        is_security_approved=True, permit_through_day=0, contracts=(), is_direct_award_allowed=True,
        has_night_intake=True, support_intensity=4,
    )  # fmt: skip
    assert {field.name for field in fields(Facility)} == {
        "place", "provider", "form", "units", "closures", "quotas", "min_age_years", "max_age_years", "genders",
        "takes_children", "takes_unaccompanied_minors", "max_household", "offers", "schools", "security_grade",
        "is_security_approved", "permit_through_day", "contracts", "is_direct_award_allowed", "has_night_intake",
        "support_intensity", "day_rate_sek",
    }  # fmt: skip
    assert attributes(plain) == attributes(told) == HOUSE


# -- the ladder ------------------------------------------------------------------------------------


def test_alike_in_everything_shows_everything() -> None:
    assert shown(asked(houses(10))) == [HOUSE] * 3


@pytest.mark.parametrize(
    ("alike", "others", "values"),
    [
        (15, 5, HOUSE),  # 15 of 20 are exactly 75 %
        (14, 5, (*HOUSE[:3], "withheld")),  # 14 of 19 are 73.7 %
        (74, 25, (*HOUSE[:3], "withheld")),  # 74 of 99 are 74.7 %, which rounds to 75 and is still below
    ],
)
def test_exactly_the_share_is_enough(alike: int, others: int, values: tuple[str, ...]) -> None:
    dearer = houses(others, day_rate_sek=6000)
    assert shown(asked([*houses(alike), *dearer])) == [values] * 3


@pytest.mark.parametrize(("percent", "values"), [(75, HOUSE), (76, (*HOUSE[:3], "withheld"))])
def test_the_share_is_the_policys(percent: int, values: tuple[str, ...]) -> None:
    found = asked([*houses(9), *houses(3, day_rate_sek=6000)], card_share_percent=percent)  # 9 of 12 are 75 %
    assert shown(found) == [values] * 3


@pytest.mark.parametrize(
    ("other", "shows"),
    [
        ({"day_rate_sek": 6000}, 3),
        ({"units": [unit(shared=True)]}, 2),
        ({"offers": frozenset({"daily_contact"})}, 1),
        ({"form": "foster_home"}, 0),
    ],
)
def test_the_last_attribute_goes_first(other: dict[str, Any], shows: int) -> None:
    """6 of 10 differ in one attribute: that one and all after it are withheld."""
    found = asked([*houses(4), *houses(6, 4, **other)])
    assert shown(found) == [HOUSE[:shows] + WITHHELD[shows:]] * 3


def test_the_share_is_of_the_facilities_the_case_may_have() -> None:
    """Five of fifteen are dearer, but they take no men: ten of ten are alike."""
    women = houses(5, day_rate_sek=6000, genders=frozenset({"female"}))
    assert shown(asked([*houses(10), *women])) == [HOUSE] * 3


@pytest.mark.parametrize(("count", "values"), [(9, WITHHELD), (10, HOUSE)])
def test_fewer_facilities_than_the_policy_asks_show_nothing(count: int, values: tuple[str, ...]) -> None:
    assert shown(asked(houses(count))) == [values] * 3


def test_that_something_is_withheld_tells_nothing() -> None:
    """One foster home among ten: a card that withholds its form must not point at it (domain §4)."""
    cheapest = asked([*houses(9, 1), facility(1, form="foster_home", day_rate_sek=1000)])
    dearest = asked([*houses(9, 1), facility(1, form="foster_home", day_rate_sek=3000)])
    assert shown(cheapest) == shown(dearest)


# -- always three ----------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4])
def test_always_three_cards(count: int) -> None:
    found = asked(houses(count), card_least_facilities=3)
    assert len(found.cards) == 3
    assert found.missing == ()
    assert found.facilities == tuple(range(min(3, count)))


def test_with_two_facilities_all_three_cards_are_blank() -> None:
    assert shown(asked(houses(2), card_least_facilities=3)) == [WITHHELD] * 3


@pytest.mark.parametrize("is_full", [False, True])
def test_full_closed_or_free_plays_no_part(is_full: bool) -> None:
    full: dict[str, Any] = {"closures": (closed(TODAY - 1, FOREVER),), "quotas": (quota(0),)} if is_full else {}
    uses = [in_use(number) for number in range(10)] if is_full else []
    rivals = [present(1, networks=[1])] if is_full else []
    found = asked(
        houses(10, **full), case(networks=[0]), bed_uses=uses, presences=rivals, rivals={(0, 1): (0, FOREVER)}
    )
    assert (shown(found), found.facilities) == ([HOUSE] * 3, (0, 1, 2))


def test_a_household_too_large_for_the_empty_facility_is_not_eligible() -> None:
    family = case(person(), person())
    found = asked([*houses(3), facility(1, [unit(2)], day_rate_sek=2000)], family)
    assert found.facilities == (3,)


# -- the order -------------------------------------------------------------------------------------


def test_the_cheapest_first() -> None:
    rates = (1300, 1100, 1200, 1000)
    assert asked([facility(1, day_rate_sek=rate) for rate in rates]).facilities == (3, 1, 2)


def test_a_preferred_area_and_a_near_town_outweigh_some_money() -> None:
    # day_rate 1 per 10 SEK; outside every preferred area 300; 4 a minute beyond 20 to a larger town:
    # 0: 100 + 0 + 0 = 100; 1: 60 + 300 + 0 = 360; 2: 90 + 0 + 4 x 30 = 210; 3: 105 + 0 + 0 = 105
    land = places(5, kommun=[1, 1, 2, 1, 1], larger_town_min=[0, 20, 0, 50, 0])
    told = case(assessment=assessment(preferred=(area("kommun", 1),)))
    rates = {1: 1000, 2: 600, 3: 900, 4: 1050}
    homes = [facility(place, day_rate_sek=rate) for place, rate in rates.items()]
    rules = book("eligibility_gate", "day_rate", "preferred_locality", "isolation")
    assert asked(homes, told, rules, land=land).facilities == (0, 3, 2)


def test_a_tie_is_broken_by_the_ids_and_not_by_the_place_in_the_file() -> None:
    alike = [facility(1) for _ in range(6)]
    facts = world(facilities=alike, cases=[case()])
    turned = replace(facts, names=replace(facts.names, facilities=facts.names.facilities[::-1]))

    def ids(told: Facts) -> list[str]:
        return [told.names.facilities[number] for number in slots(own_view(told, 0), rule_book()).facilities]

    assert ids(facts) == ids(turned)


def test_another_case_has_another_order_of_equals() -> None:
    facts = world(facilities=[facility(1) for _ in range(12)], cases=[case() for _ in range(6)])
    orders = {slots(own_view(facts, number), rule_book()).facilities for number in range(6)}
    assert len(orders) > 1


def test_asking_again_gives_the_same() -> None:
    facts = world(facilities=houses(12), cases=[case(), case()])
    assert requester_options(facts, rule_book(), 1) == requester_options(facts, rule_book(), 1)


# -- the gate --------------------------------------------------------------------------------------

NOTHING_KNOWN = Gate(None, None, None, None, None, None, False, None, False)


def test_the_gate_lists_all_that_is_missing() -> None:
    found = asked(houses(3), case(gate=NOTHING_KNOWN, assessment=None))
    assert (found.cards, found.facilities) == ((), ())
    assert found.missing == (
        "definition_not_met", "not_motivated", "no_written_consent", "conditions_not_signed",
        "evidence_witness_not_excluded", "no_measure_decision", "no_investigation_clearance", "no_assessment",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({"gate": replace(PASSED, written_consent=False)}, ("no_written_consent",)),
        # in an emergency the decision may follow, when the case begins with an emergency stay
        ({"gate": replace(PASSED, measure_decision=None, is_emergency=True), "nights": (5, 10)}, ()),
        ({"gate": replace(PASSED, measure_decision=None, is_emergency=True)}, ("no_measure_decision",)),
        ({"window": (TODAY + 2, TODAY + 1)}, ("window_passed",)),
        ({"window": (TODAY + 1, TODAY + 1)}, ()),
        ({"assessment": assessment(is_withdrawn=True)}, ("assessment_withdrawn",)),
        ({"assessment": assessment(valid_until_day=TODAY - 1)}, ("assessment_not_valid_today",)),
        ({"assessment": assessment(threat_level="low")}, ("threat_not_high",)),
        # the window opens tomorrow: the last valid day is tomorrow | today
        ({"assessment": assessment(valid_until_day=TODAY + 1), "window": (TODAY + 1, TODAY + 3)}, ()),
        (
            {"assessment": assessment(valid_until_day=TODAY), "window": (TODAY + 1, TODAY + 3)},
            ("assessment_expires_before_start",),
        ),
    ],
)
def test_each_lack_is_named(told: dict[str, Any], missing: tuple[str, ...]) -> None:
    found = asked(houses(3), case(**told))
    assert found.missing == missing
    assert len(found.cards) == (0 if missing else 3)


def test_the_gate_is_judged_even_when_the_catalogue_is_empty() -> None:
    assert asked([], case(gate=NOTHING_KNOWN)).missing


def test_the_gate_does_not_depend_on_who_is_where() -> None:
    told = case(gate=replace(PASSED, motivated=None), networks=[0])
    alone = asked(houses(3), told)
    crowded = asked(houses(3), told, presences=[present(1, unknown=True)], bed_uses=[in_use(0)])
    assert alone == crowded


GATES = st.builds(
    Gate,
    **dict.fromkeys([field.name for field in fields(Gate)], st.sampled_from([True, False, None])),
)
ASSESSMENTS = st.one_of(
    st.none(),
    st.builds(
        assessment,
        threat_level=st.sampled_from(["low", "high"]),
        is_withdrawn=st.booleans(),
        valid_until_day=st.integers(TODAY - 1, TODAY + 4),
    ),
)
WINDOWS = st.tuples(st.integers(TODAY, TODAY + 3), st.integers(TODAY - 1, TODAY + 6))
CATALOGUES = st.lists(
    st.sampled_from(
        [
            facility(1),
            facility(3, form="foster_home", genders=frozenset({"female"})),
            facility(2, closures=(closed(TODAY, FOREVER),), quotas=(quota(0),), contracts=(), permit_through_day=0),
            facility(1, units=[unit(4, shared=True)], security_grade=4, takes_children=True, max_household=1),
        ]
    ),
    max_size=5,
)


@given(gates=st.one_of(st.just(PASSED), GATES), judged=ASSESSMENTS, window=WINDOWS, homes=CATALOGUES)
def test_what_is_lacking_does_not_depend_on_the_facilities_at_all(
    gates: Gate, judged: Assessment | None, window: tuple[int, int], homes: list[Facility]
) -> None:
    """Not on which there are, nor on whether there are any; of those that are left the cards alone tell."""
    told = case(gate=gates, assessment=judged, window=window)
    by_catalogue = [world(land=places(5), facilities=own, cases=[told]) for own in ([], homes, houses(12))]
    answers = [to_requester(facts, rule_book(), 0, str) for facts in by_catalogue]
    assert answers[0] == answers[1] == answers[2]
    found = [slots(own_view(facts, 0), rule_book()) for facts in by_catalogue]
    assert len({(one.missing, len(one.cards)) for one in found}) == 1
