"""Providers, facilities, addresses and tables: what a registrar writes and reads; never who lives there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from matching.domain import Accepts, Closure, Contract, Incident, NeedTag, Unit
from matching.domain.base import Day, LocalityId, RecordId
from service.flow.catalogue import Read, Written
from service.flow.catalogue_csv import Imported
from service.schemas.back_common import Answer, Body, example, picked
from service.store.repository.catalogue import FacilityRow

__all__ = [
    "AddressIn",
    "CatalogueWritten",
    "Facilities",
    "FacilityIn",
    "FacilityOut",
    "ProviderIn",
    "TableIn",
    "TableOut",
]

_PROVIDER = "00000000-0000-4000-8000-000000000001"
_FACILITY = "5f4dcc3b-5aa7-4c61-8d2e-1c2f3a4b5c6d"
_TOLD: dict[str, Any] = {
    "provider_id": _PROVIDER,
    "locality": "0380-uppsala",
    "form": "protected_housing",
    "units": [{"id": "flat-1", "kind": "flat", "beds": 2, "is_shared": False}],
    "accepts": {"max_household": 2},
    "security_grade": 3,
    "permit_valid_until": "2031-12-31",
    "day_rate_sek": 4200,
    "contracts": [{"start": "2030-01-01", "end": "2032-01-01"}],
    "night_intake": True,
}

Version = Field(default=1, ge=1, le=1_000_000, description="the newest one and one more; 1 for a new one")


class ProviderIn(Body):
    """A version of a provider, whole."""

    model_config = example(version=1, ownership="municipal", vetting="vetted", vetting_valid_until="2031-12-31")

    version: int = Version
    ownership: Literal["municipal", "private", "non_profit"]
    vetting: Literal["vetted", "pending", "failed"]
    vetting_valid_until: Day | None = None
    incidents: tuple[Incident, ...] = Field(default=(), max_length=100)
    conflicts_of_interest: tuple[RecordId, ...] = Field(default=(), max_length=100)

    def told(self) -> dict[str, Any]:
        """As matching.domain.Provider, without id."""
        return self.model_dump(mode="json", exclude={"version"})


class FacilityIn(Body):
    """A version of a facility, whole."""

    model_config = example(version=1, **_TOLD)

    version: int = Version
    is_safety_closure: bool = Field(default=False, description="closures were added, nothing else: they count at once")
    withdrawn: bool = False
    provider_id: UUID
    locality: LocalityId
    form: Literal["protected_housing", "supported_housing", "foster_home", "residential_care_home"]
    units: tuple[Unit, ...] = Field(min_length=1, max_length=200)
    closures: tuple[Closure, ...] = Field(default=(), max_length=200)
    accepts: Accepts
    offers: tuple[NeedTag, ...] = Field(default=(), max_length=20)
    schools: tuple[LocalityId, ...] = Field(default=(), max_length=50)
    security_grade: int = Field(ge=1, le=4)
    permit_valid_until: Day | None = None
    support_intensity: int | None = Field(default=None, ge=1, le=4)
    security_approved: bool = False
    day_rate_sek: int = Field(ge=0, le=50_000)
    contracts: tuple[Contract, ...] = Field(default=(), max_length=100)
    direct_award_allowed: bool = False
    night_intake: bool = False

    def told(self) -> dict[str, Any]:
        """As matching.domain.Facility, without id."""
        told = self.model_dump(mode="json", exclude={"version", "is_safety_closure", "withdrawn", "provider_id"})
        return {**told, "provider": str(self.provider_id)}


class ProviderKey(Body):
    """The provider's public key, to which threat packets are sealed."""

    kty: Literal["OKP"]
    crv: Literal["X25519"]
    x: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")


class AddressIn(Body):
    """A version of a facility's address, whole: opened by a reveal alone, the call-back number by a claim."""

    model_config = example(
        version=1,
        street="Exempelgatan 1",
        postal_code="000 00",
        town="Exempelstad",
        contact="the manager",
        call_back="+46000000000",
        provider_key={"kty": "OKP", "crv": "X25519", "x": "SVTHPp2xgWI7lDa0t865TNQKq-vZrIc3mcR7ZLLKYXA"},
    )

    version: int = Version
    street: str = Field(min_length=1, max_length=200)
    postal_code: str = Field(pattern=r"^[0-9]{3} ?[0-9]{2}$")
    town: str = Field(min_length=1, max_length=100)
    contact: str = Field(min_length=1, max_length=200)
    call_back: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="with the country's code")
    provider_key: ProviderKey | None = None

    def told(self) -> dict[str, Any]:
        """What is sealed."""
        return self.model_dump(mode="json", exclude={"version"})


