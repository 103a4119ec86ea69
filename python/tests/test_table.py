"""Tables over the Arrow interface. pyarrow is only the one who offers them."""

import datetime
import gc
from typing import Any

import dlpscan
import pytest

pa = pytest.importorskip("pyarrow", reason="pyarrow offers the tables of these tests")

SORT, ACCOUNT = "08-99-99", "66374958"


def suppliers() -> Any:
    return pa.table(
        {
            "Supplier": ["Hartle Timber", None, "Say \"hi\", twice\nand more"],
            "Sort code": ["", SORT, None],
            "Account number": pa.array(["", ACCOUNT, ""], pa.large_string()),
            "Paid": [[1], [2], [3]],
        }
    )


def test_a_pair_over_two_cells_of_a_row_is_found_with_row_and_column() -> None:
    outcome = dlpscan.scan_table(suppliers())
    (found,) = outcome.findings
    assert (found.row, found.column) == (1, "Sort code")
    assert found.finding.detector == "gb-sort-code-account"
    assert (outcome.rows, outcome.columns[0]) == (3, "Supplier")


def test_a_column_that_holds_no_text_is_said_and_the_table_is_not_clean() -> None:
    table = suppliers().select(["Supplier", "Paid"])
    outcome = dlpscan.scan_table(table)
    assert outcome.unread == (("Paid", "its type (+l) is not read"),)
    assert outcome.status == "partial" and not outcome.clean
    assert dlpscan.scan_table(suppliers().select(["Supplier"])).clean


@pytest.mark.parametrize(
    "kind",
    ["string", "large_string", "string_view", "binary", "large_binary", "binary_view", "dictionary"],
)
def test_every_kind_of_text_is_read(kind: str) -> None:
    values = ["nothing", None, f"sort code {SORT} account number {ACCOUNT}", "", "short"]
    if kind == "dictionary":
        column = pa.array(values).dictionary_encode()
    elif "binary" in kind:
        plain = pa.array([v and v.encode() for v in values], pa.binary())
        column = plain.cast(getattr(pa, kind)())
    else:
        column = pa.array(values).cast(getattr(pa, kind)())
    for table, row in ((pa.table({"Remark": column}), 2), (pa.table({"Remark": column[1:]}), 1)):
        (found,) = dlpscan.scan_table(table).findings
        assert (found.row, found.column) == (row, "Remark"), kind


def test_numbers_are_read_as_they_are_written() -> None:
    # A column of numbers with gaps is often kept as reals.
    for kind in (pa.int64(), pa.uint64(), pa.float64()):
        table = pa.table({"Card": pa.array([1, 5500000000000004, None], kind)})
        (found,) = dlpscan.scan_table(table).findings
        assert (found.row, found.finding.detector) == (1, "payment-card-pan"), kind


def test_dates_of_birth_are_read_whatever_they_are_kept_as() -> None:
    days = [datetime.date(1961, 4, 12), None, datetime.date(2001, 1, 31)]
    for kind in (pa.date32(), pa.timestamp("us"), pa.timestamp("ns", "UTC")):
        born = pa.array(days, pa.date32()).cast(kind)
        table = pa.table({"Name": ["Ann Example"] * 3, "Date of birth": born})
        found = dlpscan.scan_table(table).findings
        places = [(f.row, f.column) for f in found if f.finding.detector == "date-of-birth"]
        assert places == [(0, "Date of birth"), (2, "Date of birth")], kind


def test_rows_are_counted_over_all_batches_and_a_batch_may_come_alone() -> None:
    batches = [b for _ in range(3) for b in suppliers().to_batches()]
    rows = [f.row for f in dlpscan.scan_table(pa.Table.from_batches(batches)).findings]
    assert rows == [1, 4, 7]
    assert [f.row for f in dlpscan.scan_table(batches[0].slice(1)).findings] == [0]


def test_a_long_table_is_scanned_in_pieces() -> None:
    rows = 45_000
    table = pa.table(
        {
            "Sort code": ["" if i != 41_234 else SORT for i in range(rows)],
            "Account number": ["" if i != 41_234 else ACCOUNT for i in range(rows)],
        }
    )
    outcome = dlpscan.scan_table(table)
    assert [(f.row, f.column) for f in outcome.findings] == [(41_234, "Sort code")]
    assert outcome.rows == rows


def test_the_findings_make_a_table_again() -> None:
    back = pa.table(dlpscan.scan_table(suppliers()).to_columns())
    assert back.num_rows == 1
    assert ACCOUNT not in str(back.to_pydict())


def test_what_is_no_table_is_a_type_error() -> None:
    for wrong in ("text", [1, 2], None, pa.array(["a"])):
        with pytest.raises(TypeError):
            dlpscan.scan_table(wrong)


def test_empty_tables_are_clean() -> None:
    assert dlpscan.scan_table(suppliers().slice(0, 0).select(["Supplier"])).clean
    assert dlpscan.scan_table(pa.table({})).clean


def test_nothing_is_kept_of_a_table_that_was_scanned() -> None:
    table = suppliers()
    dlpscan.scan_table(table)
    gc.collect()
    before = pa.total_allocated_bytes()
    for _ in range(50):
        dlpscan.scan_table(suppliers())
    gc.collect()
    assert pa.total_allocated_bytes() <= before
