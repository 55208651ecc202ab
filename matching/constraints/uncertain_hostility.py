"""`uncertain_hostility`: the RISK level, people near each other whose networks may be hostile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product

import numpy as np
import numpy.typing as npt

from matching.columns import facility_places
from matching.constraints.base import Audience, Constraint, Level, Scope
from matching.constraints.clauses import Clauses
from matching.encounters import planned, without_own
from matching.facts import FOREVER, Case, Facts, Party, Presence
from matching.hostility import are_apart, near_matrix, separation_limits
from matching.plans import Candidates, Plan, Violation
from matching.risk import pair_risk_milli

__all__ = ["UncertainHostility"]

_Stays = Mapping[tuple[int, int], list[int]]
"""Candidates of a case and leg by place and start."""


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
            "Party.is_unknown",
            "Party.keys",
            "Party.members",
            "Party.networks",
            "Party.peripheral",
            "Party.separations",
            "Places.are_neighbouring",
            "Places.is_beyond_m",
            "Places.is_beyond_min",
            "Places.root",
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
        beside = _neighbours(case.party, facts)
        near = beside.near[:, facts.facilities[facility].place]
        yield from (int(day) for day in np.unique(beside.end_day[near]) if day < FOREVER)

    def turning(self, case: Case, days: range, facts: Facts) -> npt.NDArray[np.bool_]:
        """The same, of all facilities and the days of a window at once."""
        beside = _neighbours(case.party, facts)
        found = np.zeros((len(days), len(facts.facilities)), dtype=np.bool_)
        at = facility_places(facts)
        for day in np.unique(beside.end_day).tolist():
            if day in days:
                found[day - days.start] = beside.near[beside.end_day == day].any(axis=0)[at]
        return found

    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Charge each case once for everybody present it comes near, and each two cases once when they are near."""
        at: dict[int, dict[int, dict[tuple[int, int], list[int]]]] = defaultdict(
            lambda: defaultdict(lambda: defaultdict(list))
        )
        places: npt.NDArray[np.int64] = np.zeros(len(candidates.items), dtype=np.int64)
        for number, candidate in enumerate(candidates.items):
            here = facts.facilities[candidate.stay.facility].place
            places[number] = here
            at[candidate.case][candidate.leg][here, candidate.stay.start_day].append(number)
        for case, legs in sorted(at.items()):
            self._charge_present(clauses, facts.cases[case].party, legs, facts)
        self._charge_planned(clauses, places, sorted(at), facts)

    def _charge_present(self, clauses: Clauses, party: Party, legs: Mapping[int, _Stays], facts: Facts) -> None:
        beside = _neighbours(party, facts)
        if len(legs) == 1:
            for (place, start_day), numbers in next(iter(legs.values())).items():
                amount = int(beside.amount[beside.near[:, place] & (beside.end_day > start_day)].sum())
                if amount:
                    for number in numbers:
                        clauses.charge(number, amount)
            return
        groups: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for leg, stays in legs.items():
            for (place, start_day), numbers in stays.items():
                for row in np.flatnonzero(beside.near[:, place] & (beside.end_day > start_day)).tolist():
                    groups[row][leg] += numbers
        for other, own in sorted(groups.items()):  # linked stays near the same people cost once
            if len(own) == 1:
                for number in next(iter(own.values())):
                    clauses.charge(number, int(beside.amount[other]))
            else:
                clauses.charge(clauses.any_of(list(own.values())), int(beside.amount[other]))

    def _charge_planned(self, clauses: Clauses, places: npt.NDArray[np.int64], cases: list[int], facts: Facts) -> None:
        """What two households cost depends on their kinds alone, and so does how near is near."""
        if len(cases) < 2:
            return
        kinds: dict[object, int] = {}
        kind_of = np.array([kinds.setdefault(_kind(facts.cases[case].party), len(kinds)) for case in cases])
        of_kind = {
            kind: facts.cases[case].party for case, kind in reversed(list(zip(cases, kind_of.tolist(), strict=True)))
        }
        limits: dict[tuple[int, int], int] = {}
        amount = np.zeros((len(kinds), len(kinds)), dtype=np.int64)
        which = np.zeros_like(amount)
        for one, other in combinations_with_replacement(range(len(kinds)), 2):
            a, b = of_kind[one], of_kind[other]
            amount[one, other] = amount[other, one] = pair_risk_milli(a, b, FOREVER, facts)
            if amount[one, other]:
                limit = limits.setdefault(separation_limits(a, b, facts), len(limits))
                which[one, other] = which[other, one] = limit
        if not limits:
            return
        first, second = np.triu_indices(len(cases), 1)
        costly = np.flatnonzero(amount[kind_of[first], kind_of[second]])
        first, second = first[costly], second[costly]
        numbers = np.array(cases)
        clauses.charge_near(
            places,
            np.stack([near_matrix(*limit, facts) for limit in limits]),
            np.column_stack((numbers[first], numbers[second])),
            which[kind_of[first], kind_of[second]],
            amount[kind_of[first], kind_of[second]],
        )

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
            worst: dict[int, int] = {}
            for one in own:
                for other, amount in _risks_of_present(one, facts):
                    worst[other] = max(worst.get(other, 0), amount)
            for other, amount in sorted(worst.items()):
                yield Violation(self.name, "may_be_hostile", amount, (("case", number), ("presence", other)))


