"""A case with a held stay, and those who work on it in the back: what the tests of the back begin with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
from joserfc.jwk import OKPKey
from sqlalchemy import func, select

from service.crypto.vault import Bait, Vault
from service.policies import Process
from service.store.repository import catalogue, stays, tasks
from service.store.repository.judging import judged
from service.store.repository.world import revision
from service.store.tables import alarms, bed_nights, cases
from service.store.tables import stays as stays_table
from service.store.tables import tasks as tasks_table
from tests.service.front.system import as_system
from tests.service.front.walk import Walk
from tests.service.harness import Harness, Person

__all__ = ["ADDRESS", "FACILITY", "PROVIDER", "Scene"]

PROVIDER = {"version": 1, "ownership": "municipal", "vetting": "vetted", "vetting_valid_until": "2031-12-31"}
FACILITY: dict[str, Any] = {
    "version": 1,
    "locality": "1880-orebro",
    "form": "protected_housing",
    "units": [{"id": "flat-1", "kind": "flat", "beds": 2, "is_shared": False}],
    "accepts": {"max_household": 2},
    "security_grade": 3,
    "permit_valid_until": "2031-12-31",
    "day_rate_sek": 4200,
    "contracts": [{"start": "2026-01-01", "end": "2032-01-01"}],
    "night_intake": True,
}
ADDRESS: dict[str, Any] = {
    "version": 1,
    "street": "Canary street 17",
    "postal_code": "700 00",
    "town": "Canary town",
    "contact": "canary contact",
    "call_back": "+46000000000",
}


@dataclass
class Scene:
    """One case in front and one facility in the back."""

    harness: Harness
    walk: Walk
    provider_id: str
    facility_id: str
    provider_key: OKPKey

    @staticmethod
    def of(harness: Harness, **facility: Any) -> Scene:
        """A case that waits for its query's answer, and an empty facility with an address."""
        walk = Walk.of(harness)
        registrar = harness.act("registrar", name="g-1")
        provider = registrar.post("/v1/providers", PROVIDER)
        assert provider.status_code == 201, provider.text
        provider_id = provider.json()["id"]
        made = registrar.post("/v1/facilities", {**FACILITY, **facility, "provider_id": provider_id})
        assert made.status_code == 201, made.text
        key = OKPKey.generate_key("X25519")
        public = {name: key.as_dict(private=False)[name] for name in ("kty", "crv", "x")}
        facility_id = made.json()["id"]
        told = {**ADDRESS, "provider_key": public}
        placed = registrar.post(f"/v1/facilities/{facility_id}/address", told)
        assert placed.status_code == 201, placed.text
        return Scene(harness, walk, provider_id, facility_id, key)

    # people
    @property
    def registrar(self) -> Person:
        return self.harness.act("registrar", name="g-1")

    def coordinator(self, name: str = "c-1") -> Person:
        return self.harness.act("coordinator", unit="noa", name=name)

    def receiving(self, unit: str = "bops-bergslagen", name: str = "b-1") -> Person:
        return self.harness.act("receiving_bops", unit=unit, name=name)

    def follow_up(self, name: str = "f-1") -> Person:
        return self.harness.act("follow_up", unit="bops-syd", name=name)

    def officer(self, name: str = "s-1") -> Person:
        return self.harness.act("security_officer", unit="noa", name=name, on=Process.BACK)

    @property
    def vault(self) -> Vault:
        return Vault(self.harness.data / "keys")

    def lay(self, *subjects: str) -> None:
        """Say that these records are bait, planted a while ago."""
        since = self.harness.clock() - timedelta(days=1)
        self.vault.add_honey({UUID(one): Bait("facility", since=since) for one in subjects})

    # what solver and front do
    @property
    def case_id(self) -> str:
        return self.walk.case_id

    def path(self, rest: str = "") -> str:
        return self.walk.path(rest)

    def opened(self, **more: Any) -> str:
        """The case up to its query; the query's id."""
        return self.walk.up_to_query(**more)

    def until_told(self) -> None:
        """On to the telling round of the case; the solver shows what is ready by then."""
        self.harness.move_to_round(self.case_id)
        self.judge()
        self.harness.run_jobs()

    def held(
        self, query_id: str | None = None, *, start: date | None = None, nights: int = 90, kind: str | None = None
    ) -> str:
        """A stay that the solver holds for the case; its id."""
        first = start or self.harness.clock().date() + timedelta(days=11)
        end = first + timedelta(days=nights)
        case_id = UUID(self.case_id)
        with as_system(self.harness) as tx:
            facility = catalogue.facility(tx, UUID(self.facility_id))
            assert facility is not None
            bed = facility.beds["flat-1"][0]
            placement = {
                "facility": self.facility_id,
                "units": [{"unit": "flat-1", "beds": 1}],
                "household": self.walk.sealed_details()["household"],
                "start": first.isoformat(),
                "end": end.isoformat(),
                "departed": None,
                "responsible_municipality": "0180",
                "separations": [],
            }
            stay, _ = stays.add(
                tx,
                {"placement": placement},
                kind=kind or ("slot" if query_id else "manual"),
                state="held",
                nights=(stays.Nights(bed, first.toordinal(), end.toordinal()),),
                persons=[self.walk.key],
                case=case_id,
                query=None if query_id is None else UUID(query_id),
                held_until=tx.now + timedelta(days=7),
            )
            tasks.add(tx, "confirm_with_provider", "coordinator", tx.now, case=case_id, stay=stay.id)
        self.judge()
        return str(stay.id)

    def judge(self) -> None:
        """Everybody was judged as of now, and nothing was found."""
        with as_system(self.harness) as tx:
            judged(tx, revision(tx))

    def put(self, stay_id: str, *states: str) -> None:
        """Move a stay as the solver does after answer and decision."""
        with as_system(self.harness) as tx:
            for state in states:
                assert stays.move(tx, stays.get(tx, UUID(stay_id)), state)

    def decided(self) -> str:
        """A stay up to the placement decision, the case claimed by c-1; the stay's id."""
        stay_id = self.held(self.opened())
        self.claim()
        self.put(stay_id, "confirmed", "checked", "accepted", "decided")
        self.walk.move("decided")
        return stay_id

    def placed(self) -> str:
        """A stay whose persons arrived on its first day; its id."""
        stay_id = self.decided()
        self.harness.clock.move(days=11)
        self.claim()  # the shift of the first claim is over
        done = self.coordinator().post(f"/v1/stays/{stay_id}/arrival", {"arrived_on": self.today()})
        assert done.status_code == 200, done.text
        return stay_id

    def today(self) -> str:
        return self.harness.clock().date().isoformat()

    def claim(self, name: str = "c-1") -> httpx.Response:
        return self.coordinator(name).post(self.path("/claim"))

    # what is in the database
    def state(self) -> str:
        """Of the case."""
        with as_system(self.harness) as tx:
            return str(
                tx.connection.execute(select(cases.c.state).where(cases.c.id == UUID(self.case_id))).scalar_one()
            )

    def stay_state(self, stay_id: str) -> str:
        with as_system(self.harness) as tx:
            asked = select(stays_table.c.state).where(stays_table.c.id == UUID(stay_id))
            return str(tx.connection.execute(asked).scalar_one())

    def content(self, stay_id: str) -> dict[str, Any]:
        with as_system(self.harness) as tx:
            return stays.content(tx, stays.get(tx, UUID(stay_id)))

    def nights(self, stay_id: str) -> int:
        """Bed-nights a stay takes."""
        with as_system(self.harness) as tx:
            taken = func.coalesce(func.sum(func.upper(bed_nights.c.nights) - func.lower(bed_nights.c.nights)), 0)
            return int(tx.connection.execute(select(taken).where(bed_nights.c.stay_id == UUID(stay_id))).scalar_one())

    def open_tasks(self, kind: str) -> list[tuple[str, str | None]]:
        """Role and unit of the open tasks of a kind."""
        with self.harness.database.admin() as connection:
            rows = connection.execute(
                "SELECT for_role, for_unit FROM fristad.tasks WHERE kind = %s AND done_at IS NULL", [kind]
            )
            return [(row[0], row[1]) for row in rows]

    def task_id(self, kind: str) -> str:
        with as_system(self.harness) as tx:
            asked = select(tasks_table.c.id).where(tasks_table.c.kind == kind, tasks_table.c.done_at.is_(None))
            return str(tx.connection.execute(asked).scalar_one())

    def alarms(self) -> list[str]:
        """Kinds of the alarms raised."""
        with self.harness.database.admin() as connection:
            asked = f"SELECT kind FROM fristad.{alarms.name} ORDER BY raised_at, kind"
            return [row[0] for row in connection.execute(asked)]

    def jobs(self, task: str) -> int:
        """Jobs of a kind in the solver's queue."""
        with self.harness.database.admin() as connection:
            row = connection.execute(
                "SELECT count(*) FROM fristad.procrastinate_jobs WHERE task_name = %s", [task]
            ).fetchone()
            assert row is not None
            return int(row[0])

    def acts(self, act: str) -> list[str]:
        """Entries of the trail for an act, as canonical JSON."""
        with self.harness.database.admin() as connection:
            rows = connection.execute("SELECT convert_from(entry, 'UTF8') FROM fristad.audit_entries ORDER BY seq")
            return [row[0] for row in rows if f'"act":"{act}"' in row[0]]


def refused(answer: httpx.Response, status: int, code: str) -> None:
    """A stated refusal."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
