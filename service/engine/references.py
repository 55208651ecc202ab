"""Records that name what is not there: set aside one by one, so that one of them stops nobody else.

What is set aside is never taken for safe:

* a waiting case that names an unknown place or network is blocked, and so is one whose networks are known in part;
* a person whose network is unknown is hostile to everyone placed, as any unknown network is; so is the household of a
  file that names an unknown network; what else the file says stays (`service.engine.pruning`);
* a stay whose unit or provider is unknown keeps its beds, and nobody new comes beside it;
* a stay that nobody can find on the map blocks every new placement: no distance to it is known;
* who asks to live with or near somebody who does not ask for them waits until both do (`service.engine.links`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from matching.domain import (
    Case,
    CaseFile,
    Closure,
    Facility,
    Member,
    PlaceIndex,
    Placement,
    Provider,
    Residence,
    Told,
    Unit,
    UnitUse,
)
from service.engine.links import linked, pairs, unconfirmed
from service.engine.pruning import pruned
from service.engine.records import Knowledge

__all__ = ["FIRST_DAY", "Named", "Parts", "SetAside", "Sound", "named_by", "sound"]

FIRST_DAY: Final = date(2000, 1, 1)
"""Before every night there is."""
_LAST: Final = date(2199, 12, 31)
_LISTS: Final = frozenset({"homes", "crime_localities", "bases", "schools", "permitted_contacts"})


@dataclass(frozen=True)
class Named:
    """Ids a record names."""

    localities: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()

    def unknown(self, places: PlaceIndex, networks: Iterable[str]) -> Named:
        """Those that do not exist."""
        return Named(
            self.localities - places.localities,
            self.networks - frozenset(networks),
            self.regions - places.police_regions,
        )

    def __bool__(self) -> bool:
        return bool(self.localities or self.networks or self.regions)


@dataclass(frozen=True)
class SetAside:
    """A record, by kind and id, of which something is missing."""

    kind: str
    id: str


@dataclass(frozen=True)
class Parts:
    """Everything opened and read."""

    cases: tuple[Case, ...] = ()
    placements: tuple[Placement, ...] = ()
    residences: tuple[Residence, ...] = ()
    providers: tuple[Provider, ...] = ()
    facilities: tuple[Facility, ...] = ()
    knowledge: Knowledge = field(default_factory=lambda: Knowledge((), (), (), (), ()))


@dataclass(frozen=True)
class Sound:
    """What facts can be made of, and what was set aside.

    `blocked` are cases nobody may be placed for; `is_lost` says that somebody present cannot be found on the map, so
    that nobody may be placed at all; `one_sided` are the blocked cases that wait for the word of another household.
    """

    parts: Parts
    set_aside: tuple[SetAside, ...]
    blocked: frozenset[str]
    is_lost: bool
    one_sided: frozenset[str] = frozenset()


def named_by(record: Told) -> Named:
    """Every place, network and police region a record names.

    Examples
    --------
    >>> from matching.domain import LocalityArea
    >>> sorted(named_by(LocalityArea(kind="locality", locality="0180-stockholm")).localities)
    ['0180-stockholm']
    """
    localities: set[str] = set()
    networks: set[str] = set()
    regions: set[str] = set()
    stack: list[Any] = [record.model_dump(mode="python")]
    while stack:
        node = stack.pop()
        if isinstance(node, list | tuple):
            stack.extend(inner for inner in node if isinstance(inner, list | tuple | dict))
            continue
        for key, value in node.items():
            if key == "locality" and isinstance(value, str):
                localities.add(value)
            elif key == "network" and isinstance(value, str):
                networks.add(value)
            elif key == "police_region" and isinstance(value, str):
                regions.add(value)
            elif key in _LISTS:
                localities.update(value)
            elif key == "presence_waived":
                networks.update(value)
            elif isinstance(value, list | tuple | dict):
                stack.append(value)
    return Named(frozenset(localities), frozenset(networks), frozenset(regions))


def sound(parts: Parts, places: PlaceIndex, names: Mapping[int, Named] | None = None) -> Sound:
    """What facts can be made of.

    Parameters
    ----------
    parts : as read
    places : ids of the places that exist
    names : `named_by` of records, by the id of the object, where it is known already
    """
    return _Sorting(parts, places, names or {}).done()


class _Sorting:
    def __init__(self, parts: Parts, places: PlaceIndex, names: Mapping[int, Named]) -> None:
        self.parts = parts
        self.places = places
        self.names = names
        self.aside: list[SetAside] = []
        self.networks = frozenset(network.id for network in parts.knowledge.networks)
        self.doubtful: set[str] = set()

    def done(self) -> Sound:
        knowledge = self._knowledge()
        providers = {provider.id: provider for provider in self.parts.providers}
        facilities = {one.id: one for one in self._facilities(providers)}
        placements, lost = self._placements(facilities)
        residences, lost_too = self._residences()
        cases, blocked = self._cases()
        known = pairs(cases, placements)
        one_sided = frozenset(case.id for case in cases if unconfirmed(case, known))
        placements = tuple(linked(one, known) for one in placements)
        present = _persons(cases, placements, residences)
        kept = tuple(
            one for one in knowledge.exposures if one.facility is None or one.facility in facilities
        )  # of a facility that is not there: nobody comes to it
        knowledge = Knowledge(
            knowledge.networks,
            knowledge.relations,
            tuple(one for one in knowledge.conflicts if one.a in present and one.b in present),
            kept,
            knowledge.unreadable,
        )
        parts = Parts(cases, placements, residences, tuple(providers.values()), tuple(facilities.values()), knowledge)
        return Sound(parts, tuple(dict.fromkeys(self.aside)), blocked | one_sided, lost or lost_too, one_sided)

    def _names(self, record: Told) -> Named:
        known = self.names.get(id(record))
        return named_by(record) if known is None else known

    def _unknown(self, record: Told) -> Named:
        return self._names(record).unknown(self.places, self.networks)

    def _knowledge(self) -> Knowledge:
        """Knowledge whose parts all exist; a network that lacks a part is doubtful, and so are those it relates to."""
        told = self.parts.knowledge
        networks, relations, exposures = [], [], []
        for network in told.networks:
            if self._unknown(network):
                self.aside.append(SetAside("network", network.id))
                self.doubtful.add(network.id)
                here = tuple(one for one in network.presence if one.locality in self.places.localities)
                network = network.model_copy(update={"presence": here})
            networks.append(network)
        for relation in told.relations:
            sides = {relation.a, relation.b}
            if sides <= self.networks:
                relations.append(relation)
            else:
                self.aside.append(SetAside("relation", relation.id))
                self.doubtful |= sides
        for exposure in told.exposures:
            if self._unknown(exposure):
                self.aside.append(SetAside("exposure", exposure.id))
                self.doubtful.add(exposure.network)
            else:
                exposures.append(exposure)
        for relation in told.relations:
            sides = {relation.a, relation.b}
            if self.doubtful & sides:
                self.doubtful |= sides
        return Knowledge(tuple(networks), tuple(relations), told.conflicts, tuple(exposures), told.unreadable)

    def _facilities(self, providers: dict[str, Provider]) -> Iterator[Facility]:
        vetted = frozenset(providers)
        for told in self.parts.facilities:
            if told.locality not in self.places.localities:
                self.aside.append(SetAside("facility", told.id))
                continue
            facility = told
            if not self.places.localities.issuperset(facility.schools):
                schools = tuple(one for one in facility.schools if one in self.places.localities)
                facility = facility.model_copy(update={"schools": schools})
            if facility.provider not in providers:
                providers[facility.provider] = Provider(id=facility.provider, ownership="private", vetting="failed")
            units = {unit.id for unit in facility.units}
            if any(closure.units is not None and not units.issuperset(closure.units) for closure in facility.closures):
                closures = tuple(
                    one if one.units is None or units.issuperset(one.units) else one.model_copy(update={"units": None})
                    for one in facility.closures
                )
                facility = facility.model_copy(update={"closures": closures})
            if facility is not told or facility.provider not in vetted:
                self.aside.append(SetAside("facility", told.id))
            yield facility

    def _placements(self, facilities: dict[str, Facility]) -> tuple[tuple[Placement, ...], bool]:
        kept, lost = [], False
        for told in self.parts.placements:
            facility = facilities.get(told.facility)
            if facility is None:
                self.aside.append(SetAside("stay", told.id))
                lost = True
                continue
            facilities[facility.id] = self._with_units(facility, told.units)
            kept.append(self._with_members(told))
        return tuple(kept), lost

    def _with_units(self, facility: Facility, uses: Iterable[UnitUse]) -> Facility:
        """The facility with units that somebody still lives in although they are gone: they take nobody new."""
        there = {unit.id for unit in facility.units}
        gone = [use for use in uses if use.unit not in there]
        if not gone:
            return facility
        self.aside.append(SetAside("facility", facility.id))
        units = tuple(Unit(id=use.unit, kind="room", beds=use.beds, is_shared=False) for use in gone)
        closed = Closure(start=FIRST_DAY, end=_LAST, units=tuple(use.unit for use in gone))
        return facility.model_copy(
            update={"units": (*facility.units, *units), "closures": (*facility.closures, closed)}
        )

    def _with_members(self, told: Placement) -> Placement:
        file, members = told.case_file, told.household
        unknown = None if file is None else self._unknown(file)
        if file is not None and unknown:
            file = pruned(file, unknown.localities, unknown.networks, unknown.regions)
            if unknown.networks:
                members = tuple(member.model_copy(update={"knowledge": "unknown"}) for member in members)
        household = tuple(self._member(member) for member in members)
        separations = tuple(one for one in told.separations if one.network is None or one.network in self.networks)
        if file is told.case_file and household == told.household and separations == told.separations:
            return told
        self.aside.append(SetAside("stay", told.id))
        return told.model_copy(update={"case_file": file, "household": household, "separations": separations})

    def _residences(self) -> tuple[tuple[Residence, ...], bool]:
        kept, lost = [], False
        for told in self.parts.residences:
            if told.locality not in self.places.localities:
                self.aside.append(SetAside("stay", told.id))
                lost = True
                continue
            household = tuple(self._member(member) for member in told.household)
            separations = tuple(one for one in told.separations if one.network is None or one.network in self.networks)
            if household != told.household or separations != told.separations:
                self.aside.append(SetAside("stay", told.id))
                told = told.model_copy(update={"household": household, "separations": separations})
            kept.append(told)
        return tuple(kept), lost

    def _member(self, member: Member) -> Member:
        """Whoever belongs to a network nobody knows is as dangerous as whoever may belong to any."""
        known = tuple(one for one in member.memberships if one.network in self.networks)
        if len(known) == len(member.memberships):
            return member
        return member.model_copy(update={"memberships": known, "knowledge": "unknown"})

    def _of_emergency(self, case: Case) -> Case:
        """Tonight nobody waits for a name to be mended: whose network nobody knows is hostile to everyone."""
        if not self._unknown(case).networks:
            return case
        mended = case.model_copy(update={"household": tuple(map(self._member, case.household))})
        named = named_by(mended)
        is_sound = not named.unknown(self.places, self.networks) and not named.networks & self.doubtful
        return mended if is_sound else case

    def _cases(self) -> tuple[tuple[Case, ...], frozenset[str]]:
        kept, blocked = [], set()
        for told in self.parts.cases:
            case = self._of_emergency(told) if told.gate.is_emergency else told
            if case is not told:
                self.aside.append(SetAside("case", case.id))
                kept.append(case)
                continue
            if self._unknown(case):
                self.aside.append(SetAside("case", case.id))
                blocked.add(case.id)
                continue
            if self._names(case).networks & self.doubtful:
                blocked.add(case.id)
            kept.append(case)
        return tuple(kept), frozenset(blocked)


def _persons(cases: Iterable[Case], placements: Iterable[Placement], residences: Iterable[Residence]) -> frozenset[str]:
    """Keys of everybody the facts number: members, named actors, linked persons."""
    found: set[str] = set()
    files: list[Case | CaseFile] = []
    for case in cases:
        found.update(member.person_key for member in case.household)
        files.append(case)
    for placement in placements:
        found.update(member.person_key for member in placement.household)
        if placement.case_file is not None:
            files.append(placement.case_file)
    for residence in residences:
        found.update(member.person_key for member in residence.household)
    for file in files:
        for assessment in file.assessments:
            found.update(actor.person_key for actor in assessment.actors if actor.person_key is not None)
            found.update(link.person_key for link in assessment.links)
    return frozenset(found)
