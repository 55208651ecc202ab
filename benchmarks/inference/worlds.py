"""Worlds for the attack: generated weeks, what everybody knows of one, and who lives where in it.

A world is a generated week of national size in which everybody placed is safe from everybody else. Seeded into a
register it is the template that registers are copied from, so that several attackers can start from the same one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Final

import numpy as np
from pydantic import TypeAdapter

from benchmarks.generate import generate, to_bytes
from benchmarks.generation.spec import WeekSpec
from benchmarks.inference.interface import Facility, Public
from geodata.enrich import enrich, place_index
from geodata.layers import Layers
from geodata.network import TravelNetwork
from matching.domain import Policy, Relation, parse
from matching.facts import Facts
from matching.networks import hostile_windows
from matching.requester import attributes
from service.engine.seeding import id_of

__all__ = ["NATIONAL", "TINY", "World", "layers", "new_world", "travel_network"]

NATIONAL: Final = WeekSpec(waiting=0, placed=200, facilities=180, networks=80, residences=15, vacancy_percent=10)
"""As many as are placed in Sweden; nobody else waits, so that whatever an attacker sees is of those who live there."""
TINY: Final = WeekSpec(waiting=0, placed=10, facilities=30, networks=6, vacancy_percent=40)
"""For tests."""


@cache
def layers() -> Layers:
    """The map of this machine, read once."""
    return Layers.load()


@cache
def travel_network() -> TravelNetwork:
    """The roads of this machine, read once."""
    return TravelNetwork.load(layers())


@dataclass(frozen=True)
class World:
    """A week to attack.

    Parameters
    ----------
    spec : size, seed and vacancy of the week
    document : the week as the register is seeded with it
    public : what everybody knows
    placed : for each network, ids of the facilities where its people live; for the judge alone
    policy : of the week
    homes : where each placed person lives, by key; for the judge alone
    """

    spec: WeekSpec
    document: bytes = field(repr=False)
    public: Public = field(repr=False)
    placed: Mapping[str, tuple[str, ...]] = field(repr=False)
    policy: Policy = field(repr=False)
    homes: Mapping[str, str] = field(default_factory=dict, repr=False)


def new_world(spec: WeekSpec) -> World:
    """Generate a week; the same spec gives the same world.

    Raises
    ------
    NoRoom : so many people cannot be placed safely in so few facilities

    Examples
    --------
    >>> world = new_world(TINY)
    >>> len(world.public.facilities), sum(map(len, world.placed.values())) > 0
    (30, True)
    """
    week = generate(spec, layers(), travel_network())
    document = to_bytes(week)
    told = parse(document, place_index(layers()))
    facts = enrich(told, layers(), travel_network())
    policy = told.policy
    placed = _placed(week, spec.today)
    return World(spec, document, _public(spec, week, facts, policy), placed, policy, _homes(week, spec.today))


def _public(spec: WeekSpec, week: Mapping[str, Any], facts: Facts, policy: Policy) -> Public:
    facilities = {}
    number = {name: place for place, name in enumerate(facts.names.facilities)}
    for told in week["facilities"]:
        where, row = layers().resolve(told["locality"]), str(id_of("facility", told["id"]))
        facilities[row] = Facility(
            id=row,
            locality=told["locality"],
            kommun=where.kommun,
            lan=where.lan,
            x_m=where.x_m,
            y_m=where.y_m,
            beds=sum(unit["beds"] for unit in told["units"]),
            attributes=attributes(facts.facilities[number[told["id"]]]),
        )
    networks = [one["id"] for one in week["networks"]]
    return Public(
        facilities=dict(sorted(facilities.items())),
        rivals=_rivals(week, networks, spec, policy),
        homes={str(id_of("network", one["id"])): _home(one) for one in week["networks"]},
        vacancy_percent=spec.vacancy_percent,
        separation_km=policy.separation_km,
        near=_within(facts, policy, 100),
        shut=_within(facts, policy, 100 + policy.poor_knowledge_widening_percent),
    )


def _within(facts: Facts, policy: Policy, percent: int) -> Mapping[str, frozenset[str]]:
    """For each facility, those within so much of the separation of rivals, by distance or by road."""
    homes = np.array([facility.place for facility in facts.facilities])
    pairs = np.ix_(homes, homes)
    metres, minutes = (-(-limit * percent // 100) for limit in (policy.separation_km * 1000, policy.separation_min))
    is_near = (facts.places.gap_m[pairs] <= metres) | (facts.places.safe_min[pairs] <= minutes)
    ids = [str(id_of("facility", name)) for name in facts.names.facilities]
    return {
        ids[number]: frozenset(ids[other] for other in np.flatnonzero(row).tolist())
        for number, row in enumerate(is_near)
    }


def _home(network: Mapping[str, Any]) -> str:
    return next((str(one["locality"]) for one in network["presence"]), "")


def _rivals(
    week: Mapping[str, Any], networks: list[str], spec: WeekSpec, policy: Policy
) -> Mapping[str, frozenset[str]]:
    relations = TypeAdapter(list[Relation]).validate_json(json.dumps(week["relations"]))
    today = spec.today.toordinal()
    windows = hostile_windows(
        relations,
        rival_of_ally=policy.rival_of_ally_counts,
        today=today,
        certain_from_percent=policy.certain_from_percent,
    )
    found: dict[str, set[str]] = {str(id_of("network", network)): set() for network in networks}
    for (one, other), spans in windows.items():
        if any(end > today for _, end in spans):
            first, second = str(id_of("network", one)), str(id_of("network", other))
            found[first].add(second)
            found[second].add(first)
    return {network: frozenset(others) for network, others in found.items()}


def _there_now(week: Mapping[str, Any], today: date) -> Iterator[Mapping[str, Any]]:
    """Placements of who is there now; whoever is only held for or has left is nobody's secret here."""
    for placement in week["placements"]:
        departed = placement.get("departed")
        if placement["state"] != "placed" or date.fromisoformat(placement["start"]) > today:
            continue
        if departed is None or date.fromisoformat(departed) > today:
            yield placement


def _placed(week: Mapping[str, Any], today: date) -> Mapping[str, tuple[str, ...]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for placement in _there_now(week, today):
        for member in placement["household"]:
            for membership in member.get("memberships", ()):
                found[str(id_of("network", membership["network"]))].add(str(id_of("facility", placement["facility"])))
    return {network: tuple(sorted(homes)) for network, homes in sorted(found.items())}


def _homes(week: Mapping[str, Any], today: date) -> Mapping[str, str]:
    return {
        str(member["person_key"]): str(id_of("facility", placement["facility"]))
        for placement in _there_now(week, today)
        for member in placement["household"]
    }
