"""A handful of routes that stand for all: what surrounds an endpoint is tested on them alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field

from service.http.routes import Routes, Session
from service.policies import Action
from tests.service.harness import Harness

__all__ = ["DOING", "PROBES", "Told", "a_case"]

_STRICT = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Inner(BaseModel):
    model_config = _STRICT

    start_day: int = Field(ge=0, le=10)


class Told(BaseModel):
    model_config = _STRICT

    word: str = Field(min_length=1, max_length=40, examples=["yes"])
    amount: float | None = Field(default=None, examples=[1.5])
    inner: tuple[Inner, ...] = Field(default=(), max_length=3)


class Said(BaseModel):
    model_config = _STRICT

    id: UUID
    times: int


DOING: list[Callable[[Session], None]] = []
"""What the act of a test does beside its answer."""

PROBES = Routes("probes")
_DONE: list[UUID] = []


def _act(session: Session) -> Said:
    for doing in DOING:
        doing(session)
    session.tx.record(Action.OPEN_CASE.value)
    _DONE.append(uuid4())
    return Said(id=_DONE[-1], times=len(_DONE))


@PROBES.post("/v1/probes", Action.OPEN_CASE, out=Said, status=201)
def open_probe(session: Session, body: Told) -> Said:
    """Do something."""
    return _act(session)


@PROBES.post("/v1/probes/once", Action.OPEN_CASE, out=Said, once=True)
def probe_once(session: Session) -> Said:
    """Do something whose answer is given once."""
    return _act(session)


@PROBES.get("/v1/probes", Action.LIST_CASES, out=Said)
def list_probes(session: Session, limit: Annotated[int, Field(ge=1, le=200)] = 100, after: str = "") -> Said:
    """Read something."""
    for doing in DOING:
        doing(session)
    return Said(id=UUID(int=limit), times=len(after))


@PROBES.get("/v1/cases/{case_id}", Action.READ_CASE, out=Said)
def read_probe(session: Session, case_id: UUID) -> Said:
    """Read something of a case."""
    return Said(id=case_id, times=1)


@PROBES.post("/v1/cases/{case_id}/probe", Action.CLOSE_CASE, out=Said)
def act_on_probe(session: Session, case_id: UUID) -> Said:
    """Do something to a case."""
    for doing in DOING:
        doing(session)
    session.tx.record(Action.CLOSE_CASE.value, case=case_id)
    return Said(id=case_id, times=1)


def a_case(
    harness: Harness,
    *,
    unit: str = "bops-syd",
    organisation: str = "police",
    name: str = "requester-1",
    state: str = "opened",
) -> UUID:
    """A case of a unit, assigned to somebody of it."""
    case_id, now = uuid4(), harness.clock()
    with harness.database.admin() as connection:
        connection.execute(
            "INSERT INTO fristad.cases (id, unit, organisation, municipality_unit,"
            " municipality_organisation, person_tag, state, triage, received_at,"
            " attempt_no, state_since) VALUES (%s, %s, %s, 'kommun-1', 'kommun-1', %s, %s, 'green', %s, 1, %s)",
            [case_id, unit, organisation, case_id.bytes, state, now, now],
        )
        connection.execute(
            "INSERT INTO fristad.assignments (id, case_id, actor, role, unit, kind, from_at, given_by)"
            " VALUES (%s, %s, %s, 'requester', %s, 'first', %s, %s)",
            [uuid4(), case_id, name, unit, now, name],
        )
    return case_id
