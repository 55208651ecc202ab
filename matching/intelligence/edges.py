"""Everything said about one pair of networks as one edge, with what follows from it for other pairs.

The merge rule, word for word in docs/decisions/0013-merging-intelligence.md: the more dangerous
statement counts. A statement ends only by its own end, confirmed and come; another source's end, or
an alliance told of the same pair, takes nothing away. The engine applies the same rule as a union
(`matching.networks`); here each day and each derived hostility keeps the records it comes from, and
tests/test_network_merge.py holds the two against each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

import networkx as nx

from matching.domain import Policy, Provenance, Relation
from matching.facts import FOREVER
from matching.networks import Window, halves, intersect, merged, window_of

__all__ = ["Derived", "Edge", "Kind", "Statement", "Tie", "age_days", "is_stale", "merged_edges"]

Kind = Literal["rival", "allied", "split"]
State = Literal["kept_apart", "in_risk", "allied", "ended"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Statement:
    """What one record says of a pair.

    Parameters
    ----------
    record : id of the relation
    kind : rival, allied or split
    start, end : as told, ``[start, end)``; no end: open
    end_confirmed : of the end
    live : days on which it counts, ordinals
    percent : how sure the source is
    is_certain : a rivalry from the policy's `certain_from_percent` on; a split or an alliance at any probability
    provenance : source, day of recording, last confirmation
    age_days : since the last confirmation or the recording; none when neither day has come
    is_stale : it still counts, and is older than the policy's `confirmation_age_days`
    """

    record: str
    kind: Kind
    start: date
    end: date | None
    end_confirmed: bool
    live: Window
    percent: int
    is_certain: bool
    provenance: Provenance
    age_days: int | None
    is_stale: bool


@dataclass(frozen=True)
class Tie:
    """All statements of one kind about one pair.

    Parameters
    ----------
    kind : rival, allied or split
    windows : days on which any of them counts
    certain_windows : days on which a certain one does
    percent : the largest
    statements : the records, by start and id
    """

    kind: Kind
    windows: tuple[Window, ...]
    certain_windows: tuple[Window, ...]
    percent: int
    statements: tuple[Statement, ...]

    def has_ended(self, today: int) -> bool:
        """Whether every statement has ended, confirmed."""
        return all(one.live[1] <= today for one in self.statements)

    def percent_from(self, today: int) -> int:
        """The largest of the statements that still count; of all when none does."""
        live = [one.percent for one in self.statements if one.live[1] > today]
        return max(live, default=self.percent)


@dataclass(frozen=True)
class Derived:
    """What follows for a pair from records about other pairs.

    Parameters
    ----------
    kind : rival or allied
    by : `half`: a half of a split keeps the other's relations; `rival_of_ally`: on policy
    windows : days on which it counts
    percent : of the record, 100 for `rival_of_ally`, which only certain hostility gives
    is_certain : a rivalry less certain counts in RISK alone
    records : ids of the relations it comes from, splits on the way included; these alone give it
    ally_of, via : the network that has the ally, and the ally whose rival it is; none for a half
    """

    kind: Literal["rival", "allied"]
    by: Literal["half", "rival_of_ally"]
    windows: tuple[Window, ...]
    percent: int
    is_certain: bool
    records: tuple[str, ...]
    ally_of: str | None = None
    via: str | None = None


@dataclass(frozen=True)
class Edge:
    """A pair of networks, `a` before `b`: what is told of it, a tie a kind, and what is derived.

    Examples
    --------
    >>> Edge("blue", "red", (), ()).state(today=0)
    'ended'
    """

    a: str
    b: str
    ties: tuple[Tie, ...]
    derived: tuple[Derived, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All records about the pair itself."""
        return tuple(statement for tie in self.ties for statement in tie.statements)

    @property
    def hostile_windows(self) -> tuple[Window, ...]:
        """Days on which their members are kept apart."""
        told = [window for tie in self.ties if tie.kind != "allied" for window in tie.certain_windows]
        follows = [day for one in self.derived if one.kind == "rival" and one.is_certain for day in one.windows]
        return merged([*told, *follows])

    @property
    def allied_windows(self) -> tuple[Window, ...]:
        """Days on which they are allied."""
        told = [window for tie in self.ties if tie.kind == "allied" for window in tie.windows]
        return merged([*told, *(day for one in self.derived if one.kind == "allied" for day in one.windows)])

    @property
    def uncertain(self) -> tuple[tuple[str, int, int, int], ...]:
        """(kind, start, end, percent) of improbable rivalries and all alliances, one a record, as RISK reads them."""
        told = [(one.kind, one.live, one.percent, one.is_certain) for one in self.statements]
        follows = [(one.kind, day, one.percent, one.is_certain) for one in self.derived for day in one.windows]
        return tuple(
            sorted(
                (kind, *window, percent)
                for kind, window, percent, is_certain in (*told, *follows)
                if kind == "allied" or (kind == "rival" and not is_certain)
            )
        )

    def state(self, today: int) -> State:
        """What counts from `today` on, the most dangerous first."""

        def lasts(windows: tuple[Window, ...]) -> bool:
            return any(end > today for _, end in windows)

        if lasts(self.hostile_windows):
            return "kept_apart"
        if lasts(tuple((start, end) for kind, start, end, _ in self.uncertain if kind == "rival")):
            return "in_risk"
        return "allied" if lasts(self.allied_windows) else "ended"


