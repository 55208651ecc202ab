"""Domain §4, *Limits*: an assessment may tighten, never loosen.

Each limit an assessment can set is set, on a waiting case's assessment or on the one behind a live stay,
and whatever a hard rule refused without it is refused with it: every stay, every two stays together,
every live breach, every facility of the engine's exclusions. So it goes the whole way from the raw scenario.

No limits, hence not here: what an assessor signs to be otherwise (`presence_waived`, the end of a threat),
and the links `same` and `within`, which waive `former_network_separation` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from itertools import pairwise, product
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.constraints import hard, rule_book
from matching.facts import Facts
from matching.plans import Violation
from matching.refusals import exclusions
from tests import tellings as t
from tests.builders import place_plan, plan_of
from tests.tellings import Land, Raw

BOOK: Final = hard(rule_book())
TOWNS: Final = ("a", "b", "c")
PLACES: Final = (*TOWNS, "base", "home", "x")
STARTS: Final = (0, 2)

HOLDERS: Final = {"c": ("case", 0), "d": ("case", 1), "p": ("presence", 0)}
"""Whose assessment is changed: two waiting cases', and the one behind a live placement."""
PARTY: Final = {**HOLDERS, "r": ("presence", 1)}
"""The residence `r` has no assessment, but somebody may be linked to it."""

