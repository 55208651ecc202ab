"""What follows for a pair of networks from records about other pairs, with the records it follows from.

After a chain of splits every relation follows for every pair of its halves, and each ally's rivals over
every half of the ally. The same hostility told a hundred times helps nobody who keeps the networks: of a
pair for which more than `MOST_WAYS` follow, those of a kind are told together, on the same days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final, Literal, TypeVar

import networkx as nx

from matching.domain import Relation
from matching.intelligence.statements import Statement
from matching.networks import Window, halves, intersect, merged

__all__ = ["MOST_WAYS", "Derived", "Pair", "kept_by_halves", "pair_of", "rivals_of_allies"]

Pair = tuple[str, str]
Days = tuple[Window, ...]

MOST_WAYS: Final = 6
"""A pair for which one thing follows in more ways has them told together; an ordinary week has two or three."""


@dataclass(frozen=True)
class Derived:
    """What follows for a pair from records about other pairs.

    Parameters
    ----------
    kind : rival or allied
    by : `half`: a half of a split keeps the other's relations; `rival_of_ally`: on policy
    windows : days on which it counts
    percent : of the record, the largest of several; 100 for `rival_of_ally`, which only certain hostility gives
    is_certain : a rivalry less certain counts in RISK alone
    records : ids of relations that give it on all its days, splits on the way included; these alone give it
    ally_of, via : the network that has the ally, and the ally whose rival it is, or the first of several; none for
        a half
    each : (days, percent) of every record, several told together
    """

    kind: Literal["rival", "allied"]
    by: Literal["half", "rival_of_ally"]
    windows: Days
    percent: int
    is_certain: bool
    records: tuple[str, ...]
    ally_of: str | None = None
    via: str | None = None
    each: tuple[tuple[Window, int], ...] = ()

    @property
    def told(self) -> tuple[tuple[Window, int], ...]:
        """(days, percent), one a record, as RISK counts them.

        Examples
        --------
        >>> Derived("rival", "half", ((1, 5),), 10, False, ("r0", "s0")).told
        (((1, 5), 10),)
        """
        return self.each or tuple((window, self.percent) for window in self.windows)


def pair_of(a: str, b: str) -> Pair:
    """Two networks, smaller id first.

    Examples
    --------
    >>> pair_of("red", "blue")
    ('blue', 'red')
    """
    return (a, b) if a < b else (b, a)


Way = TypeVar("Way")


def _enough(ways: Iterable[Way], days_of: Callable[[Way], Days]) -> list[Way]:
    """Of ways, earlier ones first, those needed for all days of all."""
    picked: list[Way] = []
    covered: Days = ()
    for way in ways:
        grown = merged([*covered, *days_of(way)])
        if grown != covered:
            covered = grown
            picked.append(way)
    return picked


# -- halves of splits ------------------------------------------------------------------------------


def kept_by_halves(
    relations: Sequence[Relation], statements: Mapping[Pair, Sequence[Statement]]
) -> dict[Pair, list[Derived]]:
    """Rivalries and alliances that every half of a split has from the others.

    Parameters
    ----------
    relations : every record
    statements : the same by pair

    Examples
    --------
    >>> kept_by_halves([], {})
    {}
    """
    parts = halves(relations)
    chain = _chains(parts, statements)
    between: dict[tuple[frozenset[str], frozenset[str]], list[tuple[Pair, Statement]]] = defaultdict(list)
    for pair, told in statements.items():
        bodies = [parts[one] for one in pair]
        bodies.sort(key=min)
        if len(bodies[0]) > 1 or len(bodies[1]) > 1:
            between[bodies[0], bodies[1]].extend((pair, one) for one in told if one.kind != "split")

    found: dict[Pair, list[Derived]] = {}
    for (one_body, other_body), all_told in between.items():
        for pair in {pair_of(one, other) for one in one_body for other in other_body if one != other}:
            kept = [told for told in all_told if told[0] != pair]
            if len(kept) <= MOST_WAYS:
                told_together = [[told] for told in kept]
            else:
                kinds = sorted({(told.kind, told.is_certain) for _, told in kept})
                told_together = [[one for one in kept if (one[1].kind, one[1].is_certain) == kind] for kind in kinds]
            if kept:
                found[pair] = [_kept(pair, told, parts, chain) for told in told_together]
    return found


def _kept(
    pair: Pair,
    told: Sequence[tuple[Pair, Statement]],
    parts: Mapping[str, frozenset[str]],
    chain: Callable[[str, str], frozenset[str]],
) -> Derived:
    """Statements of one kind about other halves, for this pair."""

    def chains(about: Pair) -> tuple[frozenset[str], frozenset[str]]:
        # Both ways round fit where all four are halves of one another.
        a, b = about
        other, one = pair if pair[1] in parts[a] and pair[0] in parts[b] else pair[::-1]
        return chain(a, one), chain(b, other)

    shortest_first = sorted(told, key=lambda one: sum(map(len, chains(one[0])))) if len(told) > 1 else told
    picked = _enough(shortest_first, lambda one: (one[1].live,))
    splits = {split for about, _ in picked for records in chains(about) for split in records}
    first = told[0][1]
    return Derived(
        kind="allied" if first.kind == "allied" else "rival",
        by="half",
        windows=merged(statement.live for _, statement in told),
        percent=max(statement.percent for _, statement in told),
        is_certain=first.is_certain,
        records=(*(statement.record for _, statement in picked), *sorted(splits)),
        each=tuple((statement.live, statement.percent) for _, statement in told) if len(told) > 1 else (),
    )


def _chains(
    parts: Mapping[str, frozenset[str]], statements: Mapping[Pair, Sequence[Statement]]
) -> Callable[[str, str], frozenset[str]]:
    """Records of the shortest chain of splits from one half to another; none from a half to itself."""
    splits: nx.Graph[str] = nx.Graph()
    splits.add_nodes_from(sorted(parts))
    for (a, b), told in sorted(statements.items()):
        splits.add_edges_from((a, b, {"record": one.record}) for one in told if one.kind == "split")

    @cache
    def chain(one: str, other: str) -> frozenset[str]:
        found = nx.shortest_path(splits, one, other)
        return frozenset(str(splits.edges[link]["record"]) for link in pairwise(found))

    return chain


# -- rivals of allies ------------------------------------------------------------------------------


@dataclass
class _Side:
    """The alliances, or the certain hostilities, of one network with another: their days and where from."""

    sources: list[tuple[Days, tuple[str, ...]]]

    @property
    def days(self) -> Days:
        return merged(window for days, _ in self.sources for window in days)

    @property
    def fewest_records(self) -> int:
        return min(len(records) for _, records in self.sources)


def rivals_of_allies(
    statements: Mapping[Pair, Sequence[Statement]], by_half: Mapping[Pair, Sequence[Derived]]
) -> dict[Pair, list[Derived]]:
    """Certain rivals, and hostile halves, of each ally: on the days of both, with the records of both.

    Parameters
    ----------
    statements : every record by pair
    by_half : what `kept_by_halves` made of them

    Examples
    --------
    >>> rivals_of_allies({}, {})
    {}
    """
    rivals: dict[str, dict[str, _Side]] = defaultdict(dict)
    friends: dict[str, dict[str, _Side]] = defaultdict(dict)

    def note(pair: Pair, kind: str, days: Days, records: tuple[str, ...]) -> None:
        side = friends if kind == "allied" else rivals
        for one, other in (pair, pair[::-1]):
            side[one].setdefault(other, _Side([])).sources.append((days, records))

    for pair, told in statements.items():
        for statement in told:
            if statement.is_certain:
                note(pair, statement.kind, (statement.live,), (statement.record,))
    for pair, kept in by_half.items():
        for one in kept:
            if one.is_certain:
                note(pair, one.kind, one.windows, one.records)

    allied_days = {(one, ally): side.days for one, sides in friends.items() for ally, side in sides.items()}
    rival_days = {(ally, rival): side.days for ally, sides in rivals.items() for rival, side in sides.items()}
    shared_days = cache(intersect)
    found: dict[Pair, list[Derived]] = defaultdict(list)
    for network in sorted(friends):
        ways: dict[str, list[tuple[str, Days]]] = defaultdict(list)
        for ally in sorted(friends[network]):
            for rival in rivals.get(ally, ()):
                shared = shared_days(allied_days[network, ally], rival_days[ally, rival])
                if rival != network and shared:
                    ways[rival].append((ally, shared))
        for rival, over in sorted(ways.items()):
            told_together = [[way] for way in over] if len(over) <= MOST_WAYS else [over]
            found[pair_of(network, rival)] += [
                _inherited(network, told, friends[network], {ally: rivals[ally][rival] for ally, _ in told})
                for told in told_together
            ]
    return dict(found)


def _inherited(
    network: str, told: Sequence[tuple[str, Days]], alliances: Mapping[str, _Side], rivalries: Mapping[str, _Side]
) -> Derived:
    """Hostility to one rival through these allies, on the days shared with each."""
    shortest_first = sorted(told, key=lambda way: alliances[way[0]].fewest_records + rivalries[way[0]].fewest_records)
    picked = _enough(shortest_first, lambda way: way[1])
    records = {
        record
        for ally, shared in picked
        for days, of in (*alliances[ally].sources, *rivalries[ally].sources)
        if intersect(days, shared)
        for record in of
    }
    days = merged(window for _, shared in told for window in shared)
    return Derived("rival", "rival_of_ally", days, 100, True, tuple(sorted(records)), network, picked[0][0])
