"""What becomes of the cases: a placement to its end, an emergency, first loads, plans, supervision."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from itertools import cycle, islice
from typing import Any

from service.crypto.vault import Vault, seal_to
from service.policies import Process
from tests.service.canaries.story import Case, Story, done
from tests.service.harness import Person

__all__ = ["UNIT_BY_HAND", "everything", "look_around"]

UNIT_BY_HAND = "bops-ost"
"""Whose questions are placed by hand."""


def everything(story: Story) -> None:
    """All of it, in an order that a year could have."""
    story.write_intelligence()
    story.write_catalogue()
    story.plant_bait()
    story.harness.clock.move(hours=18)  # the catalogue's edits of a day come into force on the next
    placed, waiting = story.case("case-a", "bops-syd"), story.case("case-b", "bops-mitt")
    by_hand = story.case("case-c", UNIT_BY_HAND)
    for case in (placed, waiting, by_hand):
        story.open(case)
    first_load(story)
    stay = hold(story, placed)
    decide(story, placed, stay)
    reveal(story, placed)
    confirm_unseen(story, waiting)
    place_by_hand(story, by_hand)
    plan(story, waiting)
    emergency(story)
    follow(story, placed, stay)
    supervise(story)


def hold(story: Story, case: Case) -> str:
    """From the slots to a confirmed and checked hold; the stay's id."""
    slots = story.ask(case)
    told = {"slots": slots[::-1]}
    done(case.requester.post(f"{story.paths[f'query of {case.name}']}/preference", told), 202)
    story.harness.run_jobs()
    keeper = case.coordinator
    done(keeper.get("/v1/worklist"))
    done(keeper.post(case.path("/claim")))
    detail = done(keeper.get(case.path("/detail")))
    stay: dict[str, Any] = detail["stays"][0]
    stay_id: str = stay["stay_id"]
    place = next(name for name, one in story.facilities.items() if one == stay["facility_id"])
    story.paths[f"facility of {case.name}"] = place
    story.knows[keeper.actor.name].add(place)
    done(keeper.post(f"/v1/stays/{stay_id}/confirmation", {"outcome": "confirmed"}))
    region = story.book.known("destination region", place, "bops-nord")
    police = story.person("receiving_bops", "police there", place, unit=region)
    tasks = done(police.get("/v1/tasks"))["tasks"]
    if [task["stay_id"] for task in tasks] != [stay_id]:
        raise AssertionError("the question did not reach the police at the destination")
    shown = done(police.get(f"/v1/stays/{stay_id}/destination"))
    if not shown["networks"]:
        raise AssertionError("the conditions of the case are missing")
    done(police.post(f"/v1/stays/{stay_id}/destination-check", {"outcome": "yes"}))
    story.harness.run_jobs()
    story.told(case, "answer_needed")
    return stay_id


def confirm_unseen(story: Story, case: Case) -> None:
    """A hold under which the assessment is made anew, and what the coordinator gives up of it."""
    told = {"slots": story.ask(case)}
    done(case.requester.post(f"{story.paths[f'query of {case.name}']}/preference", told), 202)
    story.harness.run_jobs()
    story.assess(case, 2)
    story.harness.run_jobs()
    done(case.requester.get(case.path()))
    keeper = case.coordinator
    done(keeper.post(case.path("/claim")))
    story.knows[keeper.actor.name].update(story.facilities)
    stays = done(keeper.get(case.path("/detail")))["stays"]
    if not stays:
        raise AssertionError("nothing is held under the new version")
    for stay in stays:
        done(keeper.post(f"/v1/stays/{stay['stay_id']}/release", {"code": "better_place"}))
    story.harness.run_jobs()
    for stay in done(keeper.get(case.path("/detail")))["stays"]:  # the next slot was tried
        done(keeper.post(f"/v1/stays/{stay['stay_id']}/release", {"code": "person_withdrew"}))
    done(keeper.post(case.path("/claim/release")))


