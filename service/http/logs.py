"""One JSON line a request: action, class of status, a bucket of the time taken, a random number. No path, no body."""

from __future__ import annotations

import secrets
import sys
import traceback
from bisect import bisect_right
from pathlib import PurePath
from types import TracebackType
from typing import Any, Final, TextIO

import structlog

__all__ = ["Log", "new_log"]

_BUCKETS_S: Final = (0.05, 0.15, 0.5, 1.0, 3.0)
_NAMES: Final = ("<0.05", "<0.15", "<0.5", "<1", "<3", ">=3")
_OURS: Final = ("service", "matching", "geodata")


class Log:
    """The log of one process."""

    def __init__(self, process: str, stream: TextIO) -> None:
        self._log: Any = structlog.wrap_logger(
            structlog.PrintLogger(stream),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.JSONRenderer(sort_keys=True),
            ],
            wrapper_class=structlog.BoundLogger,
            process=process,
        )

    def request(self, action: str, status: int, took_s: float) -> None:
        """A request was answered."""
        self._log.info(
            "request",
            action=action,
            status=f"{status // 100}xx",
            took_s=_NAMES[bisect_right(_BUCKETS_S, took_s)],
            request=secrets.token_hex(8),
        )

    def fault(self, action: str, error: BaseException) -> None:
        """Something failed that must not: the kind of the error and where, never what it says."""
        self._log.error("fault", action=action, error=type(error).__name__, where=_where(error.__traceback__))

    def away(self, action: str, problem: BaseException) -> None:
        """Something is away for a moment: what kind of error said so and where, for whoever has to mend it."""
        cause = problem.__cause__ or problem
        self._log.warning("away", action=action, error=type(cause).__name__, where=_where(cause.__traceback__))


def new_log(process: str, stream: TextIO | None = None) -> Log:
    """The log of a process; standard output unless told."""
    return Log(process, stream or sys.stdout)


def _where(trace: TracebackType | None) -> str:
    """The last line of our own code that an error passed."""
    ours = [
        (frame.f_code, line)
        for frame, line in traceback.walk_tb(trace)
        if frame.f_globals.get("__name__", "").partition(".")[0] in _OURS
    ]
    if not ours:
        return "elsewhere"
    code, line = ours[-1]
    return f"{PurePath(code.co_filename).name}:{line} {code.co_name}"
