"""What is answered without a token: whether the process lives, and whether it can work."""

from __future__ import annotations

from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from service.actors import SYSTEM
from service.crypto.keyfiles import key_file, read_keyfile
from service.http.context import Context
from service.problems import Unavailable
from service.store.migrate import newest

__all__ = ["Alive", "ready"]

_newest = cache(newest)


class Alive(BaseModel):
    """It works."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, json_schema_extra={"example": {"status": "ok"}})

    status: Literal["ok"] = Field(description="always ok; what does not work answers 503")


def ready(context: Context) -> Alive:
    """Whether the database answers, its tables are current and the master keys can be read.

    Raises
    ------
    Unavailable : one of them is not so; which one is for the operator's eyes, in the log of the process
    """
    try:
        read_keyfile(key_file(context.data / "keys", context.process.value))
        with context.database.transaction(SYSTEM) as tx:
            revision = tx.connection.execute(text("SELECT version_num FROM fristad.alembic_version")).scalar_one()
    except Exception as broken:
        raise Unavailable from broken
    if revision != _newest():
        raise Unavailable
    return Alive(status="ok")
