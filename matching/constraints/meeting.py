"""`MeetingRule`: a hard rule about two households, at two stays or at a stay and somebody present."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations, product
from typing import Any, ClassVar, Final, NamedTuple, final

import numpy as np

from matching.columns import BoolArray, IntArray
from matching.constraints.apart import Nearness, keep_apart
from matching.constraints.base import Constraint, Level, Scope
from matching.constraints.clauses import Clauses
from matching.encounters import live_pairs, planned, without_own
from matching.facts import FOREVER, Case, Facts, Party, Presence, Stay
from matching.plans import Candidates, Objection, Plan, Violation

__all__ = ["Hindrance", "MeetingRule"]

_Groups = dict[Hashable, tuple[Stay, list[int]]]

_READ_FOR_EACH: Final = frozenset(
    {
        "Case.earliest_day",
        "Case.party",
        "Facility.place",
        "Facts.cases",
        "Facts.facilities",
        "Facts.presences",
        "Facts.today",
        "Party.keys",
        "Presence.end_day",
        "Presence.party",
        "Presence.start_day",
        "Stay.end_day",
        "Stay.facility",
        "Stay.start_day",
    }
)
"""What is read here on every such rule's behalf: each of them depends on who is present on which days."""


class Hindrance(NamedTuple):
    """Where and when a household may not be because of another: `meeting`, of all facilities at once.

    Against somebody present, `at` is (n,) by facility and the days are those of the other; between two planned
    stays it is (n, n), by facility of either, and `end_day` is when the rule ends between them. Whoever comes is
    in the way on a common day from `start_day` on and before `end_day`: `is_of_nights`, of the nights on which
    it has a bed, and otherwise from its start without end.
    """

    at: BoolArray
    start_day: int = 0
    end_day: int = FOREVER
    is_of_nights: bool = False


class _Way(NamedTuple):
    """Everybody present in the way of a household: a row each of facilities, and its days."""

    at: BoolArray
    start_day: IntArray
    end_day: IntArray
    is_of_nights: BoolArray

    def refused(self, start_day: int, end_day: int) -> BoolArray:
        """(n,) by facility, whether anybody is in the way of a stay."""
        until = np.minimum(self.end_day, np.where(self.is_of_nights, end_day, FOREVER))
        found: BoolArray = np.logical_or.reduce(self.at[np.maximum(self.start_day, start_day) < until], axis=0)
        return found


