"""The reveal: approvals counted again, one token, one use, whatever is tried at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from service.store.database import pseudonym
from tests.service.back.scene import ADDRESS, Scene, refused
from tests.service.harness import Harness

_TOKEN = "k3Jx0w4nq7mUe2vB9sYtR1pZcD5hLgFoA8iNbV6uWyE"


@pytest.fixture
def scene(harness: Harness) -> Scene:
    return Scene.of(harness)


def _request(
    scene: Scene,
    stay_id: str,
    *,
    approvals: tuple[tuple[str, str], ...] = (("p-1", "first"), ("p-2", "second")),
    refusal: bool = False,
    state: str = "approved",
    receiver: str = "f-1",
) -> str:
    """A request as the front would have left it; its id."""
    reveal_id = uuid4()
    now = scene.harness.clock()
    with scene.harness.database.admin() as connection:
        connection.execute(
            "INSERT INTO fristad.reveal_requests (id, case_id, stay_ref, purpose, receiver, requested_by, unit,"
            " decided_at, requested_at, state) VALUES (%s, %s, %s, 'transport', %s, 'r-1', 'bops-syd', %s, %s, %s)",
            [reveal_id, UUID(scene.case_id), UUID(stay_id), receiver, now, now, state],
        )
        for number, (actor, organisation) in enumerate(approvals):
            outcome = "refused" if refusal and not number else "approved"
            connection.execute(
                "INSERT INTO fristad.reveal_approvals (request_id, actor, organisation, outcome, at)"
                " VALUES (%s, %s, %s, %s, %s)",
                [reveal_id, actor, organisation, outcome, now],
            )
    return str(reveal_id)


def _token(scene: Scene, reveal_id: str) -> str:
    answer = scene.follow_up().post(f"/v1/reveals/{reveal_id}/token")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


def test_another_than_the_named_receiver_finds_nothing(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    for other in (scene.follow_up("f-2"), scene.coordinator(), scene.receiving()):
        assert other.post(f"/v1/reveals/{reveal_id}/token").status_code == 404
        assert other.post(f"/v1/reveals/{reveal_id}/address", {"token": _TOKEN}).status_code == 404
    assert scene.alarms() == []


@pytest.mark.parametrize("state", ["asked", "refused", "expired", "issued", "used"])
def test_only_an_approved_request_has_a_token(scene: Scene, state: str) -> None:
    reveal_id = _request(scene, scene.decided(), state=state)
    refused(scene.follow_up().post(f"/v1/reveals/{reveal_id}/token"), 409, "out_of_order")


@pytest.mark.parametrize(
    ("approvals", "refusal"),
    [((), False), ((("p-1", "first"),), False), ((("p-1", "first"), ("p-2", "second"), ("p-3", "third")), True)],
)
def test_the_approvals_are_counted_again(scene: Scene, approvals: tuple[tuple[str, str], ...], refusal: bool) -> None:
    reveal_id = _request(scene, scene.decided(), approvals=approvals, refusal=refusal)
    refused(scene.follow_up().post(f"/v1/reveals/{reveal_id}/token"), 409, "not_approved")
    assert scene.alarms() == ["reveal_not_approved"]


@pytest.mark.parametrize("name", ["r-1", "a-1", "d-1", "c-1"])
def test_who_has_another_duty_on_the_case_gets_no_address(scene: Scene, name: str) -> None:
    reveal_id = _request(scene, scene.decided(), receiver=name)
    refused(scene.follow_up(name).post(f"/v1/reveals/{reveal_id}/token"), 409, "another_duty")


def test_who_checked_the_destination_has_done_nothing_else_when_an_address_is_told(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    told = {"actor": pseudonym(scene.harness.solver.tagger, scene.walk.decider.actor), "case_id": UUID(scene.case_id)}
    with scene.harness.database.admin() as connection:
        connection.execute(
            "INSERT INTO fristad.destination_duties (case_id, actor, since) VALUES (%(case_id)s, %(actor)s, now())",
            told,
        )
    refused(scene.follow_up().post(f"/v1/reveals/{reveal_id}/token"), 409, "another_duty")


@pytest.mark.parametrize("name", ["r-1", "a-1", "d-1"])
def test_follow_up_is_nobody_who_has_another_duty(scene: Scene, name: str) -> None:
    scene.placed()
    refused(scene.coordinator().post(scene.path("/access"), {"actor": name, "days": 2}), 409, "another_duty")


def test_an_old_approval_is_worth_nothing(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    scene.harness.clock.move(hours=48, seconds=1)
    refused(scene.follow_up().post(f"/v1/reveals/{reveal_id}/token"), 409, "expired")


def test_a_stay_given_up_meanwhile_is_not_revealed(scene: Scene) -> None:
    stay_id = scene.decided()
    reveal_id = _request(scene, stay_id)
    token = _token(scene, reveal_id)
    scene.put(stay_id, "released")
    refused(scene.follow_up().post(f"/v1/reveals/{reveal_id}/address", {"token": token}), 409, "out_of_order")


def test_the_token_opens_the_address_once_and_a_second_use_alarms(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    token = _token(scene, reveal_id)
    assert len(token) == 43
    found = scene.follow_up().post(f"/v1/reveals/{reveal_id}/address", {"token": token})
    assert found.json() == {name: ADDRESS[name] for name in ("street", "postal_code", "town", "contact")}
    assert scene.open_tasks("missing_arrival") == [("coordinator", None)]
    assert scene.alarms() == []
    again = scene.follow_up().post(f"/v1/reveals/{reveal_id}/address", {"token": token})
    refused(again, 409, "token_refused")
    assert ADDRESS["street"] not in again.text
    assert scene.alarms() == ["reveal_token_used_twice"]
    assert len(scene.acts("use_token_twice")) == 1
    refused(scene.follow_up().post(f"/v1/reveals/{reveal_id}/token"), 409, "out_of_order")


def test_answers_with_a_secret_are_given_once(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    first = scene.follow_up().post(f"/v1/reveals/{reveal_id}/token", key="a-key-of-sixteen-or-more")
    again = scene.follow_up().post(f"/v1/reveals/{reveal_id}/token", key="a-key-of-sixteen-or-more")
    refused(again, 409, "already_done")
    assert first.json()["token"] not in again.text


def test_a_wrong_token_counts_and_alarms_and_the_right_one_still_works(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    token = _token(scene, reveal_id)
    for wrong in (_TOKEN, token[:-1], token + " ", token.swapcase()):
        refused(scene.follow_up().post(f"/v1/reveals/{reveal_id}/address", {"token": wrong}), 409, "token_refused")
    assert scene.alarms() == ["reveal_token_wrong"] * 4
    with scene.harness.database.admin() as connection:
        assert connection.execute("SELECT failed_uses FROM fristad.reveal_tokens").fetchone() == (4,)
    assert scene.follow_up().post(f"/v1/reveals/{reveal_id}/address", {"token": token}).status_code == 200


def test_a_token_ends_after_ten_minutes(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    token = _token(scene, reveal_id)
    scene.harness.clock.move(minutes=10)
    refused(scene.follow_up().post(f"/v1/reveals/{reveal_id}/address", {"token": token}), 409, "token_refused")


def test_the_token_of_another_request_opens_nothing(scene: Scene) -> None:
    stay_id = scene.decided()
    first, second = _request(scene, stay_id), _request(scene, stay_id)
    token = _token(scene, first)
    _token(scene, second)
    refused(scene.follow_up().post(f"/v1/reveals/{second}/address", {"token": token}), 409, "token_refused")


def test_the_database_holds_no_token_and_no_address(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    token = _token(scene, reveal_id)
    with scene.harness.database.admin() as connection:
        tokens = connection.execute("SELECT t::text FROM fristad.reveal_tokens AS t").fetchall()
        addresses = connection.execute("SELECT t::text FROM fristad.addresses AS t").fetchall()
    assert token not in str(tokens)
    assert token.encode().hex() not in str(tokens)
    assert ADDRESS["street"].encode().hex() not in str(addresses)


def test_of_sixty_four_uses_at_once_exactly_one_succeeds(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    token = _token(scene, reveal_id)
    receiver = scene.follow_up()
    with ThreadPoolExecutor(64) as pool:
        answers = list(
            pool.map(lambda _: receiver.post(f"/v1/reveals/{reveal_id}/address", {"token": token}), range(64))
        )
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 63]
    assert scene.alarms() == ["reveal_token_used_twice"] * 63


def test_of_sixteen_collections_at_once_exactly_one_has_the_token(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    receiver = scene.follow_up()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: receiver.post(f"/v1/reveals/{reveal_id}/token"), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 15]


def test_bait_alarms_at_the_address(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    token = _token(scene, reveal_id)
    scene.lay(scene.facility_id)
    assert scene.follow_up().post(f"/v1/reveals/{reveal_id}/address", {"token": token}).status_code == 200
    assert scene.alarms() == ["honey_read"]


def test_the_trail_never_names_a_facility_beside_a_case(scene: Scene) -> None:
    reveal_id = _request(scene, scene.decided())
    scene.coordinator().get(scene.path("/detail"))
    scene.coordinator().post(scene.path("/threat-packet"))
    scene.follow_up().post(f"/v1/reveals/{reveal_id}/address", {"token": _token(scene, reveal_id)})
    told = {"case_id": scene.case_id, "reason": "court_order"}
    assert scene.officer().post("/v1/break-glass", told).status_code == 200
    acts = ("read_detail", "read_packet", "reveal_address", "break_glass")
    entries = [one for act in acts for one in scene.acts(act)]
    assert len(entries) >= 7
    with scene.harness.database.admin() as connection:
        rows = connection.execute(
            "SELECT encode(sha256(sealed), 'hex') FROM fristad.addresses"
            " UNION ALL SELECT encode(sha256(sealed), 'hex') FROM fristad.facility_versions"
        ).fetchall()
    telling = [scene.facility_id, *(row[0] for row in rows)]
    assert not any(one in entry for one in telling for entry in entries)


# standing access


def test_follow_up_begins_with_the_arrival(scene: Scene) -> None:
    scene.decided()
    given = scene.coordinator().post(scene.path("/access"), {"actor": "f-1", "days": 30})
    refused(given, 409, "out_of_order")


def test_access_is_named_dated_and_ended(scene: Scene) -> None:
    scene.placed()
    scene.claim()
    assert scene.follow_up().get(scene.path("/address")).status_code == 404
    refused(scene.coordinator().post(scene.path("/access"), {"actor": "c-1", "days": 1}), 409, "not_yourself")
    refused(scene.coordinator().post(scene.path("/access"), {"actor": "f-1", "days": 91}), 422, "rejected")
    given = scene.coordinator().post(scene.path("/access"), {"actor": "f-1", "days": 2})
    assert given.status_code == 201
    assert given.json()["until"] == (scene.harness.clock() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert scene.follow_up().get(scene.path("/address")).json()["street"] == ADDRESS["street"]
    assert scene.follow_up().get(scene.path("/address")).status_code == 200
    assert len(scene.acts("read_address")) == 2
    assert scene.follow_up("f-2").get(scene.path("/address")).status_code == 404
    scene.harness.clock.move(days=2)
    assert scene.follow_up().get(scene.path("/address")).status_code == 404


def test_an_access_that_was_ended_opens_nothing(scene: Scene) -> None:
    scene.placed()
    scene.claim()
    access_id = scene.coordinator().post(scene.path("/access"), {"actor": "f-1", "days": 30}).json()["access_id"]
    assert scene.follow_up().post(f"/v1/access/{access_id}/end").status_code == 404
    assert scene.coordinator().post(f"/v1/access/{access_id}/end").status_code == 200
    assert scene.follow_up().get(scene.path("/address")).status_code == 404
    refused(scene.coordinator().post(f"/v1/access/{access_id}/end"), 409, "already_ended")


def test_the_end_of_the_exit_ends_every_access_and_every_request(scene: Scene) -> None:
    stay_id = scene.placed()
    scene.claim()
    scene.coordinator().post(scene.path("/access"), {"actor": "f-1", "days": 30})
    reveal_id = _request(scene, stay_id)
    ending = {"outcome": "interrupted", "reason": "crime", "from_day": scene.today()}
    assert scene.coordinator().post(scene.path("/ending"), ending).status_code == 200
    assert scene.follow_up().get(scene.path("/address")).status_code == 404
    assert scene.follow_up().post(f"/v1/reveals/{reveal_id}/token").status_code == 409
