#!/usr/bin/env python3
"""Makes the binary workbook of corpus/formats/document, record by record (MS-XLSB 2.3).

python3 corpus/formats/make_xlsb.py. All people and numbers are invented or published test values."""
import struct
import zipfile
from pathlib import Path

HERE = Path(__file__).parent / "document"


def varying(number, most):
    out = b""
    while number > 0x7F and len(out) < most - 1:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def record(number, data=b""):
    return varying(number, 2) + varying(len(data), 4) + data


def wide(text):
    units = text.encode("utf-16-le")
    return struct.pack("<I", len(units) // 2) + units


def cell(number, column, value, style=0):
    return record(number, struct.pack("<II", column, style) + value)


def row(number):
    return record(0, struct.pack("<II", number - 1, 0) + bytes(9))


def packed(number):
    return struct.pack("<I", (number << 2 | 2) & 0xFFFFFFFF)


STRINGS = ["Payee", "Sort code", "Account number", "Card number", "Naylor Fencing", "never shown: 5555 5555 5555 4444"]
PARTS = {
    "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/'
    b'package/2006/content-types"><Default Extension="bin" ContentType="application/vnd.ms-excel.'
    b'sheet.binary.macroEnabled.main"/><Default Extension="rels" ContentType="application/vnd.'
    b'openxmlformats-package.relationships+xml"/></Types>',
    "_rels/.rels": b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/'
    b'package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/relationships/officeDocument" Target="xl/workbook.bin"/></Relationships>',
    "xl/_rels/workbook.bin.rels": b'<?xml version="1.0"?><Relationships xmlns="http://schemas.'
    b'openxmlformats.org/package/2006/relationships"><Relationship Id="rId7" Type="http://schemas.'
    b'openxmlformats.org/officeDocument/2006/relationships/worksheet" '
    b'Target="worksheets/sheet1.bin"/></Relationships>',
    "xl/worksheets/_rels/sheet1.bin.rels": b'<?xml version="1.0"?><Relationships xmlns="http://'
    b'schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://'
    b'schemas.openxmlformats.org/officeDocument/2006/relationships/comments" '
    b'Target="../comments1.bin"/></Relationships>',
    "xl/workbook.bin": record(131) + record(153, bytes(12)) + record(143)
    + record(156, struct.pack("<II", 0, 1) + wide("rId7") + wide("Suppliers")) + record(144) + record(132),
    "xl/styles.bin": record(278) + record(44, struct.pack("<H", 164) + wide("00\\-00\\-00"))
    + record(617, struct.pack("<I", 2)) + record(47, struct.pack("<HH", 0, 0) + bytes(12))
    + record(47, struct.pack("<HH", 0, 164) + bytes(12)) + record(618) + record(279),
    "xl/sharedStrings.bin": record(159, bytes(8))
    + b"".join(record(19, b"\0" + wide(text)) for text in STRINGS) + record(160),
    "xl/worksheets/sheet1.bin": record(129) + record(145)
    + row(3) + b"".join(cell(7, i, struct.pack("<I", i)) for i in range(4))
    + row(4) + cell(7, 0, struct.pack("<I", 4)) + cell(2, 1, packed(89999), 1)
    + cell(5, 2, struct.pack("<d", 66374958.0)) + cell(6, 3, wide("4111 1111 1111 1111"))
    + row(5) + cell(8, 0, wide("Quarry Lane Ltd") + struct.pack("<HI", 0, 3) + b"\x17\x00\x00")
    + cell(9, 2, struct.pack("<d", 55779911.0) + struct.pack("<HI", 0, 0))
    + record(146) + record(479, struct.pack("<H", 0) + wide("&LConfidential: NINO CE 12 34 56 C"))
    + record(130),
    "xl/comments1.bin": record(628) + record(635, struct.pack("<IIIII", 0, 3, 3, 2, 2) + bytes(16))
    + record(637, b"\0" + wide("old account 31926819, sort code 16-31-92")) + record(636) + record(629),
}


def main():
    with zipfile.ZipFile(HERE / "suppliers.xlsb", "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in PARTS.items():
            package.writestr(zipfile.ZipInfo(name, (2024, 2, 29, 12, 0, 0)), data)


main()
