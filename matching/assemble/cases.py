"""Waiting cases, and the cases behind live stays, as rules read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from matching import domain, facts
from matching.assemble.intelligence import Intelligence
from matching.assemble.numbering import AnyFile

__all__ = ["SWEDEN", "Cases", "Housed"]

SWEDEN = ZoneInfo("Europe/Stockholm")
_TRIAGE = {"red": 0, "orange": 1, "green": 2}


@dataclass(frozen=True, order=True)
class Housed:
    """Until when a person fills a bed, and where they have not been recorded as having left (-1: nowhere)."""

    until_day: int
    facility: int


class Cases:
    """Makes cases of what is told; `housed` says who fills a bed already."""

    def __init__(self, known: Intelligence, housed: Mapping[str, Housed]) -> None:
        self.known = known
        self.policy = known.policy
        self.housed = housed
        units = {case.unit for case in known.scenario.cases}
        for item in known.scenario.placements:
            if item.case_file is not None and item.case_file.unit is not None:
                units.add(item.case_file.unit)
        for file in (*known.scenario.cases, *(item.case_file for item in known.scenario.placements)):
            units.update(() if file is None else (told.assessor_unit for told in file.assessments))
        for provider in known.scenario.providers:
            units.update(provider.conflicts_of_interest)
        self.police_unit = {unit: number for number, unit in enumerate(sorted(units))}

    def assessment(
        self, file: AnyFile, household: tuple[domain.Member, ...]
    ) -> tuple[domain.PlacementAssessment | None, facts.Assessment | None]:
        """The version that counts, as told and as rules read it."""
        if not file.assessments:
            return None, None
        told = max(file.assessments, key=lambda version: version.version)
        home_m = max(self.policy.home_radius_km, told.home_radius_km or 0) * 1000
        presence_m = max(self.policy.presence_radius_km, told.presence_radius_km or 0) * 1000
        party = self.known.party(household, told)
        waived = frozenset(self.known.network[network] for network in told.presence_waived)
        actors = tuple(self.known.actor(actor, presence_m) for actor in sorted(told.actors, key=lambda actor: actor.id))
        return told, facts.Assessment(
            valid_from_day=max(told.valid_from, told.signed_on).toordinal(),
            valid_until_day=told.valid_until.toordinal(),
            is_withdrawn=told.withdrawn,
            confidence=told.confidence,
            threat_level=told.threat_level,
            forbidden=tuple(self.known.area(area) for area in told.forbidden),
            preferred=tuple(self.known.area(area) for area in told.preferred),
            actors=actors + self.known.implied_actors(party, waived, presence_m),
            home_radius_m=home_m,
            protection_level=told.protection_level,
            wary_of=self.known.wary_of(told),
        )

    def waiting(self, case: domain.Case) -> facts.Case:
        """A waiting case."""
        received = case.received_at.astimezone(SWEDEN)
        limit = {
            "red": timedelta(hours=self.policy.triage_red_hours),
            "orange": timedelta(hours=self.policy.triage_orange_hours),
            "green": timedelta(days=self.policy.triage_green_days),
        }[case.triage]
        # Instants are compared in one zone: a change to summer time must not move a deadline.
        is_overdue = self.known.scenario.now > case.received_at + limit
        offsets = [sum(stay.nights for stay in case.stays[:number]) for number in range(len(case.stays))]
        return self._case(
            case,
            case.household,
            self.assessment(case, case.household),
            triage=max(0, _TRIAGE[case.triage] - is_overdue),
            is_overdue=is_overdue,
            deadline_day=(case.received_at + limit).astimezone(received.tzinfo).date().toordinal(),
            earliest_day=max(case.window.earliest.toordinal(), self.known.today),
            latest_day=case.window.latest.toordinal(),
            legs=tuple(
                facts.Leg(stay.kind, offset, stay.nights) for stay, offset in zip(case.stays, offsets, strict=True)
            ),
            municipality=int(case.responsible_municipality),
            unit=case.unit,
            support_intensity=case.support_intensity or 0,
            permitted_contacts=tuple(sorted({self.known.place[contact] for contact in case.permitted_contacts})),
            received_day=received.date().toordinal(),
        )

    def live(self, number: int, item: domain.Placement, stay: facts.Stay, party: facts.Party) -> facts.Live:
        """A placement or hold with the case behind it; `stay` is what is left of it from today on."""
        file = item.case_file if item.case_file is not None else domain.CaseFile()
        case = self._case(
            file,
            item.household,
            self.assessment(file, item.household),
            triage=2,
            is_overdue=False,
            deadline_day=stay.start_day,
            earliest_day=stay.start_day,
            latest_day=stay.start_day,
            legs=(facts.Leg("stable", 0, stay.end_day - stay.start_day),),
            municipality=int(item.responsible_municipality),
            unit=file.unit,
            support_intensity=0,
            permitted_contacts=(),
            received_day=item.start.toordinal(),
            party=party,
        )
        is_housed = item.end.toordinal() > self.known.today
        return facts.Live(number, case, stay, item.case_file is not None, is_housed)

    def _case(
        self,
        file: AnyFile,
        household: tuple[domain.Member, ...],
        assessed: tuple[domain.PlacementAssessment | None, facts.Assessment | None],
        *,
        triage: int,
        is_overdue: bool,
        deadline_day: int,
        earliest_day: int,
        latest_day: int,
        legs: tuple[facts.Leg, ...],
        municipality: int,
        unit: str | None,
        support_intensity: int,
        permitted_contacts: tuple[int, ...],
        received_day: int,
        party: facts.Party | None = None,
    ) -> facts.Case:
        told, assessment = assessed
        place = self.known.place
        units = {unit, *(version.assessor_unit for version in file.assessments)} - {None}
        fills = [self.housed[member.person_key] for member in household if member.person_key in self.housed]
        homes = [one for one in fills if one.facility >= 0]
        return facts.Case(
            triage=triage,
            is_overdue=is_overdue,
            deadline_day=deadline_day,
            earliest_day=earliest_day,
            latest_day=latest_day,
            legs=legs,
            household=self.known.people(household),
            party=self.known.party(household, told) if party is None else party,
            municipality=municipality,
            homes=tuple(sorted({place[home] for home in (*file.homes, *file.crime_localities)})),
            known_places=tuple(sorted({place[known.locality] for known in file.known_places})),
            day_one_needs=_needs(file, "day_one"),
            soon_needs=_needs(file, "within_14_days"),
            remote_needs=_needs(file, "remote"),
            support_intensity=support_intensity,
            permitted_contacts=permitted_contacts,
            police_units=frozenset(self.police_unit[one] for one in units if one is not None),
            gate=None if file.gate is None else facts.Gate(**file.gate.model_dump(exclude={"definition_version"})),
            assessment=assessment,
            received_day=received_day,
            housed_until_day=max((one.until_day for one in fills), default=0),
            housed_at=max(homes).facility if homes else -1,
        )


def _needs(file: AnyFile, timing: str) -> frozenset[str]:
    return frozenset(need.tag for need in file.needs if need.timing == timing)
