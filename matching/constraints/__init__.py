"""The rule book: one rule a file, found by its file name; no list to edit.

>>> "rival_separation" in {rule.name for rule in rule_book()}
True
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from functools import cache
from string import Formatter

from matching.constraints.base import MAY_READ, Audience, Constraint, CostRule, Level, Origin, Scope
from matching.domain import Weights
from matching.domain.policy import MOST_WEIGHT

__all__ = ["NotARule", "hard", "load_rule", "not_judged", "rule_book"]

_SPECIFIED_HARD = (
    "actor_is_placed",
    "concentration_cap",
    "contract",
    "eligibility_gate",
    "exposed_place",
    "forbidden_locality",
    "former_network_separation",
    "household_together",
    "legal_form",
    "needs_met",
    "place_capacity",
    "protection_level",
    "provider_vetting",
    "rival_separation",
    "start_in_time",
    "threat_reach",
    "unknown_placement_margin",
)
"""Hard rules of the domain specification, §4."""

_NOT_RULES = frozenset({"apart", "base", "clauses", "meeting"})


_WAYS_TO_THE_CATALOGUE = frozenset({"Stay.facility", "Facts.facilities", "Facts.providers", "Facts.places"})
_CATALOGUE = frozenset({"Area", "Bed", "Block", "Contract", "Facility", "Places", "Provider", "Quota", "Unit"})


class NotARule(TypeError):
    """A file of the rule book that is not exactly one well-formed rule; the message says why."""


def load_rule(module_name: str) -> Constraint:
    """The one rule a module defines.

    Raises
    ------
    NotARule : none or several rules, another name than the file's, a missing declaration, or a message
        that says what its audience may not read, or speaks to a requester of what differs by facility

    Examples
    --------
    >>> load_rule("matching.constraints.needs_met").name
    'needs_met'
    """
    module = importlib.import_module(module_name)
    file_name = module_name.rpartition(".")[2]
    found = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Constraint) and kind.__module__ == module.__name__ and not inspect.isabstract(kind)
    ]
    if len(found) != 1:
        raise NotARule(f"{file_name}.py defines {len(found)} rules; a file holds exactly one")
    rule = found[0]
    declared = {"name", "summary", "level", "scope", "source", "reads", "messages"}
    missing = sorted(word for word in declared if not hasattr(rule, word))
    if missing:
        raise NotARule(f"{file_name}.py declares no {', '.join(missing)}")
    if rule.name != file_name:
        raise NotARule(f"{file_name}.py defines a rule of another name; the file is named as its rule")
    if (rule.level is Level.HARD) != (rule.on_live is not None):
        raise NotARule(f"{file_name}.py: a hard rule declares on_live, a soft one does not")
    if rule.scope not in set(Scope):
        raise NotARule(f"{file_name}.py declares no valid scope")
    if issubclass(rule, CostRule) and rule.default_weight is not None:
        _insist_on_weight(file_name, rule, rule.default_weight)
    for audience, message in rule.messages.items():
        _insist_on_message(file_name, rule, audience, message)
    return rule()


def _insist_on_weight(file_name: str, rule: type[CostRule], weight: int) -> None:
    """Refuse a weight no policy could tell, one that has a field already, and one the rule hides."""
    if type(weight) is not int or not 0 <= weight <= MOST_WEIGHT:
        raise NotARule(f"{file_name}.py: default_weight is no whole number from 0 to {MOST_WEIGHT}")
    if rule.name in Weights.model_fields:
        raise NotARule(f"{file_name}.py: default_weight, but the policy has a field for that weight")
    if not rule.reads >= {"Facts.policy", "Policy.weights", "Weights.further"}:
        raise NotARule(f"{file_name}.py: with a default_weight, reads holds Weights.further and the way there")


def _insist_on_message(file_name: str, rule: type[Constraint], audience: Audience, message: str) -> None:
    """Refuse a message that names what is not declared, or that tells a requester of anything but the own case."""
    if audience not in set(Audience):
        raise NotARule(f"{file_name}.py has a message for nobody we know")
    try:
        named = [part[1:] for part in Formatter().parse(message) if part[1] is not None]
    except ValueError as fault:
        raise NotARule(f"{file_name}.py: a message has an open brace") from fault
    for name, form, conversion in named:
        if form or conversion or rule.parameters.get(str(name)) not in set(Origin):
            raise NotARule(f"{file_name}.py: a message names a parameter that is not declared with its origin")
        if audience is Audience.REQUESTER and rule.parameters[str(name)] not in MAY_READ[audience]:
            raise NotARule(f"{file_name}.py: a requester would read of others or of where a facility lies")
    if audience is Audience.REQUESTER and rule.scope is not Scope.OWN_CASE:
        raise NotARule(f"{file_name}.py: a rule about others tells a requester something")
    if audience is Audience.REQUESTER and any(map(_is_of_the_catalogue, rule.reads)):
        raise NotARule(f"{file_name}.py: a rule that reads facilities or places tells a requester something")


def _is_of_the_catalogue(read: str) -> bool:
    """Whether an answer that reads this may differ between two facilities: a requester's is judged at none."""
    return read in _WAYS_TO_THE_CATALOGUE or read.partition(".")[0] in _CATALOGUE


@cache
def rule_book() -> tuple[Constraint, ...]:
    """Every rule of the package: hard ones first, then by name.

    Raises
    ------
    NotARule : a file of the package is not exactly one rule
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NOT_RULES)
    rules = [load_rule(f"{__name__}.{name}") for name in names]
    order = list(Level)
    return tuple(sorted(rules, key=lambda rule: (order.index(rule.level), rule.name)))


def not_judged(rules: Iterable[Constraint]) -> tuple[str, ...]:
    """Hard rules that are specified but not in a rule book: a plan says nothing of them.

    Examples
    --------
    >>> not_judged([])[0]
    'actor_is_placed'
    """
    known = {rule.name for rule in rules}
    return tuple(name for name in _SPECIFIED_HARD if name not in known)


def hard(rules: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """The hard ones."""
    return tuple(rule for rule in rules if rule.level is Level.HARD)
