"""The situation picture: persons in counts alone, presence as the engine has it, conflicts as numbers."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.assemble import Numbering
from matching.assemble.intelligence import Intelligence
from matching.domain import Scenario, parse
from matching.facts import FOREVER
from matching.intelligence import FEWEST_TOLD, Known, PersonConflicts, situation_picture
from matching.networks import halves, intersect, live_window, merged
from tests.tellings import (
    TODAY,
    Land,
    case,
    conflict,
    facility,
    member,
    network,
    on,
    placement,
    relation,
    residence,
    scenario,
)

LAND = Land(("a", "b", "c", "home"))
ALWAYS = ((0, FOREVER),)


def told(**collections: Any) -> Scenario:
    return parse(json.dumps(scenario(**collections)).encode(), LAND.index())


def known(read: Scenario) -> dict[str, Known]:
    return {one.network.id: one for one in situation_picture(read).networks}


def in_red(degree: str, **dated: Any) -> dict[str, Any]:
    return {"network": "red", "degree": degree, "start": on(-900), **dated}


def placed(*people: dict[str, Any]) -> Scenario:
    """The people, each placed in a house of their own."""
    return told(
        networks=[network("red"), network("blue")],
        facilities=[facility(f"f{n}", "a") for n in range(len(people))],
        placements=[placement(f"p{n}", f"f{n}", one) for n, one in enumerate(people)],
    )


# -- persons, in counts alone ------------------------------------------------------------------------


@pytest.mark.parametrize(("persons", "count"), [(0, None), (1, None), (2, None), (3, 3), (4, 4)])
def test_fewer_than_three_persons_are_not_told_apart_from_none(persons: int, count: int | None) -> None:
    assert FEWEST_TOLD == 3
    counts = known(placed(*(member(f"m{n}", in_red("core")) for n in range(persons))))["red"].persons
    assert (counts.core, counts.active, counts.peripheral) == (count, None, None)
    assert counts.at_least == (count or 0)


def test_a_person_counts_once_by_the_closest_degree_ended_or_not() -> None:
    ended = {"end": on(-100)}
    people = [member(f"m{n}", in_red("peripheral"), in_red("core", **ended)) for n in range(3)]
    people += [member(f"n{n}", in_red("peripheral", **ended), in_red("active", **ended)) for n in range(4)]
    counts = known(placed(*people))["red"].persons
    assert (counts.core, counts.active, counts.peripheral) == (3, 4, None)
    assert counts.at_least == 7


def test_cases_placements_and_residences_count_and_nobody_twice() -> None:
    same = member("m0", "red")
    read = told(
        networks=[network("red")],
        facilities=[facility("f0", "a")],
        cases=[case("c0", same), case("c1", member("m1", "red"))],
        placements=[placement("p0", "f0", same)],
        residences=[residence("r0", "b", member("m2", "red"))],
    )
    assert known(read)["red"].persons.active == 3


@pytest.mark.parametrize(("end", "still"), [(None, 3), (1, 3), (0, None), (-1, None)])
def test_memberships_are_multiple_and_dated(end: int | None, still: int | None) -> None:
    dated = {} if end is None else {"end": on(end)}
    blue = {"network": "blue", "degree": "core", "start": on(-900), "end": on(-100)}
    found = situation_picture(placed(*(member(f"m{n}", in_red("core", **dated), blue) for n in range(3)))).belonging
    assert (found.in_several, found.still_in_one) == (3, still)


def test_two_memberships_of_one_network_are_not_several_networks() -> None:
    twice = [member(f"m{n}", in_red("core", end=on(-100)), in_red("active")) for n in range(3)]
    assert situation_picture(placed(*twice)).belonging.in_several is None


# -- conflicts between persons -----------------------------------------------------------------------


def test_conflicts_between_persons_are_numbers_and_sources() -> None:
    people = [member(f"m{n}") for n in range(4)]
    by_interview = {"provenance": {"source": "interview", "recorded_on": on(-180)}}
    old = {"provenance": {"source": "police_intelligence", "recorded_on": on(-181)}}
    read = told(
        networks=[],
        facilities=[facility(f"f{n}", "a") for n in range(4)],
        placements=[placement(f"p{n}", f"f{n}", one) for n, one in enumerate(people)],
        person_conflicts=[
            conflict("person-m0", "person-m1", **by_interview),
            conflict("person-m0", "person-m2", **old),
            conflict("person-m0", "person-m3", **old, end=on(-1), end_confirmed=True),
            conflict("person-m1", "person-m3", **old, end=on(-1)),
        ],
    )
    assert situation_picture(read).conflicts == PersonConflicts(
        recorded=4, live=3, stale=2, by_source={"interview": 1, "police_intelligence": 3}
    )


def test_no_person_and_no_placement_is_anywhere_in_the_picture() -> None:
    read = told(
        networks=[network("red", "b"), network("blue", "c")],
        relations=[relation("red", "blue")],
        facilities=[facility(f"house-{n}", "a") for n in range(5)],
        cases=[case("case-0", member("x0", "red"), home="home")],
        placements=[placement(f"stay-{n}", f"house-{n}", member(f"m{n}", "red")) for n in range(5)],
        residences=[residence("living-0", "home", member("y0", "blue"))],
        person_conflicts=[conflict("person-m0", "person-m1")],
    )
    picture = situation_picture(read)
    text = repr([getattr(picture, field.name) for field in dataclasses.fields(picture) if field.name != "policy"])
    for word in ("person-", "house-", "stay-", "living-", "case-0", "'home'", "'a'"):
        assert word not in text
    assert "'red'" in text


# -- age ---------------------------------------------------------------------------------------------


def test_what_is_stale_is_listed_oldest_first_with_its_pair() -> None:
    recorded = {"r-new": -180, "r-old": -181, "r-older": -400}
    read = told(
        networks=[network("red"), network("blue"), network("green")],
        relations=[
            relation(*pair, id=name, provenance={"source": "interview", "recorded_on": on(recorded[name])})
            for name, pair in zip(recorded, [("red", "blue"), ("red", "green"), ("green", "blue")], strict=True)
        ],
    )
    found = situation_picture(read).stale
    assert [(edge.a, edge.b, one.record, one.age_days) for edge, one in found] == [
        ("blue", "green", "r-older", 400),
        ("green", "red", "r-old", 181),
    ]


# -- presence ----------------------------------------------------------------------------------------


def present(read: Scenario, name: str) -> list[tuple[str, str, str, tuple[int, int]]]:
    return [(one.by, one.network, one.locality, one.window) for one in known(read)[name].presence]


def test_presence_is_own_of_halves_and_of_allies_while_they_are() -> None:
    read = told(
        networks=[network("red", "a"), network("blue", "b"), network("green", "c")],
        relations=[
            relation("red", "blue", "split", end=on(-300), end_confirmed=True),
            relation("red", "green", "allied", start=on(-50), end=on(-20), end_confirmed=True),
        ],
    )
    alliance = (TODAY - 50, TODAY - 20)
    assert present(read, "red") == [
        ("own", "red", "a", (TODAY - 1000, FOREVER)),
        ("half", "blue", "b", (TODAY - 1000, FOREVER)),
        ("ally", "green", "c", alliance),
    ]
    assert present(read, "green") == [
        ("own", "green", "c", (TODAY - 1000, FOREVER)),
        ("ally", "blue", "b", alliance),
        ("ally", "red", "a", alliance),
    ]


@pytest.mark.parametrize(("confirmed", "end"), [(True, TODAY - 10), (False, FOREVER)])
def test_only_a_confirmed_end_ends_a_presence(confirmed: bool, end: int) -> None:
    here = {"locality": "a", "start": on(-90), "end": on(-10), "end_confirmed": confirmed}
    read = told(networks=[network("red", presence=[here])])
    assert present(read, "red") == [("own", "red", "a", (TODAY - 90, end))]


@st.composite
def provenances(draw: st.DrawFn) -> dict[str, Any]:
    days = st.sampled_from([-400, -181, -180, 0, 1])
    confirmed = draw(st.one_of(st.none(), days))
    return {"source": "interview", "recorded_on": on(draw(days))} | (
        {} if confirmed is None else {"confirmed_on": on(confirmed)}
    )


@st.composite
def lands_of_networks(draw: st.DrawFn) -> dict[str, Any]:
    names = ("blue", "green", "navy", "red")
    days = st.sampled_from([-400, -100, -5, 0, 9])

    def dated() -> dict[str, Any]:
        start, end = draw(days), draw(st.sampled_from([None, -50, 0, 3]))
        if end is None or end <= start:
            return {"start": on(start)}
        return {"start": on(start), "end": on(end), "end_confirmed": draw(st.booleans())}

    places = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2)
    networks = [network(name, presence=[{"locality": one, **dated()} for one in draw(places)]) for name in names]
    pairs = st.sampled_from([(a, b) for a in names for b in names if a != b])
    return {
        "networks": networks,
        "relations": [
            relation(
                *draw(pairs),
                draw(st.sampled_from(["allied", "allied", "split", "rival"])),
                id=f"r{n}",
                provenance=draw(provenances()),
                **dated(),
            )
            for n in range(draw(st.integers(0, 5)))
        ],
    }


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(lands_of_networks())
def test_presence_is_what_the_engine_reads(raw: dict[str, Any]) -> None:
    read = told(**raw)
    place = {one: number for number, one in enumerate(LAND.ids)}
    engine = Intelligence(read, Numbering(place, {}, {}), TODAY)
    for name, one in known(read).items():
        bases = {
            (base.place, base.start_day, base.end_day) for base in engine.presence_of(engine.network[name], ALWAYS)
        }
        assert {(place[spot.locality], *spot.window) for spot in one.presence} == bases


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(lands_of_networks())
def test_what_is_stale_is_what_the_plan_flags(raw: dict[str, Any]) -> None:
    """The flags of a plan name networks; here are the records, so a half of a split is looked up."""
    read = told(**raw)
    engine = Intelligence(read, Numbering({one: n for n, one in enumerate(LAND.ids)}, {}, {}), TODAY)
    parts = halves(read.relations)
    named = {part for edge, _ in situation_picture(read).stale for one in (edge.a, edge.b) for part in parts[one]}
    assert {engine.network[name] for name in named} == engine.stale_networks()


# -- windows -----------------------------------------------------------------------------------------


def test_windows_touching_are_joined_and_empty_ones_dropped() -> None:
    assert merged([(5, 9), (9, 12), (20, 20), (14, 15)]) == ((5, 12), (14, 15))
    assert merged([]) == ()
    assert intersect([(1, 10), (20, 30)], [(9, 21)]) == ((9, 10), (20, 21))
    assert intersect([(1, 5)], [(5, 9)]) == ()


@pytest.mark.parametrize(
    ("end", "confirmed", "window"),
    [
        (None, True, (1, FOREVER)),
        (9, True, (1, 9)),
        (10, True, (1, 10)),
        (11, True, (1, FOREVER)),
        (9, False, (1, FOREVER)),
    ],
)
def test_a_window_ends_with_a_confirmed_end_that_has_come(
    end: int | None, confirmed: bool, window: tuple[int, int]
) -> None:
    assert live_window(1, end, confirmed, today=10) == window


def test_halves_go_through_chains_of_splits_and_no_end_ends_them() -> None:
    read = told(
        networks=[network(name) for name in ("blue", "green", "navy", "red")],
        relations=[
            relation("blue", "green", "split", end=on(-300), end_confirmed=True),
            relation("green", "navy", "split"),
            relation("navy", "red"),
        ],
    )
    trio = frozenset({"blue", "green", "navy"})
    assert halves(read.relations) == {"blue": trio, "green": trio, "navy": trio, "red": frozenset({"red"})}
