"""Key files: what is refused at the start, and that nothing of them is told."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from service.crypto import Domain, KeysRejected, KeyStoreDown, Masters, UnknownVersion, create_keys, load_keyring
from service.crypto.keyfiles import key_file, read_keyfile
from service.crypto.masters import FileKeys

Tree = dict[str, Any]


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def put(name: str, entry: Any) -> Callable[[Tree], None]:
    return lambda tree: tree.__setitem__(name, entry)


RANDOM = os.urandom(32)
WRONG: list[tuple[Callable[[Tree], Any], str]] = [
    (put("case", {"1": text(bytes(32))}), "is a default or typed key"),
    (put("case", {"1": text(b"\xff" * 32)}), "is a default or typed key"),
    (put("case", {"1": text(bytes(range(100, 132)))}), "is a default or typed key"),
    (put("case", {"1": text(b"correct horse battery staple 123")}), "is a default or typed key"),
    (put("case", {"1": text(b"changeme" * 4)}), "is a default or typed key"),
    (put("case", {"1": text(RANDOM[:31])}), "is no key of 32 bytes"),
    (put("case", {"1": text(RANDOM + b"x")}), "is no key of 32 bytes"),
    (put("case", {"1": ""}), "is no key of 32 bytes"),
    (put("case", {"1": "not base64!" * 4}), "is no key of 32 bytes"),
    (put("case", {"1": "ö"}), "is no key of 32 bytes"),
    (put("case", {"1": 17}), "is no key of 32 bytes"),
    (put("case", {"01": text(RANDOM)}), "has a version that is no number"),
    (put("case", {"0": text(RANDOM)}), "has a version that is no number"),
    (put("case", {"9" * 5000: text(RANDOM)}), "has a version that is no number"),
    (put("case", {"٣": text(RANDOM)}), "has a version that is no number"),
    (put("case", {}), "has no keys"),
    (put("case", [text(RANDOM)]), "has no keys"),
    (put("case", {"2": text(RANDOM)}), "names a version the file does not have"),
    (put("in_use", {"case": True, "intel": 1}), "names a version the file does not have"),
    (put("in_use", {"case": 1}), "does not name every domain"),
    (put("in_use", None), "does not name every domain"),
    (put("tag", None), "has no keys"),
    (put("tag", {"2": text(RANDOM)}), "has another version than 1"),
    (put("format", 2), "is not in the form"),
    (put("format", True), "is not in the form"),
    (put("cases", {}), "has an unknown entry"),
    (lambda tree: tree.update(intel=tree["case"]), "uses one key twice"),
]


@pytest.mark.parametrize(("change", "wrong"), WRONG)
def test_a_key_file_that_is_refused(folder: Path, change: Callable[[Tree], Any], wrong: str) -> None:
    path = key_file(folder, "front")
    tree = json.loads(path.read_bytes())
    change(tree)
    path.write_text(json.dumps(tree))
    with pytest.raises(KeysRejected, match=wrong) as caught:
        Masters.read(path)
    said = repr(caught.value) + str(caught.value)
    assert not any(
        value in said
        for entry in tree.values()
        if isinstance(entry, dict)
        for value in map(str, entry.values())
        if len(value) > 8
    )


@pytest.mark.parametrize("content", [b"", b"null", b"[" * 5000, b"\xff\xfe", b'{"format":1,"format":1}', b" " * 70_000])
def test_a_file_that_is_no_key_file(folder: Path, content: bytes) -> None:
    path = key_file(folder, "front")
    path.write_bytes(content)
    with pytest.raises(KeysRejected):
        Masters.read(path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644, 0o700, 0o666])
def test_a_mode_that_lets_others_in_is_refused(folder: Path, mode: int) -> None:
    path = key_file(folder, "front")
    path.chmod(mode)
    with pytest.raises(KeysRejected, match="chmod 600"):
        load_keyring(folder, "front")


def test_a_mode_stricter_than_0600_is_accepted(folder: Path) -> None:
    key_file(folder, "front").chmod(0o400)
    load_keyring(folder, "front")


def test_another_users_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: key_file(folder, "front").stat().st_uid + 1)
    with pytest.raises(KeysRejected, match="belongs to another user"):
        load_keyring(folder, "front")


def test_only_root_reads_another_users_file_and_only_when_told_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = key_file(folder, "front")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(KeysRejected):
        read_keyfile(path, root_may=True)


def test_links_pipes_and_folders_are_refused(folder: Path) -> None:
    path = key_file(folder, "front")
    away = path.with_name("elsewhere")
    path.rename(away)
    with pytest.raises(KeysRejected, match="is missing"):
        Masters.read(path)
    path.symlink_to(away)
    with pytest.raises(KeysRejected, match="cannot be opened"):
        Masters.read(path)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(KeysRejected, match="is no file"):  # and does not wait for a writer
        Masters.read(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(KeysRejected, match="is no file"):
        Masters.read(path)


def test_a_process_refuses_the_key_file_of_another(folder: Path) -> None:
    front, back = key_file(folder, "front"), key_file(folder, "back")
    front.write_bytes(back.read_bytes())
    with pytest.raises(KeysRejected, match="holds other keys than this process may have"):
        load_keyring(folder, "front")
    with pytest.raises(ValueError, match="one of front, back and solver"):
        load_keyring(folder, "everything")


def test_each_file_has_its_domains_and_they_share_keys(folder: Path) -> None:
    held = {name: read_keyfile(key_file(folder, name))[0] for name in ("front", "back", "solver")}
    assert set(held["front"].keys) == {Domain.CASE, Domain.INTEL}
    assert set(held["back"].keys) == {Domain.CASE, Domain.PLACE, Domain.ADDRESS}
    assert set(held["solver"].keys) == {Domain.CASE, Domain.INTEL, Domain.PLACE}
    assert (
        held["front"].keys[Domain.CASE][1] == held["back"].keys[Domain.CASE][1] == held["solver"].keys[Domain.CASE][1]
    )
    assert held["front"].tag == held["back"].tag == held["solver"].tag
    assert key_file(folder, "front").stat().st_mode & 0o7777 == 0o600


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o777])
def test_modes_of_what_is_made_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        create_keys(tmp_path / "keys")
    finally:
        os.umask(before)
    made = list((tmp_path / "keys").rglob("*"))
    assert {path.stat().st_mode & 0o7777 for path in made if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o7777 for path in made if path.is_dir()} == {0o700}


def test_nothing_is_made_over_keys(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.glob("*.key")}
    with pytest.raises(KeysRejected, match="exists already"):
        create_keys(folder)
    assert {path: path.read_bytes() for path in folder.glob("*.key")} == before


def test_no_new_masters_where_subjects_wait_for_the_old_ones(folder: Path) -> None:
    load_keyring(folder, "back").subjects.make(Domain.CASE, uuid4())
    for path in folder.glob("*.key"):
        path.unlink()
    with pytest.raises(KeysRejected, match="has keys of subjects"):
        create_keys(folder)


def test_where_no_folder_can_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(KeysRejected, match="cannot be written to"):
        create_keys(tmp_path / "file" / "keys")


def test_a_version_nobody_has(folder: Path) -> None:
    wrapper = FileKeys(key_file(folder, "back"))
    version, wrapped = wrapper.wrap(Domain.CASE, b"x" * 32, b"of")
    assert version == 1
    with pytest.raises(UnknownVersion):
        wrapper.unwrap(Domain.CASE, 2, wrapped, b"of")


def test_a_key_file_spoiled_while_running_wraps_nothing_and_still_unwraps(folder: Path) -> None:
    path = key_file(folder, "back")
    wrapper = FileKeys(path)
    version, wrapped = wrapper.wrap(Domain.CASE, b"x" * 32, b"of")
    path.write_text("{}")
    with pytest.raises(KeyStoreDown):
        wrapper.wrap(Domain.CASE, b"x" * 32, b"of")
    assert wrapper.unwrap(Domain.CASE, version, wrapped, b"of") == b"x" * 32
