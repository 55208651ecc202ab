"""Encryption at rest: master keys, subject keys, sealed records, tags. See docs/decisions/0022-keys-and-sealing.md."""

from service.crypto.domains import PROCESS_DOMAINS, Domain
from service.crypto.errors import CannotOpen, KeyGone, KeysRejected, KeyStoreDown, NoMaster, UnknownVersion
from service.crypto.keyfiles import create_keys
from service.crypto.masters import FileKeys, KeyWrapper, Masters
from service.crypto.ring import Keyring, load_keyring
from service.crypto.rotate import Rotated, rotate
from service.crypto.sealing import Sealer, at
from service.crypto.subjects import SubjectKey, SubjectKeys
from service.crypto.tags import Tagger, new_token, token_hash

__all__ = [
    "PROCESS_DOMAINS",
    "CannotOpen",
    "Domain",
    "FileKeys",
    "KeyGone",
    "KeyStoreDown",
    "KeyWrapper",
    "Keyring",
    "KeysRejected",
    "Masters",
    "NoMaster",
    "Rotated",
    "Sealer",
    "SubjectKey",
    "SubjectKeys",
    "Tagger",
    "UnknownVersion",
    "at",
    "create_keys",
    "load_keyring",
    "new_token",
    "rotate",
    "token_hash",
]
