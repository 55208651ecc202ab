"""One act in one transaction: the answer of an earlier try, the right to do it, what is told, the act, its answer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from time import sleep
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError

from service.audit.acts import Outcome, SystemAct
from service.auth import Caller
from service.crypto import CannotOpen, KeyGone, KeyStoreDown, UnknownVersion
from service.flow.honey import watched
from service.http.bodies import id_of, parse_body, parse_query
from service.http.context import Context
from service.http.responses import Answer
from service.http.routes import Route, Session
from service.policies import Process, insist
from service.problems import Conflict, NotFound, Unavailable
from service.store.database import Transaction
from service.store.repository import idempotency
from service.store.repository.access import resolve
from service.store.repository.judging import NOT_JUDGED_YET

__all__ = ["Call", "perform"]

_TRIES: Final = 3
_LOOKS_A_SECOND: Final = 4
_AGAIN: Final = frozenset({"40001", "40P01"})
"""Serialisation failure and deadlock: nothing was done, and the next try may pass."""
_TAKEN: Final = frozenset({"23505", "23P01"})
"""What must be there once was there a moment earlier: the next try sees it and says what it means."""


@dataclass(frozen=True)
class Call:
    """One request, read and not yet understood.

    Parameters
    ----------
    ids : what stood in the path, as text
    query : what stood behind the question mark
    key : its Idempotency-Key; none for a reading request
    """

    caller: Caller
    ids: Mapping[str, str]
    query: str
    body: bytes
    key: str | None

    def key_hash(self, process: Process) -> bytes:
        """What is stored of the key; the same key in the other process is another one."""
        return sha256(b"\0".join([process.value.encode(), (self.key or "").encode()])).digest()

    def request_hash(self, route: Route) -> bytes:
        """Of all that makes it this request: who, where, what."""
        actor = self.caller.actor
        parts = (
            actor.role.value,
            actor.unit,
            actor.organisation,
            route.method,
            route.path,
            *(self.ids[name] for name in sorted(self.ids)),
            self.query,
        )
        return sha256(b"\0".join([*(part.encode() for part in parts), self.body])).digest()


class _Denied(NotFound):
    """The same answer as for what does not exist, and the attempt stays in the trail."""

    is_kept = True


def perform(context: Context, route: Route, call: Call) -> Answer:
    """Do one act, whole or not at all.

    Raises
    ------
    Problem : refused; nothing was done
    """
    for left in reversed(range(_TRIES)):
        try:
            answer = _judged(context, route, call)
            with suppress(Unavailable, CannotOpen):  # what is not forgotten now will be in an hour
                context.forgetting.now_and_then(context.clock())
            return answer
        except Unavailable as away:
            if not left or _state_of(away.__cause__) not in _AGAIN:
                raise
        except IntegrityError as taken:
            if _state_of(taken) not in _TAKEN:
                raise
            if not left:
                raise Conflict("taken", "Somebody else was faster: look again.") from None
        except KeyGone:
            raise NotFound from None
        except (KeyStoreDown, UnknownVersion):
            raise Unavailable from None
    raise Unavailable


def _judged(context: Context, route: Route, call: Call) -> Answer:
    """The act, tried again for some seconds while everybody's stay is being judged; nothing is locked meanwhile."""
    for _ in range(context.settings.judgement_wait_s * _LOOKS_A_SECOND):
        try:
            return _once(context, route, call)
        except Conflict as refused:
            if refused.code != NOT_JUDGED_YET:
                raise
        sleep(1 / _LOOKS_A_SECOND)
    return _once(context, route, call)


def _state_of(error: BaseException | None) -> str | None:
    """PostgreSQL's own code of an error."""
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def _once(context: Context, route: Route, call: Call) -> Answer:
    with watched(context.database, call.caller.actor) as tx:
        ids = {name: id_of(told) for name, told in call.ids.items()}
        tx.look_at(*ids.values())
        if route.is_write:
            earlier = _earlier(context, route, call, tx)
            if earlier is not None:
                return earlier
        target = ids.get(route.target) if route.target else None
        try:
            insist(
                context.process,
                tx.actor,
                route.action,
                resolve(tx, context.process, route.target, target),
                is_fresh=call.caller.is_fresh(tx.now),
            )
        except NotFound:
            tx.record(SystemAct.DENY_ACCESS.value, outcome=Outcome.DENIED.value)
            raise _Denied from None
        told: dict[str, Any] = dict(ids)
        query = parse_query(route.query, call.query)
        if query is not None:
            told |= {name: getattr(query, name) for name in type(query).model_fields}
        body = parse_body(route.body, call.body) if route.is_write else None
        if body is not None:
            told["body"] = body
            tx.look_at(*(value for _, value in body if isinstance(value, UUID)))
        answer = route.endpoint(Session(tx, context.settings, context.data), **told)
        content = _content(route, answer)
        if route.is_write:
            kept = None if route.once else content
            idempotency.keep(
                tx, context.process, call.key_hash(context.process), call.request_hash(route), route.status, kept
            )
    return Answer(route.status, content)


def _content(route: Route, answer: BaseModel) -> bytes:
    if type(answer) is not route.out:
        raise TypeError("an endpoint answers with the model its route declares")
    return answer.model_dump_json().encode()


def _earlier(context: Context, route: Route, call: Call, tx: Transaction) -> Answer | None:
    """What this key was answered with, for the same request of the same caller.

    The right to the act is not asked for again: an act may end the very relation that allowed it, and its answer was
    this caller's already.
    """
    if not idempotency.try_alone(tx, call.key_hash(context.process)):
        raise Conflict("key_busy", "The first request with this Idempotency-Key is still running.")
    kept = idempotency.find(tx, context.process, call.key_hash(context.process))
    if kept is None:
        return None
    if kept.request_hash != call.request_hash(route):
        raise Conflict("key_reused", "This Idempotency-Key was used for another request.")
    if kept.content is None:
        raise Conflict("already_done", "This was done already; its answer is given once.")
    return Answer(kept.status, kept.content)
