"""Domain §4, `moves`: a person moved out of a bed, or between linked stays, costs a move."""

from __future__ import annotations

import pytest

from matching.constraints.base import Level
from matching.constraints.moves import Moves
from matching.domain import Weights
from matching.facts import Facts
from tests import tellings as t
from tests.builders import case, facility, person, plan_of, put, world
from tests.verifier import verify

RULE = Moves()


def judged(facts: Facts, at: int | tuple[int, ...], cost: int) -> None:
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, at)), cost)


def test_its_level_is_between_risk_and_soft() -> None:
    assert RULE.level is Level.MOVES
    assert list(Level) == [Level.HARD, Level.RISK, Level.MOVES, Level.SOFT]


@pytest.mark.parametrize(
    ("housed_at", "at", "cost"),
    [
        (-1, 0, 0),  # nobody fills a bed today: coming is no move
        (0, 0, 0),  # stays where they are
        (1, 0, 3),  # three persons out of another facility
    ],
)
def test_out_of_a_bed_already_filled(housed_at: int, at: int, cost: int) -> None:
    facts = world(
        facilities=[facility(beds) for beds in (1, 2)],
        cases=[case(person(), person(), person(), housed_at=housed_at)],
    )
    judged(facts, at, cost)


@pytest.mark.parametrize(
    ("housed_at", "at", "cost"),
    [
        (-1, (0, 0), 0),
        (-1, (0, 1), 2),  # two persons, once
        (0, (0, 0), 0),
        (0, (0, 1), 2),
        (0, (1, 1), 2),
        (0, (1, 0), 4),  # there and back again
        (2, (0, 1), 4),
    ],
)
def test_linked_stays_and_the_bed_before_them(housed_at: int, at: tuple[int, int], cost: int) -> None:
    facts = world(
        facilities=[facility(1), facility(2), facility(3)],
        cases=[case(person(), person(), nights=(3, 10), housed_at=housed_at)],
    )
    judged(facts, at, cost)


@pytest.mark.parametrize("weight", [0, 1, 7])
def test_the_weight(weight: int) -> None:
    facts = world(
        facilities=[facility(1), facility(2)],
        cases=[case(nights=(3, 10), housed_at=1)],
        weights=Weights(moves=weight),
    )
    judged(facts, (0, 1), 2 * weight)


def test_two_cases_are_added() -> None:
    facts = world(
        facilities=[facility(1), facility(2)],
        cases=[case(housed_at=1), case(person(), person(), housed_at=0)],
    )
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, 0), put(facts, 1, 1)), 1 + 2)


@pytest.mark.parametrize(
    ("stay", "housed_at"),
    [
        ({"days": (-50, 3)}, 0),
        ({"days": (2, 30)}, 0),  # a hold is a bed as well
        ({"days": (-50, 3), "departed": t.on(-1)}, -1),  # left: nothing to be moved out of
        ({"days": (-50, 0)}, 0),  # its bed is free again, but that is where they are
    ],
)
def test_from_a_scenario(stay: dict[str, object], housed_at: int) -> None:
    told = t.scenario(
        facilities=[t.facility("f0", "a"), t.facility("f1", "b")],
        cases=[t.case("c", t.member("mover"))],
        placements=[t.placement("p", "f0", t.member("mover"), **stay)],  # type: ignore[arg-type]
    )
    facts = t.facts_of(told, t.Land(("a", "b", "home")))
    assert facts.cases[0].housed_at == housed_at
    verify(RULE).given(facts).costs(plan_of(put(facts, 0, 1)), int(housed_at == 0))
