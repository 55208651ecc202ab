"""From a question that gets no slots, or no bed behind them, to a place the same day: by hand, with the real solver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from service.crypto.vault import Vault, seal_to
from service.flow.localities import layers, locality
from service.store.repository import stays
from tests.service.back.scene import refused
from tests.service.engine.loading import week
from tests.service.engine.walked import Country
from tests.service.front.system import as_system
from tests.service.front.walk import Walk, person_key
from tests.service.harness import SMALL, Harness, Person, new_harness

if TYPE_CHECKING:
    from tests.service.conftest import Database

LONG = {"start": "2026-01-15", "end": "2028-06-01"}
MEMBER = {"role": "defector", "age_years": 30, "gender": "male", "knowledge": "cleared"}


@pytest.fixture
def country(tmp_path: Path, database: Database) -> Iterator[Country]:
    """A register where a case needs facilities in two counties to be asked about."""
    settings = SMALL.model_copy(update={"admission_lan": 2})
    with new_harness(tmp_path, database, settings=settings) as harness:
        yield Country(harness)


@pytest.fixture
def full(tmp_path: Path, database: Database) -> Iterator[Country]:
    """The same register with somebody in every bed."""
    told = json.loads(week("tiny"))
    somebody = next(one for one in told["placements"] if one["state"] == "placed")
    member = {**somebody["household"][0], "role": "defector"}
    told["person_conflicts"] = []  # of persons who live elsewhere now
    units = [(home["id"], unit) for home in told["facilities"] for unit in home["units"]]
    told["placements"] = [
        {
            **somebody,
            "id": f"full-{number}",
            "facility": home,
            "units": [{"unit": unit["id"], "beds": unit["beds"]}],
            "household": [
                {**member, "person_key": person_key(), "role": "partner" if bed else "defector"}
                for bed in range(unit["beds"])
            ],
            "separations": [],
            **LONG,
        }
        for number, (home, unit) in enumerate(units)
    ]
    with new_harness(tmp_path, database, settings=SMALL) as harness:
        yield Country(harness, document=json.dumps(told).encode())


def coordinator(harness: Harness, name: str = "c-1") -> Person:
    return harness.act("coordinator", unit="noa", name=name)


def manual(walk: Walk) -> dict[str, Any]:
    answer = coordinator(walk.harness).get(walk.path("/manual"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_hand(walk: Walk) -> list[tuple[str, str]]:
    """Case and reason of what the worklist has to be placed by hand."""
    items = coordinator(walk.harness).get("/v1/worklist").json()["items"]
    return [(one["case_id"], one["reason"]) for one in items if one["kind"] == "handle_manually"]


def claim(walk: Walk) -> None:
    done = coordinator(walk.harness).post(walk.path("/claim"))
    assert done.status_code == 200, done.text


def vouch(walk: Walk) -> None:
    told = {"how": "second_organisation", "unit": "bops-vast"}
    done = coordinator(walk.harness).post(walk.path("/verification"), told)
    assert done.status_code == 201, done.text


def order(walk: Walk, rank: int) -> None:
    told = {"plan_id": manual(walk)["listed"]["plan_id"], "option": rank}
    done = coordinator(walk.harness).post(walk.path("/holds"), told)
    assert done.status_code == 202, done.text


def narrow(country: Country) -> Walk:
    """A red case that only one county is left to, in which somebody may be placed."""
    roomy = country.case()
    picture = country.picture()
    names, homes = picture.facts.names, picture.facts.facilities
    places = {name: names.places[home.place] for name, home in zip(names.facilities, homes, strict=True)}
    lan = locality(places[sorted(country.possible(roomy))[0]]).lan
    others = sorted({place.lan for place in layers().localities.values()} - {lan})
    return country.case(forbidden=[{"kind": "lan", "lan": one} for one in others])


def test_a_narrow_case_is_placed_by_hand_the_same_day_and_the_asker_sees_only_the_states(country: Country) -> None:
    walk, harness = narrow(country), country.harness
    told = country.answer(walk)
    assert (told["state"], told["slots"]) == ("with_coordinator", None)
    before = walk.requester.get(walk.path()).json()["state"]
    assert by_hand(walk) == [(walk.case_id, "not_admitted")]
    claim(walk)
    country.run()
    listed = manual(walk)["listed"]
    assert (listed["state"], listed["is_current"], listed["is_renewed"]) == ("proposed", True, False)
    (stay,) = listed["options"][0]["stays"]
    vouch(walk)
    order(walk, 1)
    country.run()
    (ordered,) = manual(walk)["ordered"]
    (held,) = manual(walk)["tried"]
    assert (ordered["state"], ordered["stay_id"]) == ("held", held["stay_id"])
    assert (held["facility_id"], held["start"], held["kind"]) == (stay["facility_id"], stay["start"], "manual")
    done = coordinator(harness).post(f"/v1/stays/{held['stay_id']}/confirmation", {"outcome": "confirmed"})
    assert done.status_code == 200, done.text
    assert by_hand(walk) == []
    assert manual(walk)["handed"][0]["outcome"] == "confirmed"
    police = harness.act("receiving_bops", unit=f"bops-{locality(stay['locality']).police_region}", name="b-1")
    checked = police.post(f"/v1/stays/{held['stay_id']}/destination-check", {"outcome": "yes"})
    assert checked.status_code == 200, checked.text
    country.run()
    seen = walk.requester.get(walk.path())
    assert seen.json()["state"] == before  # until the round
    country.until_told(walk.case_id)
    seen = walk.requester.get(walk.path())
    assert seen.json()["state"] == "answer_needed"
    for secret in (stay["facility_id"], stay["locality"], held["stay_id"], "not_admitted", listed["plan_id"]):
        assert secret not in seen.text
    no = walk.requester.post(walk.path("/person-answer"), {"outcome": "no", "reason_code": "family_reasons"})
    assert no.status_code == 201, no.text
    country.run()
    told = manual(walk)  # the claim still stands: the list was made anew at once
    assert [(one["code"], one["reason"]) for one in told["tried"]] == [("person_declined", "family_reasons")]
    assert [one["reason"] for one in told["handed"]] == ["declined", "not_admitted"]
    again = {one["stays"][0]["facility_id"]: one["refused"] for one in told["listed"]["options"]}
    assert again[stay["facility_id"]] == "person_declined"
    body = {"plan_id": told["listed"]["plan_id"], "option": 1}  # another place to say no to takes another word
    refused(coordinator(harness).post(walk.path("/holds"), body), 409, "not_verified")


def test_after_a_lost_race_the_list_is_made_anew_without_asking(country: Country) -> None:
    walk = narrow(country)
    country.answer(walk)
    claim(walk)
    country.run()
    before = manual(walk)["listed"]
    (stay,) = before["options"][0]["stays"]
    fill(country, stay["facility_id"])
    country.harness.clock.move(minutes=1)
    assert manual(walk)["listed"]["is_current"] is False
    vouch(walk)
    order(walk, 1)
    country.run()
    told = manual(walk)
    assert [one["state"] for one in told["ordered"]] == ["refused"]
    assert told["waits"]
    assert told["listed"]["plan_id"] != before["plan_id"]
    assert told["listed"]["is_current"]
    left = {one["stays"][0]["facility_id"] for one in told["listed"]["options"]}
    assert stay["facility_id"] not in left


def fill(country: Country, facility_id: str) -> None:
    """Others are recorded in every bed that is left in a facility."""
    placements = []
    with as_system(country.harness) as tx:
        for unit, beds in country.world.picture(tx).beds[facility_id].items():
            first, after = date(2026, 11, 1), date(2028, 6, 1)
            free = set(beds) - {one.bed for one in stays.taken(tx, beds, first.toordinal(), after.toordinal())}
            if free:
                placements.append(
                    {
                        "id": f"filling-{unit}",
                        "facility": facility_id,
                        "state": "placed",
                        "units": [{"unit": unit, "beds": len(free)}],
                        "start": first.isoformat(),
                        "end": after.isoformat(),
                        "household": [{**MEMBER, "person_key": person_key()} for _ in free],
                        "responsible_municipality": "0180",
                    }
                )
    sealed = seal_to(Vault(country.harness.data / "keys").public_key(), {"placements": placements, "residences": []})
    told = coordinator(country.harness).post("/v1/first-loads", {"sealed": sealed})
    assert told.status_code == 201, told.text
    assert told.json()["placements"] == len(placements) > 0


def test_at_a_full_register_an_unbacked_case_comes_with_what_blocks_it(full: Country) -> None:
    walk = full.case()
    assert not full.possible(walk)
    full.prefer(walk)
    assert by_hand(walk) == [(walk.case_id, "no_safe_bed")]
    assert walk.requester.get(walk.path()).json()["state"] == "in_progress"
    claim(walk)
    full.run()
    listed = manual(walk)["listed"]
    assert (listed["state"], listed["options"], listed["blocked"]) == ("no_plan", [], None)
    why = listed["why"]
    assert why["is_proven"]
    assert "place_capacity" in {one["rule"] for one in why["blocking"]}
    assert all(one["excludes"] > 0 for one in why["rules"])
    costs = [one["cost"] for one in why["changes"]]
    assert costs == sorted(costs)
    with as_system(full.harness) as tx:  # nothing is held by it
        assert stays.live_of(tx, UUID(walk.case_id)) == ()


def test_of_a_case_that_waits_for_another_household_it_says_so(country: Country) -> None:
    walk = country.case(links=[{"person_key": person_key(), "kind": "within", "km": 100, "minutes": 100}])
    country.prefer(walk)
    claim(walk)
    country.run()
    listed = manual(walk)["listed"]
    assert (listed["state"], listed["blocked"]) == ("no_plan", "other_household_silent")
    assert by_hand(walk)
