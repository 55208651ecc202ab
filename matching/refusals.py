"""What refuses one case alone: every facility on every day of its window, asked of every hard rule, once.

This is the witness of "no safe place": it takes no search on trust, and not only candidate starts are tried.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from matching.candidates import stay_of
from matching.constraints import hard
from matching.constraints.base import Constraint
from matching.facts import Facts
from matching.plans import Objection

__all__ = ["TOGETHER", "Refusals", "Witness", "exclusion_counts", "exclusions", "refusals", "single_document"]

TOGETHER: Final = "together"
"""Marks a facility that only several rules exclude, on different days; no rule's own reason."""


@dataclass(frozen=True)
class Witness:
    """One rule that refuses one facility to one leg, on these first days, with the numbers it gives."""

    leg: int
    facility: int
    rule: str
    objection: Objection
    days: tuple[int, ...]


@dataclass(frozen=True)
class Refusals:
    """Every way to serve one case alone, on every day of its window, and the rules that refuse it.

    `by_option` maps (leg, facility, first day) to the objections, by name of the rule.
    """

    case: int
    legs: int
    by_option: Mapping[tuple[int, int, int], Mapping[str, Objection]]

    @cached_property
    def days(self) -> tuple[int, ...]:
        """First days of the window."""
        return tuple(sorted({day for _, _, day in self.by_option}))

    def without(self, rule: str) -> Refusals:
        """The same as if a rule were not in the book."""
        found = {
            option: {name: objection for name, objection in objections.items() if name != rule}
            for option, objections in self.by_option.items()
        }
        return Refusals(self.case, self.legs, found)

    def refuses_everything(self, rule: str) -> bool:
        """Whether a rule alone objects to every option there is."""
        return bool(self.by_option) and all(rule in objections for objections in self.by_option.values())

    def of_rule(self, rule: str) -> Mapping[int, tuple[Objection, ...]]:
        """All that a rule objects with, by facility."""
        found: dict[int, list[Objection]] = defaultdict(list)
        for (_, facility, _), objections in self.by_option.items():
            if rule in objections:
                found[facility].append(objections[rule])
        return {facility: tuple(objections) for facility, objections in found.items()}

    def open_facilities(self, refusing: Iterable[str]) -> frozenset[int]:
        """Facilities of the last leg that a set of rules leaves open; no solver takes part."""
        rules = frozenset(refusing)
        free: dict[tuple[int, int], set[int]] = defaultdict(set)
        for (leg, facility, day), objections in self.by_option.items():
            if rules.isdisjoint(objections):
                free[leg, day].add(facility)
        days = {day for _, day in free}
        whole = [day for day in days if all(free.get((leg, day)) for leg in range(self.legs))]
        return frozenset().union(*(free[self.legs - 1, day] for day in whole))

    @cached_property
    def is_shut(self) -> bool:
        """Whether the rules leave the case alone nothing."""
        return not self.open_facilities(name for own in self.by_option.values() for name in own)

    def witnesses(self) -> tuple[Witness, ...]:
        """Why the case alone has nothing: of each start one leg, and for each facility a rule that refuses it then.

        Returns
        -------
        in order of leg, facility and day; none when something is left
        """
        if not self.is_shut:
            return ()
        facilities = sorted({facility for _, facility, _ in self.by_option})
        days: dict[int, list[int]] = defaultdict(list)
        for day in self.days:
            legs = (leg for leg in range(self.legs) if all(self.by_option[leg, place, day] for place in facilities))
            days[next(legs)].append(day)
        return tuple(
            one for leg, own in sorted(days.items()) for place in facilities for one in self._at(leg, place, own)
        )

    def _at(self, leg: int, facility: int, days: Sequence[int]) -> Iterator[Witness]:
        left = list(days)
        while left:
            told = [self.by_option[leg, facility, day] for day in left]
            many = Counter(name for own in told for name in own)
            rule = min(many, key=lambda name: (-many[name], name))
            by_objection: dict[Objection, list[int]] = defaultdict(list)
            for day, own in zip(left, told, strict=True):
                if rule in own:
                    by_objection[own[rule]].append(day)
            for objection, covered in by_objection.items():
                yield Witness(leg, facility, rule, objection, tuple(covered))
            left = [day for day, own in zip(left, told, strict=True) if rule not in own]

    def deciding(self) -> tuple[int, tuple[int, ...]]:
        """Of linked stays the first that has no facility on any day, else the last; and the days that count for it.

        Those are the days on which each leg before has a facility.
        """
        days = self.days
        for leg in range(self.legs - 1):
            free = {day for (own, _, day), told in self.by_option.items() if own == leg and not told and day in days}
            if not free:
                return leg, days
            days = tuple(sorted(free))
        return self.legs - 1, days

    def exclusions(self) -> dict[int, dict[str, Objection]]:
        """For each facility the case cannot have at any start: every rule that objects at all of them.

        A facility no single rule excludes at every start but all do together carries the rules of its last day,
        marked `TOGETHER`. Of linked stays one is told: `deciding`.

        Returns
        -------
        facility -> rule name -> an objection; facilities that remain are not in it
        """
        leg, days = self.deciding()
        found: dict[int, dict[str, Objection]] = {}
        for facility in sorted({facility for _, facility, _ in self.by_option}):
            told = [self.by_option[leg, facility, day] for day in days]
            if all(told):
                names = frozenset(told[0]).intersection(*told[1:])
                always = {name: objection for name, objection in told[0].items() if name in names}
                found[facility] = always or {name: Objection(TOGETHER) for name in sorted(told[-1])}
        return found


