"""What changed tonight: a file of changes, applied to a scenario document so that the ordinary reading does the rest.

A change only ever adds danger. A relation may not end or become less probable, a reach may not shrink, a closure may
not be lifted, an exposed place may not be cleared: such a change is a fault, since a repair would then call somebody
safe because of it. Loosening is done in the scenario itself, by whoever signs it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Self

from pydantic import Field, model_validator

from matching.domain.assessment import ThreatActor
from matching.domain.base import CaseId, FacilityId, RecordId, Told, field_names, own_fault
from matching.domain.capacity import Closure
from matching.domain.intelligence import Exposure, PersonConflict, Relation
from matching.domain.nearest import perhaps
from matching.domain.parse import shape_faults
from matching.domain.reading import read_tree
from matching.errors import Fault, InputRejected
from matching.repair.tightening import loosened_actor, loosened_conflict, loosened_relation

__all__ = ["KINDS", "Applied", "ChangesFile", "applied", "read_changes", "written"]

_Tree = dict[str, Any]
_SCHEMA: Final = "`fristad schema`"
_GUIDE: Final = "docs/repair.md"
"""Where the fields of this format are told: the schema is that of a scenario."""


class RelationChange(Told):
    """A relation between two networks that is new, or already told (same id) and now worse."""

    kind: Literal["relation"]
    relation: Relation


class ConflictChange(Told):
    """A conflict between two persons that is new, or already told (same id) and now worse."""

    kind: Literal["person_conflict"]
    person_conflict: PersonConflict


class ActorChange(Told):
    """A threat actor added to the assessment that counts, or one of it (same id) that reaches farther."""

    kind: Literal["actor"]
    case: CaseId | None = Field(default=None, description="the waiting case threatened")
    placement: RecordId | None = Field(default=None, description="the placement or hold threatened")
    actor: ThreatActor

    @model_validator(mode="after")
    def _one_household(self) -> Self:
        if (self.case is None) == (self.placement is None):
            raise own_fault("an actor threatens no household or two", "either a case or a placement")
        return self


class ClosureChange(Told):
    """A facility, or some of its units, takes nobody on some nights."""

    kind: Literal["closure"]
    facility: FacilityId
    closure: Closure


class ExposureChange(Told):
    """A facility or a locality has become known to a network."""

    kind: Literal["exposure"]
    exposure: Exposure


KINDS: Final[dict[str, type[Told]]] = {
    "relation": RelationChange,
    "person_conflict": ConflictChange,
    "actor": ActorChange,
    "closure": ClosureChange,
    "exposure": ExposureChange,
}
"""Every kind of change and what it holds."""

AnyChange = RelationChange | ConflictChange | ActorChange | ClosureChange | ExposureChange


class ChangesFile(Told):
    """A whole file of changes."""

    schema_version: Literal["1"] = Field(description="version of this format")
    synthetic: Literal[True] = Field(description="must be true: real data never become a file")
    changes: tuple[AnyChange, ...] = Field(min_length=1, max_length=200)


field_names.cache_clear()  # a fault may name the fields of this format too


@dataclass(frozen=True)
class Applied:
    """A scenario document with the changes in it; `origins` says which change wrote what lies below a path."""

    content: bytes
    origins: tuple[tuple[str, str], ...]

    def told(self, faults: Iterable[Fault]) -> InputRejected:
        """Faults of the changed scenario, told of the changes file."""
        return InputRejected(Fault(self._path(fault.path), fault.wrong, fault.accepted) for fault in faults)

    def _path(self, path: str) -> str:
        for start, change in self.origins:
            if path == start or path.startswith((f"{start}.", f"{start}[")):
                return change + path[len(start) :]
        return f"the scenario with these changes: {path}"


def read_changes(content: bytes) -> list[_Tree]:
    """The changes a document tells, each well-formed by itself.

    Parameters
    ----------
    content : JSON document, UTF-8

    Returns
    -------
    the raw changes, in the order of the document

    Raises
    ------
    InputRejected : every fault of shape, no value echoed

    Examples
    --------
    >>> read_changes(b'{"schema_version": "1", "synthetic": true, "changes": []}')
    Traceback (most recent call last):
    matching.errors.InputRejected: input rejected: 1 fault(s)
    """
    tree, faults = read_tree(content)
    if not isinstance(tree, dict):
        fault = Fault(
            "the changes file", "is not a JSON object", "an object with schema_version, synthetic and changes"
        )
        raise InputRejected([*faults, fault])
    told = {fault.path for fault in faults}
    items = tree.get("changes")
    if isinstance(items, list) and items:
        faults += [
            fault
            for number, item in enumerate(items)
            for fault in _shape(item, ("changes", number))
            if fault.path not in told
        ]
        is_sound = not faults
        head = {**tree, "changes": items if is_sound else []}
        faults += [f for f in shape_faults(ChangesFile, head, ()) if is_sound or not f.path.startswith("changes")]
    else:
        faults += [fault for fault in shape_faults(ChangesFile, tree, ()) if fault.path not in told]
    if faults:
        raise InputRejected(replace(fault, accepted=fault.accepted.replace(_SCHEMA, _GUIDE)) for fault in faults)
    return list(items or ())


def _shape(item: Any, path: tuple[int | str, ...]) -> list[Fault]:
    here = f"changes[{path[1]}]"
    if not isinstance(item, dict):
        return [Fault(here, "is no object", "an object with a kind")]
    kind = item.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        accepted = "one of the kinds " + ", ".join(KINDS) + (perhaps(kind, KINDS) if isinstance(kind, str) else "")
        return [Fault(f"{here}.kind", "is of an unknown kind" if "kind" in item else "is missing", accepted)]
    return shape_faults(KINDS[kind], item, path)


def applied(changes: Iterable[_Tree], scenario: bytes) -> Applied:
    """A scenario document with changes applied, in order; what they refer to is examined when it is read again.

    Parameters
    ----------
    changes : from `read_changes`
    scenario : a document that could be read without them

    Raises
    ------
    InputRejected : every change that loosens something, or whose household, assessment or facility does not exist
    """
    week, faults = written(changes, scenario)
    if faults:
        raise InputRejected(faults)
    return week


def written(changes: Iterable[_Tree], scenario: bytes) -> tuple[Applied, tuple[Fault, ...]]:
    """What `applied` returns, beside the faults it raises, so that those of reading it again are told with them."""
    tree: _Tree = json.loads(scenario.decode("utf-8-sig"))
    faults: list[Fault] = []
    origins: dict[str, str] = {}
    for number, change in enumerate(changes):
        here = f"changes[{number}]"
        path, found = _WRITERS[change["kind"]](tree, change)
        faults += [Fault(f"{here}.{field}" if field else here, wrong, ok) for field, wrong, ok in found]
        if path:
            origins[path] = f"{here}.{change['kind']}"
    content = json.dumps(tree, ensure_ascii=False).encode()
    return Applied(content, tuple(sorted(origins.items(), key=lambda pair: -len(pair[0])))), tuple(faults)


_Found = list[tuple[str, str, str]]
"""(field of the change, what is wrong, what is accepted)."""
_Loosened = Callable[[_Tree, _Tree], Iterator[tuple[str, str, str]]]


def _recorded(tree: _Tree, collection: str, field: str, told: _Tree, loosened: _Loosened) -> tuple[str, _Found]:
    """A record added to a collection, or put in the place of the one of its id."""
    items = tree.setdefault(collection, [])
    at = next((place for place, item in enumerate(items) if item["id"] == told["id"]), len(items))
    path = f"{collection}[{at}]"
    if at == len(items):
        items.append(told)
        return path, []
    found = [(f"{field}.{part}", wrong, ok) for part, wrong, ok in loosened(items[at], told)]
    items[at] = told
    return path, found


def _relation(tree: _Tree, change: _Tree) -> tuple[str, _Found]:
    return _recorded(tree, "relations", "relation", change["relation"], loosened_relation)


def _conflict(tree: _Tree, change: _Tree) -> tuple[str, _Found]:
    return _recorded(tree, "person_conflicts", "person_conflict", change["person_conflict"], loosened_conflict)


def _exposure(tree: _Tree, change: _Tree) -> tuple[str, _Found]:
    told = change["exposure"]
    found: _Found = []
    if told.get("cleared_on") is not None or told.get("cleared_by"):
        found.append(("exposure", "clears the place it exposes", "an exposure that nobody has cleared"))
    if any(item["id"] == told["id"] for item in tree.get("exposures", [])):
        found.append(("exposure.id", "is already told in the scenario", "a new id: an exposed place is never changed"))
        return "", found
    tree.setdefault("exposures", []).append(told)
    return f"exposures[{len(tree['exposures']) - 1}]", found


def _closure(tree: _Tree, change: _Tree) -> tuple[str, _Found]:
    for place, item in enumerate(tree.get("facilities", [])):
        if item["id"] == change["facility"]:
            item.setdefault("closures", []).append(change["closure"])
            return f"facilities[{place}].closures[{len(item['closures']) - 1}]", []
    return "", [("facility", "names a facility that does not exist", "the id of a facility of this scenario")]


def _actor(tree: _Tree, change: _Tree) -> tuple[str, _Found]:
    field = "case" if change.get("case") is not None else "placement"
    name = f"{field}s"
    at = next((n for n, item in enumerate(tree.get(name, [])) if item["id"] == change[field]), None)
    if at is None:
        return "", [(field, f"names a {field} that does not exist", f"the id of a {field} of this scenario")]
    item = tree[name][at]
    file, path = (item, f"{name}[{at}]") if field == "case" else (item.get("case_file"), f"{name}[{at}].case_file")
    assessments = (file or {}).get("assessments") or []
    if not assessments:
        accepted = f"a {field} with an assessment; without a case file tell a relation, or an exposure of the facility"
        return "", [(field, "has no assessment an actor could be added to", accepted)]
    counts = max(range(len(assessments)), key=lambda n: assessments[n]["version"])
    actors = assessments[counts].setdefault("actors", [])
    told = change["actor"]
    number = next((n for n, actor in enumerate(actors) if actor["id"] == told["id"]), len(actors))
    found: _Found = []
    if number < len(actors):
        found = [(f"actor.{part}", wrong, ok) for part, wrong, ok in loosened_actor(actors[number], told)]
        actors[number] = told
    else:
        actors.append(told)
    return f"{path}.assessments[{counts}].actors[{number}]", found


_WRITERS: Final[dict[str, Callable[[_Tree, _Tree], tuple[str, _Found]]]] = {
    "relation": _relation,
    "person_conflict": _conflict,
    "actor": _actor,
    "closure": _closure,
    "exposure": _exposure,
}
