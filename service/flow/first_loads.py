"""The first load: an organisation's existing placements and residences, sealed to the register, whole or not at all.

Somebody who is in the register already, in the same place, is left out and counted by index; in another place, the two
records contradict each other, and a person has to find out which is true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from matching.domain import Placement, Residence
from matching.domain.parse import shape_faults
from matching.domain.reading import read_tree
from matching.errors import Fault, InputRejected
from service.actors import Role
from service.crypto import CannotOpen
from service.engine.beds import numbered
from service.flow.localities import LOCAL
from service.flow.told import reference_faults_of
from service.flow.worklist import local_day
from service.policies import Action
from service.problems import Rejected
from service.store.database import Transaction
from service.store.repository import catalogue, first_loads, stays, tasks
from service.store.repository.catalogue import FacilityVersion
from service.store.repository.wider import as_system

__all__ = ["Loaded", "load"]

MOST_ENTRIES: Final = 2000
ASK_AGAIN: Final = timedelta(days=90)
"""How long a residence stands until somebody asks whether it still holds."""

_NAMES: Final[tuple[str, ...]] = ("placements", "residences")


@dataclass(frozen=True)
class Loaded:
    """What came of a load.

    Parameters
    ----------
    duplicates : entries left out because they are known already, by path
    """

    placements: int
    residences: int
    duplicates: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    name: str
    index: int
    told: dict[str, Any] = field(repr=False)

    @property
    def path(self) -> str:
        return f"{self.name}[{self.index}]"

    @property
    def persons(self) -> frozenset[str]:
        return frozenset(member["person_key"] for member in self.told["household"])

    @property
    def place(self) -> str:
        return str(self.told["facility" if self.name == "placements" else "locality"])


def load(tx: Transaction, sealed: str) -> Loaded:
    """Unseal, examine and write a load.

    Raises
    ------
    Rejected : every fault by path; nothing was written
    """
    tree = _unsealed(tx, sealed)
    tx.lock_register()
    facilities = _facilities(tx, tree)
    faults = list(_shape(tree))
    if faults:
        raise Rejected(faults)
    entries, duplicates, faults = _without_known(tx, tree)
    kept = {name: [one.told for one in entries if one.name == name] for name in _NAMES}
    faults += _references(kept, entries, facilities)
    if faults:
        raise Rejected(faults)
    for entry in entries:
        try:
            _write(tx, entry, facilities)
        except stays.BedTaken:
            faults.append(Fault(entry.path, "has no free bed on some night", "beds that nobody else holds"))
    if faults:
        raise Rejected(faults)
    tx.record(Action.FIRST_LOAD.value, sealed=sealed.encode())
    if entries:
        tx.touch()
        tx.defer("rejudge", uuid4())
    counts = {name: len(kept[name]) for name in _NAMES}
    return Loaded(counts["placements"], counts["residences"], tuple(duplicates))


def _unsealed(tx: Transaction, sealed: str) -> dict[str, Any]:
    try:
        content = tx.reveal_store().unseal(sealed)
    except CannotOpen:
        raise Rejected([Fault("sealed", "cannot be opened", "a JWE to the register's public key")]) from None
    try:
        tree, faults = read_tree(content)
    except InputRejected as bad:
        raise Rejected(bad.faults) from None
    if not isinstance(tree, dict):
        faults.append(Fault("the document", "is no object", "an object with placements and residences"))
    if faults:
        raise Rejected(faults)
    known: dict[str, Any] = tree
    return known


def _shape(tree: Mapping[str, Any]) -> Iterator[Fault]:
    if set(tree) - set(_NAMES):
        yield Fault("<unknown field>", "is unknown", "placements and residences")
    for name, model in (("placements", Placement), ("residences", Residence)):
        entries = tree.get(name, [])
        if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
            yield Fault(name, "is no list, or too long", f"a list of at most {MOST_ENTRIES}")
            continue
        for index, entry in enumerate(entries):
            yield from shape_faults(model, entry, (name, index))
            if isinstance(entry, dict) and entry.get("state") == "held":
                yield Fault(f"{name}[{index}].state", "is a hold", "placed: a first load is of those who are there")


def _facilities(tx: Transaction, tree: Mapping[str, Any]) -> dict[str, FacilityVersion]:
    """The facilities the load names; those that do not exist are missing."""
    found: dict[str, FacilityVersion] = {}
    entries = tree.get("placements", [])
    for entry in entries if isinstance(entries, list) else []:
        name = entry.get("facility") if isinstance(entry, dict) else None
        if not isinstance(name, str) or name in found:
            continue
        try:
            version = catalogue.facility(tx, UUID(name))
        except ValueError:
            continue
        if version is not None and str(version.id) == name:
            found[name] = version
    return found


def _without_known(tx: Transaction, tree: Mapping[str, Any]) -> tuple[list[_Entry], list[str], list[Fault]]:
    """Entries to write, those left out, and contradictions."""
    entries = [_Entry(name, index, told) for name in _NAMES for index, told in enumerate(tree.get(name, []))]
    tags = {key: tx.tag_person(key) for entry in entries for key in entry.persons}
    known = first_loads.present(tx, tags.values())
    there: dict[str, list[tuple[str, frozenset[bytes]]]] = {
        key: [_place_of(tx, stay) for stay in known.get(tag, ())] for key, tag in tags.items()
    }
    kept: list[_Entry] = []
    duplicates: list[str] = []
    faults: list[Fault] = []
    for entry in entries:
        own = (entry.place, frozenset(tags[key] for key in entry.persons))
        met = [one for key in entry.persons for one in there[key]]
        if not met or _has_left(tx, entry):
            kept.append(entry)
        elif all(one == own for one in met):
            duplicates.append(entry.path)
            continue
        else:
            accepted = "one record a person: ask the other organisation which is true"
            faults.append(Fault(entry.path, "contradicts what is known of one of its persons", accepted))
        for key in entry.persons:
            there[key].append(own)
    return kept, duplicates, faults


def _place_of(tx: Transaction, content: Mapping[str, Any]) -> tuple[str, frozenset[bytes]]:
    stay = content.get("placement") or content["residence"]
    place = str(stay["facility"] if "placement" in content else stay["locality"])
    return place, frozenset(tx.tag_person(member["person_key"]) for member in stay["household"])


def _has_left(tx: Transaction, entry: _Entry) -> bool:
    departed = entry.told.get("departed")
    return departed is not None and date.fromisoformat(departed) <= local_day(tx.now)


def _references(
    kept: Mapping[str, list[dict[str, Any]]], entries: list[_Entry], facilities: Mapping[str, FacilityVersion]
) -> list[Fault]:
    """Places, units, facilities, several stays of one person; by the paths of the document."""
    tree: dict[str, Any] = {
        **kept,
        "facilities": [dict(one.facility) for one in facilities.values()],
        "providers": [{"id": one.facility["provider"]} for one in facilities.values()],
    }
    own = {name: [one.index for one in entries if one.name == name] for name in _NAMES}
    return [_renumbered(fault, own) for fault in reference_faults_of(tree) if fault.path.startswith(_NAMES)]


def _renumbered(fault: Fault, own: Mapping[str, list[int]]) -> Fault:
    """The index in the document, of which duplicates were left out."""
    name, _, rest = fault.path.partition("[")
    number, bracket, behind = rest.partition("]")
    if name not in own or not number.isdigit():
        return fault
    return Fault(f"{name}[{own[name][int(number)]}{bracket}{behind}", fault.wrong, fault.accepted)


def _write(tx: Transaction, entry: _Entry, facilities: Mapping[str, FacilityVersion]) -> None:
    today = local_day(tx.now)
    told = {name: value for name, value in entry.told.items() if name not in ("id", "state", "case_file")}
    has_left = _has_left(tx, entry)
    persons = () if has_left else sorted(entry.persons)
    stay_id = uuid4()
    if entry.name == "residences":
        state = "departed" if has_left else "placed"
        with as_system(tx):
            stays.add(tx, {"residence": told}, kind="residence", state=state, persons=persons, stay_id=stay_id)
        due = tx.now + ASK_AGAIN
    else:
        end = date.fromisoformat(told["end"])
        state = "departed" if has_left else "ended" if end <= today else "placed"
        content = {"placement": told, "case_file": entry.told.get("case_file")}
        with as_system(tx):
            nights = _nights(tx, told, facilities[told["facility"]]) if state == "placed" else ()
            stays.add(tx, content, kind="first_load", state=state, nights=nights, persons=persons, stay_id=stay_id)
        due = max(datetime.combine(end, time(9), LOCAL) - timedelta(days=7), tx.now)
    if not has_left:
        kind = "record_departure" if state == "ended" else "end_of_stay"
        tasks.add(tx, kind, Role.COORDINATOR, due, stay=stay_id)


def _nights(tx: Transaction, told: Mapping[str, Any], facility: FacilityVersion) -> tuple[stays.Nights, ...]:
    """Numbered beds of every unit the placement uses.

    Raises
    ------
    BedTaken : there are not enough, or somebody else is in a unit that is not shared
    """
    start = date.fromisoformat(told["start"]).toordinal()
    end = date.fromisoformat(told.get("departed") or told["end"]).toordinal()
    shared = {unit["id"]: unit["is_shared"] for unit in facility.facility["units"]}
    found: list[stays.Nights] = []
    for use in told["units"]:
        beds = facility.beds[use["unit"]]
        booked = stays.taken(tx, beds, start, end)
        own = numbered(beds, booked, use["beds"], start, end)
        if own is None or (booked and not shared[use["unit"]]):
            raise stays.BedTaken
        found += own
    return tuple(found)
