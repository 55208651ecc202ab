"""What can go wrong with keys and sealed records.

::

    FristadError
    ├── KeysRejected        the operator's: a key file cannot be used; the process does not start
    └── CannotOpen          a record is not opened, or not sealed
        ├── KeyGone         its subject's key was destroyed: nobody can open it any more
        ├── NoMaster        this process holds no key of that domain, and is meant to hold none
        ├── UnknownVersion  this process has not got the master version that wrapped the key
        └── KeyStoreDown    the key store does not answer now (full, away, not ours to read)

The messages are fixed sentences. None says which record, whose key or what was inside.
"""

from __future__ import annotations

from collections.abc import Iterable

from matching.errors import Fault, FristadError

__all__ = ["CannotOpen", "KeyGone", "KeyStoreDown", "KeysRejected", "NoMaster", "UnknownVersion"]


class KeysRejected(FristadError):
    """The key files cannot be used as they are; `faults` says what to mend, never what they hold.

    Examples
    --------
    >>> print(KeysRejected([Fault("front.key", "others may read it", "mode 0600 (chmod 600)")]))
    The keys are rejected. front.key: others may read it; accepted: mode 0600 (chmod 600)
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(sorted(set(faults)))
        super().__init__(" ".join(["The keys are rejected.", *map(str, self.faults)]))


class CannotOpen(FristadError):
    """A record cannot be opened or sealed here.

    Examples
    --------
    >>> str(CannotOpen())
    'This record cannot be opened here.'
    """

    sentence = "This record cannot be opened here."

    def __init__(self) -> None:
        super().__init__(self.sentence)


class KeyGone(CannotOpen):
    """The subject's key was destroyed. That is how this register deletes."""

    sentence = "The key of this record was destroyed; nobody can open it."


class NoMaster(CannotOpen):
    """The process holds no master key of the domain."""

    sentence = "This process holds no key of that kind of record."


class UnknownVersion(CannotOpen):
    """The key was wrapped under a master version that this process does not hold."""

    sentence = "This process does not hold the master key version that is needed."


class KeyStoreDown(CannotOpen):
    """The key files cannot be read or written now; nothing was done."""

    sentence = "The key store does not answer now; nothing was done."
