"""CP-SAT's second opinion: a translation of its own, so that what the search's arrays lost is not lost here too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ortools.sat.python import cp_model

from matching.errors import SolverFault
from matching.solver.cpsat import Limits, solver_with
from matching.solver.program import AnyOf, Program

__all__ = ["proven_by_cpsat"]


def proven_by_cpsat(
    program: Program,
    constant: int,
    coefficients: Mapping[int, int],
    limits: Limits,
    time_s: float,
    levels: Sequence[tuple[Mapping[int, int], int]] = (),
) -> int | None:
    """Least value an objective over candidates can take, as CP-SAT alone proves it; none when it does not in time.

    Parameters
    ----------
    program : clauses, read one by one; no arrays, no fixing
    constant, coefficients : the objective, of candidates only
    limits : workers, seed, whether repeatable
    time_s : limit in seconds
    levels : objectives finished before, of candidates only, and the most each may be

    Raises
    ------
    SolverFault : CP-SAT calls infeasible what a plan fulfils
    """
    model = cp_model.CpModel()
    x = [model.new_bool_var("") for _ in program.candidates.items]
    y = {-n: model.new_bool_var("") for n, told in enumerate(program.auxiliaries, 1) if isinstance(told, AnyOf)}

    def of(literal: int) -> cp_model.IntVar:
        return x[literal] if literal >= 0 else y[literal]

    def total(terms: Iterable[tuple[int, int]]) -> cp_model.LinearExprT:
        pairs = list(terms)
        return cp_model.LinearExpr.weighted_sum([of(n) for n, _ in pairs], [amount for _, amount in pairs])

    for number in sorted(program.forbidden):
        model.add(x[number] == 0)
    for literal, variable in y.items():
        told = program.auxiliaries[-literal - 1]
        for group in told.groups if isinstance(told, AnyOf) else ():
            for number in group:
                model.add_implication(x[number], variable)
    for packing in program.packings:
        model.add_at_most_one([of(literal) for literal in packing])
    for terms, bound in program.rows:
        model.add(total(terms) <= bound)
    for first, later in program.links:
        model.add(total((n, 1) for n in first) == total((n, 1) for n in later))
    for level, most in levels:
        model.add(total(level.items()) <= most)
    model.minimize(total(coefficients.items()) + constant)
    solver = solver_with(time_s, limits.seed, 1 if limits.audit else limits.workers, is_audit=limits.audit)
    status = solver.solve(model)
    if status in (cp_model.INFEASIBLE, cp_model.MODEL_INVALID):
        raise SolverFault("the second solver calls infeasible what a plan fulfils")
    return round(solver.objective_value) if status == cp_model.OPTIMAL else None
