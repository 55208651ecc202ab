"""New master keys for a domain while everything runs; to be called again after a kill, at whatever point.

1. *added*: every key file holds the new version; none uses it
2. *in use*: every key file says that new keys are wrapped under it
3. *rewrapped*: the subjects' keys are wrapped under it, one at a time; a record opens at every moment
4. *dropped*: no subject key needs the old version; every key file loses it

Each step is done in all key files before the next begins, so a running process that meets the new version finds it in
its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from matching.errors import Fault
from service.crypto.domains import Domain
from service.crypto.errors import CannotOpen, KeysRejected, KeyStoreDown
from service.crypto.files import discard_unfinished, locked
from service.crypto.gcm import Secret
from service.crypto.keyfiles import KeyFile, read_keyfile, write_keyfile
from service.crypto.masters import Masters
from service.crypto.subjects import SubjectKeys

__all__ = ["Rotated", "rotate", "unfinished"]


@dataclass(frozen=True)
class Rotated:
    """A finished rotation.

    Parameters
    ----------
    version : the one version there is now
    rewrapped : number of subject keys this call wrapped anew
    resumed : whether it finished an earlier, interrupted one
    """

    domain: Domain
    version: int
    rewrapped: int
    resumed: bool


def rotate(
    keyfiles: Iterable[Path], folder: Path, domain: Domain, *, after_step: Callable[[str], None] = lambda _: None
) -> Rotated:
    """Replace the domain's master key, or finish an interrupted replacement.

    Parameters
    ----------
    keyfiles : every key file on this machine
    folder : of the subject keys
    after_step : told the name of each step when it is on the disk: "added", "in_use", "rewrapped", "dropped"

    Raises
    ------
    KeysRejected : the key files do not belong together, a subject key opens with none of them, or another rotation
        runs; what has been done is kept, no version that is needed is dropped
    KeyStoreDown : the folder cannot be read or written
    """
    paths = tuple(keyfiles)
    for path in paths:  # before anything is touched; under the lock they are read again
        read_keyfile(path, root_may=True)
    try:
        with locked(folder, wait=False):
            return _alone(paths, folder, domain, after_step)
    except BlockingIOError:
        raise KeysRejected([Fault("the key store", "is being rotated by another process", "one at a time")]) from None
    except OSError:
        raise KeyStoreDown from None


def unfinished(files: Iterable[KeyFile], domain: Domain) -> bool:
    """Whether a rotation of the domain was begun and not ended."""
    versions = [set(held.keys[domain]) for held in files if domain in held.keys]
    return any(len(held) > 1 or held != versions[0] for held in versions)


def _alone(paths: tuple[Path, ...], folder: Path, domain: Domain, after_step: Callable[[str], None]) -> Rotated:
    for place in {path.parent for path in paths}:
        with locked(place):
            discard_unfinished(place)
    held = {path: read_keyfile(path, root_may=True)[0] for path in paths}
    held = {path: file for path, file in held.items() if domain in file.keys}
    known = _united(held.values(), domain)
    census = SubjectKeys(folder, Masters(next(iter(held.values())))).census(domain)
    if set(census.by_master) - set(known):
        raise KeysRejected([Fault("the key files", "lack a version that subject keys need", "newer key files")])

    resumed = unfinished(held.values(), domain)
    version = max(known) if resumed else max(known) + 1
    known.setdefault(version, Secret.fresh())
    for path, file in held.items():
        if version not in file.keys[domain]:
            held[path] = _write(path, file, domain, {**file.keys[domain], version: known[version]}, file.in_use[domain])
            after_step("added")
    for path, file in held.items():
        if file.in_use[domain] != version:
            held[path] = _write(path, file, domain, file.keys[domain], version)
            after_step("in_use")

    any_file = next(iter(held.values()))
    masters = Masters(replace(any_file, keys={domain: known}, in_use={domain: version}))
    rewrapped = _rewrap(SubjectKeys(folder, masters), domain, version, after_step)
    for path, file in held.items():
        if set(file.keys[domain]) != {version}:
            _write(path, file, domain, {version: known[version]}, version)
            after_step("dropped")
    return Rotated(domain, version, rewrapped, resumed)


def _united(files: Iterable[KeyFile], domain: Domain) -> dict[int, Secret]:
    """Every version of the domain that some file has."""
    known: dict[int, Secret] = {}
    for file in files:
        for version, secret in file.keys[domain].items():
            if known.setdefault(version, secret) != secret:
                fault = Fault("the key files", "have two keys for one version", "key files that were made together")
                raise KeysRejected([fault])
    if not known:
        raise KeysRejected([Fault("the key files", "have no key of that domain", "every key file of this machine")])
    return known


def _write(path: Path, file: KeyFile, domain: Domain, versions: Mapping[int, Secret], in_use: int) -> KeyFile:
    changed = replace(file, keys={**file.keys, domain: versions}, in_use={**file.in_use, domain: in_use})
    with locked(path.parent):
        write_keyfile(path, changed)
    return changed


def _rewrap(keys: SubjectKeys, domain: Domain, version: int, after_step: Callable[[str], None]) -> int:
    """Wrap all under the version; afterwards none needs another, and none will: every file has it in use."""
    rewrapped = damaged = 0
    for subject in keys.subjects(domain):
        try:
            outcome = keys.rewrap(domain, subject, version)
        except KeyStoreDown:
            raise
        except CannotOpen:
            damaged += 1
            continue
        if outcome == "rewrapped":
            rewrapped += 1
            after_step("rewrapped")
    if damaged:
        wrong = f"{damaged} subject key(s) cannot be opened; the old master key is kept for them"
        raise KeysRejected([Fault("the key store", wrong, "these files from the mirror, then the same command again")])
    left = set(keys.census(domain).by_master) - {version}
    return rewrapped + (_rewrap(keys, domain, version, after_step) if left else 0)
