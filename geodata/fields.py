"""Values of an operator's file, made into what the layers hold; None where that is impossible."""

import math
import re

from geodata.crs import inside_sweden, to_grid
from geodata.names import settled

MAX_NAME_LETTERS = 100
_TATORTSKOD = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{1,19}")


def is_missing(value: object) -> bool:
    """Whether a cell is empty.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(" "), is_missing(0)
    (True, True, True, False)
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    return bool(value != value)  # NaN and NaT alone differ from themselves


def whole(value: object) -> int | None:
    """Return a whole number of zero or more.

    Examples
    --------
    >>> whole(12.0), whole("12"), whole(-1), whole(1.5), whole("x")
    (12, 12, None, None, None)
    """
    try:
        number = float(str(value))
    except ValueError:
        return None
    return int(number) if math.isfinite(number) and number >= 0 and number == int(number) else None


def code(value: object, width: int) -> str | None:
    """Return an official code as text of its right width, also when the file keeps it as a number.

    Examples
    --------
    >>> code(114, 4), code("0114", 4), code(114.0, 4), code("1", 2), code("01140", 4), code("x", 2)
    ('0114', '0114', '0114', '01', None, None)
    """
    if is_missing(value) or isinstance(value, bool):
        return None
    text = str(value).strip()
    if not text.isascii() or not text.isdigit():
        number = whole(value) if not isinstance(value, str) else None
        if number is None:
            return None
        text = str(number)
    return text.zfill(width) if len(text) <= width and int(text) > 0 else None


def tatortskod(value: object) -> str | None:
    """Return the key of a tätort.

    Examples
    --------
    >>> tatortskod(" 0180TC101 "), tatortskod(336), tatortskod("a b"), tatortskod(None)
    ('0180TC101', '0336', None, None)
    """
    if is_missing(value) or isinstance(value, bool):
        return None
    number = None if isinstance(value, str) else whole(value)
    text = str(value).strip() if number is None else str(number).zfill(4)
    return text if _TATORTSKOD.fullmatch(text) else None


def name(value: object) -> str | None:
    """Return a place's name, without "(preliminär)"; None if empty, endless, or wrongly decoded.

    Examples
    --------
    >>> name("Åre (preliminär)"), name("\\ufffdre"), name("Ã…re"), name("")
    ('Åre', None, None, None)
    """
    if not isinstance(value, str):
        return None
    text = settled(" ".join(value.split()))
    broken = any(sign in text for sign in ("\ufffd", "Ã", "\x00")) or not text.isprintable()
    return text if text and not broken and len(text) <= MAX_NAME_LETTERS else None


def grid_point(first: object, second: object) -> tuple[int, int] | None:
    """Return easting and northing of two coordinate columns, in either order.

    Swedish files call either one X. The two ranges do not overlap, so the numbers themselves say which is which;
    degrees are projected.

    Examples
    --------
    >>> grid_point(674_032, 6_580_822), grid_point(6_580_822, 674_032), grid_point(0, 0)
    ((674032, 6580822), (674032, 6580822), None)
    """
    try:
        a, b = float(str(first)), float(str(second))
    except ValueError:
        return None
    if not (math.isfinite(a) and math.isfinite(b)):
        return None
    for x_m, y_m in ((a, b), (b, a)):
        if inside_sweden(x_m, y_m):
            return round(x_m), round(y_m)
    for lon, lat in ((a, b), (b, a)):
        if 10 <= lon <= 25 and 55 <= lat <= 70:
            east, north = to_grid(lon, lat)
            return (round(float(east)), round(float(north))) if inside_sweden(float(east), float(north)) else None
    return None
