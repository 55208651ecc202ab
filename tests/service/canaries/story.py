"""Everything the service does, once, with nothing but marked secrets: whoever asks, whatever is stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from joserfc.jwk import OKPKey

from tests.service.canaries.markers import Book
from tests.service.front.walk import GATE
from tests.service.harness import Harness, Person
from tests.service.honey.planted import bait_of, plant

__all__ = ["FACILITIES", "Case", "Story"]

FACILITIES = 4
MUNICIPALITIES = {"case-a": "0180", "case-b": "0181", "case-c": "0183"}
_SOUTH, _HOME, _NORTH = "syd", "ost", "nord"


@dataclass
class Case:
    """One case: whose it is, and who works on it.

    Parameters
    ----------
    name : what its secrets are called
    """

    name: str
    unit: str
    municipality: str
    person_key: str
    case_id: str
    requester: Person
    assessor: Person
    decider: Person
    coordinator: Person

    def path(self, rest: str = "") -> str:
        """Of a route of the case."""
        return f"/v1/cases/{self.case_id}{rest}"


@dataclass
class Story:
    """The register as it fills.

    Parameters
    ----------
    knows : for each officer, whose secrets they may meet in the course of their work
    """

    harness: Harness
    book: Book
    cases: dict[str, Case] = field(default_factory=dict)
    facilities: dict[str, str] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    knows: dict[str, set[str]] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    staff: dict[str, Person] = field(default_factory=dict)
    provider_key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("X25519"))

    # people
    def person(self, role: str, label: str, *about: str, unit: str = "noa", organisation: str = "police") -> Person:
        """An officer, the same for the same label; what their work is about."""
        if label not in self.staff:
            name = self.book.word("officer", about[0] if about else label)
            self.staff[label] = self.harness.act(role, unit=unit, organisation=organisation, name=name)
        found = self.staff[label]
        self.knows.setdefault(found.actor.name, {label}).update(about)
        return found

    @property
    def registrar(self) -> Person:
        return self.person("registrar", "registrar", "registrar", "provider", *self.facilities)

    @property
    def keeper(self) -> Person:
        return self.person("network_keeper", "keeper")

    def case(self, name: str, unit: str) -> Case:
        """A case that nobody has opened yet."""
        if name not in self.cases:
            municipality = f"kommun-{MUNICIPALITIES[name]}"
            case_id = str(self.book.id("case id", name))
            self.cases[name] = Case(
                name,
                unit,
                municipality,
                self.book.word("person key", name),
                case_id,
                self.person("requester", f"requester of {name}", name, unit=unit),
                self.person("assessor", f"assessor of {name}", name, unit=unit),
                self.person("decider", f"decider of {name}", name, unit=municipality, organisation=municipality),
                self.person("coordinator", f"coordinator of {name}", name),
            )
        return self.cases[name]

    # intelligence
    def write_intelligence(self) -> None:
        """Networks, a relation, a conflict of two persons, exposures: by the keeper and by a unit."""
        for name in ("network-1", "network-2"):
            place = self.book.place("presence", name, _SOUTH)
            told = {"kind": "self_defined", "presence": [{"locality": place, "start": "2024-01-01"}]}
            self.networks[name] = self._record(name, {"network": told})
        source = {"source": "police_intelligence", "recorded_on": "2026-11-19"}
        pair = {"a": self.networks["network-1"], "b": self.networks["network-2"]}
        self._record(
            "relation",
            {
                "relation": {
                    **pair,
                    "kind": "rival",
                    "start": "2025-01-01",
                    "probability_percent": 80,
                    "provenance": source,
                }
            },
        )
        persons = {name: self.book.word("person key", "conflict") for name in ("a", "b")}
        self._record("conflict", {"person_conflict": {**persons, "start": "2025-01-01", "provenance": source}})
        place = self.book.place("exposure", "exposure", _SOUTH)
        told = {"network": self.networks["network-1"], "locality": place, "kind": "leak", "exposed_on": "2026-01-01"}
        self._record("exposure", {"exposure": told})

    def _record(self, about: str, told: dict[str, Any]) -> str:
        """A record proposed by a unit, confirmed, written anew and read by the keeper; its id."""
        proposer = self.person("assessor", "proposer", about, unit="bops-vast")
        self.person("network_keeper", "keeper", about)
        answer = done(proposer.post("/v1/intelligence", told), 201)
        record_id: str = answer["record_id"]
        self.book.known("record id", about, record_id)
        path = f"/v1/intelligence/{record_id}"
        self.paths[f"/v1/intelligence of {about}"] = path
        done(self.keeper.post(f"{path}/confirmations"), 201)
        done(self.keeper.post("/v1/intelligence", {"record_id": record_id, **told}), 201)
        for reader in (proposer, self.keeper):
            done(reader.get(path))
        return record_id

    # the catalogue
    def write_catalogue(self) -> None:
        """A provider and its facilities, each with an address, one changed, one imported from a table."""
        word = self.book.word
        provider = {
            "version": 1,
            "ownership": "private",
            "vetting": "vetted",
            "vetting_valid_until": "2031-12-31",
            "incidents": [
                {
                    "id": word("incident", "provider"),
                    "occurred_on": "2024-01-01",
                    "is_disqualifying": False,
                    "lifted_on": "2024-02-01",
                }
            ],
            "conflicts_of_interest": [word("conflict of interest", "provider")],
        }
        provider_id = done(self.registrar.post("/v1/providers", provider), 201)["id"]
        done(self.registrar.post(f"/v1/providers/{provider_id}/versions", {**provider, "version": 2}), 201)
        for number in range(1, FACILITIES + 1):
            self._facility(f"facility-{number}", provider_id)
        done(self.registrar.get("/v1/facilities"))

    def _facility(self, name: str, provider_id: str) -> None:
        word = self.book.word
        told = {
            "version": 1,
            "provider_id": provider_id,
            "locality": self.book.place("facility place", name, _NORTH),
            "form": "protected_housing",
            "units": [{"id": word("unit id", name), "kind": "flat", "beds": 2, "is_shared": False}],
            "closures": [],
            "accepts": {"max_household": 2},
            "offers": ["daily_contact"],
            "schools": [self.book.place("school", name, _NORTH)],
            "security_grade": 4,
            "permit_valid_until": "2031-12-31",
            "support_intensity": 3,
            "day_rate_sek": 4200,
            "contracts": [{"start": "2026-01-01", "end": "2032-01-01"}],
            "night_intake": True,
        }
        facility_id = done(self.registrar.post("/v1/facilities", told), 201)["id"]
        self.facilities[name] = self.book.known("facility id", name, facility_id)
        self.knows[self.registrar.actor.name].add(name)
        path = f"/v1/facilities/{facility_id}"
        public = self.provider_key.as_dict(private=False)
        digits = str(uuid4().int)[:6]
        address = {
            "version": 1,
            "street": f"{word('address', name)} gata 17",
            "postal_code": self.book.known("address", name, f"{digits[:3]} {self._digits(2)}"),
            "town": f"{word('address', name)} å",
            "contact": word("address", name),
            "call_back": self.book.known("call-back", name, f"+4670{self._digits(9)}"),
            "provider_key": {part: public[part] for part in ("kty", "crv", "x")},
        }
        done(self.registrar.post(f"{path}/address", address), 201)
        done(self.registrar.post(f"{path}/address", {**address, "version": 2}), 201)
        done(self.registrar.post(f"{path}/versions", {**told, "version": 2, "security_approved": True}), 201)
        done(self.registrar.get(path))

    def _digits(self, number: int) -> str:
        return str(uuid4().int)[-number:]

    # a case
    def details(self, case: Case) -> dict[str, Any]:
        """A household with everything that can be told of one."""
        place, name = self.book.place, case.name
        member = {"age_years": 24, "gender": "male"}
        return {
            "responsible_municipality": MUNICIPALITIES[case.name],
            "window": {"earliest": "2026-11-20", "latest": "2026-12-20"},
            "stays": [{"kind": "stable", "nights": 90}],
            "household": [
                {
                    **member,
                    "person_key": case.person_key,
                    "role": "defector",
                    "knowledge": "established",
                    "memberships": [{"network": self.networks["network-1"], "degree": "active", "start": "2020-01-01"}],
                },
                {
                    **member,
                    "person_key": self.book.word("person key", name),
                    "role": "partner",
                    "knowledge": "cleared",
                },
            ],
            "homes": [place("household place", name, _HOME)],
            "crime_localities": [place("household place", name, _HOME)],
            "known_places": [{"locality": place("household place", name, _HOME), "kind": "relatives"}],
            "needs": [{"tag": "daily_contact", "timing": "day_one"}],
            "support_intensity": 2,
            "permitted_contacts": [place("household place", name, _HOME)],
        }

    def assessment(self, case: Case, version: int) -> dict[str, Any]:
        """A version with every kind of area, actor and link."""
        word, place, name = self.book.word, self.book.place, case.name
        return {
            "version": version,
            "assessor_unit": case.unit,
            "method_version": word("assessment", name),
            "signed_on": "2026-11-20",
            "valid_from": "2026-11-20",
            "valid_until": "2027-05-20",
            "confidence": "high",
            "threat_level": "high",
            "forbidden": [
                {"kind": "locality", "locality": place("assessed place", name, _SOUTH)},
                {"kind": "circle", "locality": place("assessed place", name, _SOUTH), "radius_km": 30},
                {"kind": "travel_ring", "locality": place("assessed place", name, _SOUTH), "minutes": 30},
            ],
            "preferred": [{"kind": "locality", "locality": place("assessed place", name, _HOME)}],
            "actors": [
                {
                    "id": word("assessment", name),
                    "network": self.networks["network-2"],
                    "reach": {"kind": "radius", "bases": [place("assessed place", name, _SOUTH)], "radius_km": 50},
                    "persistence": {"kind": "lasting"},
                },
                {
                    "id": word("assessment", name),
                    "person_key": word("threat person", name),
                    "reach": {"kind": "radius", "bases": [place("assessed place", name, _SOUTH)], "radius_km": 50},
                    "persistence": {"kind": "lasting"},
                },
            ],
            "separations": [{"network": self.networks["network-2"], "km": 50, "minutes": 40}],
            "links": [{"person_key": word("threat person", name), "kind": "more_than", "km": 50}],
            "protection_level": 2,
        }

    def signed(self, case: Case, organisation: str) -> str:
        """The JWS of an organisation over the case's person."""
        made = self.harness.intake_signature(organisation, case.case_id, case.person_key)
        self.book.known("intake signature", case.name, made.rpartition(".")[2])
        return made

    def assess(self, case: Case, version: int = 1) -> None:
        """Sign a version of the case's assessment."""
        told = self.assessment(case, version)
        made = self.harness.assessment_signature("police", case.unit, case.case_id, version, told)
        self.book.known("assessment signature", case.name, made.rpartition(".")[2])
        corrects = None if version == 1 else "new_information"
        done(case.assessor.post(case.path("/assessments"), {"signature": made, "corrects": corrects}), 201)
        done(case.assessor.get(case.path("/assessments")))

    def open(self, case: Case) -> None:
        """Intake to the assessment."""
        details = self.details(case)
        body = {
            "case_id": case.case_id,
            "municipality_unit": case.municipality,
            "triage": "orange",
            "received_at": "2026-11-20T08:00:00+01:00",
            "details": details,
            "signature": self.signed(case, "police"),
        }
        done(case.requester.post("/v1/cases", body), 201)
        second = self.signed(case, case.municipality)
        done(case.decider.post(case.path("/signatures"), {"signature": second}), 201)
        gate = {**GATE, "definition_version": self.book.word("gate", case.name)}
        done(case.requester.post(case.path("/gate"), gate), 201)
        done(case.requester.post(case.path("/versions"), {"details": details}), 201)
        done(case.decider.post(case.path("/measure-decision"), {"outcome": "yes", "reason_code": None}), 201)
        substitute = self.person("requester", f"substitute of {case.name}", case.name, unit=case.unit)
        until = (self.harness.clock() + timedelta(days=3)).isoformat()
        told = {"actor": substitute.actor.name, "role": "requester", "kind": "substitute", "until_at": until}
        done(case.requester.post(case.path("/assignments"), told), 201)
        self.assess(case)

    def ask(self, case: Case, state: str = "three_slots") -> list[str]:
        """A question and its answer; the slots' ids.

        Parameters
        ----------
        state : of the answer
        """
        query = done(case.requester.post(case.path("/queries")), 202)["query_id"]
        self.paths[f"query of {case.name}"] = f"/v1/queries/{query}"
        done(case.requester.get(f"/v1/queries/{query}"))
        self.harness.run_jobs()
        self.harness.clock.move(minutes=20)
        told = done(case.requester.get(f"/v1/queries/{query}"))
        if told["state"] != state:
            raise AssertionError(("another answer", told["state"], told["missing"]))
        return [slot["slot_id"] for slot in told["slots"] or ()]

    def told(self, case: Case, state: str) -> None:
        """The case's round comes, and its requester sees what has become of it; nothing of it a moment before.

        Raises
        ------
        AssertionError : it is something else
        """
        before = done(case.requester.get(case.path()))["state"]
        self.harness.move_to_round(case.case_id)
        self.harness.run_jobs()
        after = done(case.requester.get(case.path()))["state"]
        if before not in ("signed", "in_progress") or after != state:
            raise AssertionError(("told otherwise", before, after))
        done(case.requester.get("/v1/tasks"))

    # bait
    def plant_bait(self) -> None:
        """A facility and a case that nobody has a reason to open."""
        word, name = self.book.word, "bait"
        owner = self.person("requester", "requester of bait", name, unit="bops-bergslagen")
        self.person("registrar", "registrar", name)
        digits = str(uuid4().int)[:6]
        place = {
            "locality": self.book.place("facility place", name, _NORTH),
            "street": f"{word('address', name)} gata 3",
            "postal_code": self.book.known("address", name, f"{digits[:3]} {self._digits(2)}"),
            "town": f"{word('address', name)} by",
            "contact": word("address", name),
            "call_back": self.book.known("call-back", name, f"+4670{self._digits(9)}"),
        }
        home = self.book.place("household place", name, _HOME)
        case = {"requester": _who(owner), "municipality": "0184", "home": home}
        plant(self.harness, {"registrar": _who(self.registrar), "places": [place], "cases": [case]})
        for kind in ("facility", "case"):
            for number, one in enumerate(bait_of(self.harness, kind)):
                self.paths[f"bait {kind} {number}"] = self.book.known("bait id", name, str(one))


def _who(person: Person) -> dict[str, str]:
    return {"name": person.actor.name, "unit": person.actor.unit, "organisation": person.actor.organisation}


def done(answer: httpx.Response, status: int = 200) -> Any:
    """What was answered.

    Raises
    ------
    AssertionError : something else
    """
    if answer.status_code != status:
        raise AssertionError((answer.request.method, answer.request.url.path, answer.status_code, answer.text[:500]))
    return answer.json()
