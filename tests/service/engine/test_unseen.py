"""A hold under a new assessment: it stands under a tightening or is replaced, and in front both look the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from service.actors import SYSTEM
from service.engine import holds
from service.engine.placing import HIGHEST
from service.engine.unseen import own_side
from service.store.repository import decisions, stays
from tests.service.engine.changing import (
    LANS,
    OPENED,
    asked,
    asked_of,
    assess,
    beds,
    case_state,
    check,
    claimed,
    confirm,
    coordinator,
    counted,
    decline,
    elsewhere,
    intelligence,
    offered,
    opened,
    place,
    preferred,
    reasons,
    run,
    state,
)
from tests.service.engine.walked import Country
from tests.service.front.system import as_system
from tests.service.front.walk import details
from tests.service.harness import SMALL, Harness, module_harness

__all__ = ["module_harness"]


@pytest.fixture(scope="module")
def register(module_harness: Harness) -> Country:
    return Country(module_harness)


@pytest.fixture
def country(register: Country) -> Iterator[Country]:
    """The one register, in which each test's cases end with it, so that their beds are free again."""
    OPENED.clear()
    yield register
    for walk in OPENED:
        walk.requester.post(walk.path("/closure"), {"reason_code": "opened_by_mistake"})
    register.run()


# a tightening


def test_a_hold_that_a_tightening_leaves_safe_keeps_its_beds_unseen(country: Country) -> None:
    walk = preferred(country)
    (before,) = country.live(walk)
    there = beds(country, before)
    assess(country, walk, 2, "01", elsewhere(country, before))
    (after,) = country.live(walk)
    assert (state(country, before), after.state) == ("released", "held")
    assert beds(country, after) == there
    assert beds(country, before) == ()
    assert country.placement(after) == country.placement(before)
    assert after.id != before.id
    assert "confirm_with_provider" in country.open_tasks(walk)
    assert not reasons(country, walk)
    assert case_state(walk) == "in_progress"


def test_the_person_is_asked_again_and_an_old_yes_counts_for_nothing(country: Country) -> None:
    walk, before = offered(country)
    assert walk.requester.post(walk.path("/person-answer"), {"outcome": "yes"}).status_code == 201
    country.run()
    assert state(country, before) == "accepted"
    assess(country, walk, 2, "01", elsewhere(country, before))
    (after,) = country.live(walk)
    assert (after.state, case_state(walk)) == ("checked", "in_progress")
    assert beds(country, after)
    country.until_told(walk.case_id)
    assert case_state(walk) == "answer_needed"
    assert state(country, after) == "checked"  # until the person has said yes to it
    assert walk.decider.post(walk.path("/placement-decision"), {"outcome": "yes"}).status_code == 409
    for person, path in ((walk.requester, "/person-answer"), (walk.decider, "/placement-decision")):
        assert person.post(walk.path(path), {"outcome": "yes"}).status_code == 201
    country.run()
    assert state(country, after) == "decided"


def test_who_is_asked_about_a_hold_is_asked_about_the_one_it_has_become(country: Country) -> None:
    walk = preferred(country)
    claimed(country, walk)
    (first,) = country.live(walk)
    assess(country, walk, 2, "01", elsewhere(country, first))
    (second,) = country.live(walk)
    confirm(country, second)
    assess(country, walk, 3, "01", elsewhere(country, first), elsewhere(country, first, 1))
    (third,) = country.live(walk)
    assert third.state == "confirmed"
    check(country, third)
    assert state(country, third) == "checked"
    assert asked(country, "SELECT state FROM fristad.stays WHERE case_id = %s", walk) == [
        "checked", "released", "released",
    ]  # fmt: skip


