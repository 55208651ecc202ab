"""Domain §4, `place_capacity`: units, beds, households, closures, quotas; every bed-night at most once."""

from typing import Any

import pytest

from matching.constraints.place_capacity import PlaceCapacity
from matching.facts import FOREVER, Block, Quota, Stay, Unit
from tests import tellings
from tests.builders import ALWAYS, TODAY, case, closed, facility, in_use, person, plan_of, put, quota, unit, world
from tests.verifier import Verifier, verify

RULE = PlaceCapacity()


def people(number: int) -> tuple[Any, ...]:
    return tuple(person() for _ in range(number))


def house(*units: Unit, closures: tuple[Block, ...] = (), quotas: tuple[Quota, ...] = ()) -> Any:
    return facility(1, units, closures=closures, quotas=quotas)


def given(home: Any, *cases: Any, uses: tuple[Any, ...] = ()) -> Verifier:
    return verify(RULE).given(world(facilities=[home], cases=cases, bed_uses=uses))


@pytest.mark.parametrize(("members", "fits"), [(1, True), (2, True), (3, True), (4, False)])
@pytest.mark.parametrize("shared", [True, False])
def test_one_bed_a_member(members: int, fits: bool, shared: bool) -> None:
    verifier = given(house(unit(3, shared=shared)), case(*people(members)))
    if fits:
        verifier.accepts({0: 0})
    else:
        # four members, three beds: whoever is written down, one member has no bed
        verifier.blocks({0: 0}, amount=1, saying="not_one_bed_per_member")


def test_a_household_may_fill_several_units_of_one_facility() -> None:
    verifier = given(house(unit(2), unit(1, shared=True), unit(2, kind="flat")), case(*people(5)))
    verifier.accepts(plan_of(put(verifier.facts, 0, 0, beds=[(0, 2), (1, 1), (2, 2)])))


@pytest.mark.parametrize(("first", "second", "fits"), [(1, 1, True), (2, 1, True), (2, 2, False), (3, 1, False)])
def test_two_households_in_one_shared_unit_of_three_beds(first: int, second: int, fits: bool) -> None:
    verifier = given(house(unit(3, shared=True)), case(*people(first)), case(*people(second)))
    if fits:
        verifier.accepts({0: 0, 1: 0})
    else:
        verifier.blocks({0: 0, 1: 0}, amount=1, saying="bed_night_taken_twice")


def test_an_unshared_unit_belongs_to_one_household_a_night() -> None:
    # Two beds of three are free, yet the flat is theirs alone; all that share it against its kind are counted.
    verifier = given(house(unit(3)), case(), case())
    verifier.blocks({0: 0, 1: 0}, amount=2, saying="bed_night_taken_twice")
    verifier.accepts({0: 0})
    verifier.accepts({1: 0})


@pytest.mark.parametrize(("start", "fits"), [(TODAY + 2, False), (TODAY + 3, True)])
def test_a_bed_is_free_again_on_the_day_a_stay_ends(start: int, fits: bool) -> None:
    # The first stay is [TODAY, TODAY + 3): its last night is TODAY + 2.
    verifier = given(house(unit(1)), case(nights=3), case(nights=3))
    plan = plan_of(put(verifier.facts, 0, 0), put(verifier.facts, 1, 0, start=start))
    if fits:
        verifier.accepts(plan)
    else:
        verifier.blocks(plan, amount=2)


@pytest.mark.parametrize(
    ("days", "fits"),
    [
        ((TODAY - 9, TODAY), True),  # ends the day the stay starts
        ((TODAY - 9, TODAY + 1), False),
        ((TODAY + 9, TODAY + 20), False),  # begins on the last of ten nights
        ((TODAY + 10, TODAY + 20), True),  # begins the day the stay ends
        ((TODAY + 4, TODAY + 5), False),  # one night in the middle
    ],
)
@pytest.mark.parametrize("shared", [True, False])
def test_what_is_in_use_is_taken_on_its_nights(days: tuple[int, int], fits: bool, shared: bool) -> None:
    verifier = given(house(unit(1, shared=shared)), case(nights=10), uses=(in_use(0, days=days),))
    if fits:
        verifier.accepts({0: 0})
    else:
        verifier.blocks({0: 0}, amount=1, saying="bed_night_taken_twice")


