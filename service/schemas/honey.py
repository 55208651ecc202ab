"""What the security officer tells of bait: in whose names it is written, and which places of one's own it leads to."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, model_validator

from matching.domain.base import KommunCode, LocalityId, own_fault
from service.schemas.common import In, Name, Slug

__all__ = ["BaitCase", "BaitPlace", "BaitTold", "Who"]

_MOST: Final = 50


class Who(In):
    """Somebody who knows of the bait it is written in the name of, as the issuer of the tokens names them."""

    name: Name
    unit: Slug
    organisation: Slug


class BaitPlace(In):
    """Where a bait facility claims to be: premises of one's own, and a telephone that is answered there.

    Whoever has got hold of it may go there: it is never somebody's home.
    """

    locality: LocalityId
    street: str = Field(min_length=1, max_length=200)
    postal_code: str = Field(pattern=r"^[0-9]{3} ?[0-9]{2}$")
    town: str = Field(min_length=1, max_length=100)
    contact: str = Field(min_length=1, max_length=200)
    call_back: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="with the country's code")


class BaitCase(In):
    """A bait case: opened by a requester who knows of it, closed again by them."""

    requester: Who
    municipality: KommunCode
    home: LocalityId


class BaitTold(In):
    """All of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "registrar": {"name": "g-1", "unit": "noa", "organisation": "police"},
                    "places": [
                        {
                            "locality": "1880-orebro",
                            "street": "Exempelgatan 1",
                            "postal_code": "700 00",
                            "town": "Örebro",
                            "contact": "the manager",
                            "call_back": "+46000000000",
                        }
                    ],
                    "cases": [
                        {
                            "requester": {"name": "r-1", "unit": "bops-syd", "organisation": "police"},
                            "municipality": "1280",
                            "home": "1280-malmo",
                        }
                    ],
                }
            ]
        }
    )

    registrar: Who | None = None
    places: Annotated[tuple[BaitPlace, ...], Field(max_length=_MOST)] = ()
    cases: Annotated[tuple[BaitCase, ...], Field(max_length=_MOST)] = ()

    @model_validator(mode="after")
    def _somebody_writes_it(self) -> Self:
        if self.places and self.registrar is None:
            raise own_fault("places are told and no registrar", "the registrar in whose name they are written")
        if not self.places and not self.cases:
            raise own_fault("nothing is told", "places, or cases, or both")
        return self