def test_in_front_a_hold_that_stands_and_one_that_is_replaced_look_the_same(country: Country) -> None:
    seen = []
    for hits in (False, True):
        walk, stay = offered(country)
        assert case_state(walk) == "answer_needed"
        lan = place(country, stay)[:2] if hits else elsewhere(country, stay)
        signed = walk.assess(version=2, forbidden=[{"kind": "lan", "lan": one} for one in ("01", lan)])
        at_once = case_state(walk)
        country.run()
        told = walk.requester.get(walk.path()).json()
        seen.append((signed.status_code, at_once, told["state"], len(str(told)), country.open_tasks(walk) & IN_FRONT))
        assert state(country, stay) == "released"
        assert [one for one in country.live(walk) if place(country, one)[:2] == lan] == []
    assert seen[0] == seen[1]


IN_FRONT = {"answer_needed", "decide_placement", "preference_needed", "request_reveal", "renew_assessment"}


def test_what_is_no_tightening_is_held_for_anew(country: Country) -> None:
    walk = preferred(country, forbidden=[{"kind": "lan", "lan": lan} for lan in ("01", "25", "24", "23", "22")])
    (before,) = country.live(walk)
    assess(country, walk, 2, "01")
    (after,) = country.live(walk)
    codes = asked(
        country,
        "SELECT coalesce(e.code, '') FROM fristad.stay_events e JOIN fristad.stays s ON s.id = e.stay_id "
        "WHERE e.event IN ('released', 'held') AND s.case_id = %s",
        walk,
    )
    assert codes == ["", "", "case_changed"]
    assert after.id != before.id


def test_a_decided_stay_ends_with_every_change_so_that_nobody_finds_out_where_it_is(country: Country) -> None:
    walk, stay = offered(country)
    for person, path in ((walk.requester, "/person-answer"), (walk.decider, "/placement-decision")):
        assert person.post(walk.path(path), {"outcome": "yes"}).status_code == 201
    assess(country, walk, 2, "01", elsewhere(country, stay))
    assert state(country, stay) == "released"
    assert "placement_withdrawn" in country.open_tasks(walk)


def test_a_no_that_was_said_before_the_change_counts_although_its_job_comes_later(country: Country) -> None:
    walk, stay = offered(country)
    decline(walk)
    assess(country, walk, 2, "01", elsewhere(country, stay))
    assert country.live(walk) == ()
    assert reasons(country, walk) == ["declined"]


def test_after_a_no_of_the_person_no_other_slot_of_the_version_is_tried(country: Country) -> None:
    walk, stay = offered(country)
    decline(walk)
    country.run()
    assert country.live(walk) == ()
    assert reasons(country, walk) == ["declined"]
    with as_system(country.harness) as tx:
        tx.defer("hold_slot", stay.query or UUID(int=0))
    country.run()
    assert country.live(walk) == ()
    assert len(country.possible(walk)) > 1  # there was another


@pytest.mark.long
def test_the_slots_that_were_last_put_in_order_are_tried(country: Country) -> None:
    walk = preferred(country)
    (first,) = country.live(walk)
    country.harness.clock.move(hours=73)
    assess(country, walk, 2, "01")
    (stands,) = country.live(walk)
    assert stands.query == first.query
    newer = UUID(country.prefer(walk))
    assert country.live(walk) == (stands,)  # one hold: the new order changes nothing
    claimed(country, walk)
    declined = {"outcome": "declined", "code": "no_capacity"}
    done = coordinator(country).post(f"/v1/stays/{stands.id}/confirmation", declined)
    assert done.status_code == 200, done.text
    country.run()
    (next_one,) = country.live(walk)
    assert next_one.query == newer
    assert country.placement(next_one)["facility"] != country.placement(stands)["facility"]


def test_another_class_alone_leaves_the_hold_moves_the_round_and_counts_nothing(country: Country) -> None:
    walk = preferred(country)
    before = country.live(walk)
    told = details(walk.key, window={"earliest": "2026-11-20", "latest": "2026-12-20"})
    rounds = []
    for triage in ("green", "orange", "red"):
        done = walk.requester.post(walk.path("/versions"), {"details": told, "triage": triage})
        assert done.json()["version"] == 1
        country.run()
        (row,) = asked(country, "SELECT told_from::text FROM fristad.cases WHERE id = %s", walk)
        rounds.append(row)
        country.harness.clock.move(minutes=20)
    assert country.live(walk) == before
    assert counted(country, walk) == [1]
    assert len(set(rounds)) == 3  # a lower class sets none, each higher one does


