"""A sham person, as two organisations and an assessor in league would write one."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from benchmarks.inference.office import Office, Person, Reply
from matching.domain import PlacementAssessment
from service.flow.worklist import local_day
from service.signatures import AssessmentStatement, IntakeStatement, signed

__all__ = ["HOME", "Sham", "forbidden_areas"]

HOME: Final = "2584-kiruna"
"""Where every sham person says they come from: few facilities are near, so that little is excluded by it."""
_MUNICIPALITY: Final = "2584"
_MEMBER_SINCE: Final = "2024-03-01"
_WINDOW_DAYS: Final = 7
_VALID_DAYS: Final = 90
_NIGHTS: Final = 180
_GATE: Final = {
    "definition_version": "sos-2023",
    "definition_met": True,
    "motivated": True,
    "written_consent": True,
    "conditions_signed": True,
    "is_evidence_witness": False,
    "investigation_clearance": True,
}


def forbidden_areas(kommuner: Collection[str]) -> list[dict[str, str]]:
    """Areas of an assessment that forbid kommuner, in one order.

    Examples
    --------
    >>> forbidden_areas({"1480", "0180"})
    [{'kind': 'kommun', 'kommun': '0180'}, {'kind': 'kommun', 'kommun': '1480'}]
    """
    return [{"kind": "kommun", "kommun": code} for code in sorted(kommuner)]


@dataclass
class Sham:
    """One sham case, and those who carry it through the front.

    Parameters
    ----------
    unit : of the requester and of the assessor who signs what the requester wants
    network : the person claims to have left
    named, apart_km : a person by key whom the assessment keeps so far away; none: nobody
    heard : every answer the attackers' side has got, in order
    """

    office: Office = field(repr=False)
    unit: str
    network: str
    case_id: UUID = field(default_factory=uuid4)
    person_key: str = field(default_factory=lambda: uuid4().hex)
    version: int = 0
    query_id: str | None = None
    forbidden: frozenset[str] = frozenset()
    triage: str = "red"
    named: str | None = None
    apart_km: int = 0
    opened_on: date = field(init=False)
    heard: list[Reply] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.opened_on = local_day(self.office.clock())

    @property
    def requester(self) -> Person:
        """Who asks."""
        return self.office.act("requester", self.unit)

    @property
    def assessor(self) -> Person:
        """Who assesses."""
        return self.office.act("assessor", self.unit)

    @property
    def decider(self) -> Person:
        """Who vouches for the person and grants the measure."""
        name = f"kommun-{_MUNICIPALITY}"
        return self.office.act("decider", name, name)

    def path(self, rest: str = "") -> str:
        """Address of the case, or of something of it."""
        return f"/v1/cases/{self.case_id}{rest}"

    def takes_in(self) -> None:
        """Open, vouched for twice, through the gate, the measure granted."""
        signature = self._vouches("police")
        body = {
            "case_id": str(self.case_id),
            "municipality_unit": f"kommun-{_MUNICIPALITY}",
            "triage": self.triage,
            "received_at": self.office.clock().isoformat(),
            "details": self.details(self.opened_on),
            "signature": signature,
        }
        self.hears(self.requester.does("/v1/cases", body))
        self.decider.does(self.path("/signatures"), {"signature": self._vouches(f"kommun-{_MUNICIPALITY}")})
        self.hears(self.requester.does(self.path("/gate"), _GATE))
        self.decider.does(self.path("/measure-decision"), {"outcome": "yes", "reason_code": None})

    def hears(self, reply: Reply) -> Reply:
        """What the attackers' side has got, kept."""
        self.heard.append(reply)
        return reply

    def details(self, today: date) -> dict[str, Any]:
        """A household of one."""
        return {
            "responsible_municipality": _MUNICIPALITY,
            "window": {"earliest": _day(today, 1), "latest": _day(today, _WINDOW_DAYS)},
            "stays": [{"kind": "stable", "nights": _NIGHTS}],
            "household": [
                {
                    "person_key": self.person_key,
                    "role": "defector",
                    "age_years": 24,
                    "gender": "male",
                    "knowledge": "established",
                    "memberships": [{"network": self.network, "degree": "active", "start": _MEMBER_SINCE}],
                }
            ],
            "homes": [HOME],
        }

    def as_case(self) -> dict[str, Any]:
        """The case as `matching.domain.Case`, once it is assessed: what the attackers put to the rules at home."""
        return {
            **self.details(self.opened_on),
            "id": str(self.case_id),
            "unit": self.unit,
            "triage": self.triage,
            "received_at": self.office.clock().isoformat(),
            "gate": {**_GATE, "measure_decision": True},
            "assessments": [self.assessment(max(1, self.version), self.forbidden)],
        }

    def assessment(self, version: int, forbidden: frozenset[str]) -> dict[str, Any]:
        """A version of the assessment that forbids these kommuner, and may keep one person away."""
        today = local_day(self.office.clock())
        return {
            "version": version,
            "assessor_unit": self.unit,
            "method_version": "m-2026",
            "signed_on": _day(today, 0),
            "valid_from": _day(today, 0),
            "valid_until": _day(today, _VALID_DAYS),
            "confidence": "high",
            "threat_level": "high",
            "forbidden": forbidden_areas(forbidden),
            **self._links(),
        }

    def _links(self) -> dict[str, Any]:
        if self.named is None:
            return {}
        return {"links": [{"person_key": self.named, "kind": "more_than", "km": self.apart_km}]}

    def assesses(self, forbidden: frozenset[str]) -> None:
        """The next version of the assessment forbids these kommuner."""
        self.version += 1
        self.forbidden = forbidden
        told = self.assessment(self.version, forbidden)
        statement = AssessmentStatement(
            organisation="police",
            case_id=self.case_id,
            signed_at=self.office.clock(),
            purpose="fristad.assessment",
            unit=self.unit,
            version=self.version,
            assessment=PlacementAssessment.model_validate_json(json.dumps(told)),
        )
        signature = signed(self.office.signing_key("police", self.unit), statement)
        self.hears(self.assessor.does(self.path("/assessments"), {"signature": signature}))

    def _vouches(self, organisation: str) -> str:
        statement = IntakeStatement(
            organisation=organisation,
            case_id=self.case_id,
            signed_at=self.office.clock(),
            purpose="fristad.intake",
            person_key=self.person_key,
        )
        return signed(self.office.signing_key(organisation), statement)


def _day(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()
