"""Which places a scenario names, and the number each of them gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from matching import domain

__all__ = ["AnyFile", "Numbering", "places_in_use"]


@dataclass(frozen=True)
class Numbering:
    """Which number a place or zone has.

    Parameters
    ----------
    localities : locality id -> place number
    points : (latitude, longitude) in degrees -> place number
    regions : police region code -> zone number
    """

    localities: Mapping[str, int]
    points: Mapping[tuple[float, float], int]
    regions: Mapping[str, int]


AnyFile = domain.Case | domain.CaseFile


def _files(scenario: domain.Situation) -> Iterator[AnyFile]:
    yield from scenario.cases
    yield from (item.case_file for item in scenario.placements if item.case_file is not None)


def _areas_of(file: AnyFile) -> Iterator[domain.AnyArea]:
    for assessment in file.assessments:
        yield from assessment.forbidden
        yield from assessment.preferred
        for actor in assessment.actors:
            if actor.reach.kind == "areas":
                yield from actor.reach.areas


def _localities_of(file: AnyFile) -> Iterator[str]:
    yield from file.homes
    yield from file.crime_localities
    yield from (known.locality for known in file.known_places)
    if isinstance(file, domain.Case):
        yield from file.permitted_contacts
    for area in _areas_of(file):
        if isinstance(area, domain.LocalityArea | domain.RingArea | domain.CircleArea) and area.locality is not None:
            yield area.locality
    for assessment in file.assessments:
        for actor in assessment.actors:
            if actor.reach.kind in ("radius", "minutes"):
                yield from actor.reach.bases


def places_in_use(scenario: domain.Situation) -> tuple[tuple[str, ...], tuple[domain.Point, ...]]:
    """Ids of the localities and the bare points a scenario names, each sorted and once."""
    localities: set[str] = set()
    points: set[tuple[float, float]] = set()
    for network in scenario.networks:
        localities.update(presence.locality for presence in network.presence)
    for facility in scenario.facilities:
        localities.update((facility.locality, *facility.schools))
    for file in _files(scenario):
        localities.update(_localities_of(file))
        for area in _areas_of(file):
            if isinstance(area, domain.CircleArea) and area.point is not None:
                points.add((area.point.latitude_deg, area.point.longitude_deg))
    localities.update(residence.locality for residence in scenario.residences)
    localities.update(exposure.locality for exposure in scenario.exposures if exposure.locality is not None)
    ordered = sorted(points)
    return tuple(sorted(localities)), tuple(domain.Point(latitude_deg=a, longitude_deg=b) for a, b in ordered)
