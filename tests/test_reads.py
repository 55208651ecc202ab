"""A rule reads only what it declares: every attribute its own file takes from the facts is seen.

What a rule's own file reads, it declares. What `matching.hostility` or `matching.pools` reads on its behalf it
may leave to them, but for the dates of a stay; and what it declares, it or they do read. A rule of the own case
is watched deeper: whatever is read while its file is at work, by any helper, must not be of anybody else.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from types import FrameType
from typing import Any

import pytest

import matching.facts
from matching.candidates import generate
from matching.constraints import hard, rule_book
from matching.constraints.base import Audience, Constraint, Scope
from matching.constraints.meeting import MeetingRule
from matching.constraints.needs_met import NeedsMet
from matching.domain import Policy, Weights
from matching.domain.policy import UnseenZone
from matching.facts import FOREVER, Base, Case, Contract, Exposure, Facts, Feud, Link, Provider, Stay, Tie
from matching.plans import Objection
from matching.pools import pools_of
from matching.requester import own_view
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
    live,
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


NO_FACTS = {"memo", "remember"}
"""Where what was worked out is kept: the facts determine it, whoever remembers."""

OWN_CASE = [rule for rule in rule_book() if rule.scope is Scope.OWN_CASE]


@contextmanager
def watched(*files: str, with_helpers: bool = False) -> Iterator[set[str]]:
    """Names of the facts' attributes that code of these files reads, or anybody it calls."""
    seen: set[str] = set()
    originals = {kind: kind.__dict__.get("__getattribute__") for kind in WATCHED}

    def is_at_work(frame: FrameType | None) -> bool:
        while with_helpers and frame is not None and frame.f_code.co_filename not in files:
            frame = frame.f_back
        return frame is not None and frame.f_code.co_filename in files

    def spy(kind: Any) -> Any:
        def read(self: Any, name: str) -> Any:
            if not name.startswith("__") and name not in NO_FACTS and is_at_work(sys._getframe(1)):
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
    """Something for every rule to look at: households, areas, actors, links, feuds, ties, providers, exposures,
    uses, closures, quotas, contracts, schools, live stays."""
    gaps = {(0, 1): 10_000, (1, 2): 40_000}
    land = places(6, gap_m=gaps, road_min={(1, 4): 20}, larger_town_min=[9, 50, 9, 9, 9, 9], population=[300] * 6)
    fading = actor("minutes", Base(5, TODAY - 9, TODAY + 2), limit_min=90, full_until_day=TODAY, gone_day=TODAY + 4)
    signed = assessment(
        forbidden=(area("kommun", 1), area("circle", 5, m=10), area("travel_ring", 5, minutes=9)),
        preferred=(area("locality", 2),),
        actors=(fading, actor("radius", 3, limit_m=9), actor("national"), actor("areas", areas=(area("lan", 1),))),
        protection_level=1,
    )
    shadowed = assessment(actors=(actor("presence", 5, network=3, limit_m=9),), protection_level=4, confidence="low")
    mother = person(40, gender="female", guardian=True)
    homes = [
        facility(
            n,
            [unit(2, shared=True), unit(1)],
            provider=n - 1,
            closures=(closed(TODAY + 1, TODAY + 2),),
            quotas=(quota(2, 180, TODAY - 5, TODAY + 2), quota(3)),
            takes_children=True,
            schools=(4,),
            offers=frozenset({"interpreter", *(["remote_support"] if n == 1 else [])}),
            form=("protected_housing", "residential_care_home")[n - 1],
            contracts=(Contract(180, TODAY - 9, TODAY + 2), Contract(1, 0, FOREVER)),
            permit_through_day=TODAY + n,
            support_intensity=n,
        )
        for n in (1, 2)
    ]
    links = [Link(7, "same"), Link(8, "within", 1000, 10), Link(9, "more_than", 1000, 10)]
    links += [Link(11, "within", 1000, 10), Link(12, "same"), Link(12, "more_than", 1000, 10)]
    wanting: dict[str, Any] = {
        "day_one_needs": frozenset({"women_only"}),
        "soon_needs": frozenset({"interpreter", "debt_advice"}),
        "remote_needs": frozenset({"work_training"}),
        "permitted_contacts": (3,),
        "support_intensity": 4,
    }
    cases = [
        case(mother, person(8), networks=[0], assessment=signed, homes=(0,), known_places=(3,), links=links),
        case(networks=[1], assessment=signed, housed_until_day=TODAY + 1, housed_at=0, **wanting),
        case(person(17), unknown=True, gate=replace(PASSED, motivated=None), support_intensity=0),
        case(assessment=None, nights=(2, 3)),
        case(networks=[1], assessment=assessment(is_withdrawn=True), received_day=TODAY - 30),
        case(person(key=7), assessment=assessment(valid_until_day=TODAY + 1)),
        case(person(key=8), assessment=shadowed, networks=[3], poorly_known=True, peripheral=[3]),
        case(
            person(key=9),
            networks=[0, 2],
            named_actors=[(7, FOREVER), (11, TODAY + 2)],
            separations=[(7, 50_000, 0)],
            poorly_known=True,
            gate=replace(PASSED, measure_decision=None, is_emergency=True, relocation_expressly_needed=True),
            assessment=assessment(threat_level="low"),
        ),
    ]
    presences = [
        present(1, networks=[1], days=(0, TODAY + 2)),
        present(2, networks=[0]),
        present(2, networks=[1]),
        present(1, person(key=11), networks=[2], facility=0, bed_end_day=TODAY + 3, links=[Link(12, "more_than", 99)]),
        present(2, person(key=12), facility=1, separations=[(-1, 99_000, 0)], named_actors=[(11, FOREVER)]),
    ]
    stays = [
        live(case(networks=[1], assessment=signed, homes=(0,), known_places=(1,), **wanting), 0, presence=3),
        live(case(assessment=shadowed, networks=[3], municipality=1), 1, presence=4),
        live(case(gate=None, assessment=None), 0, has_file=False),
        replace(live(case(unknown=True), 1, presence=4), is_housed=False),
    ]
    return world(
        land=land,
        facilities=homes,
        cases=cases,
        presences=presences,
        bed_uses=[in_use(0, (0, 2), days=(0, TODAY + 2)), in_use(0, (0, 2), days=(TODAY - 1, TODAY + 3), presence=1)],
        rivals={(0, 1): (0, TODAY + 3), (0, 2): (0, FOREVER)},
        conflicts={(7, 8): Feud(0, FOREVER, 100, 100)},
        providers=[Provider(TODAY + 5, ((0, TODAY + 1),), frozenset({0})), Provider(TODAY - 1)],
        exposures=[Exposure(1, 0, 0, TODAY + 3), Exposure(2, -1, 3, FOREVER), Exposure(2, 1, 2, FOREVER)],
        live=stays,
        splits=[(4, 5), (0, 4)],
        allied=[(2, 3)],
        ties={(0, 3): Tie("rival", 0, TODAY + 9, 15), (1, 3): Tie("allied", 0, FOREVER, 50)},
        priors_percent=[20, 10, 30, 5, *[0] * 6],
        most_persons_per_locality=3,
        most_persons_per_zone=4,
        unseen_persons_milli=300,
        unseen_zones=(UnseenZone(kommun="0101", persons_milli=900),),
    )


