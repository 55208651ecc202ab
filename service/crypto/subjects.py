"""One key per case, facility or intelligence record, each a small file apart from the database.

Destroying the file is how a subject is deleted: its rows and their backups stay, and say nothing.
"""

from __future__ import annotations

import os
import re
import struct
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Literal
from uuid import UUID

from service.crypto.domains import Domain
from service.crypto.errors import CannotOpen, KeyGone, KeyStoreDown, UnknownVersion
from service.crypto.files import discard_unfinished, file_mode, locked, sync_folder, write_whole
from service.crypto.gcm import KEY_BYTES, Secret, bind
from service.crypto.masters import KeyWrapper

__all__ = ["Census", "SubjectKey", "SubjectKeys"]

MOST_CACHED = 4096
READS = 3  # a reader that meets a rotation's last moment twice is not plausible; three times is a fault

_FORMAT = 1
_HEADER = struct.Struct(">BII")  # format, version of the subject's key, version of the master that wrapped it
_MOST_FILE_BYTES = 4096
_FIRST_VERSION = 1
_KEY_NAME = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.key")

_Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class SubjectKey:
    """A subject's key.

    Parameters
    ----------
    version : bound into every record sealed under it
    secret : the key itself
    """

    version: int
    secret: Secret


@dataclass(frozen=True)
class Census:
    """How many subject keys of a domain there are; no ids.

    Parameters
    ----------
    by_master : number of keys by the master version that wraps them
    destroyed : number of subjects deleted
    unreadable : number of files that are no key
    """

    by_master: dict[int, int]
    destroyed: int
    unreadable: int


