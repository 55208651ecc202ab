"""What is told of persons, in counts alone: a network keeper sees no placement, and a small number names somebody."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from matching.domain import Member, Scenario
from matching.facts import FOREVER
from matching.intelligence.edges import age_days, is_stale
from matching.networks import window_of

__all__ = [
    "FEWEST_TOLD",
    "Belonging",
    "PersonConflicts",
    "PersonCounts",
    "belonging",
    "person_conflicts",
    "person_counts",
    "told_or_few",
]

FEWEST_TOLD: Final = 3  # a count below it is withheld, nought included

_DEGREES: Final = ("core", "active", "peripheral")  # the closest first


@dataclass(frozen=True)
class PersonCounts:
    """Persons of one network, ended memberships included, each counted once: by the closest degree they had.

    None stands for fewer than `FEWEST_TOLD`. There is no total: with it, one withheld count could be
    worked out from the others.

    Examples
    --------
    >>> PersonCounts(core=4, active=None, peripheral=3).at_least
    7
    """

    core: int | None = None
    active: int | None = None
    peripheral: int | None = None

    @property
    def at_least(self) -> int:
        """Sum of the counts that are told."""
        return sum(count or 0 for count in (self.core, self.active, self.peripheral))


@dataclass(frozen=True)
class Belonging:
    """Memberships over all networks, in counts of persons; none for fewer than `FEWEST_TOLD`.

    Parameters
    ----------
    in_several : persons who are or were in two networks or more
    still_in_one : persons with a membership that has not ended
    """

    in_several: int | None
    still_in_one: int | None


@dataclass(frozen=True)
class PersonConflicts:
    """Conflicts between persons: how many and on whose word; nothing about whom.

    Parameters
    ----------
    recorded : all of them
    live : those that still count
    stale : of the live ones, not confirmed for longer than the policy's `confirmation_age_days`
    by_source : number recorded by each source
    """

    recorded: int
    live: int
    stale: int
    by_source: Mapping[str, int]


def told_or_few(count: int) -> int | None:
    """The count, or none when it is so small that it may name somebody.

    Examples
    --------
    >>> told_or_few(3), told_or_few(2), told_or_few(0)
    (3, None, None)
    """
    return count if count >= FEWEST_TOLD else None


def person_counts(scenario: Scenario) -> dict[str, PersonCounts]:
    """Persons of every network by its id.

    Parameters
    ----------
    scenario : its waiting cases, placements and residences
    """
    degrees: dict[tuple[str, str], set[str]] = defaultdict(set)
    for member in _members(scenario):
        for membership in member.memberships:
            degrees[membership.network, member.person_key].add(membership.degree)
    tally = Counter((network, min(told, key=_DEGREES.index)) for (network, _), told in degrees.items())
    return {
        network.id: PersonCounts(*(told_or_few(tally[network.id, degree]) for degree in _DEGREES))
        for network in scenario.networks
    }


def belonging(scenario: Scenario, today: int) -> Belonging:
    """How many persons have several networks, and how many have not left.

    Parameters
    ----------
    scenario : its waiting cases, placements and residences
    today : ordinal of the day of planning; a membership ends on its told end, confirmed or not
    """
    networks: dict[str, set[str]] = defaultdict(set)
    still = set()
    for member in _members(scenario):
        for membership in member.memberships:
            networks[member.person_key].add(membership.network)
            if membership.end is None or membership.end.toordinal() > today:
                still.add(member.person_key)
    return Belonging(told_or_few(sum(1 for told in networks.values() if len(told) > 1)), told_or_few(len(still)))


def _members(scenario: Scenario) -> Iterator[Member]:
    for case in scenario.cases:
        yield from case.household
    for placement in scenario.placements:
        yield from placement.household
    for residence in scenario.residences:
        yield from residence.household


def person_conflicts(scenario: Scenario, today: int) -> PersonConflicts:
    """Number and provenance of the conflicts between persons.

    Parameters
    ----------
    scenario : its person conflicts
    today : ordinal of the day of planning
    """
    told = scenario.person_conflicts
    windows = [window_of(one, one.end_confirmed, today) for one in told]
    ages = [age_days(one.provenance, today) for one in told]
    return PersonConflicts(
        recorded=len(told),
        live=sum(1 for window in windows if window[1] == FOREVER),
        stale=sum(is_stale(window, age, scenario.policy) for window, age in zip(windows, ages, strict=True)),
        by_source=dict(sorted(Counter(one.provenance.source for one in told).items())),
    )
