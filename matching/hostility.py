"""Feuds between two households: from when to when they must be kept apart, and how far.

One meaning for the whole engine: the rule judges with it, the solver's cliques are built from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.facts import FOREVER, Belonging, Facts, Feud, Party
from matching.networks import merged

__all__ = [
    "are_apart",
    "clear_from",
    "feuds_among",
    "feuds_between",
    "finite_feud_ends",
    "kinds_of",
    "near_matrix",
    "separation_limits",
    "shares_a_hostile_day",
    "widened",
]

_ALWAYS = (0, FOREVER)


def separation_limits(a: Party, b: Party, facts: Facts) -> tuple[int, int]:
    """The largest separation of both assessments and the policy: metres, minutes.

    It grows by the policy's share, rounded up, where one of the two is poorly known.

    Examples
    --------
    >>> from tests.builders import party, person, world
    >>> own = party([person(key=1)], [0], separations=[(4, 50_000, 0)])
    >>> facts = world(separation_km=30, separation_min=45)
    >>> [separation_limits(own, party([person(key=2)], [network]), facts) for network in (3, 4)]
    [(30000, 45), (50000, 45)]
    """
    limit_m, limit_min = facts.policy.separation_km * 1000, facts.policy.separation_min
    for own, other in ((a, b), (b, a)):
        for network, demanded_m, demanded_min in own.separations:
            if network == -1 or network in other.networks or other.is_unknown:
                limit_m, limit_min = max(limit_m, demanded_m), max(limit_min, demanded_min)
    return widened(limit_m, a, b, facts), widened(limit_min, a, b, facts)


def widened(limit: int, a: Party, b: Party, facts: Facts) -> int:
    """A separation, larger by the policy's share (rounded up) where one of the two is poorly known.

    Examples
    --------
    >>> from tests.builders import party, person, world
    >>> known, little = party([person(key=1)]), party([person(key=2)], poorly_known=True)
    >>> facts = world(poor_knowledge_widening_percent=20)
    >>> widened(31, known, known, facts), widened(31, known, little, facts)
    (31, 38)
    """
    if not (a.is_poorly_known or b.is_poorly_known):
        return limit
    return -(-limit * (100 + facts.policy.poor_knowledge_widening_percent) // 100)


def _names(own: Party, other: Party) -> bool:
    """Whether an assessment wants a household kept from a network of the other, rival or not."""
    return any(network in other.networks for network, _, _ in own.separations)


def feuds_between(a: Party, b: Party, facts: Facts) -> tuple[Feud, ...]:
    """Every window in which two households must be kept apart, worked out once: see `_feuds`.

    Examples
    --------
    >>> from tests.builders import party, person, world
    >>> facts = world(rivals={(0, 1): (5, 90)}, separation_km=30, separation_min=45)
    >>> own, rival = party([person(key=1)], [0]), party([person(key=2)], [1])
    >>> feuds_between(own, rival, facts)
    (Feud(start_day=5, end_day=90, limit_m=30000, limit_min=45),)
    >>> feuds_between(own, own, facts)  # a household is no rival of its own
    ()
    """
    return facts.remember(("feuds_between", a, b), lambda: _feuds(a, b, facts))


def _feuds(a: Party, b: Party, facts: Facts) -> tuple[Feud, ...]:
    """Every window in which two households must be kept apart.

    A household with an unknown member is hostile to everyone (domain, *Knowledge*). Members of `a`
    who are in `b` too (a case's own present stay) do not count there: members of one household stay
    together, but whoever else is in `b` is judged, so `a` is the household that moves or came later.
    A separation an assessment demands from a named network holds whether or not it is a rival.

    Parameters
    ----------
    a, b : two households
    facts : networks' and persons' feuds, policy

    Source
    ------
    Domain §4, `rival_separation`; docs/decisions/0005-who-is-hostile.md
    """
    if not a.keys.isdisjoint(b.keys):
        b = b.without(a.keys)
        if not b.members:
            return ()
    if a.is_unknown or b.is_unknown or _names(a, b) or _names(b, a):
        windows: tuple[tuple[int, int], ...] = (_ALWAYS,)
    elif facts.rivals_of(a.networks).isdisjoint(b.networks):
        windows = ()
    else:
        windows = merged(
            window for one in a.networks for other in b.networks for window in facts.network_feuds.get((one, other), ())
        )
    if not windows and (a.keys.isdisjoint(facts.feuding_persons) or b.keys.isdisjoint(facts.feuding_persons)):
        return ()
    limit_m, limit_min = separation_limits(a, b, facts)
    found = [Feud(start, end, limit_m, limit_min) for start, end in windows]
    for one in a.keys & facts.feuding_persons:
        for other in b.keys & facts.feuding_persons:
            for feud in facts.person_feuds.get((one, other), ()):
                own_m, own_min = widened(feud.limit_m, a, b, facts), widened(feud.limit_min, a, b, facts)
                limits = max(limit_m, own_m), max(limit_min, own_min)
                found.append(Feud(feud.start_day, feud.end_day, *limits))
    return tuple(sorted(set(found)))


def kinds_of(parties: Sequence[Party], facts: Facts) -> tuple[tuple[int, ...], tuple[Party, ...]]:
    """Households that are hostile to the same others, for as long and as far, and not to each other, as one kind.

    Parameters
    ----------
    parties : households of different persons
    facts : networks' and persons' feuds, policy

    Returns
    -------
    by household, the number of its kind; by kind, its first household

    Examples
    --------
    >>> from tests.builders import case, person, world
    >>> told = [case(networks=[0]), case(networks=[1]), case(networks=[0]), case(person(key=7), networks=[0])]
    >>> facts = world(cases=told, conflicts={(7, 8): Feud(0, FOREVER, 0, 0)})
    >>> kinds_of([told.party for told in facts.cases], facts)[0]
    (0, 1, 0, 2)
    """
    numbers: dict[object, int] = {}
    first: list[Party] = []
    kinds: list[int] = []
    for place, party in enumerate(parties):
        # Two of its kind would be hostile to each other, or it has opponents of its own.
        is_alone = party.is_unknown or party.keys & facts.feuding_persons or _is_hostile_to_its_kind(party, facts)
        key = place if is_alone else (party.networks, party.separations, party.is_poorly_known)
        if key not in numbers:
            numbers[key] = len(first)
            first.append(party)
        kinds.append(numbers[key])
    return tuple(kinds), tuple(first)


def _is_hostile_to_its_kind(party: Party, facts: Facts) -> bool:
    stranger = replace(party, members=(Belonging(-1, party.networks, is_unknown=False),))
    return bool(feuds_between(party, stranger, facts))


def feuds_among(parties: Sequence[Party], facts: Facts) -> Iterator[tuple[int, int, Feud]]:
    """Every feud between two of these households: their numbers, the lower first, and the feud.

    Examples
    --------
    >>> from tests.builders import case, world
    >>> told = [case(networks=[0]), case(networks=[1]), case(networks=[2])]
    >>> facts = world(cases=told, rivals={(1, 2): (5, 90)}, separation_km=30, separation_min=45)
    >>> list(feuds_among([told.party for told in facts.cases], facts))
    [(1, 2, Feud(start_day=5, end_day=90, limit_m=30000, limit_min=45))]
    """
    index = _indexed(parties, facts)
    for a, one in enumerate(parties):
        for b in _possible_opponents(one, index, facts):
            if b > a:
                for feud in feuds_between(one, parties[b], facts):
                    yield a, b, feud


class _Index(NamedTuple):
    """Numbers of households by what may make them somebody's opponents."""

    households: int
    unknown: Sequence[int]
    of_network: Mapping[int, Sequence[int]]
    wary_of: Mapping[int, Sequence[int]]
    with_person: Mapping[int, Sequence[int]]


def _indexed(parties: Iterable[Party], facts: Facts) -> _Index:
    count, unknown = 0, []
    of_network, wary_of, with_person = (defaultdict[int, list[int]](list) for _ in range(3))
    for number, party in enumerate(parties):
        count += 1
        if party.is_unknown:
            unknown.append(number)
        for network in party.networks:
            of_network[network].append(number)
        for network, _, _ in party.separations:
            wary_of[network].append(number)
        for key in party.keys & facts.feuding_persons:
            with_person[key].append(number)
    return _Index(count, unknown, of_network, wary_of, with_person)


def _possible_opponents(party: Party, index: _Index, facts: Facts) -> Iterable[int]:
    """Households with which there can be a feud, in order: every one with which there is, and few others."""
    if party.is_unknown:
        return range(index.households)
    rivals = facts.rivals_of(party.networks) | {network for network, _, _ in party.separations}
    found = set(index.unknown)
    found.update(*(index.of_network.get(network, ()) for network in rivals))
    found.update(*(index.wary_of.get(network, ()) for network in party.networks))
    if not party.keys.isdisjoint(facts.feuding_persons):
        opponents = (other for one, other in facts.person_feuds if one in party.keys)
        found.update(*(index.with_person.get(key, ()) for key in opponents))
    return sorted(found)


def are_apart(a: int, b: int, limit_m: int, limit_min: int, facts: Facts) -> bool:
    """Farther than the limit in metres and in minutes, and neither in the same nor a neighbouring locality.

    What everybody means by apart; `near_matrix` says the opposite of all pairs at once.

    Examples
    --------
    >>> from tests.builders import places, world
    >>> land = places(3, gap_m={(0, 1): 30_001, (0, 2): 30_000}, safe_min={(0, 1): 46, (0, 2): 46})
    >>> [are_apart(0, other, 30_000, 45, world(land=land)) for other in (0, 1, 2)]
    [False, True, False]
    """
    places = facts.places
    return (
        places.is_beyond_m(a, b, limit_m)
        and places.is_beyond_min(a, b, limit_min)
        and not places.are_neighbouring(a, b, facts.policy)
    )


def shares_a_hostile_day(a_start: int, a_end: int, b_start: int, b_end: int, feud: Feud) -> bool:
    """Whether both are present on one common day on which the feud is live; intervals ``[start, end)``.

    Examples
    --------
    >>> feud = Feud(10, 20, 0, 0)
    >>> shares_a_hostile_day(1, 12, 11, 30, feud), shares_a_hostile_day(1, 11, 11, 30, feud)
    (True, False)
    """
    return max(a_start, b_start, feud.start_day) < min(a_end, b_end, feud.end_day)


def clear_from(party: Party, facts: Facts) -> npt.NDArray[np.int64]:
    """(n,) by place, the first day on which a stay may start there without meeting anybody hostile present.

    A planned stay is present without end, so it meets a near hostile presence exactly when it
    starts before both that presence and the feud have ended. 0: nobody hostile is near.

    Examples
    --------
    >>> from tests.builders import party, person, places, present, world
    >>> there = present(1, networks=[1], days=(0, 60))  # a rival, who has left on day 60
    >>> facts = world(land=places(3, gap_m={(1, 2): 9_000}), presences=[there], rivals={(0, 1): (5, 90)})
    >>> clear_from(party([person(key=1)], [0]), facts).tolist()
    [0, 60, 60]
    """
    return facts.remember(("clear_from", party), lambda: _clear_from(party, facts))


def _clear_from(party: Party, facts: Facts) -> npt.NDArray[np.int64]:
    clear = np.zeros(len(facts.places.root), dtype=np.int64)
    index = facts.remember("presences by opponent", lambda: _indexed((one.party for one in facts.presences), facts))
    for number in _possible_opponents(party, index, facts):
        presence = facts.presences[number]
        for feud in feuds_between(party, presence.party, facts):
            end_day = min(feud.end_day, presence.end_day)
            if max(feud.start_day, presence.start_day) < end_day:
                near = near_matrix(feud.limit_m, feud.limit_min, facts)[presence.place]
                clear[near] = np.maximum(clear[near], end_day)
    return clear


def finite_feud_ends(party: Party, facts: Facts) -> frozenset[int]:
    """Days on which a feud between a household and any waiting one ends.

    Examples
    --------
    >>> from tests.builders import case, world
    >>> facts = world(cases=[case(networks=[0]), case(networks=[1]), case(networks=[2])], rivals={(0, 1): (5, 90)})
    >>> [sorted(finite_feud_ends(told.party, facts)) for told in facts.cases]
    [[90], [90], []]
    """
    return facts.remember(("finite_feud_ends", party), lambda: _finite_feud_ends(party, facts))


def _finite_feud_ends(party: Party, facts: Facts) -> frozenset[int]:
    def make() -> tuple[tuple[Party, ...], _Index]:
        _, kinds = kinds_of([case.party for case in facts.cases], facts)
        return kinds, _indexed(kinds, facts)

    kinds, index = facts.remember("kinds by opponent", make)
    others = (kinds[number] for number in _possible_opponents(party, index, facts))
    ends = (feud.end_day for other in others for feud in feuds_between(party, other, facts))
    return frozenset(day for day in ends if day < FOREVER)


def near_matrix(limit_m: int, limit_min: int, facts: Facts) -> npt.NDArray[np.bool_]:
    """(n, n) places that are *not* apart for these limits: the opposite of `are_apart`, of all pairs at once.

    Examples
    --------
    >>> from tests.builders import places, world
    >>> near_matrix(30_000, 45, world(land=places(3, gap_m={(0, 2): 30_000}))).tolist()
    [[True, False, True], [False, True, False], [True, False, True]]
    """
    return facts.remember(("near_matrix", limit_m, limit_min), lambda: _near_matrix(limit_m, limit_min, facts))


def _near_matrix(limit_m: int, limit_min: int, facts: Facts) -> npt.NDArray[np.bool_]:
    places, policy = facts.places, facts.policy
    near: npt.NDArray[np.bool_] = (
        (places.root[:, None] == places.root[None, :])
        | (places.gap_m <= limit_m)
        | (places.safe_min <= limit_min)
        | (places.gap_m < policy.neighbouring_km * 1000)
        | (places.safe_min < policy.neighbouring_min)
    )
    either_way: npt.NDArray[np.bool_] = near | near.T
    return either_way
