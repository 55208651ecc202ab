"""`contract`: an agreement with the responsible municipality at the start and for a time on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matching.columns import BoolArray, DaysAt, IntArray, fixed, flags
from matching.constraints.base import Audience, OnLive, Origin, PairRule, Scope
from matching.facts import Case, Contract, Facts, Live, Stay
from matching.plans import Objection

__all__ = ["FrameworkContract", "is_agreed_on"]

_NATIONAL = -1


class FrameworkContract(PairRule):
    """On the start day and `provider_ahead_days` on some contract runs, unless direct award is allowed.

    A contract counts when it is the responsible municipality's or national. It need not be the same on
    both days: a renewed one is as good.
    """

    name = "contract"
    summary = "a contract with the responsible municipality at the start and some time on, or direct award allowed"
    scope = Scope.OWN_CASE
    source = "Hedlund (2023) and FoU Nordväst (2023), ramavtal or direct procurement; domain §4"
    reads = frozenset(
        {
            "Case.municipality",
            "Contract.end_day",
            "Contract.municipality",
            "Contract.start_day",
            "Facility.contracts",
            "Facility.is_direct_award_allowed",
            "Facts.facilities",
            "Facts.policy",
            "Live.case",
            "Live.is_housed",
            "Live.stay",
            "Policy.provider_ahead_days",
            "Stay.end_day",
            "Stay.facility",
            "Stay.start_day",
        }
    )
    messages = {
        Audience.COORDINATOR: (
            "No contract with the responsible municipality runs at the start and {days_ahead} days on, "
            "and direct award is not allowed."
        ),
    }
    parameters = {"days_ahead": Origin.POLICY}
    on_live = OnLive.TASK

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused when no contract runs on the start day, or none runs so many days on."""
        ahead_day = stay.start_day + facts.policy.provider_ahead_days
        return _gap(case, stay, facts, ahead_day, "contract_ends_soon")

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:  # noqa: ARG002 - signature
        """By facility, whether no contract runs on one of the two days."""
        ahead_day = start_day + facts.policy.provider_ahead_days
        return ~(_agreed_on(case, start_day, facts) & _agreed_on(case, ahead_day, facts))

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterator[int]:
        """When a contract begins, and when it begins to cover the day so far ahead."""
        for contract in _own(case, facility, facts):
            yield contract.start_day
            yield contract.start_day - facts.policy.provider_ahead_days

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray:
        """The same days, of every facility."""
        return _turning(case, facts).within(days, facts)

    def live_objection(self, live: Live, facts: Facts) -> Objection | None:
        """While the bed is in use: whether a contract runs now, and on the last night."""
        if not live.is_housed:
            return None
        return _gap(live.case, live.stay, facts, live.stay.end_day - 1, "contract_expires_later")


def _own(case: Case, facility: int, facts: Facts) -> Iterator[Contract]:
    for contract in facts.facilities[facility].contracts:
        if contract.municipality in (case.municipality, _NATIONAL):
            yield contract


def is_agreed_on(case: Case, facility: int, day: int, facts: Facts) -> bool:
    """Whether on a day a contract runs that counts for the case, or direct award is allowed."""
    return facts.facilities[facility].is_direct_award_allowed or any(
        own.start_day <= day < own.end_day for own in _own(case, facility, facts)
    )


def _agreed_on(case: Case, day: int, facts: Facts) -> BoolArray:
    """By facility, `is_agreed_on`; worked out once a municipality and day."""

    def made() -> BoolArray:
        agreed = flags(facts, "is_direct_award_allowed", lambda facility: facility.is_direct_award_allowed).copy()
        facilities, starts, ends = _contracts(case, facts)
        agreed[facilities[(starts <= day) & (day < ends)]] = True
        return fixed(agreed)

    return facts.remember((FrameworkContract.name, "agreed", case.municipality, day), made)


def _contracts(case: Case, facts: Facts) -> tuple[IntArray, IntArray, IntArray]:
    """(m,) facility, first day and end of every contract that counts for the case."""
    told = facts.remember((FrameworkContract.name, "contracts"), lambda: _every_contract(facts))
    facilities, municipalities, starts, ends = told
    counts = (municipalities == _NATIONAL) | (municipalities == case.municipality)
    return facilities[counts], starts[counts], ends[counts]


def _every_contract(facts: Facts) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """(m,) facility, municipality, first day and end of every contract."""
    told = [
        (number, contract.municipality, contract.start_day, contract.end_day)
        for number, facility in enumerate(facts.facilities)
        for contract in facility.contracts
    ]
    facilities, municipalities, starts, ends = np.array(told, dtype=np.int64).reshape(-1, 4).T
    return facilities, municipalities, starts, ends


def _turning(case: Case, facts: Facts) -> DaysAt:
    """`turning_days` of every facility, worked out once a municipality."""

    def made() -> DaysAt:
        facilities, starts, _ = _contracts(case, facts)
        ahead = starts - facts.policy.provider_ahead_days
        return DaysAt.sorted(np.concatenate([starts, ahead]), np.concatenate([facilities, facilities]))

    return facts.remember((FrameworkContract.name, "turning", case.municipality), made)


def _gap(case: Case, stay: Stay, facts: Facts, later_day: int, ends: str) -> Objection | None:
    """What lacks on the start day, or under the name in `ends` on a later one."""
    for day, code in ((stay.start_day, "no_contract"), (later_day, ends)):
        if not is_agreed_on(case, stay.facility, day, facts):
            return Objection(code, values=(("days_ahead", facts.policy.provider_ahead_days),))
    return None
