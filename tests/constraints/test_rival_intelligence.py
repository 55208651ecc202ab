"""Domain §4, *Knowledge*: who is whose rival and present, from the scenario as told to `rival_separation`.

A red case could live in town `a`; a blue person is present in town `b`, too near.
"""

from typing import Any

import pytest

from matching.constraints.rival_separation import RivalSeparation
from matching.facts import Facts
from tests import tellings as t
from tests.builders import plan_of, put
from tests.verifier import verify

RULE = RivalSeparation()
LAND = t.Land(("a", "b", "home", "x"), gap_m={("a", "b"): 10_000}, safe_min={("a", "b"): 10})
FOUR = [t.network(name) for name in ("blue", "green", "grey", "red")]


def told(
    relations: list[t.Raw] | None = None, *, red: Any = None, blue: Any = None, land: t.Land = LAND, **more: Any
) -> Facts:
    """The pair, with relations and whatever differs; `placements` or `residences` replace the residence."""
    stranger = blue or t.member("blue", "blue")
    collections: dict[str, Any] = {
        "networks": FOUR,
        "relations": [t.relation("red", "blue")] if relations is None else relations,
        "facilities": [t.facility("f", "a"), t.facility("g", "b")],
        "cases": [t.case("c", red or t.member("red", "red"), **more.pop("case", {}))],
    }
    if "placements" not in more:
        collections["residences"] = [t.residence("r", "b", stranger)]
    return t.facts_of(t.scenario(**{**collections, **more}), land)


def holds(facts: Facts, blocked: bool, day: int = 0) -> None:
    plan = plan_of(put(facts, 0, 0, start=t.TODAY + day))
    if blocked:
        verify(RULE).given(facts).blocks(plan, amount=1, saying="rival_present")
    else:
        verify(RULE).given(facts).accepts(plan)


def test_rivals_in_both_orders_and_strangers_at_peace() -> None:
    holds(told(), True)
    holds(told([t.relation("blue", "red")]), True)
    holds(told([]), False)
    holds(told([t.relation("red", "green")]), False)


@pytest.mark.parametrize("degree", ["core", "active", "peripheral"])
def test_an_ended_membership_keeps_counting(degree: str) -> None:
    left = {"network": "red", "degree": degree, "start": t.on(-900), "end": t.on(-700)}
    holds(told(red=t.member("red", left)), True)
    left_blue = {"network": "blue", "degree": degree, "start": t.on(-900), "end": t.on(-700)}
    holds(told(blue=t.member("blue", left_blue)), True)


def test_any_of_several_memberships_and_members_counts() -> None:
    holds(told(red=t.member("red", "green", "red")), True)
    holds(told(red=t.member("red", "green", "grey")), False)
    household = [t.member("one"), t.member("sister", "red", role="sibling")]
    raw = t.scenario(
        networks=FOUR,
        relations=[t.relation("red", "blue")],
        facilities=[t.facility("f", "a", [t.room(beds=2)])],
        cases=[t.case("c", *household)],
        residences=[t.residence("r", "b", t.member("blue", "blue"))],
    )
    holds(t.facts_of(raw, LAND), True)


@pytest.mark.parametrize(
    ("end", "confirmed", "day", "blocked"),
    [
        (None, False, 0, True),  # an open end means live
        (-100, False, 0, True),  # an end nobody confirmed ends nothing
        (-100, True, 0, False),
        (0, True, 0, False),  # a confirmed end frees exactly on its day
        (1, True, 0, True),
        (1, True, 1, True),  # nobody has confirmed a day to come
        (2, False, 3, True),
    ],
)
@pytest.mark.parametrize("between", ["networks", "persons"])
def test_only_a_confirmed_end_of_the_relation_itself_frees(
    end: int | None, confirmed: bool, day: int, blocked: bool, between: str
) -> None:
    dated: t.Raw = {"end": None if end is None else t.on(end), "end_confirmed": confirmed}
    if between == "networks":
        facts = told([t.relation("red", "blue", **dated)])
    else:
        facts = told([], person_conflicts=[t.conflict("person-red", "person-blue", **dated)])
    holds(facts, blocked, day)


def test_a_relation_told_twice_lasts_as_long_as_the_longer() -> None:
    ended = t.relation("red", "blue", id="r1", end=t.on(-10), end_confirmed=True)
    holds(told([ended]), False)
    holds(told([ended, t.relation("red", "blue", id="r2")]), True)
    holds(told([ended, t.relation("blue", "red", id="r2", end=t.on(-5))]), True)


