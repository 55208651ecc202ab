"""Dates and the delivered policy, said again; what of the things told is live on a day."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

Raw = dict[str, Any]
"""A part of a scenario, as the file tells it."""

NEVER: Final = 10**7
"""The day that never comes."""
NO_ROAD_MIN: Final = 10**9
"""Said of two places no road joins."""
SWEDEN: Final = ZoneInfo("Europe/Stockholm")

POLICY: Final[dict[str, Any]] = {
    "home_radius_km": 50, "neighbouring_km": 20, "neighbouring_min": 25, "separation_km": 30, "separation_min": 30,
    "poor_knowledge_widening_percent": 20, "presence_radius_km": 5, "cool_down_days": 30,
    "rival_of_ally_counts": True, "certain_from_percent": 20, "peripheral_involvement_percent": 50,
    "same_network_apart": "locality", "exposure_months": 24, "most_persons_per_locality": 12,
    "most_persons_per_zone": 16, "provider_ahead_days": 60,
    "permit_required_for": ["protected_housing", "residential_care_home", "supported_housing"],
    "residual_risk_percent": 5, "unseen_persons_milli": 40, "unseen_zones": [],
    "adult_age_years": 18, "supported_housing_min_age_years": 16, "supported_housing_max_age_years": 20,
    "forms_for_minors": ["foster_home", "residential_care_home", "supported_housing"],
    "school_min_age_years": 6, "school_max_age_years": 17, "recognition_most_steps": 6, "most_counted_min": 600,
    "school_reach_min": 45, "larger_town_population": 20_000, "isolation_tolerated_min": 20,
    "recognition_population": 20_000, "contact_tolerated_min": 120, "scarce_share_percent": 10,
    "provider_share_tolerated_percent": 10,
    "fairness_most_weeks": 6, "triage_red_hours": 4, "triage_orange_hours": 12, "triage_green_days": 14,
}  # fmt: skip
WEIGHTS: Final[dict[str, int]] = {
    "preferred_locality": 300, "unlisted_locality": 100, "isolation": 4, "recognition_risk": 60,
    "support_fit_within_14_days": 150, "support_fit_remote": 50, "support_too_little": 120, "support_too_much": 80,
    "permitted_contact": 1, "day_rate": 1, "scarcity": 60, "provider_share": 10, "municipality_fairness": 1,
    "moves": 1,
}  # fmt: skip

ALONE: Final = frozenset({
    "contract", "eligibility_gate", "exposed_place", "forbidden_locality", "legal_form", "needs_met",
    "protection_level", "provider_vetting", "start_in_time", "threat_reach", "unknown_placement_margin",
})  # fmt: skip
"""Hard rules about one case at one place."""

MEETING: Final = frozenset({
    "actor_is_placed", "former_network_separation", "household_together", "rival_separation",
})  # fmt: skip
"""Hard rules about two households."""

ROOM: Final = frozenset({"concentration_cap", "place_capacity"})
"""Hard rules about everybody at a place."""

SOFT: Final = frozenset({
    "day_rate", "isolation", "municipality_fairness", "permitted_contact", "preferred_locality", "provider_share",
    "recognition_risk", "scarcity", "support_fit", "support_intensity", "unlisted_locality",
})  # fmt: skip

COSTS: Final = SOFT | {"uncertain_hostility", "moves"}

JUDGED: Final = ALONE | MEETING | ROOM | COSTS
"""The rules stated again here: the whole book."""


def day(text: str | None) -> int:
    """Number of a day; without one, the day that never comes."""
    return NEVER if text is None else date.fromisoformat(text).toordinal()


def happened(text: str | None, today: int) -> int:
    """A day once it has come: what is recorded for a day to come has not happened."""
    return day(text) if day(text) <= today else NEVER


def months_on(text: str, months: int) -> int:
    """The same day so many months later; where a month has no such day, its last."""
    begin = date.fromisoformat(text)
    year, month = begin.year, begin.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, min(begin.day, monthrange(year, month)[1])).toordinal()


def lives(told: Raw, today: int) -> tuple[int, int]:
    """Days ``[start, end)`` of a relation, conflict or presence of a network: until its own end, confirmed."""
    return day(told["start"]), happened(told.get("end"), today) if told.get("end_confirmed", False) else NEVER


def received(case: Raw) -> datetime:
    """When a case came in, on a Swedish clock."""
    return datetime.fromisoformat(case["received_at"]).astimezone(SWEDEN)


def signed(file: Raw) -> Raw | None:
    """The assessment that counts: the highest version."""
    return max(file.get("assessments", []), key=lambda told: int(told["version"]), default=None)


def lasts(actor: Raw) -> tuple[int, int]:
    """The day up to which a threat is full, and the day from which it is over."""
    told = actor["persistence"]
    if told["kind"] == "until":
        return day(told["until"]), day(told["until"])
    if told["kind"] == "fading":
        return day(told["full_until"]), day(told["gone_by"])
    return NEVER, NEVER


def needs(case: Raw, *timings: str) -> set[str]:
    """What a household needs, at certain times or at any."""
    return {told["tag"] for told in case.get("needs", []) if not timings or told["timing"] in timings}
