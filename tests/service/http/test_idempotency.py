"""An act is done once, whatever the network does; its answer is repeated, byte by byte."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import uuid4

from service.actors import Actor, Role
from service.auth import Caller
from service.crypto import Domain
from service.http.perform import Call
from service.http.routes import Session
from service.policies import Process
from service.problems import Conflict
from service.store.repository.idempotency import subject_of
from tests.service.harness import Harness
from tests.service.http.probe import DOING, a_case

KEY = "0123456789abcdef"


def new_key() -> str:
    return str(uuid4())


def acts(harness: Harness) -> int:
    with harness.database.admin() as connection:
        found = connection.execute("SELECT count(*) FROM fristad.audit_entries").fetchone()
    assert found is not None
    return int(found[0])


def test_the_same_request_again_has_the_same_answer(probes: Harness) -> None:
    requester, key = probes.act("requester"), new_key()
    first = requester.post("/v1/probes", {"word": "a"}, key=key)
    before = acts(probes)
    again = requester.post("/v1/probes", {"word": "a"}, key=key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.headers == again.headers
    assert acts(probes) == before


def test_a_key_is_of_one_request(probes: Harness) -> None:
    requester, key = probes.act("requester"), new_key()
    requester.post("/v1/probes", {"word": "a"}, key=key)
    before = acts(probes)
    for path, told in (("/v1/probes", {"word": "b"}), ("/v1/probes?x=1", {"word": "a"}), ("/v1/probes/once", None)):
        answer = requester.post(path, told, key=key)
        assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert acts(probes) == before


def test_a_key_is_of_one_person(probes: Harness) -> None:
    key = new_key()
    first = probes.act("requester", name="r-1").post("/v1/probes", {"word": "a"}, key=key)
    other = probes.act("requester", name="r-2").post("/v1/probes", {"word": "a"}, key=key)
    assert first.status_code == other.status_code == 201
    assert first.json()["id"] != other.json()["id"]


def test_a_key_is_of_one_process() -> None:
    """The security officer acts in both, and both write to one table."""
    caller = Caller(Actor("s-1", Role.SECURITY_OFFICER, "noa", "police"), None)
    call = Call(caller, {}, "", b"", KEY)
    assert call.key_hash(Process.FRONT) != call.key_hash(Process.BACK)


def test_the_same_person_in_another_unit_asks_something_else(probes: Harness) -> None:
    key = new_key()
    probes.act("requester", unit="bops-syd", name="r-3").post("/v1/probes", {"word": "a"}, key=key)
    moved = probes.act("requester", unit="bops-ost", name="r-3").post("/v1/probes", {"word": "a"}, key=key)
    assert (moved.status_code, moved.json()["code"]) == (409, "key_reused")


def test_a_refused_request_uses_no_key_up(probes: Harness) -> None:
    requester, key = probes.act("requester"), new_key()
    assert requester.post("/v1/probes", {}, key=key).status_code == 422
    assert requester.post("/v1/probes", {"word": "a"}, key=key).status_code == 201


def test_an_act_that_fails_leaves_nothing(probes: Harness) -> None:
    def refuse(session: Session) -> None:
        session.tx.record("open_case")
        raise Conflict("refused", "Not now.")

    requester, key = probes.act("requester"), new_key()
    DOING.append(refuse)
    before = acts(probes)
    assert requester.post("/v1/probes", {"word": "a"}, key=key).json()["code"] == "refused"
    assert acts(probes) == before
    DOING.clear()
    assert requester.post("/v1/probes", {"word": "a"}, key=key).status_code == 201


def test_what_is_answered_once_is_never_stored(own_probes: Harness) -> None:
    requester = own_probes.act("requester")
    first = requester.post("/v1/probes/once", key=KEY)
    assert first.status_code == 200
    again = requester.post("/v1/probes/once", key=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "already_done")
    with own_probes.database.admin() as connection:
        assert connection.execute("SELECT sealed FROM fristad.idempotency").fetchall() == [(None,)]


def test_stored_answers_and_keys_cannot_be_read_in_the_database(own_probes: Harness) -> None:
    answer = own_probes.act("requester").post("/v1/probes", {"word": "a"}, key=KEY)
    with own_probes.database.admin() as connection:
        ((sealed, key_hash),) = connection.execute("SELECT sealed, key_hash FROM fristad.idempotency").fetchall()
    assert answer.json()["id"].encode() not in bytes(sealed)
    assert KEY.encode() not in bytes(key_hash)


def test_two_at_once_are_done_once(probes: Harness) -> None:
    entered, go_on = Event(), Event()

    def wait(_: Session) -> None:
        entered.set()
        assert go_on.wait(20)

    requester, key = probes.act("requester"), new_key()
    DOING.append(wait)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(requester.post, "/v1/probes", {"word": "a"}, key=key)
        assert entered.wait(20)
        busy = requester.post("/v1/probes", {"word": "a"}, key=key)
        go_on.set()
        first = running.result()
    assert (busy.status_code, busy.json()["code"]) == (409, "key_busy")
    assert first.status_code == 201
    assert requester.post("/v1/probes", {"word": "a"}, key=key).content == first.content


def test_sixteen_at_once_are_done_once(probes: Harness) -> None:
    requester, key = probes.act("requester"), new_key()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: requester.post("/v1/probes", {"word": "a"}, key=key), range(16)))
    done = {answer.content for answer in answers if answer.status_code == 201}
    assert len(done) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code != 201} <= {"key_busy"}


def test_answers_are_forgotten_after_a_day_with_their_key(own_probes: Harness) -> None:
    requester = own_probes.act("requester")
    first = requester.post("/v1/probes", {"word": "a"}, key=KEY)
    of_the_day = subject_of(Process.FRONT, own_probes.clock())
    own_probes.clock.move(hours=own_probes.settings.idempotency_life_h - 1)
    assert requester.post("/v1/probes", {"word": "a"}, key=KEY).content == first.content
    own_probes.clock.move(hours=26)
    requester.post("/v1/probes", {"word": "b"}, key="f" * 16)
    keys = own_probes.contexts[Process.FRONT].subjects
    assert not keys.exists(Domain.CASE, of_the_day)
    again = requester.post("/v1/probes", {"word": "a"}, key=KEY)
    assert again.status_code == 201
    assert again.content != first.content


def test_a_lost_answer_is_no_404_when_the_act_ended_the_right_to_it(own_probes: Harness) -> None:
    """The answer was this caller's already: the table is asked before an act, not before its repetition."""
    requester, case_id = own_probes.act("requester"), a_case(own_probes)
    path = f"/v1/cases/{case_id}/probe"
    first = requester.post(path, key=KEY)
    assert first.status_code == 200
    with own_probes.database.admin() as connection:
        connection.execute("UPDATE fristad.assignments SET until_at = %s", [own_probes.clock()])
    assert requester.post(path, key=KEY).content == first.content
    assert requester.post(path).status_code == 404
