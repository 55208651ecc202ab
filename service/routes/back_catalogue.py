"""The registrar's catalogue, and the first load of who is placed already."""

from __future__ import annotations

from uuid import UUID

from service.flow import catalogue, catalogue_csv, first_loads
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.back_catalogue import (
    AddressIn,
    CatalogueWritten,
    Facilities,
    FacilityIn,
    FacilityOut,
    ProviderIn,
    TableIn,
    TableOut,
)
from service.schemas.back_first_loads import FirstLoad, LoadedOut
from service.store.repository import catalogue as rows

__all__ = ["routes"]

routes = Routes("catalogue")


@routes.post("/v1/providers", Action.WRITE_CATALOGUE, out=CatalogueWritten, status=201)
def add_provider(session: Session, body: ProviderIn) -> CatalogueWritten:
    """Write a new provider."""
    return CatalogueWritten.of(catalogue.write_provider(session.tx, None, body.version, body.told()))


@routes.post("/v1/providers/{provider_id}/versions", Action.WRITE_CATALOGUE, out=CatalogueWritten, status=201)
def change_provider(session: Session, provider_id: UUID, body: ProviderIn) -> CatalogueWritten:
    """Write the next version of a provider."""
    return CatalogueWritten.of(catalogue.write_provider(session.tx, provider_id, body.version, body.told()))


@routes.post("/v1/facilities", Action.WRITE_CATALOGUE, out=CatalogueWritten, status=201)
def add_facility(session: Session, body: FacilityIn) -> CatalogueWritten:
    """Write a new facility."""
    return _write(session, None, body)


@routes.post("/v1/facilities/{facility_id}/versions", Action.WRITE_CATALOGUE, out=CatalogueWritten, status=201)
def change_facility(session: Session, facility_id: UUID, body: FacilityIn) -> CatalogueWritten:
    """Write the next version of a facility; closures for safety count at once."""
    return _write(session, facility_id, body)


def _write(session: Session, facility_id: UUID | None, body: FacilityIn) -> CatalogueWritten:
    return CatalogueWritten.of(
        catalogue.write_facility(
            session.tx,
            facility_id,
            body.version,
            body.told(),
            withdrawn=body.withdrawn,
            is_safety_closure=body.is_safety_closure,
        )
    )


@routes.post("/v1/facilities/{facility_id}/address", Action.WRITE_CATALOGUE, out=CatalogueWritten, status=201)
def write_address(session: Session, facility_id: UUID, body: AddressIn) -> CatalogueWritten:
    """Write the next version of a facility's address; it is read by a reveal alone."""
    return CatalogueWritten.of(catalogue.write_address(session.tx, facility_id, body.version, body.told()))


@routes.get("/v1/facilities", Action.READ_CATALOGUE, out=Facilities)
def list_facilities(session: Session, after: UUID | None = None) -> Facilities:
    """The facilities there are, a page at a time; nothing of where."""
    return Facilities.of(rows.facilities(session.tx, after, session.settings.page_limit))


@routes.get("/v1/facilities/{facility_id}", Action.READ_CATALOGUE, out=FacilityOut)
def read_facility(session: Session, facility_id: UUID) -> FacilityOut:
    """The newest version of a facility, without its address."""
    return FacilityOut.of(catalogue.read(session.tx, facility_id))


@routes.post("/v1/catalogue/import", Action.IMPORT_CATALOGUE, out=TableOut, status=201)
def import_catalogue(session: Session, body: TableIn) -> TableOut:
    """Write facilities from a table, all of it or nothing."""
    return TableOut.of(catalogue_csv.import_table(session.tx, body.csv))


@routes.post("/v1/first-loads", Action.FIRST_LOAD, out=LoadedOut, status=201)
def load_first(session: Session, body: FirstLoad) -> LoadedOut:
    """Load who is placed already, sealed to the register."""
    done = first_loads.load(session.tx, body.sealed)
    return LoadedOut(placements=done.placements, residences=done.residences, duplicates=done.duplicates)
