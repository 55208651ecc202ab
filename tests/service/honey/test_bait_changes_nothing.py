"""Bait is in no answer and no count: the same register with and without it is the same to everybody who works in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from matching.facts import Facts
from matching.requester import own_view, slots_and_behind
from service.actors import SYSTEM
from service.crypto.vault import Vault, create_vault
from service.engine.placing import tries
from service.engine.world import Picture, World
from service.flow import zones
from service.inference import draw
from service.store.repository import world as rows
from service.store.repository.zones import presences
from tests.service import conftest
from tests.service.engine.loading import Register, layers, network, register_of, week
from tests.service.honey.planted import TOLD, bait_told, planting_of

_LATER = timedelta(days=2)


@pytest.fixture(scope="module")
def pictures(
    module_database: conftest.Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Register, Picture, Picture]]:
    """The register two days from now without bait, and with bait that came into force meanwhile."""
    folder = tmp_path_factory.mktemp("register")
    with register_of(week("tiny"), module_database, folder) as register:
        create_vault(register.keys)
        register.clock.now += _LATER
        before = register.picture()
        register.clock.now -= _LATER
        with planting_of(register.keys, module_database.url, register.clock) as planting:
            planting.plant(bait_told(), 0.0, lambda _: None)
        register.clock.now += _LATER
        yield register, before, register.picture()


def test_the_bait_is_in_force(pictures: tuple[Register, Picture, Picture]) -> None:
    """Else nothing of what follows would say anything."""
    register, *_ = pictures
    with register.solver.transaction(SYSTEM) as tx:
        snapshot = rows.snapshot(tx, register.clock().date(), register.clock())
    bait = {one for one, known in Vault(register.keys).honey().items() if known.kind == "facility"}
    assert len(bait) == len(TOLD["places"])
    assert bait <= {row.id for row in snapshot.facilities}


def test_what_the_solver_reasons_with_is_the_same(pictures: tuple[Register, Picture, Picture]) -> None:
    """Facilities, vacancies, who lives where, what is scarce: hence every option, plan, repair, emergency and cap."""
    _, before, after = pictures
    for field in dataclasses.fields(Facts):
        if field.name in ("places", "memo", "providers", "facilities"):
            continue
        assert getattr(before.facts, field.name) == getattr(after.facts, field.name), field.name
    assert _by_name(before) == _by_name(after)
    assert (before.blocked, before.is_lost, before.set_aside) == (after.blocked, after.is_lost, after.set_aside)
    assert before.standings == after.standings


def _by_name(picture: Picture) -> list[tuple[str, Any, Any]]:
    """Each facility with its provider; two more providers without a facility move the others' numbers."""
    facts = picture.facts
    return [
        (name, dataclasses.replace(facility, provider=0), facts.providers[facility.provider])
        for name, facility in zip(facts.names.facilities, facts.facilities, strict=True)
    ]


def test_every_answer_to_a_requester_is_the_same(pictures: tuple[Register, Picture, Picture]) -> None:
    """Whom the case may come to, the cards, the order, and what is drawn with the same seed."""
    register, before, after = pictures
    rules, seen = register.world.rules, 0
    for number in range(len(before.facts.cases)):
        told = [_answer(picture, number, rules) for picture in (before, after)]
        assert told[0] == told[1]
        seen += bool(told[0][1])
    assert seen >= 3


def _answer(picture: Picture, number: int, rules: Any) -> tuple[Any, ...]:
    found = slots_and_behind(own_view(picture.facts, number), rules)
    names = picture.facts.names.facilities
    alike = [names[one] for one in found.alike]
    drawn = draw(alike, len(alike) // 2 + 1, b"the same seed of a draw " * 2)
    return {names[one] for one in found.eligible}, alike, drawn, found.slots.cards, found.slots.missing


def test_what_may_be_tried_is_the_same(pictures: tuple[Register, Picture, Picture]) -> None:
    register, before, after = pictures
    rules = register.world.rules
    for number in range(3):
        ways = [list(tries(picture.facts, number, rules, None)) for picture in (before, after)]
        assert ways[0] == ways[1]


def test_a_case_that_is_bait_waits_for_nothing(pictures: tuple[Register, Picture, Picture]) -> None:
    register, before, after = pictures
    bait = {str(one) for one in Vault(register.keys).honey()}
    assert not bait & {*after.facts.names.cases, *after.facts.names.facilities}
    assert before.facts.names.cases == after.facts.names.cases


def test_the_totals_of_the_zones_are_the_same(pictures: tuple[Register, Picture, Picture]) -> None:
    """They count who is there, and nobody is in bait."""
    register, *_ = pictures
    bait = {str(one) for one in Vault(register.keys).honey()}
    with register.every.transaction(SYSTEM) as tx:
        present = presences(tx)
        assert sum(one.stays for one in zones.totals(tx)) == len(present) > 0
    assert not bait & {told["placement"]["facility"] for told in present if "placement" in told}


def test_a_facility_closed_for_good_counts_while_somebody_lives_there(
    pictures: tuple[Register, Picture, Picture], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left out is only what nobody is in: no distance to anybody may be lost."""
    register, _, after = pictures
    monkeypatch.setattr("service.engine.reading.is_closed_for_good", lambda _facility, _since: True)
    fresh = World(register.world.policy, layers(), network())
    with register.solver.transaction(SYSTEM) as tx:
        found = fresh.picture(tx)
    lived_in = {one.facility for one in after.facts.presences if one.facility >= 0}
    assert set(found.facts.names.facilities) == {after.facts.names.facilities[one] for one in lived_in}
    assert len(found.facts.presences) == len(after.facts.presences)
    assert not found.is_lost
