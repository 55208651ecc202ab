"""What the solver's jobs do; each is told one opaque id, does its act in transactions, and may be done twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from threading import Lock
from typing import Final
from uuid import UUID, uuid4

from matching.assemble import SWEDEN
from service.actors import SYSTEM, Role
from service.audit.acts import Outcome, SystemAct
from service.crypto import KeyGone, KeyStoreDown
from service.engine.advance import advance, release_stale
from service.engine.answers import answer_query, expire
from service.engine.emergency import emergency
from service.engine.holds import hold_order, hold_slot
from service.engine.plans import options, plan
from service.engine.rejudge import rejudge
from service.engine.reminders import remind
from service.engine.telling import late, tell
from service.engine.world import World, today_of
from service.problems import NotFound, Unavailable
from service.settings import Settings
from service.store.database import Database
from service.store.repository import alarms, answers, cases, coordination, tasks
from service.store.repository.expiring import RENEW, expired_assessments
from service.store.repository.judging import is_stale

__all__ = ["JOBS", "PASSING", "JobFailed", "Work", "Worlds", "look_again", "perform", "sweep"]

PASSING: Final = (Unavailable, KeyStoreDown)
"""What goes away by itself: the job is done again."""

_LONG: Final = frozenset({"plan", "options"})
_LOST_AFTER: Final = timedelta(minutes=2)
_MOST_CLOSED: Final = 100
"""Cases that nobody has signed closed at a time."""
_RENEW_WITHIN: Final = timedelta(days=1)


class JobFailed(Exception):
    """A job failed for good; what happened stands in the log by kind, an alarm is raised, nothing is half done."""

    def __init__(self) -> None:
        super().__init__("a job failed")


class Worlds:
    """Facts for several jobs at once: each borrows a world of its own, the one used last first.

    Parameters
    ----------
    make : a new world
    """

    def __init__(self, make: Callable[[], World]) -> None:
        self._make = make
        self._idle: list[World] = []

    @contextmanager
    def borrowed(self) -> Iterator[World]:
        """A world that nobody else uses until the block ends."""
        try:
            world = self._idle.pop()  # one operation: no other thread gets the same
        except IndexError:
            world = self._make()
        try:
            yield world
        finally:
            self._idle.append(world)


@dataclass(frozen=True)
class Work:
    """What every job works with; `long` lets one job at a time take minutes, so that an emergency never waits."""

    database: Database
    worlds: Worlds
    settings: Settings = field(default_factory=Settings)
    long: Lock = field(default_factory=Lock, repr=False)


def _answer_query(work: Work, world: World, subject: UUID) -> None:
    with work.database.transaction(SYSTEM) as tx:
        answer_query(tx, world, work.settings, subject)


def _expire(work: Work, world: World, subject: UUID) -> None:
    del world
    with work.database.transaction(SYSTEM) as tx:
        expire(tx, subject)


def _hold_slot(work: Work, world: World, subject: UUID) -> None:
    hold_slot(work.database, world, work.settings, subject)


def _hold_order(work: Work, world: World, subject: UUID) -> None:
    hold_order(work.database, world, work.settings, subject)


def _emergency(work: Work, world: World, subject: UUID) -> None:
    emergency(work.database, world, work.settings, subject)


def _advance(work: Work, world: World, subject: UUID) -> None:
    with work.database.transaction(SYSTEM) as tx:
        advance(tx, world, work.settings, subject)


def _tell(work: Work, world: World, subject: UUID) -> None:
    with work.database.transaction(SYSTEM) as tx:
        tell(tx, world, work.settings, subject)


def _options(work: Work, world: World, subject: UUID) -> None:
    with work.database.transaction(SYSTEM) as tx:
        options(tx, world, subject)


def _plan(work: Work, world: World, subject: UUID) -> None:
    with work.database.transaction(SYSTEM) as tx:
        plan(tx, world, subject)


def _rejudge(work: Work, world: World, subject: UUID) -> None:
    del subject  # what has changed does not matter: everybody is judged
    with work.database.transaction(SYSTEM) as tx:
        rejudge(tx, world, work.settings)


JOBS: Final[Mapping[str, Callable[[Work, World, UUID], None]]] = {
    "answer_query": _answer_query,
    "expire": _expire,
    "hold_slot": _hold_slot,
    "hold_order": _hold_order,
    "emergency": _emergency,
    "advance": _advance,
    "tell": _tell,
    "options": _options,
    "plan": _plan,
    "rejudge": _rejudge,
}
"""Every job, by the name it is queued under."""


def perform(work: Work, name: str, subject: UUID, failed: Callable[[str, BaseException], None]) -> None:
    """Do one job; `failed` is told of what must not happen.

    Raises
    ------
    Unavailable, KeyStoreDown : try again; nothing was done
    JobFailed : it will not work again either; an alarm is raised
    """
    if name in _LONG and not work.long.acquire(blocking=False):
        raise Unavailable  # another one is under way
    try:
        with work.worlds.borrowed() as world:
            JOBS[name](work, world, subject)
    except PASSING:
        raise
    except (NotFound, KeyGone):
        return  # deleted meanwhile
    except Exception as err:
        failed(name, err)
        with work.database.transaction(SYSTEM) as tx:
            alarms.raise_alarm(tx, "job_failed")
        raise JobFailed from None  # the error carries what the job worked on
    finally:
        if name in _LONG:
            work.long.release()


def sweep(work: Work) -> None:
    """What time does: terms that are over, answers and assessments that end, queries and offers whose job was lost."""
    with work.worlds.borrowed() as world, work.database.transaction(SYSTEM) as tx:
        release_stale(tx, world, work.settings)
    with work.database.transaction(SYSTEM) as tx:
        remind(tx)
        if is_stale(tx, datetime.combine(today_of(tx.now), time(), SWEDEN)):
            tx.defer("rejudge", uuid4())
        for query in answers.overdue(tx, tx.now):
            expire(tx, query)
        answers.destroy_outlived(tx, tx.now - timedelta(days=work.settings.case_hold_days))
        for query in answers.lost(tx, tx.now - _LOST_AFTER):
            tx.defer("answer_query", query)
        coordination.settle_arrived(tx)
        for untold in late(tx, work.settings):
            tx.defer("tell", untold)
        for case, unit in expired_assessments(tx, today_of(tx.now)):
            tasks.add(tx, RENEW, Role.ASSESSOR, tx.now + _RENEW_WITHIN, case=case, for_unit=unit)
            tx.record(SystemAct.EXPIRE_ASSESSMENT.value, case=case, outcome=Outcome.EXPIRED.value)
        for never in cases.never_signed(tx, tx.now - timedelta(days=work.settings.unsigned_case_days), _MOST_CLOSED):
            cases.move(tx, never, "closed", "not_signed")
            tasks.finish_all(tx, never, "closed")
            tx.record(SystemAct.EXPIRE_CASE.value, case=never, outcome=Outcome.EXPIRED.value)


def look_again(work: Work) -> None:
    """Have everybody judged again: a day that passes can break what nobody has changed."""
    with work.database.transaction(SYSTEM) as tx:
        tx.defer("rejudge", uuid4())
