"""The map of Sweden as SVG paths, for pages that must open without network."""

from dataclasses import dataclass

from geodata.layers import Layers
from geodata.outlines import Outline, Ring

STEP_M = 100
MARGIN = 60  # units of 100 m around the country


@dataclass(frozen=True)
class BaseMap:
    """Kommuner drawn in units of 100 m, north upwards.

    Parameters
    ----------
    view_box : (left, top, width, height) in map units, for the attribute ``viewBox``
    width_px, height_px : size on the page
    kommuner : (kommun code, path data) sorted by code; relative coordinates
    """

    view_box: tuple[int, int, int, int]
    width_px: int
    height_px: int
    kommuner: tuple[tuple[str, str], ...]

    @property
    def viewBox(self) -> str:  # noqa: N802 - the attribute's own name in SVG
        """The text of the SVG attribute."""
        return " ".join(map(str, self.view_box))

    def point(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return the map units of a grid coordinate.

        Parameters
        ----------
        x_m, y_m : EPSG:3006, metres

        Returns
        -------
        (sx, sy) in the units of ``viewBox``

        Examples
        --------
        >>> base_map(width_px=300).point(674_000, 6_580_000)
        (6740.0, -65800.0)
        """
        return round(x_m / STEP_M, 1), round(-y_m / STEP_M, 1)


def base_map(layers: Layers | None = None, *, width_px: int = 420) -> BaseMap:
    """Draw every kommun of the layers, by default the embedded ones.

    Parameters
    ----------
    layers : whose kommuner to draw
    width_px : width on the page; the height follows

    Raises
    ------
    ValueError : the width is not positive

    Examples
    --------
    >>> drawn = base_map(width_px=300)
    >>> len(drawn.kommuner), drawn.kommuner[0][0], drawn.kommuner[0][1][:1]
    (290, '0114', 'M')
    """
    if width_px <= 0:
        raise ValueError("width_px is more than 0")
    outlines = (Layers.load() if layers is None else layers).kommun_outlines()
    corners = [_unit(x, y) for area in outlines.values() for polygon in area for x, y in polygon[0]]
    left, top = min(x for x, _ in corners) - MARGIN, min(y for _, y in corners) - MARGIN
    width = max(x for x, _ in corners) + MARGIN - left
    height = max(y for _, y in corners) + MARGIN - top
    return BaseMap(
        view_box=(left, top, width, height),
        width_px=width_px,
        height_px=round(width_px * height / width),
        kommuner=tuple((code, _path(outlines[code])) for code in sorted(outlines)),
    )


def _unit(x_m: float, y_m: float) -> tuple[int, int]:
    return round(x_m / STEP_M), round(-y_m / STEP_M)


def _path(area: Outline) -> str:
    return "".join(_ring(ring) for polygon in area for ring in polygon)


def _ring(ring: Ring) -> str:
    points = [_unit(x, y) for x, y in ring]
    steps: list[str] = []
    here = points[0]
    for x, y in points[1:]:
        if (x, y) != here:
            dx, dy = x - here[0], y - here[1]
            steps.append(f"{dx}{dy}" if dy < 0 else f"{dx} {dy}")
            here = (x, y)
    if len(steps) < 2:  # an islet smaller than the grid of the drawing
        return ""
    text = f"M{points[0][0]} {points[0][1]}l{steps[0]}"
    for step in steps[1:]:
        text += step if step.startswith("-") else f" {step}"
    return text + "z"
