"""Finds personal data in a Spark table, with the same scanner as everywhere else.

    python examples/spark_batches.py

Spark hands each task its rows as Arrow batches (``mapInArrow``). A scanner is compiled once in each
worker process, not once a batch; its settings travel there by pickling.
"""

from __future__ import annotations

from collections.abc import Iterator

import dlpscan
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

FOUND = pa.schema(
    [
        ("row", pa.int64()),
        ("column", pa.string()),
        ("detector", pa.string()),
        ("name", pa.string()),
        ("level", pa.string()),
        ("confidence", pa.int64()),
        ("masked", pa.string()),
    ]
)
COLUMNS = "row long, column string, detector string, name string, level string, confidence long, masked string"


def find(table: DataFrame, scanner: dlpscan.Scanner) -> DataFrame:
    """The findings in a table; ``row`` counts within its batch."""

    def in_batches(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            found = scanner.scan_table(batch)
            yield pa.RecordBatch.from_pydict(found.to_columns(), schema=FOUND)

    return table.mapInArrow(in_batches, COLUMNS)


def main() -> None:
    spark = SparkSession.builder.master("local[2]").appName("dlpscan").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    suppliers = spark.createDataFrame(
        [
            ("Hartle Timber", "08-99-99", "66374958", "thank you"),
            ("Village Hall", "", "", "bonfire at 7 pm"),
        ],
        ["Supplier", "Sort code", "Account number", "Remark"],
    )
    find(suppliers, dlpscan.Scanner(level="medium")).show(truncate=False)
    spark.stop()


if __name__ == "__main__":
    main()
