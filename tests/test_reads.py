"""A rule reads only what it declares: every attribute its own file takes from the facts is seen.

Only reads made directly from the rule's own file count; what `matching.hostility` or
`matching.pools` reads on its behalf is theirs.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

import matching.facts
from matching.candidates import generate
from matching.constraints import rule_book
from matching.constraints.base import Constraint
from matching.constraints.needs_met import NeedsMet
from matching.domain import Policy, Weights
from matching.facts import FOREVER, Base, Case, Facts, Feud, Stay
from matching.plans import Objection
from matching.solver.program import build
from tests import tellings as t
from tests.builders import (
    PASSED,
    TODAY,
    actor,
    area,
    assessment,
    case,
    closed,
    facility,
    in_use,
    person,
    place_plan,
    places,
    plan_of,
    present,
    put,
    quota,
    unit,
    world,
)

WATCHED: tuple[Any, ...] = (
    *(kind for _, kind in inspect.getmembers(matching.facts, dataclasses.is_dataclass)),
    Policy,
    Weights,
)


@contextmanager
def watched(file: str) -> Iterator[set[str]]:
    """Names of the facts' attributes that code of this file reads."""
    seen: set[str] = set()
    originals = {kind: kind.__dict__.get("__getattribute__") for kind in WATCHED}

    def spy(kind: Any) -> Any:
        def read(self: Any, name: str) -> Any:
            if not name.startswith("__") and sys._getframe(1).f_code.co_filename == file:
                seen.add(f"{kind.__name__}.{name}")
            return object.__getattribute__(self, name)

        return read

    for kind in WATCHED:
        type.__setattr__(kind, "__getattribute__", spy(kind))
    try:
        yield seen
    finally:
        for kind, original in originals.items():
            if original is None:
                type.__delattr__(kind, "__getattribute__")
            else:
                type.__setattr__(kind, "__getattribute__", original)


def busy_world() -> Facts:
    """Something for every rule to look at: households, areas, actors, feuds, uses, closures, quotas, schools."""
    land = places(6, gap_m={(0, 1): 10_000, (1, 2): 40_000}, road_min={(1, 4): 20}, larger_town_min=[9, 50, 9, 9, 9, 9])
    fading = actor("minutes", Base(5, TODAY - 9, TODAY + 2), limit_min=90, full_until_day=TODAY, gone_day=TODAY + 4)
    signed = assessment(
        forbidden=(area("kommun", 1), area("circle", 5, m=10), area("travel_ring", 5, minutes=9)),
        preferred=(area("locality", 2),),
        actors=(fading, actor("radius", 3, limit_m=9), actor("national"), actor("areas", areas=(area("lan", 1),))),
        protection_level=1,
    )
    mother = person(40, gender="female", guardian=True)
    homes = [
        facility(
            n,
            [unit(2, shared=True), unit(1)],
            closures=(closed(TODAY + 1, TODAY + 2),),
            quotas=(quota(2, 180, TODAY - 5, TODAY + 2), quota(3)),
            takes_children=True,
            schools=(4,),
            offers=frozenset({"interpreter"}),
        )
        for n in (1, 2)
    ]
    cases = [
        case(mother, person(8), networks=[0], assessment=signed, homes=(0,), known_places=(3,)),
        case(networks=[1], assessment=signed, day_one_needs=frozenset({"women_only"}), housed_until_day=TODAY + 1),
        case(person(17), unknown=True, gate=replace(PASSED, motivated=None)),
        case(assessment=None, nights=(2, 3)),
        case(networks=[1], assessment=assessment(is_withdrawn=True)),
        case(person(key=7), assessment=assessment(valid_until_day=TODAY + 1)),
        case(person(key=8), assessment=assessment(threat_level="low")),
    ]
    return world(
        land=land,
        facilities=homes,
        cases=cases,
        presences=[present(1, networks=[1], days=(0, TODAY + 2)), present(2, networks=[0]), present(2, networks=[1])],
        bed_uses=[in_use(0, (0, 2), days=(0, TODAY + 2)), in_use(0, (0, 2), days=(TODAY - 1, TODAY + 3), presence=1)],
        rivals={(0, 1): (0, TODAY + 3), (0, 2): (0, FOREVER)},
        conflicts={(7, 8): Feud(0, FOREVER, 100, 100)},
    )


def exercise(rule: Constraint, facts: Facts) -> None:
    """Everything the engine ever asks of a rule, over every case and facility."""
    for told in facts.cases:
        for home in range(len(facts.facilities)):
            list(rule.turning_days(told, home, facts))
            for leg in told.legs:
                for start in range(TODAY - 1, TODAY + 5):
                    stay = Stay(home, start + leg.offset_days, start + leg.offset_days + leg.nights)
                    rule.objection(told, stay, facts)
                    rule.public_objection(told, stay, facts)
    build(facts, generate(facts, [rule], filtered=False), [rule])
    build(facts, generate(facts, [rule]), [rule])
    together = plan_of(*(put(facts, number, 0) for number in range(len(facts.cases))))
    apart = plan_of(*((place_plan(facts, n, n % 2, TODAY + n % 3),) for n in (0, 1, 2)))
    for plan in (together, apart):
        list(rule.violations(plan, facts))
    list(rule.live_violations(facts))


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_a_rule_reads_only_what_it_declares(rule: Constraint) -> None:
    facts = busy_world()
    with watched(inspect.getfile(type(rule))) as seen:
        exercise(rule, facts)
    assert seen, "the spy saw nothing at all"
    assert seen <= rule.reads


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_what_is_declared_exists(rule: Constraint) -> None:
    kinds = {kind.__name__: kind for kind in WATCHED}
    for declared in rule.reads:
        kind, _, name = declared.partition(".")
        fields = getattr(kinds[kind], "model_fields", None) or {f.name for f in dataclasses.fields(kinds[kind])}
        assert name in fields or hasattr(kinds[kind], name), declared


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_a_rule_of_the_own_case_reads_of_nobody_else(rule: Constraint) -> None:
    others = {"Facts.cases", "Facts.presences", "Facts.bed_uses", "Facts.bed_uses_at", "Facts.network_feuds"}
    others |= {"Facts.person_feuds", "Facts.feuding_persons", "Facts.names"}
    if rule.scope == "own_case":
        assert not rule.reads & others
        assert not {name for name in rule.reads if name.partition(".")[0] in ("Presence", "BedUse", "Feud")}
    assert "Facts.names" not in rule.reads


class Peeping(NeedsMet):
    """A planted rule that reads the age of the defector and declares nothing of it."""

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        return Objection("young") if case.household[0].age_years < 18 else None


def test_an_undeclared_read_is_seen() -> None:
    facts = busy_world()
    told = facts.cases[0]
    with watched(__file__) as seen:
        Peeping().objection(told, Stay(0, TODAY, TODAY + 1), facts)
    assert seen - Peeping.reads == {"Case.household", "Person.age_years"}


def test_the_spy_leaves_the_facts_as_they_were() -> None:
    with watched(__file__):
        pass
    assert all("__getattribute__" not in kind.__dict__ for kind in WATCHED)
    raw = t.scenario(facilities=[t.facility("f", "a")], cases=[t.case("c")])
    assert t.facts_of(raw, t.Land(("a", "home"))).cases[0].nights == 10
