"""Networks, persons and threat actors of a scenario as numbers, with what follows from their relations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from matching import domain, facts
from matching.assemble.numbering import AnyFile, Numbering
from matching.networks import allies, halves, hostile_windows, intersect, uncertain_ties, window_of

__all__ = ["Intelligence"]

_ALWAYS = (0, facts.FOREVER)


class Intelligence:
    """The number of each network and person, who is hostile to whom, and where each network is present."""

    def __init__(self, scenario: domain.Situation, numbering: Numbering, today: int) -> None:
        self.scenario = scenario
        self.policy = scenario.policy
        self.place = numbering.localities
        self.point = numbering.points
        self.region = numbering.regions
        self.today = today
        networks = sorted(scenario.networks, key=lambda network: network.id)
        self.network = {network.id: number for number, network in enumerate(networks)}
        self.memberships = {
            member.person_key: member.memberships
            for household in self._households()
            for member in household
            if member.memberships
        }
        self.person = {key: number for number, key in enumerate(sorted(self._person_keys()))}
        related = scenario.relations
        self.hostile = {
            (self.network[a], self.network[b]): windows
            for (a, b), windows in hostile_windows(
                related, self.policy.rival_of_ally_counts, today, self.policy.certain_from_percent
            ).items()
        }
        self.ties = {
            (self.network[a], self.network[b]): tuple(facts.Tie(*tie) for tie in ties)
            for (a, b), ties in uncertain_ties(related, today, self.policy.certain_from_percent).items()
        }
        self.half: dict[int, tuple[int, ...]] = {number: (number,) for number in self.network.values()}
        for name, parts in halves(related).items():
            self.half[self.network[name]] = tuple(sorted(self.network[part] for part in parts))
        self.allied: dict[int, list[tuple[int, tuple[tuple[int, int], ...]]]] = defaultdict(list)
        for (a, b), windows in sorted(allies(related, today).items()):
            self.allied[self.network[a]].append((self.network[b], windows))
        self.priors_percent = tuple(network.hostility_prior_percent for network in networks)
        self.presence: dict[int, list[facts.Base]] = {
            self.network[network.id]: [
                facts.Base(self.place[told.locality], *window_of(told, told.end_confirmed, today))
                for told in network.presence
            ]
            for network in scenario.networks
        }
        self._present: dict[tuple[int, tuple[tuple[int, int], ...]], tuple[facts.Base, ...]] = {}

    def _files(self) -> Iterator[AnyFile]:
        yield from self.scenario.cases
        yield from (item.case_file for item in self.scenario.placements if item.case_file is not None)

    def _households(self) -> Iterator[tuple[domain.Member, ...]]:
        told = self.scenario
        yield from (item.household for item in told.cases)
        yield from (item.household for item in told.placements)
        yield from (item.household for item in told.residences)

    def _person_keys(self) -> set[str]:
        keys = {member.person_key for household in self._households() for member in household}
        for file in self._files():
            for assessment in file.assessments:
                keys.update(actor.person_key for actor in assessment.actors if actor.person_key is not None)
                keys.update(link.person_key for link in assessment.links)
        return keys

    def people(self, household: Iterable[domain.Member]) -> tuple[facts.Person, ...]:
        """Members of a household."""
        return tuple(facts.Person(self.person[m.person_key], m.age_years, m.gender, m.is_guardian) for m in household)

    def party(
        self,
        household: Iterable[domain.Member],
        assessment: domain.PlacementAssessment | None,
        more_separations: Iterable[domain.Separation] = (),
    ) -> facts.Party:
        """A household as its rivals see it; `more_separations` are told beside the assessment."""
        wanted = (*(assessment.separations if assessment is not None else ()), *more_separations)
        return facts.Party(
            members=tuple(self._belonging(member) for member in household),
            separations=tuple(
                sorted(
                    (network, (told.km or 0) * 1000, told.minutes or 0)
                    for told in wanted
                    for network in ((-1,) if told.network is None else self.half[self.network[told.network]])
                )
            ),
            named_actors=() if assessment is None else tuple(sorted(self._named(assessment))),
            links=()
            if assessment is None
            else tuple(sorted(self._link(link, assessment) for link in assessment.links)),
            is_poorly_known=assessment is not None and assessment.confidence == "low",
        )

    def _belonging(self, member: domain.Member) -> facts.Belonging:
        degrees: dict[int, set[str]] = defaultdict(set)
        for membership in member.memberships:
            degrees[self.network[membership.network]].add(membership.degree)
        return facts.Belonging(
            self.person[member.person_key],
            frozenset(degrees),
            member.knowledge == "unknown",
            frozenset(network for network, told in degrees.items() if told == {"peripheral"}),
        )

    def _named(self, assessment: domain.PlacementAssessment) -> Iterator[tuple[int, int]]:
        for actor in assessment.actors:
            if actor.person_key is not None:
                yield self.person[actor.person_key], _persistence(actor)[1]

    def _link(self, told: domain.PersonLink, assessment: domain.PlacementAssessment) -> facts.Link:
        limit_m = -1 if told.km is None else told.km * 1000
        limit_min = -1 if told.minutes is None else told.minutes
        first, last = max(assessment.valid_from, assessment.signed_on), assessment.valid_until
        is_valid = first.toordinal() <= self.today <= last.toordinal()
        is_signed = is_valid and not assessment.withdrawn
        return facts.Link(self.person[told.person_key], told.kind, limit_m, limit_min, is_signed)

    def wary_of(self, assessment: domain.PlacementAssessment) -> frozenset[int]:
        """Networks an assessment wants separation from, and those of the persons it names as actors."""
        named = {actor.person_key for actor in assessment.actors} - {None}
        return frozenset(
            self.network[membership.network] for key in named for membership in self.memberships.get(str(key), ())
        ) | {self.network[told.network] for told in assessment.separations if told.network is not None}

    def area(self, area: domain.AnyArea) -> facts.Area:
        """An area by numbers."""
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
        if (network, within) not in self._present:
            self._present[network, within] = self._presence_of(network, within)
        return self._present[network, within]

    def _presence_of(self, network: int, within: tuple[tuple[int, int], ...]) -> tuple[facts.Base, ...]:
        found: list[facts.Base] = []
        for other, windows in (*((part, within) for part in self.half[network]), *self.allied[network]):
            both = intersect(windows, within)
            for base in self.presence.get(other, ()):
                live = intersect(both, [(base.start_day, base.end_day)])
                found.extend(facts.Base(base.place, start, end) for start, end in live)
        return tuple(sorted(set(found), key=lambda base: (base.place, base.start_day, base.end_day)))

    def actor(self, told: domain.ThreatActor, presence_radius_m: int) -> facts.Actor:
        """A threat actor of an assessment."""
        full, gone = _persistence(told)
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
                bases, limit_m = self.presence_of(network, (_ALWAYS,)), presence_radius_m
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
        windows: dict[int, list[tuple[int, int]]] = {network: [_ALWAYS] for network in former}
        for (own, rival), live in self.hostile.items():
            if own in party.networks:
                windows.setdefault(rival, []).extend(live)
        return tuple(
            facts.Actor(
                "presence",
                network,
                self.presence_of(network, intersect(windows[network], [_ALWAYS])),
                limit_m=presence_radius_m,
            )
            for network in sorted(windows)
            if network not in waived
        )

    def stale_networks(self) -> frozenset[int]:
        """Networks with a relation that still counts and was neither confirmed nor recorded lately.

        A half of a split keeps the relations of the other. A day to come confirms nothing.
        """
        found: set[int] = set()
        for told in self.scenario.relations:
            days = (told.provenance.recorded_on, told.provenance.confirmed_on)
            latest = max((day.toordinal() for day in days if day and day.toordinal() <= self.today), default=0)
            _, end_day = window_of(told, told.end_confirmed, self.today)
            if end_day == facts.FOREVER and self.today - latest > self.policy.confirmation_age_days:
                found.update((*self.half[self.network[told.a]], *self.half[self.network[told.b]]))
        return frozenset(found)

    def person_feuds(self) -> dict[tuple[int, int], tuple[facts.Feud, ...]]:
        """Conflicts between persons, in both orders."""
        found: dict[tuple[int, int], list[facts.Feud]] = defaultdict(list)
        for told in self.scenario.person_conflicts:
            window = window_of(told, told.end_confirmed, self.today)
            feud = facts.Feud(*window, (told.separation_km or 0) * 1000, told.separation_min or 0)
            a, b = self.person[told.a], self.person[told.b]
            found[a, b].append(feud)
            found[b, a].append(feud)
        return {pair: tuple(sorted(feuds)) for pair, feuds in sorted(found.items())}


def _persistence(told: domain.ThreatActor) -> tuple[int, int]:
    """The day to which a threat is full, and the day from which it is gone."""
    match told.persistence:
        case domain.Until(until=until):
            return until.toordinal(), until.toordinal()
        case domain.Fading(full_until=full_until, gone_by=gone_by):
            return full_until.toordinal(), gone_by.toordinal()
        case _:
            return facts.FOREVER, facts.FOREVER
