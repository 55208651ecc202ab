"""What cannot all be meant: links against links, links against conflicts, households too large."""

from typing import Any

import pytest

from matching.domain import parse
from matching.errors import Fault
from tests import tellings as t
from tests.domain.refusing import LAND, only_fault, refused, written

Raw = t.Raw

AGAINST = "contradicts another link: the same people together and apart"
LIVE = "keeps people together between whom a conflict is live"


def link(key: str, kind: str, **limits: int) -> Raw:
    return {"person_key": f"person-{key}", "kind": kind, **limits}


def told(*links: Raw, version: int = 1) -> Raw:
    return t.assessment(links=list(links), version=version)


def waiting(name: str, *links: Raw, **other: Any) -> Raw:
    return t.case(name, **{"assessments": [told(*links)], **other})


def two(of_a: list[Raw], of_b: list[Raw], **other: Any) -> bytes:
    """Two waiting households, a and b, with what each assessment says."""
    return written(t.scenario(cases=[waiting("a", *of_a), waiting("b", *of_b)], **other))


def accepted(content: bytes) -> None:
    parse(content, LAND.index())


def paths(faults: tuple[Fault, ...]) -> set[str]:
    return {fault.path for fault in faults}


OF_A, OF_B = "cases[0].assessments[0].links[0]", "cases[1].assessments[0].links[0]"

SAME = {"kind": "same"}
EXCLUDING = [
    (SAME, {"kind": "more_than", "km": 0}),
    (SAME, {"kind": "more_than", "minutes": 90}),
    ({"kind": "within", "km": 30}, {"kind": "more_than", "km": 30}),
    ({"kind": "within", "km": 30}, {"kind": "more_than", "km": 31}),
    ({"kind": "within", "minutes": 30}, {"kind": "more_than", "minutes": 30}),
    ({"kind": "within", "km": 99, "minutes": 30}, {"kind": "more_than", "km": 5, "minutes": 40}),
]
FITTING = [
    (SAME, {"kind": "within", "km": 0}),
    (SAME, SAME),
    ({"kind": "within", "km": 30}, {"kind": "more_than", "km": 29}),  # a ring: 29 < x <= 30
    ({"kind": "within", "minutes": 30}, {"kind": "more_than", "minutes": 29}),
    ({"kind": "within", "km": 5}, {"kind": "more_than", "minutes": 40}),  # of different measures
    ({"kind": "within", "km": 5}, {"kind": "within", "km": 90}),
    ({"kind": "more_than", "km": 5}, {"kind": "more_than", "km": 90}),
]


@pytest.mark.parametrize(("one", "other"), EXCLUDING)
def test_two_households_that_say_together_and_apart_of_each_other(one: Raw, other: Raw) -> None:
    for of_a, of_b in ((one, other), (other, one)):
        content = two([{**of_a, "person_key": "person-b"}], [{**of_b, "person_key": "person-a"}])
        faults = refused(content, "person-a", "person-b")
        assert {(fault.path, fault.wrong) for fault in faults} == {(OF_A, AGAINST), (OF_B, AGAINST)}
        assert OF_B in next(fault.accepted for fault in faults if fault.path == OF_A)


@pytest.mark.parametrize(("one", "other"), EXCLUDING)
def test_one_assessment_that_says_both_of_one_person(one: Raw, other: Raw) -> None:
    links = [{**one, "person_key": "person-b"}, {**other, "person_key": "person-b"}]
    assert paths(refused(two(links, []))) == {OF_A, "cases[0].assessments[0].links[1]"}


@pytest.mark.parametrize(("one", "other"), FITTING)
def test_what_can_all_hold_is_accepted(one: Raw, other: Raw) -> None:
    accepted(two([{**one, "person_key": "person-b"}], [{**other, "person_key": "person-a"}]))
    accepted(two([{**one, "person_key": "person-b"}, {**other, "person_key": "person-b"}], []))


def test_together_with_one_member_of_a_household_and_apart_from_another() -> None:
    child = t.member("b2", role="child")
    links = [link("b", "same"), link("b2", "more_than", km=20)]
    other = t.case("b", t.member("b"), child)
    assert len(refused(written(t.scenario(cases=[waiting("a", *links), other])))) == 2
    apart = t.case("c", t.member("b2"))
    accepted(written(t.scenario(cases=[waiting("a", *links), t.case("b"), apart])))


def live(name: str, *links: Raw, **other: Any) -> Raw:
    return t.placement(name, "f", case_file={"assessments": [told(*links)]}, **other)


def with_live(*placements: Raw, links: list[Raw], **other: Any) -> bytes:
    houses = [t.facility("f", "a", [t.room("u0", 4, shared=True)])]
    cases = [waiting("a", *links)]
    return written(t.scenario(cases=cases, placements=list(placements), facilities=houses, **other))


def test_the_case_behind_a_live_placement_counts_as_well() -> None:
    faults = refused(with_live(live("p", link("a", "more_than", km=5)), links=[link("p", "same")]))
    assert paths(faults) == {OF_A, "placements[0].case_file.assessments[0].links[0]"}


def test_whoever_has_departed_is_with_nobody_any_more() -> None:
    gone = live("p", link("a", "more_than", km=5), departed=t.on(-3))
    accepted(with_live(gone, links=[link("p", "same")]))


def test_a_new_assessment_may_say_otherwise_than_the_live_stay_of_the_same_people() -> None:
    """That is why they move."""
    now = t.placement("p", "f", t.member("a"), case_file={"assessments": [told(link("q", "same"))]})
    other = t.placement("q", "f")
    accepted(with_live(now, other, links=[link("q", "more_than", km=5)]))


