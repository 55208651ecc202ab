"""`rival_separation`: rivals are farther apart than the separation, in distance and in minutes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np

from matching.cliques import edge_clique_cover
from matching.constraints.base import Audience, Constraint, Level, OnLive, Scope
from matching.constraints.clauses import Clauses
from matching.encounters import live_pairs, planned, without_own
from matching.facts import Belonging, Case, Facts, Feud, Presence, Stay
from matching.hostility import (
    are_apart,
    clear_from,
    feuds_between,
    finite_feud_ends,
    near_matrix,
    shares_a_hostile_day,
)
from matching.plans import Candidates, Objection, Plan, Violation

__all__ = ["RivalSeparation"]

_Groups = dict[tuple[int, int], list[int]]


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

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When the last near rival has left and cooled down, or a feud has ended."""
        yield int(clear_from(case.party, facts)[facts.facilities[facility].place])
        yield from finite_feud_ends(case.party, facts)

    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """At most one of a clique of hostile kinds in each clique of near places."""
        self._forbid_refused(clauses, candidates, facts)
        kinds = _kinds(candidates, facts)
        edges: dict[Feud, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
        for (a, case_a), (b, case_b) in combinations(enumerate(facts.cases[group[0]] for group in kinds), 2):
            for feud in feuds_between(case_a.party, case_b.party, facts):
                edges[feud][a].add(b)
                edges[feud][b].add(a)
        for feud, graph in sorted(edges.items()):
            hostile = edge_clique_cover({node: frozenset(others) for node, others in graph.items()})
            self._write(clauses, candidates, facts, feud, hostile, kinds)

    def _write(
        self,
        clauses: Clauses,
        candidates: Candidates,
        facts: Facts,
        feud: Feud,
        hostile: tuple[tuple[int, ...], ...],
        kinds: list[list[int]],
    ) -> None:
        at_place: dict[int, dict[int, _Groups]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        kind_of = {case: number for number, group in enumerate(kinds) for case in group}
        wanted = {kind for clique in hostile for kind in clique}
        for number, candidate in enumerate(candidates.items):
            kind = kind_of[candidate.case]
            if kind in wanted and candidate.stay.start_day < feud.end_day:
                place = facts.facilities[candidate.stay.facility].place
                at_place[place][kind][candidate.case, candidate.leg].append(number)
        for zone in _near_cliques(sorted(at_place), feud, facts):
            literals: dict[int, list[int]] = {}
            for clique in hostile:
                here = [kind for kind in clique if any(kind in at_place[place] for place in zone)]
                if len(here) < 2:
                    continue
                for kind in here:
                    if kind not in literals:
                        literals[kind] = _literals(clauses, [at_place[place][kind] for place in zone])
                clauses.at_most_one(literal for kind in here for literal in literals[kind])

    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """Every hostile pair that is not apart: of two planned stays, or of one and somebody present."""
        stays = [(item.case, planned(facts.cases[item.case], item.stay, facts)) for item in plan.placed]
        for (a, one), (b, other) in combinations(stays, 2):
            if a != b and _too_near(one, other, facts):
                yield Violation(self.name, "rivals_planned_too_near", 1, (("case", a), ("case", b)))
        for case, one in stays:
            for number, present in enumerate(facts.presences):
                there = without_own(one, present)
                if there is not None and _too_near(one, there, facts):
                    yield Violation(self.name, "rival_present", 1, (("case", case), ("presence", number)))

    def live_violations(self, facts: Facts) -> Iterator[Violation]:
        """Pairs already present that are too near on a hostile day from today on."""
        for number, one, other, there in live_pairs(facts):
            if _too_near(one, there, facts):
                yield self.live_breach("rivals_live_too_near", 1, (("presence", number), ("presence", other)))


def _too_near(one: Presence, other: Presence, facts: Facts) -> bool:
    """Whether two presences share a day on which they must be apart, and are not."""
    return any(
        shares_a_hostile_day(one.start_day, one.end_day, other.start_day, other.end_day, feud)
        and not are_apart(one.place, other.place, feud.limit_m, feud.limit_min, facts)
        for feud in feuds_between(one.party, other.party, facts)
    )


def _kinds(candidates: Candidates, facts: Facts) -> list[list[int]]:
    """Cases that are hostile to the same others and not to each other, as one kind."""
    groups: dict[object, list[int]] = {}
    for case in sorted({candidate.case for candidate in candidates.items}):
        party = facts.cases[case].party
        stranger = replace(party, members=(Belonging(-1, party.networks, is_unknown=False),))
        is_alone = party.is_unknown or party.keys & facts.feuding_persons or feuds_between(party, stranger, facts)
        groups.setdefault(case if is_alone else (party.networks, party.separations, party.is_poorly_known), []).append(
            case
        )
    return list(groups.values())


def _near_cliques(places: list[int], feud: Feud, facts: Facts) -> tuple[tuple[int, ...], ...]:
    near = near_matrix(feud.limit_m, feud.limit_min, facts)[np.ix_(places, places)]
    neighbours = {
        place: frozenset(places[other] for other in np.flatnonzero(near[row]) if other != row)
        for row, place in enumerate(places)
    }
    return edge_clique_cover(neighbours)


def _literals(clauses: Clauses, parts: list[_Groups]) -> list[int]:
    """Literals of which one is true when any household of a kind is in a zone."""
    groups: _Groups = defaultdict(list)
    for part in parts:
        for leg, numbers in part.items():
            groups[leg].extend(numbers)
    if len(groups) == 1:
        return next(iter(groups.values()))
    return [clauses.any_of(list(groups.values()))]