def refusals(facts: Facts, case: int, rules: Sequence[Constraint]) -> Refusals:
    """What every hard rule says of every facility on every day of the window, given all that is fixed."""
    told = facts.cases[case]
    window = range(told.earliest_day, told.latest_day + 1) or range(told.earliest_day, told.earliest_day + 1)
    count = len(facts.facilities)
    found: dict[tuple[int, int, int], dict[str, Objection]] = {}
    for number, leg in enumerate(told.legs):
        always: list[dict[str, Objection]] = [{} for _ in range(count)]
        for day in window:
            start_day = day + leg.offset_days
            own = [dict(objections) for objections in always]
            for rule in hard(rules):
                if day > window.start and not rule.is_dated:
                    continue  # only a dated rule can change its mind
                mask = rule.refused(told, start_day, start_day + leg.nights, facts) if count else None
                for facility in range(count) if mask is None else mask.nonzero()[0].tolist():
                    objection = rule.objection(told, stay_of(leg, facility, day), facts)
                    if objection is not None:
                        own[facility][rule.name] = objection
                        if not rule.is_dated:
                            always[facility][rule.name] = objection
            found |= {(number, facility, day): objections for facility, objections in enumerate(own)}
    return Refusals(case, len(told.legs), found)


def single_document(found: Refusals, facts: Facts, scenario_sha256: str) -> dict[str, Any] | None:
    """The witnesses as a JSON tree, for a checker that knows the scenario and nothing else; none: something is left.

    Parameters
    ----------
    found, facts : of one case
    scenario_sha256 : of the scenario document
    """
    if not found.is_shut:
        return None
    return {
        "kind": "single",
        "scenario_sha256": scenario_sha256,
        "case": facts.names.cases[found.case],
        "refusals": [
            {
                "leg": one.leg,
                "facility": facts.names.facilities[one.facility],
                "rule": one.rule,
                "reason": one.objection.reason,
                "amount": one.objection.amount,
                "values": dict(one.objection.values),
                "first_days": [[_iso(first), _iso(last)] for first, last in _spans(one.days)],
            }
            for one in found.witnesses()
        ],
    }


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _spans(days: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Days as spans, both ends included."""
    starts = [days[0], *(after for before, after in pairwise(days) if after > before + 1)]
    ends = [*(before for before, after in pairwise(days) if after > before + 1), days[-1]]
    return zip(starts, ends, strict=True)


def exclusions(facts: Facts, case: int, rules: Sequence[Constraint]) -> dict[int, dict[str, Objection]]:
    """Why each facility is excluded for a case: see `Refusals.exclusions`."""
    return refusals(facts, case, rules).exclusions()


def exclusion_counts(
    excluded: Mapping[int, Mapping[str, Objection]], rules: Sequence[Constraint]
) -> tuple[dict[str, int], dict[str, int], int]:
    """How many facilities each hard rule excludes, how many it alone excludes, how many only several together."""
    names = [rule.name for rule in hard(rules)]
    jointly = [found for found in excluded.values() if any(o.reason == TOGETHER for o in found.values())]
    single = [found for found in excluded.values() if found not in jointly]
    by = {name: sum(1 for found in single if name in found) for name in names}
    alone = {name: sum(1 for found in single if set(found) == {name}) for name in names}
    return by, alone, len(jointly)
