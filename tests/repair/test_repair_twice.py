"""Safety is decided twice: planted faults of the search end in `SolverFault`, never in a repair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from matching.candidates import generate
from matching.errors import SolverFault
from matching.repair import deciding
from matching.repair import model as modelling
from matching.repair.model import model_of
from matching.repair.night import movers_of
from matching.solver.run import LevelResult
from tests import tellings
from tests.repair.weeks import changed, land, mended, moves, rivals, stay, values, week
from tests.tellings import on

NEAR = land([("a", "b"), ("a", "d")])
RAW = week("abcd", stay("1", "a", "red", days=(-9, 100)), stay("2", "b", "blue"))
AFTER = changed(RAW, relations=[rivals()])


def planted(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, fault: Callable[..., Any]) -> None:
    monkeypatch.setattr(module, name, fault)
    with pytest.raises(SolverFault):
        mended(RAW, AFTER, NEAR)


def test_without_a_fault_the_week_is_repaired() -> None:
    assert moves(mended(RAW, AFTER, NEAR)) == {"stay-1": "house-c"}


def test_the_clauses_that_one_of_two_leaves_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    def loose(*told: Any) -> Any:
        found = model_of(*told)
        items, program = found.program.candidates.items, found.program
        program.packings[:] = [own for own in program.packings if len({items[n].case for n in own}) < 2]
        program.rows[:] = [row for row in program.rows if row[1] != 0]
        return found

    planted(monkeypatch, deciding, "model_of", loose)


def test_the_rules_do_not_filter(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfiltered(facts: Any, rules: Any) -> Any:
        found = generate(facts, rules, filtered=False)
        kept = tuple(item for item in found.items if facts.names.facilities[item.stay.facility] == "house-d")
        return replace(found, items=kept, filtered_by=frozenset(rule.name for rule in rules))

    monkeypatch.setattr(modelling, "generate", unfiltered)
    raw = week("acd", stay("1", "a", "red"), residences=[tellings.residence("r", "b", tellings.member("2", "blue"))])
    with pytest.raises(SolverFault):
        mended(raw, changed(raw, relations=[rivals()]), land([("a", "b"), ("b", "d")]))


def test_the_beds_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two are exposed and each may only go where one bed is."""
    raw = week("abc", stay("1", "a", "red"), stay("2", "b", "grey"), policy={"most_persons_per_locality": 4})
    leaks = [
        {"id": f"x{n}", "network": net, "facility": f"house-{town}", "kind": "leak", "exposed_on": on(-1)}
        for n, (net, town) in enumerate([("red", "a"), ("grey", "b"), ("red", "b"), ("grey", "a")])
    ]
    after = changed(raw, exposures=leaks)
    assert len(mended(raw, after, land()).unplaced) == 1
    monkeypatch.setattr(modelling, "keep_room", lambda *_: None)
    with pytest.raises(SolverFault):
        mended(raw, after, land())


def test_somebody_in_danger_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*told: Any, **more: Any) -> Any:
        return [mover for mover in movers_of(*told, **more) if mover.presence]

    raw = week("abc", stay("1", "a", "red"))
    leak = {"id": "x", "network": "red", "facility": "house-a", "kind": "leak", "exposed_on": on(-1)}
    after = changed(raw, exposures=[leak])
    assert moves(mended(raw, after, NEAR)) != {}
    monkeypatch.setattr(deciding, "movers_of", forgetful)
    with pytest.raises(SolverFault):
        mended(raw, after, NEAR)


@pytest.mark.parametrize("name", ["persons_moved", "harm"])
def test_a_wrong_value_of_the_moves(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told = modelling.RepairModel.levels

    def wrong(self: Any, found: Any) -> tuple[LevelResult, ...]:
        return tuple(
            replace(level, value=level.value + 1) if level.name == name else level for level in told(self, found)
        )

    planted(monkeypatch, modelling.RepairModel, "levels", wrong)


def test_a_safe_household_is_never_traded_for_one_in_danger() -> None:
    """Only the bed of a safe one would do, and that one could live nowhere else."""
    forbidden = [{"kind": "locality", "locality": one} for one in "bdefgh"]
    kept = {"unit": "bops-1", "gate": tellings.PASSED, "assessments": [tellings.assessment(forbidden=forbidden)]}
    raw = week("abc", stay("1", "a", "red"), stay("2", "b", "blue"), stay("3", "c", "red", case_file=kept))
    found = mended(raw, changed(raw, relations=[rivals()]), land([("a", "b"), ("b", "d")]))
    assert values(found)["safe_without_bed"] == 0
    assert "stay-3" not in moves(found)
