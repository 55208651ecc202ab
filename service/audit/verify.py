"""Verify an exported audit trail offline, with nothing of the project: this one file, Python and `cryptography`.

``python verify.py EXPORT --key LOG.pub [--witness accepted.notes] [--witness-key WITNESS.pub] [--json]``

Every leaf is hashed again and the root compared with every signed checkpoint, in the export and at the witness.
Exit code 0: whole; 1: not, with what is wrong and from which entry on; 2: a file cannot be read as what it should be.

An export is a line ``fristad audit export 1``, the checkpoints with an empty line behind each, then one entry a line.
Hashing is RFC 6962's, notes are C2SP's (signed-note, tlog-checkpoint, tlog-cosignature): written here once more.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["ENTRY_FORM", "Finding", "Unreadable", "Verdict", "main", "verify"]

HEADER: Final = b"fristad audit export 1\n"
LOG_KIND, WITNESS_KIND = 1, 4
MOST_FINDINGS: Final = 20
MOST_NOTES_BYTES: Final = 1 << 30

_UUID: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_WORD: Final = '"[a-z][a-z_]{0,40}"'
_HASH: Final = '(null|"[0-9a-f]{64}")'
_VERSION: Final = '"[a-z][a-z0-9_]{0,30}":"[0-9][0-9A-Za-z.+]{0,30}"'
ENTRY_FORM: Final = (
    rf'\{{"act":{_WORD},"actor":"(system|[0-9a-f]{{32}})"'
    r',"at":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"'
    rf',"case":(null|"{_UUID}"),"input":{_HASH},"object":(null|"{_UUID}"),"outcome":{_WORD},"role":{_WORD}'
    rf',"rule_set":{_HASH},"sealed":{_HASH},"seed":(null|0|[1-9][0-9]{{0,18}}),"seq":([1-9][0-9]{{0,18}})'
    rf',"versions":(null|\{{{_VERSION}(,{_VERSION}){{0,15}}\}})\}}'
)
"""An entry, byte for byte."""


class Unreadable(Exception):
    """A file is not what it should be; nothing can be said of the trail."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    wrong : what, in a sentence without any value of an entry
    from_entry : the first entry it can concern; none if it is about a checkpoint's form or signature
    """

    wrong: str
    from_entry: int | None = None

    def __str__(self) -> str:
        return self.wrong if self.from_entry is None else f"from entry {self.from_entry} on: {self.wrong}"


@dataclass
class Verdict:
    """What was verified and what is wrong with it.

    Parameters
    ----------
    entries : in the export
    checkpoints : in the export
    witnessed : entries the witness has seen; none without a witness's file
    findings : what is wrong; empty: the trail is whole
    """

    entries: int = 0
    checkpoints: int = 0
    witnessed: int | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Nothing is wrong."""
        return not self.findings

    def add(self, wrong: str, from_entry: int | None = None) -> None:
        """Note what is wrong; after `MOST_FINDINGS` nothing new would be learnt."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(wrong, from_entry))


@dataclass(frozen=True)
class _Key:
    name: str
    kind: int
    key: bytes

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:4]


@dataclass(frozen=True)
class _Head:
    """A checkpoint whose signatures hold."""

    text: str
    size: int
    root: bytes


def verify(export: Path, key: Path, witness: Path | None = None, witness_key: Path | None = None) -> Verdict:
    """Verify an export against its trail's key and, if given, the witness's file.

    Parameters
    ----------
    export : the exported trail
    key : public keys of the trail, one a line: the present one and those before it
    witness : the witness's file of accepted checkpoints; without it a trail rolled back as a whole looks whole
    witness_key : public keys of the witness; with it the cosignatures are verified, too

    Raises
    ------
    Unreadable : a file is missing or not what it should be
    """
    log_keys = _keys(key, LOG_KIND)
    witness_keys = [] if witness_key is None else _keys(witness_key, WITNESS_KIND)
    verdict = Verdict()
    seen: list[_Head] = []
    if witness is not None:
        text = _content(witness, "the witness's file")
        seen = _heads(text, "the witness's", log_keys, witness_keys, verdict)
        verdict.witnessed = seen[-1].size if seen else 0
    try:
        with export.open("rb") as stream:
            _verify_export(stream, log_keys, seen, verdict)
    except OSError as bad:
        raise Unreadable("the export cannot be read") from bad
    return verdict


def _verify_export(stream: BinaryIO, log_keys: Sequence[_Key], seen: Sequence[_Head], verdict: Verdict) -> None:
    if stream.readline(len(HEADER)) != HEADER:
        raise Unreadable("the export does not begin as an export does")
    notes, first = _notes_before_entries(stream)
    heads = _heads(notes, "the export's", log_keys, None, verdict)
    verdict.checkpoints = len(heads)
    roots = _roots(_lines(stream, first), {head.size for head in (*heads, *seen)}, verdict)
    covered = _compare(heads, roots, verdict, "the export's")
    if verdict.entries > covered:
        verdict.add("no checkpoint of the export covers what stands there", covered + 1)
    if seen and seen[-1].size > verdict.entries:
        verdict.add("rolled back: the witness has seen more entries than there are", verdict.entries + 1)
    _compare([head for head in seen if head.size <= verdict.entries], roots, verdict, "the witness's")
    told = {head.text for head in heads}
    for head in seen:
        if head.size <= verdict.entries and head.text not in told:
            verdict.add("a checkpoint the witness has accepted is not in the export", None)


def _notes_before_entries(stream: BinaryIO) -> tuple[bytes, bytes]:
    """The checkpoints, and the line that ended them."""
    notes, length = list[bytes](), 0
    for line in stream:
        if line.startswith(b"{"):
            return b"".join(notes), line
        notes.append(line)
        length += len(line)
        if length > MOST_NOTES_BYTES:
            raise Unreadable("the export's checkpoints do not end")
    return b"".join(notes), b""


def _lines(stream: BinaryIO, first: bytes) -> Iterator[bytes]:
    if first:
        yield first
        yield from stream


def _roots(lines: Iterator[bytes], wanted: set[int], verdict: Verdict) -> dict[int, bytes]:
    """Hash every entry as it stands; the root at each wanted size. Form and number of each are looked at, too."""
    form = re.compile(ENTRY_FORM.encode())
    number = form.groups - 2  # before the version list and its repetition
    sha256, peaks, size, in_order = hashlib.sha256, list[bytes](), 0, True
    roots = {}
    for line in lines:
        entry = line[:-1]
        found = form.fullmatch(entry)
        if found is None or line[-1:] != b"\n":
            verdict.add("an entry is not in the form of an entry", size + 1)
        elif in_order and int(found[number]) != size + 1:
            in_order = False
            verdict.add("the numbers of the entries do not follow each other", size + 1)
        node, full = sha256(b"\x00" + entry).digest(), size
        while full & 1:
            node, full = sha256(b"\x01" + peaks.pop() + node).digest(), full >> 1
        peaks.append(node)
        size += 1
        if size in wanted:
            root = peaks[-1]
            for peak in peaks[-2::-1]:
                root = sha256(b"\x01" + peak + root).digest()
            roots[size] = root
    verdict.entries = size
    return roots


def _compare(heads: Sequence[_Head], roots: dict[int, bytes], verdict: Verdict, whose: str) -> int:
    """Hold the roots against signed heads, the smallest first; how many entries they cover."""
    good = 0
    for head in heads:
        if head.size > verdict.entries:
            verdict.add(f"entries are missing that {whose} checkpoints cover", verdict.entries + 1)
            break
        if roots[head.size] != head.root:
            verdict.add(f"entries up to {head.size} are not those that {whose} checkpoint was signed over", good + 1)
            break
        good = head.size
    return max((head.size for head in heads), default=0)


def _heads(
    content: bytes, whose: str, log_keys: Sequence[_Key], witness_keys: Sequence[_Key] | None, verdict: Verdict
) -> list[_Head]:
    """The signed heads of a file of checkpoints, whose sizes must grow; `witness_keys` for a witness's file."""
    parts = content.decode(errors="replace").split("\n\n")
    whole = (len(parts) - 1) // 2
    if any(parts[2 * whole :]):
        verdict.add(f"{whose} checkpoints end within one")
    heads: list[_Head] = []
    for at in range(whole):
        head = _head(parts[2 * at] + "\n", parts[2 * at + 1].split("\n"), log_keys, witness_keys)
        if head is None:
            verdict.add(f"number {at + 1} of {whose} checkpoints is no checkpoint signed by the keys given")
        elif heads and head.size <= heads[-1].size:
            verdict.add(f"{whose} checkpoints do not grow: number {at + 1}")
        else:
            heads.append(head)
    return heads


