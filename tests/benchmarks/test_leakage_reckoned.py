"""Reckoned answers: as the settings admit, and as the real service answers."""

from __future__ import annotations

import pytest

from benchmarks.inference.attackers import attack
from benchmarks.inference.interface import Question
from benchmarks.inference.office import Office
from benchmarks.inference.reckoned import Reckoned, agreement
from benchmarks.inference.running import Job, run_job, world_of
from benchmarks.inference.worlds import TINY, World, new_world
from service.settings import Settings

LITTLE = Settings(admission_kommuner=5, admission_lan=2, admission_facilities=5, unit_questions=3, person_questions=2)


@pytest.fixture(scope="module")
def world() -> World:
    return new_world(TINY)


def test_something_is_offered_where_the_engine_has_something(world: World) -> None:
    service = Reckoned(world, LITTLE)
    network = sorted(world.public.rivals)[0]
    free = service.safe_and_free(network) & service.eligible(Question(network))
    assert (service.ask(Question(network)).told_round is not None) == bool(free)


def test_a_question_that_forbids_everything_is_not_answered(world: World) -> None:
    service = Reckoned(world, LITTLE)
    everywhere = frozenset(one.kommun for one in world.public.facilities.values())
    seen = service.ask(Question(sorted(world.public.rivals)[0], everywhere))
    assert (seen.is_answered, seen.told_round, seen.eligible) == (False, None, frozenset())


def test_budgets_of_unit_and_person_run_out(world: World) -> None:
    network = sorted(world.public.rivals)[0]
    of_unit = Reckoned(world, LITTLE)
    assert [of_unit.ask(Question(network)).is_answered for _ in range(4)] == [True, True, True, False]
    of_person = Reckoned(world, LITTLE)
    of_person.ask(Question(network))
    later = [of_person.ask(Question(network, case=0)).is_answered for _ in range(2)]
    assert later == [True, False]


def test_a_run_begins_anew(world: World) -> None:
    service = Reckoned(world, LITTLE)
    runs = [
        attack(
            service.anew(LITTLE, 1), "paired", 1, 4, mode="reckoned", number=1, clock=lambda: 0.0
        )
        for _ in range(2)
    ]  # fmt: skip
    assert runs[0] == runs[1]


@pytest.mark.long
def test_the_service_answers_as_was_reckoned() -> None:
    with Office() as office:
        run = run_job(Job("all_on", "fingerprint", 35, 1, 4, is_tiny=True), office)
    settings = Settings(admission_kommuner=5, admission_lan=2, admission_facilities=5)
    assert agreement([run], world_of, settings) == (len(run.steps), len(run.steps))
    assert any(step.seen.is_answered for step in run.steps)
