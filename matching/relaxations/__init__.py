"""The cheapest changes of a single fact that open a place for a case that has none; never of a threat.

One kind of change is one file here, found by its file name, as rules are. Each change that is proposed is proven: the
fact is changed, and every hard rule is asked again about the way it is to open. For a case that has possible
facilities and is crowded out by the queue, the queue is planned again: `matching.relaxations.queue`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from matching.candidates import first_objection, stay_of
from matching.constraints import hard
from matching.constraints.base import Constraint
from matching.facts import Facts, Stay
from matching.refusals import Refusals
from matching.relaxations.base import RELAXABLE, Change, Relaxation, Shut
from matching.steps import is_threat

if TYPE_CHECKING:
    from matching.solver.cpsat import Limits

__all__ = ["Proposed", "Relaxations", "cheapest", "in_order", "kinds", "opened", "shut_ways"]

_NOT_KINDS: Final = frozenset({"base", "costs", "queue"})
MOST_OF_A_KIND: Final = 3
"""So many changes of one kind are proposed: what is tried first shall differ in more than the town."""


@dataclass(frozen=True)
class Proposed:
    """A change that is proven to open a place, with a stay for each leg that every hard rule then accepts."""

    change: Change
    stays: tuple[Stay, ...]


@dataclass(frozen=True)
class Relaxations:
    """Proven changes, the cheapest first, and how many were not examined within the limits.

    `is_of_queue`: the case has possible facilities, and each change lets the whole queue place more.
    """

    proposed: tuple[Proposed, ...]
    unexamined: int = 0
    is_of_queue: bool = False


@cache
def kinds() -> tuple[Relaxation, ...]:
    """Every kind of the package, by name.

    Raises
    ------
    TypeError : a file is not exactly one kind of its name, or lifts a rule that is never relaxed

    Examples
    --------
    >>> "direct_award" in {kind.name for kind in kinds()}
    True
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NOT_KINDS)
    return tuple(_load(name) for name in names)


def _load(name: str) -> Relaxation:
    module = importlib.import_module(f"{__name__}.{name}")
    found = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Relaxation) and kind.__module__ == module.__name__
    ]
    if len(found) != 1 or found[0].name != name:
        raise TypeError(f"{name}.py is not exactly one relaxation of its name")
    if not found[0].lifts <= RELAXABLE:
        raise TypeError(f"{name}.py lifts a rule that is never relaxed")
    return found[0]()


def shut_ways(found: Refusals, facts: Facts) -> Iterator[Shut]:
    """Ways of a case that exactly one rule refuses, if that may be relaxed and does not say why of a threat.

    Parameters
    ----------
    found : from `matching.refusals.refusals`
    facts : the same
    """
    legs = facts.cases[found.case].legs
    for (leg, facility, day), objections in sorted(found.by_option.items()):
        if len(objections) == 1:
            ((rule, objection),) = objections.items()
            if rule in RELAXABLE and not is_threat(rule, objection.reason):
                yield Shut(leg, facility, day, stay_of(legs[leg], facility, day), rule, objection)


def in_order(case: int, shut: Sequence[Shut], facts: Facts) -> list[Change]:
    """Every change of every kind, the cheapest first; of equal ones the earliest start."""
    changes = [change for kind in kinds() for way in (*shut, None) for change in kind.changes(case, way, facts)]
    return sorted(changes, key=lambda one: (one.cost, one.kind, one.variant, one.first_day, one.facility, one.values))


def opened(change: Change, facts: Facts, case: int, rules: Sequence[Constraint]) -> tuple[Stay, ...]:
    """A stay for each leg that every hard rule accepts once the fact is changed; empty: the change opens none.

    Parameters
    ----------
    change : as proposed
    facts : as they are, without the change
    case, rules : number of the case, the rule book
    """
    changed = change.apply(facts)
    told = changed.cases[case]
    if not told.earliest_day <= change.first_day <= told.latest_day:
        return ()
    book = hard(rules)
    stays = []
    for number, leg in enumerate(told.legs):
        at = [change.facility] if number == change.leg else range(len(changed.facilities))
        ways = (stay_of(leg, facility, change.first_day) for facility in at)
        stay = next((way for way in ways if first_objection(told, way, changed, book) is None), None)
        if stay is None:
            return ()
        stays.append(stay)
    return tuple(stays)


def cheapest(found: Refusals, facts: Facts, rules: Sequence[Constraint], limits: Limits, most: int = 10) -> Relaxations:
    """The cheapest single changes that open a place for a case the rules leave none.

    Parameters
    ----------
    found : from `matching.refusals.refusals`; nothing is proposed when it leaves something open
    facts, rules : the queue and the rule book
    limits : for all proofs together
    most : changes proposed

    Returns
    -------
    proven changes, the cheapest first; of one kind, kommun and variant the cheapest alone
    """
    if not found.is_shut:
        return Relaxations(())
    began = time.monotonic()
    proposed: list[Proposed] = []
    done: set[tuple[str, int, str]] = set()
    of_kind: Counter[str] = Counter()
    changes = in_order(found.case, list(shut_ways(found, facts)), facts)
    for number, change in enumerate(changes):
        key = alike(change, facts)
        if key in done or of_kind[change.kind] >= MOST_OF_A_KIND:
            continue
        if len(proposed) == most:
            break
        if limits.left_s(began) <= _LEAST_S:
            return Relaxations(tuple(proposed), unexamined=len({alike(one, facts) for one in changes[number:]} - done))
        stays = opened(change, facts, found.case, rules)
        if stays:
            done.add(key)
            of_kind[change.kind] += 1
            proposed.append(Proposed(change, stays))
    return Relaxations(tuple(proposed))


_LEAST_S: Final = 0.05
"""`Limits` never has less left, seconds."""


def alike(change: Change, facts: Facts) -> tuple[str, int, str]:
    """What makes two changes the same to the coordinator: kind, kommun, variant."""
    if change.facility < 0:
        return change.kind, -1, change.variant
    return change.kind, int(facts.places.kommun[facts.facilities[change.facility].place]), change.variant
