"""The rules said a second time, from the specification alone, without the engine.

Reads the raw scenario (dicts) and a land; takes nothing from the engine: no rule, no hostility, no
pools, no candidates, no distance. Days are judged one by one, or one of each stretch of days on which
nothing known begins or ends; an interval is a pair of dates.

* `told`: dates, delivered policy · `land`: places and the ways between them, from the map data files ·
  `ground`: what is where, what is over · `people`: networks, households, rules about meetings, risk · `alone`: rules
  about one case at one place · `costs` · `room`: beds and quotas · `danger`: who is unsafe where they live ·
  `world`: all of it together
* `solutions`: plans as files · `verdict`: what is broken, and what a plan claims · `certificate`: proofs that
  no plan places more

`benchmarks.verify` is the command. The tests try every case x facility x date x unit assignment that passes
here (`tests/search.py`).
"""

from __future__ import annotations

from benchmarks.verification.room import Room, Stay
from benchmarks.verification.told import JUDGED, NEVER, Raw, day
from benchmarks.verification.world import Option, World

__all__ = ["JUDGED", "NEVER", "Option", "Raw", "Room", "Stay", "World", "day"]
