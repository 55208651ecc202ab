"""Faults of sense: what cannot all be meant, though each part alone is in order.

People kept together and apart at once, two by two or along a chain of links, and households no facility
could hold. Works on the raw tree, so that these faults are reported beside the faults of shape; what is
misshapen is passed over here and told there. Only the highest version of an assessment counts.

A link to a person who is in no case, placement or residence is no fault: the answer would tell whoever
asks who is in the register. The coordinator reads a flag instead (`matching.knowledge`).
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
_MOST_NIGHTS = 10_000


def contradiction_faults(tree: dict[str, Any]) -> list[Fault]:
    """Every contradiction in a scenario's tree.

    Examples
    --------
    >>> links = [{"person_key": "person-a", "kind": "same"}]
    >>> case = {"household": [{"person_key": "person-a"}], "assessments": [{"version": 1, "links": links}]}
    >>> [fault.path for fault in contradiction_faults({"cases": [case]})]
    ['cases[0].assessments[0].links[0].person_key']
    """
    today = _today(tree)
    households = list(_households(tree, today))
    conflicts = list(_live_conflicts(tree, today))
    two_by_two = [
        *_links_to_own_members(households),
        *_links_against_each_other(households),
        *_links_against_conflicts(conflicts, households),
        *_households_too_large(tree),
    ]
    told = {fault.path for fault in two_by_two}
    return [*two_by_two, *(fault for fault in _chains(tree, households, conflicts) if fault.path not in told)]


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
    """A household as one record tells it.

    `links` are all of every version, `counting` those that count; `actors` where the assessment that counts
    names a person whose threat is not over, and whom; `sure_nights` those on which it has a bed whenever the
    stay of a waiting case starts, ``[first, end)``.
    """

    path: _Path
    keys: frozenset[str]
    is_gone: bool
    links: tuple[_Link, ...]
    counting: tuple[_Link, ...]
    actors: tuple[tuple[_Path, str], ...]
    sure_nights: tuple[date, date] | None

    @property
    def waits(self) -> bool:
        return self.path[0] == "cases"


def _objects(node: Any, name: str) -> list[tuple[int, dict[str, Any]]]:
    """Numbered objects of a list; whatever else is there is told as a fault of shape."""
    found = node.get(name) if isinstance(node, dict) else None
    return [(n, item) for n, item in enumerate(found if isinstance(found, list) else []) if isinstance(item, dict)]


def _limit(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _households(tree: dict[str, Any], today: date) -> Iterator[_Household]:
    for name in _HOUSEHOLDS:
        for number, item in _objects(tree, name):
            keys = [member.get("person_key") for _, member in _objects(item, "household")]
            place: _Path = (name, number)
            file, path = (item.get("case_file"), (*place, "case_file")) if name == "placements" else (item, place)
            versions = _objects(file, "assessments") if name != "residences" else []
            links = {at: tuple(_links(told, (*path, "assessments", at))) for at, told in versions}
            at, counting = max(versions, key=lambda one: _limit(one[1].get("version")) or 0, default=(0, {}))
            yield _Household(
                path=place,
                keys=frozenset(key for key in keys if isinstance(key, str)),
                is_gone=item.get("departed") is not None,
                links=tuple(link for one in links.values() for link in one),
                counting=links.get(at, ()),
                actors=tuple(_actors(counting, (*path, "assessments", at), today)),
                sure_nights=_sure_nights(item) if name == "cases" else None,
            )


def _actors(assessment: dict[str, Any], path: _Path, today: date) -> Iterator[tuple[_Path, str]]:
    for place, actor in _objects(assessment, "actors"):
        key, persistence = actor.get("person_key"), actor.get("persistence")
        lasts = persistence if isinstance(persistence, dict) else {}
        over = _day(lasts.get({"until": "until", "fading": "gone_by"}.get(str(lasts.get("kind")), "")))
        if isinstance(key, str) and (over is None or over > today):
            yield (*path, "actors", place, "person_key"), key


def _sure_nights(case: dict[str, Any]) -> tuple[date, date] | None:
    window = case.get("window")
    if not isinstance(window, dict):
        return None
    earliest, latest = _day(window.get("earliest")), _day(window.get("latest"))
    nights = [_limit(stay.get("nights")) or 0 for _, stay in _objects(case, "stays")]
    if earliest is None or latest is None or not 0 < sum(nights) < _MOST_NIGHTS:
        return None
    return latest, earliest + timedelta(days=sum(nights))


def _day(told: Any) -> date | None:
    try:
        day = iso_day(told)
    except ValueError:
        return None
    return day if isinstance(day, date) else None


def _links(assessment: dict[str, Any], path: _Path) -> Iterator[_Link]:
    for place, link in _objects(assessment, "links"):
        key, kind = link.get("person_key"), link.get("kind")
        if isinstance(key, str) and isinstance(kind, str):
            yield _Link((*path, "links", place), key, kind, _limit(link.get("km")), _limit(link.get("minutes")))


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


def _live_conflicts(tree: dict[str, Any], today: date) -> Iterator[tuple[_Path, str, str]]:
    for number, conflict in _objects(tree, "person_conflicts"):
        a, b = conflict.get("a"), conflict.get("b")
        if isinstance(a, str) and isinstance(b, str) and not _is_over(conflict, today):
            yield ("person_conflicts", number), a, b


def _links_against_conflicts(conflicts: list[tuple[_Path, str, str]], households: list[_Household]) -> Iterator[Fault]:
    feuds: dict[str, set[str]] = defaultdict(set)
    for _, a, b in conflicts:
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
    end = _day(conflict.get("end"))
    return conflict.get("end_confirmed") is True and end is not None and end <= today


def _households_too_large(tree: dict[str, Any]) -> Iterator[Fault]:
    most = _largest(tree, _most_persons)
    for number, case in _objects(tree, "cases"):
        household = case.get("household")
        if isinstance(household, list) and len(household) > most:
            yield Fault(
                safe_path(("cases", number, "household")),
                "is larger than any facility of the scenario can hold",
                "a household that fits the beds and the largest household of some facility",
            )


def _largest(tree: dict[str, Any], size: Callable[[Any], int | None]) -> int:
    """The largest facility by a size; without bound when there is none or one is misshapen, which might be large."""
    facilities = tree.get("facilities")
    held = [size(facility) for facility in facilities] if isinstance(facilities, list) else []
    known = [most for most in held if most is not None]
    return max(known) if held and len(known) == len(held) else sys.maxsize


def _most_persons(facility: Any) -> int | None:
    """Persons of one household a facility can hold; none: it is misshapen."""
    if not isinstance(facility, dict) or not isinstance(facility.get("accepts"), dict):
        return None
    beds, most = _beds(facility), _limit(facility["accepts"].get("max_household", 1))
    return None if beds is None or most is None else min(most, beds)


def _beds(facility: Any) -> int | None:
    """Beds of all units together; none: it is misshapen."""
    beds = [_limit(unit.get("beds")) for _, unit in _objects(facility, "units")]
    return sum(number or 0 for number in beds) if beds and None not in beds else None


# -- chains of links of the kind `same` -------------------------------------------------------------


def _chains(
    tree: dict[str, Any], households: list[_Household], conflicts: list[tuple[_Path, str, str]]
) -> Iterator[Fault]:
    """What two households cannot mean when links of others put them into one facility.

    Whoever waits is meant as waiting: their live stay ends with the move.
    """
    waiting = {key for household in households if household.waits for key in household.keys}
    current = [one for one in households if one.waits or (not one.is_gone and one.keys.isdisjoint(waiting))]
    together = _together(current)
    for chain in together:
        yield from _apart_in(chain)
        yield from _conflicts_in(chain, conflicts)
    yield from _too_large([one for chain in together for one in chain if one.sure_nights is not None], tree)


def _together(households: list[_Household]) -> list[list[_Household]]:
    """Households that links of the kind `same`, one after the other, put into one facility; two or more each."""
    of: dict[str, list[int]] = defaultdict(list)
    for number, household in enumerate(households):
        for key in household.keys:
            of[key].append(number)
    parent = list(range(len(households)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for number, household in enumerate(households):
        for link in household.counting:
            for other in of[link.key] if link.kind == "same" else ():
                parent[root(other)] = root(number)
    chains: dict[int, list[_Household]] = defaultdict(list)
    for number, household in enumerate(households):
        chains[root(number)].append(household)
    return [chain for chain in chains.values() if len(chain) > 1]


def _apart_in(chain: list[_Household]) -> Iterator[Fault]:
    """Links away from each other, and threat actors of one among the others."""
    everybody = frozenset().union(*(household.keys for household in chain))
    for household in chain:
        others = everybody - household.keys
        for link in household.counting:
            if link.kind == "more_than" and link.key in others:
                yield Fault(
                    safe_path(link.path),
                    "keeps people apart whom a chain of links keeps in one facility",
                    "links that can all hold, those of the linked households included",
                )
        for path, key in household.actors:
            if key in others:
                yield Fault(
                    safe_path(path),
                    "is a threat actor whom links keep in one facility with the household",
                    "no such links, or a threat that is over",
                )


def _conflicts_in(chain: list[_Household], conflicts: list[tuple[_Path, str, str]]) -> Iterator[Fault]:
    """Live conflicts across two households, unless a link of the one to the other is told to be against it."""
    for path, a, b in conflicts:
        across = [(one, other) for one in chain if a in one.keys for other in chain if b in other.keys - one.keys]
        told = any(
            link.kind in _TOGETHER and link.key == key
            for one, other in across
            for household, key in ((one, b), (other, a))
            for link in household.counting
        )
        if across and not told:
            yield Fault(
                safe_path(path),
                "is live between people whom links keep in one facility",
                "a conflict whose end is confirmed, or no such links",
            )


def _too_large(waiting: list[_Household], tree: dict[str, Any]) -> Iterator[Fault]:
    """Waiting households in one facility on a night they surely share: of the facility only the beds count jointly."""
    beds = _largest(tree, _beds)
    told: set[_Path] = set()
    for night in sorted({one.sure_nights[0] for one in waiting if one.sure_nights}):
        here = [one for one in waiting if one.sure_nights and one.sure_nights[0] <= night < one.sure_nights[1]]
        for chain in _together(here):
            if sum(len(one.keys) for one in chain) > beds and chain[0].path not in told:
                told.add(chain[0].path)
                yield Fault(
                    safe_path((*chain[0].path, "household")),
                    "is, with the households links keep in one facility with it, larger than any facility can hold",
                    "linked households that fit the beds of some facility together",
                )
