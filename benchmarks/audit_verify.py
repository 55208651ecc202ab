"""How long the offline verifier takes: ``python -m benchmarks.audit_verify [--entries N]`` prints one JSON line.

Generates a trail of N entries with a checkpoint every 10,000, each accepted by a witness, writes it as an export,
and verifies it in a process of its own: the installed Python and the one file, as the other authority runs it. Then
one byte is changed in the middle and it must be found. Exit code 1 if the bar is missed or the change is not found.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.common import machine, megabytes
from service.audit import verify
from service.audit.checkpoint import Checkpoint, signed
from service.audit.entries import Entry
from service.audit.export import write
from service.audit.merkle import Frontier, leaf_hash, proof_since
from service.audit.notes import Kind, Signer
from service.audit.witness import FILE, Witness

__all__ = ["main"]

BAR_ENTRIES: Final = 1_000_000
BAR_S: Final = 60.0
EVERY: Final = 10_000
NOW: Final = datetime(2030, 1, 1, tzinfo=UTC)
ACTS: Final = ("read_case", "hold", "sign_assessment", "approve_reveal", "ask", "rejudge")


@dataclass
class _Trail:
    """A trail that grows; its heads are shown to a witness on the way."""

    log: Signer
    witness: Witness
    frontier: Frontier = field(default_factory=Frontier)
    notes: list[str] = field(default_factory=list)

    def entries(self, size: int) -> Iterator[bytes]:
        """Entries 1 to `size`, as the database would hold them."""
        old, fresh = self.frontier, list[bytes]()
        for seq in range(1, size + 1):
            content = _content(seq)
            yield content
            fresh.append(leaf_hash(content))
            if seq % EVERY == 0 or seq == size:
                self.frontier = old.extend(fresh)
                note = signed(Checkpoint(self.log.name, seq, self.frontier.root()), self.log, NOW)
                self.witness.accept(note, old.size, proof_since(old, fresh), NOW)
                self.notes.append(note)
                old, fresh = self.frontier, []


_FORMS: Final = [
    Entry.of(
        at=NOW + timedelta(seconds=number),
        actor=f"{number:032x}",
        role="coordinator",
        act=act,
        case=UUID(int=number * 7919 + 1),
        object=UUID(int=number * 104729 + 1) if number % 2 else None,
        sealed=b"%d" % number if number % 3 else None,
        solve={"input": f"{number:064x}", "rule_set": "ab" * 32, "seed": number, "ortools": "9.15"}
        if act == "ask"
        else {},
    )
    .unnumbered()
    .partition(',"versions":')
    for number, act in enumerate(ACTS * 50)
]


def _content(seq: int) -> bytes:
    """A stored entry; 300 different forms, each numbered as the database does it."""
    before, name, after = _FORMS[seq % len(_FORMS)]
    return f'{before},"seq":{seq}{name}{after}'.encode()


def _generate(folder: Path, size: int) -> list[str]:
    """The files of a trail; what the verifier is asked."""
    log, cosigner = (
        Signer(name, kind, Ed25519PrivateKey.generate())
        for name, kind in (("example.org/trail", Kind.LOG), ("example.net/witness", Kind.WITNESS))
    )
    trail = _Trail(log, Witness(folder / "witness", [log.public], cosigner))
    unsigned = folder / "entries"
    write(unsigned, [], trail.entries(size))
    with unsigned.open("rb") as lines:
        next(lines)  # the header
        write(folder / "trail.txt", trail.notes, (line[:-1] for line in lines))
    unsigned.unlink()
    (folder / "log.pub").write_text(f"{log.public}\n", encoding="utf-8")
    (folder / "witness.pub").write_text(f"{cosigner.public}\n", encoding="utf-8")
    return [
        str(folder / "trail.txt"),
        *("--key", str(folder / "log.pub")),
        *("--witness", str(folder / "witness" / FILE)),
        *("--witness-key", str(folder / "witness.pub"), "--json"),
    ]


def _verify(asked: Sequence[str]) -> tuple[int, float, dict[str, object]]:
    """Exit code, seconds of the whole process, and its answer."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-I", verify.__file__, *asked], capture_output=True, text=True, check=False)
    return done.returncode, time.perf_counter() - begun, json.loads(done.stdout)


def _change(path: Path) -> None:
    """Another role in the entry in the middle."""
    with path.open("r+b") as stream:
        stream.seek(path.stat().st_size // 2)
        stream.readline()
        at = stream.tell()
        line = stream.readline().replace(b'"coordinator"', b'"coordinatox"')
        stream.seek(at)
        stream.write(line)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code."""
    parser = argparse.ArgumentParser(description="How long the offline verifier takes.")
    parser.add_argument("--entries", type=int, default=BAR_ENTRIES)
    size = parser.parse_args(arguments).entries
    with tempfile.TemporaryDirectory() as name:
        begun = time.perf_counter()
        asked = _generate(Path(name), size)
        generated_s = time.perf_counter() - begun
        export_bytes = Path(asked[0]).stat().st_size
        code, verified_s, told = _verify(asked)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        _change(Path(asked[0]))
        changed_code, _, changed = _verify(asked)
    met = code == 0 and told["entries"] == size and changed_code == 1 and (size < BAR_ENTRIES or verified_s < BAR_S)
    figures = {
        "what": "audit_verify",
        "entries": size,
        "checkpoints": told["checkpoints"],
        "export_mb": round(export_bytes / 1e6, 1),
        "generated_s": round(generated_s, 1),
        "verified_s": round(verified_s, 2),
        "verifier_peak_mb": round(megabytes(peak), 1),
        "bar_s": BAR_S,
        "change_found": changed_code == 1,
        "first_finding": changed["findings"],
        "met": met,
        "machine": machine(),
    }
    print(json.dumps(figures, sort_keys=True))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
