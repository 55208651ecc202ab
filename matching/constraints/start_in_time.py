"""`start_in_time`: the stay starts in the wanted window, and not while another bed is still held."""

from __future__ import annotations

from collections.abc import Iterator

from matching.columns import BoolArray
from matching.constraints.base import Audience, OnLive, PairRule, Scope
from matching.facts import Case, Facts, Stay
from matching.plans import Objection

__all__ = ["StartInTime"]


class StartInTime(PairRule):
    """The first leg starts within [earliest, latest], both included; a later leg follows it.

    A person who already fills a bed starts when that stay ends. A missed triage deadline is a
    cost, never a refusal.
    """

    name = "start_in_time"
    summary = "starts within the wanted window, both days included; a triage deadline is a cost, never a refusal"
    scope = Scope.OWN_CASE
    source = "FoU Nordväst (2023), triage; Hedlund (2023), handling time; domain §4"
    reads = frozenset(
        {
            "Case.earliest_day",
            "Case.housed_until_day",
            "Case.latest_day",
            "Case.legs",
            "Leg.nights",
            "Leg.offset_days",
            "Stay.end_day",
            "Stay.start_day",
        }
    )
    messages = {
        Audience.ASSESSOR: "The start lies outside the wanted window.",
        Audience.COORDINATOR: "The start lies outside the wanted window, or a person still fills another bed then.",
        Audience.REQUESTER: "The wanted window has passed: state a new one.",
    }
    on_live = OnLive.IGNORE

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:  # noqa: ARG002 - signature
        """Refused when no leg of the case may start then, or the person is still housed."""
        fits = any(
            case.earliest_day <= stay.start_day - leg.offset_days <= case.latest_day
            and stay.end_day - stay.start_day == leg.nights
            for leg in case.legs
        )
        if not fits:
            return Objection("outside_window")
        if stay.start_day < case.housed_until_day:
            return Objection("still_housed", case.housed_until_day - stay.start_day)
        return None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:
        """Everywhere or nowhere: no facility is read."""
        return self._refused_everywhere(case, start_day, end_day, facts)

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:  # noqa: ARG002 - signature
        """The day the present stay ends."""
        yield case.housed_until_day

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:
        """The same day everywhere."""
        return self._turning_everywhere([case.housed_until_day], days, facts)
