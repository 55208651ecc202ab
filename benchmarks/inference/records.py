"""What a run left: the transcript, and the secrets it is judged by; one JSON line each, of synthetic worlds only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from benchmarks.inference.interface import Facility, Public, Question, Secrets, Seen
from benchmarks.inference.land import CARD_SEPARATOR, Land

__all__ = ["Run", "Step", "from_json", "to_json"]


@dataclass(frozen=True)
class Step:
    """A question and what was seen of it."""

    question: Question
    seen: Seen


@dataclass(frozen=True)
class Run:
    """One attack on one world.

    Parameters
    ----------
    mode, play, vacancy, number : which; the number names the world
    seconds : it took
    public : of its world
    steps : in order
    secrets : for the judge alone
    bases : for each network asked about, facilities the catalogue would allow somebody of it
    aimed : networks the attack is after
    moved : network of each person who moved in, and the number of the first question after it
    """

    mode: str
    play: str
    vacancy: int
    number: int
    seconds: float
    public: Public
    steps: Sequence[Step]
    secrets: Secrets = field(repr=False)
    bases: Mapping[str, frozenset[str]]
    aimed: Sequence[str]
    moved: Sequence[tuple[str, int]] = ()

    @property
    def named(self) -> tuple[str, ...]:
        """Keys of the persons who are looked for, in the order they were first asked about."""
        asked = (step.question.named for step in self.steps)
        return tuple(dict.fromkeys(name for name in asked if name is not None))

    @cached_property
    def land(self) -> Land:
        """The catalogue as arrays."""
        return Land(self.public)

    @cached_property
    def memory(self) -> dict[object, Any]:
        """What has been worked out of the run: the same for whoever reads it."""
        return {}

    @property
    def key(self) -> tuple[str, str, int, int]:
        """Which run it is."""
        return self.mode, self.play, self.vacancy, self.number


class _Names:
    """Facilities, kommuner and networks as numbers; sets of them as hexadecimal bits."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = sorted(names)
        self.number = {name: number for number, name in enumerate(self.names)}

    def bits(self, names: Iterable[str]) -> str:
        return format(sum(1 << self.number[name] for name in set(names)), "x")

    def of_bits(self, told: str) -> frozenset[str]:
        bits = int(told, 16)
        return frozenset(name for number, name in enumerate(self.names) if bits >> number & 1)

    def numbers(self, names: Iterable[str]) -> list[int]:
        return [self.number[name] for name in names]

    def of_numbers(self, numbers: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.names[number] for number in numbers)

    def maybe(self, name: str | None) -> int | None:
        return None if name is None else self.number[name]

    def of_maybe(self, number: int | None) -> str | None:
        return None if number is None else self.names[number]


def to_json(run: Run) -> str:
    """One line."""
    facilities, networks = _Names(run.public.facilities), _Names(run.public.rivals)
    kommuner = _Names({one.kommun for one in run.public.facilities.values()})
    catalogue = (run.public.facilities[name] for name in facilities.names)
    told = {
        "run": [run.mode, run.play, run.vacancy, run.number, round(run.seconds, 2)],
        "facilities": [
            [one.id, one.locality, one.kommun, one.lan, one.x_m, one.y_m, one.beds, *one.attributes]
            for one in catalogue
        ],
        "networks": [
            [name, run.public.homes.get(name, ""), networks.bits(run.public.rivals[name])] for name in networks.names
        ],
        "separation_km": run.public.separation_km,
        "near": [facilities.bits(run.public.near.get(name, ())) for name in facilities.names],
        "shut": [facilities.bits(run.public.shut.get(name, ())) for name in facilities.names],
        "vacancy": run.public.vacancy_percent,
        "steps": [_step(step, facilities, networks, kommuner, _cards(run.public)) for step in run.steps],
        "placed": {networks.number[name]: facilities.numbers(at) for name, at in run.secrets.placed.items()},
        "offered": [facilities.maybe(name) for name in run.secrets.offered],
        "moved_to": facilities.numbers(run.secrets.moved),
        "backed": list(run.secrets.backed),
        "homes": {key: facilities.number[at] for key, at in run.secrets.homes.items() if key in run.named},
        "bases": {networks.number[name]: facilities.bits(among) for name, among in run.bases.items()},
        "aimed": networks.numbers(run.aimed),
        "moved": [[networks.number[name], first] for name, first in run.moved],
    }
    return json.dumps(told, separators=(",", ":"))


