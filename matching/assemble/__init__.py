"""From what we are told to what rules may read, once the places have become numbers."""

from __future__ import annotations

from datetime import date

from matching import domain, facts
from matching.assemble.cases import SWEDEN, Cases, Housed
from matching.assemble.catalogue import exposure_facts, facility_facts, provider_facts
from matching.assemble.intelligence import Intelligence
from matching.assemble.numbering import Numbering, places_in_use

__all__ = ["SWEDEN", "Numbering", "assemble", "places_in_use"]


def _left(departed: date | None, today: int) -> int:
    """Day a person left, if that is recorded: a departure still to come has not happened."""
    return facts.FOREVER if departed is None or departed.toordinal() > today else departed.toordinal()


def _present_until(departed: date | None, today: int, cool_down_days: int) -> int:
    left = _left(departed, today)
    return left if left == facts.FOREVER else left + cool_down_days


class _Present:
    """Everybody present: placements and holds, then residences, each in the order of their ids."""

    def __init__(self, known: Intelligence, facilities: list[domain.Facility], facility: dict[str, int]) -> None:
        scenario, today = known.scenario, known.today
        cool_down = known.policy.cool_down_days
        unit_number = {item.id: {unit.id: place for place, unit in enumerate(item.units)} for item in facilities}
        self.placements = sorted(scenario.placements, key=lambda item: item.id)
        self.residences = sorted(scenario.residences, key=lambda item: item.id)
        self.presences: list[facts.Presence] = []
        self.bed_uses: list[facts.BedUse] = []
        self.housed: dict[str, Housed] = {}
        for number, item in enumerate(self.placements):
            home = facility[item.facility]
            start, bed_end = item.start.toordinal(), min(item.end.toordinal(), _left(item.departed, today))
            presence_end = _present_until(item.departed, today, cool_down)
            place = known.place[facilities[home].locality]
            assessed = item.case_file.assessments if item.case_file is not None else ()
            told = max(assessed, key=lambda version: version.version, default=None)
            party = known.party(item.household, told, item.separations)
            self.presences.append(facts.Presence(place, start, presence_end, party, home, bed_end))
            if bed_end <= start:
                continue
            beds = tuple(facts.Bed(unit_number[item.facility][use.unit], use.beds) for use in item.units)
            self.bed_uses.append(facts.BedUse(number, home, beds, start, bed_end, int(item.responsible_municipality)))
            at = -1 if presence_end < facts.FOREVER else home
            for member in item.household:
                before = self.housed.get(member.person_key, Housed(0, -1))
                self.housed[member.person_key] = Housed(
                    max(before.until_day, bed_end), at if at >= 0 and bed_end >= before.until_day else before.facility
                )
        for item_ in self.residences:
            presence_end = _present_until(item_.departed, today, cool_down)
            party = known.party(item_.household, None, item_.separations)
            start, lives_there_until = item_.start.toordinal(), _left(item_.departed, today)
            self.presences.append(
                facts.Presence(known.place[item_.locality], start, presence_end, party, bed_end_day=lives_there_until)
            )

    def live(self, cases: Cases) -> tuple[facts.Live, ...]:
        """The placements and holds whose persons are still present: what is left of each from today on."""
        today = cases.known.today
        found = []
        for number, item in enumerate(self.placements):
            presence = self.presences[number]
            if presence.end_day < facts.FOREVER:
                continue
            start = max(presence.start_day, today)
            stay = facts.Stay(presence.facility, start, max(item.end.toordinal(), start + 1))
            found.append(cases.live(number, item, stay, presence.party))
        return tuple(found)


def assemble(scenario: domain.Situation, numbering: Numbering, places: facts.Places) -> facts.Facts:
    """Facts of a scenario.

    Parameters
    ----------
    scenario : as parsed
    numbering : number of each locality, point and police region in `places`
    places : distances, minutes and zones by those numbers

    Returns
    -------
    frozen facts; cases, facilities and presences in the order of their ids

    Source
    ------
    Domain §4: presence lasts until a recorded departure, then the cool-down; a planned end frees
    the bed only; a hold counts as a placement.
    """
    today = scenario.now.astimezone(SWEDEN).date().toordinal()
    known = Intelligence(scenario, numbering, today)
    facilities = sorted(scenario.facilities, key=lambda item: item.id)
    providers = sorted(scenario.providers, key=lambda item: item.id)
    waiting = sorted(scenario.cases, key=lambda item: item.id)
    facility = {item.id: number for number, item in enumerate(facilities)}
    provider = {item.id: number for number, item in enumerate(providers)}
    present = _Present(known, facilities, facility)
    cases = Cases(known, present.housed)
    networks = range(len(scenario.networks))
    return facts.Facts(
        today=today,
        policy=scenario.policy,
        places=places,
        cases=tuple(cases.waiting(case) for case in waiting),
        facilities=tuple(facility_facts(item, known.place, provider) for item in facilities),
        presences=tuple(present.presences),
        bed_uses=tuple(present.bed_uses),
        network_feuds=known.hostile,
        person_feuds=known.person_feuds(),
        providers=tuple(provider_facts(item, cases.police_unit, today) for item in providers),
        exposures=tuple(
            exposure_facts(
                item,
                known.place[item.locality or facilities[facility[str(item.facility)]].locality],
                -1 if item.facility is None else facility[item.facility],
                known.network[item.network],
                scenario.policy.exposure_months,
                today,
            )
            for item in sorted(scenario.exposures, key=lambda item: item.id)
        ),
        live=present.live(cases),
        halves=tuple(frozenset(known.half[number]) for number in networks),
        allied=tuple(frozenset(other for other, _ in known.allied[number]) for number in networks),
        ties=known.ties,
        priors_percent=known.priors_percent,
        names=facts.Names(
            cases=tuple(case.id for case in waiting),
            facilities=tuple(item.id for item in facilities),
            units=tuple(tuple(unit.id for unit in item.units) for item in facilities),
            places=tuple(numbering.localities),
            presences=(*(item.id for item in present.placements), *(item.id for item in present.residences)),
            networks=tuple(sorted(network.id for network in scenario.networks)),
        ),
        stale_networks=known.stale_networks(),
    )
