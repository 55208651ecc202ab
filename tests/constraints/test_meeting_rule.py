"""`MeetingRule` before a small rule: red and blue households are never in one locality before a day.

Whatever holds here holds for every rule about two households: both orders, own present stays, days,
linked stays, starts that are tried, what is found among those already present.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import pytest

from matching.candidates import generate, stay_of
from matching.constraints.base import Audience, OnLive
from matching.constraints.meeting import MeetingRule
from matching.encounters import live_pairs, planned, without_own
from matching.facts import FOREVER, Case, Facts, Party, Presence, Stay
from matching.plans import Candidate, Candidates, Objection
from matching.solver.program import build
from tests.builders import TODAY, case, facility, person, place_plan, plan_of, present, put, world
from tests.verifier import verify

RED, BLUE, GREEN = 0, 1, 2
QUARREL_ENDS = TODAY + 400


class Quarrel(MeetingRule):
    """Red and blue households are never in one locality on a common day before the quarrel ends."""

    name = "quarrel"
    summary = "red and blue never in one locality"
    source = "made up"
    reads = frozenset({"Party.networks", "Presence.place"})
    messages = {Audience.COORDINATOR: "Red and blue are in one locality."}
    on_live = OnLive.MOVE_BY
    last_day = QUARREL_ENDS

    def concerns(self, a: Party, b: Party, facts: Facts) -> bool:
        return any({RED, BLUE} == {n, m} for n in a.networks for m in b.networks)

    def meeting(self, a: Presence, b: Presence, facts: Facts) -> Objection | None:
        first, last = max(a.start_day, b.start_day), min(a.end_day, b.end_day, self.last_day)
        return Objection("quarrel") if first < last and facts.places.same_locality(a.place, b.place) else None

    def ends(self, a: Presence, b: Presence, facts: Facts) -> Iterator[int]:
        yield from (b.end_day, self.last_day)


class SoonOver(Quarrel):
    """The same, over the day after tomorrow: between two planned stays the start matters."""

    last_day = TODAY + 2


class Endless(Quarrel):
    """The same without end, so that between two planned stays only the places matter."""

    is_timeless = True
    last_day = FOREVER


class NightsShared(Quarrel):
    """Red and blue never sleep in one locality on the same night."""

    def meeting(self, a: Presence, b: Presence, facts: Facts) -> Objection | None:
        first, last = max(a.start_day, b.start_day), min(a.bed_end_day, b.bed_end_day)
        return Objection("quarrel") if first < last and facts.places.same_locality(a.place, b.place) else None

    def ends(self, a: Presence, b: Presence, facts: Facts) -> Iterator[int]:
        yield b.bed_end_day


HOUSES = [facility(0), facility(1), facility(2)]


def given(*cases: Case, presences: Sequence[Presence] = ()) -> Facts:
    return world(facilities=HOUSES, cases=cases, presences=presences)


def test_what_is_read_on_every_rules_behalf_is_declared() -> None:
    assert {"Party.networks", "Presence.place", "Stay.start_day", "Facts.presences"} <= Quarrel.reads
    assert Quarrel().is_dated


@pytest.mark.parametrize("swap", [False, True])
def test_two_waiting_households_in_either_order(swap: bool) -> None:
    pair = [case(networks=[RED]), case(networks=[BLUE])]
    rule = verify(Quarrel()).given(given(*(pair[::-1] if swap else pair)))
    rule.blocks({0: 1, 1: 1}, amount=1, saying="quarrel")
    rule.accepts({0: 1, 1: 2})
    rule.accepts({0: 2, 1: 1})
    rule.accepts({0: 1})
    rule.accepts({1: 1})


def test_none_some_and_all_of_several_pairs() -> None:
    rule = verify(Quarrel()).given(given(*(case(networks=[n]) for n in (RED, RED, BLUE, BLUE, GREEN))))
    rule.accepts({0: 0, 1: 0, 2: 1, 3: 1, 4: 0})
    rule.blocks({0: 0, 1: 1, 2: 0, 3: 2, 4: 0}, amount=1)
    rule.blocks({0: 0, 1: 0, 2: 0, 3: 0, 4: 0}, amount=4)


@pytest.mark.parametrize(
    "rule", [Quarrel(), SoonOver(), Endless(), NightsShared()], ids=lambda rule: type(rule).__name__
)
def test_clauses_and_meaning_agree_on_every_plan_of_two(rule: Quarrel) -> None:
    facts = given(case(networks=[RED], nights=2), case(networks=[BLUE], nights=1))
    verifier = verify(rule).given(facts)
    homes, starts = (0, 1), (TODAY, TODAY + 1, TODAY + 2)
    for home, other, start, later in product(homes, homes, starts, starts):
        plan = plan_of((place_plan(facts, 0, home, start),), (place_plan(facts, 1, other, later),))
        meets = {
            Quarrel: True,
            SoonOver: max(start, later) < TODAY + 2,
            Endless: True,
            NightsShared: max(start, later) < min(start + 2, later + 1),
        }[type(rule)]
        if home == other and meets:
            verifier.blocks(plan, amount=1)
        else:
            verifier.accepts(plan)


@pytest.mark.parametrize("rule", [Quarrel(), Endless()], ids=["dated", "timeless"])
def test_every_leg_counts_in_its_own_place_and_legs_of_one_case_never_against_each_other(rule: Quarrel) -> None:
    both = case(networks=[RED, BLUE], nights=(2, 10))  # at odds with itself, had it been two households
    facts = given(case(networks=[RED], nights=(2, 10)), case(networks=[BLUE], nights=(1, 5)), both)
    verifier = verify(rule).given(facts)
    verifier.accepts(plan_of(put(facts, 0, (0, 1)), put(facts, 1, (2, 2))))
    verifier.accepts(plan_of(put(facts, 2, (0, 0))))
    # a planned end frees the bed, never the place: the first leg is still met by the other's second
    for own, others, amount in (((0, 1), (0, 2), 1), ((0, 1), (2, 0), 1), ((0, 1), (0, 1), 2), ((0, 0), (0, 0), 4)):
        verifier.blocks(plan_of(put(facts, 0, own), put(facts, 1, others)), amount=amount)


def test_clauses_are_few_where_only_the_facilities_matter() -> None:
    facts = given(case(networks=[RED], window=(TODAY, TODAY + 9)), case(networks=[BLUE], window=(TODAY, TODAY + 9)))
    gone = [present(0, networks=[RED], days=(0, TODAY + day)) for day in range(1, 6)]
    facts = world(facilities=HOUSES, cases=facts.cases, presences=gone)

    def clauses(rule: Quarrel) -> int:
        candidates = generate(facts, [rule], filtered=False)
        return len(build(facts, candidates, [rule]).packings) - len(build(facts, candidates, []).packings)

    assert clauses(Endless()) == len(HOUSES)  # one a facility
    assert clauses(Quarrel()) == len(HOUSES)  # the quarrel outlasts every start: starts alike share a clause


def test_where_only_the_facilities_matter_each_two_are_asked_once() -> None:
    asked: list[tuple[int, int]] = []

    class Counted(Endless):
        """Remembers which facilities it was asked about."""

        def meeting(self, a: Presence, b: Presence, facts: Facts) -> Objection | None:
            asked.append((a.facility, b.facility))
            return super().meeting(a, b, facts)

    facts = given(case(networks=[RED], nights=2), case(networks=[BLUE], nights=(1, 5)))
    every_day = [
        Candidate(number, leg, day, stay_of(told, home, day), ())
        for number, waiting in enumerate(facts.cases)
        for leg, told in enumerate(waiting.legs)
        for home in range(3)
        for day in range(TODAY, TODAY + 4)
    ]
    build(facts, Candidates(tuple(every_day)), [Counted()])
    pairs = list(product(range(3), range(3)))
    assert sorted(asked) == sorted(pairs * 2)  # the other's two legs


# Somebody present


@pytest.mark.parametrize(
    ("days", "start", "blocked"),
    [
        ((0, TODAY + 2), TODAY + 1, True),
        ((0, TODAY + 2), TODAY + 2, False),  # gone, cooled down, the day the stay starts
        ((TODAY + 30, FOREVER), TODAY, True),  # comes long after the planned end
        ((QUARREL_ENDS - 1, FOREVER), TODAY, True),
        ((QUARREL_ENDS, FOREVER), TODAY, False),
    ],
)
def test_days_of_presence(days: tuple[int, int], start: int, blocked: bool) -> None:
    facts = given(case(networks=[RED]), presences=[present(1, networks=[BLUE], days=days)])
    plan = plan_of(put(facts, 0, 1, start=start))
    if blocked:
        verify(Quarrel()).given(facts).blocks(plan, amount=1, saying="quarrel")
    else:
        verify(Quarrel()).given(facts).accepts(plan)
    verify(Quarrel()).given(facts).accepts(plan_of(put(facts, 0, 0, start=start)))


def test_a_start_is_tried_when_who_is_in_the_way_there_has_left_or_the_rule_ends() -> None:
    gone = present(1, networks=[BLUE], days=(0, TODAY + 2))
    facts = given(case(networks=[RED]), presences=[gone, present(2, networks=[GREEN], days=(0, TODAY + 1))])
    rule = verify(Quarrel()).given(facts)
    assert rule.offers_starts(0, 1) == {TODAY + 2}
    assert rule.offers_starts(0, 0) == {TODAY}  # nobody in the way there, whoever leaves elsewhere
    assert rule.offers_starts(0, 2) == {TODAY}
    staying = given(case(networks=[RED]), presences=[present(1, networks=[BLUE])])
    assert verify(SoonOver()).given(staying).offers_starts(0, 1) == {TODAY + 2}
    waiting = given(case(networks=[RED]), case(networks=[BLUE]))
    assert verify(SoonOver()).given(waiting).offers_starts(0, 1) == {TODAY, TODAY + 2}
    assert verify(Quarrel()).given(waiting).offers_starts(0, 1) == {TODAY}


def test_a_start_is_tried_when_a_bed_that_is_taken_later_is_free_again() -> None:
    # Held on [TODAY + 2, TODAY + 3): free before for the two nights [TODAY, TODAY + 2), and afterwards.
    held = present(1, networks=[BLUE], days=(TODAY + 2, FOREVER), bed_end_day=TODAY + 3)
    facts = given(case(networks=[RED], nights=2, window=(TODAY, TODAY + 5)), presences=[held])
    assert verify(NightsShared()).given(facts).offers_starts(0, 1) == {TODAY, TODAY + 3}
    early = given(case(networks=[RED], nights=2, window=(TODAY + 1, TODAY + 5)), presences=[held])
    assert verify(NightsShared()).given(early).offers_starts(0, 1) == {TODAY + 3}


def test_linked_stays_are_tried_so_that_each_leg_starts_when_the_way_is_free() -> None:
    gone = present(1, networks=[BLUE], days=(0, TODAY + 4))
    facts = given(case(networks=[RED], nights=(2, 5)), presences=[gone])
    items = generate(facts, [Quarrel()]).items
    second = {item.stay.start_day for item in items if (item.leg, item.stay.facility) == (1, 1)}
    assert min(second) == TODAY + 4  # first day TODAY + 2, two nights elsewhere, then there


# The own present stay

OWN, MATE = person(key=5), person(key=6)


def shared_stay(*, own: int, mate: int) -> Presence:
    """Both persons' present stay in locality 1, each of one network."""
    first, second = (
        present(1, one, networks=[network]).party.members[0] for one, network in ((OWN, own), (MATE, mate))
    )
    stay = present(1, OWN)
    return replace(stay, party=replace(stay.party, members=(first, second)))


