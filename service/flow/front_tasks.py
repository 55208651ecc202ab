"""What waits for whom in front: "you have a task", a sentence, a deadline; nothing of what stands in the case."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from service.settings import Settings
from service.store.database import Transaction
from service.store.repository import tasks
from service.store.repository.tasks import Task

__all__ = ["SENTENCES", "read"]

SENTENCES: Final = MappingProxyType(
    {
        "sign_case": "Sign the person's key for your organisation, if it is the person you know.",
        "decide_measure": "Decide the measure: yes, no or disagreement.",
        "sign_assessment": "Write and sign the placement assessment.",
        "renew_assessment": "The assessment or its answer does not hold any more: write and sign the next version.",
        "facts_due": "An emergency of your unit: assign somebody, sign the person's key, record the gate facts.",
        "preference_needed": "Read the answer once it is out, and tell the order of its slots before it expires.",
        "answer_needed": "Ask the person, and record the answer to what is offered.",
        "decide_placement": "Decide the placement: yes, no or disagreement.",
        "request_reveal": "The placement is decided: ask for the address, again when that is refused or has expired.",
        "approve_reveal": "An address is asked for: approve or refuse.",
        "confirm_intelligence": "A record was proposed: confirm it, correct it or withdraw it.",
        "review_break_glass": "Break-glass was used: review it.",
        "review_emergency_address": "The address of an emergency's bed was read: review it.",
    }
)
"""What to do, by kind of task; the other kinds are the coordinator's."""

_ELSE: Final = "Look at it with the coordinator on duty."


def read(tx: Transaction, settings: Settings) -> tuple[tuple[tuple[Task, str], ...], bool]:
    """Open tasks of the actor's role and unit with what to do, by deadline, and whether there are others.

    A requester's are those of cases assigned to them.
    """
    limit = settings.page_limit
    found = tasks.open_for(tx, tx.actor.role, tx.actor.unit, limit + 1)
    return tuple((task, SENTENCES.get(task.kind, _ELSE)) for task in found[:limit]), len(found) > limit
