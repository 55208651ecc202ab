"""The queue on the solver's own connection: procrastinate's application, its tasks and what runs every minute."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final
from uuid import UUID

from procrastinate import App, PsycopgConnector, RetryStrategy
from sqlalchemy import URL, make_url

from service.jobs.work import JOBS, PASSING, Work, look_again, perform, sweep

__all__ = ["EVERY_HOUR", "EVERY_MINUTE", "QUEUE", "conninfo", "new_app", "requeue_stalled"]

QUEUE: Final = "solver"
EVERY_MINUTE: Final = "* * * * *"
EVERY_HOUR: Final = "7 * * * *"

_RETRY: Final = RetryStrategy(wait=1, linear_wait=2, retry_exceptions=PASSING)


def conninfo(url: URL | str) -> str:
    """SQLAlchemy's address as psycopg reads it.

    Examples
    --------
    >>> conninfo("postgresql+psycopg://one:two@127.0.0.1:5432/three")
    'postgresql://one:two@127.0.0.1:5432/three'
    """
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def new_app(
    work: Work,
    failed: Callable[[str, BaseException], None],
    *,
    periodic: bool = False,
    connections: int = 4,
) -> App:
    """The application of one worker.

    Parameters
    ----------
    failed : told of a job that failed for good: its name and the error
    periodic : whether this worker sees to what runs every minute; any number of them may
    connections : to the database, beside those of `work`
    """
    _be_silent()
    connector = PsycopgConnector(
        conninfo=conninfo(work.database.engine.url),
        kwargs={"options": "-csearch_path=fristad", "connect_timeout": 3},
        min_size=1,
        max_size=connections,
    )
    app = App(connector=connector)
    for name in JOBS:
        app.task(name=name, queue=QUEUE, retry=_RETRY)(_job(work, name, failed))
    if periodic:
        _add_periodic(app, work, failed)
    return app


def _job(work: Work, name: str, failed: Callable[[str, BaseException], None]) -> Callable[..., None]:
    def run(subject: str) -> None:
        perform(work, name, UUID(subject), failed)

    return run


def _add_periodic(app: App, work: Work, failed: Callable[[str, BaseException], None]) -> None:
    def every(does: Callable[[], None], name: str) -> Callable[[int], None]:
        def run(timestamp: int) -> None:
            del timestamp
            try:
                does()
            except PASSING:
                return  # the next time
            except Exception as err:
                failed(name, err)

        return run

    def tidy() -> None:
        sweep(work)

    async def requeue(timestamp: int) -> None:
        del timestamp
        await requeue_stalled(app)

    timely: tuple[tuple[str, str, Callable[..., Any]], ...] = (
        ("sweep", EVERY_MINUTE, every(tidy, "sweep")),
        ("requeue_stalled", EVERY_MINUTE, requeue),
        ("look_again", EVERY_HOUR, every(partial(look_again, work), "look_again")),
    )
    for name, cron, task in timely:
        once: dict[str, Any] = {"queue": QUEUE, "queueing_lock": name, "lock": name}
        declare: Any = app.task(name=name, **once)
        app.periodic(cron=cron)(declare(task))


async def requeue_stalled(app: App, silent_s: float = 30) -> int:
    """Put jobs of workers that were killed back into the queue; how many. What they did not commit was not done.

    Parameters
    ----------
    silent_s : after so long without a sign of life a worker counts as killed
    """
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_s))
    for job in stalled:
        await app.job_manager.retry_job(job)
    return len(stalled)


def _be_silent() -> None:
    """The library's log names jobs with their ids; ours says what may be said."""
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL + 1)
