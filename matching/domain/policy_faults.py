"""What is wrong with a policy, in words of its own: alike in a scenario and in a policy file."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from matching.domain.nearest import perhaps
from matching.domain.policy import Policy, Weights
from matching.errors import Fault

__all__ = ["further_faults", "policy_words"]

_SHOWN = "`fristad policy show` lists"
_WEIGHTS = tuple(f"weights.{name}" for name in Weights.model_fields if name != "further")


def policy_words(kind: str, context: dict[str, Any], setting: tuple[int | str, ...]) -> tuple[str, str] | None:
    """What is wrong with a setting and what is accepted; none: it is said as of any other field.

    Parameters
    ----------
    kind, context : pydantic's name of the fault, and the bound that was passed
    setting : path inside the policy

    Examples
    --------
    >>> policy_words("greater_than_equal", {"ge": 10}, ("separation_km",))
    ('is below the least the law and the sources allow', 'at least 10')
    >>> policy_words("extra_forbidden", {}, ("cooldown_days",))[1]
    'a setting that `fristad policy show` lists; perhaps cool_down_days?'
    """
    is_weight = setting[:1] == ("weights",) and len(setting) > 1
    if kind == "extra_forbidden" and is_weight:
        return _no_such_weight(setting[-1])
    if kind == "extra_forbidden" and len(setting) == 1:
        hint = perhaps(setting[0], Policy.model_fields) or perhaps(f"weights.{setting[0]}", _WEIGHTS)
        return "is no setting", f"a setting that {_SHOWN}{hint}"
    if "ge" in context:
        wrong = "is a negative weight" if is_weight else "is below the least the law and the sources allow"
        return wrong, f"at least {context['ge']}"
    if "le" in context:
        wrong = "is above the most a weight may be" if is_weight else "is above the most the law and the sources allow"
        return wrong, f"at most {context['le']}"
    return None


def _no_such_weight(name: int | str) -> tuple[str, str]:
    return "no rule of that name has a weight", f"a weight that {_SHOWN}{perhaps(f'weights.{name}', _WEIGHTS)}"


def further_faults(policy: Any, known: Container[str], path: str = "") -> Iterator[Fault]:
    """Every weight under ``weights.further`` that is no rule's own.

    Parameters
    ----------
    policy : as read from a document, whatever it holds
    known : names of the rules that bring a weight of their own; a rule with a field of its own is none of them
    path : what stands before each path, with the dot

    Examples
    --------
    >>> [fault.path for fault in further_faults({"weights": {"further": {"isolation": 3}}}, {"quiet_street"})]
    ['weights.further.<unknown field>']
    """
    weights = policy.get("weights") if isinstance(policy, dict) else None
    further = weights.get("further") if isinstance(weights, dict) else None
    for name in further if isinstance(further, dict) else ():
        if name not in known:
            yield Fault(f"{path}weights.further.<unknown field>", *_no_such_weight(name))
