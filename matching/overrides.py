"""The ways that break the fewest rules, for a case without a safe place: for the coordinator, and in no automatic plan.

None of them is a safe placement. What nobody could do (no bed, another start) and what nobody may do (the law, the
gate) is no option at all: `NEVER` names those rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Final, Literal, NamedTuple, get_args

from matching.candidates import stay_of
from matching.constraints.base import Constraint
from matching.constraints.meeting import MeetingRule
from matching.encounters import planned, without_own
from matching.facts import Case, Facts, Party, Presence, Stay
from matching.hostility import are_apart, feuds_between, shares_a_hostile_day
from matching.plans import Objection
from matching.refusals import Refusals
from matching.steps import is_threat

__all__ = ["NEVER", "AgeIs", "Breach", "Nearness", "Override", "least_violating"]

NEVER: Final = frozenset({"eligibility_gate", "legal_form", "place_capacity", "start_in_time"})
"""Rules that no two persons can override: nobody sleeps in a bed that is not there, and the law and the gate hold."""

AgeIs = Literal["exact", "at_most", "perhaps_more"]
Nearness = Literal["farther", "neighbouring_locality", "same_locality", "same_facility"]
"""Where the nearest household in the way is, seen from the facility; the last is the worst."""

_NEARNESS: Final[tuple[Nearness, ...]] = get_args(Nearness)

_RIVALS: Final = "rival_separation"
_LINKED: Final = "household_together"
_TOO_NEAR: Final = "linked_too_near"
_OF_HOUSEHOLDS: Final = ("actor_is_placed", "former_network_separation", _LINKED, _RIVALS)
"""An objection of these names one household in the way: for an override all of them count."""

_FROM_ASSESSMENT: Final = frozenset({"forbidden_locality", "protection_level", "threat_reach"})
_FROM_RELATIONS: Final = frozenset({_RIVALS})


@dataclass(frozen=True)
class Breach:
    """One rule an option breaks.

    Parameters
    ----------
    rule, objection : which, and why and by how much; of linked stays all reasons and the most
    is_threat : the rule stands between the household and a threat
    age_days : of the evidence behind it, days; none: the facts do not know
    age_is : whether it is just that, at most that, or perhaps more
    nearness, nearest_m : where the nearest household is that should be farther away, and its distance, m rounded
        down; none: the rule is about something else
    """

    rule: str
    objection: Objection
    is_threat: bool
    age_days: int | None
    age_is: AgeIs
    nearness: Nearness | None = None
    nearest_m: int | None = None


@dataclass(frozen=True)
class Override:
    """A stay for each leg, and every rule it breaks: threats last. Not a safe placement."""

    stays: tuple[Stay, ...]
    breaches: tuple[Breach, ...]

    @property
    def facility(self) -> int:
        """Of the last leg."""
        return self.stays[-1].facility


class _Met(NamedTuple):
    """Somebody present whom a stay may not meet."""

    presence: int
    reason: str
    nearness: int
    gap_m: int


class _Broken(NamedTuple):
    """What ways break, as sets: those of several legs together are the union."""

    rules: frozenset[str]
    threats: frozenset[str]

    def with_(self, other: _Broken) -> _Broken:
        return _Broken(self.rules | other.rules, self.threats | other.threats)

    @property
    def weight(self) -> tuple[int, int]:
        return len(self.threats), len(self.rules)


class _Extent(NamedTuple):
    """By how much: the nearest household in the way, who is in it by rule (bits), and each other rule's amount."""

    nearness: int
    households: tuple[int, ...]
    amounts: tuple[int, ...]

    def with_(self, other: _Extent) -> _Extent:
        return _Extent(
            max(self.nearness, other.nearness),
            tuple(a | b for a, b in zip(self.households, other.households, strict=True)),
            tuple(max(a, b) for a, b in zip(self.amounts, other.amounts, strict=True)),
        )

    @property
    def weight(self) -> tuple[int, ...]:
        """Nearness, then counts one after another: those of different units are never added."""
        return self.nearness, *(one.bit_count() for one in self.households), *self.amounts


_Combination = tuple[int, tuple[_Broken, ...]]
"""A start, and for each leg but the last what its way breaks."""


def least_violating(found: Refusals, facts: Facts, rules: Sequence[Constraint], most: int = 5) -> tuple[Override, ...]:
    """The options with the fewest and least breaches, of each facility its best start.

    Parameters
    ----------
    found : from `matching.refusals.refusals`
    facts, rules : the same
    most : options

    Returns
    -------
    in order: fewest threats, then fewest rules, of all legs together; then the farther the nearest household in the
    way, then the least amounts, rule by rule, then the earliest start; none when the rules leave the case something,
    since nothing is to be overridden then
    """
    if not found.is_shut:
        return ()
    ways = _Ways(found, facts, rules)
    ranked = sorted((weight, facility) for facility, (weight, _) in ways.fewest.items())
    enough = ranked[min(most, len(ranked)) - 1][0] if ranked and most else (-1, -1)
    chosen = [(weight, *ways.least(facility)) for weight, facility in ranked if weight <= enough]
    return tuple(ways.option(day, facilities) for _, _, day, _, facilities in sorted(chosen)[:most])


