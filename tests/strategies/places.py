"""The made-up land, areas of it, and the policy."""

from __future__ import annotations

from hypothesis import strategies as st

from tests import tellings as t
from tests.strategies.mood import PLACES, TOWNS, Draw, Mood
from tests.tellings import Land, Raw


@st.composite
def lands(draw: Draw, mood: Mood) -> Land:
    """Three towns with facilities, a home and another locality; now and then two are one locality."""
    gaps = st.sampled_from(
        [400_000, 4000, 5000, 5001, 19_999, 20_000, 30_000, 30_001, 36_000, 36_001, 60_000, 60_001, 100_000]
    )
    times = st.sampled_from([400, 10, 24, 25, 30, 31, 36, 37, 45, 46, 90, 10**9])
    among = TOWNS if mood.tame else PLACES
    pairs = [(one, other) for n, one in enumerate(among) for other in among[n + 1 :]]
    near = pairs if mood.tame else draw(st.lists(st.sampled_from(pairs), unique=True, max_size=6))
    gap_m = {pair: draw(gaps) for pair in near if "home" not in pair}
    gap_m |= {
        (one, "home"): 50_000 if mood.seldom(draw, 5) else draw(st.sampled_from([50_001, 400_000])) for one in TOWNS
    }
    people = st.sampled_from([0, 312, 313, 2500, 9_999, 10_000, 19_999, 20_000])
    ways = [(one, other) for one in TOWNS for other in ("home", "other")] if "contacts" in mood.themes else []
    return Land(
        PLACES,
        gap_m=gap_m,
        safe_min={pair: draw(times) for pair in near},
        road_min={pair: draw(times) for pair in near}
        | {pair: draw(st.sampled_from([30, 119, 120, 121, 599, 601])) for pair in ways},
        parents=draw(st.sampled_from([{}, {}, {}, {"b": "a"}, {"a": "other", "b": "other"}])),
        kommun={one: draw(st.integers(0, 2)) for one in PLACES},
        larger_town_min={one: draw(st.sampled_from([0, 20, 21, 90])) for one in TOWNS},
        population={one: draw(people) for one in PLACES} if "towns" in mood.themes else {},
    )


def areas() -> st.SearchStrategy[Raw]:
    return st.one_of(
        st.sampled_from(PLACES).map(lambda one: {"kind": "locality", "locality": one}),
        st.sampled_from(t.KOMMUNER).map(lambda one: {"kind": "kommun", "kommun": one}),
        st.sampled_from(t.LAN).map(lambda one: {"kind": "lan", "lan": one}),
        st.sampled_from(t.REGIONS).map(lambda one: {"kind": "police_region", "police_region": one}),
        st.builds(
            lambda one, km: {"kind": "circle", "locality": one, "radius_km": km},
            st.sampled_from(PLACES),
            st.sampled_from([5, 20, 30]),
        ),
        st.builds(
            lambda one, minutes: {"kind": "travel_ring", "locality": one, "minutes": minutes},
            st.sampled_from(PLACES),
            st.sampled_from([24, 30, 45]),
        ),
    )


SETTINGS: dict[str, list[tuple[str, list[object]]]] = {
    "ages": [
        ("adult_age_years", [18, 18, 21]),
        ("supported_housing_min_age_years", [16, 16, 17]),
        ("supported_housing_max_age_years", [20, 20, 18]),
        ("forms_for_minors", [["foster_home", "supported_housing", "residential_care_home"], ["foster_home"]]),
        ("school_min_age_years", [6, 6, 3]),
        ("school_max_age_years", [17, 17, 20]),
    ],
    "contacts": [("contact_tolerated_min", [30, 120, 0]), ("most_counted_min", [600, 600, 100])],
    "crowds": [("most_persons_per_locality", [1, 2, 3, 4]), ("most_persons_per_zone", [1, 2, 3, 4, 16])],
    "exposures": [("exposure_months", [24, 24, 12])],
    "knowledge": [("poor_knowledge_widening_percent", [20, 20, 0, 100])],
    "margin": [
        ("unseen_persons_milli", [40, 51, 52, 102, 103, 256, 257, 600, 5200]),
        ("residual_risk_percent", [5, 5, 5, 1, 20]),
    ],
    "providers": [
        ("provider_ahead_days", [60, 30]),
        (
            "permit_required_for",
            [
                ["residential_care_home", "protected_housing"],
                ["protected_housing", "residential_care_home", "foster_home"],
            ],
        ),
    ],
    "risk": [
        ("certain_from_percent", [20, 20, 10, 50]),
        ("peripheral_involvement_percent", [50, 10, 33, 100]),
        ("same_network_apart", ["locality", "locality", "facility"]),
    ],
    "scarcity": [("scarce_share_percent", [33, 34, 50, 66, 67, 100])],
    "shares": [("provider_share_tolerated_percent", [10, 0, 33, 49, 50, 100])],
    "towns": [
        ("recognition_population", [20_000, 1, 40_000]),
        ("recognition_most_steps", [6, 6, 2]),
        ("isolation_tolerated_min", [20, 0]),
    ],
    "waiting": [("fairness_most_weeks", [6, 1, 2])],
}


@st.composite
def policies(draw: Draw, mood: Mood) -> Raw:
    """The delivered policy, or one that says otherwise about what the scenario is about."""
    told: Raw = draw(
        st.sampled_from([{}, {}, {"rival_of_ally_counts": False}, {"separation_km": 10, "separation_min": 10}])
    )
    told = dict(told)
    for theme in sorted(mood.themes & SETTINGS.keys()):
        for name, values in SETTINGS[theme]:
            told[name] = draw(st.sampled_from(values))
    if mood.about(draw, "margin"):
        told["unseen_zones"] = [{"kommun": "1280", "persons_milli": draw(st.sampled_from([0, 51, 52, 256, 257]))}]
    if "weights" in mood.themes:
        names = st.sampled_from(["moves", "scarcity", "day_rate", "unlisted_locality", "municipality_fairness"])
        told["weights"] = draw(st.dictionaries(names, st.sampled_from([0, 1, 7, 1000]), max_size=3))
    return told