@pytest.mark.parametrize(("taken", "members", "fits"), [(1, 2, True), (1, 3, False), (2, 1, True), (3, 1, False)])
def test_a_shared_unit_partly_in_use(taken: int, members: int, fits: bool) -> None:
    verifier = given(house(unit(3, shared=True)), case(*people(members)), uses=(in_use(0, (0, taken)),))
    if fits:
        verifier.accepts({0: 0})
    else:
        verifier.blocks({0: 0}, amount=1)


def test_an_unshared_unit_partly_in_use_takes_nobody() -> None:
    verifier = given(house(unit(3)), case(), uses=(in_use(0, (0, 1)),))
    verifier.blocks({0: 0}, amount=1)


@pytest.mark.parametrize(
    ("days", "fits"),
    [
        ((TODAY - 9, TODAY), True),
        ((TODAY, TODAY + 1), False),
        ((TODAY + 9, TODAY + 10), False),
        ((TODAY + 10, TODAY + 11), True),
    ],
)
def test_a_closed_unit_takes_nobody(days: tuple[int, int], fits: bool) -> None:
    verifier = given(house(unit(2, shared=True), closures=(closed(*days),)), case(*people(2), nights=10))
    if fits:
        verifier.accepts({0: 0})
    else:
        verifier.blocks({0: 0}, amount=2, saying="bed_night_taken_twice")


def test_a_closure_names_its_units() -> None:
    verifier = given(house(unit(1), unit(1), closures=(closed(TODAY, TODAY + 1, 1),)), case())
    verifier.accepts(plan_of(put(verifier.facts, 0, 0, beds=[(0, 1)])))
    assert list(RULE.violations(plan_of(put(verifier.facts, 0, 0, beds=[(1, 1)])), verifier.facts))


@pytest.mark.parametrize(
    ("municipality", "taken", "members", "fits"),
    [
        # a quota of 3 beds a night for municipality 180
        (180, 0, 3, True),
        (180, 0, 4, False),
        (180, 2, 1, True),
        (180, 2, 2, False),
        (180, 3, 1, False),
        (1480, 3, 4, True),  # the quota of another municipality
    ],
)
def test_a_contract_quota(municipality: int, taken: int, members: int, fits: bool) -> None:
    uses = (in_use(0, (0, taken)),) if taken else ()
    home = house(unit(9, shared=True), quotas=(quota(3, 180),))
    verifier = given(home, case(*people(members), municipality=municipality), uses=uses)
    if fits:
        verifier.accepts({0: 0})
    else:
        verifier.blocks({0: 0}, amount=taken + members - 3, saying="quota_exceeded")


def test_a_quota_without_a_municipality_counts_everybody() -> None:
    home = house(unit(9, shared=True), quotas=(quota(2),))
    two = case(municipality=180), case(municipality=1480)
    given(home, *two).accepts({0: 0, 1: 0})
    given(home, *two, uses=(in_use(0, municipality=1280),)).blocks({0: 0, 1: 0}, amount=1, saying="quota_exceeded")


@pytest.mark.parametrize(
    ("days", "fits"),
    [
        ((TODAY - 9, TODAY), True),
        ((TODAY - 9, TODAY + 1), False),
        ((TODAY + 9, FOREVER), False),
        ((TODAY + 10, FOREVER), True),
    ],
)
def test_a_quota_holds_on_its_nights(days: tuple[int, int], fits: bool) -> None:
    home = house(unit(1), quotas=(quota(0, 180, *days),))
    verifier = given(home, case(nights=10))
    if fits:
        verifier.accepts({0: 0})
    else:
        verifier.blocks({0: 0}, amount=1)


def test_cases_planned_together_share_a_quota() -> None:
    home = house(unit(1), unit(1), unit(1), quotas=(quota(2, 180),))
    verifier = given(home, case(nights=2), case(nights=2), case(nights=2))
    three = [put(verifier.facts, n, 0, beds=[(n, 1)]) for n in range(3)]
    verifier.accepts(plan_of(*three[:2]))
    verifier.blocks(plan_of(*three), amount=1, saying="quota_exceeded")
    later = put(verifier.facts, 2, 0, start=TODAY + 2, beds=[(2, 1)])
    verifier.accepts(plan_of(*three[:2], later))


def test_what_is_already_overfull_is_a_finding_and_takes_nobody_more() -> None:
    uses = (in_use(0, (0, 2)), in_use(0, (0, 2), presence=1))
    verifier = given(house(unit(3, shared=True), unit(1)), case(), uses=uses)
    verifier.finds(1, "unit_overfull_live")
    verifier.accepts(plan_of(put(verifier.facts, 0, 0, beds=[(1, 1)])))
    # 4 in 3 beds already, and one more: two beds too many
    assert [v.amount for v in RULE.violations(plan_of(put(verifier.facts, 0, 0, beds=[(0, 1)])), verifier.facts)] == [2]
    alone = given(house(unit(3, shared=True)), case(), uses=uses)
    alone.blocks({0: 0})


