"""Trails made in memory: what the database would hold, for the tests of what comes behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit import export
from service.audit.checkpoint import Checkpoint, signed
from service.audit.entries import Entry
from service.audit.merkle import Frontier, leaf_hash, proof_since
from service.audit.notes import Kind, Signer
from service.audit.witness import FILE, Witness

NOW = datetime(2030, 1, 2, 12, tzinfo=UTC)
ORIGIN = "example.org/trail"


def signer(name: str = ORIGIN, kind: Kind = Kind.LOG, seed: int = 1) -> Signer:
    return Signer(name, kind, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


LOG = signer()
OTHER_LOG = signer(seed=2)
COSIGNER = signer("example.net/witness", Kind.WITNESS, 3)


def entry_of(number: int, dice: Random | None = None) -> Entry:
    """A varied entry; the same number, the same entry."""
    dice = dice or Random(number)
    return Entry.of(
        at=NOW + timedelta(seconds=number),
        actor=f"a{number % 7}" * 16,
        role=("assessor", "requester", "coordinator")[number % 3],
        act=("read_case", "hold", "sign_assessment", "approve_reveal")[number % 4],
        case=UUID(int=dice.getrandbits(128)) if number % 5 else None,
        object=UUID(int=dice.getrandbits(128)) if number % 2 else None,
        outcome=("done", "refused")[number % 2],
        sealed=dice.randbytes(20) if number % 3 == 0 else None,
        solve={"input": "ab" * 32, "seed": number, "ortools": "9.15.6755"} if number % 4 == 1 else None,
    )


def numbered(entry: Entry, seq: int) -> bytes:
    """The bytes the database stores."""
    head, _, tail = entry.unnumbered().partition(',"versions":')
    return f'{head},"seq":{seq},"versions":{tail}'.encode()


def contents(size: int, first: int = 1) -> list[bytes]:
    return [numbered(entry_of(seq), seq) for seq in range(first, first + size)]


def frontier(entries: Sequence[bytes]) -> Frontier:
    return Frontier.of(leaf_hash(entry) for entry in entries)


def head(entries: Sequence[bytes], by: Signer = LOG) -> str:
    """The signed checkpoint over all of the entries."""
    top = frontier(entries)
    return signed(Checkpoint(by.name, top.size, top.root()), by, NOW)


@dataclass(frozen=True)
class Trail:
    """An exported trail with what is needed to verify it."""

    export: Path
    key: Path
    witness: Path
    witness_key: Path


def witnessed(folder: Path, entries: Sequence[bytes], sizes: Sequence[int]) -> list[str]:
    """Show a witness the heads at these sizes; their notes."""
    witness = Witness(folder, [LOG.public], COSIGNER)
    notes, old = [], 0
    for size in sizes:
        notes.append(head(entries[:size]))
        proof = proof_since(frontier(entries[:old]), [leaf_hash(entry) for entry in entries[old:size]])
        witness.accept(notes[-1], old, proof, NOW)
        old = size
    return notes


def trail(folder: Path, entries: Sequence[bytes], sizes: Sequence[int]) -> Trail:
    """A whole trail on disk, its heads at these sizes all witnessed."""
    notes = witnessed(folder / "witness", entries, sizes)
    export.write(folder / "trail.txt", notes, entries)
    (folder / "log.pub").write_text(f"{LOG.public}\n", encoding="utf-8")
    (folder / "witness.pub").write_text(f"{COSIGNER.public}\n", encoding="utf-8")
    return Trail(folder / "trail.txt", folder / "log.pub", folder / "witness" / FILE, folder / "witness.pub")
