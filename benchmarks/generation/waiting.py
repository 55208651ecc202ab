"""Cases waiting for a placement: arrivals in bursts, windows, stays, needs, gate facts."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from benchmarks.generation.assessments import Assessor, Known, Subject
from benchmarks.generation.dice import Deck, Keys, pick, shared_out, stream
from benchmarks.generation.dwelling import stay_nights
from benchmarks.generation.ground import CITIES, Ground
from benchmarks.generation.people import Dweller, Traits, household, networks_for, traits
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import Underworld

__all__ = ["GATE_FACTS", "cases", "crime_localities", "known_places", "needs"]

Json = dict[str, Any]

# FoU: red 4 h, orange 12 h, green two weeks.
_TRIAGE: Final = {"red": 2, "orange": 5, "green": 13}
_DAY_ONE: Final = {
    "daily_contact": 0.42,
    "round_the_clock_staff": 0.16,
    "addiction_treatment": 0.10,
    "psychiatric_care": 0.07,
    "step_free_access": 0.02,
    "disability_support": 0.02,
    "interpreter": 0.07,
}
_LATER: Final = {
    "addiction_treatment": 0.18,
    "psychiatric_care": 0.25,
    "trauma_treatment": 0.30,
    "debt_advice": 0.35,
    "work_training": 0.45,
    "interpreter": 0.04,
    "remote_support": 0.08,
}
_KNOWN: Final = {"registered": 0.25, "relatives": 0.35, "earlier_placement": 0.12, "school": 0.10, "prison": 0.12}
GATE_FACTS: Final = (
    "definition_met",
    "motivated",
    "written_consent",
    "conditions_signed",
    "is_evidence_witness",
    "measure_decision",
    "investigation_clearance",
)
_MISSING: Final = 0.10
_EMERGENCIES: Final = 0.06
_LINKED: Final = 0.08
_SHORT_ONLY: Final = 0.02
_EMERGENCY_NIGHTS: Final = (3, 7)
_WAITED_LONG: Final = 0.15
_WITH_CONTACTS: Final = 0.45
_SUPPORT: Final = {1: 0.25, 2: 0.5, 3: 0.25}
_SUPPORT_UNKNOWN: Final = 0.15
_ASSESSED: Final = {
    "expired": 0.04,
    "withdrawn": 0.025,
    "several": 0.12,
    "low": 0.08,
    "separated": 0.12,
    "graded": 0.12,
}
_REHOUSED: Final = 1 / 18


def cases(
    spec: WeekSpec, ground: Ground, world: Underworld, keys: Keys, dwellers: Sequence[Dweller], most_persons: int
) -> list[Json]:
    """Waiting cases of a week, numbered in order of arrival.

    Parameters
    ----------
    spec, ground, world : the week
    keys : of persons
    dwellers : those placed; a few acutely placed wait for a stable place
    most_persons : that a facility can hold of one household

    Returns
    -------
    cases as in the scenario format
    """
    rng = stream(spec.seed, "cases")
    count = spec.waiting
    people = [_at_most(who, most_persons) for who in traits(spec.seed, "waiting", count)]
    acute = [dweller for dweller in dwellers if _is_acute(dweller, spec.today)]
    rehoused = acute[: round(_REHOUSED * count)] if spec.window_days[0] >= 7 else []
    known: dict[str, list[Known]] = {}
    for dweller in dwellers:
        for network in dweller.networks if dweller not in rehoused else ():
            known.setdefault(network, []).append(Known(dweller.placement["household"][0]["person_key"], dweller.place))
    assessor = Assessor(spec, ground, world, "assessments", count, _ASSESSED, known)
    urgency = Deck(rng, _TRIAGE)
    triages = [urgency.deal() for _ in range(count)]
    arrivals = _arrivals(rng, spec, triages)
    faults = {
        "missing": shared_out(rng, count, _MISSING),
        "emergency": shared_out(rng, count, _EMERGENCIES),
        "linked": shared_out(rng, count, _LINKED),
        "short": shared_out(rng, count, _SHORT_ONLY),
        "unassessed": shared_out(rng, count, _SUPPORT_UNKNOWN),
    }
    found = []
    for number, who in enumerate(people):
        if number < len(rehoused):
            who, networks, members, home = _moved(rehoused[number])
        else:
            networks = networks_for(rng, world, who)
            members = household(rng, keys, who, networks, spec.today)
            home = _home(rng, ground, world, networks)
        window = _window(rng, spec, triages[number])
        asked = needs(rng, who)
        places = known_places(rng, ground, home)
        support = {} if faults["unassessed"][number] else {"support_intensity": _support(rng, asked)}
        found.append(
            {
                "id": f"case-{number + 1:03}",
                "unit": f"unit-{ground.layers.resolve(home).police_region}",
                "responsible_municipality": ground.kommun(home),
                "attempt_no": pick(rng, {1: 0.86, 2: 0.12, 3: 0.02}),
                "triage": triages[number],
                "received_at": arrivals[number].isoformat(),
                "window": {day: when.isoformat() for day, when in window.items()},
                "stays": _stays(rng, is_linked=faults["linked"][number], is_short=faults["short"][number]),
                "household": members,
                "homes": list(dict.fromkeys([home, *([ground.home(rng)] if rng.random() < 0.05 else [])])),
                "crime_localities": crime_localities(rng, ground, world, networks, home),
                "known_places": places,
                "needs": asked,
                **support,
                "permitted_contacts": _contacts(rng, ground, {home, *(place["locality"] for place in places)}),
                "gate": _gate(
                    rng,
                    is_missing=faults["missing"][number],
                    is_emergency=faults["emergency"][number] and (faults["linked"][number] or faults["short"][number]),
                    is_low=assessor.is_low(number),
                ),
                "assessments": assessor.write(Subject(number, networks, home, window["latest"])),
            }
        )
    return found


def _at_most(who: Traits, persons: int) -> Traits:
    """The household, without those no facility of a small week could hold as well."""
    return replace(who, others=who.others[: persons - 1])


def _is_acute(dweller: Dweller, today: date) -> bool:
    start, end = (date.fromisoformat(dweller.placement[day]) for day in ("start", "end"))
    return dweller.placement["state"] == "placed" and end > today and (end - start).days <= 7


def _moved(dweller: Dweller) -> tuple[Traits, tuple[str, ...], list[Json], str]:
    """An acutely placed household that waits for a stable place: the same persons."""
    members = [dict(member) for member in dweller.placement["household"]]
    return dweller.who, dweller.networks, members, dweller.home


def _home(rng: random.Random, ground: Ground, world: Underworld, networks: Sequence[str]) -> str:
    if networks and rng.random() < 0.6:
        return world.bases[networks[0]][0]
    return ground.home(rng)


def _arrivals(rng: random.Random, spec: WeekSpec, triages: Sequence[str]) -> list[datetime]:
    """Times of arrival: most in a few bursts over the handling time of three weeks, some up to eight weeks ago.

    The urgent ones came within hours, as they are placed at once; some are overdue all the same.
    """
    bursts = [rng.uniform(0.5, 16.5) for _ in range(max(2, spec.waiting // 8))]
    found = []
    for triage in triages:
        if triage == "green":
            days = rng.choice(bursts) + rng.gauss(0, 0.7) if rng.random() < 0.75 else rng.uniform(0.2, 21)
            hours = 24 * min(20.9, max(0.2, days))
            if rng.random() < _WAITED_LONG:
                hours = 24 * rng.uniform(21, 56)
        else:
            limit = 4 if triage == "red" else 12
            hours = rng.uniform(limit, 3 * limit) if rng.random() < 0.3 else rng.uniform(0.2, limit)
        found.append((spec.moment - timedelta(hours=hours)).replace(second=0, microsecond=0))
    return found


def _window(rng: random.Random, spec: WeekSpec, triage: str) -> dict[str, date]:
    shortest, longest = spec.window_days
    wait = shortest if triage == "red" else rng.randint(shortest, longest)
    first = 0 if triage == "red" else rng.choice((0, 0, 1, 2, 3, 5))
    return {
        "earliest": spec.today + timedelta(days=min(first, wait)),
        "latest": spec.today + timedelta(days=wait),
    }


def _stays(rng: random.Random, *, is_linked: bool, is_short: bool) -> list[Json]:
    short = {"kind": "emergency", "nights": rng.randint(*_EMERGENCY_NIGHTS)}
    stable = {"kind": "stable", "nights": stay_nights(rng)}
    return [short, stable] if is_linked else [short] if is_short else [stable]


def crime_localities(
    rng: random.Random, ground: Ground, world: Underworld, networks: Sequence[str], home: str
) -> list[str]:
    """Where the crimes were: often home, sometimes elsewhere (SNS: crime city is not always home).

    Parameters
    ----------
    rng : draws
    ground, world : the week
    networks, home : of the household
    """
    found = []
    if networks and rng.random() < 0.45:
        found.append(rng.choice(world.bases[networks[0]]))
    if rng.random() < 0.12:
        found.append(ground.in_kind(rng, rng.choice(CITIES)))
    return [place for place in dict.fromkeys(found) if place != home]


def known_places(rng: random.Random, ground: Ground, home: str) -> list[Json]:
    """Where a household is known: registered, relatives, earlier placements, school, prison.

    Parameters
    ----------
    rng : draws
    ground : the map
    home : locality it comes from
    """
    found = []
    for kind, share in _KNOWN.items():
        if rng.random() < share:
            elsewhere = ground.in_kind(rng, pick(rng, {"town": 0.5, "small_town": 0.4, "village": 0.1}))
            place = home if kind == "registered" and rng.random() < 0.7 else elsewhere
            found.append({"locality": place, "kind": kind})
    return found


def needs(rng: random.Random, who: Traits) -> list[Json]:
    """What a household needs on the first day, within 14 days, and remotely.

    Parameters
    ----------
    rng : draws
    who : the household
    """
    first = {tag: "day_one" for tag, share in _DAY_ONE.items() if rng.random() < share}
    if who.gender == "female" and who.persons == 1 and rng.random() < 0.1:
        first["women_only"] = "day_one"
    later = {tag: rng.choice(("within_14_days", "remote")) for tag, share in _LATER.items() if rng.random() < share}
    return [{"tag": tag, "timing": timing} for tag, timing in sorted((later | first).items())]


def _support(rng: random.Random, asked: Sequence[Json]) -> int:
    """Support wanted, 1 to 4, as the needs of the first day say."""
    first = {need["tag"] for need in asked if need["timing"] == "day_one"}
    if "round_the_clock_staff" in first:
        return 4
    return 3 if "daily_contact" in first else pick(rng, _SUPPORT)


def _contacts(rng: random.Random, ground: Ground, known: Collection[str]) -> list[str]:
    """Where people live whom the household may go on meeting: not where it is known."""
    if rng.random() >= _WITH_CONTACTS:
        return []
    kinds = {"town": 0.45, "small_town": 0.35, "stockholm": 0.1, "goteborg": 0.05, "malmo": 0.05}
    drawn = [ground.in_kind(rng, pick(rng, kinds)) for _ in range(rng.choice((1, 1, 2)))]
    towns = {ground.layers.root(place) for place in known}
    return list(dict.fromkeys(place for place in drawn if ground.layers.root(place) not in towns))


def _gate(rng: random.Random, *, is_missing: bool, is_emergency: bool, is_low: bool) -> Json:
    facts: Json = {
        "definition_version": "def-2024",
        **{name: name != "is_evidence_witness" for name in GATE_FACTS},
        "is_emergency": is_emergency,
        "relocation_expressly_needed": is_low and rng.random() < 0.8,
    }
    if is_emergency:
        facts["measure_decision"] = None
    if is_missing:
        lacking = rng.choice([name for name in GATE_FACTS if not (is_emergency and name == "measure_decision")])
        facts[lacking] = None if rng.random() < 0.75 else not facts[lacking]
    return facts
