"""What an endpoint works with: the transaction, who acts, the settings and the data folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from service.actors import Actor
from service.settings import Settings
from service.store.database import Transaction

__all__ = ["Session"]


@dataclass(frozen=True)
class Session:
    """One authorised act.

    `flow` functions take ``(tx, settings, …)``; ``tx.actor`` is who acts and ``tx.now`` the moment.

    Parameters
    ----------
    data : the data folder, for the public keys of organisations
    """

    tx: Transaction
    settings: Settings
    data: Path

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.tx.actor
