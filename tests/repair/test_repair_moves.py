"""Who moves and who does not: hand-made weeks, both sides of each limit."""

from __future__ import annotations

import pytest

from matching.constraints.base import OnLive
from matching.errors import InputRejected
from tests import tellings
from tests.repair.weeks import FILE, TOWNS, changed, land, mended, moves, rivals, stay, values, week, without_bed
from tests.tellings import Land, Raw, on

NEAR = land([("a", "b")])


def only(*towns: str) -> Raw:
    """A case file that forbids all towns but these."""
    areas = [{"kind": "locality", "locality": one} for one in TOWNS if one not in towns]
    return FILE | {"assessments": [tellings.assessment(forbidden=areas)]}


def test_nothing_changed_and_nobody_moves() -> None:
    raw = week("abc", stay("1", "a", "red"), stay("2", "b", "blue"))
    found = mended(raw, raw, NEAR)
    assert (found.must_move, found.moves, found.unplaced, found.left_over) == ({}, (), (), ())
    assert found.is_proven
    assert found.after.presences == found.facts.presences


def test_of_two_new_rivals_one_moves_and_the_other_stays() -> None:
    raw = week("abc", stay("1", "a", "red"), stay("2", "b", "blue"), stay("3", "a", "grey", days=(200, 300)))
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert set(moves(found)) <= {"stay-1", "stay-2"}
    assert list(moves(found).values()) == ["house-c"]
    assert values(found)["persons_moved"] == 1
    assert found.are_fewest_moves
    assert {alert.since for alert in found.alerts if alert.is_moving} == {"new"}


@pytest.mark.parametrize(("gap_km", "must_move"), [(30, True), (31, False)])
def test_rivals_at_the_separation_move_and_beyond_it_do_not(gap_km: int, must_move: bool) -> None:
    where = Land((*"abc", "home"), gap_m={("a", "b"): gap_km * 1000}, safe_min={("a", "b"): 100})
    raw = week("abc", stay("1", "a", "red"), stay("2", "b", "blue"))
    found = mended(raw, changed(raw, relations=[rivals()]), where)
    assert bool(found.must_move) is must_move
    assert len(found.moves) == must_move


def test_who_came_lately_moves_before_who_has_stayed_long() -> None:
    raw = week("abc", stay("1", "a", "red", days=(-300, 100)), stay("2", "b", "blue", days=(-10, 100)))
    assert moves(mended(raw, changed(raw, relations=[rivals()]), NEAR)) == {"stay-2": "house-c"}
    raw = week("abc", stay("1", "a", "red", days=(-10, 100)), stay("2", "b", "blue", days=(-300, 100)))
    assert moves(mended(raw, changed(raw, relations=[rivals()]), NEAR)) == {"stay-1": "house-c"}


def test_a_single_moves_before_a_family_however_long_it_stayed() -> None:
    rooms = [tellings.room(beds=2)]
    houses = [tellings.facility(f"house-{one}", one, rooms) for one in "abc"]
    pair = [tellings.member("1", "red"), tellings.member("1b", role="partner")]
    raw = week(houses, stay("1", "a", household=pair, days=(-5, 100)), stay("2", "b", "blue", days=(-300, 100)))
    assert moves(mended(raw, changed(raw, relations=[rivals()]), NEAR)) == {"stay-2": "house-c"}


def test_who_moves_is_not_sent_next_to_what_somebody_hostile_leaves() -> None:
    raw = week("ab", stay("1", "a", "red"), stay("2", "b", "blue"))  # no third house: they may not change places
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {}
    assert without_bed(found) == ["stay-1", "stay-2"]
    assert set(found.unsafe) == {0, 1}  # nobody of the two is called safe


def test_without_a_safe_bed_the_reasons_are_told() -> None:
    raw = week("abc", stay("1", "a", "red"), stay("2", "b", "blue"), stay("3", "c", "grey", case_file=None))
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert without_bed(found) == ["stay-1", "stay-2"]  # who must leave is still there: neither is safe
    for lost in found.unplaced:
        assert lost.has_file
        assert lost.is_minimal
        assert "place_capacity" in lost.rules
    assert found.is_exhaustive  # nobody could make room: the third has no file, and there is no other room
    assert found.left_over
    assert all(left.until_day is None for left in found.left_over)


