"""The certificate checker against small made-up worlds: which rows it can show, and that it shows nothing false.

`tests.search` tries every plan, so that what is certified can be compared with what is true.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.verification import Option, World
from benchmarks.verification.certificate import NotCertified, certified, rows_shown
from benchmarks.verification.openings import Openings
from benchmarks.verification.told import MEETING, ROOM
from matching.candidates import generate
from matching.constraints import rule_book
from matching.plans import Candidates
from matching.solver.certificate import Certificate, certify, joint_document, objective, placed_value, rows_of
from matching.solver.cpsat import Limits
from matching.solver.program import Program, build
from matching.solver.run import Solved, run
from tests.search import Search, best_levels
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
    shown, missed = Counter[str](), Counter[str]()

    @settings(max_examples=200, deadline=None, suppress_health_check=SLOW, derandomize=True)
    @given(scenarios())
    def each(told: tuple[Raw, Land]) -> None:
        tree, _, _ = document(*told)
        for row, is_shown in zip(tree["rows"], rows_shown(tree, World(*told)), strict=True):
            (shown if is_shown else missed)[row["kind"]] += 1

    each()
    assert min(shown[kind] for kind in ("packing", "capacity", "link", "definition")) > 20
    assert 20 * missed.total() < shown.total(), missed


# A row that is shown holds in every plan


def literals_of(tree: Raw, world: World) -> dict[tuple[object, ...], int]:
    """Number of each candidate by case, leg, facility, first day and pieces by pool."""
    return {
        (
            one["case"], one["leg"], one["facility"], date.fromisoformat(one["first_day"]).toordinal(),
            tuple(sorted((pool, pieces) for pool, pieces in one["uses"])),
        ): number
        for number, one in enumerate(tree["candidates"])
    }  # fmt: skip


def chosen_by(option: Option, number: int, known: dict[tuple[object, ...], int], world: World) -> list[int] | None:
    """Candidates of a way to place a case; none: it is not listed as it stands."""
    found, openings = [], Openings(world)
    for leg, (home, _, _, units) in enumerate(option.stays):
        uses = []
        for pool, own in enumerate(openings.pools(home)):
            is_shared = world.facilities[home]["units"][own[0]]["is_shared"]
            pieces = sum(units[unit] if is_shared else bool(units[unit]) for unit in own)
            uses += [(pool, pieces)] if pieces else []
        names = world.cases[number]["id"], leg, world.facilities[home]["id"], option.stays[0][1], tuple(uses)
        if names not in known:
            return None
        found.append(known[names])
    return found


def some_plan(data: st.DataObject, search: Search, known: dict[tuple[object, ...], int]) -> set[int]:
    """True candidates of a plan that breaks no rule, made case by case in some order."""
    chosen: dict[int, Option] = {}
    numbers: set[int] = set()
    for number in data.draw(st.permutations(range(len(search.options)))):
        options = [option for _, _, option in search.options[number][:40]]
        if not options:
            continue
        option = data.draw(st.sampled_from(options))
        own, more = chosen_by(option, number, known, search.world), {**chosen, number: option}
        if own is not None and not any(search.world.is_broken(rule, more) for rule in sorted(MEETING | ROOM)):
            chosen, numbers = more, numbers | set(own)
    return numbers


def value(row: Raw, tree: Raw, numbers: set[int]) -> int:
    """The left side of a row in a plan."""
    true = numbers | {
        -place
        for place, told in enumerate(tree["auxiliaries"], start=1)
        if any(n in numbers for group in told["groups"] for n in group)
    }
    return sum(amount for literal, amount in row["terms"] if literal in true)


def tampered(data: st.DataObject, tree: Raw) -> Raw:
    """A row of the program tightened, with a candidate more or fewer, or one of two candidates made up."""
    numbers = st.integers(0, len(tree["candidates"]) - 1)
    kind = data.draw(st.sampled_from(["bound", "more", "fewer", "packing", "packing", "capacity"]))
    if kind in ("packing", "capacity") or not tree["rows"]:
        terms = [[number, 1] for number in data.draw(st.lists(numbers, min_size=2, max_size=3, unique=True))]
        return {"kind": kind if kind == "capacity" else "packing", "terms": terms, "bound": 1, "multiplier": "1"}
    row: Raw = copy.deepcopy(data.draw(st.sampled_from(tree["rows"])))
    if kind == "bound":
        row["bound"] -= 1
    elif kind == "more":
        row["terms"].append([data.draw(numbers), 1])
    elif len(row["terms"]) > 1:
        row["terms"].pop(data.draw(st.integers(0, len(row["terms"]) - 1)))
    return row


def test_a_row_that_is_shown_holds_in_every_plan() -> None:
    shown = Counter[str]()

    @settings(max_examples=60, deadline=None, suppress_health_check=SLOW, derandomize=True)
    @given(scenarios(), st.data())
    def each(told: tuple[Raw, Land], data: st.DataObject) -> None:
        tree, _, _ = document(*told)
        if len(tree["candidates"]) < 2:  # two are made up
            return
        search = Search(*told)
        known = literals_of(tree, search.world)
        plans = [some_plan(data, search, known) for _ in range(4)]
        rows = [*tree["rows"], *(tampered(data, tree) for _ in range(10))]
        for row, is_shown in zip(rows, rows_shown({**tree, "rows": rows}, search.world), strict=True):
            if is_shown:
                values = [value(row, tree, numbers) for numbers in plans]
                assert all(one == row["bound"] if row["kind"] == "link" else one <= row["bound"] for one in values)
                shown["full" if row["bound"] in values else "slack"] += 1

    each()
    assert shown["full"] > 20


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW, derandomize=True)
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
