"""The judgement of everybody present, asked again only of what is new: the same findings, in a fraction of the time.

A register judges all pairs of people after every change. In a run nobody changes but sham people and who moves in
beside them, so pairs of the others are judged once a day; the findings are those of the whole judgement (the tests
compare).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from matching.constraints import meeting, rival_separation
from matching.constraints.base import Constraint
from matching.encounters import live_pairs, without_own
from matching.facts import Facts, Presence
from matching.plans import Violation
from matching.repair.alerts import live_findings
from service.engine import rejudge
from service.store.repository import judging

__all__ = ["Judgement"]

_PAIRS = 2


class Judgement:
    """What was found of people of whom nothing changes, kept for the day.

    Parameters
    ----------
    settled : ids of their stays
    """

    def __init__(self, settled: Collection[str]) -> None:
        self._settled = frozenset(settled)
        self._seen: object = None
        self._quiet: frozenset[str] = frozenset()

    def findings(self, facts: Facts, rules: Sequence[Constraint]) -> tuple[Violation, ...]:
        """`live_findings`."""
        seen = facts.today, facts.network_feuds, len(facts.person_feuds), facts.policy
        if self._seen != seen:
            self._seen, self._quiet = seen, frozenset()
        with (
            patch.object(meeting, "live_pairs", self._pairs),
            patch.object(rival_separation, "live_pairs", self._pairs),
        ):
            found = live_findings(facts, rules)
        names = facts.names.presences
        told = ({names[number] for kind, number in one.parties if kind == "presence"} for one in found)
        # When two of them meet, all are asked every time: what was found must be found again.
        is_calm = not any(len(parties & self._settled) == _PAIRS for parties in told)
        self._quiet = self._settled if is_calm else frozenset()
        return found

    def _pairs(self, facts: Facts) -> Iterator[tuple[int, Presence, int, Presence]]:
        """`live_pairs` without those of two people who were asked about before."""
        names = facts.names.presences
        if not self._quiet:
            yield from live_pairs(facts)
            return
        present = [
            (number, item.start_day, replace(item, start_day=max(item.start_day, facts.today)))
            for number, item in enumerate(facts.presences)
            if item.end_day > facts.today
        ]
        new = [one for one in present if names[one[0]] not in self._quiet]
        known = [one for one in present if names[one[0]] in self._quiet]
        for place, one in enumerate(new):
            for other in (*new[place + 1 :], *known):
                first, second = sorted((one, other), key=_number)
                (later, _, coming), (earlier, _, there) = (first, second) if first[1] > second[1] else (second, first)
                rest = without_own(coming, there)
                if rest is not None:
                    yield later, coming, earlier, rest

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """The service judges so until the block ends; without any change it judges once a day, not every other hour."""
        instead: Any = self.findings
        with patch.object(rejudge, "live_findings", instead), patch.object(judging, "EVERY", timedelta(days=1)):
            yield


def _number(one: tuple[int, int, Presence]) -> int:
    return one[0]