def test_without_a_case_file_nobody_is_sent_anywhere_but_the_other_may_leave() -> None:
    raw = week("abc", stay("1", "a", "red", case_file=None, days=(-3, 100)), stay("2", "b", "blue"))
    assert moves(mended(raw, changed(raw, relations=[rivals()]), NEAR)) == {"stay-2": "house-c"}
    raw = week("abc", stay("1", "a", "red", case_file=None), stay("2", "b", "blue", case_file=None))
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {}
    assert [lost.has_file for lost in found.unplaced] == [False, False]
    assert set(found.unsafe) == {0, 1}


def test_beside_a_residence_only_the_placed_one_can_move() -> None:
    home = tellings.residence("own-home", "b", tellings.member("2", "blue"))
    raw = week("ac", stay("1", "a", "red", days=(-300, 100)), residences=[home])
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {"stay-1": "house-c"}
    (left,) = found.left_over
    assert left.until_day == tellings.TODAY + 30  # the cool-down of who left


def test_two_residences_cannot_be_repaired_and_are_named() -> None:
    homes = [
        tellings.residence("home-1", "a", tellings.member("1", "red")),
        tellings.residence("home-2", "b", tellings.member("2", "blue")),
    ]
    raw = week("c", residences=homes)
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert (found.must_move, found.moves) == ({}, ())
    assert set(found.unsafe) == {0, 1}


def test_somebody_safe_makes_room_only_when_that_places_somebody() -> None:
    """The only house far from both is full, but who lives there could live anywhere."""
    free = stay("3", "c", days=(-20, 100))
    raw = week("abcd", stay("1", "a", "red"), stay("2", "b", "blue"), free)
    assert "stay-3" not in moves(mended(raw, changed(raw, relations=[rivals()]), NEAR))  # there is a bed in d
    near = land([("a", "b"), ("a", "d"), ("b", "d")])  # now d is near both
    found = mended(raw, changed(raw, relations=[rivals()]), near)
    ((who, house),) = [(who, house) for who, house in moves(found).items() if who != "stay-3"]
    assert (who in ("stay-1", "stay-2"), house) == (True, "house-c")
    assert moves(found)["stay-3"] in ("house-d", f"house-{'a' if who == 'stay-1' else 'b'}")
    assert without_bed(found) == []
    assert {one.must for one in found.moves} == {None, OnLive.MOVE_NOW}
    assert found.are_fewest_moves


def test_nobody_safe_moves_when_it_would_place_nobody() -> None:
    cage = FILE | {
        "assessments": [tellings.assessment(forbidden=[{"kind": "locality", "locality": one} for one in "abd"])]
    }
    raw = week("abcd", stay("1", "a", "red"), stay("2", "b", "blue", case_file=None), stay("3", "c", case_file=cage))
    raw["placements"][0]["case_file"] = only("a", "b", "c")
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {}
    assert without_bed(found) == ["stay-1", "stay-2"]
    assert found.is_exhaustive


def test_a_chain_of_room_is_found() -> None:
    """1 needs c, 3 lives there and may only go to d, where 4 lives, who may go to e."""
    raw = week(
        "abcde",
        stay("1", "a", "red", case_file=only("a", "c")),
        stay("2", "b", "blue", case_file=None),
        stay("3", "c", case_file=only("c", "d")),
        stay("4", "d", case_file=only("d", "e")),
    )
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {"stay-1": "house-c", "stay-3": "house-d", "stay-4": "house-e"}
    assert found.are_fewest_moves


def test_a_closure_moves_those_of_its_units_when_it_begins_or_before() -> None:
    raw = week("ab", stay("1", "a", "red"))
    after = changed(raw)
    after["facilities"][0]["closures"] = [{"start": on(7), "end": on(60)}]
    found = mended(raw, after, NEAR)
    (move,) = found.moves
    assert move.must is OnLive.MOVE_BY
    assert tellings.TODAY <= move.placed.stay.start_day <= tellings.TODAY + 7
    assert found.left_over == ()


