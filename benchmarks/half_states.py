"""Whether a register is in one piece: every act with its row, every row with its act, every bed with its stay."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import psycopg

__all__ = ["ROWS", "half_states", "known_cases"]

ROWS: Final = {
    "case_signatures": ("SELECT case_id FROM fristad.case_signatures", ("open_case", "sign_case")),
    "case_versions": ("SELECT case_id FROM fristad.case_versions", ("open_case", "update_case", "open_emergency")),
    "gate_versions": ("SELECT case_id FROM fristad.gate_versions", ("record_gate", "open_emergency")),
    "assessment_versions": ("SELECT case_id FROM fristad.assessment_versions", ("sign_assessment",)),
    "measure_decisions": ("SELECT case_id FROM fristad.decisions WHERE kind = 'measure'", ("decide_measure",)),
    "claims": ("SELECT case_id FROM fristad.claims", ("claim", "open_emergency")),
    "closed_cases": ("SELECT id FROM fristad.cases WHERE state = 'closed'", ("close_case",)),
    "answers": ("SELECT case_id FROM fristad.queries WHERE state <> 'working'", ("solve_query",)),
    "emergencies": ("SELECT case_id FROM fristad.emergencies", ("open_emergency",)),
}
"""Rows by the case they belong to, and the acts each of which writes one."""

_UNDONE: Final = frozenset({"denied", "refused"})
_HOLDING: Final = "('held', 'confirmed', 'checked', 'accepted', 'decided', 'placed')"
_HALVES: Final = {
    "a live stay without a bed": f"SELECT count(*) FROM fristad.stays s WHERE s.state IN {_HOLDING} "
    "AND s.kind NOT IN ('residence', 'first_load') "
    "AND NOT EXISTS (SELECT FROM fristad.bed_nights b WHERE b.stay_id = s.id)",
    "a released stay with a bed": "SELECT count(*) FROM fristad.bed_nights b JOIN fristad.stays s ON s.id = b.stay_id "
    "WHERE s.state IN ('released', 'departed')",
    "a bed without a stay": "SELECT count(*) FROM fristad.bed_nights b "
    "WHERE NOT EXISTS (SELECT FROM fristad.stays s WHERE s.id = b.stay_id)",
    "a bed-night held twice": "SELECT count(*) FROM fristad.bed_nights a JOIN fristad.bed_nights b "
    "ON a.nights && b.nights AND a.ctid < b.ctid",
    "a held stay without an offer": f"SELECT count(*) FROM fristad.stays s WHERE s.state IN {_HOLDING} "
    "AND s.kind IN ('slot', 'emergency') AND NOT EXISTS (SELECT FROM fristad.offers o WHERE o.stay_ref = s.id)",
    "a held slot nobody is told to confirm": "SELECT count(*) FROM fristad.stays s WHERE s.state = 'held' "
    "AND s.kind = 'slot' AND NOT EXISTS (SELECT FROM fristad.tasks t WHERE t.stay_ref = s.id "
    "AND t.kind = 'confirm_with_provider')",
    "a case without details": "SELECT count(*) FROM fristad.cases c "
    "WHERE NOT EXISTS (SELECT FROM fristad.case_versions v WHERE v.case_id = c.id)",
    "a case without its requester": "SELECT count(*) FROM fristad.cases c WHERE NOT c.is_emergency AND NOT EXISTS "
    "(SELECT FROM fristad.assignments a WHERE a.case_id = c.id) AND NOT c.id = ANY(%(known)s)",
    "an answer without slots behind it": "SELECT count(*) FROM fristad.slots l WHERE NOT EXISTS "
    "(SELECT FROM fristad.queries q WHERE q.id = l.query_id AND q.state <> 'working')",
}


def known_cases(connection: psycopg.Connection) -> list[UUID]:
    """Cases that are there before anybody writes: what they were seeded with has no acts of its own."""
    return [row[0] for row in connection.execute("SELECT id FROM fristad.cases").fetchall()]


def _acts(connection: psycopg.Connection) -> Iterable[dict[str, Any]]:
    for (entry,) in connection.execute("SELECT entry FROM fristad.audit_entries ORDER BY seq"):
        yield json.loads(bytes(entry))


def half_states(connection: psycopg.Connection, known: list[UUID]) -> dict[str, int]:
    """How many of each kind of half state there are; nothing where everything is whole.

    Parameters
    ----------
    connection : of the embedded server's administrator
    known : cases that were seeded
    """
    done = [entry for entry in _acts(connection) if entry["outcome"] not in _UNDONE]
    seeded = {str(one) for one in known}
    found: dict[str, int] = {}
    for name, (query, acts) in ROWS.items():
        rows = Counter(str(row[0]) for row in connection.execute(query.encode()).fetchall())
        told = Counter(str(entry["case"]) for entry in done if entry["act"] in acts)
        wrong = sum(rows[case] != told[case] for case in {*rows, *told} - seeded)
        if wrong:
            found[f"{name} and their acts differ"] = wrong
    stays = "SELECT id FROM fristad.stays WHERE kind NOT IN ('residence', 'first_load')"
    held = {str(row[0]) for row in connection.execute(stays).fetchall()}
    placed = {str(entry["object"]) for entry in done if entry["act"] == "place_hold"}
    if held != placed:
        found["holds and their acts differ"] = len(held ^ placed)
    for name, query in _HALVES.items():
        row = connection.execute(query.encode(), {"known": known}).fetchone()
        if row is not None and row[0]:
            found[name] = int(row[0])
    return found
