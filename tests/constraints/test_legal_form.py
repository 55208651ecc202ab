"""Domain §4, `legal_form`: minors only in permitted forms, children with a guardian and a school, as accepted."""

from dataclasses import replace
from typing import Any

import pytest

from matching.constraints.legal_form import LegalForm
from matching.facts import NO_PATH_MIN, Person
from tests import tellings
from tests.builders import case, facility, live, person, places, present, world
from tests.verifier import Verifier, verify

# A facility that takes everybody, so that only the rule under test can object.
OPEN: dict[str, Any] = {"min_age_years": 0, "takes_children": True, "takes_unaccompanied_minors": True}
PARENT = person(40, gender="female", guardian=True)


def judged(*household: Person, land: Any = None, policy: Any = None, **told: Any) -> Verifier:
    house = facility(1, **{**OPEN, **told})
    facts = world(land=land, facilities=[house], cases=[case(*household)], **(policy or {}))
    return verify(LegalForm()).given(facts)


def holds(verifier: Verifier, saying: str | None) -> None:
    if saying is None:
        verifier.accepts({0: 0})
    else:
        verifier.blocks({0: 0}, amount=len(saying.split()), saying=saying)


@pytest.mark.parametrize(
    ("form", "age", "saying"),
    [
        ("protected_housing", 18, None),
        ("protected_housing", 17, "form_not_for_minors"),
        ("foster_home", 17, None),
        ("foster_home", 9, None),
        ("residential_care_home", 17, None),
        ("residential_care_home", 18, None),
        # supported housing is for 16-20, as delivered
        ("supported_housing", 15, "outside_supported_housing_ages"),
        ("supported_housing", 16, None),
        ("supported_housing", 17, None),
        ("supported_housing", 20, None),
        ("supported_housing", 21, "outside_supported_housing_ages"),
    ],
)
def test_form_and_age_of_a_lone_person(form: str, age: int, saying: str | None) -> None:
    holds(judged(person(age), form=form), saying)


def test_an_adult_who_is_no_guardian_leaves_a_minor_unaccompanied() -> None:
    sister = person(25)
    holds(judged(person(17), sister), "form_not_for_minors")
    holds(judged(person(17), PARENT, schools=(1,)), None)


@pytest.mark.parametrize(("age", "saying"), [(17, "takes_no_unaccompanied_minors"), (18, None)])
def test_a_facility_without_unaccompanied_minors(age: int, saying: str | None) -> None:
    holds(judged(person(age), form="foster_home", takes_unaccompanied_minors=False), saying)


@pytest.mark.parametrize(("age", "saying"), [(5, "takes_no_children"), (18, None)])
def test_children_follow_only_where_children_are_taken(age: int, saying: str | None) -> None:
    child = person(age)
    holds(judged(PARENT, child, takes_children=False), saying)


@pytest.mark.parametrize(
    ("lowest", "highest", "age", "saying"),
    [
        (18, 30, 18, None),
        (18, 30, 30, None),
        (19, 30, 18, "age_not_accepted"),
        (18, 30, 31, "age_not_accepted"),
    ],
)
def test_ages_accepted(lowest: int, highest: int, age: int, saying: str | None) -> None:
    holds(judged(person(age), min_age_years=lowest, max_age_years=highest), saying)


def test_ages_hold_for_adults_not_for_children_with_a_guardian() -> None:
    holds(judged(PARENT, person(4), min_age_years=18), None)
    # a partner of 70 is no child
    holds(judged(PARENT, person(70), min_age_years=18, max_age_years=69), "age_not_accepted")
    # nor does an unaccompanied minor follow anybody
    holds(judged(person(16), form="foster_home", min_age_years=17), "age_not_accepted")


@pytest.mark.parametrize(
    ("genders", "saying"),
    [
        ({"female"}, "gender_not_accepted"),
        ({"male"}, "gender_not_accepted"),
        ({"female", "male"}, None),
        ({"female", "male", "other"}, None),
    ],
)
def test_every_member_is_of_an_accepted_gender(genders: set[str], saying: str | None) -> None:
    holds(judged(PARENT, person(20, gender="male"), genders=frozenset(genders)), saying)


@pytest.mark.parametrize(("members", "saying"), [(2, None), (3, None), (4, "household_too_large")])
def test_household_size(members: int, saying: str | None) -> None:
    holds(judged(*(person() for _ in range(members)), max_household=3), saying)


@pytest.mark.parametrize(
    ("road_min", "saying"),
    [(44, None), (45, None), (46, "no_school_within_reach"), (NO_PATH_MIN, "no_school_within_reach")],
)
def test_school_within_reach(road_min: int, saying: str | None) -> None:
    # 45 minutes is allowed; minutes are rounded up, so 45.1 is 46. The safe minutes play no part.
    land = places(3, road_min={(1, 2): road_min}, safe_min={(1, 2): 10})
    holds(judged(PARENT, person(7), land=land, schools=(2,)), saying)


def test_one_school_of_several_is_enough_and_none_is_not() -> None:
    land = places(4, road_min={(1, 2): 46, (1, 3): 45})
    child = person(7)
    holds(judged(PARENT, child, land=land, schools=(2, 3)), None)
    holds(judged(PARENT, child, land=land, schools=(2,)), "no_school_within_reach")
    holds(judged(PARENT, child, land=land, schools=()), "no_school_within_reach")
    holds(judged(PARENT, child, land=land, schools=(2,), policy={"school_reach_min": 46}), None)


