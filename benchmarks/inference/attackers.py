"""What attackers ask. Each play is a plan of questions; what they conclude is `benchmarks.inference.inference`'s work.

All of them know the catalogue, the map, the networks and their relations, the code and the settings, and write the
assessments of their sham cases themselves: a requester alone cannot vary a question at all.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np

from benchmarks.inference.inference import note, outcome
from benchmarks.inference.interface import Question, Service
from benchmarks.inference.land import Flags, Floats, Land, Occupancy
from benchmarks.inference.records import Run, Step

__all__ = ["PLAYS", "UNITS", "Aim", "Game", "Play", "aim", "attack", "narrow"]

UNITS: Final = 3
"""Colluding requesters."""
_WANTED: Final = 0.7
"""Free safe beds expected of a question: about as often none as some, so that the answer tells most."""
_CANDIDATES: Final = 24
_FULL: Final = 0.3
"""Where nothing is offered so seldom, a bed is kept, so that the next question there tells more."""
_FILLED: Final = 6
_QUARRELSOME: Final = 16
"""One network in so many is chosen from: those with most foes."""
_LISTED: Final = 22
"""Facilities of a part of the country in which few share a card."""
_MOVES: Final = 2


@dataclass(frozen=True)
class Aim:
    """Whom an attack is after, chosen from public knowledge.

    Parameters
    ----------
    shams : networks the sham persons claim to have left, hostile to those that are looked for
    neutral : a network with as few foes as possible
    sought : networks that are looked for: hostile to a sham
    """

    shams: tuple[str, ...]
    neutral: str
    sought: tuple[str, ...]


def aim(rivals: Mapping[str, frozenset[str]], dice: random.Random) -> Aim:
    """A network with very many foes, the one that shares most of them, and one with none: the foes are looked for.

    Parameters
    ----------
    rivals : hostile networks of each
    dice : which of those with most

    Examples
    --------
    >>> told = aim({"a": frozenset("b"), "b": frozenset("ac"), "c": frozenset("b"), "d": frozenset()}, random.Random(1))
    >>> told.neutral, told.shams, told.sought
    ('d', ('b',), ('a', 'c'))
    """
    networks = sorted(rivals)
    dice.shuffle(networks)
    neutral = min(networks, key=lambda one: len(rivals[one]))
    most = sorted(networks, key=lambda one: -len(rivals[one]))
    sham = dice.choice(most[: max(1, len(most) // _QUARRELSOME)])
    shares = {one: len(rivals[one] & rivals[sham]) for one in networks if one not in (sham, neutral)}
    second = max(shares, key=lambda one: shares[one], default=sham)
    shams = (sham, second) if shares.get(second) else (sham,)
    return Aim(shams, neutral, tuple(sorted(rivals[sham] - set(shams))))


@dataclass
class Game:
    """A run under way.

    Parameters
    ----------
    service : attacked
    dice : of the attackers
    per_unit : questions each unit asks
    is_naive : the service is known to list all its options
    """

    service: Service
    dice: random.Random
    per_unit: int
    is_naive: bool = False
    steps: list[Step] = field(default_factory=list)
    moved: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.land = Land(self.service.public)
        self.aim = aim(self.service.public.rivals, self.dice)
        self.wanted = self.aim.sought
        self.known = Occupancy(self.land)
        self._bases: dict[str, Flags] = {}
        self._kommuner: dict[str, _Kommuner] = {}

    def ask(
        self,
        network: str,
        forbidden: frozenset[str] = frozenset(),
        *,
        unit: int = 0,
        case: int | None = None,
        keeps: bool = False,
    ) -> Step:
        """Ask, and note what is seen."""
        question = Question(network, forbidden, unit, case, keeps)
        step = Step(question, self.service.ask(question))
        self.steps.append(step)
        note(self.known, self.land, question, step.seen)
        return step

    def base(self, network: str) -> Flags:
        """(n,) what the catalogue allows somebody of a network."""
        if network not in self._bases:
            self._bases[network] = self.land.mask(self.service.eligible(Question(network)))
        return self._bases[network]

    def kommuner(self, network: str) -> _Kommuner:
        """The same by kommun."""
        if network not in self._kommuner:
            self._kommuner[network] = _kommuner(self.land, self.base(network))
        return self._kommuner[network]

    def centres(self, count: int) -> list[int]:
        """Facilities spread over the country, more where beds are: each as far as may be from those before."""
        first = self.dice.choices(range(len(self.land.ids)), weights=self.land.beds.tolist())[0]
        found, gap_m = [first], self.land.gap_m[first].copy()
        while len(found) < count:
            following = int(np.argmax(gap_m * np.sqrt(self.land.beds)))
            found.append(following)
            gap_m = np.minimum(gap_m, self.land.gap_m[following])
        return found


@dataclass(frozen=True)
class _Kommuner:
    """What is left of the catalogue to somebody of a network, by kommun.

    Parameters
    ----------
    base : (n,) publicly eligible facilities
    facilities : how many of them each kommun has
    lan : of each kommun
    by_gap : for each facility, kommuner with any, the nearest first
    """

    base: Flags
    facilities: Floats
    lan: tuple[int, ...]
    by_gap: tuple[tuple[int, ...], ...]


def _kommuner(land: Land, base: Flags) -> _Kommuner:
    count = len(land.kommuner)
    facilities = np.bincount(land.kommun, weights=base, minlength=count).astype(np.float64)
    there = [number for number in range(count) if facilities[number]]
    gap_m = np.array([land.gap_m[:, base & (land.kommun == number)].min(axis=1) for number in there])
    return _Kommuner(
        base,
        facilities,
        tuple(int(land.lan[land.kommun == number][0]) for number in range(count)),
        tuple(tuple(there[one] for one in order) for order in np.argsort(gap_m, axis=0, kind="stable").T.tolist()),
    )


def narrow(
    game: Game, network: str, centre: int, wanted: float = _WANTED, *, is_admitted: bool = True
) -> frozenset[str]:
    """Kommuner to forbid so that little but the surroundings of a facility is left.

    First the nearest kommuner until as many free safe beds are expected as wanted; then, for a question that is to be
    admitted, as far as admission asks for them, those of new counties and those of which least is expected: best of all
    where an earlier answer has shown that nothing is.
    """
    land, told, settings = game.land, game.kommuner(network), game.service.settings
    beds = np.bincount(
        land.kommun, weights=told.base * game.known.expected(network), minlength=len(land.kommuner)
    ).astype(np.float64)
    kept: list[int] = []
    for number in told.by_gap[centre]:
        if kept and beds[kept].sum() >= wanted:
            break
        kept.append(number)
    lans = {told.lan[number] for number in kept}
    facilities = float(told.facilities[kept].sum())
    fillers = sorted(told.by_gap[centre], key=lambda number: (round(float(beds[number]), 3), number))
    for is_new_lan in (True, False) if is_admitted else ():
        for number in fillers:
            if number in kept or (is_new_lan and (told.lan[number] in lans or len(lans) >= settings.admission_lan)):
                continue
            if not is_new_lan and (
                len(kept) >= settings.admission_kommuner and facilities >= settings.admission_facilities
            ):
                break
            kept.append(number)
            lans.add(told.lan[number])
            facilities += float(told.facilities[number])
    return frozenset(land.kommuner[number] for number in range(len(land.kommuner)) if number not in kept)


def _parts(land: Land, base: Flags, count: int) -> list[frozenset[str]]:
    """The country in parts of neighbouring kommuner with about as many facilities each; what each part forbids."""
    kommuner = [number for number in range(len(land.kommuner)) if base[land.kommun == number].any()]
    middle = {number: land.at[land.kommun == number].mean(axis=0) for number in kommuner}
    size = {number: int((base & (land.kommun == number)).sum()) for number in kommuner}
    groups = [kommuner]
    while len(groups) < count:
        group = groups.pop(int(np.argmax([sum(size[number] for number in one) for one in groups])))
        if len(group) < 2:
            groups.append(group)
            break
        axis = int(np.argmax(np.ptp([middle[number] for number in group], axis=0)))
        group = sorted(group, key=lambda number: (float(middle[number][axis]), number))
        filled = np.cumsum([size[number] for number in group])
        cut = min(len(group) - 1, max(1, int(np.searchsorted(filled, filled[-1] / 2)) + 1))
        groups += [group[:cut], group[cut:]]
    return [
        frozenset(land.kommuner[number] for number in range(len(land.kommuner)) if number not in group)
        for group in groups
    ]


def _compare_lists(game: Game) -> None:
    """Of a service that lists its options and counts nobody's questions: what foes' lists lack of a neutral person's.

    Part by part, so that few facilities share a card; by as many foes of those looked for as there are questions.
    """
    rivals, sought = game.service.public.rivals, set(game.aim.sought)
    base = game.base(game.aim.neutral)
    parts = _parts(game.land, base, max(1, round(float(base.sum()) / _LISTED)))
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


def _halves(game: Game, eligible: Flags) -> frozenset[str] | None:
    """Kommuner with about half of the beds that are left, as long as the rest is admitted; None: no such half."""
    land = game.land
    kommuner = sorted(set(land.kommun[eligible].tolist()))
    for share in (0.5, 0.35, 0.2):
        for _ in range(20):
            game.dice.shuffle(kommuner)
            kept = eligible.copy()
            barred: set[int] = set()
            for number in kommuner:
                if land.beds[kept].sum() <= (1 - share) * land.beds[eligible].sum():
                    break
                barred.add(number)
                kept &= land.kommun != number
            if land.is_admitted(kept, game.service.settings):
                return frozenset(land.kommuner[number] for number in barred)
    return None


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
            more = _halves(game, game.land.mask(step.seen.eligible))
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
        forbidden = narrow(game, sham, centre, wanted=_WANTED / 2)
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
    told = service.secrets()
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
