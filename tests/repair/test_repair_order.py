"""The order in which a repair is carried out, and what becomes of who stays."""

from __future__ import annotations

from matching.repair.file import repair_file
from matching.repair.order import waits_for, working_order
from tests import tellings
from tests.repair.test_repair_moves import only
from tests.repair.weeks import changed, land, mended, rivals, stay, week
from tests.tellings import on

NEAR = land([("a", "b")])


def test_nobody_moves_in_before_the_bed_is_empty() -> None:
    """1 needs c, 3 lives there and may only go to d, where 4 lives, who may go to e."""
    raw = week(
        "abcde",
        stay("1", "a", "red", case_file=only("a", "c")),
        stay("2", "b", "blue", case_file=None),
        stay("3", "c", case_file=only("c", "d")),
        stay("4", "d", case_file=only("d", "e")),
    )
    told = repair_file(mended(raw, changed(raw, relations=[rivals()]), NEAR), b"", b"")
    assert [(move.presence, move.after, move.act) for move in told.moves] == [
        ("stay-4", (), None),
        ("stay-3", ("stay-4",), None),
        ("stay-1", ("stay-3",), "move_now"),
    ]
    assert [move.leave_by for move in told.moves] == [None, None, on(0)]
    stays = next(one for one in told.must_move if one.presence == "stay-2")
    assert (stays.outcome, stays.safe_once, stays.near_until) == ("stays_safe", ("stay-1",), on(30))
    assert stays.rules == ("rival_separation",)


def test_who_must_move_now_comes_before_who_has_time() -> None:
    raw = week("abcd", stay("1", "a", "red"), stay("2", "b", "grey"))
    after = changed(raw)
    after["facilities"][0]["closures"] = [{"start": on(7), "end": on(60)}]
    leak = {"id": "x", "network": "grey", "facility": "house-b", "kind": "leak", "exposed_on": on(-1)}
    told = repair_file(mended(raw, changed(after, exposures=[leak]), land()), b"", b"")
    assert [(one.presence, one.act, one.leave_by) for one in told.must_move] == [
        ("stay-2", "move_now", on(0)),
        ("stay-1", "move_by", on(7)),
    ]
    assert next(one.presence for one in told.moves if one.stay.start == on(0)) == "stay-2"
    assert all(move.after == () for move in told.moves)


def test_where_there_is_room_beside_who_leaves_nobody_waits() -> None:
    for beds, waits in ((3, ()), (1, ("stay-1",))):
        house = tellings.facility("house-a", "a", [tellings.room("u0", beds, shared=True)])
        houses = [house, tellings.facility("house-b", "b"), tellings.facility("house-c", "c")]
        raw = week(houses, stay("1", "a", "red", case_file=only("c")), stay("2", "b", "grey", case_file=only("a")))
        found = mended(raw, raw, land())
        told = {move.presence: move.after for move in repair_file(found, b"", b"").moves}
        assert told["stay-2"] == waits
        assert set(told) == {"stay-1", "stay-2"}


def test_two_who_exchange_beds_are_both_told() -> None:
    raw = week("ab", stay("1", "a", case_file=only("b")), stay("2", "b", case_file=only("a")))
    found = mended(raw, raw, land())
    assert len(found.moves) == 2
    waits = waits_for(found.moves, found.facts)
    assert waits == {0: (1,), 1: (0,)}
    assert {move.presence for move in working_order(found.moves, waits)} == {0, 1}
