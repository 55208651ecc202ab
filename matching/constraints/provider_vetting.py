"""`provider_vetting`: vetted and permitted at the start and for a time on, no incident, no conflict of interest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from matching.columns import BoolArray, column, days_at, flags
from matching.constraints.base import Audience, OnLive, Origin, PairRule, Scope
from matching.facts import FOREVER, Case, Facility, Facts, Live, Provider, Stay
from matching.plans import Objection

__all__ = ["ProviderVetting", "is_valid_on"]

_ENDS_SOON = {"vetting": ("not_vetted", "vetting_ends_soon"), "permit": ("no_permit", "permit_ends_soon")}
_ENDS_LATER = {"vetting": ("not_vetted", "vetting_expires_later"), "permit": ("no_permit", "permit_expires_later")}
"""What lacks on the start, and what lacks later."""

_LATER = frozenset({"vetting_expires_later", "permit_expires_later"})


class ProviderVetting(PairRule):
    """Vetting, and the permit where the form needs one, hold on the start and `provider_ahead_days` on.

    Both are told by their last valid day, itself included; none is known: not vetted, no permit. A
    disqualifying incident shuts the provider out until it is lifted, a declared conflict of interest with a
    police unit of the case always. The amount is the number of faults.

    Of somebody who lives there already the last night counts instead of the days ahead: what expires
    before it is a task, what lacks now a reason to move.
    """

    name = "provider_vetting"
    summary = "provider vetted and permitted at the start and some time on, no incident, no conflict of interest"
    scope = Scope.OWN_CASE
    source = "Hedlund (2023), unlawful influence and crime-linked actors; IVO, supervision; domain §4"
    reads = frozenset(
        {
            "Case.police_units",
            "Facility.form",
            "Facility.permit_through_day",
            "Facility.provider",
            "Facts.facilities",
            "Facts.policy",
            "Facts.providers",
            "Live.case",
            "Live.is_housed",
            "Live.stay",
            "Policy.permit_required_for",
            "Policy.provider_ahead_days",
            "Provider.conflicts",
            "Provider.disqualified",
            "Provider.vetted_through_day",
            "Stay.end_day",
            "Stay.facility",
            "Stay.start_day",
        }
    )
    messages = {
        Audience.COORDINATOR: (
            "The provider is not vetted and permitted at the start and {days_ahead} days on, or is shut out; "
            "faults: {amount}."
        ),
    }
    parameters = {"amount": Origin.CATALOGUE, "days_ahead": Origin.POLICY}
    on_live = OnLive.MOVE_BY

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused with the codes of all that lacks."""
        through_day = stay.start_day + facts.policy.provider_ahead_days
        return _refused(_codes(case, stay, facts, through_day, _ENDS_SOON), facts)

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, whether a paper, an incident or a conflict is against it."""
        last_day = max(start_day, start_day + facts.policy.provider_ahead_days)
        conflicts = flags(
            facts,
            (self.name, "conflicts", case.police_units),
            lambda facility: not facts.providers[facility.provider].conflicts.isdisjoint(case.police_units),
        )
        lacks = column(facts, (self.name, "valid"), lambda facility: _valid_through_day(facility, facts)) < last_day
        shut_out_until = column(facts, (self.name, "shut out"), lambda facility: _shut_out_until(facility, facts))
        return lacks | (shut_out_until > start_day) | conflicts

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:  # noqa: ARG002 - signature
        """When an incident is lifted; a vetting or a permit only ever ends."""
        provider = facts.providers[facts.facilities[facility].provider]
        yield from (end_day for _, end_day in provider.disqualified if end_day < FOREVER)

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:
        """The same days, of every facility."""
        told = facts.remember(
            (self.name, "turning"),
            lambda: days_at(
                (day, number)
                for number in range(len(facts.facilities))
                for day in self.turning_days(case, number, facts)
            ),
        )
        return told.within(days, facts)

    def live_objection(self, live: Live, facts: Facts) -> Objection | None:
        """What lacks on the first day still to come, and what expires before the last night."""
        if not live.is_housed:
            return None
        last_night = live.stay.end_day - 1
        return _refused(_codes(live.case, live.stay, facts, last_night, _ENDS_LATER), facts)

    def urgency(self, found: Objection) -> OnLive:
        """What only expires later is to be renewed in time; anything else asks for a move."""
        return OnLive.TASK if set(found.reason.split()) <= _LATER else OnLive.MOVE_BY


def is_valid_on(facility: int, day: int, facts: Facts) -> bool:
    """Whether the vetting and, where the form needs one, the permit are valid on a day."""
    return all(through_day >= day for _, through_day in _papers(facts.facilities[facility], facts))


def _papers(told: Facility, facts: Facts) -> Iterator[tuple[str, int]]:
    """What has to be valid at a facility, with its last valid day."""
    yield "vetting", facts.providers[told.provider].vetted_through_day
    if told.form in facts.policy.permit_required_for:
        yield "permit", told.permit_through_day


def _valid_through_day(facility: Facility, facts: Facts) -> int:
    """Last day on which every paper of a facility is valid."""
    return min(day for _, day in _papers(facility, facts))


def _shut_out_until(facility: Facility, facts: Facts) -> int:
    """Day from which no incident shuts the provider out, 0 when none ever did."""
    return max((end_day for _, end_day in facts.providers[facility.provider].disqualified), default=0)


def _refused(codes: Iterator[str], facts: Facts) -> Objection | None:
    found = tuple(codes)
    told = (("days_ahead", facts.policy.provider_ahead_days),)
    return Objection(" ".join(found), len(found), told) if found else None


def _codes(
    case: Case, stay: Stay, facts: Facts, through_day: int, codes: Mapping[str, tuple[str, str]]
) -> Iterator[str]:
    """All that lacks on the start, or later, on `through_day`."""
    for paper, valid_through_day in _papers(facts.facilities[stay.facility], facts):
        lacks, ends = codes[paper]
        if valid_through_day < stay.start_day:
            yield lacks
        elif valid_through_day < through_day:
            yield ends
    yield from _shut_out(case, stay, facts.providers[facts.facilities[stay.facility].provider])


def _shut_out(case: Case, stay: Stay, provider: Provider) -> Iterator[str]:
    if any(end_day > stay.start_day for _, end_day in provider.disqualified):
        yield "disqualifying_incident"
    if not provider.conflicts.isdisjoint(case.police_units):
        yield "conflict_of_interest"
