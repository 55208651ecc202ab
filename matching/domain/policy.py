"""Every policy value in one validated settings object: a sentence, a source and the bounds no policy may pass."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from matching.domain.base import KommunCode, Told, own_fault

__all__ = ["MOST_WEIGHT", "Policy", "UnseenZone", "Weights"]

MOST_WEIGHT: Final = 100_000
"""The most any weight may be."""


def _setting(default: Any, text: str, source: str, **bounds: Any) -> Any:
    """A setting; its bounds are those no authority's policy may pass."""
    return Field(default=default, description=text, json_schema_extra={"source": source}, **bounds)


def _weight(default: int, text: str, source: str) -> Any:
    return _setting(default, text, source, ge=0, le=MOST_WEIGHT)


class Weights(Told):
    """What one unit of each soft rule costs; inside a level only the ratio between them matters.

    The numbers are fristad's own choice, to be replaced by the coordinators' once they have used them;
    see docs/decisions/0004-levels-and-weights.md. The sources say why there is a cost at all.
    """

    preferred_locality: int = _weight(
        300, "lying in none of the areas the assessment prefers", "Socialstyrelsen (2023), suitable orter"
    )
    unlisted_locality: int = _weight(
        100, "lying in a locality the assessment does not list", "Socialstyrelsen (2023), suitable and unsuitable orter"
    )
    isolation: int = _weight(
        4,
        "per travel minute beyond the tolerated to the nearest larger town",
        "interview study with twelve practitioners, remote placements isolate",
    )
    recognition_risk: int = _weight(
        60,
        "per halving of the town below the population at which newcomers go unnoticed",
        "Johansson & Kangasvieri (2015), town too small for a hidden identity",
    )
    support_fit_within_14_days: int = _weight(
        150, "per need of the first 14 days that is not offered there", "Hedlund (2023), protection and heavy support"
    )
    support_fit_remote: int = _weight(
        50,
        "per need of remote support that is offered neither there nor remotely",
        "Socialstyrelsen (2023), digital support after relocation",
    )
    support_too_little: int = _weight(
        120, "per step of support below what the case needs", "FoU Nordväst (2023), intensity must match risk"
    )
    support_too_much: int = _weight(
        80, "per step of support beyond what the case needs", "FoU Nordväst (2023), overtreatment harms"
    )
    permitted_contact: int = _weight(
        1,
        "per road minute beyond the tolerated to the nearest permitted contact",
        "Socialstyrelsen (2023), broken prosocial ties raise dropout",
    )
    day_rate: int = _weight(1, "per 10 SEK of the household's daily rate", "Hedlund (2023), 3,500 SEK a day")
    scarcity: int = _weight(
        60, "per rare feature of a facility that the household does not need", "Hedlund (2023), housing shortage"
    )
    provider_share: int = _weight(
        10,
        "per percent by which a provider's share of all beds in use exceeds the tolerated",
        "FoU Nordväst (2023), coordinators favour contacts",
    )
    municipality_fairness: int = _weight(
        1,
        "per fairness point of a case left waiting, leximin by weeks of waiting inside a class",
        "Hedlund (2023) and FoU Nordväst (2023), unequal access between municipalities",
    )
    moves: int = _weight(1, "per person and move", "interview study with twelve practitioners, sudden moves")
    further: dict[str, Annotated[int, Field(ge=0, le=MOST_WEIGHT)]] = _setting(
        {}, "weights of the rules that bring one of their own, by name of the rule", "the rule's own"
    )


class UnseenZone(Told):
    """How many protected persons outsiders are thought to have placed unseen in one kommun."""

    kommun: KommunCode
    persons_milli: int = Field(ge=0, le=1_000_000, description="expected number of persons, thousandths")


Form = Literal["protected_housing", "supported_housing", "foster_home", "residential_care_home"]

_PERMIT_BY_LAW: Final = frozenset({"protected_housing", "residential_care_home"})
"""Skyddat boende since 2024, and HVB: no policy may do without their permits."""
FormForMinors = Literal["supported_housing", "foster_home", "residential_care_home"]


