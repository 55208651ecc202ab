"""The changes file: every kind, every fault, and that no change loosens anything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from matching.domain import parse
from matching.errors import InputRejected
from matching.repair.changes import KINDS, applied, read_changes
from tests import tellings
from tests.repair.weeks import FILE, facts, land, stay, week
from tests.tellings import Raw, on

LAND = land([("a", "b")])
PROVENANCE = tellings.PROVENANCE


def document(*changes: Any, **head: Any) -> bytes:
    return json.dumps({"schema_version": "1", "synthetic": True, "changes": list(changes), **head}).encode()


def told(raw: Raw, *changes: Raw) -> Raw:
    """The scenario with changes in it, read again by the ordinary reading."""
    week = applied(read_changes(document(*changes)), json.dumps(raw).encode())
    try:
        parse(week.content, LAND.index())
    except InputRejected as bad:
        raise week.told(bad.faults) from None
    found: Raw = json.loads(week.content)
    return found


def faults(raw: Raw, *changes: Raw) -> list[str]:
    with pytest.raises(InputRejected) as bad:
        told(raw, *changes)
    return [fault.path for fault in bad.value.faults]


def relation(**more: Any) -> Raw:
    return {"kind": "relation", "relation": {**tellings.relation("red", "blue"), **more}}


def conflict(**more: Any) -> Raw:
    return {"kind": "person_conflict", "person_conflict": {**tellings.conflict("person-1", "person-2"), **more}}


def actor(reach: Raw | None = None, **more: Any) -> Raw:
    radius = {"kind": "radius", "bases": ["c"], "radius_km": 40}
    return {
        "kind": "actor",
        "placement": "stay-1",
        "actor": {"id": "x", "network": "blue", "reach": reach or radius, "persistence": {"kind": "lasting"}},
        **more,
    }


def exposure(**more: Any) -> Raw:
    return {
        "kind": "exposure",
        "exposure": {"id": "e", "network": "red", "facility": "house-a", "kind": "leak", "exposed_on": on(-1), **more},
    }


def closure(**more: Any) -> Raw:
    return {"kind": "closure", "facility": "house-a", "closure": {"start": on(0), "end": on(30)}, **more}


RAW = week("ab", stay("1", "a", "red"), stay("2", "b", "blue"), cases=[tellings.case("waiting")])
EACH = [relation(), conflict(), actor(), closure(), exposure()]


def test_every_kind_is_written_where_the_rules_read_it() -> None:
    after = told(RAW, *EACH)
    assert [one["id"] for one in after["relations"]] == ["rival-red-blue"]
    assert len(after["person_conflicts"]) == len(after["exposures"]) == 1
    assert after["facilities"][0]["closures"] == [closure()["closure"]]
    assert after["placements"][0]["case_file"]["assessments"][0]["actors"] == [actor()["actor"]]
    assert {change["kind"] for change in EACH} == set(KINDS)


def test_a_waiting_case_may_be_threatened_too() -> None:
    change = {key: value for key, value in actor().items() if key != "placement"} | {"case": "waiting"}
    assert told(RAW, change)["cases"][0]["assessments"][0]["actors"][0]["id"] == "x"


def test_the_version_that_counts_is_changed() -> None:
    file = FILE | {"assessments": [tellings.assessment(version=2), tellings.assessment(version=1)]}
    raw = week("ab", stay("1", "a", "red", case_file=file))
    versions = told(raw, actor())["placements"][0]["case_file"]["assessments"]
    assert ["actors" in one for one in versions] == [True, False]


def test_an_order_of_changes_builds_on_each_other() -> None:
    after = told(RAW, relation(probability_percent=30), relation(probability_percent=80))
    assert [one["probability_percent"] for one in after["relations"]] == [80]
    assert faults(RAW, relation(probability_percent=80), relation(probability_percent=79)) == [
        "changes[1].relation.probability_percent"
    ]


def test_the_changed_document_becomes_facts() -> None:
    assert facts(RAW, LAND).network_feuds == {}
    assert set(facts(told(RAW, relation()), LAND).network_feuds.values()) != set()


@pytest.mark.parametrize(
    ("content", "paths"),
    [
        (b"[]", {"the changes file"}),
        (b'{"schema_version": "1", "synthetic": true, "changes": []}', {"changes"}),
        (b'{"schema_version": "1", "synthetic": true}', {"changes"}),
        (document(3), {"changes[0]"}),
        (document({}), {"changes[0].kind"}),
        (document({"kind": "relatoin"}), {"changes[0].kind"}),
        (document({"kind": "closure"}, relation(start="soon")), {
            "changes[0].facility", "changes[0].closure", "changes[1].relation.start",
        }),
        (document(closure(nights=3)), {"changes[0].<unknown field>"}),
        (document(actor(case="waiting")), {"changes[0]"}),
        (document(closure(), synthetic=False), {"synthetic"}),
        (document(closure(), comment="x"), {"<unknown field>"}),
        (document(relation(id="19811228-9874")), {"changes[0].relation.id"}),
    ],
)  # fmt: skip
def test_every_fault_of_shape_at_once(content: bytes, paths: set[str]) -> None:
    with pytest.raises(InputRejected) as bad:
        read_changes(content)
    assert {fault.path for fault in bad.value.faults} == paths


def test_a_slip_of_the_finger_is_answered_with_what_may_be_meant() -> None:
    with pytest.raises(InputRejected) as bad:
        read_changes(document({"kind": "relatoin"}, closure(closured=1)))
    accepted = [fault.accepted for fault in bad.value.faults]
    assert "perhaps relation?" in accepted[0]
    assert "perhaps closure?" in accepted[1]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (relation(a="ghost"), "changes[0].relation.a"),
        (conflict(b="person-9"), "changes[0].person_conflict.b"),
        (exposure(facility="ghost"), "changes[0].exposure.facility"),
        (exposure(facility=None, locality="atlantis"), "changes[0].exposure.locality"),
        (closure(facility="ghost"), "changes[0].facility"),
        (closure(closure={"start": on(0), "end": on(3), "units": ["ghost"]}), "changes[0].closure.units[0]"),
        (actor(placement="ghost"), "changes[0].placement"),
        (actor(reach={"kind": "radius", "bases": ["atlantis"], "radius_km": 4}), "changes[0].actor.reach.bases[0]"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_told_of_the_changes_file(change: Raw, path: str) -> None:
    assert faults(RAW, change) == [path]


def test_no_fault_repeats_an_id() -> None:
    with pytest.raises(InputRejected) as bad:
        told(RAW, relation(a="ghost"), exposure(facility="phantom"))
    assert not any("ghost" in str(fault) or "phantom" in str(fault) for fault in bad.value.faults)


def test_a_placement_without_an_assessment_takes_no_actor() -> None:
    assert faults(week("a", stay("1", "a", "red", case_file=None)), actor()) == ["changes[0].placement"]


OLD = tellings.relation("red", "blue", probability_percent=60, end=on(90))
FEUD = tellings.conflict("person-1", "person-2", separation_km=60)


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        ({"probability_percent": 60, "end": on(90)}, []),
        ({"probability_percent": 61, "end": on(91), "start": on(-600)}, []),
        ({"probability_percent": 60, "end": None}, []),
        ({"a": "blue", "b": "red", "probability_percent": 60, "end": on(90)}, []),
        ({"probability_percent": 59, "end": on(89)}, ["end", "probability_percent"]),
        ({"probability_percent": 90, "end": on(90), "start": on(-499)}, ["start"]),
        ({"probability_percent": 90, "end": on(90), "end_confirmed": True}, ["end_confirmed"]),
        ({"probability_percent": 90, "end": on(90), "kind": "allied", "id": OLD["id"]}, ["kind"]),
        ({"probability_percent": 90, "end": on(90), "b": "grey", "id": OLD["id"]}, ["a"]),
    ],
)
def test_a_relation_only_gets_worse(more: Raw, paths: list[str]) -> None:
    raw = RAW | {"relations": [OLD]}
    change = {"kind": "relation", "relation": {**OLD, **more}}
    if paths:
        assert faults(raw, change) == [f"changes[0].relation.{path}" for path in paths]
    else:
        assert told(raw, change)["relations"] == [change["relation"]]


@pytest.mark.parametrize(
    ("more", "paths"),
    [
        ({"separation_km": 60}, []),
        ({"separation_km": 59}, ["separation_km"]),
        ({"separation_km": None}, ["separation_km"]),
    ],
)
def test_a_conflict_only_gets_wider(more: Raw, paths: list[str]) -> None:
    raw = RAW | {"person_conflicts": [FEUD]}
    change = {"kind": "person_conflict", "person_conflict": {**FEUD, **more}}
    if paths:
        assert faults(raw, change) == [f"changes[0].person_conflict.{path}" for path in paths]
    else:
        assert told(raw, change)["person_conflicts"] == [change["person_conflict"]]


def radius(*bases: str, km: int = 40) -> Raw:
    return {"kind": "radius", "bases": list(bases), "radius_km": km}


def minutes(limit: int) -> Raw:
    return {"kind": "minutes", "bases": ["c"], "minutes": limit}


def counties(*codes: str) -> Raw:
    return {"kind": "areas", "areas": [{"kind": "lan", "lan": code} for code in codes]}


REACHES: list[tuple[Raw, Raw, list[str]]] = [
    (radius("c"), radius("d", "c"), []),
    (radius("c"), radius("d"), ["reach"]),
    (radius("c"), radius("c", km=39), ["reach.radius_km"]),
    (minutes(40), minutes(41), []),
    (minutes(40), minutes(39), ["reach.minutes"]),
    (radius("c"), {"kind": "national"}, ["reach.kind"]),
    ({"kind": "presence"}, {"kind": "presence"}, []),
    (counties("01"), counties("12", "01"), []),
    (counties("01"), counties("12"), ["reach"]),
]


@pytest.mark.parametrize(("before", "after", "paths"), REACHES)
def test_a_reach_only_grows(before: Raw, after: Raw, paths: list[str]) -> None:
    raw = told(RAW, actor(before))
    if paths:
        assert faults(raw, actor(after)) == [f"changes[0].actor.{path}" for path in paths]
    else:
        (kept,) = told(raw, actor(after))["placements"][0]["case_file"]["assessments"][0]["actors"]
        assert kept["reach"] == after


@pytest.mark.parametrize(
    ("before", "after", "is_kept"),
    [
        ({"kind": "until", "until": on(9)}, {"kind": "until", "until": on(9)}, True),
        ({"kind": "until", "until": on(9)}, {"kind": "until", "until": on(8)}, False),
        ({"kind": "until", "until": on(9)}, {"kind": "fading", "full_until": on(9), "gone_by": on(20)}, True),
        ({"kind": "fading", "full_until": on(9), "gone_by": on(20)}, {"kind": "until", "until": on(19)}, False),
        ({"kind": "until", "until": on(9)}, {"kind": "lasting"}, True),
        ({"kind": "lasting"}, {"kind": "until", "until": on(900)}, False),
    ],
)
def test_a_threat_never_ends_earlier(before: Raw, after: Raw, is_kept: bool) -> None:
    def lasting(persistence: Raw) -> Raw:
        return actor() | {"actor": actor()["actor"] | {"persistence": persistence}}

    raw = told(RAW, lasting(before))
    if is_kept:
        told(raw, lasting(after))
    else:
        assert faults(raw, lasting(after)) == ["changes[0].actor.persistence"]


def test_an_exposed_place_is_neither_cleared_nor_told_twice() -> None:
    cleared = exposure(cleared_on=on(0), cleared_by=["p1", "p2"])
    assert faults(RAW, cleared) == ["changes[0].exposure"]
    assert faults(told(RAW, exposure()), exposure()) == ["changes[0].exposure.id"]
