"""Small facts by hand, so that a test reads as a sentence.

Nothing is near anything, nobody is anybody's rival and every gate is passed, until a test says
otherwise. Day `TODAY` is today; places are numbers; every household member is a person of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from matching.domain import Policy
from matching.facts import (
    FOREVER,
    Actor,
    Area,
    Assessment,
    Base,
    Bed,
    BedUse,
    Belonging,
    Block,
    Case,
    Contract,
    Exposure,
    Facility,
    Facts,
    Feud,
    Gate,
    Leg,
    Link,
    Live,
    Names,
    Party,
    Person,
    Places,
    Presence,
    Provider,
    Quota,
    Stay,
    Tie,
    Unit,
)
from tests.lands import FAR_M, FAR_MIN, Pairs, matrix, places
from tests.placing import place_plan, plan_of, put

__all__ = [
    "ALWAYS",
    "FAR_M",
    "FAR_MIN",
    "NETWORKS",
    "PASSED",
    "TODAY",
    "Pairs",
    "actor",
    "area",
    "assessment",
    "case",
    "closed",
    "facility",
    "in_use",
    "live",
    "matrix",
    "party",
    "person",
    "place_plan",
    "places",
    "plan_of",
    "present",
    "put",
    "quota",
    "unit",
    "world",
]

TODAY: Final = 1000
ALWAYS: Final = (0, FOREVER)
NETWORKS: Final = 10
"""Networks are numbered below it."""

_NOBODY_YET = -1


def unit(beds: int = 1, *, shared: bool = False, kind: str = "room") -> Unit:
    return Unit(kind, beds, shared)


def facility(place: int = 1, units: Sequence[Unit] = (Unit("room", 1, False),), **told: Any) -> Facility:
    """A protected house for adults of any gender with one single room, at 1000 SEK."""
    defaults: dict[str, Any] = {
        "provider": 0,
        "form": "protected_housing",
        "closures": (),
        "quotas": (),
        "min_age_years": 18,
        "max_age_years": 110,
        "genders": frozenset({"female", "male", "other"}),
        "takes_children": False,
        "takes_unaccompanied_minors": False,
        "max_household": 12,
        "offers": frozenset(),
        "schools": (),
        "security_grade": 1,
        "is_security_approved": False,
        "permit_through_day": FOREVER,
        "contracts": (Contract(-1, *ALWAYS),),
        "is_direct_award_allowed": False,
        "has_night_intake": False,
        "support_intensity": 2,
        "day_rate_sek": 1000,
    }
    return Facility(place=place, units=tuple(units), **{**defaults, **told})


def closed(start_day: int, end_day: int, *units: int) -> Block:
    """Units closed on ``[start_day, end_day)``; none named: the first."""
    return Block(start_day, end_day, frozenset(units or (0,)))


def quota(beds: int, municipality: int = -1, start_day: int = 0, end_day: int = FOREVER) -> Quota:
    return Quota(municipality, beds, start_day, end_day)


def person(age: int = 30, *, gender: str = "male", guardian: bool = False, key: int = _NOBODY_YET) -> Person:
    return Person(key, age, gender, guardian)


PASSED: Final = Gate(
    definition_met=True,
    motivated=True,
    written_consent=True,
    conditions_signed=True,
    is_evidence_witness=False,
    measure_decision=True,
    is_emergency=False,
    investigation_clearance=True,
    relocation_expressly_needed=False,
)


def assessment(**told: Any) -> Assessment:
    """High threat, valid for a year around today, nothing forbidden, preferred or threatened."""
    defaults: dict[str, Any] = {
        "valid_from_day": TODAY - 10,
        "valid_until_day": TODAY + 365,
        "is_withdrawn": False,
        "confidence": "high",
        "threat_level": "high",
        "forbidden": (),
        "preferred": (),
        "actors": (),
        "home_radius_m": 50_000,
        "protection_level": None,
    }
    return Assessment(**{**defaults, **told})


def area(kind: str, number: int, *, m: int = 0, minutes: int = 0) -> Area:
    return Area(kind, number, limit_m=m, limit_min=minutes)


def actor(kind: str, *bases: int | Base, **told: Any) -> Actor:
    """An actor of no network that reaches from its bases for ever."""
    from_places = tuple(base if isinstance(base, Base) else Base(base, *ALWAYS) for base in bases)
    return Actor(kind=kind, network=told.pop("network", -1), bases=from_places, **told)


def party(
    household: Sequence[Person],
    networks: Iterable[int] = (),
    *,
    unknown: bool = False,
    separations: Iterable[tuple[int, int, int]] = (),
    named_actors: Iterable[tuple[int, int]] = (),
    links: Iterable[Link] = (),
    poorly_known: bool = False,
    peripheral: Iterable[int] = (),
) -> Party:
    """A household; the networks, or their being unknown, are the first member's."""
    first, *others = household
    members = (
        Belonging(first.key, frozenset(networks), unknown, frozenset(peripheral)),
        *(Belonging(one.key, frozenset(), is_unknown=False) for one in others),
    )
    return Party(members, tuple(sorted(separations)), tuple(sorted(named_actors)), tuple(sorted(links)), poorly_known)


