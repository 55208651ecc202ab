"""What a relaxation is. One kind is one file here, named as the kind, and has tests of both sides.

A relaxation changes one fact that work can change: a date, a bed, an agreement. It never touches who threatens whom,
where anybody is, what an assessment says or what the gate asks: `RELAXABLE` names all rules that may ever give way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final

from matching.facts import Case, Facts, Stay
from matching.plans import Objection
from matching.relaxations.costs import Costs

__all__ = ["N_", "RELAXABLE", "Change", "Relaxation", "Shut", "with_case", "with_facility"]


def N_(text: str) -> str:  # noqa: N802 - the name under which gettext's tools collect messages
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return text


RELAXABLE: Final = frozenset({"contract", "needs_met", "place_capacity", "provider_vetting", "start_in_time"})
"""Rules about work somebody can do. Every other hard rule stands between a household and a threat, or is the law."""


@dataclass(frozen=True)
class Shut:
    """A way to serve one leg that exactly one rule refuses, and it is one of `RELAXABLE`."""

    leg: int
    facility: int
    first_day: int
    stay: Stay
    rule: str
    objection: Objection


@dataclass(frozen=True)
class Change:
    """One fact, changed.

    Parameters
    ----------
    kind : name of the relaxation
    cost : working days of administration, see `Costs`
    values : parameters of the kind's sentence; whole numbers, days as ordinals, codes as text
    apply : facts with the one fact changed; nothing else differs
    first_day : the start it is to open, days
    leg, facility : the way it is to open; -1 where it is for any leg and facility
    variant : of changes of one kind, kommun and variant only the cheapest is of interest
    """

    kind: str
    cost: int
    values: tuple[tuple[str, int | str], ...]
    apply: Callable[[Facts], Facts] = field(repr=False, compare=False)
    first_day: int
    leg: int = -1
    facility: int = -1
    variant: str = ""


class Relaxation(ABC):
    """A kind of change; see the module's head. Class attributes are public and never renamed.

    `sentence` is what the coordinator reads; it names `values` in braces. `lifts` are the rules whose objection it
    can take away. `days` names the values that are days; a value that is text is a code, in the catalogues in words.
    """

    name: ClassVar[str]
    sentence: ClassVar[str]
    lifts: ClassVar[frozenset[str]]
    days: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, costs: Costs | None = None) -> None:
        self.costs = Costs() if costs is None else costs

    @abstractmethod
    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:
        """Changes that may open a way; none of them is proven yet.

        Parameters
        ----------
        case : number of the case
        shut : a way that one rule alone refuses, each in turn; then once none, for changes that are of no way
        facts : as they are
        """


def with_facility(facts: Facts, number: int, **told: Any) -> Facts:
    """The facts with some fields of one facility replaced; what was derived from the others is not taken along."""
    facilities = tuple(replace(one, **told) if place == number else one for place, one in enumerate(facts.facilities))
    return replace(facts, facilities=facilities)


def with_case(facts: Facts, number: int, change: Callable[[Case], Case]) -> Facts:
    """The facts with one waiting case replaced."""
    return replace(facts, cases=tuple(change(one) if at == number else one for at, one in enumerate(facts.cases)))
