"""What cannot be meant along a chain of `same` links: a with b, b with c, hence a with c."""

from typing import Any

import pytest

from tests import tellings as t
from tests.domain.refusing import only_fault, written
from tests.domain.test_contradictions import Raw, accepted, link, live, told, waiting

APART = "keeps people apart whom a chain of links keeps in one facility"
ACTOR = "is a threat actor whom links keep in one facility with the household"
FEUD = "is live between people whom links keep in one facility"
LARGE = "is, with the households links keep in one facility with it, larger than any facility can hold"

HALL = t.facility("f", "a", [t.room("u0", 9, shared=True)])


def week(*cases: Raw, **other: Any) -> bytes:
    return written(t.scenario(cases=list(cases), **{"facilities": [HALL], **other}))


def chained(of_a: list[Raw], of_c: list[Raw], *, joint: str = "same", **other: Any) -> bytes:
    """a is to be with b, and b with c."""
    limits = {} if joint == "same" else {"km": 5}
    return week(
        waiting("a", link("b", "same"), *of_a), waiting("b", link("c", joint, **limits)), waiting("c", *of_c), **other
    )


def test_a_chain_of_links_fits() -> None:
    accepted(chained([], []))
    accepted(chained([link("c", "same")], [link("a", "same")]))
    accepted(chained([link("c", "within", km=0)], []))


@pytest.mark.parametrize("limit", [{"km": 0}, {"minutes": 10}])
def test_apart_from_the_other_end_of_the_chain(limit: Raw) -> None:
    fault = only_fault(chained([link("c", "more_than", **limit)], []), "cases[0].assessments[0].links[1]", "person-c")
    assert fault.wrong == APART
    only_fault(chained([], [link("a", "more_than", **limit)]), "cases[2].assessments[0].links[0]", "person-a")
    accepted(chained([link("c", "more_than", **limit)], [], joint="within"))  # b may live between the two


def test_a_chain_leads_through_a_household_with_several_members() -> None:
    child = t.member("b2", role="child")
    through = [waiting("a", link("b", "same")), t.case("b", t.member("b"), child), waiting("c", link("b2", "same"))]
    accepted(week(*through))
    through[2]["assessments"] = [told(link("b2", "same"), link("a", "more_than", km=9))]
    assert only_fault(week(*through), "cases[2].assessments[0].links[1]").wrong == APART


def test_only_the_highest_version_makes_a_chain() -> None:
    versions = [told(link("c", "same"), version=1), told(version=2)]
    cases = [waiting("a", link("b", "same"), link("c", "more_than", km=9)), t.case("b", assessments=versions)]
    accepted(week(*cases, waiting("c")))
    versions[0]["version"] = 3
    only_fault(week(*cases, waiting("c")), "cases[0].assessments[0].links[1]")


def test_a_live_stay_may_be_the_middle_of_a_chain() -> None:
    ends = [waiting("a", link("p", "same"), link("c", "more_than", km=9)), waiting("c")]
    middle = live("p", link("c", "same"))
    only_fault(week(*ends, placements=[middle]), "cases[0].assessments[0].links[1]")
    accepted(week(*ends, placements=[{**middle, "departed": t.on(-3)}]))
    accepted(week(*ends, waiting("p"), placements=[middle]))  # who waits again is meant as the new assessment says


def test_a_live_conflict_inside_a_chain() -> None:
    def with_conflict(**ended: Any) -> bytes:
        return chained([], [], person_conflicts=[t.conflict("person-c", "person-a", **ended)])

    assert only_fault(with_conflict(), "person_conflicts[0]", "person-a", "person-c").wrong == FEUD
    accepted(with_conflict(end=t.on(0), end_confirmed=True))
    only_fault(with_conflict(end=t.on(0)), "person_conflicts[0]")
    beside = [t.residence("x", "a")]
    accepted(chained([], [], residences=beside, person_conflicts=[t.conflict("person-a", "person-x")]))


def test_a_conflict_of_two_who_are_linked_directly_is_told_once() -> None:
    conflict = [t.conflict("person-c", "person-b")]
    only_fault(chained([], [], person_conflicts=conflict), "cases[1].assessments[0].links[0]")
    child = [t.conflict("person-a", "person-b2")]  # with another member than the one linked
    pair = [waiting("a", link("b", "same")), t.case("b", t.member("b"), t.member("b2", role="child"))]
    only_fault(week(*pair, person_conflicts=child), "person_conflicts[0]")


def test_members_of_one_household_may_be_in_conflict() -> None:
    pair = [waiting("a", link("b", "same")), t.case("b", t.member("b"), t.member("b2", role="child"))]
    accepted(week(*pair, person_conflicts=[t.conflict("person-b", "person-b2")]))


NOWHERE = {"kind": "areas", "areas": [{"kind": "locality", "locality": "home"}]}


@pytest.mark.parametrize(
    ("persistence", "is_refused"),
    [
        ({"kind": "lasting"}, True),
        ({"kind": "until", "until": t.on(1)}, True),
        ({"kind": "until", "until": t.on(0)}, False),  # over from today on
        ({"kind": "fading", "full_until": t.on(-9), "gone_by": t.on(1)}, True),
        ({"kind": "fading", "full_until": t.on(-9), "gone_by": t.on(0)}, False),
    ],
)
@pytest.mark.parametrize("victim", [0, 1])
def test_a_threat_actor_inside_a_chain(persistence: Raw, is_refused: bool, victim: int) -> None:
    actor = {"id": "actor", "person_key": "person-c", "reach": NOWHERE, "persistence": persistence}
    cases = [waiting("a", link("b", "same")), waiting("b", link("c", "same")), waiting("c")]
    cases[victim]["assessments"][0]["actors"] = [actor]
    if is_refused:
        at = f"cases[{victim}].assessments[0].actors[0].person_key"
        assert only_fault(week(*cases), at, "person-c").wrong == ACTOR
    else:
        accepted(week(*cases))
    cases[1]["assessments"] = [told()]
    if victim == 0:
        accepted(week(*cases))  # no chain leads to the actor


def rooms(*beds: int, most: int = 12) -> Raw:
    units = [t.room(f"u{number}", size, shared=True) for number, size in enumerate(beds)]
    return t.facility(f"f{len(beds)}", "a", units, accepts={"max_household": most})


@pytest.mark.parametrize(
    ("houses", "is_refused"),
    [
        ([rooms(1, 1, 1)], False),
        ([rooms(1, 2, most=1)], False),  # the largest household concerns one household each
        ([rooms(1, 1)], True),
        ([rooms(2), rooms(1, 1)], True),  # not in two facilities
        ([rooms(2), rooms(1, 1, 1)], False),
        ([], False),
    ],
)
def test_a_chain_of_three_needs_three_beds_in_one_facility(houses: list[Raw], is_refused: bool) -> None:
    content = chained([], [], facilities=houses)
    if is_refused:
        assert only_fault(content, "cases[0].household").wrong == LARGE
    else:
        accepted(content)


@pytest.mark.parametrize(("latest", "is_refused"), [((9, 3), True), ((10, 3), False), ((3, 9), True), ((3, 10), False)])
def test_beds_are_needed_jointly_on_nights_that_are_surely_shared(latest: tuple[int, int], is_refused: bool) -> None:
    """Ten nights from today at the earliest: whoever starts on the tenth day may miss the other."""
    first = waiting("a", link("b", "same"), days=(0, latest[0]))
    content = week(first, waiting("b", days=(0, latest[1])), facilities=[t.facility("f", "a")])
    if is_refused:
        assert only_fault(content, "cases[0].household").wrong == LARGE
    else:
        accepted(content)
