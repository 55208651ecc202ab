"""The long bodies of the walk; values stand in braces."""

from __future__ import annotations

from typing import Final

__all__ = ["ADDRESS", "ASSESSMENT", "DETAILS", "GATE", "PERSON"]

PERSON: Final = {
    "person_key": "{person}",
    "role": "defector",
    "age_years": 24,
    "gender": "male",
    "knowledge": "established",
    "memberships": [{"network": "{network}", "degree": "active", "start": "2024-03-01"}],
}
DETAILS: Final = {
    "responsible_municipality": "1280",
    "window": {"earliest": "{today}", "latest": "{today}"},
    "stays": [{"kind": "stable", "nights": 120}],
    "household": [PERSON],
    "homes": ["1280-holma"],
    "needs": [{"tag": "daily_contact", "timing": "day_one"}],
}
ASSESSMENT: Final = {
    "version": 1,
    "assessor_unit": "bops-syd",
    "method_version": "m-2026",
    "signed_on": "{today}",
    "valid_from": "{today}",
    "valid_until": "{until}",
    "confidence": "high",
    "threat_level": "high",
    "forbidden": [{"kind": "lan", "lan": "12"}],
    "actors": [{"id": "a1", "network": "{network}", "reach": {"kind": "presence"}, "persistence": {"kind": "lasting"}}],
}
GATE: Final = {
    "definition_version": "sos-2023",
    "definition_met": True,
    "motivated": True,
    "written_consent": True,
    "conditions_signed": True,
    "is_evidence_witness": False,
    "investigation_clearance": True,
}
ADDRESS: Final = {
    "version": 2,
    "street": "Exempelgatan 1",
    "postal_code": "123 45",
    "town": "Exempelstad",
    "contact": "Föreståndaren",
    "call_back": "+46701740605",
    "provider_key": {"kty": "OKP", "crv": "X25519", "x": "SVTHPp2xgWI7lDa0t865TNQKq-vZrIc3mcR7ZLLKYXA"},
}
