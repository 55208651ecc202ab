"""What the service would tell, reckoned from the engine's own sets: for more worlds than the service can be run in.

With all defences on, what a requester sees of others is whether something was offered by the round. That follows from
the facilities that the engine finds safe and free for the sham person in the true picture, once a network, and from
the own question. No register, no web, no holds take part. It stands for nothing by itself: `agreement` says how often
it foretold what the real service told in the runs there are, and its figures are shown apart from the service's.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import copy
from datetime import datetime
from types import MappingProxyType
from typing import Final, cast

from benchmarks.inference.interface import Public, Question, Secrets, Seen
from benchmarks.inference.known import AtHome, Knowledge
from benchmarks.inference.land import Land
from benchmarks.inference.naive import in_order
from benchmarks.inference.office import BEGINS, Office
from benchmarks.inference.records import Run
from benchmarks.inference.sham import Sham
from benchmarks.inference.worlds import World, layers, travel_network
from geodata.enrich import Surveyor
from matching.constraints import rule_book
from matching.domain import Case, Scenario, Situation
from service.engine.seeding import renamed
from service.settings import Settings

__all__ = ["RECKONED", "Reckoned", "agreement"]

_ANY_NUMBER: Final = {"person_questions": 10**6, "unit_questions": 10**6}
_ANY_AREA: Final = {"admission_kommuner": 1, "admission_lan": 1, "admission_facilities": 1}
RECKONED: Final[Mapping[str, Mapping[str, int]]] = MappingProxyType(
    {
        "reckoned": {},
        "reckoned_no_admission": {**_ANY_NUMBER, **_ANY_AREA},
        "reckoned_with_admission": _ANY_NUMBER,
        "reckoned_no_budget": {**_ANY_NUMBER, **_ANY_AREA},
        "reckoned_with_budget": _ANY_AREA,
    }
)
"""Modes that can be reckoned, with the settings that differ from the defaults."""


class _Hours:
    """Stands for an office where only the time of day is asked for."""

    @staticmethod
    def clock() -> datetime:
        return BEGINS


class Reckoned:
    """A `benchmarks.inference.interface.Service` without a service: all defences on, the engine's sets behind it.

    Parameters
    ----------
    world : a generated week
    settings : of admission and budgets
    seed : which of the safe free beds is taken
    """

    def __init__(self, world: World, settings: Settings | None = None, seed: int = 1) -> None:
        self.world = world
        self.settings = settings or Settings()
        self._knowledge = Knowledge(world)
        self._whole = Scenario.model_validate_json(json.dumps(renamed(json.loads(world.document))))
        self._surveyor = Surveyor(layers(), travel_network())
        self._rules = tuple(rule_book())
        self._land = Land(world.public)
        self._base: dict[str, AtHome] = {}
        self._free: dict[str, frozenset[str]] = {}
        self._begin(seed)

    def anew(self, settings: Settings, seed: int) -> Reckoned:
        """The same world, as if nobody had asked anything; what was worked out of it is kept."""
        made = copy(self)
        made.settings = settings
        made._begin(seed)
        return made

    def _begin(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._kept: set[str] = set()
        self._closed: frozenset[str] = frozenset()
        self._of_unit: Counter[int] = Counter()
        self._of_person: Counter[int] = Counter()
        self._offered: list[str | None] = []
        self._seen: list[Seen] = []

    @property
    def public(self) -> Public:
        """The catalogue and the like."""
        return self.world.public

    def _case(self, network: str) -> dict[str, object]:
        return Sham(cast(Office, _Hours()), "sham-0", network).as_case()

    def eligible(self, question: Question) -> frozenset[str]:
        """The network's own set without what the question forbids or a registrar closed."""
        if question.network not in self._base:
            self._base[question.network] = self._knowledge.of(self._case(question.network), BEGINS)
        allowed = self._land.allowed(question.forbidden)
        return frozenset(
            name for name in self._base[question.network].eligible - self._closed if allowed[self._land.number[name]]
        )

    def counted(self, question: Question) -> frozenset[str]:
        """Those that are open when they are wanted."""
        return self.eligible(question) & self._base[question.network].counted

    def safe_and_free(self, network: str) -> frozenset[str]:
        """Facilities that the engine finds safe and free for a sham person of a network, on the true picture."""
        if network not in self._free:
            told = Case.model_validate_json(json.dumps(self._case(network)))
            whole = self._whole
            situation = Situation.model_construct(
                **{name: getattr(whole, name) for name in Situation.model_fields} | {"now": BEGINS, "cases": (told,)}
            )
            facts = self._surveyor.facts(situation)
            self._free[network] = frozenset(in_order(facts, 0, self._rules))
        return self._free[network]

    def ask(self, question: Question) -> Seen:
        """Foretell a question."""
        eligible, safe = self.eligible(question), self.safe_and_free(question.network)
        person = len(self._seen) if question.case is None else question.case
        is_answered = (
            self._land.is_admitted(self._land.mask(self.counted(question)), self.settings)
            and self._of_person[person] < self.settings.person_questions
            and self._of_unit[question.unit] < self.settings.unit_questions
        )
        free: list[str] = []
        if is_answered:
            self._of_person[person] += 1
            self._of_unit[question.unit] += 1
            free = sorted(safe & eligible - self._kept)
        offered = self._dice.choice(free) if free else None
        if offered is not None and question.keeps:
            self._kept.add(offered)
        self._offered.append(offered)
        seen = Seen(is_answered, eligible, (), 0 if free else None, ranked=tuple(sorted(eligible)))
        self._seen.append(seen)
        return seen

    def again(self, question: int) -> Seen:
        """The stored answer."""
        return self._seen[question]

    def close(self, facilities: Collection[str]) -> None:
        """Closed facilities are eligible for nobody."""
        self._closed = frozenset(facilities)

    def move_in(self) -> str:
        """Nobody moves here.

        Raises
        ------
        NotImplementedError : always
        """
        raise NotImplementedError("only the real service lets people move in")

    def persons(self) -> tuple[str, ...]:
        """Nobody: what keeps a named person away is not reckoned."""
        return ()

    def secrets(self) -> Secrets:
        """For the judge; nobody is told what is offered here."""
        return Secrets(self.world.placed, (None,) * len(self._offered))


def agreement(
    runs: Sequence[Run], world_of: Callable[[Run], World], settings: Settings | None = None
) -> tuple[int, int]:
    """In how many questions of real runs the same was foretold, and of how many.

    Parameters
    ----------
    runs : with all defences on; questions after beds were kept, facilities closed or people moved in are left out
    world_of : the world of a run, from it
    settings : of the runs
    """
    same = asked = 0
    for run in runs:
        service = Reckoned(world_of(run), settings)
        last = min([len(run.steps), *(first for _, first in run.moved)])
        for step in run.steps[:last]:
            foretold = service.ask(step.question)
            is_told = step.seen.told_round is not None
            same += (step.seen.is_answered, is_told) == (foretold.is_answered, foretold.told_round is not None)
            asked += 1
            if step.question.keeps and is_told:
                break
    return same, asked
