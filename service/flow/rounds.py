"""From when on the asker's side is shown what becomes of a question: anew with each question and assessment."""

from __future__ import annotations

from datetime import date, datetime, time

from service.flow.localities import LOCAL
from service.inference import first_round
from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import cases
from service.store.repository.cases import Case

__all__ = ["begin_round"]


def begin_round(tx: Transaction, settings: Settings, case: Case) -> None:
    """Keep the first telling round of what is asked now; it reads the own case and the clock alone."""
    details = cases.newest_version(tx, case.id)
    window = {} if details is None else details.content.get("window") or {}
    last = window.get("latest")
    last_start_at = None if last is None else datetime.combine(date.fromisoformat(last), time(), LOCAL)
    moment = first_round(case.triage, case.received_at, tx.now, settings.release_tick_s, last_start_at)
    cases.tell_from(tx, case.id, moment)
