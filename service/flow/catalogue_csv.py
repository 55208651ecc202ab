"""Facilities from a table: one row a unit, every fault by line and column, all of it written or nothing.

docs/catalogue-csv.md explains the columns to registrars.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from matching.errors import Fault
from service.flow.catalogue import Written, facility_faults, provider_faults, write_facility
from service.policies import Action
from service.problems import Rejected
from service.store.database import Transaction
from service.store.repository import catalogue

__all__ = ["COLUMNS", "MOST_ROWS", "Imported", "Table", "import_table", "parse_table"]

MOST_ROWS: Final = 2000

_UNIT: Final = ("unit", "unit_kind", "beds", "is_shared")
_CONTRACT: Final = ("contract_start", "contract_end", "contract_municipality", "contract_quota_beds")
_ACCEPTS: Final = (
    "min_age_years",
    "max_age_years",
    "genders",
    "children_with_guardian",
    "unaccompanied_minors",
    "max_household",
)
_FACILITY: Final = (
    "provider",
    "locality",
    "form",
    "offers",
    "schools",
    "security_grade",
    "permit_valid_until",
    "support_intensity",
    "security_approved",
    "day_rate_sek",
    "direct_award_allowed",
    "night_intake",
)
COLUMNS: Final = ("facility", *_FACILITY, *_ACCEPTS, *_UNIT, *_CONTRACT)
"""Names of the columns; their order in the file is free."""

_NUMBERS: Final = frozenset(
    {
        "security_grade",
        "support_intensity",
        "day_rate_sek",
        "min_age_years",
        "max_age_years",
        "max_household",
        "beds",
        "contract_quota_beds",
    }
)
_TRUTHS: Final = frozenset(
    {
        "security_approved",
        "direct_award_allowed",
        "night_intake",
        "children_with_guardian",
        "unaccompanied_minors",
        "is_shared",
    }
)
_LISTS: Final = frozenset({"offers", "schools", "genders"})
_WHOLE: Final = re.compile(r"[0-9]{1,6}")
_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class _Bad:
    """Stands where a cell could not be read; its fault has been told."""


_BAD: Final = _Bad()


@dataclass(frozen=True)
class Group:
    """The rows of one facility.

    Parameters
    ----------
    lines : numbers of its lines in the file, the header being line 1
    tree : as matching.domain.Facility, without id
    contract_lines : the line of each contract
    """

    label: str
    lines: tuple[int, ...]
    tree: dict[str, Any] = field(repr=False)
    contract_lines: tuple[int, ...]


@dataclass(frozen=True)
class Table:
    """A table that was read."""

    groups: tuple[Group, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Imported:
    """What was written of one facility."""

    line: int
    written: Written


def parse_table(text: str) -> Table:
    """Facilities of a table, and every fault of a cell.

    Examples
    --------
    >>> [fault.path for fault in parse_table("facility,provider,locality,form,unit").faults]
    ['line 1, beds', 'line 1, is_shared', 'line 1, unit_kind']
    """
    faults: list[Fault] = []
    rows = list(_rows(text, faults))
    groups: dict[str, list[tuple[int, dict[str, Any]]]] = {}
    for line, row in rows:
        label = row["facility"]
        if not isinstance(label, str):
            faults.append(Fault(f"line {line}, facility", "is missing", "a label, or the id of a facility"))
            continue
        groups.setdefault(label, []).append((line, row))
    return Table(tuple(_group(label, its, faults) for label, its in groups.items()), tuple(sorted(set(faults))))


def _rows(text: str, faults: list[Fault]) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    header: list[str] | None = None
    count = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            faults.append(Fault(f"line {reader.line_num}", "is no row of a CSV file", "cells separated by commas"))
            return
        if cells is None:
            break
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            faults += _header_faults(header)
            if faults:
                return
            continue
        count += 1
        if count > MOST_ROWS:
            faults.append(Fault("the table", "is too long", f"at most {MOST_ROWS} rows"))
            return
        line = reader.line_num
        if len(cells) != len(header):
            faults.append(Fault(f"line {line}", "has more or fewer cells than the header", "as many as the header"))
            continue
        told = dict.fromkeys(COLUMNS) | {
            name: _cell(name, cell.strip(), line, faults) for name, cell in zip(header, cells, strict=True)
        }
        yield line, told
    if header is None or not count:
        faults.append(Fault("the table", "holds no row", "a header and a row for each unit"))


def _header_faults(header: list[str]) -> Iterator[Fault]:
    if len(header) == 1 and ";" in header[0]:
        yield Fault("line 1", "is separated by semicolons", "cells separated by commas; a semicolon within lists only")
        return
    if set(header) - set(COLUMNS):
        yield Fault("line 1", "names an unknown column", "the columns of docs/catalogue-csv.md")
    if len(set(header)) < len(header):
        yield Fault("line 1", "names a column twice", "each column once")
    for name in ("facility", "provider", "locality", "form", *_UNIT):
        if name not in header:
            yield Fault(f"line 1, {name}", "is missing", "this column is required")


def _cell(name: str, text: str, line: int, faults: list[Fault]) -> Any:
    if not text:
        return None
    where = f"line {line}, {name}"
    if name == "facility" and not _LABEL.fullmatch(text):
        faults.append(Fault(where, "has another form", "a label of letters, digits, - and _, or the id of a facility"))
        return "?"
    if name in _NUMBERS:
        if _WHOLE.fullmatch(text):
            return int(text)
        faults.append(Fault(where, "is no whole number", "a whole number"))
        return _BAD
    if name in _TRUTHS:
        if text in ("true", "false"):
            return text == "true"
        faults.append(Fault(where, "is neither true nor false", "true or false"))
        return _BAD
    if name in _LISTS:
        return [part.strip() for part in text.split(";") if part.strip()]
    return text


def _group(label: str, rows: list[tuple[int, dict[str, Any]]], faults: list[Fault]) -> Group:
    first_line, first = rows[0]
    for line, row in rows[1:]:
        for name in (*_FACILITY, *_ACCEPTS):
            if row[name] is not None and row[name] != first[name]:
                accepted = f"the same as in line {first_line}, or empty"
                faults.append(Fault(f"line {line}, {name}", "differs from the facility's first row", accepted))
    tree: dict[str, Any] = {name: first[name] for name in _FACILITY if first[name] is not None}
    tree["accepts"] = {name: first[name] for name in _ACCEPTS if first[name] is not None}
    tree["units"] = [
        _without_none(id=row["unit"], kind=row["unit_kind"], beds=row["beds"], is_shared=row["is_shared"])
        for _, row in rows
    ]
    told = [(line, row) for line, row in rows if any(row[name] is not None for name in _CONTRACT)]
    tree["contracts"] = [
        _without_none(
            start=row["contract_start"],
            end=row["contract_end"],
            municipality=row["contract_municipality"],
            quota_beds=row["contract_quota_beds"],
        )
        for _, row in told
    ]
    return Group(label, tuple(line for line, _ in rows), tree, tuple(line for line, _ in told))


def _without_none(**cells: Any) -> dict[str, Any]:
    return {name: cell for name, cell in cells.items() if cell is not None}


_CELL_OF_UNIT: Final = {"id": "unit", "kind": "unit_kind"}
_PATH: Final = re.compile(r"^(units|contracts)\[([0-9]+)\](?:\.([a-z_]+))?")


def _place(group: Group, path: str) -> str:
    """The cell a fault of the tree lies in."""
    found = _PATH.match(path)
    if found is None:
        name = "max_age_years" if path == "accepts" else re.split(r"[.\[]", path.removeprefix("accepts."))[0]
        return f"line {group.lines[0]}, {name}" if name in COLUMNS else f"line {group.lines[0]}"
    lines = group.lines if found[1] == "units" else group.contract_lines
    line = lines[int(found[2])]
    if found[3] is None:
        return f"line {line}" if found[1] == "units" else f"line {line}, contract_end"
    cell = _CELL_OF_UNIT.get(found[3], found[3]) if found[1] == "units" else f"contract_{found[3]}"
    return f"line {line}, {cell}"


def _clean(node: Any) -> Any:
    """A tree without the cells that could not be read: their faults have been told."""
    if isinstance(node, dict):
        return {name: _clean(inner) for name, inner in node.items() if inner is not _BAD}
    return [_clean(inner) for inner in node] if isinstance(node, list) else node


def import_table(tx: Transaction, text: str) -> tuple[Imported, ...]:
    """Write every facility of a table: a label makes a new one, an id the next version of a known one.

    Closures are not in the table: those of a known facility stay.

    Raises
    ------
    Rejected : with every fault by line and column; nothing was written
    """
    table = parse_table(text)
    faults = set(table.faults)
    wanted = [_known(tx, group, faults) for group in table.groups]
    for group, known, tree in wanted:
        told = {fault.path for fault in faults}
        judged = [
            *facility_faults({**tree, "id": str(known.id if known else uuid4())}),
            *provider_faults(tx, tree.get("provider")),
        ]
        for fault in judged:
            where = _place(group, fault.path)
            if where not in told:  # a cell that could not be read is not missing as well
                faults.add(
                    Fault(where, fault.wrong, fault.accepted.replace("`fristad schema`", "docs/catalogue-csv.md"))
                )
    if faults:
        raise Rejected(faults, "table_rejected", "The table is rejected; nothing of it was written.")
    written = []
    for group, known, tree in wanted:
        version = 1 if known is None else known.version + 1
        done = write_facility(tx, None if known is None else known.id, version, tree)
        written.append(Imported(group.lines[0], done))
    tx.record(Action.IMPORT_CATALOGUE.value)
    return tuple(written)


def _known(
    tx: Transaction, group: Group, faults: set[Fault]
) -> tuple[Group, catalogue.FacilityVersion | None, dict[str, Any]]:
    tree = _clean(group.tree)
    try:
        facility_id = UUID(group.label)
    except ValueError:
        return group, None, tree
    if str(facility_id) != group.label:
        accepted = "the id of a facility as it was given, or a label that is no id"
        faults.add(Fault(f"line {group.lines[0]}, facility", "is an id in another form", accepted))
        return group, None, tree
    known = catalogue.facility(tx, facility_id)
    if known is None:
        faults.add(
            Fault(f"line {group.lines[0]}, facility", "names a facility that does not exist", "its id, or a label")
        )
        return group, None, tree
    return group, known, {**tree, "closures": list(known.facility.get("closures", ()))}
