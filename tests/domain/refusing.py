"""Bad input: a whole good scenario, ways to spoil it, and what a refusal must look like.

`refused` insists that no fault, and nothing the exception prints, holds any text of the input that
was planted as a marker.
"""

from __future__ import annotations

import io
import json
import traceback
from typing import Any, Final

import pytest

from matching.domain import parse
from matching.errors import Fault, InputRejected
from tests import tellings as t

MARKER: Final = "zqmarker"
LAND: Final = t.Land(("a", "b", "home", "crime"))


def good() -> t.Raw:
    """A scenario that uses every part of the format once."""
    areas = [
        {"kind": "locality", "locality": "b"},
        {"kind": "kommun", "kommun": "1280"},
        {"kind": "lan", "lan": "12"},
        {"kind": "police_region", "police_region": "syd"},
        {"kind": "circle", "locality": "b", "radius_km": 5},
        {"kind": "circle", "point": {"latitude_deg": 60.0, "longitude_deg": 15.0}, "radius_km": 5},
        {"kind": "travel_ring", "locality": "b", "minutes": 5},
    ]
    reaches = [
        {"kind": "radius", "bases": ["b"], "radius_km": 9},
        {"kind": "minutes", "bases": ["b"], "minutes": 9},
        {"kind": "areas", "areas": areas},
        {"kind": "presence"},
        {"kind": "national"},
    ]
    actors = [
        {"id": f"actor{n}", "network": "blue", "reach": reach, "persistence": {"kind": "lasting"}}
        for n, reach in enumerate(reaches)
    ]
    signed = t.assessment(
        forbidden=areas,
        preferred=areas,
        actors=actors,
        presence_waived=["blue"],
        separations=[{"network": "blue", "km": 9}],
    )
    house = t.facility(
        "f",
        "a",
        [t.room("u0"), t.room("u1", 2, shared=True)],
        closures=[{"start": t.on(3), "end": t.on(4), "units": ["u0"]}],
        contracts=[{"start": t.on(-9), "end": t.on(99), "municipality": "0180", "quota_beds": 3}],
        schools=["b"],
    )
    raw = t.scenario(
        policy={"weights": {"isolation": 3}},
        networks=[t.network("red", "a"), t.network("blue", "b")],
        relations=[t.relation("red", "blue")],
        person_conflicts=[t.conflict("person-c", "person-p")],
        facilities=[house],
        cases=[
            t.case(
                "c",
                t.member("c", "red"),
                crime_localities=["crime"],
                known_places=[{"locality": "b", "kind": "school"}],
                needs=[{"tag": "interpreter", "timing": "day_one"}],
                assessments=[signed],
            )
        ],
        placements=[t.placement("p", "f", t.member("p", "blue"))],
        residences=[t.residence("r", "b")],
    )
    whole: t.Raw = json.loads(json.dumps(raw))  # no part is shared, so that one spoilt value is one
    return whole


def spoilt(*path: str | int, to: Any) -> t.Raw:
    """The good scenario with one value replaced."""
    raw = good()
    node: Any = raw
    for part in path[:-1]:
        node = node[part]
    node[path[-1]] = to
    return raw


def written(raw: Any) -> bytes:
    return json.dumps(raw).encode()


def refused(content: bytes, *markers: str) -> tuple[Fault, ...]:
    """The faults of a document; no marker is in anything that could be printed."""
    with pytest.raises(InputRejected) as caught:
        parse(content, LAND.index())
    error = caught.value
    assert error.faults
    printed = io.StringIO()
    traceback.print_exception(error, file=printed)
    shown = [printed.getvalue(), str(error), repr(error), *(str(fault) + repr(fault) for fault in error.faults)]
    for marker in (MARKER, *markers):
        assert not any(marker.lower() in text.lower() for text in shown), "a value of the input is echoed"
    for fault in error.faults:
        assert fault.path
        assert fault.wrong
        assert fault.accepted
    return error.faults


def only_fault(content: bytes, path: str, *markers: str) -> Fault:
    faults = refused(content, *markers)
    assert [fault.path for fault in faults] == [path]
    return faults[0]