class Policy(Told):
    """Limits and weights. An assessment may tighten a limit, never loosen it.

    Sources marked *policy* are fristad's own choice where the texts give no number. The bounds of each
    field are those no policy may pass: a limit below its legal minimum is refused. All of it is
    configuration, to be set by the authority that runs the system; `fristad policy show` lists it.

    Examples
    --------
    >>> Policy().neighbouring_km
    20
    """

    home_radius_km: int = _setting(
        50, "no placement within it of a home or crime locality", "domain §4, forbidden_locality", ge=10, le=2000
    )
    neighbouring_km: int = _setting(20, "closer than this is neighbouring", "domain §4, places", ge=5, le=2000)
    neighbouring_min: int = _setting(25, "closer than this is neighbouring", "domain §4, places", ge=5, le=2000)
    separation_km: int = _setting(
        30,
        "rivals are farther apart than this",
        "policy; Hedlund (2023), never the same or a neighbouring ort",
        ge=10,
        le=2000,
    )
    separation_min: int = _setting(
        30,
        "and farther than this in travel time",
        "policy; Hedlund (2023), never the same or a neighbouring ort",
        ge=10,
        le=2000,
    )
    poor_knowledge_widening_percent: int = _setting(
        20,
        "separations grow by this share where the assessment's confidence is low",
        "policy; FoU Nordväst (2023), missing knowledge is not absence of threat",
        ge=0,
        le=300,
    )
    presence_radius_km: int = _setting(
        5,
        "added around each locality where a hostile network is present",
        "policy; domain §4, threat_reach",
        ge=0,
        le=2000,
    )
    cool_down_days: int = _setting(30, "a departed person still counts so long", "domain §4, presence", ge=7, le=3650)
    rival_of_ally_counts: bool = _setting(
        True, "an ally's rivals are rivals too", "policy; domain §4, rival_separation"
    )
    certain_from_percent: int = _setting(
        20,
        "a recorded rivalry at least this probable is kept apart as certain; a less probable one counts in RISK",
        "policy; domain §4, RISK",
        ge=1,
        le=50,
    )
    peripheral_involvement_percent: int = _setting(
        50,
        "how much of an uncertain relation's probability meets a peripheral member, in RISK alone",
        "policy; FoU Nordväst (2023), degree of involvement",
        ge=10,
        le=100,
    )
    same_network_apart: Literal["facility", "locality"] = _setting(
        "locality",
        "persons of one network are never in the same facility, or never in the same locality",
        "Hedlund (2023), ex-members may offend together",
    )
    exposure_months: int = _setting(
        24, "a place known to a network stays forbidden so long", "domain §4, exposed_place", ge=12, le=240
    )
    most_persons_per_locality: int = _setting(
        12,
        "protected persons in one locality, its districts included",
        "policy; domain §4, concentration_cap",
        ge=1,
        le=100,
    )
    most_persons_per_zone: int = _setting(
        16, "protected persons in one kommun", "policy; domain §4, concentration_cap", ge=1, le=200
    )
    provider_ahead_days: int = _setting(
        60,
        "vetting, permit and contract hold at the start and so many days on",
        "domain §4, provider_vetting and contract",
        ge=30,
        le=365,
    )
    permit_required_for: tuple[Form, ...] = _setting(
        ("protected_housing", "residential_care_home", "supported_housing"),
        "forms of housing that need a permit; protected_housing and residential_care_home always do",
        "law: licensing of skyddat boende since 2024, and of HVB; supported housing is configuration",
    )
    residual_risk_percent: int = _setting(
        5,
        "most residual risk of meeting somebody placed unseen",
        "policy; domain §4, unknown_placement_margin",
        ge=1,
        le=20,
    )
    unseen_persons_milli: int = _setting(
        40,
        "persons thought to be placed unseen in a kommun, thousandths",
        "policy; Hedlund (2023), small municipalities and private actors outside the register",
        ge=0,
        le=1_000_000,
    )
    unseen_zones: tuple[UnseenZone, ...] = _setting(
        (), "kommuner where that number is another", "policy; domain §4, unknown_placement_margin"
    )
    adult_age_years: int = _setting(18, "below it a person is a minor", "Socialstyrelsen (2023), minors", ge=18, le=21)
    supported_housing_min_age_years: int = _setting(
        16, "youngest in supported housing", "domain §4, legal_form", ge=16, le=20
    )
    supported_housing_max_age_years: int = _setting(
        20, "oldest in supported housing", "domain §4, legal_form", ge=16, le=20
    )
    forms_for_minors: tuple[FormForMinors, ...] = _setting(
        ("supported_housing", "foster_home", "residential_care_home"),
        "forms of housing for a minor without a guardian; the law knows no other",
        "Socialstyrelsen (2023), minors: familjehem, HVB, stödboende",
    )
    school_min_age_years: int = _setting(
        6,
        "youngest child that needs a school within reach",
        "policy; FoU Nordväst (2023), school change",
        ge=3,
        le=6,
    )
    school_max_age_years: int = _setting(
        17,
        "oldest child that needs a school within reach",
        "policy; FoU Nordväst (2023), school change",
        ge=16,
        le=20,
    )
    school_reach_min: int = _setting(
        45, "longest way to school by road", "policy; FoU Nordväst (2023), school change", ge=0, le=90
    )
    larger_town_population: int = _setting(
        20_000,
        "a town this large counts as a larger town",
        "policy; interview study with twelve practitioners, remoteness",
        ge=1,
        le=10_000_000,
    )
    isolation_tolerated_min: int = _setting(
        20, "travel time to a larger town that costs nothing", "policy", ge=0, le=2000
    )
    recognition_population: int = _setting(
        20_000,
        "in a town this large newcomers go unnoticed",
        "policy; Johansson & Kangasvieri (2015), small towns",
        ge=1,
        le=10_000_000,
    )
    recognition_most_steps: int = _setting(
        6, "halvings of that town from which on all small towns cost alike", "policy", ge=1, le=20
    )
    contact_tolerated_min: int = _setting(
        120, "road time to a permitted contact that costs nothing", "policy", ge=0, le=2000
    )
    most_counted_min: int = _setting(
        600,
        "a longer way, or none, to a larger town or a permitted contact costs as this one",
        "policy",
        ge=60,
        le=2000,
    )
    scarce_share_percent: int = _setting(
        10, "a feature offered by at most this share of the facilities is rare", "policy", ge=1, le=100
    )
    provider_share_tolerated_percent: int = _setting(
        10, "share of all beds in use that one provider may have without cost", "policy", ge=0, le=100
    )
    fairness_most_weeks: int = _setting(
        6, "weeks of waiting from which on all waiting counts alike in fairness", "policy", ge=1, le=8
    )
    triage_red_hours: int = _setting(4, "deadline of the red class", "FoU Nordväst (2023), red 4 h", ge=1, le=24)
    triage_orange_hours: int = _setting(
        12, "deadline of the orange class", "FoU Nordväst (2023), orange 12 h", ge=1, le=72
    )
    triage_green_days: int = _setting(
        14, "deadline of the green class", "FoU Nordväst (2023), green two weeks", ge=1, le=60
    )
    emergency_most_nights: int = _setting(7, "longest emergency stay", "domain §3", ge=1, le=7)
    expiry_warning_days: int = _setting(
        14, "an assessment that expires within it is flagged", "policy; Hedlund (2023), handling time", ge=0, le=365
    )
    confirmation_age_days: int = _setting(
        180,
        "a relation not confirmed for so long is flagged",
        "policy; FoU Nordväst (2023), loyalties flip",
        ge=1,
        le=3650,
    )
    card_share_percent: int = _setting(
        75,
        "a card shows an attribute only if this share of the case's publicly eligible facilities has it",
        "policy",
        ge=50,
        le=100,
    )
    card_least_facilities: int = _setting(
        10, "with fewer publicly eligible facilities a card shows nothing", "policy", ge=3, le=1000
    )
    weights: Weights = Weights()

    @field_validator("permit_required_for")
    @classmethod
    def _asks_what_the_law_asks(cls, forms: tuple[Form, ...]) -> tuple[Form, ...]:
        if not set(forms) >= _PERMIT_BY_LAW:
            raise own_fault("leaves out a form whose permit the law asks for", " and ".join(sorted(_PERMIT_BY_LAW)))
        if len(set(forms)) < len(forms):
            raise own_fault("names a form twice", "each form once")
        return forms

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.supported_housing_max_age_years < self.supported_housing_min_age_years:
            raise own_fault("supported housing takes nobody", "a highest age at or above the lowest")
        kommuner = [zone.kommun for zone in self.unseen_zones]
        if len(set(kommuner)) != len(kommuner):
            raise own_fault("a kommun is named twice in unseen_zones", "each kommun once")
        return self
