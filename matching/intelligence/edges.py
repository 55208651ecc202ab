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
from typing import Literal

from matching.domain import Policy, Relation
from matching.intelligence.following import Derived, Pair, kept_by_halves, pair_of, rivals_of_allies
from matching.intelligence.statements import Kind, Statement, Tie, age_days, is_stale, statement_of, ties_of
from matching.networks import Window, merged

__all__ = ["Derived", "Edge", "Kind", "Statement", "Tie", "age_days", "is_stale", "merged_edges"]

State = Literal["kept_apart", "in_risk", "allied", "ended"]


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
        follows = [(one.kind, day, percent, one.is_certain) for one in self.derived for day, percent in one.told]
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
        statements[pair_of(relation.a, relation.b)].append(statement_of(relation, policy, today))
    by_half = kept_by_halves(told, statements)
    by_ally = rivals_of_allies(statements, by_half) if policy.rival_of_ally_counts else {}
    return tuple(
        Edge(*pair, ties_of(statements.get(pair, [])), (*by_half.get(pair, ()), *by_ally.get(pair, ())))
        for pair in sorted({*statements, *by_half, *by_ally})
    )
