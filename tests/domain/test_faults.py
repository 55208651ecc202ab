"""Every fault that makes a scenario impossible to interpret: its path, what is wrong, what is accepted."""

from typing import Any

import pytest

from matching.domain import parse
from tests import tellings as t
from tests.domain.refusing import LAND, MARKER, good, only_fault, refused, spoilt, written


def test_the_good_scenario_is_good() -> None:
    assert len(parse(written(good()), LAND.index()).cases) == 1


ACTOR = ("cases", 0, "assessments", 0, "actors")
AREAS = ("cases", 0, "assessments", 0, "forbidden")

UNKNOWN: list[tuple[tuple[str | int, ...], str]] = [
    (("relations", 0, "a"), "relations[0].a"),
    (("relations", 0, "b"), "relations[0].b"),
    (("networks", 0, "presence", 0, "locality"), "networks[0].presence[0].locality"),
    (("facilities", 0, "provider"), "facilities[0].provider"),
    (("facilities", 0, "locality"), "facilities[0].locality"),
    (("facilities", 0, "schools", 0), "facilities[0].schools[0]"),
    (("facilities", 0, "closures", 0, "units", 0), "facilities[0].closures[0].units[0]"),
    (("cases", 0, "homes", 0), "cases[0].homes[0]"),
    (("cases", 0, "crime_localities", 0), "cases[0].crime_localities[0]"),
    (("cases", 0, "known_places", 0, "locality"), "cases[0].known_places[0].locality"),
    (("cases", 0, "household", 0, "memberships", 0, "network"), "cases[0].household[0].memberships[0].network"),
    ((*AREAS, 0, "locality"), "cases[0].assessments[0].forbidden[0].locality"),
    ((*AREAS, 4, "locality"), "cases[0].assessments[0].forbidden[4].locality"),
    ((*AREAS, 6, "locality"), "cases[0].assessments[0].forbidden[6].locality"),
    ((*ACTOR, 0, "network"), "cases[0].assessments[0].actors[0].network"),
    ((*ACTOR, 0, "reach", "bases", 0), "cases[0].assessments[0].actors[0].reach.bases[0]"),
    ((*ACTOR, 2, "reach", "areas", 0, "locality"), "cases[0].assessments[0].actors[2].reach.areas[0].locality"),
    (("cases", 0, "assessments", 0, "presence_waived", 0), "cases[0].assessments[0].presence_waived[0]"),
    (("cases", 0, "assessments", 0, "separations", 0, "network"), "cases[0].assessments[0].separations[0].network"),
    (("placements", 0, "facility"), "placements[0].facility"),
    (("placements", 0, "units", 0, "unit"), "placements[0].units[0].unit"),
    (
        ("placements", 0, "household", 0, "memberships", 0, "network"),
        "placements[0].household[0].memberships[0].network",
    ),
    (("residences", 0, "locality"), "residences[0].locality"),
    (("person_conflicts", 0, "a"), "person_conflicts[0].a"),
    (("person_conflicts", 0, "b"), "person_conflicts[0].b"),
]


@pytest.mark.parametrize(("where", "path"), UNKNOWN, ids=[path for _, path in UNKNOWN])
def test_unknown_ids_of_every_kind(where: tuple[str | int, ...], path: str) -> None:
    fault = only_fault(written(spoilt(*where, to=MARKER)), path)
    assert "does not exist" in fault.wrong


@pytest.mark.parametrize(
    ("where", "value", "path"),
    [
        ((*AREAS, 1, "kommun"), "9876", "cases[0].assessments[0].forbidden[1].kommun"),
        ((*AREAS, 2, "lan"), "98", "cases[0].assessments[0].forbidden[2].lan"),
        ((*AREAS, 3, "police_region"), "zqregion", "cases[0].assessments[0].forbidden[3].police_region"),
        (("cases", 0, "responsible_municipality"), "9876", "cases[0].responsible_municipality"),
        (("placements", 0, "responsible_municipality"), "9876", "placements[0].responsible_municipality"),
        (("facilities", 0, "contracts", 0, "municipality"), "9876", "facilities[0].contracts[0].municipality"),
    ],
)
def test_areas_that_do_not_exist(where: tuple[str | int, ...], value: str, path: str) -> None:
    assert "does not exist" in only_fault(written(spoilt(*where, to=value)), path, value).wrong