class CatalogueWritten(Answer):
    """The version that was written, and from which day it counts."""

    model_config = example(id=_FACILITY, version=1, effective_on="2030-01-03")

    id: UUID
    version: int
    effective_on: date

    @staticmethod
    def of(done: Written) -> CatalogueWritten:
        """From what the flow wrote."""
        return CatalogueWritten(id=done.id, version=done.version, effective_on=done.effective_on)


_ROW = {
    "facility_id": _FACILITY,
    "version": 2,
    "written_at": "2030-01-02T08:00:00Z",
    "effective_on": "2030-01-03",
    "withdrawn": False,
}


class FacilityLine(Answer):
    """One facility: that there is one, and its newest version; nothing of where."""

    model_config = example(**_ROW)

    facility_id: UUID
    version: int
    written_at: datetime
    effective_on: date
    withdrawn: bool


class Facilities(Answer):
    """A page of the catalogue; `after` of the next page is the last id of this one."""

    model_config = example(facilities=[_ROW])

    facilities: tuple[FacilityLine, ...]

    @staticmethod
    def of(rows: tuple[FacilityRow, ...]) -> Facilities:
        """From what the flow read."""
        return Facilities(
            facilities=tuple(
                FacilityLine(
                    facility_id=one.id,
                    version=one.version,
                    written_at=one.written_at,
                    effective_on=one.effective_on,
                    withdrawn=one.withdrawn,
                )
                for one in rows
            )
        )


class ProviderOut(Answer):
    """The newest version of a provider."""

    provider_id: UUID
    version: int
    effective_on: date
    ownership: Literal["municipal", "private", "non_profit"]
    vetting: Literal["vetted", "pending", "failed"]
    vetting_valid_until: date | None = None
    incidents: tuple[Incident, ...] = ()
    conflicts_of_interest: tuple[str, ...] = ()


class FacilityOut(Answer):
    """The newest version of a facility and of its provider, in force or about to be."""

    model_config = example(
        facility_id=_FACILITY,
        version=2,
        effective_on="2030-01-03",
        withdrawn=False,
        address_version=1,
        provider={
            "provider_id": _PROVIDER,
            "version": 1,
            "effective_on": "2029-12-01",
            "ownership": "municipal",
            "vetting": "vetted",
            "vetting_valid_until": "2031-12-31",
        },
        **{name: value for name, value in _TOLD.items() if name != "provider_id"},
    )

    facility_id: UUID
    version: int
    effective_on: date
    withdrawn: bool
    address_version: int = Field(description="0: no address was written yet")
    provider: ProviderOut | None
    locality: str
    form: Literal["protected_housing", "supported_housing", "foster_home", "residential_care_home"]
    units: tuple[Unit, ...]
    closures: tuple[Closure, ...] = ()
    accepts: Accepts
    offers: tuple[NeedTag, ...] = ()
    schools: tuple[str, ...] = ()
    security_grade: int
    permit_valid_until: date | None = None
    support_intensity: int | None = None
    security_approved: bool = False
    day_rate_sek: int
    contracts: tuple[Contract, ...] = ()
    direct_award_allowed: bool = False
    night_intake: bool = False

    @staticmethod
    def of(found: Read) -> FacilityOut:
        """From what the flow opened; numbers of beds stay behind."""
        facility, provider = found.facility, found.provider
        own = None
        if provider is not None:
            known = {"provider_id": provider.id, "version": provider.version, "effective_on": provider.effective_on}
            own = {**provider.provider, **{name: str(value) for name, value in known.items()}}
            own = {name: value for name, value in own.items() if name != "id"} | {"version": provider.version}
        return picked(
            FacilityOut,
            {
                **facility.facility,
                "facility_id": str(facility.id),
                "version": facility.version,
                "effective_on": facility.effective_on.isoformat(),
                "withdrawn": facility.withdrawn,
                "address_version": found.address_version,
                "provider": own,
            },
        )


class TableIn(Body):
    """A table as docs/catalogue-csv.md describes it."""

    model_config = example(csv="facility,provider,locality,form,unit,unit_kind,beds,is_shared\n")

    csv: str = Field(min_length=1, max_length=250_000)


class ImportedOut(Answer):
    """A facility of the table, by the line of its first row."""

    line: int
    facility_id: UUID
    version: int


class TableOut(Answer):
    """What was written, and from which day it counts."""

    model_config = example(effective_on="2030-01-03", facilities=[{"line": 2, "facility_id": _FACILITY, "version": 1}])

    effective_on: date
    facilities: tuple[ImportedOut, ...]

    @staticmethod
    def of(done: tuple[Imported, ...]) -> TableOut:
        """From what the flow wrote; a table holds a row at least."""
        return TableOut(
            effective_on=done[0].written.effective_on,
            facilities=tuple(
                ImportedOut(line=one.line, facility_id=one.written.id, version=one.written.version) for one in done
            ),
        )
