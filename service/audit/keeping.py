"""Where a data folder keeps what signs and witnesses its trail.

``keys/audit.key`` signs, ``keys/audit.pub`` says which keys are believed (one a line, former ones stay). The witness's
folder holds ``witness.key``, ``witness.pub`` and what it has accepted. In production it belongs to another authority
and lies elsewhere, under another user: FRISTAD_WITNESS names it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from service.audit.errors import NoteRejected
from service.audit.notes import Kind, Signer, new_signer, read_public_keys, read_signer
from service.audit.witness import Witness

__all__ = ["LOG_NAME", "WITNESS", "WITNESS_NAME", "keeper", "make_keys", "witness_folder"]

WITNESS: Final = "FRISTAD_WITNESS"
LOG_NAME: Final = "fristad/trail"
WITNESS_NAME: Final = "fristad/witness"
_LOG_KEY: Final = "audit.key"
_WITNESS_KEY: Final = "witness.key"
_PUBLIC: Final = ".pub"


def witness_folder(data: Path) -> Path:
    """The witness's folder: what FRISTAD_WITNESS names, else one in the data folder, for demonstrations."""
    return Path(os.environ.get(WITNESS) or data / "witness")


def make_keys(data: Path, name: str = LOG_NAME, witness_name: str = WITNESS_NAME) -> tuple[Path, ...]:
    """Make the trail's signing key and the witness's; the files of their public halves.

    Raises
    ------
    NoteRejected : there are keys already, or a name is none
    """
    made = []
    wanted = (
        (data / "keys" / _LOG_KEY, name, Kind.LOG),
        (witness_folder(data) / _WITNESS_KEY, witness_name, Kind.WITNESS),
    )
    if any(path.exists() for path, _, _ in wanted):
        raise NoteRejected("there is a signing key already; it is never replaced by another")
    for path, whose, kind in wanted:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        public = new_signer(path, whose, kind).public
        made.append(path.with_suffix(_PUBLIC))
        made[-1].write_text(f"{public}\n", encoding="utf-8")
    return tuple(made)


def keeper(data: Path) -> tuple[Signer, Witness]:
    """What `publish` needs, of a data folder.

    Raises
    ------
    NoteRejected : a key is missing, damaged, or others may read it
    """
    path = data / "keys" / _LOG_KEY
    folder = witness_folder(data)
    signer = read_signer(path)
    try:
        believed = read_public_keys(path.with_suffix(_PUBLIC).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise NoteRejected("the trail's public keys cannot be read") from None
    return signer, Witness(folder, believed, read_signer(folder / _WITNESS_KEY))
