"""A record that names what is not there stops nobody else, and is never taken for safe."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

from geodata.enrich import place_index
from matching.domain import PlaceIndex, Scenario
from service.engine.records import Knowledge
from service.engine.references import Parts, SetAside, sound
from tests.service.engine.loading import layers, week


@cache
def places() -> PlaceIndex:
    return place_index(layers())


@cache
def parts() -> Parts:
    told = Scenario.model_validate_json(json.dumps(json.loads(week("small"))))
    return Parts(
        told.cases,
        told.placements,
        told.residences,
        told.providers,
        told.facilities,
        Knowledge(told.networks, told.relations, told.person_conflicts, told.exposures, ()),
    )


def test_a_sound_week_is_left_as_it_is() -> None:
    found = sound(parts(), places())
    assert found.parts == parts()
    assert not found.set_aside
    assert not found.blocked
    assert not found.is_lost


def test_a_case_that_names_an_unknown_place_is_blocked_alone() -> None:
    bad = parts().cases[0].model_copy(update={"homes": ("9999-nowhere",)})
    found = sound(replace(parts(), cases=(bad, *parts().cases[1:])), places())
    assert found.blocked == {bad.id}
    assert found.parts.cases == parts().cases[1:]
    assert found.set_aside == (SetAside("case", bad.id),)
    assert not found.is_lost


def test_somebody_of_a_network_nobody_knows_is_hostile_to_everyone() -> None:
    member = next(m for p in parts().placements for m in p.household if m.memberships)
    gone = member.memberships[0].network
    knowledge = parts().knowledge
    less = replace(knowledge, networks=tuple(one for one in knowledge.networks if one.id != gone))
    found = sound(replace(parts(), knowledge=less), places())
    household = {m.person_key: m for p in found.parts.placements for m in p.household}
    assert household[member.person_key].knowledge == "unknown"
    assert gone not in {one.network for one in household[member.person_key].memberships}
    assert len(found.parts.placements) == len(parts().placements)
    # whoever is told of it, or related to it, is not placed before somebody has looked
    naming = {case.id for case in parts().cases if gone in case.model_dump_json()}
    assert naming <= found.blocked


def test_a_relation_to_an_unknown_network_makes_the_other_one_doubtful() -> None:
    case = next(case for case in parts().cases if any(member.memberships for member in case.household))
    own = next(m.memberships[0].network for m in case.household if m.memberships)
    relation = parts().knowledge.relations[0].model_copy(update={"id": "new", "a": own, "b": "ghost"})
    knowledge = replace(parts().knowledge, relations=(*parts().knowledge.relations, relation))
    found = sound(replace(parts(), knowledge=knowledge), places())
    assert case.id in found.blocked
    assert case in found.parts.cases  # its answer does not change for it
    assert SetAside("relation", "new") in found.set_aside
    assert relation not in found.parts.knowledge.relations


def test_a_stay_whose_facility_is_not_there_blocks_everybody() -> None:
    living_there = {placement.facility for placement in parts().placements}
    facilities = tuple(one for one in parts().facilities if one.id != min(living_there))
    found = sound(replace(parts(), facilities=facilities), places())
    assert found.is_lost


def test_a_facility_nobody_lives_in_is_simply_not_offered() -> None:
    living_there = {placement.facility for placement in parts().placements}
    empty = next(one for one in parts().facilities if one.id not in living_there)
    nowhere = empty.model_copy(update={"locality": "9999-nowhere"})
    facilities = tuple(nowhere if one is empty else one for one in parts().facilities)
    found = sound(replace(parts(), facilities=facilities), places())
    assert not found.is_lost
    assert empty.id not in {one.id for one in found.parts.facilities}
    assert SetAside("facility", empty.id) in found.set_aside


def test_a_unit_that_is_gone_keeps_who_lives_there_and_takes_nobody_new() -> None:
    placement = parts().placements[0]
    home = next(one for one in parts().facilities if one.id == placement.facility)
    renamed = home.model_copy(
        update={"units": tuple(unit.model_copy(update={"id": f"{unit.id}-new"}) for unit in home.units), "closures": ()}
    )
    facilities = tuple(renamed if one is home else one for one in parts().facilities)
    found = sound(replace(parts(), facilities=facilities), places())
    facility = next(one for one in found.parts.facilities if one.id == home.id)
    old = {use.unit for use in placement.units}
    assert old <= {unit.id for unit in facility.units}
    assert old <= {unit for closure in facility.closures for unit in closure.units or ()}
    assert placement in found.parts.placements


def test_a_provider_that_is_not_there_is_not_vetted() -> None:
    provider = parts().providers[0]
    found = sound(replace(parts(), providers=parts().providers[1:]), places())
    (made,) = (one for one in found.parts.providers if one.id == provider.id)
    assert made.vetting == "failed"


def test_a_closure_of_an_unknown_unit_closes_the_house() -> None:
    home = next(one for one in parts().facilities if one.closures)
    closures = tuple(one.model_copy(update={"units": ("ghost",)}) for one in home.closures)
    bad = home.model_copy(update={"closures": closures})
    facilities = tuple(bad if one is home else one for one in parts().facilities)
    found = sound(replace(parts(), facilities=facilities), places())
    facility = next(one for one in found.parts.facilities if one.id == home.id)
    assert all(closure.units is None for closure in facility.closures)


def test_a_damaged_case_file_is_dropped_and_its_stay_kept() -> None:
    placement = next(one for one in parts().placements if one.case_file is not None)
    assert placement.case_file is not None
    file = placement.case_file.model_copy(update={"homes": ("9999-nowhere",)})
    bad = placement.model_copy(update={"case_file": file})
    told = tuple(bad if one is placement else one for one in parts().placements)
    found = sound(replace(parts(), placements=told), places())
    kept = next(one for one in found.parts.placements if one.id == placement.id)
    assert kept.case_file is None
    assert kept.household == placement.household
    assert SetAside("stay", placement.id) in found.set_aside
