"""Domain §4, `provider_share`: 10 for each percent of all beds in use, beyond 10 %, the provider already has."""

from typing import Any

import pytest

from matching.constraints.provider_share import ProviderShare
from matching.facts import FOREVER, BedUse, Facts
from tests import tellings as t
from tests.books import book
from tests.builders import TODAY, case, facility, in_use, plan_of, put, unit, world
from tests.solver.solving import solved, values
from tests.verifier import verify

RULE = ProviderShare()
HOMES = [facility(1, [unit(20, shared=True)], provider=number) for number in (0, 1, 0)]
"""Providers 0, 1 and 0 again."""


def using(*uses: BedUse, **policy: Any) -> Facts:
    return world(facilities=HOMES, cases=[case()], bed_uses=uses, **policy)


def beds(home: int, number: int) -> BedUse:
    return in_use(home, (0, number))


@pytest.mark.parametrize(
    ("own", "others", "cost"),
    [
        (0, 0, 0),  # nothing is in use
        (0, 10, 0),  # none of it is theirs
        (1, 9, 0),  # 10 %: the limit itself is tolerated
        (11, 89, 10),  # 11 %
        (1, 8, 10),  # 11.1 %, rounded down
        (2, 15, 10),  # 11.7 %, rounded down
        (2, 14, 20),  # 12.5 %
        (1, 1, 400),  # 50 %
        (1, 0, 900),  # all of it
    ],
)
def test_percent_beyond_the_tolerated(own: int, others: int, cost: int) -> None:
    uses = [beds(home, number) for home, number in ((0, own), (1, others)) if number]
    verify(RULE).given(using(*uses)).costs({0: 0}, cost)


def test_all_facilities_of_a_provider_and_all_units_count() -> None:
    # provider 0: 2 + 1 + 3 of 12 beds, half of all
    facts = using(in_use(0, (0, 2), (1, 1)), beds(2, 3), beds(1, 6))
    verify(RULE).given(facts).costs({0: 0}, 400)
    verify(RULE).given(facts).costs({0: 2}, 400)
    verify(RULE).given(facts).costs({0: 1}, 400)


@pytest.mark.parametrize(
    ("start", "cost"),
    [
        (TODAY, 0),  # only the other provider's bed is in use
        (TODAY + 1, 400),  # from its first night on, one of two
        (TODAY + 2, 400),
        (TODAY + 3, 900),  # the other's bed is free on the day its use ends: one of one
        (TODAY + 4, 0),  # theirs too
    ],
)
def test_only_beds_in_use_on_the_day_the_stay_starts(start: int, cost: int) -> None:
    own = in_use(0, (0, 1), days=(TODAY + 1, TODAY + 4))
    other = in_use(1, (0, 1), days=(TODAY - 5, TODAY + 3))
    facts = using(own, other)
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, 0, start=start)), cost)


@pytest.mark.parametrize(("tolerated", "weight", "cost"), [(50, 3, 0), (49, 3, 3), (0, 2, 100), (0, 0, 0), (100, 9, 0)])
def test_the_policy_sets_weight_and_toleration(tolerated: int, weight: int, cost: int) -> None:
    policy: dict[str, Any] = {"provider_share_tolerated_percent": tolerated, "weights": {"provider_share": weight}}
    verify(RULE).given(using(beds(0, 3), beds(1, 3), **policy)).costs({0: 0}, cost)


def test_stays_of_the_plan_itself_do_not_count() -> None:
    facts = world(facilities=HOMES, cases=[case(), case()], bed_uses=[beds(0, 1), beds(1, 1)])
    verify(RULE).given(facts).costs({0: 0, 1: 0}, 400 + 400)


def test_each_leg_is_charged_by_the_day_it_starts() -> None:
    uses = [in_use(0, (0, 1), days=(TODAY - 5, TODAY + 3)), in_use(1, (0, 1), days=(TODAY - 5, FOREVER))]
    facts = world(facilities=HOMES, cases=[case(nights=(3, 10))], bed_uses=uses)
    # first one of two; when the second leg starts, one of one
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, (0, 1))), 400 + 900)


def test_the_days_on_which_the_share_falls_are_candidate_starts() -> None:
    own = in_use(0, (0, 3), days=(TODAY - 5, TODAY + 3))
    others = [
        in_use(1, (0, 3), days=(TODAY + 1, TODAY + 2)),
        in_use(1, (0, 97), days=(TODAY + 3, FOREVER)),
        in_use(1, (0, 9), days=(TODAY + 90, FOREVER)),
    ]
    facts = using(own, *others)
    # 100 %, 50 % from the first day, 100 % from the second, nothing from the third
    assert list(RULE.turning_days(facts.cases[0], 0, facts)) == [TODAY + 1, TODAY + 3]
    # the other provider's: 0 %, 50 %, 0 % on the second, 100 % from the third
    assert list(RULE.turning_days(facts.cases[0], 1, facts)) == [TODAY + 2]


def test_a_cheaper_later_start_is_found() -> None:
    offers = frozenset({"interpreter"})
    facts = world(
        facilities=[facility(1, [unit(), unit()], provider=0, offers=offers), facility(2, provider=1)],
        cases=[case(day_one_needs=offers)],
        bed_uses=[in_use(0), in_use(1, days=(TODAY + 2, FOREVER))],
    )
    found = solved(facts, rules=book("needs_met", "provider_share"))
    # today the provider has all of what is in use, from the day after tomorrow half of it
    assert [item.stay.start_day for item in found.plan.placed] == [TODAY + 2]
    assert values(found)["soft"] == 400


def test_without_a_weight_no_day_is_worth_waiting_for() -> None:
    facts = using(beds(0, 1), in_use(1, days=(TODAY + 2, FOREVER)), weights={"provider_share": 0})
    assert list(RULE.turning_days(facts.cases[0], 0, facts)) == []


def test_a_share_below_the_tolerated_may_fall_unnoticed() -> None:
    uses = [beds(0, 1), beds(1, 9), in_use(1, (0, 9), days=(TODAY + 2, FOREVER))]
    facts = using(*uses)
    assert list(RULE.turning_days(facts.cases[0], 0, facts)) == []


@pytest.mark.parametrize(
    ("state", "days", "departed", "cost"),
    [
        ("placed", (-50, 100), None, 900),
        ("held", (-50, 100), None, 900),  # a hold counts as a placement
        ("placed", (-50, 0), None, 0),  # the bed is free from its planned end
        ("placed", (-50, 1), None, 900),
        ("placed", (1, 100), None, 0),  # nobody is there yet
        ("placed", (-50, 100), 0, 0),  # they have left today
    ],
)
def test_from_a_raw_scenario(state: str, days: tuple[int, int], departed: int | None, cost: int) -> None:
    raw = t.scenario(
        facilities=[t.facility("f", "a", [t.room("u0"), t.room("u1")])],
        cases=[t.case("c")],
        placements=[
            t.placement("p", "f", days=days, state=state, departed=None if departed is None else t.on(departed))
        ],
    )
    verify(RULE).given(t.facts_of(raw, t.Land(("a", "home")))).costs({0: 0}, cost)
