"""Faults between the parts of a scenario: unknown ids, repeated ids, overlapping stays of one person.

Works on the raw tree, so that these faults are reported beside the faults of shape.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any

from matching.domain.base import iso_day
from matching.domain.reading import MAX_DEPTH, safe_path
from matching.domain.scenario import PlaceIndex
from matching.errors import Fault

__all__ = ["reference_faults"]

_Path = tuple[int | str, ...]

MOST_POINTS = 1000
"""Every point is measured from every place: memory grows with the square of their number."""

_LOCALITY_LISTS = frozenset({"homes", "crime_localities", "bases", "schools", "permitted_contacts"})
_KOMMUN_FIELDS = frozenset({"kommun", "responsible_municipality", "municipality"})


def reference_faults(tree: dict[str, Any], places: PlaceIndex) -> list[Fault]:
    """Every fault of reference in a scenario's tree.

    Examples
    --------
    >>> nowhere = PlaceIndex(frozenset(), frozenset(), frozenset(), frozenset())
    >>> tree = {"relations": [{"id": "r", "a": "ghost", "b": "other"}]}
    >>> [fault.path for fault in reference_faults(tree, nowhere)]
    ['relations[0].a', 'relations[0].b']
    """
    return [
        *_place_faults(tree, (), places),
        *_point_faults(tree),
        *_repeated_ids(tree),
        *_network_faults(tree),
        *_facility_faults(tree),
        *_person_faults(tree),
    ]


def _items(tree: dict[str, Any], name: str) -> list[tuple[int, dict[str, Any]]]:
    found = tree.get(name, [])
    if not isinstance(found, list):
        return []
    return [(number, item) for number, item in enumerate(found) if isinstance(item, dict)]


def _ids(tree: dict[str, Any], name: str) -> set[str]:
    return {item["id"] for _, item in _items(tree, name) if isinstance(item.get("id"), str)}


def _unknown(path: _Path, what: str, accepted: str) -> Fault:
    return Fault(safe_path(path), f"names {what} that does not exist", accepted)


def _place_faults(node: Any, path: _Path, places: PlaceIndex) -> Iterator[Fault]:
    if len(path) > MAX_DEPTH:
        return
    if isinstance(node, list):
        for number, inner in enumerate(node):
            yield from _place_faults(inner, (*path, number), places)
        return
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        here = (*path, key)
        if key == "locality" and isinstance(value, str) and value not in places.localities:
            yield _unknown(here, "a locality", "an id that `fristad geodata show` knows")
        elif key in _LOCALITY_LISTS and isinstance(value, list):
            for number, inner in enumerate(value):
                if isinstance(inner, str) and inner not in places.localities:
                    yield _unknown((*here, number), "a locality", "an id that `fristad geodata show` knows")
        elif key in _KOMMUN_FIELDS and isinstance(value, str) and value not in places.kommuner:
            yield _unknown(here, "a kommun", "a kommun code of four digits")
        elif key == "lan" and isinstance(value, str) and value not in places.lan:
            yield _unknown(here, "a län", "a län code of two digits")
        elif key == "police_region" and isinstance(value, str) and value not in places.police_regions:
            yield _unknown(here, "a police region", "one of " + " ".join(sorted(places.police_regions)))
        elif isinstance(value, dict | list):
            yield from _place_faults(value, here, places)


def _points(node: Any, depth: int = 0) -> int:
    if depth > MAX_DEPTH:
        return 0
    if isinstance(node, dict):
        return ("latitude_deg" in node) + sum(_points(inner, depth + 1) for inner in node.values())
    return sum(_points(inner, depth + 1) for inner in node) if isinstance(node, list) else 0


def _point_faults(tree: dict[str, Any]) -> Iterator[Fault]:
    if _points(tree.get("cases", [])) + _points(tree.get("placements", [])) > MOST_POINTS:
        accepted = f"at most {MOST_POINTS} in one scenario; circles around localities have no such limit"
        yield Fault("cases", "name too many bare points", accepted)


def _repeats(path: _Path, values: list[Any], field: str) -> Iterator[Fault]:
    seen: set[Any] = set()
    for number, value in enumerate(values):
        if isinstance(value, str | int) and value in seen:
            yield Fault(safe_path((*path, number, field)), "occurs a second time", "each one once")
        elif isinstance(value, str | int):
            seen.add(value)


def _field(items: Any, field: str) -> list[Any]:
    if not isinstance(items, list):
        return []
    return [item.get(field) if isinstance(item, dict) else None for item in items]


def _repeated_ids(tree: dict[str, Any]) -> Iterator[Fault]:
    for name in (
        "networks", "relations", "person_conflicts", "exposures", "providers", "facilities", "cases", "placements",
        "residences",
    ):  # fmt: skip
        yield from _repeats((name,), _field(tree.get(name), "id"), "id")
    for number, facility in _items(tree, "facilities"):
        yield from _repeats(("facilities", number, "units"), _field(facility.get("units"), "id"), "id")
    for number, provider in _items(tree, "providers"):
        yield from _repeats(("providers", number, "incidents"), _field(provider.get("incidents"), "id"), "id")
    for path, file in _files(tree):
        yield from _repeats((*path, "assessments"), _field(file.get("assessments"), "version"), "version")
        for version, assessment in _items(file, "assessments"):
            actors = _field(assessment.get("actors"), "id")
            yield from _repeats((*path, "assessments", version, "actors"), actors, "id")


def _files(tree: dict[str, Any]) -> Iterator[tuple[_Path, dict[str, Any]]]:
    """Waiting cases, and the case files of placements."""
    yield from ((("cases", number), case) for number, case in _items(tree, "cases"))
    for number, placement in _items(tree, "placements"):
        if isinstance(placement.get("case_file"), dict):
            yield ("placements", number, "case_file"), placement["case_file"]


def _network_faults(tree: dict[str, Any]) -> Iterator[Fault]:
    known = _ids(tree, "networks")
    accepted = "the id of a network of this scenario"
    for number, relation in _items(tree, "relations"):
        for side in ("a", "b"):
            if isinstance(relation.get(side), str) and relation[side] not in known:
                yield _unknown(("relations", number, side), "a network", accepted)
    stack: list[tuple[_Path, Any]] = [
        ((name,), tree.get(name)) for name in ("cases", "placements", "residences", "exposures")
    ]
    while stack:
        path, node = stack.pop()
        if len(path) > MAX_DEPTH:
            continue
        if isinstance(node, list):
            stack.extend(((*path, number), inner) for number, inner in enumerate(node))
            if path[-1] == "presence_waived":
                for number, inner in enumerate(node):
                    if isinstance(inner, str) and inner not in known:
                        yield _unknown((*path, number), "a network", accepted)
        elif isinstance(node, dict):
            stack.extend(((*path, key), inner) for key, inner in node.items())
            if isinstance(node.get("network"), str) and node["network"] not in known:
                yield _unknown((*path, "network"), "a network", accepted)


def _facility_faults(tree: dict[str, Any]) -> Iterator[Fault]:
    providers = _ids(tree, "providers")
    units: dict[str, set[Any]] = {}
    for number, facility in _items(tree, "facilities"):
        if isinstance(facility.get("provider"), str) and facility["provider"] not in providers:
            yield _unknown(("facilities", number, "provider"), "a provider", "the id of a provider of this scenario")
        own = {unit for unit in _field(facility.get("units"), "id") if isinstance(unit, str)}
        if isinstance(facility.get("id"), str):
            units[facility["id"]] = own
        for closure_number, closure in _items(facility, "closures"):
            named = closure.get("units")
            for place, unit in enumerate(named if isinstance(named, list) else []):
                if isinstance(unit, str) and unit not in own:
                    path: _Path = ("facilities", number, "closures", closure_number, "units", place)
                    yield _unknown(path, "a unit", "a unit of this facility")
    for number, exposure in _items(tree, "exposures"):
        if isinstance(exposure.get("facility"), str) and exposure["facility"] not in units:
            yield _unknown(("exposures", number, "facility"), "a facility", "the id of a facility of this scenario")
    for number, placement in _items(tree, "placements"):
        facility_id = placement.get("facility")
        if not isinstance(facility_id, str):
            continue
        if facility_id not in units:
            yield _unknown(("placements", number, "facility"), "a facility", "the id of a facility of this scenario")
            continue
        for place, unit in enumerate(_field(placement.get("units"), "unit")):
            if isinstance(unit, str) and unit not in units[facility_id]:
                yield _unknown(("placements", number, "units", place, "unit"), "a unit", "a unit of that facility")


def _day(value: Any) -> date | None:
    """The day, or none when it is refused as no date anyway."""
    try:
        day = iso_day(value)
    except ValueError:
        return None
    return day if isinstance(day, date) else None


def _stays(tree: dict[str, Any]) -> dict[str, list[tuple[date, date, _Path]]]:
    stays: dict[str, list[tuple[date, date, _Path]]] = defaultdict(list)
    for name in ("placements", "residences"):
        for number, item in _items(tree, name):
            start, departed = _day(item.get("start")), _day(item.get("departed"))
            end = _day(item.get("end")) if name == "placements" else date.max
            if start is None or end is None:
                continue
            end = min(end, departed) if departed is not None else end
            for key in set(_field(item.get("household"), "person_key")):
                if isinstance(key, str):
                    stays[key].append((start, end, (name, number)))
    return stays


def _person_faults(tree: dict[str, Any]) -> Iterator[Fault]:
    stays = _stays(tree)
    for own in stays.values():
        own.sort(key=lambda stay: (stay[0], stay[1], str(stay[2])))
        latest = date.min
        for start, end, path in own:
            if start < latest and start < end:
                yield Fault(
                    safe_path(path), "overlaps another stay of one of its persons", "one stay a person at a time"
                )
            latest = max(latest, end)
    in_cases: Counter[str] = Counter()
    for name in ("cases", "placements", "residences"):
        for number, item in _items(tree, name):
            keys = _field(item.get("household"), "person_key")
            yield from _repeats((name, number, "household"), keys, "person_key")
            if name == "cases":
                for place, key in enumerate(dict.fromkeys(key for key in keys if isinstance(key, str))):
                    in_cases[key] += 1
                    if in_cases[key] > 1:
                        path = ("cases", number, "household", place, "person_key")
                        yield Fault(
                            safe_path(path), "is already in another open case", "a person in one open case only"
                        )
    persons = set(stays) | set(in_cases)
    for number, conflict in _items(tree, "person_conflicts"):
        for side in ("a", "b"):
            if isinstance(conflict.get(side), str) and conflict[side] not in persons:
                yield _unknown(
                    ("person_conflicts", number, side), "a person", "a person_key of a case, placement or residence"
                )
