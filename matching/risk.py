"""How likely two households are hostile although nothing certain is known, in thousandths of nats.

The RISK of a pair is the sum over its pairs of networks of -ln(1 - p): such sums stay additive over
pairs of households, and the exponent of the total is the probability that nobody near anybody is hostile.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from matching.facts import Facts, Party, Tie

__all__ = ["milli_nats", "pair_risk_milli"]

_MOST_PERCENT = 99


def milli_nats(percent: int) -> int:
    """Thousandths of -ln(1 - p), rounded up; 99 percent is the most.

    Examples
    --------
    >>> milli_nats(0), milli_nats(20), milli_nats(50), milli_nats(99) == milli_nats(100)
    (0, 224, 694, True)
    """
    return math.ceil(-1000 * math.log1p(-min(percent, _MOST_PERCENT) / 100))


def pair_risk_milli(a: Party, b: Party, end_day: int, facts: Facts) -> int:
    """RISK of two households near each other from today until a day; the same in either order.

    Each pair of their networks counts once, with the probability recorded or, where nothing is recorded,
    the larger prior of the two; networks that are one, or halves of one, count nothing here.

    Parameters
    ----------
    a, b : two households
    end_day : first day on which not both are present any more, or `FOREVER`
    facts : what is recorded between networks, their priors, policy
    """
    return facts.remember(
        ("pair_risk_milli", a, b, end_day),
        lambda: sum(
            milli_nats(_percent(n, m, (n in a.peripheral) + (m in b.peripheral), end_day, facts))
            for n in a.networks
            for m in b.networks
            if m not in facts.halves[n]
        ),
    )


def _percent(n: int, m: int, peripheral_sides: int, end_day: int, facts: Facts) -> int:
    """Probability that two networks are hostile, in percent, rounded up at each step."""
    recorded = facts.ties.get((n, m), ())
    live = [tie for tie in recorded if max(tie.start_day, facts.today) < min(tie.end_day, end_day)]
    percent = _of_networks(live, max(facts.priors_percent[n], facts.priors_percent[m]))
    for _ in range(peripheral_sides):
        percent = _up(percent * facts.policy.peripheral_involvement_percent, 100)
    return percent


def _of_networks(live: Iterable[Tie], prior: int) -> int:
    rivalries = [tie.percent for tie in live if tie.kind == "rival"]
    if rivalries:
        nobody, whole = 1, 1
        for percent in rivalries:
            nobody, whole = nobody * (100 - percent), whole * 100
        return 100 - 100 * nobody // whole
    alliances = [tie.percent for tie in live if tie.kind == "allied"]
    return _up(prior * (100 - max(alliances)), 100) if alliances else prior


def _up(a: int, b: int) -> int:
    return -(-a // b)
