"""Rules about two households, of many at once: what they forbid and refuse is what they mean, pair by pair.

Over small worlds with everything in them: households of two networks, unknown ones, links, named actors, demanded
separations, feuds that end, linked stays, districts, persons present in an own stay and beside it.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.candidates import stay_of
from matching.constraints.actor_is_placed import ActorIsPlaced
from matching.constraints.base import Constraint
from matching.constraints.former_network_separation import FormerNetworkSeparation
from matching.constraints.household_together import HouseholdTogether
from matching.constraints.meeting import MeetingRule
from matching.constraints.rival_separation import RivalSeparation
from matching.facts import FOREVER, NO_PATH_MIN, Case, Facts, Feud, Link, Presence, Stay
from matching.plans import Candidate, Candidates, Placed, Plan
from matching.solver.program import AnyOf, Program
from tests.builders import TODAY, case, facility, person, places, present, world

RULES = [ActorIsPlaced(), FormerNetworkSeparation(), HouseholdTogether(), RivalSeparation()]
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
DAYS = range(TODAY - 1, TODAY + 5)
PLACES, KEYS, NETWORKS = 4, range(1, 7), range(4)
ENDS = st.sampled_from([TODAY + 1, TODAY + 2, FOREVER])

networks = st.frozensets(st.sampled_from(NETWORKS), max_size=2)
keys = st.sampled_from(KEYS)
limits = st.sampled_from([0, 10_000, 30_000, 60_000])
links = st.lists(
    st.builds(
        Link,
        keys,
        st.sampled_from(["same", "within", "more_than"]),
        st.sampled_from([-1, 0, 10_000, 30_000]),
        st.sampled_from([-1, 0, 20]),
        st.booleans(),
    ),
    max_size=2,
)
demands = st.tuples(st.sampled_from([-1, *NETWORKS]), limits, st.sampled_from([0, 40]))
told_parties: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "networks": networks,
        "unknown": st.sampled_from([False, False, False, True]),
        "links": links,
        "named_actors": st.lists(st.tuples(keys, ENDS), max_size=2),
        "separations": st.lists(
            st.tuples(st.sampled_from([-1, *NETWORKS]), limits, st.sampled_from([0, 40])), max_size=1
        ),
        "poorly_known": st.booleans(),
    }
)
pairs_of_places = st.sampled_from(list(combinations(range(PLACES), 2)))


@st.composite
def worlds(draw: st.DrawFn) -> Facts:
    """Cases of one or two persons (two of them in linked stays), some present already with somebody beside."""
    members = draw(st.permutations(list(KEYS)))
    cases: list[Case] = []
    for number in range(draw(st.integers(2, 4))):
        household = [person(key=members[number])]
        if number == 0 and draw(st.booleans()):
            household.append(person(key=members[-1]))
        nights: Any = (1, 2) if draw(st.sampled_from([False, False, True])) else draw(st.integers(1, 3))
        cases.append(case(*household, nights=nights, **draw(told_parties)))
    presences: list[Presence] = []
    for _ in range(draw(st.integers(0, 3))):
        household = [person(key=key) for key in draw(st.lists(keys, min_size=1, max_size=2, unique=True))]
        start, end, bed = TODAY + draw(st.integers(-5, 3)), draw(ENDS), draw(ENDS)
        place = draw(st.integers(0, PLACES - 1))
        home = draw(st.sampled_from([-1, place]))
        seen = draw(told_parties)
        presences.append(present(place, *household, days=(start, end), facility=home, bed_end_day=bed, **seen))
    gaps = draw(st.dictionaries(pairs_of_places, st.sampled_from([9_000, 30_000, 30_001, 60_000]), max_size=4))
    minutes = draw(st.dictionaries(pairs_of_places, st.sampled_from([10, 24, 40, NO_PATH_MIN]), max_size=3))
    land = places(PLACES, gap_m=gaps, safe_min=minutes, districts_of=draw(st.sampled_from([{}, {0: (1,)}])))
    pairs_of_networks = st.sampled_from(list(combinations(NETWORKS, 2)))
    return world(
        land=land,
        facilities=[facility(place) for place in (*range(PLACES), 0)],
        cases=cases,
        presences=presences,
        rivals=draw(st.dictionaries(pairs_of_networks, st.tuples(st.just(0), ENDS), max_size=3)),
        conflicts=draw(
            st.dictionaries(
                st.sampled_from(list(combinations(KEYS, 2))),
                st.builds(Feud, st.just(0), ENDS, limits, limits),
                max_size=2,
            )
        ),
        splits=draw(st.sampled_from([[], [(0, 1)], [(0, 1), (1, 2)]])),
        same_network_apart=draw(st.sampled_from(["facility", "locality"])),
    )


def every_candidate(facts: Facts) -> Candidates:
    """Each leg at each facility, twice on one day as if in different beds, and on two more days."""
    return Candidates(
        tuple(
            Candidate(number, leg, day, stay_of(told, home, day), ())
            for number, waiting in enumerate(facts.cases)
            for leg, told in enumerate(waiting.legs)
            for home in range(len(facts.facilities))
            for day in (TODAY, TODAY, TODAY + 1, TODAY + 2)
        ),
        frozenset(rule.name for rule in RULES),
    )


def are_excluded(program: Program, *chosen: int) -> bool:
    true = program.true_literals(chosen)
    return any(sum(literal in true for literal in packing) > 1 for packing in program.packings)


def excluded_at(rule: Constraint, facts: Facts, *starts: tuple[int, int]) -> bool:
    """Whether the clauses exclude that the first two cases start at these facilities on these days."""
    told = (Candidate(number, 0, day, Stay(home, day, day + 9), ()) for number, (home, day) in enumerate(starts))
    candidates = Candidates(tuple(told), frozenset({rule.name}))
    program = Program(candidates)
    rule.add_to(program, candidates, facts)
    return are_excluded(program, 0, 1)


@pytest.mark.parametrize(("end", "holds"), [(TODAY + 2, False), (TODAY + 3, True), (TODAY + 4, True), (FOREVER, True)])
def test_a_feud_that_ends_after_the_last_start_holds_on_that_day(end: int, holds: bool) -> None:
    pair = [case(networks=[0]), case(networks=[1])]
    facts = world(facilities=[facility(0)], cases=pair, rivals={(0, 1): (0, end)})
    assert excluded_at(RivalSeparation(), facts, (0, TODAY), (0, TODAY + 2)) == holds


@pytest.mark.parametrize(("gap_m", "holds"), [(30_000, True), (60_000, True), (60_001, False)])
def test_the_larger_of_two_feuds_of_one_pair_holds(gap_m: int, holds: bool) -> None:
    facts = world(
        land=places(2, gap_m={(0, 1): gap_m}),
        facilities=[facility(0), facility(1)],
        cases=[case(person(key=1), networks=[0]), case(person(key=2), networks=[1])],
        rivals={(0, 1): (0, FOREVER)},
        conflicts={(1, 2): Feud(0, FOREVER, 60_000, 0)},
    )
    assert excluded_at(RivalSeparation(), facts, (0, TODAY), (1, TODAY)) == holds


@pytest.mark.parametrize("is_later", [True, False])
def test_a_household_that_a_later_one_is_wary_of(is_later: bool) -> None:
    pair = [case(networks=[2]), case(networks=[0], separations=[(2, 40_000, 0)])]
    facts = world(facilities=[facility(0)], cases=pair if is_later else pair[::-1])
    assert excluded_at(RivalSeparation(), facts, (0, TODAY), (0, TODAY))


def test_halves_of_a_split_network_are_found() -> None:
    pair = [case(networks=[0]), case(networks=[1])]
    for splits, holds in (([(0, 1)], True), ([(0, 2)], False)):
        facts = world(facilities=[facility(0)], cases=pair, splits=splits)
        assert excluded_at(FormerNetworkSeparation(), facts, (0, TODAY), (0, TODAY)) == holds


def test_an_equal_group_shares_its_literal_with_every_clique() -> None:
    """Two red households share one literal at a place, beside blue ones and beside green ones, who are no rivals."""
    waiting = [case(networks=[number]) for number in (0, 0, 1, 2)]
    facts = world(facilities=[facility(0)], cases=waiting, rivals={(0, 1): (0, FOREVER), (0, 2): (0, FOREVER)})
    told = (Candidate(number, 0, TODAY, Stay(0, TODAY, TODAY + 9), ()) for number in range(4))
    candidates = Candidates(tuple(told), frozenset({"rival_separation"}))
    program = Program(candidates)
    RivalSeparation().add_to(program, candidates, facts)
    assert len(program.packings) == 1  # blue and green have the same opponents: one group too
    assert [told.groups for told in program.auxiliaries if isinstance(told, AnyOf)] == [((0,), (1,)), ((2,), (3,))]


def test_cliques_of_a_case_in_linked_stays_hold_it_once() -> None:
    pair = [case(networks=[0], nights=(1, 2)), case(networks=[0])]
    facts = world(facilities=[facility(0)], cases=pair)
    told = [(0, 0, TODAY, TODAY + 1), (0, 1, TODAY + 1, TODAY + 3), (1, 0, TODAY, TODAY + 9)]
    items = tuple(Candidate(number, leg, TODAY, Stay(0, start, end), ()) for number, leg, start, end in told)
    candidates = Candidates(items, frozenset({"former_network_separation"}))
    program = Program(candidates)
    FormerNetworkSeparation().add_to(program, candidates, facts)
    assert not are_excluded(program, 0, 1)
    assert are_excluded(program, 0, 2)
    assert are_excluded(program, 1, 2)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@settings(max_examples=40, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(facts=worlds())
def test_clauses_exclude_what_the_meaning_forbids_and_nothing_else(rule: Constraint, facts: Facts) -> None:
    candidates = every_candidate(facts)
    program = Program(candidates)
    rule.add_to(program, candidates, facts)
    assert not program.rows
    assert not program.forbidden
    placed = [Placed(one.case, one.leg, one.stay, ()) for one in candidates.items]
    assert not any(are_excluded(program, number) for number in range(len(placed)))
    meant: dict[tuple[Placed, Placed], bool] = {}
    for a, b in combinations(range(len(placed)), 2):
        pair = placed[a], placed[b]
        if pair[0].case == pair[1].case:
            assert pair[0].leg == pair[1].leg or not are_excluded(program, a, b), "two legs of one case"
            continue
        if pair not in meant:
            found = rule.violations(Plan(pair), facts)
            meant[pair] = any({kind for kind, _ in violation.parties} == {"case"} for violation in found)
        assert are_excluded(program, a, b) == meant[pair]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@settings(max_examples=100, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(facts=worlds())
def test_all_facilities_at_once_are_refused_as_each_one_is(rule: Constraint, facts: Facts) -> None:
    homes = range(len(facts.facilities))
    for told in facts.cases:
        for start in DAYS:
            for nights in (1, 3):
                one_by_one = [rule.objection(told, Stay(home, start, start + nights), facts) for home in homes]
                refused = rule.refused(told, start, start + nights, facts)
                assert refused is not None
                assert refused.tolist() == [found is not None for found in one_by_one]
        turning = rule.turning(told, DAYS, facts)
        assert turning is not None
        for home in homes:
            days = {day for day in rule.turning_days(told, home, facts) if day in DAYS}
            assert {DAYS[row] for row in np.flatnonzero(turning[:, home])} == days


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(facts=worlds())
def test_households_that_concern_each_other_share_a_mark_and_parts_of_them_too(facts: Facts) -> None:
    parties = [told.party for told in facts.cases] + [told.party for told in facts.presences]
    for rule in (one for one in RULES if isinstance(one, MeetingRule)):
        for a, b in combinations(parties, 2):
            for part in (b, b.without(a.keys)):
                if part.members and rule.concerns(a, part, facts):
                    assert {*rule.marks(a, facts)} & {*rule.marks(b, facts)}