def test_a_closed_room_is_left_for_another_in_the_same_house_and_nobody_counts_as_moved() -> None:
    house = tellings.facility("house-a", "a", [tellings.room("u0"), tellings.room("u1")])
    raw = week([house], stay("1", "a", "red", case_file=None))
    after = changed(raw)
    after["facilities"][0]["closures"] = [{"start": on(0), "end": on(60), "units": ["u0"]}]
    found = mended(raw, after, NEAR)
    (move,) = found.moves
    assert (move.persons, [bed.unit for bed in move.placed.beds]) == (0, [1])
    assert without_bed(found) == []


def test_an_unplaced_household_keeps_its_bed() -> None:
    """1 and 2 are exposed where they live; only 2 may live in a, where 1 still is: so 2 has no bed either."""
    raw = week("ab", stay("1", "a", "red", case_file=only("a")), stay("2", "b", "grey", case_file=only("a", "b")))
    exposed = [
        {"id": f"x{n}", "network": net, "facility": f"house-{town}", "kind": "leak", "exposed_on": on(-1)}
        for n, (net, town) in enumerate([("red", "a"), ("grey", "b")])
    ]
    found = mended(raw, changed(raw, exposures=exposed), NEAR)
    assert moves(found) == {}
    assert without_bed(found) == ["stay-1", "stay-2"]


def test_missing_papers_are_a_task_and_keep_nobody_in_danger() -> None:
    late = FILE | {"assessments": [tellings.assessment(valid_until=on(-1))]}
    raw = week("abc", stay("1", "a", "red", case_file=late, days=(-3, 100)), stay("2", "b", "blue"))
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {"stay-1": "house-c"}
    before = mended(raw, raw, NEAR)
    assert (before.must_move, before.moves) == ({}, ())
    assert [alert.breach.rule for alert in before.alerts] == ["eligibility_gate"]


def test_what_was_broken_before_is_repaired_too_unless_only_the_new_is_asked_for() -> None:
    old = tellings.relation("red", "blue")
    near = land([("a", "b"), ("c", "d")])
    people = stay("1", "a", "red"), stay("2", "b", "blue"), stay("3", "c", "grey"), stay("4", "d", "red")
    raw = week("abcdef", *people, relations=[old])
    after = changed(raw, relations=[rivals("grey", "red")])
    both, new = mended(raw, after, near), mended(raw, after, near, only_new=True)
    assert len(both.moves) == 2
    assert len(new.moves) == 1
    assert set(moves(new)) <= {"stay-3", "stay-4"}
    assert set(new.unsafe) == {0, 1}  # left as it was, and never called safe


def test_a_change_that_calls_somebody_safe_is_refused() -> None:
    raw = week("abc", stay("1", "a", "red"), stay("2", "b", "blue"), relations=[rivals()])
    after = changed(raw)
    after["relations"] = []
    with pytest.raises(InputRejected) as bad:
        mended(raw, after, NEAR)
    assert bad.value.faults[0].path == "changes"


def test_a_hold_that_has_not_begun_is_rebooked_and_nobody_moves() -> None:
    raw = week("abc", stay("1", "a", "red"), stay("2", "b", "blue", days=(5, 100), state="held"))
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {"stay-2": "house-c"}
    assert values(found)["persons_moved"] == 0
    assert found.left_over == ()  # it never was there


def test_a_quota_exceeded_already_moves_nobody_and_takes_nobody_more() -> None:
    rooms = [tellings.room("u0"), tellings.room("u1"), tellings.room("u2")]
    agreed = {"start": on(-300), "end": on(900)}
    house = tellings.facility("house-a", "a", rooms, contracts=[{**agreed, "quota_beds": 1}])
    full = tellings.facility("house-c", "c", rooms, contracts=[{**agreed, "quota_beds": 0}])
    people = stay("1", "a", "red"), stay("3", "a", beds=["u1"]), stay("2", "b", "blue", case_file=None)
    raw = week([house, tellings.facility("house-b", "b"), full], *people)
    before = mended(raw, raw, NEAR)
    assert [alert.breach.reason for alert in before.alerts] == ["quota_exceeded_live"]
    assert before.must_move == {}
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {}  # c has rooms, but its quota is full
    assert without_bed(found) == ["stay-1", "stay-2"]
    raw["facilities"][2]["contracts"][0]["quota_beds"] = 1
    assert moves(mended(raw, changed(raw, relations=[rivals()]), NEAR)) == {"stay-1": "house-c"}


