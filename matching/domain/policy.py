"""Every policy value in one validated settings object, each with its default's source."""

from __future__ import annotations

from pydantic import Field

from matching.domain.base import Told

__all__ = ["Policy", "Weights"]


class Weights(Told):
    """What one unit of each soft rule costs; only the ratio between them matters.

    Source: own choice, to be replaced by the coordinators' once they have used it; see
    docs/decisions/0004-levels-and-weights.md.
    """

    preferred_locality: int = Field(
        default=300, ge=0, le=100_000, description="lying in none of the areas the assessment prefers"
    )
    isolation: int = Field(
        default=4, ge=0, le=100_000, description="per travel minute beyond the tolerated to the nearest larger town"
    )
    day_rate: int = Field(default=1, ge=0, le=100_000, description="per 10 SEK of the household's daily rate")


class Policy(Told):
    """Limits and weights. An assessment may tighten a limit, never loosen it.

    Defaults marked *policy* are fristad's own choice where the sources give no number; the others
    name their source. They are configuration, to be set by the authority that runs the system.

    Examples
    --------
    >>> Policy().neighbouring_km
    20
    """

    home_radius_km: int = Field(
        default=50, ge=0, le=2000, description="no placement within it of a home or crime locality (domain, rule table)"
    )
    neighbouring_km: int = Field(
        default=20, ge=0, le=2000, description="closer than this is neighbouring (domain, definition of places)"
    )
    neighbouring_min: int = Field(
        default=25, ge=0, le=2000, description="closer than this is neighbouring (domain, definition of places)"
    )
    separation_km: int = Field(
        default=30,
        ge=0,
        le=2000,
        description="rivals are farther apart than this (policy; SNS: never same or neighbouring ort)",
    )
    separation_min: int = Field(default=30, ge=0, le=2000, description="and farther than this in travel time (policy)")
    presence_radius_km: int = Field(
        default=5, ge=0, le=2000, description="added around each locality where a hostile network is present (policy)"
    )
    cool_down_days: int = Field(
        default=30, ge=0, le=3650, description="a departed person still counts so long (domain, definition of presence)"
    )
    rival_of_ally_counts: bool = Field(
        default=True, description="an ally's rivals are rivals too (policy; missing intelligence is not safety)"
    )
    school_reach_min: int = Field(
        default=45, ge=0, le=300, description="longest way to school by road (policy; FoU: school change)"
    )
    larger_town_population: int = Field(
        default=20_000, ge=1, description="a town this large counts as a larger town (policy; Uppsats: remoteness)"
    )
    isolation_tolerated_min: int = Field(
        default=20, ge=0, le=2000, description="travel time to a larger town that costs nothing (policy)"
    )
    triage_red_hours: int = Field(default=4, ge=1, le=8760, description="FoU: red 4 h")
    triage_orange_hours: int = Field(default=12, ge=1, le=8760, description="FoU: orange 12 h")
    triage_green_days: int = Field(default=14, ge=1, le=365, description="FoU: green two weeks")
    card_share_percent: int = Field(
        default=75,
        ge=50,
        le=100,
        description="a card shows an attribute only if this share of the case's publicly eligible facilities has it",
    )
    card_least_facilities: int = Field(
        default=10, ge=3, le=1000, description="with fewer publicly eligible facilities a card shows nothing (policy)"
    )
    weights: Weights = Weights()
