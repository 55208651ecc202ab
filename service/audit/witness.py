"""The other authority's memory of the trail: accepts only heads that follow from the last one, and never forgets.

A folder with `accepted.notes`, a file that only grows: every accepted checkpoint with the log's signature and the
witness's own dated one, an empty line behind each. What has been accepted cannot be taken back: not a smaller trail,
not another one of the same size, not one with another past. The folder belongs to another authority than the
database; a copy of the file is all that an offline check needs.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from service.audit.checkpoint import Checkpoint, opened
from service.audit.errors import NoteRejected, WitnessRefused
from service.audit.merkle import EMPTY_ROOT, verify_consistency
from service.audit.notes import Kind, PublicKey, Signer, parted, signature_line

__all__ = ["FILE", "Witness", "records"]

FILE: Final = "accepted.notes"
_LOCK: Final = "lock"
_WINDOW_BYTES: Final = 64 * 1024
MOST_PROOF: Final = 63


def records(text: str) -> tuple[list[str], str]:
    """The notes of a file of checkpoints, and what stands behind the last whole one.

    Examples
    --------
    >>> records("a\\n\\n— b\\n\\nc\\n\\n— d\\n\\ntorn")
    (['a\\n\\n— b\\n', 'c\\n\\n— d\\n'], 'torn')
    """
    parts = text.split("\n\n")
    whole = (len(parts) - 1) // 2
    notes = [f"{parts[2 * at]}\n\n{parts[2 * at + 1]}\n" for at in range(whole)]
    return notes, "\n\n".join(parts[2 * whole :])


@dataclass(frozen=True)
class _Newest:
    """The last accepted note, its checkpoint, and where the next one is written."""

    note: str = ""
    checkpoint: Checkpoint | None = None
    end: int = 0


@dataclass(frozen=True)
class Witness:
    """A witness of one trail.

    Parameters
    ----------
    folder : its own folder, made if missing
    log : the keys whose heads it believes: the present one and those before it
    signer : its own key, of kind `WITNESS`

    Raises
    ------
    NoteRejected : a key is of the wrong kind
    """

    folder: Path
    log: Sequence[PublicKey]
    signer: Signer = field(repr=False)

    def __post_init__(self) -> None:
        if self.signer.kind is not Kind.WITNESS or not self.log or any(key.kind is not Kind.LOG for key in self.log):
            raise NoteRejected("a witness believes the keys of a log and signs with a key of its own kind")
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def last(self) -> Checkpoint | None:
        """The newest head it has accepted; none at the beginning.

        Raises
        ------
        WitnessRefused : its own file is not as it left it
        """
        with self._locked():
            return self._newest().checkpoint

    def accept(self, note: str, old_size: int, proof: Sequence[bytes], now: datetime) -> str:
        """Accept a head and cosign it; the note with both signatures. The same head again is told again.

        Parameters
        ----------
        note : the signed checkpoint
        old_size : the size its proof begins at: that of the last head accepted, 0 at the beginning
        proof : consistency proof from there
        now : when

        Raises
        ------
        WitnessRefused : it does not follow from what was accepted before
        NoteRejected : it is not signed by the trail's key
        """
        checkpoint, log_line = self._believed(note)
        with self._locked():
            newest = self._newest()
            if newest.checkpoint == checkpoint:
                return newest.note
            self._insist(checkpoint, newest.checkpoint, old_size, proof)
            cosigned = f"{checkpoint.text}\n{log_line}{self.signer.line(checkpoint.text, now)}"
            self._write(cosigned, newest.end)
        return cosigned

    def _believed(self, note: str) -> tuple[Checkpoint, str]:
        """The checkpoint, and the signature line that makes it believed."""
        _, signatures = parted(note)
        for key in self.log:
            for name, value in signatures:
                if (name, value[:4]) == (key.name, key.id):
                    return opened(note, key), signature_line(name, value)
        raise NoteRejected("a checkpoint is not signed by the key of the trail")

    @staticmethod
    def _insist(new: Checkpoint, old: Checkpoint | None, old_size: int, proof: Sequence[bytes]) -> None:
        known = Checkpoint(new.origin, 0, EMPTY_ROOT) if old is None else old
        if new.size < known.size:
            raise WitnessRefused("rolled back: the head is of a smaller trail than one accepted before")
        if new.size == known.size:
            raise WitnessRefused("forked: the head is of another trail of the same size as the one accepted before")
        if old_size != known.size:
            raise WitnessRefused("the proof does not begin at the head accepted last")
        if len(proof) > MOST_PROOF or not verify_consistency(known.size, known.root, new.size, new.root, proof):
            raise WitnessRefused("forked: the trail does not begin with the one accepted before")

    def _newest(self) -> _Newest:
        """The last whole record, which must be as this witness wrote it; what follows was never told to anybody."""
        try:
            with (self.folder / FILE).open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                start = stream.seek(max(0, size - _WINDOW_BYTES))
                tail = stream.read()
        except FileNotFoundError:
            return _Newest()
        if start:  # somewhere within a record: go on behind its signatures
            cut = tail.find(b"\n\n", tail.find("\n\n— ".encode()) + 2) + 2
            tail, start = tail[cut:], start + cut
        notes, torn = records(tail.decode(errors="surrogateescape"))
        end = size - len(torn.encode(errors="surrogateescape"))
        if not notes:
            if start:
                raise WitnessRefused("the witness's own file is damaged")
            return _Newest(end=end)
        try:
            checkpoint, _ = self._believed(notes[-1])
            self.signer.public.signed(*parted(notes[-1]))
        except NoteRejected as bad:
            raise WitnessRefused("the witness's own file is damaged") from bad
        return _Newest(notes[-1], checkpoint, end)

    def _write(self, note: str, end: int) -> None:
        handle = os.open(self.folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.ftruncate(handle, end)
            os.lseek(handle, end, os.SEEK_SET)
            content = f"{note}\n".encode()
            if os.write(handle, content) != len(content):
                os.ftruncate(handle, end)
                raise WitnessRefused("the witness could not write all of the head")
            os.fsync(handle)
        finally:
            os.close(handle)
        self._sync_folder()

    def _sync_folder(self) -> None:
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