def place_by_hand(story: Story, case: Case) -> None:
    """A question that is over the unit's budget: the coordinator sees why, and what there is; the requester neither."""
    story.ask(case, "with_coordinator")
    keeper = case.coordinator
    done(keeper.get("/v1/worklist"))
    done(keeper.post(case.path("/claim")))
    story.harness.run_jobs()
    story.knows[keeper.actor.name].update(story.facilities)
    found = done(keeper.get(case.path("/manual")))
    story.paths[f"by hand of {case.name}"] = case.path("/manual")
    if (found["reason"], bool(found["listed"]["options"])) != ("budget", True):
        raise AssertionError(("nothing to order by hand", found["reason"]))
    done(keeper.post(case.path("/verification"), {"how": "in_person", "unit": keeper.actor.unit}), 201)
    done(keeper.post(case.path("/holds"), {"plan_id": found["listed"]["plan_id"], "option": 1}), 202)
    story.harness.run_jobs()
    (stay,) = done(keeper.get(case.path("/manual")))["tried"]
    done(keeper.post(f"/v1/stays/{stay['stay_id']}/release", {"code": "person_withdrew"}))
    story.told(case, "signed")  # nothing was ordered in front, and nothing is offered


def decide(story: Story, case: Case, stay_id: str) -> None:
    """The person's answer and the municipality's."""
    done(case.requester.get(case.path()))
    done(case.requester.post(case.path("/person-answer"), {"outcome": "yes"}), 201)
    done(case.decider.get("/v1/tasks"))
    done(case.decider.get(case.path()))
    done(case.decider.get(case.path("/offer")))
    done(case.decider.post(case.path("/placement-decision"), {"outcome": "yes", "reason_code": None}), 201)
    story.harness.run_jobs()
    keeper = case.coordinator
    keeper.post(case.path("/claim"))  # the one before was of another shift
    done(keeper.get(case.path("/detail")))


def reveal(story: Story, case: Case) -> None:
    """Two approvals, one token, one address, and what a second use gets."""
    place = story.paths[f"facility of {case.name}"]
    receiver = story.person("follow_up", "receiver", case.name, place, unit=case.unit)
    asked = {"purpose": "transport", "receiver": receiver.actor.name}
    reveal_id = done(case.requester.post(case.path("/reveals"), asked), 201)["reveal_id"]
    path = f"/v1/reveals/{reveal_id}"
    for number in (1, 2):
        unit = f"cleared-{number}"
        approver = story.person("approver", f"approver {number}", case.name, unit=unit, organisation=unit)
        done(approver.get("/v1/tasks"))
        done(approver.get(path))
        done(approver.post(f"{path}/approvals", {"outcome": "approved"}), 201)
    done(case.requester.get(path))
    token = done(receiver.post(f"{path}/token"))["token"]
    story.book.known("reveal token", "receiver", token)
    done(receiver.post(f"{path}/address", {"token": token}))
    for again in (token, token[::-1], story.book.word("input", "a wrong token")):
        done(receiver.post(f"{path}/address", {"token": again}), 409)
    done(case.coordinator.post(case.path("/threat-packet")))


def follow(story: Story, case: Case, stay_id: str) -> None:
    """Arrival, standing access, the end, the departure."""
    keeper = case.coordinator
    done(keeper.post(case.path("/claim")))  # the one before was of another shift
    detail = done(keeper.get(case.path("/detail")))
    start = detail["stays"][0]["start"]
    while story.harness.clock().date().isoformat() < start:
        story.harness.clock.move(days=1)
    story.harness.clock.move(hours=13)
    done(keeper.post(case.path("/claim")))  # the one before was of another shift
    done(keeper.post(f"/v1/stays/{stay_id}/arrival", {"arrived_on": start}))
    team = story.person("follow_up", "team", case.name, story.paths[f"facility of {case.name}"], unit=case.unit)
    given = done(keeper.post(case.path("/access"), {"actor": team.actor.name, "days": 30}), 201)
    done(team.get(case.path("/address")))
    done(team.post(f"/v1/stays/{stay_id}/presence", {"outcome": "still_present", "on": start}))
    done(keeper.post(f"/v1/access/{given['access_id']}/end"))
    if team.get(case.path("/address")).status_code != 404:
        raise AssertionError("access that has ended opens an address")
    story.assess(case, 2)
    story.harness.run_jobs()
    plan(story, case, "repair")
    ending = {"outcome": "interrupted", "reason": "own_choice", "from_day": _today(story)}
    done(keeper.post(case.path("/ending"), ending))
    done(keeper.post(f"/v1/stays/{stay_id}/presence", {"outcome": "departed", "on": _today(story)}))