class _Ways:
    """The ways of one case that may be overridden, and what each breaks."""

    def __init__(self, found: Refusals, facts: Facts, rules: Sequence[Constraint]) -> None:
        self.case: Case = facts.cases[found.case]
        self.facts = facts
        self.found = found
        self.others = {
            rule.name: tuple(_concerned(rule, self.case.party, facts)) for rule in rules if rule.name in _OF_HOUSEHOLDS
        }
        self.rules = {rule.name: rule for rule in rules}
        self.names = sorted({name for own in found.by_option.values() for name in own} - {*_OF_HOUSEHOLDS, *NEVER})
        self.by_broken: dict[tuple[int, int], dict[_Broken, list[int]]] = defaultdict(lambda: defaultdict(list))
        for (leg, facility, day), objections in found.by_option.items():
            if NEVER.isdisjoint(objections):
                self.by_broken[leg, day][self._broken(leg, facility, day)].append(facility)
        self._extents: dict[tuple[int, int, int], _Extent] = {}
        self._alike: dict[tuple[int, int, _Broken], dict[_Extent, frozenset[int]]] = {}
        self.fewest = self._fewest()

    def _fewest(self) -> dict[int, tuple[tuple[int, int], list[_Combination]]]:
        """Of each facility of the last leg the fewest threats and rules, and all that reach them."""
        best: dict[int, tuple[tuple[int, int], list[_Combination]]] = {}
        last = self.found.legs - 1
        for day in self.found.days:
            before = list(product(*(self.by_broken[leg, day] for leg in range(last))))
            for own, facilities in self.by_broken[last, day].items() if before else ():
                weights = [reduce(_Broken.with_, legs, own).weight for legs in before]
                least = min(weights)
                ways = [(day, legs) for legs, weight in zip(before, weights, strict=True) if weight == least]
                for facility in facilities:
                    known = best.get(facility)
                    if known is None or least < known[0]:
                        best[facility] = least, list(ways)
                    elif least == known[0]:
                        known[1].extend(ways)
        return best

    def least(self, facility: int) -> tuple[tuple[int, ...], int, int, tuple[int, ...]]:
        """Of those with the fewest the least: how much, the start, moves between facilities, and a facility a leg."""
        last = self.found.legs - 1
        options = []
        for day, legs in self.fewest[facility][1]:
            own = self.extent(last, facility, day)
            for picked in product(*(self._extents_of(leg, day, broken).items() for leg, broken in enumerate(legs))):
                weight = reduce(_Extent.with_, (extent for extent, _ in picked), own).weight
                way = (*(facility if facility in alike else min(alike) for _, alike in picked), facility)
                options.append((weight, day, sum(one != facility for one in way), way))
        return min(options)

    def _extents_of(self, leg: int, day: int, broken: _Broken) -> dict[_Extent, frozenset[int]]:
        """Facilities of a leg that break the same, by how much."""
        if (leg, day, broken) not in self._alike:
            told: dict[_Extent, set[int]] = defaultdict(set)
            for facility in self.by_broken[leg, day][broken]:
                told[self.extent(leg, facility, day)].add(facility)
            self._alike[leg, day, broken] = {extent: frozenset(alike) for extent, alike in told.items()}
        return self._alike[leg, day, broken]

    def _broken(self, leg: int, facility: int, day: int) -> _Broken:
        objections = self.found.by_option[leg, facility, day]
        threats = frozenset(name for name, own in objections.items() if is_threat(name, own.reason))
        if _LINKED in objections and any(one.reason == _TOO_NEAR for one in self.met(_LINKED, leg, facility, day)):
            threats |= {_LINKED}  # an objection tells one reason, of one household
        return _Broken(frozenset(objections), threats)

    def extent(self, leg: int, facility: int, day: int) -> _Extent:
        """By how much a way breaks what it breaks."""
        key = leg, facility, day
        if key not in self._extents:
            objections = self.found.by_option[key]
            met = {name: list(self.met(name, *key)) for name in _OF_HOUSEHOLDS if name in objections}
            near = [one.nearness for found in met.values() for one in found if one.nearness >= 0]
            households = tuple(_bits(met.get(name, ())) for name in _OF_HOUSEHOLDS)
            amounts = tuple(objections[name].amount if name in objections else 0 for name in self.names)
            self._extents[key] = _Extent(max(near, default=-1), households, amounts)
        return self._extents[key]

    def met(self, name: str, leg: int, facility: int, day: int) -> Iterator[_Met]:
        """Everybody present whom a way may not meet by a rule; `nearness` -1 where it is no matter of too near."""
        rule = self.rules[name]
        coming = planned(self.case, stay_of(self.case.legs[leg], facility, day), self.facts)
        for number, there in self.others[name]:
            for reason in _reasons(rule, coming, there, self.facts):
                nearness = -1 if name == _LINKED and reason != _TOO_NEAR else _nearness(coming, there, self.facts)
                yield _Met(number, reason, nearness, int(self.facts.places.gap_m[coming.place, there.place]))

    def option(self, day: int, facilities: Sequence[int]) -> Override:
        """The stays in these facilities, with every rule they break."""
        stays = tuple(stay_of(leg, at, day) for leg, at in zip(self.case.legs, facilities, strict=True))
        keys = [(leg, at, day) for leg, at in enumerate(facilities)]
        names = {name: None for key in keys for name in self.found.by_option[key]}
        breaches = [self._breach(name, [key for key in keys if name in self.found.by_option[key]]) for name in names]
        return Override(stays, tuple(sorted(breaches, key=lambda one: (one.is_threat, one.rule))))

    def _breach(self, name: str, keys: Sequence[tuple[int, int, int]]) -> Breach:
        objections = [self.found.by_option[key][name] for key in keys]
        met = [one for key in keys for one in self.met(name, *key)] if name in _OF_HOUSEHOLDS else []
        told_reasons = [*(one.reason for one in objections), *(one.reason for one in met)]
        reasons = dict.fromkeys(code for reason in told_reasons for code in reason.split())
        worst = max(objections, key=lambda one: one.amount)
        amount = _bits(met).bit_count() or worst.amount
        told = replace(worst, reason=" ".join(reasons), amount=amount)
        near = max((one for one in met if one.nearness >= 0), key=lambda one: (one.nearness, -one.gap_m), default=None)
        age_days, age_is = _age(name, self.case, self.facts)
        return Breach(
            name,
            told,
            is_threat(name, told.reason),
            age_days,
            age_is,
            None if near is None else _NEARNESS[near.nearness],
            None if near is None else min(one.gap_m for one in met if one.nearness >= 0),
        )


