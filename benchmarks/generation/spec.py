"""How large a synthetic week is, and the presets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from matching.domain import Policy

__all__ = ["BENCHED", "SIZES", "STARTS", "UNSEEN_MILLI", "WeekSpec", "instance", "most_prior_percent"]

# Thousandths of persons placed unseen in the three big cities: a network often hostile cannot be placed there.
UNSEEN_MILLI: Final[Mapping[str, int]] = MappingProxyType({"0180": 300, "1280": 350, "1480": 250})


def most_prior_percent(kommun: str) -> int:
    """Highest hostility prior, percent, with which the residual risk of a kommun is still accepted.

    Examples
    --------
    >>> most_prior_percent("0180"), most_prior_percent("0380")
    (17, 100)
    """
    policy = Policy()
    accepted = math.floor(-math.log(1 - policy.residual_risk_percent / 100) * 100_000)
    return min(100, accepted // UNSEEN_MILLI.get(kommun, policy.unseen_persons_milli))


@dataclass(frozen=True)
class WeekSpec:
    """Size, seed and moment of a week; the same spec gives the same bytes.

    Parameters
    ----------
    waiting : cases waiting for a placement
    placed : live placements (households), holds and recent departures included
    facilities, networks : how many
    seed : of every draw; no clock and no other randomness is read
    now : ISO time with zone; the moment of planning
    vacancy_percent : share of all beds that nobody uses tonight or holds
    window_days : shortest and longest wait from today to the last wanted start; ``(0, 0)`` leaves one start
    residences : protected persons outside the facilities
    live_breaches : 0 to 6 deliberate faults among those placed: first two rivals too near each other,
        then more persons than beds, a place known to a network of the resident's, a disqualifying incident
        at a resident's provider, a resident's relatives in the same town, a resident whose required
        protection has been raised
    is_dense : every network is the rival of half of the others, and nobody is allied

    Raises
    ------
    ValueError : a number that makes no week

    Examples
    --------
    >>> WeekSpec(waiting=4, placed=10, facilities=12, networks=6).today.isoformat()
    '2026-11-20'
    """

    waiting: int
    placed: int
    facilities: int
    networks: int
    seed: int = 1
    now: str = "2026-11-20T08:00:00+01:00"
    vacancy_percent: int = 10
    window_days: tuple[int, int] = (7, 21)
    residences: int = 0
    live_breaches: int = 0
    is_dense: bool = False

    def __post_init__(self) -> None:
        if min(self.waiting, self.placed, self.residences, self.seed) < 0:
            raise ValueError("waiting, placed, residences and seed must be 0 or more")
        if self.facilities < 1 or self.networks < 4:
            raise ValueError("a week needs a facility and four networks")
        if self.placed > 3 * self.facilities:
            raise ValueError("placed must be at most three times the facilities: they have 1 to 6 beds each")
        if not 3 <= self.vacancy_percent <= 95:
            raise ValueError("vacancy_percent must lie in 3 to 95")
        if not 0 <= self.window_days[0] <= self.window_days[1] <= 60:
            raise ValueError("window_days must be in order, within 0 to 60")
        if not 0 <= self.live_breaches <= 6:
            raise ValueError("live_breaches must lie in 0 to 6")
        if self.moment.tzinfo is None:
            raise ValueError("now must name its zone")

    @property
    def moment(self) -> datetime:
        """The moment of planning."""
        return datetime.fromisoformat(self.now)

    @property
    def shares_gone(self) -> tuple[float, float]:
        """Shares of those placed who have recently left, and whose stay ended without a recorded departure."""
        gone = min(0.04, self.vacancy_percent / 300)
        return (0.6 * gone, 0.4 * gone)

    @property
    def today(self) -> date:
        """The day of planning."""
        return self.moment.date()


# The real size (about 200 arrivals a year x 3 weeks of handling = 12 waiting).
_NATIONAL: Final = WeekSpec(waiting=12, placed=240, facilities=180, networks=80, residences=15, vacancy_percent=14)

SIZES: Final[Mapping[str, WeekSpec]] = MappingProxyType(
    {
        "tiny": WeekSpec(waiting=4, placed=10, facilities=12, networks=6, vacancy_percent=40),
        "small": WeekSpec(waiting=12, placed=40, facilities=40, networks=20, vacancy_percent=25, residences=3),
        # Room for everybody: a register that is walked through finds a bed on any day.
        "calm": WeekSpec(waiting=6, placed=40, facilities=60, networks=20, vacancy_percent=60, residences=3),
        "demo": replace(_NATIONAL, waiting=40, live_breaches=6),
        "N": _NATIONAL,
        "surge": replace(_NATIONAL, waiting=40),
        "dense": WeekSpec(
            waiting=40, placed=240, facilities=180, networks=80, vacancy_percent=30, residences=5, is_dense=True
        ),
        "dense-L": WeekSpec(
            waiting=600, placed=240, facilities=400, networks=40, vacancy_percent=30, residences=5, is_dense=True
        ),
        "M": WeekSpec(waiting=200, placed=240, facilities=200, networks=25, vacancy_percent=70, residences=5),
        "L": WeekSpec(waiting=600, placed=240, facilities=400, networks=40, vacancy_percent=82, residences=10),
        "XL": WeekSpec(waiting=2000, placed=240, facilities=1000, networks=80, vacancy_percent=85, residences=15),
    }
)

BENCHED: Final = ("N", "surge", "M", "L", "XL", "dense", "dense-L", "tiny", "small")
"""Sizes the solvers are measured on: without ordered breaches."""

STARTS: Final[Mapping[int, tuple[int, int]]] = MappingProxyType({1: (0, 0), 3: (0, 2)})
"""At most so many candidate starts a case, and the window that leaves as many days."""


def instance(size: str, seed: int, starts: int = 3) -> WeekSpec:
    """The week that solvers are compared on.

    Parameters
    ----------
    size : one of `BENCHED`
    seed : 1 for the first instance of a size, and so on
    starts : at most so many candidate starts a case, 1 or 3

    Raises
    ------
    ValueError : a size or a number of starts that is not measured

    Examples
    --------
    >>> instance("M", 2, 1).window_days, instance("M", 2).window_days, instance("M", 2).placed
    ((0, 0), (0, 2), 240)
    """
    if size not in BENCHED:
        raise ValueError(f"size must be one of {', '.join(BENCHED)}")
    if starts not in STARTS:
        raise ValueError(f"starts must be one of {', '.join(map(str, STARTS))}")
    return replace(SIZES[size], seed=seed, window_days=STARTS[starts])
