"""Cases whose own facts change while something is held for them: the steps of the tests about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from service.flow.localities import locality
from service.jobs.run import run_pending
from service.settings import Settings
from service.store.repository import answers, catalogue, stays
from service.store.repository.stays import Nights, Stay
from tests.service.engine.walked import Country
from tests.service.front.system import as_system
from tests.service.front.walk import Walk
from tests.service.harness import SMALL, Person

__all__ = [
    "LANS",
    "OPENED",
    "asked",
    "asked_of",
    "assess",
    "beds",
    "case_state",
    "check",
    "claimed",
    "confirm",
    "coordinator",
    "counted",
    "decline",
    "elsewhere",
    "intelligence",
    "offered",
    "opened",
    "place",
    "preferred",
    "reasons",
    "run",
    "state",
]

LANS = ("25", "24", "23", "22", "12", "14", "13", "03")
OPENED: list[Walk] = []


def coordinator(country: Country) -> Person:
    return country.harness.act("coordinator", unit="noa", name="c-1")


def place(country: Country, stay: Stay) -> str:
    with as_system(country.harness) as tx:
        found = catalogue.facility(tx, UUID(country.placement(stay)["facility"]))
        assert found is not None
        return str(found.facility["locality"])


def elsewhere(country: Country, stay: Stay, number: int = 0) -> str:
    """A county the stay is not in."""
    return [lan for lan in LANS if lan != place(country, stay)[:2]][number]


def assess(country: Country, walk: Walk, version: int, *lans: str, settings: Settings | None = None) -> None:
    """A new version that forbids these counties, and what the solver makes of it."""
    signed = walk.assess(version=version, forbidden=[{"kind": "lan", "lan": lan} for lan in lans])
    assert signed.status_code == 201, signed.text
    run(country, settings or SMALL)


def run(country: Country, settings: Settings) -> None:
    run_pending(country.harness.solver, policy=country.seeded.policy, settings=settings)


def opened(country: Country, **more: Any) -> Walk:
    walk = country.case(**more)
    OPENED.append(walk)
    return walk


def preferred(country: Country, settings: Settings = SMALL, **more: Any) -> Walk:
    """A case whose order of slots was told; the solver works with these settings."""
    walk = opened(country, **more)
    asked = walk.ask().json()["query_id"]
    told = country.answer(walk)
    assert told["state"] == "three_slots", told
    done = walk.requester.post(f"/v1/queries/{asked}/preference", {"slots": country.slots})
    assert done.status_code == 202, done.text
    run(country, settings)
    return walk


def claimed(country: Country, walk: Walk) -> None:
    assert coordinator(country).post(walk.path("/claim")).status_code == 200


def confirm(country: Country, stay: Stay) -> None:
    done = coordinator(country).post(f"/v1/stays/{stay.id}/confirmation", {"outcome": "confirmed"})
    assert done.status_code == 200, done.text


def check(country: Country, stay: Stay) -> None:
    unit = f"bops-{locality(place(country, stay)).police_region}"
    police = country.harness.act("receiving_bops", unit=unit, name="b-1")
    done = police.post(f"/v1/stays/{stay.id}/destination-check", {"outcome": "yes"})
    assert done.status_code == 200, done.text


def offered(country: Country) -> tuple[Walk, Stay]:
    """A case to which a hold is shown."""
    walk = preferred(country)
    claimed(country, walk)
    (stay,) = country.live(walk)
    confirm(country, stay)
    check(country, stay)
    country.until_told(walk.case_id)
    return walk, stay


def decline(walk: Walk) -> None:
    """The person says no."""
    done = walk.requester.post(walk.path("/person-answer"), {"outcome": "no", "reason_code": "not_ready"})
    assert done.status_code == 201, done.text


def case_state(walk: Walk) -> str:
    return str(walk.requester.get(walk.path()).json()["state"])


def state(country: Country, stay: Stay) -> str:
    with as_system(country.harness) as tx:
        return stays.get(tx, stay.id).state


def beds(country: Country, stay: Stay) -> tuple[Nights, ...]:
    with as_system(country.harness) as tx:
        return stays.nights_of(tx, stay.id)


def reasons(country: Country, walk: Walk) -> list[str]:
    """Why a coordinator has the case."""
    return asked(
        country,
        "SELECT reason FROM fristad.tasks WHERE kind = 'handle_manually' AND done_at IS NULL AND case_id = %s",
        walk,
    )


def counted(country: Country, walk: Walk) -> list[int]:
    """Versions that used the budgets."""
    return asked(country, "SELECT assessment_version FROM fristad.counted_questions WHERE case_id = %s", walk)


def asked(country: Country, question: str, walk: Walk) -> list[Any]:
    with country.harness.database.admin() as connection:
        return sorted(row[0] for row in connection.execute(question, [walk.case_id]))


def intelligence(country: Country, role: str, record: str | None, **told: Any) -> str:
    """A version of a network; its id."""
    who = country.harness.act(role, name=f"i-{role}")
    done = who.post("/v1/intelligence", {"record_id": record, "network": {"kind": "mc", **told}})
    assert done.status_code == 201, done.text
    return str(done.json()["record_id"])


def asked_of(country: Country, walk: Walk) -> dict[str, str]:
    """What the slots of a case show."""
    with as_system(country.harness) as tx:
        stay = stays.live_of(tx, UUID(walk.case_id))[0]
        assert stay.query is not None
        shown: dict[str, str] = answers.answer(tx, answers.get(tx, stay.query))["slots"][0]
        return shown
