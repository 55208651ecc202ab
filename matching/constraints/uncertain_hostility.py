"""`uncertain_hostility`: the RISK level, people near each other whose networks may be hostile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, product

import numpy as np

from matching.constraints.base import Audience, Constraint, Level, Scope
from matching.constraints.clauses import Clauses
from matching.encounters import planned, without_own
from matching.facts import FOREVER, Case, Facts, Party, Presence
from matching.hostility import are_apart, near_matrix, separation_limits
from matching.plans import Candidates, Plan, Violation
from matching.risk import pair_risk_milli

__all__ = ["UncertainHostility"]

_Places = dict[int, list[int]]


class UncertainHostility(Constraint):
    """Each two households that are not apart, on a day both are present, cost the risk that they are hostile.

    Not apart means what `rival_separation` means by it. A relation that is certain is that rule's
    business; here count rivalries too improbable for it, and the priors of networks nobody has examined:
    unknown is never nothing. Thousandths of -ln(1 - p), summed; see `matching.risk`.
    """

    name = "uncertain_hostility"
    summary = "people near each other whose networks are hostile with some probability: sum of -ln(1 - p), thousandths"
    level = Level.RISK
    scope = Scope.EVERYBODY
    source = "FoU Nordväst (2023), missing knowledge is not absence of threat; domain §4"
    reads = frozenset(
        {
            "Case.party",
            "Facility.place",
            "Facts.cases",
            "Facts.facilities",
            "Facts.halves",
            "Facts.places",
            "Facts.policy",
            "Facts.presences",
            "Facts.priors_percent",
            "Facts.ties",
            "Party.is_poorly_known",
            "Party.keys",
            "Party.members",
            "Party.networks",
            "Party.peripheral",
            "Party.separations",
            "Party.without",
            "Places.are_neighbouring",
            "Places.is_beyond_m",
            "Places.is_beyond_min",
            "Policy.neighbouring_km",
            "Policy.neighbouring_min",
            "Policy.peripheral_involvement_percent",
            "Policy.poor_knowledge_widening_percent",
            "Policy.separation_km",
            "Policy.separation_min",
            "Presence.end_day",
            "Presence.party",
            "Presence.place",
            "Presence.start_day",
            "Stay.facility",
            "Stay.start_day",
            "Tie.end_day",
            "Tie.kind",
            "Tie.percent",
            "Tie.start_day",
        }
    )
    messages = {Audience.COORDINATOR: "People nearby belong to networks that may be hostile; nobody knows for certain."}

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When somebody near who may be hostile has left and cooled down."""
        place = facts.facilities[facility].place
        for _, end_day, _ in _uncertain_neighbours(case.party, facts).get(place, ()):
            if end_day < FOREVER:
                yield end_day

    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Charge each case once for everybody present it comes near, and each two cases once when they are near."""
        at: dict[int, dict[int, _Places]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        for number, candidate in enumerate(candidates.items):
            at[candidate.case][candidate.leg][facts.facilities[candidate.stay.facility].place].append(number)
        for case, legs in sorted(at.items()):
            self._charge_present(clauses, candidates, facts, facts.cases[case].party, legs)
        for a, b in combinations(sorted(at), 2):
            self._charge_planned(clauses, facts, (facts.cases[a].party, at[a]), (facts.cases[b].party, at[b]))

    def _charge_present(
        self, clauses: Clauses, candidates: Candidates, facts: Facts, party: Party, legs: dict[int, _Places]
    ) -> None:
        beside: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        amounts: dict[int, int] = {}
        for leg, places in legs.items():
            for place, numbers in places.items():
                for other, end_day, amount in _uncertain_neighbours(party, facts).get(place, ()):
                    coming = [n for n in numbers if candidates.items[n].stay.start_day < end_day]
                    if coming:
                        beside[other][leg] += coming
                        amounts[other] = amount
        for other, groups in sorted(beside.items()):
            if len(groups) == 1:
                for number in next(iter(groups.values())):
                    clauses.charge(number, amounts[other])
            else:  # linked stays near the same people cost once
                clauses.charge(clauses.any_of(list(groups.values())), amounts[other])

    def _charge_planned(
        self,
        clauses: Clauses,
        facts: Facts,
        one: tuple[Party, dict[int, _Places]],
        two: tuple[Party, dict[int, _Places]],
    ) -> None:
        (a, legs_a), (b, legs_b) = one, two
        amount = pair_risk_milli(a, b, FOREVER, facts)
        if not amount:
            return
        near = near_matrix(*separation_limits(a, b, facts), facts)
        pairs: list[tuple[list[int], list[int]]] = []
        for own, others in product(legs_a.values(), legs_b.values()):
            there = sorted(others)
            alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
            for place, numbers in sorted(own.items()):
                close = tuple(other for other in there if near[place, other])
                if close:
                    alike[close] += numbers
            pairs += [(numbers, [n for place in close for n in others[place]]) for close, numbers in alike.items()]
        if pairs:
            clauses.charge(clauses.meet(pairs), amount)

    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """One cost for each two households, planned or present, that are not apart at one of their stays."""
        stays: dict[int, list[Presence]] = defaultdict(list)
        for item in plan.placed:
            stays[item.case].append(planned(facts.cases[item.case], item.stay, facts))
        for (a, own), (b, others) in combinations(sorted(stays.items()), 2):
            amount = max(_risk(one, other, facts) for one, other in product(own, others))
            if amount:
                yield Violation(self.name, "may_be_hostile", amount, (("case", a), ("case", b)))
        for number, own in sorted(stays.items()):
            for other, present in enumerate(facts.presences):
                there = without_own(own[0], present)
                amount = 0 if there is None else max(_risk(one, there, facts) for one in own)
                if amount:
                    yield Violation(self.name, "may_be_hostile", amount, (("case", number), ("presence", other)))


def _risk(one: Presence, other: Presence, facts: Facts) -> int:
    """RISK of two presences: nothing when they share no day or are apart."""
    if max(one.start_day, other.start_day) >= min(one.end_day, other.end_day):
        return 0
    limits = separation_limits(one.party, other.party, facts)
    is_apart = are_apart(one.place, other.place, *limits, facts)
    return 0 if is_apart else pair_risk_milli(one.party, other.party, min(one.end_day, other.end_day), facts)


def _uncertain_neighbours(party: Party, facts: Facts) -> dict[int, list[tuple[int, int, int]]]:
    """By place, everybody present near it who may be hostile: number, until when, RISK; worked out once."""
    return facts.remember(("uncertain_neighbours", party), lambda: dict(_near_somebody(party, facts)))


def _near_somebody(party: Party, facts: Facts) -> dict[int, list[tuple[int, int, int]]]:
    found: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for number, present in enumerate(facts.presences):
        rest = present.party.without(party.keys)
        amount = pair_risk_milli(party, rest, present.end_day, facts) if rest.members else 0
        if amount:
            near = near_matrix(*separation_limits(party, rest, facts), facts)[present.place]
            for place in np.flatnonzero(near):
                found[int(place)].append((number, present.end_day, amount))
    return found
