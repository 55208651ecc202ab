"""One process of the service, started by the supervisor: ``python -m service.processes.child``.

What it needs is handed over on its standard input as one line of JSON, never by an argument or the environment. The
pipe stays open as long as the supervisor lives; when it closes, the process stops by itself.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

__all__ = ["NAMES", "REFUSED", "Orders", "main"]

NAMES = ("front", "back", "solver")
REFUSED = 2
"""Exit code of a process that says what has to be mended; starting it again would not help."""
_GRACE_S = 8.0


@dataclass(frozen=True)
class Orders:
    """What a process is told: where the data are, and the address of its own database role.

    Examples
    --------
    >>> Orders.read(Orders("front", "/srv/fristad", "postgresql+psycopg://x", None, None).line()).name
    'front'
    """

    name: str
    data: str
    url: str = field(repr=False)
    certificate: str | None
    certificate_key: str | None

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @staticmethod
    def read(line: str) -> Orders:
        """The orders of a line."""
        return Orders(**json.loads(line))


def _stop_with_supervisor(leave: Callable[[], None]) -> None:
    def wait() -> None:
        sys.stdin.read()  # returns when the other end is closed
        leave()
        threading.Event().wait(_GRACE_S)
        os._exit(0)

    threading.Thread(target=wait, name="supervisor-gone", daemon=True).start()


def _serve(orders: Orders) -> None:
    import uvicorn

    from service.http.app import SERVER, back_app, front_app
    from service.http.context import open_context
    from service.policies import Process
    from service.processes.watching import Watching

    process = Process(orders.name)
    context = open_context(process, Path(orders.data), orders.url)
    settings = context.settings
    app = front_app(context) if process is Process.FRONT else back_app(context)
    port = settings.front_port if process is Process.FRONT else settings.back_port
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=port,
        ssl_certfile=orders.certificate,
        ssl_keyfile=orders.certificate_key,
        limit_concurrency=200,
        h11_max_incomplete_event_size=16_384,
        timeout_graceful_shutdown=5,
        **SERVER,
    )
    if context.database.vault is not None:
        Watching(context.database, context.database.vault).start()
    try:
        uvicorn.Server(config).run()
    finally:
        context.close()


def _work(orders: Orders) -> None:
    from service.jobs.run import run_worker

    run_worker(Path(orders.data), orders.url)


def main() -> None:
    """Read the orders and do them until told to stop."""
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # its words name the server's address
    orders = Orders.read(sys.stdin.readline())
    _stop_with_supervisor(lambda: os.kill(os.getpid(), signal.SIGTERM))
    from matching.errors import FristadError

    try:
        _work(orders) if orders.name == "solver" else _serve(orders)
    except FristadError as refused:
        faults = "; ".join(str(fault) for fault in getattr(refused, "faults", ()))
        print(f"{orders.name}: {faults or refused}", file=sys.stderr, flush=True)
        raise SystemExit(REFUSED) from None
    except Exception as broken:  # its words may carry an address or a value: the kind has to do
        print(f"{orders.name}: ended: {type(broken).__name__}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
