"""Changes that open a place, and the least-violating options, as tables for the coordinator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.table import Table

from matching.cli.common import out
from matching.language import in_words

if TYPE_CHECKING:
    from matching.language import Translate
    from matching.remedies import BreachShown, Overrides, Remedies, StayShown

__all__ = ["print_overrides", "print_remedies"]


def _(text: str) -> str:
    """Marks a text for the catalogues; what it returns is still English."""
    return text


def print_remedies(told: Remedies, where: Mapping[str, str], say: Translate = _) -> None:
    """The cheapest changes, with what each opens.

    Parameters
    ----------
    told : from `matching.remedies.remedies`
    where : facility -> its locality and kommun
    say : from `matching.language.translator`; English otherwise
    """
    out.print(say(_("What could be changed, the cheapest first")), style="bold")
    if told.changes:
        table = Table(header_style="bold")
        for column in (_("change"), _("working days"), _("opens")):
            table.add_column(say(column), overflow="fold")
        for change in told.changes:
            table.add_row(change.sentence, str(change.cost), _stays(change.stays, where))
        out.print(table)
    out.print(told.claim)
    if told.unexamined and told.changes:
        out.print(say(_("Not examined, or not proven in time: {count} further changes.")).format(count=told.unexamined))


def print_overrides(told: Overrides, where: Mapping[str, str], say: Translate = _) -> None:
    """The least-violating options under their warning; threats last and marked.

    Parameters
    ----------
    told : from `matching.remedies.overrides`
    where, say : as for `print_remedies`
    """
    out.print(say(_("NOT SAFE: the options that break the fewest rules")), style="bold")
    out.print(told.warning)
    if told.options:
        table = Table(header_style="bold")
        for column in (_("option"), _("rules it breaks"), _("by how much"), _("age of the evidence")):
            table.add_column(say(column), overflow="fold")
        for option in told.options:
            for place, breach in enumerate(option.breaches):
                first = f"{option.rank}\n{_stays(option.stays, where)}" if not place else ""
                why = ", ".join(say(in_words(code)) for code in breach.reason.split())
                sentence = f"{breach.sentence}\n{why}\n({breach.rule})"
                if breach.is_threat:
                    sentence = say(_("THREAT: {sentence}")).format(sentence=sentence)
                much = f"{breach.unit}: {breach.amount}" + (f"\n{breach.nearest}" if breach.nearest else "")
                table.add_row(first, sentence, much, _age(breach, say))
        out.print(table)
    never = ", ".join(told.never_overridden)
    out.print(say(_("Never overridden: {rules}.")).format(rules=never), markup=False)


def _stays(stays: tuple[StayShown, ...], where: Mapping[str, str]) -> str:
    return "\n".join(
        f"{stay.facility}, {where.get(stay.facility, stay.zone)}\n{stay.start} – {stay.end}" for stay in stays
    )


def _age(breach: BreachShown, say: Translate) -> str:
    if breach.evidence_age_days is None:
        return say(_("not known"))
    told = {
        "exact": _("{days} days"),
        "at_most": _("at most {days} days"),
        "perhaps_more": _("perhaps more than {days} days"),
    }[breach.evidence_age_is]
    return say(told).format(days=breach.evidence_age_days)
