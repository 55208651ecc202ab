"""The rules said a second time, from the specification alone, without the engine.

Reads the raw scenario (dicts) and the made-up land; takes nothing from the engine: no rule, no
hostility, no pools, no candidates. Days are judged one by one; an interval is a pair of dates.

* `told`: dates, delivered policy, what is live on a day · `ground`: places · `people`: networks, households,
  rules about meetings, risk · `alone`: rules about one case at one place · `costs` · `world`: all of it together

`tests/search.py` tries every case x facility x date x unit assignment that passes here.
"""

from __future__ import annotations

from tests.brute.told import JUDGED, NEVER, day, left
from tests.brute.world import Option, World

__all__ = ["JUDGED", "NEVER", "Option", "World", "day", "left"]
