#!/usr/bin/env python3
"""Makes the Arrow and Avro samples of corpus/formats/table: one a way of packing and storing.

Needs pyarrow and fastavro with its codecs: python3 corpus/formats/make_arrow_avro.py
All people and numbers are invented or published test values."""
import datetime
import decimal
from pathlib import Path

import fastavro
import pyarrow as pa
from pyarrow import feather

HERE = Path(__file__).parent / "table"
NOW = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc)
NAMES = ["Jo Bloggs", None, "Alex O'Neill"]
CARDS = [4111111111111111, 4539578763621486, None]
CODES = ["08-99-99", "08-99-99", "20-00-00"]
ACCOUNTS = ["66374958", "66374958", "12345678"]
BORN = [datetime.date(1985, 5, 6), None, datetime.date(1970, 1, 1)]
PAID = [decimal.Decimal("-12.50"), decimal.Decimal("3.00"), None]
PHONES = [["020 7946 0018", "0117 496 0123"], [], None]
ADDRESSES = [{"Street": "1 High Street", "Postcode": "LS1 4AP"}, None,
             {"Street": None, "Postcode": "LS2 8JS"}]
PHOTOS = [b"\x00\x01\x02 hidden words \xff", None, b"plain"]


def table():
    union = pa.UnionArray.from_dense(
        pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()),
        [pa.array(["QQ 12 34 56 C", "none"]), pa.array([7])], ["text", "number"])
    return pa.table({
        "Name": NAMES,
        "Card number": pa.array(CARDS, pa.int64()),
        "Sort code": pa.array(CODES).dictionary_encode(),
        "Account": pa.array(ACCOUNTS, pa.large_string()),
        "Born": BORN,
        "Seen": pa.array([NOW] * 3, pa.timestamp("us", "UTC")),
        "Paid": PAID,
        "Active": [True, False, None],
        "Phones": pa.array(PHONES, pa.list_(pa.string())),
        "Address": ADDRESSES,
        "Notes": pa.array([[("bank", "TSB"), ("desk", "4")], None, []],
                          pa.map_(pa.string(), pa.string())),
        "Photo": PHOTOS,
        "Mixed": union,
        "Short": pa.array(["a view of few", "a view of more than twelve bytes", None],
                          pa.string_view()),
        "Runs": pa.RunEndEncodedArray.from_arrays(pa.array([2, 3], pa.int32()),
                                                  pa.array(["same twice", "once"])),
        "Pair": pa.array([[1.5, 2.5], None, [0.25, 4]], pa.list_(pa.float64(), 2)),
    })


def arrow():
    whole = table()
    with pa.OSFile(str(HERE / "plain.arrow"), "wb") as sink:
        with pa.ipc.new_file(sink, whole.schema) as writer:
            writer.write_table(whole)
    zstd = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.OSFile(str(HERE / "zstd.arrows"), "wb") as sink:
        with pa.ipc.new_stream(sink, whole.schema, options=zstd) as writer:
            writer.write_table(whole, max_chunksize=2)
    plain = whole.drop_columns(["Mixed", "Short", "Runs"])
    feather.write_feather(plain, str(HERE / "lz4.feather"), compression="lz4")


SCHEMA = {
    "type": "record", "name": "Payee", "namespace": "uk.test", "fields": [
        {"name": "Name", "type": ["null", "string"]},
        {"name": "Card number", "type": ["long", "null"]},
        {"name": "Sort code", "type": "string"},
        {"name": "Account", "type": "string"},
        {"name": "Born", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "Seen", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {"name": "Paid", "type": ["null", {"type": "bytes", "logicalType": "decimal",
                                           "precision": 9, "scale": 2}]},
        {"name": "Active", "type": ["null", "boolean"]},
        {"name": "Phones", "type": ["null", {"type": "array", "items": "string"}]},
        {"name": "Address", "type": ["null", {"type": "record", "name": "Address", "fields": [
            {"name": "Street", "type": ["null", "string"]},
            {"name": "Postcode", "type": "string"}]}]},
        {"name": "Before", "type": {"type": "array", "items": "Address"}},
        {"name": "Photo", "type": ["null", "bytes"]},
        {"name": "Kind", "type": {"type": "enum", "name": "Kind",
                                  "symbols": ["supplier", "member"]}},
        {"name": "Partner", "type": ["null", "Payee"]},
    ]}


def row(i):
    before = {"Street": "2 Low Road", "Postcode": "BS1 5TR"}
    return {"Name": NAMES[i], "Card number": CARDS[i], "Sort code": CODES[i],
            "Account": ACCOUNTS[i], "Born": BORN[i], "Seen": NOW, "Paid": PAID[i],
            "Active": [True, False, None][i], "Phones": PHONES[i], "Address": ADDRESSES[i],
            "Before": [before], "Photo": PHOTOS[i], "Kind": "supplier", "Partner": None}


def avro():
    rows = [row(0) | {"Partner": row(2)}, row(1), row(2)]
    for codec in ("null", "deflate", "snappy", "zstandard", "bzip2", "xz"):
        with open(HERE / f"{codec}.avro", "wb") as out:
            # Rows of one block each, so that losing one leaves the others.
            fastavro.writer(out, SCHEMA, rows, codec=codec, sync_interval=1,
                            sync_marker=bytes(range(200, 216)))


if __name__ == "__main__":
    arrow()
    avro()
