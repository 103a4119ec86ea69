"""Scanning tables: with what the columns are called, and with what stands in the same row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ._arrow import Column, Unread, batches
from ._outcome import Finding, Outcome, Status

ROWS = 20_000
"""Rows scanned at once. What belongs together stands in one row."""

FILLER = "no data"
"""The name of the column beside a table's only one: a list is no table."""


@dataclass(frozen=True, slots=True)
class CellFinding:
    """Something found in a table."""

    row: int
    """From 0, counted over all batches."""
    column: str | None
    """The column's name; None where a value stands over several that have none."""
    finding: Finding


@dataclass(frozen=True, slots=True)
class TableOutcome:
    """What was found in a table, and how much of it was read."""

    rows: int
    columns: tuple[str, ...]
    findings: tuple[CellFinding, ...]
    found: int
    """How many findings there were, also those past the limit of what is kept."""
    unread: tuple[tuple[str, str], ...]
    """Columns that hold no text, or parts that were not read, with the reason."""
    status: Status

    @property
    def clean(self) -> bool:
        """Everything was read and nothing was found."""
        return self.status == "complete" and self.found == 0

    def to_columns(self) -> dict[str, list[Any]]:
        """The findings as columns, as ``pyarrow.table`` and ``polars.DataFrame`` take them."""
        return {
            "row": [each.row for each in self.findings],
            "column": [each.column for each in self.findings],
            "detector": [each.finding.detector for each in self.findings],
            "name": [each.finding.name for each in self.findings],
            "level": [each.finding.level for each in self.findings],
            "confidence": [each.finding.confidence for each in self.findings],
            "masked": [each.finding.masked for each in self.findings],
        }


def scan_table(table: Any, scan: Callable[[bytes], Outcome]) -> TableOutcome:
    """Scans what offers the Arrow interface, with this way of scanning a csv."""
    names: list[str] = []
    rows = found = 0
    findings: list[CellFinding] = []
    unread: dict[str, str] = {}
    partial = False
    for names, length, columns in batches(table):
        read = [i for i, column in enumerate(columns) if not isinstance(column, Unread)]
        for name, column in zip(names, columns, strict=True):
            if isinstance(column, Unread):
                unread[name] = str(column)
        headers = [names[i].strip() or f"column {i + 1}" for i in read]
        values = [column for column in columns if not isinstance(column, Unread)]
        for first in range(0, length if read else 0, ROWS):
            last = min(first + ROWS, length)
            outcome = scan(_csv(headers, values, first, last))
            found += outcome.found
            partial |= outcome.status != "complete"
            for reason in outcome.reasons:
                unread[f"rows {rows + first} to {rows + last - 1}"] = reason.reason
            findings += _located(outcome, headers, rows + first)
        rows += length
    status: Status = "partial" if partial or unread else "complete"
    return TableOutcome(
        rows, tuple(names), tuple(findings), found, tuple(unread.items()), status
    )


def _csv(headers: list[str], columns: list[Column], first: int, last: int) -> bytes:
    """Rows as a csv, a line each: a line break in a cell becomes a blank, as scanning has it."""
    if len(headers) == 1:
        headers = [*headers, FILLER]
        columns = [*columns, [None] * last]
    lines = [b",".join(_cell(header.encode("utf-8", "replace")) for header in headers)]
    cut = [column[first:last] for column in columns]
    lines += [b",".join(map(_cell, row)) for row in zip(*cut, strict=True)]
    return b"\n".join(lines) + b"\n"


_BLANKS = bytes.maketrans(b"\r\n", b"  ")


def _cell(value: bytes | None) -> bytes:
    if not value:
        return b'""'
    return b'"' + value.translate(_BLANKS).replace(b'"', b'""') + b'"'


def _located(outcome: Outcome, headers: list[str], first: int) -> Iterator[CellFinding]:
    """A csv's rows and lines are numbered from 1, and the first holds the headers."""
    for finding in outcome.findings:
        place = finding.place
        line = place.get("row", place.get("line", 1))
        column = place.get("column")
        if place["kind"] != "row" or not isinstance(column, str):
            column = headers[0] if len(headers) == 1 else None
        yield CellFinding(max(first, first + line - 2), column, finding)
