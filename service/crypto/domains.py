"""Which kinds of record there are, and which process may open which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

__all__ = ["PROCESS_DOMAINS", "Domain"]


class Domain(StrEnum):
    """A kind of record with master keys of its own.

    Examples
    --------
    >>> Domain("place").name
    'PLACE'
    """

    CASE = "case"
    """Cases, assessments, answers."""
    INTEL = "intel"
    """Networks and relations."""
    PLACE = "place"
    """Facilities, stays, what backs a slot."""
    ADDRESS = "address"
    """Street address and contact: opened by a reveal alone."""


PROCESS_DOMAINS: Mapping[str, frozenset[Domain]] = {
    "front": frozenset({Domain.CASE, Domain.INTEL}),
    "back": frozenset({Domain.CASE, Domain.PLACE, Domain.ADDRESS}),
    "solver": frozenset({Domain.CASE, Domain.INTEL, Domain.PLACE}),
}
"""The domains in each process's key file; what is not here that process cannot open, whatever it reads."""
