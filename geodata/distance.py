"""Planar distances on the project grid."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def metres(origins: ArrayLike, places: ArrayLike) -> NDArray[np.float64]:
    """Straight distance from each origin to each place.

    Parameters
    ----------
    origins : (n, 2) array, EPSG:3006, metres
    places : (m, 2) array, same grid

    Returns
    -------
    (n, m) float array, metres

    Raises
    ------
    ValueError : an argument is not made of pairs

    Source
    ------
    docs/decisions/0011-travel-network.md

    Examples
    --------
    >>> metres([[0, 0]], [[3, 4], [0, 0]]).tolist()
    [[5.0, 0.0]]
    """
    a, b = _pairs(origins), _pairs(places)
    return np.asarray(np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]))


def _pairs(points: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(points, dtype=float)
    if array.size == 0:
        return array.reshape(0, 2)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError("points must be rows of (x_m, y_m)")
    return array
