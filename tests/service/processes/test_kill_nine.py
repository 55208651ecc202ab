"""Kill -9 at random moments: what was acknowledged is there, nothing is half done, the trail verifies."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.half_states import half_states
from benchmarks.kill_nine import Killed, kill, running, week

DONE = Killed({}, 1.0, 5, 0, {"whole": 1, "cut_short": 2}, 0, {}, 0, 7, trail_is_whole=True)


def _insist(done: Killed) -> None:
    assert done.lost == 0
    assert done.halves == {}
    assert done.trail_is_whole
    assert done.holds, done.cases
    assert done.acknowledged > 0


def test_twenty_kills_lose_nothing(tmp_path: Path) -> None:
    _insist(kill(tmp_path / "data", week(), 20, settle_s=0.0))


@pytest.mark.long
def test_a_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    done = kill(tmp_path / "data", week(), 1000)
    _insist(done)
    assert done.waiting == 0


@pytest.mark.parametrize(
    "planted",
    [
        {"lost": 1},
        {"halves": {"a bed without a stay": 1}},
        {"trail_is_whole": False},
        {"cases": {"whole": 1, "Opens. Answered 500: Something is wrong here; nothing was done.": 1}},
    ],
)
def test_each_fault_is_told(planted: dict[str, object]) -> None:
    assert DONE.holds
    assert not Killed(**{**vars(DONE), **planted}).holds


def test_planted_half_states_are_found(tmp_path: Path) -> None:
    with running(tmp_path / "data", week("tiny")) as service, service.admin() as connection:
        assert half_states(connection, service.known) == {}
        connection.execute("ALTER TABLE fristad.cases DISABLE TRIGGER USER")
        connection.execute(
            "INSERT INTO fristad.cases SELECT (jsonb_populate_record(c, "
            "jsonb_build_object('id', %s::text, 'state', 'closed'))).* "
            "FROM fristad.cases c LIMIT 1",
            (str(uuid4()),),
        )
        connection.execute("UPDATE fristad.stays SET state = 'released' WHERE state = 'placed'")
        found = half_states(connection, service.known)
    assert {"a case without details", "a case without its requester", "a released stay with a bed"} <= set(found)
