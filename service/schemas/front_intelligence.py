"""Intelligence as it is proposed, written, confirmed and read: exactly one of four kinds of record."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from matching.domain import NetworkPresence, Provenance
from matching.domain.base import Day, FacilityId, LocalityId, Moment, NetworkId, PersonKey, own_fault
from service.schemas.common import In, Out

__all__ = [
    "KINDS",
    "ExposureTold",
    "IntelligenceIn",
    "IntelligenceOut",
    "NetworkTold",
    "PersonConflictTold",
    "RecordOut",
    "RelationTold",
]

RECORD_ID = "9e3b6a1d-2c4f-4e8b-a7d5-6f1c0b9e8d27"
OTHER_ID = "1a7c5e3f-8d2b-4b6a-9c0e-7f5d3b1a9e46"
KINDS = ("network", "relation", "person_conflict", "exposure")
Percent = Annotated[int, Field(ge=1, le=100)]
Limit = Annotated[int, Field(ge=0, le=2000)]


class NetworkTold(In):
    """A network; its id is the record's."""

    kind: Literal["self_defined", "externally_defined", "kin_based", "project", "mc", "supporter"]
    presence: Annotated[tuple[NetworkPresence, ...], Field(max_length=200)] = ()
    hostility_prior_percent: Annotated[int, Field(ge=0, le=100)] = 20


class RelationTold(In):
    """A dated relation of two networks, named by their records' ids."""

    start: Day
    end: Day | None = None
    a: NetworkId
    b: NetworkId
    kind: Literal["rival", "allied", "split"]
    end_confirmed: bool = False
    probability_percent: Percent
    provenance: Provenance


class PersonConflictTold(In):
    """A dated conflict of two persons."""

    start: Day
    end: Day | None = None
    a: PersonKey
    b: PersonKey
    end_confirmed: bool = False
    separation_km: Limit | None = None
    separation_min: Limit | None = None
    provenance: Provenance


class ExposureTold(In):
    """A facility or locality that a network knows of; `cleared_on` counts once a second person confirms it."""

    network: NetworkId
    facility: FacilityId | None = None
    locality: LocalityId | None = None
    kind: Literal["interrupted_resident", "visitor", "leak"]
    exposed_on: Day
    cleared_on: Day | None = None


RELATION_EXAMPLE: Final[JsonDict] = {
    "a": RECORD_ID,
    "b": OTHER_ID,
    "kind": "rival",
    "start": "2026-03-01",
    "probability_percent": 80,
    "provenance": {"source": "police_intelligence", "recorded_on": "2026-11-19"},
}


def _exactly_one(*told: object) -> None:
    if sum(one is not None for one in told) != 1:
        raise own_fault("no record or several", "exactly one of network, relation, person_conflict, exposure")


class IntelligenceIn(In):
    """A new record, or the next version of one that is there."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"record_id": None, "relation": {**RELATION_EXAMPLE}}]})

    record_id: UUID | None = None
    network: NetworkTold | None = None
    relation: RelationTold | None = None
    person_conflict: PersonConflictTold | None = None
    exposure: ExposureTold | None = None

    @model_validator(mode="after")
    def _one_record(self) -> Self:
        _exactly_one(self.network, self.relation, self.person_conflict, self.exposure)
        return self


class RecordOut(Out):
    """A version and whether it counts as certain: confirmed by a second source or by the keeper."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"record_id": RECORD_ID, "version": 1, "is_confirmed": False, "withdrawn": False}]
        }
    )

    record_id: UUID
    version: int
    is_confirmed: bool
    withdrawn: bool


class IntelligenceOut(Out):
    """The newest version of a record, with who wrote it and how many confirm it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "record_id": RECORD_ID,
                    "version": 1,
                    "kind": "relation",
                    "unit": "bops-syd",
                    "written_at": "2026-11-20T08:00:00Z",
                    "withdrawn": False,
                    "confirmations": 1,
                    "is_confirmed": True,
                    "cleared_by": 0,
                    "network": None,
                    "relation": {**RELATION_EXAMPLE},
                    "person_conflict": None,
                    "exposure": None,
                }
            ]
        }
    )

    record_id: UUID
    version: int
    kind: Literal["network", "relation", "person_conflict", "exposure"]
    unit: str
    written_at: Moment
    withdrawn: bool
    confirmations: int
    is_confirmed: bool
    cleared_by: int
    network: NetworkTold | None
    relation: RelationTold | None
    person_conflict: PersonConflictTold | None
    exposure: ExposureTold | None