# admission, budgets, limits


def test_a_version_is_counted_whether_or_not_anything_is_held(country: Country) -> None:
    backed = preferred(country)
    unbacked = preferred(country, SMALL.model_copy(update={"unit_holds": 1}))
    assert len(country.live(backed)) == 1
    assert country.live(unbacked) == ()
    assert reasons(country, unbacked) == ["unit_holds"]
    for walk in (backed, unbacked):
        assert counted(country, walk) == [1]
        assess(country, walk, 2, "01", "25")
        assert counted(country, walk) == [1, 2]


def test_changed_details_are_another_question_whether_or_not_anything_is_held(country: Country) -> None:
    backed = preferred(country)
    unbacked = preferred(country, SMALL.model_copy(update={"unit_holds": 1}))
    for walk in (backed, unbacked):
        told = details(walk.key, window={"earliest": "2026-11-20", "latest": "2026-12-20"}, homes=["1480-goteborg"])
        assert walk.requester.post(walk.path("/versions"), {"details": told}).status_code == 201
        country.run()
        assert counted(country, walk) == [1, 1]
        country.run()
        assert counted(country, walk) == [1, 1]


@pytest.mark.parametrize(
    ("limit", "reason"), [({"person_questions": 1}, "budget"), ({"admission_facilities": 500}, "not_admitted")]
)
def test_a_version_that_is_not_answered_goes_by_hand_whether_or_not_its_hold_is_safe(
    country: Country, limit: dict[str, int], reason: str
) -> None:
    strict = SMALL.model_copy(update=limit)
    for hits in (False, True):
        walk = preferred(country)
        (stay,) = country.live(walk)
        lan = place(country, stay)[:2] if hits else elsewhere(country, stay)
        assess(country, walk, 2, "01", lan, settings=strict)
        assert country.live(walk) == ()
        assert reasons(country, walk) == [reason]
        assert counted(country, walk) == [1]


def test_a_case_that_waits_by_hand_comes_anew_when_it_is_assessed_too_narrow(country: Country) -> None:
    assert country.live(preferred(country))
    walk = preferred(country, SMALL.model_copy(update={"unit_holds": 1}))
    assert reasons(country, walk) == ["unit_holds"]
    country.harness.clock.move(minutes=5)
    assess(country, walk, 2, "01", settings=SMALL.model_copy(update={"admission_facilities": 500}))
    for _ in range(2):
        assert reasons(country, walk) == ["not_admitted"]
        run(country, SMALL.model_copy(update={"admission_facilities": 500}))


def test_what_is_only_proposed_makes_no_admitted_question_a_narrow_one(country: Country) -> None:
    network = intelligence(country, "network_keeper", None)
    actor = {"id": "a1", "network": network, "reach": {"kind": "presence"}, "persistence": {"kind": "lasting"}}
    walk = opened(country, actors=[actor])
    query = walk.ask().json()["query_id"]
    assert country.answer(walk)["state"] == "three_slots"
    with country.harness.solver.transaction(SYSTEM) as tx:
        own = own_side(tx, country.world, UUID(walk.case_id))
    assert own is not None
    strict = SMALL.model_copy(update={"admission_facilities": len(own.eligible)})
    near = own.facts.names.places[own.facts.facilities[own.eligible[0]].place]
    intelligence(country, "assessor", network, presence=[{"locality": near, "start": "2026-01-01"}])
    with country.harness.solver.transaction(SYSTEM) as tx:
        after = own_side(tx, country.world, UUID(walk.case_id))
    assert after is not None
    assert after.names == own.names  # what its people are told is as before
    assert walk.requester.post(f"/v1/queries/{query}/preference", {"slots": country.slots}).status_code == 202
    run(country, strict)
    assert country.live(walk) == ()
    assert reasons(country, walk) == ["not_admitted"]