class Forgetful(dict[object, Any]):
    """Remembers nothing for the next one who asks, so that nobody hides a read behind what another worked out."""

    def __contains__(self, key: object) -> bool:
        return False


def forgetful_world() -> Facts:
    facts = busy_world()
    object.__setattr__(facts, "memo", Forgetful())
    return facts


def exercise(rule: Constraint, facts: Facts) -> None:
    """Everything the engine ever asks of a rule, over every case and facility."""
    for told in facts.cases:
        rule.turning(told, range(TODAY - 1, TODAY + 9), facts)
        for home in range(len(facts.facilities)):
            list(rule.turning_days(told, home, facts))
            for leg in told.legs:
                for start in range(TODAY - 1, TODAY + 5):
                    stay = Stay(home, start + leg.offset_days, start + leg.offset_days + leg.nights)
                    rule.objection(told, stay, facts)
                    rule.public_objection(told, stay, facts)
                    rule.refused(told, stay.start_day, stay.end_day, facts)
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


def on_behalf_of(rule: Constraint) -> list[str]:
    """The rule's own file, and that of the kind of rule that declares what it reads on each one's behalf."""
    kinds: list[type] = [type(rule), *([MeetingRule] if isinstance(rule, MeetingRule) else [])]
    return [inspect.getfile(kind) for kind in kinds]


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_what_a_rule_declares_is_read(rule: Constraint) -> None:
    """By its own file or by whoever it asks, somewhere in this world: nothing is declared to be safe."""
    facts = forgetful_world()
    with watched(*on_behalf_of(rule), with_helpers=True) as seen:
        exercise(rule, facts)
    assert sorted(rule.reads - seen) == []


@pytest.mark.parametrize("rule", hard(rule_book()), ids=lambda rule: rule.name)
def test_a_rule_is_dated_whoever_reads_the_dates_for_it(rule: Constraint) -> None:
    """A rule that hides its dates in a helper would be asked for one start only."""
    facts = forgetful_world()
    with watched(inspect.getfile(type(rule)), with_helpers=True) as seen:
        for told, home, start in product(facts.cases, range(len(facts.facilities)), range(TODAY, TODAY + 4)):
            rule.objection(told, Stay(home, start, start + 2), facts)
    assert rule.is_dated or not seen & {"Stay.start_day", "Stay.end_day"}


