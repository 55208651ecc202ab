"""What hiding costs those who ask honestly, and how it is traded against leakage.

``python -m benchmarks.inference.utility`` puts the waiting cases of generated weeks to the engine, in process: how many
are admitted, how many of the slots they draw have a safe free bed behind them, how many can be offered something in
time, what the cards keep from them. ``--update FILE`` writes the table and the curve between the marks `utility` and
`curve` of a document, as far as it has them; ``--plot PNG`` draws the curve.

An offer is in time when a bed is found: a hold by the system takes minutes, and the telling rounds lie within the
class's limit by construction. The people who confirm are taken to answer as they should.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from benchmarks.asking import facts_of
from benchmarks.common import between
from benchmarks.generation.dwelling import NoRoom
from benchmarks.generation.spec import WeekSpec
from benchmarks.inference.naive import in_order
from benchmarks.inference.plans import VACANCIES
from benchmarks.inference.worlds import layers
from matching.constraints import rule_book
from matching.constraints.base import Constraint
from matching.domain import Policy
from matching.facts import Facts
from matching.requester import LADDER, attributes, own_view, slots_and_behind
from service.inference import band_of, is_narrow
from service.settings import Settings

__all__ = ["BANDS", "SHARES", "Asked", "Point", "Utility", "asked_of", "curve", "main", "utility"]

SHARES: Final = (50, 60, 70, 75, 80, 90, 100)
BANDS: Final = (20, 40, 60, 80, 100)
_SLOTS: Final = 3
_WEEK: Final = WeekSpec(waiting=40, placed=200, facilities=180, networks=80, residences=15, vacancy_percent=10)


@dataclass(frozen=True)
class Place:
    """A publicly eligible facility of a case; whether it is safe and free is for the count alone."""

    kommun: str
    lan: str
    beds: int
    card: tuple[str, ...]
    is_backed: bool


@dataclass(frozen=True)
class Asked:
    """One waiting case as its question would be worked out.

    Parameters
    ----------
    places : publicly eligible facilities
    alike : for each share of `SHARES`, numbers of the places the cards are true of, the best for the case first
    has_bed : whether any facility at all is safe and free for it
    """

    vacancy: int
    places: tuple[Place, ...]
    alike: Mapping[int, tuple[int, ...]]
    has_bed: bool

    def is_admitted(self, settings: Settings) -> bool:
        """Whether it is answered with slots, the budget apart."""
        kommuner, lans = {one.kommun for one in self.places}, {one.lan for one in self.places}
        return not is_narrow(kommuner, lans, len(self.places), settings)

    def band(self, share: int, settings: Settings) -> tuple[int, ...]:
        """What the three slots are drawn from."""
        alike = self.alike[share]
        return alike[: band_of(len(alike), len(self.places), settings)]


def asked_of(facts: Facts, vacancy: int, rules: Sequence[Constraint]) -> Iterator[Asked]:
    """Every waiting case of a week that has passed the gate.

    Examples
    --------
    >>> facts = facts_of(WeekSpec(waiting=3, placed=4, facilities=12, networks=4, vacancy_percent=60))
    >>> all(len(one.alike[100]) >= 0 for one in asked_of(facts, 60, tuple(rule_book())))
    True
    """
    for number in range(len(facts.cases)):
        own = own_view(replace(facts), number)
        found = slots_and_behind(own, rules)
        if found.slots.missing:
            continue
        free = set(in_order(facts, number, rules))
        names = own.names.facilities
        where = [layers().resolve(facts.names.places[own.facilities[one].place]) for one in found.eligible]
        places = tuple(
            Place(
                at.kommun, at.lan, sum(unit.beds for unit in own.facilities[one].units),
                attributes(own.facilities[one]), names[one] in free,
            )
            for one, at in zip(found.eligible, where, strict=True)
        )  # fmt: skip
        place = {one: position for position, one in enumerate(found.eligible)}
        alike = {}
        for share in SHARES:
            policy = own.policy.model_copy(update={"card_share_percent": share})
            alike[share] = tuple(place[one] for one in slots_and_behind(replace(own, policy=policy), rules).alike)
        yield Asked(vacancy, places, MappingProxyType(alike), bool(free))


def _rungs(one: Asked, share: int) -> int:
    """How many attributes the cards show."""
    cards = [one.places[number].card for number in one.alike[share]]
    if len(cards) == len(one.places) and len({card[0] for card in cards}) > 1:
        return 0
    return next((shown for shown in range(len(LADDER), 0, -1) if len({card[:shown] for card in cards}) == 1), 0)


def _hidden_bits(one: Asked, share: int) -> float:
    """Entropy of the full card of what a slot means, given what is shown."""
    cards = Counter(one.places[number].card for number in one.alike[share])
    total = cards.total()
    return -sum(count / total * math.log2(count / total) for count in cards.values()) if total else 0.0


@dataclass(frozen=True)
class Utility:
    """What those who ask honestly get.

    Parameters
    ----------
    asked : cases past the gate
    refused : share not admitted
    offered : share of the admitted for which the slots lead to a bed at once
    placed : share of the admitted for which there is a bed at all: the others the coordinator finds one for
    by_hand : share of the refused for which there is one
    backed : share of drawn slots whose own facility has a safe free bed
    rungs : share of admitted cases whose cards show 0, 1, ... attributes
    hidden_bits : mean entropy of the full card, given what is shown
    """

    vacancy: int
    asked: int
    refused: float
    offered: float
    placed: float
    by_hand: float
    backed: float
    rungs: tuple[float, ...]
    hidden_bits: float


def _share(found: Iterable[float]) -> float:
    values = list(found)
    return math.fsum(values) / len(values) if values else 0.0


def utility(cases: Sequence[Asked], vacancy: int, settings: Settings, share: int) -> Utility:
    """Figures of one vacancy.

    Parameters
    ----------
    share : of the publicly eligible facilities that must have an attribute for a card to show it, percent
    """
    own = [one for one in cases if one.vacancy == vacancy]
    admitted = [one for one in own if one.is_admitted(settings)]
    refused = [one for one in own if not one.is_admitted(settings)]
    bands = [one.band(share, settings) for one in admitted]
    rungs = Counter(_rungs(one, share) for one in admitted)
    return Utility(
        vacancy=vacancy,
        asked=len(own),
        refused=len(refused) / max(1, len(own)),
        offered=_share(any(one.places[number].is_backed for number in one.alike[share]) for one in admitted),
        placed=_share(one.has_bed for one in admitted),
        by_hand=_share(one.has_bed for one in refused),
        backed=_share(
            _share(one.places[number].is_backed for number in band) for one, band in zip(admitted, bands, strict=True)
        ),
        rungs=tuple(rungs[shown] / max(1, len(admitted)) for shown in range(len(LADDER) + 1)),
        hidden_bits=_share(_hidden_bits(one, share) for one in admitted),
    )


@dataclass(frozen=True)
class Point:
    """One setting of the share and the band: what an offer's kommun leaks by card and draw, and what is shown.

    Parameters
    ----------
    bits : by how much the best guess of the kommun gains over all admitted cases (min-entropy, by beds)
    worst_bits : the same of the single case that gains most
    shown : mean attributes of a card
    backed : share of drawn slots with a safe free bed of their own
    """

    share: int
    band: int
    bits: float
    worst_bits: float
    shown: float
    backed: float


def _best(one: Asked, among: Iterable[int]) -> float:
    """Chance that the best guess of a kommun is right, by beds."""
    beds: Counter[str] = Counter()
    for number in among:
        beds[one.places[number].kommun] += one.places[number].beds
    return max(beds.values()) / beds.total() if beds else 0.0


def curve(cases: Sequence[Asked], settings: Settings) -> list[Point]:
    """Every share and every band, over the admitted cases of all vacancies."""
    admitted = [one for one in cases if one.is_admitted(settings)]
    before = [_best(one, range(len(one.places))) for one in admitted]
    found = []
    for share, band in itertools.product(SHARES, BANDS):
        drawn = settings.model_copy(update={"draw_band_percent": band})
        bands = [one.band(share, drawn) for one in admitted]
        after = [_best(one, own) for one, own in zip(admitted, bands, strict=True)]
        gains = [max(0.0, math.log2(a / b)) for a, b in zip(after, before, strict=True) if a and b]
        found.append(
            Point(
                share,
                band,
                max(0.0, math.log2(sum(after) / sum(before))) if sum(before) else 0.0,
                max(gains, default=0.0),
                _share(_rungs(one, share) for one in admitted),
                _share(
                    _share(one.places[number].is_backed for number in own)
                    for one, own in zip(admitted, bands, strict=True)
                ),
            )
        )
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def utility_table(found: Sequence[Utility]) -> str:
    """A row for each vacancy."""
    lines = [
        "| vacancy | cases | refused | slots lead to an offer | offer at all | refused, placed by hand | "
        "slots backed by their own bed | cards with 0/1/2/3/4 attributes | card bits hidden |",
        "|--:|--:|--:|--:|--:|--:|--:|---|--:|",
    ]
    for one in found:
        rungs = " / ".join(f"{100 * share:.0f}" for share in one.rungs)
        told = (one.refused, one.offered, one.placed, one.by_hand, one.backed)
        lines.append(
            f"| {one.vacancy} % | {one.asked} | {' | '.join(map(_percent, told))} | {rungs} % | {one.hidden_bits:.1f} |"
        )
    return "\n".join(lines) + "\n"


def curve_table(points: Sequence[Point], settings: Settings) -> str:
    """Leakage of an offer's kommun by share and band, and beside it what the cards still show."""
    found = {(point.share, point.band): point for point in points}
    lines = [
        f"| share s | {' | '.join(f'band {band} %: bits (worst case)' for band in BANDS)} | attributes shown |",
        "|--:|" + "--:|" * (len(BANDS) + 1),
    ]
    for share in SHARES:
        row = [found[share, band] for band in BANDS]
        told = " | ".join(f"{point.bits:.2f} ({point.worst_bits:.2f})" for point in row)
        lines.append(f"| {share} % | {told} | {row[0].shown:.2f} |")
    backed = " | ".join(_percent(found[75, band].backed) for band in BANDS)
    lines.append(f"| slots backed, s = 75 % | {backed} | |")
    return "\n".join(lines) + f"\n\nThe band in force is {settings.draw_band_percent} %.\n"


