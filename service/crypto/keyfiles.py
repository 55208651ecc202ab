"""A process's key file: read and judged, written whole.

::

    {"format": 1, "in_use": {"case": 2}, "case": {"1": "<base64>", "2": "<base64>"}, "tag": {"1": "<base64>"}}

`in_use` names the version that wraps new keys; during a rotation there are two versions, otherwise one.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from matching.errors import Fault
from service.crypto.domains import PROCESS_DOMAINS, Domain
from service.crypto.errors import KeysRejected
from service.crypto.files import locked, sync_folder, write_whole
from service.crypto.gcm import KEY_BYTES, Secret

__all__ = ["KeyFile", "Stamp", "create_keys", "key_file", "read_keyfile", "subjects_folder", "write_keyfile"]

FORMAT = 1
TAG_VERSION = 1
MOST_FILE_BYTES = 64 * 1024
FEWEST_DISTINCT_BYTES = 16  # a random key has 30 or so; fewer than 16 happens once in 2^50 keys

_VERSION = re.compile(r"[1-9][0-9]{0,8}")

Stamp = tuple[int, int, int, int]


@dataclass(frozen=True)
class KeyFile:
    """What one key file holds.

    Parameters
    ----------
    keys : master keys by domain and version
    in_use : the version that wraps new keys, by domain
    tag : the key of the tags (`service.crypto.tags`)
    """

    keys: Mapping[Domain, Mapping[int, Secret]]
    in_use: Mapping[Domain, int]
    tag: Secret


def key_file(folder: Path, process: str) -> Path:
    """Where a process's key file lies in the key folder.

    Examples
    --------
    >>> key_file(Path("keys"), "front").as_posix()
    'keys/front.key'
    """
    return folder / f"{process}.key"


def subjects_folder(folder: Path) -> Path:
    """Where the subject keys lie in the key folder."""
    return folder / "subjects"


def read_keyfile(path: Path, *, root_may: bool = False) -> tuple[KeyFile, Stamp]:
    """What the file holds, and a stamp that differs once it is replaced.

    Parameters
    ----------
    root_may : root reads a file of another user: only where an operator's command works on the files of three users

    Raises
    ------
    KeysRejected : missing, readable by others, somebody else's, a default key, not in this form
    """
    name = path.name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise _refused(name, "is missing", "the file that `fristad keys init` made, or its backup") from None
    except OSError:
        raise _refused(name, "cannot be opened", "a file of its own, no link, readable by this user") from None
    try:
        found = os.fstat(descriptor)
        faults = _of_the_file(name, found, root_may and os.geteuid() == 0)
        if faults:
            raise KeysRejected(faults)
        with open(descriptor, "rb", closefd=False) as stream:
            content = stream.read(MOST_FILE_BYTES + 1)
    except OSError:
        raise _refused(name, "cannot be read", "a file on a disk that works") from None
    finally:
        os.close(descriptor)
    return _parsed(name, content), (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)


def write_keyfile(path: Path, held: KeyFile) -> None:
    """Replace a key file, whole; owner and group stay. Under the lock of its folder."""
    tree: dict[str, Any] = {"format": FORMAT, "in_use": {str(domain): held.in_use[domain] for domain in held.keys}}
    for domain, versions in held.keys.items():
        tree[str(domain)] = {str(version): _text(secret) for version, secret in sorted(versions.items())}
    tree["tag"] = {str(TAG_VERSION): _text(held.tag)}
    like = path.stat() if path.exists() else None
    write_whole(path, json.dumps(tree, indent=2, sort_keys=True).encode() + b"\n", like=like)


def create_keys(folder: Path) -> tuple[Path, ...]:
    """Make the three key files and the folders of the subject keys.

    Parameters
    ----------
    folder : the key folder; made with mode 0700 when it does not exist

    Returns
    -------
    the key files

    Raises
    ------
    KeysRejected : one of them exists already, or keys of subjects do, or the folder cannot be written to
    """
    keys = {domain: {1: _random_key()} for domain in Domain}
    tag = _random_key()
    paths = {process: key_file(folder, process) for process in PROCESS_DOMAINS}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _make_folder(folder)
        with locked(folder):
            there = [path for path in paths.values() if os.path.lexists(path)]
            if there:
                raise KeysRejected(
                    Fault(path.name, "exists already", "a folder without key files; `fristad keys rotate` renews")
                    for path in there
                )
            subjects = subjects_folder(folder)
            if any(subjects.glob("*/*.key")):  # whose master keys are lost: new ones would not open them
                raise _refused("the key folder", "has keys of subjects", "the backup of its key files")
            for place in (subjects, *(subjects / domain for domain in Domain)):
                _make_folder(place)
            for process, path in paths.items():
                mine = {domain: keys[domain] for domain in Domain if domain in PROCESS_DOMAINS[process]}
                write_keyfile(path, KeyFile(mine, dict.fromkeys(mine, 1), tag))
    except OSError:
        raise _refused("the key folder", "cannot be written to", "a folder of this user on a local disk") from None
    return tuple(paths.values())


def _make_folder(folder: Path) -> None:
    """Mode 0700 whatever the umask; one that is there keeps its mode, which an operator may have chosen."""
    if not folder.is_dir():
        folder.mkdir()
        folder.chmod(0o700)
        sync_folder(folder.parent)


def _of_the_file(name: str, found: os.stat_result, anybodys: bool) -> list[Fault]:
    if not stat.S_ISREG(found.st_mode):
        return [Fault(name, "is no file", "a file")]
    faults = []
    if found.st_uid != os.geteuid() and not anybodys:
        faults.append(Fault(name, "belongs to another user", "a file of the user that runs this process (chown)"))
    if stat.S_IMODE(found.st_mode) & 0o177:
        faults.append(Fault(name, "others may read or change it", "mode 0600 (chmod 600)"))
    return faults


class _Twice(ValueError):
    """An object of the file has one key twice: it could be read in two ways."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise _Twice
    return dict(pairs)


