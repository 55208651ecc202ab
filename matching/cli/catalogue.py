"""Message catalogues: collected from the rules and the code, kept by translators, compiled for gettext.

``python -m matching.cli.catalogue`` (`make docs`) writes `matching/locale` anew: the template with every message,
the Swedish catalogue with what is translated (nothing a translator wrote is lost), and its compiled form.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from matching.constraints import rule_book
from matching.language import DOMAIN, LOCALE, in_words

__all__ = ["collected", "files", "main"]

_ROOT: Final = Path(__file__).parents[2]
_MARKS: Final = {"N_": None, "_": None}
_CODE: Final = re.compile(r"""["']([a-z0-9]+(?:_[a-z0-9]+)+)["']""")
_ALWAYS: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""The date of every catalogue: the same messages make the same bytes."""


def _codes(rule_name: str) -> Iterator[str]:
    """Reason codes of a rule: what its file hands to `Objection` or `Violation`, or yields."""
    text = (_ROOT / "matching" / "constraints" / f"{rule_name}.py").read_text(encoding="utf-8")
    for line in text.splitlines():
        if re.search(r"\b(Objection\(|Violation\(|yield |return )", line):
            yield from (code for code in _CODE.findall(line) if code != rule_name)


def collected() -> Catalog:
    """The template: every message of the rules, their reason codes, and what the code marks with ``N_`` or ``_``."""
    catalog = Catalog(
        project="fristad",
        version="1",
        copyright_holder="fristad",
        msgid_bugs_address="the maintainers",
        creation_date=_ALWAYS,
        revision_date=_ALWAYS,
        charset="utf-8",
    )
    for rule in rule_book():
        place = (f"matching/constraints/{rule.name}.py", 1)
        catalog.add(rule.summary, locations=[place])
        for text in rule.messages.values():
            catalog.add(text, locations=[place])
        for code in sorted(set(_codes(rule.name))):
            catalog.add(in_words(code), locations=[place])
    for folder in ("matching", "service"):
        for file in sorted((_ROOT / folder).rglob("*.py")):
            for _, message, _, _ in extract_from_file("python", file, keywords=_MARKS):
                if isinstance(message, str) and message:
                    catalog.add(message, locations=[(str(file.relative_to(_ROOT)), 1)])
    return catalog


def files() -> dict[Path, bytes]:
    """Each catalogue file with what it should hold now."""
    template = collected()
    folder = LOCALE / "sv" / "LC_MESSAGES"
    kept = folder / f"{DOMAIN}.po"
    swedish = Catalog(locale="sv", creation_date=_ALWAYS, revision_date=_ALWAYS)
    if kept.exists():
        with kept.open("rb") as file:
            swedish = read_po(file, locale="sv")
    swedish.update(template, no_fuzzy_matching=True)
    swedish.obsolete.clear()
    swedish.creation_date = swedish.revision_date = _ALWAYS
    found: dict[Path, bytes] = {}
    for path, catalog in ((LOCALE / f"{DOMAIN}.pot", template), (kept, swedish)):
        buffer = io.BytesIO()
        write_po(buffer, catalog, width=120, sort_output=True, include_lineno=False, omit_header=False)
        found[path] = buffer.getvalue()
    compiled = io.BytesIO()
    write_mo(compiled, swedish)
    found[kept.with_suffix(".mo")] = compiled.getvalue()
    return found


def main() -> None:
    """Write the catalogues."""
    for path, content in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
