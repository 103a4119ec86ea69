"""Finds bank details, personal data and confidential markings before they leave.

>>> import dlpscan
>>> outcome = dlpscan.scan("Please pay sort code 08-99-99, account number 66374958.")
>>> [finding.detector for finding in outcome.findings]
['gb-sort-code-account']
>>> outcome.clean
False
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import Any

from ._child import ChildError
from ._native import SetupError, __version__
from ._outcome import (
    Action,
    Explanation,
    Finding,
    Level,
    Outcome,
    Reason,
    Redacted,
    Status,
    Verdict,
)
from ._policy import Policy, Rule
from ._scanner import Scanner, StrPath
from ._table import CellFinding, TableOutcome

__all__ = [
    "Action",
    "CellFinding",
    "ChildError",
    "Explanation",
    "Finding",
    "Level",
    "Outcome",
    "Policy",
    "Reason",
    "Redacted",
    "Rule",
    "Scanner",
    "SetupError",
    "Status",
    "TableOutcome",
    "Verdict",
    "__version__",
    "explain",
    "redact",
    "scan",
    "scan_file",
    "scan_paths",
    "scan_table",
]


@functools.lru_cache(maxsize=8)
def _shared(level: Level, reveal: bool) -> Scanner:
    return Scanner(level=level, reveal=reveal)


def scan(
    data: str | bytes | bytearray | memoryview, *, level: Level = "low", reveal: bool = False
) -> Outcome:
    """Scan a text, or bytes of any format, with every detector that is on by default."""
    return _shared(level, reveal).scan(data)


def scan_file(path: StrPath, *, level: Level = "low", reveal: bool = False) -> Outcome:
    """Scan one file; see :meth:`Scanner.scan_file`."""
    return _shared(level, reveal).scan_file(path)


def scan_paths(
    paths: Iterable[StrPath], *, level: Level = "low", reveal: bool = False
) -> Iterator[Outcome]:
    """Scan files and folders; see :meth:`Scanner.scan_paths`."""
    return _shared(level, reveal).scan_paths(paths)


def scan_table(table: Any, *, level: Level = "low", reveal: bool = False) -> TableOutcome:
    """Scan a table that offers the Arrow interface; see :meth:`Scanner.scan_table`."""
    return _shared(level, reveal).scan_table(table)


def redact(text: str, *, level: Level = "low", mark: str = "[{name}]") -> Redacted:
    """The text with everything found replaced by ``mark``; see :meth:`Scanner.redact`."""
    return _shared(level, False).redact(text, mark=mark)


def explain(text: str, *, reveal: bool = False) -> tuple[Explanation, ...]:
    """Say what became of everything in a text that looks like something, and why."""
    return _shared("low", reveal).explain(text)
