"""A record that names what is not there stops nobody else, and is never taken for safe."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import Any

from geodata.enrich import place_index
from matching.domain import PlaceIndex, Placement, PlacementAssessment, Scenario
from service.engine.records import Knowledge
from service.engine.references import Parts, SetAside, Sound, sound
from tests.service.engine.loading import layers, week
from tests.service.front.walk import assessment


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
    assert found.blocked == found.one_sided == {"case-007"}  # it asks to live near somebody who has not asked for it
    assert not found.is_lost


def test_a_case_that_names_an_unknown_place_is_blocked_alone() -> None:
    bad = parts().cases[0].model_copy(update={"homes": ("9999-nowhere",)})
    found = sound(replace(parts(), cases=(bad, *parts().cases[1:])), places())
    assert found.blocked - found.one_sided == {bad.id}
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


def placed_with(**update: Any) -> tuple[Placement, Sound]:
    """A placement of whose file something is changed, and what is made of it."""
    placement = next(one for one in parts().placements if one.case_file is not None and one.case_file.assessments)
    assert placement.case_file is not None
    bad = placement.model_copy(update={"case_file": placement.case_file.model_copy(update=update)})
    told = tuple(bad if one is placement else one for one in parts().placements)
    return bad, sound(replace(parts(), placements=told), places())


def kept(found: Sound, placement: Placement) -> Placement:
    return next(one for one in found.parts.placements if one.id == placement.id)


def test_of_a_damaged_case_file_only_the_damaged_part_is_dropped() -> None:
    bad, found = placed_with(homes=("0180-kista", "9999-nowhere"))
    file = kept(found, bad).case_file
    assert file is not None
    assert bad.case_file is not None
    assert file == bad.case_file.model_copy(update={"homes": ("0180-kista",)})
    assert kept(found, bad).household == bad.household
    assert SetAside("stay", bad.id) in found.set_aside


AREAS = {"kind": "areas", "areas": [{"kind": "lan", "lan": "01"}]}


def counting(actors: list[dict[str, Any]], **more: Any) -> PlacementAssessment:
    """A later version than any other."""
    lasting = [{"id": f"a{number}", "persistence": {"kind": "lasting"}, **one} for number, one in enumerate(actors)]
    told = {**assessment(99), "actors": lasting, **more}
    return PlacementAssessment.model_validate_json(json.dumps(told))


def test_an_unknown_network_in_a_file_leaves_separations_and_named_actors() -> None:
    unknown = {"network": "ghost", "reach": {"kind": "presence"}}
    named = {"person_key": "foe-0001", "reach": AREAS}
    both = {"network": "ghost", "person_key": "foe-0002", "reach": {"kind": "presence"}}
    told = counting([unknown, named, both], separations=[{"km": 400}, {"network": "ghost", "km": 9}])
    bad, found = placed_with(assessments=(told,))
    one = kept(found, bad)
    assert one.case_file is not None
    (left,) = one.case_file.assessments
    assert [actor.person_key for actor in left.actors] == ["foe-0001", "foe-0002"]
    assert [actor.network for actor in left.actors] == [None, None]
    assert left.actors[1].reach.kind == "national"
    assert [(separation.network, separation.km) for separation in left.separations] == [(None, 400)]
    assert left.forbidden == told.forbidden
    # whoever may belong to the unknown network may be anybody: so the household counts as known in part
    assert {member.knowledge for member in one.household} == {"unknown"}
    assert SetAside("stay", bad.id) in found.set_aside


def test_a_named_actor_without_a_place_they_reach_is_still_one() -> None:
    lost = {"person_key": "foe-0001", "reach": {"kind": "radius", "bases": ["9999-nowhere"], "radius_km": 5}}
    bad, found = placed_with(assessments=(counting([lost]),))
    file = kept(found, bad).case_file
    assert file is not None
    (actor,) = file.assessments[0].actors
    assert (actor.person_key, actor.reach.kind) == ("foe-0001", "national")


# links


def linking(key: str, kind: str = "within") -> PlacementAssessment:
    limits = {} if kind == "same" else {"km": 10}
    return counting([], links=[{"person_key": key, "kind": kind, **limits}])


def test_a_link_counts_when_both_ask_for_it() -> None:
    placement = next(one for one in parts().placements if one.case_file is not None)
    case = next(one for one in parts().cases if not {m.person_key for m in one.household} & _keys(placement))
    here, there = case.household[0].person_key, placement.household[0].person_key
    for kind in ("same", "within", "more_than"):
        asking = case.model_copy(update={"assessments": (linking(there, kind),)})
        others = tuple(one for one in parts().cases if one is not case)
        plain = sound(replace(parts(), cases=(asking, *others)), places())
        assert (case.id in plain.one_sided) == (case.id in plain.blocked) == (kind != "more_than")
        assert placement.case_file is not None
        answering = placement.model_copy(
            update={"case_file": placement.case_file.model_copy(update={"assessments": (linking(here),)})}
        )
        told = tuple(answering if one is placement else one for one in parts().placements)
        both = sound(replace(parts(), cases=(asking, *others), placements=told), places())
        assert case.id not in both.one_sided
        file = kept(both, placement).case_file
        assert file is not None
        assert bool(file.assessments[0].links) == (kind != "more_than")
        withdrawn = asking.model_copy(update={"assessments": (linking(there).model_copy(update={"withdrawn": True}),)})
        taken_back = sound(replace(parts(), cases=(withdrawn, *others), placements=told), places())
        file = kept(taken_back, placement).case_file
        assert file is not None
        assert not file.assessments[0].links


def test_a_link_to_nobody_is_as_unconfirmed_as_one_to_a_stranger() -> None:
    case, stranger = parts().cases[0], parts().cases[1]
    for key in ("nobody-0001", stranger.household[0].person_key):
        asking = case.model_copy(update={"assessments": (linking(key),)})
        found = sound(replace(parts(), cases=(asking, *parts().cases[1:])), places())
        assert found.one_sided >= {case.id}


def _keys(placement: Placement) -> set[str]:
    return {member.person_key for member in placement.household}
