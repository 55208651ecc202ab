"""What somebody could do about a rule that leaves a case without a place: one possible step, for the coordinator.

A step changes a fact by work: a bed is found, a contract is made, a need is met where the household goes. Where a
rule stands between a household and a threat there is none: the fact is the threat.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

__all__ = ["THREATS", "UNKNOWN_MEMBER", "is_threat", "possible_step", "turns_on_unknown"]


def N_(text: str) -> str:  # noqa: N802 - the name under which gettext's tools collect messages
    """Marks a sentence for the catalogues; it is translated where it is shown."""
    return text


NOT_RELAXED: Final = N_("A threat is not relaxed.")

THREATS: Final = frozenset(
    {
        "actor_is_placed",
        "exposed_place",
        "forbidden_locality",
        "former_network_separation",
        "protection_level",
        "rival_separation",
        "threat_reach",
        "unknown_placement_margin",
    }
)
"""Rules that stand between a household and a threat: nobody is told how to get past them."""

_THREAT_REASONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "household_together": frozenset({"linked_too_near"}),
        "provider_vetting": frozenset({"disqualifying_incident"}),
    }
)
"""Of rules that are about other things as well: the reasons with which they stand between a household and a threat."""

UNKNOWN_MEMBER: Final = N_(
    "Have the member whose networks are unknown examined: until then some rules refuse more than they otherwise would."
)

_STEPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contract": N_("Make a contract with the provider, or decide on a direct award where the law allows one."),
        "eligibility_gate": N_("Complete what the gate lacks, or renew the assessment."),
        "needs_met": N_("Bring the missing support to a facility before the start, and have the provider confirm it."),
        "place_capacity": N_("Find or free a bed for everybody in the household, or agree on a larger quota."),
        "provider_vetting": N_(
            "Renew the provider's vetting or permit; an incident or a conflict of interest remains."
        ),
        "start_in_time": N_("Ask for another window, or settle the earlier bed's end."),
    }
)
_ON_UNKNOWN: Final = frozenset({"exposed_place", "rival_separation", "unknown_placement_margin"})
"""Rules that are stricter for a household of which a member's networks are unknown."""


def is_threat(rule: str, reason: str) -> bool:
    """Whether a rule that objects with these reasons stands between a household and a threat.

    Parameters
    ----------
    rule : name of a hard rule
    reason : its codes, with spaces between

    Examples
    --------
    >>> is_threat("household_together", "linked_too_near"), is_threat("household_together", "linked_too_far")
    (True, False)
    >>> is_threat("provider_vetting", "no_permit disqualifying_incident"), is_threat("rival_separation", "")
    (True, True)
    """
    return rule in THREATS or not _THREAT_REASONS.get(rule, frozenset()).isdisjoint(reason.split())


def possible_step(rule: str) -> str | None:
    """What could be done about a rule; none: nothing is known to help.

    Parameters
    ----------
    rule : name of a hard rule

    Examples
    --------
    >>> possible_step("rival_separation")
    'A threat is not relaxed.'
    >>> possible_step("legal_form") is None
    True
    """
    return NOT_RELAXED if rule in THREATS else _STEPS.get(rule)


def turns_on_unknown(rules: Iterable[str]) -> bool:
    """Whether one of these rules is stricter because the networks of a member are unknown.

    Examples
    --------
    >>> turns_on_unknown(["place_capacity"]), turns_on_unknown(["exposed_place"])
    (False, True)
    """
    return not _ON_UNKNOWN.isdisjoint(rules)
