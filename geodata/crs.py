"""Between latitude/longitude (EPSG:4326) and the project grid, SWEREF 99 TM (EPSG:3006)."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from pyproj import Transformer

GRID_EPSG = 3006
DEGREES_EPSG = 4326

# Easting and northing that hold all of Sweden with a margin; anything outside is not in the country.
WEST_M, EAST_M = 200_000, 1_000_000
SOUTH_M, NORTH_M = 6_100_000, 7_700_000


@cache
def _transformer(source: int, target: int) -> "Transformer":
    os.environ["PROJ_NETWORK"] = "OFF"  # no grid is needed, and none may be fetched
    from pyproj import Transformer
    from pyproj.network import set_network_enabled  # type: ignore[attr-defined]

    set_network_enabled(False)
    return Transformer.from_crs(source, target, always_xy=True)


def _pair(transformer: "Transformer", first: ArrayLike, second: ArrayLike) -> Any:
    return transformer.transform(np.asarray(first, dtype=float), np.asarray(second, dtype=float))


def to_grid(lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project longitude and latitude to easting and northing.

    Parameters
    ----------
    lon, lat : float arrays of one shape, degrees, EPSG:4326

    Returns
    -------
    two float arrays of that shape, metres, EPSG:3006

    Examples
    --------
    >>> x_m, y_m = to_grid(15.0, 0.0)
    >>> int(x_m), int(y_m)
    (500000, 0)
    """
    x_m, y_m = _pair(_transformer(DEGREES_EPSG, GRID_EPSG), lon, lat)
    return np.asarray(x_m), np.asarray(y_m)


def to_degrees(x_m: ArrayLike, y_m: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitude and latitude of grid coordinates.

    Parameters
    ----------
    x_m, y_m : float arrays of one shape, metres, EPSG:3006

    Returns
    -------
    two float arrays of that shape, degrees, EPSG:4326

    Examples
    --------
    >>> lon, lat = to_degrees(500_000, 6_600_000)
    >>> round(float(lon), 3), round(float(lat), 3)
    (15.0, 59.538)
    """
    lon, lat = _pair(_transformer(GRID_EPSG, DEGREES_EPSG), x_m, y_m)
    return np.asarray(lon), np.asarray(lat)


def inside_sweden(x_m: float, y_m: float) -> bool:
    """Whether a grid coordinate can lie in Sweden at all (a rectangle around it).

    Examples
    --------
    >>> inside_sweden(674_032, 6_580_822), inside_sweden(0.0, 0.0)
    (True, False)
    """
    return WEST_M <= x_m <= EAST_M and SOUTH_M <= y_m <= NORTH_M
