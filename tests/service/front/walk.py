"""The front half of the flow, step by step: what the tests of the front begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import update

from service.crypto import Domain
from service.store.repository import answers, decisions
from service.store.repository.answers import Drawn
from service.store.tables import case_versions, cases
from tests.service.front.system import as_system
from tests.service.harness import Harness, Person

__all__ = ["MUNICIPALITY", "Walk", "assessment", "details", "person_key"]

MUNICIPALITY = "kommun-0180"
GATE = {
    "definition_version": "sos-2023",
    "definition_met": True,
    "motivated": True,
    "written_consent": True,
    "conditions_signed": True,
    "is_evidence_witness": False,
    "investigation_clearance": True,
}


def person_key() -> str:
    """The keyed hash of somebody new."""
    return uuid4().hex


def details(key: str, **more: Any) -> dict[str, Any]:
    """A household of one."""
    return {
        "responsible_municipality": "0180",
        "window": {"earliest": "2026-12-01", "latest": "2026-12-20"},
        "stays": [{"kind": "stable", "nights": 90}],
        "household": [
            {"person_key": key, "role": "defector", "age_years": 24, "gender": "male", "knowledge": "cleared"}
        ],
        "homes": ["0180-kista"],
        **more,
    }


def assessment(version: int = 1, **more: Any) -> dict[str, Any]:
    """A valid version of the unit bops-syd."""
    return {
        "version": version,
        "assessor_unit": "bops-syd",
        "method_version": "m-2026",
        "signed_on": "2026-11-20",
        "valid_from": "2026-11-20",
        "valid_until": "2027-02-20",
        "confidence": "high",
        "threat_level": "high",
        "forbidden": [{"kind": "lan", "lan": "01"}],
        **more,
    }


@dataclass
class Walk:
    """One case, and those who work on it."""

    harness: Harness
    key: str
    case_id: str

    @staticmethod
    def of(harness: Harness, key: str | None = None) -> Walk:
        """A case that nobody has opened yet."""
        return Walk(harness, key or person_key(), str(uuid4()))

    @property
    def requester(self) -> Person:
        return self.harness.act("requester", name="r-1")

    @property
    def assessor(self) -> Person:
        return self.harness.act("assessor", name="a-1")

    @property
    def decider(self) -> Person:
        return self.harness.act("decider", unit=MUNICIPALITY, organisation=MUNICIPALITY, name="d-1")

    def approver(self, number: int) -> Person:
        """One of several, each of another organisation."""
        return self.harness.act(
            "approver", unit=f"cleared-{number}", organisation=f"cleared-{number}", name=f"p-{number}"
        )

    def path(self, rest: str = "") -> str:
        return f"/v1/cases/{self.case_id}{rest}"

    def body(self, **more: Any) -> dict[str, Any]:
        """What opens the case."""
        return {
            "case_id": self.case_id,
            "municipality_unit": MUNICIPALITY,
            "triage": "green",
            "received_at": "2026-11-20T08:00:00+01:00",
            "details": details(self.key),
            "signature": self.harness.intake_signature("police", self.case_id, self.key),
            **more,
        }

    def open(self, **more: Any) -> httpx.Response:
        return self.requester.post("/v1/cases", self.body(**more))

    def sign(self) -> httpx.Response:
        signature = self.harness.intake_signature(MUNICIPALITY, self.case_id, self.key)
        return self.decider.post(self.path("/signatures"), {"signature": signature})

    def record_gate(self, **more: Any) -> httpx.Response:
        return self.requester.post(self.path("/gate"), {**GATE, **more})

    def decide_measure(self, outcome: str = "yes", reason: str | None = None) -> httpx.Response:
        return self.decider.post(self.path("/measure-decision"), {"outcome": outcome, "reason_code": reason})

    def assess(self, version: int = 1, **more: Any) -> httpx.Response:
        signature = self.harness.assessment_signature(
            "police", "bops-syd", self.case_id, version, assessment(version, **more)
        )
        return self.assessor.post(self.path("/assessments"), {"signature": signature})

    def ask(self) -> httpx.Response:
        return self.requester.post(self.path("/queries"))

    def up_to_query(self, **more: Any) -> str:
        """Everything up to the question; its id."""
        opened = self.open(**more)
        assert opened.status_code == 201, opened.text
        for step in (self.sign, self.record_gate, self.decide_measure, self.assess):
            done = step()
            assert done.status_code == 201, (step.__name__, done.text)
        asked = self.ask()
        assert asked.status_code == 202, asked.text
        return str(asked.json()["query_id"])

    def answered(self, query_id: str, *, missing: tuple[str, ...] = ()) -> list[str]:
        """Store an answer as the solver would; the ids of its slots."""
        ids = [] if missing else [uuid4() for _ in range(3)]
        card = {
            "form": "protected_housing",
            "staffing": "daily_contact",
            "privacy": "withheld",
            "cost_band": "withheld",
        }
        told = {
            "slots": [{"id": str(one), "position": place, **card} for place, one in enumerate(ids, start=1)],
            "missing": list(missing),
        }
        with as_system(self.harness) as tx:
            answers.store(tx, answers.get(tx, UUID(query_id)), told, Drawn([(one, []) for one in ids], b"", []))
        return [str(one) for one in ids]

    def answered_by_hand(self, query_id: str) -> None:
        """Store, as the solver would, that the coordinator places the case."""
        with as_system(self.harness) as tx:
            answers.store(tx, answers.get(tx, UUID(query_id)), {"slots": [], "missing": [], "is_by_hand": True}, None)

    def offer(self, state: str = "answer_needed") -> str:
        """A stay is held, confirmed and checked, as back and solver would have it; its id."""
        stay = uuid4()
        card = {
            "form": "protected_housing",
            "staffing": "daily_contact",
            "privacy": "withheld",
            "cost_band": "4000_to_4999",
            "held_until": "2026-12-09",
        }
        with as_system(self.harness) as tx:
            decisions.put_offer(tx, UUID(self.case_id), stay, card)
            tx.connection.execute(
                update(cases).where(cases.c.id == UUID(self.case_id)).values(offer_ref=stay, state=state)
            )
        return str(stay)

    def move(self, state: str) -> None:
        """Put the case into another state, as back and solver would."""
        with as_system(self.harness) as tx:
            tx.connection.execute(update(cases).where(cases.c.id == UUID(self.case_id)).values(state=state))

    def up_to_decision(self) -> str:
        """Everything up to a yes of person and municipality; the stay's id."""
        self.up_to_query()
        stay = self.offer()
        assert self.requester.post(self.path("/person-answer"), {"outcome": "yes"}).status_code == 201
        assert self.decider.post(self.path("/placement-decision"), {"outcome": "yes"}).status_code == 201
        return stay

    def sealed_details(self) -> Any:
        """What is stored of the newest details."""
        with as_system(self.harness) as tx:
            row = tx.connection.execute(
                case_versions.select()
                .where(case_versions.c.case_id == UUID(self.case_id))
                .order_by(case_versions.c.version.desc())
                .limit(1)
            ).one()
            place = f"case_versions/sealed/{self.case_id}/{row.version}"
            return tx.open(Domain.CASE, UUID(self.case_id), place, row.sealed)
