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
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from service.actors import Role
from service.audit.acts import ACTS, Outcome
from service.audit.errors import EntryRejected

__all__ = ["FORM", "HEAD", "SYSTEM", "TAIL", "Entry", "Stored", "parse"]

SYSTEM: Final = "system"
"""The pseudonym of our own processes."""

MOST_VERSIONS: Final = 16
UUID_FORM: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
WORD: Final = "[a-z][a-z_]{0,40}"
HASH: Final = "[0-9a-f]{64}"
VERSION: Final = '"[a-z][a-z0-9_]{0,30}":"[0-9][0-9A-Za-z.+]{0,30}"'

_FIELDS: Final = {
    "act": f'"{WORD}"',
    "actor": f'"({SYSTEM}|[0-9a-f]{{32}})"',
    "at": r'"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"',
    "case": f'(null|"{UUID_FORM}")',
    "input": f'(null|"{HASH}")',
    "object": f'(null|"{UUID_FORM}")',
    "outcome": f'"{WORD}"',
    "role": f'"{WORD}"',
    "rule_set": f'(null|"{HASH}")',
    "sealed": f'(null|"{HASH}")',
    "seed": "(null|0|[1-9][0-9]{0,18})",
    "versions": rf"(null|\{{{VERSION}(,{VERSION}){{0,{MOST_VERSIONS - 1}}}\}})",
}
"""What each field may be, in the order of the canonical form; `seq` comes before the last."""
_WORDS: Final[Mapping[str, frozenset[str]]] = {
    "act": ACTS,
    "outcome": frozenset(Outcome),
    "role": frozenset(Role),
}

*_BEFORE, _LAST = (f'"{name}":{form}' for name, form in _FIELDS.items())
HEAD: Final = r"\{" + ",".join(_BEFORE)
"""What stands before `seq`."""
TAIL: Final = _LAST + r"\}"
"""What stands behind `seq`."""
FORM: Final = rf'{HEAD},"seq":([1-9][0-9]{{0,18}}),{TAIL}'
"""A stored entry. POSIX and Python read these three expressions alike."""

_STORED: Final = re.compile(FORM, re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one act leaves in the trail; it has no field for words of anybody's own.

    Parameters
    ----------
    at : when, with its zone
    actor : a keyed pseudonym of who did it, or `SYSTEM`
    role : in which role
    act : what was done, one of `ACTS`
    outcome : how it ended, one of `Outcome`
    case : of which case
    object : what it was done to: a facility, a hold, a query …
    sealed : SHA-256 of the ciphertext written, hexadecimal
    input : keyed hash of what was solved, hexadecimal
    rule_set : SHA-256 of the rules and policy it was solved under, hexadecimal
    seed : of the search
    versions : of the programs that solved it

    Raises
    ------
    EntryRejected : a field is not in the closed form; it is named, its value is not

    Examples
    --------
    >>> noon = datetime(2030, 1, 2, 12, tzinfo=UTC)
    >>> Entry(at=noon, actor=SYSTEM, role="system", act="rejudge").unnumbered()[:55]
    '{"act":"rejudge","actor":"system","at":"2030-01-02T12:0'
    >>> Entry(at=noon, actor=SYSTEM, role="system", act="said hello")
    Traceback (most recent call last):
        ...
    service.audit.errors.EntryRejected: an audit entry is not in the closed form: act
    """

    at: datetime
    actor: str
    role: str
    act: str
    outcome: str = Outcome.DONE.value
    case: UUID | None = None
    object: UUID | None = None
    sealed: str | None = None
    input: str | None = None
    rule_set: str | None = None
    seed: int | None = None
    versions: Mapping[str, str] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        self.unnumbered()

    @classmethod
    def of(
        cls,
        *,
        at: datetime,
        actor: str,
        role: str,
        act: str,
        case: UUID | None = None,
        object: UUID | None = None,
        outcome: str = Outcome.DONE.value,
        sealed: bytes | None = None,
        solve: Mapping[str, str | int] | None = None,
    ) -> Entry:
        """The entry of an act: a ciphertext becomes its hash.

        Parameters
        ----------
        actor : the keyed pseudonym of the token's subject, or `SYSTEM`
        sealed : the ciphertext written
        solve : `input`, `rule_set` and `seed`; every other name is a program and its version

        Raises
        ------
        EntryRejected : a field is not in the closed form
        """
        told: dict[str, Any] = dict(solve or {})
        known = {name: told.pop(name, None) for name in ("input", "rule_set", "seed")}
        return cls(
            at=at,
            actor=actor,
            role=role,
            act=act,
            outcome=outcome,
            case=case,
            object=object,
            sealed=None if sealed is None else sha256(sealed).hexdigest(),
            versions=told or None,
            **known,
        )

    def unnumbered(self) -> str:
        """The canonical form without `seq`: what the database is handed."""
        tree: dict[str, object] = {}
        for name, form in _FIELDS.items():
            try:
                value = _plain(name, getattr(self, name))
                text = _canonical(value)
            except (AttributeError, TypeError, ValueError, OverflowError):
                raise EntryRejected(f"an audit entry is not in the closed form: {name}") from None
            if not re.fullmatch(form, text, re.ASCII) or value not in _WORDS.get(name, (value,)):
                raise EntryRejected(f"an audit entry is not in the closed form: {name}")
            tree[name] = value
        return _canonical(tree)


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


def _plain(name: str, value: Any) -> object:
    """A field as JSON knows it; a type that is not the field's own is refused."""
    if name == "at":
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0") if value.tzinfo else None
    if value is None:
        return None
    if name in ("case", "object"):
        return str(_typed(value, UUID))
    if name == "seed":
        return _typed(value, int)
    if name == "versions":
        return dict(value) or None
    return str(_typed(value, str))


def _typed(value: object, kind: type[object]) -> object:
    if not isinstance(value, kind):
        raise TypeError("a field of an audit entry has the wrong type")
    return value


def _canonical(tree: object) -> str:
    return json.dumps(tree, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