def age_days(provenance: Provenance, today: int) -> int | None:
    """Days since it was last confirmed or recorded; none when no such day has come: a day to come confirms nothing.

    Examples
    --------
    >>> told = Provenance(source="interview", recorded_on=date(2026, 1, 1), confirmed_on=date(2026, 3, 1))
    >>> age_days(told, date(2026, 3, 11).toordinal()), age_days(told, date(2026, 2, 1).toordinal())
    (10, 31)
    """
    days = (provenance.recorded_on, provenance.confirmed_on)
    return min((today - day.toordinal() for day in days if day is not None and day.toordinal() <= today), default=None)


def is_stale(live: Window, age: int | None, policy: Policy) -> bool:
    """Whether something that still counts was not confirmed, nor recorded, for longer than the policy's age."""
    return live[1] == FOREVER and (age is None or age > policy.confirmation_age_days)


def merged_edges(relations: Iterable[Relation], policy: Policy, today: int) -> tuple[Edge, ...]:
    """Every pair of networks of which something is told or follows.

    Parameters
    ----------
    relations : the records, several a pair or none
    policy : what is certain, whether a rival of an ally is one, what is stale
    today : ordinal of the day of planning

    Returns
    -------
    edges by their pair, smaller id first; each pair once

    Source
    ------
    docs/decisions/0013-merging-intelligence.md

    Examples
    --------
    >>> merged_edges([], Policy(), today=0)
    ()
    """
    told = tuple(sorted(relations, key=lambda relation: (relation.start, relation.id)))
    statements: dict[Pair, list[Statement]] = defaultdict(list)
    for relation in told:
        statements[_pair(relation.a, relation.b)].append(_statement(relation, policy, today))
    by_half = _kept_by_halves(told, statements)
    by_ally = _rivals_of_allies(statements, by_half) if policy.rival_of_ally_counts else {}
    return tuple(
        Edge(*pair, _ties(statements.get(pair, [])), (*by_half.get(pair, ()), *by_ally.get(pair, ())))
        for pair in sorted({*statements, *by_half, *by_ally})
    )


