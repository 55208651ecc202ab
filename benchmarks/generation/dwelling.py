"""Live placements, holds, recent departures and residences."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from benchmarks.generation.catalogue import takes
from benchmarks.generation.dice import Keys, pick, shared_out, stream
from benchmarks.generation.ground import Ground, Near
from benchmarks.generation.people import Dweller, Traits, household, networks_for, traits
from benchmarks.generation.placing import Board
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import Underworld
from matching.domain import Policy

__all__ = ["NoRoom", "dwellings", "homes", "residents", "stay_nights"]

Json = dict[str, Any]

_SHARES: Final = {"ends_soon": 0.09, "held": 0.03, "acute": 0.02}
_WIDE: Final = 0.04
_WITH_FILE: Final = 0.88
_POOR: Final = 0.06
_HOME_RADIUS_KM: Final = Policy().home_radius_km
_TRIES: Final = 12
_LARGE_FAMILY: Final = 4
_ORIGINS: Final = 500
_HOME_KINDS: Final = {"town": 0.4, "small_town": 0.45, "village": 0.15}


class NoRoom(ValueError):
    """So many people cannot be placed safely in so few facilities."""


def stay_nights(rng: random.Random) -> int:
    """Nights of a stable stay: 6 to 24 months (Sos), most about a year."""
    return round(rng.triangular(180, 730, 330))


def wide(tier: int) -> list[Json]:
    """The separation a household of this tier asks for from every rival.

    Examples
    --------
    >>> wide(Near.WIDE), wide(Near.POOR)
    ([{'km': 60, 'minutes': 60}], [])
    """
    return [{"km": Near.WIDE_KM, "minutes": Near.WIDE_MIN}] if tier & Near.WIDE else []


def dwellings(
    spec: WeekSpec, ground: Ground, world: Underworld, board: Board, keys: Keys, people: Sequence[Traits]
) -> list[Dweller]:
    """Everybody placed, safe from each other, with the ordered breaches last.

    Parameters
    ----------
    spec, ground, world : the week
    board : free beds and who is where; is filled
    keys : of persons
    people : the households, one placement each

    Raises
    ------
    NoRoom : the week has no room for so many, or for the ordered breaches
    """
    rng = stream(spec.seed, "placements")
    board.keep_empty(rng, spec.vacancy_percent / 100)
    spans = _spans(rng, spec, len(people))
    tiers, has_file = _tiers(spec, people)
    order = sorted(range(len(people)), key=lambda number: _turn(people[number], is_wide=tiers[number] >= Near.WIDE))
    last_alone = [number for number in reversed(order) if _is_plain(people[number]) and spans[number]["is_now"]]
    faulty = last_alone[: min(2, spec.live_breaches)]
    found: dict[int, Dweller] = {}
    for number in [*(number for number in order if number not in faulty), *faulty]:
        who, tier = people[number], 0 if number in faulty else tiers[number]
        breach = faulty.index(number) + 1 if number in faulty else 0
        with_file = has_file[number] and not breach
        place, units, networks = _choose(rng, world, board, who, tier=tier, breach=breach, has_file=with_file)
        if board.feared_near[place, board.columns(networks)].any():
            with_file, tier = False, tier & Near.WIDE
        who = replace(who, is_unknown=not networks)
        board.settle(place, networks, persons=who.persons, tier=tier)
        facility = board.beds[place].facility
        if spans[number]["is_now"]:
            used = {use["unit"] for use in units}
            board.beds[place].lived_in |= {n for n, unit in enumerate(facility["units"]) if unit["id"] in used}
        home = _origin(rng, ground, world, networks, facility["locality"])
        told = {
            "id": "",
            "state": spans[number]["state"],
            "facility": facility["id"],
            "units": units,
            "household": household(rng, keys, who, networks, spec.today),
            **spans[number]["days"],
            "responsible_municipality": ground.kommun(home),
            "separations": [] if with_file and rng.random() < 0.5 else wide(tier),
        }
        found[number] = Dweller(told, who, networks, place, home, tier, with_file)
    for number in sorted(found):
        found[number].placement["id"] = f"place-{number + 1:03}"
    return [found[number] for number in sorted(found)]


def _tiers(spec: WeekSpec, people: Sequence[Traits]) -> tuple[list[int], list[bool]]:
    """How far each household is kept from foes, and whether its case file is known."""
    rng = stream(spec.seed, "tiers")
    is_wide = shared_out(rng, len(people), _WIDE)
    is_poor = shared_out(rng, len(people), _POOR)
    # Of whom nothing is known there is no file either.
    drawn = shared_out(rng, len(people), _WITH_FILE)
    has_file = [with_file and not who.is_unknown for with_file, who in zip(drawn, people, strict=True)]
    tiers = [
        Near.WIDE * wide + Near.POOR * (with_file and poor)
        for wide, with_file, poor in zip(is_wide, has_file, is_poor, strict=True)
    ]
    return tiers, has_file


def _turn(who: Traits, *, is_wide: bool) -> tuple[bool, bool, bool, int, bool, bool, bool]:
    """Who chooses first: large families need a rare home, unknown persons nobody near; then minors and families."""
    return (
        who.persons < _LARGE_FAMILY,
        not who.is_unknown,
        not who.is_unaccompanied_minor,
        -who.persons,
        not is_wide,
        who.gender == "male",
        who.age_years > 20,
    )


def _is_plain(who: Traits) -> bool:
    return who.persons == 1 and who.age_years >= 21 and not who.is_unknown and who.gender == "male"


def _origin(rng: random.Random, ground: Ground, world: Underworld, networks: Sequence[str], locality: str) -> str:
    """Where a household came from: beyond the home radius of where it lives."""
    town = ground.vicinity(locality)
    for _ in range(_ORIGINS):
        home = rng.choice(world.bases[networks[0]]) if networks and rng.random() < 0.6 else ground.home(rng)
        if not town.has_near(home, _HOME_RADIUS_KM):
            return home
    raise NoRoom("everybody comes from within the home radius of a facility: a larger map")


def _choose(
    rng: random.Random, world: Underworld, board: Board, who: Traits, *, tier: int, breach: int, has_file: bool
) -> tuple[int, list[Json], tuple[str, ...]]:
    """Place, units and networks; the networks are drawn again while they find no safe place."""
    if breach == 2:
        crowded = _crowd(rng, world, board, who)
        if crowded is None:
            raise NoRoom(
                "no single room can be overfilled without foes meeting: order fewer live breaches, or a larger week"
            )
        return crowded
    ways = [(0, opens, filed) for filed in ((True, False) if has_file else (False,)) for opens in (False, True)]
    for hostile, opens, filed in [(1, False, False)] if breach == 1 else ways:
        for networks in _in_turn(rng, world, who):
            spot = board.find(rng, who, networks, tier=tier, has_file=filed, breaches=hostile, opens=opens)
            if spot is not None:
                board.beds[spot[0]].take(spot[1], who.persons)
                unit = board.beds[spot[0]].facility["units"][spot[1]]["id"]
                return spot[0], [{"unit": unit, "beds": who.persons}], networks
    if breach == 1:
        raise NoRoom("nobody can be put beside exactly one foe: order fewer live breaches, or a larger week")
    if not who.is_unknown:
        raise NoRoom("no safe place is left for the placed: fewer placed, more facilities or more vacancy")
    # Not even an empty region: then the person has been examined after all.
    examined = Traits(who.age_years, who.gender, who.others, False, who.is_guardian)
    return _choose(rng, world, board, examined, tier=tier, breach=breach, has_file=has_file)


def _in_turn(rng: random.Random, world: Underworld, who: Traits) -> Iterator[tuple[str, ...]]:
    """Networks by size, several times, then every single one, so that none is missed."""
    if who.is_unknown:
        yield ()
        return
    for _ in range(_TRIES):
        yield networks_for(rng, world, who)
    yield from ((network,) for network in rng.sample(sorted(world.size), len(world.size)))


def _crowd(
    rng: random.Random, world: Underworld, board: Board, who: Traits
) -> tuple[int, list[Json], tuple[str, ...]] | None:
    """One person too many in a full single room, where the two are no foes."""
    for _ in range(_TRIES):
        networks = networks_for(rng, world, who)
        blocked = board.blocked(networks, tier=0) + board.refused(networks, who.persons, has_file=False)
        for place, beds in enumerate(board.beds):
            if blocked[place] or not takes(beds.facility, who):
                continue
            for number, unit in enumerate(beds.facility["units"]):
                if unit["beds"] == 1 and number in beds.lived_in:
                    return place, [{"unit": unit["id"], "beds": 1}], networks
    return None


def _spans(rng: random.Random, spec: WeekSpec, count: int) -> list[Json]:
    """State and days of each placement, with the shares met to the nearest one."""
    left, unrecorded = spec.shares_gone
    shares = {"departed": left, "overdue": unrecorded, **_SHARES}
    flags = {name: shared_out(rng, count, share) for name, share in shares.items()}
    found = []
    for number in range(count):
        name = next((name for name, chosen in flags.items() if chosen[number]), "lives there")
        start, end, departed = _days(rng, name)
        days = {"start": _day(spec.today, start), "end": _day(spec.today, end)}
        if departed is not None:
            days["departed"] = _day(spec.today, departed)
        found.append(
            {
                "state": "held" if name == "held" else "placed",
                "days": days,
                "is_now": name == "lives there",
            }
        )
    return found


def _days(rng: random.Random, name: str) -> tuple[int, int, int | None]:
    """Days from today to start, planned end and departure."""
    nights = stay_nights(rng)
    if name == "held":
        start = rng.randint(1, 12)
        return start, start + nights, None
    if name == "acute":
        start = -rng.randint(1, 5)
        return start, start + 7, None
    if name == "ends_soon":
        end = rng.randint(2, 28)
        return end - nights, end, None
    if name in ("departed", "overdue"):
        end = -rng.randint(1, 25)
        return end - nights, end, end + rng.randint(0, 1) if name == "departed" else None
    left = rng.randint(29, max(40, nights - 1))
    return min(-1, left - nights), max(left, 29), None


def _day(today: date, days: int) -> str:
    return (today + timedelta(days=days)).isoformat()


def homes(spec: WeekSpec, ground: Ground) -> list[str]:
    """Localities for residences: own homes after exit, in towns outside the big cities; three candidates each."""
    rng = stream(spec.seed, "homes")
    return [ground.in_kind(rng, pick(rng, _HOME_KINDS)) for _ in range(3 * spec.residences)]


def residents(spec: WeekSpec, world: Underworld, board: Board, keys: Keys, candidates: Sequence[str]) -> list[Json]:
    """Protected persons outside the facilities, each safe from everybody placed.

    Parameters
    ----------
    spec, world : the week
    board : who is where; is filled
    keys : of persons
    candidates : localities, numbered on the board after the facilities
    """
    rng = stream(spec.seed, "residences")
    first = len(board.beds)
    free = list(range(len(candidates)))
    found: list[Json] = []
    for who in traits(spec.seed, "residences", spec.residences):
        examined = Traits(max(18, who.age_years), who.gender, who.others, False, who.is_guardian)
        spot = _safe_home(rng, world, board, examined, [first + number for number in free])
        if spot is None:
            continue
        place, networks = spot
        free.remove(place - first)
        board.settle(place, networks, persons=examined.persons, tier=0)
        told: Json = {
            "id": f"home-{len(found) + 1:02}",
            "locality": candidates[place - first],
            "household": household(rng, keys, examined, networks, spec.today),
            "start": _day(spec.today, -rng.randint(40, 780)),
        }
        if rng.random() < 0.1:
            told["departed"] = _day(spec.today, -rng.randint(1, 25))
        found.append(told)
    return found


def _safe_home(
    rng: random.Random, world: Underworld, board: Board, who: Traits, places: Sequence[int]
) -> tuple[int, tuple[str, ...]] | None:
    for _ in range(_TRIES):
        networks = networks_for(rng, world, who)
        blocked = board.blocked(networks, tier=0) + board.refused(networks, who.persons, has_file=False)
        for place in places:
            if not blocked[place]:
                return place, networks
    return None
