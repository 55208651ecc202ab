"""Whether a question is answered with slots: from public data and from what was asked before, and from nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from matching.facts import Block
from service.actors import SYSTEM
from service.engine.admission import farthest_apart, is_left_narrow
from service.engine.unseen import admitted, own_side
from service.inference import Reason, budget_begins
from service.store.repository import answers, budgets
from tests.service import conftest
from tests.service.engine.walked import Country
from tests.service.front.walk import Walk, details, person_key
from tests.service.harness import SMALL, new_harness

SKANE_ALONE = [
    {"kind": "lan", "lan": code}
    for code in (
        *("01", "03", "04", "05", "06", "07", "08", "09", "10"),
        *("13", "14", "17", "18", "19", "20", "21", "22", "23", "24", "25"),
    )
]


@pytest.fixture
def country(tmp_path: Path, database: conftest.Database) -> Iterator[Country]:
    """Two questions about a person, three of a unit, and a third of the dozen facilities at least."""
    told = {"person_questions": 2, "unit_questions": 3, "admission_facilities": 4, "admission_kommuner": 3}
    with new_harness(tmp_path, database, settings=SMALL.model_copy(update=told)) as harness:
        yield Country(harness)


def reasons(country: Country, walk: Walk) -> list[str | None]:
    with country.harness.database.admin() as connection:
        found = connection.execute(
            "SELECT reason FROM fristad.tasks WHERE case_id = %s AND kind = 'handle_manually'", [walk.case_id]
        )
        return [reason for (reason,) in found.fetchall()]


def behind_slots(country: Country, query_id: str) -> int:
    with country.harness.database.admin() as connection:
        found = connection.execute(
            "SELECT count(*) FROM fristad.slot_backing AS b JOIN fristad.slots AS s ON s.id = b.slot_id"
            " WHERE s.query_id = %s",
            [query_id],
        ).fetchone()
        return int((found or (0,))[0])


def used(country: Country) -> int:
    with country.harness.database.admin() as connection:
        (found,) = connection.execute("SELECT count(*) FROM fristad.counted_questions").fetchone() or (0,)
        return int(found)


def test_a_narrow_case_goes_to_the_coordinator_and_uses_no_budget(country: Country) -> None:
    walk = country.case(forbidden=SKANE_ALONE)
    assert country.answer(walk) == {"state": "with_coordinator", "slots": None, "missing": None}
    assert reasons(country, walk) == [Reason.NOT_ADMITTED]
    assert walk.requester.get(walk.path()).json()["state"] == "signed"  # when the solver came to it, nobody sees
    assert not any(one["kind"] == "preference_needed" for one in walk.requester.get("/v1/tasks").json()["tasks"])
    assert used(country) == 0


def test_a_question_answered_with_slots_is_counted_once(country: Country) -> None:
    walk = country.case()
    assert country.answer(walk)["state"] == "three_slots"
    assert country.answer(walk)["state"] == "three_slots"
    assert (used(country), reasons(country, walk)) == (1, [])


def test_asking_again_about_a_person_uses_up_what_there_is(country: Country) -> None:
    walk = country.case()
    assert country.answer(walk)["state"] == "three_slots"
    for version, state in ((2, "three_slots"), (3, "with_coordinator")):
        country.harness.clock.move(hours=73)
        country.run()
        assert walk.assess(version=version).status_code == 201
        assert country.answer(walk)["state"] == state
    assert reasons(country, walk) == [Reason.BUDGET]


def test_changed_details_are_another_question(country: Country) -> None:
    """Else whoever keeps the case, and no assessor, could ask about one region after the other."""
    walk = country.case()
    country.prefer(walk)
    assert used(country) == 1
    told = details(walk.key, window={"earliest": "2026-11-20", "latest": "2026-12-20"}, homes=["1280-malmo"])
    assert walk.requester.post(walk.path("/versions"), {"details": told}).status_code == 201
    country.run()
    with country.harness.solver.transaction(SYSTEM) as tx:
        own = own_side(tx, country.world, UUID(walk.case_id))
        admitted(tx, country.world, country.harness.settings, own, UUID(walk.case_id), "bops-syd")
    assert used(country) == 2


def test_a_unit_has_a_budget_over_all_its_cases_and_gets_it_back_with_time(country: Country) -> None:
    states = [country.answer(country.case())["state"] for _ in range(4)]
    assert states == ["three_slots"] * 3 + ["with_coordinator"]
    settings = country.harness.settings
    for days, left in ((700, 3), (40, 0)):
        country.harness.clock.move(days=days)
        with country.harness.solver.transaction(SYSTEM) as tx:
            assert budgets.of_unit(tx, "bops-syd", budget_begins(tx.now, settings)) == left


def test_another_unit_and_a_unit_with_a_budget_of_its_own_are_not_touched(country: Country) -> None:
    for _ in range(3):
        country.answer(country.case())
    walk = country.case()
    case_id = UUID(walk.case_id)
    settings = country.harness.settings

    def asked(unit: str, **told: Any) -> Reason | None:
        with country.harness.solver.transaction(SYSTEM) as tx:
            own = own_side(tx, country.world, case_id)
            found = admitted(tx, country.world, settings.model_copy(update=told), own, case_id, unit)
            tx.connection.rollback()
            return found

    assert asked("bops-syd") is Reason.BUDGET
    assert asked("bops-vast") is None
    assert asked("bops-syd", unit_budgets={"bops-syd": 4}) is None
    assert asked("bops-vast", unit_budgets={"bops-vast": 0}) is Reason.BUDGET


def test_others_have_no_part_in_it(country: Country) -> None:
    """Neither a full register nor an empty one, neither a held bed nor a rival changes who is admitted."""
    narrow, wide = country.case(forbidden=SKANE_ALONE), country.case()
    with country.harness.database.admin() as connection:
        connection.execute("DELETE FROM fristad.bed_nights")
    country.prefer(country.case())
    assert country.answer(narrow)["state"] == "with_coordinator"
    assert country.answer(wide)["state"] == "three_slots"


def test_what_a_slot_means_is_drawn_and_destroyed_with_its_answer(country: Country) -> None:
    firsts, seeds = set(), set()
    for _ in range(2):
        walk = country.case()
        query_id = UUID(country.prefer(walk))
        with country.harness.solver.transaction(SYSTEM) as tx:
            query = answers.get(tx, query_id)
            slots = answers.preferred(tx, query_id)
            behind = [answers.backing(tx, query, slot) for slot in slots]
            eligible = answers.eligible(tx, query, slots[0])
            seeds.add(answers.seed(tx, query, slots[0]))
        assert len({names[0] for names in behind}) == 3
        assert all(set(names) == set(behind[0]) <= eligible for names in behind)
        firsts.add(tuple(behind[0]))
    assert len(seeds) == len(firsts) == 2
    unordered = country.case()
    asked = unordered.ask().json()["query_id"]
    assert country.answer(unordered)["state"] == "three_slots"
    assert (behind_slots(country, asked), behind_slots(country, str(query_id))) == (3, 3)
    country.harness.clock.move(hours=73)
    country.run()
    assert (behind_slots(country, asked), behind_slots(country, str(query_id))) == (0, 3)  # an order is gone on with


def test_a_limit_about_one_person_makes_a_question_narrow_whatever_it_names(country: Country) -> None:
    """Else whoever writes it would draw circles around somebody until one is hit."""
    victim = country.case()
    country.prefer(victim)
    for told in (
        {"links": [{"person_key": victim.key, "kind": "more_than", "km": 2000}]},
        {"separations": [{"km": 1500}]},
        {"separations": [{"minutes": 1500}]},
    ):
        for key in (victim.key, person_key()):
            named = json.loads(json.dumps(told).replace(victim.key, key))
            assert country.answer(country.case(**named))["state"] == "with_coordinator"
    with country.harness.solver.transaction(SYSTEM) as tx:
        facts = country.world.own(tx, UUID(victim.case_id)).facts
    policy = country.seeded.policy
    assert farthest_apart(facts, 0)[0] >= policy.separation_km * 1000


def test_a_proposed_conflict_about_one_person_makes_an_admitted_question_narrow(country: Country) -> None:
    victim, walk = country.case(), country.case()
    country.prefer(victim)
    query = walk.ask().json()["query_id"]
    assert country.answer(walk)["state"] == "three_slots"
    proposed = walk.assessor.post(
        "/v1/intelligence",
        {
            "person_conflict": {
                "a": walk.key,
                "b": victim.key,
                "start": "2026-01-01",
                "separation_km": 1500,
                "provenance": {"source": "police_intelligence", "recorded_on": "2026-11-19"},
            },
        },
    )
    assert proposed.status_code == 201, proposed.text
    done = walk.requester.post(f"/v1/queries/{query}/preference", {"slots": country.slots})
    assert done.status_code == 202, done.text
    country.run()
    assert country.live(walk) == ()
    assert reasons(country, walk) == [Reason.NOT_ADMITTED]


def test_recording_the_same_gate_facts_is_another_question(country: Country) -> None:
    walk = country.case()
    country.prefer(walk)
    for number in (2, 2):
        country.harness.clock.move(hours=1)
        assert walk.record_gate().status_code == 201
        country.run()
        assert used(country) == number
    assert reasons(country, walk)[-1:] == [Reason.BUDGET]


def test_closed_houses_hide_nobody(country: Country) -> None:
    """Nor does a registrar in league make one house out of many by closing the others."""
    walk = country.case()
    picture_of = country.world.own
    with country.harness.solver.transaction(SYSTEM) as tx:
        facts = picture_of(tx, UUID(walk.case_id)).facts
    settings = country.harness.settings
    assert not is_left_narrow(settings, facts, 0, country.world.rules)
    closed = tuple(
        facility
        if number < 2
        else replace(facility, closures=(Block(0, facts.today + 4000, frozenset(range(len(facility.units)))),))
        for number, facility in enumerate(facts.facilities)
    )
    assert is_left_narrow(settings, replace(facts, facilities=closed), 0, country.world.rules)
