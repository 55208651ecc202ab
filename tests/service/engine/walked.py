"""A generated week behind both applications: cases come in through the API, the real solver answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from service.engine.placing import tries
from service.engine.seeding import Seeded, open_for_seeding, seed
from service.engine.world import Picture, World
from service.jobs.run import run_pending
from service.processes.postgres_roles import SUPERUSER
from service.store.repository import stays
from service.store.repository.stays import Stay
from tests.service.engine.loading import layers, network, week
from tests.service.front.system import as_system
from tests.service.front.walk import Walk, details
from tests.service.harness import Harness

__all__ = ["Country"]


class Country:
    """A register with a week in it, and cases of one's own.

    Parameters
    ----------
    size : of the generated week
    document : another week than a generated one
    """

    def __init__(self, harness: Harness, size: str = "tiny", document: bytes | None = None) -> None:
        self.harness = harness
        every = open_for_seeding(harness.database.url(SUPERUSER), harness.data / "keys", harness.clock)
        try:
            self.seeded: Seeded = seed(every, document or week(size), World(layers=layers(), network=network()).places)
        finally:
            every.close()
        self.world = World(self.seeded.policy, layers(), network())

    def run(self) -> None:
        run_pending(self.harness.solver, policy=self.seeded.policy, settings=self.harness.settings)

    def picture(self) -> Picture:
        with as_system(self.harness) as tx:
            return self.world.picture(tx)

    def case(self, key: str | None = None, *, more: dict[str, Any] | None = None, **assessed: Any) -> Walk:
        """A case up to its assessment; a red one: its telling rounds are hours apart."""
        walk = Walk.of(self.harness, key)
        told = {"window": {"earliest": "2026-11-20", "latest": "2026-12-20"}, **(more or {})}
        for done in (
            walk.open(details=details(walk.key, **told), triage="red"),
            walk.sign(),
            walk.record_gate(),
            walk.decide_measure(),
            walk.assess(**assessed),
        ):
            assert done.status_code == 201, done.text
        return walk

    def answer(self, walk: Walk) -> dict[str, Any]:
        """What the requester is told, once its tick has come; slots without their random ids."""
        asked = walk.ask()
        assert asked.status_code == 202, asked.text
        self.run()
        self.harness.clock.move(minutes=16)
        told: dict[str, Any] = walk.requester.get(f"/v1/queries/{asked.json()['query_id']}").json()
        self.slots = [slot.pop("slot_id") for slot in told["slots"] or ()]
        return {name: value for name, value in told.items() if name in ("state", "slots", "missing")}

    def prefer(self, walk: Walk) -> str:
        """Ask and order the slots; the question's id."""
        asked = walk.ask().json()["query_id"]
        told = self.answer(walk)
        assert told["state"] == "three_slots", told
        done = walk.requester.post(f"/v1/queries/{asked}/preference", {"slots": self.slots})
        assert done.status_code == 202, done.text
        self.run()
        return str(asked)

    def until_told(self, case_id: UUID | str | None) -> None:
        """On to the next telling round of a case; what is ready by then is shown."""
        self.harness.move_to_round(str(case_id))
        self.run()

    def live(self, walk: Walk) -> tuple[Stay, ...]:
        with as_system(self.harness) as tx:
            return stays.live_of(tx, UUID(walk.case_id))

    def placement(self, stay: Stay) -> dict[str, Any]:
        with as_system(self.harness) as tx:
            found: dict[str, Any] = stays.content(tx, stays.get(tx, stay.id))["placement"]
            return found

    def possible(self, walk: Walk) -> set[str]:
        """Facilities that are safe for a case now."""
        picture = self.picture()
        number = picture.case(UUID(walk.case_id))
        if number is None:
            return set()
        return {one.facilities[-1] for one in tries(picture.facts, number, self.world.rules, None)}

    def open_tasks(self, walk: Walk) -> set[str]:
        with self.harness.database.admin() as connection:
            rows = connection.execute(
                "SELECT kind FROM fristad.tasks WHERE case_id = %s AND done_at IS NULL", [walk.case_id]
            )
            return {row[0] for row in rows.fetchall()}
