"""What a scan gives back: frozen, typed, picklable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["info", "low", "medium", "high"]
Status = Literal["complete", "partial", "unscannable"]
Action = Literal["allow", "notify", "tag", "redact", "quarantine", "block"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something found. ``masked`` may be shown; ``secret`` is there only if you asked for it."""

    detector: str
    name: str
    category: str
    confidence: int
    """0 to 100."""
    level: Level
    masked: str
    part: tuple[str, ...]
    """The names from what was scanned to the part that holds it; empty for plain text."""
    place: dict[str, Any]
    """Where a person would look: line and column, page, sheet and cell, header."""
    start: int | None
    """Where it begins in the text that was given, in code points; None inside a document."""
    end: int | None
    start_byte: int | None
    """Where it begins in the bytes of its part (of a text: in UTF-8); None where not known."""
    end_byte: int | None
    secret: str | None
    fingerprint: str | None
    """Keyed hash of detector and value, where the scanner has a key."""
    evidence: tuple[dict[str, Any], ...]
    """What raised and lowered the confidence."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some of an item was not read."""

    reason: str
    """From the closed list: ``encrypted``, ``damaged``, ``limit-time``, and so on."""
    part: tuple[str, ...]
    bytes: int | None
    """How many bytes of the part it concerns, where known."""
    detail: str | None
    count: int
    """How often it occurred; the first of its kind stands for those that are not listed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the policy decided, and by which rules."""

    action: Action
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found, and how much was read. Only ``clean`` means that nothing is there."""

    name: str
    origin: str
    bytes: int
    status: Status
    reasons: tuple[Reason, ...]
    """Why something was not read; empty when the status is complete and nothing was skipped."""
    findings: tuple[Finding, ...]
    found: int
    """How many findings there were, also those past the limit of what is kept."""
    verdict: Verdict | None
    """The policy's decision; None for a scanner without one."""
    _records: tuple[dict[str, Any], ...]

    @property
    def clean(self) -> bool:
        """Everything was read and nothing was found."""
        return self.status == "complete" and self.found == 0

    def to_dict(self) -> dict[str, Any]:
        """The records as in ``--format jsonl``: ``{"findings": [...], "item": {...}}``."""
        *findings, item = self._records
        return {"findings": [dict(record) for record in findings], "item": dict(item)}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of something in a text that looks like something, and why."""

    detector: str
    name: str
    masked: str
    secret: str | None
    place: dict[str, Any]
    start: int
    """Where it begins in the text, in code points."""
    end: int
    found: bool
    confidence: int
    level: Level | None
    """None where it fell before it was weighed."""
    why: str
    evidence: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text with what was found cut out."""

    text: str
    removed: tuple[Finding, ...]
    left: tuple[Finding, ...]
    """Found, but not to be cut out of the text: it stands inside something encoded."""

    def __str__(self) -> str:
        return self.text


class CodePoints:
    """Turns byte positions of UTF-8 text into code points, going forward where it can."""

    __slots__ = ("_byte", "_point", "_raw")

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._byte = self._point = 0

    def at(self, byte: int) -> int:
        """The code points before this byte."""
        if byte < self._byte:
            self._byte = self._point = 0
        step = self._raw[self._byte : byte]
        self._point += len(step) if step.isascii() else sum(b & 0xC0 != 0x80 for b in step)
        self._byte = byte
        return self._point


def outcome(records: tuple[dict[str, Any], ...], points: CodePoints | None = None) -> Outcome:
    """An outcome from its records; with code points where they come from a text."""
    *findings, item = records
    verdict = item.get("verdict")
    return Outcome(
        name=item["item"],
        origin=item["origin"],
        bytes=item["bytes"],
        status=item["status"],
        reasons=tuple(_reason(record) for record in item["reasons"]),
        findings=tuple(_finding(record, points) for record in findings),
        found=item["findings"],
        verdict=Verdict(verdict, tuple(item["rules"])) if verdict else None,
        _records=records,
    )


def _finding(record: dict[str, Any], points: CodePoints | None) -> Finding:
    raw = record["raw"] or {"start": None, "end": None}
    start, end = raw["start"], raw["end"]
    own = points if not record["part"] and start is not None else None
    return Finding(
        detector=record["detector"],
        name=record["name"],
        category=record["category"],
        confidence=record["confidence"],
        level=record["level"],
        masked=record["masked"],
        part=tuple(record["part"]),
        place=record["place"],
        start=own.at(start) if own else None,
        end=own.at(end) if own else None,
        start_byte=start,
        end_byte=end,
        secret=record.get("secret"),
        fingerprint=record.get("fingerprint"),
        evidence=tuple(record["evidence"]),
    )


def _reason(record: dict[str, Any]) -> Reason:
    return Reason(
        reason=record["reason"],
        part=tuple(record["part"]),
        bytes=record["bytes"],
        detail=record.get("detail"),
        count=record.get("count", 1),
    )