def test_a_household_does_not_meet_its_own_present_stay() -> None:
    facts = given(case(OWN, networks=[RED, BLUE]), presences=[present(1, OWN, networks=[RED, BLUE])])
    verify(Quarrel()).given(facts).accepts({0: 1})


@pytest.mark.parametrize(
    ("case_of", "own", "mate", "blocked"),
    [
        (RED, RED, BLUE, True),  # who shares the stay is judged
        (RED, RED, GREEN, False),
        (RED, BLUE, GREEN, False),  # the own person's share of the present stay is not
        (RED, BLUE, BLUE, True),
    ],
)
def test_whoever_shares_the_own_present_stay_is_judged(case_of: int, own: int, mate: int, blocked: bool) -> None:
    facts = given(case(OWN, networks=[case_of]), presences=[shared_stay(own=own, mate=mate)])
    verifier = verify(Quarrel()).given(facts)
    if blocked:
        verifier.blocks({0: 1}, amount=1)
    else:
        verifier.accepts({0: 1})
        assert not list(Quarrel().turning_days(facts.cases[0], 1, facts))


def test_the_whole_household_is_taken_out() -> None:
    facts = given(case(OWN, MATE, networks=[RED]), presences=[shared_stay(own=RED, mate=BLUE)])
    verify(Quarrel()).given(facts).accepts({0: 1})


