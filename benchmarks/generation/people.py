"""Households of defectors: ages, genders, families, minors, and what is known of their networks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from benchmarks.generation.dice import Keys, pick, shared_out, stream
from benchmarks.generation.underworld import Underworld

__all__ = ["Dweller", "Traits", "household", "networks_for", "traits"]

Json = dict[str, Any]

_WOMEN: Final = 0.10
_UNKNOWN: Final = 0.025
_FAMILIES: Final = {"alone": 0.84, "partner": 0.06, "children": 0.085, "relative": 0.015}
_MINORS: Final = 0.04
_CHILDREN: Final = {1: 0.5, 2: 0.34, 3: 0.16}
_YOUNGEST_PARENT: Final = 17


@dataclass(frozen=True)
class Traits:
    """What a household is before anybody has a network: enough to look for a place.

    Parameters
    ----------
    age_years, gender : of the defector
    others : role, age in years, gender and guardianship of the other members
    is_unknown : nothing is known of the defector's networks
    is_guardian : the defector has custody of the children
    """

    age_years: int
    gender: str
    others: tuple[tuple[str, int, str, bool], ...]
    is_unknown: bool
    is_guardian: bool

    @property
    def persons(self) -> int:
        """Number of members."""
        return 1 + len(self.others)

    @property
    def ages_years(self) -> tuple[int, ...]:
        """Ages of all members, the defector first."""
        return (self.age_years, *(age for _, age, _, _ in self.others))

    @property
    def genders(self) -> frozenset[str]:
        """Genders of all members."""
        return frozenset({self.gender, *(gender for _, _, gender, _ in self.others)})

    @property
    def has_guardian(self) -> bool:
        """Whether any member has custody."""
        return self.is_guardian or any(guards for *_, guards in self.others)

    @property
    def is_unaccompanied_minor(self) -> bool:
        """A defector under 18 without a guardian."""
        return self.age_years < 18 and not self.has_guardian

    @property
    def has_children(self) -> bool:
        """Children who follow a guardian."""
        return self.has_guardian and min(self.ages_years) < 18


@dataclass(frozen=True)
class Dweller:
    """A placed household and what it was made from.

    Parameters
    ----------
    placement : as in the scenario format
    who, networks : the household
    place : number of its facility
    home : locality it comes from, beyond the home radius
    tier : how far it is kept from foes, see `benchmarks.generation.ground.Near`
    has_file : its case file is known
    """

    placement: Json
    who: Traits
    networks: tuple[str, ...]
    place: int
    home: str
    tier: int
    has_file: bool


def traits(seed: int, stage: str, count: int) -> list[Traits]:
    """Households of a stage, with the shares of women, families, minors and unknowns met to the nearest one.

    Parameters
    ----------
    seed, stage : name the stream of random numbers
    count : how many

    Examples
    --------
    >>> people = traits(1, "waiting", 100)
    >>> sum(person.gender == "female" for person in people)
    10
    """
    rng = stream(seed, f"traits {stage}")
    women = shared_out(rng, count, _WOMEN)
    unknown = shared_out(rng, count, _UNKNOWN)
    minors = shared_out(rng, count, _MINORS)
    flags = {name: shared_out(rng, count, share) for name, share in _FAMILIES.items() if name != "alone"}
    found = []
    for number in range(count):
        family = next((name for name, chosen in flags.items() if chosen[number]), "alone")
        gender = "female" if women[number] else "male" if rng.random() > 0.005 else "other"
        found.append(_minor(rng, gender) if minors[number] else _adult(rng, gender, family, unknown[number]))
    return found


def _age_years(rng: random.Random) -> int:
    """Adults 18 to 45, the bulk below 30 (Uppsats: 17-23 hardest, some 30 best)."""
    while True:
        age = 17 + round(rng.gammavariate(2.0, 3.7))
        if 18 <= age <= 45:
            return age


def _minor(rng: random.Random, gender: str) -> Traits:
    """Mostly alone at 16 or 17; one in four, or at 15, with a parent."""
    age = pick(rng, {15: 0.12, 16: 0.38, 17: 0.5})
    others = []
    if age == 15 or rng.random() < 0.15:
        others.append(("parent", age + rng.randint(22, 38), pick(rng, {"female": 0.75, "male": 0.25}), True))
        if rng.random() < 0.4:
            others.append(("sibling", rng.randint(6, 14), pick(rng, {"female": 0.5, "male": 0.5}), False))
    return Traits(age, gender, tuple(others), False, False)


def _adult(rng: random.Random, gender: str, family: str, unknown: bool) -> Traits:
    age = _age_years(rng)
    others: list[tuple[str, int, str, bool]] = []
    guards = False
    if family == "children":
        age = max(age, 20)
        has_partner = rng.random() < 0.75
        eldest = min(15, age - _YOUNGEST_PARENT)
        children = [
            ("child", rng.randint(0, eldest), pick(rng, {"female": 0.5, "male": 0.5}), False)
            for _ in range(pick(rng, _CHILDREN))
        ]
        guards = not has_partner or rng.random() < 0.8
        others = [*([_partner(rng, age, gender, guards=True)] if has_partner else []), *children]
    elif family == "partner":
        others = [_partner(rng, age, gender, guards=False)]
    elif family == "relative":
        sibling, parent = ("sibling", max(18, age - 3), "male", False), ("parent", age + 26, "female", False)
        others = [pick(rng, {sibling: 0.6, parent: 0.4})]
    return Traits(age, gender, tuple(others), unknown, guards)


def _partner(rng: random.Random, age: int, gender: str, *, guards: bool) -> tuple[str, int, str, bool]:
    other = "male" if gender == "female" else "female"
    return ("partner", min(47, max(18, age + rng.randint(-4, 3))), other, guards)


def networks_for(rng: random.Random, world: Underworld, who: Traits) -> tuple[str, ...]:
    """Networks of a defector by size: none when unknown, else one, seldom a second that is no foe of the first."""
    if who.is_unknown:
        return ()
    first = pick(rng, world.size)
    allied = sorted(world.allied[first] - world.hostile[first])
    return (first, rng.choice(allied)) if allied and rng.random() < 0.15 else (first,)


def household(rng: random.Random, keys: Keys, who: Traits, networks: Sequence[str], today: date) -> list[Json]:
    """Members as the scenario format has them.

    Parameters
    ----------
    rng, keys : draws and person keys
    who : the household
    networks : of the defector; none for an unknown one
    today : memberships start before it
    """
    defector: Json = {
        "person_key": keys.take(),
        "role": "defector",
        "age_years": who.age_years,
        "gender": who.gender,
        "is_guardian": who.is_guardian,
        "knowledge": "unknown" if who.is_unknown else "established",
        "memberships": _memberships(rng, networks, who.age_years, today),
    }
    members = [defector]
    for role, age, gender, guards in who.others:
        member: Json = {
            "person_key": keys.take(),
            "role": role,
            "age_years": age,
            "gender": gender,
            "is_guardian": guards,
            "knowledge": "cleared",
            "memberships": [],
        }
        if role in ("partner", "sibling") and age >= 16 and networks and rng.random() < 0.15:
            member["knowledge"] = "established"
            member["memberships"] = [_membership(rng, networks[0], age, today, {"peripheral": 1.0})]
        members.append(member)
    return members


def _memberships(rng: random.Random, networks: Sequence[str], age: int, today: date) -> list[Json]:
    degrees = ({"core": 0.2, "active": 0.5, "peripheral": 0.3}, {"active": 0.2, "peripheral": 0.8})
    return [_membership(rng, network, age, today, degree) for network, degree in zip(networks, degrees, strict=False)]


def _membership(rng: random.Random, network: str, age: int, today: date, degrees: dict[str, float]) -> Json:
    years = min(rng.uniform(1, 6), max(0.5, age - 12.5))
    start = today - timedelta(days=int(years * 365))
    told: Json = {"network": network, "degree": pick(rng, degrees), "start": start.isoformat()}
    if rng.random() < 0.6:
        told["end"] = (today - timedelta(days=rng.randint(5, (today - start).days - 30))).isoformat()
    return told
