"""What the back knows of the map: names, zones and which ids exist; no coordinate and no distance."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo

from geodata.enrich import place_index
from geodata.layers import Layers, Locality, active_folder
from matching.domain import PlaceIndex

__all__ = ["LOCAL", "layers", "locality", "places"]

LOCAL = ZoneInfo("Europe/Stockholm")
"""Days of the register are days of this zone."""


@cache
def layers() -> Layers:
    """The map layers of this process, read once."""
    return Layers.load(active_folder())


@cache
def places() -> PlaceIndex:
    """The ids that exist."""
    return place_index(layers())


def locality(locality_id: str) -> Locality:
    """A locality by its id, also by an older one.

    Examples
    --------
    >>> locality("0180-kista").police_region
    'stockholm'
    """
    return layers().resolve(locality_id)
