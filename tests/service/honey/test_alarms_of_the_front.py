"""The front does not know the bait: the back reads off the trail who opened it there."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from service.crypto.vault import Bait, Vault
from service.flow.honey import compare
from service.http.app import routes_of
from service.policies import Action, Process
from service.processes.watching import Watching
from tests.service.front.walk import Walk
from tests.service.harness import Harness
from tests.service.honey.planted import bait_of, plant

SAYS_NOTHING = {Action.OPEN_CASE, Action.LIST_CASES, Action.LIST_TASKS}
"""Acts of the front that open no case: a new one, and lists."""


def compared(harness: Harness) -> int:
    return compare(harness.contexts[Process.BACK].database, Vault(harness.data / "keys"))


@pytest.fixture
def baited(harness: Harness) -> tuple[Harness, str]:
    plant(harness)
    return harness, str(bait_of(harness, "case")[0])


def test_the_front_is_given_no_bait(harness: Harness) -> None:
    assert harness.contexts[Process.FRONT].database.vault is None
    assert harness.solver.vault is None


def test_an_assessor_who_opens_a_bait_case_is_noticed_once(baited: tuple[Harness, str]) -> None:
    harness, case_id = baited
    assessor = harness.act("assessor", name="a-9")
    assert case_id in {one["case_id"] for one in assessor.get("/v1/cases").json()["cases"]}
    assert compared(harness) == 0  # a list is no reading
    for _ in range(3):
        assert assessor.get(f"/v1/cases/{case_id}").status_code == 200
    assert assessor.get(f"/v1/cases/{case_id}/assessments").status_code == 200
    assert compared(harness) == 1
    assert compared(harness) == 0
    assert harness.act("requester", name="r-1").get(f"/v1/cases/{case_id}").status_code == 200
    assert compared(harness) == 1  # somebody else


def test_a_decider_is_noticed_too(baited: tuple[Harness, str]) -> None:
    harness, case_id = baited
    decider = harness.act("decider", unit="kommun-1880", organisation="kommun-1880")
    assert decider.get(f"/v1/cases/{case_id}").status_code == 200
    assert compared(harness) == 1


def test_a_crash_between_alarm_and_note_raises_it_twice_rather_than_never(baited: tuple[Harness, str]) -> None:
    harness, case_id = baited
    harness.act("assessor").get(f"/v1/cases/{case_id}")
    assert compared(harness) == 1
    (harness.data / "keys" / "reveal" / "honey.seen").write_text("not a number")
    assert compared(harness) == 1


def test_a_restored_trail_is_compared_from_its_end(baited: tuple[Harness, str]) -> None:
    harness, case_id = baited
    Vault(harness.data / "keys").set_seen(10**6)  # the backup is older than what was seen
    assert compared(harness) == 0
    harness.act("assessor").get(f"/v1/cases/{case_id}")
    assert compared(harness) == 1


def test_every_act_of_the_front_on_a_case_names_it_in_the_trail(harness: Harness) -> None:
    """From intake to the reveal: what opens anything of a case and does not name it would not be noticed."""
    walk = Walk.of(harness)
    walk.up_to_query()
    case_id = UUID(walk.case_id)
    reads = {
        f"/v1/cases/{case_id}": (walk.requester, walk.assessor, walk.decider),
        f"/v1/cases/{case_id}/assessments": (walk.assessor,),
    }
    vault = Vault(harness.data / "keys")
    vault.add_honey({case_id: Bait("case", since=harness.clock() + timedelta(seconds=1))})
    harness.clock.move(minutes=1)
    assert compared(harness) == 0
    for path, people in reads.items():
        for who in people:
            assert who.get(path).status_code == 200
            assert compared(harness) == 1, path
    told = {
        route.path
        for route in routes_of(Process.FRONT)
        if not route.is_write and route.target == "case_id" and route.action not in SAYS_NOTHING
    }
    assert told - {"/v1/cases/{case_id}", "/v1/cases/{case_id}/assessments"} <= {"/v1/cases/{case_id}/offer"}


def test_the_process_compares_by_itself(baited: tuple[Harness, str]) -> None:
    harness, case_id = baited
    harness.act("assessor").get(f"/v1/cases/{case_id}")
    raised = threading.Event()
    context = harness.contexts[Process.BACK]
    watching = Watching(context.database, Vault(harness.data / "keys"), every_s=0.01)
    watching.start()
    for _ in range(500):
        with harness.database.admin() as connection:
            if connection.execute("SELECT kind FROM fristad.alarms").fetchall() == [("honey_read",)]:
                raised.set()
                break
        watching.stopped.wait(0.02)
    watching.stopped.set()
    watching.join(5)
    assert raised.is_set()
    assert not watching.is_alive()


def test_what_the_back_has_noticed_is_not_told_again(baited: tuple[Harness, str]) -> None:
    harness, case_id = baited
    harness.act("coordinator", unit="noa").post(f"/v1/cases/{case_id}/claim")
    assert compared(harness) == 0