def _head(
    text: str, lines: Sequence[str], log_keys: Sequence[_Key], witness_keys: Sequence[_Key] | None
) -> _Head | None:
    """A head with the log's signature, and behind it, in a witness's file, the witness's; no other line."""
    found = re.fullmatch(r"([^\s+]+)\n([1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n", text)
    root = _decoded(found[3]) if found else None
    signatures = [_signature(line) for line in lines]
    if found is None or root is None or len(signatures) != (1 if witness_keys is None else 2):
        return None
    if not any(_signed(key, found[1], *signatures[0], text) for key in log_keys):
        return None
    if witness_keys and not any(_cosigned(key, *signatures[1], text) for key in witness_keys):
        return None
    return _Head(text, int(found[2]), root)


def _signature(line: str) -> tuple[str, bytes]:
    """Name and bytes of a signature line; no bytes if it is none."""
    found = re.fullmatch(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})", line)
    return (found[1], _decoded(found[2]) or b"") if found else ("", b"")


def _signed(key: _Key, origin: str, name: str, value: bytes, text: str) -> bool:
    return origin == name == key.name and value[:4] == key.id and _holds(key, value[4:], text.encode())


def _cosigned(key: _Key, name: str, value: bytes, text: str) -> bool:
    dated = f"cosignature/v1\ntime {int.from_bytes(value[4:12], 'big')}\n{text}"
    return name == key.name and value[:4] == key.id and _holds(key, value[12:], dated.encode())


