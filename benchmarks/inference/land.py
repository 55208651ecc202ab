"""The public catalogue as arrays: what an attacker reckons with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.inference.interface import Public
from service.settings import Settings

__all__ = ["CARD_SEPARATOR", "Flags", "Floats", "Land", "Occupancy"]

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CARD_SEPARATOR: Final = "|"
"""Between the values of a card in `Seen.order`."""
_HARDLY: Final = 0.05
_PERSONS_HELD_FOR: Final = 1.1
"""Persons a placed household has on average, as published."""


class Land:
    """Facilities, kommuner and distances of a catalogue, by number in the order of their ids and codes.

    Parameters
    ----------
    public : what everybody knows

    Attributes
    ----------
    ids, kommuner, networks : names by number
    kommun, lan : (n,) by facility
    beds, cards : (n,) by facility
    near : (n, n) which facilities are no farther apart than rivals must be, themselves included
    shut : (n, n) which facilities somebody to be kept away from at each would shut at most
    same_town : (n, n) which are in the same locality
    """

    def __init__(self, public: Public) -> None:
        told = [public.facilities[name] for name in sorted(public.facilities)]
        self.public = public
        self.ids = tuple(one.id for one in told)
        self.number = {name: number for number, name in enumerate(self.ids)}
        self.kommuner = tuple(sorted({one.kommun for one in told}))
        self.lans = tuple(sorted({one.lan for one in told}))
        self.networks = tuple(sorted(public.rivals))
        self.kommun: Ints = np.array([self.kommuner.index(one.kommun) for one in told], dtype=np.int64)
        self.lan: Ints = np.array([self.lans.index(one.lan) for one in told], dtype=np.int64)
        self.beds: Floats = np.array([one.beds for one in told], dtype=np.float64)
        self.at: Floats = np.array([(one.x_m, one.y_m) for one in told], dtype=np.float64).reshape(-1, 2)
        self.gap_m: Floats = np.hypot(*(self.at[:, None, :] - self.at[None, :, :]).transpose(2, 0, 1))
        towns = np.array([one.locality for one in told])
        self.same_town: Flags = towns[:, None] == towns[None, :]
        by_distance = self.gap_m <= public.separation_km * 1000
        self.near: Flags = (self._pairs(public.near) if public.near else by_distance) | self.same_town
        self.shut: Flags = self._pairs(public.shut) | self.near
        self.cards = np.array([CARD_SEPARATOR.join(one.attributes) for one in told])
        self.vacancy = public.vacancy_percent / 100
        occupied = float(self.beds.sum()) * (1 - self.vacancy) / _PERSONS_HELD_FOR
        self.persons_each = occupied / max(1, len(self.networks))
        share = self.beds / self.beds.sum()
        self.rival_near: Floats = self.near @ share * self.persons_each

    def _pairs(self, told: Mapping[str, Collection[str]]) -> Flags:
        """(n, n) of pairs told by id."""
        found: Flags = np.zeros((len(self.ids), len(self.ids)), dtype=np.bool_)
        for name, others in told.items():
            found[self.number[name], [self.number[other] for other in others]] = True
        return found

    def mask(self, ids: Iterable[str]) -> Flags:
        """(n,) which facilities are among these."""
        found: Flags = np.zeros(len(self.ids), dtype=np.bool_)
        found[[self.number[name] for name in ids if name in self.number]] = True
        return found

    def allowed(self, forbidden: Collection[str]) -> Flags:
        """(n,) which facilities lie in no forbidden kommun."""
        barred = np.array([code in forbidden for code in self.kommuner], dtype=np.bool_)
        return ~barred[self.kommun]

    def expected(self, network: str) -> Floats:
        """(n,) beds that are free and safe for a network, to be expected of each facility from public figures."""
        rivals = len(self.public.rivals.get(network, ()))
        found: Floats = self.beds * self.vacancy * np.exp(-rivals * self.rival_near)
        return found

    def is_admitted(self, among: Flags, settings: Settings, shut: Flags | None = None) -> bool:
        """Whether a question is answered when these facilities are publicly eligible.

        Enough of them must be left wherever one person to be kept away from may live.

        Parameters
        ----------
        shut : (n, n) what such a person would shut besides the policy's separation
        """
        if not among.any():
            return False
        left = among & ~(self.shut if shut is None else self.shut | shut)
        zones = [
            (left.astype(np.float64) @ self._members(which) > 0).sum(axis=1).min() for which in (self.kommun, self.lan)
        ]
        return bool(
            left.sum(axis=1).min() >= settings.admission_facilities
            and zones[0] >= settings.admission_kommuner
            and zones[1] >= settings.admission_lan
        )

    @staticmethod
    def _members(which: Ints) -> Floats:
        """(n, zones) which zone each facility lies in."""
        return np.asarray(which[:, None] == np.arange(int(which.max()) + 1)[None, :], dtype=np.float64)

    def best_kommun(self, weight: Floats) -> str:
        """The kommun with the greatest weight; the first by code where several have it."""
        by_kommun = np.bincount(self.kommun, weights=weight, minlength=len(self.kommuner))
        return self.kommuner[int(np.argmax(np.round(by_kommun / max(by_kommun.max(), 1e-300), 9)))]


class Occupancy:
    """Free safe beds to be expected of each facility, as answers tell: free beds as if strewn at random.

    Parameters
    ----------
    land : the catalogue
    """

    def __init__(self, land: Land) -> None:
        self._land = land
        self._free: Floats = land.beds * land.vacancy
        self._safe: dict[str, Floats] = {}

    def _safety(self, network: str) -> Floats:
        if network not in self._safe:
            rivals = len(self._land.public.rivals.get(network, ()))
            self._safe[network] = np.exp(-rivals * self._land.rival_near)
        return self._safe[network]

    def expected(self, network: str) -> Floats:
        """(n,) for a sham person of a network."""
        found: Floats = self._free * self._safety(network)
        return found

    def learn(self, network: str, among: Flags, count: int | None, *, is_some: bool, is_kept: bool = False) -> None:
        """What an answer says of the facilities it was about.

        Where nothing was, what is free there is unsafe for this network; where something was, more is free than was
        thought; where a bed is kept, one less.

        Parameters
        ----------
        among : (n,) publicly eligible ones
        count : how many there were, if that was told
        is_some : whether there was anything
        is_kept : whether the attackers keep a bed of it
        """
        safe = self._safety(network)
        mean = float((self._free * safe)[among].sum())
        if not is_some:
            self._free = np.where(among, self._free * (1 - safe), self._free)
            self._safe[network] = np.where(among, safe * _HARDLY, safe)
            return
        there = mean / -np.expm1(-mean) if mean > _HARDLY else 1.0
        there = float(count) if count is not None else there
        scale = max(there - is_kept, _HARDLY) / max(mean, _HARDLY)
        self._free = np.where(among, self._free * scale, self._free)
