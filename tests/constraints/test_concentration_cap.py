"""Domain §4, `concentration_cap`: persons present in one locality and in one zone, counted once, day by day."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.candidates import generate
from matching.constraints.base import Audience
from matching.constraints.concentration_cap import ConcentrationCap
from matching.facts import FOREVER, Bed, Facts, Presence, Stay
from matching.plans import Candidate, Placed, Plan
from matching.solver.program import build
from tests import tellings
from tests.builders import TODAY, case, facility, person, places, plan_of, present, put, unit, world
from tests.verifier import Verifier, verify

RULE = ConcentrationCap()
# Facilities 0 and 1 lie in town 1 and its district 2, facility 2 in town 3: all of one kommun; facility 3 far away.
LAND = places(5, districts_of={1: [2]}, kommun=[7, 5, 5, 5, 6])
HOUSES = [facility(place, [unit(12, shared=True)]) for place in (1, 2, 3, 4)]


def people(number: int, first_key: int = 0) -> tuple[Any, ...]:
    """So many persons, numbered from a key on."""
    return tuple(person(key=first_key + n) for n in range(number))


def there(number: int, first_key: int = 500, place: int = 1, days: tuple[int, int] = (TODAY - 50, FOREVER)) -> Presence:
    return present(place, *people(number, first_key), days=days)


def judged(*told: Any, locality: int = 4, zone: int = 200, cases: Any = (), presences: Any = ()) -> Verifier:
    facts = world(
        land=LAND,
        facilities=HOUSES,
        cases=cases,
        presences=presences,
        most_persons_per_locality=locality,
        most_persons_per_zone=zone,
    )
    return verify(RULE).given(facts)


def holds(verifier: Verifier, told: Any, amount: int, saying: str = "locality_full") -> None:
    if amount:
        verifier.blocks(told, amount=amount, saying=saying)
    else:
        verifier.accepts(told)


@pytest.mark.parametrize(
    ("already", "coming", "too_many"),
    [
        # at most four in a locality
        (0, 3, 0),
        (0, 4, 0),
        (0, 5, 1),  # a household larger than the cap alone
        (2, 2, 0),
        (2, 3, 1),
        (3, 1, 0),
        (3, 3, 2),
        (4, 1, 1),  # full: nobody more
    ],
)
def test_persons_of_a_locality(already: int, coming: int, too_many: int) -> None:
    crowd = [there(already)] if already else []
    holds(judged(cases=[case(*people(coming))], presences=crowd), {0: 0}, too_many)


@pytest.mark.parametrize(("place", "too_many"), [(1, 1), (2, 1), (3, 0), (4, 0)])
def test_a_town_and_its_districts_are_one_locality(place: int, too_many: int) -> None:
    # Four are present at `place`; one comes to the district.
    holds(judged(cases=[case()], presences=[there(4, place=place)]), {0: 1}, too_many)


@pytest.mark.parametrize(("already", "too_many"), [(4, 0), (5, 1)])
@pytest.mark.parametrize("place", [1, 3])
def test_persons_of_a_zone(place: int, already: int, too_many: int) -> None:
    # At most six in the kommun, whichever of its towns they live in; two come to town 1.
    verifier = judged(locality=100, zone=6, cases=[case(*people(2))], presences=[there(already, place=place)])
    holds(verifier, {0: 0}, too_many, "zone_full")
    verifier.accepts({0: 3})


def test_both_caps_are_told() -> None:
    verifier = judged(locality=3, zone=4, cases=[case(*people(2))], presences=[there(4)])
    found = {(v.reason, v.amount) for v in RULE.violations(plan_of(put(verifier.facts, 0, 0)), verifier.facts)}
    assert found == {("locality_full", 3), ("zone_full", 2)}  # six where three, and where four, may be
    verifier.blocks({0: 0}, amount=5)


@pytest.mark.parametrize(
    ("sizes", "too_many"), [((2, 2), 0), ((2, 3), 1), ((1, 1, 2), 0), ((1, 2, 2), 1), ((4, 4, 4), 8)]
)
def test_households_of_one_plan_count_together(sizes: tuple[int, ...], too_many: int) -> None:
    cases = [case(*people(size, 10 * n)) for n, size in enumerate(sizes)]
    verifier = judged(cases=cases)
    # in the town and its district by turns: one locality
    holds(verifier, {n: n % 2 for n in range(len(sizes))}, too_many)
    verifier.accepts({0: 0})


def test_a_planned_end_frees_nobodys_place() -> None:
    # The first leaves the bed on TODAY + 2; the second starts the day after, yet both count.
    verifier = judged(locality=1, cases=[case(nights=2), case()])
    plan = plan_of(put(verifier.facts, 0, 0), put(verifier.facts, 1, 0, start=TODAY + 3))
    verifier.blocks(plan, amount=1, saying="locality_full")


@pytest.mark.parametrize(("locality", "too_many"), [(3, 0), (2, 1)])
@pytest.mark.parametrize("homes", [(0, 0), (0, 1), (1, 0)])
def test_two_linked_stays_in_one_locality_count_once(homes: tuple[int, int], locality: int, too_many: int) -> None:
    verifier = judged(locality=locality, cases=[case(*people(3), nights=(5, 10))])
    holds(verifier, plan_of(put(verifier.facts, 0, homes)), too_many)


@pytest.mark.parametrize(("size", "too_many"), [(2, 0), (3, 1)])
@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 3), (3, 0)])
def test_linked_stays_beside_another_household(first: int, second: int, size: int, too_many: int) -> None:
    # Two persons live in town 1 at first, later, or all along; `size` others come: four are allowed.
    verifier = judged(cases=[case(*people(2), nights=(5, 10)), case(*people(size, 10))])
    holds(verifier, plan_of(put(verifier.facts, 0, (first, second)), put(verifier.facts, 1, 1)), too_many)


def test_linked_stays_in_two_towns_count_in_their_zone_once() -> None:
    for zone, too_many in ((3, 0), (2, 1)):
        verifier = judged(zone=zone, cases=[case(*people(3), nights=(5, 10))])
        holds(verifier, plan_of(put(verifier.facts, 0, (0, 2))), too_many, "zone_full")


@pytest.mark.parametrize(
    ("own", "others", "too_many"),
    [
        (3, 1, 0),  # the whole household is there already: four as before
        (3, 9, 0),  # even where far too many are: it brings nobody new
        (2, 1, 0),  # two of three are there, with one other: four
        (2, 2, 1),
        (2, 9, 8),  # the cap is passed without the plan, and one more comes: 12 for 4
        (0, 1, 0),
        (0, 2, 1),
    ],
)
def test_who_is_there_already_counts_once(own: int, others: int, too_many: int) -> None:
    crowd = [there(others), *([there(own, 0)] if own else [])]
    holds(judged(cases=[case(*people(3))], presences=crowd), {0: 0}, too_many)


def test_one_person_in_two_records_counts_once() -> None:
    crowd = [there(3), there(3, days=(TODAY - 9, TODAY + 2))]
    judged(cases=[case()], presences=crowd).accepts({0: 0})
    judged(cases=[case(*people(2))], presences=crowd).blocks({0: 0}, amount=1)


@pytest.mark.parametrize("over", [TODAY, TODAY + 1, TODAY + 2, TODAY + 3, TODAY + 4, TODAY + 9])
def test_a_cool_down_counts_until_it_ends(over: int) -> None:
    # Three others stay. The day on which the cool-down is over is free; the window is [TODAY, TODAY + 3].
    verifier = judged(cases=[case()], presences=[there(3), there(1, 600, days=(0, over))])
    for start in range(TODAY, TODAY + 4):
        holds(verifier, plan_of(put(verifier.facts, 0, 0, start=start)), int(start < over))
    assert min(verifier.offers_starts(0, 0), default=None) == (over if over <= TODAY + 3 else None)
    assert min(verifier.offers_starts(0, 3)) == TODAY


@pytest.mark.parametrize("over", [TODAY + 1, TODAY + 9])
def test_households_wait_for_the_end_of_a_cool_down(over: int) -> None:
    # Room for one while the cool-down lasts, for two afterwards; a third household waits as well.
    verifier = judged(cases=[case(), case(), case()], presences=[there(2), there(1, 600, days=(0, over))])
    for start in (TODAY, TODAY + 1):
        plan = plan_of(put(verifier.facts, 0, 0), put(verifier.facts, 1, 1, start=start))
        holds(verifier, plan, int(start < over))


@pytest.mark.parametrize("later", [TODAY, TODAY + 1, TODAY + 9, TODAY + 400])
@pytest.mark.parametrize(("held", "too_many"), [(3, 0), (4, 1)])
def test_a_hold_that_starts_later_keeps_its_places(later: int, held: int, too_many: int) -> None:
    # Even after the planned end: who is placed stays present until recorded as having left.
    holds(judged(cases=[case(nights=5)], presences=[there(held, days=(later, FOREVER))]), {0: 0}, too_many)


def test_a_later_start_never_escapes_a_hold() -> None:
    verifier = judged(cases=[case()], presences=[there(4, days=(TODAY + 2, FOREVER))])
    for start in range(TODAY, TODAY + 4):
        verifier.blocks(plan_of(put(verifier.facts, 0, 0, start=start)), amount=1)


def test_who_comes_back_is_new_once_the_own_cool_down_is_over() -> None:
    # Three others and the case's own last stay, counted until TODAY + 5: on that day the plan adds one again.
    own = there(1, 0, days=(0, TODAY + 5))
    judged(cases=[case(*people(1))], presences=[there(3), own]).accepts({0: 0})
    judged(cases=[case(*people(1))], presences=[there(4), own]).blocks({0: 0}, amount=1)
    # While five are there without the plan, it brings nobody; they do not leave, so on TODAY + 5 it would.
    assert judged(cases=[case(*people(1))], presences=[there(4), own]).offers_starts(0, 0) == set()


def test_cases_that_start_on_different_days_meet_later() -> None:
    # One place is free for ever, another from TODAY + 2 on: the second household may only come then.
    crowd = [there(2), there(1, 600, days=(0, TODAY + 2))]
    verifier = judged(cases=[case(), case()], presences=crowd)
    verifier.blocks({0: 0, 1: 0}, amount=1)
    verifier.accepts(plan_of(put(verifier.facts, 0, 0), put(verifier.facts, 1, 0, start=TODAY + 2)))
    verifier.blocks(plan_of(put(verifier.facts, 0, 0), put(verifier.facts, 1, 0, start=TODAY + 1)), amount=1)
    assert verifier.offers_starts(1, 0) >= {TODAY, TODAY + 2}


@pytest.mark.parametrize(("today", "later", "findings"), [(4, 0, 0), (5, 0, 1), (3, 1, 0), (3, 2, 1), (4, 4, 1)])
def test_live_breaches_of_a_locality(today: int, later: int, findings: int) -> None:
    arrivals = [there(later, 700, days=(TODAY + 30, FOREVER))] if later else []
    verifier = judged(presences=[there(today), *arrivals])
    verifier.finds(findings, "locality_full")
    assert [v.amount for v in RULE.live_violations(verifier.facts)] == [today + later - 4] * findings


@pytest.mark.parametrize(("days", "findings"), [((0, TODAY), 0), ((0, TODAY + 1), 1), ((TODAY + 3, FOREVER), 1)])
def test_a_live_breach_is_one_of_today_or_later(days: tuple[int, int], findings: int) -> None:
    judged(presences=[there(4), there(1, 700, days=days)]).finds(findings, "locality_full")


def test_live_breaches_of_a_zone_name_who_is_there() -> None:
    crowd = [there(3), there(3, 600, place=3), there(9, 700, place=4)]
    (found,) = RULE.live_violations(judged(locality=9, zone=5, presences=crowd[:2]).facts)
    assert (found.reason, found.amount, found.is_live) == ("zone_full", 1, True)
    assert found.parties == (("presence", 0), ("presence", 1))
    reasons = [v.reason for v in RULE.live_violations(judged(locality=8, zone=5, presences=crowd).facts)]
    assert reasons == ["locality_full", "zone_full", "zone_full"]


def test_a_live_breach_blocks_nobody_elsewhere_and_none_who_brings_nobody() -> None:
    verifier = judged(cases=[case(*people(2)), case(*people(2, 500))], presences=[there(9)])
    verifier.accepts({0: 2, 1: 0})
    # 9 live in the town, two of them the second household; the first brings two: 11 for 4
    (found,) = RULE.violations(plan_of(put(verifier.facts, 0, 0), put(verifier.facts, 1, 0)), verifier.facts)
    assert (found.amount, found.parties) == (7, (("case", 0),))


def test_nothing_is_said_to_a_requester() -> None:
    facts = judged(locality=1, cases=[case(*people(2))], presences=[there(9)]).facts
    assert RULE.public_objection(facts.cases[0], Stay(0, TODAY, TODAY + 1), facts) is None
    assert not RULE.speaks_to(Audience.REQUESTER)


def raw_week(departed: str | None, *, locality: int = 2, zone: int = 3) -> Verifier:
    t = tellings
    house = t.facility("f", "town", [t.room("u0", 4, shared=True)])
    raw = t.scenario(
        policy={"most_persons_per_locality": locality, "most_persons_per_zone": zone, "cool_down_days": 7},
        facilities=[house, t.facility("g", "other", [t.room("u0", 4, shared=True)])],
        placements=[t.placement("p", "f", t.member("p"), departed=departed)],
        residences=[t.residence("r", "district"), t.residence("s", "other")],
        cases=[t.case("c")],
    )
    land = t.Land(("town", "district", "other", "home"), parents={"district": "town"}, kommun={"home": 1})
    return verify(RULE).given(t.facts_of(raw, land))


@pytest.mark.parametrize(
    ("departed", "first_free"),
    [(None, None), (-1, None), (-4, 3), (-5, 2), (-7, 0)],  # seven days of cool-down after the day recorded
)
def test_from_a_raw_scenario(departed: int | None, first_free: int | None) -> None:
    verifier = raw_week(None if departed is None else tellings.on(departed), zone=9)
    for day in range(4):
        plan = plan_of(put(verifier.facts, 0, 0, start=tellings.TODAY + day))
        holds(verifier, plan, 0 if first_free is not None and day >= first_free else 1)
        verifier.accepts(plan_of(put(verifier.facts, 0, 1, start=tellings.TODAY + day)))


def test_zones_from_a_raw_scenario() -> None:
    verifier = raw_week(None, locality=9, zone=3)
    for home in (0, 1):  # three live in the kommun, whichever town takes the fourth
        verifier.blocks({0: home}, amount=1, saying="zone_full")
    verifier.finds(0, "zone_full")
    raw_week(None, locality=9, zone=2).finds(1, "zone_full")


# Clauses against meaning against a count of every day, over every plan of small worlds.

HORIZON = range(TODAY - 1, TODAY + 14)
DAYS = st.integers(TODAY - 1, TODAY + 6)


@st.composite
def small_worlds(draw: Any) -> Facts:
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))
    cases = [
        case(*people(size, 10 * n), nights=draw(st.sampled_from([3, (2, 3)])), window=(TODAY, TODAY + 2))
        for n, size in enumerate(sizes)
    ]
    crowd = []
    for _ in range(draw(st.integers(0, 4))):
        start = draw(DAYS)
        end = draw(st.sampled_from([start + 1, start + 3, FOREVER]))
        first_key = draw(st.sampled_from([0, 1, 10, 500, 502]))  # often persons of the cases themselves
        crowd.append(there(draw(st.integers(1, 3)), first_key, draw(st.sampled_from([1, 2, 3])), (start, end)))
    return world(
        land=LAND,
        facilities=HOUSES[:3],
        cases=cases,
        presences=crowd,
        most_persons_per_locality=draw(st.integers(1, 5)),
        most_persons_per_zone=draw(st.integers(2, 7)),
    )


def plans(facts: Facts, items: tuple[Candidate, ...]) -> Iterator[tuple[tuple[int, ...], Plan]]:
    """Every way to place or leave each case, as candidates and as a plan."""
    ways: list[list[tuple[int, ...]]] = []
    for number, told in enumerate(facts.cases):
        own: list[tuple[int, ...]] = [()]
        for day in {one.first_day for one in items}:
            legs = [
                [n for n, one in enumerate(items) if (one.case, one.leg, one.first_day) == (number, leg, day)]
                for leg in range(len(told.legs))
            ]
            own.extend(product(*legs))
        ways.append(own)
    for chosen in product(*ways):
        numbers = tuple(n for own in chosen for n in own)
        placed = (Placed(items[n].case, items[n].leg, items[n].stay, (Bed(0, 1),)) for n in numbers)
        yield numbers, Plan(tuple(sorted(placed)))


def is_too_many(plan: Plan, facts: Facts) -> bool:
    """Said once more, by counting heads on every day of the horizon, its last day standing for ever after."""
    for day, (near, cap) in product(HORIZON, (({1, 2}, "locality"), ({3}, "locality"), ({1, 2, 3}, "zone"))):
        most = facts.policy.most_persons_per_locality if cap == "locality" else facts.policy.most_persons_per_zone
        heads = {
            key
            for one in facts.presences
            if one.place in near and one.start_day <= day < one.end_day
            for key in one.party.keys
        }
        brought = {
            key
            for item in plan.placed
            if facts.facilities[item.stay.facility].place in near and item.stay.start_day <= day
            for key in facts.cases[item.case].party.keys
        }
        if brought - heads and len(heads | brought) > most:
            return True
    return False


@settings(max_examples=120, deadline=None)
@given(small_worlds())
def test_clauses_meaning_and_a_count_of_heads_agree_on_every_plan(facts: Facts) -> None:
    every = generate(facts, [RULE], filtered=False)
    left = generate(facts, [RULE])
    for candidates in (every, left):
        program = build(facts, candidates, [RULE])
        for numbers, plan in plans(facts, candidates.items):
            true = program.true_literals(numbers)
            allowed = all(
                sum(amount for literal, amount in terms if literal in true) <= bound for terms, bound in program.rows
            )
            too_many = is_too_many(plan, facts)
            assert bool(list(RULE.violations(plan, facts))) == too_many
            assert allowed == (not too_many), "the clauses differ from the meaning"
    kept = {(one.case, one.stay) for one in left.items}
    for one in every.items:
        alone = Plan((Placed(one.case, one.leg, one.stay, (Bed(0, 1),)),))
        # the filter refuses exactly the stays that are too many by themselves
        objects = RULE.objection(facts.cases[one.case], one.stay, facts) is not None
        assert objects == is_too_many(alone, facts)
        assert objects or (one.case, one.stay) in kept