def test_two_in_one_room_of_two_get_two_rooms_and_only_one_changes() -> None:
    """What was broken before is mended with the least: another room in the same house."""
    house = tellings.facility("house-a", "a", [tellings.room("u0", 2), tellings.room("u1", 2)])
    raw = week([house], stay("1", "a"), stay("2", "a"))
    found = mended(raw, raw, NEAR)
    assert [alert.breach.reason for alert in found.alerts] == ["unit_overfull_live"]
    (move,) = found.moves
    assert [bed.unit for bed in move.placed.beds] == [1]
    assert values(found)["persons_moved"] == 0
    assert (found.left_over, found.unplaced) == ((), ())


def test_people_who_must_live_together_move_together() -> None:
    link = {"person_key": "person-2", "kind": "same"}
    bound = FILE | {"assessments": [tellings.assessment(links=[link])]}
    rooms = [tellings.room("u0"), tellings.room("u1")]
    houses = [tellings.facility(f"house-{one}", one, rooms) for one in "abc"]
    raw = week(
        houses,
        stay("1", "a", "red", case_file=bound),
        stay("2", "a", beds=["u1"]),
        stay("3", "b", "blue", case_file=None),
    )
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {"stay-1": "house-c", "stay-2": "house-c"}
    assert found.left_over[0].until_day is not None
    assert without_bed(found) == []


def test_nobody_new_comes_to_a_crowded_town_but_nobody_leaves_it_either() -> None:
    rooms = [tellings.room("u0"), tellings.room("u1"), tellings.room("u2")]
    houses = [tellings.facility(f"house-{one}", one, rooms) for one in "ac"] + [tellings.facility("house-b", "b")]
    crowd = stay("4", "c"), stay("5", "c", beds=["u1"])
    raw = week(houses, stay("1", "a", "red"), stay("2", "b", "blue", case_file=None), *crowd)
    raw["policy"] = {"most_persons_per_locality": 2}
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert moves(found) == {}
    assert without_bed(found) == ["stay-1", "stay-2"]
    raw["policy"] = {"most_persons_per_locality": 3}
    assert moves(mended(raw, changed(raw, relations=[rivals()]), NEAR)) == {"stay-1": "house-c"}


@pytest.mark.parametrize("cool_down_days", [7, 30])
def test_rivals_never_change_places_whatever_the_cool_down(cool_down_days: int) -> None:
    policy = {"cool_down_days": cool_down_days}
    raw = week("ab", stay("1", "a", "red"), stay("2", "b", "blue"), policy=policy)
    found = mended(raw, changed(raw, relations=[rivals()]), NEAR)
    assert (moves(found), len(found.unplaced)) == ({}, 2)


def test_who_closes_last_keeps_the_bed_until_then() -> None:
    """2 may only go to a, where 1 lives until it closes elsewhere: the bed is taken when it is free, never before."""
    raw = week("abc", stay("1", "a", "red", case_file=only("a", "c")), stay("2", "b", case_file=only("a", "b")))
    after = changed(raw)
    after["facilities"][1]["closures"] = [{"start": on(20), "end": on(300)}]
    leak = {"id": "x", "network": "red", "facility": "house-a", "kind": "leak", "exposed_on": on(-1)}
    after["exposures"] = [leak]
    found = mended(raw, after, land())
    assert moves(found) == {"stay-1": "house-c", "stay-2": "house-a"}
    starts = {found.facts.names.presences[one.presence]: one.placed.stay.start_day for one in found.moves}
    assert starts["stay-1"] == tellings.TODAY
    assert tellings.TODAY <= starts["stay-2"] <= tellings.TODAY + 20


def test_beside_somebody_who_cannot_leave_the_other_leaves() -> None:
    """1 must leave its exposed house and has no file, so it is still there: 2, a rival next door, may not wait."""
    raw = week("abc", stay("1", "a", "red", case_file=None), stay("2", "b", "blue", days=(-300, 100)))
    leak = {"id": "x", "network": "red", "facility": "house-a", "kind": "leak", "exposed_on": on(-1)}
    found = mended(raw, changed(raw, relations=[rivals()], exposures=[leak]), NEAR)
    assert moves(found) == {"stay-2": "house-c"}
    assert without_bed(found) == ["stay-1"]
