"""One run of everything over a register of its own, and what was found where it must not be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from service.actors import Role
from service.crypto import PROCESS_DOMAINS
from service.crypto.keyfiles import key_file
from service.demo_issuer import PRIVATE
from service.processes.embedded import Embedded
from service.processes.postgres_roles import DATABASE
from service.store.migrate import upgrade
from tests.service.canaries.hostile import faults
from tests.service.canaries.judging import Leak, dumped, in_answers, in_files, in_texts, made_backup, settled, stored
from tests.service.canaries.markers import Book
from tests.service.canaries.recording import Recorder, recording
from tests.service.canaries.scanning import scanner_of
from tests.service.canaries.story import Story
from tests.service.canaries.ways import UNIT_BY_HAND, everything, look_around
from tests.service.conftest import Database
from tests.service.harness import SMALL, new_harness

__all__ = ["Run", "run"]

_MOST_OF_A_KIND = 200
_SECRET_LENGTH = 16
_SETTINGS = SMALL.model_copy(update={"unit_budgets": {UNIT_BY_HAND: 0}})
"""One unit has used up its questions: its case is placed by hand."""


@dataclass
class Run:
    """A run: what was told, what was heard, what is stored.

    Parameters
    ----------
    files : of the data folder, the database's own among them, by path
    dump : of the database, as text
    backup : as the service makes it
    """

    story: Story = field(repr=False)
    heard: Recorder = field(repr=False)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    dump: dict[str, bytes] = field(default_factory=dict, repr=False)
    backup: bytes = field(default=b"", repr=False)

    @property
    def book(self) -> Book:
        """All secrets."""
        return self.story.book

    @property
    def responses(self) -> int:
        """How many answers were heard."""
        return len(self.heard.answers)

    @property
    def to_requesters(self) -> int:
        """How many of them a requester got."""
        return sum(answer.role == Role.REQUESTER.value for answer in self.heard.answers)

    def texts(self) -> dict[str, list[str]]:
        """What was written for people who run the service."""
        return {
            "log": [self.story.harness.log.getvalue()],
            "libraries' log": self.heard.lines,
            "errors": self.heard.errors,
        }

    def channels(self) -> dict[str, dict[str, bytes]]:
        """What is stored, by channel."""
        wal = {name: content for name, content in self.files.items() if "/pg_wal/" in name}
        return {
            "database files": {name: content for name, content in self.files.items() if name not in wal},
            "write-ahead log": wal,
            "dump": self.dump,
            "backup": {"backup": self.backup},
        }

    def leaks(self) -> dict[str, list[Leak]]:
        """Everything that was found where it must not be, by channel."""
        found = {"responses": list(in_answers(self.heard.answers, self.book, self.story.knows))}
        for name, texts in self.texts().items():
            found[name] = list(in_texts(name, texts, self.book))
        for name, files in self.channels().items():
            found[name] = list(in_files(files, self.book))
        return found

    def seen(self) -> set[str]:
        """Kinds of secrets that were met where they may be: a scan that finds none there has looked at nothing."""
        told = b"\n".join(answer.body for answer in self.heard.answers if answer.status < 300)
        return {self.book.markers[text].kind for text in scanner_of(frozenset(self.book.markers)).names(told)}


@contextmanager
def run(folder: Path, responses: int, to_requesters: int = 0) -> Iterator[Run]:
    """Do everything, then wrong things, then look around, until so many answers were heard.

    Parameters
    ----------
    responses : least number of answers
    to_requesters : least number of them that requesters get
    """
    data = folder / "data"
    with Embedded(data, durable=False) as server:
        upgrade(server.url("fristad_owner"))
        database = Database(DATABASE, server)
        with new_harness(data, database, settings=_SETTINGS) as harness, recording(harness) as heard:
            made = Run(Story(harness, Book()), heard)
            everything(made.story)
            while made.responses < responses:
                left = responses - made.responses
                faults(made.story, max(left // 2, 1), turn=made.responses)
                look_around(made.story, responses - made.responses, turn=made.responses)
            while made.to_requesters < to_requesters:
                left = to_requesters - made.to_requesters
                faults(made.story, max(left // 2, 1), turn=made.responses, role="requester")
                look_around(made.story, max(left // 2, 1), turn=made.responses, role="requester")
            _keep_own_secrets(made, data)
            settled(database)
            made.dump = dumped(database)
            made.backup = made_backup(database, data, harness.clock())
            made.files = stored(data)
            yield made


def _keep_own_secrets(made: Run, data: Path) -> None:
    """What the service itself must not show: tokens and keys of requests, master keys, passwords, numbers of beds."""
    book, own = made.book, "the service"
    for kind, texts in (
        ("bearer token", {token.rpartition(".")[2] for token in made.heard.tokens}),
        ("idempotency key", made.heard.keys),
    ):
        for text in sorted(texts - book.markers.keys())[:_MOST_OF_A_KIND]:
            book.known(kind, own, text)
    masters = {text for name in PROCESS_DOMAINS for text in _leaves(key_file(data / "keys", name))}
    private = {json.loads(path.read_bytes())["d"] for path in (data / "keys" / "reveal" / "seal.jwk", data / PRIVATE)}
    for text in sorted(masters | private):
        book.known("master key", own, text)
    for text in sorted(set(_leaves(data / "secrets.json"))):
        book.known("password", own, text)
    with made.story.harness.database.admin() as connection:
        rows = connection.execute("SELECT DISTINCT lower(nights) >> 20 FROM fristad.bed_nights").fetchall()
    for (number,) in rows:
        book.known("bed number", own, str(number))


def _leaves(path: Path) -> Iterator[str]:
    """Texts of a JSON file that are long enough to be secrets."""
    waiting = [json.loads(path.read_bytes())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            waiting += node.values()
        elif isinstance(node, str) and len(node) >= _SECRET_LENGTH:
            yield node
