"""What a rule is. One rule is one file here, named as the rule, and one test file.

* `PairRule` is the easy half: the author writes `objection(case, stay, facts)`; the candidate
  filter, the solver's clauses and the check follow from it.
* `CostRule` is its soft twin: the author writes `cost(case, stay, facts)`.
* `MeetingRule` (`matching.constraints.meeting`) is for hard rules about two households: the author writes
  `concerns(a, b, facts)` and `meeting(one, other, facts)`.
* `Constraint` is for rules over several stays at once: `objection` judges one stay against what is
  fixed, `add_to` writes the clauses between waiting stays, `violations` says the meaning again,
  without a solver.

No module here imports OR-Tools: clauses are written through `matching.constraints.clauses`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, final

import numpy as np

from matching.columns import BoolArray
from matching.constraints.clauses import Clauses
from matching.facts import Case, Facts, Live, Stay
from matching.plans import Candidates, Objection, Plan, Violation

__all__ = ["MAY_READ", "Audience", "Constraint", "CostRule", "Level", "OnLive", "Origin", "PairRule", "Scope"]


class Level(StrEnum):
    """HARD rules are never broken by a plan; the others cost: RISK before MOVES before SOFT."""

    HARD = "hard"
    RISK = "risk"
    MOVES = "moves"
    SOFT = "soft"


class OnLive(StrEnum):
    """What a live breach of a hard rule asks for: it never makes a plan infeasible."""

    MOVE_NOW = "move_now"
    MOVE_BY = "move_by"
    TASK = "task"
    IGNORE = "ignore"


class Audience(StrEnum):
    """Who may read a message; a rule without one for an audience is withheld from it."""

    ASSESSOR = "assessor"
    COORDINATOR = "coordinator"
    REQUESTER = "requester"


class Scope(StrEnum):
    """What a rule reads: the own case and the catalogue alone, or other people as well.

    Only OWN_CASE rules may shape anything a requester sees.
    """

    OWN_CASE = "own_case"
    EVERYBODY = "everybody"


class Origin(StrEnum):
    """What the value of a message's parameter depends on; who reads which: `MAY_READ`."""

    OWN_CASE = "own_case"
    POLICY = "policy"
    CATALOGUE = "catalogue"
    OTHERS = "others"


MAY_READ: Mapping[Audience, frozenset[Origin]] = MappingProxyType(
    {
        Audience.COORDINATOR: frozenset(Origin),
        Audience.ASSESSOR: frozenset({Origin.OWN_CASE, Origin.POLICY}),
        Audience.REQUESTER: frozenset({Origin.OWN_CASE, Origin.POLICY}),
    }
)
"""What the parameters an audience reads may depend on; any other is left open."""