@pytest.mark.parametrize(
    ("departed", "day", "blocked"),
    [
        # 30 days of cool-down: left on day -30, free today
        (None, 0, True),
        (-29, 0, True),
        (-30, 0, False),
        (-31, 0, False),
        (-29, 1, False),
        (-27, 2, True),
        (-27, 3, False),
    ],
)
@pytest.mark.parametrize("what", ["residence", "placement", "hold"])
def test_a_recorded_departure_and_the_cool_down(departed: int | None, day: int, blocked: bool, what: str) -> None:
    gone: t.Raw = {"departed": None if departed is None else t.on(departed)}
    stranger = t.member("blue", "blue")
    if what == "residence":
        facts = told(residences=[t.residence("r", "b", stranger, **gone)])
    else:
        state = "held" if what == "hold" else "placed"
        facts = told(placements=[t.placement("p", "g", stranger, days=(-50, 100), state=state, **gone)])
    holds(facts, blocked, day)


def test_a_cool_down_of_the_policy() -> None:
    gone = [t.residence("r", "b", t.member("blue", "blue"), departed=t.on(-29))]
    holds(told(residences=gone, policy={"cool_down_days": 29}), False)
    holds(told(residences=gone, policy={"cool_down_days": 30}), True)


@pytest.mark.parametrize("state", ["placed", "held"])
def test_a_planned_end_frees_the_bed_never_the_separation(state: str) -> None:
    stay = t.placement("p", "g", t.member("blue", "blue"), days=(-500, -200), state=state)
    facts = told(placements=[stay])
    holds(facts, True)
    assert all(use.end_day <= facts.today for use in facts.bed_uses)


def test_a_placement_that_begins_later_counts_already() -> None:
    # The red case is present without end, so the two will share the day the placement begins.
    holds(told(placements=[t.placement("p", "g", t.member("blue", "blue"), days=(60, 90), state="held")]), True)


@pytest.mark.parametrize(
    ("relations", "policy", "blocked"),
    [
        ([t.relation("red", "green", "allied"), t.relation("green", "blue")], True, True),
        ([t.relation("red", "green", "allied"), t.relation("green", "blue")], False, False),
        ([t.relation("blue", "green", "allied"), t.relation("green", "red")], True, True),  # the ally on the other side
        ([t.relation("green", "red", "allied"), t.relation("blue", "green")], True, True),  # told the other way round
        ([t.relation("red", "green", "allied")], True, False),  # an ally without rivals
        # an ally of an ally is no ally
        (
            [t.relation("red", "green", "allied"), t.relation("green", "grey", "allied"), t.relation("grey", "blue")],
            True,
            False,
        ),
        # an alliance with a confirmed end has ended, one with an unconfirmed end has not
        (
            [
                t.relation("red", "green", "allied", end=t.on(-1), end_confirmed=True),
                t.relation("green", "blue"),
            ],
            True,
            False,
        ),
        ([t.relation("red", "green", "allied", end=t.on(-1)), t.relation("green", "blue")], True, True),
        (
            [t.relation("red", "green", "allied"), t.relation("green", "blue", end=t.on(0), end_confirmed=True)],
            True,
            False,
        ),
    ],
)
def test_rival_of_an_ally(relations: list[t.Raw], policy: bool, blocked: bool) -> None:
    holds(told(relations, policy={"rival_of_ally_counts": policy}), blocked)


@pytest.mark.parametrize(
    ("relations", "blocked"),
    [
        ([t.relation("red", "blue", "split")], True),  # the halves are hostile
        ([t.relation("red", "blue", "split", end=t.on(-10), end_confirmed=True)], False),  # at peace again
        # each half keeps the rivals of the other, the split ended or not
        ([t.relation("red", "green", "split"), t.relation("green", "blue")], True),
        ([t.relation("green", "red", "split"), t.relation("blue", "green")], True),
        (
            [t.relation("red", "green", "split", end=t.on(-10), end_confirmed=True), t.relation("green", "blue")],
            True,
        ),
        ([t.relation("blue", "grey", "split"), t.relation("red", "green", "split"), t.relation("green", "grey")], True),
        ([t.relation("red", "green", "split")], False),
    ],
)
def test_a_split_keeps_counting(relations: list[t.Raw], blocked: bool) -> None:
    holds(told(relations, policy={"rival_of_ally_counts": False}), blocked)


