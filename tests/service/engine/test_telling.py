"""What depends on others is shown to the asker's side at the case's telling round, and nothing of it before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from service.engine.telling import late, tell
from service.flow.localities import locality
from service.store.repository import catalogue, coordination, stays
from service.store.repository.judging import is_judged
from service.store.repository.stays import Stay
from tests.service import conftest
from tests.service.engine.loading import week
from tests.service.engine.walked import Country
from tests.service.front.system import as_system
from tests.service.front.walk import Walk, details
from tests.service.harness import SMALL, Harness, Person, new_harness
from tests.service.paired.others import dealt

_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def shared(module_harness: Harness) -> Country:
    """Made once: every test has a case of its own."""
    return Country(module_harness)


@pytest.fixture
def country(shared: Country) -> Iterator[Country]:
    yield shared
    with shared.harness.database.admin() as connection:
        rows = connection.execute("SELECT id FROM fristad.stays WHERE query_id IS NOT NULL").fetchall()
    with as_system(shared.harness) as tx:
        for (held,) in rows:
            stays.release(tx, stays.get(tx, held), "over")


def coordinator(country: Country) -> Person:
    return country.harness.act("coordinator", unit="noa", name="c-1")


def confirm(country: Country, stay: Stay) -> None:
    """Coordinator and provider have spoken."""
    keeper = coordinator(country)
    assert keeper.post(f"/v1/cases/{stay.case}/claim").status_code in (200, 409)
    done = keeper.post(f"/v1/stays/{stay.id}/confirmation", {"outcome": "confirmed"})
    assert done.status_code == 200, done.text


def check(country: Country, stay: Stay, outcome: str = "yes") -> None:
    """The police at the destination have spoken."""
    with as_system(country.harness) as tx:
        found = catalogue.facility(tx, UUID(country.placement(stay)["facility"]))
    assert found is not None
    unit = f"bops-{locality(str(found.facility['locality'])).police_region}"
    police = country.harness.act("receiving_bops", unit=unit, name="b-1")
    done = police.post(f"/v1/stays/{stay.id}/destination-check", {"outcome": outcome})
    assert done.status_code == 200, done.text


def checked(country: Country, **assessed: Any) -> tuple[Walk, Stay]:
    """A case for which a bed is held, confirmed and checked before its round."""
    walk = country.case(**assessed)
    country.prefer(walk)
    (stay,) = country.live(walk)
    confirm(country, stay)
    check(country, stay)
    country.run()  # the job comes before the round and does nothing
    return walk, stay


def told_from(country: Country, walk: Walk) -> datetime:
    with as_system(country.harness) as tx:
        found = coordination.get(tx, UUID(walk.case_id)).told_from
    assert found is not None
    return found


def state(walk: Walk) -> str:
    return str(walk.requester.get(walk.path()).json()["state"])


def waiting(walk: Walk) -> list[dict[str, Any]]:
    """Tasks of the requester and the decider about the case."""
    found = [one for person in (walk.requester, walk.decider) for one in person.get("/v1/tasks").json()["tasks"]]
    return [one for one in found if one["case_id"] == walk.case_id]


def kinds(walk: Walk) -> list[str]:
    return [one["kind"] for one in waiting(walk)]


NINE = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("first", "ready", "tick_s", "is_emergency", "told"),
    [
        (None, 1, 900, False, 1),  # nothing was ever asked
        (4, 1, 900, False, 4),
        (4, 4, 900, False, 4),
        (4, 5, 900, False, 8),
        (4, 8, 900, False, 8),
        (4, 1, 900, True, 4),
        (4, 5, 900, True, 5),  # whoever was fetched from danger waits for the first round alone
        (4, 1, 0, False, 4),
        (0, 1, 0, False, 1),  # a demonstration
    ],
)
def test_an_offer_waits_for_the_next_round_of_its_case(
    first: int | None, ready: int, tick_s: int, is_emergency: bool, told: int
) -> None:
    begins = None if first is None else NINE + timedelta(hours=first)
    case = coordination.CaseRow(
        UUID(int=1), "u", "m", "in_progress", "red", NINE, 1, is_emergency, None, None, None, begins
    )  # fmt: skip
    assert case.told_at(NINE + timedelta(hours=ready), tick_s) == NINE + timedelta(hours=told)


def test_what_is_ready_before_the_round_is_shown_at_it(country: Country) -> None:
    walk, stay = checked(country)
    country.harness.clock.now = told_from(country, walk) - timedelta(seconds=1)
    country.run()
    assert (state(walk), kinds(walk)) == ("in_progress", [])
    country.harness.clock.move(seconds=1)
    country.run()
    assert (state(walk), kinds(walk)) == ("answer_needed", ["answer_needed"])
    (task,) = waiting(walk)
    assert datetime.fromisoformat(task["due_at"]) == told_from(country, walk) + timedelta(hours=1)
    assert walk.requester.post(walk.path("/person-answer"), {"outcome": "yes"}).status_code == 201
    country.run()
    with as_system(country.harness) as tx:
        assert stays.get(tx, stay.id).state == "accepted"


def test_what_is_ready_after_the_round_is_shown_at_the_next_one(country: Country) -> None:
    walk = country.case()
    country.prefer(walk)
    (stay,) = country.live(walk)
    confirm(country, stay)
    country.until_told(walk.case_id)
    with as_system(country.harness) as tx:  # the police have not spoken
        assert not tell(tx, country.world, country.harness.settings, UUID(walk.case_id))
    assert state(walk) == "in_progress"
    country.harness.clock.move(minutes=10)
    check(country, stay)
    country.run()
    country.harness.clock.move(hours=3)
    country.run()
    assert state(walk) == "in_progress"
    country.harness.clock.now = told_from(country, walk) + timedelta(hours=4)
    country.run()
    assert state(walk) == "answer_needed"


def test_a_job_that_was_lost_or_comes_twice_changes_nothing(country: Country) -> None:
    walk, _ = checked(country)
    country.harness.move_to_round(walk.case_id)
    with as_system(country.harness) as tx:
        tx.touch()
    with as_system(country.harness) as tx:
        assert not is_judged(tx)
        assert late(tx, country.harness.settings) == (UUID(walk.case_id),)
        assert tell(tx, country.world, country.harness.settings, UUID(walk.case_id))
        assert is_judged(tx)  # first: what had become unsafe would not be shown
    with as_system(country.harness) as tx:
        assert late(tx, country.harness.settings) == ()
        assert not tell(tx, country.world, country.harness.settings, UUID(walk.case_id))
    assert kinds(walk) == ["answer_needed"]


def test_what_was_declined_is_not_shown_again(country: Country) -> None:
    walk, _ = checked(country)
    country.until_told(walk.case_id)
    declined = {"outcome": "no", "reason_code": "not_ready"}
    assert walk.requester.post(walk.path("/person-answer"), declined).status_code == 201
    with as_system(country.harness) as tx:  # the bed is not given back yet
        assert late(tx, country.harness.settings) == ()
        assert not tell(tx, country.world, country.harness.settings, UUID(walk.case_id))
    assert state(walk) == "in_progress"


@pytest.mark.parametrize(
    ("step", "act"),
    [
        ("answer_needed", "tighter"),
        pytest.param("decision_needed", "tighter", marks=pytest.mark.long),
        ("decision_needed", "looser"),
        ("answer_needed", "withdrawn"),
        ("answer_needed", "updated"),
        pytest.param("decision_needed", "gate", marks=pytest.mark.long),
        ("decision_needed", "measure"),
    ],
)
def test_a_changed_fact_takes_what_is_shown_out_of_sight_whatever_becomes_of_it(
    country: Country, step: str, act: str
) -> None:
    walk, _ = checked(country)
    country.until_told(walk.case_id)
    if step == "decision_needed":
        assert walk.requester.post(walk.path("/person-answer"), {"outcome": "yes"}).status_code == 201
    assert state(walk) == step
    before = told_from(country, walk)
    country.harness.clock.move(minutes=5)
    done = _CHANGES[act](walk)
    assert done.status_code == 201, done.text
    for _ in range(2):  # at once, and after the solver has judged
        assert state(walk) == "in_progress"
        assert kinds(walk) == []
        for answer in (
            walk.requester.post(walk.path("/person-answer"), {"outcome": "yes"}),
            walk.decider.get(walk.path("/offer")),
            walk.decider.post(walk.path("/placement-decision"), {"outcome": "yes"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "out_of_order")
        country.run()
    assert told_from(country, walk) > before


def _forbids(*lan: str) -> Callable[[Walk], httpx.Response]:
    return lambda walk: walk.assess(version=2, forbidden=[{"kind": "lan", "lan": one} for one in lan])


def _updated(walk: Walk) -> httpx.Response:
    told = details(walk.key, window={"earliest": "2026-11-20", "latest": "2026-12-21"})
    return walk.requester.post(walk.path("/versions"), {"details": told})


def _withdrawn(walk: Walk) -> httpx.Response:
    return walk.assessor.post(walk.path("/assessments/withdrawal"), {"reason_code": "new_information"})


_CHANGES: dict[str, Callable[[Walk], httpx.Response]] = {
    "tighter": _forbids("01", "25"),
    "looser": _forbids("25"),
    "withdrawn": _withdrawn,
    "updated": _updated,
    "gate": lambda walk: walk.record_gate(),
    "measure": lambda walk: walk.decide_measure("no", "not_eligible"),
}


def test_an_offer_lost_after_it_was_shown_is_gone_at_once(country: Country) -> None:
    walk, stay = checked(country)
    country.until_told(walk.case_id)
    gone = coordinator(country).post(f"/v1/stays/{stay.id}/release", {"code": "better_place"})
    assert gone.status_code == 200, gone.text
    assert (state(walk), kinds(walk)) == ("in_progress", [])


def test_in_a_demonstration_nothing_waits_for_a_round(tmp_path: Path, database: conftest.Database) -> None:
    with new_harness(tmp_path, database, settings=SMALL.model_copy(update={"release_tick_s": 0})) as made:
        walk, _ = checked(Country(made))
        assert state(walk) == "answer_needed"


def test_who_lives_in_a_place_while_another_was_offered_has_arrived(country: Country) -> None:
    walk, _ = checked(country)
    with as_system(country.harness) as tx:
        (stay,) = stays.live_of(tx, UUID(walk.case_id))
        assert stays.move(tx, stay, "placed")
        coordination.move(tx, UUID(walk.case_id), "in_progress")
    country.run()
    assert state(walk) == "arrived"


# two registers


class Two:
    """The same requests to two registers; what is random in the answers is named by when it first appears.

    Parameters
    ----------
    differ : answers that were not the same
    """

    def __init__(self, free: Country, full: Country) -> None:
        self.countries = (free, full)
        key, case_id = "ab" * 16, "5f0c7a3e-9d1b-4c62-8a57-3f6e2b90d4c1"
        self.walks = tuple(Walk(one.harness, key, case_id) for one in self.countries)
        self.names: tuple[dict[bytes, bytes], ...] = ({}, {})
        self.differ: list[str] = []
        self.sent = 0

    def both(self, role: str, method: str, path: str | Callable[[int], str], told: Any = None) -> list[httpx.Response]:
        """One request; told or path as the world has its ids."""
        answers = []
        for number, walk in enumerate(self.walks):
            person: Person = getattr(walk, role)
            own = path(number) if callable(path) else path
            body = told(walk) if callable(told) else told
            answers.append(person.get(own) if method == "GET" else person.post(own, body))
        first, second = (self._seen(number, answer) for number, answer in enumerate(answers))
        self.sent += 1
        if first != second:
            self.differ.append(f"{role} {method} {first} {second}")
        return answers

    def _seen(self, number: int, answer: httpx.Response) -> tuple[Any, ...]:
        names = self.names[number]
        body = _UUID.sub(lambda one: names.setdefault(one[0], b"id %d" % len(names)), answer.content)
        headers = [(name, value) for name, value in answer.headers.raw if name.lower() != b"date"]
        return answer.status_code, headers, body

    def look(self) -> None:
        """All that requester, assessor and decider can read, and what they might try."""
        case = self.walks[0].path()
        for role in ("requester", "assessor", "decider"):
            for path in (case, "/v1/cases", "/v1/tasks", f"{case}/offer", f"{case}/assessments"):
                self.both(role, "GET", path)
        self.both("requester", "POST", f"{case}/person-answer", {"outcome": "yes"})
        self.both("decider", "POST", f"{case}/placement-decision", {"outcome": "yes"})
        self.both("requester", "POST", f"{case}/reveals", {"purpose": "transport", "receiver": "f-1"})
        self.both("requester", "POST", f"{case}/queries")

    def run(self, **by: float) -> None:
        for country in self.countries:
            country.harness.clock.move(**by)
            country.run()


@pytest.fixture
def two(tmp_path: Path, database: conftest.Database, other_database: conftest.Database) -> Iterator[Two]:
    """One register with free beds and one where every bed is taken."""
    with (
        new_harness(tmp_path / "free", database, settings=SMALL) as free,
        new_harness(tmp_path / "full", other_database, settings=SMALL) as full,
    ):
        full.share_keys(free)
        yield Two(Country(free), Country(full, document=dealt(week("tiny"), "full", Random(1))))


def test_until_the_round_a_free_register_and_a_full_one_answer_alike(two: Two) -> None:
    free = two.countries[0]
    window = {"earliest": "2026-11-20", "latest": "2026-12-20"}
    for step in (
        lambda walk: walk.open(details=details(walk.key, window=window), triage="red"),
        Walk.sign,
        Walk.record_gate,
        Walk.decide_measure,
        Walk.assess,
    ):
        for walk in two.walks:
            assert step(walk).status_code == 201
    queries = [answer.json()["query_id"] for answer in two.both("requester", "POST", two.walks[0].path("/queries"))]
    slots: list[list[str]] = []
    two.run(minutes=16)
    for answer in two.both("requester", "GET", lambda number: f"/v1/queries/{queries[number]}"):
        slots.append([one["slot_id"] for one in answer.json()["slots"]])
    order = iter(slots)
    two.both(
        "requester",
        "POST",
        lambda number: f"/v1/queries/{queries[number]}/preference",
        lambda _: {"slots": next(order)},
    )
    two.run()
    two.look()
    assert [len(one.live(walk)) for one, walk in zip(two.countries, two.walks, strict=True)] == [1, 0]
    (stay,) = free.live(two.walks[0])
    confirm(free, stay)
    check(free, stay)
    two.run()
    two.look()
    changes: tuple[Callable[[Walk], httpx.Response], ...] = (
        Walk.record_gate,
        lambda walk: walk.assess(version=2, forbidden=[{"kind": "lan", "lan": lan} for lan in ("01", "25")]),
    )
    for change in changes:
        for walk in two.walks:
            assert change(walk).status_code == 201
        two.run(minutes=1)
        two.look()
    for stay in free.live(two.walks[0]):
        if stay.state == "held":
            confirm(free, stay)
            check(free, free.live(two.walks[0])[0])
    left = told_from(free, two.walks[0]) - free.harness.clock()
    two.run(seconds=left.total_seconds() - 1)
    two.look()
    assert two.differ == []
    assert two.sent > 90
    two.run(seconds=1)
    assert [state(walk) for walk in two.walks] == ["answer_needed", "in_progress"]  # what there was to tell
    two.look()
    assert two.differ
