"""The trail as a file that `service.audit.verify` verifies anywhere: checkpoints, then the entries they cover."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from service.audit import sql
from service.audit.checkpoint import Checkpoint
from service.audit.notes import parted
from service.audit.trail import walk

__all__ = ["Exported", "export", "write"]

HEADER: Final = b"fristad audit export 1\n"


@dataclass(frozen=True)
class Exported:
    """What an export holds.

    Parameters
    ----------
    entries : covered by its last checkpoint
    checkpoints : signed heads in it
    uncovered : entries that no checkpoint covers yet; they are left out
    """

    entries: int
    checkpoints: int
    uncovered: int


def export(connection: Connection, path: Path) -> Exported:
    """Write the trail up to its last checkpoint to a file, whole or not at all, of one moment.

    Raises
    ------
    OSError : the file cannot be written
    """
    with connection.begin():
        connection.execute(text(sql.ONE_MOMENT))
        notes = [str(note) for note in connection.execute(text(sql.CHECKPOINTS)).scalars()]
        covered = Checkpoint.parse(parted(notes[-1])[0]).size if notes else 0
        newest = int(connection.execute(text(sql.NEWEST)).scalar_one())
        write(path, notes, (entry.content for entry in walk(connection, 0, covered)))
    return Exported(covered, len(notes), newest - covered)


def write(path: Path, notes: Iterable[str], entries: Iterable[bytes]) -> None:
    """The file itself; readable by this user alone, in place of what was there.

    Raises
    ------
    OSError : it cannot be written
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".fristad-", delete=False) as stream:
        try:
            stream.write(HEADER)
            for note in notes:
                stream.write(f"{note}\n".encode())
            for entry in entries:
                stream.write(entry + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
            os.replace(stream.name, path)
        except BaseException:
            Path(stream.name).unlink(missing_ok=True)
            raise
