"""Objects to which somebody stands in exactly one relation, written past every rule by the superuser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg

from service.actors import Role
from service.policies import Relation
from service.store.database import unit_as_stored
from tests.service.harness import Harness

__all__ = ["OTHER_UNIT", "OWN_UNIT", "RELATIONS", "has_no_case", "world"]

OWN_UNIT: Final = "unit-own"
OTHER_UNIT: Final = "unit-other"
_SOMEBODY: Final = "somebody-else"

_CASE = {Relation.NONE, Relation.OWN_UNIT, Relation.ASSIGNED, Relation.DECIDING, Relation.CLAIMED, Relation.NAMED}
RELATIONS: Final[Mapping[str, set[Relation]]] = {
    "case_id": _CASE,
    "query_id": _CASE,
    "stay_id": {Relation.NONE, Relation.CLAIMED, Relation.NAMED, Relation.ASKED},
    "reveal_id": _CASE | {Relation.ASKED, Relation.AUTHOR},
    "record_id": {Relation.NONE, Relation.OWN_UNIT, Relation.AUTHOR},
    "facility_id": {Relation.NONE},
    "provider_id": {Relation.NONE},
    "plan_id": {Relation.NONE, Relation.AUTHOR, Relation.ASKED},
    "emergency_id": {Relation.NONE, Relation.CLAIMED, Relation.AUTHOR},
    "task_id": {Relation.NONE, Relation.ASKED},
    "alarm_id": {Relation.NONE},
    "access_id": {Relation.NONE, Relation.CLAIMED},
}
"""The relations that somebody may have to each kind of object."""


def has_no_case(role: Role, relation: Relation) -> bool:
    """Whether the stay of such a world is of a first load: a coordinator is asked about no other without a claim."""
    return role is Role.COORDINATOR and relation is Relation.ASKED


_NOTHING = b"\x00" * 64


def _insert(connection: psycopg.Connection, table: str, **values: Any) -> None:
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    connection.execute(f"INSERT INTO fristad.{table} ({names}) VALUES ({marks})", list(values.values()))


def world(harness: Harness, role: Role, name: str, relation: Relation, state: str) -> dict[str, UUID]:
    """One object of each kind; nothing in them can be opened.

    Parameters
    ----------
    role, name : of whoever stands to them in the relation, in `OWN_UNIT`
    state : of the case they hang on
    """
    now, ids = harness.clock(), {target: uuid4() for target in RELATIONS}
    mine = {one: name if relation is one else _SOMEBODY for one in Relation}
    unit = {one: OWN_UNIT if relation is one else OTHER_UNIT for one in Relation}
    is_asked = relation is Relation.ASKED
    case_id, stay_id = ids["case_id"], ids["stay_id"]
    with harness.database.admin() as connection, connection.transaction():
        _insert(
            connection,
            "cases",
            id=case_id,
            unit=unit[Relation.OWN_UNIT],
            organisation="police",
            municipality_unit=unit[Relation.DECIDING],
            municipality_organisation="police",
            person_tag=case_id.bytes,
            state=state,
            triage="green",
            received_at=now,
            attempt_no=1,
            claimed_by=mine[Relation.CLAIMED],
            claimed_at=now,
            state_since=now,
            offer_ref=stay_id,
        )
        _insert(
            connection,
            "assignments",
            id=uuid4(),
            case_id=case_id,
            actor=mine[Relation.ASSIGNED],
            role=role.value,
            unit=unit[Relation.ASSIGNED],
            kind="first",
            from_at=now,
            given_by=_SOMEBODY,
        )
        _insert(
            connection,
            "queries",
            id=ids["query_id"],
            case_id=case_id,
            assessment_version=1,
            asked_by=_SOMEBODY,
            unit=OTHER_UNIT,
            asked_at=now,
            release_at=now,
            expires_at=now,
            state="working",
        )
        _insert(
            connection,
            "stays",
            id=stay_id,
            case_id=None if has_no_case(role, relation) else case_id,
            kind="manual",
            state="held",
            version=1,
            sealed=_NOTHING,
            created_at=now,
            state_since=now,
        )
        _insert(
            connection,
            "tasks",
            id=ids["task_id"],
            kind="check_destination",
            for_role=role.value if is_asked else "system",
            for_unit=unit_as_stored(harness.solver.tagger, role, unit[Relation.ASKED]),
            case_id=case_id,
            stay_ref=stay_id,
            due_at=now,
            created_at=now,
        )
        _insert(
            connection,
            "reveal_requests",
            id=ids["reveal_id"],
            case_id=case_id,
            stay_ref=stay_id,
            purpose="transport",
            receiver=mine[Relation.NAMED],
            requested_by=_SOMEBODY,
            requested_at=now,
            state="asked" if is_asked else "approved",
            unit=OTHER_UNIT,
            decided_at=now,
        )
        _insert(
            connection,
            "reveal_approvals",
            request_id=ids["reveal_id"],
            actor=mine[Relation.AUTHOR],
            organisation="police",
            outcome="approved",
            at=now,
        )
        _insert(
            connection,
            "standing_access",
            id=ids["access_id"],
            case_id=case_id,
            actor=mine[Relation.NAMED],
            given_by=_SOMEBODY,
            from_at=now,
            until_at=harness.clock.in_days(2),
        )
        _insert(
            connection,
            "emergencies",
            id=ids["emergency_id"],
            case_id=case_id,
            asked_by=mine[Relation.AUTHOR],
            asked_at=now,
            facts_due_at=now,
            review_due_at=now,
            state="working",
            sealed=_NOTHING,
        )
        _insert(
            connection,
            "plans",
            id=ids["plan_id"],
            kind="week" if is_asked else "options",
            state="working",
            asked_by=mine[Relation.AUTHOR],
            asked_at=now,
        )
        _insert(
            connection,
            "intel_versions",
            record_id=ids["record_id"],
            version=1,
            kind="network",
            written_by=mine[Relation.AUTHOR],
            unit=unit[Relation.OWN_UNIT],
            written_at=now,
            sealed=_NOTHING,
        )
        for kind in ("facility", "provider"):
            _insert(
                connection,
                f"{kind}_versions",
                **{f"{kind}_id": ids[f"{kind}_id"]},
                version=1,
                written_by=_SOMEBODY,
                written_at=now,
                effective_on=now.date(),
                sealed=_NOTHING,
            )
        _insert(connection, "alarms", id=ids["alarm_id"], kind="test", raised_at=now)
    return ids
