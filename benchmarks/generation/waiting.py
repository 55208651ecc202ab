"""Cases waiting for a placement: arrivals in bursts, windows, stays, needs, gate facts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from benchmarks.generation.assessments import Assessor, Subject
from benchmarks.generation.dice import Deck, Keys, pick, shared_out, stream
from benchmarks.generation.dwelling import Dweller, stay_nights
from benchmarks.generation.ground import CITIES, Ground
from benchmarks.generation.people import Traits, household, networks_for, traits
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import Underworld

__all__ = ["cases"]

Json = dict[str, Any]

# FoU: red 4 h, orange 12 h, green two weeks.
_TRIAGE: Final = {"red": 2, "orange": 5, "green": 13}
_DAY_ONE: Final = {
    "daily_contact": 0.42,
    "round_the_clock_staff": 0.22,
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
}
_KNOWN: Final = {"registered": 0.25, "relatives": 0.35, "earlier_placement": 0.12, "school": 0.10, "prison": 0.12}
_GATE_FACTS: Final = (
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
_REHOUSED: Final = 1 / 18


def cases(spec: WeekSpec, ground: Ground, world: Underworld, keys: Keys, dwellers: Sequence[Dweller]) -> list[Json]:
    """Waiting cases of a week, numbered in order of arrival.

    Parameters
    ----------
    spec, ground, world : the week
    keys : of persons
    dwellers : those placed; a few acutely placed wait for a stable place

    Returns
    -------
    cases as in the scenario format
    """
    rng = stream(spec.seed, "cases")
    count = spec.waiting
    people = traits(spec.seed, "waiting", count)
    assessor = Assessor(spec, ground, world, count)
    acute = [dweller for dweller in dwellers if _is_acute(dweller, spec.today)]
    rehoused = acute[: round(_REHOUSED * count)] if spec.window_days[0] >= 7 else []
    urgency = Deck(rng, _TRIAGE)
    triages = [urgency.deal() for _ in range(count)]
    arrivals = _arrivals(rng, spec, triages)
    faults = {
        "missing": shared_out(rng, count, _MISSING),
        "emergency": shared_out(rng, count, _EMERGENCIES),
        "linked": shared_out(rng, count, _LINKED),
        "short": shared_out(rng, count, _SHORT_ONLY),
    }
    found = []
    for number, who in enumerate(people):
        if number < len(rehoused):
            who, networks, members = _moved(rehoused[number])
        else:
            networks = networks_for(rng, world, who)
            members = household(rng, keys, who, networks, spec.today)
        home = _home(rng, ground, world, networks)
        window = _window(rng, spec, triages[number])
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
                "crime_localities": _crime_localities(rng, ground, world, networks, home),
                "known_places": _known_places(rng, ground, home),
                "needs": _needs(rng, who),
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


def _is_acute(dweller: Dweller, today: date) -> bool:
    start, end = (date.fromisoformat(dweller.placement[day]) for day in ("start", "end"))
    return dweller.placement["state"] == "placed" and end > today and (end - start).days <= 7


def _moved(dweller: Dweller) -> tuple[Traits, tuple[str, ...], list[Json]]:
    """An acutely placed household that waits for a stable place: the same persons."""
    return dweller.who, dweller.networks, [dict(member) for member in dweller.placement["household"]]


def _home(rng: random.Random, ground: Ground, world: Underworld, networks: Sequence[str]) -> str:
    if networks and rng.random() < 0.6:
        return world.bases[networks[0]][0]
    return ground.home(rng)


def _arrivals(rng: random.Random, spec: WeekSpec, triages: Sequence[str]) -> list[datetime]:
    """Times of arrival over the handling time of three weeks: most in a few bursts.

    The urgent ones came within hours, as they are placed at once; some are overdue all the same.
    """
    bursts = [rng.uniform(0.5, 16.5) for _ in range(max(2, spec.waiting // 8))]
    found = []
    for triage in triages:
        if triage == "green":
            days = rng.choice(bursts) + rng.gauss(0, 0.7) if rng.random() < 0.75 else rng.uniform(0.2, 21)
            hours = 24 * min(20.9, max(0.2, days))
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


def _crime_localities(
    rng: random.Random, ground: Ground, world: Underworld, networks: Sequence[str], home: str
) -> list[str]:
    """Where the crimes were: often home, sometimes elsewhere (SNS: crime city is not always home)."""
    found = []
    if networks and rng.random() < 0.45:
        found.append(rng.choice(world.bases[networks[0]]))
    if rng.random() < 0.12:
        found.append(ground.in_kind(rng, rng.choice(CITIES)))
    return [place for place in dict.fromkeys(found) if place != home]


def _known_places(rng: random.Random, ground: Ground, home: str) -> list[Json]:
    found = []
    for kind, share in _KNOWN.items():
        if rng.random() < share:
            elsewhere = ground.in_kind(rng, pick(rng, {"town": 0.5, "small_town": 0.4, "village": 0.1}))
            place = home if kind == "registered" and rng.random() < 0.7 else elsewhere
            found.append({"locality": place, "kind": kind})
    return found


def _needs(rng: random.Random, who: Traits) -> list[Json]:
    first = {tag: "day_one" for tag, share in _DAY_ONE.items() if rng.random() < share}
    if who.gender == "female" and who.persons == 1 and rng.random() < 0.15:
        first["women_only"] = "day_one"
    later = {tag: rng.choice(("within_14_days", "remote")) for tag, share in _LATER.items() if rng.random() < share}
    return [{"tag": tag, "timing": timing} for tag, timing in sorted((later | first).items())]


def _gate(rng: random.Random, *, is_missing: bool, is_emergency: bool, is_low: bool) -> Json:
    facts: Json = {
        "definition_version": "def-2024",
        **{name: name != "is_evidence_witness" for name in _GATE_FACTS},
        "is_emergency": is_emergency,
        "relocation_expressly_needed": is_low and rng.random() < 0.8,
    }
    if is_emergency:
        facts["measure_decision"] = None
    if is_missing:
        lacking = rng.choice([name for name in _GATE_FACTS if not (is_emergency and name == "measure_decision")])
        facts[lacking] = None if rng.random() < 0.75 else not facts[lacking]
    return facts
