"""One verifier, two answers: the clauses and the meaning of a rule must say the same of a plan.

``verify(rule).given(facts).accepts(plan)``, ``.blocks(plan, amount=2, saying="lacks")`` and
``.costs(plan, 6)``; ``.finds(1, "full")`` for those already present. The clauses are those of a
program built with that rule alone, over unfiltered candidates that contain the plan's stays, with
every variable fixed to the plan; the candidate filter must agree with them. The meaning is
`violations`, which takes no solver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matching.candidates import generate
from matching.constraints.base import Constraint, Level, OnLive, PairRule
from matching.facts import Facts
from matching.plans import Candidate, Candidates, Placed, Plan, PoolUse, Violation
from matching.pools import allocations, pools_of
from matching.solver.cpsat import CpSat, Limits
from matching.solver.program import Program, build, level_of
from tests.builders import plan_of, put

Told = Plan | Mapping[int, int]


def uses_of(item: Placed, facts: Facts) -> tuple[PoolUse, ...]:
    """What a placed stay takes of each pool: beds of a shared one, units of an unshared one."""
    taken: Counter[int] = Counter()
    for number, pool in enumerate(pools_of(facts, item.stay.facility)):
        for bed in item.beds:
            if bed.unit in pool.units:
                taken[number] += bed.beds if pool.is_shared else 1
    return tuple(PoolUse(number, amount) for number, amount in sorted(taken.items()))


@dataclass(frozen=True)
class Verifier:
    """A rule before certain facts."""

    rule: Constraint
    facts: Facts

    def accepts(self, told: Told) -> None:
        plan = self._plan(told)
        assert not tuple(self.rule.violations(plan, self.facts)), "the meaning objects to an acceptable plan"
        assert self._clauses_allow(plan, filtered=False), "the clauses forbid an acceptable plan"
        assert self._clauses_allow(plan, filtered=True), "the filter removes an acceptable plan"

    def blocks(self, told: Told, *, amount: int | None = None, saying: str | None = None) -> None:
        plan = self._plan(told)
        found = tuple(self.rule.violations(plan, self.facts))
        assert found, "the meaning has no objection"
        assert all(violation.rule == self.rule.name and not violation.is_live for violation in found)
        assert all(violation.amount >= 1 for violation in found)
        if amount is not None:
            assert sum(violation.amount for violation in found) == amount
        if saying is not None:
            reasons = [violation.reason for violation in found]
            assert any(set(saying.split()) <= set(reason.split()) for reason in reasons), reasons
        assert not self._clauses_allow(plan, filtered=False), "the clauses allow what the meaning forbids"
        assert not self._clauses_allow(plan, filtered=True), "filter and clauses together allow it"

    def costs(self, told: Told, amount: int) -> None:
        assert self.rule.level is not Level.HARD
        plan = self._plan(told)
        found = tuple(self.rule.violations(plan, self.facts))
        assert sum(violation.amount for violation in found) == amount
        program, chosen = self._program(plan, filtered=False)
        assert program.value(level_of(self.rule), program.true_literals(chosen)) == amount
        assert self._clauses_allow(plan, filtered=False), "a soft rule forbids a plan"

    def finds(self, amount: int, saying: str, *, act: OnLive | None = None) -> None:
        """The live breaches are so many findings, each said so, each of stays that exist and with its urgency.

        No plan causes a finding: the plan of nothing breaks no rule. A rule of one case finds just the live
        stays it objects to.
        """
        found = tuple(self.rule.live_violations(self.facts))
        assert [(violation.reason, violation.is_live) for violation in found] == [(saying, True)] * amount
        assert not tuple(self.rule.violations(Plan(), self.facts)), "a plan of nothing is blamed"
        assert self.rule.on_live is not None
        for violation in found:
            assert violation.rule == self.rule.name
            assert violation.amount >= 1
            assert violation.parties
            assert set(violation.parties) <= self._present()
            asked = OnLive(str(violation.act))
            assert asked is not OnLive.IGNORE
            assert act is None or asked is act
        if isinstance(self.rule, PairRule):
            assert found == tuple(self._live_objections(self.rule))

    def _present(self) -> set[tuple[str, int]]:
        """Everybody and everything a finding may name; by hand a bed can be in use by a presence nobody told of."""
        facts = self.facts
        told = {item.presence for item in facts.live} | {use.presence for use in facts.bed_uses}
        present = told | set(range(len(facts.presences)))
        return {("presence", n) for n in present} | {("facility", n) for n in range(len(facts.facilities))}

    def _live_objections(self, rule: PairRule) -> Iterator[Violation]:
        """What a rule of one case objects to in each live stay, said as a finding."""
        for item in self.facts.live if rule.on_live is not OnLive.IGNORE else ():
            why = rule.live_objection(item, self.facts)
            if why is not None:
                parties = (("presence", item.presence), ("facility", item.stay.facility))
                yield Violation(rule.name, why.reason, why.amount, parties, is_live=True, act=str(rule.urgency(why)))

    def offers_starts(self, number: int, home: int) -> set[int]:
        """Days on which the case may start at a facility as the rule's filter leaves them."""
        items = generate(self.facts, [self.rule]).items
        return {one.first_day for one in items if (one.case, one.stay.facility) == (number, home)}

    def _plan(self, told: Told) -> Plan:
        if isinstance(told, Plan):
            return told
        return plan_of(*(put(self.facts, number, home) for number, home in told.items()))

    def _program(self, plan: Plan, *, filtered: bool) -> tuple[Program, tuple[int, ...]]:
        """The rule's program over generated candidates and the plan's own, and the numbers of the plan's."""
        wanted = {
            Candidate(
                item.case,
                item.leg,
                item.stay.start_day - self.facts.cases[item.case].legs[item.leg].offset_days,
                item.stay,
                uses_of(item, self.facts),
            )
            for item in plan.placed
        }
        wanted = {one for one in wanted if self._is_a_way_to_house(one)}
        generated = generate(self.facts, [self.rule], filtered=False).items
        kept = sorted(wanted | set(generated))
        if filtered:
            kept = [one for one in kept if not self._objects(one)]
        names = frozenset({self.rule.name}) if filtered else frozenset[str]()
        program = build(self.facts, Candidates(tuple(kept), names), [self.rule])
        return program, tuple(number for number, one in enumerate(kept) if one in wanted)

    def _is_a_way_to_house(self, one: Candidate) -> bool:
        """Whether candidates can be made of these beds at all: one for every member."""
        home = one.stay.facility
        persons = len(self.facts.cases[one.case].household)
        return self.rule.name != "place_capacity" or one.uses in allocations(self.facts, home, persons)

    def _objects(self, one: Candidate) -> bool:
        told, stay = self.facts.cases[one.case], one.stay
        is_refused = self.rule.objection(told, stay, self.facts) is not None
        of_all = self.rule.refused(told, stay.start_day, stay.end_day, self.facts)
        assert of_all is None or of_all[stay.facility] == is_refused, "asked of all facilities the rule says otherwise"
        return is_refused

    def _clauses_allow(self, plan: Plan, *, filtered: bool) -> bool:
        program, chosen = self._program(plan, filtered=filtered)
        if len(chosen) < len(plan.placed):
            return False
        model = CpSat(program)
        for number, variable in enumerate(model.x):
            model.model.add(variable == (number in chosen))
        answer = model.minimise(0, {}, Limits(time_s=20.0), 20.0)
        assert answer.is_infeasible or answer.chosen == chosen, "the search proved nothing"
        return not answer.is_infeasible


@dataclass(frozen=True)
class _Verify:
    rule: Constraint

    def given(self, facts: Facts) -> Verifier:
        return Verifier(self.rule, facts)


def verify(rule: Constraint) -> _Verify:
    """Judge a rule: say `given(facts)` next."""
    return _Verify(rule)
