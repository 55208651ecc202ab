"""`MeetingRule`: a hard rule about two households, at two stays or at a stay and somebody present."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Hashable, Iterator
from itertools import combinations
from typing import Any, ClassVar, Final, final

from matching.constraints.base import Constraint, Level, Scope
from matching.constraints.clauses import Clauses
from matching.encounters import live_pairs, planned, without_own
from matching.facts import FOREVER, Case, Facts, Party, Presence, Stay
from matching.plans import Candidates, Objection, Plan, Violation

__all__ = ["MeetingRule"]

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


class MeetingRule(Constraint):
    """Write `concerns` and `meeting`; filter, clauses, check and live breaches follow.

    `meeting` is asked with two presences in either order and must answer the same; two that may not be
    there on some days may not on more. Planned stays are present without end, as everywhere. Members of
    the household that comes are taken out of the other before anything is asked. `is_timeless`: between
    two planned stays only the facilities matter, which keeps the clauses few.
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
        """Days on which an objection between a coming household and somebody present may end."""
        yield b.end_day

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
    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When somebody in the way there has left, or the rule ends between waiting households."""
        # Every stay a leg may have lies inside this one: who is not in its way is in the way of none.
        longest = planned(case, Stay(facility, case.earliest_day, FOREVER), facts)
        for there in self._present(longest, facts):
            if self.meeting(longest, there, facts) is not None:
                yield from (day for day in self.ends(longest, there, facts) if day < FOREVER)
        for other in self._waiting(case.party, facts):
            there = planned(other, Stay(facility, other.earliest_day, FOREVER), facts)
            yield from (day for day in self.ends(longest, there, facts) if day < FOREVER)

    def _present(self, coming: Presence, facts: Facts) -> tuple[Presence, ...]:
        """Who is present, beside the household itself, and can be in its way; worked out once."""
        others = (without_own(coming, there) for there in facts.presences)
        return facts.remember(
            (self.name, "present", coming.party),
            lambda: tuple(
                there for there in others if there is not None and self.concerns(coming.party, there.party, facts)
            ),
        )

    def _waiting(self, party: Party, facts: Facts) -> tuple[Case, ...]:
        """The other waiting cases that can be in the way of a household; worked out once."""
        return facts.remember(
            (self.name, "waiting", party),
            lambda: tuple(
                other
                for other in facts.cases
                if party.keys.isdisjoint(other.party.keys) and self.concerns(party, other.party, facts)
            ),
        )

    @final
    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Forbid what is objected to, and for each two concerned cases what may not be chosen together."""
        self._forbid_refused(clauses, candidates, facts)
        by_leg: dict[tuple[int, int], _Groups] = defaultdict(dict)
        for number, candidate in enumerate(candidates.items):
            key: Hashable = candidate.stay.facility if self.is_timeless else candidate.stay
            groups = by_leg[candidate.case, candidate.leg]
            groups.setdefault(key, (candidate.stay, []))[1].append(number)
        for (a, leg_a), (b, leg_b) in combinations(sorted(by_leg), 2):
            if a != b and self.concerns(facts.cases[a].party, facts.cases[b].party, facts):
                self._exclude(clauses, facts, a, by_leg[a, leg_a], b, by_leg[b, leg_b])

    def _exclude(self, clauses: Clauses, facts: Facts, a: int, own: _Groups, b: int, others: _Groups) -> None:
        """Clauses between two legs: groups with the same excluded others share one."""
        alike: dict[tuple[Hashable, ...], list[int]] = defaultdict(list)
        there = {key: planned(facts.cases[b], stay, facts) for key, (stay, _) in others.items()}
        for stay, numbers in own.values():
            one = planned(facts.cases[a], stay, facts)
            refused = tuple(key for key, other in there.items() if self.meeting(one, other, facts) is not None)
            if refused:
                alike[refused] += numbers
        for refused, numbers in alike.items():
            clauses.at_most_one([*numbers, *(number for key in refused for number in others[key][1])])

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
            for number, present in enumerate(facts.presences):
                there = without_own(one, present)
                if there is None or not self.concerns(one.party, there.party, facts):
                    continue
                found = self.meeting(one, there, facts)
                if found is not None:
                    parties = (("case", item.case), ("presence", number))
                    yield Violation(self.name, found.reason, found.amount, parties)

    @final
    def live_violations(self, facts: Facts) -> Iterator[Violation]:
        """Each two presences, from today on, that may not be."""
        for number, one, other, there in live_pairs(facts):
            if self.concerns(one.party, there.party, facts):
                found = self.meeting(one, there, facts)
                if found is not None:
                    parties = (("presence", number), ("presence", other))
                    yield self.live_breach(found.reason, found.amount, parties)
