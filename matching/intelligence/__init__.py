"""The situation picture (lägesbild) of the networks: what the keeper of the networks sees.

Relations merged by pair, with every source and what follows from them; where sources disagree; what
was not confirmed lately; where each network is present. Of persons it holds counts alone, and of
nobody where they are. Which network is hostile when is the engine's own business (`matching.networks`);
this says the same with its reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from matching.assemble import SWEDEN
from matching.domain import Network, Policy, Scenario
from matching.intelligence.disagreements import DIFFERING_POINTS, Disagreement, disagreements
from matching.intelligence.edges import Derived, Edge, Statement, Tie, merged_edges
from matching.intelligence.people import (
    FEWEST_TOLD,
    Belonging,
    PersonConflicts,
    PersonCounts,
    belonging,
    person_conflicts,
    person_counts,
    told_or_few,
)
from matching.networks import Window, allies, halves, intersect, window_of

__all__ = [
    "DIFFERING_POINTS",
    "FEWEST_TOLD",
    "Belonging",
    "Derived",
    "Disagreement",
    "Edge",
    "Known",
    "PersonConflicts",
    "PersonCounts",
    "Presence",
    "SituationPicture",
    "Statement",
    "Tie",
    "belonging",
    "disagreements",
    "merged_edges",
    "person_conflicts",
    "person_counts",
    "situation_picture",
    "told_or_few",
]


@dataclass(frozen=True)
class Presence:
    """A locality where a network, a half of it or an ally is active, on the days of `window`.

    Parameters
    ----------
    locality : id
    window : ordinals, ``[start, end)``; through an ally only the days of the alliance
    by : the network itself, a half of a split, or an ally
    network : whose presence it is
    """

    locality: str
    window: Window
    by: Literal["own", "half", "ally"]
    network: str


@dataclass(frozen=True)
class Known:
    """One network: as told, its persons in counts, and where it is present."""

    network: Network
    persons: PersonCounts
    presence: tuple[Presence, ...]


@dataclass(frozen=True)
class SituationPicture:
    """All that is known of the networks on one day.

    Parameters
    ----------
    today : ordinal of the day of planning
    policy : what is certain, derived and stale
    networks : by id
    edges : pairs of which something is told or follows, by pair
    disagreements : pairs whose sources contradict each other
    conflicts : between persons, in counts
    belonging : memberships over all networks, in counts
    """

    today: int
    policy: Policy
    networks: tuple[Known, ...]
    edges: tuple[Edge, ...]
    disagreements: tuple[Disagreement, ...]
    conflicts: PersonConflicts
    belonging: Belonging

    @property
    def stale(self) -> tuple[tuple[Edge, Statement], ...]:
        """Relations that count and were not confirmed lately, the oldest first, each with its pair."""
        found = [(edge, told) for edge in self.edges for told in edge.statements if told.is_stale]
        return tuple(sorted(found, key=lambda one: (-(one[1].age_days or 0), one[1].record)))


def situation_picture(scenario: Scenario) -> SituationPicture:
    """What is known of the networks of a scenario.

    Parameters
    ----------
    scenario : as parsed

    Source
    ------
    Domain §2 (the keeper of the networks sees no placement) and §4 (knowledge);
    docs/decisions/0013-merging-intelligence.md
    """
    today = scenario.now.astimezone(SWEDEN).date().toordinal()
    edges = merged_edges(scenario.relations, scenario.policy, today)
    counts = person_counts(scenario)
    present = _presences(scenario, today)
    return SituationPicture(
        today=today,
        policy=scenario.policy,
        networks=tuple(
            Known(network, counts[network.id], present[network.id])
            for network in sorted(scenario.networks, key=lambda network: network.id)
        ),
        edges=edges,
        disagreements=disagreements(edges, today),
        conflicts=person_conflicts(scenario, today),
        belonging=belonging(scenario, today),
    )


def _presences(scenario: Scenario, today: int) -> dict[str, tuple[Presence, ...]]:
    """Where each network is active: itself, as a half of a split at any time, and through allies while they are."""
    parts = halves(scenario.relations)
    alliances: dict[str, list[tuple[str, tuple[Window, ...]]]] = {network.id: [] for network in scenario.networks}
    for (network, ally), windows in sorted(allies(scenario.relations, today).items()):
        alliances[network].append((ally, windows))
    told = {
        network.id: [(one.locality, window_of(one, one.end_confirmed, today)) for one in network.presence]
        for network in scenario.networks
    }
    found: dict[str, tuple[Presence, ...]] = {}
    for network in told:
        here = [Presence(place, window, "own", network) for place, window in told[network]]
        for half in sorted(parts.get(network, frozenset()) - {network}):
            here.extend(Presence(place, window, "half", half) for place, window in told[half])
        for ally, windows in alliances[network]:
            for place, window in told[ally]:
                here.extend(Presence(place, both, "ally", ally) for both in intersect([window], windows))
        found[network] = tuple(here)
    return found
