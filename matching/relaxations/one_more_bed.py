"""`one_more_bed`: a facility has a unit more, of a kind it has already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matching.facts import Facts, Unit
from matching.relaxations.base import N_, Change, Relaxation, Shut, with_facility

__all__ = ["OneMoreBed"]


class OneMoreBed(Relaxation):
    """One more unit, not shared, with a bed for each member: of a kind the facility has, at its conditions."""

    name = "one_more_bed"
    sentence = N_("One more unit ({unit}) with {beds} beds in this kommun, at a facility like this one.")
    lifts = frozenset({"place_capacity"})

    def changes(self, case: int, shut: Shut | None, facts: Facts) -> Iterator[Change]:
        """A unit of each kind the facility has, where no bed is free or it is too small."""
        if shut is None or shut.rule not in self.lifts or shut.objection.reason == "quota_full":
            return
        beds = len(facts.cases[case].household)
        for kind in sorted({unit.kind for unit in facts.facilities[shut.facility].units}):
            yield self._change(shut, kind, beds)

    def _change(self, shut: Shut, kind: str, beds: int) -> Change:
        def apply(facts: Facts) -> Facts:
            units = (*facts.facilities[shut.facility].units, Unit(kind, beds, is_shared=False))
            names = list(facts.names.units)
            names[shut.facility] = (*names[shut.facility], "one-more")
            changed = replace(facts, names=replace(facts.names, units=tuple(names)))
            return with_facility(changed, shut.facility, units=units)

        values = (("unit", kind), ("beds", beds))
        return Change(self.name, beds * self.costs.bed, values, apply, shut.first_day, shut.leg, shut.facility, kind)
