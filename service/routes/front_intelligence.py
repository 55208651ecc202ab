"""Intelligence: proposed, written, confirmed, withdrawn, read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from service.flow import intelligence
from service.flow.intelligence import Known
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.common import In
from service.schemas.front_intelligence import (
    KINDS,
    ExposureTold,
    IntelligenceIn,
    IntelligenceOut,
    NetworkTold,
    PersonConflictTold,
    RecordOut,
    RelationTold,
)

__all__ = ["routes"]

routes = Routes("intelligence")
_TOLD: Final[Mapping[str, type[In]]] = {
    "network": NetworkTold,
    "relation": RelationTold,
    "person_conflict": PersonConflictTold,
    "exposure": ExposureTold,
}


@routes.post("/v1/intelligence", Action.WRITE_INTELLIGENCE, out=RecordOut, status=201)
def write_intelligence(session: Session, body: IntelligenceIn) -> RecordOut:
    """Propose or write a record, or the next version of one."""
    return _line(intelligence.write(session.tx, session.settings, body))


@routes.get("/v1/intelligence/{record_id}", Action.READ_INTELLIGENCE, out=IntelligenceOut)
def read_intelligence(session: Session, record_id: UUID) -> IntelligenceOut:
    """Read a record as it stands."""
    known = intelligence.read(session.tx, session.settings, record_id)
    record, content = known.record, known.content
    told: dict[str, Any] = dict.fromkeys(KINDS)
    model = _TOLD[record.kind]
    fields = {name: content[name] for name in model.model_fields if name in content}
    told[record.kind] = model.model_validate_json(json.dumps(fields))
    return IntelligenceOut.model_validate(
        {
            "record_id": record.id,
            "version": record.version,
            "kind": record.kind,
            "unit": record.unit,
            "written_at": record.written_at,
            "withdrawn": record.withdrawn,
            "confirmations": known.confirmations,
            "is_confirmed": known.is_confirmed,
            "cleared_by": len(content.get("cleared_by", ())),
            **told,
        }
    )


@routes.post("/v1/intelligence/{record_id}/confirmations", Action.CONFIRM_INTELLIGENCE, out=RecordOut, status=201)
def confirm_intelligence(session: Session, record_id: UUID) -> RecordOut:
    """Give one's word for the newest version, as a second source of another unit or as the keeper."""
    return _line(intelligence.confirm(session.tx, session.settings, record_id))


@routes.post("/v1/intelligence/{record_id}/withdrawal", Action.WITHDRAW_INTELLIGENCE, out=RecordOut, status=201)
def withdraw_intelligence(session: Session, record_id: UUID) -> RecordOut:
    """Let a record no longer count."""
    return _line(intelligence.withdraw(session.tx, session.settings, record_id))


def _line(known: Known) -> RecordOut:
    return RecordOut(
        record_id=known.record.id,
        version=known.record.version,
        is_confirmed=known.is_confirmed,
        withdrawn=known.record.withdrawn,
    )