def _holds(key: _Key, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _keys(path: Path, kind: int) -> list[_Key]:
    text = _content(path, "the public key").decode(errors="replace")
    keys = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, rest = line.partition("+")
        told, _, encoded = rest.partition("+")
        content = _decoded(encoded) or b""
        key = _Key(name, content[0] if content else 0, content[1:])
        if len(content) != 33 or key.kind != kind or key.id.hex() != told:
            raise Unreadable("the public key is damaged, or of another kind")
        keys.append(key)
    if not keys:
        raise Unreadable("the file of the public key holds none")
    return keys


def _content(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as bad:
        raise Unreadable(f"{what} cannot be read") from bad


def _decoded(text: str) -> bytes | None:
    """Strict base64: one text for each value, or an edit could go unseen."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if base64.b64encode(content).decode() == text else None


def _told(verdict: Verdict, *, as_json: bool) -> str:
    if as_json:
        body = {**asdict(verdict), "whole": verdict.whole}
        return json.dumps(body, indent=2, sort_keys=True)
    witness = (
        "not compared with a witness: a trail rolled back as a whole would look whole"
        if verdict.witnessed is None
        else f"the witness has seen {verdict.witnessed}"
    )
    counted = f"{verdict.entries} entries, {verdict.checkpoints} checkpoints; {witness}"
    if verdict.whole:
        return f"Whole: {counted}."
    return "\n".join(["NOT WHOLE.", *(f"  {finding}" for finding in verdict.findings), counted + "."])


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify and say so; the exit code."""
    parser = argparse.ArgumentParser(description="Verify an exported audit trail offline.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", type=Path, required=True, help="public keys of the trail, one a line")
    parser.add_argument("--witness", type=Path, help="the witness's file of accepted checkpoints")
    parser.add_argument("--witness-key", type=Path, help="public keys of the witness")
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args(arguments)
    try:
        verdict = verify(asked.export, asked.key, asked.witness, asked.witness_key)
    except Unreadable as bad:
        print(f"Cannot be verified: {bad}.", file=sys.stderr)
        return 2
    print(_told(verdict, as_json=asked.as_json))
    return 0 if verdict.whole else 1


if __name__ == "__main__":
    sys.exit(main())
