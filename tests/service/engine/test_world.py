"""The register's facts are those of the document it was filled from, and follow what changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import insert, select, update

from matching.facts import Facts, Places
from service.actors import SYSTEM
from service.crypto import Domain, FileKeys, SubjectKeys, at
from service.engine.world import World
from service.store.database import Transaction
from service.store.repository import decisions
from service.store.repository import world as rows
from service.store.tables import facility_versions, stays
from tests.service import conftest
from tests.service.engine.acting import admitted, ask, held, open_tasks, prefer
from tests.service.engine.loading import Register, layers, network, register_of, week


@pytest.fixture(scope="module")
def register(module_database: conftest.Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with register_of(week("small"), module_database, tmp_path_factory.mktemp("register")) as made:
        yield made


def _same_places(one: Places, other: Places) -> None:
    for field in dataclasses.fields(Places):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, np.ndarray):
            assert np.array_equal(a, b), field.name


def test_facts_of_the_register_are_those_of_the_document(register: Register) -> None:
    found, wanted = register.picture(), register.facts_of_the_document()
    assert not found.set_aside
    assert found.blocked == found.one_sided  # who asks to live near somebody who has not asked for them
    assert not found.is_lost
    _same_places(found.facts.places, wanted.places)
    for field in dataclasses.fields(Facts):
        if field.name not in ("places", "memo"):
            assert getattr(found.facts, field.name) == getattr(wanted, field.name), field.name


@pytest.fixture
def own_register(database: conftest.Database, tmp_path: Path) -> Iterator[Register]:
    with register_of(week("tiny"), database, tmp_path) as made:
        yield made


def version_of(register: Register, facility: UUID, number: int, effective_on: date, **changed: Any) -> None:
    """A registrar's new version of a facility; nobody says that anything has changed."""
    with register.every.transaction(SYSTEM) as tx:
        sealed = tx.connection.execute(
            select(facility_versions.c.sealed).where(facility_versions.c.facility_id == facility)
        ).scalars()
        content = tx.open(Domain.PLACE, facility, at("facility_versions", "sealed", facility, 1), next(iter(sealed)))
        content["facility"].update(changed)
        place = at("facility_versions", "sealed", facility, number)
        tx.connection.execute(
            insert(facility_versions).values(
                facility_id=facility, version=number, written_by="r", written_at=tx.now, withdrawn=False,
                effective_on=effective_on, sealed=tx.seal(Domain.PLACE, facility, place, content),
            )
        )  # fmt: skip


def rate_of(register: Register, facility: UUID) -> int:
    facts = register.picture().facts
    return facts.facilities[facts.names.facilities.index(str(facility))].day_rate_sek


def test_a_version_of_the_catalogue_counts_from_its_day_on(own_register: Register) -> None:
    facility = next(iter(own_register.seeded.facilities.values()))
    before = rate_of(own_register, facility)
    version_of(own_register, facility, 2, date(2026, 11, 21), day_rate_sek=before + 1)
    assert rate_of(own_register, facility) == before
    own_register.clock.move(hours=24)
    assert rate_of(own_register, facility) == before + 1


def test_what_changes_is_seen_although_nobody_says_so(own_register: Register) -> None:
    case = next(iter(own_register.seeded.cases.values()))
    assert gate_of(own_register, case).measure_decision is True
    with own_register.every.transaction(SYSTEM) as tx:
        decisions.add(tx, case, "measure", "no", "not_granted")
    # the newest decision of a moment counts; the clock of the seeding stands still
    own_register.clock.move(minutes=1)
    with own_register.every.transaction(SYSTEM) as tx:
        decisions.add(tx, case, "measure", "no", "not_granted")
    assert gate_of(own_register, case).measure_decision is False


def gate_of(register: Register, case: UUID) -> Any:
    facts = register.picture().facts
    return facts.cases[facts.names.cases.index(str(case))].gate


def test_nobody_finds_in_the_facts_what_another_worked_out(own_register: Register) -> None:
    facts = own_register.picture().facts
    facts.remember("secret of another answer", lambda: 1)
    assert own_register.picture().facts.memo == {}


def test_a_case_whose_key_is_gone_is_set_aside_and_nobody_else(own_register: Register) -> None:
    case = admitted(own_register)[0]
    SubjectKeys(own_register.keys / "subjects", FileKeys(own_register.keys / "solver.key")).destroy(Domain.CASE, case)
    own_register.world = World(own_register.seeded.policy, layers(), network())
    found = own_register.picture()
    assert found.number(case) is None
    assert {(one.kind, one.id) for one in found.set_aside} == {("case", str(case))}
    assert found.blocked == {str(case)}
    assert not found.is_lost


def test_a_stay_that_cannot_be_opened_blocks_every_hold_and_no_answer(own_register: Register) -> None:
    case = admitted(own_register)[0]
    stay = next(iter(own_register.seeded.stays.values()))
    keys = SubjectKeys(own_register.keys / "subjects", FileKeys(own_register.keys / "solver.key"))
    with own_register.every.transaction(SYSTEM) as tx:
        tx.connection.execute(update(stays).where(stays.c.id == stay).values(state="placed"))
    keys.destroy(Domain.PLACE, stay)
    own_register.world = World(own_register.seeded.policy, layers(), network())
    found = own_register.picture()
    assert found.is_lost
    assert found.case(case) is None
    prefer(own_register, ask(own_register, case))  # the requester is shown three slots as ever
    assert not held(own_register, case)
    assert open_tasks(own_register, case) == ["handle_manually"]


def test_no_hold_is_made_on_facts_that_are_no_longer_true(
    own_register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody commits a change between the judgement and the end of the hold: it is judged again."""
    case = admitted(own_register)[0]
    query = ask(own_register, case)
    asked: list[int] = []
    really = rows.is_revision

    def changed_meanwhile(tx: Transaction, seen: int) -> bool:
        asked.append(seen)
        if len(asked) == 1:
            with own_register.every.transaction(SYSTEM) as other:
                other.touch()
        return really(tx, seen)

    monkeypatch.setattr(rows, "is_revision", changed_meanwhile)
    prefer(own_register, query)
    assert len(asked) == 2
    assert asked[1] == asked[0] + 1
    assert held(own_register, case)
