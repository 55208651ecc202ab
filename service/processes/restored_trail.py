"""Is the trail of a restored register the one that was witnessed? Judged before anybody is let in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from matching.errors import FristadError
from service.audit import sql
from service.audit.checkpoint import Checkpoint, opened
from service.audit.errors import NoteRejected
from service.audit.merkle import Frontier, leaf_hash
from service.audit.notes import PublicKey, parted
from service.audit.trail import walk

__all__ = ["Behind", "Judged", "NotTheTrail", "judge", "witnessed"]


class NotTheTrail(FristadError):
    """The restored trail is not the one that was signed and witnessed."""


class Behind(NotTheTrail):
    """The restored trail ends before the one the witness has seen: what came after is lost."""


@dataclass(frozen=True)
class Judged:
    """What was found.

    Parameters
    ----------
    entries : in the restored trail
    covered : of them under a head that was signed, here or at the witness
    lost : entries the witness has seen that are not here
    """

    entries: int
    covered: int
    lost: int


def witnessed(notes: str, believed: Sequence[PublicKey]) -> tuple[Checkpoint, ...]:
    """The heads in a witness's file, each signed by the trail.

    Raises
    ------
    NotTheTrail : one is not
    """
    from service.audit.witness import records

    whole, torn = records(notes)
    if torn:
        raise NotTheTrail("The witness's file is cut off: ask the witness for another copy.")
    return tuple(_believed(note, believed) for note in whole)


def judge(connection: Connection, believed: Sequence[PublicKey], seen: Sequence[Checkpoint]) -> Judged:
    """Compute the whole tree of the restored entries anew and hold it against every signed head.

    Parameters
    ----------
    believed : the keys of the trail
    seen : the heads the witness has accepted

    Raises
    ------
    NotTheTrail : an entry, a head or a signature differs
    """
    notes = connection.execute(text(sql.CHECKPOINTS)).scalars().all()
    heads = [*(_believed(str(note), believed) for note in notes), *seen]
    size, peaks = connection.execute(text(sql.LOCK_HEAD)).one()
    newest = int(connection.execute(text(sql.NEWEST)).scalar_one())
    roots = _roots(connection, {*(head.size for head in heads), int(size)}, newest)
    kept = Frontier(int(size), tuple(bytes(peak) for peak in peaks))
    if newest != size or roots.get(int(size)) != kept.root():
        raise NotTheTrail("The entries of the trail are not those its head was made of.")
    within = [head for head in heads if head.size <= size]
    if any(roots.get(head.size) != head.root for head in within):
        raise NotTheTrail("The trail is not the one whose heads were signed and witnessed.")
    furthest = max((head.size for head in seen), default=0)
    return Judged(int(size), max((head.size for head in within), default=0), max(0, furthest - int(size)))


def _roots(connection: Connection, sizes: set[int], newest: int) -> dict[int, bytes]:
    """The root at each of these sizes that the trail reaches without a gap."""
    frontier = Frontier()
    found = {0: frontier.root()}
    for entry in walk(connection, 0, newest):
        if entry.seq != frontier.size + 1:
            break
        frontier = frontier.append(leaf_hash(entry.content))
        if frontier.size in sizes:
            found[frontier.size] = frontier.root()
    return found


def _believed(note: str, believed: Sequence[PublicKey]) -> Checkpoint:
    for key in believed:
        try:
            signatures = parted(note)[1]
            if any(name == key.name and value[:4] == key.id for name, value in signatures):
                return opened(note, key)
        except NoteRejected:
            break
    raise NotTheTrail("A head of the trail is not signed by the trail's key.")