@pytest.mark.parametrize(("age", "needs_school"), [(5, False), (6, True), (16, True), (17, True), (18, False)])
def test_who_goes_to_school(age: int, needs_school: bool) -> None:
    holds(judged(PARENT, person(age)), "no_school_within_reach" if needs_school else None)


@pytest.mark.parametrize(("age", "needs_school"), [(3, False), (4, True), (19, True), (20, False)])
def test_the_ages_of_school_are_policy(age: int, needs_school: bool) -> None:
    policy = {"school_min_age_years": 4, "school_max_age_years": 19}
    saying = "no_school_within_reach" if needs_school else None
    holds(judged(PARENT, person(age), policy=policy), saying)


@pytest.mark.parametrize("form", ["supported_housing", "foster_home", "residential_care_home"])
@pytest.mark.parametrize("is_allowed", [True, False])
def test_the_forms_for_minors_are_policy(form: str, is_allowed: bool) -> None:
    told: dict[str, Any] = {"form": form, "takes_unaccompanied_minors": True, "min_age_years": 0}
    policy = {"forms_for_minors": (form,) if is_allowed else ()}
    holds(judged(person(17), policy=policy, **told), None if is_allowed else "form_not_for_minors")
    holds(judged(person(18), policy=policy, **told), None)


def test_everything_that_does_not_fit_is_counted() -> None:
    # a lone boy of 15 and a facility that fits him in nothing
    verifier = judged(
        person(15, gender="male"),
        form="protected_housing",
        takes_unaccompanied_minors=False,
        min_age_years=18,
        genders=frozenset({"female"}),
        max_household=0,
    )
    said = "form_not_for_minors takes_no_unaccompanied_minors age_not_accepted gender_not_accepted household_too_large"
    verifier.blocks({0: 0}, amount=5, saying=said)


@pytest.mark.parametrize(("age", "is_minor"), [(17, True), (18, True), (19, True), (20, False), (21, False)])
def test_who_is_a_minor_is_policy(age: int, is_minor: bool) -> None:
    policy = {"adult_age_years": 20}
    holds(judged(person(age), policy=policy), "form_not_for_minors" if is_minor else None)
    # children follow their guardian into a facility for adults, whoever counts as a child
    told: dict[str, Any] = {"min_age_years": 25, "schools": (1,)}
    family = PARENT, person(age)
    holds(judged(*family, policy=policy, **told), None if is_minor else "age_not_accepted")
    holds(judged(*family, policy=policy, takes_children=False, schools=(1,)), "takes_no_children" if is_minor else None)


def test_a_guardian_is_no_minor() -> None:
    # Nineteen, with a child of two, where everybody under 20 counts as a minor: the guardian's own age must fit.
    mother, child = person(19, gender="female", guardian=True), person(2)
    for lowest, saying in ((19, None), (20, "age_not_accepted")):
        holds(judged(mother, child, policy={"adult_age_years": 20}, min_age_years=lowest), saying)
    holds(judged(mother, policy={"adult_age_years": 20}, takes_children=False), None)


@pytest.mark.parametrize(("age", "fits"), [(16, False), (17, True), (18, True), (19, True), (20, False)])
def test_the_ages_of_supported_housing_are_policy(age: int, fits: bool) -> None:
    policy = {"supported_housing_min_age_years": 17, "supported_housing_max_age_years": 19}
    saying = None if fits else "outside_supported_housing_ages"
    holds(judged(person(age), form="supported_housing", policy=policy), saying)


@pytest.mark.parametrize("has_file", [True, False])
@pytest.mark.parametrize(("age", "findings"), [(17, 1), (18, 0)])
def test_live_stays(age: int, findings: int, has_file: bool) -> None:
    # The household is known whether or not there is a case file.
    placed = live(case(person(age)), 0, has_file=has_file)
    facts = world(facilities=[facility(1, **OPEN)], presences=[present(1)], live=[placed])
    verify(LegalForm()).given(facts).finds(findings, "form_not_for_minors")
    gone = world(facilities=facts.facilities, presences=[present(1)], live=[replace(placed, is_housed=False)])
    verify(LegalForm()).given(gone).finds(0, "")


@pytest.mark.parametrize(
    ("policy", "age", "saying"),
    [
        ({}, 17, "form_not_for_minors"),
        ({}, 18, None),
        ({"adult_age_years": 19}, 18, "form_not_for_minors"),
        ({"adult_age_years": 19}, 19, None),
    ],
)
def test_from_a_raw_scenario(policy: dict[str, Any], age: int, saying: str | None) -> None:
    takes = {"min_age_years": 0, "unaccompanied_minors": True, "max_household": 2}
    raw = tellings.scenario(
        policy=policy,
        facilities=[tellings.facility("f", "a", accepts=takes)],
        placements=[tellings.placement("p", "f", tellings.member("p", age_years=age))],
        cases=[tellings.case("c", tellings.member("c", age_years=age))],
    )
    verifier = verify(LegalForm()).given(tellings.facts_of(raw, tellings.Land(("a", "home"))))
    holds(verifier, saying)
    verifier.finds(int(saying is not None), saying or "")
