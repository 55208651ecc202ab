"""Providers and facilities: one to six beds each, over the whole country, owned by few."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.generation.dice import Deck, heavy_tail, pick, stream
from benchmarks.generation.ground import Ground
from benchmarks.generation.people import Traits
from benchmarks.generation.providers import add_permits, agreements, is_barred, providers
from benchmarks.generation.spec import WeekSpec

__all__ = ["catalogue", "most_persons", "opened_to", "takes"]

Json = dict[str, Any]

MOST_BEDS: Final = 6
# A single person's facility: form by weight. Those for families are protected housing.
_FORMS: Final = {
    "protected_housing": 30,
    "supported_housing": 4,
    "foster_home": 3,
    "residential_care_home": 3,
}
_GRADES: Final = {1: 3, 2: 9, 3: 6, 4: 2}
# SNS 3,500 SEK a day, FoU 4,000-6,000; public options are cheaper.
_RATE_SEK: Final = {"private": (3_800, 6_000), "non_profit": (3_500, 5_200), "municipal": (2_400, 4_200)}
_OFFERS: Final = {
    "round_the_clock_staff": 0.55,
    "step_free_access": 0.35,
    "addiction_treatment": 0.4,
    "psychiatric_care": 0.4,
    "trauma_treatment": 0.40,
    "disability_support": 0.30,
    "interpreter": 0.65,
    "debt_advice": 0.55,
    "work_training": 0.50,
    "daily_contact": 0.85,
    "remote_support": 0.45,
}
# Share of the free beds that lie in flats and houses for families.
_FREE_IN_HOMES: Final = 0.25


def takes(facility: Json, who: Traits) -> bool:
    """Whether the law and the facility let a household live there; beds are another question.

    Parameters
    ----------
    facility : as in the scenario format
    who : the household
    """
    accepts = facility["accepts"]
    if who.is_unaccompanied_minor:
        if facility["form"] == "protected_housing" or not accepts["unaccompanied_minors"]:
            return False
    elif who.has_children and not accepts["children_with_guardian"]:
        return False
    if facility["form"] == "supported_housing" and not all(16 <= age <= 20 for age in who.ages_years):
        return False
    own = who.ages_years if not who.has_guardian else tuple(age for age in who.ages_years if age >= 18)
    return (
        all(accepts["min_age_years"] <= age <= accepts["max_age_years"] for age in own)
        and who.genders <= set(accepts["genders"])
        and who.persons <= accepts["max_household"]
        and not (any(6 <= age < 18 for age in who.ages_years) and who.has_children and not facility["schools"])
    )


def opened_to(facility: Json, who: Traits) -> Json | None:
    """The form and acceptance the facility would need to take a household; None when the law forbids it.

    Parameters
    ----------
    facility : as in the scenario format; not changed
    who : the household
    """
    accepts = dict(facility["accepts"])
    form = facility["form"]
    if who.is_unaccompanied_minor:
        form = "foster_home" if form == "protected_housing" else form
        accepts["unaccompanied_minors"] = True
    if form == "supported_housing" and not all(16 <= age <= 20 for age in who.ages_years):
        return None
    own = [age for age in who.ages_years if age >= 18 or not who.has_guardian]
    accepts["min_age_years"] = min(accepts["min_age_years"], *own)
    accepts["max_age_years"] = max(accepts["max_age_years"], *own)
    accepts["genders"] = sorted({*accepts["genders"], *who.genders})
    accepts["children_with_guardian"] = accepts["children_with_guardian"] or who.has_children
    accepts["max_household"] = max(accepts["max_household"], who.persons)
    offers = [tag for tag in facility["offers"] if tag != "women_only" or accepts["genders"] == ["female"]]
    schools = facility["schools"] or [facility["locality"]]
    return {"form": form, "accepts": accepts, "offers": offers, "schools": schools}


def catalogue(spec: WeekSpec, ground: Ground, dwellers: Sequence[Traits]) -> tuple[list[Json], list[Json]]:
    """Providers and facilities of a week.

    Parameters
    ----------
    spec : its size; `vacancy_percent` and the dwellers fix the number of beds
    ground : where facilities may lie
    dwellers : households that must find room there

    Returns
    -------
    providers, facilities : closures and quotas are added once everybody has a place
    """
    rng = stream(spec.seed, "facilities")
    found = providers(rng, spec)
    owner_weights = dict(zip(range(len(found)), heavy_tail(len(found), 1.0), strict=True))
    offer_by_provider = [agreements(rng, spec.today, one, is_largest=number < 3) for number, one in enumerate(found)]
    forms, grades = Deck(rng, _FORMS), Deck(rng, _GRADES)
    facilities = []
    for number, units in enumerate(_buildings(rng, spec, dwellers), 1):
        is_family = any(unit["kind"] == "house" or (unit["beds"] > 1 and not unit["is_shared"]) for unit in units)
        # Homes for families are built for those who live there: not where nobody may.
        owner = pick(rng, {n: 0.0 if is_family and is_barred(found[n]) else w for n, w in owner_weights.items()})
        form = "protected_housing" if is_family else forms.deal()
        locality = ground.facility_place(rng)
        ownership = found[owner]["ownership"]
        accepts = _accepts(rng, form, is_family, sum(unit["beds"] for unit in units))
        low, high = _RATE_SEK[ownership]
        offers = _offers(rng, form, accepts["genders"])
        support = _support(rng, offers)
        facilities.append(
            {
                "id": f"fac-{number:03}",
                "provider": found[owner]["id"],
                "locality": locality,
                "form": form,
                "units": units,
                "accepts": accepts,
                "offers": offers,
                "schools": ground.schools(rng, locality) if is_family or form == "foster_home" else [],
                "security_grade": grades.deal(),
                "security_approved": form == "residential_care_home" and rng.random() < 0.9,
                **({} if support is None else {"support_intensity": support}),
                "day_rate_sek": rng.randrange(low, high + 1, 50),
                "contracts": [dict(contract) for contract in offer_by_provider[owner]],
                "direct_award_allowed": rng.random() < 0.6,
                "night_intake": rng.random() < 0.3,
            }
        )
    add_permits(spec, facilities)
    return found, facilities


def most_persons(facilities: Sequence[Json]) -> int:
    """Persons of one household that some facility can hold.

    Parameters
    ----------
    facilities : as in the scenario format, at least one
    """
    held: list[int] = [
        min(sum(unit["beds"] for unit in facility["units"]), facility["accepts"]["max_household"])
        for facility in facilities
    ]
    return max(held)


def _support(rng: random.Random, offers: Sequence[str]) -> int | None:
    """Support on the spot, 1 to 4, as the offers say; not known of some."""
    if rng.random() < 0.12:
        return None
    if "round_the_clock_staff" in offers:
        return 4
    return 3 if "daily_contact" in offers else rng.choice((1, 2, 2))


def _buildings(rng: random.Random, spec: WeekSpec, dwellers: Sequence[Traits]) -> list[list[Json]]:
    """Units of each facility: enough beds for the dwellers and the vacancy, flats for the families among them."""
    persons = sum(who.persons for who in dwellers)
    gone = sum(spec.shares_gone) * persons
    beds = round((persons - gone) / (1 - spec.vacancy_percent / 100)) if dwellers else round(2.2 * spec.facilities)
    homes = [_family_home(rng, who.persons) for who in dwellers if who.persons > 1]
    spare = _FREE_IN_HOMES * max(0, beds - persons)
    while spare >= 2:
        homes.append(_family_home(rng, pick(rng, {2: 0.4, 3: 0.3, 4: 0.3})))
        spare -= homes[-1]["beds"]
    rng.shuffle(homes)
    buildings: list[list[Json]] = [[] for _ in range(spec.facilities)]
    shares = max(1, min(len(homes), spec.facilities // 2))
    for number, home in enumerate(homes):
        building = buildings[number % shares]
        if sum(unit["beds"] for unit in building) + home["beds"] <= MOST_BEDS:
            building.append(home)
    _add_single_beds(rng, buildings, beds)
    for building in buildings:
        rng.shuffle(building)
        for number, unit in enumerate(building, 1):
            unit["id"] = f"u{number}"
    return buildings


def _family_home(rng: random.Random, persons: int) -> Json:
    beds = min(MOST_BEDS, persons + (rng.random() < 0.08))
    return {"id": "", "kind": "house" if beds > 3 and rng.random() < 0.6 else "flat", "beds": beds, "is_shared": False}


def _add_single_beds(rng: random.Random, buildings: list[list[Json]], beds: int) -> None:
    """One bed at least in each building, the others where chance puts them, few buildings large."""
    count = [sum(unit["beds"] for unit in building) for building in buildings]
    single = [0 if taken else 1 for taken in count]
    weights = [rng.choice((1.0, 1.0, 1.0, 2.0, 4.0)) * (0.15 if taken else 1.0) for taken in count]
    while sum(count) + sum(single) < beds:
        room = [weight if count[place] + single[place] < MOST_BEDS else 0.0 for place, weight in enumerate(weights)]
        if not any(room):
            return _add(rng, buildings, single)
        single[rng.choices(range(len(buildings)), room)[0]] += 1
    return _add(rng, buildings, single)


def _add(rng: random.Random, buildings: list[list[Json]], single: list[int]) -> None:
    for building, left in zip(buildings, single, strict=True):
        if left == 1:
            kind = pick(rng, {"flat": 0.5, "room": 0.5})
            building.append({"id": "", "kind": kind, "beds": 1, "is_shared": False})
        elif left and rng.random() < 0.4:  # a flat or house that strangers share
            building.append({"id": "", "kind": "flat" if left < 4 else "room", "beds": left, "is_shared": True})
        else:
            building.extend({"id": "", "kind": "room", "beds": 1, "is_shared": False} for _ in range(left))


def _accepts(rng: random.Random, form: str, is_family: bool, beds: int) -> Json:
    genders: tuple[str, ...] = ("female", "male", "other")
    if not is_family:
        genders = pick(
            rng,
            {
                ("female", "male", "other"): 0.62,
                ("male", "other"): 0.24,
                ("female",): 0.06,
                ("female", "male"): 0.08,
            },
        )
    found: Json = {
        "min_age_years": 18,
        "max_age_years": 110,
        "genders": list(genders),
        "children_with_guardian": is_family,
        "unaccompanied_minors": False,
        "max_household": beds if is_family else 1,
    }
    if form == "supported_housing":
        found.update(min_age_years=16, max_age_years=20, unaccompanied_minors=True)
    elif form == "foster_home":
        found.update(
            min_age_years=rng.choice((10, 13, 15)), max_age_years=rng.choice((20, 25, 110)), unaccompanied_minors=True
        )
    elif form == "residential_care_home" and rng.random() < 0.5:
        found.update(min_age_years=15, max_age_years=21, unaccompanied_minors=True)
    elif form == "protected_housing" and rng.random() < 0.12:
        found.update(max_age_years=rng.choice((35, 50, 65)))
    return found


def _offers(rng: random.Random, form: str, genders: list[str]) -> list[str]:
    more = {"round_the_clock_staff": 0.5, "addiction_treatment": 0.3} if form == "residential_care_home" else {}
    found = {tag for tag, share in _OFFERS.items() if rng.random() < share + more.get(tag, 0.0)}
    if genders == ["female"] and rng.random() < 0.7:
        found.add("women_only")
    return sorted(found)
