"""Providers and facilities."""

from __future__ import annotations

from hypothesis import strategies as st

from tests import tellings as t
from tests.strategies.mood import Draw, Mood
from tests.tellings import Raw

TAGS = ("interpreter", "debt_advice", "remote_support", "work_training")
AHEAD = [-1, 300, 30, 31, 300, 59, 60, 61, 62, 63, 300]
"""Days on which vetting, permit or contract may end: about the 30 or 60 days for which they must hold, or later."""


@st.composite
def providers(draw: Draw, mood: Mood) -> list[Raw]:
    found = []
    for id in ("prov", "else"):
        told = t.provider(id)
        if mood.about(draw, "providers", 2):
            told["vetting_valid_until"] = draw(st.sampled_from([None, *map(t.on, AHEAD)]))
            told["vetting"] = draw(st.sampled_from(["vetted"] * 6 + ["pending", "failed"]))
        if mood.about(draw, "providers", 2):
            lifted = draw(st.sampled_from([None, -1, 0, 2, 5]))
            incident = {"id": "inc", "occurred_on": t.on(-9), "is_disqualifying": draw(st.integers(0, 3)) > 0}
            told["incidents"] = [incident if lifted is None else {**incident, "lifted_on": t.on(lifted)}]
        if mood.about(draw, "providers", 2):
            units = st.sampled_from(["bops-1", "bops-2", "bops-3"])
            told["conflicts_of_interest"] = draw(st.lists(units, unique=True, max_size=1))
        found.append(told)
    return found


@st.composite
def contracts(draw: Draw, mood: Mood) -> list[Raw]:
    found = []
    towns = st.sampled_from([{}, {"municipality": "0180"}, {"municipality": "1280"}])
    if mood.seldom(draw, 3) or mood.about(draw, "contracts", 5):
        begin = draw(st.integers(-5, 4))
        length = draw(st.sampled_from([3, 300]))
        quota = draw(st.integers(0, 2))
        found = [{"start": t.on(begin), "end": t.on(begin + length), "quota_beds": quota, **draw(towns)}]
    if mood.about(draw, "changes", 3):
        found = [{"start": t.on(draw(st.integers(1, 3))), "end": t.on(300)}]
    if "contracts" in mood.themes:
        for begin in draw(st.sampled_from([[-9], [-9], [0], [2], [-9, 31], [-9, 60], [-9, 61], []])):
            end = max(begin + 1, draw(st.sampled_from([3, 300, 300, *AHEAD[1:]])))
            found.append({"start": t.on(begin), "end": t.on(end), **draw(towns)})
    return found


@st.composite
def facilities(draw: Draw, id: str, locality: str, mood: Mood) -> Raw:
    units = [
        t.room(f"u{n}", draw(st.sampled_from([2, 1, 3, 1])), shared=draw(st.integers(0, 2)) < 2)
        for n in range(draw(st.integers(1, 2)))
    ]
    closures = []
    if draw(st.integers(0, 3)) == 1:
        begin = draw(st.integers(-3, 6))
        named: Raw = {} if draw(st.booleans()) else {"units": ["u0"]}
        closures = [{"start": t.on(begin), "end": t.on(begin + draw(st.integers(1, 4))), **named}]
    all_genders = ["male", "female", "other"]
    open_to_all: Raw = {
        "max_household": 3,
        "children_with_guardian": not mood.about(draw, "scarcity", 5),
        "unaccompanied_minors": draw(st.booleans()),
        "min_age_years": draw(st.sampled_from([0, 18])),
        "genders": ["male"] if mood.seldom(draw) else all_genders,
    }
    forms = (
        ["supported_housing", "foster_home"]
        if mood.seldom(draw, 1) or mood.about(draw, "ages", 2)
        else ["protected_housing"]
    )
    told: Raw = {}
    if mood.about(draw, "grades", 2):
        forms = ["residential_care_home"]
        told["security_approved"] = draw(st.integers(0, 2)) > 0
    if mood.about(draw, "providers", 2):
        told["permit_valid_until"] = draw(st.sampled_from([None, *map(t.on, AHEAD)]))
    offers = [] if mood.seldom(draw, 2) else ["interpreter"]
    if mood.themes & {"support", "scarcity"}:
        offers = sorted({*offers, *draw(st.lists(st.sampled_from(TAGS), unique=True))})
    if "support" in mood.themes:
        told["support_intensity"] = draw(st.sampled_from([None, 1, 2, 3, 4]))
    agreed = draw(contracts(mood))
    return t.facility(
        id,
        locality,
        units,
        closures=closures,
        contracts=agreed,
        direct_award_allowed=not (agreed and mood.themes & {"contracts", "changes"}) or draw(st.integers(0, 2)) == 0,
        provider=draw(st.sampled_from(["prov", "else"])) if mood.themes & {"shares", "providers"} else "prov",
        accepts=open_to_all,
        form=draw(st.sampled_from(forms)),
        schools=draw(st.sampled_from([[], ["a"]])) if mood.seldom(draw, 1) else [locality],
        offers=offers,
        security_grade=draw(st.sampled_from([3, 2, 1, 4])),
        day_rate_sek=draw(st.sampled_from([0, 995, 1000, 2500])),
        **told,
    )
