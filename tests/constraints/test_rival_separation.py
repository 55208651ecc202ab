"""Domain §4, `rival_separation`: limits, neighbours, days. Who is whose rival: test_rival_intelligence.py.

Policy as delivered: more than 30 km and more than 30 minutes apart; closer than 20 km or 25 minutes
is neighbouring. All values rounded down.
"""

from typing import Any

import pytest

from matching.constraints.rival_separation import RivalSeparation
from matching.facts import FOREVER, NO_PATH_MIN, Facts, Feud, Places
from tests.builders import ALWAYS, TODAY, case, facility, person, places, plan_of, present, put, world
from tests.verifier import verify

RED, BLUE, GREEN = 0, 1, 2
RULE = RivalSeparation()
RIVALS = {(RED, BLUE): ALWAYS}


def two_towns(gap_m: int = 900_000, minutes: int = 900, **told: Any) -> Places:
    return places(2, gap_m={(0, 1): gap_m}, safe_min={(0, 1): minutes}, **told)


def waiting_pair(land: Places, *, swap: bool = False, **policy: Any) -> Facts:
    """A red and a blue case, a facility in each town; `swap` turns every order round."""
    cases = [case(networks=[RED]), case(networks=[BLUE])]
    return world(
        land=land,
        facilities=[facility(0), facility(1)],
        cases=cases[::-1] if swap else cases,
        rivals={(BLUE, RED): ALWAYS} if swap else RIVALS,
        **policy,
    )


def with_present(land: Places, *, days: tuple[int, int] = (TODAY - 9, FOREVER), **told: Any) -> Facts:
    """A red case, a facility in town 1, and a blue person present in town 0."""
    rivals = told.pop("rivals", RIVALS)
    policy = told.pop("policy", {})
    return world(
        land=land,
        facilities=[facility(1)],
        cases=[case(networks=[RED], **told)],
        presences=[present(0, networks=[BLUE], days=days)],
        rivals=rivals,
        **policy,
    )


LIMITS = [
    (30_000, 900, True),  # 30 km itself is too near
    (30_001, 900, False),
    (900_000, 30, True),  # so are 30 minutes
    (900_000, 31, False),
    (30_001, 31, False),  # beyond both
    (30_000, 31, True),  # beyond one is not enough
    (30_001, 30, True),
    (30_001, NO_PATH_MIN, False),  # no path is infinite
]


@pytest.mark.parametrize(("gap_m", "minutes", "blocked"), LIMITS)
@pytest.mark.parametrize("swap", [False, True])
def test_two_waiting_rivals(gap_m: int, minutes: int, blocked: bool, swap: bool) -> None:
    verifier = verify(RULE).given(waiting_pair(two_towns(gap_m, minutes), swap=swap))
    for plan in ({0: 0, 1: 1}, {0: 1, 1: 0}):
        if blocked:
            verifier.blocks(plan, amount=1, saying="rivals_planned_too_near")
        else:
            verifier.accepts(plan)
    verifier.blocks({0: 0, 1: 0}, amount=1)
    verifier.accepts({0: 0})


@pytest.mark.parametrize(("gap_m", "minutes", "blocked"), LIMITS)
def test_a_rival_who_is_present(gap_m: int, minutes: int, blocked: bool) -> None:
    verifier = verify(RULE).given(with_present(two_towns(gap_m, minutes)))
    if blocked:
        verifier.blocks({0: 0}, amount=1, saying="rival_present")
    else:
        verifier.accepts({0: 0})


@pytest.mark.parametrize(("gap_m", "minutes", "blocked"), LIMITS)
def test_rivals_both_present_are_a_finding_and_planning_goes_on(gap_m: int, minutes: int, blocked: bool) -> None:
    facts = world(
        land=places(3, gap_m={(0, 1): gap_m}, safe_min={(0, 1): minutes}),
        facilities=[facility(2)],
        cases=[case(networks=[GREEN])],
        presences=[present(0, networks=[RED]), present(1, networks=[BLUE])],
        rivals=RIVALS,
    )
    verify(RULE).given(facts).finds(1 if blocked else 0, "rivals_live_too_near")
    verify(RULE).given(facts).accepts({0: 0})