class Constraint(ABC):
    """A rule; see the module's head. Class attributes are public and never renamed.

    `messages` holds one sentence an audience may read when the rule objects; no message for an
    audience means the rule is withheld from it. A sentence may name parameters in braces: `amount`,
    or one of the objection's `values`; `parameters` says what each depends on.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    level: ClassVar[Level]
    scope: ClassVar[Scope]
    source: ClassVar[str]
    reads: ClassVar[frozenset[str]]
    messages: ClassVar[Mapping[Audience, str]]
    parameters: ClassVar[Mapping[str, Origin]] = MappingProxyType({})
    on_live: ClassVar[OnLive | None] = None

    def __init_subclass__(cls, **more: Any) -> None:
        """Whoever says anew what a rule means does not inherit the faster way to ask the old one."""
        super().__init_subclass__(**more)
        for meaning, faster in (("objection", "refused"), ("turning_days", "turning")):
            says, asks = (next(one for one in cls.__mro__ if name in vars(one)) for name in (meaning, faster))
            if says is not asks and cls.__mro__.index(says) < cls.__mro__.index(asks):
                setattr(cls, faster, getattr(Constraint, faster))

    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:  # noqa: ARG002 - the default
        """Why this stay alone is refused, given the case, the catalogue and all that is fixed."""
        return None

    def refused(
        self,
        case: Case,  # noqa: ARG002 - the default
        start_day: int,  # noqa: ARG002 - the default
        end_day: int,  # noqa: ARG002 - the default
        facts: Facts,  # noqa: ARG002 - the default
    ) -> BoolArray | None:
        """(n,) by facility, where the rule objects to a stay ``[start_day, end_day)``: `objection` of all at once.

        None: the rule has no faster way than to be asked one facility at a time. What counts is `objection`;
        a rule that writes this as well answers the same.
        """
        return None

    @final
    def _refused_everywhere(self, case: Case, start_day: int, end_day: int, facts: Facts) -> BoolArray:
        """`refused` of a rule that reads no facility: `objection`, asked once."""
        found = self.objection(case, Stay(0, start_day, end_day), facts)
        return np.full(len(facts.facilities), found is not None)

    @final
    @property
    def is_dated(self) -> bool:
        """Whether an objection to a facility, or a cost, can change with the start; decided by what the rule reads."""
        return bool(self.reads & {"Stay.start_day", "Stay.end_day"})

    def public_objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """The part of `objection` that reads the own case and the catalogue alone."""
        return self.objection(case, stay, facts) if self.scope is Scope.OWN_CASE else None

    def catalogue_objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """`public_objection`, and what the catalogue tells of days besides: closures and quotas.

        What is shown to a requester does not turn on them; how wide a question is does: a closed house hides nobody.
        """
        return self.public_objection(case, stay, facts)

    def turning_days(self, case: Case, facility: int, facts: Facts) -> Iterable[int]:  # noqa: ARG002 - the default
        """Days on which an objection to this facility may end: they become candidate starts."""
        return ()

    def turning(self, case: Case, days: range, facts: Facts) -> BoolArray | None:  # noqa: ARG002 - the default
        """(len(days), n) by day and facility: `turning_days` of all facilities at once, those among the days asked for.

        None: the rule has no faster way than to be asked one facility at a time.
        """
        tells_none = type(self).turning_days is Constraint.turning_days
        return self._turning_everywhere((), days, facts) if tells_none else None

    @final
    def _turning_everywhere(self, told: Iterable[int], days: range, facts: Facts) -> BoolArray:
        """`turning` for days that are told of every facility alike."""
        found = np.zeros((len(days), len(facts.facilities)), dtype=np.bool_)
        found[[day - days.start for day in told if day in days]] = True
        return found

    @abstractmethod
    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Write the clauses, or the costs, over the candidates."""

    @abstractmethod
    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """The meaning: every breach, or every cost, of a plan; no solver takes part."""

    def live_violations(self, facts: Facts) -> Iterator[Violation]:  # noqa: ARG002 - the default
        """Breaches among those already present: findings, never a plan's fault."""
        return iter(())

    @final
    def _forbid_refused(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Forbid each candidate objected to, unless the filter already removed them."""
        if self.name in candidates.filtered_by:
            return
        for number, candidate in enumerate(candidates.items):
            if self.objection(facts.cases[candidate.case], candidate.stay, facts) is not None:
                clauses.forbid(number)

    @final
    def live_breach(
        self, reason: str, amount: int, parties: tuple[tuple[str, int], ...], act: OnLive | None = None
    ) -> Violation:
        """A finding of `live_violations`; it asks for what the rule says, unless told otherwise."""
        asked = self.on_live if act is None else act
        return Violation(self.name, reason, amount, parties, is_live=True, act=None if asked is None else str(asked))

    @final
    def speaks_to(self, audience: Audience) -> bool:
        """Whether an audience learns that the rule objects; otherwise it is withheld from it."""
        return audience in self.messages

    @final
    def sentence(
        self,
        audience: Audience,
        told: Mapping[str, object] = MappingProxyType({}),
        translate: Callable[[str], str] = lambda text: text,
    ) -> str | None:
        """What an audience reads when the rule objects; none: withheld.

        Parameters
        ----------
        audience : whom it is told
        told : values of the parameters; one that is missing, or whose origin the audience may not read
            (`MAY_READ`), is left open
        translate : from `matching.language.translator`
        """
        if not self.speaks_to(audience):
            return None
        readable = {name for name, origin in self.parameters.items() if origin in MAY_READ[audience]}
        values = {name: told.get(name, "…") if name in readable else "…" for name in self.parameters}
        return translate(self.messages[audience]).format(**values)


class PairRule(Constraint):
    """A hard rule about one case at one stay: write `objection`, the rest follows.

    Live stays are judged by the same objection, from today on; a rule that means something else by
    them writes `live_objection`.
    """

    level = Level.HARD
    on_live: ClassVar[OnLive]

    @abstractmethod
    def objection(self, case: Case, stay: Stay, facts: Facts) -> Objection | None:
        """Why this stay is refused; none: accepted."""

    @final
    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Forbid each candidate objected to."""
        self._forbid_refused(clauses, candidates, facts)

    @final
    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """Each placed stay objected to."""
        for placed in plan.placed:
            found = self.objection(facts.cases[placed.case], placed.stay, facts)
            if found is not None:
                parties = (("case", placed.case), ("facility", placed.stay.facility))
                yield Violation(self.name, found.reason, found.amount, parties)

    def live_objection(self, live: Live, facts: Facts) -> Objection | None:
        """Why somebody already placed may not stay; none: accepted."""
        return self.objection(live.case, live.stay, facts)

    @final
    def live_violations(self, facts: Facts) -> Iterator[Violation]:
        """Each live stay objected to, unless the rule says nothing of them."""
        for live in facts.live if self.on_live is not OnLive.IGNORE else ():
            found = self.live_objection(live, facts)
            if found is not None:
                parties = (("presence", live.presence), ("facility", live.stay.facility))
                yield self.live_breach(found.reason, found.amount, parties, self.urgency(found))

    def urgency(self, found: Objection) -> OnLive:  # noqa: ARG002 - the default
        """What a live breach asks for; `on_live` unless the rule tells kinds of breaches apart."""
        return self.on_live


class CostRule(Constraint):
    """A soft rule about one case at one stay: write `cost`, the rest follows.

    A rule without a field in `matching.domain.Weights` brings its weight: it declares `default_weight`
    and reads `weight`; a policy changes it under ``weights.further``, by the rule's name.
    """

    level = Level.SOFT
    default_weight: ClassVar[int | None] = None

    @abstractmethod
    def cost(self, case: Case, stay: Stay, facts: Facts) -> int:
        """Weighted cost of this stay, 0 or more."""

    @final
    def weight(self, facts: Facts) -> int:
        """The weight this rule brings, or what the policy puts in its place.

        Raises
        ------
        TypeError : the rule declares no `default_weight`
        """
        if self.default_weight is None:
            raise TypeError("a rule that brings no weight of its own reads its field of the policy's weights")
        return facts.policy.weights.further.get(self.name, self.default_weight)

    @final
    def add_to(self, clauses: Clauses, candidates: Candidates, facts: Facts) -> None:
        """Charge each candidate its cost; where no date is read, a case and facility are priced once."""
        items = candidates.items
        priced, alike = (range(len(items)),) * 2 if self.is_dated else candidates.homes
        amounts = [self.cost(facts.cases[items[number].case], items[number].stay, facts) for number in priced]
        for number, home in enumerate(alike):
            if amounts[home]:
                clauses.charge(number, amounts[home])

    @final
    def violations(self, plan: Plan, facts: Facts) -> Iterator[Violation]:
        """Each placed stay that costs something."""
        for placed in plan.placed:
            amount = self.cost(facts.cases[placed.case], placed.stay, facts)
            if amount:
                parties = (("case", placed.case), ("facility", placed.stay.facility))
                yield Violation(self.name, "costs", amount, parties)
