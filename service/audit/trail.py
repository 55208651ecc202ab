"""Append to the trail and read it. The caller's connection, so act and entry are one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from service.audit import sql
from service.audit.entries import Entry, Stored

__all__ = ["MOST_READ", "append", "read", "walk"]

MOST_READ: Final = 200
"""Entries in one answer to a person."""
PAGE: Final = 5_000
LAST: Final = 2**63 - 1


def append(connection: Connection, entry: Entry) -> int:
    """Write an entry in the transaction that is open on the connection; its number.

    No other act is appended until that transaction ends: call it last.

    Raises
    ------
    EntryRejected : it is not in the closed form; nothing was sent
    """
    return int(connection.execute(text(sql.APPEND), {"entry": entry.unnumbered()}).scalar_one())


def read(connection: Connection, after_seq: int = 0, limit: int = MOST_READ) -> tuple[Stored, ...]:
    """The entries behind a number, oldest first.

    Raises
    ------
    ValueError : more than `MOST_READ` or less than one asked for
    """
    if not 1 <= limit <= MOST_READ:
        raise ValueError(f"a limit is from 1 to {MOST_READ}")
    return _page(connection, after_seq, LAST, limit)


def walk(connection: Connection, after_seq: int, until_seq: int) -> Iterator[Stored]:
    """Every entry in `(after_seq, until_seq]`, page by page: for exports and proofs, not for people."""
    while page := _page(connection, after_seq, until_seq, PAGE):
        yield from page
        after_seq = page[-1].seq


def _page(connection: Connection, after: int, until: int, most: int) -> tuple[Stored, ...]:
    rows = connection.execute(text(sql.ENTRIES), {"after": after, "until": until, "most": most})
    return tuple(Stored(seq, bytes(entry)) for seq, entry in rows)
