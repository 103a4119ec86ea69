"""What the package costs: import, one call, a table, and rows a second in Spark.

    python benches/timings.py    figures as text; nothing here passes or fails

Say of figures on what machine, and on how quiet a one, they were taken. Spark is measured where
`pip install 'pyspark[sql]'` and Java are there, and left out with a word where they are not.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SHORT = "The bonfire is lit at 7 pm on the green."
PAIR = "Please pay sort code 08-99-99, account number 66374958."
MAIL = (f"{SHORT} Bring a chair and a lantern; the hall is open from six.\n" * 40) + PAIR
ROWS = int(os.environ.get("DLPSCAN_ROWS", "40000"))


def once(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def each(call: Callable[[], Any], seconds: float = 1.0) -> float:
    """The median of the times of one call, in seconds."""
    end = time.perf_counter() + seconds
    times = [once(call)]
    while time.perf_counter() < end:
        times.append(once(call))
    return statistics.median(times)


def fresh(code: str, runs: int = 7) -> float:
    """The median wall time of an interpreter that runs this, without that of one that does not."""

    def run(code: str) -> float:
        command = [sys.executable, "-c", code]
        return statistics.median(
            once(lambda: subprocess.run(command, check=True)) for _ in range(runs)
        )

    return run(code) - run("pass")


def calls() -> None:
    import dlpscan

    scanner = dlpscan.Scanner()
    here = dlpscan.Scanner(isolated=False)
    scanner.scan(SHORT), here.scan(SHORT.encode()), scanner.scan(SHORT.encode())
    for what, call in (
        ("nothing", lambda: scanner.scan("")),
        (f"{len(SHORT)} characters, nothing found", lambda: scanner.scan(SHORT)),
        (f"{len(PAIR)} characters, one finding", lambda: scanner.scan(PAIR)),
        (f"{len(MAIL)} characters, one finding", lambda: scanner.scan(MAIL)),
        (f"{len(PAIR)} bytes, isolated=False", lambda: here.scan(PAIR.encode())),
        (f"{len(PAIR)} bytes, in a process of their own", lambda: scanner.scan(PAIR.encode())),
        ("redact, one finding", lambda: scanner.redact(PAIR)),
    ):
        print(f"a call: {what}: {each(call) * 1e6:.0f} µs")
    print(f"Scanner(): {each(dlpscan.Scanner) * 1e3:.0f} ms")


def rows() -> list[tuple[str, str, str]]:
    """Every tenth row has an account; its number does not matter to the clock."""
    pairs = (f"Refund to sort code 08-99-99, account number 66374958, please, case {i}" for i in range(ROWS))
    return [(f"Supplier {i}", pair if i % 10 == 0 else SHORT, f"{i:06}") for i, pair in enumerate(pairs)]


def plain_udf(text: str) -> str:
    """What is written by hand instead: a few expressions, no check, no context."""
    found = [name for name, expression in EXPRESSIONS if expression.search(text)]
    return json.dumps(found)


EXPRESSIONS = [
    ("pair", re.compile(r"\b\d{2}-\d{2}-\d{2}\b.{0,40}?\b\d{8}\b")),
    ("card", re.compile(r"\b(?:\d[ -]?){13,16}\b")),
    ("nino", re.compile(r"\b[A-CEGHJ-PR-TW-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", re.I)),
    ("e-mail", re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+\b")),
    ("postcode", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.I)),
]


def tables() -> None:
    import dlpscan
    import pyarrow as pa

    scanner = dlpscan.Scanner()
    names, texts, numbers = zip(*rows(), strict=True)
    table = pa.table({"Supplier": names, "Remark": texts, "Case": numbers})
    took = once(lambda: scanner.scan_table(table))
    print(f"scan_table: {ROWS / took:,.0f} rows/s of {table.nbytes // ROWS} bytes")


def spark() -> None:
    from pyspark.sql import SparkSession
    from pyspark.sql.functions import udf

    import dlpscan

    os.environ["PYSPARK_PYTHON"] = sys.executable
    sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
    from spark_batches import find

    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "10000")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    scanner = dlpscan.Scanner()

    def in_each_row(text: str) -> int:
        return scanner.scan(text).found

    table = session.createDataFrame(rows(), ["Supplier", "Remark", "Case"]).repartition(2).cache()
    table.count()
    hand, ours = udf(plain_udf, "string"), udf(in_each_row, "int")
    for what, job in (
        ("mapInArrow with scan_table, all columns", lambda: find(table, scanner).count()),
        ("a UDF that calls Scanner.scan, one column", lambda: table.select(ours("Remark").alias("n")).agg({"n": "sum"}).collect()),
        ("a UDF of five expressions in Python, one column", lambda: table.select(hand("Remark").alias("n")).agg({"n": "max"}).collect()),
    ):
        job()  # Spark starts its workers, and each compiles its scanner.
        print(f"Spark, {what}: {ROWS / once(job):,.0f} rows/s")
    session.stop()


def main() -> None:
    print(f"import dlpscan: {fresh('import dlpscan') * 1e3:.0f} ms")
    first = fresh("import dlpscan; dlpscan.scan('a')")
    print(f"import and the first scan: {first * 1e3:.0f} ms")
    calls()
    for part in (tables, spark):
        try:
            part()
        except ImportError as missing:
            print(f"{part.__name__}: not measured, {missing.name} is not installed")


if __name__ == "__main__":
    main()
