"""A register with bait in it, and the databases it is planted with."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from service.clock import Clock
from service.crypto import load_keyring
from service.crypto.vault import Vault
from service.flow.planting import Planted, Planting, parse_bait
from service.schemas.honey import BaitTold
from service.settings import Settings
from service.store.database import Database
from tests.service.harness import NOON, Harness

__all__ = ["TOLD", "bait_of", "bait_told", "plant", "planting_of"]

PLACE = {
    "locality": "1880-orebro",
    "street": "Canary lane 3",
    "postal_code": "700 01",
    "town": "Canary by",
    "contact": "canary watch",
    "call_back": "+46000000001",
}
TOLD: dict[str, Any] = {
    "registrar": {"name": "g-1", "unit": "bops-syd", "organisation": "police"},
    "places": [PLACE, {**PLACE, "locality": "0180-kista", "street": "Canary lane 4"}],
    "cases": [
        {
            "requester": {"name": "r-1", "unit": "bops-syd", "organisation": "police"},
            "municipality": "1880",
            "home": "0180-kista",
        }
    ],
}


def bait_told(told: dict[str, Any] | None = None) -> BaitTold:
    return parse_bait(json.dumps(TOLD if told is None else told).encode(), NOON.date())


@contextmanager
def planting_of(
    keys: Any, url: Callable[[str], str], clock: Clock, settings: Settings | None = None
) -> Iterator[Planting]:
    """Planting into a database, as the command does it."""
    opened = []
    for process in ("back", "front"):
        ring = load_keyring(keys, process)
        opened.append(Database(url(f"fristad_{process}"), ring.sealer, ring.tagger, clock, pool_size=1))
    try:
        yield Planting(Vault(keys), opened[0], opened[1], settings or Settings(), clock, random.Random(7))
    finally:
        for one in opened:
            one.close()


def plant(harness: Harness, told: dict[str, Any] | None = None) -> Planted:
    """Plant at once, a minute from now."""
    harness.clock.move(minutes=1)
    with planting_of(harness.data / "keys", harness.database.url, harness.clock, harness.settings) as planting:
        done = planting.plant(bait_told(told), 0.0, lambda _: None)
    harness.clock.move(minutes=1)
    return done


def bait_of(harness: Harness, kind: str) -> list[UUID]:
    """Ids of the bait of a kind."""
    return sorted(one for one, bait in Vault(harness.data / "keys").honey().items() if bait.kind == kind)
