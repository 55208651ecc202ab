"""Who acts: a pseudonym with one role, one unit and one organisation, taken from a verified token."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["BACK_ROLES", "FRONT_ROLES", "SYSTEM", "Actor", "Role"]


class Role(StrEnum):
    """The roles of domain §2; `follow_up` is the named team after a placement, `system` our own workers."""

    ASSESSOR = "assessor"
    REQUESTER = "requester"
    DECIDER = "decider"
    COORDINATOR = "coordinator"
    APPROVER = "approver"
    RECEIVING_BOPS = "receiving_bops"
    REGISTRAR = "registrar"
    NETWORK_KEEPER = "network_keeper"
    FOLLOW_UP = "follow_up"
    AUDITOR = "auditor"
    SECURITY_OFFICER = "security_officer"
    SYSTEM = "system"


FRONT_ROLES = frozenset(
    {
        Role.ASSESSOR,
        Role.REQUESTER,
        Role.DECIDER,
        Role.APPROVER,
        Role.NETWORK_KEEPER,
        Role.AUDITOR,
        Role.SECURITY_OFFICER,
    }
)
"""Roles served by the front process, which holds no key that opens a location."""

BACK_ROLES = frozenset({Role.COORDINATOR, Role.REGISTRAR, Role.RECEIVING_BOPS, Role.FOLLOW_UP, Role.SECURITY_OFFICER})
"""Roles served by the back process. The destination check shows a locality, so it cannot be the front's."""


@dataclass(frozen=True)
class Actor:
    """One person in one role; `name` is the token's subject, a pseudonym of the issuer's.

    Examples
    --------
    >>> Actor("a-7", Role.ASSESSOR, "bops-syd", "police")
    Actor(role=<Role.ASSESSOR: 'assessor'>)
    """

    name: str
    role: Role
    unit: str
    organisation: str

    def __repr__(self) -> str:
        return f"Actor(role={self.role!r})"


SYSTEM = Actor("system", Role.SYSTEM, "system", "fristad")
"""What the solver and the clock do by themselves."""
