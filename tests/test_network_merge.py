"""The merge rule of docs/decisions/0013-merging-intelligence.md, row by row; merged edges against the engine."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.domain import Policy, Relation
from matching.facts import FOREVER
from matching.intelligence import Disagreement, Edge, disagreements, merged_edges
from matching.networks import allies, hostile_windows, intersect, uncertain_ties
from tests.tellings import TODAY, on, relation

CERTAIN = Policy().certain_from_percent  # 20


def records(*raw: dict[str, Any]) -> list[Relation]:
    """Relations, numbered r0, r1 … unless they have an id of their own."""
    return [Relation.model_validate_json(json.dumps({**told, "id": f"r{n}"})) for n, told in enumerate(raw)]


def edge(told: list[Relation], a: str = "blue", b: str = "red", **policy: Any) -> Edge:
    """The merged edge of one pair."""
    (found,) = (one for one in merged_edges(told, Policy(**policy), TODAY) if (one.a, one.b) == (a, b))
    return found


def clashes(told: list[Relation]) -> list[Disagreement]:
    return list(disagreements(merged_edges(told, Policy(), TODAY), TODAY))


def said(source: str, **told: Any) -> dict[str, Any]:
    return {"provenance": {"source": source, "recorded_on": on(-100), **told}}


# -- one edge a pair -------------------------------------------------------------------------------


def test_all_records_of_a_pair_in_either_order_are_one_edge() -> None:
    told = records(
        relation("red", "blue", start=on(-400), probability_percent=40, **said("interview", confirmed_on=on(-3))),
        relation("blue", "red", start=on(-300), probability_percent=70, **said("open_source")),
        relation("red", "blue", "allied", start=on(-200), probability_percent=90, **said("municipality")),
        relation("blue", "red", "split", start=on(-100), probability_percent=5, **said("investigation")),
    )
    (merged,) = merged_edges(told, Policy(rival_of_ally_counts=False), TODAY)
    assert (merged.a, merged.b) == ("blue", "red")
    assert [(tie.kind, tie.percent, len(tie.statements)) for tie in merged.ties] == [
        ("rival", 70, 2),
        ("split", 5, 1),
        ("allied", 90, 1),
    ]
    sources = [(one.provenance.source, one.record) for one in merged.statements]
    assert sources == [("interview", "r0"), ("open_source", "r1"), ("investigation", "r3"), ("municipality", "r2")]
    confirmed = merged.statements[0].provenance.confirmed_on
    assert confirmed is not None
    assert confirmed.isoformat() == on(-3)
    assert merged.statements[1].provenance.confirmed_on is None


def test_nothing_told_is_no_edge() -> None:
    assert merged_edges([], Policy(), TODAY) == ()


# -- a statement ends only by its own end, confirmed and come ----------------------------------------


@pytest.mark.parametrize(
    ("end", "confirmed", "lasts"),
    [(-1, True, False), (0, True, False), (1, True, True), (-1, False, True), (0, False, True)],
)
def test_only_a_confirmed_end_that_has_come_ends_a_statement(end: int, confirmed: bool, lasts: bool) -> None:
    told = records(relation("red", "blue", start=on(-400), end=on(end), end_confirmed=confirmed))
    assert edge(told).hostile_windows == ((TODAY - 400, FOREVER if lasts else TODAY + end),)
    assert edge(told).state(TODAY) == ("kept_apart" if lasts else "ended")


def test_another_sources_confirmed_end_ends_nothing_else() -> None:
    told = records(
        relation("red", "blue", start=on(-400), end=on(-50), end_confirmed=True),
        relation("red", "blue", start=on(-300)),
    )
    assert edge(told).hostile_windows == ((TODAY - 400, FOREVER),)


def test_a_gap_between_two_rivalries_stays_a_gap() -> None:
    told = records(
        relation("red", "blue", start=on(-400), end=on(-300), end_confirmed=True),
        relation("red", "blue", start=on(-200)),
    )
    assert edge(told).hostile_windows == ((TODAY - 400, TODAY - 300), (TODAY - 200, FOREVER))


# -- a live rivalry counts over alliance -------------------------------------------------------------


@pytest.mark.parametrize("alliance_percent", [1, 100])
def test_a_rivalry_counts_over_an_alliance_however_sure(alliance_percent: int) -> None:
    told = records(
        relation("red", "blue", start=on(-400), probability_percent=CERTAIN),
        relation("red", "blue", "allied", start=on(-10), probability_percent=alliance_percent),
    )
    assert edge(told).hostile_windows == ((TODAY - 400, FOREVER),)
    assert edge(told).allied_windows == ((TODAY - 10, FOREVER),)
    assert edge(told).state(TODAY) == "kept_apart"


def test_an_alliance_counts_when_the_rivalry_has_ended() -> None:
    told = records(
        relation("red", "blue", start=on(-400), end=on(-10), end_confirmed=True),
        relation("red", "blue", "allied", start=on(-100)),
    )
    assert edge(told).state(TODAY) == "allied"


# -- the highest probability counts ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percents", "state"),
    [
        ((CERTAIN - 1,), "in_risk"),
        ((CERTAIN,), "kept_apart"),
        ((1, CERTAIN - 1), "in_risk"),
        ((1, CERTAIN), "kept_apart"),
        ((CERTAIN, 1), "kept_apart"),
    ],
)
def test_the_highest_probability_decides_between_certain_and_risk(percents: tuple[int, ...], state: str) -> None:
    told = records(*(relation("red", "blue", probability_percent=percent) for percent in percents))
    assert edge(told).state(TODAY) == state
    assert edge(told).ties[0].percent == max(percents)


def test_a_certain_statement_that_ended_leaves_what_is_uncertain_in_risk() -> None:
    told = records(
        relation("red", "blue", start=on(-400), end=on(-10), end_confirmed=True, probability_percent=90),
        relation("red", "blue", start=on(-300), probability_percent=10),
    )
    merged = edge(told)
    assert merged.hostile_windows == ((TODAY - 400, TODAY - 10),)
    assert merged.uncertain == (("rival", TODAY - 300, FOREVER, 10),)
    assert merged.state(TODAY) == "in_risk"
    assert (merged.ties[0].percent, merged.ties[0].percent_from(TODAY)) == (90, 10)


def test_a_split_and_an_alliance_count_at_any_probability() -> None:
    split = records(relation("red", "blue", "split", probability_percent=1))
    allied = records(relation("red", "blue", "allied", probability_percent=1))
    assert edge(split).state(TODAY) == "kept_apart"
    assert edge(allied).state(TODAY) == "allied"


# -- what follows for others -------------------------------------------------------------------------


def test_a_rival_of_an_ally_is_derived_with_its_ally_and_both_records() -> None:
    told = records(
        relation("blue", "green", "allied", start=on(-100), end=on(-20), end_confirmed=True),
        relation("green", "red", start=on(-60)),
    )
    (derived,) = edge(told).derived
    assert (derived.kind, derived.by, derived.ally_of, derived.via) == ("rival", "rival_of_ally", "blue", "green")
    assert derived.windows == ((TODAY - 60, TODAY - 20),)  # the days of both
    assert derived.records == ("r0", "r1")
    assert edge(told).ties == ()
    assert all(
        (one.a, one.b) != ("blue", "red") for one in merged_edges(told, Policy(rival_of_ally_counts=False), TODAY)
    )


@pytest.mark.parametrize(("percent", "follows"), [(CERTAIN - 1, False), (CERTAIN, True)])
def test_only_a_certain_rival_of_an_ally_is_one(percent: int, follows: bool) -> None:
    told = records(
        relation("blue", "green", "allied", probability_percent=1),
        relation("green", "red", probability_percent=percent),
    )
    assert any((one.a, one.b) == ("blue", "red") for one in merged_edges(told, Policy(), TODAY)) is follows


def test_a_half_keeps_rivals_and_allies_with_their_probability_and_the_splits_between() -> None:
    told = records(
        relation("blue", "cyan", "split", end=on(-300), end_confirmed=True),
        relation("cyan", "navy", "split", end=on(-300), end_confirmed=True),
        relation("blue", "red", probability_percent=10),
        relation("blue", "green", "allied"),
    )
    (rival,) = edge(told, "navy", "red", rival_of_ally_counts=False).derived
    assert (rival.kind, rival.by, rival.percent, rival.is_certain) == ("rival", "half", 10, False)
    assert rival.records == ("r2", "r0", "r1")
    (ally,) = edge(told, "green", "navy", rival_of_ally_counts=False).derived
    assert (ally.kind, ally.windows) == ("allied", ((TODAY - 500, FOREVER),))
    (near,) = edge(told, "cyan", "red", rival_of_ally_counts=False).derived
    assert near.records == ("r2", "r0")


# -- disagreements -----------------------------------------------------------------------------------


def test_sources_that_agree_are_not_listed() -> None:
    told = records(
        relation("red", "blue", start=on(-500), probability_percent=60),
        relation("blue", "red", start=on(-500 + 365), probability_percent=89),
        relation("red", "blue", "split", start=on(-500), probability_percent=60),
    )
    assert clashes(told) == []


@pytest.mark.parametrize(
    ("hostile", "counts"),
    [
        ({"kind": "rival"}, "hostile: kept apart"),
        ({"kind": "split", "probability_percent": 1}, "hostile: kept apart"),
        ({"kind": "rival", "probability_percent": CERTAIN - 1}, "uncertain hostility, in RISK"),
        (
            {"kind": "rival", "end": on(-1), "end_confirmed": True},
            "allied: the hostility has ended, confirmed",
        ),
        ({"kind": "rival", "end": on(-1)}, "hostile: kept apart"),
    ],
)
def test_hostile_and_allied_at_once(hostile: dict[str, Any], counts: str) -> None:
    (found,) = clashes(records(relation("red", "blue", **hostile), relation("blue", "red", "allied")))
    assert (found.a, found.b, found.about, found.counts) == ("blue", "red", "kind", counts)
    assert [one.record for one in found.statements] == ["r0", "r1"]


@pytest.mark.parametrize(("until", "is_listed"), [(-200, False), (-199, True)])
@pytest.mark.parametrize(("before", "after"), [("allied", "rival"), ("rival", "allied"), ("split", "allied")])
def test_a_change_of_loyalty_is_no_disagreement(before: str, after: str, until: int, is_listed: bool) -> None:
    told = records(
        relation("red", "blue", before, start=on(-500), end=on(until)), relation("red", "blue", after, start=on(-200))
    )
    assert bool(clashes(told)) is is_listed


@pytest.mark.parametrize(("end", "confirmed", "is_listed"), [(0, True, True), (0, False, True), (1, False, False)])
def test_ended_against_open(end: int, confirmed: bool, is_listed: bool) -> None:
    told = records(
        relation("red", "blue", end=on(end), end_confirmed=confirmed, **said("interview")),
        relation("red", "blue", **said("investigation")),
    )
    found = clashes(told)
    assert [(one.about, one.counts) for one in found] == (
        [("end", "rival without end; hostile: kept apart")] if is_listed else []
    )


@pytest.mark.parametrize(("low", "is_listed"), [(61, False), (60, True), (10, True)])
def test_thirty_points_of_probability(low: int, is_listed: bool) -> None:
    told = records(relation("red", "blue", probability_percent=90), relation("red", "blue", probability_percent=low))
    assert [(one.about, one.counts) for one in clashes(told)] == (
        [("probability", "rival 90 %; hostile: kept apart")] if is_listed else []
    )


@pytest.mark.parametrize(
    ("late", "is_listed"), [("2024-02-28", False), ("2025-02-28", False), ("2025-03-01", True), ("2026-01-01", True)]
)
def test_a_start_more_than_a_year_apart(late: str, is_listed: bool) -> None:
    told = records(relation("red", "blue", "allied", start="2024-02-29"), relation("red", "blue", "allied", start=late))
    first = min("2024-02-29", late)
    assert [(one.about, one.counts) for one in clashes(told)] == (
        [("start", f"allied from {first}")] if is_listed else []
    )


def test_an_uncertain_start_says_since_when_it_is_certain() -> None:
    told = records(
        relation("red", "blue", start="2020-01-01", probability_percent=15),
        relation("red", "blue", start="2024-01-01", probability_percent=25),
    )
    (found,) = clashes(told)
    assert found.counts == "rival from 2020-01-01; hostile: kept apart from 2024-01-01"


def test_all_ended_confirmed_leaves_nothing() -> None:
    told = records(
        relation("red", "blue", end=on(-9), end_confirmed=True, probability_percent=90),
        relation("red", "blue", end=on(-5), end_confirmed=True, probability_percent=20),
    )
    assert [(one.about, one.counts) for one in clashes(told)] == [("probability", "nothing: all have ended, confirmed")]


# -- knowledge age -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("recorded", "confirmed", "age", "is_stale"),
    [
        (-180, None, 180, False),
        (-181, None, 181, True),
        (-900, -180, 180, False),
        (-900, -181, 181, True),
        (-181, 1, 181, True),  # a day to come confirms nothing
        (-180, 1, 180, False),
        (0, None, 0, False),
        (1, None, None, True),
        (-180, -181, 180, False),
    ],
)
def test_age_counts_from_the_confirmation_or_the_recording(
    recorded: int, confirmed: int | None, age: int | None, is_stale: bool
) -> None:
    provenance = {"source": "interview", "recorded_on": on(recorded)}
    if confirmed is not None:
        provenance["confirmed_on"] = on(confirmed)
    (statement,) = edge(records(relation("red", "blue", provenance=provenance))).statements
    assert (statement.age_days, statement.is_stale) == (age, is_stale)


@pytest.mark.parametrize(("confirmed", "is_stale"), [(True, False), (False, True)])
def test_what_has_ended_confirmed_needs_no_confirmation(confirmed: bool, is_stale: bool) -> None:
    told = records(
        relation(
            "red",
            "blue",
            end=on(-1),
            end_confirmed=confirmed,
            provenance={"source": "interview", "recorded_on": on(-999)},
        )
    )
    assert edge(told).statements[0].is_stale is is_stale


# -- the merged edges are the engine's ---------------------------------------------------------------

NETWORKS = ("blue", "green", "navy", "red")
PAIRS = st.sampled_from(list(permutations(NETWORKS, 2)))


@st.composite
def relations(draw: st.DrawFn) -> list[Relation]:
    """Several statements a pair, of all kinds, with ends of all sorts and probabilities about the limit."""
    raw = []
    for _ in range(draw(st.integers(0, 8))):
        a, b = draw(PAIRS)
        start = draw(st.sampled_from([-500, -300, -10, 0, 5]))
        end = draw(st.sampled_from([None, None, start + 5, -1, 0, 1, 30]))
        dated = {} if end is None or end <= start else {"end": on(end), "end_confirmed": draw(st.booleans())}
        raw.append(
            relation(
                a,
                b,
                draw(st.sampled_from(["rival", "rival", "allied", "split"])),
                start=on(start),
                probability_percent=draw(st.sampled_from([1, 10, CERTAIN - 1, CERTAIN, 50, 90])),
                **dated,
            )
        )
    return records(*raw)


def both_orders(found: dict[tuple[str, str], Any]) -> dict[tuple[str, str], Any]:
    return {way: value for pair, value in found.items() if value for way in (pair, pair[::-1])}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(relations(), st.booleans(), st.sampled_from([1, 11, CERTAIN, 50]))
def test_merged_edges_say_what_the_engine_goes_by(told: list[Relation], of_ally: bool, certain: int) -> None:
    policy = Policy(rival_of_ally_counts=of_ally, certain_from_percent=certain)
    edges = {(one.a, one.b): one for one in merged_edges(told, policy, TODAY)}
    assert both_orders({pair: one.hostile_windows for pair, one in edges.items()}) == hostile_windows(
        told, of_ally, TODAY, certain
    )
    assert both_orders({pair: one.uncertain for pair, one in edges.items()}) == uncertain_ties(told, TODAY, certain)
    assert both_orders({pair: one.allied_windows for pair, one in edges.items()}) == allies(told, TODAY)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(relations(), st.booleans())
def test_the_records_named_are_enough_for_what_is_derived(told: list[Relation], of_ally: bool) -> None:
    """Told of those records alone, the engine keeps the pair apart, or allied, on the same days."""
    policy = Policy(rival_of_ally_counts=of_ally)
    for one in merged_edges(told, policy, TODAY):
        for derived in one.derived:
            alone = [relation for relation in told if relation.id in derived.records]
            if derived.kind == "allied":
                found = allies(alone, TODAY)[one.a, one.b]
            elif derived.is_certain:
                found = hostile_windows(alone, of_ally, TODAY, CERTAIN)[one.a, one.b]
            else:
                ties = uncertain_ties(alone, TODAY, CERTAIN)[one.a, one.b]
                found = tuple((start, end) for kind, start, end, _ in ties if kind == "rival")
            assert intersect(derived.windows, found) == derived.windows


@settings(max_examples=100, deadline=None, derandomize=True)
@given(relations(), st.randoms(use_true_random=False))
def test_the_order_of_the_records_does_not_matter(told: list[Relation], dice: Any) -> None:
    shuffled = dice.sample(told, len(told))
    assert merged_edges(shuffled, Policy(), TODAY) == merged_edges(told, Policy(), TODAY)
    assert clashes(shuffled) == clashes(told)
