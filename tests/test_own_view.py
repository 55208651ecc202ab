"""What the requester's path may look at: one case and the catalogue, with everybody else taken out."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from typing import Any

import pytest

from matching.constraints import rule_book
from matching.facts import FOREVER, Exposure, Facts, Feud, Tie
from matching.options import requester_options
from matching.requester import LADDER, Card, Slots, own_view, slots
from tests.builders import TODAY, case, in_use, live, person, present, world
from tests.test_requester import HOUSE, houses


def crowded_world() -> Facts:
    feud = Feud(0, FOREVER, 0, 0)
    return world(
        facilities=houses(3),
        cases=[
            case(person(key=1), networks=[0]),
            case(person(key=2), networks=[1], housed_until_day=TODAY + 2, housed_at=0),
        ],
        presences=[present(1, person(key=3), networks=[1])],
        bed_uses=[in_use(0)],
        rivals={(0, 1): (0, FOREVER)},
        conflicts={(1, 3): feud},
        exposures=[Exposure(1, 0, 0, FOREVER)],
        live=[live(case(person(key=3), networks=[1]), 0)],
        ties={(0, 1): Tie("rival", 0, FOREVER, 10)},
    )


def test_the_view_has_nobody_else() -> None:
    own = own_view(crowded_world(), 1)
    assert own.cases[0].party.keys == frozenset({2})
    assert (len(own.cases), own.presences, own.bed_uses) == (1, (), ())
    assert (own.network_feuds, own.person_feuds, own.memo) == ({}, {}, {})
    assert (own.exposures, own.live, own.ties) == ((), (), {})
    assert (own.cases[0].housed_until_day, own.cases[0].housed_at) == (0, -1)
    assert own.bed_uses_at == ((), (), ())
    assert own.feuding_persons == frozenset()
    assert (own.names.cases, own.names.presences, own.names.networks) == (("case-1",), (), ())


def test_every_fact_has_been_judged_for_the_view() -> None:
    """A new kind of fact is first given its place in `own_view`, then in this list."""
    catalogue = {"today", "policy", "places", "facilities", "providers"}
    networks = {"halves", "allied", "priors_percent"}  # of the own networks: whom they split from, how hostile they are
    kept = catalogue | networks
    cut = {"cases", "presences", "bed_uses", "network_feuds", "person_feuds", "exposures", "live", "ties"}
    cut |= {"stale_networks", "names", "memo"}
    assert {field.name for field in fields(Facts)} == kept | cut


def test_the_view_names_no_place() -> None:
    """The list of places in use holds the localities of other people's homes and residences."""
    assert own_view(crowded_world(), 0).names.places == ()


def test_the_view_does_not_tell_until_when_a_bed_is_filled() -> None:
    """That comes from a placement, which is not the own case's to know."""
    one, two = crowded_world(), crowded_world()
    later = replace(two.cases[1], housed_until_day=TODAY + 500, housed_at=2)
    two = replace(two, cases=(two.cases[0], later))
    assert slots(own_view(one, 1), rule_book()) == slots(own_view(two, 1), rule_book())


def test_slots_need_nothing_remembered() -> None:
    facts = crowded_world()
    first = slots(own_view(facts, 0), rule_book())
    own = own_view(facts, 0)
    assert own.memo == {}
    assert slots(own, rule_book()) == first


def test_what_was_remembered_of_everybody_is_not_read() -> None:
    class Forbidden(dict[object, Any]):
        def __contains__(self, key: object) -> bool:
            raise AssertionError("the requester's slots read a value derived from everybody")

    facts = crowded_world()
    object.__setattr__(facts, "memo", Forbidden())
    assert len(slots(own_view(facts, 0), rule_book()).cards) == 3


def test_the_requesters_path_is_given_the_view_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Facts] = []

    def watching(own: Facts, rules: Any) -> Slots:
        given.append(own)
        return slots(own, rules)

    monkeypatch.setattr("matching.options.slots", watching)
    requester_options(crowded_world(), rule_book(), 1)
    (own,) = given
    assert (len(own.cases), own.presences, own.bed_uses) == (1, (), ())


def test_the_requesters_path_never_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a search was started")

    for name in ("options.generate", "options.refusals", "solver.rank.rank", "solver.program.build"):
        monkeypatch.setattr(f"matching.{name}", refuse)
    monkeypatch.setattr("matching.solver.cpsat.CpSat.__init__", refuse)
    assert requester_options(crowded_world(), rule_book(), 0).state == "three_slots"


def test_the_slots_load_no_solver() -> None:
    told = "import sys, matching.requester; sys.exit(any(name.startswith('ortools') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", told], check=False, timeout=60).returncode == 0


def test_a_card_has_the_ladders_length() -> None:
    assert len(LADDER) == len(HOUSE) == len(Card(HOUSE).values)
