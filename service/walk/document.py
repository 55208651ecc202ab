"""The walk as calls of curl: the part of docs/api.md that a reader can run, and that a test runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from service.walk.cast import CAST, Part
from service.walk.steps import CHAPTERS, Step
from service.walk.values import FORMER_NETWORK

__all__ = ["ANSWER", "BEGINNING", "answers_in", "calls", "shortened", "walk_page"]

_WIDE: Final = 100
_MOST_ITEMS: Final = 2
_LONGEST: Final = 60
_HELD_BACK: Final = "…"

ANSWER: Final = re.compile(r"^```json\n(.*?)^```\n", re.M | re.S)

BEGINNING: Final = f"""\
set -euo pipefail
export FRISTAD_DATA=${{FRISTAD_DATA:-demo}}
export TZ=CET-1CEST,M3.5.0,M10.5.0/3   # days are Swedish days
FRONT=${{FRONT:-http://127.0.0.1:8440}}
BACK=${{BACK:-http://127.0.0.1:8441}}

uuid() {{ python3 -c 'import uuid; print(uuid.uuid4())'; }}
pick() {{ python3 -c '
import json, sys
found = json.load(sys.stdin)
for part in sys.argv[1].split("."):
    if "=" in part:
        wanted = [one.split("=", 1) for one in part.split("&")]
        found = next(item for item in found if all(str(item[name]) == value for name, value in wanted))
    else:
        found = found[int(part)] if part.isdigit() else found[part]
print(found)' "$1" 2> /dev/null; }}
is() {{ [ "$(pick "$1")" = "$2" ]; }}

CASE=$(uuid) PERSON=$(uuid | tr -d -) SECOND_PERSON=$(uuid | tr -d -)
NETWORK={FORMER_NETWORK}
NOW=$(date -u +%FT%TZ) TODAY=$(date +%F) UNTIL=$(date -d '+120 days' +%F)
"""
"""What the calls are made with: addresses, two helpers that take answers apart, ids and days."""


def _shell(text: str) -> str:
    """Values in braces as variables of the shell."""
    return re.sub(r"\{(\w+)\}", lambda found: f"${found[1].upper()}", text)


def _token(who: str, part: Part) -> str:
    told = f"--role {part.role.value} --unit {_quoted(part.unit)} --organisation {part.organisation}"
    return f"{who.upper()}=$(fristad token {told} --name {part.name})"


def _quoted(text: str) -> str:
    return f'"{_shell(text)}"' if "{" in text else text


def _tree(node: Any, indent: int = 0) -> str:
    """JSON that breaks only where a line would be too long."""
    line = json.dumps(node, ensure_ascii=False)
    if len(line) + indent <= _WIDE or not isinstance(node, dict | list) or not node:
        return line
    inner = " " * (indent + 2)
    if isinstance(node, dict):
        parts = [f"{inner}{json.dumps(name)}: {_tree(value, indent + 2)}" for name, value in node.items()]
        begin, end = "{", "}"
    else:
        parts = [f"{inner}{_tree(value, indent + 2)}" for value in node]
        begin, end = "[", "]"
    return f"{begin}\n" + ",\n".join(parts) + f"\n{' ' * indent}{end}"


def _signing(step: Step) -> list[str]:
    told = step.signs
    if told is None:
        return []
    if told.told is None:
        return [
            f'SIGNATURE=$(fristad sign intake --organisation {told.organisation} --case "$CASE" --person "$PERSON")'
        ]
    begin = f'SIGNATURE=$(fristad sign assessment --organisation {told.organisation} --unit {told.unit} --case "$CASE"'
    return [f"{begin} <<JSON", *_shell(_tree(told.told)).splitlines(), "JSON", ")"]


def _curl(step: Step) -> list[str]:
    part = CAST[step.who]
    fails = "" if step.is_refused else " --fail-with-body"
    is_bare = step.method == "POST" and step.told is None
    begin = f'curl -sS{fails}{" -X POST" if is_bare else ""} "${part.at.value.upper()}{_shell(step.path)}" \\'
    head = f'  -H "Authorization: Bearer ${step.who.upper()}"'
    if step.method == "GET":
        return [begin, head]
    key = '  -H "Idempotency-Key: $(uuid)"'
    if step.told is None:
        return [begin, f"{head} \\", key]
    kind = '-H "Content-Type: application/json"'
    return [begin, f"{head} \\", f"{key} {kind} -d @- <<JSON", *_shell(_tree(step.told)).splitlines(), "JSON"]


def calls(step: Step) -> str:
    """A step as lines for a shell: what is signed, the call, what is kept of the answer.

    Examples
    --------
    >>> calls(Step("auditor", "Reads.", "GET /v1/trail")).splitlines()[1]
    '  -H "Authorization: Bearer $AUDITOR" | tee answer.json'
    """
    lines = _curl(step)
    kept = " | tee answer.json"
    if step.until is not None:
        lines[0] = f"until {lines[0]}"
        kept += f' | is "{_shell(step.until[0])}" {step.until[1]}; do sleep 1; done'
    last = next((number for number, line in enumerate(lines) if line.endswith("<<JSON")), len(lines) - 1)
    lines[last] += kept
    lines = [*_signing(step), *lines]
    for name, where in step.keeps.items():
        lines.append(f'{name.upper()}=$(pick "{_shell(where)}" < answer.json)')
    if "locality" in step.keeps:
        lines.append('REGION=$(fristad geodata show "$LOCALITY" --json | pick localities.0.police_region)')
        lines += [_token(who, part) for who, part in CAST.items() if "{region}" in part.unit]
    if step.is_refused is not None:
        lines.append(f"is code {step.is_refused} < answer.json")
    return "\n".join(lines) + "\n"


def shortened(answer: Any) -> Any:
    """An answer as a document shows it: long lists and long texts cut short.

    Examples
    --------
    >>> shortened({"items": [1, 2, 3], "padding": "0" * 100})["items"]
    [1, 2, '…']
    """
    if isinstance(answer, dict):
        return {name: shortened(inner) for name, inner in answer.items()}
    if isinstance(answer, list):
        cut = [shortened(inner) for inner in answer[:_MOST_ITEMS]]
        return [*cut, _HELD_BACK] if len(answer) > _MOST_ITEMS else cut
    if isinstance(answer, str) and len(answer) > _LONGEST:
        return answer[: _LONGEST - 1] + _HELD_BACK
    return answer


def answers_in(page: str) -> list[str]:
    """The answers a document shows, in order."""
    return [found[1] for found in ANSWER.finditer(page)]


def as_shown(answer: Any) -> str:
    """An answer as it stands in the document."""
    return _tree(shortened(answer)) + "\n"


def walk_page(answers: Iterable[str], cast: Mapping[str, Part] = CAST) -> str:
    """The walk as Markdown.

    Parameters
    ----------
    answers : as they are shown, one a step
    """
    told = iter(answers)
    tokens = "\n".join(_token(who, part) for who, part in cast.items() if "{" not in part.unit)
    lines = [f"```bash\n{BEGINNING}```\n", f"A token for each person, valid for an hour:\n\n```bash\n{tokens}\n```\n"]
    number = 0
    for chapter in CHAPTERS:
        lines.append(f"### {chapter.title}\n")
        for step in chapter.steps:
            number += 1
            role = CAST[step.who].role.value
            lines.append(f"**{number}. `{role}`** – {step.does}\n\n```bash\n{calls(step)}```\n")
            lines.append(f"```json\n{next(told, '')}```\n")
    return "\n".join(lines)
