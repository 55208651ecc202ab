"""The back compares what the front did with the bait: the front must not know it."""

from __future__ import annotations

import logging
import threading
from typing import Final

from service.crypto.vault import Vault
from service.flow.honey import compare
from service.store.database import Database

__all__ = ["EVERY_S", "Watching"]

EVERY_S: Final = 30.0
_LOG: Final = logging.getLogger("fristad.back")


class Watching(threading.Thread):
    """Compares every half minute, for as long as the process lives.

    Parameters
    ----------
    database : as the back sees it
    vault : the reveal key store
    """

    def __init__(self, database: Database, vault: Vault, every_s: float = EVERY_S) -> None:
        super().__init__(name="watching", daemon=True)
        self._database = database
        self._vault = vault
        self._every_s = every_s
        self.stopped = threading.Event()

    def run(self) -> None:
        """Compare, wait, compare again."""
        while not self.stopped.wait(self._every_s):
            try:
                compare(self._database, self._vault)
            except Exception as away:  # the database or the key store is away: the next time will do
                _LOG.warning("the trail was not compared with the bait: %s", type(away).__name__)
