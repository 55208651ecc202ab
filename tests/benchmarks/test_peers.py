"""Every solver of the comparison on small weeks: the rules accept its plan, and exact ones agree with each other."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from benchmarks.asking import facts_of
from benchmarks.generation.spec import instance
from benchmarks.peers import command
from benchmarks.peers.board import Board
from benchmarks.peers.command import compare, main, race, rotated
from benchmarks.peers.constraint_models import conflicting_pairs
from benchmarks.peers.instance import Clock, Instance, prepare
from benchmarks.peers.levels import Answer, Objective, Optimum, SolverFailed, in_order, levels_of, objectives
from benchmarks.peers.neighbourhoods import weights_of
from benchmarks.peers.queue import Queue
from benchmarks.peers.record import STATUSES, Level, Record, better
from benchmarks.peers.worker import SOLVERS, Order, as_json, judged, solve, solver_of
from benchmarks.peers.worker import main as work
from matching.facts import Facts
from matching.solver.program import LEVELS, AnyOf, Program

EXACT = ("fristad", "highs_cliques", "naive_cpsat", "presence_cpsat")
WEEKS = [("tiny", 1), ("tiny", 3), ("small", 2), ("N", 2)]


@cache
def week(size: str, seed: int) -> Facts:
    return facts_of(instance(size, seed))


@cache
def ready(size: str, seed: int) -> Instance:
    return prepare(week(size, seed), Clock(60.0))


def order(solver: str, size: str = "tiny", seed: int = 1, limit_s: float = 1.0) -> Order:
    return Order(solver, size, seed, 3, limit_s, "", "")


@cache
def solved(solver: str, size: str, seed: int) -> tuple[Record, Answer | None]:
    limit_s = 30.0 if solver in EXACT else 1.0
    return solve(order(solver, size, seed, limit_s), solver_of(solver), ready(size, seed), Clock(limit_s))


# -- what they find ------------------------------------------------------------------------------


@pytest.mark.parametrize(("week", "solver"), list(product(WEEKS, SOLVERS)), ids=str)
def test_the_rules_accept_every_plan_and_count_the_same_levels(week: tuple[str, int], solver: str) -> None:
    record, answer = solved(solver, *week)
    assert answer is not None, record.note
    told, plan = judged(record, answer, ready(*week))
    assert told.judged is True
    assert told.status in ("optimal", "feasible")
    assert len(plan.cases()) > 0


@pytest.mark.parametrize(("size", "seed"), WEEKS)
def test_exact_solvers_prove_the_same_vector(size: str, seed: int) -> None:
    records = [solved(solver, size, seed)[0] for solver in EXACT]
    assert {record.vector for record in records} == {records[0].vector}
    assert {record.status for record in records} == {"optimal"}
    assert all(record.time_to_proof_s is not None and record.bound == record.objective for record in records)


@pytest.mark.parametrize(("size", "seed"), WEEKS)
def test_searches_are_never_better_than_the_optimum_and_claim_no_bound(size: str, seed: int) -> None:
    best = solved("fristad", size, seed)[0].vector
    for solver in ("alns", "greedy"):
        record = solved(solver, size, seed)[0]
        assert better(record.vector, best) >= 0
        assert record.time_to_proof_s is None
        assert set(record.bound.values()) == {None}


def test_the_search_improves_on_the_greedy_plan_it_starts_from() -> None:
    greedy, alns = (solved(solver, "N", 1)[0].vector for solver in ("greedy", "alns"))
    assert better(alns, greedy) == -1


def test_a_greedy_plan_is_repeated_exactly() -> None:
    first, second = (solve(order("greedy", "N"), solver_of("greedy"), ready("N", 1), Clock(9.0))[1] for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.chosen == second.chosen


# -- the queue of the searches -------------------------------------------------------------------


@pytest.mark.parametrize(("size", "seed"), WEEKS)
def test_levels_stay_exact_while_cases_come_and_go(size: str, seed: int) -> None:
    told = ready(size, seed)
    board = Board(told.program, [len(case.legs) for case in told.facts.cases])
    queue, rng = Queue(board), np.random.default_rng(7)
    cases = list(board.legs_of)
    fresh = queue.values
    for _ in range(60):
        case = int(rng.choice(cases))
        if case in queue.at:
            queue.remove(case)
        else:
            for way in queue.best(case, rng, blink=0.3):
                before = np.array(queue.values)
                queue.place(way)
                assert tuple((before + way[1]).tolist()) == queue.values
        assert told.fits(queue.chosen)
        assert told.program.values(queue.chosen) == queue.values
    for case in list(queue.at):
        queue.remove(case)
    assert queue.values == fresh
    assert not queue.blocked.any()
    assert not queue.used.any()


@pytest.mark.parametrize(("size", "seed"), [("tiny", 3), ("small", 2)])
def test_what_fits_is_what_keeps_every_clause(size: str, seed: int) -> None:
    told = ready(size, seed)
    board = Board(told.program, [len(case.legs) for case in told.facts.cases])
    queue = Queue(board)
    refused = 0
    for case in board.legs_of:
        for other in [other for other in board.legs_of if other not in queue.at and board.legs_of[other] == 1]:
            numbers = board.ways[other, 0]
            expected = [n for n in numbers.tolist() if told.fits((*queue.chosen, n))] if not_split(queue) else None
            found = queue.fitting(numbers).tolist()
            assert expected is None or found == expected
            refused += len(numbers) - len(found)
        for way in queue.best(case):
            queue.place(way)
    assert refused > 0


def not_split(queue: Queue) -> bool:
    return all(len(numbers) == queue.board.legs_of[case] for case, numbers in queue.at.items())


def test_pairs_are_exactly_the_candidates_that_exclude_each_other() -> None:
    told = ready("small", 2)
    program = told.program
    impossible, pairs = conflicting_pairs(program, Clock(60.0))
    found = {tuple(pair) for pair in pairs.tolist()}
    items = program.candidates.items
    count = 0
    for a, b in product(range(len(items)), repeat=2):
        if a >= b or (items[a].case, items[a].leg) == (items[b].case, items[b].leg):
            continue
        true = program.true_literals((a, b))
        excluded = any(sum(literal in true for literal in packing) > 1 for packing in program.packings)
        if a not in impossible and b not in impossible:
            assert ((a, b) in found) == excluded
            count += excluded
    assert count > 0


def test_a_candidate_that_makes_two_literals_of_a_clause_true_is_impossible() -> None:
    told = ready("tiny", 1).program
    program = Program(told.candidates, auxiliaries=[AnyOf(((0,),))], packings=[(0, -1), (1, 2)])
    program.levels = dict.fromkeys(LEVELS, (0, {}))
    assert conflicting_pairs(program, Clock(9.0))[0] == (0,)
    board = Board(program, [1] * 4)
    assert board.impossible.nonzero()[0].tolist() == [0]


# -- levels --------------------------------------------------------------------------------------


def test_levels_are_folded_while_they_stay_small() -> None:
    program = Program(ready("tiny", 1).program.candidates)
    spans = dict(zip(LEVELS, (2, 3, 4, 50, 900, 1, 5000), strict=True))
    program.levels = {name: (span, {}) for name, span in spans.items()}
    assert [one.names for one in objectives(program)] == [(name,) for name in LEVELS]
    folded = objectives(program, 10_000)
    assert [one.names for one in folded] == [LEVELS[:4], LEVELS[4:6], LEVELS[6:]]
    assert folded[0].weights == (4 * 5 * 51, 5 * 51, 51, 1)
    assert folded[0].apart(folded[0].constant) == (2, 3, 4, 50)


class Planted:
    """A solver that answers as it is told."""

    def __init__(self, chosen: tuple[int, ...], bound: int | None) -> None:
        self.answer = Optimum(chosen, bound)

    def minimise(self, objective: Objective, hint: tuple[int, ...] | None) -> Optimum:
        return self.answer

    def keep(self, objective: Objective, value: int) -> None:
        pass


def test_a_bound_above_the_value_is_a_fault() -> None:
    with pytest.raises(SolverFailed, match="bound exceeds"):
        in_order(ready("tiny", 1), Clock(9.0), Planted((), 10**9))


def test_a_choice_that_breaks_a_clause_is_a_fault() -> None:
    told = ready("tiny", 1)
    everything = tuple(range(len(told.program.candidates.items)))
    with pytest.raises(SolverFailed, match="breaks a clause"):
        in_order(told, Clock(9.0), Planted(everything, 0))


def test_after_a_level_that_is_open_nothing_is_said_of_later_ones() -> None:
    told = ready("tiny", 1)
    _, levels = in_order(told, Clock(9.0), Planted((), 0))
    values = told.program.values(())
    assert [level.value for level in levels] == list(values)
    first_open = next(place for place, value in enumerate(values) if value > 0)
    assert [level.bound for level in levels[: first_open + 1]] == [0] * (first_open + 1)
    assert {level.bound for level in levels[first_open + 1 :]} == {None}


def test_weights_fold_exactly() -> None:
    weights = weights_of((2, 5, 10**7))
    vectors = [(0, 5, 10**7), (1, 0, 0), (1, 0, 1), (1, 1, 0), (2, 0, 0)]
    totals = [sum(w * v for w, v in zip(weights, vector, strict=True)) for vector in vectors]
    assert totals == sorted(totals)
    assert len(set(totals)) == len(totals)


# -- records -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "outcome"),
    [((1, 9), (2, 0), -1), ((2, 0), (1, 9), 1), ((1, 2), (1, 2), 0), (None, (9, 9), 1), ((9, 9), None, -1),
     (None, None, 0)],
)  # fmt: skip
def test_vectors_are_compared_level_by_level(
    a: tuple[int, ...] | None, b: tuple[int, ...] | None, outcome: int
) -> None:
    assert better(a, b) == outcome


def test_a_record_is_read_again_as_it_was_written() -> None:
    record = solved("fristad", "tiny", 1)[0]
    assert Record.of(json.loads(json.dumps(record.to_json()))) == record


@pytest.mark.parametrize("damage", [{"more": 1}, {"seed": None}])
def test_what_is_no_record_is_refused(damage: dict[str, object]) -> None:
    told = solved("fristad", "tiny", 1)[0].to_json()
    told |= damage
    if "seed" in damage:
        del told["seed"]
    with pytest.raises(ValueError, match="missing or unknown"):
        Record.of(told)


@pytest.mark.parametrize(
    ("level", "gap"), [(Level("a", 10, 9), 0.1), (Level("a", 0, 0), 0.0), (Level("a", 7, None), None)]
)
def test_gaps(level: Level, gap: float | None) -> None:
    assert level.gap == gap


# -- processes -----------------------------------------------------------------------------------


def test_one_object_a_solver_with_every_field(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["--size", "tiny", "--solvers", "fristad,greedy", "--time-limit", "20", "--json"]
    assert main([*arguments, "--solutions", str(tmp_path)]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["solver"] for one in told] == ["greedy", "fristad"]
    issue = {
        "solver", "size", "seed", "status", "objective", "bound", "gap", "time_to_first_s", "time_to_best_s",
        "time_to_proof_s", "build_s", "rows", "variables", "peak_mb",
    }  # fmt: skip
    for one in told:
        assert issue <= set(one)
        assert one["status"] in STATUSES
        assert set(one["objective"]) == set(one["bound"]) == set(one["gap"]) == set(LEVELS)
        assert one["judged"] is True
        assert one["peak_mb"] > 1
        assert one["filter_s"] + one["build_s"] <= one["total_s"]
        assert one["time_to_first_s"] <= one["time_to_best_s"] <= one["total_s"]
        assert Path(one["solution"]).exists()
    greedy, fristad = told
    assert greedy["time_to_proof_s"] is None
    assert fristad["time_to_proof_s"] == fristad["total_s"]
    assert fristad["rows"] > 0


def test_a_plan_of_the_comparison_is_a_plan_file(tmp_path: Path) -> None:
    from matching.planfile import read_plan
    from matching.solver.check import judge

    (record,) = compare("small", [2], 3, ["greedy"], 20.0, tmp_path, keep=True)
    assert record.solution is not None
    told, plan = read_plan(Path(record.solution).read_bytes(), week("small", 2))
    assert tuple(level.value for level in told.levels) == record.vector
    assert not told.is_proven
    judgement = judge(plan, week("small", 2), ready("small", 2).rules)
    assert judgement.breaches == ()
    assert judgement.levels == record.vector


def test_a_solver_that_overruns_is_ended_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_READING_S", 0.0)
    late = replace(order("alns", limit_s=0.01), scenario="none.json", result=str(tmp_path / "a.json"))
    record = race(late, grace_s=0.0)
    assert record.status == "out_of_time"
    assert record.vector is None


def test_a_process_that_breaks_is_a_record_too(tmp_path: Path) -> None:
    broken = replace(order("greedy"), scenario=str(tmp_path / "none.json"), result=str(tmp_path / "a.json"))
    record = race(broken)
    assert record.status == "failed"
    assert "FileNotFoundError" in record.note


def test_a_solver_that_fails_is_recorded_and_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(told: Instance, clock: Clock, seed: int) -> Answer:
        return Answer(tuple(range(len(told.program.candidates.items))))

    record, answer = solve(order("greedy"), broken, ready("small", 2), Clock(9.0))
    assert record.status == "failed"
    assert answer is None


def test_placing_nobody_without_a_proof_is_no_answer() -> None:
    def idle(told: Instance, clock: Clock, seed: int) -> Answer:
        return Answer((), levels_of(told.program, ()))

    def proof(told: Instance, clock: Clock, seed: int) -> Answer:
        levels = levels_of(told.program, ())
        return Answer((), tuple(Level(level.name, level.value, level.value) for level in levels))

    record, answer = solve(order("alns"), idle, ready("tiny", 1), Clock(9.0))
    assert (record.status, record.vector, answer) == ("out_of_time", None, None)
    record, answer = solve(order("alns"), proof, ready("tiny", 1), Clock(9.0))
    assert record.status == "no_plan"
    assert answer is not None


def test_the_worker_writes_whole_files_only(tmp_path: Path) -> None:
    from benchmarks.generate import generate, to_bytes
    from geodata.layers import Layers
    from geodata.network import TravelNetwork

    layers = Layers.load()
    scenario, result = tmp_path / "week.json", tmp_path / "result.json"
    scenario.write_bytes(to_bytes(generate(instance("tiny", 1), layers, TravelNetwork.load(layers))))
    told = tmp_path / "order.json"
    told.write_bytes(as_json(replace(order("greedy", limit_s=9.0), scenario=str(scenario), result=str(result))))
    assert work([str(told)]) == 0
    assert Record.of(json.loads(result.read_bytes())).judged is True
    assert sorted(path.name for path in tmp_path.iterdir()) == ["order.json", "result.json", "week.json"]


def test_the_order_rotates() -> None:
    assert {rotated(["a", "b", "c"], seed)[0] for seed in range(3)} == {"a", "b", "c"}


@pytest.mark.parametrize(
    "arguments",
    [["--solvers", "gurobi"], ["--solvers", ""], ["--seeds", "0"], ["--time-limit", "0"], ["--size", "XXL"]],
)
def test_wrong_usage_runs_nothing(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert capsys.readouterr().out == ""
