"""How the stays of cases stand to what their cases tell now: holds made for other facts, households that have grown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from service.store.repository.stays import HOLDING
from service.store.repository.world import Snapshot

__all__ = ["Standing", "assessed", "keys_of", "standings"]


@dataclass(frozen=True)
class Standing:
    """A stay that fills its beds for a case.

    Parameters
    ----------
    is_hold : nobody lives there yet
    is_outdated : it was held for other facts of its own case than those of today
    is_reassessed : and nothing of them is other than the assessment, which holds
    newcomers : keys of persons of the case who were not of its household when it was held
    """

    stay: UUID
    case: UUID
    kind: str
    is_hold: bool
    is_outdated: bool
    is_reassessed: bool
    newcomers: frozenset[str] = field(repr=False)


def keys_of(household: Any) -> frozenset[str]:
    """Keys of the persons of a household as told.

    Examples
    --------
    >>> sorted(keys_of([{"person_key": "b"}, {"person_key": "a"}]))
    ['a', 'b']
    """
    return frozenset(str(member["person_key"]) for member in household)


def assessed(basis: str) -> tuple[str, int | None]:
    """What a basis tells beside the assessments, and the number of the newest; none: there is none, or it is withdrawn.

    Examples
    --------
    >>> assessed("1/2/yes/1,2"), assessed("1/2/yes/1,2w"), assessed("1/0/None/")
    (('1/2/yes', 2), ('1/2/yes', None), ('1/0/None', None))
    """
    rest, _, versions = basis.rpartition("/")
    newest = versions.rpartition(",")[2]
    return rest, int(newest) if newest.isdigit() else None


def standings(
    snapshot: Snapshot, opened_stays: Mapping[Any, Any], opened_cases: Mapping[Any, Any]
) -> tuple[Standing, ...]:
    """Every live stay of a case that can be read."""
    cases = {row.id: row for row in snapshot.cases}
    found = []
    for row in snapshot.stays:
        case = None if row.case is None else cases.get(row.case)
        told = opened_stays.get((row.id, row.version))
        if case is None or row.state not in (*HOLDING, "placed") or not isinstance(told, dict):
            continue
        details = opened_cases.get((case.id, case.details))
        household = keys_of(details["household"]) if isinstance(details, dict) else frozenset()
        there = keys_of(told["placement"]["household"]) if "placement" in told else household
        made_for = told.get("basis")
        # Whom the provider of an emergency expects may be there already: nobody takes that bed away.
        is_hold = row.state in HOLDING and (row.kind, row.state) != ("emergency", "confirmed")
        # What an emergency is held for is written later, by and by: only who comes along counts.
        changed = household != there if row.kind == "emergency" else made_for not in (None, case.basis)
        rest, newest = assessed(case.basis)
        again = newest is not None and isinstance(made_for, str) and assessed(made_for)[0] == rest
        outdated = is_hold and changed
        found.append(
            Standing(row.id, case.id, row.kind, is_hold, outdated, outdated and again, household - there)
        )  # fmt: skip
    return tuple(found)
