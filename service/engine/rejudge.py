"""Every live stay is judged again when something has changed: what is broken becomes a task, once, and ends with it.

Only confirmed knowledge asks anybody to move (`service.engine.records`). What could not be read is a task too. Where
nobody lives yet there is nobody to move: such a hold is given up at once (`service.engine.unsafe`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from matching.plans import Violation
from matching.repair.alerts import live_findings, presences_of
from service.actors import Role
from service.audit.acts import SystemAct
from service.engine.records import View
from service.engine.references import SetAside
from service.engine.unsafe import give_up_unsafe
from service.engine.world import Picture, World
from service.problems import Unavailable
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import alarms, tasks
from service.store.repository.findings import BREACHES, ONE_SIDED, SET_ASIDE, open_now, rule_ref
from service.store.repository.holding import add_persons
from service.store.repository.judging import judged
from service.store.repository.world import revision

__all__ = ["NEWCOMERS", "rejudge"]

_DUE: Final = {
    "move_now": timedelta(0),
    "move_by": timedelta(days=7),
    "task": timedelta(days=14),
}
NEWCOMERS: Final = "household_has_grown"
"""Somebody lives where there is no bed for all who belong to the case now."""
_ROUNDS: Final = 3
"""The second time the lock is held already, so that what was read stays true but for knowledge."""
_WHOSE: Final = {
    "facility": Role.REGISTRAR,
    "provider": Role.REGISTRAR,
    "network": Role.NETWORK_KEEPER,
    "relation": Role.NETWORK_KEEPER,
    "exposure": Role.NETWORK_KEEPER,
    "knowledge": Role.NETWORK_KEEPER,
}


def rejudge(tx: Transaction, world: World, settings: Settings) -> int:
    """Open a task for each stay and rule that is broken, finish those that are mended; how many are open.

    Judging takes its time outside of the lock; what was judged is written only if it is still true inside it.

    Raises
    ------
    Unavailable : the register changes faster than it can be judged; the job is done again
    """
    for _ in range(_ROUNDS):
        picture = world.picture(tx, View.MOVING)
        found = live_findings(picture.facts, world.rules)
        tx.lock_register()  # so that two of them open no task twice
        if revision(tx) == picture.revision:
            return _written(tx, world, settings, picture, found)
    raise Unavailable


def _written(tx: Transaction, world: World, settings: Settings, picture: Picture, found: tuple[Violation, ...]) -> int:
    facts = picture.facts
    gone = give_up_unsafe(tx, world, settings, picture, found)
    if not picture.is_lost:  # beside somebody who is nowhere on the map nobody is safe
        judged(tx, picture.revision)
    there = open_now(tx, (*BREACHES, SET_ASIDE, ONE_SIDED))
    wanted: set[tuple[str, UUID | None, UUID | None]] = set()
    for breach in found:
        act = str(breach.act)
        if act not in _DUE:
            continue
        for presence in presences_of(breach):
            stay = UUID(facts.names.presences[presence])
            if stay in gone:
                continue
            key: tuple[str, UUID | None, UUID | None] = (f"breach_{act}", stay, rule_ref(breach.rule))
            if key not in wanted and key not in there:
                case = picture.cases_of.get(str(stay))
                tasks.add(tx, key[0], Role.COORDINATOR, tx.now + _DUE[act], case=case, stay=stay, about=key[2])
            wanted.add(key)
    for standing in picture.standings:
        if standing.newcomers and not standing.is_hold:
            key = ("breach_move_now", standing.stay, rule_ref(NEWCOMERS))
            add_persons(tx, standing.stay, standing.newcomers)
            if key not in there:
                tasks.add(tx, key[0], Role.COORDINATOR, tx.now, case=standing.case, stay=standing.stay, about=key[2])
                alarms.raise_alarm(tx, NEWCOMERS)
            wanted.add(key)
    for record in dict.fromkeys(picture.set_aside):
        key_aside = (SET_ASIDE, None, _id_of(record))
        if key_aside not in wanted and key_aside not in there:
            role = _WHOSE.get(record.kind, Role.COORDINATOR)
            tasks.add(tx, SET_ASIDE, role, tx.now, about=key_aside[2])
            alarms.raise_alarm(tx, "stay_not_found" if record.kind == "stay" and picture.is_lost else SET_ASIDE)
        wanted.add(key_aside)
    for case_id in sorted(UUID(one) for one in picture.one_sided):
        key_link = (ONE_SIDED, None, case_id)
        if key_link not in there:  # the same whether the other person is known or not
            tasks.add(tx, ONE_SIDED, Role.COORDINATOR, tx.now, case=case_id, about=case_id)
        wanted.add(key_link)
    for known, task in there.items():
        if known not in wanted:
            tasks.finish(tx, task, "mended")
    tx.record(SystemAct.REJUDGE.value)
    return len(wanted)


def _id_of(record: SetAside) -> UUID:
    """The record's id: what is only proposed has the number of its version behind it."""
    return UUID(record.id[:36])
