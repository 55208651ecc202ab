"""Rotation: killed at every point and resumed, with records open at every moment."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from uuid import UUID

import pytest

from service.crypto import CannotOpen, Domain, KeyGone, Keyring, KeysRejected, Masters, load_keyring, rotate
from service.crypto.files import locked
from service.crypto.keyfiles import key_file, read_keyfile, subjects_folder
from service.crypto.rotate import Rotated
from service.crypto.subjects import SubjectKeys
from tests.service.crypto.promises import HERE
from tests.service.crypto.racing import key_files, rotate_and_die, run_all

PROCESSES = ("front", "back", "solver")
SUBJECTS = [UUID(int=number) for number in range(1, 6)]
# three key files hold the domain: added 3, in use 3, five subjects, dropped 3
STEPS = ["added"] * 3 + ["in_use"] * 3 + ["rewrapped"] * 5 + ["dropped"] * 3


class Killed(Exception):
    """Stands for the end of the process."""


class World:
    """Three running processes, and records that must open in each of them all the time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running = {name: load_keyring(folder, name) for name in PROCESSES}
        self.sealed: dict[UUID, bytes] = {}
        for subject in SUBJECTS:
            self.add("back", subject)

    def add(self, process: str, subject: UUID) -> None:
        keys = self.running[process]
        keys.subjects.make(Domain.CASE, subject)
        self.sealed[subject] = keys.sealer.seal(Domain.CASE, subject, HERE, subject.bytes)

    def insist(self) -> None:
        """In the processes that run, and in ones that start now."""
        for name in PROCESSES:
            for keys in (self.running[name], load_keyring(self.folder, name)):
                self.insist_in(keys)

    def insist_in(self, keys: Keyring) -> None:
        for subject, sealed in self.sealed.items():
            assert keys.sealer.open(Domain.CASE, subject, HERE, sealed) == subject.bytes

    def rotate(self, dies_after: int | None = None) -> tuple[Rotated | None, list[str]]:
        done: list[str] = []

        def after(step: str) -> None:
            self.insist()
            done.append(step)
            if len(done) == dies_after:
                raise Killed

        try:
            return rotate(key_files(self.folder), subjects_folder(self.folder), Domain.CASE, after_step=after), done
        except Killed:
            return None, done

    def versions(self) -> list[set[int]]:
        held = [read_keyfile(path)[0] for path in key_files(self.folder)]
        assert {file.in_use[Domain.CASE] for file in held} == {2}
        return [set(file.keys[Domain.CASE]) for file in held]

    def by_master(self) -> dict[int, int]:
        held = Masters.read(key_file(self.folder, "back"))
        return SubjectKeys(subjects_folder(self.folder), held).census(Domain.CASE).by_master


def test_a_rotation_in_order(folder: Path) -> None:
    world = World(folder)
    other = read_keyfile(key_file(folder, "front"))[0]
    done, steps = world.rotate()
    assert done == Rotated(Domain.CASE, 2, 5, False)
    assert steps == STEPS
    assert world.versions() == [{2}] * 3
    assert world.by_master() == {2: 5}
    after = read_keyfile(key_file(folder, "front"))[0]
    assert after.keys[Domain.CASE][2] != other.keys[Domain.CASE][1]
    assert after.keys[Domain.INTEL] == other.keys[Domain.INTEL]  # the others stay
    assert after.tag == other.tag
    assert {path.stat().st_mode & 0o7777 for path in folder.rglob("*") if path.is_file()} == {0o600}


@pytest.mark.parametrize("dies_after", range(1, len(STEPS)))
def test_interrupted_after_any_step_it_goes_on(folder: Path, dies_after: int) -> None:
    world = World(folder)
    assert world.rotate(dies_after)[0] is None
    world.add("front", UUID(int=100 + dies_after))  # life goes on meanwhile
    world.insist()
    done, _ = world.rotate()
    assert done is not None
    assert (done.version, done.resumed) == (2, True)
    assert world.versions() == [{2}] * 3
    assert world.by_master() == {2: 6}
    world.insist()


@pytest.mark.parametrize("before", [True, False])
def test_killed_at_any_file_it_goes_on(tmp_path: Path, before: bool) -> None:
    """A real kill -9, just before or just after a file is renamed into place: 14 files, 14 places each."""
    from service.crypto import create_keys

    worlds = []
    for number in range(1, len(STEPS) + 1):
        create_keys(tmp_path / str(number) / "keys")
        worlds.append(World(tmp_path / str(number) / "keys"))
    codes = run_all(rotate_and_die, [(world.folder, number, before) for number, world in enumerate(worlds, 1)])
    assert codes == [-9] * len(STEPS)
    for number, world in enumerate(worlds, 1):
        world.insist()
        world.add("front", UUID(int=100))
        done, _ = world.rotate()
        assert done is not None
        world.insist()
        if (number == 1 and before) or (number == len(STEPS) and not before):
            assert not done.resumed  # nothing was there yet, or nothing was left to do
        else:
            assert (done.resumed, world.versions(), world.by_master()) == (True, [{2}] * 3, {2: 6})
        assert not list(world.folder.rglob(".new"))  # an unfinished copy of a key does not stay


def test_killed_again_and_again(folder: Path) -> None:
    world = World(folder)
    lived = [world.rotate(dies_after=1)[1] for _ in STEPS]
    assert [step for steps in lived for step in steps] == STEPS  # each life does the next step, none does one again
    assert world.versions() == [{2}] * 3
    assert world.by_master() == {2: 5}


