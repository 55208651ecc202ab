"""Questions, answers of one length, and the order of three slots."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from matching.domain.base import Moment
from matching.redaction import GateCode
from service.schemas.common import In, Out

__all__ = ["ANSWER_BYTES", "AskedOut", "MissingCode", "PreferIn", "PreferredOut", "QueryOut", "SlotOut", "padded"]

ANSWER_BYTES: Final = 2048
"""Length of every answer to a question, whatever it says: more than the longest needs."""
QUERY_ID = "0b8f2f0a-6f0e-4a53-9a3c-5a3de1d3c7aa"
SLOT_IDS = (
    "c0b2f7d4-8a51-4a0e-9d5e-0a9b2d1f4e01",
    "d1c3a8e5-9b62-4b1f-8e6f-1bac3e2a5f12",
    "e2d4b9f6-ac73-4c2a-9f7a-2cbd4f3b6a23",
)

MissingCode = GateCode | Literal["gate_not_known", "no_slots"]
Form = Literal["protected_housing", "supported_housing", "foster_home", "residential_care_home", "withheld"]
Staffing = Literal["round_the_clock_staff", "daily_contact", "contact_as_agreed", "withheld"]
Privacy = Literal["own_units", "shared_units", "mixed_units", "withheld"]
CostBand = Literal["below_4000", "4000_to_4999", "5000_or_more", "withheld"]


class AskedOut(Out):
    """The question is taken; its answer comes at the next tick, whatever it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query_id": QUERY_ID, "state": "in_progress"}]})

    query_id: UUID
    state: Literal["in_progress"]


class SlotOut(Out):
    """One slot: a request, never a promise; whether a free bed is behind it, nobody is told."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "slot_id": SLOT_IDS[0],
                    "rank": 1,
                    "form": "protected_housing",
                    "staffing": "daily_contact",
                    "privacy": "withheld",
                    "cost_band": "withheld",
                }
            ]
        }
    )

    slot_id: UUID
    rank: Literal[1, 2, 3]
    form: Form
    staffing: Staffing
    privacy: Privacy
    cost_band: CostBand


class QueryOut(Out):
    """The stored answer, the same bytes each time; every answer has one length and one set of fields."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "state": "in_progress",
                    "expires_at": "2026-12-07T08:15:00Z",
                    "slots": None,
                    "missing": None,
                    "padding": "0000",
                }
            ]
        }
    )

    state: Literal["in_progress", "three_slots", "gate_not_passed", "with_coordinator", "expired"] = Field(
        description="with_coordinator: no slots, the coordinator on duty places the case; nothing is to be done here"
    )
    expires_at: Moment = Field(description="the order of the slots is told before it")
    slots: tuple[SlotOut, SlotOut, SlotOut] | None
    missing: tuple[MissingCode, ...] | None
    padding: Annotated[str, Field(max_length=ANSWER_BYTES, pattern="^0*$")]


def padded(
    state: str,
    expires_at: datetime,
    slots: tuple[SlotOut, SlotOut, SlotOut] | None = None,
    missing: tuple[str, ...] | None = None,
) -> QueryOut:
    """An answer of `ANSWER_BYTES` bytes as JSON without blanks.

    Examples
    --------
    >>> from datetime import UTC
    >>> ends = datetime(2030, 1, 4, 8, 15, tzinfo=UTC)
    >>> {len(padded(state, ends).model_dump_json()) for state in ("in_progress", "expired")} == {ANSWER_BYTES}
    True
    """
    told = {"state": state, "expires_at": expires_at, "slots": slots, "missing": missing}
    bare = QueryOut.model_validate({**told, "padding": ""})
    return QueryOut.model_validate({**told, "padding": "0" * (ANSWER_BYTES - len(bare.model_dump_json()))})


class PreferIn(In):
    """The three slots in the order of preference, each once."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"slots": list(SLOT_IDS)}]})

    slots: tuple[UUID, UUID, UUID]


class PreferredOut(Out):
    """The order is taken; what follows is in progress until the person is asked."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"query_id": QUERY_ID, "state": "in_progress"}]})

    query_id: UUID
    state: Literal["in_progress"]
