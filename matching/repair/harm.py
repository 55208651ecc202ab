"""What a move does to a household, in points: all that the least harmful repair weighs, in one place.

The numbers are fristad's own choice, to be replaced by the coordinators' once they have used them. They decide
between repairs that move equally many persons, and nothing else: never who is safe, never who is placed.
"""

from __future__ import annotations

from dataclasses import dataclass

from matching.facts import Facts, Live, is_minor

__all__ = ["MoveHarm", "harm_points"]

_NIGHTS_A_WEEK = 7


@dataclass(frozen=True)
class MoveHarm:
    """Points of harm.

    Parameters
    ----------
    per_week_stayed : roots grown, a week already lived there
    most_weeks : weeks counted at most
    per_child : a minor torn out of school and contacts
    per_need : a need of day one or of the first 14 days that has to be met anew
    not_begun : a person whose stay has not begun: a booking is changed, nobody moves
    another_room : a person who changes rooms within the facility
    least_nights : a stay somebody is moved to lasts at least so many nights, whatever was left of the old one

    Source
    ------
    Interview study with twelve practitioners, sudden moves; Socialstyrelsen (2023), broken ties raise dropout;
    the numbers: fristad's own choice
    """

    per_week_stayed: int = 2
    most_weeks: int = 52
    per_child: int = 60
    per_need: int = 10
    not_begun: int = 1
    another_room: int = 1
    least_nights: int = 14


def harm_points(live: Live, facts: Facts, harm: MoveHarm) -> int:
    """Harm of moving a household out of its facility.

    Examples
    --------
    >>> from tests.builders import TODAY, case, live, person, present, world
    >>> household = [person(30, guardian=True), person(9)]
    >>> stay = live(case(*household, day_one_needs=frozenset({"trauma_treatment"})), 0)
    >>> facts = world(presences=[present(1, *household, days=(TODAY - 70, TODAY + 400))], live=[stay])
    >>> harm_points(stay, facts, MoveHarm())  # ten weeks, one child, one need
    91
    """
    start_day = facts.presences[live.presence].start_day
    if start_day > facts.today:
        return harm.not_begun * len(live.case.household)
    weeks = min((facts.today - start_day) // _NIGHTS_A_WEEK, harm.most_weeks)
    children = sum(1 for person in live.case.household if is_minor(person, facts.policy))
    needs = len(live.case.day_one_needs | live.case.soon_needs)
    return 1 + harm.per_week_stayed * weeks + harm.per_child * children + harm.per_need * needs
