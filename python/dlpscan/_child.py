"""Processes that read for this one.

What is read may be hostile, and its reader may be led to crash, hang or grow. It therefore runs
in a process of its own, which shuts its own readers in (Landlock, seccomp, limits). An interpreter
with threads cannot fork safely; a fresh one that runs this file can.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any, BinaryIO, cast

MOST_IDLE = 4


class ChildError(RuntimeError):
    """A process that reads for this one could not be started, or ended before it had answered."""


class _Child:
    def __init__(self, setup: str, native: str) -> None:
        if not sys.executable:
            raise ChildError("this interpreter does not know its own program; use isolated=False")
        # -I and -S: nothing of the host's environment is imported.
        command = [sys.executable, "-I", "-S", __file__, native]
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=-1
            )
        except OSError as error:
            raise ChildError(f"the reading process could not be started: {error}") from error
        self.input = cast(BinaryIO, self.process.stdin)
        self.output = cast(BinaryIO, self.process.stdout)
        for _ in self.ask(setup.encode()):
            pass

    def ask(self, *request: bytes) -> Iterator[dict[str, Any]]:
        """The records of the answer. What is wrong with the question is a SetupError."""
        from ._native import SetupError

        try:
            self.input.writelines((request[0], b"\n", *request[1:]))
            self.input.flush()
            for line in self.output:
                record: dict[str, Any] = json.loads(line)
                if record["type"] == "end":
                    return
                if record["type"] == "error":
                    raise SetupError(record["message"])
                yield record
        except (OSError, json.JSONDecodeError) as error:
            raise ChildError(f"the reading process could not be talked to: {error}") from error
        raise ChildError("the reading process ended before it had answered")

    def end(self) -> None:
        """Ends the process. It may have ended already."""
        self.process.kill()
        for pipe in (self.input, self.output):
            try:
                pipe.close()
            except OSError:
                pass  # What was on its way is for nobody.
        self.process.wait()


class Children:
    """As many processes as there are callers at once; the idle ones wait for the next."""

    def __init__(self, setup: str, native: str) -> None:
        self._setup = setup
        self._native = native
        self._idle: list[_Child] = []
        self._lock = threading.Lock()
        self._finalizer = weakref.finalize(self, _end_all, self._idle)

    def ask(self, *request: bytes) -> Iterator[dict[str, Any]]:
        """Asks one of them. One that was not heard to the end is ended."""
        with self._lock:
            child = self._idle.pop() if self._idle else None
        child = child or _Child(self._setup, self._native)
        whole = False
        try:
            yield from child.ask(*request)
            whole = True
        finally:
            with self._lock:
                keep = whole and len(self._idle) < MOST_IDLE
                if keep:
                    self._idle.append(child)
            if not keep:
                child.end()

    def check(self) -> None:
        """Starts one, so that what is wrong with the setup is said at once."""
        child = _Child(self._setup, self._native)
        with self._lock:
            self._idle.append(child)


def _end_all(children: list[_Child]) -> None:
    while children:
        children.pop().end()


def _main() -> None:
    """What runs in the process itself: only the native half is loaded."""
    import signal

    # Ctrl-C is for the host, who then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    path = sys.argv[1]
    loader = ExtensionFileLoader("_native", path)
    spec = spec_from_file_location("_native", path, loader=loader)
    if spec is None:
        raise SystemExit(f"{path} is not there")
    module = module_from_spec(spec)
    loader.exec_module(module)
    module.serve()


if __name__ == "__main__":
    _main()
