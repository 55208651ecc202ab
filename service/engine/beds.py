"""Which bed, on which nights: a household's beds of a unit become numbered beds that nobody else holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from service.store.repository.stays import Nights

__all__ = ["numbered"]


def numbered(
    beds: Sequence[int], booked: Iterable[Nights], persons: int, start_day: int, end_day: int
) -> tuple[Nights, ...] | None:
    """Beds of one unit for so many persons on nights ``[start_day, end_day)``; none when some night lacks one.

    A person keeps the bed that stays free longest, and changes it only where no bed of the unit is free throughout:
    as long as every night has enough free beds, everybody gets one.

    Parameters
    ----------
    beds : numbers of the unit's beds
    booked : what is booked of them

    Examples
    --------
    >>> numbered([7, 8], [Nights(7, 10, 12)], 1, 9, 14)
    (Nights(bed=8, start_day=9, end_day=14),)
    >>> numbered([7, 8], [Nights(7, 9, 11), Nights(8, 11, 14)], 1, 9, 14)
    (Nights(bed=7, start_day=11, end_day=14), Nights(bed=8, start_day=9, end_day=11))
    >>> numbered([7], [Nights(7, 13, 14)], 1, 9, 14) is None
    True
    """
    taken = [one for one in booked if one.start_day < end_day and one.end_day > start_day]
    found: list[Nights] = []
    for _ in range(persons):
        day = start_day
        while day < end_day:
            runs = [(_free_until(bed, day, end_day, taken), -bed) for bed in beds]
            until, negative = max(runs, default=(day, 0))
            if until <= day:
                return None
            night = Nights(-negative, day, until)
            found.append(night)
            taken.append(night)
            day = until
    return tuple(sorted(found))


def _free_until(bed: int, day: int, end_day: int, taken: Iterable[Nights]) -> int:
    """The first day from `day` on that is not free, at most `end_day`."""
    until = end_day
    for one in taken:
        if one.bed == bed and one.end_day > day:
            until = min(until, max(one.start_day, day))
    return until