BACKWARDS: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("relations", 0, "end"), t.on(-500), "relations[0]"),  # ends on the day it starts
    (("relations", 0, "end"), t.on(-501), "relations[0]"),
    (("person_conflicts", 0, "end"), t.on(-501), "person_conflicts[0]"),
    (("networks", 0, "presence", 0, "end"), t.on(-1000), "networks[0].presence[0]"),
    (("facilities", 0, "closures", 0, "end"), t.on(3), "facilities[0].closures[0]"),
    (("facilities", 0, "contracts", 0, "end"), t.on(-9), "facilities[0].contracts[0]"),
    (("cases", 0, "window", "latest"), t.on(-1), "cases[0].window"),
    (("cases", 0, "household", 0, "memberships", 0, "end"), t.on(-900), "cases[0].household[0].memberships[0]"),
    (("cases", 0, "assessments", 0, "valid_until"), t.on(-6), "cases[0].assessments[0]"),
    (("placements", 0, "end"), t.on(-50), "placements[0]"),
    (("placements", 0, "departed"), t.on(-51), "placements[0]"),
    (("residences", 0, "departed"), t.on(-51), "residences[0]"),
]


@pytest.mark.parametrize(("where", "value", "path"), BACKWARDS)
def test_intervals_that_end_before_they_start(where: tuple[str | int, ...], value: Any, path: str) -> None:
    only_fault(written(spoilt(*where, to=value)), path)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("relations", 0, "end"), t.on(-499)),
        (("cases", 0, "window", "latest"), t.on(0)),
        (("cases", 0, "assessments", 0, "valid_until"), t.on(-5)),
        (("placements", 0, "departed"), t.on(-50)),
    ],
)
def test_the_shortest_intervals_are_fine(where: tuple[str | int, ...], value: str) -> None:
    parse(written(spoilt(*where, to=value)), LAND.index())


def test_relations_and_conflicts_with_oneself() -> None:
    fault = only_fault(written(spoilt("relations", 0, "b", to="red")), "relations[0]")
    assert "itself" in fault.wrong
    only_fault(written(spoilt("person_conflicts", 0, "b", to="person-c")), "person_conflicts[0]")


@pytest.mark.parametrize(
    "name", ["networks", "relations", "providers", "facilities", "cases", "placements", "residences"]
)
def test_ids_that_come_twice(name: str) -> None:
    raw = good()
    raw[name] = [*raw[name], raw[name][0]]
    found = {fault.path: fault for fault in refused(written(raw))}
    assert found[f"{name}[1].id" if len(raw[name]) == 2 else f"{name}[2].id"].wrong == "occurs a second time"


def test_units_versions_and_members_that_come_twice() -> None:
    raw = good()
    raw["facilities"][0]["units"].append(t.room("u0"))
    raw["cases"][0]["assessments"].append(t.assessment())
    raw["placements"][0]["household"] *= 2
    raw["placements"][0]["units"] = [{"unit": "u1", "beds": 2}]
    assert {fault.path for fault in refused(written(raw))} == {
        "facilities[0].units[2].id",
        "cases[0].assessments[1].version",
        "placements[0].household[1].person_key",
    }


def stay(id: str, start: int, end: int, **told: Any) -> t.Raw:
    return t.placement(id, "f", t.member("twice"), days=(start, end), beds=["u1"], **told)


