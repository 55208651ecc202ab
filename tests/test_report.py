"""The page of the report: complete in itself, every value escaped, honest about what is proven."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from types import MappingProxyType

from geodata.enrich import enrich, place_index
from geodata.network import TravelNetwork
from matching.constraints import rule_book
from matching.domain import parse
from matching.facts import Bed
from matching.plans import Plan
from matching.solver.check import judge
from matching.solver.run import LevelResult
from service.report import render, report_view
from service.report_map import Pin
from tests.report_week import view, week

VOID = {"meta", "br", "link", "img", "hr"}
CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class Page(HTMLParser):
    """Elements, attributes and visible text; raises when an element is not closed as it was opened."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend((tag, name, value or "") for name, value in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend((tag, name, value or "") for name, value in attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def test_page_is_complete_in_itself() -> None:
    page = render(view())
    found = Page(page)
    assert not {"script", "link", "iframe", "img", "image", "object", "embed", "form", "base"} & set(found.tags)
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page
    assert "@import" not in page
    assert ("meta", "content", CSP) in found.attributes
    addresses = {value for _, name, value in found.attributes if name in ("href", "src", "xlink:href", "action")}
    assert addresses == {"#kommuner"}
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert len(page.encode()) < 600_000


def test_ids_and_references_of_the_page_fit() -> None:
    found = Page(render(view()))
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    named = [value for _, name, value in found.attributes if name == "aria-labelledby"]
    assert {one for value in named for one in value.split()} <= set(ids)


def test_map_has_title_description_legend_and_every_kommun() -> None:
    page = render(view())
    found = Page(page)
    assert page.count('class="land"') == 290
    assert found.tags.count("desc") == 2
    assert sum(1 for tag, name, value in found.attributes if (tag, name, value) == ("svg", "role", "img")) == 2
    assert 'class="legend"' in page


def test_banners_and_attribution() -> None:
    text = " ".join(Page(render(view())).text)
    for wanted in ("National placement coordinator only", "Synthetic data", "SCB", "GeoNames", "CC BY 4.0"):
        assert wanted in text


def test_same_view_same_bytes() -> None:
    facts, layers, scenario, solved, judgement = week()
    again = report_view(
        replace(facts),
        layers,
        scenario,
        solved.plan,
        judgement,
        rule_book(),
        levels=solved.levels,
        unplaced_confirmed=solved.unplaced_confirmed,
    )
    assert again == view()
    assert render(again).encode() == render(view()).encode()


def test_hostile_names_are_text_only() -> None:
    facts, layers, scenario, solved, judgement = week()
    bad = "<b>&\"'</title></svg><script>alert(1)</script>"
    names = replace(
        facts.names,
        cases=tuple(f"{bad}c{n}" for n, _ in enumerate(facts.names.cases)),
        facilities=tuple(f"{bad}f{n}" for n, _ in enumerate(facts.names.facilities)),
        units=tuple(tuple(f"{bad}{unit}" for unit in units) for units in facts.names.units),
        presences=tuple(f"{bad}p{n}" for n, _ in enumerate(facts.names.presences)),
    )
    hostile = replace(
        layers,
        source=bad,
        localities=MappingProxyType({key: replace(place, name=bad) for key, place in layers.localities.items()}),
        kommuner=MappingProxyType(dict.fromkeys(layers.kommuner, bad)),
        lan=MappingProxyType({code: f"{bad}{code}" for code in layers.lan}),
    )
    page = render(report_view(replace(facts, names=names), hostile, scenario, solved.plan, judgement, rule_book()))
    found = Page(page)
    assert not {"b", "script"} & set(found.tags)
    assert found.tags.count("title") == Page(render(view())).tags.count("title")
    assert "&lt;script&gt;" in page
    text = "".join(found.text)
    for number in range(len(facts.cases)):
        assert f"{bad}c{number}" in text


def test_unconfirmed_page_never_says_that_it_is_proven() -> None:
    facts, layers, scenario, solved, judgement = week()
    open_levels = [LevelResult(level.name, level.value, level.value - 1) for level in solved.levels]
    page = render(
        report_view(
            facts,
            layers,
            scenario,
            solved.plan,
            judgement,
            rule_book(),
            levels=open_levels,
            unplaced_confirmed=False,
        )
    )
    assert "proven by two solvers" not in page
    assert "none found (not proven)" in page
    assert '<span class="good">yes</span>' not in page


def test_plan_from_a_file_claims_no_proof() -> None:
    facts, layers, scenario, solved, judgement = week()
    shown = report_view(facts, layers, scenario, solved.plan, judgement, rule_book())
    assert [level.value for level in shown.levels] == [level.value for level in view().levels]
    assert not any(level.is_proven for level in shown.levels)
    page = render(shown)
    assert "proven by two solvers" not in page
    assert "plan from a file" in page


def test_empty_plan_and_broken_plan() -> None:
    facts, layers, scenario, solved, _ = week()
    empty = render(report_view(facts, layers, scenario, Plan(), judge(Plan(), facts, rule_book()), rule_book()))
    assert "Nobody is placed." in empty
    gavle = facts.names.facilities.index("gavle")
    item = solved.plan.placed[0]
    broken = Plan((replace(item, stay=replace(item.stay, facility=gavle), beds=(Bed(0, 1),)),))
    page = render(report_view(facts, layers, scenario, broken, judge(broken, facts, rule_book()), rule_book()))
    assert "This plan breaks hard rules: do not use it" in page
    assert "This plan breaks hard rules" not in render(view())
    assert "no hard rule is broken" not in page


def test_scenario_without_anything_renders() -> None:
    _, layers, _, _, _ = week()
    bare = parse(b'{"schema_version":"1","synthetic":true,"now":"2026-11-20T08:00:00+01:00"}', place_index(layers))
    facts = enrich(bare, layers, TravelNetwork.load(layers))
    Page(render(report_view(facts, layers, bare, Plan(), judge(Plan(), facts, rule_book()), rule_book())))


def test_marks_of_a_sheet_never_cover_each_other() -> None:
    for sheet in view().map.sheets:
        full = [(pin.x, pin.y, pin.half) for pin in sheet.pins if pin.mark]
        full += [(d.x, d.y, d.r) for d in sheet.dots if d.r > 2 * sheet.unit]
        for n, (x, y, half) in enumerate(full):
            for other_x, other_y, other_half in full[:n]:
                assert max(abs(x - other_x), abs(y - other_y)) >= half + other_half


def test_every_stay_has_its_pin_and_every_facility_its_dot() -> None:
    marks = {stay.mark for row in view().placed for stay in row.stays}
    country, south = view().map.sheets
    assert len(country.dots) == len(view().facilities) == 4
    assert len(country.pins) == len(marks)
    shown: list[Pin] = [pin for sheet in (country, south) for pin in sheet.pins]
    assert {pin.mark for pin in shown if pin.mark} == marks
    assert {dot.title.partition(",")[0] for dot in south.dots} == {"gavle", "malmo"}


def test_shape_alone_tells_new_from_live() -> None:
    """Circle, square, diamond: the page says the same without any colour."""
    page = render(view())
    plain = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    assert plain.count('<path class="pin"') == 1 + sum(len(sheet.pins) for sheet in view().map.sheets)
    people = sum(dot.people for sheet in view().map.sheets for dot in sheet.dots)
    assert plain.count('<rect class="people"') == 1 + people
