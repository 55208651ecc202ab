"""`eligibility_gate`: nobody is placed before the gate is passed and while the assessment is valid."""

from __future__ import annotations

from collections.abc import Iterator

from matching.columns import BoolArray
from matching.constraints.base import Audience, OnLive, Origin, PairRule, Scope
from matching.facts import Case, Facts, Live, Stay
from matching.plans import Objection

__all__ = ["EligibilityGate"]


class EligibilityGate(PairRule):
    """Every gate fact is established, the assessment valid, the threat high or the move expressly needed.

    A fact that is not known is not fulfilled. In an emergency the measure decision may follow, but only
    for a case that begins with an emergency stay. Validity includes the last day; it must hold today
    and on the day the stay starts.
    """

    name = "eligibility_gate"
    summary = "gate facts fulfilled, assessment valid, threat high or relocation expressly needed"
    scope = Scope.OWN_CASE
    source = "Socialstyrelsen (2023), police gate; Hedlund (2023), särskild avhoppare; domain §4"
    reads = frozenset(
        {
            "Case.gate",
            "Case.legs",
            "Leg.kind",
            "Case.assessment",
            "Gate.definition_met",
            "Gate.motivated",
            "Gate.written_consent",
            "Gate.conditions_signed",
            "Gate.is_evidence_witness",
            "Gate.measure_decision",
            "Gate.is_emergency",
            "Gate.investigation_clearance",
            "Gate.relocation_expressly_needed",
            "Assessment.is_withdrawn",
            "Assessment.valid_from_day",
            "Assessment.valid_until_day",
            "Assessment.threat_level",
            "Live.case",
            "Live.has_file",
            "Live.stay",
            "Stay.start_day",
            "Facts.today",
        }
    )
    messages = {
        Audience.ASSESSOR: "A gate fact is missing or the assessment is not valid for this start.",
        Audience.COORDINATOR: "The case has not passed the gate for this start; points it lacks: {amount}.",
        Audience.REQUESTER: "The case has not passed the gate: complete its gate facts or renew its assessment.",
    }
    parameters = {"amount": Origin.OWN_CASE}
    on_live = OnLive.TASK

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Refused with the codes of all that is missing."""
        missing = [*_gate(case), *_assessment(case, stay, facts)]
        return Objection(" ".join(missing), len(missing)) if missing else None

    def refused(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:
        """Everywhere or nowhere: no facility is read."""
        return self._refused_everywhere(case, start_day, end_day, facts)

    def live_objection(self, live: Live, facts: Facts) -> Objection | None:
        """Of a stay without a case file nothing is known, so nothing is said here: knowledge is flagged apart.

        An emergency lets the measure decision follow the plan; of those who live there it is asked.
        """
        return self.objection(live.case, live.stay, facts) if live.has_file else None


def _gate(case: Case) -> Iterator[str]:
    gate = case.gate
    if gate is None:
        yield "gate_not_known"
        return
    if gate.definition_met is not True:
        yield "definition_not_met"
    if gate.motivated is not True:
        yield "not_motivated"
    if gate.written_consent is not True:
        yield "no_written_consent"
    if gate.conditions_signed is not True:
        yield "conditions_not_signed"
    if gate.is_evidence_witness is not False:
        yield "evidence_witness_not_excluded"
    if gate.measure_decision is not True and not (gate.is_emergency and case.legs[0].kind == "emergency"):
        yield "no_measure_decision"
    if gate.investigation_clearance is not True:
        yield "no_investigation_clearance"


def _assessment(case: Case, stay: Stay, facts: Facts) -> Iterator[str]:
    assessment = case.assessment
    if assessment is None:
        yield "no_assessment"
        return
    if assessment.is_withdrawn:
        yield "assessment_withdrawn"
    elif not assessment.valid_from_day <= facts.today <= assessment.valid_until_day:
        yield "assessment_not_valid_today"
    elif stay.start_day > assessment.valid_until_day:
        yield "assessment_expires_before_start"
    if assessment.threat_level != "high" and not (case.gate is not None and case.gate.relocation_expressly_needed):
        yield "threat_not_high"