def case(
    *household: Person,
    networks: Iterable[int] = (),
    unknown: bool = False,
    separations: Iterable[tuple[int, int, int]] = (),
    named_actors: Iterable[tuple[int, int]] = (),
    links: Iterable[Link] = (),
    poorly_known: bool = False,
    peripheral: Iterable[int] = (),
    nights: int | Sequence[int] = 10,
    window: tuple[int, int] = (TODAY, TODAY + 3),
    **told: Any,
) -> Case:
    """A green case of one man of 30 whose gate is passed: ten nights, starting today or in three days."""
    members = household or (person(),)
    lengths = (nights,) if isinstance(nights, int) else tuple(nights)
    kinds = ("stable",) if len(lengths) == 1 else ("emergency", "stable")
    defaults: dict[str, Any] = {
        "triage": 2,
        "is_overdue": False,
        "deadline_day": TODAY + 14,
        "earliest_day": window[0],
        "latest_day": window[1],
        "legs": tuple(Leg(kinds[n], sum(lengths[:n]), length) for n, length in enumerate(lengths)),
        "household": tuple(members),
        "party": party(
            members,
            networks,
            unknown=unknown,
            separations=separations,
            named_actors=named_actors,
            links=links,
            poorly_known=poorly_known,
            peripheral=peripheral,
        ),
        "municipality": 180,
        "homes": (),
        "known_places": (),
        "day_one_needs": frozenset(),
        "soon_needs": frozenset(),
        "remote_needs": frozenset(),
        "support_intensity": 2,
        "permitted_contacts": (),
        "police_units": frozenset({0}),
        "gate": PASSED,
        "assessment": assessment(),
        "received_day": TODAY,
        "housed_until_day": 0,
        "housed_at": -1,
    }
    return Case(**{**defaults, **told})


def present(
    place: int,
    *household: Person,
    networks: Iterable[int] = (),
    unknown: bool = False,
    separations: Iterable[tuple[int, int, int]] = (),
    days: tuple[int, int] = (TODAY - 100, FOREVER),
    facility: int = -1,
    bed_end_day: int = FOREVER,
    **seen: Any,
) -> Presence:
    """Somebody present at a place since a hundred days, never recorded as having left."""
    members = household or (person(),)
    return Presence(
        place, *days, party(members, networks, unknown=unknown, separations=separations, **seen), facility, bed_end_day
    )


def live(told: Case, facility: int, *, presence: int = 0, nights: int = 10, has_file: bool = True) -> Live:
    """A live stay from today on, for rules that judge it again."""
    return Live(presence, told, Stay(facility, TODAY, TODAY + nights), has_file, is_housed=True)


