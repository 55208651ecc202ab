"""Faults of sense: what cannot all be meant, though each part alone is in order.

People kept together and apart at once, links to nobody, households no facility could hold. Works on
the raw tree, so that these faults are reported beside the faults of shape; what is misshapen is passed
over here and told there. Only the highest version of an assessment counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from matching.domain.base import iso_day
from matching.domain.reading import safe_path
from matching.errors import Fault

__all__ = ["contradiction_faults"]

_Path = tuple[int | str, ...]
_SWEDEN = ZoneInfo("Europe/Stockholm")
_HOUSEHOLDS = ("cases", "placements", "residences")
_TOGETHER = frozenset({"same", "within"})


def contradiction_faults(tree: dict[str, Any]) -> list[Fault]:
    """Every contradiction in a scenario's tree.

    Examples
    --------
    >>> links = [{"person_key": "person-b", "kind": "same"}]
    >>> case = {"household": [{"person_key": "person-a"}], "assessments": [{"version": 1, "links": links}]}
    >>> [fault.path for fault in contradiction_faults({"cases": [case]})]
    ['cases[0].assessments[0].links[0].person_key']
    """
    households = list(_households(tree))
    return [
        *_links_to_nobody(households),
        *_links_to_own_members(households),
        *_links_against_each_other(households),
        *_links_against_conflicts(tree, households),
        *_households_too_large(tree),
    ]


@dataclass(frozen=True)
class _Link:
    """One link, and where it stands."""

    path: _Path
    key: str
    kind: str
    km: int | None
    minutes: int | None

    def excludes(self, other: _Link) -> bool:
        """Whether no two places fulfil both, whoever of the two each is said of."""
        if self.kind == "more_than":
            return other.kind in _TOGETHER and other.excludes(self)
        if self.kind not in _TOGETHER or other.kind != "more_than":
            return False
        if self.kind == "same":
            return True
        pairs = ((self.km, other.km), (self.minutes, other.minutes))
        return any(most is not None and least is not None and least >= most for most, least in pairs)


@dataclass(frozen=True)
class _Household:
    """A household as one record tells it; `links` are all of every version, `counting` those that count."""

    keys: frozenset[str]
    is_gone: bool
    links: tuple[_Link, ...]
    counting: tuple[_Link, ...]


def _objects(node: Any, name: str) -> list[tuple[int, dict[str, Any]]]:
    """Numbered objects of a list; whatever else is there is told as a fault of shape."""
    found = node.get(name) if isinstance(node, dict) else None
    return [(n, item) for n, item in enumerate(found if isinstance(found, list) else []) if isinstance(item, dict)]


def _limit(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _households(tree: dict[str, Any]) -> Iterator[_Household]:
    for name in _HOUSEHOLDS:
        for number, item in _objects(tree, name):
            keys = [member.get("person_key") for _, member in _objects(item, "household")]
            file, path = (item.get("case_file"), (name, number, "case_file")) if name == "placements" else (item, None)
            versions = _objects(file, "assessments") if name != "residences" else []
            by_version = [
                (assessment, tuple(_links(assessment, (*(path or (name, number)), "assessments", place))))
                for place, assessment in versions
            ]
            highest = max(by_version, key=lambda one: _limit(one[0].get("version")) or 0, default=({}, ()))
            yield _Household(
                keys=frozenset(key for key in keys if isinstance(key, str)),
                is_gone=item.get("departed") is not None,
                links=tuple(link for _, links in by_version for link in links),
                counting=highest[1],
            )


def _links(assessment: dict[str, Any], path: _Path) -> Iterator[_Link]:
    for place, link in _objects(assessment, "links"):
        key, kind = link.get("person_key"), link.get("kind")
        if isinstance(key, str) and isinstance(kind, str):
            yield _Link((*path, "links", place), key, kind, _limit(link.get("km")), _limit(link.get("minutes")))


def _links_to_nobody(households: list[_Household]) -> Iterator[Fault]:
    persons = {key for household in households for key in household.keys}
    for household in households:
        for link in household.links:
            if link.key not in persons:
                accepted = "a person_key of a case, placement or residence"
                yield Fault(safe_path((*link.path, "person_key")), "names a person that does not exist", accepted)


def _links_to_own_members(households: list[_Household]) -> Iterator[Fault]:
    for household in households:
        for link in household.links:
            if link.key in household.keys:
                yield Fault(
                    safe_path((*link.path, "person_key")),
                    "links a household to a member of its own",
                    "a person of another household; members of one are together anyhow",
                )


def _links_against_each_other(households: list[_Household]) -> Iterator[Fault]:
    """Inside one assessment, about one person or one household; or two households about each other.

    A waiting case and the live stay of the same people may differ: a new assessment is why they move.
    Whoever has departed is with nobody any more.
    """
    here = [household for household in households if not household.is_gone]
    together: dict[str, set[str]] = defaultdict(set)
    of: dict[str, list[_Household]] = defaultdict(list)
    for household in here:
        for key in household.keys:
            together[key] |= household.keys
            of[key].append(household)
    for household in here:
        for link in household.counting:
            for other in household.counting:
                if link.path < other.path and (other.key == link.key or other.key in together[link.key]):
                    yield from _both(link, other)
            for neighbour in of[link.key]:
                for other in neighbour.counting:
                    if link.path < other.path and other.key in household.keys and neighbour is not household:
                        yield from _both(link, other)


def _both(link: _Link, other: _Link) -> Iterator[Fault]:
    if link.excludes(other):
        for one, against in ((link, other), (other, link)):
            accepted = f"links that can all hold; compare {safe_path(against.path)}"
            yield Fault(safe_path(one.path), "contradicts another link: the same people together and apart", accepted)


def _links_against_conflicts(tree: dict[str, Any], households: list[_Household]) -> Iterator[Fault]:
    today = _today(tree)
    feuds: dict[str, set[str]] = defaultdict(set)
    for _, conflict in _objects(tree, "person_conflicts"):
        a, b = conflict.get("a"), conflict.get("b")
        if isinstance(a, str) and isinstance(b, str) and not _is_over(conflict, today):
            feuds[a].add(b)
            feuds[b].add(a)
    for household in households:
        if household.is_gone:
            continue
        for link in household.counting:
            if link.kind in _TOGETHER and not feuds[link.key].isdisjoint(household.keys):
                yield Fault(
                    safe_path(link.path),
                    "keeps people together between whom a conflict is live",
                    "no such link, or a conflict whose end is confirmed",
                )


def _today(tree: dict[str, Any]) -> date:
    """The day of planning; without a valid one every end that is confirmed counts as past."""
    told = tree.get("now")
    try:
        return datetime.fromisoformat(told).astimezone(_SWEDEN).date() if isinstance(told, str) else date.max
    except (ValueError, OverflowError):
        return date.max


def _is_over(conflict: dict[str, Any], today: date) -> bool:
    try:
        end = iso_day(conflict.get("end"))
    except ValueError:
        return False
    return conflict.get("end_confirmed") is True and isinstance(end, date) and end <= today


def _households_too_large(tree: dict[str, Any]) -> Iterator[Fault]:
    facilities = tree.get("facilities")
    if not isinstance(facilities, list) or not facilities:
        return
    held = [_most_persons(facility) for facility in facilities]
    known = [most for most in held if most is not None]
    if len(known) < len(held):  # a misshapen one might be large
        return
    for number, case in _objects(tree, "cases"):
        household = case.get("household")
        if isinstance(household, list) and len(household) > max(known):
            yield Fault(
                safe_path(("cases", number, "household")),
                "is larger than any facility of the scenario can hold",
                "a household that fits the beds and the largest household of some facility",
            )


def _most_persons(facility: Any) -> int | None:
    """Persons of one household a facility can hold; none: it is misshapen."""
    if not isinstance(facility, dict) or not isinstance(facility.get("accepts"), dict):
        return None
    beds = [_limit(unit.get("beds")) for _, unit in _objects(facility, "units")]
    most = _limit(facility["accepts"].get("max_household", 1))
    if not beds or most is None or any(number is None for number in beds):
        return None
    return min(most, sum(number for number in beds if number is not None))