@pytest.mark.parametrize(
    ("home", "uses", "findings"),
    [
        (house(unit(1)), (in_use(0),), 0),
        (house(unit(2)), (in_use(0), in_use(0, presence=1)), 1),  # a flat shared against its kind
        (house(unit(2, shared=True)), (in_use(0), in_use(0, presence=1)), 0),
        (house(unit(1)), (in_use(0), in_use(0, days=(TODAY - 90, TODAY), presence=1)), 0),  # over by today
        (house(unit(1)), (in_use(0, days=(0, TODAY + 5)), in_use(0, days=(TODAY + 4, TODAY + 9), presence=1)), 1),
        (house(unit(1)), (in_use(0, days=(0, TODAY + 5)), in_use(0, days=(TODAY + 5, TODAY + 9), presence=1)), 0),
        (house(unit(1), closures=(closed(TODAY + 3, TODAY + 4),)), (in_use(0),), 1),  # in use while closed
        (house(unit(1), closures=(closed(TODAY - 3, TODAY),)), (in_use(0),), 0),
    ],
)
def test_live_breaches(home: Any, uses: tuple[Any, ...], findings: int) -> None:
    reason = "closed_unit_in_use_live" if home.closures else "unit_overfull_live"
    given(home, uses=uses).finds(findings, reason)


@pytest.mark.parametrize(
    ("start_day", "days", "acts"),
    [
        (TODAY, (0, TODAY + 9), [("move_now", {0})]),
        (TODAY - 5, (0, TODAY + 1), [("move_now", {0})]),
        (TODAY + 1, (0, TODAY + 9), [("move_by", {0})]),
        (TODAY, (TODAY, TODAY + 9), [("move_now", {0})]),
        (TODAY, (TODAY + 1, TODAY + 9), [("move_by", {0})]),  # a booking: nobody sleeps there tonight
        (TODAY, (0, TODAY), []),  # left today
    ],
)
def test_who_sleeps_in_a_closed_unit_tonight_moves_now(
    start_day: int, days: tuple[int, int], acts: list[tuple[str, set[int]]]
) -> None:
    home = house(unit(1), closures=(closed(start_day, TODAY + 30),))
    assert told_of(given(home, uses=(in_use(0, days=days),)).facts) == acts


def test_who_comes_later_to_a_unit_closed_tonight_has_time() -> None:
    uses = (in_use(0, days=(0, TODAY + 5)), in_use(0, days=(TODAY + 5, TODAY + 40), presence=1))
    home = house(unit(1), closures=(closed(TODAY, TODAY + 30),))
    assert told_of(given(home, uses=uses).facts) == [("move_now", {0}), ("move_by", {1})]


def test_a_closure_is_no_matter_of_whoever_has_left_before_it() -> None:
    """A shared unit that closes in 60 days: the stay of one ends before, the other's does not."""
    uses = (in_use(0, days=(0, TODAY + 39)), in_use(0, days=(0, TODAY + 90), presence=1))
    home = house(unit(2, shared=True), closures=(closed(TODAY + 60, TODAY + 100),))
    assert told_of(given(home, uses=uses).facts) == [("move_by", {1})]


def test_an_overfull_unit_names_those_who_are_there_together() -> None:
    uses = [in_use(0, days=days, presence=number) for number, days in enumerate([(0, TODAY + 9), (0, TODAY + 9)])]
    later = in_use(0, days=(TODAY + 9, TODAY + 20), presence=2)
    assert told_of(given(house(unit(1)), uses=(*uses, later)).facts) == [("move_by", {0, 1})]


def told_of(facts: Any) -> list[tuple[str, set[int]]]:
    """What each live breach asks, and of whom."""
    return [
        (str(found.act), {number for kind, number in found.parties if kind == "presence"})
        for found in RULE.live_violations(facts)
    ]


