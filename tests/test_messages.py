"""Rule x audience x parameter: nobody is told a value that depends on what that audience may not know.

Twice: by what the rules declare, and by experiment. Objections are taken from worlds that differ only in
other people, and from different facilities; a value of `Origin.OWN_CASE` may differ in neither, and all that
a rule says to a requester must be the same.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from string import Formatter
from typing import Any

import pytest

from matching.candidates import stay_of
from matching.constraints import hard, not_judged, rule_book
from matching.constraints.base import Audience, Constraint, OnLive, Origin, PairRule, Scope
from matching.explanations import told
from matching.facts import FOREVER, Case, Facts, Provider, Stay
from matching.language import LANGUAGES, translator
from matching.plans import Objection
from tests.builders import TODAY, assessment, case, facility, in_use, present, unit, world
from tests.cli.weeks import WORLDS, facts_of, week

BOOK = rule_book()
OWN = frozenset({Origin.OWN_CASE, Origin.POLICY})
MAY_READ: Mapping[Audience, frozenset[Origin]] = {
    Audience.COORDINATOR: frozenset(Origin),
    Audience.ASSESSOR: OWN,
    Audience.REQUESTER: OWN,
}
TOLD_TO_REQUESTERS = {"eligibility_gate", "start_in_time"}
TOLD_TO_ASSESSORS = {
    *("eligibility_gate", "forbidden_locality", "legal_form", "needs_met", "protection_level", "start_in_time"),
    *("threat_reach", "unknown_placement_margin"),
}


def named(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


# -- by what is declared ---------------------------------------------------------------------------

EVERY = [
    pytest.param(rule, audience, name, id=f"{rule.name}-{audience}-{name}")
    for rule, audience in product(BOOK, Audience)
    for name in sorted({*rule.parameters, "amount", "values"})
]


@pytest.mark.parametrize(("rule", "audience", "name"), EVERY)
def test_a_value_is_told_only_to_whom_its_origin_allows(rule: Constraint, audience: Audience, name: str) -> None:
    """In the sentence as declared, and in what comes out when every value gives itself away."""
    message = rule.messages.get(audience)
    secret = 7_000_123
    objection = Objection("code", secret if name == "amount" else 1, ((name, secret),))
    for language in LANGUAGES:
        said = told(rule, [objection], audience, translator(language))
        assert (said is None) == (message is None)
        if str(secret) in (said or ""):
            assert message is not None
            assert name in named(message)
            assert rule.parameters[name] in MAY_READ[audience]
    if message is not None and name in named(message):
        assert rule.parameters[name] in MAY_READ[audience], "a sentence would be told with a gap"


def test_every_hard_rule_speaks_to_the_coordinator() -> None:
    assert all(Audience.COORDINATOR in rule.messages for rule in BOOK)


def test_whom_the_rules_speak_to() -> None:
    """A new sentence for somebody outside the coordination is somebody's decision, made here."""
    assert {rule.name for rule in BOOK if Audience.REQUESTER in rule.messages} == TOLD_TO_REQUESTERS
    assessors = {rule.name for rule in hard(BOOK) if Audience.ASSESSOR in rule.messages}
    assert assessors >= TOLD_TO_ASSESSORS
    assert not assessors & {"contract", "provider_vetting"}, "no assessment says what a provider has done"
    assert all(rule.scope is Scope.OWN_CASE for rule in hard(BOOK) if rule.name in assessors)


def test_the_gates_count_is_not_told_to_requesters() -> None:
    """It would tell a block that touches an investigation from none."""
    gate = next(rule for rule in BOOK if rule.name == "eligibility_gate")
    assert not named(gate.messages[Audience.REQUESTER])


# -- by experiment ---------------------------------------------------------------------------------


def objections(facts: Facts, rule: Constraint, most: int = 12) -> Iterator[tuple[str, int, str, Objection]]:
    """(case, first day, facility, objection) at some facilities, at both ends of the window and beyond it."""
    for number, waiting in enumerate(facts.cases):
        days = (waiting.earliest_day, waiting.latest_day, waiting.latest_day + 400)
        for home, day in product(range(min(most, len(facts.facilities))), days):
            found = rule.objection(waiting, stay_of(waiting.legs[-1], home, day), facts)
            if found is not None:
                yield facts.names.cases[number], day, facts.names.facilities[home], found


def values_of(rule: Constraint, objection: Objection) -> dict[str, int]:
    every = {"amount": objection.amount, **dict(objection.values)}
    return {name: value for name, value in every.items() if name in rule.parameters}


