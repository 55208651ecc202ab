"""Bait: whoever opens or names it raises an alarm, and is told what anybody would be told.

The back knows the bait (its reveal key store holds it) and raises the alarm in the act itself, also when the act is
refused. The front must not know it: each act there names its case in the trail, and the back compares the trail with
the bait.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from service.actors import SYSTEM, Actor
from service.audit.acts import SystemAct
from service.crypto.vault import Vault
from service.policies import TABLE, Action, Process
from service.store.database import Database, Transaction
from service.store.repository import alarms, trail

__all__ = ["Touch", "compare", "touched", "touches", "watched"]

_OF_FRONT: Final = frozenset(action.value for action, row in TABLE.items() if Process.FRONT in row.at)


@contextmanager
def watched(database: Database, actor: Actor) -> Iterator[Transaction]:
    """A transaction that raises the alarm if it meets bait; if it comes to nothing, the alarm is raised by itself."""
    seen: list[Transaction] = []
    try:
        with database.transaction(actor) as tx:
            seen.append(tx)
            yield tx
            _tell(tx)
    except Exception:
        if any(tx.met_bait for tx in seen):
            with database.transaction(actor) as tx:
                tx.met_bait = True
                _tell(tx)
        raise


def _tell(tx: Transaction) -> None:
    if tx.met_bait:
        alarms.raise_alarm(tx, "honey_read")
        tx.record(SystemAct.READ_HONEY.value)  # which one stands beside it, as far as the act may say


@dataclass(frozen=True)
class Touch:
    """An entry of the trail that is about bait: who did what, and when."""

    seq: int
    at: datetime
    actor: str
    role: str
    act: str
    kind: str | None
    bait: UUID | None


def touches(tx: Transaction, vault: Vault) -> tuple[Touch, ...]:
    """Every act on bait, oldest first; that they were read stands in the trail."""
    found = tuple(touched(tx, vault, 0, trail.newest(tx)))
    tx.record(Action.READ_TRAIL.value)
    return found


def touched(tx: Transaction, vault: Vault, after: int, until: int) -> Iterator[Touch]:
    """Entries `(after, until]` about bait, but those of its planting and of our own processes.

    An alarm's own entry says of no bait which: the act that met it stands beside it, or was refused.
    """
    bait = {str(one): (one, known) for one, known in vault.honey().items()}
    for entry in trail.walk(tx, after, until) if bait else ():
        told = entry.fields()
        if told["role"] == SYSTEM.role.value:
            continue
        at = datetime.fromisoformat(str(told["at"]))
        who = (entry.seq, at, str(told["actor"]), str(told["role"]), str(told["act"]))
        if told["act"] == SystemAct.READ_HONEY.value:
            yield Touch(*who, None, None)
        for subject in {told["case"], told["object"]} & bait.keys():
            one, known = bait[str(subject)]
            if known.since is not None and at > known.since:
                yield Touch(*who, known.kind, one)


def compare(database: Database, vault: Vault) -> int:
    """Raise an alarm for each actor of the front and each bait in the part of the trail that was not compared yet.

    Told twice rather than never: what was compared is written down after the alarms are.

    Returns
    -------
    alarms raised
    """
    with database.transaction(SYSTEM) as tx:
        until = trail.newest(tx)
        after = min(vault.seen(), until)  # a restored trail is shorter
        found = {(one.actor, one.bait) for one in touched(tx, vault, after, until) if one.act in _OF_FRONT}
        for _ in found:
            alarms.raise_alarm(tx, "honey_read")
            tx.record(SystemAct.READ_HONEY.value)
    if vault.seen() != until:
        vault.set_seen(until)
    return len(found)