def _today(story: Story) -> str:
    return (story.harness.clock() + timedelta(hours=1)).date().isoformat()


def plan(story: Story, case: Case, kind: str = "week") -> None:
    """Options of a claimed case, a plan, an ordered hold, a release."""
    keeper = case.coordinator
    if kind == "week":
        done(keeper.post(case.path("/claim")))
    plans = [done(keeper.post("/v1/plans", {"kind": kind}), 202)["plan_id"]]
    if kind == "week":
        story.knows[keeper.actor.name].update(story.facilities)  # options of a claimed case may be anywhere
        plans.append(done(keeper.post(case.path("/options")), 202)["plan_id"])
    story.harness.run_jobs()
    for plan_id in plans:
        found = done(keeper.get(f"/v1/plans/{plan_id}"))
        story.paths[f"{found['kind']} by {keeper.actor.name}"] = f"/v1/plans/{plan_id}"
    done(keeper.get("/v1/zones"))
    if kind != "week":
        return
    free = next(name for name in story.facilities if name != story.paths["facility of case-a"])
    start = (story.harness.clock().date() + timedelta(days=1)).isoformat()
    done(keeper.post(case.path("/holds"), {"facility_id": story.facilities[free], "start": start}), 202)
    story.harness.run_jobs()
    detail = done(keeper.get(case.path("/detail")))
    for stay in detail["stays"]:
        done(keeper.post(f"/v1/stays/{stay['stay_id']}/release", {"code": "better_place"}))
    if not detail["stays"]:
        raise AssertionError("the ordered hold was refused")


def emergency(story: Story) -> None:
    """Asked from a point on the map, answered, reviewed by another."""
    name = "emergency"
    keeper = story.person("coordinator", "on duty", name)
    told = {
        "position": {"point": story.book.point("position", name)},
        "drivable_hours": 12,
        "household": [
            {
                "person_key": story.book.word("person key", name),
                "role": "defector",
                "age_years": 30,
                "gender": "male",
                "knowledge": "cleared",
            }
        ],
        "needs": [],
        "nights": 3,
        "homes": [story.book.place("household place", name, "ost")],
        "responsible_municipality": "0182",
        "municipality_unit": "kommun-0182",
        "oral_consent": True,
    }
    asked = done(keeper.post("/v1/emergencies", told), 202)
    story.book.known("case id", name, asked["case_id"])
    story.harness.run_jobs()
    path = f"/v1/emergencies/{asked['emergency_id']}"
    found = done(keeper.get(path))
    if found["state"] != "held":
        raise AssertionError(("no bed for the emergency", found["reasons"]))
    story.paths[name] = path
    place = next(label for label, one in story.facilities.items() if one == found["facility_id"])
    story.knows[keeper.actor.name].add(place)
    done(keeper.get(f"/v1/cases/{asked['case_id']}/detail"))
    other = story.person("coordinator", "coordinator of case-b")
    done(other.post(f"{path}/review", {"outcome": "justified"}))


