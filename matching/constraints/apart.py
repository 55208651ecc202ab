"""Clauses that keep households apart: cliques of households times cliques of spots that are too near.

What `rival_separation` and rules about two households share: who may not be near whom, as a matrix over kinds of
household for each kind of nearness, becomes few clauses instead of one for each pair of cases and of spots.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from matching.cliques import BoolMatrix, products
from matching.constraints.clauses import Clauses
from matching.plans import Candidate

__all__ = ["Nearness", "keep_apart"]

_Groups = dict[tuple[int, int], list[int]]
"""Numbers of candidates by case and leg."""


class Nearness(NamedTuple):
    """Kinds of household of which no two may be at spots too near each other, when both start before a day.

    `near` is (m, m) over spots, symmetric; a spot that is near any is near itself. `pairs` is (n, n) over
    kinds, symmetric, False on the diagonal.
    """

    near: BoolMatrix
    pairs: BoolMatrix
    end_day: int


def keep_apart(
    clauses: Clauses,
    candidates: Sequence[Candidate],
    kind_of: Sequence[int],
    spot_of: Sequence[int],
    nearnesses: Iterable[Nearness],
) -> None:
    """Write that no two kinds of a pair are too near each other.

    Parameters
    ----------
    clauses : written to
    candidates : the choices
    kind_of : by case, the number of its kind; cases of one kind may be anywhere together
    spot_of : by facility, the number of its spot
    nearnesses : what must hold, each of them

    Raises
    ------
    ValueError : a spot is near another and not near itself

    Notes
    -----
    A pair that must be farther apart, and for longer, helps to make larger cliques where less is asked of
    others. Kinds with the same opponents, who may be near each other, share one literal.
    """
    latest_day = max((one.stay.start_day for one in candidates), default=0)
    kinds = _merged(nearnesses, latest_day)
    known: dict[tuple[tuple[int, ...], ...], int] = {}
    at: dict[int, tuple[dict[tuple[int, int], _Groups], BoolMatrix]] = {}
    for one in kinds:
        if one.end_day not in at:
            found = _by_kind_and_spot(candidates, kind_of, spot_of, one.end_day)
            present = np.zeros((len(one.pairs), len(one.near)), dtype=np.bool_)
            present[tuple(np.array(list(found), dtype=np.int64).reshape(-1, 2).T)] = True
            at[one.end_day] = found, present
        here, present = at[one.end_day]
        others = _implied(one, kinds)
        for zone, cliques in products(one.pairs | others, one.pairs & ~others, one.near, present):
            groups = {group for clique in cliques for group in clique}
            kinds_here = sorted({kind for group in groups for kind in group})
            parts: dict[int, list[_Groups]] = defaultdict(list)
            for row, column in np.argwhere(present[kinds_here][:, zone]).tolist():
                parts[kinds_here[row]].append(here[kinds_here[row], zone[column]])
            written: dict[tuple[int, ...], list[int]] = {}
            for group in sorted(groups):
                written[group] = _literals(clauses, [part for kind in group for part in parts[kind]], known)
            for clique in cliques:
                clauses.at_most_one(literal for group in clique for literal in written[group])


def _by_kind_and_spot(
    candidates: Sequence[Candidate], kind_of: Sequence[int], spot_of: Sequence[int], end_day: int
) -> dict[tuple[int, int], _Groups]:
    """Candidates that start before a day, by kind of household and spot, then by case and leg."""
    found: dict[tuple[int, int], _Groups] = defaultdict(lambda: defaultdict(list))
    for number, told in enumerate(candidates):
        if told.stay.start_day < end_day:
            found[kind_of[told.case], spot_of[told.stay.facility]][told.case, told.leg].append(number)
    return found


def _merged(nearnesses: Iterable[Nearness], latest_day: int) -> list[Nearness]:
    """One for each nearness and day; days after every start are alike."""
    merged: dict[tuple[bytes, int], Nearness] = {}
    for one in nearnesses:
        end_day = min(one.end_day, latest_day + 1)
        key = one.near.tobytes(), end_day
        pairs = one.pairs | merged[key].pairs if key in merged else one.pairs
        merged[key] = Nearness(one.near, pairs, end_day)
    return list(merged.values())


def _implied(one: Nearness, kinds: Sequence[Nearness]) -> BoolMatrix:
    """Pairs that must be at least as far apart for at least as long, by what is said elsewhere."""
    pairs = np.zeros_like(one.pairs)
    for other in kinds:
        if other is not one and other.end_day >= one.end_day and not (one.near & ~other.near).any():
            pairs |= other.pairs
    return pairs


def _literals(clauses: Clauses, parts: Sequence[_Groups], known: dict[tuple[tuple[int, ...], ...], int]) -> list[int]:
    """Literals of which one is true when any household of a group is in a zone; equal ones are written once."""
    groups: _Groups = defaultdict(list)
    for part in parts:
        for leg, numbers in part.items():
            groups[leg] += numbers
    key = tuple(tuple(sorted(numbers)) for _, numbers in sorted(groups.items()))
    if len(key) == 1:
        return list(key[0])
    if key not in known:
        known[key] = clauses.any_of(key)
    return [known[key]]
