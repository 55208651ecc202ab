"""Hypothesis: raw scenarios small enough to try every plan, drawn where the limits are.

At most 4 cases x 3 facilities x windows of up to 7 days; households of up to 3; days and distances
are drawn near the limits of the delivered policy, so that both sides of each are met often.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests import tellings as t
from tests.tellings import Land, Raw

NETWORKS = ("blue", "green", "red")
TOWNS = ("a", "b", "c")
PLACES = (*TOWNS, "home", "other")

Draw = st.DrawFn


def seldom(draw: Draw, tame: bool, often: int = 3) -> bool:
    """Now and then; in a tame scenario almost never, so that cases meet each other instead of obstacles."""
    return draw(st.integers(0, 24 if tame else often)) == 1


@st.composite
def lands(draw: Draw, *, tame: bool) -> Land:
    """Three towns with facilities, a home and another locality; now and then two are one locality."""
    gaps = st.sampled_from([4000, 5000, 5001, 19_999, 20_000, 30_000, 30_001, 60_000, 100_000, 400_000])
    times = st.sampled_from([10, 24, 25, 30, 31, 45, 46, 90, 400, 10**9])
    among = TOWNS if tame else PLACES
    pairs = [(one, other) for n, one in enumerate(among) for other in among[n + 1 :]]
    near = pairs if tame else draw(st.lists(st.sampled_from(pairs), unique=True, max_size=6))
    gap_m = {pair: draw(gaps) for pair in near if "home" not in pair}
    from_home = st.sampled_from([50_001, 400_000, 50_001, 400_000, 50_001, 50_001, 50_000])
    gap_m |= {(one, "home"): draw(from_home) for one in TOWNS}
    return Land(
        PLACES,
        gap_m=gap_m,
        safe_min={pair: draw(times) for pair in near},
        road_min={pair: draw(times) for pair in near},
        parents=draw(st.sampled_from([{}, {}, {}, {"b": "a"}, {"a": "other", "b": "other"}])),
        kommun={one: draw(st.integers(0, 2)) for one in PLACES},
        larger_town_min={one: draw(st.sampled_from([0, 20, 21, 90])) for one in TOWNS},
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
    network = {"network": draw(st.sampled_from(NETWORKS))} if reach["kind"] == "presence" else {}
    return {"id": id, "reach": reach, "persistence": lasts, **network}


@st.composite
def relations(draw: Draw) -> list[Raw]:
    found = []
    pairs = st.sampled_from([("red", "blue"), ("blue", "red"), ("green", "red"), ("blue", "green")])
    for number in range(draw(st.sampled_from([0, 1, 2, 2, 3, 3, 4]))):
        a, b = draw(pairs)
        kind = draw(st.sampled_from(["rival", "allied", "rival", "split"]))
        end = draw(st.sampled_from([None, None, -5, 0, 1, 2, 3, 5]))
        begin = draw(st.sampled_from([-500, -500, 2, 20])) if kind != "split" and end is None else -500
        dated = {} if end is None else {"end": t.on(end), "end_confirmed": draw(st.booleans())}
        found.append(t.relation(a, b, kind, id=f"rel{number}", start=t.on(begin), **dated))
    return found


@st.composite
def members(draw: Draw, key: str, others: int, *, unknown: bool, tame: bool) -> list[Raw]:
    """A household: a defector, now and then with relatives or children and a guardian."""

    def known(number: int, **told: Any) -> Raw:
        nets: list[Any] = draw(st.lists(st.sampled_from(NETWORKS), unique=True, max_size=1 if number else 2))
        if nets and seldom(draw, tame):
            nets = [{"network": nets[0], "degree": "core", "start": t.on(-900), "end": t.on(-400)}, *nets[1:]]
        if unknown and draw(st.integers(0, 4)) == 1:
            told["knowledge"] = "unknown"
        return t.member(f"{key}-{number}", *nets, **told)

    youth = others == 0 and seldom(draw, tame)
    ages = st.sampled_from([15, 16, 17, 18, 20, 21]) if youth else st.sampled_from([18, 30])
    people = [known(0, age_years=draw(ages), gender=draw(st.sampled_from(["male", "male", "female"])))]
    for number in range(1, others + 1):
        age = draw(st.sampled_from([3, 10, 30]))
        people.append(known(number, role="child" if age < 18 else "partner", age_years=age))
    if others and people[0]["age_years"] >= 18:
        people[0]["is_guardian"] = True
    return people


@st.composite
def facilities(draw: Draw, id: str, locality: str, *, tame: bool) -> Raw:
    units = [
        t.room(f"u{n}", draw(st.sampled_from([1, 1, 2, 3])), shared=draw(st.booleans()))
        for n in range(draw(st.integers(1, 2)))
    ]
    closures = []
    if seldom(draw, tame=False):
        begin = draw(st.integers(-3, 6))
        named: Raw = {} if draw(st.booleans()) else {"units": ["u0"]}
        closures = [{"start": t.on(begin), "end": t.on(begin + draw(st.integers(1, 4))), **named}]
    contracts = []
    if seldom(draw, tame=False):
        begin = draw(st.integers(-5, 4))
        town: Raw = {} if draw(st.booleans()) else {"municipality": "0180"}
        length = draw(st.sampled_from([3, 300]))
        contracts = [{"start": t.on(begin), "end": t.on(begin + length), "quota_beds": draw(st.integers(0, 2)), **town}]
    all_genders = ["male", "female", "other"]
    open_to_all: Raw = {
        "max_household": 3, "children_with_guardian": True, "unaccompanied_minors": draw(st.booleans()),
        "min_age_years": draw(st.sampled_from([0, 18])),
        "genders": ["male"] if seldom(draw, tame) else all_genders,
    }  # fmt: skip
    forms = ["supported_housing", "foster_home"] if seldom(draw, tame, 1) else ["protected_housing"]
    return t.facility(
        id,
        locality,
        units,
        closures=closures,
        contracts=contracts,
        accepts=open_to_all,
        form=draw(st.sampled_from(forms)),
        schools=draw(st.sampled_from([[], ["a"]])) if seldom(draw, tame, 1) else [locality],
        offers=[] if seldom(draw, tame, 2) else ["interpreter"],
        security_grade=draw(st.integers(1, 3)),
        day_rate_sek=draw(st.sampled_from([0, 995, 1000, 2500])),
    )


@st.composite
def assessments(draw: Draw, *, named: bool, tame: bool) -> Raw:
    told: Raw = {}
    if seldom(draw, tame):
        told["forbidden"] = [draw(areas())]
    if draw(st.integers(0, 2)) == 0:
        told["preferred"] = draw(st.lists(areas(), min_size=1, max_size=2))
    if seldom(draw, tame):
        told["actors"] = [draw(actors("act0"))]
        told["protection_level"] = draw(st.sampled_from([None, 1, 2, 3]))
    if draw(st.integers(0, 4)) == 0:
        told["separations"] = [draw(separations(named=named))]
    if seldom(draw, tame, 5):
        told["valid_until"] = t.on(draw(st.integers(-1, 4)))
    waived = draw(st.lists(st.sampled_from(NETWORKS), unique=True))
    told["presence_waived"] = list(NETWORKS) if tame and draw(st.booleans()) else waived
    if seldom(draw, tame=False):
        told["home_radius_km"] = draw(st.sampled_from([0, 10, 50]))
        told["presence_radius_km"] = draw(st.sampled_from([0, 3, 20]))
    if seldom(draw, tame, 6):
        told["threat_level"] = "low"
    return t.assessment(**told)


@st.composite
def separations(draw: Draw, *, named: bool) -> Raw:
    told: Raw = draw(st.sampled_from([{"km": 60}, {"minutes": 90}, {"km": 10, "minutes": 10}, {"km": 100}]))
    network = draw(st.sampled_from([None, *NETWORKS])) if named else None
    return told if network is None else {**told, "network": network}


@st.composite
def cases(draw: Draw, id: str, *, longest: int, unknown: bool, tame: bool) -> Raw:
    others = draw(st.sampled_from([0, 0, 0, 1, 2]))
    begin = draw(st.sampled_from([0, 0, 1, -2]))
    nights = draw(st.sampled_from([1, 1, 2, 3, 8]))
    stays = [{"kind": "stable", "nights": nights}]
    if longest <= 4 and draw(st.integers(0, 4)) == 0:
        stays = [{"kind": "emergency", "nights": draw(st.integers(1, 2))}, *stays]
    triage, hours = draw(
        st.sampled_from([("green", 2), ("green", 15 * 24), ("orange", 2), ("orange", 48), ("red", 1), ("red", 30)])
    )
    received = f"{t.on(-(hours // 24) - (1 if hours % 24 > 7 else 0))}T{(8 - hours) % 24:02d}:00:00+01:00"
    gate = dict(t.PASSED)
    if seldom(draw, tame, 9):
        gate[draw(st.sampled_from(sorted(gate)))] = None
        gate["is_emergency"] = draw(st.booleans())
    return t.case(
        id,
        *draw(members(id, others, unknown=unknown, tame=tame)),
        days=(begin, max(0, begin) + draw(st.integers(0, longest - 1))),
        triage=triage,
        received_at=received,
        stays=stays,
        gate=gate,
        responsible_municipality=draw(st.sampled_from(["0180", "0180", "1280"])),
        needs=draw(st.sampled_from([[], [], [{"tag": "interpreter", "timing": "day_one"}]])),
        known_places=[{"locality": "b", "kind": "school"}] if seldom(draw, tame) else [],
        assessments=[draw(assessments(named=not unknown, tame=tame))],
    )


@st.composite
def placements(draw: Draw, id: str, homes: list[Raw], *, unknown: bool) -> Raw:
    home = draw(st.sampled_from(homes))
    people = draw(members(id, 0, unknown=unknown, tame=True))
    start = draw(st.sampled_from([-90, -90, -90, 2, 4]))
    end = max(start + 1, draw(st.sampled_from([-40, 0, 1, 2, 3, 5, 60])))
    gone = draw(st.sampled_from([None, None, None, -31, -30, -29, -28, -27, 0, 1])) if start < -50 else None
    return t.placement(
        id,
        home["id"],
        *people,
        days=(start, end),
        beds=[draw(st.sampled_from(home["units"]))["id"]],
        departed=None if gone is None else t.on(gone),
        state=draw(st.sampled_from(["placed", "held"])),
        separations=[draw(separations(named=not unknown))] if draw(st.integers(0, 5)) == 0 else [],
    )


@st.composite
def scenarios(draw: Draw) -> tuple[Raw, Land]:
    """A scenario and its land; fewer days when there are more cases, so that every plan can be tried."""
    tame = draw(st.integers(0, 3)) > 0
    land = draw(lands(tame=tame))
    unknown = seldom(draw, tame=False)
    number = draw(st.sampled_from([4, 3, 2, 3, 2, 4, 1]))
    longest = {1: 7, 2: 7, 3: 4, 4: 3}[number]
    homes = [draw(facilities(f"f{n}", TOWNS[n], tame=tame)) for n in range(draw(st.integers(1, 3)))]
    waiting = [draw(cases(f"c{n}", longest=longest, unknown=unknown, tame=tame)) for n in range(number)]
    placed = [draw(placements(f"p{n}", homes, unknown=unknown)) for n in range(draw(st.integers(0, 3)))]
    living = [
        t.residence(f"r{n}", draw(st.sampled_from(PLACES)), *draw(members(f"r{n}", 0, unknown=unknown, tame=True)))
        for n in range(draw(st.integers(0, 1)))
    ]
    if placed and seldom(draw, tame=False, often=5):  # somebody already placed waits for another stay
        keys = [one["person_key"] for one in placed[0]["household"]]
        if len(waiting[0]["household"]) == len(keys):
            waiting[0]["household"] = placed[0]["household"]
    persons = [one["person_key"] for told in (*waiting, *placed, *living) for one in told["household"]]
    feuds = []
    if len(set(persons)) > 1 and draw(st.booleans()):
        a, b = draw(st.lists(st.sampled_from(sorted(set(persons))), min_size=2, max_size=2, unique=True))
        end: Raw = draw(
            st.sampled_from([{}, {}, {"end": t.on(2)}, {"end": t.on(2), "end_confirmed": True}, {"separation_km": 100}])
        )
        feuds = [t.conflict(a, b, id="feud0", **end)]
    networks = []
    for name in NETWORKS:
        where = draw(st.sampled_from([[], ["other"], ["a"], ["b", "other"]])) if seldom(draw, tame, 2) else []
        told = t.network(name, *where)
        for presence in told["presence"]:
            if draw(st.booleans()):
                presence.update(end=t.on(draw(st.integers(-3, 6))), end_confirmed=draw(st.booleans()))
        networks.append(told)
    raw = t.scenario(
        networks=networks,
        relations=draw(relations()),
        person_conflicts=feuds,
        facilities=homes,
        cases=waiting,
        placements=placed,
        residences=living,
        policy=draw(
            st.sampled_from([{}, {}, {"rival_of_ally_counts": False}, {"separation_km": 0, "separation_min": 0}])
        ),
    )
    return raw, land
