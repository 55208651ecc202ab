"""How long a question takes from POST to the stored answer, at national size, apart from the tick it is let out at.

``python -m benchmarks.query_time`` asks thirty questions through the real front over a register with a generated
national week in it, lets a worker process answer each, and prints one JSON line. What a person waits for besides is the
tick alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
from sqlalchemy import insert, select

from benchmarks.common import machine, quantile
from benchmarks.generate import SIZES, generate, to_bytes
from geodata.enrich import place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from service.actors import SYSTEM, Actor, Role
from service.crypto import create_keys
from service.crypto.vault import create_vault
from service.demo_issuer import create_issuer, issue
from service.engine.seeding import open_for_seeding, seed
from service.http.app import Guard, new_app, routes_of
from service.http.context import open_context
from service.http.logs import new_log
from service.jobs.run import run_worker
from service.policies import Process
from service.processes.embedded import Embedded
from service.processes.postgres_roles import SUPERUSER
from service.settings import Settings
from service.store.database import Database
from service.store.migrate import upgrade
from service.store.tables import assignments, cases, queries

__all__ = ["BAR_S", "main", "measure"]

BAR_S: Final = 3.0
_PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.005


def measure(questions: int = 30, size: str = "surge") -> dict[str, Any]:
    """Ask through the front, let a worker process answer, and tell the figures."""
    layers = Layers.load()
    now = datetime.now(UTC).replace(microsecond=0)
    document = to_bytes(generate(replace(SIZES[size], now=now.isoformat()), layers, TravelNetwork.load(layers)))
    settings = Settings()
    with tempfile.TemporaryDirectory(prefix="fristad-bench-") as folder, ExitStack() as opened:
        data = Path(folder)
        create_keys(data / "keys")
        create_vault(data / "keys")
        create_issuer(data, settings)
        server = opened.enter_context(Embedded(data / "data"))
        upgrade(server.url("fristad_owner"))
        every = open_for_seeding(server.url(SUPERUSER), data / "keys")
        opened.callback(every.close)
        seeded = seed(every, document, place_index(layers))
        (data / "policy.json").write_text(seeded.policy.model_dump_json(exclude_defaults=True), encoding="utf-8")
        asked = _assigned(every)
        worker = multiprocessing.get_context("spawn").Process(
            target=run_worker, args=(data, server.url("fristad_solver")), daemon=True
        )
        worker.start()
        opened.callback(worker.join)
        opened.callback(worker.terminate)
        context = open_context(Process.FRONT, data, server.url("fristad_front"), settings=settings)
        opened.callback(context.close)
        app = new_app(Process.FRONT, routes_of(Process.FRONT), Guard(context, new_log("front", StringIO())))
        times = asyncio.run(_ask_all(app, every, data, settings, asked, questions))
    return {
        "bench": "query_time",
        "size": size,
        "questions": len(times),
        "first_s": round(times[0], 3),
        "p50_s": round(quantile(times, 0.5), 3),
        "p95_s": round(quantile(times, 0.95), 3),
        "bar_s": BAR_S,
        "machine": machine(),
    }


def _assigned(every: Database) -> list[tuple[UUID, Actor]]:
    """Cases, each with somebody of its unit who may ask about it."""
    found = []
    with every.transaction(SYSTEM) as tx:
        for case, unit in tx.connection.execute(select(cases.c.id, cases.c.unit).order_by(cases.c.id)):
            actor = Actor(f"bench-{case}", Role.REQUESTER, unit, "police")
            found.append((case, actor))
        for case, actor in found:
            tx.connection.execute(
                insert(assignments).values(
                    id=uuid4(), case_id=case, actor=actor.name, role="requester", unit=actor.unit, kind="first",
                    from_at=tx.now, given_by=actor.name,
                )
            )  # fmt: skip
    return found


async def _ask_all(
    app: Any, every: Database, data: Path, settings: Settings, asked: Sequence[tuple[UUID, Actor]], questions: int
) -> list[float]:
    times: list[float] = []
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for case, actor in asked:
            token = issue(data, settings, actor, datetime.now(UTC))
            told = {
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": str(uuid4()),
                "Content-Type": "application/json",
            }
            if len(times) == questions:
                break
            began = time.monotonic()
            answer = await client.post(f"/v1/cases/{case}/queries", headers=told)
            if answer.status_code == httpx.codes.CONFLICT:
                continue  # no valid assessment: there is nothing to ask
            if answer.status_code != httpx.codes.ACCEPTED:
                raise SystemExit(f"a question was refused: {answer.status_code}")
            await asyncio.to_thread(_until_stored, every, case)
            times.append(time.monotonic() - began)
    return times


def _until_stored(every: Database, case: UUID) -> None:
    until = time.monotonic() + _PATIENCE_S
    stored = select(queries.c.state).where(queries.c.case_id == case)
    while time.monotonic() < until:
        with every.engine.connect() as connection:
            if connection.execute(stored).scalar_one_or_none() == "stored":
                return
        time.sleep(_LOOK_S)
    raise SystemExit("an answer did not come")


def main(arguments: Sequence[str] | None = None) -> int:
    reader = argparse.ArgumentParser(prog="python -m benchmarks.query_time", description=__doc__)
    reader.add_argument("--questions", type=int, default=30)
    reader.add_argument("--size", choices=sorted(SIZES), default="surge")
    told = reader.parse_args(arguments)
    figures = measure(told.questions, told.size)
    print(json.dumps(figures))
    return 0 if figures["p95_s"] <= BAR_S else 1


if __name__ == "__main__":
    sys.exit(main())