def _parsed(name: str, content: bytes) -> KeyFile:
    faults: list[Fault] = []
    if len(content) > MOST_FILE_BYTES:
        raise _refused(name, "is too large", "a key file")
    try:
        tree = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError):  # carries the file's content
        raise _refused(name, "is no JSON, or repeats a name", "a key file") from None
    if not isinstance(tree, dict) or tree.get("format") != FORMAT or type(tree.get("format")) is not int:
        raise _refused(name, "is not in the form of a key file", f"format {FORMAT}")
    if set(tree) - {"format", "in_use", "tag", *Domain}:
        faults.append(Fault(name, "has an unknown entry", f"format, in_use, tag and {', '.join(Domain)}"))
    keys = {domain: _versions(f"{name}: {domain}", tree[domain], faults) for domain in Domain if domain in tree}
    tags = _versions(f"{name}: tag", tree.get("tag"), faults)
    if tags and set(tags) != {TAG_VERSION}:
        faults.append(Fault(f"{name}: tag", "has another version than 1", "version 1: tags are not rotated"))
    told = tree.get("in_use")
    in_use: dict[str, Any] = told if isinstance(told, dict) else {}
    if not keys or set(in_use) != set(keys):
        faults.append(Fault(f"{name}: in_use", "does not name every domain of the file", "one version a domain"))
    elif any(type(in_use[domain]) is not int or in_use[domain] not in keys[domain] for domain in keys):
        faults.append(Fault(f"{name}: in_use", "names a version the file does not have", "one of its versions"))
    every = [*tags.values(), *(secret for versions in keys.values() for secret in versions.values())]
    if len({secret.reveal() for secret in every}) != len(every):
        faults.append(Fault(name, "uses one key twice", "a random key each"))
    if faults:
        raise KeysRejected(faults)
    frozen = {domain: MappingProxyType(versions) for domain, versions in keys.items()}
    return KeyFile(MappingProxyType(frozen), MappingProxyType({d: in_use[d] for d in keys}), tags[TAG_VERSION])


def _versions(path: str, told: Any, faults: list[Fault]) -> dict[int, Secret]:
    """The keys of one entry; what is wrong goes to `faults`."""
    if not isinstance(told, dict) or not told:
        faults.append(Fault(path, "has no keys", "at least one version"))
        return {}
    keys = {}
    for label, text in told.items():
        if not _VERSION.fullmatch(label):
            faults.append(Fault(path, "has a version that is no number", "1, 2, 3 …"))
            continue
        try:
            raw = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != KEY_BYTES:
            faults.append(Fault(f"{path}.{label}", "is no key of 32 bytes", "32 random bytes in base64"))
        elif _looks_chosen(raw):
            faults.append(Fault(f"{path}.{label}", "is a default or typed key", "32 random bytes in base64"))
        else:
            keys[int(label)] = Secret(raw)
    return keys


def _looks_chosen(raw: bytes) -> bool:
    """Whether somebody wrote this key: it repeats itself, counts, or is plain text. Chance does so once in 2^45."""
    steps = {(after - before) % 256 for before, after in pairwise(raw)}
    return len(set(raw)) < FEWEST_DISTINCT_BYTES or len(steps) == 1 or all(32 <= byte < 127 for byte in raw)


def _random_key() -> Secret:
    while _looks_chosen((secret := Secret.fresh()).reveal()):
        continue
    return secret


def _text(secret: Secret) -> str:
    return base64.b64encode(secret.reveal()).decode("ascii")


def _refused(path: str, wrong: str, accepted: str) -> KeysRejected:
    return KeysRejected([Fault(path, wrong, accepted)])
