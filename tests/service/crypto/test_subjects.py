"""The key store: refusals, deletion, files and their modes, many processes at once."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from service.crypto import CannotOpen, Domain, FileKeys, KeyGone, KeyStoreDown, SubjectKeys, load_keyring, subjects
from service.crypto.keyfiles import subjects_folder
from tests.service.crypto.promises import HERE
from tests.service.crypto.racing import CONTEXT, make_one, make_or_destroy, open_twice, run_all

SUBJECT = UUID("7e57ab1e-0000-4000-8000-000000000001")


def key_path(folder: Path, subject: UUID = SUBJECT) -> Path:
    return subjects_folder(folder) / "case" / f"{subject}.key"


def store(folder: Path) -> SubjectKeys:
    return SubjectKeys(subjects_folder(folder), FileKeys(folder / "back.key"))


def test_a_subject_nobody_made_has_no_key(folder: Path) -> None:
    with pytest.raises(CannotOpen) as caught:
        store(folder).get(Domain.CASE, SUBJECT)
    assert type(caught.value) is CannotOpen  # not "destroyed"
    assert not store(folder).exists(Domain.CASE, SUBJECT)


def test_a_destroyed_one_is_gone_and_never_made_again(folder: Path) -> None:
    keys = store(folder)
    assert keys.make(Domain.CASE, SUBJECT)
    keys.destroy(Domain.CASE, SUBJECT)
    keys.destroy(Domain.CASE, SUBJECT)
    assert not key_path(folder).exists()
    assert not keys.exists(Domain.CASE, SUBJECT)
    for again in (keys.make, keys.get):
        with pytest.raises(KeyGone):
            again(Domain.CASE, SUBJECT)
    assert keys.make(Domain.PLACE, SUBJECT)  # another domain is another subject


def test_one_destroyed_before_it_was_made_is_never_made(folder: Path) -> None:
    store(folder).destroy(Domain.CASE, SUBJECT)
    with pytest.raises(KeyGone):
        store(folder).make(Domain.CASE, SUBJECT)


def test_a_key_file_put_back_from_an_old_copy_stays_closed(folder: Path) -> None:
    keys = store(folder)
    keys.make(Domain.CASE, SUBJECT)
    old_copy = key_path(folder).read_bytes()
    keys.destroy(Domain.CASE, SUBJECT)
    key_path(folder).write_bytes(old_copy)
    with pytest.raises(KeyGone):
        keys.get(Domain.CASE, SUBJECT)
    assert keys.rewrap(Domain.CASE, SUBJECT, 1) == "gone"
    assert not key_path(folder).exists()


def test_a_kill_between_marker_and_removal_leaves_it_closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = store(folder)
    keys.make(Domain.CASE, SUBJECT)
    keys.get(Domain.CASE, SUBJECT)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(SubjectKeys, "_bury", killed)
        with pytest.raises(KeyboardInterrupt):
            keys.destroy(Domain.CASE, SUBJECT)
    assert key_path(folder).exists()
    with pytest.raises(KeyGone):
        keys.get(Domain.CASE, SUBJECT)
    keys.destroy(Domain.CASE, SUBJECT)
    assert not key_path(folder).exists()


def test_destroying_removes_the_copy_a_killed_writer_left(folder: Path) -> None:
    keys = store(folder)
    keys.make(Domain.CASE, SUBJECT)
    left = key_path(folder).parent / ".new"
    left.write_bytes(key_path(folder).read_bytes())
    keys.destroy(Domain.CASE, SUBJECT)
    assert sorted(path.name for path in left.parent.iterdir()) == [f"{SUBJECT}.gone"]


def test_a_key_file_of_another_subject_does_not_serve(folder: Path) -> None:
    keys = store(folder)
    other = uuid4()
    keys.make(Domain.CASE, SUBJECT)
    keys.make(Domain.PLACE, SUBJECT)
    key_path(folder, other).write_bytes(key_path(folder).read_bytes())
    with pytest.raises(CannotOpen):
        keys.get(Domain.CASE, other)
    key_path(folder).write_bytes((subjects_folder(folder) / "place" / f"{SUBJECT}.key").read_bytes())
    with pytest.raises(CannotOpen):
        keys.get(Domain.CASE, SUBJECT)


def test_every_flipped_bit_of_a_key_file_is_noticed(folder: Path) -> None:
    keys = store(folder)
    keys.make(Domain.CASE, SUBJECT)
    content = key_path(folder).read_bytes()
    for bit in range(len(content) * 8):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        key_path(folder).write_bytes(changed)
        with pytest.raises(CannotOpen):
            keys.get(Domain.CASE, SUBJECT)
    for cut in (b"", content[:1], content[:9], content[:-1], content + bytes(5000)):
        key_path(folder).write_bytes(cut)
        with pytest.raises(CannotOpen):
            keys.get(Domain.CASE, SUBJECT)


def test_a_store_that_is_away_is_no_deletion(folder: Path) -> None:
    keys = store(folder)
    keys.make(Domain.CASE, SUBJECT)
    keys.get(Domain.CASE, SUBJECT)
    subjects_folder(folder).rename(folder / "unmounted")
    for call in (keys.get, keys.make, keys.destroy, keys.exists):
        with pytest.raises(KeyStoreDown) as caught:
            call(Domain.CASE, SUBJECT)
        assert str(SUBJECT) not in str(caught.value)
        assert caught.value.__suppress_context__  # the path is not shown
    (folder / "unmounted").rename(subjects_folder(folder))
    assert keys.exists(Domain.CASE, SUBJECT)


def test_a_full_disk_makes_no_key(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = store(folder)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(KeyStoreDown):
            keys.make(Domain.CASE, SUBJECT)
        with pytest.raises(KeyStoreDown):
            keys.destroy(Domain.CASE, SUBJECT)
    assert not list(key_path(folder).parent.iterdir())
    assert keys.make(Domain.CASE, SUBJECT)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_modes_whatever_the_umask(folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store(folder).make(Domain.CASE, SUBJECT)
        store(folder).destroy(Domain.CASE, UUID(int=2))
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o7777 for path in key_path(folder).parent.iterdir()} == {0o600}


def test_a_folder_given_to_a_group_has_files_for_the_group(folder: Path) -> None:
    key_path(folder).parent.chmod(0o2770)  # three users in production
    store(folder).make(Domain.CASE, SUBJECT)
    assert key_path(folder).stat().st_mode & 0o7777 == 0o660


def test_the_set_group_id_bit_alone_shares_nothing(folder: Path) -> None:
    key_path(folder).parent.chmod(0o2700)  # inherited from the folder around it
    store(folder).make(Domain.CASE, SUBJECT)
    assert key_path(folder).stat().st_mode & 0o7777 == 0o600


def test_the_cache_is_bounded_and_forgets_the_longest_unused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert subjects.MOST_CACHED == 4096
    monkeypatch.setattr(subjects, "MOST_CACHED", 3)
    keys = store(folder)
    everybody = [UUID(int=number) for number in range(1, 5)]
    for subject in everybody:
        keys.make(Domain.CASE, subject)
    for subject in (*everybody[:3], everybody[0], everybody[3]):
        keys.get(Domain.CASE, subject)
    assert [subject.int for _, subject in keys._cache] == [3, 1, 4]
    keys.destroy(Domain.CASE, everybody[0])
    assert [subject.int for _, subject in keys._cache] == [3, 4]


def test_a_warm_cache_in_another_process_does_not_open_what_was_destroyed_here(folder: Path) -> None:
    here = load_keyring(folder, "back")
    here.subjects.make(Domain.CASE, SUBJECT)
    sealed = here.sealer.seal(Domain.CASE, SUBJECT, HERE, b"plain")
    ours, theirs = CONTEXT.Pipe()
    worker = CONTEXT.Process(target=open_twice, args=(folder, SUBJECT, sealed, theirs))
    worker.start()
    assert ours.recv() == b"plain"
    here.subjects.destroy(Domain.CASE, SUBJECT)
    ours.send("again")
    assert ours.recv() == "KeyGone"
    worker.join()


def test_of_32_processes_one_makes_the_key_and_all_read_the_same(folder: Path) -> None:
    gate = CONTEXT.Barrier(32)
    pipes = [CONTEXT.Pipe() for _ in range(32)]
    codes = run_all(make_one, [(folder, SUBJECT, gate, theirs) for _, theirs in pipes])
    answers = [ours.recv() for ours, _ in pipes]
    assert codes == [0] * 32
    assert sorted(made for made, _ in answers) == [False] * 31 + [True]
    assert len({key for _, key in answers}) == 1
    assert [path.name for path in key_path(folder).parent.iterdir()] == [key_path(folder).name]


def test_makers_racing_with_a_destroyer_leave_nothing(folder: Path) -> None:
    for number in range(5):
        subject = UUID(int=number + 1)
        gate = CONTEXT.Barrier(6)
        pipes = [CONTEXT.Pipe() for _ in range(6)]
        told = [(folder, subject, gate, theirs, n == 0) for n, (_, theirs) in enumerate(pipes)]
        assert run_all(make_or_destroy, told) == [0] * 6
        assert pipes[0][0].recv() == "done"
        assert not key_path(folder, subject).exists()
        with pytest.raises(KeyGone):
            store(folder).get(Domain.CASE, subject)


def test_the_census_counts_and_names_nobody(folder: Path) -> None:
    keys = store(folder)
    for number in range(1, 4):
        keys.make(Domain.CASE, UUID(int=number))
    keys.destroy(Domain.CASE, UUID(int=1))
    key_path(folder, UUID(int=9)).write_bytes(b"no key")
    census = keys.census(Domain.CASE)
    assert (census.by_master, census.destroyed, census.unreadable) == ({1: 2}, 1, 1)
