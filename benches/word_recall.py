#!/usr/bin/env python3
"""What is read of other people's files, beside what other readers read of them.

usage: word_recall.py FOLDER --dlpscan target/release/dlpscan --text target/release/examples/text [--write FILE]

Two tables in Markdown: the status of every file by kind, and by kind the share of the words another
reader finds that we find too (distinct words of three letters or more, summed over the files).
Listed below them: every file called complete of which more than a tenth of the other reader's
words, and at least five, are missing. Only text counts as found here, not what the printable-strings
pass saw of data that nobody could read.

Needs pdftotext, antiword and catdoc (Debian: poppler-utils antiword catdoc) and from PyPI
python-docx openpyxl python-pptx odfpy extract-msg striprtf xlrd fastavro pyarrow dbfread beautifulsoup4
lxml. A reader that is not there, or gives up on a file, leaves that file out; the table says how
many were compared."""
import argparse
import collections
import contextlib
import email
import email.policy
import io
import json
import mailbox
import os
import plistlib
import re
import signal
import sqlite3
import subprocess
import sys
import warnings
import zipfile

SECONDS = 60
warnings.simplefilter("ignore")


def run(*command):
    done = subprocess.run(command, capture_output=True, timeout=SECONDS)
    if done.returncode != 0:
        raise ValueError(f"{command[0]} gave up")
    return done.stdout.decode("utf-8", "replace")


def pdf(path):
    return run("pdftotext", "-enc", "UTF-8", path, "-")


def doc(path):
    return run("antiword", "-m", "UTF-8.txt", "-w", "0", path)


def ppt(path):
    return run("catppt", "-dutf-8", path)


def docx(path):
    import docx as library
    document = library.Document(path)
    tables = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + tables)


def xlsx(path):
    import openpyxl
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    cells = (c for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) for c in row)
    return "\n".join(c for c in cells if isinstance(c, str))


def xls(path):
    import xlrd
    book = xlrd.open_workbook(path, logfile=io.StringIO())
    cells = (c for sheet in book.sheets() for row in sheet.get_rows() for c in row)
    return "\n".join(c.value for c in cells if c.ctype == xlrd.XL_CELL_TEXT)


def pptx(path):
    import pptx as library
    found = []

    def walk(shapes):
        for shape in shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if getattr(shape, "has_table", False) and shape.has_table:
                found.extend(cell.text for row in shape.table.rows for cell in row.cells)
            if hasattr(shape, "shapes"):
                walk(shape.shapes)

    for slide in library.Presentation(path).slides:
        walk(slide.shapes)
        if slide.has_notes_slide:
            found.append(slide.notes_slide.notes_text_frame.text)
    return "\n".join(found)


def odf(path):
    from odf import teletype
    from odf.opendocument import load
    return teletype.extractText(load(path).body)


def rtf(path):
    from striprtf.striprtf import rtf_to_text
    with open(path, "rb") as file:
        return rtf_to_text(file.read().decode("latin-1"), errors="ignore")


def msg(path):
    import extract_msg
    with extract_msg.openMsg(path) as message:
        return "\n".join(str(x or "") for x in (message.subject, message.sender, message.to, message.body))


def letters(message):
    for part in message.walk():
        yield from (str(message[h] or "") for h in ("subject", "from", "to"))
        if part.get_content_type() == "text/plain":
            yield part.get_content()
        elif part.get_content_type() == "text/html":
            yield soup(part.get_content())


def eml(path):
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    return "\n".join(letters(message))


def mbox(path):
    box = mailbox.mbox(path, create=False)
    parse = email.policy.default
    return "\n".join(
        line for m in box for line in letters(email.message_from_bytes(m.as_bytes(), policy=parse)))


def soup(markup):
    from bs4 import BeautifulSoup
    tree = BeautifulSoup(markup, "lxml")
    for noise in tree(["script", "style"]):
        noise.decompose()
    return tree.get_text(" ")


def html(path):
    with open(path, "rb") as file:
        return soup(file.read())


def xml(path):
    from lxml import etree
    tree = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True))
    return "\n".join(text for text in tree.getroot().itertext())


def epub(path):
    with zipfile.ZipFile(path) as book:
        pages = [n for n in book.namelist() if n.endswith((".html", ".xhtml", ".htm"))]
        return "\n".join(soup(book.read(n)) for n in pages)


def text(path):
    with open(path, "rb") as file:
        raw = file.read()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    return raw.decode("utf-8-sig")


def tabled(table):
    found = []

    def walk(value):
        if isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, (list, tuple)):
            for inner in value:
                walk(inner)
        elif isinstance(value, str):
            found.append(value)
        elif isinstance(value, bytes):
            with contextlib.suppress(UnicodeDecodeError):
                found.append(value.decode())

    walk(table)
    return "\n".join(found)


def parquet(path):
    import pyarrow.parquet
    return tabled(pyarrow.parquet.read_table(path).to_pylist())


def arrow(path):
    import pyarrow.ipc
    try:
        table = pyarrow.ipc.open_file(path).read_all()
    except pyarrow.ArrowInvalid:
        table = pyarrow.ipc.open_stream(path).read_all()
    return tabled(table.to_pylist())


def avro(path):
    import fastavro
    with open(path, "rb") as file:
        return tabled(list(fastavro.reader(file)))


def dbf(path):
    import dbfread
    return tabled([dict(row) for row in dbfread.DBF(path)])


