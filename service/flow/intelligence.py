"""Intelligence: a unit proposes, a second source of another unit or the keeper confirms, nothing is overwritten.

What is not confirmed makes nobody move; it is not ignored either (`service.engine`). An exposed place is cleared by two
persons: one writes a version with `cleared_on`, another confirms it, and the version that follows names both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from pydantic import BaseModel

from matching.domain import Exposure, Network, PersonConflict, Relation
from matching.domain.parse import shape_faults
from matching.errors import Fault
from service.actors import Role
from service.crypto import Domain
from service.flow.front_told import names_a_network, place_faults
from service.flow.worklist import local_day
from service.policies import Action
from service.problems import Conflict, NotFound, Rejected
from service.schemas.common import within
from service.schemas.front_intelligence import KINDS, IntelligenceIn
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import intel, tasks
from service.store.repository.intel import Record

__all__ = ["Known", "confirm", "read", "withdraw", "write"]

_TO_CONFIRM: Final = timedelta(days=2)
_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "network": Network,
    "relation": Relation,
    "person_conflict": PersonConflict,
    "exposure": Exposure,
}


@dataclass(frozen=True)
class Known:
    """A record as it stands.

    Parameters
    ----------
    is_confirmed : a second source of another unit, or the network keeper, has given their word for this version
    """

    record: Record
    content: dict[str, Any]
    confirmations: int
    is_confirmed: bool


def write(tx: Transaction, settings: Settings, told: IntelligenceIn) -> Known:
    """A new record, or the next version of one: an assessor proposes, the keeper's own word confirms.

    Raises
    ------
    Rejected : what cannot mean anything; a network or place that does not exist
    NotFound : no such record, or of another unit
    Conflict : `another_kind`, `withdrawn`
    """
    del settings
    kind = next(name for name in KINDS if getattr(told, name) is not None)
    content = getattr(told, kind).model_dump(mode="json")
    before = None if told.record_id is None else intel.newest(tx, told.record_id)
    if before is not None:
        _insist_on_own(tx, before, kind)
    record_id = before.id if before is not None else uuid4()
    content["id"] = str(record_id)
    if kind == "exposure":
        content["cleared_by"] = [] if content["cleared_on"] is None else [tx.pseudonym]
    faults = _faults(tx, kind, content)
    if faults:
        raise Rejected(faults)
    tx.new_subject(Domain.INTEL, record_id)
    version = 1 if before is None else before.version + 1
    sealed = intel.add(tx, record_id, version, kind, content)
    if tx.actor.role is Role.NETWORK_KEEPER:
        intel.confirm(tx, record_id, version)
    else:
        tasks.finish_for(tx, "confirm_intelligence", about=record_id, outcome="superseded")
        due = tx.now + _TO_CONFIRM
        tasks.add(tx, "confirm_intelligence", Role.NETWORK_KEEPER, due, about=record_id)
    tx.record(Action.WRITE_INTELLIGENCE.value, about=record_id, sealed=sealed)
    _changed(tx, record_id)
    return _known(tx, intel.newest(tx, record_id), content)


def _insist_on_own(tx: Transaction, record: Record, kind: str) -> None:
    if tx.actor.role is not Role.NETWORK_KEEPER and intel.owner(tx, record.id) != tx.actor.unit:
        raise NotFound
    if record.kind != kind:
        raise Conflict("another_kind", "The record is of another kind.")
    if record.withdrawn:
        raise Conflict("withdrawn", "The record is withdrawn: write a new one.")


def _faults(tx: Transaction, kind: str, content: dict[str, Any]) -> list[Fault]:
    faults = [*within(kind, shape_faults(_MODELS[kind], content, ())), *place_faults(content, kind)]
    for name in {"relation": ("a", "b"), "exposure": ("network",)}.get(kind, ()):
        if not names_a_network(tx, content[name]):
            faults.append(
                Fault(f"{kind}.{name}", "names a network that does not exist", "the id of a network's record")
            )
    recorded = (content.get("provenance") or {}).get("recorded_on")
    if recorded is not None and recorded > local_day(tx.now).isoformat():
        faults.append(Fault(f"{kind}.provenance.recorded_on", "lies ahead", "a day that has come"))
    return faults


def confirm(tx: Transaction, settings: Settings, record_id: UUID) -> Known:
    """Another source, or the keeper, gives their word for the newest version.

    Raises
    ------
    Conflict : `same_unit`, a second source is of another unit; `own_record`; `already_confirmed`; `withdrawn`
    """
    del settings
    record = intel.newest(tx, record_id)
    if record.withdrawn:
        raise Conflict("withdrawn", "The record is withdrawn.")
    if record.written_by == tx.actor.name:
        raise Conflict("own_record", "Somebody else must confirm what you have written.")
    if tx.actor.role is not Role.NETWORK_KEEPER and record.unit == tx.actor.unit:
        raise Conflict("same_unit", "A second source is of another unit.")
    if not intel.confirm(tx, record_id, record.version):
        raise Conflict("already_confirmed", "You have confirmed this version.")
    tx.record(Action.CONFIRM_INTELLIGENCE.value, about=record_id, outcome="confirmed", sealed=record.sealed)
    tasks.finish_for(tx, "confirm_intelligence", about=record_id, outcome="confirmed")
    content = intel.opened(tx, record)
    if record.kind == "exposure" and content["cleared_on"] is not None:
        names = [*content["cleared_by"], tx.pseudonym]
        if len(set(names)) == len(names):
            content["cleared_by"] = names
            sealed = intel.add(tx, record_id, record.version + 1, record.kind, content)
            intel.confirm(tx, record_id, record.version + 1)
            tx.record(Action.CONFIRM_INTELLIGENCE.value, about=record_id, sealed=sealed)
            record = intel.newest(tx, record_id)
    _changed(tx, record_id)
    return _known(tx, record, content)


def withdraw(tx: Transaction, settings: Settings, record_id: UUID) -> Known:
    """The record no longer counts: a version that says so follows it.

    Raises
    ------
    Conflict : `withdrawn`, it is already
    """
    del settings
    record = intel.newest(tx, record_id)
    if record.withdrawn:
        raise Conflict("withdrawn", "The record is withdrawn.")
    content = intel.opened(tx, record)
    sealed = intel.add(tx, record_id, record.version + 1, record.kind, content, withdrawn=True)
    intel.confirm(tx, record_id, record.version + 1)
    tasks.finish_for(tx, "confirm_intelligence", about=record_id, outcome="withdrawn")
    tx.record(Action.WITHDRAW_INTELLIGENCE.value, about=record_id, outcome="withdrawn", sealed=sealed)
    _changed(tx, record_id)
    return _known(tx, intel.newest(tx, record_id), content)


def read(tx: Transaction, settings: Settings, record_id: UUID) -> Known:
    """The newest version of a record."""
    del settings
    record = intel.newest(tx, record_id)
    tx.record(Action.READ_INTELLIGENCE.value, about=record_id, sealed=record.sealed)
    return _known(tx, record, intel.opened(tx, record))


def _changed(tx: Transaction, record_id: UUID) -> None:
    tx.touch()
    tx.defer("rejudge", record_id)


def _known(tx: Transaction, record: Record, content: dict[str, Any]) -> Known:
    spoken = intel.confirmations(tx, record.id, record.version)
    is_confirmed = any(one.role == Role.NETWORK_KEEPER.value or one.unit != record.unit for one in spoken)
    return Known(record, content, len(spoken), is_confirmed)
