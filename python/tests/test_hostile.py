"""Files made to hurt their reader cost a reason, or are read: never an exception, never silence."""

from pathlib import Path

import dlpscan
import pytest

HOSTILE = Path(__file__).parent.parent.parent.parent / "shared" / "hostile"


@pytest.mark.skipif(not HOSTILE.is_dir(), reason=f"the hostile set is not here ({HOSTILE})")
def test_every_hostile_file_has_an_outcome() -> None:
    scanner = dlpscan.Scanner(limits={"seconds": 5})
    wanted = sorted(p for p in HOSTILE.rglob("*") if p.is_file() and not p.is_symlink())
    outcomes = list(scanner.scan_paths([HOSTILE]))
    named = {outcome.name for outcome in outcomes}
    assert len(named) >= len(wanted) > 500
    for outcome in outcomes:
        assert outcome.status in ("complete", "partial", "unscannable")
        assert (outcome.status == "complete") or outcome.reasons, outcome.name
    crashed = [o.name for o in outcomes if any(r.reason == "crash" for r in o.reasons)]
    assert len(crashed) <= len(wanted) // 20, crashed