def _draw(points: Sequence[Point], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(9.6, 3.8))
    for band, colour, line in zip(BANDS, _COLOURS, ("-", "--", "-.", ":", "-"), strict=True):
        own = [point for point in points if point.band == band]
        panels[0].plot([p.share for p in own], [p.bits for p in own], line, color=colour, label=f"band {band} %")
        panels[1].plot([p.share for p in own], [100 * p.backed for p in own], line, color=colour)
    panels[0].axhline(1.0, color="#999999", linewidth=0.8)
    panels[0].set_ylabel("leakage of the offer's kommun, bits")
    panels[1].set_ylabel("slots backed by their own bed, %")
    other = panels[1].twinx()
    own = [point for point in points if point.band == BANDS[0]]
    other.plot([p.share for p in own], [p.shown for p in own], color="#CC79A7", marker="o", markersize=3)
    other.set_ylabel("attributes shown (dots)")
    for panel in panels:
        panel.set_xlabel("share s that must have an attribute, %")
        panel.set_ylim(bottom=0)
        panel.grid(visible=True, alpha=0.3)
    panels[0].legend(frameon=False, fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    figure.savefig(beside, format="png", dpi=100)
    plt.close(figure)
    beside.replace(path)


_COLOURS: Final = ("#000000", "#0072B2", "#D55E00", "#009E73", "#E69F00")


def _cases(weeks: int, size: WeekSpec) -> list[Asked]:
    rules = tuple(rule_book())
    found: list[Asked] = []
    for vacancy in VACANCIES:
        made, seed = 0, 0
        while made < weeks:
            seed += 1
            try:
                facts = facts_of(replace(size, vacancy_percent=vacancy, seed=seed))
            except NoRoom:
                continue  # with few vacancies not every dealing of people is a safe one
            made += 1
            found += asked_of(facts, vacancy, rules)
            print(f"week {made} of {weeks} at {vacancy} %", file=sys.stderr, flush=True)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    reader = argparse.ArgumentParser(prog="python -m benchmarks.inference.utility", description=__doc__)
    reader.add_argument("--weeks", type=int, default=5, help="of each vacancy, 40 waiting cases each")
    reader.add_argument("--json", action="store_true")
    reader.add_argument("--update", type=Path, action="append", default=[], metavar="FILE")
    reader.add_argument("--plot", type=Path, metavar="PNG")
    told = reader.parse_args(arguments)
    settings = Settings()
    cases = _cases(told.weeks, _WEEK)
    share = Policy().card_share_percent
    found = [utility(cases, vacancy, settings, share) for vacancy in VACANCIES]
    points = curve(cases, settings)
    tables = {"utility": utility_table(found), "curve": curve_table(points, settings)}
    for path in told.update:
        document = path.read_text(encoding="utf-8")
        for name, text in tables.items():
            if f"<!-- {name}: begin -->" in document:
                document = between(document, name, text)
        path.write_text(document, encoding="utf-8")
    if told.plot is not None:
        _draw(points, told.plot)
    if told.json:
        for one in found:
            print(json.dumps(asdict(one)))
        for point in points:
            print(json.dumps(asdict(point)))
    else:
        print("\n".join(tables.values()))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
