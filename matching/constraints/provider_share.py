"""`provider_share`: a provider that has much of all beds in use already costs."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from matching.columns import BoolArray, DaysAt, days_at
from matching.constraints.base import Audience, CostRule, Scope
from matching.facts import Case, Facts, Stay

__all__ = ["ProviderShare"]


class ProviderShare(CostRule):
    """Costs its weight per percent, rounded down, by which the provider's share exceeds the tolerated.

    The share is of all beds in use on the day the stay starts: placements and holds on ``[start, end)``,
    none of the plan's own stays. While nothing is in use nobody has a share.
    """

    name = "provider_share"
    summary = "the provider's share of all beds in use beyond the tolerated"
    scope = Scope.EVERYBODY
    source = "FoU Nordväst (2023), coordinators favour contacts; domain §4"
    reads = frozenset(
        {
            "Bed.beds",
            "BedUse.beds",
            "BedUse.end_day",
            "BedUse.facility",
            "BedUse.start_day",
            "Case.earliest_day",
            "Case.latest_day",
            "Case.nights",
            "Facility.provider",
            "Facts.bed_uses",
            "Facts.facilities",
            "Facts.policy",
            "Policy.provider_share_tolerated_percent",
            "Policy.weights",
            "Stay.facility",
            "Stay.start_day",
            "Weights.provider_share",
        }
    )
    messages = {Audience.COORDINATOR: "The provider has a large share of all beds in use already."}

    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:  # noqa: ARG002 - signature
        """Weight times percent beyond the tolerated."""
        provider = facts.facilities[stay.facility].provider
        return facts.policy.weights.provider_share * _excess_of(provider, stay.start_day, facts)

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """Days on which the share beyond the tolerated falls: between them an earlier start never costs more."""
        falls = _falls(facts.facilities[facility].provider, facts) if facts.policy.weights.provider_share else ()
        yield from falls[bisect_right(falls, case.earliest_day) : bisect_right(falls, case.latest_day + case.nights)]

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:
        """The same days, of every facility."""
        if not facts.policy.weights.provider_share:
            return np.zeros((len(days), len(facts.facilities)), dtype=np.bool_)
        found = _turning(facts).within(days, facts)
        found[: max(0, case.earliest_day + 1 - days.start)] = False
        found[max(0, case.latest_day + case.nights + 1 - days.start) :] = False
        return found


def _turning(facts: Facts) -> DaysAt:
    """Days on which the share of a facility's provider falls, of every facility; worked out once."""
    return facts.remember(
        "provider_share turning",
        lambda: days_at(
            (day, number)
            for number, facility in enumerate(facts.facilities)
            for day in _falls(facility.provider, facts)
        ),
    )


def _falls(provider: int, facts: Facts) -> tuple[int, ...]:
    """Days on which a provider's share beyond the tolerated falls, in order; worked out once."""
    return facts.remember(
        ("provider_share falls", provider),
        lambda: tuple(
            day for day in _changes(facts) if _excess_of(provider, day, facts) < _excess_of(provider, day - 1, facts)
        ),
    )


def _excess_of(provider: int, day: int, facts: Facts) -> int:
    share = _shares_percent(day, facts).get(provider, 0)
    return max(0, share - facts.policy.provider_share_tolerated_percent)


def _shares_percent(day: int, facts: Facts) -> Mapping[int, int]:
    """Share of all beds in use on a day by provider."""
    days, shares = facts.remember("provider_share", lambda: _count_percent(facts))
    place = bisect_right(days, day) - 1
    return shares[place] if place >= 0 else {}


def _count_percent(facts: Facts) -> tuple[Sequence[int], Sequence[Mapping[int, int]]]:
    """Days on which some bed is taken or free again, in order, and the shares from each of them on."""
    changes: dict[int, Counter[int]] = defaultdict(Counter)
    for use in facts.bed_uses:
        if use.start_day < use.end_day:
            beds, provider = sum(bed.beds for bed in use.beds), facts.facilities[use.facility].provider
            changes[use.start_day][provider] += beds
            changes[use.end_day][provider] -= beds
    shares: list[Mapping[int, int]] = []
    taken: Counter[int] = Counter()
    for day in sorted(changes):
        taken.update(changes[day])
        everything = taken.total()
        shares.append({provider: 100 * beds // everything for provider, beds in taken.items() if beds})
    return sorted(changes), shares


def _changes(facts: Facts) -> Sequence[int]:
    """Days on which some bed is taken or free again, in order."""
    return facts.remember("provider_share", lambda: _count_percent(facts))[0]
