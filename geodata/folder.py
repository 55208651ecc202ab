"""Writing a folder of map data: whole, or not at all."""

import csv
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from geodata.layers import Locality
from geodata.recipe import Edge

LOCALITY_COLUMNS = ("id", "name", "kommun", "population", "x_m", "y_m", "parent")
EDGE_COLUMNS = ("from", "to", "mode", "km", "minutes")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""Return rows as CSV text with a header and plain line ends.

    Examples
    --------
    >>> table(["code", "name"], [["01", "A, B"]])
    'code,name\n01,"A, B"\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def localities_text(places: Iterable[Locality]) -> str:
    """Return the text of localities.csv, sorted by id."""
    return table(
        LOCALITY_COLUMNS,
        (
            (p.id, p.name, p.kommun, p.population, p.x_m, p.y_m, p.parent or "")
            for p in sorted(places, key=lambda p: p.id)
        ),
    )


def edges_text(edges: Iterable[Edge]) -> str:
    """Return the text of edges.csv, sorted."""
    return table(EDGE_COLUMNS, ((e.start, e.end, e.mode, e.km, e.minutes) for e in sorted(edges)))


def meta_text(source: str, network: str) -> str:
    """Return the text of meta.json: where the localities and the network come from."""
    return json.dumps({"format": 1, "network": network, "source": source}, ensure_ascii=False, indent=1) + "\n"


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Replace a folder by these files: written beside it, then renamed into place.

    Parameters
    ----------
    folder : target; what it held before is gone afterwards, or untouched when this fails
    files : file name to text
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        fresh.chmod(0o755)
        for name, text in sorted(files.items()):
            with (fresh / name).open("w", encoding="utf-8", newline="") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, folder: Path) -> None:
    if not folder.exists():
        fresh.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    kept = old / "kept"
    folder.rename(kept)
    try:
        fresh.rename(folder)
    except OSError:
        kept.rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
