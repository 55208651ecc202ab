"""The witness accepts what follows from what it has seen, and nothing else; notes and keys are C2SP's."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest

from service.audit.checkpoint import Checkpoint, opened, signed
from service.audit.errors import NoteRejected, WitnessRefused
from service.audit.merkle import EMPTY_ROOT, leaf_hash, proof_since
from service.audit.notes import Kind, PublicKey, new_signer, parted, read_public_keys, read_signer
from service.audit.witness import FILE, Witness, records
from tests.service.audit.trails import COSIGNER, LOG, NOW, ORIGIN, OTHER_LOG, contents, frontier, head, witnessed

ENTRIES = contents(20)


def proof(old: int, new: int, entries: Sequence[bytes] = ENTRIES) -> tuple[bytes, ...]:
    return proof_since(frontier(entries[:old]), [leaf_hash(entry) for entry in entries[old:new]])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "witness"


@pytest.fixture
def witness(folder: Path) -> Witness:
    """A witness that has seen seven entries."""
    witnessed(folder, ENTRIES, [3, 7])
    return Witness(folder, [LOG.public], COSIGNER)


def seen(folder: Path) -> bytes:
    return (folder / FILE).read_bytes()


FORK = [*ENTRIES[:5], *contents(15, first=100)]

REFUSED: dict[str, tuple[str, int, tuple[bytes, ...], str]] = {
    "rollback": (head(ENTRIES[:6]), 7, (), "rolled back"),
    "rollback to a head it accepted before": (head(ENTRIES[:3]), 7, (), "rolled back"),
    "another root of the same size": (head(FORK[:7]), 7, (), "forked"),
    "another past": (head(FORK[:12]), 7, proof(7, 12, FORK), "forked"),
    "another past, the proof of the true one": (head(FORK[:12]), 7, proof(7, 12), "forked"),
    "no proof": (head(ENTRIES[:12]), 7, (), "forked"),
    "half a proof": (head(ENTRIES[:12]), 7, proof(7, 12)[:-1], "forked"),
    "a proof from another head": (head(ENTRIES[:12]), 3, proof(3, 12), "the proof does not begin"),
    "a proof from nothing": (head(ENTRIES[:12]), 0, (), "the proof does not begin"),
    "a proof without end": (head(ENTRIES[:12]), 7, proof(7, 12) * 64, "forked"),
}


@pytest.mark.parametrize(("note", "old", "steps", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_follow_is_refused(
    witness: Witness, folder: Path, note: str, old: int, steps: tuple[bytes, ...], told: str
) -> None:
    before = seen(folder)
    with pytest.raises(WitnessRefused, match=told):
        witness.accept(note, old, steps, NOW)
    assert seen(folder) == before


def twice(note: str) -> str:
    return note + note.split("\n\n")[1]


UNBELIEVED: dict[str, Callable[[str], str]] = {
    "another key of the same name": lambda _: head(ENTRIES[:12], OTHER_LOG),
    "an edited size": lambda note: note.replace("\n12\n", "\n13\n"),
    "no signature": lambda note: note.split("\n\n")[0] + "\n\n",
    "signed twice": twice,
    "an edited signature": lambda note: note[:-20] + ("A" if note[-20] != "A" else "B") + note[-19:],
    "base64 told otherwise": lambda note: note.rstrip("\n")[:-1] + "\n",
    "an extension line": lambda note: note.replace("\n\n", "\nmore\n\n"),
    "a leading zero": lambda note: note.replace("\n12\n", "\n012\n"),
    "another origin": lambda note: note.replace(ORIGIN, "example.org/other", 1),
    "a hyphen for the dash": lambda note: note.replace("— ", "- "),
    "a carriage return": lambda note: note.replace("\n12\n", "\r\n12\n"),
    "no end": lambda note: note[:-1],
    "nothing": lambda _: "",
}


@pytest.mark.parametrize("damage", UNBELIEVED.values(), ids=UNBELIEVED.keys())
def test_what_the_log_did_not_sign_is_not_believed(
    witness: Witness, folder: Path, damage: Callable[[str], str]
) -> None:
    before = seen(folder)
    with pytest.raises(NoteRejected):
        witness.accept(damage(head(ENTRIES[:12])), 7, proof(7, 12), NOW)
    assert seen(folder) == before


def test_what_follows_is_cosigned_and_only_added(witness: Witness, folder: Path) -> None:
    before = seen(folder)
    note = witness.accept(head(ENTRIES[:12]), 7, proof(7, 12), NOW)
    assert seen(folder) == before + note.encode() + b"\n"
    assert opened(note, LOG.public).size == 12
    assert COSIGNER.public.signed(*parted(note)) == NOW
    assert witness.last() == Checkpoint(ORIGIN, 12, frontier(ENTRIES[:12]).root())


def test_the_same_head_again_is_told_again_and_not_written(witness: Witness, folder: Path) -> None:
    before = seen(folder)
    later = datetime(2031, 1, 1, tzinfo=UTC)
    assert witness.accept(head(ENTRIES[:7]), 7, (), later) == records(before.decode())[0][-1]
    assert seen(folder) == before


def test_a_record_torn_by_a_crash_was_never_told_and_is_written_over(witness: Witness, folder: Path) -> None:
    before = seen(folder)
    for torn in (b"example.org/tr", head(ENTRIES[:12]).encode()[:-30], head(ENTRIES[:12]).encode(), b"x" * 2000):
        (folder / FILE).write_bytes(before + torn)
        last = witness.last()
        assert last is not None
        assert last.size == 7
    note = witness.accept(head(ENTRIES[:12]), 7, proof(7, 12), NOW)
    assert seen(folder) == before + note.encode() + b"\n"


@pytest.mark.parametrize("at", [5, 60, 200])
def test_its_own_file_changed_is_an_alarm(witness: Witness, folder: Path, at: int) -> None:
    content = bytearray(seen(folder))
    record = content.rindex(ORIGIN.encode() + b"\n7\n")
    content[record + at] ^= 1
    (folder / FILE).write_bytes(content)
    with pytest.raises(WitnessRefused, match="own file is damaged"):
        witness.last()


def test_only_the_end_of_a_long_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = list(range(1, 21))
    witnessed(tmp_path, ENTRIES, sizes)
    witness = Witness(tmp_path, [LOG.public], COSIGNER)
    length = (tmp_path / FILE).stat().st_size
    record = length // len(sizes)
    for window in (*range(2 * record, 2 * record + 9), 3 * record + 100, length - 1, length, length + 1):
        monkeypatch.setattr("service.audit.witness._WINDOW_BYTES", window)
        last = witness.last()
        assert last is not None
        assert last.size == 20


def one_of_many(folder: Path, size: int) -> bool:
    try:
        Witness(folder, [LOG.public], COSIGNER).accept(head(FORK[:size]), 0, (), NOW)
    except WitnessRefused:
        return False
    return True


def test_of_many_first_heads_at_once_one_is_accepted(folder: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        accepted = list(pool.map(one_of_many, [folder] * 8, range(12, 20)))
    assert sum(accepted) == 1
    assert len(records(seen(folder).decode())[0]) == 1


def test_a_second_head_waits_until_the_first_is_written(
    witness: Witness, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_inside, together = Barrier(2), list[bool]()
    judge = Witness._insist

    def slowly(*arguments: Any) -> None:
        try:
            both_inside.wait(timeout=0.5)
            together.append(True)
        except BrokenBarrierError:  # nobody else came while this one judged
            together.append(False)
        judge(*arguments)

    monkeypatch.setattr(Witness, "_insist", staticmethod(slowly))
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(witness.accept, head(ENTRIES[:n]), 7, proof(7, n), NOW) for n in (12, 13)]
    assert together == [False, False]
    assert sorted(type(one.exception()).__name__ for one in asked) == ["NoneType", "WitnessRefused"]


def test_only_its_own_user_may_write_it(witness: Witness, folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(os.lstat(file).st_mode) for file in folder.iterdir()} == {0o600}


def test_a_witness_is_no_log_and_a_log_no_witness(folder: Path) -> None:
    with pytest.raises(NoteRejected, match="of its own kind"):
        Witness(folder, [LOG.public], LOG)
    with pytest.raises(NoteRejected, match="of its own kind"):
        Witness(folder, [COSIGNER.public], COSIGNER)
    with pytest.raises(NoteRejected, match="of its own kind"):
        Witness(folder, [], COSIGNER)
    with pytest.raises(NoteRejected, match="key of its own name"):
        signed(Checkpoint(COSIGNER.name, 1, leaf_hash(b"")), COSIGNER, NOW)


def test_a_former_key_of_the_log_is_believed_while_it_is_named(witness: Witness, folder: Path) -> None:
    both = Witness(folder, [OTHER_LOG.public, LOG.public], COSIGNER)
    both.accept(head(ENTRIES[:12], OTHER_LOG), 7, proof(7, 12), NOW)
    last = both.last()
    assert last is not None
    assert last.size == 12


# Keys and notes in the standard's form


def test_a_note_is_signed_as_the_standard_says() -> None:
    # key id: the first four bytes of SHA-256(name, newline, 0x01, key); the signature is over the text alone
    key = LOG.public
    key_id = hashlib.sha256(ORIGIN.encode() + b"\n\x01" + key.key).digest()[:4]
    text = f"{ORIGIN}\n0\n{base64.b64encode(EMPTY_ROOT).decode()}\n"
    value = base64.b64encode(key_id + LOG.private.sign(text.encode())).decode()
    assert signed(Checkpoint(ORIGIN, 0, EMPTY_ROOT), LOG, NOW) == f"{text}\n— {ORIGIN} {value}\n"
    assert str(key) == f"{ORIGIN}+{key_id.hex()}+{base64.b64encode(bytes([1]) + key.key).decode()}"


def test_the_standards_own_example_is_read() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    line = (
        "— example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    body, ((name, value),) = parted(f"{text}\n{line}")
    assert (body, name, value[:4].hex(), len(value)) == (text, "example.com/behind-the-sofa", "033de0ae", 68)
    assert Checkpoint.parse(body).size == 20852163
    assert Checkpoint.parse(body).text == text


def test_a_cosignature_is_over_its_time_and_the_text() -> None:
    text = Checkpoint(ORIGIN, 1, leaf_hash(b"")).text
    at = datetime(2023, 3, 20, 13, 5, 47, tzinfo=UTC)
    value = base64.b64decode(COSIGNER.line(text, at).split()[-1])
    assert int.from_bytes(value[4:12], "big") == 1679317547
    assert value[12:] == COSIGNER.private.sign(b"cosignature/v1\ntime 1679317547\n" + text.encode())


def test_a_key_is_made_once_for_its_user_alone(tmp_path: Path) -> None:
    made = new_signer(tmp_path / "audit.key", ORIGIN, Kind.LOG)
    assert stat.S_IMODE((tmp_path / "audit.key").stat().st_mode) == 0o600
    assert read_signer(tmp_path / "audit.key").public == made.public
    with pytest.raises(NoteRejected, match="there is a signing key already"):
        new_signer(tmp_path / "audit.key", ORIGIN, Kind.LOG)
    (tmp_path / "audit.key").chmod(0o640)
    with pytest.raises(NoteRejected, match="mode 0600"):
        read_signer(tmp_path / "audit.key")


@pytest.mark.parametrize("content", ["", "x", "PRIVATE+KEY+a+b", "PRIVATE+KEY+a+00000000+AAAA"])
def test_a_damaged_signing_key_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "audit.key"
    path.touch(mode=0o600)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(NoteRejected):
        read_signer(path)


def test_no_signing_key_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoteRejected, match="cannot be read"):
        read_signer(tmp_path / "audit.key")


@pytest.mark.parametrize(
    "damage", [lambda text: text[:-1], lambda text: text.replace("+", "-"), lambda text: "z" + text]
)
def test_a_damaged_public_key_is_refused(damage: Callable[[str], str]) -> None:
    with pytest.raises(NoteRejected):
        PublicKey.parse(damage(str(LOG.public)))
    with pytest.raises(NoteRejected, match="no public key"):
        read_public_keys("\n")


def test_keys_are_read_one_a_line() -> None:
    assert read_public_keys(f"{LOG.public}\n\n{COSIGNER.public}\n") == (LOG.public, COSIGNER.public)


@pytest.mark.parametrize("shown", [repr(LOG), repr(Witness), str(LOG)])
def test_no_secret_is_shown(shown: str) -> None:
    assert base64.b64encode(LOG.private.private_bytes_raw()).decode() not in shown
    assert "Ed25519PrivateKey" not in shown
