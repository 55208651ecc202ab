"""A program in HiGHS through MathOpt: the second opinion, by another method, on the same clauses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta

from matching.solver.program import AnyOf, Program

__all__ = ["proven_bound"]


def proven_bound(program: Program, constant: int, coefficients: Mapping[int, int], time_s: float) -> int | None:
    """Least value HiGHS proves an objective can take, rounded up; none when it proves nothing in time.

    Parameters
    ----------
    program : clauses
    constant, coefficients : the objective to minimise, integers
    time_s : limit in seconds
    """
    from ortools.math_opt.python import mathopt  # takes a while to load, and is not always asked

    model = mathopt.Model()
    x = [
        model.add_binary_variable() if number not in program.forbidden else model.add_variable(lb=0, ub=0)
        for number in range(len(program.candidates.items))
    ]
    y = [model.add_binary_variable() for _ in program.auxiliaries]
    for number, (told, literal) in enumerate(zip(program.auxiliaries, y, strict=True), start=1):
        for group in told.groups if isinstance(told, AnyOf) else ():
            model.add_linear_constraint(mathopt.fast_sum([x[n] for n in group]) <= literal)
        for a, b in told.pairs if not isinstance(told, AnyOf) and -number in coefficients else ():
            model.add_linear_constraint(mathopt.fast_sum([x[n] for n in (*a, *b)]) <= 1 + literal)

    def of(number: int) -> mathopt.Variable:
        return x[number] if number >= 0 else y[-number - 1]

    for packing in program.packings:
        model.add_linear_constraint(mathopt.fast_sum([of(n) for n in packing]) <= 1)
    for terms, bound in program.rows:
        model.add_linear_constraint(mathopt.fast_sum([amount * of(n) for n, amount in terms]) <= bound)
    for first, later in program.links:
        model.add_linear_constraint(
            mathopt.fast_sum([x[n] for n in first]) - mathopt.fast_sum([x[n] for n in later]) == 0
        )
    model.minimize(mathopt.fast_sum([amount * of(n) for n, amount in coefficients.items()]) + constant)
    parameters = mathopt.SolveParameters(
        time_limit=timedelta(seconds=time_s),
        enable_output=False,
        relative_gap_tolerance=0.0,
        absolute_gap_tolerance=0.0,
    )
    result = mathopt.solve(model, mathopt.SolverType.HIGHS, params=parameters)
    if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
        return None
    return math.ceil(float(result.dual_bound()) - 1e-6)
