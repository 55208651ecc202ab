"""Places, and what of the scenario has one."""

from __future__ import annotations

from typing import Any

from tests.brute.told import POLICY, WEIGHTS
from tests.tellings import KOMMUNER, LAN, REGIONS, Land, Raw


class Ground:
    """A raw scenario and the land, with the questions about places."""

    def __init__(self, raw: Raw, land: Land) -> None:
        self.raw, self.land = raw, land
        told = raw.get("policy", {})
        self.policy: dict[str, Any] = {**POLICY, **told}
        self.weights: dict[str, int] = {**WEIGHTS, **told.get("weights", {})}
        self.cases = sorted(raw.get("cases", []), key=lambda told: str(told["id"]))
        self.facilities = sorted(raw.get("facilities", []), key=lambda told: str(told["id"]))
        self.number = {told["id"]: n for n, told in enumerate(self.facilities)}
        self.providers: dict[str, Raw] = {told["id"]: told for told in raw.get("providers", [])}

    def place(self, home: int) -> str:
        """Locality of a facility."""
        return str(self.facilities[home]["locality"])

    def is_same_locality(self, a: str, b: str) -> bool:
        return self.land.root(a) == self.land.root(b)

    def are_apart(self, a: str, b: str, metres: int, minutes: int) -> bool:
        if self.is_same_locality(a, b):
            return False
        gap, time = self.land.metres(a, b), self.land.minutes(a, b)
        if gap < self.policy["neighbouring_km"] * 1000 or time < self.policy["neighbouring_min"]:
            return False
        return gap > metres and time > minutes

    def town(self, place: str) -> list[str]:
        """All that counts as one locality with a place."""
        return [place, *(one for one in self.land.ids if self.is_same_locality(one, place))]

    def metres(self, place: str, other: str) -> int:
        """From the nearest part of a place's town: what takes in a part takes in all of it."""
        return 0 if self.is_same_locality(place, other) else min(self.land.metres(o, other) for o in self.town(place))

    def minutes(self, place: str, other: str) -> int:
        return 0 if self.is_same_locality(place, other) else min(self.land.minutes(o, other) for o in self.town(place))

    def lies_in(self, place: str, area: Raw, *, keep_apart: bool) -> bool:
        kind, zone = area["kind"], self.land.zone(place)
        if kind == "kommun":
            return bool(KOMMUNER[zone] == area["kommun"])
        if kind == "lan":
            return bool(LAN[zone] == area["lan"])
        if kind == "police_region":
            return bool(REGIONS[zone] == area["police_region"])
        centre = area["locality"]
        if kind == "locality":
            return self.is_same_locality(place, centre)
        if kind == "circle":
            metres = self.metres(place, centre) if keep_apart else self.land.metres(place, centre)
            return bool(metres <= area["radius_km"] * 1000)
        minutes = self.minutes(place, centre) if keep_apart else self.land.by_road(place, centre)
        return bool(minutes <= area["minutes"])