@pytest.mark.parametrize(
    ("gap_m", "minutes", "blocked"),
    [
        # The separation is the smallest there may be: only neighbouring counts. Strictly closer is neighbouring.
        (19_999, 900, True),
        (20_000, 900, False),
        (900_000, 24, True),
        (900_000, 25, False),
        (20_000, 25, False),
        (19_999, 25, True),
        (20_000, 24, True),
    ],
)
def test_neighbouring_localities(gap_m: int, minutes: int, blocked: bool) -> None:
    policy: dict[str, Any] = {"separation_km": 10, "separation_min": 10}
    planned = verify(RULE).given(waiting_pair(two_towns(gap_m, minutes), **policy))
    live = verify(RULE).given(with_present(two_towns(gap_m, minutes), policy=policy))
    if blocked:
        planned.blocks({0: 0, 1: 1}, amount=1)
        live.blocks({0: 0}, amount=1)
    else:
        planned.accepts({0: 0, 1: 1})
        live.accepts({0: 0})


def test_districts_of_one_parent_are_the_same_locality_however_far() -> None:
    land = places(4, safe_min={(0, 1): NO_PATH_MIN}, districts_of={3: [0, 1]})
    verify(RULE).given(waiting_pair(land)).blocks({0: 0, 1: 1}, amount=1)
    verify(RULE).given(with_present(land)).blocks({0: 0}, amount=1)
    parent = places(2, safe_min={(0, 1): NO_PATH_MIN}, districts_of={0: [1]})
    verify(RULE).given(waiting_pair(parent)).blocks({0: 0, 1: 1}, amount=1)


@pytest.mark.parametrize(
    ("separation", "gap_m", "minutes", "blocked"),
    [
        ((-1, 100_000, 0), 100_000, 900, True),
        ((-1, 100_000, 0), 100_001, 900, False),
        ((-1, 0, 120), 900_000, 120, True),
        ((-1, 0, 120), 900_000, 121, False),
        ((-1, 10_000, 10), 30_000, 900, True),  # an assessment never loosens the policy
        ((-1, 10_000, 10), 30_001, 31, False),
        ((BLUE, 100_000, 0), 100_000, 900, True),  # towards blue persons
        ((RED, 100_000, 0), 100_000, 900, False),  # towards red ones only
        ((GREEN, 100_000, 0), 100_000, 900, False),
    ],
)
def test_the_largest_separation_of_both_sides_counts(
    separation: tuple[int, int, int], gap_m: int, minutes: int, blocked: bool
) -> None:
    land = two_towns(gap_m, minutes)
    towards = {BLUE: RED, RED: BLUE}.get(separation[0], separation[0])
    mirrored = (towards, *separation[1:])
    facilities = [facility(0), facility(1)]
    asked_by_first = [case(networks=[RED], separations=[separation]), case(networks=[BLUE])]
    asked_by_second = [case(networks=[RED]), case(networks=[BLUE], separations=[mirrored])]
    asked_by_present = present(0, networks=[BLUE], separations=[mirrored])
    worlds = [
        (world(land=land, facilities=facilities, cases=asked_by_first, rivals=RIVALS), {0: 0, 1: 1}),
        (world(land=land, facilities=facilities, cases=asked_by_second, rivals=RIVALS), {0: 0, 1: 1}),
        (with_present(land, separations=[separation]), {0: 0}),
        (
            world(
                land=land,
                facilities=[facility(1)],
                cases=[case(networks=[RED])],
                presences=[asked_by_present],
                rivals=RIVALS,
            ),
            {0: 0},
        ),
    ]
    for facts, plan in worlds:
        if blocked:
            verify(RULE).given(facts).blocks(plan, amount=1)
        else:
            verify(RULE).given(facts).accepts(plan)