def test_records_open_while_it_runs(folder: Path) -> None:
    world = World(folder)
    ended = threading.Event()
    wrong: list[BaseException] = []

    def read(keys: Keyring) -> None:
        try:
            while not ended.is_set():
                world.insist_in(keys)
        except BaseException as bad:
            wrong.append(bad)

    readers = [threading.Thread(target=read, args=(keys,)) for keys in world.running.values()]
    for reader in readers:
        reader.start()
    for _ in range(5):
        rotate(key_files(folder), subjects_folder(folder), Domain.CASE)
    ended.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_made_and_destroyed_during_a_rotation(folder: Path) -> None:
    """A key made at each step is kept, one destroyed at each step stays destroyed."""
    world = World(folder)
    step = 0
    doomed = [UUID(int=1000 + number) for number in range(len(STEPS))]
    for subject in doomed:
        world.add("solver", subject)
    gone: list[UUID] = []

    def live(_: str) -> None:
        nonlocal step
        world.add(PROCESSES[step % 3], UUID(int=2000 + step))
        if doomed:
            gone.append(doomed.pop())
            del world.sealed[gone[-1]]
            world.running[PROCESSES[(step + 1) % 3]].subjects.destroy(Domain.CASE, gone[-1])
        step += 1

    rotate(key_files(folder), subjects_folder(folder), Domain.CASE, after_step=live)
    assert len(gone) == len(STEPS)
    world.insist()
    assert world.by_master() == {2: len(world.sealed)}
    for subject in gone:
        with pytest.raises(KeyGone):
            world.running["back"].subjects.get(Domain.CASE, subject)


def test_a_stolen_old_master_opens_no_new_file(folder: Path) -> None:
    world = World(folder)
    old = Masters.read(key_file(folder, "back"))
    world.rotate()
    with pytest.raises(CannotOpen):
        SubjectKeys(subjects_folder(folder), old).get(Domain.CASE, SUBJECTS[0])


def test_a_domain_in_one_file_alone(folder: Path) -> None:
    back = load_keyring(folder, "back")
    back.subjects.make(Domain.ADDRESS, SUBJECTS[0])
    sealed = back.sealer.seal(Domain.ADDRESS, SUBJECTS[0], HERE, b"x")
    before = {name: key_file(folder, name).read_bytes() for name in ("front", "solver")}
    rotate(key_files(folder), subjects_folder(folder), Domain.ADDRESS)
    assert {name: key_file(folder, name).read_bytes() for name in before} == before
    assert back.sealer.open(Domain.ADDRESS, SUBJECTS[0], HERE, sealed) == b"x"


def test_two_at_once_are_refused(folder: Path) -> None:
    with locked(subjects_folder(folder)), pytest.raises(KeysRejected, match="rotated by another process"):
        rotate(key_files(folder), subjects_folder(folder), Domain.CASE)


def test_a_damaged_subject_key_keeps_the_old_master(folder: Path) -> None:
    world = World(folder)
    path = subjects_folder(folder) / "case" / f"{SUBJECTS[2]}.key"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(KeysRejected, match=r"1 subject key\(s\) cannot be opened") as caught:
        rotate(key_files(folder), subjects_folder(folder), Domain.CASE)
    assert str(SUBJECTS[2]) not in str(caught.value)
    assert world.versions() == [{1, 2}] * 3
    path.write_bytes(whole)  # from the mirror
    world.insist()
    done, _ = world.rotate()
    assert done == Rotated(Domain.CASE, 2, 1, True)


def test_key_files_that_do_not_belong_together(folder: Path, tmp_path: Path) -> None:
    from service.crypto import create_keys

    create_keys(tmp_path / "other")
    key_file(folder, "front").write_bytes(key_file(tmp_path / "other", "front").read_bytes())
    before = key_file(folder, "back").read_bytes()
    with pytest.raises(KeysRejected, match="two keys for one version"):
        rotate(key_files(folder), subjects_folder(folder), Domain.CASE)
    assert key_file(folder, "back").read_bytes() == before


def test_key_files_from_before_the_last_rotation(folder: Path) -> None:
    old = {path: path.read_bytes() for path in key_files(folder)}
    world = World(folder)
    world.rotate()
    new = {path: path.read_bytes() for path in key_files(folder)}
    for path, content in old.items():
        path.write_bytes(content)
    with pytest.raises(KeysRejected, match="lack a version that subject keys need"):
        rotate(key_files(folder), subjects_folder(folder), Domain.CASE)
    for path, content in new.items():
        path.write_bytes(content)
    world.insist()


def test_one_old_key_file_is_brought_up_to_date(folder: Path) -> None:
    path = key_file(folder, "front")
    old = path.read_bytes()
    world = World(folder)
    world.rotate()
    path.write_bytes(old)
    done = rotate(key_files(folder), subjects_folder(folder), Domain.CASE)
    assert done == Rotated(Domain.CASE, 2, 0, True)
    world.insist()


def test_a_missing_key_file_changes_nothing(folder: Path) -> None:
    before = key_file(folder, "back").read_bytes()
    key_file(folder, "solver").unlink()
    with pytest.raises(KeysRejected, match=r"solver\.key: is missing"):
        rotate(key_files(folder), subjects_folder(folder), Domain.CASE)
    assert key_file(folder, "back").read_bytes() == before
    assert json.loads(before)["in_use"]["case"] == 1


def test_no_file_with_that_domain(folder: Path) -> None:
    with pytest.raises(KeysRejected, match="have no key of that domain"):
        rotate([key_file(folder, "front")], subjects_folder(folder), Domain.ADDRESS)
