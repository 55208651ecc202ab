"""The national coordinator's report: one page that opens without network, script or any other file.

It shows localities, hence a banner says who may read it. Data and page are apart: `report_view` fills
frozen values that can be tested, `render` writes them through a template that escapes every one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from geodata.layers import Layers
from matching.constraints import not_judged
from matching.constraints.base import Constraint
from matching.domain import Scenario
from matching.facts import Facts
from matching.gate import PlacedShare, placed_share
from matching.planfile import policy_changes
from matching.plans import Plan
from service.report_capacity import BedsOf, FacilityRow, beds_by, facility_rows, words
from service.report_knowledge import KnowledgeView, knowledge_view
from service.report_map import FREE_CLASSES, MapView, map_view
from service.report_plan import (
    ClassRow,
    CostRow,
    LevelRow,
    PlacedRow,
    Trouble,
    class_rows,
    cost_rows,
    level_rows,
    placed_rows,
    troubles,
    uncertain_pairs,
)
from service.report_reasons import Reasons, reasons

if TYPE_CHECKING:
    from matching.solver.check import Judgement
    from matching.solver.run import LevelResult

__all__ = ["ReportView", "render", "report_view"]

_SWEDEN: Final = ZoneInfo("Europe/Stockholm")


@dataclass(frozen=True)
class ReportView:
    """Everything the page shows.

    Parameters
    ----------
    planned_at : moment of planning, Swedish time
    is_synthetic : whether the scenario is; a real one never becomes a file
    networks, residences : numbers of each in the scenario
    live_placements : placements and holds that still count as present
    is_from_file : no solver ran for this page
    is_confirmed : whether a second solver proved that no plan places more; none when no solver ran
    classes : waiting, placed and unplaced by triage class, the last row for all
    share : of the cases that have passed the gate, those placed
    levels, costs : what the plan is worth, level by level, and what the soft rules charge
    breaches : hard rules the plan breaks (only of a plan from a file)
    findings : what is broken already, most urgent first
    placed : the plan; each case once
    by_lan, by_form : beds, the last row for all
    facilities : one row each
    reasons : exclusions and the unplaced cases
    knowledge : what is to be looked at by hand, since knowledge is poor or old
    map : outlines and marks
    attribution : sources of the map data
    not_judged : hard rules that are specified but not in the rule book
    policy_changed : policy values that differ from the defaults
    """

    planned_at: datetime
    is_synthetic: bool
    networks: int
    residences: int
    live_placements: int
    is_from_file: bool
    is_confirmed: bool | None
    classes: tuple[ClassRow, ...]
    share: PlacedShare
    levels: tuple[LevelRow, ...]
    costs: tuple[CostRow, ...]
    breaches: tuple[Trouble, ...]
    findings: tuple[Trouble, ...]
    placed: tuple[PlacedRow, ...]
    by_lan: tuple[BedsOf, ...]
    by_form: tuple[BedsOf, ...]
    facilities: tuple[FacilityRow, ...]
    reasons: Reasons
    knowledge: KnowledgeView
    map: MapView
    attribution: tuple[str, ...]
    not_judged: tuple[str, ...]
    policy_changed: tuple[str, ...]

    @property
    def findings_by_urgency(self) -> tuple[tuple[str, int], ...]:
        """Number of findings of each urgency, the most urgent first."""
        return tuple(Counter(finding.urgency for finding in self.findings).items())

    @property
    def tasks_by_rule(self) -> tuple[tuple[str, int], ...]:
        """Number of findings of each rule that ask for a task, by rule."""
        return tuple(Counter(finding.rule for finding in self.findings if finding.urgency == "task").items())

    @property
    def night_sek(self) -> int:
        """SEK a night of all first stays of the plan together."""
        return sum(case.stays[0].night_sek for case in self.placed)

    @property
    def total_sek(self) -> int:
        """SEK of all stays of the plan, over all their nights."""
        return sum(stay.total_sek for case in self.placed for stay in case.stays)


def report_view(
    facts: Facts,
    layers: Layers,
    scenario: Scenario,
    plan: Plan,
    judgement: Judgement,
    rules: Sequence[Constraint],
    *,
    levels: Sequence[LevelResult] | None = None,
    unplaced_confirmed: bool | None = None,
    on_case: Callable[[], None] | None = None,
) -> ReportView:
    """All that the page shows, worked out from a judged plan.

    Parameters
    ----------
    facts : what the rules read, made from `scenario` with `layers`
    layers : names, coordinates and outlines
    scenario : as parsed
    plan : the stays; none placed is a plan too
    judgement : of this plan, by the same rules
    rules : the rule book
    levels : of the solver; none when the plan came from a file
    unplaced_confirmed : whether a second solver proved that no plan places more; none when no solver ran
    on_case : called once for each waiting case, whose exclusions are what takes time

    Raises
    ------
    UnknownLocality : the layers are not those the facts were made with

    Source
    ------
    Domain §2 (what the coordinator sees) and §4 (levels, live breaches)
    """
    facilities = facility_rows(facts, layers, plan)
    placed = placed_rows(facts, layers, plan)
    present = [presence for presence in facts.presences if presence.end_day > facts.today]
    return ReportView(
        planned_at=scenario.now.astimezone(_SWEDEN),
        is_synthetic=scenario.synthetic,
        networks=len(scenario.networks),
        residences=sum(1 for presence in present if presence.facility < 0),
        live_placements=sum(1 for presence in present if presence.facility >= 0),
        is_from_file=levels is None,
        is_confirmed=unplaced_confirmed,
        classes=class_rows(facts, plan),
        share=placed_share(facts, plan.cases()),
        levels=level_rows(judgement.levels, levels, uncertain_pairs(judgement.costs, rules)),
        costs=cost_rows(judgement.costs, rules),
        breaches=troubles(judgement.breaches, facts, layers, rules),
        findings=troubles(judgement.findings, facts, layers, rules),
        placed=placed,
        by_lan=beds_by(facilities, lambda row: row.lan, layers.lan.values()),
        by_form=beds_by(facilities, lambda row: row.form, sorted({row.form for row in facilities})),
        facilities=facilities,
        knowledge=knowledge_view(facts, plan),
        reasons=reasons(facts, plan, rules, unplaced_confirmed, on_case),
        map=map_view(layers, facilities, placed),
        attribution=_attribution(layers),
        not_judged=not_judged(rules),
        policy_changed=policy_changes(facts.policy),
    )


def _attribution(layers: Layers) -> tuple[str, ...]:
    told = [
        f"Localities: {layers.source}.",
        "Boundaries of kommuner and län: Statistics Sweden (SCB), CC0 1.0, simplified.",
    ]
    if "GeoNames" in layers.source:
        told.append(
            "Localities contain data of GeoNames (geonames.org), licensed CC BY 4.0 "
            "(creativecommons.org/licenses/by/4.0); changed: names and populations corrected, namesakes in wrong "
            "places removed, kommun added, districts of large cities added."
        )
    return (*told, "Travel times are approximate.")


def _number(value: int) -> str:
    """Digits in groups of three, parted by no-break spaces.

    Examples
    --------
    >>> _number(1234567).split("\\xa0")
    ['1', '234', '567']
    """
    return f"{value:,}".replace(",", "\xa0")


def _count(value: int, one: str, many: str | None = None) -> str:
    """A number with its unit in the right form.

    Examples
    --------
    >>> _count(1, "case"), _count(2, "case")
    ('1\\xa0case', '2\\xa0cases')
    """
    return f"{_number(value)}\xa0{one if value == 1 else many or one + 's'}"


def _day(value: date) -> str:
    return value.isoformat()


@cache
def _template() -> Template:
    page = Environment(
        loader=PackageLoader("service", "web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    page.filters.update(number=_number, count=_count, day=_day, words=words)
    return page.get_template("report.html.j2")


def render(view: ReportView) -> str:
    """The page, the same text for the same view.

    Parameters
    ----------
    view : what it shows

    Returns
    -------
    HTML, complete in itself: no script, no address, no other file
    """
    return _template().render(view=view, free_classes=FREE_CLASSES)
