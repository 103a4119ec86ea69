"""Policies: files of rules that say what findings mean."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from . import _native
from ._outcome import Action


@dataclass(frozen=True, slots=True)
class Rule:
    """One *when ... then ...* of a policy."""

    id: str
    why: str
    action: Action


@dataclass(frozen=True, slots=True)
class Policy:
    """A checked policy. What is wrong in one is a :class:`SetupError` with file and line."""

    file: str
    """Its name in messages."""
    text: str = field(repr=False)
    name: str
    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, text: str, *, file: str = "policy") -> Policy:
        """Reads and checks a policy's text."""
        name, rules = _native.check_policy(file, text)
        return cls(file, text, name, tuple(Rule(*rule) for rule in rules))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Policy:
        """Reads and checks a policy file."""
        return cls.parse(Path(path).read_text(encoding="utf-8"), file=os.fspath(path))

    @classmethod
    def builtin(cls, name: str) -> Policy:
        """A policy that comes with dlpscan: ``default``, ``uk-council``."""
        text = _native.builtin_policy(name)
        if text is None:
            raise _native.SetupError(f'no policy called "{name}" comes with dlpscan')
        return cls.parse(text, file=name)
