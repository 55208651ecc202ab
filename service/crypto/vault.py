"""The reveal key store: the back's alone, apart from the database.

::

    keys/reveal/seal.jwk    private X25519 key that first loads are sealed to; its public half is `fristad keys public`
    keys/reveal/honey.json  {"<id>": {"kind", "of", "since"}, ...}: bait, see `Bait`
    keys/reveal/honey.seen  number of the trail's entry up to which the front's acts were compared with the bait

No database, backup or registrar can tell bait from other records (docs/decisions/0031-honey.md).
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final
from uuid import UUID

from joserfc import jwe
from joserfc.jwk import OKPKey

from matching.errors import Fault
from service.crypto.errors import CannotOpen, KeysRejected, KeyStoreDown
from service.crypto.files import file_mode, locked, write_whole

__all__ = ["MOST_SEALED_BYTES", "Bait", "Vault", "create_vault", "seal_to", "vault_folder"]

MOST_SEALED_BYTES: Final = 8 * 1024 * 1024
"""Longest sealed text that is opened."""

_ALGORITHM: Final = "ECDH-ES+A256KW"
_ENCRYPTION: Final = "A256GCM"
_SEAL: Final = "seal.jwk"
_HONEY: Final = "honey.json"
_SEEN: Final = "honey.seen"


@dataclass(frozen=True)
class Bait:
    """A record that nobody has a reason to open: whoever opens or names it raises an alarm.

    Parameters
    ----------
    kind : provider, facility or case
    of : hash of what it was planted from, so that it is planted once
    since : when the last act of its planting was over, whose own entries of the trail are nobody's reading; none: it
        is not planted yet
    """

    kind: str
    of: str = ""
    since: datetime | None = None


class _Roomy(jwe.JWERegistry):
    """Longer texts than a token's."""

    max_protected_header_length = 2048
    max_ciphertext_length = MOST_SEALED_BYTES


def vault_folder(keys: Path) -> Path:
    """Where the reveal key store lies in the key folder.

    Examples
    --------
    >>> vault_folder(Path("keys")).as_posix()
    'keys/reveal'
    """
    return keys / "reveal"


def create_vault(keys: Path) -> Path:
    """Make the reveal key store; what is there already stays.

    Returns
    -------
    its folder
    """
    folder = vault_folder(keys)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(folder):
        if not (folder / _SEAL).exists():
            private = OKPKey.generate_key("X25519").as_dict(private=True)
            write_whole(folder / _SEAL, json.dumps(private, sort_keys=True).encode() + b"\n", mode=file_mode(folder))
        if not (folder / _HONEY).exists():
            write_whole(folder / _HONEY, b"{}\n", mode=file_mode(folder))
    return folder


def seal_to(public: Any, value: Any) -> str:
    """JSON that only the holder of the private key opens, as a compact JWE.

    Parameters
    ----------
    public : a JWK of kind OKP on X25519; a private part in it is left out

    Raises
    ------
    CannotOpen : it is no such key

    Examples
    --------
    >>> private = OKPKey.generate_key("X25519")
    >>> seal_to(private.as_dict(private=False), {"a": 1}).count(".")
    4
    """
    try:
        key = OKPKey.import_key({name: public[name] for name in ("kty", "crv", "x")})
        if key.curve_name != "X25519":
            raise CannotOpen
        return jwe.encrypt_compact(
            {"alg": _ALGORITHM, "enc": _ENCRYPTION, "typ": "JWE"}, json.dumps(value), key, registry=_registry()
        )
    except CannotOpen:
        raise
    except Exception:  # whatever is wrong with a key of somebody else's: its words would carry the key
        raise CannotOpen from None


def _registry() -> jwe.JWERegistry:
    return _Roomy(algorithms=[_ALGORITHM, _ENCRYPTION])


