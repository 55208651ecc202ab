"""What can go wrong in the audit trail.

::

    AuditFault                 base; a `FristadError`
    ├── EntryRejected          ours: an entry is not in the closed form; nothing was written
    ├── NoteRejected           a key, a note or a signature is not what it should be
    ├── WitnessRefused         alarm: the witness was shown something that does not follow from what it has seen
    ├── TrailDamaged           alarm: entries of this database are not those that were appended
    └── TrailRolledBack        alarm: this database does not hold what the witness has seen; nothing was signed

No message carries a value of an entry.
"""

from __future__ import annotations

from matching.errors import FristadError

__all__ = ["AuditFault", "EntryRejected", "NoteRejected", "TrailDamaged", "TrailRolledBack", "WitnessRefused"]


class AuditFault(FristadError):
    """Base of what the audit trail raises."""


class EntryRejected(AuditFault):
    """An entry is not in the closed form; nothing was written."""


class NoteRejected(AuditFault):
    """A key, a note or a signature is not what it should be."""


class WitnessRefused(AuditFault):
    """The witness was shown a head that does not follow from the one it has seen. Always an alarm."""


class TrailDamaged(AuditFault):
    """Entries of the database are not those that were appended, or not all may be seen. Always an alarm."""


class TrailRolledBack(AuditFault):
    """The database does not hold what the witness has seen; nothing was signed. Always an alarm."""
