"""Other people's secrets: who lives where, who waits, what is full; dealt anew for each of two worlds."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

__all__ = ["KINDS", "dealt"]

KINDS: Final = ("as it is", "empty", "full", "moved", "ended")
"""How others live in a world."""

_LASTING: Final = {"start": "2026-01-15", "end": "2028-06-01"}


@dataclass
class _Deal:
    """A week's document, and the dice others' lives are dealt with."""

    told: dict[str, Any]
    dice: Random
    like: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.like = [one for one in self.told["placements"] if one["state"] == "placed"]

    def key(self) -> str:
        """Of somebody new."""
        return f"{self.dice.getrandbits(128):032x}"

    def somebody(self, name: str, facility: str, unit: str, beds: int) -> dict[str, Any]:
        """Somebody like those who live somewhere, in a unit that they fill."""
        made = deepcopy(self.dice.choice(self.like))
        first = made["household"][0]
        others = [{**first, "role": "partner"} for _ in range(beds - 1)]
        made["household"] = [{**one, "person_key": self.key()} for one in (first, *others)]
        return made | {"id": name, "facility": facility, "units": [{"unit": unit, "beds": beds}], "separations": []}

    def live(self, kind: str) -> None:
        """Let others live as the kind of world has it."""
        units = [(one["id"], unit["id"], unit["beds"]) for one in self.told["facilities"] for unit in one["units"]]
        if kind == "empty":
            self.told["placements"] = []
        elif kind == "full":
            self.told["placements"] = [self.somebody(f"full-{n}", *one) | _LASTING for n, one in enumerate(units)]
        elif kind == "moved":
            some = self.dice.sample(units, len(units) // 2)
            self.told["placements"] = [self.somebody(f"moved-{n}", *one) for n, one in enumerate(some)]
        elif kind == "ended":
            for one in self.told["placements"]:
                if one["state"] == "placed" and self.dice.random() < 0.7:
                    one["departed"] = "2026-11-18"

    def live_at_home(self) -> None:
        """Let some protected persons live outside the facilities."""
        places = sorted({one["locality"] for one in self.told["facilities"]})
        for number in range(self.dice.randrange(4)):
            member = {**self.dice.choice(self.like)["household"][0], "person_key": self.key()}
            where = self.dice.choice(places)
            home = {"id": f"home-{number}", "locality": where, "household": [member], "start": "2026-01-01"}
            self.told["residences"].append(home)

    def hate(self) -> None:
        """Enmities of persons who live somewhere."""
        like = self.told["person_conflicts"][0]
        living = sorted({member["person_key"] for one in self.told["placements"] for member in one["household"]})
        pairs = [self.dice.sample(living, 2) for _ in range(2)] if len(living) > 1 else []
        self.told["person_conflicts"] = [
            {**like, "id": f"enmity-{number}", "a": a, "b": b, "end": None} for number, (a, b) in enumerate(pairs)
        ]

    def wait(self) -> None:
        """Let some others wait, more or less urgently, some without an assessment."""
        self.told["cases"] = [one for one in self.told["cases"] if self.dice.random() < 0.6]
        for one in self.told["cases"]:
            one["triage"] = self.dice.choice(("red", "orange", "green"))
            if self.dice.random() < 0.5:
                one["assessments"] = []


def dealt(week: bytes, kind: str, dice: Random) -> bytes:
    """The same catalogue, networks and policy, with others' lives dealt anew.

    Parameters
    ----------
    week : as generated, with somebody placed and a conflict of persons
    kind : see `KINDS`
    """
    deal = _Deal(json.loads(week), dice)
    if kind != "as it is":
        deal.live(kind)
        deal.live_at_home()
        deal.hate()
        deal.wait()
    return json.dumps(deal.told).encode()
