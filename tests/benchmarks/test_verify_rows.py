"""The certificate checker against small made-up worlds: which rows it can show, and that it shows nothing false.

`tests.search` tries every plan, so that what is certified can be compared with what is true.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.verification import World
from benchmarks.verification.certificate import NotCertified, certified
from matching.candidates import generate
from matching.constraints import rule_book
from matching.plans import Candidates
from matching.solver.certificate import Certificate, certify, joint_document, objective, placed_value, rows_of
from matching.solver.cpsat import Limits
from matching.solver.program import Program, build
from matching.solver.run import Solved, run
from tests.search import best_levels
from tests.strategies import scenarios
from tests.tellings import Land, Raw, facts_of

BOOK = rule_book()
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)
MANY = 10**6


def document(raw: Raw, land: Land) -> tuple[dict[str, Any], Program, Candidates]:
    """All rows of the engine's program, each with a multiplier, and a claim that says nothing."""
    facts = facts_of(raw, land)
    candidates = generate(facts, BOOK)
    program = build(facts, candidates, BOOK)
    rows = tuple(replace(row, multiplier=Fraction(1)) for row in rows_of(program))
    told = joint_document(Certificate(*objective(program), -MANY, rows), program, facts, "sha")
    return json.loads(json.dumps(told)), program, candidates


def test_every_row_the_engine_writes_can_be_shown_in_nearly_every_world() -> None:
    """What it cannot show is not certified: that is no fault, but it must be seldom."""
    shown, reasons = Counter[str](), Counter[str]()

    @settings(max_examples=200, deadline=None, suppress_health_check=SLOW, derandomize=True)
    @given(scenarios())
    def each(told: tuple[Raw, Land]) -> None:
        tree, _, _ = document(*told)
        for row in tree["rows"]:
            try:
                certified({**tree, "rows": [row]}, World(*told), "sha")
                shown[row["kind"]] += 1
            except NotCertified as why:
                reasons[str(why)] += 1

    each()
    assert min(shown[kind] for kind in ("packing", "capacity", "link", "definition")) > 20
    assert 20 * reasons.total() < shown.total(), reasons


@settings(max_examples=150, deadline=None, suppress_health_check=SLOW, derandomize=True)
@given(scenarios(), st.data())
def test_nothing_false_is_certified(told: tuple[Raw, Land], data: st.DataObject) -> None:
    """A proof with a row made tighter and a claim of one case more: certified only if it is true."""
    raw, land = told
    facts = facts_of(raw, land)
    program = build(facts, generate(facts, BOOK), BOOK)
    outcome = run(program, facts, Limits(time_s=20.0))
    proof = certify(program, placed_value(program, outcome.chosen if isinstance(outcome, Solved) else ()))
    if proof is None:
        return
    tree = json.loads(json.dumps(joint_document(proof, program, facts, "sha")))
    truth = best_levels(raw, land)[:3]
    with suppress(NotCertified):
        assert certified(tree, World(raw, land), "sha").unplaced == truth
    everything = [{**row, "multiplier": "1"} for row in document(raw, land)[0]["rows"]]
    for _ in range(4):
        worse = copy.deepcopy(tree)
        rows = worse["rows"] = [*worse["rows"], *everything]
        if rows:
            row = data.draw(st.sampled_from(rows))
            row["bound"] -= data.draw(st.integers(1, 2))
            row["multiplier"] = data.draw(st.sampled_from(["1", "7", "100"]))
            worse["rows"] = [*tree["rows"], row]
        worse["claimed_bound"] += 1
        with suppress(NotCertified):
            assert certified(worse, World(raw, land), "sha").unplaced <= truth
