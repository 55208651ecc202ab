"""Hypothesis: raw scenarios small enough to try every plan, drawn where the limits are.

At most 4 cases x 3 facilities x windows of up to 7 days; households of up to 3; days and distances
are drawn near the limits of the policy, so that both sides of each are met often. A scenario is about
some themes only (`mood`): were it about all of them, nobody would ever find a place.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests import tellings as t
from tests.strategies.catalogue import facilities, providers
from tests.strategies.households import bind, cases, placements, residences
from tests.strategies.intelligence import exposures, networks, relations
from tests.strategies.mood import OBSTACLES, TOWNS, Draw, moods
from tests.strategies.places import lands, policies
from tests.tellings import Land, Raw

__all__ = ["OBSTACLES", "scenarios"]


@st.composite
def scenarios(draw: Draw, focus: tuple[str, ...] = ()) -> tuple[Raw, Land]:
    """A scenario and its land; fewer days when there are more cases, so that every plan can be tried."""
    mood = draw(moods(focus))
    land = draw(lands(mood))
    unknown = draw(st.integers(0, 6)) == 1
    number = draw(st.sampled_from([2, 1, 3] if "changes" in mood.themes else [4, 3, 2, 3, 2, 4, 1]))
    longest = {1: 7, 2: 7, 3: 4, 4: 3}[number]
    homes = [draw(facilities(f"f{n}", TOWNS[n], mood)) for n in range(draw(st.sampled_from([2, 1, 3, 2, 3])))]
    most = max(min(3, sum(unit["beds"] for unit in home["units"])) for home in homes)
    waiting = [draw(cases(f"c{n}", mood, longest=longest, most=most, unknown=unknown)) for n in range(number)]
    already = draw(st.sampled_from([1, 2, 3] if "changes" in mood.themes else [0, 1, 2, 1, 0, 3]))
    placed = [draw(placements(f"p{n}", homes, mood, unknown=unknown)) for n in range(already)]
    living = [draw(residences(f"r{n}", mood, unknown=unknown)) for n in range(draw(st.integers(0, 1)))]
    if placed and (mood.about(draw, "housed") or draw(st.integers(0, 5)) == 1):
        waiting[0]["household"] = _moving_on(draw, waiting[0]["household"], placed[0]["household"], most)
        if placed[0]["departed"] is None and "changes" in mood.themes:
            placed[0].update(start=t.on(-90), end=t.on(draw(st.integers(1, 3))))
    files = [(told, told) for told in waiting]
    files += [(told, told["case_file"]) for told in placed if "case_file" in told]
    others = [*placed, *living] if "changes" in mood.themes else [*waiting, *placed, *living]
    beds = max(sum(unit["beds"] for unit in home["units"]) for home in homes)
    linked = bind(draw, mood, files, others, beds) if others else set()
    raw = t.scenario(
        networks=draw(networks(mood)),
        relations=draw(relations(mood)),
        person_conflicts=draw(feuds([*waiting, *placed, *living], linked)),
        exposures=draw(exposures(homes)) if "exposures" in mood.themes else [],
        providers=draw(providers(mood)),
        facilities=homes,
        cases=waiting,
        placements=placed,
        residences=living,
        policy=draw(policies(mood)),
    )
    return raw, land


def _moving_on(draw: Draw, waiting: list[Raw], placed: list[Raw], most: int) -> list[Raw]:
    """Somebody already placed waits for another stay: alone, or with those who join."""
    if len(waiting) == 1 or draw(st.booleans()):
        return placed[:1] if draw(st.booleans()) else placed[:most]
    return [placed[0], *waiting[1:]]


@st.composite
def feuds(draw: Draw, households: list[Raw], linked: set[frozenset[str]]) -> list[Raw]:
    """Now and then two persons are in conflict, unless they are linked."""
    persons = sorted({one["person_key"] for told in households for one in told["household"]})
    if len(persons) < 2 or not draw(st.booleans()):
        return []
    a, b = draw(st.lists(st.sampled_from(persons), min_size=2, max_size=2, unique=True))
    if frozenset((a, b)) in linked:
        return []
    end: Raw = draw(
        st.sampled_from([{}, {}, {"end": t.on(2)}, {"end": t.on(2), "end_confirmed": True}, {"separation_km": 100}])
    )
    return [t.conflict(a, b, id="feud0", **end)]
