"""The scenario: everything the planner is told, and the ids of places it may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from matching.domain.base import Moment, Told, own_fault
from matching.domain.capacity import Facility, Provider
from matching.domain.case import Case, Placement, Residence
from matching.domain.intelligence import Exposure, Network, PersonConflict, Relation
from matching.domain.policy import Policy

__all__ = ["COLLECTIONS", "PlaceIndex", "Scenario", "Situation"]


@dataclass(frozen=True)
class PlaceIndex:
    """Ids of the places that exist, so that parsing can refuse the others without a map.

    Examples
    --------
    >>> "0180" in PlaceIndex(frozenset(), frozenset({"0180"}), frozenset(), frozenset()).kommuner
    True
    """

    localities: frozenset[str]
    kommuner: frozenset[str]
    lan: frozenset[str]
    police_regions: frozenset[str]


def _is_true(value: bool) -> bool:
    if not value:
        raise own_fault("the document does not say that it is synthetic", "true; real data never become a file")
    return value


class Situation(Told):
    """What facts are made of: intelligence, capacity, waiting cases and everybody already present.

    It is no file format and claims nothing about where it comes from: the register makes one in memory.
    """

    now: Moment = Field(description="the moment of planning, with its zone")
    policy: Policy = Policy()
    networks: tuple[Network, ...] = ()
    relations: tuple[Relation, ...] = ()
    person_conflicts: tuple[PersonConflict, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    providers: tuple[Provider, ...] = ()
    facilities: tuple[Facility, ...] = ()
    cases: tuple[Case, ...] = ()
    placements: tuple[Placement, ...] = ()
    residences: tuple[Residence, ...] = ()


class Scenario(Situation):
    """A synthetic week as a file tells it."""

    schema_version: Literal["1"] = Field(description="version of this format")
    synthetic: Annotated[bool, AfterValidator(_is_true), WithJsonSchema({"const": True, "type": "boolean"})] = Field(
        description="must be true: real data never become a file"
    )


COLLECTIONS: dict[str, type[Told]] = {
    "networks": Network,
    "relations": Relation,
    "person_conflicts": PersonConflict,
    "exposures": Exposure,
    "providers": Provider,
    "facilities": Facility,
    "cases": Case,
    "placements": Placement,
    "residences": Residence,
}
