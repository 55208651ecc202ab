"""A registrar in league: closes facilities for new stays, and opens them again, as a registrar can."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any, Final

from benchmarks.inference.office import Office
from benchmarks.inference.worlds import World
from matching.assemble import SWEDEN
from service.engine.seeding import renamed
from service.flow.worklist import local_day

__all__ = ["Catalogue"]

_YEARS: Final = 2
_MORNING: Final = time(6)


class Catalogue:
    """The facilities as the registrar last wrote them.

    Parameters
    ----------
    office : whose register begins with the world
    """

    def __init__(self, office: Office, world: World) -> None:
        self._office = office
        week = renamed(json.loads(world.document))
        self._told: dict[str, dict[str, Any]] = {one["id"]: one for one in week["facilities"]}
        self._version = dict.fromkeys(self._told, 1)
        self.closed: frozenset[str] = frozenset()

    def close(self, facilities: frozenset[str]) -> None:
        """Exactly these are closed from now on; what opens again does so the next morning, which is waited for."""
        office = self._office
        opened = self.closed - facilities
        for name in sorted(opened):
            self._write(name, closures=[], at_once=False)
        today = local_day(office.clock())
        for name in sorted(facilities - self.closed):
            end = today + timedelta(days=365 * _YEARS)
            self._write(name, [{"start": today.isoformat(), "end": end.isoformat()}], at_once=True)
        self.closed = facilities
        office.run_jobs()
        if opened:
            office.move_to(datetime.combine(today + timedelta(days=1), _MORNING, SWEDEN))

    def _write(self, name: str, closures: list[dict[str, str]], *, at_once: bool) -> None:
        told = {key: value for key, value in self._told[name].items() if key not in ("id", "provider")}
        self._version[name] += 1
        body = {
            **told,
            "closures": [*told.get("closures", ()), *closures],
            "provider_id": self._told[name]["provider"],
            "version": self._version[name],
            "is_safety_closure": at_once,
        }
        self._office.act("registrar", "noa").does(f"/v1/facilities/{name}/versions", body)