@pytest.mark.parametrize(
    ("days", "blocked"),
    [
        ((TODAY - 100, TODAY), False),  # gone, cooled down, the day the stay starts
        ((TODAY - 100, TODAY + 1), True),  # one common day
        ((TODAY + 9, FOREVER), True),
        ((TODAY + 10, FOREVER), True),  # the stay's planned end frees the bed, never the separation
        ((TODAY + 500, FOREVER), True),
    ],
)
def test_days_of_presence(days: tuple[int, int], blocked: bool) -> None:
    # Ten nights from TODAY.
    verifier = verify(RULE).given(with_present(two_towns(1000), days=days))
    if blocked:
        verifier.blocks({0: 0}, amount=1)
    else:
        verifier.accepts({0: 0})


@pytest.mark.parametrize(
    ("window", "start", "blocked"),
    [
        ((0, TODAY), TODAY, False),  # a confirmed end frees exactly on its day
        ((0, TODAY + 1), TODAY, True),
        ((0, TODAY + 1), TODAY + 1, False),
        ((TODAY + 800, FOREVER), TODAY, True),  # begins later, but both may still be there
    ],
)
def test_days_of_a_feud(window: tuple[int, int], start: int, blocked: bool) -> None:
    land = two_towns(1000)
    live = with_present(land, rivals={(RED, BLUE): window})
    planned = world(
        land=land,
        facilities=[facility(0), facility(1)],
        cases=[case(networks=[RED]), case(networks=[BLUE])],
        rivals={(RED, BLUE): window},
    )
    plans = (
        (live, plan_of(put(live, 0, 0, start=start))),
        # the other one starts on the first day: what counts is the later start of the two
        (planned, plan_of(put(planned, 0, 0), put(planned, 1, 1, start=start))),
        (planned, plan_of(put(planned, 0, 0, start=start), put(planned, 1, 1))),
    )
    for facts, plan in plans:
        if blocked:
            verify(RULE).given(facts).blocks(plan, amount=1)
        else:
            verify(RULE).given(facts).accepts(plan)


def test_a_planned_end_of_a_waiting_stay_does_not_free_its_rival() -> None:
    # The red stay is [TODAY, TODAY + 1); blue starts three days later, in the same town.
    facts = world(
        land=two_towns(1000),
        facilities=[facility(0), facility(1)],
        cases=[case(networks=[RED], nights=1), case(networks=[BLUE])],
        rivals=RIVALS,
    )
    verify(RULE).given(facts).blocks(plan_of(put(facts, 0, 0), put(facts, 1, 1, start=TODAY + 3)), amount=1)


def test_every_leg_counts_in_its_own_place_from_its_start() -> None:
    facts = world(
        land=places(3, gap_m={(0, 1): 1000}),
        facilities=[facility(0), facility(1), facility(2)],
        cases=[case(networks=[RED], nights=(2, 10)), case(networks=[BLUE])],
        rivals=RIVALS,
    )
    rule = verify(RULE).given(facts)
    rule.accepts(plan_of(put(facts, 0, (2, 2)), put(facts, 1, 0)))
    rule.blocks(plan_of(put(facts, 0, (0, 2)), put(facts, 1, 1)), amount=1)  # the emergency leg, left or not
    rule.blocks(plan_of(put(facts, 0, (2, 0)), put(facts, 1, 1)), amount=1)


def test_starts_are_tried_when_a_rival_has_gone_and_when_a_feud_ends() -> None:
    gone = with_present(two_towns(1000), days=(0, TODAY + 2))
    assert min(verify(RULE).given(gone).offers_starts(0, 0)) == TODAY + 2
    over = with_present(two_towns(1000), rivals={(RED, BLUE): (0, TODAY + 3)})
    assert min(verify(RULE).given(over).offers_starts(0, 0)) == TODAY + 3
    planned = waiting_pair(two_towns(1000))
    planned.network_feuds[RED, BLUE] = planned.network_feuds[BLUE, RED] = ((0, TODAY + 3),)
    assert TODAY + 3 in verify(RULE).given(planned).offers_starts(0, 0)


CONFLICT = Feud(*ALWAYS, 0, 0)


