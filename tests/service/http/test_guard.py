"""Whatever happens inside, one stated answer leaves, and nothing of what was asked is written anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from matching.errors import SolverFault
from service.crypto import CannotOpen, Domain, KeyGone, KeyStoreDown
from service.http.responses import HEADERS
from service.http.routes import Session
from service.policies import Process
from service.problems import KeptConflict, Unavailable
from tests.service.harness import Harness
from tests.service.http.probe import DOING, a_case

SENT = {*HEADERS, "content-type", "content-length"}


def raising(error: BaseException) -> Callable[[Session], None]:
    def do(_: Session) -> None:
        raise error

    return do


def test_one_set_of_headers_on_every_answer(probes: Harness) -> None:
    requester, nobody = probes.act("requester"), probes.client(Process.FRONT)
    answers = [
        requester.post("/v1/probes", {"word": "a"}),
        requester.post("/v1/probes", {}),
        requester.get("/v1/probes"),
        requester.get(f"/v1/cases/{uuid4()}"),
        requester.get("/nowhere"),
        nobody.get("/healthz"),
        nobody.get("/readyz"),
        probes.act("auditor").get("/metrics"),
        nobody.options("/v1/probes"),
    ]
    for answer in answers:
        assert set(answer.headers) == SENT
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert set(nobody.get("/v1/probes").headers) == {*SENT, "www-authenticate"}


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/v1/cases/0b9e2c1a-4f2d-4c55-9b7e-6a1d2f3c4b5a", "/healthz", "/metrics"])
def test_another_method_is_no_address(probes: Harness, method: str, path: str) -> None:
    nowhere = probes.client(Process.FRONT).get("/nowhere")
    answer = probes.client(Process.FRONT).request(method, path)
    assert answer.status_code == 404
    assert answer.content == (b"" if method == "HEAD" else nowhere.content)
    assert answer.headers == nowhere.headers


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v1/probes/", "//v1/probes", "/openapi.json", "/docs", "/redoc", "/v1/probes/../x"]
)
def test_what_is_not_there(probes: Harness, path: str) -> None:
    assert probes.act("requester").get(path).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}])
def test_without_a_token_everything_is_the_same(probes: Harness, headers: dict[str, str]) -> None:
    client, there = probes.client(Process.FRONT), a_case(probes)
    answers = [client.get(f"/v1/cases/{case_id}", headers=headers) for case_id in (there, uuid4(), "x")]
    answers.append(client.post("/v1/probes", headers=headers, content=b"x" * 300_000))
    assert {(answer.status_code, answer.content, tuple(answer.headers.items())) for answer in answers} == {
        (401, answers[0].content, tuple(answers[0].headers.items()))
    }


def test_two_tokens_are_none(probes: Harness) -> None:
    headers = [("Authorization", f"Bearer {probes.act('requester').token()}")] * 2
    assert probes.client(Process.FRONT).get("/v1/probes", headers=headers).status_code == 401


def test_a_stranger_and_what_does_not_exist_look_alike(probes: Harness) -> None:
    there = a_case(probes, unit="bops-nord", name="somebody")
    for role, unit in (("requester", "bops-syd"), ("requester", "bops-nord"), ("assessor", "bops-syd")):
        stranger = probes.act(role, unit=unit)
        unknown, hidden = (stranger.get(f"/v1/cases/{case_id}") for case_id in (uuid4(), there))
        assert hidden.status_code == 404
        assert (hidden.content, hidden.headers) == (unknown.content, unknown.headers)
    assert probes.act("requester", unit="bops-nord", name="somebody").get(f"/v1/cases/{there}").status_code == 200


def test_a_denied_attempt_stays_in_the_trail(own_probes: Harness) -> None:
    own_probes.act("requester").get(f"/v1/cases/{uuid4()}")
    with own_probes.database.admin() as connection:
        rows = connection.execute("SELECT entry FROM fristad.audit_entries").fetchall()
    told = [json.loads(bytes(entry) if not isinstance(entry, str) else entry) for (entry,) in rows]
    assert [(one["act"], one["outcome"], one["object"]) for one in told] == [("deny_access", "denied", None)]


def test_a_state_that_is_not_the_time_for_it(probes: Harness) -> None:
    there = a_case(probes, state="arrived")
    answer = probes.act("requester").post(f"/v1/cases/{there}/probe")
    assert (answer.status_code, answer.json()["code"]) == (409, "out_of_order")


def test_a_role_of_the_other_process_sees_nothing(probes: Harness) -> None:
    coordinator = probes.act("coordinator", on=Process.FRONT)
    nowhere = probes.client(Process.FRONT).get("/nowhere")
    for answer in (coordinator.get("/v1/probes"), coordinator.get("/metrics")):
        assert (answer.status_code, answer.content) == (404, nowhere.content)


class Marked(Exception):
    """Carries what nobody may read."""


SECRET = "Zx9Canary"
FAULTS: dict[str, BaseException] = {
    "a fault of ours": Marked(SECRET),
    "a fault of the solver's": SolverFault(SECRET),
    "a key error": KeyError(SECRET),
    "a changed record": CannotOpen(),
    "no memory": MemoryError(SECRET),
    "no depth": RecursionError(SECRET),
}


@pytest.mark.parametrize("error", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_of_ours_is_told_without_what_it_was(probes: Harness, error: BaseException) -> None:
    DOING.append(raising(error))
    probes.log.truncate(0)
    answer = probes.act("requester").post("/v1/probes", {"word": SECRET})
    assert (answer.status_code, answer.json()["code"]) == (500, "fault")
    assert SECRET not in answer.text + probes.log.getvalue()
    line = json.loads(probes.log.getvalue().lstrip("\0").splitlines()[0])
    assert line["error"] == type(error).__name__
    assert line["where"].startswith("perform.py:")
    assert "fristad_faults_total 0.0" not in probes.act("auditor").get("/metrics").text


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(KeyGone(), 404, "not_found"), (KeyStoreDown(), 503, "unavailable"), (Unavailable(), 503, "unavailable")],
)
def test_keys_that_are_gone_or_away(probes: Harness, error: BaseException, status: int, code: str) -> None:
    DOING.append(raising(error))
    answer = probes.act("requester").post("/v1/probes", {"word": "a"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


class Failing:
    """Fails so many times as the database does."""

    def __init__(self, error: type[psycopg.Error], times: int) -> None:
        self.error, self.left, self.tries = error, times, 0

    def __call__(self, session: Session) -> None:
        self.tries += 1
        if self.left:
            self.left -= 1
            kind = IntegrityError if issubclass(self.error, psycopg.IntegrityError) else OperationalError
            raise kind("SELECT", {}, self.error(SECRET))


@pytest.mark.parametrize("error", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure])
@pytest.mark.parametrize(("times", "status"), [(1, 201), (2, 201), (3, 503)])
def test_a_deadlock_is_tried_again_three_times_in_all(
    probes: Harness, error: type[psycopg.Error], times: int, status: int
) -> None:
    failing = Failing(error, times)
    DOING.append(failing)
    assert probes.act("requester").post("/v1/probes", {"word": "a"}).status_code == status
    assert failing.tries == min(times + 1, 3)


@pytest.mark.parametrize("error", [psycopg.errors.UniqueViolation, psycopg.errors.ExclusionViolation])
@pytest.mark.parametrize(("times", "status"), [(2, 201), (3, 409)])
def test_who_was_a_moment_late_looks_again(
    probes: Harness, error: type[psycopg.Error], times: int, status: int
) -> None:
    DOING.append(Failing(error, times))
    answer = probes.act("requester").post("/v1/probes", {"word": "a"})
    assert (answer.status_code, answer.json().get("code")) == (status, "taken" if status == 409 else None)


def test_another_broken_promise_of_the_database_is_a_fault_of_ours(probes: Harness) -> None:
    DOING.append(Failing(psycopg.errors.ForeignKeyViolation, 1))
    answer = probes.act("requester").post("/v1/probes", {"word": SECRET})
    assert answer.status_code == 500
    assert SECRET not in answer.text + probes.log.getvalue()


@pytest.mark.parametrize(
    "error", [psycopg.errors.DiskFull, psycopg.errors.LockNotAvailable, psycopg.errors.AdminShutdown]
)
def test_a_full_disk_is_unavailable_and_not_tried_again(probes: Harness, error: type[psycopg.Error]) -> None:
    failing = Failing(error, 1)
    DOING.append(failing)
    answer = probes.act("requester").post("/v1/probes", {"word": SECRET})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert failing.tries == 1
    assert SECRET not in answer.text + probes.log.getvalue()


def test_no_room_left_for_the_database(own_probes: Harness) -> None:
    def sort(session: Session) -> None:
        session.tx.connection.execute(text("SET LOCAL work_mem = '64kB'"))
        session.tx.connection.execute(text("SELECT g FROM generate_series(1, 100000) AS g ORDER BY random()")).all()

    name = own_probes.database.name
    with own_probes.database.admin() as connection:
        connection.execute(f"ALTER ROLE fristad_front IN DATABASE {name} SET temp_file_limit = '64kB'")
    DOING.append(sort)
    answer = own_probes.act("requester").post("/v1/probes", {"word": "a"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_the_database_goes_and_comes_back(own_probes: Harness) -> None:
    requester, name = own_probes.act("requester"), own_probes.database.name
    key = str(uuid4())
    assert requester.get("/v1/probes").status_code == 200
    with own_probes.database.server.admin() as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])
    for answer in (requester.get("/v1/probes"), requester.post("/v1/probes", {"word": "a"}, key=key)):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    client = own_probes.client(Process.FRONT)
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    with own_probes.database.server.admin() as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert client.get("/readyz").status_code == 200
    assert requester.post("/v1/probes", {"word": "a"}, key=key).status_code == 201


def test_a_connection_cut_in_the_middle_does_nothing(own_probes: Harness) -> None:
    def cut(session: Session) -> None:
        session.tx.record("open_case")
        pid = session.tx.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with own_probes.database.server.admin() as connection:
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        session.tx.connection.execute(text("SELECT 1"))

    DOING.append(cut)
    assert own_probes.act("requester").post("/v1/probes", {"word": "a"}).status_code == 503
    with own_probes.database.admin() as connection:
        assert connection.execute("SELECT count(*) FROM fristad.audit_entries").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM fristad.idempotency").fetchone() == (0,)


def test_a_refusal_that_is_kept_is_committed(own_probes: Harness) -> None:
    def refuse(session: Session) -> None:
        session.tx.record("use_token_twice")
        raise KeptConflict("used", "It was used.")

    DOING.append(refuse)
    answer = own_probes.act("requester").post("/v1/probes", {"word": "a"})
    assert (answer.status_code, answer.json()["code"]) == (409, "used")
    with own_probes.database.admin() as connection:
        assert connection.execute("SELECT count(*) FROM fristad.audit_entries").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM fristad.idempotency").fetchone() == (0,)


def test_not_ready_without_keys_or_with_old_tables(own_probes: Harness) -> None:
    client, key = own_probes.client(Process.FRONT), own_probes.data / "keys" / "front.key"
    aside = key.with_suffix(".aside")
    key.rename(aside)
    assert client.get("/readyz").status_code == 503
    aside.rename(key)
    assert client.get("/readyz").status_code == 200
    with own_probes.database.admin() as connection:
        connection.execute("UPDATE fristad.alembic_version SET version_num = '0001'")
    assert client.get("/readyz").status_code == 503


def test_the_log_and_the_metrics_hold_nothing_of_anybody(own_probes: Harness) -> None:
    there = a_case(own_probes, unit="bops-Zx9", organisation="org-Zx9", name="r-Zx9")
    person = own_probes.act("requester", unit="bops-Zx9", organisation="org-Zx9", name="r-Zx9")
    key = "Zx9" * 8
    person.post("/v1/probes", {"word": "Zx9"}, key=key)
    person.post("/v1/probes", {"Zx9": "Zx9"})
    person.get("/v1/probes", {"after": "Zx9"})
    person.get(f"/v1/cases/{there}")
    person.get("/Zx9")
    metrics = own_probes.act("auditor").get("/metrics")
    log = own_probes.log.getvalue()
    for canary in ("Zx9", str(there), person.token()):
        assert canary not in log + metrics.text
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'fristad_requests_total{action="read_case",status="2xx"} 1.0' in metrics.text
    lines = [json.loads(line) for line in log.splitlines()]
    assert {frozenset(line) for line in lines} == {
        frozenset({"action", "event", "process", "request", "status", "timestamp", "took_s"})
    }


@pytest.mark.parametrize(("role", "status"), [("auditor", 200), ("security_officer", 200), ("requester", 404)])
def test_who_reads_metrics(probes: Harness, role: str, status: int) -> None:
    assert probes.act(role).get("/metrics").status_code == status


def test_metrics_of_the_back_are_not_the_auditors(probes: Harness) -> None:
    assert probes.act("security_officer", on=Process.BACK).get("/metrics").status_code == 200
    assert probes.act("auditor", on=Process.BACK).get("/metrics").status_code == 404
    assert probes.client(Process.BACK).get("/metrics").status_code == 401


def test_a_destroyed_case_is_a_case_that_is_not(own_probes: Harness) -> None:
    database, subject = own_probes.contexts[Process.FRONT].database, uuid4()
    subjects = own_probes.contexts[Process.FRONT].subjects
    subjects.make(Domain.CASE, subject)
    sealed = database.sealer.seal_json(Domain.CASE, subject, "a/b/c/1", "x")
    subjects.destroy(Domain.CASE, subject)

    def look(session: Session) -> None:
        session.tx.open(Domain.CASE, subject, "a/b/c/1", sealed)

    DOING.append(look)
    assert own_probes.act("requester").get("/v1/probes").status_code == 404
