"""Files sealed to key holders: who opens them, and that no part can be changed, moved, dropped or cut off."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from service.audit.notes import Kind, PublicKey, Signer
from service.processes import sealed_file
from service.processes.holders import (
    Holder,
    HolderKey,
    NotSealed,
    combined,
    make_holder,
    read_holder,
    read_holder_key,
    split,
)
from service.processes.sealed_file import PART_BYTES, SealedFile, seal_file
from tests.service.store.rows import NOW

SIGNER = Signer("fristad/trail", Kind.LOG, Ed25519PrivateKey.generate())
BELIEVED: tuple[PublicKey, ...] = (SIGNER.public,)


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Holder, HolderKey]]:
    folder = tmp_path_factory.mktemp("holders")
    made = [make_holder(folder / f"{name}.key") for name in "abc"]
    return [(read_holder(path), read_holder_key(path.with_suffix(".key"))) for path in made]


def _seal(path: Path, people: list[tuple[Holder, HolderKey]], content: bytes, kind: str = "backup") -> Path:
    seal_file(path, kind, [content], [holder for holder, _ in people[:2]], SIGNER, NOW)
    return path


def _open(path: Path, *keys: HolderKey, kind: str = "backup") -> bytes:
    return b"".join(SealedFile.read(path, kind, BELIEVED).open(keys))


@pytest.mark.parametrize("size", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES, 3 * PART_BYTES + 5])
def test_what_was_sealed_comes_back(tmp_path: Path, people: list[tuple[Holder, HolderKey]], size: int) -> None:
    content = os.urandom(size)
    path = _seal(tmp_path / "file", people, content)
    assert _open(path, people[0][1]) == content
    assert _open(path, people[1][1]) == content


@pytest.mark.parametrize(
    "pieces", [[b""], [], [b"a"] * 1000, [b"", b"a" * PART_BYTES, b"", b"b"], [b"x" * 5 * PART_BYTES]]
)
def test_pieces_of_any_size_make_one_file(
    tmp_path: Path, people: list[tuple[Holder, HolderKey]], pieces: list[bytes]
) -> None:
    seal_file(tmp_path / "file", "backup", pieces, [holder for holder, _ in people], SIGNER, NOW)
    assert _open(tmp_path / "file", people[2][1]) == b"".join(pieces)


def test_one_of_two_opens_no_offline_export(tmp_path: Path, people: list[tuple[Holder, HolderKey]]) -> None:
    path = _seal(tmp_path / "file", people, b"content", "offline")
    for keys in (people[:1], people[1:2], people[2:], people[1:]):
        with pytest.raises(NotSealed):
            _open(path, *(key for _, key in keys), kind="offline")
    for keys in (people[:2], people[1::-1], people):
        assert _open(path, *(key for _, key in keys), kind="offline") == b"content"


def test_a_stranger_opens_no_backup(tmp_path: Path, people: list[tuple[Holder, HolderKey]]) -> None:
    path = _seal(tmp_path / "file", people, b"content")
    with pytest.raises(NotSealed, match="not sealed to this key holder"):
        _open(path, people[2][1])


@pytest.mark.parametrize(("made", "asked"), [("backup", "offline"), ("offline", "backup")])
def test_one_kind_is_not_the_other(
    tmp_path: Path, people: list[tuple[Holder, HolderKey]], made: str, asked: str
) -> None:
    path = _seal(tmp_path / "file", people, b"content", made)
    with pytest.raises(NotSealed, match="another kind"):
        _open(path, *(key for _, key in people), kind=asked)


def test_every_byte_counts(tmp_path: Path, people: list[tuple[Holder, HolderKey]]) -> None:
    content = _seal(tmp_path / "file", people, os.urandom(300)).read_bytes()
    for at in range(len(content)):
        (tmp_path / "other").write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(NotSealed):
            _open(tmp_path / "other", people[0][1])


def _rearranged(content: bytes) -> Iterator[bytes]:
    """The same parts under the same header, but not in the same order or number."""
    header_bytes = int.from_bytes(content[17:21], "big")
    start = 21 + header_bytes
    framed = PART_BYTES + 16 + 4
    one, two, three = (
        content[start : start + framed],
        content[start + framed : start + 2 * framed],
        content[start + 2 * framed :],
    )
    last, rest = three[: 4 + int.from_bytes(three[:4], "big")], three[4 + int.from_bytes(three[:4], "big") :]
    for parts in ([two, one, last], [one, last], [one, two], [one, one, two, last], [one, two, last, last], [last]):
        yield content[:start] + b"".join(parts) + rest


def test_parts_can_be_neither_moved_nor_dropped_nor_repeated(
    tmp_path: Path, people: list[tuple[Holder, HolderKey]], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = _seal(tmp_path / "file", people, os.urandom(2 * PART_BYTES + 9)).read_bytes()
    monkeypatch.setattr(sealed_file, "_holds", lambda *_: True)  # as if whoever did it held the trail's key, too
    for nth, other in enumerate(_rearranged(content)):
        (tmp_path / f"other-{nth}").write_bytes(other)
        with pytest.raises(NotSealed):
            _open(tmp_path / f"other-{nth}", people[0][1])


def test_a_part_of_another_file_is_no_part_of_this(
    tmp_path: Path, people: list[tuple[Holder, HolderKey]], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = _seal(tmp_path / "one", people, b"first").read_bytes()
    two = _seal(tmp_path / "two", people, b"other").read_bytes()
    start = 21 + int.from_bytes(one[17:21], "big")
    assert len(one) == len(two)
    monkeypatch.setattr(sealed_file, "_holds", lambda *_: True)
    (tmp_path / "mixed").write_bytes(one[:start] + two[start:])
    with pytest.raises(NotSealed):
        _open(tmp_path / "mixed", people[0][1])


def test_two_files_of_the_same_content_share_nothing(tmp_path: Path, people: list[tuple[Holder, HolderKey]]) -> None:
    one, two = (_seal(tmp_path / name, people, b"x" * 1000).read_bytes() for name in ("one", "two"))
    start = 21 + int.from_bytes(one[17:21], "big")
    assert not any(one[at : at + 8] in two[start:-200] for at in range(start + 4, len(one) - 200, 8))


@given(st.binary(max_size=200), st.integers(2, 5))
def test_shares_make_the_key_and_no_fewer_do(key: bytes, number: int) -> None:
    shares = split(key, [None] * number, together=True)  # type: ignore[list-item]
    assert combined(shares) == key
    if len(key) >= 8:
        assert all(combined(shares[:at] + shares[at + 1 :]) != key for at in range(number))
        assert key not in shares


def test_a_folder_that_takes_no_file_is_said_to_be_one(tmp_path: Path, people: list[tuple[Holder, HolderKey]]) -> None:
    with pytest.raises(NotSealed, match="cannot be written"):
        _seal(tmp_path / "missing" / "file", people, b"content")


def test_content_that_breaks_off_leaves_no_file(tmp_path: Path, people: list[tuple[Holder, HolderKey]]) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        seal_file(tmp_path / "file", "backup", broken(), [holder for holder, _ in people], SIGNER, NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_holders_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "holder.key"
    public = make_holder(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert "PRIVATE" not in public.read_text()
    with pytest.raises(NotSealed, match="already"):
        make_holder(path)
    public.unlink()
    with pytest.raises(NotSealed, match="already"):
        make_holder(path)
    path.chmod(0o640)
    with pytest.raises(NotSealed, match="chmod 600"):
        read_holder_key(path)


@pytest.mark.parametrize(
    "content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", b"\xff" * 5000]
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "holder.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(NotSealed, match="damaged"):
        read_holder_key(path)
    with pytest.raises(NotSealed, match="damaged"):
        read_holder(path)


def test_a_private_key_is_not_taken_for_a_public_one_or_the_reverse(tmp_path: Path) -> None:
    public = make_holder(tmp_path / "holder.key")
    with pytest.raises(NotSealed):
        read_holder(tmp_path / "holder.key")
    public.chmod(0o600)
    with pytest.raises(NotSealed):
        read_holder_key(public)


def test_keys_do_not_show_themselves(tmp_path: Path) -> None:
    make_holder(tmp_path / "holder.key")
    key = read_holder_key(tmp_path / "holder.key")
    assert key.private.private_bytes_raw().hex() not in repr(key)
    assert "X25519" not in repr(key)
