#!/usr/bin/env python3
"""Makes corpus/demo-usb: what might lie on the memory stick of a town council that does not exist.

Every person, account and number is invented. Sort codes and accounts are the published test cases
of the UK modulus check; NHS numbers are from the range 999 that is never issued; card numbers come
from a seeded generator; mail addresses end in .example. Python's standard library only, and the
same bytes each time.

usage: python3 corpus/make_demo_usb.py [FOLDER]
"""

import base64
import io
import random
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "demo-usb")
DATE = (2026, 11, 2, 9, 30, 0)
RANDOM = random.Random(20261122)

STAFF = [  # name, NI number, date of birth, sort code, account
    ("Mrs Natasha Featherby", "AE204815C", "14/03/1971", "08-99-99", "66374958"),
    ("Mr Gordon Thackray", "JG103759A", "02/11/1966", "10-79-99", "88837491"),
    ("Ms Priya Ackroyd", "PR542186B", "29/07/1985", "20-29-59", "63748472"),
    ("Mr Owen Tunstall", "SK882731D", "17/01/1992", "87-14-27", "46238510"),
    ("Mrs Beatrice Holgate", "TM660912A", "23/09/1958", "82-77-33", "19372830"),
]


def luhn(prefix, length):
    digits = prefix + "".join(str(RANDOM.randrange(10)) for _ in range(length - len(prefix) - 1))
    total = sum(sum(divmod(int(d) * (2 if i % 2 == 0 else 1), 10)) for i, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def nhs(prefix):
    while True:
        nine = prefix + "".join(str(RANDOM.randrange(10)) for _ in range(9 - len(prefix)))
        check = 11 - sum(int(d) * (10 - i) for i, d in enumerate(nine)) % 11
        if check != 10:
            return nine + str(check % 11)


def package(files):
    """A zip with a fixed date on every entry."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def ooxml(parts, main, kind, related=()):
    """An Office package: its parts, and the content types and relations that hold it together."""
    overrides = "".join(f'<Override PartName="/{n}" ContentType="application/vnd.openxmlformats-officedocument.{t}+xml"/>' for n, (t, _) in parts.items())
    files = {
        "[Content_Types].xml": XML + f'<Types xmlns="{TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        "_rels/.rels": XML + f'<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="{main}"/></Relationships>',
    }
    folder, _, leaf = main.rpartition("/")
    links = "".join(f'<Relationship Id="rId{i}" Type="{OFFICE}/{t}" Target="{n}"/>' for i, (t, n) in enumerate(related, 1))
    files[f"{folder}/_rels/{leaf}.rels"] = XML + f'<Relationships xmlns="{RELS}">{links}</Relationships>'
    files.update({name: XML + body for name, (_, body) in parts.items()})
    return package(files)


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="' + OFFICE + '"'


def docx(paragraphs, header=""):
    def paragraph(text):
        # The text in two runs, as Word leaves it after an edit.
        half = len(text) // 2
        runs = "".join(f'<w:r><w:t xml:space="preserve">{escape(t)}</w:t></w:r>' for t in (text[:half], text[half:]))
        return f"<w:p>{runs}</w:p>"

    section = '<w:sectPr><w:headerReference w:type="default" r:id="rId1"/></w:sectPr>' if header else ""
    body = "".join(map(paragraph, paragraphs))
    parts = {"word/document.xml": ("wordprocessingml.document.main", f"<w:document {W}><w:body>{body}{section}</w:body></w:document>")}
    related = []
    if header:
        parts["word/header1.xml"] = ("wordprocessingml.header", f"<w:hdr {W}>{paragraph(header)}</w:hdr>")
        related.append(("header", "header1.xml"))
    return ooxml(parts, "word/document.xml", "wordprocessingml", related)


def xlsx(sheets):
    """sheets: name -> (rows, hidden). Digits-only cells are stored as numbers, as people type them."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts, listed, related = {}, "", []
    for number, (name, (rows, hidden)) in enumerate(sheets.items(), 1):
        lines = ""
        for r, row in enumerate(rows, 1):
            cells = ""
            for c, value in enumerate(row):
                at = f"{chr(65 + c)}{r}"
                if str(value).isdigit():
                    cells += f'<c r="{at}"><v>{int(value)}</v></c>'
                else:
                    cells += f'<c r="{at}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'
            lines += f'<row r="{r}">{cells}</row>'
        parts[f"xl/worksheets/sheet{number}.xml"] = ("spreadsheetml.worksheet", f'<worksheet xmlns="{main}"><sheetData>{lines}</sheetData></worksheet>')
        state = ' state="hidden"' if hidden else ""
        listed += f'<sheet name="{escape(name)}" sheetId="{number}"{state} r:id="rId{number}"/>'
        related.append(("worksheet", f"worksheets/sheet{number}.xml"))
    book = {"xl/workbook.xml": ("spreadsheetml.sheet.main", f'<workbook xmlns="{main}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>')}
    return ooxml(book | parts, "xl/workbook.xml", "spreadsheetml", related)


def pdf(lines):
    """One page of text, compressed, as a word processor prints it."""
    text = "BT /F1 11 Tf 60 780 Td 16 TL\n" + "".join(
        "(" + line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") + ") Tj T*\n" for line in lines) + "ET"
    stream = zlib.compress(text.encode("cp1252"), 9)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % at for at in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def png(width, height):
    """A sky over a field: a picture, with nothing to read in it."""
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in ((90 + y // 3, 140 + x // 8, 220) if y < height * 2 // 3 else (60, 120 + (x * y) % 40, 50))) for y in range(height))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def locked_zip(name, data, password):
    """A zip with one entry under the old zip encryption (PKWARE APPNOTE 6.1), which Python only reads."""
    keys = [0x12345678, 0x23456789, 0x34567890]
    crc = lambda old, byte: (old >> 8) ^ CRC[(old ^ byte) & 0xFF]

    def update(byte):
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    def encrypt(plain):
        for byte in plain:
            t = keys[2] | 2
            yield byte ^ (((t * (t ^ 1)) >> 8) & 0xFF)
            update(byte)

    for byte in password:
        update(byte)
    packed = zlib.compress(data, 9)[2:-4]
    check = zlib.crc32(data)
    body = bytes(encrypt(bytes(RANDOM.randrange(256) for _ in range(11)) + bytes([check >> 24]) + packed))
    time = (DATE[3] << 11) | (DATE[4] << 5)
    date = ((DATE[0] - 1980) << 9) | (DATE[1] << 5) | DATE[2]
    fields = struct.pack("<HHHHHIII", 20, 1, 8, time, date, check, len(body), len(data))
    local = b"PK\x03\x04" + fields + struct.pack("<HH", len(name), 0) + name + body
    central = b"PK\x01\x02" + struct.pack("<H", 20) + fields + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, 0) + name
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def crc_table():
    for n in range(256):
        for _ in range(8):
            n = (n >> 1) ^ (0xEDB88320 if n & 1 else 0)
        yield n


CRC = list(crc_table())


def message(number, sender, subject, body, attachment=None):
    """One message of a mailbox, with its From_ line."""
    head = f"From {sender} Mon Nov  2 09:{number:02}:00 2026\nFrom: {sender}\nTo: clerk@hartle-tc.example\nSubject: {subject}\nDate: Mon, 2 Nov 2026 09:{number:02}:00 +0000\nMIME-Version: 1.0\n"
    if not attachment:
        return head + "Content-Type: text/plain; charset=utf-8\n\n" + body + "\n\n"
    name, media, data = attachment
    coded = base64.encodebytes(data).decode()
    return (head + 'Content-Type: multipart/mixed; boundary="=-hartle"\n\n--=-hartle\nContent-Type: text/plain; charset=utf-8\n\n' + body
            + f'\n\n--=-hartle\nContent-Type: {media}; name="{name}"\nContent-Disposition: attachment; filename="{name}"\nContent-Transfer-Encoding: base64\n\n{coded}--=-hartle--\n\n')


def write(name, data):
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


minutes = [
    "Hartle Town Council", "Minutes of the Personnel Committee, 20 October 2026",
    "Exempt from publication by virtue of paragraph 1 of Part 1 of Schedule 12A of the Local Government Act 1972",
    "7. To consider the sick leave of Mrs Natasha Featherby. It was RESOLVED to extend it by four weeks.",
    "8. The allotment deposit of Mr Gordon Thackray, 14 Mill Lane, Hartle, LS29 8JT, is to be paid back.",
]
write("Committees/2026-10-20 personnel minutes.docx", docx(minutes, header="OFFICIAL-SENSITIVE"))

letter = [
    "Wetherby & Daughters, Grounds Maintenance", "", "The Clerk, Hartle Town Council", "2 November 2026", "",
    "Dear Sir or Madam,", "", "Our bank has changed. Please pay all invoices from now on to:", "",
    "Account name: Wetherby & Daughters", "Sort code: 93-80-63", "Account number: 55065200", "",
    "or, from abroad, IBAN GB33BUKB20201555555555.", "", "Yours faithfully,", "Ruth Wetherby",
]
write("Finance/bank details letter.pdf", pdf(letter))

payroll = [["Hartle Town Council payroll, October 2026"], ["Name", "NI number", "Date of birth", "Sort code", "Account number", "Net pay"]]
payroll += [[n, ni, dob, sort, account, f"{1500 + 137 * i}.20"] for i, (n, ni, dob, sort, account) in enumerate(STAFF)]
cards = [["Purchase cards"], ["Holder", "Card number", "Expires"], ["Town clerk", luhn("4929", 16), "09/28"], ["Mayor", luhn("5434", 16), "04/27"]]
write("Finance/payroll october.xlsx", xlsx({"Payroll": (payroll, False), "Cards": (cards, True)}))

number = nhs("999")
referral = f"CONFIDENTIAL\r\n\r\nSafeguarding referral\r\n\r\nYoung person: Tariq Holgate, DOB 25/03/2013, NHS number {number[:3]} {number[3:6]} {number[6:]}.\r\nLives at Flat 2, 8 Riverhead Gardens, Hartle, LS29 3YJ.\r\n"
suppliers = "Supplier,VAT number,Sort code,Account number,E-mail\r\n" + "".join(
    f"{n},{v},{s},{a},{m}\r\n" for n, v, s, a, m in [
        ("Wetherby & Daughters", "GB 999 9999 73", "93-80-63", "55065200", "office@wetherby.example"),
        ("Hartle Print", "", "07-01-16", "34012583", "print@hartle.example")])
inner = package({"suppliers.csv": suppliers, "referral.txt": referral.encode("utf-16")})
write("Old laptop/backup.zip", package({"readme.txt": "Copied from the old laptop on 2 November 2026.\r\n", "documents.zip": inner}))

mails = (message(1, "g.thackray@hartle.example", "Allotment 14", "Dear clerk,\n\nmy new number is 07700 900461. I have paid the rent for plot 14.\n\nGordon Thackray")
         + message(2, "payroll@bureau.example", "October payslips", "Please find the list attached. The password is Daff0dil!60 as always.",
                   ("payslips.csv", "text/csv", ("Employee,National Insurance number\n" + "".join(f"{n},{ni}\n" for n, ni, *_ in STAFF)).encode()))
         + message(3, "newsletter@hartle.example", "Bonfire night", "The bonfire is lit at 7 pm on the green. Bring a torch."))
write("Mail/inbox.mbox", mails)

write("passwords.txt", "Office wifi\r\n  Network: HTC-Office   Password: plum-Orchard-77\r\nBank logon\r\n  Username: clerk01  Password: Str8-to-the-Bank!\r\nAlarm PIN: 4417\r\n")
write("Photos/village green.png", png(320, 200))
write("Finance/signed accounts.zip", locked_zip(b"accounts 2025-26.txt", b"The annual accounts of Hartle Town Council.\n" * 20, b"not-told"))
write("Policies/information policy.txt", "Hartle Town Council: handling information\n\n1. Passwords must be changed every 90 days and are never written down.\n2. Bank details of the council are never given to anyone by e-mail.\n3. Confidential papers are collected at the end of a meeting.\n4. Memory sticks are encrypted, and are checked before they leave the office.\n")
write("Policies/.last-review", "reviewed 2026-05-11, minute reference 2026/118\n")
print(f"{sum(1 for p in ROOT.rglob('*') if p.is_file())} files in {ROOT}")
