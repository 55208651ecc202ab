"""The plan in the report: figures by triage class, levels with their proof, placed cases with their stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from geodata.layers import Layers
from matching.constraints.base import Audience, Constraint, Level, OnLive
from matching.facts import Case, Facts
from matching.plans import Placed, Plan, Violation
from matching.solver.program import LEVELS
from matching.wording import URGENCY_WORDS, level_in_words, reasons_in_words, risk_in_words
from service.report_capacity import place_of, words

if TYPE_CHECKING:
    from matching.solver.run import LevelResult

__all__ = [
    "TRIAGE",
    "ClassRow",
    "CostRow",
    "LevelRow",
    "PlacedRow",
    "StayRow",
    "Trouble",
    "class_rows",
    "cost_rows",
    "level_rows",
    "placed_rows",
    "troubles",
    "uncertain_pairs",
]

TRIAGE: Final = ("red", "orange", "green")


@dataclass(frozen=True)
class ClassRow:
    """Cases of one triage class (overdue ones promoted), or of all."""

    name: str
    waiting: int
    promoted: int
    on_time: int
    late: int
    unplaced: int


@dataclass(frozen=True)
class LevelRow:
    """One level: `bound` is none when no solver ran; `note` is what has to stand beside the number, if anything."""

    name: str
    unit: str
    note: str
    value: int
    bound: int | None

    @property
    def is_proven(self) -> bool:
        """Whether no plan can be better on this level, given the levels before it."""
        return self.value == self.bound


@dataclass(frozen=True)
class CostRow:
    """What one soft rule charges: how many points, for how many stays, cases or pairs of households."""

    rule: str
    charged: int
    kind: str
    points: int


@dataclass(frozen=True)
class StayRow:
    """One stay ``[start, end)`` of a placed case; `units` are (unit, beds).

    `moves_from` is the facility the household comes from, with its locality; empty when from none or the same.
    """

    mark: str
    number: int
    kind: str
    facility: str
    moves_from: str
    locality: str
    lan: str
    start: date
    end: date
    nights: int
    units: tuple[tuple[str, int], ...]
    night_sek: int
    total_sek: int


@dataclass(frozen=True)
class PlacedRow:
    """A placed case with its stays; `late_days` counts from the triage deadline."""

    number: int
    case: str
    triage: str
    is_overdue: bool
    persons: int
    deadline: date
    late_days: int
    stays: tuple[StayRow, ...]


@dataclass(frozen=True)
class Trouble:
    """A broken rule: a live finding with its urgency, or a breach of the plan."""

    urgency: str
    rule: str
    reason: str
    amount: str
    parties: tuple[str, ...]


def _late_days(case: Case, first: Placed) -> int:
    return max(0, first.stay.start_day - case.deadline_day)


def class_rows(facts: Facts, plan: Plan) -> tuple[ClassRow, ...]:
    """Waiting, placed on time, placed late and unplaced: each triage class, then all."""
    first = {item.case: item for item in plan.placed if item.leg == 0}
    placed = plan.cases()
    rows = []
    for triage, name in enumerate(TRIAGE):
        own = [(number, case) for number, case in enumerate(facts.cases) if case.triage == triage]
        late = sum(1 for number, case in own if number in first and _late_days(case, first[number]))
        there = sum(1 for number, _ in own if number in placed)
        promoted = sum(1 for _, case in own if case.is_overdue)
        rows.append(ClassRow(name, len(own), promoted, there - late, late, len(own) - there))
    sums = [sum(getattr(row, part) for row in rows) for part in ("waiting", "promoted", "on_time", "late", "unplaced")]
    return (*rows, ClassRow("all", *sums))


def level_rows(
    values: Sequence[int], levels: Sequence[LevelResult] | None, uncertain_pairs: int
) -> tuple[LevelRow, ...]:
    """The levels in order, as the solver left them, or as counted again when no solver ran.

    Parameters
    ----------
    values : of the judgement, in the order of `LEVELS`
    levels : of the solver; none when the plan came from a file
    uncertain_pairs : of households, that the level RISK counts
    """
    told: list[tuple[str, int, int | None]]
    if levels is None:
        told = [(name, value, None) for name, value in zip(LEVELS, values, strict=True)]
    else:
        told = [(level.name, level.value, level.bound) for level in levels]
    notes = {"risk": risk_in_words(uncertain_pairs)}
    return tuple(LevelRow(*level_in_words(name), notes.get(name, ""), value, bound) for name, value, bound in told)


def cost_rows(costs: Iterable[Violation], rules: Iterable[Constraint]) -> tuple[CostRow, ...]:
    """Soft rules by name, with what they charge the plan; RISK and MOVES are levels of their own."""
    soft = {rule.name for rule in rules if rule.level is Level.SOFT}
    found: dict[str, list[Violation]] = defaultdict(list)
    for cost in costs:
        if cost.rule in soft:
            found[cost.rule].append(cost)
    return tuple(
        CostRow(words(rule), len(own), _charged_kind(own[0]), sum(cost.amount for cost in own))
        for rule, own in sorted(found.items())
    )


def _charged_kind(cost: Violation) -> str:
    """What a rule charges: a case and its facility are a stay, a case alone a case, two households a pair."""
    kinds = [kind for kind, _ in cost.parties]
    if kinds.count("case") + kinds.count("presence") > 1:
        return "pair"
    return "stay" if "facility" in kinds else "case"


def uncertain_pairs(costs: Iterable[Violation], rules: Iterable[Constraint]) -> int:
    """Pairs of households the level RISK counts: one cost each."""
    risks = {rule.name for rule in rules if rule.level is Level.RISK}
    return sum(cost.rule in risks for cost in costs)


def placed_rows(facts: Facts, layers: Layers, plan: Plan) -> tuple[PlacedRow, ...]:
    """Placed cases by start, then triage, then number; each once, with its stays in order.

    Raises
    ------
    UnknownLocality : the layers are not those the facts were made with
    """
    legs: dict[int, list[Placed]] = defaultdict(list)
    for item in sorted(plan.placed, key=lambda item: (item.case, item.leg)):
        legs[item.case].append(item)
    order = sorted(legs, key=lambda case: (legs[case][0].stay.start_day, facts.cases[case].triage, case))
    rows = []
    for number, case in enumerate(order, start=1):
        told = facts.cases[case]
        own = legs[case]
        homes = [told.housed_at, *(item.stay.facility for item in own)]
        stays = tuple(
            _stay_row(facts, layers, item, f"{number}{'abcdefgh'[leg]}" if len(own) > 1 else str(number), homes[leg])
            for leg, item in enumerate(own)
        )
        rows.append(
            PlacedRow(
                number=number,
                case=facts.names.cases[case],
                triage=TRIAGE[told.triage],
                is_overdue=told.is_overdue,
                persons=len(told.household),
                deadline=date.fromordinal(told.deadline_day),
                late_days=_late_days(told, own[0]),
                stays=stays,
            )
        )
    return tuple(rows)


def _stay_row(facts: Facts, layers: Layers, item: Placed, mark: str, before: int) -> StayRow:
    facility = facts.facilities[item.stay.facility]
    place = place_of(facts, layers, facility.place)
    nights = item.stay.end_day - item.stay.start_day
    night_sek = facility.day_rate_sek * len(facts.cases[item.case].household)
    legs = facts.cases[item.case].legs
    return StayRow(
        mark=mark,
        number=item.stay.facility,
        kind=legs[item.leg].kind if item.leg < len(legs) else "unknown",
        facility=facts.names.facilities[item.stay.facility],
        moves_from=_facility(before, facts, layers) if before not in (-1, item.stay.facility) else "",
        locality=place.name,
        lan=layers.lan[place.lan],
        start=date.fromordinal(item.stay.start_day),
        end=date.fromordinal(item.stay.end_day),
        nights=nights,
        units=tuple((facts.names.units[item.stay.facility][bed.unit], bed.beds) for bed in item.beds),
        night_sek=night_sek,
        total_sek=night_sek * nights,
    )


def _facility(number: int, facts: Facts, layers: Layers) -> str:
    return f"{facts.names.facilities[number]}, {place_of(facts, layers, facts.facilities[number].place).name}"


def _party(kind: str, number: int, facts: Facts, layers: Layers) -> str:
    if kind == "case":
        return f"case {facts.names.cases[number]}"
    if kind == "facility":
        return f"facility {_facility(number, facts, layers)}"
    place = place_of(facts, layers, facts.presences[number].place)
    return f"{facts.names.presences[number]}, {place.name}"


def troubles(
    found: Iterable[Violation], facts: Facts, layers: Layers, rules: Iterable[Constraint]
) -> tuple[Trouble, ...]:
    """Violations for the coordinator, the most urgent first, then by rule.

    A rule without a sentence for the coordinator is withheld by name, not by urgency.

    Raises
    ------
    UnknownLocality : the layers are not those the facts were made with
    """
    book = {rule.name: rule for rule in rules}
    urgencies = list(URGENCY_WORDS)

    def urgency(one: Violation) -> int:
        return 0 if one.act is None else urgencies.index(OnLive(one.act))

    ordered = sorted(found, key=lambda one: (urgency(one), one.rule, one.reason, one.parties))
    rows = []
    for one in ordered:
        rule = book.get(one.rule)
        is_told = rule is None or rule.speaks_to(Audience.COORDINATOR)
        rows.append(
            Trouble(
                urgency=URGENCY_WORDS[urgencies[urgency(one)]],
                rule=words(one.rule) if is_told else "withheld",
                reason=reasons_in_words(one.reason) if is_told else "withheld",
                amount=f"{one.amount} bed{'s' if one.amount > 1 else ''}" if one.rule == "place_capacity" else "",
                parties=tuple(_party(kind, number, facts, layers) for kind, number in one.parties),
            )
        )
    return tuple(rows)