def sqlite(path):
    base = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    names = [n for n, in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return tabled([list(row) for name in names for row in base.execute(f'SELECT * FROM "{name}"')])


def plist(path):
    with open(path, "rb") as file:
        return tabled(plistlib.load(file))


READERS = {
    "pdf": (pdf, "pdftotext"), "doc": (doc, "antiword"), "ppt": (ppt, "catppt"),
    "docx": (docx, "python-docx"), "docm": (docx, "python-docx"),
    "xlsx": (xlsx, "openpyxl"), "xlsm": (xlsx, "openpyxl"), "xls": (xls, "xlrd"),
    "pptx": (pptx, "python-pptx"), "ppsx": (pptx, "python-pptx"),
    "odt": (odf, "odfpy"), "ods": (odf, "odfpy"), "odp": (odf, "odfpy"),
    "rtf": (rtf, "striprtf"), "msg": (msg, "extract-msg"), "eml": (eml, "Python's email"),
    "mhtml": (eml, "Python's email"), "mbox": (mbox, "Python's mailbox"),
    "html": (html, "BeautifulSoup"), "xml": (xml, "lxml"), "epub": (epub, "BeautifulSoup"),
    "txt": (text, "as it stands"), "csv": (text, "as it stands"), "json": (text, "as it stands"),
    "ics": (text, "as it stands"), "yaml": (text, "as it stands"),
    "parquet": (parquet, "pyarrow"), "arrow_file": (arrow, "pyarrow"), "stream": (arrow, "pyarrow"),
    "avro": (avro, "fastavro"), "dbf": (dbf, "dbfread"), "sqlite": (sqlite, "sqlite3"),
    "db": (sqlite, "sqlite3"), "plist": (plist, "plistlib"),
}


def words(text):
    return set(re.findall(r"[^\W_]{3,}", text.casefold()))


def kind_of(path):
    name = os.path.basename(path)
    return name.rsplit(".", 1)[-1].lower() if "." in name else "none"


def statuses(dlpscan, folder):
    done = subprocess.run([dlpscan, "scan", folder, "--format", "jsonl"], capture_output=True)
    if done.returncode not in (0, 1, 3, 4):
        sys.exit(f"the scan ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    records = (json.loads(line) for line in done.stdout.splitlines())
    return {r["item"]: (r["status"], sorted({x["reason"] for x in r["reasons"]}))
            for r in records if r["type"] == "item"}


class TooLong(Exception):
    pass


def stop(*_):
    raise TooLong


def words_of_another(reader, path):
    """The words another reader finds; nothing where it fails or takes too long."""
    try:
        signal.alarm(2 * SECONDS)
        found = words(reader(path))
        signal.alarm(0)
        return found
    # Any reader may fail on any file, in its own way.
    except (Exception, SystemExit):
        signal.alarm(0)
        return set()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder")
    ap.add_argument("--dlpscan", default="target/release/dlpscan")
    ap.add_argument("--text", default="target/release/examples/text")
    ap.add_argument("--sample", type=int, help="compare the words of so many files of each kind only")
    ap.add_argument("--write", help="where the table of all files goes, tab separated")
    args = ap.parse_args()
    found = statuses(args.dlpscan, args.folder)
    told = subprocess.run([args.text, args.folder], stdout=subprocess.PIPE, check=True).stdout
    texts = {x["file"]: x["text"] for x in map(json.loads, told.splitlines())}
    table = collections.defaultdict(collections.Counter)
    why = collections.defaultdict(collections.Counter)
    share = collections.defaultdict(lambda: [0, 0, 0])
    short, rows = [], []
    signal.signal(signal.SIGALRM, stop)
    for path, (status, reasons) in sorted(found.items()):
        kind = kind_of(path)
        table[kind][status] += 1
        why[kind].update(reasons)
        if kind not in READERS or share[kind][0] == args.sample:
            continue
        wanted = words_of_another(READERS[kind][0], path)
        if not wanted:
            continue
        ours = words(texts.get(os.path.relpath(path, args.folder), ""))
        missing = wanted - ours
        share[kind][0] += 1
        share[kind][1] += len(wanted)
        share[kind][2] += len(wanted) - len(missing)
        rows.append((kind, len(wanted), len(missing), status, path, " ".join(sorted(missing)[:12])))
        if status == "complete" and len(missing) >= 5 and len(missing) * 10 > len(wanted):
            short.append(rows[-1])
    print("| kind | files | complete | partial | unscannable | why not |\n|---|--:|--:|--:|--:|---|")
    for kind, counts in sorted(table.items(), key=lambda k: (-sum(k[1].values()), k[0])):
        reasons = ", ".join(f"{reason} {n}" for reason, n in why[kind].most_common())
        cells = [counts[s] for s in ("complete", "partial", "unscannable")]
        print(f"| {kind} | {sum(cells)} | {' | '.join(map(str, cells))} | {reasons} |")
    print("\n| kind | read by | files compared | their words | found here |\n|---|---|--:|--:|--:|")
    compared = ((kind, sums) for kind, sums in share.items() if sums[1])
    for kind, (files, theirs, both) in sorted(compared, key=lambda k: -k[1][0]):
        print(f"| {kind} | {READERS[kind][1]} | {files} | {theirs} | {100 * both / theirs:.1f} % |")
    print(f"\ncalled complete, and more than a tenth of the words missing: {len(short)}")
    for kind, wanted, missing, _, path, sample in short:
        print(f"- {path}: {missing} of {wanted}: {sample}")
    if args.write:
        with open(args.write, "w", encoding="utf-8") as out:
            out.writelines("\t".join(map(str, row)) + "\n" for row in rows)


if __name__ == "__main__":
    main()
