"""From a question to a held bed: what is stored, what is tried, what becomes of a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from matching.facts import Leg
from matching.repair.alerts import MOVING, live_findings
from service.actors import SYSTEM
from service.engine.placing import tries
from service.store.repository import answers, orders, stays
from service.store.repository.stays import BedTaken, Nights
from service.store.tables import bed_nights, cases, queries, slot_backing, slots
from tests.service import conftest
from tests.service.engine.acting import admitted, ask, held, open_tasks, prefer, run, told
from tests.service.engine.loading import NOW, Register, register_of, week


@pytest.fixture
def register(database: conftest.Database, tmp_path: Path) -> Iterator[Register]:
    with register_of(week("tiny"), database, tmp_path) as made:
        yield made


def decline(register: Register, stay: stays.Stay) -> None:
    """As the back does when the provider declines."""
    with register.solver.transaction(SYSTEM) as tx:
        tx.lock_register()
        assert stays.release(tx, stays.get(tx, stay.id), "declined")
        if stay.query is not None:
            tx.defer("hold_slot", stay.query)
    run(register)


def test_an_answer_is_three_slots_and_facilities_sealed_apart(register: Register) -> None:
    case = admitted(register)[0]
    query_id = ask(register, case)
    with register.solver.transaction(SYSTEM) as tx:
        query = answers.get(tx, query_id)
        answer = answers.answer(tx, query)
        assert query.state == "stored"
        assert [slot["position"] for slot in answer["slots"]] == [1, 2, 3]
        assert answer["missing"] == []
        assert set(answer["slots"][0]) == {"id", "position", "form", "staffing", "privacy", "cost_band"}
        found = [
            answers.backing(tx, query, answers.Slot(UUID(slot["id"]), query_id, 0, None)) for slot in answer["slots"]
        ]
    assert len({UUID(slot["id"]).int for slot in answer["slots"]}) == 3
    # every slot can fall back on all that its card is true of, its own facility first
    assert len({tuple(sorted(one)) for one in found}) == 1
    assert len({one[0] for one in found}) == min(3, len(found[0]))


def test_an_answer_is_stored_once(register: Register) -> None:
    case = admitted(register)[0]
    query_id = ask(register, case)
    with register.every.transaction(SYSTEM) as tx:
        before = tx.connection.execute(select(queries.c.sealed).where(queries.c.id == query_id)).scalar_one()
        tx.defer("answer_query", query_id)
    run(register)
    with register.every.transaction(SYSTEM) as tx:
        after = tx.connection.execute(select(queries.c.sealed).where(queries.c.id == query_id)).scalar_one()
        count = tx.connection.execute(select(func.count()).select_from(slots)).scalar_one()
    assert before == after
    assert count == 3


def test_what_is_behind_the_slots_is_destroyed_when_the_answer_ends(register: Register) -> None:
    query_id = ask(register, admitted(register)[0])
    register.clock.move(hours=71)
    run(register)
    with register.every.transaction(SYSTEM) as tx:
        assert tx.connection.execute(select(func.count()).select_from(slot_backing)).scalar_one() == 3
    register.clock.move(hours=2)
    run(register)
    with register.every.transaction(SYSTEM) as tx:
        assert tx.connection.execute(select(func.count()).select_from(slot_backing)).scalar_one() == 0
        assert answers.get(tx, query_id).state == "expired"


def backed(register: Register) -> int:
    with register.every.transaction(SYSTEM) as tx:
        return int(tx.connection.execute(select(func.count()).select_from(slot_backing)).scalar_one())


def test_slots_that_were_put_in_order_are_tried_again_after_the_answer_has_ended(register: Register) -> None:
    case = admitted(register)[0]
    query_id = ask(register, case)
    prefer(register, query_id)
    before = held(register, case)
    register.clock.move(days=5)
    run(register)
    with register.every.transaction(SYSTEM) as tx:
        assert answers.get(tx, query_id).state == "expired"
    for stay in before:
        decline(register, stay)
    after = held(register, case)
    assert after
    assert {stay.id for stay in after}.isdisjoint(stay.id for stay in before)
    assert {stay.query for stay in after} == {query_id}


@pytest.mark.parametrize("is_closed", [True, False])
def test_what_is_behind_ordered_slots_is_destroyed_with_the_case_or_its_time(
    register: Register, is_closed: bool
) -> None:
    case = admitted(register)[0]
    prefer(register, ask(register, case))
    register.clock.move(days=5)
    run(register)
    assert backed(register) == 3
    if is_closed:
        with register.every.transaction(SYSTEM) as tx:
            tx.connection.execute(update(cases).where(cases.c.id == case).values(state="closed"))
    else:
        register.clock.move(days=register.settings.case_hold_days)
    run(register)
    assert backed(register) == 0


def test_a_preference_holds_a_bed_that_every_hard_rule_accepts(register: Register) -> None:
    case = admitted(register)[0]
    before = moving(register)
    prefer(register, ask(register, case))
    found = held(register, case)
    legs = [leg.nights for leg in register_case(register, case)]
    assert len(found) == len(legs)
    last = None
    for stay, wanted in zip(found, legs, strict=True):
        placement = told(register, stay)["placement"]
        household = len(placement["household"])
        first, end = (date.fromisoformat(placement[key]) for key in ("start", "end"))
        assert (stay.state, stay.kind) == ("held", "slot")
        assert sum(unit["beds"] for unit in placement["units"]) == household
        assert (end - first).days == wanted
        assert last in (None, first)  # linked stays follow each other
        last = end
        assert stay.held_until == NOW + timedelta(days=7)  # five working days from a Friday
        assert bed_nights_of(register, stay) == household * wanted
    assert open_tasks(register, case) == ["confirm_with_provider"] * len(legs)
    picture = register.picture()
    assert picture.number(case) is None  # it waits for nothing any more
    assert {str(stay.id) for stay in found} <= set(picture.facts.names.presences)
    assert moving(register) == before


def moving(register: Register) -> int:
    """Live breaches that ask somebody to move; a permit that ends later is a task and no danger."""
    found = live_findings(register.picture().facts, register.world.rules)
    return sum(breach.act in MOVING for breach in found)


def register_case(register: Register, case: UUID) -> tuple[Leg, ...]:
    facts = register.facts_of_the_document()
    return facts.cases[facts.names.cases.index(str(case))].legs


def bed_nights_of(register: Register, stay: stays.Stay) -> int:
    count = text("SELECT sum(upper(nights) - lower(nights)) FROM fristad.bed_nights WHERE stay_id = :id")
    with register.every.transaction(SYSTEM) as tx:
        return int(tx.connection.execute(count, {"id": stay.id}).scalar_one())


def test_a_second_job_for_the_same_query_holds_nothing_more(register: Register) -> None:
    case = admitted(register)[0]
    query_id = ask(register, case)
    prefer(register, query_id)
    with register.every.transaction(SYSTEM) as tx:
        tx.defer("hold_slot", query_id)
        tx.defer("hold_slot", query_id)
    run(register)
    legs = len(register_case(register, case))
    assert len(held(register, case)) == legs
    assert open_tasks(register, case) == ["confirm_with_provider"] * legs


def test_a_declined_facility_is_not_tried_again_and_at_the_end_a_coordinator_takes_over(register: Register) -> None:
    case = admitted(register)[0]
    query_id = ask(register, case)
    prefer(register, query_id)
    seen: list[str] = []
    for _ in range(40):
        live = held(register, case)
        if not live:
            break
        seen.append(told(register, live[-1])["placement"]["facility"])
        for stay in live:
            decline(register, stay)
    assert seen
    assert len(seen) == len(set(seen))
    assert not held(register, case)
    assert "handle_manually" in open_tasks(register, case)
    with register.every.transaction(SYSTEM) as tx:
        assert tx.connection.execute(select(cases.c.state).where(cases.c.id == case)).scalar_one() != "closed"


def test_two_cases_cannot_hold_the_same_bed(register: Register) -> None:
    with register.solver.transaction(SYSTEM) as tx:
        one, _ = stays.add(
            tx, {"residence": {}}, kind="manual", state="held", nights=[Nights(5, 100, 110)], persons=["person-a1"]
        )
        with pytest.raises(BedTaken):
            stays.add(
                tx, {"residence": {}}, kind="manual", state="held", nights=[Nights(5, 109, 112)], persons=["person-b1"]
            )
        other, _ = stays.add(
            tx, {"residence": {}}, kind="manual", state="held", nights=[Nights(5, 110, 112)], persons=["person-b1"]
        )
        count = tx.connection.execute(
            select(func.count()).select_from(bed_nights).where(bed_nights.c.stay_id.in_([one.id, other.id]))
        ).scalar_one()
    assert count == 2


def test_an_order_of_a_safe_day_is_held_and_one_of_an_unsafe_place_refused(register: Register) -> None:
    case = admitted(register)[0]
    picture = register.picture()
    number = picture.number(case)
    assert number is not None
    good = next(tries(picture.facts, number, register.world.rules, None))
    bad = next(
        name
        for name in picture.facts.names.facilities
        if not list(tries(picture.facts, number, register.world.rules, [name]))
    )

    def order(facility: str) -> str:
        with register.every.transaction(SYSTEM) as tx:
            order_id = orders.new(
                tx, case, "manual",
                {"facility": facility, "start": date.fromordinal(good.first_day).isoformat()},
            )  # fmt: skip
        run(register)
        with register.solver.transaction(SYSTEM) as tx:
            return orders.get(tx, order_id).state

    assert order(bad) == "refused"
    assert not held(register, case)
    assert order(good.facilities[-1]) == "held"
    assert order(good.facilities[-1]) == "refused"  # one live stay a case


def test_a_hold_whose_term_is_over_gives_its_bed_back(register: Register) -> None:
    case = admitted(register)[0]
    prefer(register, ask(register, case))
    register.clock.move(days=7, minutes=-1)
    run(register)
    assert held(register, case)
    register.clock.move(minutes=2)
    run(register)
    assert not held(register, case)
    assert "handle_manually" in open_tasks(register, case)
