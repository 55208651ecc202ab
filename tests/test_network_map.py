"""The drawing of the networks: what each line, circle and mark stands for, and that names can be read."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.domain import Scenario, parse
from matching.intelligence import situation_picture
from service.network_layout import Box, layout
from service.network_map import NetworkMapView, network_map, render_network_map
from tests.cli.weeks import week
from tests.tellings import Land, Raw, facility, member, network, on, placement, relation, scenario

LAND = Land(("a", "home"))
SVG = "{http://www.w3.org/2000/svg}"


def read(raw: Raw) -> Scenario:
    return parse(json.dumps(raw).encode(), LAND.index())


def drawn(*relations: Raw, networks: tuple[str, ...] = ("blue", "green", "red"), **more: Any) -> NetworkMapView:
    told = scenario(networks=[network(one) for one in networks], relations=list(relations), **more)
    return network_map(situation_picture(read(told)))


def page(view: NetworkMapView) -> ET.Element:
    return ET.fromstring(render_network_map(view))


@pytest.mark.parametrize(
    ("told", "style"),
    [
        ({}, "rival"),
        ({"probability_percent": 20}, "rival"),
        ({"probability_percent": 19}, "rival uncertain"),
        ({"kind": "allied", "probability_percent": 19}, "allied uncertain"),
        ({"kind": "allied"}, "allied"),
        ({"kind": "split"}, "split"),
        ({"end": on(0), "end_confirmed": True}, "rival ended"),
        ({"end": on(0)}, "rival"),
        ({"kind": "allied", "end": on(-1), "end_confirmed": True}, "allied ended"),
    ],
)
def test_a_line_shows_kind_certainty_and_end(told: dict[str, Any], style: str) -> None:
    (line,) = drawn(relation("red", "blue", **told)).lines
    assert line.style == style


def test_a_certain_statement_that_ended_does_not_make_the_line_certain() -> None:
    (line,) = drawn(
        relation("red", "blue", id="r0", end=on(-1), end_confirmed=True, probability_percent=90),
        relation("red", "blue", id="r1", probability_percent=10),
    ).lines
    assert line.style == "rival uncertain"
    assert "10 %" in line.title


def test_statements_of_a_kind_are_one_line_and_kinds_lie_side_by_side() -> None:
    view = drawn(
        relation("red", "blue", id="r0"), relation("blue", "red", id="r1"), relation("red", "blue", "allied", id="r2")
    )
    rival, allied = view.lines
    assert (rival.style, allied.style) == ("rival", "allied")
    assert (rival.x1, rival.y1) != (allied.x1, allied.y1)
    assert [mark.title.count("kind: hostile: kept apart") for mark in view.marks] == [1]


def test_a_mark_stands_where_sources_disagree_and_nowhere_else() -> None:
    told = [relation("red", "blue", id="r0"), relation("red", "green", id="r1")]
    assert drawn(*told).marks == ()
    (mark,) = drawn(*told, relation("red", "blue", id="r2", probability_percent=1)).marks
    assert mark.title.startswith("blue and red: sources disagree")


@pytest.mark.parametrize(
    ("persons", "radius"), [(0, 7), (2, 7), (3, 11), (5, 11), (6, 15), (11, 15), (12, 21), (30, 21)]
)
def test_a_circle_grows_with_the_persons_told(persons: int, radius: int) -> None:
    view = drawn(
        facilities=[facility(f"f{n}", "a") for n in range(persons)],
        placements=[placement(f"p{n}", f"f{n}", member(f"m{n}", "red")) for n in range(persons)],
    )
    sizes = {node.label: node.r for node in view.nodes}
    assert sizes == {"blue": 7, "green": 7, "red": radius}


def test_what_is_derived_is_counted_and_not_drawn() -> None:
    view = drawn(relation("red", "blue", "allied"), relation("blue", "green"))
    assert (len(view.lines), view.derived) == (2, 1)


def test_it_can_be_read_by_those_who_do_not_see_it() -> None:
    svg = page(drawn(relation("red", "blue")))
    assert svg.get("role") == "img"
    ids = str(svg.get("aria-labelledby")).split()
    told = {str(one.get("id")): str(one.text) for one in svg if one.get("id")}
    assert [told[one] for one in ids] == [
        "Networks and their relations, 2026-11-20",
        "3 networks, 1 relations after merging, 0 pairs about which sources disagree.",
    ]
    for kind in ("circle", "line"):
        drawn_ones = [one for one in svg.iter(f"{SVG}{kind}") if one.find(f"{SVG}title") is not None]
        assert len(drawn_ones) == {"circle": 3, "line": 1}[kind]


def test_the_page_needs_no_other_file_and_no_script() -> None:
    text = render_network_map(drawn(relation("red", "blue")))
    assert "<script" not in text
    assert "href" not in text
    assert text.count("http") == 1  # the name of the format itself


def test_no_network_at_all_is_a_drawing_too() -> None:
    view = drawn(networks=())
    assert (view.nodes, view.lines) == ((), ())
    assert page(view).tag == f"{SVG}svg"


def demo() -> NetworkMapView:
    """A national week in which every seventh relation is told again, as less or more probable."""
    raw = week("demo", 1)
    raw["relations"] += [
        {**one, "id": f"again-{n}", "probability_percent": 5 if one["probability_percent"] > 50 else 99}
        for n, one in enumerate(raw["relations"][::7])
    ]
    return network_map(situation_picture(Scenario.model_validate_json(json.dumps(raw))))


def test_on_a_national_week_no_name_covers_a_name_or_a_circle() -> None:
    view = demo()
    assert len(view.nodes) == 80
    boxes = [
        (node.x - len(node.label) * 3.5, node.y - node.r, len(node.label) * 7.0, 2 * node.r + 14) for node in view.nodes
    ]
    for (x, y, w, h), (other_x, other_y, other_w, other_h) in combinations(boxes, 2):
        assert x + w <= other_x or other_x + other_w <= x or y + h <= other_y or other_y + other_h <= y
    for node in view.nodes:
        assert node.r <= node.x <= view.width_px - node.r
        assert node.r + 180 <= node.y <= view.height_px - node.r - 14


def test_on_a_national_week_every_mark_can_be_seen() -> None:
    view = demo()
    assert len(view.marks) >= 10
    for mark in view.marks:
        for node in view.nodes:
            assert abs(mark.x - node.x) > node.r + 8 or abs(mark.y - node.y) > node.r + 8
            half_w = len(node.label) * 3.5
            assert abs(mark.x - node.x) > half_w + 8 or abs(mark.y - node.label_y + 5) > 14


def test_those_without_a_relation_have_a_row_of_their_own() -> None:
    boxes = {name: Box(20, 20) for name in ("alone", "blue", "lone", "red")}
    found = layout(boxes, [("blue", "red")], width_px=1200).at
    assert found["alone"][1] == found["lone"][1] > max(found["blue"][1], found["red"][1])


def test_the_same_scenario_is_the_same_drawing_in_another_process() -> None:
    raw = week("small", 1)
    here = render_network_map(network_map(situation_picture(Scenario.model_validate_json(json.dumps(raw)))))
    code = (
        "import sys; from matching.domain import Scenario; from matching.intelligence import situation_picture;"
        "from service.network_map import network_map, render_network_map;"
        "told = Scenario.model_validate_json(sys.stdin.read());"
        "sys.stdout.write(render_network_map(network_map(situation_picture(told))))"
    )
    raw["networks"].reverse()
    raw["relations"].reverse()
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(raw), capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == here


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 25), st.data())
def test_boxes_never_overlap(number: int, data: st.DataObject) -> None:
    names = [f"n{n:02}" for n in range(number)]
    boxes = {name: Box(data.draw(st.sampled_from([20, 56])), data.draw(st.sampled_from([14, 28]))) for name in names}
    possible = list(combinations(names, 2))
    pairs = data.draw(st.lists(st.sampled_from(possible), unique=True, max_size=2 * number)) if possible else []
    found = layout(boxes, pairs, width_px=1200)
    assert set(found.at) == set(names)
    for one, other in possible:
        (x, y), (other_x, other_y) = found.at[one], found.at[other]
        far_x = boxes[one].half_w + boxes[other].half_w
        far_y = boxes[one].half_h + boxes[other].half_h
        assert abs(x - other_x) >= far_x or abs(y - other_y) >= far_y
    for name, (x, y) in found.at.items():
        assert boxes[name].half_w - 1 <= x <= 1201 - boxes[name].half_w
        assert boxes[name].half_h - 1 <= y <= found.height_px + 1 - boxes[name].half_h
