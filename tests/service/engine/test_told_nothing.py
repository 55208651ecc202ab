"""What a requester is told and what is held depends on nothing of others that they may not know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from service.actors import SYSTEM
from service.crypto.vault import Vault, seal_to
from service.engine.rejudge import rejudge
from service.engine.world import Picture
from tests.service.back.scene import FACILITY, PROVIDER
from tests.service.engine.walked import Country
from tests.service.front.walk import Walk, person_key
from tests.service.harness import Harness


@pytest.fixture
def country(harness: Harness) -> Country:
    return Country(harness)


def coordinator(country: Country) -> Any:
    return country.harness.act("coordinator", unit="noa", name="c-1")


def answer_of(country: Country, walk: Walk, version: int) -> dict[str, Any]:
    """The answer to a new version of the assessment, after the one before has expired."""
    country.harness.clock.move(hours=73)
    country.run()
    assert walk.assess(version=version).status_code == 201
    return country.answer(walk)


def test_a_live_hold_changes_no_answer(country: Country) -> None:
    walk = country.case()
    before = country.answer(walk)
    country.prefer(walk)
    assert country.live(walk)
    assert answer_of(country, walk, 2) == before


def test_neither_a_hold_nor_its_end_is_in_the_picture_an_answer_is_made_of(country: Country) -> None:
    walk = country.case()
    country.prefer(walk)
    pictures = [own(country, walk)]
    (stay,) = country.live(walk)
    assert coordinator(country).post(walk.path("/claim")).status_code == 200
    assert coordinator(country).post(f"/v1/stays/{stay.id}/release", {"code": "better_place"}).status_code == 200
    assert not country.live(walk)
    pictures.append(own(country, walk))
    assert [one.inputs for one in pictures] == [pictures[0].inputs] * 2
    assert all(one.number(UUID(walk.case_id)) == 0 and not one.facts.presences for one in pictures)


def own(country: Country, walk: Walk) -> Picture:
    with country.harness.solver.transaction(SYSTEM) as tx:
        return country.world.own(tx, UUID(walk.case_id))


def test_others_change_no_answer(country: Country) -> None:
    walk = country.case()
    before = country.answer(walk)
    country.prefer(country.case())
    country.prefer(country.case(actors=[foe(walk.key)], separations=[{"km": 60}]))
    first_loaded(country, "2026-11-01", walk.key)
    assert answer_of(country, walk, 2) == before


def test_what_is_wrong_with_the_own_case_is_told(country: Country) -> None:
    walk = country.case()
    assert walk.record_gate(definition_met=False).status_code == 201
    assert country.answer(walk)["state"] == "gate_not_passed"


# links


def within(key: str) -> dict[str, Any]:
    return {"links": [{"person_key": key, "kind": "within", "km": 100, "minutes": 100}]}


def test_a_link_of_one_side_alone_tells_nothing_of_the_other(country: Country) -> None:
    target = country.case()
    country.prefer(target)
    known, unknown = country.case(**within(target.key)), country.case(**within(person_key()))
    plain = country.case()
    answers = [country.answer(walk) for walk in (known, unknown, plain)]
    assert answers[0] == answers[1]
    for walk in (known, unknown):
        country.prefer(walk)
    for walk in (known, unknown):
        assert country.live(walk) == ()
        assert walk.requester.get(walk.path()).json()["state"] == "in_progress"
        assert answer_of(country, walk, 2)["state"] == "three_slots"
    country.run()
    assert country.possible(known) == country.possible(plain)  # version 2 asks for nobody


def test_a_one_sided_link_is_a_task_whether_or_not_the_person_is_known(country: Country) -> None:
    target = country.case()
    country.prefer(target)
    walks = country.case(**within(target.key)), country.case(**within(person_key()))
    country.run()
    judged(country)
    told = [country.open_tasks(walk) for walk in walks]
    assert told[0] == told[1]
    assert "link_to_be_confirmed" in told[0]
    assert [country.possible(walk) for walk in walks] == [set(), set()]


def test_a_link_that_both_sides_ask_for_counts_and_ends_the_task(country: Country) -> None:
    one, other = person_key(), person_key()
    first = country.case(one, **within(other))
    judged(country)
    assert "link_to_be_confirmed" in country.open_tasks(first)
    second = country.case(other, **within(one))
    judged(country)
    assert "link_to_be_confirmed" not in country.open_tasks(first) | country.open_tasks(second)
    assert country.possible(first)
    country.prefer(second)
    home = country.placement(country.live(second)[0])["facility"]
    plain = country.case()
    assert country.possible(first) <= country.possible(plain) | {home}
    # a link that is taken back stops the other side again
    assert second.assess(version=2).status_code == 201
    judged(country)
    assert "link_to_be_confirmed" in country.open_tasks(first)


def test_to_be_kept_away_from_somebody_needs_nobodys_word(country: Country) -> None:
    target = country.case()
    country.prefer(target)
    home = country.placement(country.live(target)[0])["facility"]
    away = country.case(links=[{"person_key": target.key, "kind": "more_than", "km": 50}])
    judged(country)
    assert home not in country.possible(away)
    assert country.possible(away) <= country.possible(country.case())
    assert "link_to_be_confirmed" not in country.open_tasks(away)


def judged(country: Country) -> None:
    with country.harness.solver.transaction(SYSTEM) as tx:
        rejudge(tx, country.world, country.harness.settings)


# first loads before a facility is in force


def first_loaded(country: Country, start: str, key: str | None = None) -> str:
    """Somebody lives in a facility that was written today and is in force from tomorrow; its id."""
    registrar = country.harness.act("registrar", name="g-1")
    provider = registrar.post("/v1/providers", PROVIDER).json()["id"]
    facility: str = registrar.post("/v1/facilities", {**FACILITY, "provider_id": provider}).json()["id"]
    member = {
        "person_key": person_key(), "role": "defector", "age_years": 30, "gender": "male", "knowledge": "cleared",
    }  # fmt: skip
    placement: dict[str, Any] = {
        "id": "p-1", "facility": facility, "state": "placed", "units": [{"unit": "flat-1", "beds": 1}],
        "start": start, "end": "2027-03-01", "household": [member], "responsible_municipality": "0180",
    }  # fmt: skip
    if key is not None:
        placement["case_file"] = {"assessments": []}
    sealed = seal_to(Vault(country.harness.data / "keys").public_key(), {"placements": [placement], "residences": []})
    told = coordinator(country).post("/v1/first-loads", {"sealed": sealed})
    assert told.status_code == 201, told.text
    return facility


def test_a_first_load_on_the_day_its_facility_is_written_stops_nobody(country: Country) -> None:
    before = country.possible(walk := country.case())
    facility = first_loaded(country, "2026-11-01")
    country.run()
    picture = country.picture()
    assert not picture.is_lost
    assert facility in picture.facts.names.facilities
    assert facility not in picture.beds  # nobody new before it is in force
    assert country.possible(walk) - {facility} == before
    country.prefer(walk)
    assert len(country.live(walk)) == 1
    asked = coordinator(country).post("/v1/emergencies", emergency())
    country.run()
    answer = coordinator(country).get(f"/v1/emergencies/{asked.json()['emergency_id']}").json()
    assert answer["state"] == "held" or answer["reasons"] == ["no_safe_place_tonight"]
    with country.harness.database.admin() as connection:
        kinds = {row[0] for row in connection.execute("SELECT kind FROM fristad.tasks WHERE stay_ref IS NOT NULL")}
    assert not {"breach_move_now", "breach_move_by"} & kinds


def test_an_emergency_says_when_nobody_can_tell_what_is_safe(country: Country) -> None:
    with country.harness.database.admin() as connection:
        connection.execute("ALTER TABLE fristad.facility_versions DISABLE TRIGGER USER")
        connection.execute("UPDATE fristad.facility_versions SET sealed = 'x'")
    asked = coordinator(country).post("/v1/emergencies", emergency())
    country.run()
    answer = coordinator(country).get(f"/v1/emergencies/{asked.json()['emergency_id']}").json()
    assert (answer["state"], answer["reasons"]) == ("refused", ["register_incomplete"])


def emergency() -> dict[str, Any]:
    member = {
        "person_key": person_key(), "role": "defector", "age_years": 31, "gender": "female", "knowledge": "cleared",
    }  # fmt: skip
    return {
        "position": {"locality": "1280-holma"}, "drivable_hours": 24, "household": [member], "needs": [],
        "nights": 3, "responsible_municipality": "1280", "municipality_unit": "kommun-1280", "oral_consent": True,
    }  # fmt: skip


# records that name what is not there


def foe(key: str) -> dict[str, Any]:
    return {
        "id": "a1",
        "person_key": key,
        "reach": {"kind": "areas", "areas": [{"kind": "lan", "lan": "01"}]},
        "persistence": {"kind": "lasting"},
    }
