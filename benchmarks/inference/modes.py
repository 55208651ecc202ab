"""The service with one defence switched off, for the attack that must then succeed.

The product has no switch that turns a defence off. Where a setting is the defence, the bench sets it to its weakest
value; else it replaces a function in its own process, for as long as a rig is open, and nowhere else.

Each defence belongs to a channel. ``no_X`` is the service without X and without the other layers of X's channel;
``with_X`` has X again and still lacks the others, so that the two differ in X alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final
from unittest.mock import patch

from service.settings import Settings

__all__ = ["ALL_ON", "MODES", "Mode", "mode_of"]

_ALWAYS: Final = 10**6
_ANY_AREA: Final = {"admission_kommuner": 1, "admission_lan": 1, "admission_facilities": 1}
_ANY_NUMBER: Final = {"person_questions": _ALWAYS, "unit_questions": _ALWAYS}


def _as_it_came(order: Sequence[Any], band: int, seed: bytes) -> list[Any]:
    """Instead of a draw: the best for the own case first, as anybody can work out."""
    del band, seed
    return list(order)


def _never(*_told: object, **_more: object) -> bool:
    """Instead of looking whether a new version leaves an offer as it was."""
    return False


@dataclass(frozen=True)
class Mode:
    """Which defences are on.

    Parameters
    ----------
    settings : other than the defaults
    replaced : functions of the product, by module and name, and what stands for them
    is_naive : no slots at all: exact counts, options in the system's own order, each with its true card
    is_counted : as many slots are shown as have a safe free bed behind them, three at most
    is_stored : an answer is worked out once a version; else anew each time it is asked for
    is_laddered : cards show only what enough facilities share; else all of the offered one
    is_handled : a coordinator places by hand what no slot could
    believes_shams : the coordinator vouches for every sham person who has to be vouched for
    shows_fate : whether a hold has outlived a new version of the assessment is seen at once
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    replaced: Mapping[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    is_naive: bool = False
    is_counted: bool = False
    is_stored: bool = True
    is_laddered: bool = True
    is_handled: bool = True
    believes_shams: bool = False
    shows_fate: bool = False

    def in_force(self, more: Mapping[str, Any] | None = None) -> Settings:
        """The settings of the service in this mode.

        Parameters
        ----------
        more : further ones, such as another threshold to be measured

        Examples
        --------
        >>> MODES["no_admission"].in_force().admission_kommuner
        1
        """
        return Settings.model_validate({**self.settings, **(more or {})})

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Functions are replaced until the block ends."""
        with ExitStack() as replaced:
            for (module, name), instead in self.replaced.items():
                replaced.enter_context(patch.object(import_module(module), name, instead))
            yield


ALL_ON: Final = Mode("all_on")

_MODES: Final = (
    ALL_ON,
    Mode("naive", {**_ANY_AREA, **_ANY_NUMBER, "release_tick_s": 0}, is_naive=True),
    # narrow and paired questions
    Mode("no_admission", {**_ANY_AREA, **_ANY_NUMBER}),
    Mode("with_admission", _ANY_NUMBER),
    Mode("no_budget", {**_ANY_AREA, **_ANY_NUMBER}),
    Mode("with_budget", _ANY_AREA),
    # the same question again; feasibility, counts, refusals
    Mode("no_stored_answer", is_counted=True, is_stored=False),
    Mode("with_stored_answer", is_counted=True),
    Mode("no_like_slots", is_counted=True, is_handled=False),
    Mode("with_like_slots", is_handled=False),
    # fingerprints, order
    Mode("no_card_ladder", is_laddered=False),
    Mode("no_draw", replaced={("service.engine.answers", "draw"): _as_it_came}),
    # an accepted risk: the coordinator is deceived
    Mode("hand_check_fails", believes_shams=True),
    # time
    Mode("no_round", {"release_tick_s": 0}),
    # new versions
    Mode(
        "no_unseen",
        {**_ANY_AREA, **_ANY_NUMBER},
        replaced={("service.engine.unsafe", "confirm_unseen"): _never},
        shows_fate=True,
    ),
    Mode("with_unseen", {**_ANY_AREA, **_ANY_NUMBER}),
    # hold attempts
    Mode("no_hold_cap", {"unit_holds": _ALWAYS, **_ANY_NUMBER}),
    Mode("with_hold_cap", _ANY_NUMBER),
)

MODES: Final[Mapping[str, Mode]] = MappingProxyType({mode.name: mode for mode in _MODES})


def mode_of(name: str) -> Mode:
    """A mode by its name.

    Raises
    ------
    ValueError : there is none of this name

    Examples
    --------
    >>> mode_of("naive").is_naive, mode_of("all_on").settings
    (True, {})
    """
    if name not in MODES:
        raise ValueError(f"no such mode; there are {', '.join(MODES)}")
    return MODES[name]
