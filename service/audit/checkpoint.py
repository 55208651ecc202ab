"""Signed heads of the trail (C2SP tlog-checkpoint), and how one is published.

The text of a checkpoint: the name of the trail, its size, its root in base64, a line each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, text

from service.audit import sql
from service.audit.errors import NoteRejected, TrailDamaged, TrailRolledBack
from service.audit.merkle import EMPTY_ROOT, HASH_BYTES, Frontier, leaf_hash, proof_since
from service.audit.notes import Kind, PublicKey, Signer, bytes_of, parted, text_of
from service.audit.trail import walk

if TYPE_CHECKING:
    from service.audit.witness import Witness

__all__ = ["Checkpoint", "opened", "publish", "signed"]

_SIZE: Final = re.compile("0|[1-9][0-9]{0,18}")


@dataclass(frozen=True)
class Checkpoint:
    """The head of a trail at a size.

    Parameters
    ----------
    origin : name of the trail, which is the name of its key
    size : number of entries
    root : root of the tree over them

    Examples
    --------
    >>> print(Checkpoint("example.org/trail", 0, EMPTY_ROOT).text, end="")
    example.org/trail
    0
    47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{text_of(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """The checkpoint of a text; extension lines are refused: nobody could check them.

        Raises
        ------
        NoteRejected : it is none
        """
        lines = text.split("\n")
        if len(lines) != 4 or not lines[0] or lines[3] or not _SIZE.fullmatch(lines[1]):
            raise NoteRejected("a checkpoint is a name, a size and a root, a line each")
        checkpoint = cls(lines[0], int(lines[1]), bytes_of(lines[2]))
        if len(checkpoint.root) != HASH_BYTES or (checkpoint.size == 0) != (checkpoint.root == EMPTY_ROOT):
            raise NoteRejected("a checkpoint's root is the hash of its entries")
        return checkpoint


def signed(checkpoint: Checkpoint, signer: Signer, now: datetime) -> str:
    """The signed note of a checkpoint; a log's own signature holds no time.

    Raises
    ------
    NoteRejected : the key is a witness's, or of another trail
    """
    if signer.kind is not Kind.LOG or signer.name != checkpoint.origin:
        raise NoteRejected("a trail's head is signed by the key of its own name")
    return f"{checkpoint.text}\n{signer.line(checkpoint.text, now)}"


def opened(note: str, key: PublicKey) -> Checkpoint:
    """The checkpoint of a note that a log's key has signed.

    Raises
    ------
    NoteRejected : it is no checkpoint of that trail, or not signed by the key
    """
    body, signatures = parted(note)
    checkpoint = Checkpoint.parse(body)
    if key.kind is not Kind.LOG or checkpoint.origin != key.name:
        raise NoteRejected("a checkpoint is of another trail")
    key.signed(body, signatures)
    return checkpoint


def publish(connection: Connection, signer: Signer, witness: Witness, now: datetime) -> Checkpoint | None:
    """Sign the present head, keep the note, and show it to the witness; none while the trail is empty.

    Two transactions of its own: the note is committed before the witness sees it, so the witness is never ahead of
    the database. The tree is not recomputed: the head is read under its lock, and the proof needs only the entries
    since the head the witness saw last.

    Raises
    ------
    NoteRejected : the witness does not know the key; nothing was signed
    TrailRolledBack : the witness has seen what this database does not hold; nothing was signed. An alarm
    TrailDamaged : an entry since then is not as it was appended; the witness was shown nothing. An alarm
    WitnessRefused : the witness did not accept the head. An alarm
    """
    if signer.public not in witness.log:  # such a note would stay in the trail, believed by nobody
        raise NoteRejected("the witness does not know the trail's key; nothing was signed")
    seen = witness.last()
    with connection.begin():
        size, peaks = connection.execute(text(sql.LOCK_HEAD)).one()
        head = Frontier(size, tuple(bytes(peak) for peak in peaks))
        old = Frontier() if seen is None else _frontier_at(connection, seen.size, head)
        if seen is not None and old.root() != seen.root:
            raise TrailRolledBack("the witness has seen another trail than this database holds; nothing was signed")
        if head.size == 0:
            return None
        checkpoint = Checkpoint(signer.name, head.size, head.root())
        connection.execute(text(sql.RECORD), {"note": signed(checkpoint, signer, now)})
        note = str(connection.execute(text(sql.SEEN), {"size": head.size}).one().note)
    with connection.begin():
        fresh = [leaf_hash(entry.content) for entry in walk(connection, old.size, head.size)]
    if old.extend(fresh) != head:
        raise TrailDamaged("entries since the head the witness saw last are not those that were appended")
    witness.accept(note, old.size, proof_since(old, fresh), now)
    return checkpoint


def _frontier_at(connection: Connection, size: int, head: Frontier) -> Frontier:
    """The frontier of a former head: as it was kept, or from the entries when it was not."""
    if size > head.size:
        raise TrailRolledBack("the witness has seen more entries than this database holds; nothing was signed")
    kept = connection.execute(text(sql.SEEN), {"size": size}).one_or_none()
    if kept is not None:
        return Frontier(size, tuple(bytes(peak) for peak in kept.frontier))
    return Frontier.of(leaf_hash(entry.content) for entry in walk(connection, 0, size))
