"""Scanning: text in this process, bytes and files in one that may fail."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from . import _native
from ._child import Children
from ._outcome import CodePoints, Explanation, Level, Outcome, Redacted, outcome
from ._policy import Policy
from ._table import TableOutcome
from ._table import scan_table as _scan_table

StrPath = str | os.PathLike[str]


class Scanner:
    """Compiled detectors, to be made once and used from any number of threads.

    ``level`` is the lowest level reported. With ``reveal`` findings carry the value itself.
    ``enable`` and ``disable`` name detectors to switch on or off; ``detectors`` are files of your
    own, or folders of them. ``policy`` gives outcomes a verdict; ``limits`` are those of
    ``dlpscan.toml`` (``seconds``, ``bytes``, ``depth``, ``parts``, ``findings``, ``memory``, ``ocr-seconds``);
    ``key`` (at least 16 bytes) gives findings a fingerprint. With ``ocr="auto"`` what is written in
    pictures and on scanned pages is read where tesseract is installed, on ``ocr-seconds`` of time.
    ``passwords`` are tried on encrypted archives and documents.

    Text is scanned in this process. Bytes and files are read by a process of their own, so that
    no file can crash, hang or fill this one; ``isolated=False`` reads them here.

    What is wrong with any of these is a :class:`SetupError`.
    """

    __slots__ = ("_children", "_isolated", "_lock", "_native", "_pid", "_setup")

    def __init__(
        self,
        *,
        level: Level = "low",
        reveal: bool = False,
        enable: Iterable[str] = (),
        disable: Iterable[str] = (),
        detectors: Iterable[StrPath] = (),
        policy: Policy | None = None,
        limits: Mapping[str, int] | None = None,
        key: bytes | None = None,
        ocr: Literal["auto", "off"] = "off",
        passwords: Iterable[str] = (),
        isolated: bool = True,
    ) -> None:
        setup = {
            "level": level,
            "reveal": bool(reveal),
            "enable": _words("enable", enable),
            "disable": _words("disable", disable),
            "detectors": [pair for path in detectors for pair in _texts(path)],
            "policy": (policy.file, policy.text) if policy else None,
            "limits": dict(limits or {}),
            "key": key.decode("latin-1") if key is not None else None,
            "ocr": ocr,
            "passwords": _words("passwords", passwords),
        }
        self._start(json.dumps(setup), isolated)
        # What is wrong is said now, not when the first text comes.
        self._here()

    def _start(self, setup: str, isolated: bool) -> None:
        self._setup = setup
        self._isolated = isolated
        self._lock = threading.Lock()
        self._native: _native.Scanner | None = None
        self._children: Children | None = None
        self._pid = os.getpid()

    def _fresh(self) -> None:
        # After a fork the threads and processes of the parent are not ours.
        if self._pid != os.getpid():
            self._start(self._setup, self._isolated)

    def _here(self) -> _native.Scanner:
        self._fresh()
        with self._lock:
            if self._native is None:
                self._native = _native.Scanner(self._setup)
            return self._native

    def _apart(self) -> Children:
        self._fresh()
        with self._lock:
            if self._children is None:
                self._children = Children(self._setup, _native.__file__)
            return self._children

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (self._setup, self._isolated))

    def scan(self, data: str | bytes | bytearray | memoryview, *, name: str = "text") -> Outcome:
        """Scan a text, or bytes of any format. ``name`` is a hint, and stands in the outcome."""
        if isinstance(data, str):
            # A lone surrogate cannot be encoded; it cannot be part of a value either.
            raw = data.encode("utf-8", "replace")
            return outcome(_records(self._here().scan(raw, _utf8(name))), CodePoints(raw))
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"scan() takes str or bytes, not {type(data).__name__}")
        raw = bytes(data)
        if not self._isolated:
            return outcome(_records(self._here().scan(raw, _utf8(name))))
        ask = json.dumps({"bytes": {"name": _utf8(name), "size": len(raw)}})
        return outcome(tuple(self._apart().ask(ask.encode(), raw)))

    def scan_file(self, path: StrPath) -> Outcome:
        """Scan one file. A folder is an ``IsADirectoryError``; what cannot be read of a file is
        a reason in the outcome."""
        if stat.S_ISDIR(os.stat(path).st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is a folder; use scan_paths", os.fspath(path))
        (only,) = self.scan_paths([path])
        return only

    def scan_paths(
        self,
        paths: Iterable[StrPath],
        *,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        threads: int = 0,
    ) -> Iterator[Outcome]:
        """Scan files and folders: an outcome for each file, in the order of their names, as they
        come. ``include`` and ``exclude`` are patterns such as ``*.docx``; ``threads`` 0 is one for
        each core. A path that is not there is a ``FileNotFoundError`` before anything is read."""
        if isinstance(paths, (str, bytes, os.PathLike)):
            raise TypeError("scan_paths() takes a list of paths; for one file use scan_file()")
        names = [os.fspath(path) for path in paths]
        for path in names:
            os.lstat(path)
        if isinstance(threads, bool) or not 0 <= threads <= 1024:
            raise ValueError("threads is a number from 0 (one for each core) to 1024")
        chosen = _words("include", include), _words("exclude", exclude)
        return self._run(names, *chosen, threads)

    def _run(
        self, paths: list[str], include: list[str], exclude: list[str], threads: int
    ) -> Iterator[Outcome]:
        if not self._isolated:
            for lines in self._here().scan_paths(paths, include, exclude, threads):
                yield outcome(_records(lines))
            return
        ask = {
            "paths": {
                "folder": _characters(os.getcwd()),
                "paths": [_characters(path) for path in paths],
                "include": include,
                "exclude": exclude,
                "threads": threads,
            }
        }
        records: list[dict[str, Any]] = []
        for record in self._apart().ask(json.dumps(ask).encode()):
            records.append(record)
            if record["type"] == "item":
                yield outcome(tuple(records))
                records = []

    def scan_table(self, table: Any) -> TableOutcome:
        """Scan a table that offers the Arrow interface (pyarrow, polars, pandas, DuckDB, a Spark
        batch), here in this process. What the columns are called and what stands in the same row
        counts as in a spreadsheet."""
        native = self._here()
        return _scan_table(table, lambda raw: outcome(_records(native.scan(raw, "table.csv"))))

    def redact(self, text: str, *, mark: str = "[{name}]") -> Redacted:
        """The text with everything found replaced by ``mark``, in which ``{name}``, ``{detector}``
        and ``{masked}`` stand for what they say."""
        if not isinstance(text, str):
            raise TypeError(f"redact() takes str, not {type(text).__name__}")
        found = self.scan(text).findings
        removed = [f for f in found if f.start is not None and f.end is not None]
        out: list[str] = []
        at = 0
        for finding in sorted(removed, key=lambda f: (f.start or 0, -(f.end or 0))):
            start, end = finding.start or 0, finding.end or 0
            if start >= at:
                words = {"name": finding.name, "detector": finding.detector}
                out += [text[at:start], mark.format(masked=finding.masked, **words)]
            at = max(at, end)
        out.append(text[at:])
        left = tuple(f for f in found if f.start is None or f.end is None)
        return Redacted("".join(out), tuple(removed), left)

    def explain(self, text: str) -> tuple[Explanation, ...]:
        """Say of everything in a text that looks like something what became of it, and why."""
        if not isinstance(text, str):
            raise TypeError(f"explain() takes str, not {type(text).__name__}")
        raw = text.encode("utf-8", "replace")
        points = CodePoints(raw)
        return tuple(
            Explanation(
                **{
                    **record,
                    "start": points.at(record["start"]),
                    "end": points.at(record["end"]),
                    "evidence": tuple(record["evidence"]),
                }
            )
            for record in json.loads(self._here().explain(raw.decode()))
        )


def _rebuild(setup: str, isolated: bool) -> Scanner:
    scanner = Scanner.__new__(Scanner)
    scanner._start(setup, isolated)
    return scanner


def _records(lines: str) -> tuple[dict[str, Any], ...]:
    return tuple(map(json.loads, lines.splitlines()))


def _utf8(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _characters(path: str) -> str:
    """A path's bytes, each as a character: JSON knows no others."""
    return os.fsencode(path).decode("latin-1")


def _words(what: str, words: Iterable[str]) -> list[str]:
    if isinstance(words, str):
        raise TypeError(f"{what} takes a list of words, not one word")
    return [str(word) for word in words]


def _texts(path: StrPath) -> list[tuple[str, str]]:
    """Detector files by name and text; a folder stands for every .toml file below it."""
    if not os.path.isdir(path):
        with open(path, encoding="utf-8") as file:
            return [(os.fspath(path), file.read())]
    inner = sorted(os.scandir(path), key=lambda entry: entry.name)
    wanted = [e.path for e in inner if e.is_dir(follow_symlinks=False) or e.name.endswith(".toml")]
    return [pair for each in wanted for pair in _texts(each)]
