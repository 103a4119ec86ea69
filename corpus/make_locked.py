#!/usr/bin/env python3
"""Makes the samples of corpus/locked: one text, locked in every way that can be opened.

Needs the commands zip and 7z, and msoffcrypto-tool and pikepdf from PyPI:
python3 corpus/make_locked.py. All numbers are invented or published test values."""
import io
import subprocess
import tempfile
import zipfile
from pathlib import Path

import msoffcrypto.format.ooxml
import pikepdf

HERE = Path(__file__).parent / "locked"
PASSWORD = "grüne Tür 21"
# Of zips no two programs agree how other letters than these are written down.
PLAIN = "plain 21"
TEXT = "Please pay sort code 08-99-99, account number 66374958.\n"
CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/'
    '2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>'
)
DOCUMENT = (
    '<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/'
    f'2006/main"><w:body><w:p><w:r><w:t>{TEXT.strip()}</w:t></w:r></w:p>'
    + "<w:p><w:r><w:t>padding to be locked</w:t></w:r></w:p>" * 100
    + "</w:body></w:document>"
)


def docx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        package.writestr("[Content_Types].xml", CONTENT_TYPES)
        package.writestr("_rels/.rels", RELS)
        package.writestr("word/document.xml", DOCUMENT)
    out.seek(0)
    return out


SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    f'<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{TEXT.strip()}</t></is></c></row>'
    + "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, 100))
    + "</sheetData></worksheet>"
)
WORKBOOK = (
    '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>'
    '<sheet name="Suppliers" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def xlsx():
    main, types = "xl/workbook.xml", "spreadsheetml.sheet.main+xml"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        package.writestr("[Content_Types].xml", CONTENT_TYPES.replace("word/document.xml", main)
                         .replace("wordprocessingml.document.main+xml", types))
        package.writestr("_rels/.rels", RELS.replace("word/document.xml", main))
        package.writestr(main, WORKBOOK)
        package.writestr("xl/_rels/workbook.xml.rels",
                         RELS.replace("word/document.xml", "worksheets/sheet1.xml")
                         .replace("/officeDocument\"", "/worksheet\""))
        package.writestr("xl/worksheets/sheet1.xml", SHEET)
    out.seek(0)
    return out


def pdf(name, **encryption):
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1,
                              BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    page.Contents = document.make_stream(f"BT /F1 12 Tf 72 720 Td ({TEXT.strip()}) Tj ET".encode())
    document.save(HERE / name, encryption=pikepdf.Encryption(owner="x", **encryption))


def main():
    HERE.mkdir(exist_ok=True)
    for old in HERE.iterdir():
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        for name in ("one.txt", "two.txt"):
            (Path(folder) / name).write_text(TEXT + "padding to be packed " * 50)

        def run(*command):
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

        secret, plain = f"-p{PASSWORD}", f"-p{PLAIN}"
        run("7z", "a", "-tzip", "-mem=ZipCrypto", plain, HERE / "old.zip", "one.txt", "two.txt")
        run("7z", "a", "-tzip", "-mem=AES128", plain, HERE / "aes128.zip", "one.txt", "two.txt")
        run("7z", "a", "-tzip", "-mem=AES256", plain, HERE / "aes256.zip", "one.txt", "two.txt")
        run("7z", "a", secret, HERE / "files.7z", "one.txt", "two.txt")
        run("7z", "a", "-mhe=on", secret, HERE / "names.7z", "one.txt", "two.txt")
    with open(HERE / "agile.docx", "wb") as out:
        msoffcrypto.format.ooxml.OOXMLFile(docx()).encrypt(PASSWORD, out)
    with open(HERE / "asked-nobody.docx", "wb") as out:
        msoffcrypto.format.ooxml.OOXMLFile(docx()).encrypt("VelvetSweatshop", out)
    with open(HERE / "asked-nobody.xlsx", "wb") as out:
        msoffcrypto.format.ooxml.OOXMLFile(xlsx()).encrypt("VelvetSweatshop", out)
    pdf("aes256.pdf", user=PASSWORD, R=6)
    pdf("rc4.pdf", user=PLAIN, R=3, aes=False, metadata=False)


main()
