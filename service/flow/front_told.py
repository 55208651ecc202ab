"""What is told of cases, assessments and records, judged with the engine's own words: every fault at once, by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from matching.domain import Case, PlacementAssessment
from matching.domain.contradictions import contradiction_faults
from matching.domain.parse import shape_faults
from matching.errors import Fault
from service.flow.told import reference_faults_of
from service.schemas.common import within
from service.schemas.front_cases import CaseDetails
from service.store.database import Transaction
from service.store.repository import intel

__all__ = ["assessment_faults", "case_faults", "defector_key", "names_a_network", "network_faults", "place_faults"]


def case_faults(details: CaseDetails) -> list[Fault]:
    """What a case's details cannot mean: two defectors, a place that does not exist, a person twice."""
    case = {
        "id": "x",
        "unit": "x",
        "triage": "green",
        "received_at": "2026-01-01T00:00:00Z",
        "gate": {},
        **details.model_dump(mode="json"),
    }
    shape = within("details", shape_faults(Case, case, ()))
    return [*shape, *_named(_of_case(case), "cases[0].", "details.")]


def assessment_faults(assessment: PlacementAssessment, household: Any) -> list[Fault]:
    """What an assessment cannot mean: a place that does not exist, links to the own household or against each other.

    Parameters
    ----------
    household : of the case it is about, as it stands in the case's details
    """
    case = {"id": "x", "household": household, "assessments": [assessment.model_dump(mode="json")]}
    return _named(_of_case(case), "cases[0].assessments[0].", "assessment.")


def place_faults(record: Mapping[str, Any], name: str) -> list[Fault]:
    """Places of a record that do not exist.

    Examples
    --------
    >>> [fault.path for fault in place_faults({"presence": [{"locality": "nowhere"}]}, "network")]
    ['network.presence[0].locality']
    """
    return _named(reference_faults_of({"providers": [dict(record)]}), "providers[0].", f"{name}.")


def network_faults(tx: Transaction, told: Mapping[str, Any], name: str) -> list[Fault]:
    """Networks of a record that do not exist: what names one would be set aside as a whole or in part."""
    return [
        Fault(path, "names a network that does not exist", "the id of a network's record")
        for path, network in _networks(told, name)
        if not names_a_network(tx, network)
    ]


def names_a_network(tx: Transaction, told: str) -> bool:
    """Whether an id is that of a network's record, as it is written there."""
    try:
        record_id = UUID(told)
    except ValueError:
        return False
    return str(record_id) == told and intel.is_network(tx, record_id)


def _networks(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every network named, by its path."""
    if isinstance(node, list):
        for number, inner in enumerate(node):
            yield from _networks(inner, f"{path}[{number}]")
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key == "network" and isinstance(value, str):
                yield f"{path}.{key}", value
            elif key == "presence_waived":
                yield from ((f"{path}.{key}[{number}]", one) for number, one in enumerate(value))
            else:
                yield from _networks(value, f"{path}.{key}")


def defector_key(details: CaseDetails) -> str:
    """The person whose case it is: `case_faults` has found exactly one."""
    return next(member.person_key for member in details.household if member.role == "defector")


def _of_case(case: dict[str, Any]) -> list[Fault]:
    return [*reference_faults_of({"cases": [case]}), *contradiction_faults({"cases": [case]})]


def _named(faults: list[Fault], old: str, new: str) -> list[Fault]:
    """The same faults by the paths of what was told, in the words of the API."""
    return [
        Fault(
            new + fault.path.removeprefix(old) if fault.path.startswith(old) else new.rstrip("."),
            fault.wrong,
            fault.accepted.replace("`fristad geodata show`", "the map of the service"),
        )
        for fault in faults
    ]
