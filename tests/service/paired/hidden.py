"""What coordinator, provider, destination and other units do, in each world otherwise, while the own people ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import httpx

from service.flow.confirmations import locality_of
from service.flow.localities import locality
from service.store.repository import stays
from service.store.repository.stays import Stay
from tests.service.engine.walked import Country
from tests.service.front.system import as_system
from tests.service.front.walk import Walk, assessment, details, person_key
from tests.service.harness import Harness, Person

__all__ = ["Hidden"]

_UNITS: Final = ("bops-nord", "bops-vast", "bops-mitt")
"""Of others: none is the unit of an own case, whose budget is its own affair."""
_MUNICIPALITY: Final = "1980"


@dataclass
class Hidden:
    """One world's other people.

    Parameters
    ----------
    dice : this world's own
    keys : of the persons of the own cases
    done : how often each act went through
    """

    country: Country
    dice: Random
    keys: list[str]
    done: Counter[str] = field(default_factory=Counter)
    asked: list[tuple[Person, str]] = field(default_factory=list)
    number: int = 0

    @property
    def harness(self) -> Harness:
        """Of this world."""
        return self.country.harness

    def act(self, own: list[UUID]) -> None:
        """One thing that others do; of what waits for the own cases first.

        Parameters
        ----------
        own : own cases that have asked already
        """
        acts: tuple[Callable[[list[UUID]], None], ...] = (
            *(self.provider, self.destination) * 4,
            *(self.release, self.order, self.somebody_asks, self.somebody_prefers),
            *(self.propose, self.enmity, self.emergency, self.plan, self.look),
        )
        self.dice.choice(acts)(own)

    def serve(self, own: list[UUID], outcome: str) -> None:
        """Provider and destination say yes to whatever is held for the own cases, or the provider says no."""
        for _ in range(2):
            self.provider(own, outcome)
            self.destination(own, "yes")

    def _count(self, name: str, answer: httpx.Response) -> httpx.Response:
        if answer.status_code >= 500:
            raise AssertionError(f"a fault of the service in {name}")
        self.done[name] += answer.status_code < 300
        return answer

    def coordinator(self, of: UUID | None) -> Person:
        """Whoever has the case; who claims it now is the one of the world's shift."""
        person = self.harness.act("coordinator", unit="noa", name="c-1")
        if of is not None:
            person.post(f"/v1/cases/{of}/claim")
        return person

    def _stays(self, own: list[UUID], state: str) -> list[Stay]:
        with as_system(self.harness) as tx:
            found = [one for case in own for one in stays.live_of(tx, case) if one.state == state]
        return sorted(found, key=lambda one: (own.index(one.case or own[0]), one.id))

    def provider(self, own: list[UUID], outcome: str | None = None) -> None:
        """A provider says yes, or no, or nothing."""
        for stay in self._stays(own, "held"):
            told = outcome or self.dice.choice(("confirmed", "confirmed", "declined", "no_answer"))
            keeper = self.coordinator(stay.case)
            self._count(f"provider {told}", keeper.post(f"/v1/stays/{stay.id}/confirmation", {"outcome": told}))

    def destination(self, own: list[UUID], outcome: str | None = None) -> None:
        """The police where somebody would come say yes or no."""
        for stay in self._stays(own, "confirmed"):
            with as_system(self.harness) as tx:
                region = locality(locality_of(tx, stay)).police_region
            police = self.harness.act("receiving_bops", unit=f"bops-{region}", name=f"b-{region}")
            told = outcome or self.dice.choice(("yes", "yes", "no"))
            self._count(f"destination {told}", police.post(f"/v1/stays/{stay.id}/destination-check", {"outcome": told}))

    def release(self, own: list[UUID]) -> None:
        """The coordinator gives a hold up."""
        for stay in self._stays(own, "held")[:1]:
            answer = self.coordinator(stay.case).post(f"/v1/stays/{stay.id}/release", {"code": "better_place"})
            self._count("release", answer)

    def order(self, own: list[UUID]) -> None:
        """The coordinator places a case by hand."""
        if own:
            case = self.dice.choice(own)
            facility = self.dice.choice(sorted(self.country.seeded.facilities.values()))
            start = (self.harness.clock() + timedelta(days=self.dice.randrange(1, 12))).date().isoformat()
            told = {"facility_id": str(facility), "start": start}
            keeper = self.coordinator(case)
            keeper.post(f"/v1/cases/{case}/verification", {"how": "in_person", "unit": keeper.actor.unit})
            self._count("order", keeper.post(f"/v1/cases/{case}/holds", told))
            self._count("options", keeper.post(f"/v1/cases/{case}/options"))

    def somebody_asks(self, own: list[UUID]) -> None:
        """A case of another unit comes in and asks."""
        unit = self.dice.choice(_UNITS)
        walk = Walk(self.harness, person_key(), str(_random_id(self.dice)))
        self.number += 1
        requester = self.harness.act("requester", unit=unit, name=f"other-{self.number}")
        assessor = self.harness.act("assessor", unit=unit, name=f"other-a-{self.number}")
        deciding = f"kommun-{_MUNICIPALITY}"
        decider = self.harness.act("decider", unit=deciding, organisation=deciding, name="other-d")
        told = details(walk.key, responsible_municipality=_MUNICIPALITY, window=_window(self.harness))
        opened = requester.post("/v1/cases", walk.body(municipality_unit=deciding, details=told))
        self._count("opened by others", opened)
        signature = self.harness.intake_signature(deciding, walk.case_id, walk.key)
        decider.post(walk.path("/signatures"), {"signature": signature})
        if self.dice.random() < 0.3:
            return
        assessed = assessment(assessor_unit=unit, signed_on=_today(self.harness), valid_from=_today(self.harness))
        signature = self.harness.assessment_signature("police", unit, walk.case_id, 1, assessed)
        self._count("assessed by others", assessor.post(walk.path("/assessments"), {"signature": signature}))
        gate = {"definition_version": "sos-2023", "definition_met": True, "motivated": True, "written_consent": True}
        gate |= {"conditions_signed": True, "is_evidence_witness": False, "investigation_clearance": True}
        requester.post(walk.path("/gate"), gate)
        decider.post(walk.path("/measure-decision"), {"outcome": "yes", "reason_code": None})
        answer = self._count("asked by others", requester.post(walk.path("/queries")))
        if answer.status_code == httpx.codes.ACCEPTED:
            self.asked.append((requester, answer.json()["query_id"]))

    def somebody_prefers(self, own: list[UUID]) -> None:
        """Another unit's answer is out, and its slots are told."""
        if self.asked:
            requester, query = self.asked.pop(0)
            slots = requester.get(f"/v1/queries/{query}").json().get("slots") or []
            told = {"slots": [one["slot_id"] for one in slots]}
            self._count("preferred by others", requester.post(f"/v1/queries/{query}/preference", told))

    def propose(self, own: list[UUID]) -> None:
        """Another unit proposes that two networks are rivals, and nobody has confirmed it."""
        assessor = self.harness.act("assessor", unit=self.dice.choice(_UNITS), name="other-proposer")
        a, b = self.dice.sample(networks(self.country), 2)
        source = {"source": "police_intelligence", "recorded_on": "2026-11-19"}
        told = {"a": a, "b": b, "kind": "rival", "start": "2026-03-01", "probability_percent": 90}
        answer = assessor.post("/v1/intelligence", {"record_id": None, "relation": told | {"provenance": source}})
        self._count("proposed", answer)

    def enmity(self, own: list[UUID]) -> None:
        """It is known that a person of an own case and somebody else are enemies, which the own side did not say."""
        assessor = self.harness.act("assessor", unit=self.dice.choice(_UNITS), name="other-proposer")
        source = {"source": "police_intelligence", "recorded_on": "2026-11-19"}
        told = {"a": self.dice.choice(self.keys), "b": person_key(), "start": "2026-03-01", "provenance": source}
        answer = assessor.post("/v1/intelligence", {"record_id": None, "person_conflict": told})
        self._count("enmity", answer)
        keeper = self.harness.act("network_keeper", unit="intel", name="k-1")
        self._count("confirmed", keeper.post(f"/v1/intelligence/{answer.json()['record_id']}/confirmations"))

    def emergency(self, own: list[UUID]) -> None:
        """Somebody needs a bed tonight."""
        keeper = self.coordinator(None)
        member = {"person_key": person_key(), "role": "defector", "age_years": 30, "gender": "male"}
        told: dict[str, Any] = {"position": {"locality": "1880-orebro"}, "drivable_hours": 12, "nights": 3}
        told |= {"household": [{**member, "knowledge": "cleared"}], "needs": [], "oral_consent": True}
        told |= {"responsible_municipality": _MUNICIPALITY, "municipality_unit": f"kommun-{_MUNICIPALITY}"}
        self._count("emergency", keeper.post("/v1/emergencies", told))

    def plan(self, own: list[UUID]) -> None:
        """The coordinator has the week planned."""
        if not self.done["plan"]:
            self._count("plan", self.coordinator(None).post("/v1/plans", {"kind": "week"}))

    def look(self, own: list[UUID]) -> None:
        """The coordinator reads what she may, which stands in the trail."""
        keeper = self.coordinator(self.dice.choice(own) if own else None)
        for path in ("/v1/worklist", "/v1/zones", *(f"/v1/cases/{case}/detail" for case in own)):
            self._count("looked", keeper.get(path))


def networks(country: Country) -> list[str]:
    """Ids of the networks everybody who works with them knows."""
    with country.harness.database.admin() as connection:
        rows = connection.execute(
            "SELECT DISTINCT v.record_id::text FROM fristad.intel_versions v"
            " JOIN fristad.intel_confirmations c ON c.record_id = v.record_id WHERE v.kind = 'network' ORDER BY 1"
        )
        return [row[0] for row in rows.fetchall()]


def _random_id(dice: Random) -> UUID:
    return UUID(int=dice.getrandbits(128), version=4)


def _today(harness: Harness) -> str:
    return harness.clock().date().isoformat()


def _window(harness: Harness) -> dict[str, str]:
    now = harness.clock()
    return {"earliest": now.date().isoformat(), "latest": (now + timedelta(days=30)).date().isoformat()}
