"""Running the solver's jobs: all that wait, once, or for as long as the process lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from geodata.enrich import place_index
from geodata.layers import Layers, active_folder
from geodata.network import TravelNetwork
from matching.domain import Policy
from service.crypto import load_keyring
from service.engine.world import World, load_policy
from service.http.logs import new_log
from service.jobs.app import QUEUE, new_app
from service.jobs.work import Work, Worlds, sweep
from service.settings import Settings
from service.store.database import Database

__all__ = ["new_world", "run_pending", "run_worker"]

_WORLDS: WeakKeyDictionary[Database, Worlds] = WeakKeyDictionary()
_AT_ONCE: Final = 3
"""Jobs of one worker at the same time; at most one of them is a long one."""
_POLL_S: Final = 2.0
"""Longest wait for a job whose notice was lost."""
_GRACE_S: Final = 30
"""How long a job that has begun may take when the process is told to stop."""


@cache
def _map() -> tuple[Layers, TravelNetwork]:
    folder = active_folder()
    layers = Layers.load(folder)
    return layers, TravelNetwork.load(layers, folder)


def new_world(policy: Policy | None = None) -> World:
    """A world on the map of this machine, which is read once."""
    layers, network = _map()
    return World(policy, layers, network)


def run_pending(database: Database, *, policy: Policy | None = None, settings: Settings | None = None) -> None:
    """Do every job that is due, those that follow from them too, and what time asks for; then return.

    Parameters
    ----------
    database : as the solver
    policy : of the register, told the first time; none: the defaults

    Raises
    ------
    ExceptionGroup : of the jobs that failed, once everything else is done
    """
    worlds = _WORLDS.setdefault(database, Worlds(partial(new_world, policy)))
    work = Work(database, worlds, settings or Settings())
    errors: list[Exception] = []

    def failed(name: str, error: BaseException) -> None:
        del name
        if isinstance(error, Exception):
            errors.append(error)

    asyncio.run(_run(work, failed))
    sweep(work)
    asyncio.run(_run(work, failed))
    if errors:
        raise ExceptionGroup("jobs failed", errors)


async def _run(work: Work, failed: Callable[[str, BaseException], None]) -> None:
    app = new_app(work, failed, connections=2)
    async with app.open_async():
        await app.run_worker_async(
            queues=[QUEUE],
            wait=False,
            concurrency=1,
            listen_notify=False,
            install_signal_handlers=False,
            delete_jobs="successful",
        )


def run_worker(data: Path, url: str) -> None:
    """Work until the process is told to stop (SIGTERM, SIGINT); a job that has begun is finished first.

    Parameters
    ----------
    data : the data folder: the solver's key file, settings and policy
    url : SQLAlchemy's address of the solver's login

    Raises
    ------
    KeysRejected, InputRejected : a key, settings or policy file cannot be used
    procrastinate.exceptions.ConnectorException : the database is away; start again when it is back
    """
    ring = load_keyring(data / "keys", "solver")
    settings = Settings.load(data)
    layers, _ = _map()
    policy = load_policy(data, place_index(layers))
    database = Database(url, ring.sealer, ring.tagger, pool_size=2 * _AT_ONCE)
    work = Work(database, Worlds(partial(new_world, policy)), settings)
    app = new_app(work, new_log("solver").fault, periodic=True)

    async def until_stopped() -> None:
        async with app.open_async():
            await app.run_worker_async(
                queues=[QUEUE],
                concurrency=_AT_ONCE,
                fetch_job_polling_interval=_POLL_S,
                delete_jobs="successful",
                shutdown_graceful_timeout=_GRACE_S,
            )

    try:
        asyncio.run(until_stopped())
    finally:
        database.close()