class Vault:
    """What the back holds beside its key file.

    Parameters
    ----------
    keys : the key folder

    Raises
    ------
    KeysRejected : the store is missing, readable by others or damaged; the process does not start
    """

    def __init__(self, keys: Path) -> None:
        self._folder = vault_folder(keys)
        self._lock = Lock()
        self._seen = 0
        self._kept: tuple[tuple[int, int, int], dict[UUID, Bait]] | None = None
        try:
            private = json.loads(_private_text(self._folder / _SEAL))
            self._private = OKPKey.import_key(private)
            if self._private.curve_name != "X25519" or not self._private.is_private:
                raise ValueError
            self.honey()
        except KeysRejected:
            raise
        except Exception:  # its words would carry the key
            fault = Fault("reveal", "is missing or damaged", "the folder that `fristad keys init` made, or its backup")
            raise KeysRejected([fault]) from None

    def __repr__(self) -> str:
        return "Vault()"

    def public_key(self) -> dict[str, Any]:
        """The JWK to which first loads are sealed."""
        return dict(self._private.as_dict(private=False))

    def unseal(self, sealed: str) -> bytes:
        """What was sealed to the register's public key.

        Raises
        ------
        CannotOpen : another key, algorithm or form, a changed byte
        """
        if len(sealed) > MOST_SEALED_BYTES:
            raise CannotOpen
        try:
            plaintext = jwe.decrypt_compact(sealed, self._private, registry=_registry()).plaintext
        except Exception:  # hostile text: every way in which it is wrong is answered alike
            raise CannotOpen from None
        if plaintext is None:
            raise CannotOpen
        return plaintext

    def honey(self) -> Mapping[UUID, Bait]:
        """Bait by its id; a new one counts at once, in every process.

        Raises
        ------
        KeyStoreDown : the file cannot be read
        """
        try:
            told = os.stat(self._folder / _HONEY)
            stamp = (told.st_ino, told.st_mtime_ns, told.st_size)
            with self._lock:
                if self._kept is None or self._kept[0] != stamp:  # what opens many records asks for each of them
                    self._kept = stamp, _bait((self._folder / _HONEY).read_bytes())
                return self._kept[1]
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            raise KeyStoreDown from None

    def is_honey(self, *subjects: UUID | None) -> bool:
        """Whether one of them is bait."""
        return not self.honey().keys().isdisjoint(one for one in subjects if one is not None)

    def add_honey(self, bait: Mapping[UUID, Bait]) -> None:
        """Lay bait, or tell more of what was laid; done on the machine itself.

        Raises
        ------
        KeyStoreDown : the file cannot be read
        """
        with locked(self._folder):
            told = {
                str(one): {"kind": known.kind, "of": known.of, "since": known.since and known.since.isoformat()}
                for one, known in {**self.honey(), **bait}.items()
            }
            content = json.dumps(told, indent=0, sort_keys=True).encode() + b"\n"
            write_whole(self._folder / _HONEY, content, mode=file_mode(self._folder))

    def seen(self) -> int:
        """Number of the trail's entry up to which acts were compared with the bait; 0: none yet."""
        with suppress(OSError, ValueError):  # whatever is lost of it is looked at again
            return max(self._seen, int((self._folder / _SEEN).read_text(encoding="ascii")))
        return self._seen

    def set_seen(self, seq: int) -> None:
        """Say up to where they were compared; what cannot be written is remembered as long as the process lives."""
        self._seen = seq
        write_whole(self._folder / _SEEN, f"{seq}\n".encode(), mode=file_mode(self._folder))


def _bait(content: bytes) -> dict[UUID, Bait]:
    return {
        UUID(one): Bait(told["kind"], told["of"], told["since"] and datetime.fromisoformat(told["since"]))
        for one, told in json.loads(content).items()
    }


def _private_text(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:
        mode = os.fstat(stream.fileno()).st_mode
        if not stat.S_ISREG(mode) or mode & stat.S_IRWXO:
            raise KeysRejected([Fault("reveal", "may be read by others", "mode 0600 (chmod 600)")])
        return stream.read()
