"""Providers, facilities and addresses: versions that are only ever added to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from service.crypto import Domain, at
from service.problems import Conflict
from service.store.database import Transaction
from service.store.tables import addresses, facility_versions, provider_versions

__all__ = [
    "MOST_READ",
    "FacilityRow",
    "FacilityVersion",
    "ProviderVersion",
    "add_address",
    "add_facility",
    "add_provider",
    "address_version",
    "facilities",
    "facility",
    "newest_address",
    "provider",
]

MOST_READ: Final = 200


@dataclass(frozen=True)
class ProviderVersion:
    """The newest version of a provider, in force or about to be."""

    id: UUID
    version: int
    effective_on: date
    provider: Mapping[str, Any] = field(repr=False)
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class FacilityVersion:
    """A version of a facility, in force or about to be.

    Parameters
    ----------
    facility : as matching.domain.Facility
    beds : the numbers of the beds of each unit
    spare : numbers of beds that units had once, so that a bed never gets a second number
    """

    id: UUID
    version: int
    effective_on: date
    withdrawn: bool
    facility: Mapping[str, Any] = field(repr=False)
    beds: Mapping[str, list[int]] = field(repr=False)
    spare: Mapping[str, list[int]] = field(repr=False)
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class FacilityRow:
    """One line of the list: nothing of where it is."""

    id: UUID
    version: int
    written_at: datetime
    effective_on: date
    withdrawn: bool


def provider(tx: Transaction, provider_id: UUID) -> ProviderVersion | None:
    """The newest version of a provider."""
    row = tx.connection.execute(
        select(provider_versions.c.version, provider_versions.c.effective_on, provider_versions.c.sealed)
        .where(provider_versions.c.provider_id == provider_id)
        .order_by(provider_versions.c.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    place = at("provider_versions", "sealed", provider_id, row.version)
    told = tx.open(Domain.PLACE, provider_id, place, row.sealed)
    return ProviderVersion(provider_id, row.version, row.effective_on, told, bytes(row.sealed))


def add_provider(
    tx: Transaction, provider_id: UUID, version: int, effective_on: date, told: Mapping[str, Any]
) -> bytes:
    """Write a version of a provider; the ciphertext.

    Raises
    ------
    Conflict : somebody has written this version
    """
    tx.new_subject(Domain.PLACE, provider_id)
    sealed = tx.seal(Domain.PLACE, provider_id, at("provider_versions", "sealed", provider_id, version), dict(told))
    done = tx.connection.execute(
        insert(provider_versions)
        .values(
            provider_id=provider_id,
            version=version,
            written_by=tx.actor.name,
            written_at=tx.now,
            effective_on=effective_on,
            sealed=sealed,
        )
        .on_conflict_do_nothing(index_elements=["provider_id", "version"])
        .returning(provider_versions.c.version)
    )
    _insist_on_one(done.one_or_none())
    return sealed


def facility(tx: Transaction, facility_id: UUID, on: date | None = None) -> FacilityVersion | None:
    """A version of a facility: the newest, or the newest in force on a day."""
    wanted = select(
        facility_versions.c.version,
        facility_versions.c.effective_on,
        facility_versions.c.withdrawn,
        facility_versions.c.sealed,
    ).where(facility_versions.c.facility_id == facility_id)
    if on is not None:
        wanted = wanted.where(facility_versions.c.effective_on <= on)
    row = tx.connection.execute(wanted.order_by(facility_versions.c.version.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    told = tx.open(Domain.PLACE, facility_id, at("facility_versions", "sealed", facility_id, row.version), row.sealed)
    return FacilityVersion(
        facility_id,
        row.version,
        row.effective_on,
        row.withdrawn,
        told["facility"],
        told["beds"],
        told.get("spare", {}),
        bytes(row.sealed),
    )


def add_facility(
    tx: Transaction,
    facility_id: UUID,
    version: int,
    effective_on: date,
    *,
    withdrawn: bool,
    told: Mapping[str, Any],
    beds: Mapping[str, list[int]],
    spare: Mapping[str, list[int]],
) -> bytes:
    """Write a version of a facility; the ciphertext.

    Raises
    ------
    Conflict : somebody has written this version
    """
    tx.new_subject(Domain.PLACE, facility_id)
    content = {"facility": dict(told), "beds": dict(beds), "spare": dict(spare)}
    sealed = tx.seal(Domain.PLACE, facility_id, at("facility_versions", "sealed", facility_id, version), content)
    done = tx.connection.execute(
        insert(facility_versions)
        .values(
            facility_id=facility_id,
            version=version,
            written_by=tx.actor.name,
            written_at=tx.now,
            effective_on=effective_on,
            withdrawn=withdrawn,
            sealed=sealed,
        )
        .on_conflict_do_nothing(index_elements=["facility_id", "version"])
        .returning(facility_versions.c.version)
    )
    _insist_on_one(done.one_or_none())
    return sealed


def facilities(tx: Transaction, after: UUID | None, limit: int) -> tuple[FacilityRow, ...]:
    """The newest version of each facility, in order of the ids."""
    newest = (
        select(
            facility_versions.c.facility_id,
            facility_versions.c.version,
            facility_versions.c.written_at,
            facility_versions.c.effective_on,
            facility_versions.c.withdrawn,
        )
        .ext(distinct_on(facility_versions.c.facility_id))
        .order_by(facility_versions.c.facility_id, facility_versions.c.version.desc())
        .limit(min(limit, MOST_READ))
    )
    if after is not None:
        newest = newest.where(facility_versions.c.facility_id > after)
    return tuple(FacilityRow(*row) for row in tx.connection.execute(newest))


def add_address(tx: Transaction, facility_id: UUID, version: int, told: Mapping[str, Any]) -> bytes:
    """Write a version of a facility's address; the ciphertext.

    Raises
    ------
    Conflict : somebody has written this version
    """
    tx.new_subject(Domain.ADDRESS, facility_id)
    sealed = tx.seal(Domain.ADDRESS, facility_id, at("addresses", "sealed", facility_id, version), dict(told))
    done = tx.connection.execute(
        insert(addresses)
        .values(facility_id=facility_id, version=version, written_by=tx.actor.name, written_at=tx.now, sealed=sealed)
        .on_conflict_do_nothing(index_elements=["facility_id", "version"])
        .returning(addresses.c.version)
    )
    _insist_on_one(done.one_or_none())
    return sealed


def address_version(tx: Transaction, facility_id: UUID) -> int:
    """The newest version of a facility's address, unopened; 0: there is none."""
    row = tx.connection.execute(
        select(addresses.c.version)
        .where(addresses.c.facility_id == facility_id)
        .order_by(addresses.c.version.desc())
        .limit(1)
    ).scalar_one_or_none()
    return row or 0


def newest_address(tx: Transaction, facility_id: UUID) -> tuple[dict[str, Any], bytes] | None:
    """The newest address of a facility and its ciphertext; whoever calls this records it."""
    row = tx.connection.execute(
        select(addresses.c.version, addresses.c.sealed)
        .where(addresses.c.facility_id == facility_id)
        .order_by(addresses.c.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    place = at("addresses", "sealed", facility_id, row.version)
    told: dict[str, Any] = tx.open(Domain.ADDRESS, facility_id, place, row.sealed)
    return told, bytes(row.sealed)


def _insist_on_one(row: object) -> None:
    if row is None:
        raise Conflict("stale_version", "Somebody has written this version; read the newest one first.")
