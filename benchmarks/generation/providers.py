"""Providers, and what the authorities say of them: vetting, permits, incidents, contracts, conflicts of interest."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

from benchmarks.generation.dice import Deck, shared_out, stream
from benchmarks.generation.people import Dweller
from benchmarks.generation.spec import WeekSpec
from matching.domain import Policy

__all__ = [
    "add_permits",
    "agreements",
    "conflicts_of_interest",
    "contracts_of_residents",
    "is_barred",
    "providers",
    "shut",
]

Json = dict[str, Any]

# Of the small providers; the large ones are vetted, or they would hold no contract.
_NOT_VETTED: Final = {"pending": 0.035, "failed": 0.01}
_SOON: Final = 0.035
_SMALL_MATTER: Final = 0.08
_LIFTED: Final = 0.05
_WITHOUT_PERMIT: Final = 0.008
_PERMIT_SOON: Final = 0.03
_CONFLICTS_OF_INTEREST: Final = 0.10
# Kommuner that buy much: the big cities, their suburbs and large towns.
_BUYERS: Final = (
    "0180", "1480", "1280", "0163", "0127", "0181", "0126", "0136", "0123", "1481", "1283", "0380", "0581", "1880",
)  # fmt: skip
_PERMIT_FORMS: Final = Policy().permit_required_for


def providers(rng: random.Random, spec: WeekSpec) -> list[Json]:
    """One provider to four facilities; few of the small ones are not vetted, or shut out by an incident.

    Parameters
    ----------
    rng : of the catalogue
    spec : the week
    """
    count = max(2, round(spec.facilities / 4))
    large = max(1, count // 3)
    ownership = Deck(rng, {"private": 12, "non_profit": 3, "municipal": 5})
    small = count - large
    flags = {name: shared_out(rng, small, share) for name, share in _NOT_VETTED.items()}
    soon = shared_out(rng, small, _SOON)
    shut_out = rng.randrange(small) if small >= 8 else -1
    found = []
    for number in range(count):
        place = number - large
        vetting = "vetted"
        if place >= 0:
            vetting = next((name for name, chosen in flags.items() if chosen[place]), "vetted")
        told: Json = {"id": f"prov-{number + 1:02}", "ownership": ownership.deal(), "vetting": vetting}
        if vetting == "vetted":
            days = (20, 55) if place >= 0 and soon[place] else (90 if place >= 0 else 180, 1400)
            told["vetting_valid_until"] = _later(rng, spec.today, *days)
        told["incidents"] = _incidents(rng, spec.today, is_shut_out=place >= 0 and place == shut_out)
        found.append(told)
    return found


def _incidents(rng: random.Random, today: date, *, is_shut_out: bool) -> list[Json]:
    kinds = [(False, False)] * (rng.random() < _SMALL_MATTER) + [(True, True)] * (rng.random() < _LIFTED)
    found = []
    for number, (is_disqualifying, is_lifted) in enumerate([*kinds, *([(True, False)] if is_shut_out else [])], 1):
        occurred = today - timedelta(days=rng.randint(60, 600) if is_lifted else rng.randint(10, 200))
        told: Json = {
            "id": f"incident-{number}",
            "occurred_on": occurred.isoformat(),
            "is_disqualifying": is_disqualifying,
        }
        if is_lifted:
            told["lifted_on"] = (occurred + timedelta(days=rng.randint(20, (today - occurred).days))).isoformat()
        found.append(told)
    return found


def agreements(rng: random.Random, today: date, provider: Json, *, is_largest: bool) -> list[Json]:
    """National, or with some municipalities; some end with the year, with the money (FoU), half of those renewed.

    Parameters
    ----------
    rng : of the catalogue
    today : the day of planning
    provider : as in the scenario format
    is_largest : one of the few that own much, and would not without a national framework
    """
    start = (today - timedelta(days=rng.randint(100, 900))).isoformat()
    year_end = date(today.year + 1, 1, 1)
    spans = [(start, _later(rng, today, 120, 1100))]
    if rng.random() < 0.12:
        spans = [(start, year_end.isoformat())]
        if rng.random() < 0.5:
            spans.append((year_end.isoformat(), year_end.replace(year=year_end.year + 2).isoformat()))
    if is_largest or (provider["ownership"] != "municipal" and rng.random() < 0.65):
        return [{"start": start, "end": end} for start, end in spans]
    chosen = sorted(rng.sample(_BUYERS, rng.randint(2, 6)))
    return [{"start": start, "end": end, "municipality": code} for code in chosen for start, end in spans]


def _later(rng: random.Random, today: date, soonest_days: int, latest_days: int) -> str:
    return (today + timedelta(days=rng.randint(soonest_days, latest_days))).isoformat()


def add_permits(spec: WeekSpec, facilities: Sequence[Json]) -> None:
    """Give each facility whose form needs one a permit; few lack it, some must soon renew it.

    Parameters
    ----------
    spec : the week
    facilities : are changed
    """
    rng = stream(spec.seed, "permits")
    needing = [facility for facility in facilities if facility["form"] in _PERMIT_FORMS]
    single = [facility["id"] for facility in needing if facility["accepts"]["max_household"] == 1]
    lacking = rng.sample(single, min(len(single), round(_WITHOUT_PERMIT * len(needing))))
    for facility, is_soon in zip(needing, shared_out(rng, len(needing), _PERMIT_SOON), strict=True):
        if facility["id"] not in lacking:
            days = (10, 55) if is_soon else (90, 1500)
            facility["permit_valid_until"] = _later(rng, spec.today, *days)


def is_barred(provider: Json) -> bool:
    """Whether a provider may house nobody today.

    Examples
    --------
    >>> is_barred({"vetting": "vetted", "incidents": []}), is_barred({"vetting": "pending", "incidents": []})
    (False, True)
    """
    is_out = any(one["is_disqualifying"] and "lifted_on" not in one for one in provider["incidents"])
    return provider["vetting"] != "vetted" or is_out


def shut(run_by: Sequence[Json], facilities: Sequence[Json]) -> frozenset[str]:
    """Ids of facilities where nobody may live today, because of the provider, the permit or the approval.

    Parameters
    ----------
    run_by : the providers
    facilities : the catalogue
    """
    barred = {provider["id"] for provider in run_by if is_barred(provider)}
    return frozenset(
        facility["id"]
        for facility in facilities
        if facility["provider"] in barred
        or (facility["form"] in _PERMIT_FORMS and "permit_valid_until" not in facility)
        or (facility["form"] == "residential_care_home" and not facility["security_approved"])
    )


def contracts_of_residents(spec: WeekSpec, facilities: Sequence[Json], dwellers: Sequence[Dweller]) -> None:
    """Give a facility a contract with the municipality of each resident where nothing else allows the stay.

    Parameters
    ----------
    spec : the week
    facilities : are changed
    dwellers : those placed
    """
    rng = stream(spec.seed, "contracts")
    by_id = {facility["id"]: facility for facility in facilities}
    today = spec.today.isoformat()
    for dweller in dwellers:
        facility, code = by_id[dweller.placement["facility"]], dweller.placement["responsible_municipality"]
        covered = any(
            contract["start"] <= today < contract["end"] and contract.get("municipality") in (None, code)
            for contract in facility["contracts"]
        )
        if not covered and not facility["direct_award_allowed"]:
            start = min(dweller.placement["start"], (spec.today - timedelta(days=rng.randint(30, 400))).isoformat())
            end = max(dweller.placement["end"], _later(rng, spec.today, 90, 700))
            facility["contracts"].append({"start": start, "end": end, "municipality": code})


def conflicts_of_interest(
    spec: WeekSpec, run_by: Sequence[Json], facilities: Sequence[Json], dwellers: Sequence[Dweller]
) -> None:
    """Declare few conflicts of interest between a provider and a police unit, none over anybody placed.

    Parameters
    ----------
    spec : the week
    run_by : the providers; are changed
    facilities, dwellers : who lives with which provider
    """
    rng = stream(spec.seed, "conflicts of interest")
    owner = {facility["id"]: facility["provider"] for facility in facilities}
    units: dict[str, set[str]] = defaultdict(set)
    every: set[str] = set()
    for dweller in dwellers:
        for told in dweller.placement.get("case_file", {}).get("assessments", ()):
            mine = {told["assessor_unit"], dweller.placement["case_file"]["unit"]}
            units[owner[dweller.placement["facility"]]] |= mine
            every |= mine
    flags = shared_out(rng, len(run_by), _CONFLICTS_OF_INTEREST)
    for provider, is_chosen in zip(run_by, flags, strict=True):
        free = sorted(every - units[provider["id"]])
        if is_chosen and free:
            provider["conflicts_of_interest"] = [rng.choice(free)]
