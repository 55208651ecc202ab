"""Places, and what of the scenario has one."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from functools import cached_property
from typing import Any

from benchmarks.verification.land import Land
from benchmarks.verification.told import POLICY, SWEDEN, WEIGHTS, Raw, happened, lives


class Ground:
    """A raw scenario and the land, with the questions about places and about what is over."""

    def __init__(self, raw: Raw, land: Land) -> None:
        self.raw, self.land = raw, land
        self.today = datetime.fromisoformat(raw["now"]).astimezone(SWEDEN).date().toordinal()
        told = raw.get("policy", {})
        self.policy: dict[str, Any] = {**POLICY, **told}
        own = {name: weight for name, weight in told.get("weights", {}).items() if name != "further"}
        self.weights: dict[str, int] = {**WEIGHTS, **own}
        self.cases = sorted(raw.get("cases", []), key=lambda told: str(told["id"]))
        self.facilities = sorted(raw.get("facilities", []), key=lambda told: str(told["id"]))
        self.number = {told["id"]: n for n, told in enumerate(self.facilities)}
        self.providers: dict[str, Raw] = {told["id"]: told for told in raw.get("providers", [])}
        self._apart: dict[tuple[str, str, int, int], bool] = {}
        self._towns: dict[str, list[str]] = {}

    # Days

    def left(self, told: Raw) -> int:
        """The day somebody left, once that is recorded."""
        return happened(told.get("departed"), self.today)

    def lives_on(self, told: Raw, on: int) -> bool:
        """Whether a relation, conflict or presence of a network counts on a day."""
        start, end = lives(told, self.today)
        return start <= on < end

    @cached_property
    def turns(self) -> list[int]:
        """Days on which something known of networks and persons begins or ends; between two of them nothing changes."""
        told = [*self.raw.get("relations", []), *self.raw.get("person_conflicts", [])]
        told += [at for network in self.raw.get("networks", []) for at in network.get("presence", [])]
        return sorted({turn for one in told for turn in lives(one, self.today)})

    def stretch(self, on: int) -> int:
        """Number of the days between two turns to which a day belongs."""
        return bisect_right(self.turns, on)

    def begins_of(self, begin: int, end: int) -> list[int]:
        """The first day of every stretch in ``[begin, end)``."""
        first = bisect_right(self.turns, begin)
        return [begin, *(turn for turn in self.turns[first:] if turn < end)] if begin < end else []

    # Places

    def place(self, home: int) -> str:
        """Locality of a facility."""
        return str(self.facilities[home]["locality"])

    def is_same_locality(self, a: str, b: str) -> bool:
        """The same town, districts included."""
        return self.land.root(a) == self.land.root(b)

    def are_apart(self, a: str, b: str, metres: int, minutes: int) -> bool:
        """Farther than both limits, and neither in one locality nor in neighbouring ones."""
        key = a, b, metres, minutes
        if key not in self._apart:
            self._apart[key] = self._are_apart(a, b, metres, minutes)
        return self._apart[key]

    def _are_apart(self, a: str, b: str, metres: int, minutes: int) -> bool:
        if self.is_same_locality(a, b):
            return False
        gap, time = self.land.metres(a, b), self.land.minutes(a, b)
        if gap < self.policy["neighbouring_km"] * 1000 or time < self.policy["neighbouring_min"]:
            return False
        return gap > metres and time > minutes

    def town(self, place: str) -> list[str]:
        """All that counts as one locality with a place."""
        if not self._towns:
            for one in self.land.ids:
                self._towns.setdefault(self.land.root(one), []).append(one)
        return [place, *self._towns.get(self.land.root(place), [])]

    def metres(self, place: str, other: str) -> int:
        """From the nearest part of a place's town: what takes in a part takes in all of it."""
        return 0 if self.is_same_locality(place, other) else min(self.land.metres(o, other) for o in self.town(place))

    def minutes(self, place: str, other: str) -> int:
        """The same by time."""
        return 0 if self.is_same_locality(place, other) else min(self.land.minutes(o, other) for o in self.town(place))

    def lies_in(self, place: str, area: Raw, *, keep_apart: bool) -> bool:
        """Whether a place is in an area; to keep apart from it, being in it by a part of the town is enough."""
        kind = area["kind"]
        if kind == "kommun":
            return bool(self.land.kommun_of(place) == area["kommun"])
        if kind == "lan":
            return bool(self.land.lan_of(place) == area["lan"])
        if kind == "police_region":
            return bool(self.land.region_of(place) == area["police_region"])
        point = area.get("point")
        centre = area["locality"] if point is None else self.land.at(point["latitude_deg"], point["longitude_deg"])
        if kind == "locality":
            return self.is_same_locality(place, centre)
        if kind == "circle":
            metres = self.metres(place, centre) if keep_apart else self.land.metres_up(place, centre)
            return bool(metres <= area["radius_km"] * 1000)
        minutes = self.minutes(place, centre) if keep_apart else self.land.by_road(place, centre)
        return bool(minutes <= area["minutes"])

    # Assessments

    def separations_told(self) -> list[Raw]:
        """Every separation anybody asks for, in whatever version of an assessment."""
        placements = self.raw.get("placements", [])
        files = [*self.raw.get("cases", []), *(one.get("case_file") or {} for one in placements)]
        beside = [*placements, *self.raw.get("residences", [])]
        asking = [*(signed for file in files for signed in file.get("assessments", [])), *beside]
        return [one for item in asking for one in item.get("separations", [])]
