"""What an endpoint works with: the transaction, who acts, and the settings."""

from __future__ import annotations

from dataclasses import dataclass

from service.actors import Actor
from service.settings import Settings
from service.store.database import Transaction

__all__ = ["Session"]


@dataclass
class Session:
    """One authorised act.

    `flow` functions take ``(tx, settings, …)``; ``tx.actor`` is who acts and ``tx.now`` the moment.
    """

    tx: Transaction
    settings: Settings

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.tx.actor
