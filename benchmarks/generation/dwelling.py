"""Live placements, holds, recent departures and residences."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from benchmarks.generation.catalogue import takes
from benchmarks.generation.dice import Keys, pick, shared_out, stream
from benchmarks.generation.ground import Ground, Near
from benchmarks.generation.people import Traits, household, networks_for, traits
from benchmarks.generation.placing import Board
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import Underworld

__all__ = ["Dweller", "NoRoom", "dwellings", "homes", "residents", "stay_nights"]

Json = dict[str, Any]

_SHARES: Final = {"ends_soon": 0.09, "held": 0.03, "acute": 0.02}
_WIDE: Final = 0.04
_TRIES: Final = 12
_HOME_KINDS: Final = {"town": 0.4, "small_town": 0.45, "village": 0.15}


class NoRoom(ValueError):
    """So many people cannot be placed safely in so few facilities."""


@dataclass(frozen=True)
class Dweller:
    """A placed household and what it was made from.

    Parameters
    ----------
    placement : as in the scenario format
    who, networks : the household
    place : number of its facility
    """

    placement: Json
    who: Traits
    networks: tuple[str, ...]
    place: int


def stay_nights(rng: random.Random) -> int:
    """Nights of a stable stay: 6 to 24 months (Sos), most about a year."""
    return round(rng.triangular(180, 730, 330))


def _wide(is_wide: bool) -> list[Json]:
    return [{"km": Near.WIDE_KM, "minutes": Near.WIDE_MIN}] if is_wide else []


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
    wide = shared_out(rng, len(people), _WIDE)
    order = sorted(range(len(people)), key=lambda number: _turn(people[number], is_wide=wide[number]))
    last_alone = [number for number in reversed(order) if _is_plain(people[number]) and spans[number]["is_now"]]
    faulty = last_alone[: spec.live_breaches]
    found: dict[int, Dweller] = {}
    for number in [*(number for number in order if number not in faulty), *faulty]:
        who, is_wide = people[number], wide[number] and number not in faulty
        breach = faulty.index(number) + 1 if number in faulty else 0
        place, units, networks = _choose(rng, world, board, who, is_wide=is_wide, breach=breach)
        board.settle(place, networks, is_wide=is_wide)
        facility = board.beds[place].facility
        if spans[number]["is_now"]:
            used = {use["unit"] for use in units}
            board.beds[place].lived_in |= {n for n, unit in enumerate(facility["units"]) if unit["id"] in used}
        told = {
            "id": "",
            "state": spans[number]["state"],
            "facility": facility["id"],
            "units": units,
            "household": household(rng, keys, who, networks, spec.today),
            **spans[number]["days"],
            "responsible_municipality": ground.kommun(_origin(rng, ground, world, networks)),
            "separations": _wide(is_wide),
        }
        found[number] = Dweller(told, who, networks, place)
    for number in sorted(found):
        found[number].placement["id"] = f"place-{number + 1:03}"
    return [found[number] for number in sorted(found)]


def _turn(who: Traits, *, is_wide: bool) -> tuple[bool, bool, int, bool, bool, bool]:
    """Who chooses first: unknown persons need a place with nobody near, minors and families a rare one."""
    return (
        not who.is_unknown,
        not who.is_unaccompanied_minor,
        -who.persons,
        not is_wide,
        who.gender == "male",
        who.age_years > 20,
    )


def _is_plain(who: Traits) -> bool:
    return who.persons == 1 and who.age_years >= 21 and not who.is_unknown and who.gender == "male"


def _origin(rng: random.Random, ground: Ground, world: Underworld, networks: Sequence[str]) -> str:
    if networks and rng.random() < 0.6:
        return rng.choice(world.bases[networks[0]])
    return ground.home(rng)


def _choose(
    rng: random.Random, world: Underworld, board: Board, who: Traits, *, is_wide: bool, breach: int
) -> tuple[int, list[Json], tuple[str, ...]]:
    """Place, units and networks; the networks are drawn again while they find no safe place."""
    if breach == 2:
        crowded = _crowd(rng, world, board, who)
        if crowded is None:
            raise NoRoom(
                "no single room can be overfilled without foes meeting: order fewer live breaches, or a larger week"
            )
        return crowded
    for hostile, opens in ((1, False),) if breach == 1 else ((0, False), (0, True)):
        for networks in _in_turn(rng, world, who):
            spot = board.find(rng, who, networks, is_wide=is_wide, breaches=hostile, opens=opens)
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
    return _choose(rng, world, board, examined, is_wide=is_wide, breach=breach)


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
        blocked = board.blocked(networks, is_wide=False)
        for place, beds in enumerate(board.beds):
            if blocked[place] or board.has_network(place, networks) or not takes(beds.facility, who):
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
        board.settle(place, networks, is_wide=False)
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
        blocked = board.blocked(networks, is_wide=False)
        for place in places:
            if not blocked[place] and not board.has_network(place, networks):
                return place, networks
    return None