@pytest.mark.long
def test_nobody_keeps_a_bed_by_assessing_again_and_again(country: Country) -> None:
    month = SMALL.model_copy(update={"case_hold_days": 9})
    walk = preferred(country, month, more={"window": {"earliest": "2026-12-14", "latest": "2026-12-20"}})
    (stay,) = country.live(walk)
    began = country.harness.clock()
    version, last = 1, stay
    while country.live(walk):
        (last,) = country.live(walk)
        assert last.held_until is not None
        assert last.held_until <= began + timedelta(days=9)
        version += 1
        assert version < 20
        country.harness.clock.move(hours=40)
        assess(country, walk, version, "01", settings=month)
    assert reasons(country, walk) == ["expired"]
    assert version > 3


def test_a_hold_that_would_begin_before_it_is_shown_is_replaced_by_a_later_one(country: Country) -> None:
    walk = preferred(country)
    (before,) = country.live(walk)
    assert country.placement(before)["start"] == country.harness.clock().date().isoformat()
    country.harness.clock.move(days=1)
    assess(country, walk, 2, "01", elsewhere(country, before))
    (after,) = country.live(walk)
    assert country.placement(after)["start"] >= country.harness.clock().date().isoformat()


def test_a_version_signed_between_admission_and_hold_is_admitted_itself(
    country: Country, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = opened(country)
    query = walk.ask().json()["query_id"]
    country.answer(walk)
    assert walk.requester.post(f"/v1/queries/{query}/preference", {"slots": country.slots}).status_code == 202
    found, wishes = holds._wish_of, []

    def then_signed(*told: Any) -> Any:
        wishes.append(found(*told))
        if len(wishes) == 1:
            assert walk.assess(version=2).status_code == 201
        return wishes[-1]

    monkeypatch.setattr(holds, "_wish_of", then_signed)
    assert holds.hold_slot(country.harness.solver, country.world, SMALL, UUID(query))
    assert len(wishes) == 2
    assert counted(country, walk) == [1, 2]
    (stay,) = country.live(walk)
    with as_system(country.harness) as tx:
        assert stays.content(tx, stay)["basis"].endswith("/1,2")


# linked stays


def test_linked_stays_stand_together(country: Country) -> None:
    legs = [{"kind": "emergency", "nights": 7}, {"kind": "stable", "nights": 60}]
    walk = preferred(country, more={"stays": legs})
    before = country.live(walk)
    assert len(before) == 2
    lan = next(one for one in LANS if one not in {place(country, stay)[:2] for stay in before})
    assess(country, walk, 2, "01", lan)
    after = country.live(walk)
    assert [country.placement(stay) for stay in after] == [country.placement(stay) for stay in before]
    assert len({stay.offer for stay in after}) == 1
    assert {stay.id for stay in after}.isdisjoint(stay.id for stay in before)


# what the municipality reads


def test_the_cost_that_is_shown_is_a_ceiling_that_everybody_can_compute(country: Country) -> None:
    walk = preferred(country)
    (stay,) = country.live(walk)
    with country.harness.solver.transaction(SYSTEM) as tx:
        own = own_side(tx, country.world, UUID(walk.case_id))
        shown = decisions.offered(tx, UUID(walk.case_id), stay.id)
    assert own is not None
    assert shown is not None
    dearest = max(own.facts.facilities[one].day_rate_sek for one in own.eligible)
    assert shown[0]["cost_band"] == own.at_most
    assert own.at_most == ("below_4000" if dearest < 4000 else "4000_to_4999" if dearest < 5000 else HIGHEST)
    cards = asked_of(country, walk)
    assert cards["cost_band"] in ("withheld", own.at_most)
