"""The offline export: who is where, whom to call, under which threat, for the day the system is down.

It holds what nothing else may hold in one place, so two key holders open it only together; each making of one is in the
trail, and is an alarm that the security officer answers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matching.errors import FristadError
from service.actors import SYSTEM
from service.audit.acts import SystemAct
from service.audit.notes import PublicKey, Signer
from service.processes.holders import Holder, HolderKey
from service.processes.sealed_file import SealedFile, seal_file
from service.store.database import Database
from service.store.repository.alarms import raise_alarm
from service.store.repository.offline import records

__all__ = ["Exported", "OfflineFault", "export_offline", "open_offline", "told"]

FORMAT = "fristad offline export 1"


class OfflineFault(FristadError):
    """An export that was not made, or cannot be read; the message is for people."""


@dataclass(frozen=True)
class Exported:
    """What an offline export holds.

    Parameters
    ----------
    records : how many of each kind
    unreadable : records that should have opened and did not; they are in no export
    """

    size_bytes: int
    records: Mapping[str, int]
    unreadable: int


def export_offline(database: Database, output: Path, holders: Sequence[Holder], signer: Signer) -> Exported:
    """Write an export, whole or not at all.

    Parameters
    ----------
    database : of the back, with its keys
    holders : two or more; all of them are needed to open it

    Raises
    ------
    OfflineFault : there is a file of that name
    NotSealed : too few holders, or the file cannot be written
    Unavailable : the database cannot be reached
    """
    if output.exists():
        raise OfflineFault("There is a file of that name: an export replaces nothing. Choose another name.")
    seen: Counter[str] = Counter()
    is_written = False
    try:
        with database.transaction(SYSTEM) as tx:

            def lines() -> Iterator[bytes]:
                yield _line({"format": FORMAT, "made_at": tx.now.isoformat()})
                for record in records(tx, tx.now.date()):
                    seen[record.kind if record.content is not None else "unreadable"] += 1
                    if record.content is not None:
                        yield _line({"record": record.kind, **record.plain, "content": record.content})
                yield _line({"end": sum(seen.values())})

            size_bytes = seal_file(output, "offline", lines(), holders, signer, tx.now)
            is_written = True
            tx.record(SystemAct.EXPORT_SEALED.value)
            raise_alarm(tx, "offline_export")
    except BaseException:
        if is_written:  # nothing unrecorded leaves
            output.unlink(missing_ok=True)
        raise
    unreadable = seen.pop("unreadable", 0)
    return Exported(size_bytes, dict(sorted(seen.items())), unreadable)


def open_offline(file: Path, keys: Sequence[HolderKey], believed: Sequence[PublicKey]) -> list[dict[str, Any]]:
    """The records of an export, after all of it was found to be whole.

    Raises
    ------
    NotSealed : it is damaged, not signed, or not every holder is here
    OfflineFault : another version of fristad made it
    """
    content = b"".join(SealedFile.read(file, "offline", believed).open(keys))
    lines = [json.loads(line) for line in content.splitlines()]
    if lines[0].get("format") != FORMAT:
        raise OfflineFault("The export was made by another version of fristad: open it with that one.")
    return lines[1:-1]


def told(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The export as people read it: every stay with its facility, address and contact; what is free is not said.

    Examples
    --------
    >>> list(told([]))
    ['0 stays.']
    """
    by_kind: dict[str, dict[str, Mapping[str, Any]]] = {}
    for line in lines:
        kind = str(line["record"])
        own = "case" if kind in ("case", "assessment") else "facility" if kind in ("facility", "address") else kind
        by_kind.setdefault(kind, {})[str(line[own])] = line
    stays = by_kind.get("stay", {})
    yield f"{len(stays)} stays."
    for stay in stays.values():
        case = by_kind.get("case", {}).get(str(stay["case"]), {})
        yield ""
        yield f"{stay['state']}: case {stay['case'] or 'none'}, unit {case.get('unit', 'unknown')}"
        placement = stay["content"].get("placement")
        if placement is None:
            yield from _indented("residence", stay["content"].get("residence"))
            continue
        facility = str(placement.get("facility"))
        yield from _indented("stay", placement)
        yield from _indented(
            "facility", by_kind.get("facility", {}).get(facility, {}).get("content", {}).get("facility")
        )
        yield from _indented("address", by_kind.get("address", {}).get(facility, {}).get("content"))


def _indented(title: str, content: Any) -> Iterator[str]:
    yield f"  {title}"
    if not isinstance(content, Mapping):
        yield "    not in this export"
        return
    for name, value in content.items():
        if value not in (None, [], {}, ""):
            shown = value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)
            # it goes to a terminal, which must not be told what to do by what somebody once wrote into a field
            yield f"    {name}: {''.join(letter if letter.isprintable() else '?' for letter in str(shown))}"


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"
