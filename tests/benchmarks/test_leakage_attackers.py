"""Attackers on a flat map: they find what a talkative service tells, and nothing where nothing is told."""

from __future__ import annotations

import pytest

from benchmarks.inference.attackers import PLAYS, attack
from benchmarks.inference.cells import ATTACKERS, Cell, cells_of
from benchmarks.inference.interface import Service
from benchmarks.inference.records import Run, from_json, to_json
from tests.benchmarks.flatland import Flatland, Telling

MODES = {Telling.ALL: "naive", Telling.YES: "yes", Telling.NOTHING: "nothing"}


def _run(play: str, telling: Telling, number: int, per_unit: int = 8, vacancy_percent: int = 35) -> Run:
    service: Service = Flatland(number, telling, vacancy_percent=vacancy_percent)
    return attack(service, play, number, per_unit, mode=MODES[telling], number=number, clock=lambda: 0.0)


def _cells(play: str, telling: Telling, count: int, **more: int) -> dict[tuple[str, str], Cell]:
    runs = [_run(play, telling, number, **more) for number in range(count)]
    return {(cell.attacker, cell.target): cell for cell in cells_of(runs)}


@pytest.mark.parametrize("play", sorted(PLAYS))
def test_a_run_survives_its_line(play: str) -> None:
    run = _run(play, Telling.ALL, 1, per_unit=6)
    again = from_json(to_json(run))
    assert again == run


@pytest.mark.parametrize("play", sorted(PLAYS))
def test_the_first_unit_keeps_to_its_number_of_questions(play: str) -> None:
    run = _run(play, Telling.YES, 3)
    extra = {"differencing": 2, "again": 8}  # a foe of each who moved in asks besides; the same once more
    assert 0 < sum(step.question.unit == 0 for step in run.steps) <= 8 + extra.get(play, 0)


def test_a_talkative_service_gives_offer_and_rival_away() -> None:
    cells = _cells("triangulation", Telling.ALL, 12, per_unit=16)
    offered, rival = cells["triangulation", "offered_kommun"], cells["triangulation", "rival_kommun"]
    assert offered.tally.success > 0.8
    assert offered.tally.leakage_bits > 2
    assert rival.tally.leakage_bits > 1.5


def test_narrow_questions_that_are_answered_yes_or_no_give_a_rival_away() -> None:
    rival = _cells("by_hand", Telling.YES, 30, per_unit=24, vacancy_percent=20)["by_hand", "rival_kommun"].tally
    assert rival.success > 1.4 * rival.control_success


@pytest.mark.parametrize("play", ["triangulation", "search", "differencing"])
def test_answers_that_are_all_alike_leave_the_attacker_with_the_control(play: str) -> None:
    for cell in _cells(play, Telling.NOTHING, 10).values():
        if cell.target != "offered_kommun":
            assert cell.tally.attacker == cell.tally.control


def test_every_attacker_has_a_play() -> None:
    assert {attacker.play for attacker in ATTACKERS.values()} == set(PLAYS)
