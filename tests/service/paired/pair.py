"""Two worlds side by side: the same requests at the same moments, and every byte of the answers compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

import httpx

from service.engine.seeding import id_of
from service.policies import Process
from service.settings import Settings
from tests.service.conftest import Database
from tests.service.engine.loading import week
from tests.service.engine.walked import Country
from tests.service.harness import Harness, new_harness
from tests.service.paired.hidden import Hidden, networks
from tests.service.paired.ids import FixedIds, fixed_ids
from tests.service.paired.others import KINDS, dealt
from tests.service.paired.own import Own, Request

__all__ = ["Difference", "Pair", "Told", "pair_of"]

_NAMES: Final = ("one", "other")
_MOVES: Final[dict[str, tuple[float, ...]]] = {
    "red": (0, 0, 30, 300, 1000, 1300),
    "orange": (0, 0, 30, 900, 3600, 7200),
    "green": (0, 0, 900, 3600, 30_000, 110_000, 260_000),
}
"""Seconds by which time goes on at a turn: few enough for several turns before the round of the class."""

Told = tuple[int, tuple[tuple[bytes, bytes], ...], bytes]
"""Status, headers but the date, body."""


class Difference(AssertionError):
    """An answer of one world is not that of the other."""


@dataclass
class Pair:
    """Two registers that differ in others' secrets alone, and the own cases of both."""

    seed: int
    kinds: tuple[str, str]
    triage: str
    dice: Random
    ids: FixedIds
    worlds: tuple[Hidden, Hidden]
    own: list[Own]
    heard: Counter[tuple[str, int]] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    @property
    def harness(self) -> Harness:
        """Of the first world."""
        return self.worlds[0].harness

    def play(self, turns: int) -> None:
        """So many turns, or up to the last round: time goes on, others act, the solver works, the own people ask."""
        for _ in range(turns):
            if all(one.is_over for one in self.own):
                break
            self.turn()
        for one in self.own:
            self.read_everything(one)

    def turn(self) -> None:
        """One of them."""
        self.move(seconds=self.dice.choice(_MOVES[self.triage]))
        self.run()
        for name, world in zip(_NAMES, self.worlds, strict=True):
            self.ids.in_world(name)
            if world.dice.random() < 0.8:
                world.act(self.asked())
        if self.dice.random() < 0.3:
            self.run()
        for one in self.own:
            for _ in range(self.dice.randrange(1, 5)):
                if not one.is_over:
                    self.send(one, one.next(self.dice))

    def asked(self) -> list[UUID]:
        """Own cases that have asked: before that others have nothing to do with them."""
        return [one.uuid for one in self.own if one.has_asked]

    def move(self, **by: float) -> None:
        """Both clocks on."""
        for world in self.worlds:
            world.harness.clock.move(**by)

    def run(self) -> None:
        """Both solvers do what waits."""
        for name, world in zip(_NAMES, self.worlds, strict=True):
            self.ids.in_world(name)
            world.country.run()

    def read_everything(self, one: Own) -> None:
        """All that can be read of a case, unless its round has come."""
        for request in () if one.is_over else one.everything():
            self.send(one, request)

    def send(self, one: Own, request: Request) -> httpx.Response:
        """The same request in both worlds.

        Raises
        ------
        Difference : the answers are not the same bytes
        """
        answers = self.send_in_order(one, request, (0, 1))
        first, second = map(_told, answers)
        if first != second:
            raise Difference(f"seed {self.seed}, {self.kinds}, {request}: {first} and {second}")
        if first[0] >= 500:
            raise AssertionError(f"seed {self.seed}: a fault of the service at {request}")
        self.heard[request.name, first[0]] += 1
        if request.name == "read answer" and first[0] == httpx.codes.OK:
            self.states[answers[0].json()["state"]] += 1
        one.heard(request, answers[0])
        return answers[0]

    def send_in_order(self, one: Own, request: Request, order: Sequence[int]) -> tuple[httpx.Response, httpx.Response]:
        """The same request in both worlds, compared by nobody: what each answers.

        Parameters
        ----------
        order : which world is asked first
        """
        number = len(one.sent)
        answers = {}
        for world in order:
            self.ids.in_world(_NAMES[world])
            with self.ids.of("request", one.number, number):
                answers[world] = _sent(self.worlds[world].harness, request)
        return answers[0], answers[1]

    def has_stay(self, case_id: UUID) -> bool:
        """Whether something is held for a case in the world that is asked now."""
        world = self.worlds[_NAMES.index(self.ids.world)]
        return bool(_states(world, [case_id]) - Counter({"released": 99}))

    def differ(self) -> tuple[Counter[str], Counter[str]]:
        """States of the own cases' stays in each world: what nobody in front may tell apart."""
        return _states(self.worlds[0], self.asked()), _states(self.worlds[1], self.asked())


