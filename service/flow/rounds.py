"""From when on the asker's side is shown what becomes of a question: anew with each question and changed fact."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from service.flow.localities import LOCAL
from service.inference import first_round, round_at
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import cases, coordination, tasks
from service.store.repository.cases import Case

__all__ = ["begin_anew", "begin_round", "next_round"]

_SHOWN: Final = ("answer_needed", "decision_needed")
"""States of a case in which something is shown that is not decided yet."""


def begin_anew(tx: Transaction, settings: Settings, case: Case) -> None:
    """A fact of the case has changed: what was offered goes out of sight, and another round begins.

    Always, and at once: whether the hold behind an offer stands on the new facts is for nobody in front to see.
    """
    begin_round(tx, settings, case)
    if case.state in _SHOWN:
        cases.move(tx, case.id, "in_progress")
        for kind in ("answer_needed", "decide_placement"):
            tasks.finish_for(tx, kind, case=case.id, outcome="begun_anew")


def begin_round(tx: Transaction, settings: Settings, case: Case) -> None:
    """Keep the first telling round of what is asked now; it reads the own case and the clock alone."""
    details = cases.newest_version(tx, case.id)
    window = {} if details is None else details.content.get("window") or {}
    last = window.get("latest")
    last_start_at = None if last is None else datetime.combine(date.fromisoformat(last), time(), LOCAL)
    moment = first_round(case.triage, case.received_at, tx.now, settings.release_tick_s, last_start_at)
    cases.tell_from(tx, case.id, moment)


def next_round(case: Case | coordination.CaseRow, now: datetime, tick_s: int) -> datetime | None:
    """When what is ready for a case by then is shown to the asker's side; of the own case and the clock alone.

    Parameters
    ----------
    tick_s : `Settings.release_tick_s`; 0, in a demonstration: nothing waits for a round

    Returns
    -------
    datetime | None
        none: nothing was asked, nothing waits to be shown, or it is shown as soon as it is ready
    """
    is_waiting = case.state in coordination.TELLING and (case.state != "arrived" or case.is_emergency)
    if case.told_from is None or not is_waiting:
        return None
    if case.told_from <= now and (not tick_s or case.is_emergency):
        return None
    return round_at(case.triage, case.told_from, now)
