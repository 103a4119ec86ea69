"""Makes the SQLite samples of this folder anew (Python's own sqlite3)."""
import os
import sqlite3
import zlib
from pathlib import Path

HERE = Path(__file__).parent


def fresh(name):
    for end in ("", "-wal", "-shm", "-journal"):
        (HERE / (name + end)).unlink(missing_ok=True)
    return sqlite3.connect(HERE / name, isolation_level=None)


def main():
    db = fresh("payroll.sqlite")
    db.execute("PRAGMA page_size = 512")
    db.execute('CREATE TABLE staff (id INTEGER PRIMARY KEY, "Full name" TEXT, sort_code TEXT,'
               " account_number INTEGER, net REAL)")
    db.execute("CREATE INDEX by_name ON staff (\"Full name\")")
    rows = [(f"Clerk Number {i}", "08-99-99", 66374958, 1473.5 + i) for i in range(40)]
    db.executemany("INSERT INTO staff (\"Full name\", sort_code, account_number, net)"
                   " VALUES (?, ?, ?, ?)", rows)
    db.execute("CREATE TABLE letters (key TEXT PRIMARY KEY, body TEXT, attachment BLOB) WITHOUT ROWID")
    long = "Dear Sir, " + "the figures are below. " * 60 + "Card number 4111 1111 1111 1111"
    packed = zlib.compressobj(9, zlib.DEFLATED, 31)
    gz = packed.compress(b"Inside a value: card 4111 1111 1111 1111\n" * 2) + packed.flush()
    db.execute("INSERT INTO letters VALUES ('2026/17', ?, ?)", (long, gz))
    db.execute("INSERT INTO letters VALUES ('2026/18', 'short', x'000102')")
    db.execute("CREATE VIEW v AS SELECT 'made by j.bloggs@council.example' AS note")
    db.close()

    db = fresh("deleted.sqlite")
    db.execute("PRAGMA page_size = 1024")
    db.execute("PRAGMA encoding = 'UTF-16le'")
    db.execute("PRAGMA secure_delete = OFF")
    db.execute("CREATE TABLE notes (written TEXT, note TEXT)")
    db.execute("CREATE TABLE gone (a TEXT, b INTEGER)")
    db.execute("INSERT INTO notes VALUES ('2026-11-02', 'kept: card 4111 1111 1111 1111')")
    db.execute("INSERT INTO notes VALUES ('2026-11-03', 'erased: card 5555 5555 5555 4444')")
    # Enough for several pages: the first of the freed ones is overwritten.
    rows = [(f"of the table that was dropped, line {i}", 66374958) for i in range(60)]
    db.executemany("INSERT INTO gone VALUES (?, ?)", rows)
    db.execute("DELETE FROM notes WHERE note LIKE 'erased%'")
    db.execute("DROP TABLE gone")
    db.close()

    db = fresh("live.sqlite")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE cards (holder TEXT, number TEXT)")
    db.execute("INSERT INTO cards VALUES ('Jo Bloggs', '4111 1111 1111 1111')")
    wal = (HERE / "live.sqlite-wal").read_bytes()
    db.close()
    os.remove(HERE / "live.sqlite")
    (HERE / "live.sqlite-wal").write_bytes(wal)


main()
