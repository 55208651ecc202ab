"""Master keys, which wrap the subjects' keys: a key file here, a KMS or HSM behind the same two calls in production."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

from service.crypto.domains import Domain
from service.crypto.errors import KeysRejected, KeyStoreDown, NoMaster, UnknownVersion
from service.crypto.gcm import Secret, bind, shut, unshut
from service.crypto.keyfiles import KeyFile, Stamp, read_keyfile

__all__ = ["Domain", "FileKeys", "KeyWrapper", "Masters"]


class KeyWrapper(Protocol):
    """What holds the master keys. All that leaves it is wrapped or unwrapped subject keys.

    A KMS or HSM implements these two calls: `wrap` is its *encrypt* under the newest version of the domain's key,
    `unwrap` its *decrypt*, `associated` its encryption context or additional authenticated data, and the version is a
    number kept for each of its key versions. A process is given access to the keys of its own domains there
    (`PROCESS_DOMAINS`) and to no other. It rotates by its own means; `service.crypto.rotate` is for key files.
    """

    def wrap(self, domain: Domain, plaintext: bytes, associated: bytes) -> tuple[int, bytes]:
        """The version used, and the wrapped bytes.

        Always under the version in use *now*, also when another process changed it a moment ago: a version that
        rotation has retired must wrap nothing any more.

        Raises
        ------
        NoMaster : no key of this domain here
        KeyStoreDown : it does not answer
        """
        ...

    def unwrap(self, domain: Domain, version: int, wrapped: bytes, associated: bytes) -> bytes:
        """What was wrapped.

        Raises
        ------
        NoMaster : no key of this domain here
        UnknownVersion : no such version here
        CannotOpen : the bytes or the associated data differ
        KeyStoreDown : it does not answer
        """
        ...


@dataclass(frozen=True)
class Masters:
    """The master keys of one process as they were when the file was read.

    Parameters
    ----------
    held : what the key file holds

    Raises
    ------
    KeysRejected : (`read`) the file cannot be used
    """

    held: KeyFile

    @classmethod
    def read(cls, path: Path) -> Masters:
        """From a key file; the process starts with this and refuses to start without."""
        return cls(read_keyfile(path)[0])

    @property
    def domains(self) -> frozenset[Domain]:
        """The domains that can be opened."""
        return frozenset(self.held.keys)

    def knows(self, domain: Domain, version: int) -> bool:
        """Whether the version is held."""
        return version in self.held.keys.get(domain, {})

    def wrap(self, domain: Domain, plaintext: bytes, associated: bytes) -> tuple[int, bytes]:
        """See `KeyWrapper.wrap`."""
        if domain not in self.held.keys:
            raise NoMaster
        version = self.held.in_use[domain]
        master = self.held.keys[domain][version]
        return version, shut(master, plaintext, _bound(domain, version, associated))

    def unwrap(self, domain: Domain, version: int, wrapped: bytes, associated: bytes) -> bytes:
        """See `KeyWrapper.unwrap`."""
        if domain not in self.held.keys:
            raise NoMaster
        master: Secret | None = self.held.keys[domain].get(version)
        if master is None:
            raise UnknownVersion
        return unshut(master, wrapped, _bound(domain, version, associated))


def _bound(domain: Domain, version: int, associated: bytes) -> bytes:
    return bind("fristad master key", domain, version.to_bytes(4, "big"), associated)


class FileKeys:
    """Master keys from a key file that rotation may replace while the process runs.

    Parameters
    ----------
    path : the key file of this process

    Raises
    ------
    KeysRejected : at the start, the file cannot be used
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        held, self._stamp = read_keyfile(path)
        self._masters = Masters(held)

    def __repr__(self) -> str:
        return f"FileKeys({len(self._masters.domains)} domains)"

    @property
    def masters(self) -> Masters:
        """As last read."""
        return self._masters

    def wrap(self, domain: Domain, plaintext: bytes, associated: bytes) -> tuple[int, bytes]:
        """See `KeyWrapper.wrap`; looks first whether the file was replaced."""
        return self._newest().wrap(domain, plaintext, associated)

    def unwrap(self, domain: Domain, version: int, wrapped: bytes, associated: bytes) -> bytes:
        """See `KeyWrapper.unwrap`; reads the file again for a version not known yet."""
        masters = self._masters
        if not masters.knows(domain, version) and domain in masters.domains:
            masters = self._newest()
        return masters.unwrap(domain, version, wrapped, associated)

    def _newest(self) -> Masters:
        with self._lock:
            try:
                found = self._path.stat()
                stamp: Stamp = (found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)
                if stamp != self._stamp:
                    held, self._stamp = read_keyfile(self._path)
                    self._masters = Masters(held)
            except (OSError, KeysRejected):
                raise KeyStoreDown from None
            return self._masters
