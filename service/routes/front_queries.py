"""Questions: asked by case, answered at a tick, ordered once."""

from __future__ import annotations

from uuid import UUID

from service.flow import queries
from service.http.routes import Routes, Session
from service.policies import Action
from service.schemas.front_queries import AskedOut, PreferIn, PreferredOut, QueryOut

__all__ = ["routes"]

routes = Routes("queries")


@routes.post("/v1/cases/{case_id}/queries", Action.ASK, out=AskedOut, status=202)
def ask(session: Session, case_id: UUID) -> AskedOut:
    """Ask for three slots; the same assessment has one question and one answer."""
    return AskedOut(query_id=queries.ask(session.tx, session.settings, case_id), state="in_progress")


@routes.get("/v1/queries/{query_id}", Action.READ_QUERY, out=QueryOut)
def read_query(session: Session, query_id: UUID) -> QueryOut:
    """Read the stored answer: one length and one set of fields, whatever it says."""
    return queries.read(session.tx, session.settings, query_id)


@routes.post("/v1/queries/{query_id}/preference", Action.PREFER, out=PreferredOut, status=202)
def prefer(session: Session, query_id: UUID, body: PreferIn) -> PreferredOut:
    """Tell the order of the three slots, once."""
    queries.prefer(session.tx, session.settings, query_id, body)
    return PreferredOut(query_id=query_id, state="in_progress")
