"""Which runs make the table: how many of which play against which mode, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from benchmarks.inference.reckoned import RECKONED
from benchmarks.inference.running import Job

__all__ = ["DEFENCES", "VACANCIES", "Defence", "Plan", "full", "quick"]

VACANCIES: Final = (35, 20, 10, 5)
_QUESTIONS: Final[Mapping[str, int]] = MappingProxyType(
    {"fingerprint": 12, "registrar": 12, "elimination": 12, "differencing": 12, "distance": 8, "by_hand": 12}
)
"""Plays that do not use up the budget of a unit: what they have to learn comes with the first questions."""
_RECKONED: Final = ("triangulation", "search", "registrar")
_ALL_ON: Final = ("search", "triangulation", "fingerprint", "registrar", "elimination", "differencing", "distance")


@dataclass(frozen=True)
class Defence:
    """A defence, and the attack that succeeds without it.

    Parameters
    ----------
    without, with_it : modes that differ in this defence alone
    play, attacker, target : the attack
    per_unit : questions of the unit; more than its budget where the budget is the defence
    is_simulated : what is seen without it is made by the bench: the product has no code that would tell it
    """

    without: str
    with_it: str
    play: str
    attacker: str
    target: str
    per_unit: int = 24
    vacancy: int = 20
    is_simulated: bool = False


DEFENCES: Final[Mapping[str, Defence]] = MappingProxyType(
    {
        "admission": Defence(
            "no_admission", "with_admission", "distance", "distance", "named_kommun", per_unit=14, vacancy=35
        ),
        "budget": Defence("no_budget", "with_budget", "distance", "distance", "named_kommun", per_unit=32, vacancy=10),
        "like slots": Defence(
            "no_like_slots", "with_like_slots", "paired", "paired", "rival_kommun", vacancy=10, is_simulated=True
        ),
        "stored answer": Defence(
            "no_stored_answer", "with_stored_answer", "again", "again", "rival_kommun", vacancy=10, is_simulated=True
        ),
        "card ladder": Defence(
            "no_card_ladder", "all_on", "fingerprint", "fingerprint", "offered_kommun", per_unit=12, is_simulated=True
        ),
        "draw": Defence("no_draw", "all_on", "fingerprint", "fingerprint", "offered_kommun", per_unit=12),
        "telling round": Defence("no_round", "all_on", "triangulation", "timing", "rival_kommun", vacancy=10),
        "confirmed unseen": Defence(
            "no_unseen", "with_unseen", "elimination", "elimination", "offered_kommun", per_unit=12, is_simulated=True
        ),
        "cap of holds": Defence("no_hold_cap", "with_hold_cap", "filling", "filling", "rival_kommun", vacancy=10),
    }
)


@dataclass(frozen=True)
class Plan:
    """How much is run.

    Parameters
    ----------
    all_on, naive, defences : runs of each play at each vacancy, of the naive service, and of each side of a defence
    reckoned : worlds at each vacancy in which the answers are reckoned
    per_unit : questions of each unit
    """

    all_on: int
    naive: int
    defences: int
    reckoned: int
    per_unit: int = 24
    vacancies: tuple[int, ...] = VACANCIES
    plays: tuple[str, ...] = _ALL_ON
    is_tiny: bool = False

    def questions(self, play: str) -> int:
        """Of each unit."""
        return min(self.per_unit, _QUESTIONS.get(play, self.per_unit))

    def jobs(self) -> list[Job]:
        """All of them."""
        found = [
            Job("all_on", play, vacancy, number, self.questions(play), self.is_tiny)
            for play in self.plays
            for vacancy in self.vacancies
            for number in range(1, self.all_on + 1)
        ]
        found += [
            Job("naive", play, vacancy, number, self.questions(play), self.is_tiny)
            for play in ("triangulation", "fingerprint")
            for vacancy in self.vacancies
            for number in range(1, self.naive + 1)
        ]
        found += [
            Job("reckoned", play, vacancy, number, self.per_unit, self.is_tiny)
            for play in _RECKONED
            for vacancy in self.vacancies
            for number in range(1, self.reckoned + 1)
        ]
        found += [
            Job(mode, one.play, one.vacancy, number, min(one.per_unit, 2 * self.per_unit), self.is_tiny)
            for one in DEFENCES.values()
            for mode in (one.without, one.with_it)
            for number in range(1, (self.reckoned if mode in RECKONED else self.defences) + 1)
        ]
        found += [
            Job("hand_check_fails", "by_hand", vacancy, number, self.questions("by_hand"), self.is_tiny)
            for vacancy in self.vacancies
            for number in range(1, self.defences + 1)
        ]
        return list(dict.fromkeys({job.key: job for job in found}.values()))


def full(runs: int, per_unit: int = 24) -> Plan:
    """The table of the README.

    Parameters
    ----------
    runs : of each play at each vacancy with all defences on
    per_unit : questions of each unit: its whole budget, or fewer for more runs in the same time
    """
    return Plan(all_on=runs, naive=runs, defences=runs, reckoned=50 * runs, per_unit=per_unit)


def quick() -> Plan:
    """A small world, so that the suite sees that everything runs; its figures mean nothing."""
    return Plan(
        all_on=1,
        naive=1,
        defences=0,
        reckoned=2,
        per_unit=2,
        vacancies=(35,),
        plays=("triangulation",),
        is_tiny=True,
    )