def _cards(public: Public) -> _Names:
    return _Names({CARD_SEPARATOR.join(one.attributes) for one in public.facilities.values()})


def _step(step: Step, facilities: _Names, networks: _Names, kommuner: _Names, cards: _Names) -> list[Any]:
    question, seen = step.question, step.seen
    asked = [networks.number[question.network], kommuner.bits(question.forbidden), question.unit, question.case]
    return [
        [*asked, question.keeps, question.named, question.apart_km],
        [seen.is_answered, facilities.bits(seen.eligible), list(seen.card), seen.told_round, seen.count],
        None if seen.order is None else cards.numbers(seen.order),
        [list(one) for one in seen.trail],
        [list(seen.lengths), [round(one, 6) for one in seen.elapsed_s]],
        facilities.numbers(seen.ranked),
    ]


def _pairs(facilities: _Names, rows: Sequence[str]) -> Mapping[str, frozenset[str]]:
    if not any(int(bits, 16) for bits in rows):
        return {}
    return {name: facilities.of_bits(bits) for name, bits in zip(facilities.names, rows, strict=True)}


def from_json(line: str) -> Run:
    """The run a line tells of.

    Raises
    ------
    ValueError : it is none
    """
    told = json.loads(line)
    try:
        return _run(told)
    except (KeyError, TypeError, IndexError) as err:
        raise ValueError("the line tells of no run") from err


def _run(told: Mapping[str, Any]) -> Run:
    catalogue = [
        Facility(name, locality, kommun, lan, x_m, y_m, beds, tuple(values))
        for name, locality, kommun, lan, x_m, y_m, beds, *values in told["facilities"]
    ]
    facilities, kommuner = _Names(one.id for one in catalogue), _Names({one.kommun for one in catalogue})
    networks = _Names(row[0] for row in told["networks"])
    public = Public(
        {one.id: one for one in catalogue},
        {name: networks.of_bits(rivals) for name, _, rivals in told["networks"]},
        {name: home for name, home, _ in told["networks"]},
        told["vacancy"],
        told["separation_km"],
        _pairs(facilities, told["near"]),
        _pairs(facilities, told["shut"]),
    )
    steps, cards = [], _cards(public)
    for (network, forbidden, unit, case, keeps, named, apart_km), shown, order, trail, (
        lengths,
        elapsed_s,
    ), ranked in told["steps"]:
        question = Question(networks.names[network], kommuner.of_bits(forbidden), unit, case, keeps, named, apart_km)
        is_answered, eligible, card, told_round, count = shown
        seen = Seen(
            is_answered,
            facilities.of_bits(eligible),
            tuple(card),
            told_round,
            count,
            None if order is None else cards.of_numbers(order),
            tuple((name, hour) for name, hour in trail),
            tuple(lengths),
            tuple(elapsed_s),
            facilities.of_numbers(ranked),
        )
        steps.append(Step(question, seen))
    secrets = Secrets(
        {networks.names[int(name)]: facilities.of_numbers(at) for name, at in told["placed"].items()},
        tuple(facilities.of_maybe(number) for number in told["offered"]),
        facilities.of_numbers(told["moved_to"]),
        tuple(told["backed"]),
        {key: facilities.names[at] for key, at in told["homes"].items()},
    )
    mode, play, vacancy, number, seconds = told["run"]
    return Run(
        mode,
        play,
        vacancy,
        number,
        seconds,
        public,
        tuple(steps),
        secrets,
        {networks.names[int(name)]: facilities.of_bits(bits) for name, bits in told["bases"].items()},
        networks.of_numbers(told["aimed"]),
        tuple((networks.names[number], first) for number, first in told["moved"]),
    )
