"""Reads tables over the Arrow C data interface, from whatever offers it: pyarrow, polars, pandas,
DuckDB, Spark. No Arrow library is needed: the structures are those of the interface's description
(https://arrow.apache.org/docs/format/CDataInterface.html).

Text, bytes, numbers, dates and times are read; of anything else it is said that it was not.
"""

from __future__ import annotations

import ctypes
import datetime
from collections.abc import Iterator
from ctypes import POINTER, c_char_p, c_int, c_int64, c_void_p, py_object
from typing import Any


class _Schema(ctypes.Structure):
    pass


class _Array(ctypes.Structure):
    pass


class _Stream(ctypes.Structure):
    pass


_Schema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_void_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(_Schema))),
    ("dictionary", POINTER(_Schema)),
    ("release", ctypes.CFUNCTYPE(None, POINTER(_Schema))),
    ("private_data", c_void_p),
]
_Array._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(_Array))),
    ("dictionary", POINTER(_Array)),
    ("release", ctypes.CFUNCTYPE(None, POINTER(_Array))),
    ("private_data", c_void_p),
]
_Stream._fields_ = [
    ("get_schema", ctypes.CFUNCTYPE(c_int, POINTER(_Stream), POINTER(_Schema))),
    ("get_next", ctypes.CFUNCTYPE(c_int, POINTER(_Stream), POINTER(_Array))),
    ("get_last_error", ctypes.CFUNCTYPE(c_char_p, POINTER(_Stream))),
    ("release", ctypes.CFUNCTYPE(None, POINTER(_Stream))),
    ("private_data", c_void_p),
]

_pointer_in = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_in.restype = c_void_p
_pointer_in.argtypes = [py_object, c_char_p]

_WHOLE = {
    "c": ctypes.c_int8,
    "C": ctypes.c_uint8,
    "s": ctypes.c_int16,
    "S": ctypes.c_uint16,
    "i": ctypes.c_int32,
    "I": ctypes.c_uint32,
    "l": ctypes.c_int64,
    "L": ctypes.c_uint64,
}
_REAL = {"f": ctypes.c_float, "g": ctypes.c_double}
_SECONDS = {"s": 1, "m": 1_000, "u": 1_000_000, "n": 1_000_000_000}
_EPOCH = datetime.date(1970, 1, 1)
_OFFSETS = {"u": ctypes.c_int32, "z": ctypes.c_int32, "U": c_int64, "Z": c_int64}
_VIEWS = ("vu", "vz")

Column = list[bytes | None]


class Unread(Exception):
    """A column of a type that is not read; its words say which."""


def batches(table: Any) -> Iterator[tuple[list[str], int, list[Column | Unread]]]:
    """The batches of a table: names, number of rows, and of each column its values as bytes."""
    if hasattr(table, "__arrow_c_stream__"):
        yield from _streamed(table.__arrow_c_stream__())
    elif hasattr(table, "__arrow_c_array__"):
        schema, array = table.__arrow_c_array__()
        yield _taken(
            ctypes.cast(_pointer_in(schema, b"arrow_schema"), POINTER(_Schema)).contents,
            ctypes.cast(_pointer_in(array, b"arrow_array"), POINTER(_Array)).contents,
        )
    else:
        raise TypeError(
            f"{type(table).__name__} offers neither __arrow_c_stream__ nor __arrow_c_array__"
        )


def _streamed(capsule: Any) -> Iterator[tuple[list[str], int, list[Column | Unread]]]:
    pointer = ctypes.cast(_pointer_in(capsule, b"arrow_array_stream"), POINTER(_Stream))
    stream = pointer.contents
    schema = _Schema()
    try:
        _ask(stream, stream.get_schema(pointer, ctypes.byref(schema)))
        try:
            while True:
                array = _Array()
                _ask(stream, stream.get_next(pointer, ctypes.byref(array)))
                if not array.release:
                    return
                try:
                    batch = _taken(schema, array)
                finally:
                    array.release(ctypes.byref(array))
                yield batch
        finally:
            schema.release(ctypes.byref(schema))
    finally:
        if stream.release:
            stream.release(pointer)


def _ask(stream: _Stream, code: int) -> None:
    if code:
        words = stream.get_last_error(ctypes.byref(stream)) or b"no reason given"
        raise OSError(code, f"the table could not be read: {words.decode(errors='replace')}")


