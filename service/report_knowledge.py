"""Confidence and age of knowledge: what is to be looked at by hand before the plan is relied on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

from matching.facts import Facts
from matching.knowledge import SENTENCES, Flag, caveats, flags_of
from matching.plans import Plan
from service.report_capacity import words

__all__ = ["FlagRow", "KnowledgeView", "knowledge_view"]

_OF_STAYS: Final[frozenset[Flag]] = frozenset({"unlisted_locality", "vetting_or_contract_expires_during_stay"})
_OF_BOTH: Final[frozenset[Flag]] = frozenset({"link_to_nobody_known"})
_OF_LIVE: Final[frozenset[Flag]] = frozenset({"no_case_file", "assessment_expired"})


@dataclass(frozen=True)
class FlagRow:
    """One flag: what it says, for how many of how many it is raised, and for whom."""

    flag: str
    sentence: str
    count: int
    of: int
    kind: str
    who: tuple[str, ...]


@dataclass(frozen=True)
class KnowledgeView:
    """Every flag that is raised, in order; the names of the others; what poor knowledge has changed."""

    rows: tuple[FlagRow, ...]
    silent: tuple[str, ...]
    caveats: tuple[str, ...]


def knowledge_view(facts: Facts, plan: Plan) -> KnowledgeView:
    """Flags of the waiting cases, the planned stays and the live placements, counted.

    Parameters
    ----------
    facts : what the rules read
    plan : whose stays are looked at

    Source
    ------
    `matching.knowledge`
    """
    found = flags_of(facts, plan)
    cases = [(facts.names.cases[number], flags) for number, flags in enumerate(found.cases)]
    live = [(facts.names.presences[number], flags) for number, flags in found.presences.items()]
    every = [
        _row(
            flag,
            [*(cases if flag not in _OF_LIVE else ()), *(live if flag in _OF_LIVE | _OF_BOTH else ())],
            facts,
            plan,
        )
        for flag in get_args(Flag)
    ]
    return KnowledgeView(
        rows=tuple(row for row in every if row.count),
        silent=tuple(row.flag for row in every if not row.count),
        caveats=caveats(facts),
    )


def _row(flag: Flag, told: Sequence[tuple[str, tuple[Flag, ...]]], facts: Facts, plan: Plan) -> FlagRow:
    who = tuple(name for name, flags in told if flag in flags)
    of, kind = len(facts.cases), "waiting case"
    if flag in _OF_STAYS:
        of, kind = len(plan.cases()), "placed case"
    elif flag in _OF_LIVE:
        of, kind = len(facts.live), "live placement"
    elif flag in _OF_BOTH:
        of, kind = len(facts.cases) + len(facts.live), "household"
    return FlagRow(words(flag), SENTENCES[flag], len(who), of, kind, who)
