"""The attack's rig over the real service, on a small world: what an attacker sees, and what they do not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest

from benchmarks.inference.interface import Question, Seen, Service
from benchmarks.inference.modes import mode_of
from benchmarks.inference.office import Office
from benchmarks.inference.rig import Rig
from benchmarks.inference.worlds import TINY, World, new_world

OPEN: Final = {"admission_kommuner": 3, "admission_lan": 2, "admission_facilities": 4}
"""So few facilities are in the small world that the product's own thresholds would admit nothing."""


@pytest.fixture(scope="module")
def world() -> World:
    return new_world(TINY)


@pytest.fixture(scope="module")
def office(world: World) -> Iterator[Office]:
    with Office() as opened:
        opened.fill(world)
        yield opened


def networks_of(world: World) -> list[str]:
    return sorted(world.public.rivals, key=lambda one: (-len(world.public.rivals[one]), one))


def before_the_round(seen: Seen) -> tuple[object, ...]:
    """What is the same in any two worlds that differ in others' secrets."""
    return seen.is_answered, seen.eligible, set(seen.ranked), seen.card, seen.lengths[:7]


def alone(world: World) -> World:
    """The same catalogue and networks, and nobody lives anywhere."""
    week = {**json.loads(world.document), "placements": [], "person_conflicts": [], "exposures": []}
    return replace(world, document=json.dumps(week).encode(), placed={})


def test_what_is_seen_before_the_round_is_the_same_whoever_lives_where(office: Office, world: World) -> None:
    question = Question(networks_of(world)[0])
    rig = Rig(office, world, more=OPEN)
    service: Service = rig  # all that an attacker is handed
    first = service.ask(question)
    assert first.is_answered
    assert first.told_round == 0
    assert rig.secrets().offered[0] in first.eligible
    assert rig.secrets().backed == (True,)
    naive = Rig(office, world, mode_of("naive")).ask(question)
    empty = alone(world)
    office.fill(empty)
    try:
        second = Rig(office, empty, more=OPEN).ask(question)
        freely = Rig(office, empty, mode_of("naive")).ask(question)
    finally:
        office.fill(world)
    assert before_the_round(second) == before_the_round(first)
    assert (freely.count or 0) > (naive.count or 0)


@pytest.mark.long
def test_when_everything_is_closed_nothing_is_told(office: Office, world: World) -> None:
    rig = Rig(office, world, more=OPEN)
    rig.close(frozenset(world.public.facilities))
    seen = rig.ask(Question(networks_of(world)[0]))
    assert seen.is_answered
    assert seen.told_round is None
    assert rig.secrets().offered == (None,)
    assert rig.secrets().backed == (False,)


def test_the_naive_service_counts_a_rival_who_moves_in(office: Office, world: World) -> None:
    rig = Rig(office, world, mode_of("naive"))
    asked = [Question(network) for network in networks_of(world)[:3]]
    before = [rig.ask(question).count or 0 for question in asked]
    moved = rig.move_in()
    after = [rig.ask(question) for question in asked]
    assert rig.secrets().moved[0] in rig.secrets().placed[moved]
    assert sum(told.count or 0 for told in after) < sum(before)
    assert [len(told.order or ()) for told in after] == [told.count for told in after]


@pytest.mark.long
def test_a_new_version_of_a_case_is_told_again_and_counts(office: Office, world: World) -> None:
    rig = Rig(office, world, more=OPEN, reads_trail=True)
    network = networks_of(world)[0]
    first = rig.ask(Question(network, keeps=True))
    kommun = world.public.facilities[sorted(first.eligible)[0]].kommun
    second = rig.ask(Question(network, frozenset({kommun}), case=0, keeps=True))
    assert second.eligible < first.eligible
    assert all(world.public.facilities[name].kommun != kommun for name in second.eligible)
    offered = rig.secrets().offered
    assert offered[1] is None or offered[1] in second.eligible
    assert ("sign_assessment", 7) in first.trail
    assert "sign_assessment" in dict(second.trail)


@pytest.mark.long
def test_above_the_budget_no_slots_come_and_nobody_is_told_anything(office: Office, world: World) -> None:
    rig = Rig(office, world, more={**OPEN, "unit_questions": 1})
    network = networks_of(world)[0]
    assert rig.ask(Question(network)).is_answered
    over = rig.ask(Question(network))
    assert (over.is_answered, over.card, over.told_round) == (False, (), None)
    assert office.rows("SELECT count(*) FROM fristad.plans WHERE kind = 'options'") == [(1,)]  # she has tried
    assert rig.ask(Question(network, unit=1)).is_answered


@pytest.mark.long
def test_a_deceived_coordinator_places_above_the_budget(office: Office, world: World) -> None:
    rig = Rig(office, world, mode_of("hand_check_fails"), more={**OPEN, "unit_questions": 1})
    network = networks_of(world)[0]
    rig.ask(Question(network))
    over = rig.ask(Question(network))
    assert (over.is_answered, over.card, over.told_round) == (False, (), 0)
    assert rig.secrets().offered[1] in over.eligible


def test_what_the_attackers_work_out_is_what_the_service_counts(office: Office, world: World) -> None:
    rig = Rig(office, world, more=OPEN)
    question = Question(networks_of(world)[1], frozenset({next(iter(world.public.facilities.values())).kommun}))
    assert rig.eligible(question) == rig.ask(question).eligible
    assert office.rows("SELECT count(*) FROM fristad.counted_questions") == [(1,)]


@pytest.mark.long
def test_without_a_card_ladder_the_card_is_the_offered_ones_own(office: Office, world: World) -> None:
    rig = Rig(office, world, mode_of("no_card_ladder"), more=OPEN)
    seen = rig.ask(Question(networks_of(world)[0]))
    offered = rig.secrets().offered[0]
    assert offered is not None
    assert seen.card == world.public.facilities[offered].attributes


@pytest.mark.long
def test_without_a_draw_the_first_that_is_free_is_offered(office: Office, world: World) -> None:
    rig = Rig(office, world, mode_of("no_draw"), more=OPEN)
    seen = rig.ask(Question(networks_of(world)[0]))
    free = set(rig.ask(Question(networks_of(world)[0])).ranked)
    assert rig.secrets().offered[0] in seen.ranked[:6]
    assert free == set(seen.ranked)


def test_another_seed_is_another_world_of_the_same_size(world: World) -> None:
    other = new_world(replace(TINY, seed=2))
    assert len(other.public.facilities) == len(world.public.facilities)
    assert other.placed != world.placed
