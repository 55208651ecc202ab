"""What a drawn scenario is about, so that each rule meets both its sides and cases still find a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

Draw = st.DrawFn

NETWORKS: Final = ("blue", "green", "red")
TOWNS: Final = ("a", "b", "c")
PLACES: Final = (*TOWNS, "home", "other")

TOGETHER: Final = ("crowds", "exposures", "housed", "links", "named", "risk")
"""Themes of what keeps people apart or together; each in a quarter of the scenarios.

Half of them at a time where a scenario is about *changes*: what stands in the way ends inside the window.
"""

ALONE: Final = ("ages", "contracts", "grades", "knowledge", "margin", "providers", "reach")
"""Themes of what keeps one case out of a place; each in a sixth of them."""

OBSTACLES: Final = (*TOGETHER, *ALONE)

MATTERS: Final = ("contacts", "scarcity", "shares", "support", "towns", "waiting", "weights")
"""Themes that only cost; each in half of them."""


@dataclass(frozen=True)
class Mood:
    """In a tame scenario obstacles are rare, so that cases meet each other; a theme is drawn often where it is on."""

    tame: bool
    themes: frozenset[str]

    def seldom(self, draw: Draw, often: int = 3) -> bool:
        """Now and then; in a tame scenario almost never."""
        return draw(st.integers(0, 39 if self.tame else often)) == (23 if self.tame else 1)

    def about(self, draw: Draw, theme: str, often: int = 1) -> bool:
        """Often when the scenario is about it, else never."""
        return theme in self.themes and draw(st.integers(0, often)) == 0


@st.composite
def moods(draw: Draw, focus: tuple[str, ...] = ()) -> Mood:
    """Some themes, or those in focus alone, and what only costs."""
    matters = [theme for theme in MATTERS if draw(st.booleans())]
    if focus:
        return Mood(tame=True, themes=frozenset([*focus, *matters]))
    chosen = ["changes"] if draw(st.integers(0, 3)) == 3 else []
    often = 1 if chosen else 3
    chosen += [theme for theme in TOGETHER if draw(st.integers(0, often)) == often]
    chosen += [theme for theme in ALONE if draw(st.integers(0, 5)) == 3]
    return Mood(draw(st.integers(0, 4)) > 0, frozenset(chosen + matters))
