"""What each change of a fact costs those who bring it about: the one place where these weights stand."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Costs"]


@dataclass(frozen=True)
class Costs:
    """Working days of administration, as an order of what to try first; nobody is held to them.

    The numbers are fristad's own choice, to be replaced by the coordinators' once they have used them. Only their
    order matters: what takes a decision is cheaper than what takes an agreement, and that than what has to be built.

    Parameters
    ----------
    start_per_day : for each day a start lies outside the wanted window
    direct_award : a decision to award without a framework contract
    support : one kind of support brought to a facility that does not offer it
    longer_contract : a contract that runs already, prolonged
    larger_quota, quota_per_bed : a contract's quota raised at all, and for each bed more
    closure, closure_per_day : a closure ended earlier at all, and for each day earlier
    vetting : a provider's vetting that was valid, renewed
    permit : a permit that was valid, renewed
    new_contract : a framework contract with a provider that has none with the municipality
    bed : each bed of a unit a facility does not have
    """

    start_per_day: int = 1
    direct_award: int = 3
    support: int = 4
    longer_contract: int = 5
    larger_quota: int = 5
    quota_per_bed: int = 1
    closure: int = 5
    closure_per_day: int = 1
    vetting: int = 8
    permit: int = 12
    new_contract: int = 15
    bed: int = 25
