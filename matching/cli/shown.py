"""The output the README shows, made by running its commands on the demo's week.

``python -m matching.cli.shown README.md`` (`make docs`) writes it anew: what a requester gets for the first case that
passes the gate, and the minimal set of rules for the first case to which several rules together leave nothing.
"""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from matching.cli import asking, common, explaining, showing

if TYPE_CHECKING:
    from matching.facts import Facts

__all__ = ["COLUMNS", "LEFT_OUT", "with_output"]

COLUMNS: Final = 80
LEFT_OUT: Final = "…"
"""A line of its own that stands for some of the output."""

_BLOCK: Final = re.compile(r"^```\n\$ fristad (options|explain) .*?^```\n", re.M | re.S)
_BEGIN: Final = "The minimal set that leaves nothing"
_UNSAFE: Final = "NOT SAFE"
"""Where the least-violating options begin: a document that shows them would be taken for advice."""

_FEWEST_RULES: Final = 2


def with_output(text: str, week: Path) -> str:
    """A document with the present output in its blocks that begin with ``$ fristad options`` or ``$ fristad explain``.

    Parameters
    ----------
    text : the document
    week : scenario file of the demo's week

    Examples
    --------
    >>> with_output("Nothing is shown.", Path("week.json"))
    'Nothing is shown.'
    """
    if _BLOCK.search(text) is None:
        return text
    facts = common.load(week).facts
    blocks = {"options": _options(facts, week), "explain": _explanation(facts, week)}
    return _BLOCK.sub(lambda found: blocks[found[1]], text)


def _block(command: str, printed: str) -> str:
    lines = "".join(f"{line.rstrip()}\n" for line in printed.rstrip().splitlines())
    return f"```\n$ fristad {command}\n{lines}```\n"


def _options(facts: Facts, week: Path) -> str:
    from matching.constraints import rule_book
    from matching.options import requester_options

    answers = ((name, requester_options(facts, rule_book(), case)) for case, name in enumerate(facts.names.cases))
    name = next(name for name, answer in answers if answer.slots is not None)
    with redirect_stdout(StringIO()) as printed:
        asking.options(
            scenario=week, case=name, audience="requester", language="en", time_s=30.0, most=10, policy=None,
            as_json=False,
        )  # fmt: skip
    return _block(f"options out/week.json --case {name} --language en", printed.getvalue())


def _explanation(facts: Facts, week: Path) -> str:
    from matching.constraints import rule_book
    from matching.refusals import refusals
    from matching.solver.cpsat import Limits
    from matching.solver.explain import blocking_set

    sets = (
        (name, blocking_set(refusals(facts, case, rule_book()), Limits()))
        for case, name in enumerate(facts.names.cases)
    )
    name = next(name for name, found in sets if len(found.rules) >= _FEWEST_RULES and found.is_proven)
    with redirect_stdout(StringIO()) as printed:
        explaining.explain(
            scenario=week, case=name, audience="coordinator", facility=None, certificate=None, language="en",
            time_s=10.0, policy=None, as_json=False,
        )  # fmt: skip
    first, _, rest = printed.getvalue().partition("\n")
    _, mark, last = rest.partition(_BEGIN)
    last = last.partition(_UNSAFE)[0]
    return _block(
        f"explain out/week.json --case {name} --language en", f"{first}\n{LEFT_OUT}\n{mark}{last}{LEFT_OUT}\n"
    )


def main(documents: list[str]) -> None:
    """Write the documents anew."""
    common.out.width = COLUMNS
    with tempfile.TemporaryDirectory() as folder:
        week = Path(folder) / "week.json"
        showing.generate(output=week, size="demo", seed=1, as_json=False, quiet=True)
        for document in map(Path, documents):
            document.write_text(with_output(document.read_text(encoding="utf-8"), week), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