KM: Final = (0, 10, 30, 40, 60)
MINUTES: Final = (0, 10, 30, 40, 60)
METRES: Final = tuple(sorted({km * share * 10 + over for km in KM[1:] for share in (100, 120) for over in (0, 1)}))
TIMES: Final = tuple(sorted({m * share // 100 + over for m in MINUTES[2:] for share in (100, 120) for over in (0, 1)}))
"""On both sides of each limit, as it stands and widened by a fifth; no nearer in time than neighbours are."""
AWAY: Final = (200_000, 400)
"""Beyond every limit in one measure, so that the other one decides."""

SLOW: Final = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
often = settings(max_examples=60, deadline=None, suppress_health_check=SLOW, derandomize=True)
very_often = settings(often, max_examples=250)

Refusals = frozenset[tuple[Any, ...]]


def refused(facts: Facts) -> Refusals:
    """All that hard rules refuse: stays, two stays together, live breaches, facilities at any start."""
    homes = range(len(facts.facilities))
    found: set[tuple[Any, ...]] = set()
    for number, case in enumerate(facts.cases):
        found |= {("excluded", number, home) for home in exclusions(facts, number, BOOK)}
        for home, day in product(homes, STARTS):
            stay = place_plan(facts, number, home, t.TODAY + day).stay
            for rule in BOOK:
                if rule.objection(case, stay, facts) is not None:
                    found.add(("stay", rule.name, number, home, day))
    for one, other, day in product(homes, homes, STARTS):
        plan = plan_of(*((place_plan(facts, n, at, t.TODAY + day),) for n, at in enumerate((one, other))))
        found |= {("plan", one, other, day, *_said(breach)) for rule in BOOK for breach in rule.violations(plan, facts)}
    return frozenset(found | {("live", *_said(breach)) for rule in BOOK for breach in rule.live_violations(facts)})


def _said(breach: Violation) -> tuple[Any, ...]:
    return breach.rule, frozenset(breach.parties)


def of_rule(found: Refusals, *names: str) -> Refusals:
    return frozenset(one for one in found if not set(names).isdisjoint(part for part in one if isinstance(part, str)))


def telling(raw: Raw, holder: str, **told: Any) -> Raw:
    """The scenario with more said in one assessment; lists are added to."""
    changed = deepcopy(raw)
    by_id = {item["id"]: item.get("case_file", item) for item in (*changed["cases"], *changed["placements"])}
    (assessment,) = by_id[holder]["assessments"]
    for name, value in told.items():
        assessment[name] = [*assessment.get(name, ()), *value] if isinstance(value, list) else value
    return changed


# Weeks drawn where the limits are


@st.composite
def lands(draw: st.DrawFn) -> Land:
    pairs = [(one, other) for n, one in enumerate(PLACES) for other in PLACES[n + 1 :] if one in TOWNS]
    deciding = {pair: draw(st.sampled_from(["metres", "minutes", "both"])) for pair in pairs}
    minutes = {pair: AWAY[1] if deciding[pair] == "metres" else draw(st.sampled_from(TIMES)) for pair in pairs}
    return Land(
        PLACES,
        gap_m={pair: AWAY[0] if deciding[pair] == "minutes" else draw(st.sampled_from(METRES)) for pair in pairs},
        safe_min=minutes,
        road_min=minutes,
        parents=draw(st.sampled_from([{}, {}, {"b": "a"}])),
    )


@st.composite
def people(draw: st.DrawFn, key: str) -> Raw:
    """One person: of no network, of one or of both, or unknown."""
    if draw(st.integers(0, 9)) == 0:
        return t.member(key, knowledge="unknown")
    return t.member(key, *draw(st.sampled_from([(), ("red",), ("blue",), ("red", "blue"), ("red",), ("blue",)])))


def separations() -> st.SearchStrategy[Raw]:
    limits = st.one_of(
        st.sampled_from(KM).map(lambda km: {"km": km}),
        st.sampled_from(MINUTES).map(lambda minutes: {"minutes": minutes}),
        st.builds(lambda km, minutes: {"km": km, "minutes": minutes}, st.sampled_from(KM), st.sampled_from(MINUTES)),
    )
    named = st.sampled_from([{}, {"network": "red"}, {"network": "blue"}])
    return st.builds(lambda told, whom: {**told, **whom}, limits, named)


def links() -> st.SearchStrategy[Raw]:
    kinds = st.sampled_from(["within", "more_than"])
    limited = st.builds(lambda kind, km: {"kind": kind, "km": km}, kinds, st.sampled_from(KM))
    timed = st.builds(lambda kind, minutes: {"kind": kind, "minutes": minutes}, kinds, st.sampled_from(MINUTES))
    return st.one_of(st.just({"kind": "same"}), limited, timed)


@st.composite
def assessments(draw: st.DrawFn, *, national: bool) -> Raw:
    """Without any limit of its own but now and then a separation; with or without an actor."""
    reaches: list[Raw | None] = [None, None, {"network": "blue", "reach": {"kind": "presence"}}]
    reaches.append({"person_key": "person-p", "reach": {"kind": "radius", "bases": ["x"], "radius_km": 30}})
    reach = {"reach": {"kind": "national"}} if national else draw(st.sampled_from(reaches))
    actors = [] if reach is None else [{"id": "actor", "persistence": {"kind": "lasting"}, **reach}]
    return t.assessment(
        actors=actors,
        separations=draw(st.sampled_from([0, 0, 1]).flatmap(lambda n: st.lists(separations(), min_size=n, max_size=n))),
        confidence=draw(st.sampled_from(["low", "medium", "high"])),
    )


@st.composite
def weeks(draw: st.DrawFn, *, national: bool = False, conflict: bool = True) -> tuple[Raw, Land]:
    """Two cases, somebody placed and somebody in a home of their own, near each other by chance."""
    keys = ("c", "d", "p", "r")
    c, d, p, r = (draw(people(key)) for key in keys)
    kinds = draw(st.sampled_from([[], ["rival"], ["rival"], ["split"], ["allied"]]))
    feud: Raw = draw(st.sampled_from([{}, {"separation_km": 60}, {"separation_min": 60}]))
    raw = t.scenario(
        policy={
            "home_radius_km": draw(st.sampled_from([10, 30, 40])),
            "presence_radius_km": draw(st.sampled_from(KM)),
            "separation_km": draw(st.sampled_from([10, 30, 40])),
            "separation_min": draw(st.sampled_from([10, 30, 40])),
            "poor_knowledge_widening_percent": draw(st.sampled_from([0, 20, 20, 300])),
            "same_network_apart": draw(st.sampled_from(["facility", "locality"])),
        },
        networks=[t.network("blue", "x"), t.network("red", "base")],
        relations=[t.relation("red", "blue", kind) for kind in kinds],
        person_conflicts=[t.conflict("person-c", "person-p", **feud)] if conflict and draw(st.booleans()) else [],
        facilities=[
            t.facility(f"f-{town}", town, [t.room(beds=4, shared=True)], security_grade=draw(st.integers(1, 4)))
            for town in TOWNS
        ],
        cases=[
            t.case(key, told, days=(0, 2), assessments=[draw(assessments(national=national))])
            for key, told in (("c", c), ("d", d))
        ],
        placements=[
            t.placement(
                "p",
                draw(st.sampled_from(["f-a", "f-b"])),
                p,
                case_file={"homes": ["home"], "assessments": [draw(assessments(national=national))]},
            )
        ],
        residences=[t.residence("r", draw(st.sampled_from(["a", "c", "x"])), r)],
    )
    return raw, draw(lands())


SCALARS: Final = {"home_radius_km": KM, "presence_radius_km": KM, "protection_level": (1, 2, 3, 4)}


# Limits


@pytest.mark.parametrize("limit", SCALARS)
@often
@given(weeks(), st.sampled_from(sorted(HOLDERS)), st.data())
def test_no_radius_and_no_level_admits_what_was_refused(
    limit: str, week: tuple[Raw, Land], holder: str, data: st.DataObject
) -> None:
    raw, land = week
    values = sorted(data.draw(st.lists(st.sampled_from(SCALARS[limit]), min_size=1, max_size=3, unique=True)))
    found = [refused(t.facts_of(told, land)) for told in (raw, *(telling(raw, holder, **{limit: v}) for v in values))]
    # the policy alone, then ever larger values: none admits what a smaller one refuses
    assert all(before <= after for before, after in pairwise(found))


@very_often
@given(weeks(), st.sampled_from(sorted(HOLDERS)), st.lists(separations(), min_size=1, max_size=2))
def test_no_separation_admits_what_was_refused(week: tuple[Raw, Land], holder: str, wanted: list[Raw]) -> None:
    raw, land = week
    found = [
        refused(t.facts_of(telling(raw, holder, separations=wanted[:number]), land))
        for number in range(len(wanted) + 1)
    ]
    assert all(before <= after for before, after in pairwise(found))


@often
@given(weeks(), st.sampled_from(sorted(HOLDERS)), st.lists(separations(), max_size=1))
def test_low_confidence_widens_and_never_narrows(week: tuple[Raw, Land], holder: str, wanted: list[Raw]) -> None:
    raw, land = week
    alone = refused(t.facts_of(telling(raw, holder, confidence="high"), land))
    sure = refused(t.facts_of(telling(raw, holder, confidence="high", separations=wanted), land))
    unsure = refused(t.facts_of(telling(raw, holder, confidence="low"), land))
    both = refused(t.facts_of(telling(raw, holder, confidence="low", separations=wanted), land))
    assert alone <= sure <= both
    assert alone <= unsure <= both


@often
@given(weeks(national=True))
def test_national_reach_is_refused_unless_a_level_is_named_and_a_higher_one_admits_no_more(
    week: tuple[Raw, Land],
) -> None:
    """That no level is named is no policy that would admit: against national reach only a level helps."""
    raw, land = week
    unnamed = refused(t.facts_of(raw, land))
    assert {("stay", "threat_reach", 0, home, day) for home in range(3) for day in STARTS} <= unnamed
    found = [refused(t.facts_of(telling(raw, "c", protection_level=level), land)) for level in (1, 2, 3, 4)]
    assert all(before <= after for before, after in pairwise(found))
    assert unnamed - of_rule(unnamed, "threat_reach", "excluded") <= found[0]


# Links


@often
@given(weeks(conflict=False), st.sampled_from(sorted(HOLDERS)), st.data())
def test_a_link_waives_former_network_separation_between_the_two_and_nothing_else(
    week: tuple[Raw, Land], holder: str, data: st.DataObject
) -> None:
    raw, land = week
    whom = data.draw(st.lists(st.sampled_from([key for key in PARTY if key != holder]), min_size=1, unique=True))
    wanted = [{"person_key": f"person-{key}", **data.draw(links())} for key in whom]
    before = refused(t.facts_of(raw, land))
    after = refused(t.facts_of(telling(raw, holder, links=wanted), land))
    own = ("former_network_separation", "household_together", "excluded")
    assert before - of_rule(before, *own) == after - of_rule(after, *own)  # rival_separation among them
    assert of_rule(before, "household_together") <= of_rule(after, "household_together")
    waived = of_rule(before, "former_network_separation") - after
    assert of_rule(after, "former_network_separation") <= before
    near = [link["person_key"].removeprefix("person-") for link in wanted if link["kind"] != "more_than"]
    linked = {frozenset({PARTY[holder], PARTY[key]}) for key in near}
    assert {one[-1] for one in waived if one[0] in ("plan", "live")} <= linked
    assert near or not waived


# By hand: each limit does tighten, so that never loosening is no accident of its being ignored


def admitted(raw: Raw, **land: Any) -> bool:
    """Whether case `c` may have the facility `f-a` today."""
    facts = t.facts_of(raw, Land(PLACES, **land))
    stay = place_plan(facts, 0, 0, t.TODAY).stay
    return all(rule.objection(facts.cases[0], stay, facts) is None for rule in BOOK)


def small(c: Iterable[str] = (), r: Iterable[str] = (), **told: Any) -> Raw:
    """Case `c` may go to `a`; `r` lives in `x`; red is present at `base`."""
    collections: Raw = {
        "networks": [t.network("blue"), t.network("red", "base")],
        "relations": [t.relation("red", "blue")],
        "facilities": [t.facility("f-a", "a", security_grade=2)],
        "cases": [t.case("c", t.member("c", *c))],
        "residences": [t.residence("r", "x", t.member("r", *r))],
        "placements": [],
    }
    return t.scenario(**{**collections, **told})


@pytest.mark.parametrize(
    ("limit", "other", "gap_m", "stays_admitted", "refuses"),
    [
        ("home_radius_km", "home", 50_001, 50, 51),
        ("home_radius_km", "home", 70_000, 69, 70),
        ("presence_radius_km", "base", 5_001, 5, 6),
        ("presence_radius_km", "base", 30_000, 29, 30),
    ],
)
def test_a_radius_tightens(limit: str, other: str, gap_m: int, stays_admitted: int, refuses: int) -> None:
    gaps = {("a", other): gap_m}
    raw = small(c=["red"])
    assert admitted(raw, gap_m=gaps)
    assert admitted(telling(raw, "c", **{limit: 0}), gap_m=gaps)
    assert admitted(telling(raw, "c", **{limit: stays_admitted}), gap_m=gaps)
    assert not admitted(telling(raw, "c", **{limit: refuses}), gap_m=gaps)


@pytest.mark.parametrize(
    ("limit", "other", "gap_m"), [("home_radius_km", "home", 50_000), ("presence_radius_km", "base", 5_000)]
)
@pytest.mark.parametrize("value", [None, 0, 1, 4, 49])
def test_no_smaller_radius_loosens(limit: str, other: str, gap_m: int, value: int | None) -> None:
    gaps = {("a", other): gap_m}
    raw = small(c=["red"])
    assert not admitted(raw if value is None else telling(raw, "c", **{limit: value}), gap_m=gaps)


@pytest.mark.parametrize(("level", "is_admitted"), [(None, True), (1, True), (2, True), (3, False), (4, False)])
def test_a_level_tightens(level: int | None, is_admitted: bool) -> None:
    assert admitted(telling(small(), "c", protection_level=level)) == is_admitted


@pytest.mark.parametrize(
    ("confidence", "wanted", "gap_m", "minutes", "is_admitted"),
    [
        ("high", {"km": 0}, 30_000, 400, False),  # the policy's 30 km, whatever less is said
        ("high", {"km": 0}, 30_001, 400, True),
        ("high", {"minutes": 0}, 100_000, 30, False),  # and its 30 minutes
        ("high", {"minutes": 0}, 100_000, 31, True),
        ("high", {"km": 29}, 30_000, 400, False),
        ("high", {"minutes": 29}, 100_000, 30, False),
        ("high", {"km": 60}, 60_000, 400, False),
        ("high", {"km": 60}, 60_001, 400, True),
        ("high", {"minutes": 90}, 100_000, 90, False),
        ("high", {"minutes": 90}, 100_000, 91, True),
        ("low", {"km": 0}, 36_000, 400, False),  # 30 km and a fifth
        ("low", {"km": 0}, 36_001, 400, True),
        ("low", {"km": 60, "network": "blue"}, 72_000, 400, False),  # 60 km and a fifth
        ("low", {"km": 60, "network": "blue"}, 72_001, 400, True),
        ("low", {"minutes": 31}, 100_000, 38, False),  # 37.2 minutes, rounded up
        ("low", {"minutes": 31}, 100_000, 39, True),
    ],
)
def test_a_separation_tightens(confidence: str, wanted: Raw, gap_m: int, minutes: int, is_admitted: bool) -> None:
    raw = telling(small(c=["red"], r=["blue"]), "c", confidence=confidence, separations=[wanted])
    assert admitted(raw, gap_m={("a", "x"): gap_m}, safe_min={("a", "x"): minutes}) == is_admitted


@pytest.mark.parametrize(
    ("wanted", "gap_m", "is_admitted"),
    [([], 60_000, False), ([], 60_001, True), ([{"km": 40}], 60_000, False), ([{"km": 61}], 60_001, False)],
)
def test_a_separation_never_narrows_that_of_a_conflict(wanted: list[Raw], gap_m: int, is_admitted: bool) -> None:
    conflict = t.conflict("person-c", "person-r", separation_km=60)
    raw = telling(small(person_conflicts=[conflict]), "c", separations=wanted)
    assert admitted(raw, gap_m={("a", "x"): gap_m}) == is_admitted


@pytest.mark.parametrize(
    ("link", "rivals_too", "is_admitted"),
    [
        (None, False, False),  # of one network, in one locality
        ({"kind": "within", "km": 0}, False, True),
        ({"kind": "within", "km": 0}, True, False),  # a rival is never waived
        ({"kind": "more_than", "km": 0}, False, False),
    ],
)
def test_a_link_tightens_or_waives_one_rule(link: Raw | None, rivals_too: bool, is_admitted: bool) -> None:
    raw = small(c=["red"], r=["red", "blue"] if rivals_too else ["red"])
    raw = raw if link is None else telling(raw, "c", links=[{"person_key": "person-r", **link}])
    assert admitted(raw, parents={"x": "a"}, gap_m={("a", "x"): 0}) == is_admitted