@pytest.mark.parametrize(
    "rule", [rule for rule in hard(rule_book()) if rule.speaks_to(Audience.REQUESTER)], ids=lambda rule: rule.name
)
def test_what_a_requester_is_told_of_reads_no_facility_not_even_through_others(rule: Constraint) -> None:
    facts = forgetful_world()
    with watched(inspect.getfile(type(rule)), with_helpers=True) as seen:
        for told, home, start in product(facts.cases, range(len(facts.facilities)), range(TODAY, TODAY + 4)):
            rule.objection(told, Stay(home, start, start + 2), facts)
    assert seen
    kinds = {"Area", "Bed", "Block", "Contract", "Facility", "Places", "Provider", "Quota", "Unit"}
    ways = {"Stay.facility", "Facts.facilities", "Facts.places", "Facts.providers"}
    assert not {name for name in seen if name in ways or name.partition(".")[0] in kinds}


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_what_is_declared_exists(rule: Constraint) -> None:
    kinds = {kind.__name__: kind for kind in WATCHED}
    for declared in rule.reads:
        kind, _, name = declared.partition(".")
        fields = getattr(kinds[kind], "model_fields", None) or {f.name for f in dataclasses.fields(kinds[kind])}
        assert name in fields or hasattr(kinds[kind], name), declared


def test_every_kind_of_fact_is_watched_and_there_to_be_read() -> None:
    names = {kind.__name__ for kind in WATCHED}
    assert {"Contract", "Exposure", "Link", "Live", "Provider", "Tie"} <= names
    facts = busy_world()
    for name in ("providers", "exposures", "live", "ties", "presences", "bed_uses", "network_feuds", "person_feuds"):
        assert getattr(facts, name), name


OTHERS = frozenset(
    f"Facts.{name}"
    for name in (
        "bed_uses", "bed_uses_at", "cases", "exposures", "feuding_persons", "live", "names", "network_feuds",
        "person_feuds", "presences", "rivals_of", "ties",
    )
)  # fmt: skip
OF_OTHERS = {"BedUse", "Exposure", "Feud", "Presence", "Tie"}


def of_others(names: Iterable[str]) -> set[str]:
    """Which reads are of anybody but the own case and the catalogue."""
    return {name for name in names if name in OTHERS or name.partition(".")[0] in OF_OTHERS}


@pytest.mark.parametrize("rule", rule_book(), ids=lambda rule: rule.name)
def test_nobody_reads_names(rule: Constraint) -> None:
    assert "Facts.names" not in rule.reads
    assert not {name for name in rule.reads if name.startswith("Names.")}


@pytest.mark.parametrize("rule", OWN_CASE, ids=lambda rule: rule.name)
def test_a_rule_of_the_own_case_declares_nobody_else(rule: Constraint) -> None:
    assert not of_others(rule.reads)


@pytest.mark.parametrize("rule", OWN_CASE, ids=lambda rule: rule.name)
def test_a_rule_of_the_own_case_reads_of_nobody_else_not_even_through_others(rule: Constraint) -> None:
    facts = forgetful_world()
    alone = replace(facts, live=())
    object.__setattr__(alone, "memo", Forgetful())
    with watched(inspect.getfile(type(rule)), with_helpers=True) as seen:
        exercise(rule, alone)
    assert seen
    assert not of_others(seen)
    assert not {name for name in seen if name.startswith("Live.")}, "a live stay is no part of a waiting case"
    with watched(inspect.getfile(type(rule)), with_helpers=True) as seen:
        list(rule.live_violations(facts))
    assert not of_others(seen)


@pytest.mark.parametrize("rule", OWN_CASE, ids=lambda rule: rule.name)
def test_a_rule_of_the_own_case_says_the_same_where_nobody_else_is(rule: Constraint) -> None:
    facts = busy_world()
    for number, told in enumerate(facts.cases):
        own = own_view(facts, number)
        (alone,) = own.cases
        told = replace(told, housed_until_day=0, housed_at=-1)
        for home in range(len(facts.facilities)):
            for start in range(TODAY, TODAY + 4):
                stay = Stay(home, start, start + told.legs[-1].nights)
                assert rule.objection(told, stay, facts) == rule.objection(alone, stay, own)
                assert rule.public_objection(told, stay, facts) == rule.objection(alone, stay, own)


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


class Sounding(NeedsMet):
    """A planted rule that asks a helper which beds are taken, and declares nothing of it."""

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        return None if len(pools_of(facts, stay.facility)) else Objection("full")


def test_a_read_through_a_helper_is_seen() -> None:
    for with_helpers in (False, True):
        facts = busy_world()
        told = facts.cases[0]
        with watched(__file__, with_helpers=with_helpers) as seen:
            Sounding().objection(told, Stay(0, TODAY, TODAY + 1), facts)
        assert ({"Facts.bed_uses_at", "BedUse.beds"} <= of_others(seen)) == with_helpers


def test_the_spy_leaves_the_facts_as_they_were() -> None:
    with watched(__file__):
        pass
    assert all("__getattribute__" not in kind.__dict__ for kind in WATCHED)
    raw = t.scenario(facilities=[t.facility("f", "a")], cases=[t.case("c")])
    assert t.facts_of(raw, t.Land(("a", "home"))).cases[0].nights == 10
