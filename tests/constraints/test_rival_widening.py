"""Domain §4, `rival_separation`: poorly known households, conflicts of their own, and what a placement adds.

Policy as delivered: more than 30 km and 30 minutes apart, a fifth more where the confidence is low: 36 km.
"""

from typing import Any

import pytest

from matching.constraints.rival_separation import RivalSeparation
from matching.facts import Case, Facts, Feud
from tests import tellings as t
from tests.builders import ALWAYS, case, facility, person, places, present, world
from tests.verifier import verify

RED, BLUE = 0, 1
RULE = RivalSeparation()
RIVALS = {(RED, BLUE): ALWAYS}


def apart(km: int, **told: Any) -> Facts:
    """A facility in each of two towns so far from each other, by a drive of 15 hours."""
    land = places(2, gap_m={(0, 1): km * 1000}, safe_min={(0, 1): 900})
    return world(land=land, facilities=[facility(0), facility(1)], **told)


def holds(facts: Facts, plan: dict[int, int], *, is_refused: bool) -> None:
    """By the meaning, by the clauses alone (nothing filtered), and by filter and clauses."""
    if is_refused:
        verify(RULE).given(facts).blocks(plan, amount=1)
    else:
        verify(RULE).given(facts).accepts(plan)


@pytest.mark.parametrize(("km", "is_refused"), [(100, True), (119, True), (120, True), (121, False)])
@pytest.mark.parametrize("poor", [(True, False), (False, True), (True, True)])
def test_a_conflict_between_persons_is_widened_too(km: int, is_refused: bool, poor: tuple[bool, bool]) -> None:
    conflicts = {(7, 8): Feud(*ALWAYS, 100_000, 0)}
    one, other = person(key=7), person(key=8)
    waiting = [case(one, poorly_known=poor[0]), case(other, poorly_known=poor[1])]
    holds(apart(km, cases=waiting, conflicts=conflicts), {0: 0, 1: 1}, is_refused=is_refused)
    there = present(0, other, poorly_known=poor[1])
    holds(apart(km, cases=waiting[:1], presences=[there], conflicts=conflicts), {0: 1}, is_refused=is_refused)


@pytest.mark.parametrize(("km", "is_refused"), [(100, True), (101, False)])
def test_a_conflict_between_well_known_persons_is_not(km: int, is_refused: bool) -> None:
    waiting = [case(person(key=7)), case(person(key=8))]
    facts = apart(km, cases=waiting, conflicts={(7, 8): Feud(*ALWAYS, 100_000, 0)})
    holds(facts, {0: 0, 1: 1}, is_refused=is_refused)


def test_a_widened_conflict_from_a_scenario() -> None:
    land = t.Land(("a", "near", "far", "home"), gap_m={("a", "near"): 120_000, ("a", "far"): 121_000})
    raw = t.scenario(
        person_conflicts=[t.conflict("person-c", "person-r", separation_km=100)],
        facilities=[t.facility("f", "near"), t.facility("g", "far")],
        cases=[t.case("c", assessments=[t.assessment(confidence="low")])],
        residences=[t.residence("r", "a")],
    )
    facts = t.facts_of(raw, land)
    holds(facts, {0: 0}, is_refused=True)
    holds(facts, {0: 1}, is_refused=False)


def red(*, poorly_known: bool) -> Case:
    return case(networks=[RED], poorly_known=poorly_known)


@pytest.mark.parametrize("first_is_poor", [True, False])
@pytest.mark.parametrize(
    ("km", "known", "poor"), [(30, True, True), (33, False, True), (36, False, True), (37, False, False)]
)
def test_two_of_one_network_are_two_kinds_when_one_is_poorly_known(
    first_is_poor: bool, km: int, known: bool, poor: bool
) -> None:
    """The clauses are written for kinds of households: one that is kept farther away is a kind of its own."""
    reds = [red(poorly_known=first_is_poor), red(poorly_known=not first_is_poor)]
    facts = apart(km, cases=[*reds, case(networks=[BLUE])], rivals=RIVALS)
    for number, is_poor in enumerate((first_is_poor, not first_is_poor)):
        holds(facts, {number: 1, 2: 0}, is_refused=poor if is_poor else known)


BLUE_MAN = t.member("p", "blue")


def with_placement(km: int, own: int | None, in_file: int | None, **told: Any) -> Facts:
    """A red case, and a blue man placed so far away, whose placement and case file each want some distance."""

    def wanted(limit: int | None) -> list[t.Raw]:
        return [] if limit is None else [{"km": limit}]

    file = {"assessments": [t.assessment(separations=wanted(in_file), **told)]}
    raw = t.scenario(
        networks=[t.network("red"), t.network("blue")],
        relations=[t.relation("red", "blue")],
        facilities=[t.facility("f", "a"), t.facility("g", "b")],
        cases=[t.case("c", t.member("c", "red"))],
        placements=[t.placement("p", "g", BLUE_MAN, case_file=file, separations=wanted(own))],
    )
    return t.facts_of(raw, t.Land(("a", "b", "home"), gap_m={("a", "b"): km * 1000}))


@pytest.mark.parametrize(
    ("own", "in_file", "kept_km"),
    [
        (None, None, 30),  # the policy's
        (60, None, 60),
        (None, 60, 60),
        (60, 40, 60),
        (40, 60, 60),
        (10, 20, 30),
    ],
)
def test_a_placements_own_separations_count_beside_its_case_files(
    own: int | None, in_file: int | None, kept_km: int
) -> None:
    holds(with_placement(kept_km, own, in_file), {0: 0}, is_refused=True)
    holds(with_placement(kept_km + 1, own, in_file), {0: 0}, is_refused=False)


def test_a_placements_own_separation_is_widened_by_its_case_file() -> None:
    holds(with_placement(72, 60, 40, confidence="low"), {0: 0}, is_refused=True)
    holds(with_placement(73, 60, 40, confidence="low"), {0: 0}, is_refused=False)
