"""What attackers ask. Each play is a plan of questions; what they conclude is `benchmarks.inference.inference`'s work.

All of them know the catalogue, the map, the networks and their relations, the code and the settings, and write the
assessments of their sham cases themselves: a requester alone cannot vary a question at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

import numpy as np

from benchmarks.inference.distance import locate
from benchmarks.inference.evidence import outcome
from benchmarks.inference.game import WANTED, Game, halves, narrow, parts_of
from benchmarks.inference.interface import Question, Service
from benchmarks.inference.land import Flags, Floats
from benchmarks.inference.records import Run, Step

__all__ = ["PLAYS", "UNITS", "Play", "attack"]

UNITS: Final = 3
"""Colluding requesters."""
_CANDIDATES: Final = 12
_FULL: Final = 0.3
"""Where nothing is offered so seldom, a bed is kept, so that the next question there tells more."""
_FILLED: Final = 6
_LISTED: Final = 22
"""Facilities of a part of the country in which few share a card."""
_MOVES: Final = 2


def _compare_lists(game: Game) -> None:
    """Of a service that lists its options and counts nobody's questions: what foes' lists lack of a neutral person's.

    Part by part, so that few facilities share a card; by as many foes of those looked for as there are questions.
    """
    rivals, sought = game.service.public.rivals, set(game.aim.sought)
    base = game.base(game.aim.neutral)
    parts = parts_of(game.land, base, max(1, round(float(base.sum()) / _LISTED)))
    foes = dict.fromkeys((*game.aim.shams, *(foe for network in game.aim.sought for foe in sorted(rivals[network]))))
    shams = sorted(foes, key=lambda foe: -len(rivals[foe] & sought))[: max(1, UNITS * game.per_unit // len(parts) - 1)]
    for forbidden in parts:
        for sham in (game.aim.neutral, *shams):
            game.ask(sham, forbidden)


def _triangulate(game: Game) -> None:
    """(a), (f): rival and neutral sham persons ask about the same narrow parts, one after the other."""
    if game.is_naive:
        _compare_lists(game)
        return
    pairs = max(1, game.per_unit // 2)
    centres = game.centres(UNITS * pairs)
    game.dice.shuffle(centres)
    for number, centre in enumerate(centres):
        unit, sham = number // pairs, game.aim.shams[number % len(game.aim.shams)]
        forbidden = narrow(game, sham, centre)
        if game.per_unit > 1:
            game.ask(game.aim.neutral, forbidden, unit=unit)
        game.ask(sham, forbidden, unit=unit)


def _fingerprint(game: Game) -> None:
    """(c): questions about the whole country, so that the card has most to say."""
    networks = sorted(game.service.public.rivals)
    game.dice.shuffle(networks)
    for network in networks[: game.per_unit]:
        game.ask(network)


def _eliminate(game: Game) -> None:
    """(b): new versions of an assessment that forbid ever more, until the budget of the person is spent."""
    a_person = game.service.settings.person_questions
    asked = 0
    while asked < game.per_unit:
        first = len(game.steps)
        forbidden: frozenset[str] = frozenset()
        step = game.ask(game.aim.neutral, keeps=True)
        asked += 1
        for _ in range(min(a_person - 1, game.per_unit - asked)):
            more = halves(game, game.land.mask(step.seen.eligible))
            if more is None:
                break
            forbidden |= more
            step = game.ask(game.aim.neutral, forbidden, case=first, keeps=True)
            asked += 1


def _difference(game: Game) -> None:
    """(d): the same narrow parts before and after somebody moves in; own holds fill the parts besides."""
    part = max(1, game.per_unit // (3 * _MOVES))
    for _ in range(_MOVES):
        centres = game.centres(part)
        asked = [narrow(game, game.aim.neutral, centre) for centre in centres]
        for forbidden in asked:
            game.ask(game.aim.neutral, forbidden, keeps=True)
        network = game.service.move_in()
        game.moved.append((network, len(game.steps)))
        foes = sorted(game.service.public.rivals.get(network, ()))
        for forbidden in asked:
            game.ask(game.aim.neutral, forbidden)
            if foes:
                game.ask(game.dice.choice(foes), forbidden)
    game.wanted = tuple(dict.fromkeys(network for network, _ in game.moved))


def _close_and_ask(game: Game) -> None:
    """(g): a registrar in league closes most beds of what admission asks for, so that little hides the answer."""
    for number, centre in enumerate(game.centres(game.per_unit)):
        sham = game.aim.shams[number % len(game.aim.shams)]
        forbidden = narrow(game, sham, centre, wanted=WANTED / 2)
        land = game.land
        left = game.base(sham) & land.allowed(forbidden)
        near = left & land.near[centre]
        closed: list[str] = []
        for place in sorted(np.flatnonzero(left & ~near).tolist(), key=lambda place: -float(land.beds[place])):
            left[place] = False
            if land.is_admitted(left, game.service.settings):
                closed.append(land.ids[place])
            else:
                left[place] = True
        game.service.close(closed)
        game.ask(sham, forbidden)
    game.service.close(())


def _by_hand(game: Game) -> None:
    """Questions so narrow that they are never admitted: the coordinator then places the case by hand, or cannot."""
    _pairs(game, is_admitted=False)


def _paired(game: Game) -> None:
    """(a) by one unit: as narrow as the settings admit, as often as its budget and longer."""
    _pairs(game, is_admitted=True)


def _pairs(game: Game, *, is_admitted: bool) -> None:
    pairs = max(1, game.per_unit // 2)
    for number, centre in enumerate(game.centres(pairs)):
        sham = game.aim.shams[number % len(game.aim.shams)]
        forbidden = narrow(game, sham, centre, is_admitted=is_admitted)
        if game.per_unit > 1:
            game.ask(game.aim.neutral, forbidden)
        game.ask(sham, forbidden)


def _fill(game: Game) -> None:
    """(d): beds of a narrow part are kept until nothing is offered there any more: how many there were tells."""
    centres = game.centres(max(1, game.per_unit // _FILLED))
    for number, centre in enumerate(centres):
        sham = game.aim.shams[number % len(game.aim.shams)]
        forbidden = narrow(game, sham, centre)
        for _ in range(_FILLED):
            if not outcome(game.ask(sham, forbidden, keeps=True).seen):
                break


def _ask_again(game: Game) -> None:
    """(d): the very same questions after somebody moved in: is anything else answered?"""
    networks = [one for one in sorted(game.service.public.rivals) if game.service.public.rivals[one]]
    game.dice.shuffle(networks)
    for network, centre in zip(networks, game.centres(max(1, game.per_unit)), strict=False):
        game.ask(network, narrow(game, network, centre))
    asked = list(game.steps)
    game.moved.append((game.service.move_in(), len(asked)))
    game.steps += [Step(step.question, game.service.again(number)) for number, step in enumerate(asked)]
    game.wanted = tuple(network for network, _ in game.moved)


def _measure_distances(game: Game) -> None:
    """How far off one named person is, another for each unit."""
    persons = list(game.service.persons())
    for unit, named in enumerate(game.dice.sample(persons, min(UNITS, len(persons)))):
        locate(game, named, unit)


@dataclass
class _Belief:
    """What a searching attacker believes of where the one looked for lives, while asking."""

    game: Game
    chance: Floats
    asked: set[tuple[str, frozenset[str]]] = field(default_factory=set)

    def none_by_place(self, network: str, eligible: Flags) -> Floats:
        """(n,) chance that nothing is offered, by where the one looked for lives."""
        there = self.game.known.expected(network) * eligible
        return np.asarray(np.exp(-(there.sum() - self.game.land.near @ there)), dtype=np.float64)

    def gain(self, none: Floats) -> float:
        """Bits a yes or no is expected to tell."""
        whole = float(self.chance @ none)
        each = float(self.chance @ _entropy(none))
        return float(_entropy(np.array([whole]))[0]) - each

    def learn(self, none: Floats, *, was_offered: bool) -> None:
        """Bayes, never quite sure of the model."""
        likelihood = 0.02 + 0.96 * (1 - none if was_offered else none)
        self.chance = self.chance * likelihood
        self.chance /= self.chance.sum()


def _entropy(chance: Floats) -> Floats:
    kept = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(-(kept * np.log2(kept) + (1 - kept) * np.log2(1 - kept)), dtype=np.float64)


def _search(game: Game) -> None:
    """(h): the question that is expected to tell most, given what was seen so far; three units, beds kept."""
    if game.is_naive:
        _compare_lists(game)
        return
    start = game.land.beds * game.base(game.dice.choice(game.aim.sought or (game.aim.neutral,)))
    belief = _Belief(game, start / start.sum())
    for number in range(UNITS * game.per_unit):
        unit = number // game.per_unit
        held = sum(step.question.unit == unit and step.question.keeps and outcome(step.seen) for step in game.steps)
        best = max(_ways(game, belief), key=lambda way: way[0], default=None)
        if best is None:
            return
        _, sham, forbidden, none = best
        is_too_full = float(belief.chance @ none) < _FULL and held < game.service.settings.unit_holds
        step = game.ask(sham, forbidden, unit=unit, keeps=is_too_full)
        belief.asked.add((sham, forbidden))
        belief.learn(none, was_offered=outcome(step.seen))


def _ways(game: Game, belief: _Belief) -> Iterator[tuple[float, str, frozenset[str], Floats]]:
    """Some questions that could be asked now, with what they are expected to tell."""
    weights = belief.chance + 1 / len(belief.chance)
    for _ in range(_CANDIDATES):
        centre = game.dice.choices(range(len(weights)), weights=weights.tolist())[0]
        sham = game.dice.choice(game.aim.shams)
        forbidden = narrow(game, sham, centre, game.dice.choice((0.25, 0.7, 1.4)))
        if (sham, forbidden) not in belief.asked:
            none = belief.none_by_place(sham, game.base(sham) & game.land.allowed(forbidden))
            yield belief.gain(none), sham, forbidden, none


@dataclass(frozen=True)
class Play:
    """A plan of questions.

    Parameters
    ----------
    name : of the plan
    carry_out : asks
    """

    name: str
    carry_out: Callable[[Game], None] = field(repr=False)


PLAYS: Final[Mapping[str, Play]] = MappingProxyType(
    {
        play.name: play
        for play in (
            Play("triangulation", _triangulate),
            Play("fingerprint", _fingerprint),
            Play("elimination", _eliminate),
            Play("differencing", _difference),
            Play("registrar", _close_and_ask),
            Play("search", _search),
            Play("by_hand", _by_hand),
            Play("paired", _paired),
            Play("filling", _fill),
            Play("again", _ask_again),
            Play("distance", _measure_distances),
        )
    }
)


def attack(
    service: Service, play: str, seed: int, per_unit: int, *, mode: str, number: int, clock: Callable[[], float]
) -> Run:
    """Carry a play out against a service.

    Parameters
    ----------
    service : with a world in it
    play : one of `PLAYS`
    seed : of the attackers' own dice
    per_unit : questions each unit asks
    mode, number : what the run is called
    clock : seconds
    """
    began = clock()
    game = Game(service, random.Random(seed), per_unit, is_naive=mode == "naive")
    PLAYS[play].carry_out(game)
    told, named = service.secrets(), {step.question.named for step in game.steps}
    told = replace(told, homes={key: home for key, home in told.homes.items() if key in named})
    return Run(
        mode=mode,
        play=play,
        vacancy=service.public.vacancy_percent,
        number=number,
        seconds=clock() - began,
        public=service.public,
        steps=tuple(game.steps),
        secrets=told,
        bases={network: service.eligible(Question(network)) for network in game.wanted},
        aimed=tuple(game.wanted),
        moved=tuple(game.moved),
    )
