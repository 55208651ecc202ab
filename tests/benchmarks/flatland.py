"""A little service on a flat map, to try attackers on: geometry alone, never a source of figures.

`Telling.ALL` names all that is free and safe, in order; `Telling.YES` says whether anything is; `Telling.NOTHING`
answers every question alike.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from enum import Enum

import numpy as np

from benchmarks.inference.interface import Facility, Public, Question, Secrets, Seen
from benchmarks.inference.land import CARD_SEPARATOR, Land
from service.settings import Settings

__all__ = ["Flatland", "Telling"]

_WIDE_KM, _HIGH_KM, _CELL_KM = 600, 300, 50
_FORMS = ("protected_housing", "foster_home", "supported_housing")
_STAFFING = ("round_the_clock_staff", "daily_contact", "contact_as_agreed")
_PRIVACY = ("own_units", "shared_units", "mixed_units")
_COSTS = ("below_4000", "4000_to_4999", "5000_or_more")


class Telling(Enum):
    """How much the service tells."""

    ALL = "all"
    YES = "yes"
    NOTHING = "nothing"


class Flatland:
    """Facilities strewn over a rectangle, kommuner its squares, counties its columns; one bed each, some free."""

    def __init__(
        self, seed: int, telling: Telling, *, facilities: int = 90, networks: int = 24, vacancy_percent: int = 35
    ) -> None:
        dice = random.Random(f"flatland {seed}")
        self.telling, self._dice = telling, dice
        found = {}
        for number in range(facilities):
            x_km, y_km = dice.uniform(0, _WIDE_KM), dice.uniform(0, _HIGH_KM)
            column, row = int(x_km // _CELL_KM), int(y_km // _CELL_KM)
            name = f"f-{number:03}"
            found[name] = Facility(
                name, f"town-{number}", f"{column:02}{row:02}", f"{column:02}", int(x_km * 1000), int(y_km * 1000),
                dice.randint(1, 3), tuple(map(dice.choice, (_FORMS, _STAFFING, _PRIVACY, _COSTS))),
            )  # fmt: skip
        names = [f"n-{number:02}" for number in range(networks)]
        rivals: dict[str, set[str]] = {name: set() for name in names}
        for one in names[1:]:
            for other in dice.sample([name for name in names[1:] if name != one], 2):
                rivals[one].add(other)
                rivals[other].add(one)
        self.public = Public(
            found, {name: frozenset(others) for name, others in rivals.items()}, dict.fromkeys(names, ""),
            vacancy_percent, 30,
        )  # fmt: skip
        self.settings = Settings(admission_kommuner=8, admission_lan=4, admission_facilities=12)
        self._land = Land(self.public)
        self._closed: frozenset[str] = frozenset()
        beds = [name for name in sorted(found) for _ in range(found[name].beds)]
        dice.shuffle(beds)
        free = len(beds) * vacancy_percent // 100
        self._free = {name: beds[:free].count(name) for name in found}
        self._placed: dict[str, list[str]] = {name: [] for name in names}
        for place in beds[free : free + networks]:
            self._placed[dice.choice(names)].append(place)
        self._persons = {f"p-{number:03}": place for number, place in enumerate(beds[free : free + networks])}
        self._moved: list[str] = []
        self._offered: list[str | None] = []
        self._seen: list[Seen] = []

    def eligible(self, question: Question) -> frozenset[str]:
        told = self.public.facilities
        return frozenset(
            name for name in told if told[name].kommun not in question.forbidden and name not in self._closed
        )

    def counted(self, question: Question) -> frozenset[str]:
        return self.eligible(question)

    def _safe_and_free(self, question: Question) -> list[str]:
        foes = [at for foe in self.public.rivals[question.network] for at in self._placed[foe]]
        unsafe = np.asarray(self._land.near[:, [self._land.number[at] for at in foes]].any(axis=1))
        return [
            name for name in sorted(self.eligible(question)) if self._free[name] and not unsafe[self._land.number[name]]
        ]

    def ask(self, question: Question) -> Seen:
        found = self._safe_and_free(question)
        self._dice.shuffle(found)
        offered = found[0] if found else None
        self._offered.append(offered)
        if offered is not None and question.keeps:
            self._free[offered] -= 1
        ranked = tuple(sorted(self.eligible(question)))
        eligible = frozenset(ranked)
        cards = [self.public.facilities[name].attributes for name in found]
        listed, first = tuple(CARD_SEPARATOR.join(card) for card in cards), cards[0] if cards else ()
        told = {
            Telling.ALL: Seen(True, eligible, first, 0 if found else None, len(found), listed, ranked=ranked),
            Telling.YES: Seen(True, eligible, (), 0 if found else None, ranked=ranked),
            Telling.NOTHING: Seen(True, eligible, (), 0, ranked=ranked),
        }[self.telling]
        self._seen.append(told)
        return told

    def again(self, question: int) -> Seen:
        return self._seen[question]

    def close(self, facilities: Collection[str]) -> None:
        self._closed = frozenset(facilities)

    def move_in(self) -> str:
        network = self._dice.choice([name for name, others in self.public.rivals.items() if others])
        place = self._dice.choice([name for name, beds in self._free.items() if beds])
        self._free[place] -= 1
        self._placed[network].append(place)
        self._moved.append(place)
        return network

    def persons(self) -> tuple[str, ...]:
        return tuple(sorted(self._persons))

    def secrets(self) -> Secrets:
        backed = tuple(offered is not None for offered in self._offered)
        placed = {name: tuple(at) for name, at in self._placed.items()}
        return Secrets(placed, tuple(self._offered), tuple(self._moved), backed, dict(self._persons))
