"""No secret leaves the service: a register full of marked secrets, and thousands of right and wrong requests to it.

    python -m benchmarks.canaries --responses 10000 --to-requesters 10000

Everything that is answered, logged, raised or stored is searched for every secret in every form of it; what is found
where the table of `tests.service.canaries.table` does not allow it is a hit. It prints one line of JSON, and ends
with 1 when there is a hit.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from tests.service.canaries.forms import forms
from tests.service.canaries.run import Run, run

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print one line, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.canaries", description=__doc__.split("\n")[0])
    parser.add_argument("--responses", type=int, default=10_000, help="least number of answers that are searched")
    parser.add_argument("--to-requesters", type=int, default=10_000, help="least number of them that requesters get")
    told = parser.parse_args(arguments)
    began_s = perf_counter()
    with tempfile.TemporaryDirectory() as folder, run(Path(folder), told.responses, told.to_requesters) as done:
        leaks = done.leaks()
        line = _line(done, {name: len(found) for name, found in leaks.items()})
    for found in leaks.values():
        for leak in sorted(set(found), key=str):
            print(leak, file=sys.stderr)
    line["seconds"] = round(perf_counter() - began_s, 1)
    print(json.dumps(line, sort_keys=True))
    return 1 if any(leaks.values()) or line["server_errors"] else 0


def _line(done: Run, hits: dict[str, int]) -> dict[str, object]:
    answers = done.heard.answers
    stored = {name: sum(map(len, files.values())) for name, files in done.channels().items()}
    return {
        "benchmark": "canaries",
        "responses": len(answers),
        "to_requesters": done.to_requesters,
        "roles": len({answer.role for answer in answers}),
        "actions": len({answer.action for answer in answers}),
        "answers_to_questions": dict(sorted(_states(done).items())),
        "statuses": dict(sorted(Counter(f"{answer.status // 100}xx" for answer in answers).items())),
        "server_errors": sum(answer.status >= 500 for answer in answers),
        "secrets": len(done.book.markers),
        "kinds": len({marker.kind for marker in done.book.markers.values()}),
        "forms": sum(len(forms(text)) for text in done.book.markers),
        "hits": hits,
        "scanned_bytes": {
            "responses": sum(len(answer.body) + len(answer.headers) for answer in answers),
            **{name: sum(map(len, texts)) for name, texts in done.texts().items()},
            **stored,
        },
    }


def _states(done: Run) -> Counter[str]:
    """What the questions were answered with: slots, or a coordinator."""
    return Counter(
        str(json.loads(answer.body)["state"])
        for answer in done.heard.answers
        if answer.action == "read_query" and answer.status < 300
    )


if __name__ == "__main__":
    sys.exit(main())
