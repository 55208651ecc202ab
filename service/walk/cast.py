"""Who takes part in the walk, and what stands for them in a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from service.actors import Actor, Role
from service.policies import Process

__all__ = ["CAST", "Part"]


@dataclass(frozen=True)
class Part:
    """A person of the walk.

    Parameters
    ----------
    unit : may name a value that is known only on the way, in braces
    at : the process they talk to
    """

    name: str
    role: Role
    unit: str
    organisation: str
    at: Process

    def actor(self, values: Mapping[str, str]) -> Actor:
        """The person, once the values of their unit are known.

        Examples
        --------
        >>> CAST["receiver"].actor({"region": "vast"}).unit
        'bops-vast'
        """
        return Actor(self.name, self.role, self.unit.format_map(values), self.organisation)


_FRONT, _BACK = Process.FRONT, Process.BACK

CAST: Final[Mapping[str, Part]] = MappingProxyType(
    {
        "requester": Part("r-1", Role.REQUESTER, "bops-syd", "police", _FRONT),
        "decider": Part("d-1", Role.DECIDER, "kommun-1280", "kommun-1280", _FRONT),
        "assessor": Part("a-1", Role.ASSESSOR, "bops-syd", "police", _FRONT),
        "coordinator": Part("c-1", Role.COORDINATOR, "noa", "police", _BACK),
        "second_coordinator": Part("c-2", Role.COORDINATOR, "noa", "police", _BACK),
        "registrar": Part("g-1", Role.REGISTRAR, "noa", "police", _BACK),
        "destination": Part("b-2", Role.RECEIVING_BOPS, "bops-{region}", "police", _BACK),
        "receiver": Part("b-1", Role.RECEIVING_BOPS, "bops-{region}", "police", _BACK),
        "approver": Part("p-1", Role.APPROVER, "noa", "police", _FRONT),
        "second_approver": Part("p-2", Role.APPROVER, "approvals", "goteborg", _FRONT),
        "follow_up": Part("f-1", Role.FOLLOW_UP, "bops-syd", "police", _BACK),
        "auditor": Part("u-1", Role.AUDITOR, "supervision", "supervision", _FRONT),
        "security_officer": Part("s-1", Role.SECURITY_OFFICER, "noa", "police", _FRONT),
    }
)
"""The walk's persons; those who act on one case are different ones, as the register insists."""
