"""All a process needs to seal, open and tag."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matching.errors import Fault
from service.crypto.domains import PROCESS_DOMAINS
from service.crypto.errors import KeysRejected
from service.crypto.keyfiles import key_file, subjects_folder
from service.crypto.masters import FileKeys
from service.crypto.sealing import Sealer
from service.crypto.subjects import SubjectKeys
from service.crypto.tags import Tagger

__all__ = ["Keyring", "load_keyring"]


@dataclass(frozen=True)
class Keyring:
    """What a process holds of the keys.

    Parameters
    ----------
    subjects : makes and destroys the keys of subjects
    sealer : seals and opens records
    tagger : tags for equality
    """

    subjects: SubjectKeys
    sealer: Sealer
    tagger: Tagger


def load_keyring(folder: Path, process: str) -> Keyring:
    """The keys of a process: "front", "back" or "solver".

    Parameters
    ----------
    folder : the key folder, as `create_keys` made it

    Raises
    ------
    KeysRejected : its key file cannot be used; the process does not start
    ValueError : there is no such process
    """
    if process not in PROCESS_DOMAINS:
        raise ValueError("a process is one of front, back and solver")
    path = key_file(folder, process)
    wrapper = FileKeys(path)
    if wrapper.masters.domains != PROCESS_DOMAINS[process]:
        raise KeysRejected([Fault(path.name, "holds other keys than this process may have", "this process's own file")])
    subjects = SubjectKeys(subjects_folder(folder), wrapper)
    return Keyring(subjects, Sealer(subjects), Tagger(wrapper.masters.held.tag))
