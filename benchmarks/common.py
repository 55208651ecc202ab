"""What several measuring scripts need: figures, the machine, and blocks of a document."""

from __future__ import annotations

import math
import os
import platform
import re
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

__all__ = ["between", "machine", "megabytes", "quantile", "versions"]


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed: no interpolation.

    Examples
    --------
    >>> quantile([5, 1, 2, 3, 4], 0.5), quantile(range(1, 21), 0.95), quantile([7], 0.95)
    (3, 19, 7)
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]


def megabytes(peak: int) -> float:
    """Megabytes of a peak as the system counts it: kibibytes, on macOS bytes."""
    return peak / (1_000_000 if sys.platform == "darwin" else 1000 / 1.024)


def machine() -> str:
    """Processor, cores and system."""
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    return f"{_processor()}, {len(cpus)} cores, {platform.system()} {platform.release()}"


def _processor() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.processor() or platform.machine()


def versions(names: Sequence[str]) -> dict[str, str]:
    """Versions of installed packages."""
    return {name: version(name) for name in names}


def between(document: str, name: str, block: str) -> str:
    r"""The document with everything between the two marks of a name replaced.

    Examples
    --------
    >>> between("a\n<!-- x: begin -->\nold\n<!-- x: end -->\nz\n", "x", "new\n")
    'a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nz\n'

    Raises
    ------
    ValueError : the document lacks the marks
    """
    begin_mark, end_mark = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    head, begin, rest = document.partition(begin_mark)
    _, end, tail = rest.partition(end_mark)
    if not (begin and end):
        raise ValueError("the document has no marks to write between")
    return f"{head}{begin}{block}{end}{tail}"
