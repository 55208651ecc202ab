"""What one solver made of one instance, and which of two results is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from matching.solver.program import LEVELS

__all__ = ["STATUSES", "Level", "Record", "better"]

STATUSES: Final = ("optimal", "feasible", "no_plan", "out_of_time", "failed")


@dataclass(frozen=True)
class Level:
    """Value of a level, and the least value not ruled out given the levels before it; none: nothing is known.

    Examples
    --------
    >>> Level("risk", 110, 100).gap, Level("risk", 0, 0).gap, Level("soft", 3, None).gap
    (0.09090909090909091, 0.0, None)
    """

    name: str
    value: int
    bound: int | None

    @property
    def is_proven(self) -> bool:
        """Whether no plan can be better on this level, given the levels before it."""
        return self.value == self.bound

    @property
    def gap(self) -> float | None:
        """Share of the value that is not ruled out; none without a bound."""
        return None if self.bound is None else (self.value - self.bound) / max(1, abs(self.value))


@dataclass(frozen=True)
class Record:
    """One solver on one instance; times in seconds of the wall's clock, memory in megabytes.

    Parameters
    ----------
    solver, size, seed, starts, time_limit_s : what was asked
    status : one of `STATUSES`; `no_plan`: nobody can be placed; `failed`: `note` says how
    objective, bound, gap : by level; empty without an answer
    time_to_first_s, time_to_best_s, time_to_proof_s : from the start of the filter; none: never
    filter_s : finding candidates, the same for all solvers
    build_s : writing clauses and the solver's own model
    total_s : filter, build and search
    rows, variables : of the solver's own model; none: it has none
    peak_mb : of the whole process, reading the file included
    judged : whether every rule accepts the plan and counts the same levels; none: there is no plan
    solution : path of the plan file
    """

    solver: str
    size: str
    seed: int
    starts: int
    time_limit_s: float
    status: str
    objective: Mapping[str, int] = field(default_factory=dict)
    bound: Mapping[str, int | None] = field(default_factory=dict)
    gap: Mapping[str, float | None] = field(default_factory=dict)
    time_to_first_s: float | None = None
    time_to_best_s: float | None = None
    time_to_proof_s: float | None = None
    filter_s: float | None = None
    build_s: float | None = None
    total_s: float | None = None
    rows: int | None = None
    variables: int | None = None
    peak_mb: float | None = None
    judged: bool | None = None
    solution: str | None = None
    note: str = ""

    @property
    def vector(self) -> tuple[int, ...] | None:
        """The levels in their order; none without an answer."""
        return tuple(self.objective[name] for name in LEVELS) if self.objective else None

    @property
    def proven_s(self) -> float | None:
        """Seconds to the proof, when it came within the limit."""
        proof_s = self.time_to_proof_s
        return proof_s if proof_s is not None and proof_s <= self.time_limit_s else None

    def to_json(self) -> dict[str, Any]:
        """JSON-able fields, in order."""
        return asdict(self)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Record:
        """A record read again.

        Raises
        ------
        ValueError : a field is missing or unknown
        """
        names = [one.name for one in fields(cls)]
        if set(told) != set(names):
            raise ValueError("this is no record of benchmarks.peers: fields are missing or unknown")
        return cls(**told)


def better(a: tuple[int, ...] | None, b: tuple[int, ...] | None) -> int:
    """Lexicographic comparison of two objective vectors: -1 the first is better, 1 the second, 0 alike.

    Any vector is better than none.

    Examples
    --------
    >>> better((0, 2, 9), (0, 3, 0)), better((1,), (1,)), better(None, (7,)), better(None, None)
    (-1, 0, 1, 0)
    """
    if a == b:
        return 0
    if a is None or b is None:
        return 1 if a is None else -1
    return -1 if a < b else 1