@pytest.mark.parametrize(
    ("feud", "gap_m", "minutes", "blocked"),
    [
        (CONFLICT, 30_000, 900, True),  # the policy's separation
        (CONFLICT, 30_001, 31, False),
        (Feud(*ALWAYS, 200_000, 0), 200_000, 900, True),  # its own, larger one
        (Feud(*ALWAYS, 200_000, 0), 200_001, 31, False),
        (Feud(*ALWAYS, 0, 90), 900_000, 90, True),
        (Feud(*ALWAYS, 0, 90), 900_000, 91, False),
        (Feud(*ALWAYS, 5, 5), 30_000, 900, True),  # never smaller
        (Feud(0, TODAY, 0, 0), 1000, 1, False),  # over
        (Feud(0, TODAY + 1, 0, 0), 1000, 1, True),
    ],
)
def test_person_to_person_conflicts(feud: Feud, gap_m: int, minutes: int, blocked: bool) -> None:
    # a member of one household and a member of the other, whose networks are at peace
    one, other = person(key=7), person(key=8)
    land, houses = two_towns(gap_m, minutes), [facility(0), facility(1)]
    cases = [case(person(), one), case(other, person())]
    for conflicts in ({(7, 8): feud}, {(8, 7): feud}):
        planned = world(land=land, facilities=houses, cases=cases, conflicts=conflicts)
        here = [present(0, other)]
        live = world(land=land, facilities=houses, cases=cases[:1], presences=here, conflicts=conflicts)
        for facts, plan in ((planned, {0: 0, 1: 1}), (live, {0: 1})):
            if blocked:
                verify(RULE).given(facts).blocks(plan, amount=1)
            else:
                verify(RULE).given(facts).accepts(plan)


@pytest.mark.parametrize("who", ["waiting", "present"])
def test_an_unknown_person_is_hostile_to_everybody(who: str) -> None:
    land, houses = two_towns(30_000), [facility(0), facility(1)]
    quiet, stranger = case(networks=[GREEN]), case(unknown=True)
    verify(RULE).given(world(land=land, facilities=houses, cases=[quiet, stranger])).blocks({0: 0, 1: 1}, amount=1)
    verify(RULE).given(world(land=land, facilities=houses, cases=[stranger, stranger])).blocks({0: 0, 1: 1}, amount=1)
    if who == "waiting":
        facts = world(land=land, facilities=houses, cases=[stranger], presences=[present(0)])
    else:
        facts = world(land=land, facilities=houses, cases=[quiet], presences=[present(0, unknown=True)])
    verify(RULE).given(facts).blocks({0: 1}, amount=1)


def test_a_person_is_not_kept_from_themselves() -> None:
    oneself = person(key=5)
    for told in ({"networks": [RED, BLUE]}, {"unknown": True}):
        facts = world(
            land=two_towns(1000),
            facilities=[facility(1)],
            cases=[case(oneself, **told)],
            presences=[present(0, oneself, **told)],
            rivals=RIVALS,
        )
        verify(RULE).given(facts).accepts({0: 0})


def test_members_of_one_network_are_no_rivals_but_a_network_in_feud_with_itself_is() -> None:
    houses = [facility(0), facility(1)]
    pair = [case(networks=[RED]), case(networks=[RED])]
    verify(RULE).given(world(land=two_towns(1000), facilities=houses, cases=pair, rivals=RIVALS)).accepts({0: 0, 1: 1})
    both = [case(networks=[RED, BLUE]), case(networks=[RED, BLUE])]
    verify(RULE).given(world(land=two_towns(1000), facilities=houses, cases=both, rivals=RIVALS)).blocks({0: 0, 1: 1})


def test_none_one_and_all_of_several_pairs() -> None:
    # three red and one blue in one town: three pairs, whoever else stands apart
    land = places(5)
    facts = world(
        land=land,
        facilities=[facility(n) for n in range(5)],
        cases=[*(case(networks=[RED]) for _ in range(3)), case(networks=[BLUE])],
        rivals=RIVALS,
    )
    rule = verify(RULE).given(facts)
    rule.accepts({0: 0, 1: 0, 2: 0, 3: 1})
    rule.blocks({0: 0, 1: 1, 2: 2, 3: 0}, amount=1)
    rule.blocks({0: 0, 1: 0, 2: 0, 3: 0}, amount=3)