def test_an_ally_of_the_other_half_is_an_ally() -> None:
    relations = [t.relation("red", "green", "split"), t.relation("green", "grey", "allied"), t.relation("grey", "blue")]
    holds(told(relations), True)


@pytest.mark.parametrize(("knowledge", "blocked"), [("unknown", True), ("cleared", False)])
def test_unknown_is_hostile_to_everybody_until_cleared(knowledge: str, blocked: bool) -> None:
    holds(told([], blue=t.member("blue", knowledge=knowledge)), blocked)
    holds(told([], red=t.member("red", knowledge=knowledge)), blocked)
    known_too = t.member("red", "grey", knowledge="unknown") if blocked else t.member("red", "grey")
    holds(told([], red=known_too), blocked)


def separated(**wanted: Any) -> t.Raw:
    return {"assessments": [t.assessment(separations=[wanted])]}


@pytest.mark.parametrize(
    ("wanted", "gap_m", "blocked"),
    [
        ({"km": 60}, 60_000, True),
        ({"km": 60}, 60_001, False),
        ({"km": 60, "network": "blue"}, 60_000, True),
        ({"km": 60, "network": "grey"}, 60_000, False),
        ({"km": 1}, 30_000, True),
        ({"minutes": 60}, 30_001, True),  # 60 minutes apart, not more
        ({"minutes": 59}, 30_001, False),
    ],
)
def test_separations_of_the_assessment(wanted: t.Raw, gap_m: int, blocked: bool) -> None:
    land = t.Land(LAND.ids, gap_m={("a", "b"): gap_m}, safe_min={("a", "b"): 60})
    holds(told(land=land, case=separated(**wanted)), blocked)


def test_an_unknown_person_may_be_of_the_network_a_separation_names() -> None:
    # Missing intelligence is not safety: the stranger may be green, whom the assessor wants 60 km away.
    land = t.Land(LAND.ids, gap_m={("a", "b"): 60_000})
    stranger = t.member("blue", knowledge="unknown")
    holds(told([], blue=stranger, land=land, case=separated(km=60, network="green")), True)


def test_sharing_one_member_does_not_free_the_others() -> None:
    # The mother lives in `b` with a blue son; she and a red son are to move to `a`. The sons are rivals.
    mother = t.member("mother", role="parent")
    here = t.residence("r", "b", mother, t.member("blue", "blue", role="sibling"))
    raw = t.scenario(
        networks=FOUR,
        relations=[t.relation("red", "blue")],
        facilities=[t.facility("f", "a", [t.room(beds=2)])],
        cases=[t.case("c", t.member("red", "red"), mother)],
        residences=[here],
    )
    holds(t.facts_of(raw, LAND), True)


def test_a_departure_that_has_not_happened_frees_nothing() -> None:
    gone = [t.residence("r", "b", t.member("blue", "blue"), departed=t.on(1))]
    holds(told(residences=gone, case={"window": {"earliest": t.on(0), "latest": t.on(60)}}), True, day=31)


def test_a_separation_from_a_named_network_holds_though_no_rivalry_is_known() -> None:
    # The assessor wants 60 km to persons of green; nothing else is known of green. An assessment tightens.
    land = t.Land(LAND.ids, gap_m={("a", "b"): 60_000})
    stranger = t.member("blue", "green")
    holds(told([], blue=stranger, land=land, case=separated(km=60, network="green")), True)


def test_an_ally_of_one_half_is_kept_from_the_other_half_of_a_live_split() -> None:
    # red is allied with green; green and blue are the halves of a split: red's ally has blue for an enemy.
    # blue also inherits green's alliances, red's too: ally and rival at once means apart.
    both = [t.relation("red", "green", "allied"), t.relation("green", "blue", "split")]
    holds(told(both), True)
    holds(told(both, policy={"rival_of_ally_counts": False}), False)


def test_a_rival_one_lives_with_today_is_judged_when_one_moves() -> None:
    # X shares a stay with W; the two are in conflict; X moves: not to where W stays.
    x, w = t.member("mover", "red"), t.member("stayer", "red")
    raw = t.scenario(
        networks=FOUR,
        person_conflicts=[t.conflict("person-mover", "person-stayer")],
        facilities=[t.facility("f", "a", [t.room(beds=2)]), t.facility("g", "b", [t.room(beds=2)])],
        cases=[t.case("c", x)],
        residences=[t.residence("r", "a", x, w)],
    )
    holds(t.facts_of(raw, LAND), True)