def test_without_own_keeps_what_the_assessment_of_the_others_says() -> None:
    facts = given(case(OWN), presences=[shared_stay(own=RED, mate=BLUE)])
    there = replace(facts.presences[0], party=replace(facts.presences[0].party, separations=((BLUE, 5, 5),)))
    coming = planned(facts.cases[0], Stay(0, TODAY, TODAY + 1), facts)
    rest = without_own(coming, there)
    assert rest is not None
    assert rest.party.keys == {MATE.key}
    assert rest.party.separations == ((BLUE, 5, 5),)
    assert (rest.place, rest.start_day, rest.end_day) == (there.place, there.start_day, there.end_day)


# Those already present


@pytest.mark.parametrize(
    ("red", "blue", "found"),
    [
        ((TODAY - 9, FOREVER), (TODAY - 5, FOREVER), 1),
        ((TODAY - 9, TODAY), (TODAY - 5, FOREVER), 0),  # over today
        ((TODAY - 9, TODAY + 1), (TODAY - 5, FOREVER), 1),
        ((TODAY - 9, TODAY + 7), (TODAY + 7, FOREVER), 0),  # the one leaves as the other comes
        ((TODAY - 9, TODAY + 8), (TODAY + 7, FOREVER), 1),
        ((TODAY - 9, FOREVER), (QUARREL_ENDS, FOREVER), 0),
    ],
)
@pytest.mark.parametrize("swap", [False, True])
def test_live_pairs_are_judged_from_today_on(
    red: tuple[int, int], blue: tuple[int, int], found: int, swap: bool
) -> None:
    pair = [present(1, networks=[RED], days=red), present(1, networks=[BLUE], days=blue)]
    facts = given(case(networks=[GREEN]), presences=pair[::-1] if swap else pair)
    verify(Quarrel()).given(facts).finds(found, "quarrel")
    verify(Quarrel()).given(facts).accepts({0: 1})


