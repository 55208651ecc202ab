"""What can go wrong, and whose it is to mend.

::

    FristadError
    ├── InputRejected     yours: the input cannot be interpreted; carries every fault found (exit 2)
    ├── UnknownCase       yours: the scenario has no case of that id (exit 2)
    ├── UnknownFacility   yours: the scenario has no facility of that id (exit 2)
    ├── OutOfTime         the limit was reached before any answer was proven (exit 4)
    └── SolverFault       ours: solver and rules disagree; nothing is returned (exit 5)

`NoPlan` is an answer, not an error: see `matching.solver.run`.

No message carries an input value, a person's key, a place or an id: a fault names *where* in the
input it lies, what is wrong there and what is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Fault", "FristadError", "InputRejected", "OutOfTime", "SolverFault", "UnknownCase", "UnknownFacility"]


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that makes an input impossible to interpret.

    Parameters
    ----------
    path : where it lies, e.g. ``cases[3].household[0].age_years``
    wrong : what is wrong there, never the value itself
    accepted : what would be accepted there

    Examples
    --------
    >>> print(Fault("cases[0].window", "ends before it starts", "an end after the start"))
    cases[0].window: ends before it starts; accepted: an end after the start
    """

    path: str
    wrong: str
    accepted: str

    def __str__(self) -> str:
        return f"{self.path}: {self.wrong}; accepted: {self.accepted}"


class FristadError(Exception):
    """Base of everything this package raises on purpose."""


class InputRejected(FristadError):
    """The input cannot be interpreted; `faults` holds every reason, in order of path.

    Examples
    --------
    >>> InputRejected([Fault("now", "is missing", "a time with its zone")]).faults[0].path
    'now'
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__(f"input rejected: {len(self.faults)} fault(s)")


class UnknownCase(FristadError):
    """The scenario has no waiting case of the id asked for."""


class UnknownFacility(FristadError):
    """The scenario has no facility of the id asked for."""


class OutOfTime(FristadError):
    """The time limit was reached before a safe answer was found. This proves nothing either way."""


class SolverFault(FristadError):
    """The solver's answer and the rules disagree, or the solver failed: nothing may leave."""
