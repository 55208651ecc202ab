"""How sure the knowledge behind an answer is, and how old: flags for the coordinator, never for the requester.

A flag refuses nothing and costs nothing: the rules do that. It says what somebody has to look at before
the answer is relied on. Missing intelligence is not safety.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from matching.constraints.contract import is_agreed_on
from matching.constraints.provider_vetting import is_valid_on
from matching.constraints.unlisted_locality import is_listed
from matching.facts import Case, Facts, Live, Party, Stay
from matching.plans import Plan

__all__ = ["SENTENCES", "Flag", "Knowledge", "caveats", "flags_of"]

Flag = Literal[
    "low_confidence",
    "unknown_networks",
    "assessment_expires_soon",
    "relations_not_confirmed",
    "link_to_nobody_known",
    "separations_widened",
    "unlisted_locality",
    "vetting_or_contract_expires_during_stay",
    "no_case_file",
    "assessment_expired",
]

SENTENCES: Final[Mapping[Flag, str]] = {
    "low_confidence": "The assessment's confidence is low: what it does not name is not thereby safe.",
    "unknown_networks": "The networks of a member are unknown: the household counts as hostile to everybody placed.",
    "assessment_expires_soon": (
        "The assessment expires within the warning time, or before the last day on which the stay may start."
    ),
    "relations_not_confirmed": (
        "A relation of one of the household's networks still counts but was not confirmed lately."
    ),
    "link_to_nobody_known": (
        "The assessment links the household to a person in no case, placement or residence: the link has no effect."
    ),
    "separations_widened": "The household's separations are wider than usual: its assessment's confidence is low.",
    "unlisted_locality": (
        "No area the assessment lists as suitable takes in the locality: it needs a manual check before a move."
    ),
    "vetting_or_contract_expires_during_stay": (
        "The provider's vetting, a permit the form needs, or the contract ends before the last night of the stay."
    ),
    "no_case_file": "The case behind this live placement is not known: rules that need it cannot judge the stay.",
    "assessment_expired": "The assessment behind this live placement has expired.",
}
"""What each flag says; fixed, so that no person, place or number can get into it."""


@dataclass(frozen=True)
class Knowledge:
    """Flags of a plan.

    Parameters
    ----------
    cases : by number of the waiting case, those of its planned stays included
    presences : by number of the live placement or hold, only those that have any
    """

    cases: tuple[tuple[Flag, ...], ...]
    presences: Mapping[int, tuple[Flag, ...]]

    @property
    def counts(self) -> dict[Flag, int]:
        """How many cases, or live placements, each flag is raised for; all flags, in order."""
        raised = [flag for flags in (*self.cases, *self.presences.values()) for flag in flags]
        return {flag: raised.count(flag) for flag in get_args(Flag)}


def flags_of(facts: Facts, plan: Plan) -> Knowledge:
    """Every flag of every waiting case, planned stay and live placement.

    Parameters
    ----------
    facts : what the rules read
    plan : the stays; none placed is a plan too

    Source
    ------
    Domain §4, *Knowledge*; FoU Nordväst (2023), missing knowledge is not absence of threat, loyalties flip
    """
    cases = []
    for number, case in enumerate(facts.cases):
        stays = [placed.stay for placed in plan.placed if placed.case == number]
        found = {*_of_case(case, facts), *(flag for stay in stays for flag in _of_stay(case, stay, facts))}
        cases.append(_in_order(found))
    live = {told.presence: _in_order({*_of_live(told, facts)}) for told in facts.live}
    return Knowledge(tuple(cases), {number: flags for number, flags in live.items() if flags})


def _in_order(found: set[Flag]) -> tuple[Flag, ...]:
    return tuple(flag for flag in get_args(Flag) if flag in found)


def _of_case(case: Case, facts: Facts) -> Iterator[Flag]:
    if case.assessment is not None and case.assessment.confidence == "low":
        yield "low_confidence"
    if case.party.is_unknown:
        yield "unknown_networks"
    if _expires_soon(case, facts):
        yield "assessment_expires_soon"
    if not case.party.networks.isdisjoint(facts.stale_networks):
        yield "relations_not_confirmed"
    if _links_to_nobody(case.party, facts):
        yield "link_to_nobody_known"
    if case.party.is_poorly_known and facts.policy.poor_knowledge_widening_percent:
        yield "separations_widened"


def _links_to_nobody(party: Party, facts: Facts) -> bool:
    """No fault of the scenario: the exit code would tell whoever asks who is in the register."""

    def everybody() -> frozenset[int]:
        parties = (*(case.party for case in facts.cases), *(one.party for one in facts.presences))
        return frozenset().union(*(one.keys for one in parties))

    known = facts.remember("known_persons", everybody)
    return any(link.key not in known for link in party.links)


def _expires_soon(case: Case, facts: Facts) -> bool:
    """One that has expired already is the gate's business."""
    if case.assessment is None or case.assessment.valid_until_day < facts.today:
        return False
    last_warned_day = facts.today + facts.policy.expiry_warning_days
    return case.assessment.valid_until_day <= last_warned_day or case.assessment.valid_until_day < case.latest_day


def _of_stay(case: Case, stay: Stay, facts: Facts) -> Iterator[Flag]:
    if not is_listed(case, stay.facility, facts):
        yield "unlisted_locality"
    last_night = stay.end_day - 1
    if not (is_valid_on(stay.facility, last_night, facts) and is_agreed_on(case, stay.facility, last_night, facts)):
        yield "vetting_or_contract_expires_during_stay"


def _of_live(live: Live, facts: Facts) -> Iterator[Flag]:
    if not live.has_file:
        yield "no_case_file"
    elif live.case.assessment is not None and live.case.assessment.valid_until_day < facts.today:
        yield "assessment_expired"
    if _links_to_nobody(facts.presences[live.presence].party, facts):
        yield "link_to_nobody_known"


def caveats(facts: Facts) -> tuple[str, ...]:
    """What every answer of this scenario has to say of its knowledge, whoever is placed."""
    percent = facts.policy.poor_knowledge_widening_percent
    waiting = sum(case.party.is_poorly_known for case in facts.cases)
    present = sum(one.party.is_poorly_known for one in facts.presences if one.end_day > facts.today)
    found = []
    if percent and waiting + present:
        found.append(
            f"Separations are {percent} percent wider where the confidence of an assessment is low: "
            f"around {waiting} waiting and {present} present households."
        )
    awaiting = sum(one.awaits_signature and one.end_day > facts.today for one in facts.exposures)
    if awaiting:
        named = (
            "1 clearance of an exposed place awaits"
            if awaiting == 1
            else f"{awaiting} clearances of exposed places await"
        )
        found.append(f"{named} a second signature: until then the place counts as exposed.")
    return tuple(found)