def _bits(met: Sequence[_Met]) -> int:
    """Households as bits of one number, each once."""
    return reduce(lambda bits, one: bits | 1 << one.presence, met, 0)


def _concerned(rule: Constraint, coming: Party, facts: Facts) -> Iterator[tuple[int, Presence]]:
    """Whoever is present and may be in the way by a rule, beside the household itself."""
    arrival = Presence(0, 0, 0, coming)
    for number, present in enumerate(facts.presences):
        there = without_own(arrival, present)
        if there is None:
            continue
        if rule.name == _RIVALS:
            concerns = bool(feuds_between(coming, there.party, facts))
        else:
            concerns = isinstance(rule, MeetingRule) and rule.concerns(coming, there.party, facts)
        if concerns:
            yield number, there


def _reasons(rule: Constraint, coming: Presence, there: Presence, facts: Facts) -> Iterator[str]:
    """Why the two may not meet by a rule; every reason of it that is about a threat, and another if there is none."""
    if rule.name == _RIVALS:
        if any(
            shares_a_hostile_day(coming.start_day, coming.end_day, there.start_day, there.end_day, feud)
            and not are_apart(coming.place, there.place, feud.limit_m, feud.limit_min, facts)
            for feud in feuds_between(coming.party, there.party, facts)
        ):
            yield "rival_present"
    elif isinstance(rule, MeetingRule):
        found = rule.meeting(coming, there, facts)
        if found is None:
            return
        yield found.reason
        if rule.name == _LINKED and found.reason != _TOO_NEAR:  # it tells one reason: ask for the other alone
            apart = rule.meeting(_kept_apart(coming), _kept_apart(there), facts)
            if apart is not None:
                yield apart.reason


def _kept_apart(one: Presence) -> Presence:
    """The presence with those links alone that keep persons apart."""
    links = tuple(link for link in one.party.links if link.kind == "more_than")
    return replace(one, party=replace(one.party, links=links))


def _nearness(coming: Presence, there: Presence, facts: Facts) -> int:
    """Number in `_NEARNESS`."""
    if coming.facility == there.facility:
        return 3
    if facts.places.same_locality(coming.place, there.place):
        return 2
    return int(facts.places.are_neighbouring(coming.place, there.place, facts.policy))


def _age(rule: str, case: Case, facts: Facts) -> tuple[int | None, AgeIs]:
    """How old the evidence is on which a rule objects."""
    if rule in _FROM_ASSESSMENT and case.assessment is not None:
        return max(0, facts.today - case.assessment.valid_from_day), "exact"
    if rule in _FROM_RELATIONS and case.party.networks:
        is_stale = not case.party.networks.isdisjoint(facts.stale_networks)
        return facts.policy.confirmation_age_days, "perhaps_more" if is_stale else "at_most"
    return None, "exact"
