"""What an attacker puts in and sees: nothing else passes between the attackers and the service.

An attacker knows the public catalogue, the map, the code, the settings and what they put in themselves. What they look
for is in `Secrets`, which only the judge of a run reads.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from service.settings import Settings

__all__ = ["Facility", "Public", "Question", "Secrets", "Seen", "Service"]


@dataclass(frozen=True)
class Facility:
    """One facility of the public catalogue.

    Parameters
    ----------
    kommun, lan : codes
    x_m, y_m : of its locality, SWEREF 99 TM
    beds : of all units, closed ones apart
    attributes : as on a card, in the order of `matching.requester.LADDER`
    """

    id: str
    locality: str
    kommun: str
    lan: str
    x_m: int
    y_m: int
    beds: int
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Public:
    """What everybody knows, or may find out elsewhere.

    Parameters
    ----------
    facilities : by id
    rivals : the networks hostile to each network, both directions
    homes : locality of the base of each network
    vacancy_percent : share of beds nobody uses; a figure of this kind is in the papers
    separation_km : how far rivals are kept apart by policy
    near : for each facility, those that a rival in it would be too near to, by road as well; none: by distance alone
    shut : the same as widened for somebody of whom little is known: what admission allows for
    """

    facilities: Mapping[str, Facility]
    rivals: Mapping[str, frozenset[str]]
    homes: Mapping[str, str]
    vacancy_percent: int
    separation_km: int
    near: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)
    shut: Mapping[str, frozenset[str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Question:
    """A sham case, or a new version of an assessment of one.

    Parameters
    ----------
    network : which network the sham person claims to have left
    forbidden : codes of kommuner the sham assessment forbids
    unit : which of the colluding units asks
    case : number of an earlier question whose case gets a new version; none: a new case
    keeps : the bed offered is kept until the run ends; else it is given back
    named, apart_km : a person by key whom the assessment keeps so far away from the sham person; none: nobody
    """

    network: str
    forbidden: frozenset[str] = frozenset()
    unit: int = 0
    case: int | None = None
    keeps: bool = False
    named: str | None = None
    apart_km: int = 0


@dataclass(frozen=True)
class Seen:
    """All that the attacker's side sees of one question.

    Parameters
    ----------
    is_answered : three slots came; else the coordinator has the case, as far as the requester is told
    eligible : what the attacker works out themselves: facilities the question's own facts and the catalogue allow
    card : values of the three like cards; empty without slots
    told_round : number of the telling round at which something was offered, from 0; none: nothing in time
    count : how many safe free facilities there are (naive service only)
    order : facilities of the options in order, as far as the cards tell them apart (naive service only)
    trail : what an auditor in league reads besides: names of acts about the case with the minute of each
    lengths, elapsed_s : of the requester's responses, in order
    ranked : what the attacker works out themselves, the code being public: facilities the cards are true of, in the
        order of the own case's cost
    """

    is_answered: bool
    eligible: frozenset[str]
    card: tuple[str, ...]
    told_round: int | None
    count: int | None = None
    order: tuple[str, ...] | None = None
    trail: tuple[tuple[str, int], ...] = ()
    lengths: tuple[int, ...] = ()
    elapsed_s: tuple[float, ...] = field(default=(), compare=False)
    ranked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Secrets:
    """What must not be found out; for the judge alone.

    Parameters
    ----------
    placed : for each network, the facilities where its people live
    offered : for each question by number, the facility behind what was offered; none: nothing
    moved : where those live who were moved in during the run, in that order
    backed : for each question by number, whether a safe free bed was behind its slots
    homes : where each person lives, by key
    """

    placed: Mapping[str, Sequence[str]] = field(repr=False)
    offered: Sequence[str | None] = field(repr=False)
    moved: Sequence[str] = field(default=(), repr=False)
    backed: Sequence[bool | None] = field(default=(), repr=False)
    homes: Mapping[str, str] = field(default_factory=dict, repr=False)


class Service(Protocol):
    """A register with a world in it, as a group of colluding requesters meets it."""

    @property
    def public(self) -> Public:
        """The catalogue and the like."""
        ...

    @property
    def settings(self) -> Settings:
        """Those in force; their reasons are published, so are they."""
        ...

    def eligible(self, question: Question) -> frozenset[str]:
        """What an attacker works out beforehand: facilities a question's own facts and the catalogue would allow."""
        ...

    def counted(self, question: Question) -> frozenset[str]:
        """Of those the ones that count for admission: open on the nights that are wanted; own closures apart."""
        ...

    def ask(self, question: Question) -> Seen:
        """Carry one question through to its last telling round; questions number from 0 in the order they are asked."""
        ...

    def again(self, question: int) -> Seen:
        """The same question about the same version of the assessment once more."""
        ...

    def close(self, facilities: Collection[str]) -> None:
        """A registrar in league closes these facilities for new stays; the others are open again."""
        ...

    def move_in(self) -> str:
        """Somebody new is placed safely by other people; the attackers hear of which network (the worst case)."""
        ...

    def persons(self) -> Sequence[str]:
        """Keys of placed persons: the attackers know whom they look for, not where they are."""
        ...

    def secrets(self) -> Secrets:
        """For the judge."""
        ...