def _pair(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


def _statement(told: Relation, policy: Policy, today: int) -> Statement:
    live = window_of(told, told.end_confirmed, today)
    age = age_days(told.provenance, today)
    return Statement(
        record=told.id,
        kind=told.kind,
        start=told.start,
        end=told.end,
        end_confirmed=told.end_confirmed,
        live=live,
        percent=told.probability_percent,
        is_certain=told.kind != "rival" or told.probability_percent >= policy.certain_from_percent,
        provenance=told.provenance,
        age_days=age,
        is_stale=is_stale(live, age, policy),
    )


def _ties(statements: list[Statement]) -> tuple[Tie, ...]:
    kinds: tuple[Kind, ...] = ("rival", "split", "allied")
    by_kind = {kind: tuple(one for one in statements if one.kind == kind) for kind in kinds}
    return tuple(
        Tie(
            kind=kind,
            windows=merged(one.live for one in told),
            certain_windows=merged(one.live for one in told if one.is_certain),
            percent=max(one.percent for one in told),
            statements=told,
        )
        for kind, told in by_kind.items()
        if told
    )


def _kept_by_halves(
    relations: tuple[Relation, ...], statements: dict[Pair, list[Statement]]
) -> dict[Pair, list[Derived]]:
    """Rivalries and alliances that every half of a split has from the others, record by record."""
    parts = halves(relations)
    splits: nx.Graph[str] = nx.Graph()
    splits.add_nodes_from(sorted(parts))
    for (a, b), told in sorted(statements.items()):
        splits.add_edges_from((a, b, {"record": one.record}) for one in told if one.kind == "split")
    found: dict[Pair, list[Derived]] = defaultdict(list)
    for (a, b), told in statements.items():
        ways = {(one, other) for one in parts[a] for other in parts[b] if one != other and {one, other} != {a, b}}
        for pair, (one, other) in sorted({_pair(*way): way for way in sorted(ways)}.items()):
            between = _split_records(splits, a, one) | _split_records(splits, b, other)
            for statement in told:
                if statement.kind == "split":
                    continue
                kept = Derived(
                    kind=statement.kind,
                    by="half",
                    windows=(statement.live,),
                    percent=statement.percent,
                    is_certain=statement.is_certain,
                    records=(statement.record, *sorted(between)),
                )
                found[pair].append(kept)
    return found


def _split_records(splits: nx.Graph[str], one: str, other: str) -> set[str]:
    """Records of the shortest chain of splits from one half to another; none from a half to itself."""
    chain = nx.shortest_path(splits, one, other)
    return {str(splits.edges[link]["record"]) for link in pairwise(chain)}


Sourced = list[tuple[Window, tuple[str, ...]]]


def _rivals_of_allies(
    statements: dict[Pair, list[Statement]], by_half: dict[Pair, list[Derived]]
) -> dict[Pair, list[Derived]]:
    """Certain rivals, and hostile halves, of each ally: on the days of both, with the records of both."""
    rivals: dict[str, dict[str, Sourced]] = defaultdict(lambda: defaultdict(list))
    friends: dict[str, dict[str, Sourced]] = defaultdict(lambda: defaultdict(list))

    def note(pair: Pair, kind: Kind, window: Window, records: tuple[str, ...]) -> None:
        side = friends if kind == "allied" else rivals
        for one, other in (pair, pair[::-1]):
            side[one][other].append((window, records))

    for pair, statements_of in statements.items():
        for statement in statements_of:
            if statement.is_certain:
                note(pair, statement.kind, statement.live, (statement.record,))
    for pair, kept in by_half.items():
        for one in kept:
            if one.is_certain:
                note(pair, one.kind, one.windows[0], one.records)

    found: dict[Pair, list[Derived]] = defaultdict(list)
    for network in sorted(friends):
        for ally, alliance in sorted(friends[network].items()):
            for rival, rivalry in sorted(rivals[ally].items()) if ally in rivals else ():
                shared = intersect((day for day, _ in alliance), (day for day, _ in rivalry))
                if rival == network or not shared:
                    continue
                records = {one for day, told in (*alliance, *rivalry) if intersect([day], shared) for one in told}
                inherited = Derived("rival", "rival_of_ally", shared, 100, True, tuple(sorted(records)), network, ally)
                found[_pair(network, rival)].append(inherited)
    return found