def lies(rule: Constraint, worlds: Sequence[Facts]) -> set[str]:
    """Parameters that depend on more than they declare, and audiences whose text does."""
    values: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    texts: dict[tuple[Any, ...], set[str | None]] = defaultdict(set)
    for facts in worlds:
        for case_id, day, home, objection in objections(facts, rule):
            texts["requester", case_id, day].add(told(rule, [objection], Audience.REQUESTER, str))
            texts["assessor", case_id, day].add(told(rule, [objection], Audience.ASSESSOR, str))
            for name, value in values_of(rule, objection).items():
                depends_on = {
                    Origin.POLICY: (),
                    Origin.OWN_CASE: (case_id, day),
                    Origin.CATALOGUE: (case_id, day, home),
                    Origin.OTHERS: (case_id, day, home, id(facts)),
                }[rule.parameters[name]]
                values[name, depends_on].add(value)
    lying = {key[0] for key, found in values.items() if len(found) > 1}
    return lying | {key[0] for key, found in texts.items() if len(found) > 1}


def crowded(strangers: bool) -> Facts:
    """Every hard rule about one case objects somewhere; with strangers, full and surrounded."""
    grades = [facility(place, security_grade=place, contracts=(), max_age_years=20, provider=0) for place in (1, 2, 3)]
    big = facility(
        3, [unit(4, shared=True)], offers=frozenset({"interpreter"}), form="residential_care_home", provider=1
    )
    waiting = case(
        day_one_needs=frozenset({"interpreter", "women_only"}),
        unknown=True,
        assessment=assessment(protection_level=4, threat_level="low", valid_until_day=TODAY + 2),
        window=(TODAY + 1, TODAY + 3),
        homes=(1, 2),
        known_places=(3,),
        housed_until_day=TODAY + (9 if strangers else 0),
    )
    others = [present(place, networks=[place]) for place in (1, 2, 3)] if strangers else []
    uses = [in_use(home, presence=number) for number, home in enumerate((0, 1, 2))] if strangers else []
    return world(
        facilities=[*grades, big],
        cases=[waiting],
        presences=others,
        bed_uses=uses,
        providers=(Provider(FOREVER), Provider(TODAY)),
        unseen_persons_milli=5000,
        most_persons_per_locality=1,
    )


def weeks_apart(size: str, seed: int) -> list[Facts]:
    """A week, and the same with other people elsewhere."""
    found = [facts_of(week(size, seed))]
    for kind in ("everybody_moves", "every_bed_is_taken_by_rivals", "beds_close_and_quotas_fill"):
        raw = week(size, seed)
        WORLDS[kind](raw, random.Random(seed))
        found.append(facts_of(raw))
    return found


def test_no_rule_lies_in_worlds_by_hand() -> None:
    worlds = [crowded(strangers=False), crowded(strangers=True)]
    assert {rule.name for rule in hard(BOOK) if lies(rule, worlds)} == set()


@pytest.mark.parametrize(("size", "seed"), [("tiny", 1), ("small", 2)])
def test_no_rule_lies_in_generated_weeks(size: str, seed: int) -> None:
    worlds = weeks_apart(size, seed)
    assert {rule.name for rule in hard(BOOK) if lies(rule, worlds)} == set()


def test_the_experiment_sees_every_parameter_that_is_declared() -> None:
    """So that none passes because nobody ever objected with it; a rule of tomorrow may need worlds of its own."""
    seen = {
        (rule.name, name)
        for rule in hard(BOOK)
        for facts in (crowded(strangers=False), crowded(strangers=True))
        for *_, objection in objections(facts, rule)
        for name in values_of(rule, objection)
    }
    specified = set(not_judged([]))
    assert seen >= {(rule.name, name) for rule in hard(BOOK) if rule.name in specified for name in rule.parameters}


class Lying(PairRule):
    """Says that its values are the own case's, and counts others, or looks at the place."""

    name = "lying"
    summary = "a lie"
    scope = Scope.OWN_CASE
    source = "domain §4"
    reads = frozenset({"Stay.facility"})
    messages = {Audience.REQUESTER: "{amount} and {where}."}
    parameters = {"amount": Origin.OWN_CASE, "where": Origin.OWN_CASE}
    on_live = OnLive.TASK
    counts_others = True

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        amount = 1 + len(facts.presences) if self.counts_others else 1
        return Objection("lie", amount, (("where", 0 if self.counts_others else stay.facility),))


@pytest.mark.parametrize(("counts_others", "name"), [(True, "amount"), (False, "where")])
def test_a_lie_is_seen(counts_others: bool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Lying, "counts_others", counts_others)
    assert lies(Lying(), [crowded(strangers=False), crowded(strangers=True)]) == {name, "requester"}
