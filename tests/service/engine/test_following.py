"""Stays follow what people say; emergencies, plans and breaches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update

from service.actors import SYSTEM
from service.crypto import Domain, at
from service.store.repository import decisions, emergencies, orders, plans, stays
from service.store.repository.stays import Stay
from service.store.tables import cases, facility_versions, intel_confirmations, intel_versions, tasks
from service.store.tables import stays as stays_table
from tests.service import conftest
from tests.service.engine.acting import admitted, ask, held, open_tasks, prefer, run, told
from tests.service.engine.loading import Register, register_of, week


@pytest.fixture
def register(database: conftest.Database, tmp_path: Path) -> Iterator[Register]:
    with register_of(week("tiny"), database, tmp_path) as made:
        yield made


def offered(register: Register) -> tuple[UUID, tuple[Stay, ...]]:
    """A case whose stays are confirmed and checked: the person is asked."""
    case = admitted(register)[0]
    prefer(register, ask(register, case))
    found = held(register, case)
    with register.every.transaction(SYSTEM) as tx:
        tx.connection.execute(update(stays_table).where(stays_table.c.case_id == case).values(state="checked"))
        tx.connection.execute(
            update(cases).where(cases.c.id == case).values(state="answer_needed", offer_ref=found[0].id)
        )
    return case, found


def say(register: Register, case: UUID, stay: UUID, *, person: str | None = None, decided: str | None = None) -> None:
    with register.every.transaction(SYSTEM) as tx:
        if person is not None:
            decisions.add_answer(tx, case, person, None if person == "yes" else "other", stay)
        if decided is not None:
            decisions.add(tx, case, "placement", decided, None if decided == "yes" else "other", stay)
        tx.defer("advance", case)
    run(register)


def states(register: Register, found: tuple[Stay, ...]) -> set[str]:
    with register.solver.transaction(SYSTEM) as tx:
        return {stays.get(tx, stay.id).state for stay in found}


def case_row(register: Register, case: UUID) -> Any:
    with register.every.transaction(SYSTEM) as tx:
        return tx.connection.execute(select(cases).where(cases.c.id == case)).one()


def test_yes_and_yes_make_a_hold_that_no_term_ends(register: Register) -> None:
    case, found = offered(register)
    say(register, case, found[0].id, person="yes")
    assert states(register, found) == {"accepted"}
    say(register, case, found[0].id, decided="yes")
    assert states(register, found) == {"decided"}
    assert open_tasks(register, case).count("missing_arrival") == len(found)  # somebody asks on the first day
    register.clock.move(days=8)
    run(register)
    assert states(register, found) == {"decided"}


def test_a_no_of_the_person_frees_the_beds_and_no_other_slot_of_the_version_is_tried(register: Register) -> None:
    case, found = offered(register)
    say(register, case, found[0].id, person="no")
    assert states(register, found) == {"released"}
    row = case_row(register, case)
    assert (row.state, row.offer_ref) == ("in_progress", None)
    assert not held(register, case)
    assert open_tasks(register, case) == ["handle_manually"]


@pytest.mark.parametrize("outcome", ["no", "disagreement"])
def test_a_no_of_the_municipality_goes_to_the_coordinator(register: Register, outcome: str) -> None:
    case, found = offered(register)
    say(register, case, found[0].id, person="yes")
    say(register, case, found[0].id, decided=outcome)
    assert states(register, found) == {"released"}
    assert not held(register, case)
    assert "handle_manually" in open_tasks(register, case)
    assert case_row(register, case).offer_ref is None


def test_an_answer_to_another_offer_moves_nothing(register: Register) -> None:
    case, found = offered(register)
    say(register, case, uuid4(), person="no", decided="no")
    assert states(register, found) == {"checked"}


# emergencies


def emergency(
    register: Register, locality: str, hours: int = 24, age: int = 30, gender: str = "male"
) -> tuple[UUID, UUID]:
    person = f"person-{uuid4().hex[:12]}"
    household = [
        {
            "person_key": person, "role": "defector", "age_years": age, "gender": gender, "is_guardian": False,
            "knowledge": "unknown", "memberships": [],
        }
    ]  # fmt: skip
    today = register.clock.now.date()
    details = {
        "responsible_municipality": "1280",
        "window": {"earliest": today.isoformat(), "latest": (today + timedelta(days=1)).isoformat()},
        "stays": [{"kind": "emergency", "nights": 7}], "household": household, "homes": ["2580-lulea"],
    }  # fmt: skip
    with register.every.transaction(SYSTEM) as tx:
        assert tx.tagger is not None
        tag = tx.tagger.person(person)
        case = emergencies.open_case(tx, "m-1280", "m-1280", tag, details, {"is_emergency": True})
        assert case is not None
        request = {
            "position": {"locality": locality, "point": None}, "drivable_hours": hours, "needs": [],
            "nights": 7, "household": household, "oral_consent": True,
        }  # fmt: skip
        later = tx.now + timedelta(days=1)
        emergency_id, _ = emergencies.new(tx, case, request, later, later)
        tx.touch()
        tx.defer("emergency", emergency_id, priority=10)
    run(register)
    return case, emergency_id


def possible_emergency(register: Register) -> tuple[UUID, UUID]:
    """Somebody whom a house that takes people in at night accepts, and who is safe there."""
    for one in register.document["facilities"]:
        if one["night_intake"]:
            accepts = one["accepts"]
            age = max(18, accepts["min_age_years"])
            made = emergency(register, one["locality"], age=age, gender=accepts["genders"][0])
            if held(register, made[0]):
                return made
    raise AssertionError("no house takes anybody")


def result_of(register: Register, emergency_id: UUID) -> tuple[str, dict[str, Any]]:
    with register.solver.transaction(SYSTEM) as tx:
        row = emergencies.get(tx, emergency_id)
        return row.state, emergencies.content(tx, row)["result"]


def test_an_emergency_is_held_tonight_within_reach_where_nights_are_taken_in(register: Register) -> None:
    facilities = {one["id"]: one for one in register.document["facilities"] if one["night_intake"]}
    known = {str(register.seeded.facilities[name]): one for name, one in facilities.items()}
    case, emergency_id = possible_emergency(register)
    state, result = result_of(register, emergency_id)
    assert state == result["outcome"] == "held"
    assert result["facility"] in known
    assert result["road_min"] <= 24 * 60
    today = register.clock.now.date()
    assert result["start"] == today.isoformat()
    assert (date.fromisoformat(result["end"]) - today).days <= 7
    (stay,) = held(register, case)
    assert (stay.kind, stay.state, str(stay.id)) == ("emergency", "held", result["stay"])


def test_an_emergency_out_of_reach_is_refused_and_somebody_is_told(register: Register) -> None:
    case, emergency_id = emergency(register, "2584-kiruna", hours=0)
    state, result = result_of(register, emergency_id)
    assert state == result["outcome"] == "refused"
    assert result["stay"] is None
    assert not held(register, case)
    assert "handle_manually" in open_tasks(register, case)


def test_an_emergency_is_answered_once(register: Register) -> None:
    case, emergency_id = possible_emergency(register)
    with register.every.transaction(SYSTEM) as tx:
        tx.defer("emergency", emergency_id)
    run(register)
    assert len(held(register, case)) == 1


# plans


def plan(register: Register, kind: str, request: dict[str, Any]) -> tuple[str, dict[str, Any], UUID]:
    with register.every.transaction(SYSTEM) as tx:
        plan_id = plans.new(tx, kind, request)
    run(register)
    with register.solver.transaction(SYSTEM) as tx:
        found = plans.get(tx, plan_id)
        return found.state, plans.content(tx, found).get("result") or {}, plan_id


def test_options_are_worked_out_for_one_case(register: Register) -> None:
    case = admitted(register)[0]
    state, result, _ = plan(register, "options", {"case": str(case)})
    assert state == "proposed"
    assert result["case"] == str(case)
    assert result["options"]
    assert not held(register, case)  # a proposal holds nothing


def test_a_week_is_planned_and_ordered(register: Register) -> None:
    state, result, plan_id = plan(register, "week", {})
    assert state == "proposed"
    assert result["placed"]
    planned = result["placed"][0]
    case = UUID(planned["case"])
    with register.every.transaction(SYSTEM) as tx:
        orders.new(tx, case, "manual", {"plan": str(plan_id)})
    run(register)
    found = held(register, case)
    assert [told(register, stay)["placement"]["facility"] for stay in found] == [
        stay["facility"] for stay in planned["stays"]
    ]


# breaches


def breaches(register: Register) -> list[tuple[str, UUID]]:
    with register.every.transaction(SYSTEM) as tx:
        rows = tx.connection.execute(
            select(tasks.c.kind, tasks.c.stay_ref).where(tasks.c.kind.like("breach_%"), tasks.c.done_at.is_(None))
        )
        return sorted((kind, stay) for kind, stay in rows)


def rejudge(register: Register) -> None:
    with register.every.transaction(SYSTEM) as tx:
        tx.touch()
        tx.defer("rejudge", uuid4())
    run(register)


def close_facility(register: Register, facility: UUID) -> None:
    """The registrar closes a house for safety, today."""
    with register.every.transaction(SYSTEM) as tx:
        row = tx.connection.execute(select(facility_versions).where(facility_versions.c.facility_id == facility)).one()
        content = tx.open(Domain.PLACE, facility, at("facility_versions", "sealed", facility, 1), row.sealed)
        closed = {"start": register.clock.now.date().isoformat(), "end": "2027-11-20", "units": None}
        content["facility"]["closures"] = [*content["facility"]["closures"], closed]
        tx.connection.execute(
            insert(facility_versions).values(
                facility_id=facility, version=2, written_by="r", written_at=tx.now, withdrawn=False,
                effective_on=register.clock.now.date(),
                sealed=tx.seal(Domain.PLACE, facility, at("facility_versions", "sealed", facility, 2), content),
            )
        )  # fmt: skip


def lived_in(register: Register) -> tuple[UUID, UUID]:
    """A stay somebody lives in now, and its facility."""
    picture = register.picture()
    for live in picture.facts.live:
        there = picture.facts.presences[live.presence]
        if there.start_day <= picture.facts.today and live.is_housed and live.has_file:
            name = picture.facts.names.presences[live.presence]
            return UUID(name), UUID(picture.facts.names.facilities[there.facility])
    raise AssertionError("nobody lives anywhere")


def test_a_breach_is_one_task_until_it_is_mended(register: Register) -> None:
    rejudge(register)
    before = breaches(register)
    stay, facility = lived_in(register)
    close_facility(register, facility)
    rejudge(register)
    after = breaches(register)
    new = [one for one in after if one not in before]
    assert ("breach_move_now", stay) in new
    rejudge(register)
    assert breaches(register) == after  # once
    with register.every.transaction(SYSTEM) as tx:
        sealed = tx.connection.execute(
            select(facility_versions.c.sealed).where(
                facility_versions.c.facility_id == facility, facility_versions.c.version == 1
            )
        ).scalar_one()
        content = tx.open(Domain.PLACE, facility, at("facility_versions", "sealed", facility, 1), sealed)
        tx.connection.execute(
            insert(facility_versions).values(
                facility_id=facility, version=3, written_by="r", written_at=tx.now, withdrawn=False,
                effective_on=register.clock.now.date(),
                sealed=tx.seal(Domain.PLACE, facility, at("facility_versions", "sealed", facility, 3), content),
            )
        )  # fmt: skip
    rejudge(register)
    assert breaches(register) == before


def test_a_repair_is_proposed_and_its_move_held_while_the_old_bed_is_kept(
    database: conftest.Database, tmp_path: Path
) -> None:
    with register_of(week("small"), database, tmp_path) as register:
        case, old = somebody_placed(register)
        close_facility(register, UUID(told(register, old)["placement"]["facility"]))
        state, result, plan_id = plan(register, "repair", {})
        assert state == "proposed"
        (move,) = (one for one in result["moves"] if one["case"] == str(case))
        assert move["stay"] == str(old.id)
        assert move["act"] in ("move_now", "move_by")
        with register.every.transaction(SYSTEM) as tx:
            orders.new(tx, case, "repair", {"plan": str(plan_id)})
        run(register)
        found = {stay.kind: stay for stay in held(register, case)}
        assert set(found) == {"slot", "repair"}
        assert (found["slot"].state, found["repair"].state) == ("placed", "held")
        assert told(register, found["repair"])["placement"]["facility"] == move["to"]["facility"]
        assert open_tasks(register, case).count("confirm_with_provider") >= 1


def somebody_placed(register: Register) -> tuple[UUID, Stay]:
    """A case with one stay, moved in."""
    for case in admitted(register):
        prefer(register, ask(register, case))
        found = held(register, case)
        if len(found) == 1:
            with register.every.transaction(SYSTEM) as tx:
                tx.connection.execute(update(stays_table).where(stays_table.c.case_id == case).values(state="placed"))
                tx.connection.execute(update(cases).where(cases.c.id == case).values(state="arrived"))
                tx.touch()
            return case, found[0]
    raise AssertionError("nobody has a single stay")


def rival_of_somebody(register: Register, confirmed: bool) -> tuple[str, str]:
    """Two networks of people who live near each other become rivals, by an assessor's word alone or confirmed."""
    facts = register.picture().facts
    near = [
        (one.party.networks, other.party.networks)
        for one in facts.presences
        for other in facts.presences
        if one is not other
        and facts.places.gap_m[one.place, other.place] < 15_000
        and one.party.networks
        and other.party.networks
        and not one.party.networks & other.party.networks
        and one.end_day > facts.today
        and other.end_day > facts.today
    ]
    if not near:
        pytest.fail("the week has nobody near anybody")
    a, b = (facts.names.networks[min(networks)] for networks in near[0])
    record = uuid4()
    told = {
        "id": str(record), "a": a, "b": b, "kind": "rival", "start": "2026-01-01", "end": None,
        "end_confirmed": False, "probability_percent": 95,
        "provenance": {"source": "police_intelligence", "recorded_on": "2026-11-19", "confirmed_on": None},
    }  # fmt: skip
    with register.every.transaction(SYSTEM) as tx:
        tx.new_subject(Domain.INTEL, record)
        tx.connection.execute(
            insert(intel_versions).values(
                record_id=record, version=1, kind="relation", written_by="a", unit="bops-syd", written_at=tx.now,
                withdrawn=False,
                sealed=tx.seal(Domain.INTEL, record, at("intel_versions", "sealed", record, 1), told),
            )
        )  # fmt: skip
        if confirmed:
            tx.connection.execute(
                insert(intel_confirmations).values(
                    record_id=record, version=1, actor="b", unit="bops-vast", role="assessor", confirmed_at=tx.now
                )
            )
        tx.touch()
    return a, b


@pytest.mark.parametrize("confirmed", [False, True])
def test_only_confirmed_knowledge_moves_anybody(database: conftest.Database, tmp_path: Path, confirmed: bool) -> None:
    with register_of(week("small"), database, tmp_path) as register:
        rejudge(register)
        before = {one for one in breaches(register) if one[0] != "breach_task"}
        rival_of_somebody(register, confirmed)
        rejudge(register)
        after = {one for one in breaches(register) if one[0] != "breach_task"}
        assert (after != before) is confirmed