@pytest.mark.parametrize(("last_day", "found"), [(TODAY, 0), (TODAY + 1, 1)])
def test_what_was_broken_before_today_only_is_no_finding(last_day: int, found: int) -> None:
    rule = Quarrel()
    rule.last_day = last_day
    pair = [present(1, networks=[RED], days=(TODAY - 9, FOREVER)), present(1, networks=[BLUE])]
    verify(rule).given(given(presences=pair)).finds(found, "quarrel")


def test_live_pairs_take_the_person_who_moved_out_of_the_stay_they_left() -> None:
    # The own person shared a stay with the mate and moved; both are recorded as present there.
    left = shared_stay(own=RED, mate=BLUE)
    moved = present(1, OWN, networks=[RED], days=(TODAY - 3, FOREVER))
    alone = present(1, OWN, networks=[RED], days=(TODAY - 200, FOREVER))
    verify(Quarrel()).given(given(presences=[left, moved])).finds(1, "quarrel")
    verify(Quarrel()).given(given(presences=[moved, left])).finds(1, "quarrel")
    verify(Quarrel()).given(given(presences=[alone, moved])).finds(0, "quarrel")
    both = [(later, earlier) for later, _, earlier, _ in live_pairs(given(presences=[moved, left]))]
    assert both == [(0, 1)]  # the later stay comes, the earlier one was there
