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
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ._native import Scanner as _Scanner
from ._native import __version__

__all__ = ["Finding", "Level", "Outcome", "Scanner", "Status", "__version__", "scan"]

Level = Literal["info", "low", "medium", "high"]
Status = Literal["complete", "partial", "unscannable"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found. ``masked`` may be shown; ``secret`` is there only if you asked for it."""

    detector: str
    name: str
    category: str
    confidence: int
    level: Level
    masked: str
    part: tuple[str, ...]
    """The names from what was scanned to the part that holds it; empty for plain text."""
    place: dict[str, Any]
    """Where a person would look: line and column, page, sheet and cell, header."""
    start: int | None
    """Where it begins in the text that was given, in code points; None inside a document."""
    end: int | None
    secret: str | None
    evidence: tuple[dict[str, Any], ...]
    """What raised and lowered the confidence."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found, and how much was read. Only ``clean`` means that nothing is there."""

    name: str
    status: Status
    reasons: tuple[dict[str, Any], ...]
    """Why something was not read; empty when the status is complete."""
    findings: tuple[Finding, ...]
    found: int
    """How many findings there were, also those past the limit of what is kept."""
    _records: tuple[dict[str, Any], ...]

    @property
    def clean(self) -> bool:
        """Everything was read and nothing was found."""
        return self.status == "complete" and self.found == 0

    def to_dict(self) -> dict[str, Any]:
        """The records as in ``--format jsonl``: ``{"findings": [...], "item": {...}}``."""
        *findings, item = self._records
        return {"findings": [dict(record) for record in findings], "item": dict(item)}


class Scanner:
    """Compiled detectors, to be made once and used from any number of threads.

    ``level`` is the lowest level reported. With ``reveal`` findings carry the value itself.
    ``enable`` and ``disable`` name detectors to switch on or off.
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        *,
        level: Level = "low",
        reveal: bool = False,
        enable: Iterable[str] = (),
        disable: Iterable[str] = (),
    ) -> None:
        self._native = _Scanner(level, reveal, list(enable), list(disable))

    def scan(self, data: str | bytes, *, name: str = "text") -> Outcome:
        """Scan a text, or bytes of any format. ``name`` is a hint, and stands in the outcome."""
        # A lone surrogate cannot be encoded; it cannot be part of a value either.
        raw = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
        records = tuple(map(json.loads, self._native.scan(raw, name).splitlines()))
        points = _CodePoints(raw) if isinstance(data, str) else None
        *findings, item = records
        return Outcome(
            name=item["item"],
            status=item["status"],
            reasons=tuple(item["reasons"]),
            findings=tuple(_finding(record, points) for record in findings),
            found=item["findings"],
            _records=records,
        )


@functools.lru_cache(maxsize=8)
def _shared(level: Level, reveal: bool) -> Scanner:
    return Scanner(level=level, reveal=reveal)


def scan(data: str | bytes, *, level: Level = "low", reveal: bool = False) -> Outcome:
    """Scan a text, or bytes of any format, with every detector that is on by default."""
    return _shared(level, reveal).scan(data)


class _CodePoints:
    """Turns byte positions of UTF-8 text into code points, going forward where it can."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._byte = self._point = 0

    def at(self, byte: int) -> int:
        if byte < self._byte:
            self._byte = self._point = 0
        step = self._raw[self._byte : byte]
        self._point += sum(b & 0xC0 != 0x80 for b in step)
        self._byte = byte
        return self._point


def _finding(record: dict[str, Any], points: _CodePoints | None) -> Finding:
    raw = record["raw"] if points and not record["part"] else None
    return Finding(
        detector=record["detector"],
        name=record["name"],
        category=record["category"],
        confidence=record["confidence"],
        level=record["level"],
        masked=record["masked"],
        part=tuple(record["part"]),
        place=record["place"],
        start=points.at(raw["start"]) if raw and points else None,
        end=points.at(raw["end"]) if raw and points else None,
        secret=record.get("secret"),
        evidence=tuple(record["evidence"]),
    )
