"""Networks, their relations, exposed places, threat actors."""

from __future__ import annotations

from hypothesis import strategies as st

from tests import tellings as t
from tests.strategies.mood import NETWORKS, PLACES, TOWNS, Draw, Mood
from tests.tellings import Raw


@st.composite
def persistences(draw: Draw) -> Raw:
    kind = draw(st.sampled_from(["lasting", "until", "fading"]))
    if kind == "until":
        return {"kind": kind, "until": t.on(draw(st.integers(-1, 5)))}
    if kind == "fading":
        full = draw(st.integers(-6, 3))
        gone = full + draw(st.integers(1, 9))
        return {"kind": kind, "full_until": t.on(full), "gone_by": t.on(gone)}
    return {"kind": kind}


@st.composite
def actors(draw: Draw, id: str) -> Raw:
    bases = [draw(st.sampled_from(("other", *TOWNS)))]
    reach: Raw = draw(
        st.sampled_from(
            [
                {"kind": "radius", "bases": bases, "radius_km": 30},
                {"kind": "radius", "bases": bases, "radius_km": 100},
                {"kind": "minutes", "bases": bases, "minutes": 90},
                {"kind": "areas", "areas": [{"kind": "locality", "locality": bases[0]}]},
                {"kind": "presence"},
                {"kind": "national"},
            ]
        )
    )
    lasts = draw(persistences())
    is_network = reach["kind"] == "presence" or draw(st.integers(0, 3)) == 1
    network = {"network": draw(st.sampled_from(NETWORKS))} if is_network else {}
    return {"id": id, "reach": reach, "persistence": lasts, **network}


@st.composite
def relations(draw: Draw, mood: Mood) -> list[Raw]:
    found = []
    pairs = st.sampled_from([("red", "blue"), ("blue", "red"), ("green", "red"), ("blue", "green")])
    for number in range(draw(st.sampled_from([0, 1, 2, 1, 0, 3, 4]))):
        a, b = draw(pairs)
        kind = draw(st.sampled_from(["rival", "allied", "rival", "split"]))
        end = draw(st.sampled_from([None, None, -5, 0, 1, 2, 3, 5]))
        begin = draw(st.sampled_from([-500, -500, 2, 20])) if kind != "split" and end is None else -500
        told: Raw = {} if end is None else {"end": t.on(end), "end_confirmed": draw(st.booleans())}
        if "risk" in mood.themes:
            told["probability_percent"] = draw(st.sampled_from([19, 20, 10, 9, 1, 49, 50, 100]))
        found.append(t.relation(a, b, kind, id=f"rel{number}", start=t.on(begin), **told))
    return found


@st.composite
def networks(draw: Draw, mood: Mood) -> list[Raw]:
    found = []
    for name in NETWORKS:
        where = []
        if mood.seldom(draw, 2) or mood.about(draw, "reach"):
            where = draw(st.sampled_from([["other"], ["a"], ["b", "other"]]))
        told = t.network(name, *where)
        for presence in told["presence"]:
            if draw(st.booleans()):
                presence.update(end=t.on(draw(st.integers(-3, 6))), end_confirmed=draw(st.booleans()))
        priors = [20, 5, 10, 0, 50, 100] if mood.themes & {"risk", "margin"} else [20, 0, 10]
        told["hostility_prior_percent"] = draw(st.sampled_from(priors))
        found.append(told)
    return found


@st.composite
def exposures(draw: Draw, homes: list[Raw]) -> list[Raw]:
    """Known for 24 or 12 months: exposed so long ago that it ends about now; some cleared, by two or by one."""
    found = []
    for number in range(draw(st.integers(1, 2))):
        begun = draw(st.sampled_from(["2024-11-20", "2024-11-22", "2024-11-23", "2025-11-21", "2026-11-01"]))
        told: Raw = {"id": f"exp{number}", "network": draw(st.sampled_from(NETWORKS)), "exposed_on": begun}
        if draw(st.booleans()):
            told["facility"] = draw(st.sampled_from(homes))["id"]
        else:
            told["locality"] = draw(st.sampled_from(PLACES))
        if draw(st.integers(0, 2)) == 0:
            told["cleared_on"] = t.on(draw(st.sampled_from([-1, 0, 1, 2])))
            told["cleared_by"] = draw(st.sampled_from([["one", "two"], ["one"], ["two", "one", "three"]]))
        found.append({**told, "kind": draw(st.sampled_from(["interrupted_resident", "visitor", "leak"]))})
    return found
