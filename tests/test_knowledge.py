"""Flags of poor or old knowledge: when each is raised, on both sides of its limit, and where it is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from matching.constraints import rule_book
from matching.facts import FOREVER, Case, Contract, Facility, Facts, Link, Provider
from matching.knowledge import SENTENCES, Flag, caveats, flags_of
from matching.options import requester_options
from matching.plans import Plan
from service.report_knowledge import knowledge_view
from tests import tellings as t
from tests.builders import TODAY, area, assessment, case, facility, live, person, place_plan, plan_of, present, world

LAND = t.Land(("a", "b", "home"))
GOOD = area("locality", 1)
"""An area that takes in place 1, where facilities stand."""


def of_case(told: Case, **facts: Any) -> set[Flag]:
    """Flags of a waiting case that is not placed."""
    return set(flags_of(world(cases=[told], **facts), Plan()).cases[0])


def of_stay(told: Case, house: Facility, **facts: Any) -> set[Flag]:
    """Flags of a case placed from today on, for the default of ten nights."""
    whole = world(cases=[told], facilities=[house], **facts)
    return set(flags_of(whole, plan_of((place_plan(whole, 0, 0, TODAY),))).cases[0])


def listed(**told: Any) -> Case:
    return case(assessment=assessment(preferred=(GOOD,)), **told)


def test_every_flag_has_its_sentence() -> None:
    assert set(SENTENCES) == set(get_args(Flag))
    for sentence in SENTENCES.values():
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert "is safe" not in sentence


def test_nothing_is_raised_of_what_is_well_known() -> None:
    assert of_case(case()) == set()
    assert of_stay(listed(), facility(1)) == set()
    assert set(flags_of(world(cases=[case()]), Plan()).counts.values()) == {0}


# -- waiting cases ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("confidence", "is_raised"), [("low", True), ("medium", False), ("high", False)])
def test_low_confidence(confidence: str, is_raised: bool) -> None:
    found = of_case(case(assessment=assessment(confidence=confidence)))
    assert found == ({"low_confidence"} if is_raised else set())


def test_unknown_networks() -> None:
    assert of_case(case(unknown=True)) == {"unknown_networks"}
    assert of_case(case(networks=[1])) == set()


@pytest.mark.parametrize(
    ("valid_until", "latest", "is_raised"),
    [
        (TODAY + 14, TODAY, True),  # the policy's 14 days, the limit itself included
        (TODAY + 15, TODAY, False),
        (TODAY, TODAY, True),
        (TODAY - 1, TODAY, False),  # expired: the gate says so
        (TODAY + 39, TODAY + 40, True),  # valid to the day before the last possible start
        (TODAY + 40, TODAY + 40, False),
    ],
)
def test_assessment_expires_soon(valid_until: int, latest: int, is_raised: bool) -> None:
    told = case(assessment=assessment(valid_until_day=valid_until), window=(TODAY, latest))
    assert of_case(told) == ({"assessment_expires_soon"} if is_raised else set())


def test_the_warning_time_is_the_policys() -> None:
    told = case(assessment=assessment(valid_until_day=TODAY + 30))
    assert of_case(told, expiry_warning_days=30) == {"assessment_expires_soon"}
    assert of_case(told, expiry_warning_days=29) == set()


def test_a_case_without_any_assessment() -> None:
    assert of_case(case(assessment=None)) == set()


def test_relations_not_confirmed() -> None:
    facts = replace(world(cases=[case(networks=[1]), case(networks=[2]), case()]), stale_networks=frozenset({1, 4}))
    assert flags_of(facts, Plan()).cases == (("relations_not_confirmed",), (), ())


def test_separations_widened_only_where_the_policy_widens() -> None:
    told = case(poorly_known=True, assessment=assessment(confidence="low"))
    assert of_case(told) == {"low_confidence", "separations_widened"}
    assert of_case(told, poor_knowledge_widening_percent=0) == {"low_confidence"}


# -- from a raw scenario: which relations are stale ------------------------------------------------


def stale(*relations: t.Raw, **policy: int) -> set[str]:
    """Networks with a relation that was not confirmed lately, of a, b, c and d."""
    names = ["a", "b", "c", "d"]
    raw = t.scenario(networks=[t.network(name) for name in names], relations=list(relations), policy=policy)
    return {names[number] for number in t.facts_of(raw, LAND).stale_networks}


def recorded(day: int, confirmed: int | None = None) -> t.Raw:
    dates = {"recorded_on": t.on(day), "confirmed_on": None if confirmed is None else t.on(confirmed)}
    return {"source": "investigation", **dates}


@pytest.mark.parametrize(
    ("provenance", "is_stale"),
    [
        (recorded(-180), False),  # the limit itself is allowed
        (recorded(-181), True),
        (recorded(-900, -180), False),
        (recorded(-900, -181), True),
        (recorded(-10, -900), False),  # recorded lately
        (recorded(-900, 5), True),  # a day to come confirms nothing
    ],
)
def test_a_relation_is_stale_after_the_policys_days(provenance: t.Raw, is_stale: bool) -> None:
    assert stale(t.relation("a", "b", provenance=provenance)) == ({"a", "b"} if is_stale else set())


def test_the_age_is_the_policys() -> None:
    told = t.relation("a", "b", provenance=recorded(-181))
    assert stale(told, confirmation_age_days=181) == set()
    assert stale(told, confirmation_age_days=180) == {"a", "b"}


@pytest.mark.parametrize(
    ("ended", "is_stale"),
    [
        ({"end": t.on(0), "end_confirmed": True}, False),
        ({"end": t.on(1), "end_confirmed": True}, True),
        ({"end": t.on(-9)}, True),  # an end nobody confirmed
    ],
)
def test_only_a_relation_that_still_counts_is_stale(ended: t.Raw, is_stale: bool) -> None:
    told = t.relation("a", "b", provenance=recorded(-900), **ended)
    assert stale(told) == ({"a", "b"} if is_stale else set())


def test_one_fresh_relation_does_not_hide_a_stale_one() -> None:
    old, fresh = recorded(-900), recorded(-1)
    assert stale(t.relation("a", "b", provenance=old), t.relation("a", "c", provenance=fresh)) == {"a", "b"}


def test_a_half_of_a_split_keeps_the_relations_of_the_other() -> None:
    split = t.relation("b", "c", "split", provenance=recorded(-1))
    assert stale(t.relation("a", "b", provenance=recorded(-900)), split) == {"a", "b", "c"}


def test_the_whole_way_from_a_scenario() -> None:
    raw = t.scenario(
        networks=[t.network("red"), t.network("blue")],
        relations=[t.relation("red", "blue", provenance=recorded(-900))],
        facilities=[t.facility("f", "a")],
        cases=[
            t.case("c", t.member("c", "red"), assessments=[t.assessment(confidence="low", valid_until=t.on(14))]),
            t.case("d", t.member("d", knowledge="unknown")),
        ],
        placements=[
            t.placement("p", "f", days=(-50, 90)),
            t.placement("q", "f", days=(90, 99), case_file={"assessments": [t.assessment(valid_until=t.on(-1))]}),
        ],
    )
    facts = t.facts_of(raw, LAND)
    found = flags_of(facts, Plan())
    assert set(found.cases[0]) == {
        "low_confidence",
        "assessment_expires_soon",
        "relations_not_confirmed",
        "separations_widened",
    }
    assert found.cases[1] == ("unknown_networks",)
    assert found.presences == {0: ("no_case_file",), 1: ("assessment_expired",)}
    assert found.counts["no_case_file"] == found.counts["assessment_expired"] == 1


def linked(*keys: int) -> Case:
    return case(person(key=1), links=[Link(key, "same") for key in keys])


def test_a_link_to_nobody_known() -> None:
    others: dict[str, Any] = {"presences": [present(0, person(key=2), days=(TODAY - 90, TODAY - 60))]}  # long gone
    assert of_case(linked(2), **others) == set()
    assert of_case(linked(3), **others) == {"link_to_nobody_known"}
    assert of_case(linked(2, 3), **others) == {"link_to_nobody_known"}
    waiting = world(cases=[linked(2), case(person(key=2))])
    assert flags_of(waiting, Plan()).cases == ((), ())


def test_a_live_placement_linked_to_nobody_known() -> None:
    def told(*keys: str) -> Facts:
        links = [{"person_key": f"person-{key}", "kind": "more_than", "km": 5} for key in keys]
        file = {"assessments": [t.assessment(links=links)]}
        raw = t.scenario(
            facilities=[t.facility("f", "a")],
            cases=[t.case("c", assessments=[t.assessment(links=links)])],
            placements=[t.placement("p", "f", case_file=file)],
            residences=[t.residence("r", "b")],
        )
        return t.facts_of(raw, LAND)

    known = flags_of(told("r"), Plan())
    assert (known.cases, known.presences) == (((),), {})
    unknown = flags_of(told("r", "nobody"), Plan())
    assert (unknown.cases, unknown.presences) == ((("link_to_nobody_known",),), {0: ("link_to_nobody_known",)})
    (row,) = knowledge_view(told("nobody"), Plan()).rows
    assert (row.count, row.of, row.kind, row.who) == (2, 2, "household", ("c", "p"))


def test_the_requester_hears_nothing_of_a_link_to_nobody() -> None:
    """Nor does the exit code tell a stranger from somebody in the register."""
    sides = []
    for key in ("person-r", "person-nobody"):
        links = [{"person_key": key, "kind": "more_than", "km": 5}]
        raw = t.scenario(
            facilities=[t.facility("f", "a")],
            cases=[t.case("c", assessments=[t.assessment(links=links)])],
            residences=[t.residence("r", "home")],
        )
        sides.append(requester_options(t.facts_of(raw, LAND), rule_book(), 0))
    assert sides[0] == sides[1]


# -- planned stays ---------------------------------------------------------------------------------


def test_an_unlisted_locality() -> None:
    assert of_stay(case(), facility(1)) == {"unlisted_locality"}  # nothing is listed
    assert of_stay(case(assessment=None), facility(1)) == {"unlisted_locality"}
    assert of_stay(listed(), facility(2)) == {"unlisted_locality"}
    assert of_stay(listed(), facility(1)) == set()


def test_a_flag_of_a_stay_is_raised_of_placed_cases_alone() -> None:
    facts = world(cases=[case(), case()], facilities=[facility(1)])
    found = flags_of(facts, plan_of((place_plan(facts, 1, 0, TODAY),)))
    assert found.cases == ((), ("unlisted_locality",))


EXPIRES: set[Flag] = {"vetting_or_contract_expires_during_stay"}
LAST_NIGHT = TODAY + 9
"""Of ten nights from today on."""


@pytest.mark.parametrize(("through", "found"), [(LAST_NIGHT, set()), (LAST_NIGHT - 1, EXPIRES), (0, EXPIRES)])
def test_vetting_on_the_last_night(through: int, found: set[Flag]) -> None:
    assert of_stay(listed(), facility(1), providers=[Provider(through)]) == found


@pytest.mark.parametrize(("through", "found"), [(LAST_NIGHT, set()), (LAST_NIGHT - 1, EXPIRES), (0, EXPIRES)])
def test_the_permit_on_the_last_night(through: int, found: set[Flag]) -> None:
    assert of_stay(listed(), facility(1, permit_through_day=through)) == found
    assert of_stay(listed(), facility(1, permit_through_day=through, form="foster_home")) == set()


@pytest.mark.parametrize(
    ("contracts", "found"),
    [
        ((), EXPIRES),
        ((Contract(-1, 0, LAST_NIGHT + 1),), set()),
        ((Contract(-1, 0, LAST_NIGHT),), EXPIRES),
        ((Contract(180, LAST_NIGHT, FOREVER),), set()),
        ((Contract(180, LAST_NIGHT + 1, FOREVER),), EXPIRES),
        ((Contract(1280, 0, FOREVER),), EXPIRES),  # another municipality's
        ((Contract(-1, 0, TODAY + 5), Contract(180, TODAY + 5, FOREVER)), set()),  # one after the other
    ],
)
def test_the_contract_on_the_last_night(contracts: tuple[Contract, ...], found: set[Flag]) -> None:
    assert of_stay(listed(), facility(1, contracts=contracts)) == found
    assert of_stay(listed(), facility(1, contracts=contracts, is_direct_award_allowed=True)) == set()


# -- live placements -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("valid_until", "has_file", "found"),
    [
        (TODAY, True, ()),  # the last valid day itself
        (TODAY - 1, True, ("assessment_expired",)),
        (TODAY - 1, False, ("no_case_file",)),
        (TODAY + 9, False, ("no_case_file",)),
    ],
)
def test_live_placements(valid_until: int, has_file: bool, found: tuple[Flag, ...]) -> None:
    told = case(assessment=assessment(valid_until_day=valid_until))
    facts = world(facilities=[facility(1)], presences=[present(1, facility=0)], live=[live(told, 0, has_file=has_file)])
    assert flags_of(facts, Plan()).presences == ({0: found} if found else {})


def test_a_live_placement_with_a_file_but_no_assessment_is_the_gates_business() -> None:
    facts = world(facilities=[facility(1)], presences=[present(1)], live=[live(case(assessment=None), 0)])
    assert flags_of(facts, Plan()).presences == {}


# -- caveats ---------------------------------------------------------------------------------------


def test_the_caveat_counts_whose_separations_are_wider() -> None:
    people = [present(1, poorly_known=True), present(2), present(1, poorly_known=True, days=(0, TODAY))]
    told = [case(poorly_known=True), case(poorly_known=True), case()]
    facts = world(cases=told, presences=people, poor_knowledge_widening_percent=25)
    assert caveats(facts) == (
        "Separations are 25 percent wider where the confidence of an assessment is low: "
        "around 2 waiting and 1 present households.",
    )
    assert caveats(world(cases=told, presences=people, poor_knowledge_widening_percent=0)) == ()
    assert caveats(world(cases=[case()], presences=[present(2)])) == ()
