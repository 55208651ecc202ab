"""Types every told thing is made of: ids, dates, intervals and the base model."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Self, get_args

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

__all__ = [
    "CaseId",
    "Day",
    "FacilityId",
    "Interval",
    "KommunCode",
    "LanCode",
    "LocalityId",
    "Moment",
    "NetworkId",
    "OpenInterval",
    "PersonKey",
    "ProviderId",
    "RecordId",
    "RegionCode",
    "Told",
    "UnitId",
    "field_names",
    "iso_day",
    "own_fault",
]

_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
_PERSON = r"^[a-z0-9][a-z0-9_-]{7,63}$"


def _id(text: str, pattern: str = _ID) -> Any:
    return Field(description=text, pattern=pattern)


CaseId = Annotated[str, _id("id of a case")]
FacilityId = Annotated[str, _id("id of a facility")]
UnitId = Annotated[str, _id("id of a unit, unique in its facility")]
ProviderId = Annotated[str, _id("id of a provider")]
NetworkId = Annotated[str, _id("id of a network")]
RecordId = Annotated[str, _id("id of a record")]
LocalityId = Annotated[str, _id("id of a locality, see `fristad geodata show`")]
PersonKey = Annotated[
    str,
    _id("keyed hash of an identity number, made outside fristad; 8-64 characters a-z 0-9 _ -", _PERSON),
]
KommunCode = Annotated[str, Field(description="kommun code, four digits as text", pattern=r"^[0-9]{4}$")]
LanCode = Annotated[str, Field(description="län code, two digits as text", pattern=r"^[0-9]{2}$")]
RegionCode = Annotated[
    str, Field(description="police region: nord mitt bergslagen stockholm ost vast syd", pattern=r"^[a-z]{3,12}$")
]


def own_fault(wrong: str, accepted: str) -> ValueError:
    """Fault of our own wording inside a pydantic validator; `parse` splits it again at the bar."""
    return ValueError(f"{wrong}|{accepted}")


_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def iso_day(text: object) -> object:
    """Text of the form YYYY-MM-DD and nothing else: a number of seconds is no date.

    Raises
    ------
    ValueError : another form, or no day of the calendar within 1900-2200

    Examples
    --------
    >>> iso_day("2026-11-20")
    datetime.date(2026, 11, 20)
    """
    if isinstance(text, date) and not isinstance(text, datetime):
        return text
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise own_fault("is no date", "a date, YYYY-MM-DD")
    try:
        day = date.fromisoformat(text)
    except ValueError as err:
        raise own_fault("is no date", "a date, YYYY-MM-DD") from err
    if not _FIRST_YEAR <= day.year < _LAST_YEAR:
        raise own_fault("is a date out of bounds", f"a date from {_FIRST_YEAR} to {_LAST_YEAR - 1}")
    return day


def _iso_moment(text: object) -> object:
    form = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
    if isinstance(text, datetime):
        return text
    fault = own_fault("is no time", "a time with its zone, e.g. 2026-11-20T08:00:00+01:00")
    if not isinstance(text, str) or not re.fullmatch(form, text):
        raise fault
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise fault from None


def _near_our_time(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
        raise own_fault("is a time out of bounds", f"a time from {_FIRST_YEAR} to {_LAST_YEAR - 1}")
    return moment


Day = Annotated[date, BeforeValidator(iso_day)]
Moment = Annotated[AwareDatetime, BeforeValidator(_iso_moment), AfterValidator(_near_our_time)]


class Told(BaseModel):
    """What we are told: frozen, unknown fields refused, no NaN, no value echoed in an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True)


class Interval(Told):
    """Calendar days ``[start, end)``."""

    start: Day = Field(description="first day")
    end: Day = Field(description="first day after it")

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end <= self.start:
            raise own_fault("the interval ends before or when it starts", "an end after the start")
        return self


class OpenInterval(Told):
    """Calendar days ``[start, end)``; no end means it still lasts."""

    start: Day = Field(description="first day")
    end: Day | None = Field(default=None, description="first day after it; none: still lasts")

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.end is not None and self.end <= self.start:
            raise own_fault("the interval ends before or when it starts", "an end after the start, or none")
        return self


@cache
def field_names() -> frozenset[str]:
    """Names of all fields, and of all kinds, of what can be told: the only keys a message may repeat.

    Examples
    --------
    >>> "start" in field_names(), "anna" in field_names()
    (True, False)
    """
    names: set[str] = set()
    models: list[type[Told]] = [Told]
    while models:
        model = models.pop()
        names.update(model.model_fields)
        if "kind" in model.model_fields:
            names.update(kind for kind in get_args(model.model_fields["kind"].annotation) if isinstance(kind, str))
        models.extend(model.__subclasses__())
    return frozenset(names)
