"""Answers kept for an Idempotency-Key are forgotten: their rows deleted, the key of their day destroyed."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from service.actors import SYSTEM
from service.crypto import SubjectKeys
from service.policies import Process
from service.store.database import Database
from service.store.repository import idempotency

__all__ = ["Forgetting"]

_EVERY: Final = timedelta(hours=1)
_LOOKED_BACK_DAYS: Final = 40
"""So many days a process may have stood still and still destroys every key it left."""


class Forgetting:
    """What one process forgets, once an hour, beside an act that has ended.

    Parameters
    ----------
    life_h : how long an answer is kept
    """

    def __init__(self, process: Process, database: Database, subjects: SubjectKeys, life_h: int) -> None:
        self._process = process
        self._database = database
        self._subjects = subjects
        self._life = timedelta(hours=life_h)
        self._lock = Lock()
        self._last: datetime | None = None

    def now_and_then(self, now: datetime) -> bool:
        """Forget, if the last time is an hour ago; whether it was done.

        Raises
        ------
        Unavailable, CannotOpen : not now; the next hour will do
        """
        with self._lock:
            if self._last is not None and now - self._last < _EVERY:
                return False
            self._last = now
        before = now - self._life
        with self._database.transaction(SYSTEM) as tx:
            idempotency.forget(tx, self._process, before)
        domain = idempotency.DOMAINS[self._process]
        for days in range(1, _LOOKED_BACK_DAYS + 1):
            subject = idempotency.subject_of(self._process, before - timedelta(days=days))
            if self._subjects.exists(domain, subject):
                self._subjects.destroy(domain, subject)
        return True
