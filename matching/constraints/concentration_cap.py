"""`concentration_cap`: no more than so many protected persons in one locality and in one zone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from matching.columns import BoolArray, CandidateColumns, IntArray, days_at, facility_places, fixed
from matching.constraints.base import Audience, Constraint, Level, OnLive, Origin, Scope
from matching.constraints.clauses import Clauses
from matching.facts import FOREVER, Case, Facts, Presence, Stay
from matching.plans import Candidates, Objection, Placed, Plan, Violation

__all__ = ["ConcentrationCap"]

_Area = tuple[str, int]
"""What is capped: a locality by its root, a zone by its kommun."""

_FULL = {"locality": "locality_full", "zone": "zone_full"}

_NO_TERM = np.iinfo(np.int64).min
"""Less than any literal."""

_Span = tuple[int, int, frozenset[int]]
"""Days ``[start, end)`` on which the same persons are present."""


class ConcentrationCap(Constraint):
    """On every day from a planned start on, the distinct persons in its locality and zone are within the policy's.

    A planned person is present from the start without end, as everywhere; one who is there already is
    counted once, and so is a household with two linked stays there. Where the cap is passed without the
    plan nobody new comes; a household that brings nobody new is not refused.
    """

    name = "concentration_cap"
    summary = "no more protected persons in one locality, and in one zone, than the policy says"
    level = Level.HARD
    scope = Scope.EVERYBODY
    source = "Socialstyrelsen (2023) and FoU Nordväst (2023), no common premises; the numbers: policy; domain §4"
    reads = frozenset(
        {
            "Case.party",
            "Facility.place",
            "Facts.cases",
            "Facts.facilities",
            "Facts.places",
            "Facts.policy",
            "Facts.presences",
            "Facts.today",
            "Party.keys",
            "Places.kommun",
            "Places.root",
            "Policy.most_persons_per_locality",
            "Policy.most_persons_per_zone",
            "Presence.end_day",
            "Presence.party",
            "Presence.place",
            "Presence.start_day",
            "Stay.facility",
            "Stay.start_day",
        }
    )
    messages = {Audience.COORDINATOR: "Protected persons too many in the locality or the kommun: {amount}."}
    parameters = {"amount": Origin.OTHERS}
    on_live = OnLive.TASK

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused by the persons too many beside those already there, on the worst day."""
        for area in _areas(facts.facilities[stay.facility].place, facts):
            crowded = _crowded(case.party.keys, area, facts)
            excess = max((excess for end_day, excess in crowded if end_day > stay.start_day), default=0)
            if excess:
                return Objection(_FULL[area[0]], excess)
        return None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, whether its locality or zone is crowded on the start or later."""
        return _crowded_until(case.party.keys, facts) > start_day

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:  # noqa: ARG002 - signature
        """When somebody there is counted no longer."""
        for area in _areas(facts.facilities[facility].place, facts):
            yield from (end_day for _, end_day, _ in _spans(area, facts) if end_day < FOREVER)

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:
        """The same days, of every facility; they are the same for every household."""
        told = facts.remember(
            (self.name, "turning"),
            lambda: days_at(
                (day, number)
                for number in range(len(facts.facilities))
                for day in self.turning_days(case, number, facts)
            ),
        )
        return told.within(days, facts)

    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """One row an area and span of days: planned persons only become more, so its last day binds."""
        told = CandidateColumns.of(candidates)
        order = np.lexsort((told.leg, told.case))
        sizes = np.array([len(case.party.keys) for case in facts.cases], dtype=np.int64)
        literals: dict[tuple[tuple[int, ...], ...], int] = {}
        rows: dict[tuple[bytes, bytes], tuple[IntArray, IntArray, int]] = {}
        for area, numbers in _by_area(told, order, facts):
            first_day = int(told.start_day[numbers].min())
            for _, end_day, there in _spans(area, facts):
                if end_day <= first_day:
                    continue
                brought = _brought(sizes, there, facts)
                coming = numbers[(told.start_day[numbers] < end_day) & (brought[told.case[numbers]] > 0)]
                bound = max(0, _cap(area, facts) - len(there))
                if brought[np.unique(told.case[coming])].sum() > bound:
                    terms = _with_linked(clauses, coming, told, literals)
                    is_term = terms != _NO_TERM
                    terms, amounts = terms[is_term], brought[told.case[coming[is_term]]]
                    key = terms.tobytes(), amounts.tobytes()
                    rows[key] = terms, amounts, min(bound, rows[key][2]) if key in rows else bound
        for terms, amounts, bound in rows.values():
            clauses.at_most(zip(terms.tolist(), amounts.tolist(), strict=True), bound)

    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """Day by day: who is in an area with the plan, and whether the plan brings anybody new."""
        by_area: dict[_Area, list[Placed]] = defaultdict(list)
        for item in plan.placed:
            for area in _areas(facts.facilities[item.stay.facility].place, facts):
                by_area[area].append(item)
        for area, items in sorted(by_area.items()):
            first_day = min(item.stay.start_day for item in items)
            days = {item.stay.start_day for item in items}
            days |= {day for day in _changes(area, facts) if day > first_day}
            worst, bringing = 0, frozenset[int]()
            for day in sorted(days):
                there = frozenset[int]().union(*_present(area, day, facts).values())
                new = {
                    item.case: facts.cases[item.case].party.keys - there for item in items if item.stay.start_day <= day
                }
                persons = frozenset[int]().union(*new.values())
                excess = len(there) + len(persons) - _cap(area, facts) if persons else 0
                if excess > worst:
                    worst, bringing = excess, frozenset(case for case, own in new.items() if own)
            if worst:
                parties = tuple(("case", case) for case in sorted(bringing))
                yield Violation(self.name, _FULL[area[0]], worst, parties)

    def live_violations(self, facts: Facts) -> Iterator[Violation]:
        """Each locality and zone above its cap, today or when somebody arrives."""
        now = [there for there in facts.presences if there.end_day > facts.today]
        for area in sorted({area for there in now for area in _areas(there.place, facts)}):
            days = {facts.today, *(day for day in _changes(area, facts) if day > facts.today)}
            worst, crowd = 0, tuple[int, ...]()
            for day in sorted(days):
                present = _present(area, day, facts)
                excess = len(frozenset[int]().union(*present.values())) - _cap(area, facts)
                if excess > worst:
                    worst, crowd = excess, tuple(present)
            if worst:
                parties = tuple(("presence", number) for number in crowd)
                yield self.live_breach(_FULL[area[0]], worst, parties)


def _areas(place: int, facts: Facts) -> tuple[_Area, _Area]:
    """What a place counts in."""
    return ("locality", int(facts.places.root[place])), ("zone", int(facts.places.kommun[place]))


def _cap(area: _Area, facts: Facts) -> int:
    policy = facts.policy
    return policy.most_persons_per_locality if area[0] == "locality" else policy.most_persons_per_zone


def _there(area: _Area, facts: Facts) -> Sequence[tuple[int, Presence]]:
    """Whoever is present in an area on any day, with the number of the presence; worked out once for every area."""
    by_area = facts.remember((ConcentrationCap.name, "there"), lambda: _who_by_area(facts))
    return by_area.get(area, ())


def _who_by_area(facts: Facts) -> Mapping[_Area, Sequence[tuple[int, Presence]]]:
    found: dict[_Area, list[tuple[int, Presence]]] = defaultdict(list)
    for number, there in enumerate(facts.presences):
        for area in _areas(there.place, facts):
            found[area].append((number, there))
    return dict(found)


def _present(area: _Area, day: int, facts: Facts) -> dict[int, frozenset[int]]:
    """Persons present in an area on a day, by number of the presence."""
    return {number: there.party.keys for number, there in _there(area, facts) if there.start_day <= day < there.end_day}


def _changes(area: _Area, facts: Facts) -> frozenset[int]:
    """Days on which somebody comes to an area or is counted there no longer."""
    return frozenset(day for _, one in _there(area, facts) for day in (one.start_day, one.end_day) if day < FOREVER)


def _spans(area: _Area, facts: Facts) -> tuple[_Span, ...]:
    """All days, cut where somebody comes or goes, with who is present; worked out once for every area."""
    by_area = facts.remember((ConcentrationCap.name, "spans"), lambda: _spans_by_area(facts))
    return by_area.get(area, ((0, FOREVER, frozenset()),))


def _spans_by_area(facts: Facts) -> Mapping[_Area, tuple[_Span, ...]]:
    stays: dict[_Area, list[_Span]] = defaultdict(list)
    for there in facts.presences:
        for area in _areas(there.place, facts):
            stays[area].append((there.start_day, min(there.end_day, FOREVER), there.party.keys))
    return {area: _cut(its) for area, its in stays.items()}


def _cut(stays: Sequence[_Span]) -> tuple[_Span, ...]:
    days = sorted({0, FOREVER, *(day for start_day, end_day, _ in stays for day in (start_day, end_day))})
    return tuple(
        (
            first,
            last,
            frozenset[int]().union(*(keys for start_day, end_day, keys in stays if start_day <= first < end_day)),
        )
        for first, last in pairwise(days)
    )


def _crowded(keys: frozenset[int], area: _Area, facts: Facts) -> tuple[tuple[int, int], ...]:
    """Ends of the spans on which a household would be too many in an area, and by how many persons."""
    return facts.remember((ConcentrationCap.name, "crowded", keys, area), lambda: tuple(_excesses(keys, area, facts)))


def _excesses(keys: frozenset[int], area: _Area, facts: Facts) -> Iterator[tuple[int, int]]:
    for _, end_day, there in _spans(area, facts):
        excess = len(there | keys) - _cap(area, facts)
        if excess > 0 and not keys <= there:
            yield end_day, excess


def _crowded_until(keys: frozenset[int], facts: Facts) -> IntArray:
    """(n,) by facility, the day from which its locality and its zone have room for a household; 0: they always have.

    In areas where none of the household is present only its size counts: that is worked out once a size.
    """
    own = frozenset[_Area]().union(*(_areas_with(facts).get(key, ()) for key in keys))
    areas = facts.remember(
        (ConcentrationCap.name, "areas"), lambda: [_areas(facility.place, facts) for facility in facts.facilities]
    )
    strangers = facts.remember(
        (ConcentrationCap.name, "until", len(keys)),
        lambda: fixed(_by_facility(max(_full_until(len(keys), area, facts) for area in both) for both in areas)),
    )

    def made() -> IntArray:
        until = strangers.copy()
        for number, both in enumerate(areas):
            if not own.isdisjoint(both):
                until[number] = max(end_day for area in both for end_day, _ in ((0, 0), *_crowded(keys, area, facts)))
        return fixed(until)

    return facts.remember((ConcentrationCap.name, "until", keys), made) if own else strangers


def _by_facility(told: Iterable[int]) -> IntArray:
    return np.fromiter(told, dtype=np.int64)


def _full_until(persons: int, area: _Area, facts: Facts) -> int:
    """Day from which an area has room for so many strangers."""
    room = _cap(area, facts) - persons
    return max((end_day for _, end_day, there in _spans(area, facts) if persons and len(there) > room), default=0)


def _areas_with(facts: Facts) -> Mapping[int, frozenset[_Area]]:
    """By person, every area the person is ever present in; worked out once."""

    def made() -> Mapping[int, frozenset[_Area]]:
        found: dict[int, set[_Area]] = defaultdict(set)
        for there in facts.presences:
            for key in there.party.keys:
                found[key].update(_areas(there.place, facts))
        return {key: frozenset(areas) for key, areas in found.items()}

    return facts.remember((ConcentrationCap.name, "areas with"), made)


def _by_area(told: CandidateColumns, order: IntArray, facts: Facts) -> Iterator[tuple[_Area, IntArray]]:
    """Candidates of each locality, then of each zone, by number of the area and in the order given."""
    places = facility_places(facts)
    for kind, number_of in (("locality", facts.places.root), ("zone", facts.places.kommun)):
        areas = number_of[places[told.facility[order]]]
        together = np.argsort(areas, kind="stable")
        numbers, firsts = np.unique(areas[together], return_index=True)
        parts = np.split(order[together], firsts[1:])
        # Without candidates there is one empty part and no area.
        yield from (((kind, int(number)), part) for number, part in zip(numbers, parts, strict=False))


def _brought(sizes: IntArray, there: frozenset[int], facts: Facts) -> IntArray:
    """(cases,) how many persons each case brings beside those who are there."""
    cases_of = facts.remember((ConcentrationCap.name, "cases of"), lambda: _cases_of_persons(facts))
    known = [case for key in there for case in cases_of.get(key, ())]
    if not known:
        return sizes
    brought = sizes.copy()
    np.subtract.at(brought, known, 1)
    return brought


def _cases_of_persons(facts: Facts) -> Mapping[int, Sequence[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for number, case in enumerate(facts.cases):
        for key in case.party.keys:
            found[key].append(number)
    return found


def _with_linked(
    clauses: Clauses, coming: IntArray, told: CandidateColumns, literals: dict[tuple[tuple[int, ...], ...], int]
) -> IntArray:
    """Terms of a row, one a candidate in order of case and leg: of linked stays a literal, so that both count once.

    It stands where the first of their candidates does; the others have no term.
    """
    terms = coming.copy()
    cases, legs = told.case[coming], told.leg[coming]
    linked = (cases[1:] == cases[:-1]) & (legs[1:] != legs[:-1])
    for case in np.unique(cases[1:][linked]).tolist():
        first, last = np.searchsorted(cases, (case, case + 1)).tolist()
        cuts = np.flatnonzero(legs[first + 1 : last] != legs[first : last - 1]) + 1
        groups = tuple(tuple(part.tolist()) for part in np.split(coming[first:last], cuts))
        if groups not in literals:
            literals[groups] = clauses.any_of(groups)
        terms[first:last] = _NO_TERM
        terms[first] = literals[groups]
    return terms