@pytest.mark.parametrize(
    ("second", "overlaps"),
    [
        (stay("q", 9, 20), True),  # [0, 10) and [9, 20) share a day
        (stay("q", 10, 20), False),
        (stay("q", -10, 0), False),
        (stay("q", -10, 1), True),
        (stay("q", 2, 3), True),
        (t.residence("q", "b", t.member("twice"), start=9), True),
        (t.residence("q", "b", t.member("twice"), start=10), False),
        (t.residence("q", "b", t.member("twice"), start=-9), True),
        (t.residence("q", "b", t.member("twice"), start=-9, departed=t.on(0)), False),
        (t.residence("q", "b", t.member("twice"), start=-9, departed=t.on(1)), True),
    ],
)
def test_overlapping_stays_of_one_person(second: t.Raw, overlaps: bool) -> None:
    raw = good()
    raw["placements"].append(stay("o", 0, 10))
    raw["placements" if "facility" in second else "residences"].append(second)
    if overlaps:
        assert [fault.wrong for fault in refused(written(raw))] == ["overlaps another stay of one of its persons"]
    else:
        parse(written(raw), LAND.index())


def test_a_person_in_two_open_cases() -> None:
    raw = good()
    raw["cases"].append(t.case("d", t.member("c", "red")))
    only_fault(written(raw), "cases[1].household[0].person_key")


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("cases", 0, "household", 0, "age_years"), MARKER),
        (("cases", 0, "household", 0, "age_years"), 30.5),
        (("cases", 0, "household", 0, "age_years"), "30"),
        (("cases", 0, "household", 0, "age_years"), True),
        (("cases", 0, "household", 0, "age_years"), -1),
        (("cases", 0, "household", 0, "age_years"), 111),
        (("cases", 0, "household", 0, "age_years"), 10**400),
        (("cases", 0, "household", 0, "age_years"), None),
        (("cases", 0, "household", 0, "gender"), MARKER),
        (("cases", 0, "household", 0, "person_key"), "Zqmarker Svensson"),
        (("cases", 0, "household"), []),
        (("cases", 0, "household"), {"zqmarker": 1}),
        (("cases", 0, "stays"), MARKER),
        (("cases", 0, "received_at"), "2026-11-20T08:00:00"),  # no zone
        (("cases", 0, "received_at"), MARKER),
        (("cases", 0, "window", "earliest"), "2026-02-30"),
        (("cases", 0, "window", "earliest"), 20261120),
        (("cases", 0, "homes"), "home"),
        (("facilities", 0, "units", 0, "beds"), 0),
        (("facilities", 0, "units", 0, "is_shared"), "yes"),
        (("facilities", 0, "form"), MARKER),
        (("policy", "home_radius_km"), -1),
        (("policy", "weights", "isolation"), 100_001),
        (("schema_version",), "2"),
        (("schema_version",), 1),
        (("now",), MARKER),
        (("now",), None),
        (("networks",), {"zqmarker": "red"}),
        (("networks", 0), MARKER),
        (("networks", 0), None),
    ],
)
def test_wrong_types_and_ranges(where: tuple[str | int, ...], value: Any) -> None:
    faults = refused(written(spoilt(*where, to=value)))
    first = str(where[0])
    assert all(fault.path.startswith(first) or "conflict" in fault.path or "relation" in fault.path for fault in faults
               if first != "networks")  # fmt: skip


@pytest.mark.parametrize("kind", ["circle", "locality", "zqmarker", None])
def test_an_area_of_the_wrong_kind(kind: str | None) -> None:
    refused(written(spoilt(*AREAS, 1, to={"kind": kind, "kommun": "1280"})))


def test_a_circle_with_two_centres_or_none() -> None:
    both = {"kind": "circle", "locality": "b", "point": {"latitude_deg": 60.0, "longitude_deg": 15.0}, "radius_km": 5}
    for circle in (both, {"kind": "circle", "radius_km": 5}):
        faults = refused(written(spoilt(*AREAS, 4, to=circle)))
        assert [fault.wrong for fault in faults] == ["a circle has no centre or two"]


