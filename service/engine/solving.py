"""What the trail says of an answer: a keyed hash of what it was worked out from, the rules, the seed, the versions."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from typing import Final

from service.engine.world import Picture, World
from service.problems import Unavailable
from service.store.database import Transaction

__all__ = ["SEED", "rule_set", "solve"]

SEED: Final = 1
"""Of every search and every draw: the same input gives the same answer."""


@cache
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("fristad", "ortools")}


def rule_set(world: World) -> str:
    """SHA-256 of the rules, by name and level, and the policy they are judged under.

    Examples
    --------
    >>> len(rule_set(World()))
    64
    """
    book = "\n".join(f"{rule.name} {rule.level.value}" for rule in world.rules)
    return sha256(f"{book}\n{world.policy.model_dump_json()}".encode()).hexdigest()


def solve(tx: Transaction, world: World, picture: Picture) -> dict[str, str | int]:
    """For `Transaction.record`.

    The hash is keyed: from the trail nobody can try out what the input may have been.
    """
    if tx.tagger is None:
        raise Unavailable
    return {
        "input": tx.tagger.tag("solve", picture.inputs).hex(),
        "rule_set": rule_set(world),
        "seed": SEED,
        **_versions(),
    }
