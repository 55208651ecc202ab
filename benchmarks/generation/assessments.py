"""Placement assessments: areas, threat actors, separations, versions and validity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.generation.dice import Deck, Keys, pick, shared_out, stream
from benchmarks.generation.ground import Ground, Near, Vicinity
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import Underworld

__all__ = ["Assessor", "Known", "Lived", "Subject"]

Json = dict[str, Any]

_FORBIDDEN: Final = {"locality": 9, "kommun": 4, "lan": 2, "police_region": 1, "circle": 3, "travel_ring": 2}
_PREFERRED: Final = {"locality": 2, "kommun": 3, "lan": 5, "police_region": 4, "circle": 3, "travel_ring": 1}
_REACH: Final = {"radius": 7, "minutes": 4, "areas": 4, "presence": 4, "national": 1}
_PERSISTENCE: Final = {"lasting": 4, "until": 3, "fading": 3}
_CONFIDENCE: Final = {"low": 2, "medium": 5, "high": 3}
_FORBIDDEN_COUNT: Final = {0: 0.05, 1: 0.2, 2: 0.3, 3: 0.25, 4: 0.13, 5: 0.07}
_PREFERRED_COUNT: Final = {0: 0.5, 1: 0.33, 2: 0.17}
_ACTOR_COUNT: Final = {0: 0.2, 1: 0.42, 2: 0.27, 3: 0.11}
_NAMED_HERE: Final = 0.6
_TRIES: Final = 6
# So far from the keys of the persons told of that no key is made twice.
_STRANGERS: Final = {"assessments": 500_000_000, "case files": 600_000_000}
_METHODS: Final = ("pb-2024", "pb-2025", "pb-2026")
# Kinds of towns assessors think of when no network is at hand.
_TOWNS: Final = {"town": 0.5, "small_town": 0.5}


@dataclass(frozen=True)
class Lived:
    """Where somebody assessed lives already, so that the assessment does not forbid it.

    Parameters
    ----------
    town : what lies near the place
    grade : security grade of the facility
    is_poor : little is known of the household
    separations : what the assessment asks for
    near : by number of place, whether it lies too near for a foe
    reached_by : networks whose presence comes near the place
    """

    town: Vicinity
    grade: int
    is_poor: bool
    separations: list[Json]
    near: npt.NDArray[np.bool_]
    reached_by: frozenset[str]


@dataclass(frozen=True)
class Known:
    """Somebody an assessment may name as a threat actor; `place` numbers where they live, none: they wait."""

    key: str
    place: int | None


@dataclass(frozen=True)
class Subject:
    """Whom an assessment is about.

    Parameters
    ----------
    number : of the case, from 0
    networks : of the household; none when unknown
    home : locality
    latest : last wanted start, which a valid assessment covers
    lived : where the household lives already; none: it waits
    """

    number: int
    networks: tuple[str, ...]
    home: str
    latest: date
    lived: Lived | None = None


class Assessor:
    """Writes the assessments of a week; the shares of faulty ones are met to the nearest one.

    Parameters
    ----------
    spec, ground, world : the week
    stage : names the stream of random numbers
    count : number of cases
    shares : of expired, withdrawn, several versions, low threat, separated and graded ones
    known : by network, who may be named as an actor
    """

    def __init__(
        self,
        spec: WeekSpec,
        ground: Ground,
        world: Underworld,
        stage: str,
        count: int,
        shares: Mapping[str, float],
        known: Mapping[str, Sequence[Known]],
    ) -> None:
        self.rng = stream(spec.seed, stage)
        self.known = known
        self.today, self.ground, self.world = spec.today, ground, world
        self.strangers = Keys(spec.seed + _STRANGERS[stage])
        self.forbidden, self.preferred = Deck(self.rng, _FORBIDDEN), Deck(self.rng, _PREFERRED)
        self.reach, self.persistence = Deck(self.rng, _REACH), Deck(self.rng, _PERSISTENCE)
        self.confidence = Deck(self.rng, _CONFIDENCE)
        self.flags = {name: shared_out(self.rng, count, share) for name, share in shares.items()}

    def write(self, subject: Subject) -> list[Json]:
        """Return the versions of one case's assessment, oldest first."""
        number = subject.number
        versions = 2 + self.rng.randint(0, 1) if self.flags["several"][number] else 1
        return [self._version(subject, version, versions) for version in range(1, versions + 1)]

    def is_low(self, number: int) -> bool:
        """Whether the threat of a case is low, so that relocation must be expressly needed."""
        return self.flags["low"][number]

    def _version(self, subject: Subject, version: int, versions: int) -> Json:
        rng, is_last = self.rng, version == versions
        lived = subject.lived
        age_days, lasts_days = ((1, 20), (60, 180)) if lived is None else ((5, 90), (105, 180))
        signed = self.today - timedelta(days=rng.randint(*age_days) + 45 * (versions - version))
        valid_until = max(signed + timedelta(days=rng.randint(*lasts_days)), subject.latest + timedelta(days=1))
        if not is_last:
            valid_until = signed + timedelta(days=90)
        elif self.flags["expired"][subject.number]:
            signed = min(signed, self.today - timedelta(days=rng.randint(100, 140)))
            valid_until = self.today - timedelta(days=rng.randint(1, 9))
        drawn = [self._actor(subject, number) for number in range(1, pick(rng, _ACTOR_COUNT) + 1)]
        actors = [actor for actor in drawn if actor is not None]
        told: Json = {
            "version": version,
            "assessor_unit": f"bops-{self.ground.layers.resolve(subject.home).police_region}",
            "method_version": rng.choice(_METHODS),
            "signed_on": signed.isoformat(),
            "valid_from": signed.isoformat(),
            "valid_until": valid_until.isoformat(),
            "withdrawn": is_last and self.flags["withdrawn"][subject.number],
            "confidence": self._confidence(subject),
            "threat_level": "low" if self.flags["low"][subject.number] else "high",
            "forbidden": self._forbidden(subject),
            "preferred": [self._area(self.preferred.deal(), self._quiet()) for _ in range(pick(rng, _PREFERRED_COUNT))],
            "actors": actors,
            "separations": self._separations(subject),
        }
        return told | self._tightened(subject, actors)

    def _confidence(self, subject: Subject) -> str:
        if subject.lived is not None:
            return "low" if subject.lived.is_poor else self.rng.choice(("medium", "medium", "high"))
        return self.confidence.deal() if subject.networks else "low"

    def _forbidden(self, subject: Subject) -> list[Json]:
        areas = [
            self._area(self.forbidden.deal(), self._risky(subject)) for _ in range(pick(self.rng, _FORBIDDEN_COUNT))
        ]
        return [area for area in areas if subject.lived is None or not subject.lived.town.lies_in(area)]

    def _tightened(self, subject: Subject, actors: Sequence[Json]) -> Json:
        """What few assessments say: waivers, wider radii, a protection level."""
        rng = self.rng
        found: Json = {}
        rivals = self._rivals(subject)
        if rivals and rng.random() < 0.12:
            found["presence_waived"] = [rng.choice(rivals)]
        if subject.lived is None and rng.random() < 0.08:
            found["home_radius_km"] = rng.choice((60, 75, 90))
        if subject.lived is None and rng.random() < 0.06:
            found["presence_radius_km"] = rng.choice((8, 10, 15))
        if any(actor["reach"]["kind"] == "national" for actor in actors):
            found["protection_level"] = rng.choice((2, 2, 3))
        elif self.flags["graded"][subject.number]:
            found["protection_level"] = rng.choice((1, 2, 2, 3))
        if subject.lived is not None and "protection_level" in found:
            found["protection_level"] = min(found["protection_level"], subject.lived.grade)
        return found

    def _rivals(self, subject: Subject) -> list[str]:
        return sorted({rival for network in subject.networks for rival in self.world.hostile[network]})

    def _risky(self, subject: Subject) -> str:
        """Return a locality where rivals are, else some town the assessor has doubts about."""
        rivals = self._rivals(subject)
        if rivals and self.rng.random() < 0.65:
            return self.rng.choice(self.world.bases[self.rng.choice(rivals)])
        return self._quiet()

    def _quiet(self) -> str:
        return self.ground.in_kind(self.rng, pick(self.rng, _TOWNS))

    def _area(self, kind: str, locality: str) -> Json:
        rng, place = self.rng, self.ground.layers.resolve(locality)
        if kind == "locality":
            return {"kind": kind, "locality": locality}
        if kind == "kommun":
            return {"kind": kind, "kommun": place.kommun}
        if kind == "lan":
            return {"kind": kind, "lan": place.lan}
        if kind == "police_region":
            return {"kind": kind, "police_region": place.police_region}
        if kind == "travel_ring":
            return {"kind": kind, "locality": locality, "minutes": rng.randrange(20, 66, 5)}
        centre: Json = {"locality": locality}
        if rng.random() < 0.4:  # a point of its own, somewhere in the south or middle of the country
            centre = {
                "point": {
                    "latitude_deg": round(rng.uniform(55.6, 63.5), 3),
                    "longitude_deg": round(rng.uniform(12.6, 17.8), 3),
                }
            }
        return {"kind": kind, **centre, "radius_km": rng.randrange(15, 81, 5)}

    def _actor(self, subject: Subject, number: int) -> Json | None:
        rng = self.rng
        rivals = self._rivals(subject) or list(subject.networks) or sorted(self.world.size)
        for _ in range(_TRIES):
            network = rng.choice([*rivals, *subject.networks])
            reach = self._reach(self.reach.deal(), network)
            told: Json = {"id": f"actor-{number}"}
            if reach["kind"] == "presence" or rng.random() < 0.7:
                told["network"] = network
            if "network" not in told or rng.random() < 0.25:
                told["person_key"] = self._named(subject, network)
            if subject.lived is None or not _reaches(reach, network, subject.lived):
                return told | {"reach": reach, "persistence": self._persistence()}
        return None

    def _named(self, subject: Subject, network: str) -> str:
        """Somebody of the network who is known here too, but not near; else a stranger."""
        lived = subject.lived
        there = [
            known.key
            for known in self.known.get(network, ())
            if lived is None or known.place is None or not lived.near[known.place]
        ]
        return self.rng.choice(there) if there and self.rng.random() < _NAMED_HERE else self.strangers.take()

    def _reach(self, kind: str, network: str) -> Json:
        rng, bases = self.rng, self.world.bases[network]
        some = sorted(rng.sample(bases, min(len(bases), rng.randint(1, 2))))
        if kind == "radius":
            return {"kind": kind, "bases": some, "radius_km": rng.randrange(10, 81, 5)}
        if kind == "minutes":
            return {"kind": kind, "bases": some, "minutes": rng.randrange(20, 76, 5)}
        if kind == "areas":
            kinds = [rng.choice(("locality", "kommun", "kommun", "circle")) for _ in range(rng.randint(1, 3))]
            return {"kind": kind, "areas": [self._area(area, rng.choice(bases)) for area in kinds]}
        return {"kind": kind}

    def _persistence(self) -> Json:
        kind = self.persistence.deal()
        first = self.today + timedelta(days=self.rng.randint(30, 500))
        if kind == "until":
            return {"kind": kind, "until": first.isoformat()}
        if kind == "fading":
            gone = first + timedelta(days=self.rng.randint(60, 500))
            return {"kind": kind, "full_until": first.isoformat(), "gone_by": gone.isoformat()}
        return {"kind": kind}

    def _separations(self, subject: Subject) -> list[Json]:
        if subject.lived is not None:
            return subject.lived.separations
        if not self.flags["separated"][subject.number]:
            return []
        rivals = self._rivals(subject)
        km, minutes = self.rng.choice((40, 50, Near.WIDE_KM)), self.rng.choice((40, 45, Near.WIDE_MIN))
        if rivals and self.rng.random() < 0.6:
            return [{"network": self.rng.choice(rivals), "km": km, "minutes": minutes}]
        return [{"km": km} if self.rng.random() < 0.3 else {"km": km, "minutes": minutes}]


def _reaches(reach: Json, network: str, lived: Lived) -> bool:
    """Whether an actor of a network reaches where somebody lives, however long the threat lasts."""
    match reach["kind"]:
        case "radius":
            return any(lived.town.has_near(base, reach["radius_km"]) for base in reach["bases"])
        case "minutes":
            return any(lived.town.has_soon(base, reach["minutes"]) for base in reach["bases"])
        case "areas":
            return any(lived.town.lies_in(area) for area in reach["areas"])
        case "presence":
            return network in lived.reached_by
        case _:
            return lived.grade < 2
