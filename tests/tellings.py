"""Raw scenarios by hand: dicts as a file would hold them, on a made-up land with hand-given distances.

Days are counted from `NOW`: ``on(0)`` is today. `facts_of` takes a scenario the whole way to facts,
with the land in the map's place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from benchmarks.verification import Raw as Raw
from matching.assemble import Numbering, assemble, places_in_use
from matching.domain import PlaceIndex, Scenario, parse
from matching.facts import Facts, Places
from tests.builders import FAR_M, FAR_MIN

TODAY_DATE: Final = date(2026, 11, 20)
TODAY: Final = TODAY_DATE.toordinal()
NOW: Final = "2026-11-20T08:00:00+01:00"
KOMMUNER: Final = ("0180", "1280", "1480")
LAN: Final = ("01", "12", "14")
REGIONS: Final = ("stockholm", "syd", "vast")


def on(day: int) -> str:
    """A date so many days from today."""
    return (TODAY_DATE + timedelta(days=day)).isoformat()


@dataclass(frozen=True)
class Land:
    """Localities with hand-given gaps; far apart unless told, in metres and minutes.

    `kommun` gives the index of a locality's kommun, län and police region in the lists above.
    """

    ids: tuple[str, ...]
    gap_m: Mapping[tuple[str, str], int] = field(default_factory=dict)
    safe_min: Mapping[tuple[str, str], int] = field(default_factory=dict)
    road_min: Mapping[tuple[str, str], int] = field(default_factory=dict)
    parents: Mapping[str, str] = field(default_factory=dict)
    kommun: Mapping[str, int] = field(default_factory=dict)
    larger_town_min: Mapping[str, int] = field(default_factory=dict)
    population: Mapping[str, int] = field(default_factory=dict)

    def between(self, told: Mapping[tuple[str, str], int], a: str, b: str, otherwise: int) -> int:
        if a == b:
            return 0
        return told.get((a, b), told.get((b, a), otherwise))

    def metres(self, a: str, b: str) -> int:
        return self.between(self.gap_m, a, b, FAR_M)

    def metres_up(self, a: str, b: str) -> int:
        return self.metres(a, b)

    def minutes(self, a: str, b: str) -> int:
        return self.between(self.safe_min, a, b, FAR_MIN)

    def by_road(self, a: str, b: str) -> int:
        return self.between(self.road_min, a, b, FAR_MIN)

    def root(self, one: str) -> str:
        return self.parents.get(one, one)

    def people(self, one: str) -> int:
        return self.population.get(one, 50_000)

    def zone(self, one: str) -> int:
        return self.kommun.get(one, 0)

    def kommun_of(self, one: str) -> str:
        return KOMMUNER[self.zone(one)]

    def lan_of(self, one: str) -> str:
        return LAN[self.zone(one)]

    def region_of(self, one: str) -> str:
        return REGIONS[self.zone(one)]

    def to_larger_town(self, one: str, population: int) -> int:
        return self.larger_town_min.get(one, 0)

    def at(self, latitude_deg: float, longitude_deg: float) -> str:
        raise ValueError("the made-up land has no bare points")

    def index(self) -> PlaceIndex:
        return PlaceIndex(frozenset(self.ids), frozenset(KOMMUNER), frozenset(LAN), frozenset(REGIONS))


def facts_of(raw: Raw, land: Land) -> Facts:
    """Facts of a raw scenario: parsed, then assembled on the made-up land."""
    return facts_of_parsed(parse(json.dumps(raw).encode(), land.index()), land)


def facts_of_parsed(scenario: Scenario, land: Land) -> Facts:
    named, points = places_in_use(scenario)
    assert not points, "the made-up land has no bare points"
    towns = {land.root(told.locality) for told in scenario.facilities}
    ids = tuple(sorted({*named, *(one for one in land.ids if land.root(one) in towns)}))

    def table(what: Any) -> np.typing.NDArray[np.int64]:
        return np.array([[what(a, b) for b in ids] for a in ids], dtype=np.int64).reshape(len(ids), len(ids))

    roots = sorted({land.root(one) for one in ids})
    regions = {code: number for number, code in enumerate(REGIONS)}
    places = Places(
        gap_m=table(land.metres),
        reach_m=table(land.metres),
        safe_min=table(land.minutes),
        road_min=table(land.by_road),
        root=np.array([roots.index(land.root(one)) for one in ids], dtype=np.int64),
        kommun=np.array([int(KOMMUNER[land.zone(one)]) for one in ids], dtype=np.int64),
        lan=np.array([int(LAN[land.zone(one)]) for one in ids], dtype=np.int64),
        police_region=np.array([regions[REGIONS[land.zone(one)]] for one in ids], dtype=np.int64),
        larger_town_min=np.array([land.larger_town_min.get(one, 0) for one in ids], dtype=np.int64),
        population=np.array([land.people(land.root(one)) for one in ids], dtype=np.int64),
    )
    return assemble(scenario, Numbering({one: n for n, one in enumerate(ids)}, {}, regions), places)


PROVENANCE: Final[Raw] = {"source": "police_intelligence", "recorded_on": "2026-01-01"}
PASSED: Final[Raw] = {
    "definition_met": True,
    "motivated": True,
    "written_consent": True,
    "conditions_signed": True,
    "is_evidence_witness": False,
    "measure_decision": True,
    "investigation_clearance": True,
}


def scenario(**collections: Any) -> Raw:
    """A scenario of today with one provider and whatever is told."""
    head: Raw = {"schema_version": "1", "synthetic": True, "now": NOW}
    return {**head, "providers": [provider()], **collections}


def provider(id: str = "prov", **told: Any) -> Raw:
    return {"id": id, "ownership": "private", "vetting": "vetted", "vetting_valid_until": on(3000), **told}


def network(id: str, *localities: str, **told: Any) -> Raw:
    """A network, present for ever in the localities named."""
    presence = [{"locality": one, "start": on(-1000)} for one in localities]
    return {"id": id, "kind": "self_defined", "presence": presence, "hostility_prior_percent": 0, **told}


def relation(a: str, b: str, kind: str = "rival", **told: Any) -> Raw:
    return {
        "id": f"{kind}-{a}-{b}",
        "a": a,
        "b": b,
        "kind": kind,
        "start": on(-500),
        "probability_percent": 90,
        "provenance": PROVENANCE,
        **told,
    }


def conflict(a: str, b: str, **told: Any) -> Raw:
    return {"id": f"conflict-{a}-{b}", "a": a, "b": b, "start": on(-500), "provenance": PROVENANCE, **told}


def member(key: str, *networks: str | Raw, **told: Any) -> Raw:
    """A man of 30 in the networks named, or cleared of any when none is."""
    memberships = [
        one if isinstance(one, dict) else {"network": one, "degree": "active", "start": on(-900)} for one in networks
    ]
    return {
        "person_key": f"person-{key}",
        "role": "defector",
        "age_years": 30,
        "gender": "male",
        "knowledge": "established" if memberships else "cleared",
        "memberships": memberships,
        **told,
    }


def room(id: str = "u0", beds: int = 1, *, shared: bool = False) -> Raw:
    return {"id": id, "kind": "room", "beds": beds, "is_shared": shared}


def facility(id: str, locality: str, units: Sequence[Raw] | None = None, **told: Any) -> Raw:
    """A protected house for adults with one single room."""
    return {
        "id": id,
        "provider": "prov",
        "locality": locality,
        "form": "protected_housing",
        "units": list(units or [room()]),
        "accepts": {"max_household": 12},
        "permit_valid_until": on(3000),
        "direct_award_allowed": True,
        "security_grade": 1,
        "day_rate_sek": 1000,
        **told,
    }


def assessment(**told: Any) -> Raw:
    return {
        "version": 1,
        "assessor_unit": "bops-1",
        "method_version": "m1",
        "signed_on": on(-5),
        "valid_from": on(-5),
        "valid_until": on(200),
        "confidence": "high",
        "threat_level": "high",
        **told,
    }


def case(id: str, *household: Raw, home: str = "home", days: tuple[int, int] = (0, 3), **told: Any) -> Raw:
    """A green case received today, its gate passed: ten nights from today or up to three days later."""
    return {
        "id": id,
        "unit": "bops-1",
        "responsible_municipality": "0180",
        "triage": "green",
        "received_at": NOW,
        "window": {"earliest": on(days[0]), "latest": on(days[1])},
        "stays": [{"kind": "stable", "nights": 10}],
        "household": list(household or [member(id)]),
        "homes": [home],
        "gate": PASSED,
        "assessments": [assessment()],
        **told,
    }


def placement(
    id: str, facility: str, *household: Raw, days: tuple[int, int] = (-50, 100), beds: Iterable[str] = (), **told: Any
) -> Raw:
    """A live placement, one bed a member in the units named (the first room when none is)."""
    people = list(household or [member(id)])
    units = list(beds) or ["u0"] * len(people)
    return {
        "id": id,
        "state": "placed",
        "facility": facility,
        "units": [{"unit": one, "beds": units.count(one)} for one in dict.fromkeys(units)],
        "household": people,
        "start": on(days[0]),
        "end": on(days[1]),
        "responsible_municipality": "0180",
        **told,
    }


def residence(id: str, locality: str, *household: Raw, start: int = -50, **told: Any) -> Raw:
    return {"id": id, "locality": locality, "household": list(household or [member(id)]), "start": on(start), **told}
