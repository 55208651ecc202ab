"""An attack under way, and how its questions are made narrow."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.inference.evidence import note
from benchmarks.inference.interface import Question, Service
from benchmarks.inference.land import Flags, Floats, Land, Occupancy
from benchmarks.inference.records import Step
from service.settings import Settings

__all__ = ["WANTED", "Aim", "Game", "aim", "halves", "narrow", "parts_of"]

WANTED: Final = 0.7
"""Free safe beds expected of a question: about as often none as some, so that the answer tells most."""
_QUARRELSOME: Final = 16
"""One network in so many is chosen from: those with most foes."""


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
        return self.ask_of(Question(network, forbidden, unit, case, keeps))

    def ask_of(self, question: Question) -> Step:
        """Ask a question as it stands."""
        step = Step(question, self.service.ask(question))
        self.steps.append(step)
        note(self.known, self.land, question, step.seen)
        return step

    def base(self, network: str) -> Flags:
        """(n,) what the catalogue allows somebody of a network and has open."""
        if network not in self._bases:
            self._bases[network] = self.land.mask(self.service.counted(Question(network)))
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
    left : (kommuner, n) facilities of each kommun that are left, wherever one person may live
    lan : of each kommun
    by_gap : for each facility, kommuner with any, the nearest first
    """

    base: Flags
    left: Floats
    lan: tuple[int, ...]
    by_gap: tuple[tuple[int, ...], ...]


def _kommuner(land: Land, base: Flags) -> _Kommuner:
    count = len(land.kommuner)
    members = base & (land.kommun[None, :] == np.arange(count)[:, None])
    there = [number for number in range(count) if members[number].any()]
    gap_m = np.array([land.gap_m[:, base & (land.kommun == number)].min(axis=1) for number in there])
    return _Kommuner(
        base,
        members.astype(np.float64) @ ~land.shut.T,
        tuple(int(land.lan[land.kommun == number][0]) for number in range(count)),
        tuple(tuple(there[one] for one in order) for order in np.argsort(gap_m, axis=0, kind="stable").T.tolist()),
    )


def narrow(
    game: Game, network: str, centre: int, wanted: float = WANTED, *, is_admitted: bool = True
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
    if is_admitted:
        fillers = sorted(told.by_gap[centre], key=lambda number: (round(float(beds[number]), 3), number))
        _fill_up(told, kept, fillers, settings)
    return frozenset(land.kommuner[number] for number in range(len(land.kommuner)) if number not in kept)


def _fill_up(told: _Kommuner, kept: list[int], fillers: Sequence[int], settings: Settings) -> None:
    """Add kommuner until the question is admitted: the first of each county that is missing, then the others."""
    left, kommuner = told.left[kept].sum(axis=0), (told.left[kept] > 0).sum(axis=0)
    lans: dict[int, Flags] = {}
    for number in kept:
        lans[told.lan[number]] = lans.get(told.lan[number], np.zeros(left.shape, dtype=np.bool_)) | (
            told.left[number] > 0
        )
    for is_for_lan in (True, False):
        for number in fillers:
            lan, own = told.lan[number], told.left[number] > 0
            if is_for_lan:
                if np.sum(list(lans.values()), axis=0).min() >= settings.admission_lan:
                    break
                is_useful = lan not in lans or bool((own & ~lans[lan]).any())
            else:
                is_useful = True
                if left.min() >= settings.admission_facilities and kommuner.min() >= settings.admission_kommuner:
                    return
            if number in kept or not is_useful:
                continue
            kept.append(number)
            left, kommuner = left + told.left[number], kommuner + own
            lans[lan] = lans.get(lan, np.zeros(left.shape, dtype=np.bool_)) | own


def parts_of(land: Land, base: Flags, count: int) -> list[frozenset[str]]:
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


def halves(game: Game, eligible: Flags) -> frozenset[str] | None:
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
            if land.is_admitted(kept & game.base(game.aim.neutral), game.service.settings):
                return frozenset(land.kommuner[number] for number in barred)
    return None
