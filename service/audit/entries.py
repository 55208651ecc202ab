r"""One entry of the trail: closed fields in canonical JSON, never free text, a place or a person.

Canonical form: one line of ASCII, keys sorted, no space, every key present, `null` where there is nothing. What
may stand there is a regular language, `FORM`: words of a vocabulary, hashes, UUIDs, times, numbers, versions. The same
expression stands in the database (`service.audit.sql`) and in the verifier (`service.audit.verify`), so not even a
taken process can write a sentence into the trail. `seq` is put in by the database, at its place in the order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from service.audit.acts import Act, Outcome, Role
from service.audit.errors import EntryRejected

__all__ = ["FORM", "HEAD", "SYSTEM", "TAIL", "Entry", "Stored", "parse"]

SYSTEM: Final = "system"
"""The pseudonym of our own processes."""

MOST_VERSIONS: Final = 16
UUID_FORM: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WORD: Final = r"[a-z][a-z_]{0,30}(\.[a-z][a-z_]{0,30})?"
HASH: Final = "[0-9a-f]{64}"
VERSION: Final = '"[a-z][a-z0-9_]{0,30}":"[0-9][0-9A-Za-z.+]{0,30}"'

HEAD: Final = (
    rf'\{{"act":"{WORD}"'
    rf',"actor":"({SYSTEM}|[0-9a-f]{{32}}|{HASH}|{UUID_FORM})"'
    r',"at":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"'
    rf',"case":(null|"{UUID_FORM}")'
    rf',"input":(null|"{HASH}")'
    rf',"object":(null|"{UUID_FORM}")'
    rf',"outcome":"{WORD}"'
    rf',"role":"{WORD}"'
    rf',"rule_set":(null|"{HASH}")'
    rf',"sealed":(null|"{HASH}")'
    r',"seed":(null|0|[1-9][0-9]{0,18})'
)
"""What stands before `seq`."""
TAIL: Final = rf'"versions":(null|\{{{VERSION}(,{VERSION}){{0,{MOST_VERSIONS - 1}}}\}})\}}'
"""What stands behind `seq`."""
FORM: Final = rf'{HEAD},"seq":([1-9][0-9]{{0,18}}),{TAIL}'
"""A stored entry. POSIX and Python read these three expressions alike."""

_UNNUMBERED: Final = re.compile(rf"{HEAD},{TAIL}", re.ASCII)
_STORED: Final = re.compile(FORM, re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one act leaves in the trail; it has no field for words.

    Parameters
    ----------
    at : when, with its zone
    actor : pseudonym: 32 or 64 hexadecimal digits, a UUID, or `SYSTEM`
    role : in which role
    act : what was done
    outcome : how it ended
    case : of which case
    object : what it was done to: a facility, a hold, a query …
    sealed : SHA-256 of the ciphertext written, hexadecimal
    input : keyed hash of what was solved, hexadecimal
    rule_set : SHA-256 of the rules and policy it was solved under, hexadecimal
    versions : of the programs that solved it
    seed : of the search

    Examples
    --------
    >>> from datetime import datetime, UTC
    >>> entry = Entry(at=datetime(2030, 1, 2, 3, tzinfo=UTC), actor=SYSTEM, role=Role.SYSTEM, act=Act.SERVICE_STARTED)
    >>> entry.unnumbered()[:52]
    '{"act":"service.started","actor":"system","at":"2030'
    """

    at: datetime
    actor: str
    role: Role
    act: Act
    outcome: Outcome = Outcome.DONE
    case: UUID | None = None
    object: UUID | None = None
    sealed: str | None = None
    input: str | None = None
    rule_set: str | None = None
    versions: Mapping[str, str] | None = field(default=None, hash=False)
    seed: int | None = None

    def unnumbered(self) -> str:
        """The canonical form without `seq`: what the database is handed.

        Raises
        ------
        EntryRejected : something is not in the closed form
        """
        try:
            text = _canonical(self._fields())
        except (AttributeError, TypeError, ValueError, OverflowError):
            raise EntryRejected("an audit entry holds something that has no place there") from None
        if not _UNNUMBERED.fullmatch(text):
            raise EntryRejected("an audit entry is not in the closed form")
        return text

    def _fields(self) -> dict[str, object]:
        if self.at.tzinfo is None:
            raise ValueError("a time without a zone")
        return {
            "act": Act(self.act).value,
            "actor": self.actor,
            "at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0"),
            "case": _id(self.case),
            "input": self.input,
            "object": _id(self.object),
            "outcome": Outcome(self.outcome).value,
            "role": Role(self.role).value,
            "rule_set": self.rule_set,
            "sealed": self.sealed,
            "seed": self.seed,
            "versions": dict(self.versions) if self.versions else None,
        }


@dataclass(frozen=True)
class Stored:
    """An entry as it stands in the trail.

    Parameters
    ----------
    seq : its number, from 1
    content : the bytes its leaf hashes
    """

    seq: int
    content: bytes = field(repr=False)

    def fields(self) -> dict[str, object]:
        """Its fields, `seq` among them; all of them always."""
        tree: dict[str, object] = json.loads(self.content)
        return tree


def parse(content: bytes) -> Stored:
    """A stored entry, held to the closed form.

    Raises
    ------
    EntryRejected : it is not in the closed form

    Examples
    --------
    >>> parse(b'{"seq":1}')
    Traceback (most recent call last):
        ...
    service.audit.errors.EntryRejected: an audit entry is not in the closed form
    """
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError:
        raise EntryRejected("an audit entry is not in the closed form") from None
    found = _STORED.fullmatch(text)
    tree = json.loads(text) if found else {}
    if not found or _canonical(tree) != text:  # versions out of order or told twice
        raise EntryRejected("an audit entry is not in the closed form")
    return Stored(tree["seq"], content)


def _id(value: UUID | None) -> str | None:
    if value is None:
        return None
    if not isinstance(value, UUID):
        raise TypeError("an id is a UUID")
    return str(value)


def _canonical(tree: Mapping[str, object]) -> str:
    return json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
