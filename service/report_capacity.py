"""Beds of the report: what is taken, free and newly used, by facility, län and form of housing.

"Tonight" is the night of the scenario's day. Of a unit's beds, those in use are *taken*; of the rest,
those a new household may fill are *free* and the others *unusable* (closed, or the spare beds of an
unshared unit that a household already has). So beds = taken - overfull + unusable + free.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from geodata.layers import Layers, Locality
from matching.facts import Facts
from matching.plans import Plan
from matching.pools import unit_free_beds

__all__ = ["Beds", "BedsOf", "FacilityRow", "beds_by", "facility_rows", "place_of", "words"]


@dataclass(frozen=True)
class Beds:
    """Counts of beds tonight, and the beds the plan fills on its fullest night.

    Examples
    --------
    >>> Beds(4, 2, 0, 1, 1, 1) + Beds(2, 0, 0, 0, 2, 0)
    Beds(beds=6, taken=2, overfull=0, unusable=1, free=3, new=1)
    """

    beds: int = 0
    taken: int = 0
    overfull: int = 0
    unusable: int = 0
    free: int = 0
    new: int = 0

    def __add__(self, other: Beds) -> Beds:
        return Beds(
            self.beds + other.beds,
            self.taken + other.taken,
            self.overfull + other.overfull,
            self.unusable + other.unusable,
            self.free + other.free,
            self.new + other.new,
        )


@dataclass(frozen=True)
class FacilityRow:
    """One facility. `present` is the number of households in the locality through it, holds included."""

    number: int
    facility: str
    locality: str
    kommun: str
    lan: str
    x_m: int
    y_m: int
    form: str
    security_grade: int
    day_rate_sek: int
    present: int
    count: Beds


@dataclass(frozen=True)
class BedsOf:
    """The beds of one län or form; `facilities` counts the facilities."""

    name: str
    facilities: int
    count: Beds


def words(code: str) -> str:
    """A code as words.

    Examples
    --------
    >>> words("protected_housing")
    'protected housing'
    """
    return code.replace("_", " ")


def place_of(facts: Facts, layers: Layers, place: int) -> Locality:
    """The locality of a place number.

    Raises
    ------
    UnknownLocality : the layers are not those the facts were made with
    """
    return layers.resolve(facts.names.places[place])


def _beds(facts: Facts, plan: Plan, facility: int) -> Beds:
    total = Beds()
    for number, unit in enumerate(facts.facilities[facility].units):
        taken = sum(
            bed.beds
            for use in facts.bed_uses_at[facility]
            if use.start_day <= facts.today < use.end_day
            for bed in use.beds
            if bed.unit == number
        )
        free = unit_free_beds(facts, facility, number, facts.today)
        overfull = max(0, taken - unit.beds)
        total += Beds(unit.beds, taken, overfull, unit.beds - (taken - overfull) - free, free)
    own = [item for item in plan.placed if item.stay.facility == facility]
    new = max(
        (
            sum(
                sum(bed.beds for bed in other.beds)
                for other in own
                if other.stay.start_day <= item.stay.start_day < other.stay.end_day
            )
            for item in own
        ),
        default=0,
    )
    return total + Beds(new=new)


def facility_rows(facts: Facts, layers: Layers, plan: Plan) -> tuple[FacilityRow, ...]:
    """Every facility, in order of its number.

    Parameters
    ----------
    facts : what rules read
    layers : names and coordinates of localities
    plan : whose new beds are counted

    Raises
    ------
    UnknownLocality : the layers are not those the facts were made with
    """
    present = [0] * len(facts.facilities)
    for presence in facts.presences:
        if presence.facility >= 0 and presence.end_day > facts.today:
            present[presence.facility] += 1
    rows = []
    for number, told in enumerate(facts.facilities):
        place = place_of(facts, layers, told.place)
        rows.append(
            FacilityRow(
                number=number,
                facility=facts.names.facilities[number],
                locality=place.name,
                kommun=layers.kommuner[place.kommun],
                lan=layers.lan[place.lan],
                x_m=place.x_m,
                y_m=place.y_m,
                form=words(told.form),
                security_grade=told.security_grade,
                day_rate_sek=told.day_rate_sek,
                present=present[number],
                count=_beds(facts, plan, number),
            )
        )
    return tuple(rows)


def beds_by(rows: Iterable[FacilityRow], key: Callable[[FacilityRow], str], names: Iterable[str]) -> tuple[BedsOf, ...]:
    """Beds summed over the rows of each name, in the order of the names, and last the sum of all.

    Parameters
    ----------
    rows : facilities
    key : the name a facility counts under
    names : which names to list; one without a facility is listed with zeros
    """
    counts = {name: (0, Beds()) for name in names}
    for row in rows:
        facilities, beds = counts[key(row)]
        counts[key(row)] = facilities + 1, beds + row.count
    listed = [BedsOf(name, facilities, beds) for name, (facilities, beds) in counts.items()]
    total = Beds()
    for one in listed:
        total += one.count
    return (*listed, BedsOf("All", sum(one.facilities for one in listed), total))
