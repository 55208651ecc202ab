"""Jobs that fail, are killed, come twice or have to wait."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from service.actors import SYSTEM
from service.engine.world import World
from service.jobs import work as jobs
from service.jobs.app import new_app, requeue_stalled
from service.jobs.run import run_pending, run_worker
from service.jobs.work import JobFailed, Work, Worlds, perform, sweep
from service.problems import Unavailable
from service.store.repository import answers
from service.store.tables import alarms, slots
from tests.service import conftest
from tests.service.engine.acting import admitted, ask
from tests.service.engine.loading import Register, layers, network, register_of, week


@pytest.fixture
def register(database: conftest.Database, tmp_path: Path) -> Iterator[Register]:
    with register_of(week("tiny"), database, tmp_path) as made:
        yield made


def work_of(register: Register) -> Work:
    return Work(register.solver, Worlds(lambda: World(register.seeded.policy, layers(), network())), register.settings)


@contextmanager
def job(name: str, does: Callable[..., None]) -> Iterator[None]:
    """A job of this name that does something else."""
    before = dict(jobs.JOBS)
    jobs.JOBS[name] = does  # type: ignore[index]
    try:
        yield
    finally:
        jobs.JOBS[name] = before[name]  # type: ignore[index]


def queued(register: Register, status: str = "todo") -> list[str]:
    with register.every.transaction(SYSTEM) as tx:
        found = tx.connection.execute(
            text("SELECT task_name FROM fristad.procrastinate_jobs WHERE status::text = :status ORDER BY id"),
            {"status": status},
        )
        return list(found.scalars())


def count(register: Register, table: Any) -> int:
    with register.every.transaction(SYSTEM) as tx:
        return int(tx.connection.execute(select(func.count()).select_from(table)).scalar_one())


def defer(register: Register, name: str, subject: UUID | None = None) -> None:
    with register.every.transaction(SYSTEM) as tx:
        tx.defer(name, subject or uuid4())


def test_a_job_whose_subject_is_gone_is_done(register: Register) -> None:
    for name in (
        "answer_query",
        "expire",
        "hold_slot",
        "hold_order",
        "emergency",
        "advance",
        "tell",
        "options",
        "plan",
    ):
        defer(register, name)
    run_pending(register.solver, policy=register.seeded.policy, settings=register.settings)
    assert queued(register) == queued(register, "failed") == []
    assert count(register, alarms) == 0


def test_a_job_that_fails_raises_an_alarm_and_says_nothing_of_what_it_worked_on(register: Register) -> None:
    told: list[str] = []

    def broken(*_: object) -> None:
        raise RuntimeError("anna lives in malmo")

    with job("advance", broken), pytest.raises(JobFailed) as failed:
        perform(work_of(register), "advance", uuid4(), lambda name, error: told.append(type(error).__name__))
    assert told == ["RuntimeError"]
    assert "anna" not in str(failed.value)
    assert failed.value.__suppress_context__
    assert count(register, alarms) == 1


def test_what_passes_by_itself_is_tried_again_without_an_alarm(register: Register) -> None:
    def away(*_: object) -> None:
        raise Unavailable

    defer(register, "advance")
    with job("advance", away):
        run_pending(register.solver, policy=register.seeded.policy, settings=register.settings)
    assert queued(register) == ["advance"]
    assert count(register, alarms) == 0


def test_one_long_job_at_a_time_so_that_an_emergency_never_waits(register: Register) -> None:
    work = work_of(register)
    with work.long:
        with pytest.raises(Unavailable):
            perform(work, "plan", uuid4(), lambda *_: None)
        perform(work, "emergency", uuid4(), lambda *_: None)  # there is none of that id: done
    assert not work.long.locked()


def test_a_lost_question_is_asked_again(register: Register) -> None:
    case = admitted(register)[0]
    query_id = ask(register, case)
    with register.every.transaction(SYSTEM) as tx:
        tx.connection.execute(text("DELETE FROM fristad.slot_backing"))
        tx.connection.execute(text("DELETE FROM fristad.slots"))
        tx.connection.execute(text("UPDATE fristad.queries SET state = 'working', sealed = NULL"))
    register.clock.move(minutes=3)
    run_pending(register.solver, policy=register.seeded.policy, settings=register.settings)
    with register.solver.transaction(SYSTEM) as tx:
        assert answers.get(tx, query_id).state == "stored"
    assert count(register, slots) == 3


def worker(data: Path, url: str) -> None:
    run_worker(data, url)


def until(true: Callable[[], bool], patience_s: float = 60) -> None:
    end = time.monotonic() + patience_s
    while not true():
        if time.monotonic() > end:
            raise AssertionError("it did not happen")
        time.sleep(0.02)


def test_a_worker_killed_in_the_middle_leaves_nothing_half_done_and_its_job_is_done_later(
    register: Register, database: conftest.Database
) -> None:
    query_id = uuid4()
    case = admitted(register)[0]
    process = multiprocessing.get_context("fork").Process(
        target=worker, args=(register.keys.parent, database.url("fristad_solver")), daemon=True
    )
    with register.every.transaction(SYSTEM) as tx:
        tx.connection.execute(
            text(
                "INSERT INTO fristad.queries (id, case_id, assessment_version, asked_by, unit, asked_at, release_at,"
                " expires_at, state) VALUES (:id, :case, 1, 'r', 'u', :now, :now, :later, 'working')"
            ),
            {"id": query_id, "case": case, "now": tx.now, "later": "2199-01-01T00:00:00Z"},
        )
        tx.defer("answer_query", query_id)
    with register.every.transaction(SYSTEM) as holding:  # the job waits for this row: it is caught in the middle
        holding.connection.execute(text("SELECT 1 FROM fristad.queries WHERE id = :id FOR UPDATE"), {"id": query_id})
        process.start()
        until(lambda: "answer_query" in queued(register, "doing"))
        time.sleep(0.2)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    assert count(register, slots) == 0
    assert "answer_query" in queued(register, "doing")

    async def later() -> int:
        app = new_app(work_of(register), lambda *_: None)
        async with app.open_async():
            return await requeue_stalled(app, silent_s=0)

    assert asyncio.run(later()) >= 1
    run_pending(register.solver, policy=register.seeded.policy, settings=register.settings)
    with register.solver.transaction(SYSTEM) as tx:
        assert answers.get(tx, query_id).state == "stored"
    assert count(register, slots) == 3


def test_an_assessment_that_is_over_is_asked_for_once(register: Register) -> None:
    def asked() -> int:
        with register.every.transaction(SYSTEM) as tx:
            return int(
                tx.connection.execute(
                    text("SELECT count(*) FROM fristad.tasks WHERE kind = 'renew_assessment' AND done_at IS NULL")
                ).scalar_one()
            )

    with register.every.transaction(SYSTEM) as tx:
        last = tx.connection.execute(text("SELECT max(valid_until) FROM fristad.assessment_versions")).scalar_one()
        cases = tx.connection.execute(
            text("SELECT count(DISTINCT case_id) FROM fristad.assessment_versions WHERE NOT withdrawn")
        ).scalar_one()
    sweep(work_of(register))
    assert asked() < cases
    register.clock.move(days=(last - register.clock.now.date()).days)  # the last valid day is valid
    before = asked()
    sweep(work_of(register))
    assert before <= asked() < cases
    register.clock.move(days=1)
    sweep(work_of(register))
    assert asked() == cases
    sweep(work_of(register))
    assert asked() == cases