def in_use(
    facility: int,
    *beds: tuple[int, int],
    days: tuple[int, int] = (TODAY - 100, FOREVER),
    municipality: int = 180,
    presence: int = 0,
) -> BedUse:
    """(unit, beds) of a facility taken on ``[start, end)``."""
    return BedUse(presence, facility, tuple(Bed(*bed) for bed in beds or ((0, 1),)), *days, municipality)


def world(
    *,
    land: Places | None = None,
    facilities: Sequence[Facility] = (),
    cases: Sequence[Case] = (),
    presences: Sequence[Presence] = (),
    bed_uses: Sequence[BedUse] = (),
    rivals: Mapping[tuple[int, int], tuple[int, int]] | None = None,
    conflicts: Mapping[tuple[int, int], Feud] | None = None,
    providers: Sequence[Provider] = (Provider(FOREVER),),
    exposures: Sequence[Exposure] = (),
    live: Sequence[Live] = (),
    splits: Iterable[Iterable[int]] = (),
    allied: Iterable[tuple[int, int]] = (),
    ties: Mapping[tuple[int, int], Tie] | None = None,
    priors_percent: Sequence[int] = (0,) * NETWORKS,
    today: int = TODAY,
    **policy: Any,
) -> Facts:
    """Facts of all that is told; `rivals` gives the window of a pair of networks, in either order."""
    count = iter(range(10_000, 20_000))

    def named(members: Iterable[Person]) -> tuple[Person, ...]:
        return tuple(replace(one, key=next(count)) if one.key == _NOBODY_YET else one for one in members)

    def settled(told: Case) -> Case:
        members = named(told.household)
        belongings = (replace(one, key=member.key) for one, member in zip(told.party.members, members, strict=True))
        return replace(told, household=members, party=replace(told.party, members=tuple(belongings)))

    def stands(told: Presence) -> Presence:
        members = (replace(one, key=next(count)) if one.key == _NOBODY_YET else one for one in told.party.members)
        return replace(told, party=replace(told.party, members=tuple(members)))

    land = land if land is not None else places()
    network_feuds: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
    for (a, b), window in (rivals or {}).items():
        network_feuds[a, b] = network_feuds[b, a] = (window,)
    person_feuds: dict[tuple[int, int], tuple[Feud, ...]] = {}
    for (a, b), feud in (conflicts or {}).items():
        person_feuds[a, b] = person_feuds[b, a] = (feud,)
    halves = [{number} for number in range(NETWORKS)]
    for parts in map(set, splits):
        for one in parts:
            halves[one] |= parts
    friends: list[set[int]] = [set() for _ in range(NETWORKS)]
    for a, b in allied:
        friends[a].add(b)
        friends[b].add(a)
    recorded: dict[tuple[int, int], tuple[Tie, ...]] = {}
    for (a, b), tie in (ties or {}).items():
        recorded[a, b] = recorded[b, a] = (tie,)
    return Facts(
        today=today,
        policy=Policy(**policy),
        places=land,
        cases=tuple(settled(told) for told in cases),
        facilities=tuple(facilities),
        presences=tuple(stands(told) for told in presences),
        bed_uses=tuple(bed_uses),
        network_feuds=network_feuds,
        person_feuds=person_feuds,
        providers=tuple(providers),
        exposures=tuple(exposures),
        live=tuple(replace(told, case=settled(told.case)) for told in live),
        halves=tuple(frozenset(one) for one in halves),
        allied=tuple(frozenset(one) for one in friends),
        ties=recorded,
        priors_percent=tuple(priors_percent),
        names=Names(
            cases=tuple(f"case-{n}" for n in range(len(cases))),
            facilities=tuple(f"facility-{n}" for n in range(len(facilities))),
            units=tuple(tuple(f"unit-{n}" for n in range(len(told.units))) for told in facilities),
            places=tuple(f"place-{n}" for n in range(len(land.root))),
            presences=tuple(f"presence-{n}" for n in range(len(presences))),
            networks=(),
        ),
    )
