"""What a drawn scenario is about, so that each rule meets both its sides and cases still find a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

Draw = st.DrawFn

NETWORKS: Final = ("blue", "green", "red")
TOWNS: Final = ("a", "b", "c")
PLACES: Final = (*TOWNS, "home", "other")

OBSTACLES: Final = (
    "ages", "contracts", "crowds", "exposures", "grades", "housed", "knowledge", "links", "margin", "named",
    "providers", "risk",
)  # fmt: skip
"""Themes that keep cases out of places; in the mean two of them at a time."""

MATTERS: Final = ("contacts", "scarcity", "shares", "support", "towns", "waiting", "weights")
"""Themes that only cost; in the mean half of them at a time."""


@dataclass(frozen=True)
class Mood:
    """In a tame scenario obstacles are rare, so that cases meet each other; a theme is drawn often where it is on."""

    tame: bool
    themes: frozenset[str]

    def seldom(self, draw: Draw, often: int = 3) -> bool:
        """Now and then; in a tame scenario almost never."""
        return draw(st.integers(0, 24 if self.tame else often)) == (13 if self.tame else 1)

    def about(self, draw: Draw, theme: str, often: int = 1) -> bool:
        """Often when the scenario is about it, else never."""
        return theme in self.themes and draw(st.integers(0, often)) == 0


@st.composite
def moods(draw: Draw) -> Mood:
    tame = draw(st.integers(0, 3)) > 0
    chosen = [theme for theme in OBSTACLES if draw(st.integers(0, 5)) == 3]
    return Mood(tame, frozenset(chosen + [theme for theme in MATTERS if draw(st.booleans())]))
