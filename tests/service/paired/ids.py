"""Random ids that are drawn from what they are for: the same in both worlds, whatever others draw meanwhile.

Bytes of two worlds can be compared only if what is random in them is drawn alike. Nothing is put in the place of an id
afterwards, so that nothing can hide behind it: an id that is made of something else differs and is seen.
"""

from __future__ import annotations

import os
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

import service.engine.answers
import service.jobs.app
from service.jobs.work import perform
from service.store.repository import tasks

__all__ = ["FixedIds", "fixed_ids"]


class FixedIds:
    """What `uuid4` draws: chance, or, inside `of`, the next of a sequence that its key begins.

    Parameters
    ----------
    seed : another one, other ids
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.world = ""
        self._key: tuple[object, ...] = ()
        self._drawn: Counter[tuple[object, ...]] = Counter()

    def in_world(self, name: str) -> None:
        """What is drawn from now on is drawn in this world: each counts for itself, none enters into what is drawn."""
        self.world = name

    @contextmanager
    def of(self, *key: object) -> Iterator[None]:
        """Draw for this; no key at all is chance."""
        before, self._key = self._key, key
        try:
            yield
        finally:
            self._key = before

    def urandom(self, length: int) -> bytes:
        """Stands for `os.urandom` where ids are made."""
        if not self._key:
            return os.urandom(length)
        number = self._drawn[self.world, self._key] = self._drawn[self.world, self._key] + 1
        return sha256(repr((self._seed, self._key, number)).encode()).digest()[:length]

    def id(self, *key: object) -> UUID:
        """An id for something of the test itself."""
        return UUID(bytes=sha256(repr((self._seed, key)).encode()).digest()[:16], version=4)


@contextmanager
def fixed_ids(seed: int) -> Iterator[FixedIds]:
    """Draw ids by what they are for until the block ends: what a job makes by its subject, a task by its case."""
    ids = FixedIds(seed)

    def performed(work: Any, name: str, subject: UUID, failed: Callable[[str, BaseException], None]) -> None:
        with ids.of("job", name, subject):
            perform(work, name, subject, failed)

    add = tasks.add

    def added(tx: Any, kind: str, *told: Any, **more: Any) -> UUID:
        with ids.of("task", kind, more.get("case"), more.get("about")):
            return add(tx, kind, *told, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service.engine.answers, "token_bytes", ids.urandom)  # the same draw of the slots, too
        patch.setattr(uuid, "os", SimpleNamespace(urandom=ids.urandom))
        patch.setattr(service.jobs.app, "perform", performed)
        patch.setattr(tasks, "add", added)
        yield ids