def _states(world: Hidden, own: list[UUID]) -> Counter[str]:
    with world.harness.database.admin() as connection:
        rows = connection.execute("SELECT state FROM fristad.stays WHERE case_id = ANY(%s)", [own])
        return Counter(row[0] for row in rows.fetchall())


def _sent(harness: Harness, request: Request) -> httpx.Response:
    role, unit, organisation, name = request.who
    person = harness.act(role, unit=unit, organisation=organisation, name=name)
    headers = person.headers(**dict(request.headers))
    return harness.client(Process.FRONT).request(
        request.method, request.path, content=request.content or None, headers=headers
    )


def _told(answer: httpx.Response) -> Told:
    headers = tuple((name, value) for name, value in answer.headers.raw if name.lower() != b"date")
    return answer.status_code, headers, answer.content


@contextmanager
def pair_of(
    folder: Path,
    databases: tuple[Database, Database],
    seed: int,
    kinds: tuple[str, str] | None = None,
    triage: str | None = None,
    cases: int = 3,
    settings: Settings | None = None,
    *,
    names_others: bool = False,
) -> Iterator[Pair]:
    """Two worlds drawn by a seed.

    Parameters
    ----------
    kinds : how others live in each of them, see `others.KINDS`; none: drawn
    triage : of the own cases; none: drawn
    cases : how many own ones, each of a unit of its own
    settings : of both; none: drawn, so that some cases are admitted and some are not
    names_others : the own cases name persons who may be in the register: to fear, to live with, to be near to
    """
    dice = Random(seed)
    kinds = kinds or (dice.choice(KINDS), dice.choice(KINDS))
    triage = triage or dice.choice(("red", "orange", "green", "green"))
    settings = settings or _settings(dice)
    with ExitStack() as opened:
        ids = opened.enter_context(fixed_ids(seed))
        keys = [ids.id("person", number).hex for number in range(cases)]
        worlds: list[Hidden] = []
        for name, kind, database in zip(_NAMES, kinds, databases, strict=True):
            harness = opened.enter_context(new_harness(folder / name, database, settings=settings))
            if worlds:  # one set of signing keys, known to both
                harness.share_keys(worlds[0].harness)
            country = Country(harness, document=dealt(week("tiny"), kind, Random(f"{seed} {name}")))
            worlds.append(Hidden(country, Random(f"{seed} {name} acts"), keys))
        one, other = worlds
        known = networks(one.country)
        persons = _persons(ids) if names_others else []
        own = [
            Own(one.harness, ids, number, triage, settings.release_tick_s, known, _strangers(ids, known), persons)
            for number in range(cases)
        ]
        yield Pair(seed, kinds, triage, dice, ids, (one, other), own)


def _settings(dice: Random) -> Settings:
    return Settings(
        admission_kommuner=dice.choice((3, 4, 8)),
        admission_lan=3,
        admission_facilities=dice.choice((3, 4, 6)),
        person_questions=dice.choice((2, 4)),
        unit_questions=dice.choice((3, 24)),
        unit_holds=dice.choice((1, 6)),
        judgement_wait_s=0,
    )


def _strangers(ids: FixedIds, known: list[str]) -> list[str]:
    """Ids of nobody, and of what is there in some of the worlds."""
    seeded = (("case", "case-001"), ("case", "case-003"), ("stay", "place-001"), ("facility", "fac-001"))
    return [*(str(ids.id("nobody", number)) for number in range(2)), *(str(id_of(*one)) for one in seeded), known[0]]


def _persons(ids: FixedIds) -> list[str]:
    """Keys of somebody who lives somewhere while others live as they do, and of nobody."""
    placed = json.loads(week("tiny"))["placements"]
    return [*(one["household"][0]["person_key"] for one in placed[:3]), ids.id("no person").hex]
