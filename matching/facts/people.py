"""Households as rules read them: who, what they need, who threatens them, where they are present."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from matching.domain import Policy
from matching.facts.catalogue import Stay
from matching.places import FOREVER, Area

__all__ = [
    "Actor",
    "Assessment",
    "Base",
    "Belonging",
    "Case",
    "Exposure",
    "Feud",
    "Gate",
    "Leg",
    "Link",
    "Live",
    "Party",
    "Person",
    "Presence",
    "Tie",
    "is_accompanied",
    "is_minor",
]


@dataclass(frozen=True)
class Person:
    """One member of a household; `key` numbers the person over the whole scenario."""

    key: int
    age_years: int
    gender: str
    is_guardian: bool


def is_minor(person: Person, policy: Policy) -> bool:
    """Whether somebody is younger than the policy's adult age; a guardian is not.

    A guardian is an adult in law, though an authority may count persons as minors for longer.

    Examples
    --------
    >>> mother = Person(key=0, age_years=19, gender="female", is_guardian=True)
    >>> sister = replace(mother, key=1, is_guardian=False)
    >>> [is_minor(person, Policy(adult_age_years=20)) for person in (mother, sister)]
    [False, True]
    """
    return person.age_years < policy.adult_age_years and not person.is_guardian


def is_accompanied(household: Iterable[Person]) -> bool:
    """Whether a guardian is among them, whom the minors follow.

    Examples
    --------
    >>> is_accompanied([])
    False
    """
    return any(person.is_guardian for person in household)


@dataclass(frozen=True)
class Belonging:
    """One person's networks, ended memberships included, and whether they are known at all.

    `peripheral` are those of the networks in which the person never was more than a peripheral member.
    """

    key: int
    networks: frozenset[int]
    is_unknown: bool
    peripheral: frozenset[int] = frozenset()


@dataclass(frozen=True, order=True)
class Link:
    """Where a household is to live in regard to a person: same facility, within, or more than the limits.

    A limit of -1 is none. `is_signed`: the assessment that says so is valid today and not withdrawn, so
    that what it lifts is lifted; what it demands counts either way.
    """

    key: int
    kind: str
    limit_m: int = -1
    limit_min: int = -1
    is_signed: bool = True


@dataclass(frozen=True)
class Party:
    """A household as its rivals see it: who, which networks, how far they must be kept.

    `separations` holds (network or -1 for every rival, metres, minutes); `named_actors` (person, day from
    which that threat is over) for each threat actor who is a known person; `links` what the assessment
    says of living with, near or away from others. `is_poorly_known`: the assessment has low confidence.
    """

    members: tuple[Belonging, ...]
    separations: tuple[tuple[int, int, int], ...] = ()
    named_actors: tuple[tuple[int, int], ...] = ()
    links: tuple[Link, ...] = ()
    is_poorly_known: bool = False

    @cached_property
    def keys(self) -> frozenset[int]:
        """Numbers of the persons."""
        return frozenset(member.key for member in self.members)

    @cached_property
    def networks(self) -> frozenset[int]:
        """Networks of any member."""
        return frozenset().union(*(member.networks for member in self.members))

    @cached_property
    def is_unknown(self) -> bool:
        """Whether the networks of any member are unknown."""
        return any(member.is_unknown for member in self.members)

    @cached_property
    def peripheral(self) -> frozenset[int]:
        """Networks in which no member ever was more than peripheral."""
        return frozenset(
            network
            for network in self.networks
            if all(network in member.peripheral for member in self.members if network in member.networks)
        )

    @cached_property
    def _hash(self) -> int:
        return hash((self.members, self.separations, self.named_actors, self.links, self.is_poorly_known))

    def __hash__(self) -> int:
        return self._hash

    def without(self, keys: frozenset[int]) -> Party:
        """The household without some of its persons."""
        return replace(self, members=tuple(member for member in self.members if member.key not in keys))


@dataclass(frozen=True, order=True)
class Feud:
    """Two parties must be apart on common days in ``[start_day, end_day)``."""

    start_day: int
    end_day: int
    limit_m: int
    limit_min: int


@dataclass(frozen=True, order=True)
class Tie:
    """What is recorded between two networks on ``[start_day, end_day)`` and how sure the source is.

    `kind` is rival (only those too improbable to count as certain) or allied.
    """

    kind: str
    start_day: int
    end_day: int
    percent: int


@dataclass(frozen=True)
class Presence:
    """Somebody present at a place on ``[start_day, end_day)``, cool-down included.

    A planned end never ends it: without a recorded departure `end_day` is `FOREVER`. `facility` is -1 for a
    residence; `bed_end_day` is when the bed is free again.
    """

    place: int
    start_day: int
    end_day: int
    party: Party
    facility: int = -1
    bed_end_day: int = FOREVER


@dataclass(frozen=True)
class Exposure:
    """A place known to a network until `end_day`; `facility` is -1 when all of the locality is.

    It counts from the day it is recorded on, even if the file dates it later: an early warning is safer.
    `awaits_signature`: one person has cleared it; it counts until a second has.
    """

    place: int
    facility: int
    network: int
    end_day: int
    awaits_signature: bool = False


@dataclass(frozen=True)
class Base:
    """A place a threat actor reaches from, on ``[start_day, end_day)``."""

    place: int
    start_day: int
    end_day: int


@dataclass(frozen=True)
class Actor:
    """A threat actor: `kind` of reach, bases or areas, and how the reach persists.

    Live until `gone_day`; radius and minutes shrink evenly from `full_until_day` on.
    `network` is the actor's network or -1; a reach by presence has that network's and its allies'
    localities as bases.
    """

    kind: str
    network: int
    bases: tuple[Base, ...] = ()
    areas: tuple[Area, ...] = ()
    limit_m: int = 0
    limit_min: int = 0
    full_until_day: int = FOREVER
    gone_day: int = FOREVER


@dataclass(frozen=True)
class Gate:
    """Gate facts; `None` is not known, hence not fulfilled."""

    definition_met: bool | None
    motivated: bool | None
    written_consent: bool | None
    conditions_signed: bool | None
    is_evidence_witness: bool | None
    measure_decision: bool | None
    is_emergency: bool
    investigation_clearance: bool | None
    relocation_expressly_needed: bool


@dataclass(frozen=True)
class Assessment:
    """The version that counts, with limits already tightened against the policy.

    `wary_of` are networks it names otherwise than as an actor's: those it wants separation from, and those
    of persons it names as actors.
    """

    valid_from_day: int
    valid_until_day: int
    is_withdrawn: bool
    confidence: str
    threat_level: str
    forbidden: tuple[Area, ...]
    preferred: tuple[Area, ...]
    actors: tuple[Actor, ...]
    home_radius_m: int
    protection_level: int | None
    wary_of: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Leg:
    """One of the linked stays of a case: it starts `offset_days` after the first one starts."""

    kind: str
    offset_days: int
    nights: int


@dataclass(frozen=True)
class Case:
    """A waiting case, or the case behind a live stay.

    `triage` is 0 red, 1 orange, 2 green, already promoted when overdue. `soon_needs` are those within 14
    days. `support_intensity` is 1 to 4, or 0 when not assessed. `police_units` own the case or wrote its
    assessment. `gate` is none only for a live stay without a case file. `housed_at` is the facility a member
    of the household lives in, or is held a bed in, without a recorded departure, or -1; `housed_until_day`
    is when the last bed of the household is free again.
    """

    triage: int
    is_overdue: bool
    deadline_day: int
    earliest_day: int
    latest_day: int
    legs: tuple[Leg, ...]
    household: tuple[Person, ...]
    party: Party
    municipality: int
    homes: tuple[int, ...]
    known_places: tuple[int, ...]
    day_one_needs: frozenset[str]
    soon_needs: frozenset[str]
    remote_needs: frozenset[str]
    support_intensity: int
    permitted_contacts: tuple[int, ...]
    police_units: frozenset[int]
    gate: Gate | None
    assessment: Assessment | None
    received_day: int
    housed_until_day: int
    housed_at: int

    @property
    def needs(self) -> frozenset[str]:
        """Every need, whenever it is to be met."""
        return self.day_one_needs | self.soon_needs | self.remote_needs

    @property
    def nights(self) -> int:
        """Nights of all legs together."""
        return sum(leg.nights for leg in self.legs)


@dataclass(frozen=True)
class Live:
    """A live placement or hold as the rules judge it again: its case, and its stay from today on.

    `presence` is its number. `has_file`: its case file is known, so rules about the case can speak.
    `is_housed`: its bed is still in use; a person whose bed is free again may still be present.
    """

    presence: int
    case: Case
    stay: Stay
    has_file: bool
    is_housed: bool
