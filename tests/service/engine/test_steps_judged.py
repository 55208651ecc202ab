"""No step towards a place is taken before the stay was judged on what is true by then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from service.engine.advance import release_stale
from service.flow.localities import locality
from service.store.repository import catalogue, stays
from service.store.repository.stays import Stay
from tests.service import conftest
from tests.service.engine.walked import Country
from tests.service.front.system import as_system
from tests.service.front.walk import Walk, details, person_key
from tests.service.harness import SMALL, Harness, Person, harness, new_harness

__all__ = ["harness"]


@pytest.fixture
def country(harness: Harness) -> Country:
    return Country(harness)


def coordinator(country: Country) -> Person:
    return country.harness.act("coordinator", unit="noa", name="c-1")


def place(country: Country, stay: Stay) -> str:
    with as_system(country.harness) as tx:
        found = catalogue.facility(tx, UUID(country.placement(stay)["facility"]))
        assert found is not None
        return str(found.facility["locality"])


def state(country: Country, stay: Stay) -> str:
    with as_system(country.harness) as tx:
        return stays.get(tx, stay.id).state


def confirm(country: Country, stay: Stay) -> Any:
    return coordinator(country).post(f"/v1/stays/{stay.id}/confirmation", {"outcome": "confirmed"})


def check(country: Country, stay: Stay, outcome: str = "yes") -> Any:
    unit = f"bops-{locality(place(country, stay)).police_region}"
    police = country.harness.act("receiving_bops", unit=unit, name="b-1")
    return police.post(f"/v1/stays/{stay.id}/destination-check", {"outcome": outcome})


def held(country: Country) -> tuple[Walk, Stay]:
    """A case with a hold, claimed."""
    walk = country.case()
    country.prefer(walk)
    assert coordinator(country).post(walk.path("/claim")).status_code == 200
    return walk, country.live(walk)[0]


def offered(country: Country, stay: Stay) -> None:
    for done in (confirm(country, stay), check(country, stay)):
        assert done.status_code == 200, done.text
    country.until_told(stay.case)


def agreed(country: Country, walk: Walk, stay: Stay) -> None:
    """Everybody has said yes."""
    offered(country, stay)
    for person, path in ((walk.requester, "/person-answer"), (walk.decider, "/placement-decision")):
        done = person.post(walk.path(path), {"outcome": "yes"})
        assert done.status_code == 201, done.text
        country.run()
    assert state(country, stay) == "decided"


def arrive(country: Country, stay: Stay) -> Any:
    told = {"arrived_on": country.harness.clock().date().isoformat()}
    return coordinator(country).post(f"/v1/stays/{stay.id}/arrival", told)


def arrived(country: Country) -> tuple[Walk, Stay]:
    walk, stay = held(country)
    agreed(country, walk, stay)
    first = date.fromisoformat(country.placement(stay)["start"])
    country.harness.clock.move(days=max(0, (first - country.harness.clock().date()).days))
    country.run()
    coordinator(country).post(walk.path("/claim"))  # it may have lapsed
    done = arrive(country, stay)
    assert done.status_code == 200, done.text
    country.run()
    return walk, stay


def forbid(country: Country, walk: Walk, lan: str, version: int = 2) -> None:
    told = [{"kind": "lan", "lan": one} for one in ("01", lan)]
    signed = walk.assess(version=version, forbidden=told)
    assert signed.status_code == 201, signed.text


def test_a_hold_made_on_other_facts_of_its_case_goes_and_the_slots_are_tried_again(country: Country) -> None:
    walk, stay = held(country)
    lan = place(country, stay)[:2]
    forbid(country, walk, lan)
    country.run()
    assert state(country, stay) == "released"
    assert not [one for one in country.live(walk) if place(country, one)[:2] == lan]
    assert walk.requester.get(walk.path()).json()["state"] == "in_progress"
    assert confirm(country, stay).status_code in (404, 409)


def test_every_change_of_a_case_takes_its_offer_out_of_sight_so_that_nobody_finds_out_where_it_is(
    country: Country,
) -> None:
    walk, stay = held(country)
    offered(country, stay)
    elsewhere = next(lan for lan in ("25", "12", "14") if lan != place(country, stay)[:2])
    forbid(country, walk, elsewhere)
    country.run()
    assert state(country, stay) == "released"
    assert walk.requester.get(walk.path()).json()["state"] == "in_progress"


def test_no_step_is_taken_before_the_change_was_judged(tmp_path: Any, database: conftest.Database) -> None:
    with new_harness(tmp_path, database, settings=SMALL.model_copy(update={"judgement_wait_s": 0})) as made:
        country = Country(made)
        walk, stay = held(country)
        forbid(country, walk, place(country, stay)[:2])
        refused = confirm(country, stay)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_judged_yet")
        assert state(country, stay) == "held"


@pytest.mark.parametrize("undone", ["assessment", "measure"])
def test_a_decided_stay_whose_grounds_fall_is_given_up_and_somebody_is_told_at_once(
    country: Country, undone: str
) -> None:
    walk, stay = held(country)
    agreed(country, walk, stay)
    if undone == "assessment":
        done = walk.assessor.post(walk.path("/assessments/withdrawal"), {"reason_code": "new_information"})
    else:
        done = walk.decide_measure("no", "not_eligible")
    assert done.status_code == 201, done.text
    country.run()
    assert state(country, stay) == "released"
    assert "placement_withdrawn" in country.open_tasks(walk)
    asked = walk.requester.post(walk.path("/reveals"), {"purpose": "transport", "receiver": "f-1"})
    assert asked.status_code == 409, asked.text


def test_a_household_that_has_grown_is_held_for_anew_with_a_bed_for_each(country: Country) -> None:
    walk, stay = held(country)
    child = {"person_key": person_key(), "role": "child", "age_years": 4, "gender": "male", "knowledge": "cleared"}
    told = details(walk.key, window={"earliest": "2026-11-20", "latest": "2026-12-20"})
    told["household"][0]["is_guardian"] = True
    told["household"].append(child)
    done = walk.requester.post(walk.path("/versions"), {"details": told})
    assert done.status_code == 201, done.text
    country.run()
    assert state(country, stay) == "released"
    for one in country.live(walk):
        assert len(country.placement(one)["household"]) == 2


def test_who_joins_a_household_that_has_moved_in_counts_as_present_and_somebody_is_told(country: Country) -> None:
    walk, stay = arrived(country)
    told = details(walk.key, window={"earliest": "2026-11-20", "latest": "2026-12-20"})
    told["household"][0]["is_guardian"] = True
    child = {"person_key": person_key(), "role": "child", "age_years": 4, "gender": "male", "knowledge": "cleared"}
    told["household"].append(child)
    assert walk.requester.post(walk.path("/versions"), {"details": told}).status_code == 201
    country.run()
    assert state(country, stay) == "placed"
    assert "breach_move_now" in country.open_tasks(walk)
    facts = country.picture().facts
    there = facts.presences[facts.names.presences.index(str(stay.id))]
    assert len(there.party.members) == 2
    with country.harness.database.admin() as connection:
        rows = connection.execute("SELECT 1 FROM fristad.stay_persons WHERE stay_id = %s", [stay.id])
        assert len(rows.fetchall()) == 2


def test_somebody_who_must_leave_a_stay_is_moved_by_a_repair_until_they_arrive_in_safety(country: Country) -> None:
    walk, old = arrived(country)
    lan = place(country, old)[:2]
    forbid(country, walk, lan)
    country.run()
    assert "breach_move_now" in country.open_tasks(walk)
    asked = coordinator(country).post("/v1/plans", {"kind": "repair"})
    assert asked.status_code == 202, asked.text
    country.run()
    ordered = coordinator(country).post(walk.path("/holds"), {"plan_id": asked.json()["plan_id"]})
    assert ordered.status_code == 202, ordered.text
    country.run()
    (new,) = (one for one in country.live(walk) if one.kind == "repair")
    assert state(country, old) == "placed"
    agreed(country, walk, new)
    country.harness.clock.move(
        days=max(0, (date.fromisoformat(country.placement(new)["start"]) - country.harness.clock().date()).days)
    )
    country.run()
    done = arrive(country, new)
    assert done.status_code == 200, done.text
    assert (state(country, old), state(country, new)) == ("departed", "placed")
    assert place(country, new)[:2] != lan


def test_a_manual_hold_is_judged_when_its_case_changes(country: Country) -> None:
    walk = country.case()
    country.run()
    assert coordinator(country).post(walk.path("/claim")).status_code == 200
    for facility in sorted(country.possible(walk)):
        start = (country.harness.clock().date() + timedelta(days=3)).isoformat()
        coordinator(country).post(walk.path("/holds"), {"facility_id": facility, "start": start})
        country.run()
        if country.live(walk):
            break
    (stay,) = country.live(walk)
    assert walk.requester.get(walk.path()).json()["state"] == "signed"
    forbid(country, walk, place(country, stay)[:2])
    country.run()
    assert state(country, stay) == "released"
    assert "handle_manually" in country.open_tasks(walk)


def test_a_decision_made_in_time_is_kept_when_its_job_comes_after_the_term(country: Country) -> None:
    walk, stay = held(country)
    offered(country, stay)
    assert walk.requester.post(walk.path("/person-answer"), {"outcome": "yes"}).status_code == 201
    country.run()
    assert stay.held_until is not None
    country.harness.clock.now = stay.held_until - timedelta(seconds=20)
    assert walk.decider.post(walk.path("/placement-decision"), {"outcome": "yes"}).status_code == 201
    country.harness.clock.move(seconds=40)
    with as_system(country.harness) as tx:
        assert release_stale(tx, country.world, country.harness.settings) == 0
    assert state(country, stay) == "decided"


def test_nobody_arrives_after_the_last_night_and_the_bed_is_given_back(country: Country) -> None:
    walk, stay = held(country)
    agreed(country, walk, stay)
    country.harness.clock.now += timedelta(days=120)
    assert coordinator(country).post(walk.path("/claim")).status_code == 200
    refused = arrive(country, stay)
    assert (refused.status_code, refused.json()["code"]) == (409, "day_after_end"), refused.text
    country.run()
    assert state(country, stay) == "released"


def test_what_was_held_a_moment_ago_is_not_given_up_by_the_next_judgement(country: Country) -> None:
    _, stay = held(country)
    with as_system(country.harness) as tx:
        tx.touch()
    country.run()
    assert state(country, stay) == "held"
