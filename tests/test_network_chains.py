"""Long chains of splits: what follows for a pair in many ways is told together, on the same days, and in time."""

from __future__ import annotations

import random
import time
from itertools import pairwise
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.domain import Policy, Relation
from matching.intelligence import Edge, following, merged_edges
from matching.networks import allies, hostile_windows, intersect, uncertain_ties
from tests.tellings import TODAY, on, relation
from tests.test_network_merge import CERTAIN, both_orders, edge, records, relations

MOST = following.MOST_WAYS


def merged(told: list[Relation], most_ways: int = MOST, of_ally: bool = True) -> dict[tuple[str, str], Edge]:
    """Edges by pair, those of more than so many ways told together."""
    with patch.object(following, "MOST_WAYS", most_ways):
        return {(one.a, one.b): one for one in merged_edges(told, Policy(rival_of_ally_counts=of_ally), TODAY)}


@settings(max_examples=150, deadline=None, derandomize=True)
@given(relations(), st.booleans(), st.sampled_from([0, 1, 2]))
def test_told_together_it_is_still_what_the_engine_goes_by(told: list[Relation], of_ally: bool, most: int) -> None:
    edges = merged(told, most, of_ally)
    assert both_orders({pair: one.hostile_windows for pair, one in edges.items()}) == hostile_windows(
        told, of_ally, TODAY, CERTAIN
    )
    assert both_orders({pair: one.uncertain for pair, one in edges.items()}) == uncertain_ties(told, TODAY, CERTAIN)
    assert both_orders({pair: one.allied_windows for pair, one in edges.items()}) == allies(told, TODAY)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(relations(), st.booleans())
def test_the_records_named_give_all_its_days(told: list[Relation], of_ally: bool) -> None:
    for pair, one in merged(told, 0, of_ally).items():
        for derived in one.derived:
            alone = [relation for relation in told if relation.id in derived.records]
            if derived.kind == "allied":
                found = allies(alone, TODAY)[pair]
            elif derived.is_certain:
                found = hostile_windows(alone, of_ally, TODAY, CERTAIN)[pair]
            else:
                ties = uncertain_ties(alone, TODAY, CERTAIN)[pair]
                found = tuple((start, end) for kind, start, end, _ in ties if kind == "rival")
            assert intersect(derived.windows, found) == derived.windows


def many_told(count: int) -> list[Relation]:
    """Two halves, one of which so many records call a rival of red, a day later and a percent surer each."""
    rivalries = (relation("blue", "red", start=on(-300 + n), probability_percent=30 + n) for n in range(count))
    return records(relation("blue", "cyan", "split"), *rivalries)


def test_up_to_the_limit_every_record_is_told_alone() -> None:
    alone = edge(many_told(MOST), "cyan", "red").derived
    assert [(one.records, one.percent) for one in alone] == [((f"r{n + 1}", "r0"), 30 + n) for n in range(MOST)]
    (together,) = edge(many_told(MOST + 1), "cyan", "red").derived
    assert (together.records, together.percent) == (("r1", "r0"), 30 + MOST)  # the first gives all days of the others
    assert together.windows == alone[0].windows
    assert len(together.told) == MOST + 1


def through(allies: int) -> list[Relation]:
    """Blue with so many allies, each of them a rival of red; the later the number, the longer the hostility."""
    names = [f"ally{n}" for n in range(allies)]
    friends = (relation("blue", one, "allied") for one in names)
    return records(*friends, *(relation(one, "red", start=on(-100 - n)) for n, one in enumerate(names)))


def test_up_to_the_limit_every_ally_is_told_alone() -> None:
    alone = edge(through(MOST)).derived
    assert [one.via for one in alone] == [f"ally{n}" for n in range(MOST)]
    (together,) = edge(through(MOST + 1)).derived
    assert together.windows == ((TODAY - 100 - MOST, alone[0].windows[0][1]),)
    assert together.records[0] == "r0"
    assert (together.ally_of, together.via) == ("blue", "ally0")


def chain(length: int) -> list[Relation]:
    """So many splits in a row, with alliances and rivalries from end to end and to networks beside."""
    names = [f"n{n:02}" for n in range(length + 1)]
    splits = (relation(a, b, "split") for a, b in pairwise(names))
    beside = (
        relation(names[n], f"m{n % 7}", ("rival", "allied")[n % 2], probability_percent=(10, 90)[n % 3 == 0])
        for n in range(length)
    )
    return records(*splits, *beside, relation(names[0], names[-1], "allied"), relation(names[1], names[-2]))


def dense(networks: int, count: int) -> list[Relation]:
    """So many relations of all kinds between networks drawn at random."""
    dice = random.Random(20_261_120)
    names = [f"n{n:02}" for n in range(networks)]
    raw = []
    for percent in dice.choices([10, 50, 90], k=count):
        a, b = dice.sample(names, 2)
        raw.append(relation(a, b, dice.choice(["rival", "rival", "allied", "split"]), probability_percent=percent))
    return records(*raw)


@pytest.mark.parametrize("told", [chain(79), dense(80, 300)], ids=["79 splits in a row", "80 networks, 300 relations"])
def test_a_country_of_splits_takes_seconds(told: list[Relation]) -> None:
    """Measured 1.0 s; one derivation a pair, record and ally would be half a million, and minutes."""
    begun = time.process_time()
    edges = merged(told)
    assert time.process_time() - begun < 15
    assert sum(len(one.derived) for one in edges.values()) <= 5 * len(edges)
    assert both_orders({pair: one.hostile_windows for pair, one in edges.items()}) == hostile_windows(
        told, True, TODAY, CERTAIN
    )
