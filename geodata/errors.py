"""The errors of ``geodata``.

::

    Exception
    └── ValueError
        └── GeodataRejected      yours: a file or a name we cannot use; every fault listed; exit code 2
            └── UnknownLocality  an id that no locality of the layers carries, nor an alias of one

A fault says where (``path``), what is wrong and what is accepted. It never repeats a value found in a file.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing to repair before the input can be used.

    Parameters
    ----------
    path : where: a file, a layer, a column or a row number
    wrong : what is wrong there, without the value
    accepted : what would have been right

    Examples
    --------
    >>> str(Fault("a.gpkg", "no layer holds localities", "a layer with a column TATORTSKOD"))
    'a.gpkg: no layer holds localities (accepted: a layer with a column TATORTSKOD)'
    """

    path: str
    wrong: str
    accepted: str

    def __str__(self) -> str:
        return f"{self.path}: {self.wrong} (accepted: {self.accepted})"


class GeodataRejected(ValueError):
    """Map data we cannot use; nothing was written.

    Parameters
    ----------
    faults : every fault found, in the order of the files

    Examples
    --------
    >>> str(GeodataRejected([Fault("a", "is empty", "rows")]))
    'a: is empty (accepted: rows)'
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class UnknownLocality(GeodataRejected):
    """An id that is neither a locality nor an alias of one."""
