"""Requesters, assessors and deciders of two worlds that differ in others' secrets alone are told the same bytes.

The first test walks one way in two very different worlds: a bed is held, confirmed and checked in the one, nothing is
in the other; what would tell is planted, and found; and when the round has come, it is told. The second draws worlds
and questions by chance.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from service.processes.embedded import Embedded
from tests.service.conftest import Database, fresh_database
from tests.service.harness import SMALL
from tests.service.paired.own import COLLEAGUES, FIRST, Own
from tests.service.paired.pair import Difference, Pair, pair_of
from tests.service.paired.planted import PLANTED

AT_ONCE = SMALL.model_copy(update={"judgement_wait_s": 0})
Databases = tuple[Database, Database]


@pytest.fixture
def databases(database: Database, other_database: Database) -> Databases:
    return database, other_database


@pytest.mark.parametrize("is_planted", [True, pytest.param(False, marks=pytest.mark.long)])
def test_before_the_round_an_empty_register_is_like_a_full_one(
    is_planted: bool, tmp_path: Path, databases: Databases
) -> None:
    with pair_of(tmp_path, databases, 1, ("empty", "full"), "orange", cases=2 + len(PLANTED), settings=AT_ONCE) as pair:
        for one in pair.own:
            walked(pair, one)
        answered(pair)
        for one in pair.own[:2]:
            preferred(pair, one)
        pair.run()
        pair.worlds[0].serve(pair.asked(), "confirmed")
        pair.run()
        assert [set(states) for states in pair.differ()] == [{"checked"}, set()]
        everything_is_the_same(pair)
        for one, (planted, temptation) in zip(pair.own[2:], PLANTED, strict=True):
            if is_planted:
                with planted(pair), pytest.raises(Difference):
                    temptation(pair, one)
            else:  # the control: what brings a fault to light is nothing that tells by itself
                temptation(pair, one)
        nothing_is_told_until_the_round(pair)
        told_at_the_round(pair, pair.own[0])
        nothing_more_once_it_is_assessed_anew(pair, pair.own[0])


def walked(pair: Pair, one: Own) -> None:
    for step in FIRST:
        answer = pair.send(one, getattr(one, step)(pair.dice))
        assert answer.status_code in (201, 202), (step, answer.text)


def answered(pair: Pair) -> None:
    pair.run()
    pair.move(minutes=20)
    for one in pair.own:
        assert pair.send(one, one.read_answer(pair.dice)).json()["state"] == "three_slots"


def preferred(pair: Pair, one: Own) -> None:
    assert pair.send(one, one.prefer(pair.dice)).status_code == 202


def everything_is_the_same(pair: Pair) -> None:
    """Whatever is read, told out of order, asked anew, written anew or assessed more tightly."""
    one, other = pair.own[:2]
    for request in (one.out_of_order, one.ask, one.foreign, one.strange, one.malformed, one.again):
        for _ in range(3):
            pair.send(one, request(pair.dice))
    for colleague in COLLEAGUES:
        pair.send(one, one.assign(colleague))
    for changes in ((other.update, other.tighter), (other.ask, other.looser)):
        for change in changes:
            pair.send(other, change(pair.dice))
        pair.run()
        pair.read_everything(other)
    pair.read_everything(one)


def nothing_is_told_until_the_round(pair: Pair) -> None:
    one, other = pair.own[:2]
    assert one.until is not None
    pair.move(seconds=(one.until - pair.harness.clock() - timedelta(seconds=1)).total_seconds())
    pair.run()
    for each in (one, other):
        pair.read_everything(each)


def told_at_the_round(pair: Pair, one: Own) -> None:
    """The control: from the round on the worlds are told apart, since in one of them there is something to tell."""
    pair.move(seconds=1)
    pair.run()
    with pytest.raises(Difference):
        pair.send(one, one.everything()[0])


def test_worlds_drawn_by_chance_tell_the_same(tmp_path: Path, databases: Databases) -> None:
    with pair_of(tmp_path, databases, 8, ("empty", "full"), "orange", cases=2, names_others=True) as pair:
        pair.play(8)
        assert sum(pair.heard.values()) > 30
        assert pair.states["three_slots"] > 0
        one, other = pair.differ()
        assert one != other, "the worlds were alike behind the front, too: nothing was compared"


def nothing_more_once_it_is_assessed_anew(pair: Pair, one: Own) -> None:
    """What was shown goes out of sight, and the worlds are alike again until the next round."""
    pair.send(one, one.tighter(pair.dice))
    pair.run()
    assert not one.is_over
    pair.read_everything(one)
    for request in (one.ask, one.out_of_order, one.update, one.gate):
        pair.send(one, request(pair.dice))
    pair.run()
    pair.read_everything(one)


@pytest.mark.long
@pytest.mark.parametrize("block", range(4))
def test_many_worlds_drawn_by_chance_tell_the_same(block: int, tmp_path: Path, server: Embedded, template: str) -> None:
    states: Counter[str] = Counter()
    unlike = 0
    for seed in range(100 + 6 * block, 106 + 6 * block):
        with (
            fresh_database(server, template) as one,
            fresh_database(server, template) as other,
            pair_of(tmp_path / str(seed), (one, other), seed, names_others=seed % 2 == 0) as pair,
        ):
            pair.play(40)
            unlike += len(set(map(str, pair.differ()))) - 1
            states += pair.states
    assert states.keys() >= {"in_progress", "three_slots", "with_coordinator", "expired"}
    assert unlike > 0, "the worlds were alike behind the front, too: nothing was compared"
