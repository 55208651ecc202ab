"""Places by hand: far from each other but for what a test tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from matching.facts import Places

__all__ = ["FAR_M", "FAR_MIN", "Pairs", "matrix", "places"]

FAR_M: Final = 900_000
FAR_MIN: Final = 700

Pairs = Mapping[tuple[int, int], int]


def matrix(size: int, told: Pairs, otherwise: int) -> np.typing.NDArray[np.int64]:
    """Symmetric, 0 on the diagonal, `otherwise` wherever nothing was told."""
    full = np.full((size, size), otherwise, dtype=np.int64)
    np.fill_diagonal(full, 0)
    for (a, b), value in told.items():
        full[a, b] = full[b, a] = value
    return full


def places(
    size: int = 4,
    *,
    gap_m: Pairs | None = None,
    safe_min: Pairs | None = None,
    reach_m: Pairs | None = None,
    road_min: Pairs | None = None,
    districts_of: Mapping[int, Sequence[int]] | None = None,
    kommun: Sequence[int] | None = None,
    lan: Sequence[int] | None = None,
    police_region: Sequence[int] | None = None,
    larger_town_min: Sequence[int] | None = None,
    population: Sequence[int] | None = None,
) -> Places:
    """Places far from each other but for what is told, in metres and minutes.

    Reach distances and road minutes default to the keep-apart ones; each place has zones of its own.
    """
    root = np.arange(size)
    for parent, districts in (districts_of or {}).items():
        root[list(districts)] = parent
    own = np.arange(size, dtype=np.int64)

    def zone(told: Sequence[int] | None, first: int) -> np.typing.NDArray[np.int64]:
        return own + first if told is None else np.array(told, dtype=np.int64)

    return Places(
        gap_m=matrix(size, gap_m or {}, FAR_M),
        reach_m=matrix(size, reach_m if reach_m is not None else gap_m or {}, FAR_M),
        safe_min=matrix(size, safe_min or {}, FAR_MIN),
        road_min=matrix(size, road_min if road_min is not None else safe_min or {}, FAR_MIN),
        root=root.astype(np.int64),
        kommun=zone(kommun, 100),
        lan=zone(lan, 200),
        police_region=zone(police_region, 300),
        larger_town_min=np.zeros(size, dtype=np.int64)
        if larger_town_min is None
        else np.array(larger_town_min, dtype=np.int64),
        population=np.full(size, 50_000, dtype=np.int64)
        if population is None
        else np.array(population, dtype=np.int64),
    )
