"""What a coordinator has to place a case by hand: why it came, how long there is, its options, what was tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.crypto import Domain, KeyGone
from service.inference import Reason
from service.policies import Process
from service.store.repository import by_hand, orders, plans, stays
from service.store.repository.holding import CASE_CHANGED, CONFIRMED_UNSEEN
from tests.service.back.scene import Scene, refused
from tests.service.front.system import as_system
from tests.service.harness import Harness

CHANGE = {"kind": "one_more_bed", "sentence": "One more bed.", "cost": 3}
RULE = {"rule": "needs_met", "sentence": "A need is not met.", "excludes": 4, "only_it": 2, "reasons": {"lift": 4}}
BLOCKING = {**RULE, "opens_of_these": 2, "opens_in_fact": 1, "possible_step": None}


@pytest.fixture
def scene(harness: Harness) -> Scene:
    """A case with a question, not claimed."""
    made = Scene.of(harness)
    made.opened()
    return made


def hand_over(scene: Scene, reason: Reason = Reason.NOT_ADMITTED, *, hours: int = 4) -> None:
    with as_system(scene.harness) as tx:
        by_hand.hand_over(tx, UUID(scene.case_id), tx.now + timedelta(hours=hours), reason)


def manual(scene: Scene, name: str = "c-1") -> Any:
    answer = scene.coordinator(name).get(scene.path("/manual"))
    assert answer.status_code == 200, answer.text
    return answer.json()


def vouch(scene: Scene, how: str = "in_person", unit: str = "noa") -> Any:
    return scene.coordinator().post(scene.path("/verification"), {"how": how, "unit": unit})


def option(scene: Scene, rank: int = 1) -> dict[str, Any]:
    """As `matching.redaction.CoordinatorOption` is stored."""
    stay = {
        "facility": scene.facility_id,
        "units": [{"unit": "flat-1", "beds": 1}],
        "start": "2026-12-01",
        "end": "2027-03-01",
    }
    return {
        "rank": rank,
        "facility": scene.facility_id,
        "locality": "1880-orebro",
        "stays": [stay],
        "displaced": ["canary-of-another-case"],
        "is_in_plan": True,
        "marginal_cost": {"unplaced": [0, 1]},
        "is_exact": False,
        "own_costs": {"cost_per_night": 4200},
    }


def listed(scene: Scene, state: str = "proposed", **told: Any) -> str:
    """The solver finishes the list that waits; its id."""
    with as_system(scene.harness) as tx:
        row = plans.newest_of(tx, UUID(scene.case_id), is_finished=False)
        assert row is not None
        assert plans.finish(tx, row, state, 1, told)
        return str(row.id)


def order(scene: Scene, plan_id: str, rank: int = 1) -> Any:
    return scene.coordinator().post(scene.path("/holds"), {"plan_id": plan_id, "option": rank})


def test_a_claim_has_the_options_of_a_case_by_hand_worked_out(scene: Scene) -> None:
    hand_over(scene)
    assert scene.jobs("options") == 0  # they are to be those of the day
    assert scene.coordinator().get(scene.path("/manual")).status_code == 404
    scene.claim()
    assert scene.jobs("options") == 1
    told = manual(scene)
    assert (told["waits"], told["reason"], told["left_min"], told["is_overdue"]) == (True, "not_admitted", 240, False)
    assert (told["listed"]["state"], told["listed"]["options"], told["listed"]["is_renewed"]) == ("working", [], True)
    assert [(one["reason"], one["outcome"]) for one in told["handed"]] == [("not_admitted", None)]


def test_a_claim_of_a_case_nobody_handed_over_asks_for_nothing(scene: Scene) -> None:
    scene.claim()
    assert scene.jobs("options") == 0
    told = manual(scene)
    assert (told["waits"], told["reason"], told["listed"]) == (False, None, None)


def test_a_case_handed_over_while_it_is_claimed_has_its_options_worked_out_at_once(scene: Scene) -> None:
    scene.claim()
    hand_over(scene, Reason.DECLINED)
    scene.harness.clock.move(minutes=1)
    hand_over(scene, Reason.NO_SAFE_BED, hours=-1)
    assert scene.jobs("options") == 1  # the first is still under way
    told = manual(scene)
    assert (told["reason"], told["left_min"], told["is_overdue"]) == ("no_safe_bed", -60, True)
    assert told["what_to_do"].startswith("No slot has a safe bed")
    assert [(one["reason"], one["outcome"]) for one in told["handed"]] == [
        ("no_safe_bed", None),
        ("declined", "handed_over_again"),
    ]


def test_a_claim_that_has_lapsed_asks_for_nothing(scene: Scene) -> None:
    scene.claim()
    scene.harness.clock.move(hours=13)
    hand_over(scene)
    assert scene.jobs("options") == 0


def test_an_option_is_told_with_its_place_and_costs_and_of_others_only_how_many(scene: Scene) -> None:
    hand_over(scene)
    scene.claim()
    listed(scene, options=[option(scene)])
    answer = scene.coordinator().get(scene.path("/manual"))
    (one,) = answer.json()["listed"]["options"]
    assert one["stays"] == [
        {
            "facility_id": scene.facility_id,
            "locality": "1880-orebro",
            "lan": "18",
            "form": "protected_housing",
            "day_rate_sek": 4200,
            "units": [{"unit": "flat-1", "beds": 1}],
            "start": "2026-12-01",
            "end": "2027-03-01",
        }
    ]
    assert (one["displaces"], one["marginal_cost"], one["refused"]) == (1, {"unplaced": [0, 1]}, None)
    assert "canary" not in answer.text
    assert scene.walk.key not in answer.text


def test_what_blocks_is_told_by_rule_with_the_proven_changes(scene: Scene) -> None:
    hand_over(scene, Reason.NO_SAFE_BED)
    scene.claim()
    stay = {"facility": scene.facility_id, "zone": "1880", "start": "2026-12-01", "end": "2027-03-01"}
    why = {
        "claim": "This rule alone leaves no facility.",
        "rules": [RULE],
        "minimal_set": [BLOCKING],
        "minimal_set_beyond_gate": None,
        "is_proven": True,
        "remedies": {"claim": "Each opens a place.", "changes": [{**CHANGE, "stays": [stay]}], "unexamined": 0},
        "further_steps": ["Ask again."],
        "knowledge": [],
    }
    listed(scene, "no_plan", options=[], why=why)
    told = manual(scene)["listed"]
    assert (told["state"], told["options"], told["blocked"]) == ("no_plan", [], None)
    assert told["why"]["rules"] == [{name: RULE[name] for name in ("rule", "sentence", "excludes", "only_it")}]
    assert [(one["rule"], one["opens"]) for one in told["why"]["blocking"]] == [("needs_met", 1)]
    assert told["why"]["changes"] == [{**CHANGE, "facilities": [scene.facility_id], "start": "2026-12-01"}]
    assert told["why"]["steps"] == ["Ask again."]


def test_an_option_is_ordered_in_one_call_and_what_became_of_it_is_seen(scene: Scene) -> None:
    hand_over(scene)
    scene.claim()
    plan_id = listed(scene, options=[option(scene)])
    assert vouch(scene).status_code == 201
    assert order(scene, plan_id).status_code == 202
    assert scene.jobs("hold_order") == 1
    (one,) = manual(scene)["ordered"]
    assert (one["state"], one["plan_id"], one["option"], one["facility_id"]) == ("working", plan_id, 1, None)
    with as_system(scene.harness) as tx:
        row = orders.get(tx, UUID(one["order_id"]))
        assert orders.content(tx, row) == {"plan": plan_id, "option": 1}
        assert orders.finish(tx, row, None)
    assert manual(scene)["ordered"][0]["state"] == "refused"


@pytest.mark.parametrize("body", [{"option": 1}, {"option": 1, "facility_id": str(UUID(int=1)), "start": "2026-12-01"}])
def test_an_option_alone_says_nothing(scene: Scene, body: dict[str, Any]) -> None:
    scene.claim()
    refused(scene.coordinator().post(scene.path("/holds"), body), 422, "rejected")


def test_what_is_no_option_of_this_case_is_not_ordered(scene: Scene) -> None:
    hand_over(scene)
    scene.claim()
    plan_id = listed(scene, options=[option(scene)])
    refused(order(scene, plan_id, rank=2), 422, "rejected")
    refused(order(scene, str(uuid4())), 422, "rejected")
    with as_system(scene.harness) as tx:  # a list of nobody's, or of another case
        other = plans.new(tx, "options", {"case": scene.case_id})
        assert plans.finish(tx, plans.get(tx, other), "proposed", 1, {"options": [option(scene)]})
    refused(order(scene, str(other)), 422, "rejected")
    assert scene.jobs("hold_order") == 0


def test_what_was_tried_and_came_to_nothing_is_told_with_its_code(scene: Scene) -> None:
    stay_id = scene.held()
    scene.claim()
    no = scene.coordinator().post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "declined", "code": "staffing"})
    assert no.status_code == 200, no.text
    listed(scene, options=[option(scene)])
    told = manual(scene)
    assert told["reason"] == "lost"
    assert [(one["stay_id"], one["state"], one["code"], one["locality"]) for one in told["tried"]] == [
        (stay_id, "released", "staffing", "1880-orebro")
    ]
    assert told["listed"]["options"][0]["refused"] == "staffing"
    assert "call_back" not in str(told)


@pytest.mark.parametrize(("code", "tried"), [(CASE_CHANGED, 1), (CONFIRMED_UNSEEN, 0)])
def test_what_ended_without_anybodys_no_is_refused_by_nobody(scene: Scene, code: str, tried: int) -> None:
    stay_id = scene.held()
    hand_over(scene)
    scene.claim()
    with as_system(scene.harness) as tx:
        assert stays.release(tx, stays.get(tx, UUID(stay_id)), code)
    listed(scene, options=[option(scene)])
    found = manual(scene)
    assert (len(found["tried"]), found["listed"]["options"][0]["refused"]) == (tried, None)


@pytest.mark.parametrize(("code", "reason"), [("better_place", "lost"), ("person_withdrew", "declined")])
def test_why_a_hold_was_released_says_why_it_is_by_hand(scene: Scene, code: str, reason: str) -> None:
    stay_id = scene.held()
    scene.claim()
    assert scene.coordinator().post(f"/v1/stays/{stay_id}/release", {"code": code}).status_code == 200
    assert manual(scene)["reason"] == reason


def test_who_takes_a_case_over_sees_its_newest_list_and_the_first_sees_nothing_more(scene: Scene) -> None:
    hand_over(scene)
    scene.claim()
    listed(scene, options=[option(scene)])
    assert scene.coordinator("c-2").post(scene.path("/claim/take-over")).status_code == 200
    assert scene.jobs("options") == 2  # made anew for who has it now
    told = manual(scene, "c-2")["listed"]
    assert (told["state"], told["is_renewed"]) == ("proposed", True)
    assert scene.coordinator().get(scene.path("/manual")).status_code == 404


def test_the_options_of_a_deleted_case_are_gone_with_it(scene: Scene) -> None:
    hand_over(scene)
    scene.claim()
    plan_id = listed(scene, options=[option(scene)])
    assert scene.coordinator().get(f"/v1/plans/{plan_id}").status_code == 200
    scene.harness.contexts[Process.BACK].subjects.destroy(Domain.PLACE, UUID(scene.case_id))
    assert scene.coordinator().get(f"/v1/plans/{plan_id}").status_code == 404
    with as_system(scene.harness) as tx, pytest.raises(KeyGone):
        plans.content(tx, plans.get(tx, UUID(plan_id)))


def test_each_thing_that_is_opened_stands_in_the_trail(scene: Scene) -> None:
    stay_id = scene.held()
    scene.claim()
    scene.coordinator().post(f"/v1/stays/{stay_id}/release", {"code": "mistake"})
    plan_id = listed(scene, options=[option(scene)])
    order(scene, plan_id)
    before = len(scene.acts("read_detail"))
    manual(scene)
    assert len(scene.acts("read_detail")) - before == 3  # the case, the stay, the order
    assert any(plan_id in entry for entry in scene.acts("read_plan"))


@pytest.mark.parametrize("role", ["registrar", "follow_up", "receiving_bops", "security_officer"])
def test_it_is_the_claiming_coordinators_alone(scene: Scene, role: str) -> None:
    hand_over(scene)
    scene.claim()
    assert scene.harness.act(role, name="x-1").get(scene.path("/manual")).status_code == 404
    assert scene.walk.requester.get(scene.path("/manual")).status_code == 404


def test_it_says_when_what_is_ready_is_shown(scene: Scene) -> None:
    scene.claim()
    hand_over(scene)
    assert manual(scene)["next_round_at"] == "2026-12-04T07:00:00Z"  # the class's deadline: green
    scene.harness.clock.move(days=14)
    scene.claim()
    assert manual(scene)["next_round_at"] == "2026-12-05T07:00:00Z"
