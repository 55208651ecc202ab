"""Networks, where they are present, and their dated relations: clustered and heavy-tailed."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from benchmarks.generation.dice import Deck, heavy_tail, pick, stream
from benchmarks.generation.ground import CITIES, Ground
from benchmarks.generation.spec import WeekSpec
from matching.domain import Policy, Relation
from matching.networks import halves, hostile_windows

__all__ = ["Underworld", "provenance", "underworld"]

Json = dict[str, Any]

_KINDS: Final = {"self_defined": 7, "externally_defined": 6, "kin_based": 2, "project": 2, "mc": 2, "supporter": 1}
_SOURCES: Final = {"police_intelligence": 6, "investigation": 4, "municipality": 1, "interview": 2, "open_source": 1}
_BASES: Final = {"stockholm": 0.44, "goteborg": 0.17, "malmo": 0.16, "town": 0.16, "small_town": 0.07}
_CLUSTER_SIZE: Final = 7
# Relations per network.
_RIVALRIES: Final = 0.45
_ALLIANCES: Final = 0.16
_SPLITS: Final = 0.04
_INSIDE_CLUSTER: Final = 0.8
# Rivalries of which a source is little sure, and pairs on which a second source has its own word.
_RUMOURS: Final = 0.3
_SECOND_SOURCES: Final = 0.13
_RUMOUR_PERCENT: Final = (5, 19)
_PRIOR_PERCENT: Final = (5, 30, 13)
# Nobody placed has been present longer than this before today, in days.
_OLDEST_PRESENCE_DAYS: Final = 800


@dataclass(frozen=True)
class Underworld:
    """Networks of a week and what follows from their relations.

    Parameters
    ----------
    networks, relations : as the scenario format has them
    size : weight of each network among persons
    bases : localities of each network, the home first
    hostile : networks whose members are kept apart from each network's, direct or by an ally or split, on
        any day somebody of this week may have been present
    ever_hostile : the same, on any day whatever
    hostile_today : the same, today and from now on
    allied : directly allied networks
    halves : all a network ever split from or into, itself included
    prior_percent : how often an unexamined relation of a network is hostile
    """

    networks: list[Json]
    relations: list[Json]
    size: dict[str, float]
    bases: dict[str, list[str]]
    hostile: dict[str, frozenset[str]] = field(default_factory=dict)
    ever_hostile: dict[str, frozenset[str]] = field(default_factory=dict)
    hostile_today: dict[str, frozenset[str]] = field(default_factory=dict)
    allied: dict[str, frozenset[str]] = field(default_factory=dict)
    halves: dict[str, frozenset[str]] = field(default_factory=dict)
    prior_percent: dict[str, int] = field(default_factory=dict)

    def kin(self, network: str) -> frozenset[str]:
        """The network, its halves, and every network ever allied with one of them, halves included."""
        own = self.halves[network]
        allied = {half for part in own for ally in self.allied[part] for half in self.halves[ally]}
        return own | allied

    def feared(self, network: str) -> frozenset[str]:
        """Networks whose presence reaches a former member: own halves, rivals, and the kin of both."""
        return frozenset(kin for other in (*self.halves[network], *self.hostile[network]) for kin in self.kin(other))


def provenance(rng: random.Random, start: date, today: date) -> Json:
    """Source of a piece of knowledge: recorded some time after it began, two in three confirmed since.

    Examples
    --------
    >>> told = provenance(stream(1, "any"), date(2024, 1, 1), date(2026, 11, 20))
    >>> "2024-01-01" <= told["recorded_on"] <= "2026-11-20"
    True
    """
    recorded = start + timedelta(days=rng.randint(0, max((today - start).days // 2, 0)))
    found = {"source": pick(rng, _SOURCES), "recorded_on": recorded.isoformat()}
    if rng.random() < 0.65:
        found["confirmed_on"] = (today - timedelta(days=rng.randint(0, (today - recorded).days))).isoformat()
    return found


def underworld(spec: WeekSpec, ground: Ground) -> Underworld:
    """Networks and relations of a week.

    Parameters
    ----------
    spec : its size and seed
    ground : where networks may be present
    """
    rng = stream(spec.seed, "networks")
    width = max(2, len(str(spec.networks)))
    ids = [f"net-{number:0{width}}" for number in range(1, spec.networks + 1)]
    weights = heavy_tail(len(ids), 0.6)
    rng.shuffle(weights)
    size = dict(zip(ids, weights, strict=True))
    city_deck = Deck(rng, {kind: max(1, round(share * 50)) for kind, share in _BASES.items()})
    kind_deck = Deck(rng, _KINDS)
    city = {network: city_deck.deal() for network in ids}
    bases = {network: _bases(rng, ground, city[network], size[network]) for network in ids}
    priors = [round(rng.triangular(*_PRIOR_PERCENT)) for _ in ids]
    networks: list[Json] = [
        {
            "id": network,
            "kind": kind_deck.deal(),
            "presence": _presence(rng, spec.today, bases[network]),
            "hostility_prior_percent": prior,
        }
        for network, prior in zip(ids, priors, strict=True)
    ]
    rng = stream(spec.seed, "relations")
    relations = _dense(rng, spec, ids) if spec.is_dense else _clustered(rng, spec, size, city)
    known = TypeAdapter(list[Relation]).validate_json(json.dumps(relations))
    return Underworld(
        networks=networks,
        relations=relations,
        size=size,
        bases=bases,
        hostile=_hostile(known, ids, spec.today.toordinal() - _OLDEST_PRESENCE_DAYS),
        ever_hostile=_hostile(known, ids, 0),
        hostile_today=_hostile(known, ids, spec.today.toordinal()),
        allied=_allied(relations, ids),
        halves={network: frozenset({network}) for network in ids} | halves(known),
        prior_percent=dict(zip(ids, priors, strict=True)),
    )


def _bases(rng: random.Random, ground: Ground, city: str, size: float) -> list[str]:
    found = [ground.in_kind(rng, city)]
    for _ in range(min(4, int(rng.expovariate(1.0) + 2.0 * size))):
        found.append(ground.in_kind(rng, city))
    if rng.random() < 0.15:  # spread to a smaller town
        found.append(ground.in_kind(rng, pick(rng, {"town": 0.55, "small_town": 0.45})))
    if rng.random() < 0.08:  # ties across the big cities (SNS: Malmö-Järva)
        found.append(ground.in_kind(rng, rng.choice(CITIES)))
    return list(dict.fromkeys(found))


def _presence(rng: random.Random, today: date, bases: list[str]) -> list[Json]:
    found = []
    for number, locality in enumerate(bases):
        start = today - timedelta(days=rng.randint(120, 2500))
        told: Json = {"locality": locality, "start": start.isoformat()}
        if number and rng.random() < 0.12:
            told["end"] = (today - timedelta(days=rng.randint(10, 110))).isoformat()
            told["end_confirmed"] = rng.random() < 0.5
        found.append(told)
    return found


def _clustered(rng: random.Random, spec: WeekSpec, size: dict[str, float], city: dict[str, str]) -> list[Json]:
    """Rivalry mostly inside clusters of one area, and most of it around few networks."""
    cluster_of = _clusters(rng, city)
    members: dict[str, list[str]] = defaultdict(list)
    for network, cluster in cluster_of.items():
        members[cluster].append(network)
    pull = _pull(rng, members, size)
    taken: set[frozenset[str]] = set()
    pairs: list[tuple[str, str, str]] = []
    for kind, per_network in (("rival", _RIVALRIES), ("split", _SPLITS), ("allied", _ALLIANCES)):
        wanted = max(1, round(per_network * spec.networks))
        for _ in range(50 * wanted):
            if wanted == 0:
                break
            # The quarrelsome have rivals; splits and alliances come by size.
            weight = pull if kind == "rival" else size
            a = pick(rng, weight)
            inside = kind == "split" or rng.random() < _INSIDE_CLUSTER
            others = {b: weight[b] for b in (members[cluster_of[a]] if inside else list(size)) if b != a}
            if not others:
                continue
            b = pick(rng, others)
            if frozenset((a, b)) not in taken:
                taken.add(frozenset((a, b)))
                pairs.append((kind, a, b))
                wanted -= 1
    told = [_relation(rng, spec.today, number, *pair) for number, pair in enumerate(pairs, 1)]
    for _ in range(round(_RUMOURS * spec.networks)):
        a, b = pick(rng, size), pick(rng, size)
        if a != b and frozenset((a, b)) not in taken:
            taken.add(frozenset((a, b)))
            told.append(_relation(rng, spec.today, len(told) + 1, "rival", a, b, percent=_RUMOUR_PERCENT))
    for first in rng.sample(told, round(_SECOND_SOURCES * len(told))):
        told.append(_second_word(rng, spec.today, len(told) + 1, first))
    return told


def _second_word(rng: random.Random, today: date, number: int, first: Json) -> Json:
    """What another source says of the same two networks: the same, the opposite, or that it is over."""
    view = pick(rng, {"agrees": 0.35, "ended or not": 0.45, "opposite": 0.2})
    kind, percent = first["kind"], None
    if view == "opposite":
        kind = "allied" if kind == "rival" else "rival"
        percent = _RUMOUR_PERCENT if kind == "rival" else (20, 55)
    told = _relation(rng, today, number, kind, first["b"], first["a"], percent=percent, may_end=False)
    others = [source for source in _SOURCES if source != first["provenance"]["source"]]
    told["provenance"]["source"] = rng.choice(others)
    if view == "ended or not" and "end" not in first:
        end = today - timedelta(days=rng.randint(5, 40))
        if told["start"] < end.isoformat():
            told.update(end=end.isoformat(), end_confirmed=rng.random() < 0.7)
    return told


def _clusters(rng: random.Random, city: dict[str, str]) -> dict[str, str]:
    by_city: dict[str, list[str]] = defaultdict(list)
    for network, where in city.items():
        by_city[where].append(network)
    found = {}
    for where, networks in by_city.items():
        rng.shuffle(networks)
        for number, network in enumerate(networks):
            found[network] = f"{where}-{number // _CLUSTER_SIZE}"
    return found


def _pull(rng: random.Random, members: dict[str, list[str]], size: dict[str, float]) -> dict[str, float]:
    """How quarrelsome each network is: heavy-tailed in its cluster, the large ones first, mostly."""
    found: dict[str, float] = {}
    for networks in members.values():
        ranked = sorted(networks, key=lambda network: -size[network] * rng.uniform(0.3, 1.0))
        found.update(zip(ranked, heavy_tail(len(ranked), 1.4), strict=True))
    return found


def _dense(rng: random.Random, spec: WeekSpec, ids: list[str]) -> list[Json]:
    """Every network the rival of half of the others: a ring joined at randomly chosen steps."""
    steps = rng.sample(range(1, (len(ids) + 1) // 2), max(1, len(ids) // 4))
    ring = list(ids)
    rng.shuffle(ring)
    pairs = sorted({(place, (place + step) % len(ring)) for place in range(len(ring)) for step in steps})
    return [
        _relation(rng, spec.today, number, "rival", ring[a], ring[b], may_end=False)
        for number, (a, b) in enumerate(pairs, 1)
    ]


def _relation(
    rng: random.Random,
    today: date,
    number: int,
    kind: str,
    a: str,
    b: str,
    *,
    percent: tuple[int, int] | None = None,
    may_end: bool = True,
) -> Json:
    start = today - timedelta(days=min(3000, 60 + int(rng.expovariate(1 / 700))))
    told: Json = {
        "id": f"rel-{number:04}",
        "a": a,
        "b": b,
        "kind": kind,
        "start": start.isoformat(),
        "probability_percent": min(99, max(20, round(rng.gauss(78, 16)))) if percent is None else rng.randint(*percent),
        "provenance": provenance(rng, start, today),
    }
    chance = rng.random()
    if may_end and chance < 0.16:
        told["end"] = (today - timedelta(days=rng.randint(0, (today - start).days - 1))).isoformat()
        told["end_confirmed"] = chance < 0.10
    return told


def _hostile(relations: Iterable[Relation], ids: list[str], since: int) -> dict[str, frozenset[str]]:
    """Who is kept apart on any day after this one."""
    found: dict[str, set[str]] = {network: set() for network in ids}
    for (a, b), windows in hostile_windows(
        relations, rival_of_ally=True, today=since, certain_from_percent=Policy().certain_from_percent
    ).items():
        if any(end > since for _, end in windows):
            found[a].add(b)
    return {network: frozenset(others) for network, others in found.items()}


def _allied(relations: list[Json], ids: list[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {network: set() for network in ids}
    for told in relations:
        if told["kind"] == "allied":
            found[told["a"]].add(told["b"])
            found[told["b"]].add(told["a"])
    return {network: frozenset(others) for network, others in found.items()}
