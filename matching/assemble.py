"""From what we are told to what rules may read, once the places have become numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from matching import domain, facts
from matching.networks import allies, halves, hostile_windows, intersect, window_of

__all__ = ["Numbering", "assemble", "places_in_use"]

SWEDEN = ZoneInfo("Europe/Stockholm")
_TRIAGE = {"red": 0, "orange": 1, "green": 2}


@dataclass(frozen=True)
class Numbering:
    """Which number a place or zone has.

    Parameters
    ----------
    localities : locality id -> place number
    points : (latitude, longitude) in degrees -> place number
    regions : police region code -> zone number
    """

    localities: Mapping[str, int]
    points: Mapping[tuple[float, float], int]
    regions: Mapping[str, int]


def _areas_of(case: domain.Case) -> Iterable[domain.AnyArea]:
    for assessment in case.assessments:
        yield from assessment.forbidden
        yield from assessment.preferred
        for actor in assessment.actors:
            if actor.reach.kind == "areas":
                yield from actor.reach.areas


def places_in_use(scenario: domain.Scenario) -> tuple[tuple[str, ...], tuple[domain.Point, ...]]:
    """Ids of the localities and the bare points a scenario names, each sorted and once."""
    localities: set[str] = set()
    points: set[tuple[float, float]] = set()
    for network in scenario.networks:
        localities.update(presence.locality for presence in network.presence)
    for facility in scenario.facilities:
        localities.update((facility.locality, *facility.schools))
    for case in scenario.cases:
        localities.update((*case.homes, *case.crime_localities, *(known.locality for known in case.known_places)))
        for area in _areas_of(case):
            if area.kind in ("locality", "circle", "travel_ring") and getattr(area, "locality", None) is not None:
                localities.add(area.locality)  # type: ignore[arg-type]
            if area.kind == "circle" and area.point is not None:
                points.add((area.point.latitude_deg, area.point.longitude_deg))
        for assessment in case.assessments:
            for actor in assessment.actors:
                if actor.reach.kind in ("radius", "minutes"):
                    localities.update(actor.reach.bases)
    localities.update(residence.locality for residence in scenario.residences)
    ordered = sorted(points)
    return tuple(sorted(localities)), tuple(domain.Point(latitude_deg=a, longitude_deg=b) for a, b in ordered)


class _Assembly:
    """One scenario on its way to facts: the number of each id, and the parts that need several."""

    def __init__(self, scenario: domain.Scenario, numbering: Numbering) -> None:
        self.scenario = scenario
        self.policy = scenario.policy
        self.place = numbering.localities
        self.point = numbering.points
        self.region = numbering.regions
        self.now: datetime = scenario.now.astimezone(SWEDEN)
        self.today = self.now.date().toordinal()
        self.network = {network.id: number for number, network in enumerate(sorted(scenario.networks, key=_by_id))}
        self.facility = {item.id: number for number, item in enumerate(sorted(scenario.facilities, key=_by_id))}
        self.provider = {item.id: number for number, item in enumerate(sorted(scenario.providers, key=_by_id))}
        keys = {member.person_key for group in self._households() for member in group}
        self.person = {key: number for number, key in enumerate(sorted(keys))}
        self.hostile = {
            (self.network[a], self.network[b]): windows
            for (a, b), windows in hostile_windows(
                scenario.relations, scenario.policy.rival_of_ally_counts, self.today
            ).items()
        }
        self.half: dict[int, tuple[int, ...]] = {number: (number,) for number in self.network.values()}
        for network, parts in halves(scenario.relations).items():
            self.half[self.network[network]] = tuple(sorted(self.network[part] for part in parts))
        self.allied: dict[int, list[tuple[int, tuple[tuple[int, int], ...]]]] = defaultdict(list)
        for (a, b), windows in sorted(allies(scenario.relations, self.today).items()):
            self.allied[self.network[a]].append((self.network[b], windows))
        self.presence: dict[int, list[facts.Base]] = {
            self.network[network.id]: [
                facts.Base(self.place[told.locality], *window_of(told, told.end_confirmed, self.today))
                for told in network.presence
            ]
            for network in scenario.networks
        }

    def _households(self) -> Iterable[tuple[domain.Member, ...]]:
        yield from (case.household for case in self.scenario.cases)
        yield from (placement.household for placement in self.scenario.placements)
        yield from (residence.household for residence in self.scenario.residences)

    def people(self, household: Iterable[domain.Member]) -> tuple[facts.Person, ...]:
        return tuple(
            facts.Person(self.person[m.person_key], m.role, m.age_years, m.gender, m.is_guardian) for m in household
        )

    def party(self, household: Iterable[domain.Member], separations: Iterable[domain.Separation]) -> facts.Party:
        return facts.Party(
            members=tuple(
                facts.Belonging(
                    self.person[member.person_key],
                    frozenset(self.network[membership.network] for membership in member.memberships),
                    member.knowledge == "unknown",
                )
                for member in household
            ),
            separations=tuple(
                sorted(
                    (network, (wanted.km or 0) * 1000, wanted.minutes or 0)
                    for wanted in separations
                    for network in ((-1,) if wanted.network is None else self.half[self.network[wanted.network]])
                )
            ),
        )

    def area(self, area: domain.AnyArea) -> facts.Area:
        match area:
            case domain.LocalityArea():
                return facts.Area("locality", self.place[area.locality])
            case domain.KommunArea():
                return facts.Area("kommun", int(area.kommun))
            case domain.LanArea():
                return facts.Area("lan", int(area.lan))
            case domain.RegionArea():
                return facts.Area("police_region", self.region[area.police_region])
            case domain.CircleArea():
                if area.point is not None:
                    centre = self.point[area.point.latitude_deg, area.point.longitude_deg]
                else:
                    centre = self.place[str(area.locality)]
                return facts.Area("circle", centre, limit_m=area.radius_km * 1000)
            case domain.RingArea():
                return facts.Area("travel_ring", self.place[area.locality], limit_min=area.minutes)

    def presence_of(self, network: int, within: tuple[tuple[int, int], ...]) -> tuple[facts.Base, ...]:
        """Where a network, every half of it and its allies are present, on days inside the given windows."""
        found: list[facts.Base] = []
        for other, windows in (*((part, within) for part in self.half[network]), *self.allied[network]):
            for base in self.presence.get(other, ()):
                live = intersect(intersect(windows, within), [(base.start_day, base.end_day)])
                found.extend(facts.Base(base.place, start, end) for start, end in live)
        return tuple(sorted(set(found), key=lambda base: (base.place, base.start_day, base.end_day)))

    def actor(self, told: domain.ThreatActor, presence_radius_m: int) -> facts.Actor:
        match told.persistence:
            case domain.Until(until=until):
                full, gone = until.toordinal(), until.toordinal()
            case domain.Fading(full_until=full_until, gone_by=gone_by):
                full, gone = full_until.toordinal(), gone_by.toordinal()
            case _:
                full, gone = facts.FOREVER, facts.FOREVER
        network = -1 if told.network is None else self.network[told.network]
        bases: tuple[facts.Base, ...] = ()
        areas: tuple[facts.Area, ...] = ()
        limit_m = limit_min = 0
        match told.reach:
            case domain.RadiusReach() as reach:
                bases, limit_m = self._bases(reach.bases), reach.radius_km * 1000
            case domain.MinutesReach() as reach:
                bases, limit_min = self._bases(reach.bases), reach.minutes
            case domain.AreasReach() as reach:
                areas = tuple(self.area(area) for area in reach.areas)
            case domain.PresenceReach():
                bases, limit_m = self.presence_of(network, ((0, facts.FOREVER),)), presence_radius_m
            case domain.NationalReach():
                pass
        return facts.Actor(told.reach.kind, network, bases, areas, limit_m, limit_min, full, gone)

    def _bases(self, localities: Iterable[str]) -> tuple[facts.Base, ...]:
        return tuple(facts.Base(self.place[locality], 0, facts.FOREVER) for locality in localities)

    def implied_actors(
        self, party: facts.Party, waived: frozenset[int], presence_radius_m: int
    ) -> tuple[facts.Actor, ...]:
        """The own former network, every half of it, and all its rivals: reach by presence, unless signed otherwise."""
        former = {part for network in party.networks for part in self.half[network]}
        windows: dict[int, list[tuple[int, int]]] = {network: [(0, facts.FOREVER)] for network in former}
        for (own, rival), live in self.hostile.items():
            if own in party.networks:
                windows.setdefault(rival, []).extend(live)
        return tuple(
            facts.Actor(
                "presence",
                network,
                self.presence_of(network, intersect(windows[network], [(0, facts.FOREVER)])),
                limit_m=presence_radius_m,
            )
            for network in sorted(windows)
            if network not in waived
        )

    def assessment(self, case: domain.Case) -> tuple[domain.PlacementAssessment | None, facts.Assessment | None]:
        if not case.assessments:
            return None, None
        told = max(case.assessments, key=lambda version: version.version)
        home_m = max(self.policy.home_radius_km, told.home_radius_km or 0) * 1000
        presence_m = max(self.policy.presence_radius_km, told.presence_radius_km or 0) * 1000
        party = self.party(case.household, told.separations)
        waived = frozenset(self.network[network] for network in told.presence_waived)
        actors = tuple(self.actor(actor, presence_m) for actor in sorted(told.actors, key=_by_id))
        return told, facts.Assessment(
            valid_from_day=max(told.valid_from, told.signed_on).toordinal(),
            valid_until_day=told.valid_until.toordinal(),
            is_withdrawn=told.withdrawn,
            confidence=told.confidence,
            threat_level=told.threat_level,
            forbidden=tuple(self.area(area) for area in told.forbidden),
            preferred=tuple(self.area(area) for area in told.preferred),
            actors=actors + self.implied_actors(party, waived, presence_m),
            home_radius_m=home_m,
            presence_radius_m=presence_m,
            protection_level=told.protection_level,
        )

    def case(self, case: domain.Case, housed_until: Mapping[str, int]) -> facts.Case:
        told, assessment = self.assessment(case)
        received = case.received_at.astimezone(SWEDEN)
        limit = {
            "red": timedelta(hours=self.policy.triage_red_hours),
            "orange": timedelta(hours=self.policy.triage_orange_hours),
            "green": timedelta(days=self.policy.triage_green_days),
        }[case.triage]
        # Instants are compared in one zone: a change to summer time must not move a deadline.
        is_overdue = self.scenario.now > case.received_at + limit
        offsets = [sum(stay.nights for stay in case.stays[:number]) for number in range(len(case.stays))]
        return facts.Case(
            triage=max(0, _TRIAGE[case.triage] - is_overdue),
            is_overdue=is_overdue,
            deadline_day=(case.received_at + limit).astimezone(received.tzinfo).date().toordinal(),
            earliest_day=max(case.window.earliest.toordinal(), self.today),
            latest_day=case.window.latest.toordinal(),
            legs=tuple(
                facts.Leg(stay.kind, offset, stay.nights) for stay, offset in zip(case.stays, offsets, strict=True)
            ),
            household=self.people(case.household),
            party=self.party(case.household, told.separations if told is not None else ()),
            municipality=int(case.responsible_municipality),
            homes=tuple(sorted({self.place[home] for home in (*case.homes, *case.crime_localities)})),
            known_places=tuple(sorted({self.place[known.locality] for known in case.known_places})),
            day_one_needs=frozenset(need.tag for need in case.needs if need.timing == "day_one"),
            gate=facts.Gate(**case.gate.model_dump(exclude={"definition_version"})),
            assessment=assessment,
            housed_until_day=max((housed_until.get(member.person_key, 0) for member in case.household), default=0),
        )

    def facility_facts(self, told: domain.Facility) -> facts.Facility:
        number = {unit.id: place for place, unit in enumerate(told.units)}
        everything = frozenset(number.values())
        return facts.Facility(
            place=self.place[told.locality],
            provider=self.provider[told.provider],
            form=told.form,
            units=tuple(facts.Unit(unit.kind, unit.beds, unit.is_shared) for unit in told.units),
            closures=tuple(
                facts.Block(
                    closure.start.toordinal(),
                    closure.end.toordinal(),
                    everything if closure.units is None else frozenset(number[unit] for unit in closure.units),
                )
                for closure in told.closures
            ),
            quotas=tuple(
                facts.Quota(
                    -1 if contract.municipality is None else int(contract.municipality),
                    contract.quota_beds,
                    contract.start.toordinal(),
                    contract.end.toordinal(),
                )
                for contract in told.contracts
                if contract.quota_beds is not None
            ),
            min_age_years=told.accepts.min_age_years,
            max_age_years=told.accepts.max_age_years,
            genders=frozenset(told.accepts.genders),
            takes_children=told.accepts.children_with_guardian,
            takes_unaccompanied_minors=told.accepts.unaccompanied_minors,
            max_household=told.accepts.max_household,
            offers=frozenset(told.offers),
            schools=tuple(sorted({self.place[school] for school in told.schools})),
            security_grade=told.security_grade,
            day_rate_sek=told.day_rate_sek,
        )


def _left(departed: date | None, today: int) -> int:
    """Day a person left, if that is recorded: a departure still to come has not happened."""
    return facts.FOREVER if departed is None or departed.toordinal() > today else departed.toordinal()


def _present_until(departed: date | None, today: int, cool_down_days: int) -> int:
    left = _left(departed, today)
    return left if left == facts.FOREVER else left + cool_down_days


def _by_id(item: domain.Network | domain.Facility | domain.Provider | domain.ThreatActor) -> str:
    return item.id


def _person_feuds(build: _Assembly) -> dict[tuple[int, int], tuple[facts.Feud, ...]]:
    found: dict[tuple[int, int], list[facts.Feud]] = defaultdict(list)
    for told in build.scenario.person_conflicts:
        window = window_of(told, told.end_confirmed, build.today)
        feud = facts.Feud(*window, (told.separation_km or 0) * 1000, told.separation_min or 0)
        a, b = build.person[told.a], build.person[told.b]
        found[a, b].append(feud)
        found[b, a].append(feud)
    return {pair: tuple(sorted(feuds)) for pair, feuds in sorted(found.items())}


def assemble(scenario: domain.Scenario, numbering: Numbering, places: facts.Places) -> facts.Facts:
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
    build = _Assembly(scenario, numbering)
    cool_down = scenario.policy.cool_down_days
    placements = sorted(scenario.placements, key=lambda item: item.id)
    residences = sorted(scenario.residences, key=lambda item: item.id)
    facilities = sorted(scenario.facilities, key=_by_id)
    unit_number = {item.id: {unit.id: place for place, unit in enumerate(item.units)} for item in facilities}
    presences: list[facts.Presence] = []
    bed_uses: list[facts.BedUse] = []
    housed_until: dict[str, int] = {}
    for number, item in enumerate(placements):
        facility = build.facility[item.facility]
        bed_end = min(item.end.toordinal(), _left(item.departed, build.today))
        presence_end = _present_until(item.departed, build.today, cool_down)
        presences.append(
            facts.Presence(
                build.place[facilities[facility].locality],
                item.start.toordinal(),
                presence_end,
                build.party(item.household, item.separations),
                facility,
            )
        )
        beds = tuple(facts.Bed(unit_number[item.facility][use.unit], use.beds) for use in item.units)
        if bed_end > item.start.toordinal():
            bed_uses.append(
                facts.BedUse(
                    number, facility, beds, item.start.toordinal(), bed_end, int(item.responsible_municipality)
                )
            )
            for member in item.household:
                housed_until[member.person_key] = max(housed_until.get(member.person_key, 0), bed_end)
    for home in residences:
        presence_end = _present_until(home.departed, build.today, cool_down)
        party = build.party(home.household, home.separations)
        presences.append(facts.Presence(build.place[home.locality], home.start.toordinal(), presence_end, party))
    cases = sorted(scenario.cases, key=lambda item: item.id)
    return facts.Facts(
        today=build.today,
        policy=scenario.policy,
        places=places,
        cases=tuple(build.case(case, housed_until) for case in cases),
        facilities=tuple(build.facility_facts(facility) for facility in facilities),
        presences=tuple(presences),
        bed_uses=tuple(bed_uses),
        network_feuds=build.hostile,
        person_feuds=_person_feuds(build),
        names=facts.Names(
            cases=tuple(case.id for case in cases),
            facilities=tuple(facility.id for facility in facilities),
            units=tuple(tuple(unit.id for unit in facility.units) for facility in facilities),
            places=tuple(numbering.localities),
            presences=(*(item.id for item in placements), *(item.id for item in residences)),
            networks=tuple(sorted(network.id for network in scenario.networks)),
        ),
    )