def _risks_of_present(one: Presence, facts: Facts) -> tuple[tuple[int, int], ...]:
    """Everybody present at RISK with a planned stay, and how much; worked out once for each stay."""
    return facts.remember((UncertainHostility.name, "present", one), lambda: tuple(_with_present(one, facts)))


def _with_present(one: Presence, facts: Facts) -> Iterator[tuple[int, int]]:
    for other, present in enumerate(facts.presences):
        there = without_own(one, present)
        amount = 0 if there is None else _risk(one, there, facts)
        if amount:
            yield other, amount


def _risk(one: Presence, other: Presence, facts: Facts) -> int:
    """RISK of two presences: nothing when they share no day or are apart."""
    if max(one.start_day, other.start_day) >= min(one.end_day, other.end_day):
        return 0
    limits = separation_limits(one.party, other.party, facts)
    is_apart = are_apart(one.place, other.place, *limits, facts)
    return 0 if is_apart else pair_risk_milli(one.party, other.party, min(one.end_day, other.end_day), facts)


@dataclass(frozen=True)
class _Neighbours:
    """Everybody present who may be hostile to a household: until when, at what RISK, near which places."""

    end_day: npt.NDArray[np.int64]
    amount: npt.NDArray[np.int64]
    near: npt.NDArray[np.bool_]


def _neighbours(party: Party, facts: Facts) -> _Neighbours:
    """By somebody present a row; worked out once for households alike."""
    return facts.remember((UncertainHostility.name, "beside", party), lambda: _alike(party, facts))


def _alike(party: Party, facts: Facts) -> _Neighbours:
    is_there = any(not party.keys.isdisjoint(there.party.keys) for there in facts.presences)
    kind = _kind(party), party.keys if is_there else None
    return facts.remember((UncertainHostility.name, "kind", kind), lambda: _beside(party, facts))


def _beside(party: Party, facts: Facts) -> _Neighbours:
    rows: list[tuple[int, int, npt.NDArray[np.bool_]]] = []
    known: dict[tuple[object, int], tuple[int, tuple[int, int]]] = {}
    for present in facts.presences:
        is_stranger = party.keys.isdisjoint(present.party.keys)
        rest = present.party if is_stranger else present.party.without(party.keys)
        if not rest.members:
            continue
        key = _kind(rest), present.end_day
        if key not in known:
            amount = pair_risk_milli(party, rest, present.end_day, facts)
            known[key] = amount, separation_limits(party, rest, facts) if amount else (0, 0)
        amount, limits = known[key]
        if amount:
            rows.append((present.end_day, amount, near_matrix(*limits, facts)[present.place]))
    at = np.array([near for _, _, near in rows], dtype=np.bool_).reshape(len(rows), len(facts.places.root))
    ends, amounts = (np.array([row[column] for row in rows], dtype=np.int64) for column in (0, 1))
    return _Neighbours(ends, amounts, at)


def _kind(party: Party) -> object:
    """What RISK and separation read of a household; the rest of it makes no difference."""
    return party.networks, party.peripheral, party.separations, party.is_unknown, party.is_poorly_known