class SubjectKeys:
    """The key store.

    Parameters
    ----------
    folder : one folder a domain, made by `fristad keys init`; on a local disk, or a mount that locks and caches no
        attributes
    wrapper : the master keys of this process

    Notes
    -----
    Whoever makes, destroys or re-wraps holds the lock of the domain's folder; readers need none. A key is made before
    the transaction that first seals under it commits, and destroyed after the transaction that records the deletion
    did: what a crash between them leaves is a key without records, or a deletion to be called again.
    """

    def __init__(self, folder: Path, wrapper: KeyWrapper) -> None:
        self._folder = folder
        self._wrapper = wrapper
        self._cache: OrderedDict[tuple[Domain, UUID], tuple[_Stamp, SubjectKey]] = OrderedDict()
        self._lock = Lock()

    def __repr__(self) -> str:
        return "SubjectKeys()"

    def make(self, domain: Domain, subject: UUID) -> bool:
        """Make the subject's key; nothing happens when there is one.

        Returns
        -------
        whether this call made it: of many at once, exactly one

        Raises
        ------
        KeyGone : it was destroyed, and is never made again
        NoMaster, KeyStoreDown
        """
        with self._changing(domain) as folder:
            if _stamp(_tombstone(folder, subject)) is not None:
                raise KeyGone
            path = _path(folder, subject)
            if _stamp(path) is not None:
                return False
            fresh = SubjectKey(_FIRST_VERSION, Secret.fresh())
            write_whole(path, self._wrapped(domain, subject, fresh), mode=file_mode(folder))
            return True

    def get(self, domain: Domain, subject: UUID) -> SubjectKey:
        """The subject's key. Looks at the file each time, so that what another process destroyed is gone here as well.

        Raises
        ------
        KeyGone : it was destroyed
        CannotOpen : it was never made here, or the file is damaged
        NoMaster, KeyStoreDown
        """
        folder = self._folder / domain
        try:
            for _ in range(READS):
                found = self._look(domain, folder, subject)
                if found is not None:
                    return found
        except OSError:  # carries the path
            raise KeyStoreDown from None
        raise UnknownVersion

    def exists(self, domain: Domain, subject: UUID) -> bool:
        """Whether there is a key that was not destroyed.

        Raises
        ------
        KeyStoreDown
        """
        folder = self._folder / domain
        try:
            if _stamp(_tombstone(folder, subject)) is None and _stamp(_path(folder, subject)) is not None:
                return True
            os.stat(folder)  # not mounted: nothing is known about anybody
            return False
        except OSError:
            raise KeyStoreDown from None

    def destroy(self, domain: Domain, subject: UUID) -> None:
        """Delete the subject for good. May be called again; after a crash it must be.

        Raises
        ------
        KeyStoreDown : nothing, or only the marker, was written; call again
        """
        with self._changing(domain) as folder:
            tombstone = _tombstone(folder, subject)
            if _stamp(tombstone) is None:  # first, so that no crash leaves a subject that could be made anew
                write_whole(tombstone, b"", mode=file_mode(folder))
            self._bury(folder, subject)
        with self._lock:
            self._cache.pop((domain, subject), None)

    def rewrap(self, domain: Domain, subject: UUID, version: int) -> Literal["rewrapped", "already", "gone"]:
        """Wrap the subject's key under the master version in use, unless it is `version` already; the key stays.

        Raises
        ------
        CannotOpen : the file is damaged, or wrapped under a version not held
        KeyStoreDown
        """
        with self._changing(domain) as folder:
            if _stamp(_tombstone(folder, subject)) is not None:
                self._bury(folder, subject)
                return "gone"
            path = _path(folder, subject)
            if _stamp(path) is None:
                return "gone"
            content = _content(path)
            if _master_version(content) == version:
                return "already"
            key = self._unwrapped(domain, subject, content)
            write_whole(path, self._wrapped(domain, subject, key), mode=file_mode(folder), like=path.stat())
            return "rewrapped"

    def subjects(self, domain: Domain) -> list[UUID]:
        """Every subject with a key file, in order; for rotation.

        Raises
        ------
        KeyStoreDown
        """
        try:
            names = sorted(entry.name for entry in os.scandir(self._folder / domain))
        except OSError:
            raise KeyStoreDown from None
        return [UUID(name.removesuffix(".key")) for name in names if _KEY_NAME.fullmatch(name)]

    def census(self, domain: Domain) -> Census:
        """Counts of the domain's keys; needs no master key.

        Raises
        ------
        KeyStoreDown
        """
        folder = self._folder / domain
        versions: Counter[int] = Counter()
        unreadable = 0
        try:
            for subject in self.subjects(domain):
                try:
                    if _stamp(_tombstone(folder, subject)) is None:
                        versions[_master_version(_content(_path(folder, subject)))] += 1
                except FileNotFoundError:  # destroyed just now
                    continue
                except CannotOpen:
                    unreadable += 1
            destroyed = sum(entry.name.endswith(".gone") for entry in os.scandir(folder))
        except OSError:
            raise KeyStoreDown from None
        return Census(dict(sorted(versions.items())), destroyed, unreadable)

    def _look(self, domain: Domain, folder: Path, subject: UUID) -> SubjectKey | None:
        """The key; None when the file was replaced while it was read."""
        path = _path(folder, subject)
        stamp = _stamp(path)
        if _stamp(_tombstone(folder, subject)) is not None or stamp is None:
            with self._lock:
                self._cache.pop((domain, subject), None)
            os.stat(folder)  # not mounted: nothing is known about anybody
            raise KeyGone if _stamp(_tombstone(folder, subject)) is not None else CannotOpen
        with self._lock:
            cached = self._cache.get((domain, subject))
            if cached is not None and cached[0] == stamp:
                self._cache.move_to_end((domain, subject))
                return cached[1]
        try:
            key = self._unwrapped(domain, subject, _content(path))
        except (FileNotFoundError, UnknownVersion):  # destroyed, or re-wrapped and its old master removed, just now
            return None
        with self._lock:
            self._cache[domain, subject] = stamp, key
            self._cache.move_to_end((domain, subject))
            while len(self._cache) > MOST_CACHED:
                self._cache.popitem(last=False)
        return key

    @contextmanager
    def _changing(self, domain: Domain) -> Iterator[Path]:
        folder = self._folder / domain
        try:
            with locked(folder):
                yield folder
        except OSError:  # full, away, not ours; carries the path
            raise KeyStoreDown from None

    def _bury(self, folder: Path, subject: UUID) -> None:
        discard_unfinished(folder)  # a killed re-wrapping may have left a second copy
        with suppress(FileNotFoundError):
            os.unlink(_path(folder, subject))
        sync_folder(folder)

    def _wrapped(self, domain: Domain, subject: UUID, key: SubjectKey) -> bytes:
        master, wrapped = self._wrapper.wrap(domain, key.secret.reveal(), _bound(domain, subject, key.version))
        return _HEADER.pack(_FORMAT, key.version, master) + wrapped

    def _unwrapped(self, domain: Domain, subject: UUID, content: bytes) -> SubjectKey:
        master = _master_version(content)
        _, version, _ = _HEADER.unpack_from(content)
        wrapped = content[_HEADER.size :]
        secret = self._wrapper.unwrap(domain, master, wrapped, _bound(domain, subject, version))
        if len(secret) != KEY_BYTES:
            raise CannotOpen
        return SubjectKey(version, Secret(secret))


def _bound(domain: Domain, subject: UUID, version: int) -> bytes:
    return bind("fristad subject key", domain, subject.bytes, version.to_bytes(4, "big"))


def _path(folder: Path, subject: UUID) -> Path:
    return folder / f"{subject}.key"


def _tombstone(folder: Path, subject: UUID) -> Path:
    return folder / f"{subject}.gone"


def _stamp(path: Path) -> _Stamp | None:
    """What tells one content of the file from another; None when there is no file."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _content(path: Path) -> bytes:
    with open(path, "rb") as stream:
        return stream.read(_MOST_FILE_BYTES + 1)


def _master_version(content: bytes) -> int:
    if not _HEADER.size < len(content) <= _MOST_FILE_BYTES or content[0] != _FORMAT:
        raise CannotOpen
    _, _, master = _HEADER.unpack_from(content)
    return int(master)
