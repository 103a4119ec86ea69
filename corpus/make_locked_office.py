#!/usr/bin/env python3
"""Makes the samples of corpus/locked that an office program of the time would have made: doc and xls
(RC4) and odt (AES).

Needs LibreOffice and its Python (Debian: libreoffice-writer, libreoffice-calc, python3-uno):
/usr/bin/python3 corpus/make_locked_office.py. The rar archives beside them were made with the writer of
the `rars` crate. All numbers are invented or published test values."""
import struct
import subprocess
import tempfile
import time
import zlib
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.text.TextContentAnchorType import AS_CHARACTER

HERE = Path(__file__).parent.resolve() / "locked"
PASSWORD = "grüne Tür 21"
TEXT = "Dear Sir,\nPlease pay to sort code 08-99-99, account number 66374958."
ROWS = [("Supplier", "Sort code", "Account number"), ("Bloggs Ltd", "08-99-99", "66374958")]
PORT = 2099


def value(name, what):
    one = PropertyValue()
    one.Name, one.Value = name, what
    return one


def desktop():
    context = uno.getComponentContext()
    create = context.ServiceManager.createInstanceWithContext
    resolver = create("com.sun.star.bridge.UnoUrlResolver", context)
    address = f"uno:socket,host=127.0.0.1,port={PORT};urp;StarOffice.ComponentContext"
    for _ in range(60):
        try:
            office = resolver.resolve(address)
            return office.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", office)
        except Exception:
            time.sleep(1)
    raise SystemExit("LibreOffice does not answer")


def save(document, name, kind):
    document.storeToURL(f"file://{HERE / name}", (value("FilterName", kind), value("Password", PASSWORD)))


def picture():
    """A grey square."""
    def chunk(kind, data):
        whole = kind + data
        return struct.pack(">I", len(data)) + whole + struct.pack(">I", zlib.crc32(whole))
    rows = (b"\0" + b"\x80" * 8) * 8
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def insert(document, folder):
    path = Path(folder) / "square.png"
    path.write_bytes(picture())
    graphic = document.createInstance("com.sun.star.text.TextGraphicObject")
    graphic.GraphicURL = f"file://{path}"
    graphic.AnchorType = AS_CHARACTER
    document.Text.insertTextContent(document.Text.End, graphic, False)


def main():
    with tempfile.TemporaryDirectory() as profile:
        office = subprocess.Popen(
            ["soffice", "--headless", "--norestore", f"-env:UserInstallation=file://{profile}",
             f"--accept=socket,host=127.0.0.1,port={PORT};urp;"])
        desk = desktop()
        hidden = (value("Hidden", True),)
        letter = desk.loadComponentFromURL("private:factory/swriter", "_blank", 0, hidden)
        letter.Text.setString(TEXT)
        insert(letter, profile)
        save(letter, "letter.doc", "MS Word 97")
        save(letter, "letter.odt", "writer8")
        letter.close(True)
        sheets = desk.loadComponentFromURL("private:factory/scalc", "_blank", 0, hidden)
        sheet = sheets.Sheets.getByIndex(0)
        for y, row in enumerate(ROWS):
            for x, text in enumerate(row):
                sheet.getCellByPosition(x, y).setString(text)
        save(sheets, "suppliers.xls", "MS Excel 97")
        sheets.close(True)
        try:
            desk.terminate()
        except Exception:
            pass
        office.wait(timeout=30)


if __name__ == "__main__":
    main()
