#!/usr/bin/env python3
"""Makes the Parquet samples of corpus/formats/table: one a way of packing and encoding.

Needs pyarrow: python3 corpus/formats/make_parquet.py
All people and numbers are invented or published test values."""
import datetime
import decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent / "table"
ROWS = 3


def table():
    return pa.table({
        "Name": ["Jo Bloggs", None, "Alex O'Neill"],
        "Card number": pa.array([4111111111111111, 4539578763621486, None], pa.int64()),
        "Sort code": ["08-99-99", "08-99-99", "20-00-00"],
        "Account": ["66374958", "66374958", "12345678"],
        "Born": [datetime.date(1985, 5, 6), None, datetime.date(1970, 1, 1)],
        "Seen": pa.array([datetime.datetime(2024, 2, 29, 12)] * ROWS, pa.timestamp("us")),
        "Paid": [decimal.Decimal("-12.50"), decimal.Decimal("3.00"), None],
        "Active": [True, False, None],
        "Phones": [["020 7946 0018", "0117 496 0123"], [], None],
        "Address": [{"Street": "1 High Street", "Postcode": "LS1 4AP"}, None,
                    {"Street": None, "Postcode": "LS2 8JS"}],
        "Photo": [b"\x00\x01\x02 hidden words \xff", None, b"plain"],
    })


def main():
    plain = {"use_dictionary": False, "write_statistics": False}
    pq.write_table(table(), HERE / "snappy.parquet", compression="snappy", write_statistics=False)
    pq.write_table(table(), HERE / "zstd_pages.parquet", compression="zstd",
                   data_page_version="2.0", **plain)
    pq.write_table(table(), HERE / "brotli.parquet", compression="brotli", **plain)
    pq.write_table(table(), HERE / "lz4.parquet", compression="lz4", **plain)
    pq.write_table(table(), HERE / "gzip_groups.parquet", compression="gzip", row_group_size=1,
                   **plain)
    words = table().select(["Name", "Card number", "Account"])
    pq.write_table(words, HERE / "delta.parquet", compression="none", **plain, column_encoding={
        "Name": "DELTA_BYTE_ARRAY", "Account": "DELTA_LENGTH_BYTE_ARRAY",
        "Card number": "DELTA_BINARY_PACKED"})


if __name__ == "__main__":
    main()
