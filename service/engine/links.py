"""Links between households: who is to live with or near whom counts only when both assessments say so.

A link of the one side alone would lift the separation of former friends without the other side's word, would draw a
household to somebody who may be hiding from it, and would tell its author whether that person is in the register.
Whether the person is known makes no difference here: a link to nobody is as unconfirmed as a link to a stranger. To be
kept farther from somebody is nobody else's business and counts as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from matching.domain import Case, CaseFile, Member, PersonLink, Placement, PlacementAssessment

__all__ = ["Pairs", "is_confirmed", "linked", "pairs", "unconfirmed"]

Pairs = frozenset[tuple[str, str]]
"""Of each household that asks to live with or near a person: each own key, and that person's."""

_TOGETHER: Final = frozenset({"same", "within"})


def _newest(file: Case | CaseFile) -> PlacementAssessment | None:
    return max(file.assessments, key=lambda one: one.version, default=None)


def _wanted(file: Case | CaseFile) -> tuple[PersonLink, ...]:
    newest = _newest(file)
    return () if newest is None else tuple(link for link in newest.links if link.kind in _TOGETHER)


def pairs(cases: Iterable[Case], placements: Iterable[Placement]) -> Pairs:
    """Who asks for whom, by assessments that are not withdrawn."""
    told: list[tuple[Sequence[Member], Case | CaseFile]] = [(case.household, case) for case in cases]
    told += [(one.household, one.case_file) for one in placements if one.case_file is not None]
    found: set[tuple[str, str]] = set()
    for household, file in told:
        newest = _newest(file)
        if newest is not None and not newest.withdrawn:
            found.update((member.person_key, link.person_key) for member in household for link in _wanted(file))
    return frozenset(found)


def is_confirmed(link: PersonLink, household: Sequence[Member], known: Pairs) -> bool:
    """Whether the person a household is linked to asks for one of the household."""
    return link.kind not in _TOGETHER or any((link.person_key, member.person_key) in known for member in household)


def unconfirmed(case: Case, known: Pairs) -> bool:
    """Whether a waiting case asks to live with or near somebody who does not ask for it."""
    return any(not is_confirmed(link, case.household, known) for link in _wanted(case))


def linked(told: Placement, known: Pairs) -> Placement:
    """A placement of whose links those that count are left."""
    file = told.case_file
    newest = None if file is None else _newest(file)
    if file is None or newest is None:
        return told
    kept = tuple(link for link in newest.links if is_confirmed(link, told.household, known))
    if kept == newest.links:
        return told
    counting = newest.model_copy(update={"links": kept})
    versions = tuple(counting if one is newest else one for one in file.assessments)
    return told.model_copy(update={"case_file": file.model_copy(update={"assessments": versions})})
