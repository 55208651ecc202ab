"""Random edits, deletions, swaps, truncations, insertions of an exported trail: every one is found.

The quick form does 600; `make test-long` does the 10,000 of the bar.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from service.audit import verify
from service.audit.verify import Unreadable
from service.audit.witness import FILE, records
from tests.service.audit.trails import Trail, contents, trail

SIZES = (4, 9, 20, 31)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Trail:
    return trail(tmp_path_factory.mktemp("trail"), contents(SIZES[-1]), SIZES)


def judged(whole: Trail, exported: Path, witness: Path) -> verify.Verdict:
    return verify.verify(exported, whole.key, witness, whole.witness_key)


Damage = Callable[[bytes, Random], bytes]


def flip(content: bytes, dice: Random) -> bytes:
    """One bit."""
    at = dice.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << dice.randrange(8)]) + content[at + 1 :]


def replace(content: bytes, dice: Random) -> bytes:
    """A few bytes by others from elsewhere in the file, so that they look like what they replace."""
    length = dice.randrange(1, 60)
    to, source = (dice.randrange(len(content) - length) for _ in "ab")
    return content[:to] + content[source : source + length] + content[to + length :]


def word(content: bytes, dice: Random) -> bytes:
    """A word by another word that is as good: an edit that fits the form."""
    found = list(re.finditer(rb'"(assessor|requester|coordinator|read_case|hold|done|refused)"', content))
    chosen = found[dice.randrange(len(found))]
    other = dice.choice([b'"auditor"', b'"claim"', b'"no_answer"'])
    return content[: chosen.start()] + other + content[chosen.end() :]


def cut(content: bytes, dice: Random) -> bytes:
    """Some bytes out of the middle."""
    at = dice.randrange(len(content))
    return content[:at] + content[at + dice.randrange(1, 400) :]


def truncate(content: bytes, dice: Random) -> bytes:
    """The end."""
    return content[: dice.randrange(len(content))]


def insert(content: bytes, dice: Random) -> bytes:
    """Bytes from elsewhere in the file."""
    at, source = dice.randrange(len(content) + 1), dice.randrange(len(content))
    return content[:at] + content[source : source + dice.randrange(1, 400)] + content[at:]


def delete_lines(content: bytes, dice: Random) -> bytes:
    """Whole lines."""
    lines = content.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    return b"".join(lines[:at] + lines[at + dice.randrange(1, 4) :])


def swap_lines(content: bytes, dice: Random) -> bytes:
    """Two whole lines."""
    lines = content.splitlines(keepends=True)
    first, second = (dice.randrange(len(lines)) for _ in "ab")
    lines[first], lines[second] = lines[second], lines[first]
    return b"".join(lines)


def repeat_lines(content: bytes, dice: Random) -> bytes:
    """A whole line told again somewhere."""
    lines = content.splitlines(keepends=True)
    lines.insert(dice.randrange(len(lines) + 1), dice.choice(lines))
    return b"".join(lines)


def truncate_lines(content: bytes, dice: Random) -> bytes:
    """The last entries, whole."""
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: dice.randrange(len(lines))])


def delete_note(content: bytes, dice: Random) -> bytes:
    """A whole checkpoint."""
    header, notes, entries = taken_apart(content)
    del notes[dice.randrange(len(notes))]
    return b"".join([header, *notes, entries])


def renumber(content: bytes, dice: Random) -> bytes:
    """An entry gone and all behind it numbered anew."""
    lines = content.splitlines(keepends=True)
    first = next(at for at, line in enumerate(lines) if line.startswith(b"{"))
    del lines[dice.randrange(first, len(lines))]
    numbered = [re.sub(rb'"seq":\d+', b'"seq":%d' % n, line) for n, line in enumerate(lines[first:], start=1)]
    return b"".join([*lines[:first], *numbered])


def taken_apart(content: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Header, checkpoints with the line behind each, entries."""
    start, end = content.index(b"\n") + 1, content.index(b"\n{") + 1
    notes, _ = records(content[start:end].decode())
    return content[:start], [f"{note}\n".encode() for note in notes], content[end:]


KINDS: tuple[Damage, ...] = (
    *(flip, replace, word, cut, truncate, insert),
    *(delete_lines, swap_lines, repeat_lines, truncate_lines, delete_note, renumber),
)


def missed(whole: Trail, folder: Path, wanted: int, seed: int) -> tuple[int, list[str]]:
    """How many random damages were done, and those that were not found."""
    content = whole.export.read_bytes()
    file = folder / "damaged.txt"
    dice = Random(seed)
    done, unseen = 0, list[str]()
    while done < wanted:
        kind = KINDS[done % len(KINDS)]
        damaged = kind(content, dice)
        if damaged == content:  # swapped with itself: nothing was done
            continue
        done += 1
        file.write_bytes(damaged)
        try:
            found = not judged(whole, file, whole.witness).whole
        except Unreadable:
            found = True
        if not found:
            unseen.append(f"{kind.__name__} {done}")
    return done, unseen


def test_random_damage_is_found(whole: Trail, tmp_path: Path) -> None:
    assert missed(whole, tmp_path, 600, seed=1) == (600, [])


@pytest.mark.long
def test_ten_thousand_random_damages_are_found(whole: Trail, tmp_path: Path) -> None:
    assert missed(whole, tmp_path, 10_000, seed=2) == (10_000, [])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_of_damage_changes_something(whole: Trail, kind: Damage) -> None:
    content = whole.export.read_bytes()
    assert sum(kind(content, Random(seed)) != content for seed in range(20)) >= 15


def test_random_damage_of_the_witness_file_is_found(whole: Trail, tmp_path: Path) -> None:
    content = whole.witness.read_bytes()
    dice = Random(3)
    for _ in range(200):
        for kind in (flip, cut, insert, replace, swap_lines):
            damaged = kind(content, dice)
            if damaged != content:
                (tmp_path / FILE).write_bytes(damaged)
                assert not judged(whole, whole.export, tmp_path / FILE).whole


def test_a_verifier_that_compares_no_roots_is_noticed(
    whole: Trail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_compare", lambda heads, roots, verdict, whose: verdict.entries)
    assert missed(whole, tmp_path, 120, seed=4)[1]


def test_a_verifier_that_looks_at_no_signature_is_noticed(
    whole: Trail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_signed", lambda *_: True)
    assert missed(whole, tmp_path, 600, seed=4)[1]