def test_only_the_highest_version_counts() -> None:
    old, new = told(link("b", "more_than", km=5), version=1), told(link("b", "same"), version=2)
    for versions in ([old, new], [new, old]):
        cases = [t.case("a", assessments=versions), waiting("b", link("a", "same"))]
        accepted(written(t.scenario(cases=cases)))
    cases = [t.case("a", assessments=[{**old, "version": 3}, new]), waiting("b", link("a", "same"))]
    assert paths(refused(written(t.scenario(cases=cases)))) == {OF_A, OF_B}


@pytest.mark.parametrize("kind", [{"kind": "same"}, {"kind": "within", "km": 500}])
@pytest.mark.parametrize("pair", [("person-a", "person-b"), ("person-b", "person-a")])
def test_together_with_somebody_with_whom_a_conflict_is_live(kind: Raw, pair: tuple[str, str]) -> None:
    content = two([{**kind, "person_key": "person-b"}], [], person_conflicts=[t.conflict(*pair)])
    assert only_fault(content, OF_A, "person-a", "person-b").wrong == LIVE


@pytest.mark.parametrize(
    ("ended", "is_refused"),
    [
        ({"end": t.on(0), "end_confirmed": True}, False),  # over from today on
        ({"end": t.on(1), "end_confirmed": True}, True),  # nobody confirms a day to come
        ({"end": t.on(-9), "end_confirmed": False}, True),
        ({"end_confirmed": True}, True),
        ({"start": t.on(5)}, True),
    ],
)
def test_a_conflict_is_live_until_its_confirmed_end(ended: Raw, is_refused: bool) -> None:
    content = two([link("b", "same")], [], person_conflicts=[t.conflict("person-a", "person-b", **ended)])
    if is_refused:
        only_fault(content, OF_A)
    else:
        accepted(content)


def test_a_conflict_and_a_wish_to_be_apart_fit() -> None:
    accepted(two([link("b", "more_than", km=9)], [], person_conflicts=[t.conflict("person-a", "person-b")]))


def test_a_link_to_nobody_known_is_no_fault() -> None:
    """The exit code would tell whoever asks who is in the register; see the flag in tests/test_knowledge.py."""
    accepted(two([link("zqmarker", "same"), link("zqmarker2", "within", km=5)], []))
    accepted(with_live(live("p", link("zqmarker", "same")), links=[link("p", "same")]))


@pytest.mark.parametrize("where", ["cases", "placements", "residences"])
def test_a_link_may_name_anybody_of_the_scenario(where: str) -> None:
    b = {"cases": t.case("b"), "placements": t.placement("b", "f"), "residences": t.residence("b", "a")}[where]
    raw = t.scenario(facilities=[t.facility("f", "a")], cases=[waiting("a", link("b", "within", km=5))])
    raw[where] = [*raw.get(where, []), b]
    accepted(written(raw))


def test_a_household_linked_to_its_own_member() -> None:
    household = [t.member("a"), t.member("a2", role="child")]
    raw = t.case("a", *household, assessments=[told(link("a2", "same"))])
    fault = only_fault(written(t.scenario(cases=[raw])), f"{OF_A}.person_key", "person-a2")
    assert fault.wrong == "links a household to a member of its own"


def family(size: int) -> Raw:
    return t.case("c", t.member("c"), *(t.member(f"c{n}", role="child") for n in range(1, size)))


HOUSES = [
    t.facility("wide", "a", [t.room("u0", 4), t.room("u1", 2)], accepts={"max_household": 2}),
    t.facility("open", "b", [t.room("u0", 2), t.room("u1", 1)], accepts={"max_household": 12}),
]


@pytest.mark.parametrize(
    ("size", "houses", "is_refused"),
    [
        (3, HOUSES, False),  # three beds and no limit at the second
        (4, HOUSES, True),  # six beds for two persons, twelve persons in three beds
        (2, HOUSES[:1], False),
        (3, HOUSES[:1], True),
        (3, HOUSES[1:], False),
        (4, HOUSES[1:], True),
        (1, [t.facility("f", "a", accepts={})], False),  # what is not said is one person
        (2, [t.facility("f", "a", [t.room("u0", 2)], accepts={})], True),
        (12, [], False),  # no facility was told at all
    ],
)
def test_a_household_larger_than_any_facility(size: int, houses: list[Raw], is_refused: bool) -> None:
    content = written(t.scenario(cases=[family(size)], facilities=houses))
    if is_refused:
        assert "larger than any facility" in only_fault(content, "cases[0].household").wrong
    else:
        accepted(content)


def test_all_of_it_at_once_beside_faults_of_shape() -> None:
    links = [link("b", "same"), link("nobody", "same"), link("a", "same")]
    raw = t.scenario(
        cases=[waiting("a", *links), waiting("b", link("a", "more_than", km=5)), family(3)],
        facilities=[t.facility("f", "a")],
        person_conflicts=[t.conflict("person-a", "person-b")],
        policy={"separation_km": -1},
    )
    at = "cases[0].assessments[0].links"
    assert paths(refused(written(raw), "nobody")) == {
        f"{at}[0]", OF_B, f"{at}[2].person_key", "cases[0].household", "cases[2].household", "policy.separation_km",
    }  # fmt: skip


@pytest.mark.parametrize("shape", [None, 7, "text", [], [[]], {"links": 4}, [{"links": [3, {"person_key": 4}]}]])
@pytest.mark.parametrize("where", ["assessments", "household"])
def test_what_is_misshapen_is_told_once_and_breaks_nothing(where: str, shape: Any) -> None:
    raw = t.scenario(cases=[{**t.case("a"), where: shape}], facilities=[t.facility("f", "a"), {"accepts": {}}])
    if not (where == "assessments" and shape == []):
        assert all(where in path or path.startswith("facilities") for path in paths(refused(written(raw))))
