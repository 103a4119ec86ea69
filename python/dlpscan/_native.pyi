"""The native half of ``dlpscan``: takes and gives JSON."""

from collections.abc import Sequence
from typing import Self, final

from ._outcome import Action

__all__ = [
    "Outcomes",
    "Scanner",
    "SetupError",
    "__version__",
    "builtin_policy",
    "check_policy",
    "command",
    "serve",
]
__version__: str

class SetupError(ValueError):
    """What a scanner was to be made from is wrong: a level, a limit, a detector file, a policy."""

@final
class Scanner:
    """A compiled scanner that reads in the calling process. Immutable: any number of Python threads
    may share one."""

    def __new__(cls, setup: str) -> Self: ...
    def scan(self, data: bytes, name: str) -> str:
        """Scans bytes of any format; gives one JSON record a line: findings, then the item. Other
        Python threads run meanwhile."""
    def scan_paths(
        self, paths: Sequence[str], include: Sequence[str], exclude: Sequence[str], threads: int
    ) -> Outcomes:
        """Scans what is behind these paths, on so many threads (0: one a core)."""
    def explain(self, text: str) -> str:
        """What became of everything in a text that looks like something: a JSON list."""

@final
class Outcomes:
    """The outcomes of a run, each as its records, one JSON object a line."""

    def __iter__(self) -> Self: ...
    def __next__(self) -> str: ...

def command(words: Sequence[str]) -> int:
    """Runs the command with these words, the first of which is the program's name; its exit code."""

def serve() -> None:
    """Serves one host over standard input and output until that closes."""

def builtin_policy(name: str) -> str | None:
    """The text of a policy that comes with dlpscan, if there is one of that name."""

def check_policy(file: str, text: str) -> tuple[str, list[tuple[str, str, Action]]]:
    """Checks a policy: its name, and of each rule the id, the reason and the action."""
