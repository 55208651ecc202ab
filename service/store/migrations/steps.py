"""What the revisions are made of: statements of a file beside them, sent as they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from alembic import op

__all__ = ["drop", "run", "run_file"]

_FOLDER: Final = Path(__file__).parent / "sql"


def run(statements: str) -> None:
    """Send statements without parameters, several at once if need be."""
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("a migration runs on an open connection")
    with driver.cursor() as cursor:
        cursor.execute(statements.encode())


def run_file(name: str) -> None:
    """Send a file's statements."""
    run((_FOLDER / name).read_text(encoding="utf-8"))


def drop(name: str) -> None:
    """Remove the tables a file creates, last made first."""
    made = re.findall(r"^CREATE TABLE (\S+)", (_FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE)
    run("DROP TABLE " + ", ".join(reversed(made)))
    run("DROP FUNCTION IF EXISTS fristad.refuse_change()")
