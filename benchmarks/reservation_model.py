"""The sequential model that a history of reservations is checked against: one thing after the other, no database.

It is told what each act did, in the order of the commits, and knows nothing of how the register did it: beds are sets
of nights, rules are asked on facts put together from the document the register was filled from and from the acts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from geodata.enrich import Surveyor
from matching.constraints import hard
from matching.constraints.base import Constraint
from matching.domain import Scenario
from matching.errors import SolverFault
from matching.facts import Bed, Facts, Stay
from matching.plans import Placed, Plan
from matching.solver.check import judge

__all__ = ["Act", "Found", "Model"]


@dataclass(frozen=True)
class Act:
    """What one operation did, as its worker saw it.

    Parameters
    ----------
    serial : its place in the order of the commits
    kind : hold, release, end, depart, relation
    case : whose stay
    stays : of a hold: id, placement, and nights as (bed, first day, day after); else ids
    """

    serial: int
    kind: str
    case: str = ""
    stays: tuple[Mapping[str, Any], ...] = ()
    day: int = 0
    relation: Mapping[str, Any] | None = None


@dataclass
class Found:
    """What the model found wrong."""

    double_bookings: int = 0
    rule_violations: int = 0
    unknown: int = 0
    judged: int = 0
    broken: set[str] = field(default_factory=set)


class Model:
    """A register in memory.

    Parameters
    ----------
    document : the week the register was filled from, under the register's ids
    booked : nights of the beds that are taken at the start, by stay
    surveyor, rules : the map and the rule book
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        booked: Mapping[str, Iterable[tuple[int, int, int]]],
        surveyor: Surveyor,
        rules: Iterable[Constraint],
    ) -> None:
        self.document = document
        self.surveyor = surveyor
        self.rules = hard(rules)
        self.cases = {case["id"]: case for case in document["cases"]}
        self.live: dict[str, dict[str, Any]] = {}
        self.beds: dict[int, dict[int, str]] = {}
        self.relations: list[Mapping[str, Any]] = []
        self.found = Found()
        for stay, nights in booked.items():
            self._book(stay, nights)

    def _book(self, stay: str, nights: Iterable[tuple[int, int, int]]) -> None:
        for bed, first, after in nights:
            own = self.beds.setdefault(bed, {})
            for day in range(first, after):
                if own.setdefault(day, stay) != stay:
                    self.found.double_bookings += 1

    def _free(self, stay: str, from_day: int = 0) -> None:
        for bed in {bed for bed, *_ in self.live[stay]["nights"]}:
            own = self.beds[bed]
            for day in [day for day, holder in own.items() if holder == stay and day >= from_day]:
                del own[day]

    def apply(self, act: Act, *, judged: bool = False) -> None:
        """Do one act after the others; `judged`: ask every hard rule before a hold takes its beds."""
        if act.kind == "hold":
            if any(one["case"] == act.case and one["state"] == "held" for one in self.live.values()):
                self.found.double_bookings += 1  # one live stay a case
            if judged:
                self._judge(act)
            for told in act.stays:
                self.live[told["id"]] = {**told, "case": act.case, "state": "held"}
                self._book(told["id"], told["nights"])
        elif act.kind == "relation" and act.relation is not None:
            self.relations.append(act.relation)
        else:
            for told in act.stays:
                self._change(act, told["id"])

    def _change(self, act: Act, stay: str) -> None:
        if stay not in self.live:
            self.found.unknown += 1
            return
        told = self.live[stay]
        if act.kind == "release":
            self._free(stay)
            del self.live[stay]
        elif act.kind == "end":
            self._free(stay, act.day)
            placement = {**told["placement"], "end": date.fromordinal(act.day).isoformat()}
            self.live[stay] = {**told, "placement": placement, "state": "placed"}
        elif act.kind == "depart":
            self._free(stay, act.day)
            placement = {**told["placement"], "departed": date.fromordinal(act.day).isoformat()}
            self.live[stay] = {**told, "placement": placement, "state": "placed"}

    def facts(self) -> Facts:
        """The register's facts as this model has them."""
        placements = list(self.document["placements"])
        busy = set()
        for name, told in self.live.items():
            case = self.cases[told["case"]]
            keys = ("unit", "homes", "crime_localities", "known_places", "needs", "gate", "assessments")
            file = {key: case[key] for key in keys if key in case}
            placements.append({**told["placement"], "id": name, "state": told["state"], "case_file": file})
            if told["state"] == "held":
                busy.add(told["case"])
        week = {
            **self.document,
            "placements": placements,
            "relations": [*self.document["relations"], *self.relations],
            "cases": [case for name, case in self.cases.items() if name not in busy],
        }
        return self.surveyor.facts(Scenario.model_validate_json(json.dumps(week)))

    def _judge(self, act: Act) -> None:
        """Ask every hard rule about a hold, on the facts before it."""
        facts = self.facts()
        names = facts.names
        self.found.judged += 1
        try:
            number = names.cases.index(act.case)
            placed = []
            for leg, told in enumerate(act.stays):
                placement = told["placement"]
                home = names.facilities.index(placement["facility"])
                beds = tuple(
                    Bed(names.units[home].index(use["unit"]), use["beds"])
                    for use in sorted(placement["units"], key=lambda use: names.units[home].index(use["unit"]))
                )
                first, after = (date.fromisoformat(placement[key]).toordinal() for key in ("start", "end"))
                placed.append(Placed(number, leg, Stay(home, first, after), beds))
            breaches = judge(Plan(tuple(placed)), facts, self.rules, with_findings=False).breaches
        except (ValueError, SolverFault):
            self.found.unknown += 1
            return
        self.found.rule_violations += len(breaches)
        self.found.broken.update(breach.rule for breach in breaches)
