"""Faults that would tell, each with what brings it to light: the comparison of two worlds must find every one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import update

import service.engine.answers
from service.actors import SYSTEM
from service.engine import admission
from service.engine.placing import tries
from service.engine.world import World
from service.inference import Reason
from service.jobs.work import JOBS, Work
from service.store.database import Transaction
from service.store.repository import answers, stays
from service.store.repository import queries as stored_queries
from service.store.repository.answers import Drawn
from service.store.repository.coordination import CaseRow
from service.store.tables import cases
from tests.service.paired.own import Own
from tests.service.paired.pair import Pair

__all__ = ["PLANTED"]


@contextmanager
def _only_what_is_free_is_answered(_pair: Pair) -> Iterator[None]:
    """A question is admitted only while a safe bed is free."""
    refusal = admission.refusal

    def refused(tx: Transaction, world: World, *told: Any, case_id: UUID, **more: Any) -> Reason | None:
        picture = world.picture(tx)
        number = picture.case(case_id)
        if number is None or next(tries(picture.facts, number, world.rules, None), None) is None:
            return Reason.NO_SAFE_BED
        return refusal(tx, world, *told, case_id=case_id, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.engine.answers, "refusal", refused)
        yield


def _ask_anew(pair: Pair, one: Own) -> None:
    pair.send(one, one.assess(pair.dice, ("03",)))
    pair.send(one, one.ask(pair.dice))
    pair.run()
    pair.move(minutes=20)
    pair.send(one, one.read_answer(pair.dice))


@contextmanager
def _the_best_for_the_system_stands_first(_pair: Pair) -> Iterator[None]:
    """The slots are ordered as the system would have them, not as they were drawn."""
    answer_query, drawn = JOBS["answer_query"], service.engine.answers._drawn
    best: list[str] = []

    def answered(work: Work, world: World, subject: UUID) -> None:
        with work.database.transaction(SYSTEM) as tx:
            picture = world.picture(tx)
            number = picture.case(answers.get(tx, subject).case)
        found = () if number is None else tries(picture.facts, number, world.rules, None)
        best[:] = [one.facilities[-1] for one in found]
        answer_query(work, world, subject)

    def ordered(*told: Any) -> Drawn:
        made = drawn(*told)
        place = {name: place for place, name in reversed(list(enumerate(best)))}
        return replace(made, behind=tuple(sorted(made.behind, key=lambda one: place.get(one[1][0], len(best)))))

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(JOBS, "answer_query", answered)
        patch.setattr(service.engine.answers, "_drawn", ordered)
        yield


@contextmanager
def _what_is_held_stops_questions(pair: Pair) -> Iterator[None]:
    """Nothing more is asked while something is held for the case."""

    def is_held(_tx: Transaction, case_id: UUID, _query: UUID | None) -> bool:
        return pair.has_stay(case_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored_queries, "has_another_preference", is_held)
        yield


def _prefer_and_ask_anew(pair: Pair, one: Own) -> None:
    pair.send(one, one.prefer(pair.dice))
    pair.run()
    pair.send(one, one.assess(pair.dice, one.forbidden))
    pair.send(one, one.ask(pair.dice))


@contextmanager
def _a_hold_shows_in_the_case(_pair: Pair) -> Iterator[None]:
    """Something held is something to answer to."""
    hold_slot = JOBS["hold_slot"]

    def held(work: Work, world: World, subject: UUID) -> None:
        hold_slot(work, world, subject)
        with work.database.transaction(SYSTEM) as tx:
            case = answers.get(tx, subject).case
            if stays.live_of(tx, case):
                tx.connection.execute(update(cases).where(cases.c.id == case).values(state="answer_needed"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(JOBS, "hold_slot", held)
        yield


def _prefer_and_look(pair: Pair, one: Own) -> None:
    pair.send(one, one.prefer(pair.dice))
    pair.run()
    pair.read_everything(one)


@contextmanager
def _told_when_it_is_ready(_pair: Pair) -> Iterator[None]:
    """What the police at the destination said is shown as soon as they have said it."""

    def at_once(_case: CaseRow, since: datetime, _tick_s: int) -> datetime:
        return since

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CaseRow, "told_at", at_once)
        yield


def _be_served(pair: Pair, one: Own) -> None:
    pair.send(one, one.prefer(pair.dice))
    pair.run()
    pair.worlds[0].serve([one.uuid], "confirmed")
    pair.run()
    pair.read_everything(one)


PLANTED: Final[tuple[tuple[Callable[[Pair], Any], Callable[[Pair, Own], None]], ...]] = (
    (_a_hold_shows_in_the_case, _prefer_and_look),
    (_what_is_held_stops_questions, _prefer_and_ask_anew),
    (_told_when_it_is_ready, _be_served),
    (_only_what_is_free_is_answered, _ask_anew),
    (_the_best_for_the_system_stands_first, _ask_anew),
)
"""Each with what tempts it."""
