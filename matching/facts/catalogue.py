"""The catalogue as rules read it: facilities, units, closures, contracts, providers, beds in use."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Bed",
    "BedUse",
    "Block",
    "Contract",
    "Facility",
    "Provider",
    "Quota",
    "Stay",
    "Unit",
]


@dataclass(frozen=True, order=True)
class Stay:
    """A facility on nights ``[start_day, end_day)``; the person is present from `start_day` on."""

    facility: int
    start_day: int
    end_day: int


@dataclass(frozen=True)
class Unit:
    """A room, flat or house; an unshared one belongs to one household a night."""

    kind: str
    beds: int
    is_shared: bool


@dataclass(frozen=True, order=True)
class Bed:
    """So many beds of one unit (numbered in its facility)."""

    unit: int
    beds: int


@dataclass(frozen=True)
class Block:
    """Nights ``[start_day, end_day)`` on which units take nobody."""

    start_day: int
    end_day: int
    units: frozenset[int]


@dataclass(frozen=True)
class Quota:
    """At most `beds` a night for one municipality (-1: all together) on ``[start_day, end_day)``."""

    municipality: int
    beds: int
    start_day: int
    end_day: int


@dataclass(frozen=True, order=True)
class Contract:
    """A framework agreement with one municipality (-1: national) on ``[start_day, end_day)``."""

    municipality: int
    start_day: int
    end_day: int


@dataclass(frozen=True)
class Provider:
    """Who runs facilities.

    `vetted_through_day` is the last day of a positive vetting, 0 without one. `disqualified` holds windows
    ``[start, end)`` in which an incident shuts it out. `conflicts` are police units with which a conflict of
    interest is declared.
    """

    vetted_through_day: int
    disqualified: tuple[tuple[int, int], ...] = ()
    conflicts: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Facility:
    """A facility of the catalogue.

    `permit_through_day` is the last day of its permit, 0 without one. `support_intensity` is 1 to 4, or 0
    when not known.
    """

    place: int
    provider: int
    form: str
    units: tuple[Unit, ...]
    closures: tuple[Block, ...]
    quotas: tuple[Quota, ...]
    min_age_years: int
    max_age_years: int
    genders: frozenset[str]
    takes_children: bool
    takes_unaccompanied_minors: bool
    max_household: int
    offers: frozenset[str]
    schools: tuple[int, ...]
    security_grade: int
    is_security_approved: bool
    permit_through_day: int
    contracts: tuple[Contract, ...]
    is_direct_award_allowed: bool
    has_night_intake: bool
    support_intensity: int
    day_rate_sek: int


@dataclass(frozen=True)
class BedUse:
    """Beds already taken by a placement or hold on nights ``[start_day, end_day)``."""

    presence: int
    facility: int
    beds: tuple[Bed, ...]
    start_day: int
    end_day: int
    municipality: int