def _taken(schema: _Schema, array: _Array) -> tuple[list[str], int, list[Column | Unread]]:
    if schema.format != b"+s":
        raise TypeError("this is a single column, not a table; give it a name in a table")
    names: list[str] = []
    columns: list[Column | Unread] = []
    for i in range(schema.n_children):
        child = schema.children[i].contents
        name = (child.name or b"").decode(errors="replace")
        names.append(name)
        try:
            values = _values(child, array.children[i].contents, array.offset, array.length)
            columns.append(values)
        except Unread as why:
            columns.append(why)
    return names, array.length, columns


def _values(schema: _Schema, array: _Array, skip: int, length: int) -> Column:
    """The values from ``skip`` on: a table's own offset counts on top of its columns'."""
    kind = (schema.format or b"").decode()
    first = array.offset + skip
    there = _valid(array, first, length)
    if schema.dictionary:
        words = array.dictionary.contents
        known = _values(schema.dictionary.contents, words, 0, words.length)
        indices = _fixed(array, _WHOLE[kind], first, length)
        return [known[i] if ok else None for i, ok in zip(indices, there, strict=True)]
    if kind == "n":
        return [None] * length
    if kind in _WHOLE:
        numbers = _fixed(array, _WHOLE[kind], first, length)
        return [b"%d" % n if ok else None for n, ok in zip(numbers, there, strict=True)]
    if kind in _REAL:
        reals = _fixed(array, _REAL[kind], first, length)
        return [_real(n) if ok else None for n, ok in zip(reals, there, strict=True)]
    if kind == "tdD" or kind.startswith("ts"):
        day = 1 if kind == "tdD" else 86_400 * _SECONDS[kind[2]]
        times = _fixed(array, ctypes.c_int32 if kind == "tdD" else c_int64, first, length)
        return [_date(n // day) if ok else None for n, ok in zip(times, there, strict=True)]
    if kind == "b":
        # Nothing stands in yes and no.
        return [None] * length
    if kind in _OFFSETS:
        return _spans(array, _OFFSETS[kind], first, there)
    if kind in _VIEWS:
        return _viewed(array, first, there)
    raise Unread(f"its type ({kind}) is not read")


def _valid(array: _Array, first: int, length: int) -> list[bool]:
    bits = array.buffers[0] if array.n_buffers else None
    if array.null_count == 0 or not bits:
        return [True] * length
    raw = ctypes.string_at(bits, (first + length + 7) // 8)
    return [bool(raw[i >> 3] >> (i & 7) & 1) for i in range(first, first + length)]


def _real(number: float) -> bytes:
    """A whole number as such: a column of numbers with gaps is often kept as reals."""
    return b"%d" % int(number) if number.is_integer() else repr(number).encode()


def _date(days: int) -> bytes | None:
    try:
        return (_EPOCH + datetime.timedelta(days)).isoformat().encode()
    except OverflowError:
        return None  # No date anybody was born on.


def _fixed(array: _Array, kind: Any, first: int, length: int) -> list[Any]:
    start = array.buffers[1]
    if not start or not length:
        return [0] * length
    return list((kind * (first + length)).from_address(start)[first:])


def _spans(array: _Array, kind: Any, first: int, there: list[bool]) -> Column:
    if not there or not array.buffers[1]:
        return [None] * len(there)
    ends = (kind * (first + len(there) + 1)).from_address(array.buffers[1])[first:]
    start = ends[0]
    data = ctypes.string_at(array.buffers[2], ends[-1])[start:] if ends[-1] else b""
    pairs = zip(ends, ends[1:], there, strict=False)
    return [data[a - start : b - start] if ok else None for a, b, ok in pairs]


def _viewed(array: _Array, first: int, there: list[bool]) -> Column:
    """Each value is 16 bytes: its length, then itself, or four bytes of it and where it lies."""
    if not there:
        return []
    views = ctypes.string_at(array.buffers[1], 16 * (first + len(there)))
    values: Column = []
    for i, ok in enumerate(there, first):
        view = views[16 * i : 16 * i + 16]
        size = int.from_bytes(view[:4], "little")
        if not ok:
            values.append(None)
        elif size <= 12:
            values.append(view[4 : 4 + size])
        else:
            buffer = array.buffers[2 + int.from_bytes(view[8:12], "little")]
            at = int.from_bytes(view[12:16], "little")
            values.append(ctypes.string_at((buffer or 0) + at, size))
    return values
