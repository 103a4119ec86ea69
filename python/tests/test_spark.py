"""The worked example runs inside local Spark, where that and Java are installed."""

import os
import shutil
import sys
from pathlib import Path

import dlpscan
import pytest

for module in ("pyspark", "pandas", "pyarrow"):
    pytest.importorskip(module, reason=f"{module} is not installed (pip install 'pyspark[sql]')")
if shutil.which("java") is None:
    pytest.skip("Java is not installed (apt-get install default-jre)", allow_module_level=True)

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))


def test_the_example_finds_in_spark_what_the_scanner_finds_here() -> None:
    from pyspark.sql import SparkSession
    from spark_batches import find

    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    )
    try:
        rows = [("Hartle Timber", "08-99-99", "66374958"), ("Village Hall", "", "")] * 50
        table = spark.createDataFrame(rows, ["Supplier", "Sort code", "Account number"])
        found = find(table, dlpscan.Scanner()).collect()
        assert len(found) == 50
        assert {(row.column, row.detector) for row in found} == {
            ("Sort code", "gb-sort-code-account")
        }
        assert all("66374958" not in str(row) for row in found)
    finally:
        spark.stop()
