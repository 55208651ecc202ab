"""`rival_separation`: rivals are farther apart than the separation, in distance and in minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from itertools import combinations

import numpy as np

from matching.columns import BoolArray, facility_places
from matching.constraints.apart import Nearness, keep_apart
from matching.constraints.base import Audience, Constraint, Level, OnLive, Scope
from matching.constraints.clauses import Clauses
from matching.encounters import live_pairs, planned, without_own
from matching.facts import Case, Facts, Presence, Stay
from matching.hostility import (
    are_apart,
    clear_from,
    feuds_among,
    feuds_between,
    finite_feud_ends,
    kinds_of,
    near_matrix,
    shares_a_hostile_day,
)
from matching.plans import Candidates, Objection, Plan, Violation

__all__ = ["RivalSeparation"]


class RivalSeparation(Constraint):
    """Two present persons who are rivals on a common day are apart: waiting cases from each other and from all present.

    A planned stay is present from its start without end (a planned end frees the bed, never the
    separation), so two of them share a hostile day exactly when both start before the feud ends:
    the clauses need one index in time for each feud, and that is exact.

    Clauses: for each group of mutually near places and each group of mutually hostile kinds of
    household, at most one is there. Households of one kind share one presence literal.
    """

    name = "rival_separation"
    summary = "rivals farther apart than the separation in km and in minutes, never in neighbouring localities"
    level = Level.HARD
    scope = Scope.EVERYBODY
    source = "Hedlund (2023), rivals never in the same or a neighbouring ort; domain §4"
    reads = frozenset(
        {
            "Case.party",
            "Facility.place",
            "Facts.cases",
            "Facts.facilities",
            "Facts.feuding_persons",
            "Facts.network_feuds",
            "Facts.person_feuds",
            "Facts.places",
            "Facts.policy",
            "Facts.presences",
            "Facts.today",
            "Feud.end_day",
            "Feud.limit_m",
            "Feud.limit_min",
            "Feud.start_day",
            "Party.networks",
            "Party.is_unknown",
            "Party.keys",
            "Party.members",
            "Party.separations",
            "Party.is_poorly_known",
            "Policy.poor_knowledge_widening_percent",
            "Policy.neighbouring_km",
            "Policy.neighbouring_min",
            "Policy.separation_km",
            "Policy.separation_min",
            "Presence.end_day",
            "Presence.party",
            "Presence.place",
            "Presence.start_day",
            "Stay.facility",
            "Stay.start_day",
        }
    )
    messages = {
        Audience.COORDINATOR: "A rival is present within the separation, or in the same or a neighbouring locality."
    }
    on_live = OnLive.MOVE_NOW

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused when somebody present is too near on a hostile day."""
        place = facts.facilities[stay.facility].place
        return Objection("rival_present") if stay.start_day < clear_from(case.party, facts)[place] else None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """(n,) by facility, the same of all facilities at once."""
        refused: BoolArray = clear_from(case.party, facts)[facility_places(facts)] > start_day
        return refused

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When the last near rival has left and cooled down, or a feud has ended."""
        yield int(clear_from(case.party, facts)[facts.facilities[facility].place])
        yield from finite_feud_ends(case.party, facts)

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:
        """(len(days), n) by day and facility, the same of all facilities at once."""
        found = self._turning_everywhere(finite_feud_ends(case.party, facts), days, facts)
        clear_day = clear_from(case.party, facts)[facility_places(facts)]
        there = np.flatnonzero((clear_day >= days.start) & (clear_day < days.stop))
        found[clear_day[there] - days.start, there] = True
        return found

    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """At most one of a clique of hostile kinds in each clique of near places."""
        self._forbid_refused(clauses, candidates, facts)
        kind_of, parties = kinds_of(tuple(case.party for case in facts.cases), facts)
        places = sorted({facility.place for facility in facts.facilities})
        spot = {place: number for number, place in enumerate(places)}
        pairs: dict[tuple[int, int, int], list[tuple[int, int]]] = defaultdict(list)
        for a, b, feud in feuds_among(parties, facts):
            pairs[feud.end_day, feud.limit_m, feud.limit_min].append((a, b))
        nearnesses = []
        for (end_day, limit_m, limit_min), told in sorted(pairs.items()):
            opposed = np.zeros((len(parties), len(parties)), dtype=np.bool_)
            opposed[tuple(zip(*told, strict=True))] = True
            near = near_matrix(limit_m, limit_min, facts)[np.ix_(places, places)]
            nearnesses.append(Nearness(near, opposed | opposed.T, end_day))
        keep_apart(
            clauses, candidates.items, kind_of, [spot[facility.place] for facility in facts.facilities], nearnesses
        )

    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """Every hostile pair that is not apart: of two planned stays, or of one and somebody present."""
        stays = [(item.case, planned(facts.cases[item.case], item.stay, facts)) for item in plan.placed]
        for (a, one), (b, other) in combinations(stays, 2):
            if a != b and _too_near(one, other, facts):
                yield Violation(self.name, "rivals_planned_too_near", 1, (("case", a), ("case", b)))
        for case, one in stays:
            for number in facts.remember((self.name, "met", one), partial(_met, one, facts)):
                yield Violation(self.name, "rival_present", 1, (("case", case), ("presence", number)))

    def live_violations(self, facts: Facts) -> Iterator[Violation]:
        """Pairs already present that are too near on a hostile day from today on."""
        for number, one, other, there in live_pairs(facts):
            if _too_near(one, there, facts):
                yield self.live_breach("rivals_live_too_near", 1, (("presence", number), ("presence", other)))


def _met(one: Presence, facts: Facts) -> tuple[int, ...]:
    """Everybody present who is a rival of a planned stay and too near it."""
    others = ((number, without_own(one, present)) for number, present in enumerate(facts.presences))
    return tuple(number for number, there in others if there is not None and _too_near(one, there, facts))


def _too_near(one: Presence, other: Presence, facts: Facts) -> bool:
    """Whether two presences share a day on which they must be apart, and are not."""
    return any(
        shares_a_hostile_day(one.start_day, one.end_day, other.start_day, other.end_day, feud)
        and not are_apart(one.place, other.place, feud.limit_m, feud.limit_min, facts)
        for feud in feuds_between(one.party, other.party, facts)
    )
