"""Repair: something changed tonight; who is no longer safe, and the plan with the fewest and least harmful moves.

See docs/repair.md and docs/decisions/0019-repair.md.
"""

from matching.repair.harm import MoveHarm
from matching.repair.plan import Repair, repair

__all__ = ["MoveHarm", "Repair", "repair"]
