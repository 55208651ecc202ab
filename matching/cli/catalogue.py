"""Message catalogues: collected from the rules and the code, kept by translators, compiled for gettext.

``python -m matching.cli.catalogue`` (`make docs`) writes `matching/locale` anew: the template with every message,
the Swedish catalogue with what is translated, and its compiled form. The same messages make the same bytes, at
whatever time and with whatever version of Babel; a translation whose English sentence has gone is dropped.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from matching.cli.reason_codes import reason_codes
from matching.constraints import hard, rule_book
from matching.knowledge import SENTENCES
from matching.language import DOMAIN, LOCALE, in_words
from matching.redaction import GateCode

__all__ = ["collected", "files", "main"]

_ROOT: Final = Path(__file__).parents[2]
_MARKS: Final = {"N_": None, "_": None}
_HEADERS: Final = frozenset(
    {"Project-Id-Version", "Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}
)


class _Steady(Catalog):
    """A catalogue whose head says nothing of when, by whom and with what it was written."""

    def __init__(self, head: str, locale: str | None = None) -> None:
        super().__init__(locale, project=DOMAIN, version="1", header_comment=f"# {head}", charset="utf-8", fuzzy=False)

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Those that only the messages can change."""
        told: Any = Catalog.mime_headers
        *others, last = [(name, value) for name, value in told.fget(self) if name in _HEADERS]
        return [*others, (last[0], last[1] + "\n")]  # a head ends its last line too


def collected() -> Catalog:
    """The template: every text that is shown in a language, with the file it comes from.

    Those are the sentences, summaries and reason codes of the rules, the codes of the gate, the sentences on
    knowledge, and what the code marks with ``N_`` or ``_``.
    """
    catalog = _Steady("Texts of fristad, in English.")
    for text, place in (*_of_rules(), *_of_code()):
        catalog.add(text, locations=[(place, 1)])
    return catalog


def _of_rules() -> Iterator[tuple[str, str]]:
    for rule in rule_book():
        place = f"matching/constraints/{rule.name}.py"
        for text in (rule.summary, *rule.messages.values()):
            yield text, place
    for rule in hard(rule_book()):
        for code in reason_codes(rule):
            yield in_words(code), f"matching/constraints/{rule.name}.py"


def _of_code() -> Iterator[tuple[str, str]]:
    for code in get_args(GateCode):
        yield in_words(code), "matching/redaction.py"
    for text in SENTENCES.values():
        yield text, "matching/knowledge.py"
    for folder in ("matching", "service"):
        for file in sorted((_ROOT / folder).rglob("*.py")):
            for _, message, _, _ in extract_from_file("python", file, keywords=_MARKS):
                if isinstance(message, str) and message:
                    yield message, str(file.relative_to(_ROOT))


def files() -> dict[Path, bytes]:
    """Each catalogue file with what it should hold now."""
    template = collected()
    path = LOCALE / "sv" / "LC_MESSAGES" / f"{DOMAIN}.po"
    kept = Catalog(locale="sv")
    if path.exists():
        with path.open("rb") as file:
            kept = read_po(file, locale="sv")
    swedish = _Steady("Texts of fristad, in Swedish.", "sv")
    for message in template:
        if message.id:
            old = kept.get(message.id)
            translated = "" if old is None or old.fuzzy else old.string
            comments = () if old is None else old.user_comments
            swedish.add(message.id, translated, locations=message.locations, user_comments=comments)
    compiled = io.BytesIO()
    write_mo(compiled, swedish)
    return {
        LOCALE / f"{DOMAIN}.pot": _written(template),
        path: _written(swedish),
        path.with_suffix(".mo"): compiled.getvalue(),
    }


def _written(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=120, sort_output=True, include_lineno=False)
    return buffer.getvalue()


def main() -> None:
    """Write the catalogues."""
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
