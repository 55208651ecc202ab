"""Persons whose assessments tell where they are to live in regard to each other: same, within, more than."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any, Final

from benchmarks.generation.dice import stream
from benchmarks.generation.ground import Ground, Vicinity
from benchmarks.generation.people import Dweller
from benchmarks.generation.placing import Board
from benchmarks.generation.spec import WeekSpec
from benchmarks.generation.underworld import Underworld

__all__ = ["add_links"]

Json = dict[str, Any]

# Links to one waiting case, by kind; `same` are pairs of waiting cases.
_SHARES: Final = {"within": 0.05, "more_than": 0.08, "same": 0.025}
_LIVE: Final = 0.01
_TRIES: Final = 40
_WITHIN: Final = ((150, 180), (200, 240))
_MORE_THAN: Final = ((60, 75), (90, 90), (100, 60))


def add_links(
    spec: WeekSpec,
    ground: Ground,
    world: Underworld,
    board: Board,
    waiting: Sequence[Json],
    dwellers: Sequence[Dweller],
) -> frozenset[frozenset[str]]:
    """Link few persons with others; at most one link to a pair, none between foes.

    Parameters
    ----------
    spec, ground, world, board : the week and who lives where
    waiting, dwellers : whose last assessments are changed

    Returns
    -------
    the linked pairs, who are then in no conflict
    """
    tie = _Tie(stream(spec.seed, "links"), ground, world, board, waiting, dwellers)
    for kind, share in _SHARES.items():
        for _ in range(round(share * len(waiting))):
            tie.pair() if kind == "same" else tie.with_placed(kind)
    for number in range(round(_LIVE * len(dwellers))):
        tie.placed("more_than" if number % 2 else "within")
    return frozenset(tie.linked)


class _Tie:
    def __init__(
        self,
        rng: random.Random,
        ground: Ground,
        world: Underworld,
        board: Board,
        waiting: Sequence[Json],
        dwellers: Sequence[Dweller],
    ) -> None:
        self.rng, self.ground, self.world, self.board = rng, ground, world, board
        self.linked: set[frozenset[str]] = set()
        moved = {_key(case) for case in waiting} & {_key(dweller.placement) for dweller in dwellers}
        self.waiting = [case for case in waiting if case["assessments"] and _key(case) not in moved]
        self.living = [
            dweller
            for dweller in dwellers
            if dweller.has_file and dweller.networks and "departed" not in dweller.placement
            and _key(dweller.placement) not in moved
        ]  # fmt: skip

    def with_placed(self, kind: str) -> None:
        """A waiting household with a relative who lives somewhere: near it, or well away."""
        for _ in range(_TRIES if self.waiting and self.living else 0):
            case, dweller = self.rng.choice(self.waiting), self.rng.choice(self.living)
            town = self.ground.vicinity(self.board.localities[dweller.place])
            is_free = not self._are_foes(_networks(case), dweller.networks) and not _forbids(case, town)
            if is_free and self._is_new(case, dweller.placement):
                return self._link(case["assessments"][-1], kind, _key(dweller.placement))
        return None

    def pair(self) -> None:
        """Two waiting persons who are to share a facility."""
        alone = [
            case for case in self.waiting if len(case["household"]) == 1 and case["household"][0]["age_years"] > 17
        ]
        for _ in range(_TRIES if len(alone) > 1 else 0):
            one, other = self.rng.sample(alone, 2)
            networks = _networks(one), _networks(other)
            alike = one["household"][0]["gender"] == other["household"][0]["gender"]
            if all(networks) and alike and not self._are_foes(*networks) and self._is_new(one, other):
                return self._link(one["assessments"][-1], "same", _key(other))
        return None

    def placed(self, kind: str) -> None:
        """Two placed persons, as near or far as they live now."""
        for _ in range(10 * _TRIES if len(self.living) > 1 else 0):
            one, other = self.rng.sample(self.living, 2)
            town = self.ground.vicinity(self.board.localities[one.place])
            there = self.board.localities[other.place]
            near = town.has_near(there, 100) and self._road_min(one, other) <= 120
            far = not town.has_near(there, 150) and not town.has_soon(there, 120)
            fits = near if kind == "within" else far
            if (
                fits
                and not self._are_foes(one.networks, other.networks)
                and self._is_new(one.placement, other.placement)
            ):
                told = one.placement["case_file"]["assessments"][-1]
                return self._link(told, kind, _key(other.placement))
        return None

    def _road_min(self, one: Dweller, other: Dweller) -> float:
        places = [self.board.localities[dweller.place] for dweller in (one, other)]
        return float(self.ground.network.minutes(places[:1], places[1:], "road")[0, 0])

    def _are_foes(self, networks: Sequence[str], others: Sequence[str]) -> bool:
        return any(not self.world.ever_hostile[one].isdisjoint(others) for one in networks)

    def _is_new(self, one: Json, other: Json) -> bool:
        """Whether neither is linked already: so no link can contradict another."""
        pair = {_key(one), _key(other)}
        if len(pair) < 2 or any(pair & linked for linked in self.linked):
            return False
        self.linked.add(frozenset(pair))
        return True

    def _link(self, assessment: Json, kind: str, key: str) -> None:
        told: Json = {"person_key": key, "kind": kind}
        if kind != "same":
            told["km"], told["minutes"] = self.rng.choice(_WITHIN if kind == "within" else _MORE_THAN)
        assessment["links"] = [told]


def _key(told: Json) -> str:
    key: str = told["household"][0]["person_key"]
    return key


def _networks(case: Json) -> list[str]:
    return [membership["network"] for member in case["household"] for membership in member["memberships"]]


def _forbids(case: Json, town: Vicinity) -> bool:
    """Whether a case can hardly live in this town's part of the country."""
    last = case["assessments"][-1]
    homes: Iterable[str] = (*case["homes"], *case["crime_localities"])
    return any(town.has_near(home, 90) for home in homes) or any(town.lies_in(area) for area in last["forbidden"])
