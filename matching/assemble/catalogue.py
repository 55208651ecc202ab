"""Facilities, providers and exposed places as rules read them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date

from matching import domain, facts

__all__ = ["exposure_facts", "facility_facts", "months_after", "provider_facts"]


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month.

    Examples
    --------
    >>> months_after(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def provider_facts(told: domain.Provider, police_unit: Mapping[str, int], today: int) -> facts.Provider:
    """A provider; what is lifted only on a day to come is not lifted yet."""
    is_vetted = told.vetting == "vetted" and told.vetting_valid_until is not None
    return facts.Provider(
        vetted_through_day=told.vetting_valid_until.toordinal() if is_vetted and told.vetting_valid_until else 0,
        disqualified=tuple(
            sorted(
                (incident.occurred_on.toordinal(), _past(incident.lifted_on, today))
                for incident in told.incidents
                if incident.is_disqualifying
            )
        ),
        conflicts=frozenset(police_unit[unit] for unit in told.conflicts_of_interest),
    )


def _past(day: date | None, today: int) -> int:
    """A day something ended, when that has happened."""
    return facts.FOREVER if day is None or day.toordinal() > today else day.toordinal()


def exposure_facts(
    told: domain.Exposure, place: int, facility: int, network: int, months: int, today: int
) -> facts.Exposure:
    """An exposed place; cleared only when two persons have signed, on a day that has come."""
    end = months_after(told.exposed_on, months).toordinal()
    if len(told.cleared_by) >= 2:
        end = min(end, _past(told.cleared_on, today))
    is_cleared_by_one = len(told.cleared_by) == 1
    return facts.Exposure(place, facility, network, end, is_cleared_by_one)


def facility_facts(told: domain.Facility, place: Mapping[str, int], provider: Mapping[str, int]) -> facts.Facility:
    """A facility; units are numbered in its order."""
    number = {unit.id: position for position, unit in enumerate(told.units)}
    everything = frozenset(number.values())
    return facts.Facility(
        place=place[told.locality],
        provider=provider[told.provider],
        form=told.form,
        units=tuple(facts.Unit(unit.kind, unit.beds, unit.is_shared) for unit in told.units),
        closures=tuple(
            facts.Block(
                closure.start.toordinal(),
                closure.end.toordinal(),
                everything if closure.units is None else frozenset(number[unit] for unit in closure.units),
            )
            for closure in told.closures
        ),
        quotas=tuple(
            facts.Quota(
                _municipality(contract), contract.quota_beds, contract.start.toordinal(), contract.end.toordinal()
            )
            for contract in told.contracts
            if contract.quota_beds is not None
        ),
        min_age_years=told.accepts.min_age_years,
        max_age_years=told.accepts.max_age_years,
        genders=frozenset(told.accepts.genders),
        takes_children=told.accepts.children_with_guardian,
        takes_unaccompanied_minors=told.accepts.unaccompanied_minors,
        max_household=told.accepts.max_household,
        offers=frozenset(told.offers),
        schools=tuple(sorted({place[school] for school in told.schools})),
        security_grade=told.security_grade,
        is_security_approved=told.security_approved,
        permit_through_day=0 if told.permit_valid_until is None else told.permit_valid_until.toordinal(),
        contracts=tuple(
            sorted(
                facts.Contract(_municipality(contract), contract.start.toordinal(), contract.end.toordinal())
                for contract in told.contracts
            )
        ),
        is_direct_award_allowed=told.direct_award_allowed,
        has_night_intake=told.night_intake,
        support_intensity=told.support_intensity or 0,
        day_rate_sek=told.day_rate_sek,
    )


def _municipality(contract: domain.Contract) -> int:
    return -1 if contract.municipality is None else int(contract.municipality)