@pytest.mark.parametrize(
    ("where", "value", "path"),
    [
        (
            (*ACTOR, 0, "persistence"),
            {"kind": "fading", "full_until": t.on(5), "gone_by": t.on(5)},
            "cases[0].assessments[0].actors[0].persistence",
        ),
        ((*AREAS, 4), {"kind": "circle", "radius_km": 5}, "cases[0].assessments[0].forbidden[4]"),
        (
            (*AREAS, 4),
            {"kind": "circle", "locality": "b", "radius_km": 0},
            "cases[0].assessments[0].forbidden[4].radius_km",
        ),
    ],
)
def test_a_fault_in_one_of_several_kinds_has_the_path_of_the_document(
    where: tuple[str | int, ...], value: t.Raw, path: str
) -> None:
    only_fault(written(spoilt(*where, to=value)), path)


@pytest.mark.parametrize(
    "where",
    [(), ("cases", 0), ("cases", 0, "household", 0), ("cases", 0, "gate"), ("policy",), (*AREAS, 0), ("facilities", 0)],
)
@pytest.mark.parametrize("name", ["zqmarker", "Zqmarker Svensson", "zqmarker@example.se", "zqmarker\n\x1b[31m", ""])
def test_an_unknown_field_whose_name_is_personal(where: tuple[str | int, ...], name: str) -> None:
    raw = good()
    node: Any = raw
    for part in where:
        node = node[part]
    node[name] = MARKER
    faults = refused(written(raw))
    assert sum(fault.path.endswith("<unknown field>") for fault in faults) == 1


@pytest.mark.parametrize("beneath", [float("nan"), {"locality": "nowhere"}, "19811228-9874", "\ud800"])
def test_a_fault_beneath_an_unknown_field_does_not_name_it(beneath: Any) -> None:
    raw = good()
    raw["cases"][0]["anna_zqmarker"] = beneath
    refused(written(raw))


def test_one_faulty_member_is_one_fault() -> None:
    only_fault(written(spoilt("cases", 0, "household", 0, "gender", to="x")), "cases[0].household[0].gender")


def test_several_faults_are_reported_at_once_in_order_of_path() -> None:
    raw = good()
    raw["cases"][0]["household"][0]["age_years"] = MARKER
    raw["cases"][0]["homes"] = [MARKER]
    raw["facilities"][0]["units"][0]["beds"] = 0
    raw["relations"][0]["a"] = MARKER
    raw["relations"][0]["end"] = t.on(-600)
    raw["residences"][0]["zqmarker"] = 1
    raw["now"] = "yesterday"
    paths = [fault.path for fault in refused(written(raw))]
    assert paths == sorted(paths)
    assert set(paths) == {
        "cases[0].household[0].age_years",
        "cases[0].homes[0]",
        "facilities[0].units[0].beds",
        "relations[0].a",
        "relations[0]",
        "residences[0].<unknown field>",
        "now",
    }


@pytest.mark.parametrize("field", ["schema_version", "now"])
def test_what_is_missing_is_named(field: str) -> None:
    raw = good()
    del raw[field]
    assert only_fault(written(raw), field).wrong == "is missing"


@pytest.mark.parametrize("value", [False, None, "true", 0, 1, "yes", MARKER])
def test_only_a_synthetic_scenario_is_read(value: object) -> None:
    only_fault(written(spoilt("synthetic", to=value)), "synthetic")


def test_synthetic_must_be_said() -> None:
    raw = good()
    del raw["synthetic"]
    assert only_fault(written(raw), "synthetic").wrong == "is missing"


def test_broken_facts_are_no_faults_of_the_input() -> None:
    raw = good()
    raw["cases"][0]["assessments"][0]["valid_until"] = t.on(-1)  # expired
    raw["placements"] += [t.placement(f"q{n}", "f", t.member(f"q{n}", "red")) for n in range(2)]  # 3 in one bed
    assert len(parse(written(raw), LAND.index()).placements) == 3
