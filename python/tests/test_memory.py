"""Scanning again and again keeps nothing. `DLPSCAN_SCANS=100000` makes it as often as is promised."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCANS = int(os.environ.get("DLPSCAN_SCANS", "10000"))

SCRIPT = """
import sys
import dlpscan

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

scanner = dlpscan.Scanner(isolated=False)
texts = [f"Please pay sort code 08-99-99, account number 66374958. Case {i}" for i in range(100)]
data = [b"To,From\\n" + text.encode() for text in texts]

def scan(times):
    for i in range(times):
        scanner.scan(texts[i % 100] if i % 2 else data[i % 100])

scan(2000)
before = resident()
scan(int(sys.argv[1]))
print(before, resident())
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read memory from")
def test_memory_does_not_grow_with_the_number_of_scans() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(SCANS)], capture_output=True, text=True, check=True
    )
    before, after = map(int, ran.stdout.split())
    print(f"{SCANS} scans: {before} kB before, {after} kB after")
    assert after < before * 1.05
