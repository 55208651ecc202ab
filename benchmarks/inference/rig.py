"""The rig: the real service over a generated world, as colluding requesters meet it.

One question is carried through from intake to its last telling round. Requester, assessor and decider are the
attackers'; the coordinator, the provider and the police at the destination are honest and do what they would do. What
the attackers' side sees is what came over HTTP, and nothing else; `Rig.secrets` is for the judge of a run.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from benchmarks.generation.spec import WeekSpec
from benchmarks.inference import behind, honest
from benchmarks.inference.catalogue import Catalogue
from benchmarks.inference.interface import Public, Question, Secrets, Seen
from benchmarks.inference.known import AtHome, Knowledge
from benchmarks.inference.modes import ALL_ON, Mode, mode_of
from benchmarks.inference.office import Office, Unexpected
from benchmarks.inference.sham import Sham
from benchmarks.inference.worlds import NATIONAL, World, new_world
from service.inference import round_at
from service.settings import Settings

__all__ = ["Rig", "rig_in"]

_ROUNDS: Final = 3
"""Telling rounds that are waited for."""
_ACCEPTED: Final = 202
_CONFLICT: Final = 409
_CALL_MIN: Final = 20
"""Until the coordinator has called the provider back."""
_SEPARATOR: Final = "|"
"""Between the values of a card in `Seen.order`."""


@dataclass
class _Asked:
    """A question that was asked, what the attackers saw, and what was behind it."""

    question: Question
    sham: Sham
    seen: Seen | None = None
    offered: str | None = None
    is_backed: bool | None = None


class Rig:
    """A `benchmarks.inference.interface.Service` over a register in this process.

    Parameters
    ----------
    office : its register is filled with the world; it begins anew
    more : settings other than the mode's
    seed : of the attackers' own chance, such as their order of the three slots, and of what other people do
    reads_trail : an auditor is in league: `Seen.trail` is filled
    """

    def __init__(
        self,
        office: Office,
        world: World,
        mode: Mode = ALL_ON,
        *,
        more: Mapping[str, Any] | None = None,
        seed: int = 1,
        reads_trail: bool = False,
    ) -> None:
        self.office = office
        self.world = world
        self.mode = mode
        self.reads_trail = reads_trail
        office.begin(mode.in_force(more))
        self.knowledge = Knowledge(world)
        self.catalogue = Catalogue(office, world)
        self._dice = random.Random(seed)
        self._asked: list[_Asked] = []
        self._at_home: dict[tuple[str, frozenset[str]], AtHome] = {}
        self._moved: list[str] = []
        self._placed = {network: list(homes) for network, homes in world.placed.items()}
        self._trail_read = 0

    @property
    def public(self) -> Public:
        """The catalogue and the like."""
        return self.world.public

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self.office.settings

    def secrets(self) -> Secrets:
        """For the judge."""
        return Secrets(
            placed={network: tuple(homes) for network, homes in self._placed.items()},
            offered=tuple(asked.offered for asked in self._asked),
            moved=tuple(self._moved),
            backed=tuple(asked.is_backed for asked in self._asked),
            homes=self.world.homes,
        )

    def persons(self) -> tuple[str, ...]:
        """Keys of placed persons."""
        return tuple(sorted(self.world.homes))

    def eligible(self, question: Question) -> frozenset[str]:
        """What an attacker works out beforehand."""
        sham = Sham(self.office, _unit(question), question.network, forbidden=question.forbidden)
        return self._home(sham).eligible

    def counted(self, question: Question) -> frozenset[str]:
        """What an attacker works out beforehand of admission, closures of their own apart."""
        sham = Sham(self.office, _unit(question), question.network, forbidden=question.forbidden)
        return self._home(sham).counted

    def ask(self, question: Question) -> Seen:
        """Carry one question through to its last telling round.

        Raises
        ------
        Unexpected : the service did something else than it must
        """
        earlier = None if question.case is None else self._asked[question.case].sham
        sham = Sham(self.office, _unit(question), question.network) if earlier is None else earlier
        sham.named, sham.apart_km = question.named, question.apart_km
        asked = _Asked(question, sham)
        self._asked.append(asked)
        before = len(sham.heard)
        with self.mode.applied():
            if earlier is None:
                sham.takes_in()
            held = behind.offered(self.office, sham.case_id)
            sham.assesses(question.forbidden)
            self.office.run_jobs()
            stands = held is not None and held == behind.offered(self.office, sham.case_id)
            found = self._shown_all(asked) if self.mode.is_naive else self._carried(asked)
            if self.mode.shows_fate and earlier is not None:
                found = replace(found, count=int(stands))
        replies, home = sham.heard[before:], self._home(sham)
        asked.seen = replace(
            found,
            eligible=home.eligible,
            ranked=home.ranked,
            trail=self._trail(sham) if self.reads_trail else (),
            lengths=tuple(reply.length for reply in replies),
            elapsed_s=tuple(reply.elapsed_s for reply in replies),
        )
        return asked.seen

    def again(self, question: int) -> Seen:
        """The same question about the same version of the assessment: the stored answer, if answers are stored."""
        asked = self._asked[question]
        if asked.seen is None:
            raise ValueError("ask the question first")
        if self.mode.is_stored or not asked.seen.is_answered:
            return asked.seen
        return replace(asked.seen, count=self._count(asked.sham))

    def close(self, facilities: Collection[str]) -> None:
        """A registrar in league closes these facilities for new stays; the others are open again."""
        self.catalogue.close(frozenset(facilities))

    def move_in(self) -> str:
        """Somebody new is placed safely by other people; the attackers hear of which network.

        Raises
        ------
        NobodyMoves : nobody of any network of rivals finds a bed
        """
        network, home = honest.move_in(self.office, self.public, self._dice)
        self._moved.append(home)
        self._placed.setdefault(network, []).append(home)
        return network

    # what the attackers see

    def _shown_all(self, asked: _Asked) -> Seen:
        """The naive service: everything at once, and the first of the list is what is offered."""
        order = behind.safe_and_free(self.office, asked.sham.case_id)
        cards = [self.public.facilities[name].attributes for name in order]
        asked.offered = order[0] if order else None
        asked.is_backed = bool(order)
        if asked.question.keeps and order:
            behind.keep(self.office, asked.sham.case_id, order)
        told = tuple(_SEPARATOR.join(card) for card in cards)
        return Seen(True, frozenset(), cards[0] if cards else (), 0 if order else None, len(order), told)

    def _carried(self, asked: _Asked) -> Seen:
        sham, office = asked.sham, self.office
        posted = sham.hears(sham.requester.post(sham.path("/queries")))
        if posted.status == _CONFLICT and sham.query_id is not None:
            # The order of slots told for an earlier version counts on; the round shows what becomes of it.
            return Seen(True, frozenset(), self._card_before(asked), self._told(asked))
        if posted.status != _ACCEPTED:
            raise Unexpected(f"queries: {posted.status}")
        sham.query_id = str(posted.content["query_id"])
        read = f"/v1/queries/{sham.query_id}"
        sham.hears(sham.requester.get(read))
        office.run_jobs()
        office.move_to(behind.released_at(office, sham.query_id))
        slots = sham.hears(sham.requester.get(read)).content["slots"] or ()
        count = None
        if slots:
            count = self._count(sham) if self.mode.is_counted else None
            order = [slot["slot_id"] for slot in slots]
            self._dice.shuffle(order)
            sham.hears(sham.requester.does(f"{read}/preference", {"slots": order}))
            office.run_jobs()
            asked.is_backed = behind.is_backed(office, sham.case_id, sham.query_id)
        told = self._told(asked)
        card = _card(slots)
        if slots and not self.mode.is_laddered and asked.offered is not None:
            card = self.public.facilities[asked.offered].attributes
        return Seen(bool(slots), frozenset(), card, told, count)

    def _card_before(self, asked: _Asked) -> tuple[str, ...]:
        earlier = (one.seen.card for one in reversed(self._asked) if one.sham is asked.sham and one.seen is not None)
        return next(earlier, ())

    def _count(self, sham: Sham) -> int:
        """As many slots as have a safe free bed behind them, where a mode shows that."""
        free = behind.safe_and_free(self.office, sham.case_id)
        return min(3, len(set(free) & set(self._home(sham).ranked)))

    def _told(self, asked: _Asked) -> int | None:
        """Honest people do their part; each round is looked at; an offer is answered as the attackers want."""
        sham, office = asked.sham, self.office
        steps: list[Callable[[], None]] = [lambda: honest.confirm(office, self.public, sham)]
        if self.mode.is_handled:
            believes = self.mode.believes_shams
            steps.append(lambda: honest.place_by_hand(office, self.public, sham, believes_shams=believes))
        if office.settings.release_tick_s:
            office.move(timedelta(minutes=_CALL_MIN))
            for step in steps:
                step()
            looks: Iterator[int] = self._rounds(sham)
        else:
            looks = _each(steps)
        for number in looks:
            if self._sees_offer(asked):
                return number
        return None

    def _rounds(self, sham: Sham) -> Iterator[int]:
        moment: datetime | None = behind.told_from(self.office, sham.case_id)
        for number in range(_ROUNDS):
            if moment is not None:
                self.office.move_to(moment)
            yield number
            moment = round_at(sham.triage, moment, self.office.clock() + timedelta(seconds=1))

    def _sees_offer(self, asked: _Asked) -> bool:
        sham = asked.sham
        state = sham.hears(sham.requester.get(sham.path())).content["state"]
        sham.hears(sham.requester.get("/v1/tasks"))
        sham.hears(sham.requester.get(f"/v1/queries/{sham.query_id}"))
        if state != "answer_needed":
            return False
        asked.offered = behind.offered(self.office, sham.case_id)
        if not asked.question.keeps:
            told = {"outcome": "no", "reason_code": "no_reason_given"}
            sham.hears(sham.requester.does(sham.path("/person-answer"), told))
            self.office.run_jobs()
        return True

    def _home(self, sham: Sham) -> AtHome:
        key = str(sham.case_id), sham.forbidden  # which of two equals comes first depends on the case's id
        if key not in self._at_home:
            case = sham.as_case()
            for assessment in case["assessments"]:
                assessment.pop("links", None)  # whom it keeps away says nothing of the catalogue
            self._at_home[key] = self.knowledge.of(case, self.office.clock())
        return self._at_home[key]

    def _trail(self, sham: Sham) -> tuple[tuple[str, int], ...]:
        """What the auditor reads of the case since the last time."""
        auditor = self.office.act("auditor", "supervision", "supervision")
        found: list[tuple[str, int]] = []
        while True:
            page = auditor.get(f"/v1/trail?after={self._trail_read}&limit=200").content
            for entry in page["entries"]:
                self._trail_read = max(self._trail_read, entry["seq"])
                if entry["case"] == str(sham.case_id):
                    found.append((entry["act"], int(datetime.fromisoformat(entry["at"]).timestamp()) // 60))
            if page["next_after"] is None:
                return tuple(found)


def _unit(question: Question) -> str:
    return f"sham-{question.unit}"


def _card(slots: Collection[Mapping[str, str]]) -> tuple[str, ...]:
    """What the three have in common: all of it."""
    return next((tuple(slot[name] for name in behind.LADDER) for slot in slots), ())


def _each(steps: Collection[Callable[[], None]]) -> Iterator[int]:
    """Look after every step."""
    for number, step in enumerate(steps):
        step()
        yield number


@contextmanager
def rig_in(
    office: Office,
    vacancy_percent: int,
    seed: int,
    mode: str = "all_on",
    *,
    spec: WeekSpec = NATIONAL,
    more: Mapping[str, Any] | None = None,
    reads_trail: bool = False,
) -> Iterator[Rig]:
    """A rig over a fresh world in an office that is open; the same world is not made twice in a row.

    Parameters
    ----------
    vacancy_percent, seed : of the world
    spec : size of the world
    """
    wanted = replace(spec, vacancy_percent=vacancy_percent, seed=seed)
    if office.world is None or office.world.spec != wanted:
        office.fill(new_world(wanted))
    world = office.world
    if world is None:
        raise ValueError("the office has no world")
    yield Rig(office, world, mode_of(mode), more=more, seed=seed, reads_trail=reads_trail)