class MeetingRule(Constraint):
    """Write `concerns` and `meeting`; filter, clauses, check and live breaches follow.

    `meeting` is asked with two presences in either order and must answer the same; two that may not be
    there on some days may not on more. Planned stays are present without end, as everywhere. Members of
    the household that comes are taken out of the other before anything is asked. `is_timeless`: between
    two planned stays only the facilities matter, which keeps the clauses few.

    A rule that concerns many households writes `marks`, `present_hindrances` and `planned_hindrances` as well.
    They mean what `concerns` and `meeting` mean, of many at once; the check goes by those two alone.
    """

    level = Level.HARD
    scope = Scope.EVERYBODY
    is_timeless: ClassVar[bool] = False

    def __init_subclass__(cls, **more: Any) -> None:
        """Declare for the rule what is read on its behalf, or its dates would be forgotten."""
        super().__init_subclass__(**more)
        if "reads" in vars(cls):
            cls.reads |= _READ_FOR_EACH

    @abstractmethod
    def concerns(self, a: Party, b: Party, facts: Facts) -> bool:
        """Whether these two households can ever break the rule; cheap, the same in either order."""

    @abstractmethod
    def meeting(self, a: Presence, b: Presence, facts: Facts) -> Objection | None:
        """Why two concerned households may not be there; none: accepted."""

    def ends(self, a: Presence, b: Presence, facts: Facts) -> Iterator[int]:  # noqa: ARG002 - the default
        """Days on which an objection between a coming household and somebody present may end, wherever that is."""
        yield b.end_day

    def marks(self, party: Party, facts: Facts) -> Iterable[Hashable]:  # noqa: ARG002 - the default
        """What a household is looked up by: two that `concerns` names share a mark, a part of one has no other."""
        return ("anybody",)

    def present_hindrances(self, coming: Party, there: Presence, facts: Facts) -> Iterable[Hindrance] | None:  # noqa: ARG002 - the default
        """`meeting` of a planned household with somebody present whom it concerns; None: `meeting` is asked."""
        return None

    def planned_hindrances(self, a: Party, b: Party, facts: Facts) -> Iterable[Hindrance] | None:  # noqa: ARG002 - the default
        """`meeting` of two planned households it concerns; None: `meeting` is asked. Remember what is equal."""
        return None

    @final
    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused when somebody present is in the way."""
        coming = planned(case, stay, facts)
        for there in self._present(coming, facts):
            found = self.meeting(coming, there, facts)
            if found is not None:
                return found
        return None

    @final
    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray | None:
        """(n,) by facility, where somebody present is in the way."""
        way = self._way(case, facts)
        return None if way is None else way.refused(start_day, end_day)

    @final
    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When somebody in the way there has left, or the rule ends between waiting households."""
        # Every stay a leg may have lies inside this one: who is not in its way is in the way of none.
        longest = planned(case, Stay(facility, case.earliest_day, FOREVER), facts)
        for there in self._present(longest, facts):
            if self.meeting(longest, there, facts) is not None:
                yield from (day for day in self.ends(longest, there, facts) if day < FOREVER)
        yield from self._ends_between(case, facility, facts)

    def _ends_between(self, case: Case, facility: int, facts: Facts) -> frozenset[int]:
        """When the rule ends between a waiting household and the others; worked out once."""

        def make() -> frozenset[int]:
            longest = planned(case, Stay(facility, case.earliest_day, FOREVER), facts)
            others = (
                planned(other, Stay(facility, other.earliest_day, FOREVER), facts)
                for other in self._waiting(case.party, facts)
            )
            return frozenset(day for there in others for day in self.ends(longest, there, facts) if day < FOREVER)

        return facts.remember((type(self), "ends", case.party, case.earliest_day), make)

    @final
    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray | None:
        """(len(days), n) by day and facility, the same of all facilities at once."""
        if self._way(case, facts) is None:
            return None
        found = self._turning_everywhere(self._ends_between(case, 0, facts), days, facts)
        longest = planned(case, Stay(0, case.earliest_day, FOREVER), facts)
        for there in self._present(longest, facts):
            told = self.present_hindrances(case.party, there, facts)
            at = _way(told or (), facts).refused(longest.start_day, FOREVER)
            for day in self.ends(longest, there, facts):
                if day in days:
                    found[day - days.start] |= at
        return found

    def _marked(self, who: str, parties: Iterable[Party], facts: Facts) -> Mapping[Hashable, Sequence[int]]:
        """Numbers of households by mark; worked out once."""

        def make() -> Mapping[Hashable, Sequence[int]]:
            found: dict[Hashable, list[int]] = defaultdict(list)
            for number, party in enumerate(parties):
                for mark in frozenset(self.marks(party, facts)):
                    found[mark].append(number)
            return found

        return facts.remember((type(self), "marked", who), make)

    def _sharing_a_mark(self, party: Party, marked: Mapping[Hashable, Sequence[int]], facts: Facts) -> list[int]:
        return sorted({number for mark in self.marks(party, facts) for number in marked.get(mark, ())})

    def _present(self, coming: Presence, facts: Facts) -> tuple[Presence, ...]:
        """Who is present, beside the household itself, and can be in its way; worked out once."""

        def make() -> tuple[Presence, ...]:
            marked = self._marked("present", (there.party for there in facts.presences), facts)
            near = self._sharing_a_mark(coming.party, marked, facts)
            others = (without_own(coming, facts.presences[number]) for number in near)
            return tuple(
                there for there in others if there is not None and self.concerns(coming.party, there.party, facts)
            )

        return facts.remember((type(self), "present", coming.party), make)

    def _way(self, case: Case, facts: Facts) -> _Way | None:
        """Everybody present in the way of a case; none: the rule says so one facility at a time. Worked out once."""

        def make() -> _Way | None:
            present = self._present(planned(case, Stay(0, case.earliest_day, FOREVER), facts), facts)
            told = [self.present_hindrances(case.party, there, facts) for there in present]
            if any(one is None for one in told):
                return None
            return _way((one for some in told for one in some or ()), facts)

        return facts.remember((type(self), "way", case.party), make) if facts.facilities else None

    def _waiting(self, party: Party, facts: Facts) -> tuple[Case, ...]:
        """The other waiting cases that can be in the way of a household; worked out once."""

        def make() -> tuple[Case, ...]:
            marked = self._marked("waiting", (case.party for case in facts.cases), facts)
            return tuple(
                facts.cases[number]
                for number in self._sharing_a_mark(party, marked, facts)
                if party.keys.isdisjoint(facts.cases[number].party.keys)
                and self.concerns(party, facts.cases[number].party, facts)
            )

        return facts.remember((type(self), "waiting", party), make)

    @final
    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Forbid what is objected to, and what concerned cases may not choose together."""
        self._forbid_refused(clauses, candidates, facts)
        wholesale = _Wholesale(len(facts.cases))
        by_leg: dict[int, dict[int, _Groups]] = defaultdict(lambda: defaultdict(dict))
        for number, candidate in enumerate(candidates.items):
            key: Hashable = candidate.stay.facility if self.is_timeless else candidate.stay
            groups = by_leg[candidate.case][candidate.leg]
            groups.setdefault(key, (candidate.stay, []))[1].append(number)
        for a, b in self._concerned(sorted(by_leg), facts):
            told = self.planned_hindrances(facts.cases[a].party, facts.cases[b].party, facts)
            hindrances = None if told is None else tuple(told)
            if hindrances is not None and all(map(wholesale.takes, hindrances)):
                wholesale.add(a, b, hindrances)
                continue
            for own, others in product(by_leg[a].values(), by_leg[b].values()):
                refused = self._refused_between(a, own, b, others, hindrances, facts)
                _exclude(clauses, refused, [n for _, n in own.values()], [n for _, n in others.values()])
        count = len(facts.facilities)
        keep_apart(clauses, candidates.items, range(len(facts.cases)), range(count), wholesale.nearnesses())

    def _concerned(self, waiting: Sequence[int], facts: Facts) -> Iterator[tuple[int, int]]:
        """Every two of these cases that the rule concerns, the lower number first."""
        marked = self._marked("waiting", (case.party for case in facts.cases), facts)
        among = frozenset(waiting)
        for a in waiting:
            party = facts.cases[a].party
            for b in self._sharing_a_mark(party, marked, facts):
                if b > a and b in among and self.concerns(party, facts.cases[b].party, facts):
                    yield a, b

    def _refused_between(
        self, a: int, own: _Groups, b: int, others: _Groups, told: Sequence[Hindrance] | None, facts: Facts
    ) -> BoolArray:
        """(len(own), len(others)) which stays of two legs may not be chosen together."""
        if told is None:
            ours = [planned(facts.cases[a], stay, facts) for stay, _ in own.values()]
            theirs = [planned(facts.cases[b], stay, facts) for stay, _ in others.values()]
            asked = [[self.meeting(one, two, facts) is not None for two in theirs] for one in ours]
            return np.array(asked, dtype=np.bool_)
        (at_a, start_a, end_a), (at_b, start_b, end_b) = (
            np.array([(stay.facility, stay.start_day, stay.end_day) for stay, _ in groups.values()]).T
            for groups in (own, others)
        )
        both_from, both_until = np.maximum.outer(start_a, start_b), np.minimum.outer(end_a, end_b)
        refused = np.zeros(both_from.shape, dtype=np.bool_)
        for one in told:
            until = np.minimum(both_until, one.end_day) if one.is_of_nights else one.end_day
            refused |= one.at[np.ix_(at_a, at_b)] & (np.maximum(both_from, one.start_day) < until)
        return refused

    @final
    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """Each two planned stays, and each planned stay with somebody present, that may not be."""
        stays = [(item, planned(facts.cases[item.case], item.stay, facts)) for item in plan.placed]
        for (item, one), (other, two) in combinations(stays, 2):
            if item.case != other.case and self.concerns(one.party, two.party, facts):
                found = self.meeting(one, two, facts)
                if found is not None:
                    parties = (("case", item.case), ("case", other.case))
                    yield Violation(self.name, found.reason, found.amount, parties)
        for item, one in stays:
            for number, found in facts.remember((type(self), "met", one), partial(self._met, one, facts)):
                yield Violation(self.name, found.reason, found.amount, (("case", item.case), ("presence", number)))

    def _met(self, one: Presence, facts: Facts) -> tuple[tuple[int, Objection], ...]:
        """Everybody present whom a planned stay may not meet, and why."""
        told: list[tuple[int, Objection]] = []
        for number, present in enumerate(facts.presences):
            there = without_own(one, present)
            if there is not None and self.concerns(one.party, there.party, facts):
                found = self.meeting(one, there, facts)
                if found is not None:
                    told.append((number, found))
        return tuple(told)

    @final
    def live_violations(self, facts: Facts) -> Iterator[Violation]:
        """Each two presences, from today on, that may not be."""
        for number, one, other, there in live_pairs(facts):
            if self.concerns(one.party, there.party, facts):
                found = self.meeting(one, there, facts)
                if found is not None:
                    parties = (("presence", number), ("presence", other))
                    yield self.live_breach(found.reason, found.amount, parties)


def _way(told: Iterable[Hindrance], facts: Facts) -> _Way:
    rows = tuple(told)
    return _Way(
        np.array([one.at for one in rows], dtype=np.bool_).reshape(len(rows), len(facts.facilities)),
        np.array([one.start_day for one in rows], dtype=np.int64),
        np.array([one.end_day for one in rows], dtype=np.int64),
        np.array([one.is_of_nights for one in rows], dtype=np.bool_),
    )


class _Wholesale:
    """Pairs of cases by what keeps them apart, where cliques can say it: most pairs share theirs with many."""

    def __init__(self, cases: int) -> None:
        self.cases = cases
        self.seen: dict[int, tuple[BoolArray, bool]] = {}
        self.pairs: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)

    def takes(self, one: Hindrance) -> bool:
        """Whether it is the same in either order and, where facilities refuse two households, each one does."""
        if id(one.at) not in self.seen:  # the matrix is kept, so that no other has its number
            is_even = not (one.at != one.at.T).any() and not (one.at & ~one.at.diagonal()).any()
            self.seen[id(one.at)] = one.at, is_even
        return self.seen[id(one.at)][1] and not one.is_of_nights and one.start_day == 0

    def add(self, a: int, b: int, hindrances: Iterable[Hindrance]) -> None:
        for one in hindrances:
            self.pairs[id(one.at), one.end_day].append((a, b))

    def nearnesses(self) -> Iterator[Nearness]:
        for (at, end_day), told in self.pairs.items():
            pairs = np.zeros((self.cases, self.cases), dtype=np.bool_)
            pairs[tuple(zip(*told, strict=True))] = True
            yield Nearness(self.seen[at][0], pairs | pairs.T, end_day)


def _exclude(clauses: Clauses, refused: BoolArray, own: Sequence[list[int]], others: Sequence[list[int]]) -> None:
    """Clauses between two legs, by groups of candidates: groups with the same excluded others share one."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    for row in np.flatnonzero(refused.any(axis=1)).tolist():
        alike[refused[row].tobytes()].append(row)
    for rows in alike.values():
        numbers = [number for row in rows for number in own[row]]
        met = [number for column in np.flatnonzero(refused[rows[0]]).tolist() for number in others[column]]
        clauses.at_most_one([*numbers, *met])