def first_load(story: Story) -> None:
    """A placement and a residence of another organisation; then the same again."""
    keeper = story.person("coordinator", "loader")
    name, word = "first load", story.book.word
    facility_id = story.facilities["facility-4"]
    registrar = story.registrar
    unit = done(registrar.get(f"/v1/facilities/{facility_id}"))["units"][0]["id"]

    def member(role: str = "defector") -> dict[str, Any]:
        key = word("person key", name)
        return {"person_key": key, "role": role, "age_years": 40, "gender": "female", "knowledge": "cleared"}

    place = story.book.place
    told = {
        "placements": [
            {
                "id": word("loaded id", name),
                "state": "placed",
                "facility": facility_id,
                "units": [{"unit": unit, "beds": 1}],
                "household": [member()],
                "start": "2026-10-01",
                "end": "2027-02-01",
                "responsible_municipality": "0180",
                "case_file": {
                    "unit": word("loaded id", name),
                    "homes": [place("loaded place", name, "ost")],
                    "crime_localities": [place("loaded place", name, "ost")],
                },
            }
        ],
        "residences": [
            {
                "id": word("loaded id", name),
                "locality": place("loaded place", name, "vast"),
                "household": [member()],
                "start": "2025-01-01",
            }
        ],
    }
    public = Vault(story.harness.data / "keys").public_key()
    for count in (1, 0):
        answer = done(keeper.post("/v1/first-loads", {"sealed": seal_to(public, told)}), 201)
        if (answer["placements"], answer["residences"], len(answer["duplicates"])) != (count, count, 2 - 2 * count):
            raise AssertionError(answer)
    broken = json.loads(json.dumps(told))
    broken["residences"][0]["locality"] = word("input", "a load of faults")
    broken["placements"][0][word("input", "a load of faults")] = word("input", "a load of faults")
    done(keeper.post("/v1/first-loads", {"sealed": seal_to(public, broken)}), 422)


def supervise(story: Story) -> None:
    """Break-glass, alarms, the trail, the metrics of both processes."""
    place = "facility-2"
    officer = story.person("security_officer", "security officer", place)
    told = {"facility_id": story.facilities[place], "reason": "danger_to_life"}
    done(_at_the_back(officer).post("/v1/break-glass", told))
    bait = story.paths["bait facility 0"]
    done(story.registrar.get(f"/v1/facilities/{bait}"))
    alarms = done(officer.get("/v1/alarms"))["alarms"]
    if "honey_read" not in {one["kind"] for one in alarms}:
        raise AssertionError("bait was opened, and nobody was told")
    done(officer.post(f"/v1/alarms/{alarms[0]['alarm_id']}/answer"))
    auditor = story.person("auditor", "auditor")
    after = 0
    while after is not None:
        after = done(auditor.get("/v1/trail", {"after": after, "limit": 100}))["next_after"]
    done(auditor.get("/v1/alarms"))
    for person in (officer, _at_the_back(officer)):
        answer = person.get("/metrics")
        if answer.status_code != 200:
            raise AssertionError("no metrics")


def _at_the_back(person: Person) -> Person:
    return Person(person.harness, person.actor, Process.BACK)


def look_around(story: Story, most: int, turn: int = 0, role: str | None = None) -> None:
    """Everybody asks for everything that there is, at both processes, by the ids of all others.

    Parameters
    ----------
    most : requests
    turn : another number, another order
    role : of all who ask; none: of everybody
    """
    paths = ["tasks", "cases", "worklist", "zones", "facilities", "trail", "alarms"]
    paths = [*story.paths.values(), *(f"/v1/{one}" for one in paths), "/metrics", "/healthz", "/readyz"]
    paths += [f"/v1/facilities/{one}" for one in story.facilities.values()]
    for case in story.cases.values():
        paths += [case.path(rest) for rest in ("", "/detail", "/assessments", "/offer", "/address")]
    every = [
        (person, process, path)
        for person in story.staff.values()
        if role in (None, person.actor.role.value)
        for process in Process
        if role is None or person.actor.role in process.roles
        for path in paths
        if path.startswith("/")
    ]
    random.Random(turn).shuffle(every)
    for person, process, path in islice(cycle(every), most):
        Person(person.harness, person.actor, process).get(path)
