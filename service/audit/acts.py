"""The closed vocabulary of the trail: which acts, by which roles, with which outcomes.

A new act is one line here; the database checks the form of a word only, so no migration is needed. A word is
never renamed: old entries keep it.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Act", "Outcome", "Role"]


class Role(StrEnum):
    """Who acts. `system` is a process of our own: a job, a tick, a migration."""

    REQUESTER = "requester"
    ASSESSOR = "assessor"
    DECIDER = "decider"
    APPROVER = "approver"
    COORDINATOR = "coordinator"
    RECEIVING_BOPS = "receiving_bops"
    REGISTRAR = "registrar"
    NETWORK_KEEPER = "network_keeper"
    RECEIVER = "receiver"
    FOLLOW_UP = "follow_up"
    PROVIDER = "provider"
    ANALYST = "analyst"
    AUDITOR = "auditor"
    SECURITY_OFFICER = "security_officer"
    SYSTEM = "system"


class Outcome(StrEnum):
    """How an act ended."""

    DONE = "done"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FAILED = "failed"


class Act(StrEnum):
    """What was done, as subject.verb."""

    # the case
    CASE_OPENED = "case.opened"
    CASE_SIGNED = "case.signed"
    CASE_READ = "case.read"
    CASE_CLAIMED = "case.claimed"
    CASE_RELEASED = "case.released"
    CASE_HANDED_OVER = "case.handed_over"
    CASE_ASSIGNED = "case.assigned"
    CASE_UNASSIGNED = "case.unassigned"
    CASE_GATE_FACT = "case.gate_fact"
    CASE_MEASURE_DECIDED = "case.measure_decided"
    CASE_BLOCKED = "case.blocked"
    CASE_MANUAL = "case.manual"
    CASE_INTERRUPTED = "case.interrupted"
    CASE_COMPLETED = "case.completed"
    CASE_REENTERED = "case.reentered"
    CASE_CLOSED = "case.closed"
    CASE_DELETED = "case.deleted"
    # the assessment
    ASSESSMENT_SIGNED = "assessment.signed"
    ASSESSMENT_CORRECTED = "assessment.corrected"
    ASSESSMENT_WITHDRAWN = "assessment.withdrawn"
    ASSESSMENT_EXPIRED = "assessment.expired"
    ASSESSMENT_READ = "assessment.read"
    # question and answer
    QUERY_ASKED = "query.asked"
    QUERY_REFUSED = "query.refused"
    QUERY_SOLVED = "query.solved"
    QUERY_RELEASED = "query.released"
    QUERY_READ = "query.read"
    QUERY_ORDERED = "query.ordered"
    QUERY_EXPIRED = "query.expired"
    BUDGET_EXHAUSTED = "budget.exhausted"
    # hold to placement
    HOLD_PLACED = "hold.placed"
    HOLD_RELEASED = "hold.released"
    HOLD_EXPIRED = "hold.expired"
    PROVIDER_CONFIRMED = "provider.confirmed"
    PROVIDER_DECLINED = "provider.declined"
    PROVIDER_SILENT = "provider.silent"
    DESTINATION_READ = "destination.read"
    DESTINATION_CHECKED = "destination.checked"
    PERSON_ANSWERED = "person.answered"
    PLACEMENT_DECIDED = "placement.decided"
    # the address
    REVEAL_REQUESTED = "reveal.requested"
    REVEAL_APPROVED = "reveal.approved"
    REVEAL_DENIED = "reveal.denied"
    REVEAL_OPENED = "reveal.opened"
    REVEAL_SECOND_USE = "reveal.second_use"
    REVEAL_EXPIRED = "reveal.expired"
    REVEAL_STANDING = "reveal.standing"
    PACKET_SENT = "packet.sent"
    BREAK_GLASS = "reveal.break_glass"
    # the stay
    STAY_ARRIVED = "stay.arrived"
    STAY_FOLLOWED_UP = "stay.followed_up"
    STAY_PRESENT = "stay.present"
    STAY_DEPARTED = "stay.departed"
    STAY_REJUDGED = "stay.rejudged"
    STAY_MOVED = "stay.moved"
    REPAIR_PLANNED = "repair.planned"
    PLAN_SOLVED = "plan.solved"
    WORKLIST_READ = "worklist.read"
    # emergencies
    EMERGENCY_ASKED = "emergency.asked"
    EMERGENCY_ANSWERED = "emergency.answered"
    EMERGENCY_REVIEWED = "emergency.reviewed"
    # the register
    FACILITY_WRITTEN = "facility.written"
    FACILITY_READ = "facility.read"
    UNIT_WRITTEN = "unit.written"
    CLOSURE_WRITTEN = "closure.written"
    VETTING_WRITTEN = "vetting.written"
    CONTRACT_WRITTEN = "contract.written"
    CONTRACTS_IMPORTED = "contracts.imported"
    RELATION_WRITTEN = "relation.written"
    RELATION_SECONDED = "relation.seconded"
    RELATION_READ = "relation.read"
    NETWORK_WRITTEN = "network.written"
    RESIDENCE_WRITTEN = "residence.written"
    FIRST_LOAD = "register.first_load"
    # supervision and the system itself
    TRAIL_READ = "trail.read"
    ALARM_RAISED = "alarm.raised"
    ALARM_ANSWERED = "alarm.answered"
    ACCESS_DENIED = "access.denied"
    HONEY_READ = "honey.read"
    KEYS_ROTATED = "keys.rotated"
    KEY_DESTROYED = "key.destroyed"
    BACKUP_MADE = "backup.made"
    BACKUP_RESTORED = "backup.restored"
    EXPORT_SEALED = "export.sealed"
    POLICY_CHANGED = "policy.changed"
    SERVICE_STARTED = "service.started"