@pytest.mark.parametrize(
    ("told", "days", "excess"),
    [
        # two persons of municipality 180 where a quota of one, or two, holds
        (quota(1, 180), ALWAYS, 1),
        (quota(2, 180), ALWAYS, 0),
        (quota(0, 180), ALWAYS, 2),
        (quota(1), ALWAYS, 1),
        (quota(1, 1480), ALWAYS, 0),  # the quota of another municipality
        (quota(1, 180, 0, TODAY), ALWAYS, 0),  # over by today
        (quota(1, 180, 0, TODAY + 1), ALWAYS, 1),
        (quota(1, 180, TODAY + 9, FOREVER), ALWAYS, 1),  # begins while both are there
        (quota(1, 180, TODAY + 10, FOREVER), (0, TODAY + 10), 0),  # begins the day both leave
        (quota(1, 180), (TODAY - 9, TODAY), 0),
        (quota(1, 180), (TODAY + 3, TODAY + 4), 1),  # a hold to come
    ],
)
def test_a_quota_exceeded_by_those_placed_is_a_task(told: Quota, days: tuple[int, int], excess: int) -> None:
    verifier = given(house(unit(2), unit(1), quotas=(told,)), uses=(in_use(0, days=days), in_use(0, (1, 1), days=days)))
    found = [(v.reason, v.amount, v.is_live, v.act) for v in RULE.live_violations(verifier.facts)]
    assert found == ([("quota_exceeded_live", excess, True, "task")] if excess else [])


@pytest.mark.parametrize("state", ["placed", "held"])
@pytest.mark.parametrize(
    ("told", "free_from"),
    [
        ({"days": (-50, 2)}, 2),  # the planned end frees the bed
        ({"days": (-50, 100), "departed": tellings.on(0)}, 0),  # so does leaving early, once recorded
        ({"days": (-50, 100), "departed": tellings.on(1)}, None),  # a departure to come is none
        ({"days": (-50, 2), "departed": tellings.on(3)}, 2),
        ({"days": (-50, 100)}, None),
    ],
)
def test_holds_and_placements_take_beds_until_their_end(
    state: str, told: dict[str, Any], free_from: int | None
) -> None:
    raw = tellings.scenario(
        facilities=[tellings.facility("f", "a")],
        placements=[tellings.placement("p", "f", state=state, **told)],
        cases=[tellings.case("c", days=(0, 3))],
    )
    verifier = verify(RULE).given(tellings.facts_of(raw, tellings.Land(("a", "home"))))
    for day in range(4):
        plan = plan_of(put(verifier.facts, 0, 0, start=tellings.TODAY + day))
        if free_from is not None and day >= free_from:
            verifier.accepts(plan)
        else:
            verifier.blocks(plan, amount=1)
    if free_from is not None:
        assert min(verifier.offers_starts(0, 0)) == tellings.TODAY + free_from


def test_a_closure_of_the_whole_facility_closes_every_unit() -> None:
    house = tellings.facility(
        "f",
        "a",
        [tellings.room("u0"), tellings.room("u1")],
        closures=[{"start": tellings.on(0), "end": tellings.on(2)}],
    )
    raw = tellings.scenario(facilities=[house], cases=[tellings.case("c")])
    verifier = verify(RULE).given(tellings.facts_of(raw, tellings.Land(("a", "home"))))
    for beds in ([(0, 1)], [(1, 1)]):
        verifier.blocks(plan_of(put(verifier.facts, 0, 0, start=tellings.TODAY + 1, beds=beds)))
        verifier.accepts(plan_of(put(verifier.facts, 0, 0, start=tellings.TODAY + 2, beds=beds)))


def test_a_requester_learns_of_the_catalogue_alone() -> None:
    facts = world(facilities=[house(unit(2))], cases=[case(*people(2)), case(*people(3))], bed_uses=[in_use(0)])
    stay = put(facts, 0, 0)[0].stay
    assert RULE.objection(facts.cases[0], stay, facts) is not None
    assert RULE.public_objection(facts.cases[0], stay, facts) is None
    assert RULE.public_objection(facts.cases[1], stay, facts) is not None


@pytest.mark.parametrize(
    ("members", "uses", "reason"),
    [
        (3, (), None),
        (4, (), "facility_too_small"),
        (5, (in_use(0, days=(TODAY, TODAY + 9)),), "facility_too_small"),  # too small even when it is empty again
        (3, (in_use(0, days=(TODAY, TODAY + 9)),), "no_free_bed"),
    ],
)
def test_a_facility_that_never_fits_is_told_from_one_that_is_full(members: int, uses: Any, reason: str | None) -> None:
    facts = world(facilities=[house(unit(2), unit(1))], cases=[case(*people(members))], bed_uses=uses)
    found = RULE.objection(facts.cases[0], Stay(0, TODAY, FOREVER), facts)
    assert (found and found.reason) == reason
    assert found is None or dict(found.values) == {"persons": members}
