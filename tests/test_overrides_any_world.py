"""The least-violating options against every combination of ways, one by one: in any world, of linked stays too."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.candidates import stay_of
from matching.constraints import hard, rule_book
from matching.facts import FOREVER, Facts, Link, Party, Provider, Stay
from matching.overrides import NEVER, Override, least_violating
from matching.plans import Placed, Plan
from matching.refusals import Refusals, refusals
from matching.steps import is_threat
from tests.builders import ALWAYS, TODAY, case, facility, person, places, present, world
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
BOOK = rule_book()
RULES = {rule.name: rule for rule in BOOK}
OF_PEOPLE = ("actor_is_placed", "former_network_separation", "household_together", "rival_separation")
NEARNESS = ("farther", "neighbouring_locality", "same_locality", "same_facility")


def kept_apart(facts: Facts) -> Facts:
    """The same, with no links but those that keep persons apart."""

    def only(party: Party) -> Party:
        return replace(party, links=tuple(link for link in party.links if link.kind == "more_than"))

    return replace(
        facts,
        cases=tuple(replace(one, party=only(one.party)) for one in facts.cases),
        presences=tuple(replace(one, party=only(one.party)) for one in facts.presences),
    )


def in_the_way(name: str, number: int, stays: tuple[Stay, ...], facts: Facts) -> set[int]:
    """Whoever is present and in the way, as the rule tells of a plan."""
    plan = Plan(tuple(Placed(number, leg, stay, ()) for leg, stay in enumerate(stays)))
    found = RULES[name].violations(plan, facts)
    return {who for one in found for kind, who in one.parties if kind == "presence"}


def nearness(stays: tuple[Stay, ...], others: set[int], facts: Facts) -> int:
    found = [-1]
    for stay, other in product(stays, (facts.presences[number] for number in others)):
        own = facts.facilities[stay.facility].place
        in_town = facts.places.same_locality(own, other.place)
        is_near = facts.places.are_neighbouring(own, other.place, facts.policy)
        found.append(3 if other.facility == stay.facility else 2 if in_town else int(is_near))
    return max(found)


def weigh(number: int, stays: tuple[Stay, ...], facts: Facts, apart: Facts) -> tuple[Any, ...]:
    told: dict[str, list[Any]] = {}
    for stay, rule in product(stays, hard(BOOK)):
        found = rule.objection(facts.cases[number], stay, facts)
        if found is not None:
            told.setdefault(rule.name, []).append(found)
    linked = RULES["household_together"]
    too_near = any(linked.objection(apart.cases[number], stay, apart) is not None for stay in stays)
    threats = {name for name, own in told.items() if any(is_threat(name, one.reason) for one in own)}
    threats |= {"household_together"} if too_near else set()
    near = [-1]
    for name in set(OF_PEOPLE) & set(told):
        seen = apart if name == "household_together" else facts
        for stay in stays:
            near.append(nearness((stay,), in_the_way(name, number, (stay,), seen), facts))
    households = tuple(len(in_the_way(name, number, stays, facts)) if name in told else 0 for name in OF_PEOPLE)
    others = {name: max(one.amount for one in told[name]) for name in sorted(set(told) - set(OF_PEOPLE))}
    return len(threats), len(told), max(near), households, tuple(sorted(told)), others


def least(found: Refusals, facts: Facts) -> dict[int, tuple[Any, ...]]:
    """Of each last facility the least of all combinations."""
    apart = kept_apart(facts)
    legs = facts.cases[found.case].legs
    every = sorted({name for own in found.by_option.values() for name in own} - {*OF_PEOPLE, *NEVER})
    best: dict[int, tuple[Any, ...]] = {}
    for day in found.days:
        for at in product(range(len(facts.facilities)), repeat=len(legs)):
            if not all(NEVER.isdisjoint(found.by_option[leg, one, day]) for leg, one in enumerate(at)):
                continue
            stays = tuple(stay_of(leg, one, day) for leg, one in zip(legs, at, strict=True))
            key = keyed(weigh(found.case, stays, facts, apart), every)
            best[at[-1]] = min(best.get(at[-1], (*key, day)), (*key, day))
    return best


def keyed(told: tuple[Any, ...], every: list[str]) -> tuple[Any, ...]:
    *first, _, amounts = told
    return (*first, tuple(amounts.get(name, 0) for name in every))


def verify(facts: Facts, number: int) -> tuple[Override, ...]:
    """That the options are the least of all, in order, and say what they break."""
    found = refusals(facts, number, BOOK)
    shown = least_violating(found, facts, BOOK, most=99)
    if not found.is_shut:
        assert not shown
        return ()
    every = sorted({name for own in found.by_option.values() for name in own} - {*OF_PEOPLE, *NEVER})
    apart = kept_apart(facts)
    best = least(found, facts)
    told = [(weigh(number, one.stays, facts, apart), one) for one in shown]
    keys = [
        (*keyed(weight, every), one.stays[0].start_day - facts.cases[number].legs[0].offset_days)
        for weight, one in told
    ]
    assert keys == sorted(best.values())
    assert {one.facility: key for (_, one), key in zip(told, keys, strict=True)} == best
    for (threats, rules, near, households, names, amounts), option in told:
        assert [one.rule for one in option.breaches] == sorted(
            names, key=lambda name: ({one.rule: one.is_threat for one in option.breaches}[name], name)
        )
        assert (sum(one.is_threat for one in option.breaches), len(option.breaches)) == (threats, rules)
        assert NEVER.isdisjoint(names)
        counted = dict(zip(OF_PEOPLE, households, strict=True)) | amounts
        assert {one.rule: one.objection.amount for one in option.breaches} == {name: counted[name] for name in names}
        assert max((NEARNESS.index(one.nearness) for one in option.breaches if one.nearness), default=-1) == near
    few = least_violating(found, facts, BOOK, most=2)
    assert few == shown[:2]
    return shown


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(drawn=scenarios())
def test_an_option_breaks_just_what_it_says_and_no_better_one_exists(drawn: tuple[Raw, Land]) -> None:
    facts = facts_of(*drawn)
    for number in range(len(facts.cases)):
        verify(facts, number)


LAND = places(6, gap_m={(1, 2): 9_000, (3, 4): 25_000}, districts_of={5: (3,)})
NEEDS = ("interpreter", "debt_advice")


@st.composite
def linked_worlds(draw: st.DrawFn) -> Facts:
    """A case of two linked stays among three facilities, and a few people present who may be in its way."""
    facilities = [
        facility(
            draw(st.integers(1, 4)),
            provider=draw(st.integers(0, 2)),
            has_night_intake=True,
            offers=draw(st.frozensets(st.sampled_from(NEEDS))),
            **draw(st.sampled_from([{}, {"contracts": ()}])),
        )
        for _ in range(3)
    ]
    presences = []
    for key in range(draw(st.integers(0, 4))):
        house = draw(st.integers(-1, 2))
        place = draw(st.integers(1, 5)) if house < 0 else facilities[house].place
        networks = draw(st.sampled_from([(), (0,), (1,)]))
        presences.append(present(place, person(key=key + 1), networks=networks, facility=house))
    kinds = st.sampled_from(["same", "within", "more_than"])
    links = draw(st.lists(st.builds(Link, st.integers(1, 3), kinds, st.sampled_from([0, 30_000])), max_size=2))
    waiting = case(networks=(0,), links=links, nights=(3, 9), window=(TODAY, TODAY + 1), day_one_needs=frozenset(NEEDS))
    providers = [Provider(FOREVER), Provider(0), Provider(FOREVER, disqualified=((0, TODAY + 4),))]
    return world(
        land=LAND,
        facilities=facilities,
        cases=[waiting],
        presences=presences,
        rivals={(0, 1): ALWAYS},
        providers=providers,
        separation_km=30,
        separation_min=45,
    )


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
@given(facts=linked_worlds())
def test_of_linked_stays_no_combination_breaks_less(facts: Facts) -> None:
    for option in verify(facts, 0):
        assert len(option.stays) == len(facts.cases[0].legs)
