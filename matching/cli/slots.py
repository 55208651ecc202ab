"""The requester's slots as a table for people, in their language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table

from matching.cli.common import out
from matching.language import in_words

if TYPE_CHECKING:
    from matching.language import Translate
    from matching.redaction import RequesterAnswer

__all__ = ["print_requester"]


def _(text: str) -> str:
    """Marks a text for the catalogues; what it returns is still English."""
    return text


_COLUMNS: Final = (
    ("form", _("form")),
    ("staffing", _("staffing")),
    ("privacy", _("units")),
    ("cost_band", _("cost a night, SEK")),
)
_VALUES: Final = frozenset(
    {
        _("protected housing"),
        _("supported housing"),
        _("foster home"),
        _("residential care home"),
        _("round the clock staff"),
        _("daily contact"),
        _("contact as agreed"),
        _("own units"),
        _("shared units"),
        _("mixed units"),
        _("below 4000"),
        _("4000 to 4999"),
        _("5000 or more"),
    }
)
"""Every value a card can show, for the catalogues."""


def print_requester(answer: RequesterAnswer, say: Translate = _) -> None:
    """Three slots without a place, or what the own case lacks.

    A column that every card withholds is left out: what is withheld depends on the own case and the catalogue alone.

    Parameters
    ----------
    answer : from `matching.options.requester_options`
    say : from `matching.language.translator`; English otherwise
    """
    if answer.slots is None:
        out.print(say(_("The case has not passed the gate. Missing:")))
        for code in answer.missing:
            out.print(f"  - {say(in_words(code))}", markup=False)
        return
    shown = [
        (name, title) for name, title in _COLUMNS if {getattr(card, name) for card in answer.slots} != {"withheld"}
    ]
    out.print(say(_("Three slots, in order")), style="bold")
    table = Table(header_style="bold")
    for title in (_("slot"), *(title for _name, title in shown)):
        table.add_column(say(title), overflow="fold")
    for card in answer.slots:
        table.add_row(str(card.rank), *(say(in_words(getattr(card, name))) for name, _title in shown))
    out.print(table)
    out.print(say(_("The slots look alike on purpose: they show what suitable facilities share, and point at none.")))
    out.print(say(_("Next: send all three to the coordinator, who finds the place and answers.")))
    out.print(
        say(_("A slot is a request in order of preference, never a promise; it shows no place and counts nothing."))
    )
