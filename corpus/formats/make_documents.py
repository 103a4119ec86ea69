#!/usr/bin/env python3
"""Writes the samples of documents and pictures: corpus/formats/document/*.{pdf,rtf} and corpus/formats/image/*.

Everything in them is invented. Run it from anywhere; it needs nothing but Python, and writes the same bytes every time.
The segments expected of each sample stand beside it (`<sample>.segments`)."""
import io, struct, zipfile, zlib
from pathlib import Path

HERE = Path(__file__).parent
HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def save(name, data):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def stream(data, entries="", packed=True):
    data = data if isinstance(data, bytes) else data.encode("latin-1")
    if packed:
        data, entries = zlib.compress(data, 9), entries + "/Filter/FlateDecode"
    return f"<<{entries}/Length {len(data)}>>stream\n".encode() + data + b"\nendstream"


def pdf(objects, trailer="", base=b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", previous=None):
    """A file of numbered objects with its cross-reference table, or a further revision of `base`."""
    out, offsets = bytearray(base), {}
    for number, body in objects.items():
        offsets[number] = len(out)
        body = body if isinstance(body, bytes) else body.encode("latin-1")
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    xref = len(out)
    out += b"xref\n"
    for number, offset in sorted(offsets.items()):
        out += f"{number} 1\n{offset:010} 00000 n \n".encode()
    chain = f"/Prev {previous}" if previous else ""
    out += f"trailer\n<</Size {max(offsets) + 1}/Root 1 0 R{chain}{trailer}>>\nstartxref\n{xref}\n%%EOF\n".encode()
    return bytes(out), xref


def pages(contents, resources="/Font<</F1 5 0 R>>", catalog="", page=""):
    """Objects 1 to 5 and from 10 on two for each page."""
    kids = " ".join(f"{10 + 2 * i} 0 R" for i in range(len(contents)))
    objects = {1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>", 2: f"<</Type/Pages/Kids[{kids}]/Count {len(contents)}>>", 5: HELVETICA}
    for i, content in enumerate(contents):
        objects[10 + 2 * i] = f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {11 + 2 * i} 0 R/Resources<<{resources}>>{page}>>"
        objects[11 + 2 * i] = stream(content)
    return objects


def lines(*rows, size=11, leading=15, top=780):
    """Each row is a list of (x, text)."""
    out = ["BT /F1 %d Tf" % size]
    for i, row in enumerate(rows):
        out += [f"1 0 0 1 {x} {top - i * leading} Tm ({text}) Tj" for x, text in row]
    return "\n".join(out + ["ET"])


def letter():
    one = lines([(60, "Change of our bank details")], [(60, "From 1 May please pay to sort code 20-00-00,")], [(60, "account number 55779911.")])
    # The same in pieces: kerned, split over operators, drawn out of order, upside down in the file.
    two = ("BT /F1 11 Tf 60 700 Td [(Account num) 20 (ber: 5577) -10 (99) 30 (11)] TJ 0 -20 Td (Sort code: 20-) Tj (00-00) Tj ET\n"
           "BT /F1 11 Tf 1 0 0 1 120 640 Tm (4111 1111) Tj 1 0 0 1 60 640 Tm (Card no: ) Tj 1 0 0 1 175 640 Tm (1111 1111) Tj ET")
    objects = pages([one, two])
    objects[6] = "<</Title(Supplier letter)/Author<FEFF004A00610063006B0020004300EF006E00650020>/Subject(NINO AB 12 34 56 C)/ModDate(D:20250101120000Z)>>"
    objects[7] = stream('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:li>Finance team</rdf:li><a b="c"/></x:xmpmeta>', "/Type/Metadata/Subtype/XML", False)
    save("document/letter.pdf", pdf(objects, "/Info 6 0 R")[0])


def tables():
    rows = [[(60, "Payee"), (180, "Address"), (340, "Sort code"), (430, "Account number")]]
    text = lines([(60, "Payments in May")], top=800) + "\n" + lines(*rows)
    # Cells of several lines, drawn cell by cell as a table's renderer does.
    y = 750
    for payee, address, sort, account in [("Ann Teak", ["The Old Forge,", "Mill Lane, Brigg", "DN20 8ZZ"], "20-00-00", "55779911"),
                                          ("Bill Ding", ["1 High Street,", "York YO1 7ZZ"], "30-00-00", "00012345")]:
        middle = y - 6 * (len(address) - 1)
        text += f"\nBT /F1 11 Tf 1 0 0 1 60 {middle} Tm ({payee}) Tj ET"
        for i, part in enumerate(address):
            text += f"\nBT /F1 11 Tf 1 0 0 1 180 {y - 12 * i} Tm ({part}) Tj ET"
        text += f"\nBT /F1 11 Tf 1 0 0 1 340 {middle} Tm ({sort}) Tj ET\nBT /F1 11 Tf 1 0 0 1 430 {middle} Tm ({account}) Tj ET"
        y -= 60
    # Labels drawn first, values after.
    text += "\n" + lines([(60, "Name:")], [(60, "Date of birth:")], [(60, "NHS number:")], top=500)
    text += "\n" + lines([(180, "Sam Pell")], [(180, "01/02/1980")], [(180, "943 476 5919")], top=500)
    save("document/tables.pdf", pdf(pages([text]))[0])


def hidden():
    content = ("BT /F1 11 Tf 60 780 Td (Nothing to see here.) Tj ET /OC /L BDC BT /F1 11 Tf 60 760 Td (Layer off: 4111 1111 1111 1111) Tj ET EMC "
               "1 1 1 rg BT 3 Tr /F1 11 Tf 60 740 Td (Invisible: 5555 5555 5555 4444) Tj ET")
    objects = pages([content], "/Font<</F1 5 0 R>>/Properties<</L 6 0 R>>",
                    "/OCProperties<</OCGs[6 0 R]/D<</OFF[6 0 R]>>>>/Outlines 7 0 R/AcroForm<</Fields[20 0 R]>>"
                    "/Names<</EmbeddedFiles<</Names[(note.txt) 22 0 R]>>/JavaScript<</Names[(a) 24 0 R]>>>>",
                    "/Annots[20 0 R 21 0 R 25 0 R]")
    objects |= {
        6: "<</Type/OCG/Name(Draft)>>",
        7: "<</First 8 0 R/Last 8 0 R>>",
        8: "<</Title(Bookmark for Ann Teak)/Parent 7 0 R>>",
        20: "<</Type/Annot/Subtype/Widget/FT/Tx/T(Account number)/V(55779911)/Rect[0 0 9 9]>>",
        21: "<</Type/Annot/Subtype/Text/Contents<FEFF0043006F006D006D0065006E0074>/Rect[0 0 9 9]/A<</S/URI/URI(mailto:ann@example.com)>>>>",
        22: "<</Type/Filespec/F(note.txt)/EF<</F 23 0 R>>>>",
        23: stream("An attached note: sort code 20-00-00, account 55779911.\n", "/Type/EmbeddedFile/Subtype/text#2Fplain"),
        24: "<</S/JavaScript/JS(app.alert\\('PIN 4821'\\);)>>",
        25: "<</Type/Annot/Subtype/FreeText/F 2/Rect[0 0 200 20]/AP<</N 26 0 R>>>>",
        26: stream("BT /F1 11 Tf 5 5 Td (Hidden stamp: AB 12 34 56 C) Tj ET", "/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F1 5 0 R>>>>"),
        27: stream("Nobody points to this: 4012 8888 8888 1881\n"),
    }
    save("document/hidden.pdf", pdf(objects)[0])


def revised():
    first, xref = pdf(pages([lines([(60, "The account is 55779911.")])]))
    objects = {11: stream(lines([(60, "The account is not given here.")]))}
    tail = io.BytesIO()
    with zipfile.ZipFile(tail, "w") as z:
        z.writestr(zipfile.ZipInfo("kept.txt"), "behind the end: 20-00-00 55779911\n")
    save("document/revised.pdf", pdf(objects, base=first, previous=xref)[0] + tail.getvalue())


def broken():
    whole = pdf(pages([lines([(60, "Still legible: 4111 1111 1111 1111")])]))[0]
    save("document/no_table.pdf", whole[:whole.index(b"xref\n")])
    save("document/junk_before.pdf", b"\xef\xbb\xbfReceived: by post\r\n" + whole)
    objects = pages([""])
    objects[11] = stream("BT /F1 11 Tf 60 700 Td (Only its beginning: 4111 1111 1111 1111) Tj ET " + " ".join(str(i * i) for i in range(500)))
    torn = bytearray(pdf(objects)[0])
    at = torn.index(b"stream\n", torn.index(b"11 0 obj")) + 500
    torn[at:at + 40] = b"\xff" * 40
    save("document/torn.pdf", bytes(torn))
    bomb = "BT /F1 11 Tf 60 700 Td (Before the flood: 4111 1111 1111 1111) Tj ET ".encode() + b" " * (40 << 20)
    objects[11] = stream(bomb)
    save("document/bomb.pdf", pdf(objects)[0])


def wordperfect():
    def code(first, kind, data):
        size = (len(data) + 7).to_bytes(2, "little")
        return bytes([first, kind]) + size + data + size + bytes([first])

    def text(words):
        return words.encode("ascii").replace(b" ", b"\x80").replace(b"\n", b"\xcc")

    body = code(0xD4, 0x1C, b"\0\0en-GB") + text("To the council\nCard ") + b"\xf2\x0c\xf2" + text("4111 1111 1111 1111")
    body += b"\xf3\x0c\xf3" + code(0xD0, 1, bytes(8)) + text("and 12 ") + b"\xf0\x0b\x04\xf0" + text("5.\n")
    body += code(0xD8, 1, b"A note: 5555555555554444")
    head = b"\xffWPC" + (16).to_bytes(4, "little") + bytes([1, 10, 2, 1]) + bytes(4)
    save("document/letter.wpd", head + body)


def unreadable():
    image = stream(bytes(120 * 160), "/Type/XObject/Subtype/Image/Width 120/Height 160/ColorSpace/DeviceGray/BitsPerComponent 8")
    objects = pages(["q 595 0 0 842 0 0 cm /I Do Q"], "/XObject<</I 6 0 R>>")
    objects[6] = image
    save("document/scan.pdf", pdf(objects)[0])
    # Glyphs by their number alone, in the order of most TrueType fonts: the space is the third.
    glyphs = "".join(f"{ord(c) - 29:04x}" for c in "Card 4111 1111 1111 1111")
    objects = pages([f"BT /F1 11 Tf 60 700 Td <{glyphs}> Tj ET"])
    objects[5] = "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[6 0 R]>>"
    objects[6] = "<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>"
    save("document/no_letters.pdf", pdf(objects)[0])
    objects = pages([lines([(60, "Not to be seen")])])
    objects[6] = f"<</Filter/Standard/V 1/R 2/P -4/O<{'00' * 32}>/U<{'11' * 32}>>>"
    save("document/locked.pdf", pdf(objects, "/Encrypt 6 0 R/ID[<00><00>]")[0])


def rtf():
    package = b"\x02\x00note.txt\0C:\\note.txt\0\0\0\x03\0" + struct.pack("<I", 12) + b"C:\\note.txt\0"
    inner = b"Attached: sort code 20-00-00, account 55779911\n"
    package += struct.pack("<I", len(inner)) + inner
    ole = struct.pack("<III", 0x0501, 2, 8) + b"Package\0" + bytes(8) + struct.pack("<I", len(package)) + package
    save("document/letter.rtf", (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset128 Gothic;}}"
        r"{\stylesheet{\s0 Normal;}{\*\cs1 Strong;}}{\info{\title Supplier letter}{\author Ann Teak}}"
        "\n" r"\pard Sort code 20-{\b 00}-{\i 00}, account number 5577\u8203?9911.\par"
        "\n" r"Caf\'e9 \u8364? 5, \uc0\u26085\u26412\uc1 , {\f1\'cf\'f0\'e8\'ec\'e5\'f0} {\f2\'83\'65\'83\'58\'83\'67}\par"
        "\n" r"{\v Hidden: 4111 1111 1111 1111}\par"
        "\n" r'{\field{\*\fldinst HYPERLINK "mailto:ann@example.com"}{\fldrslt write to us}}\par'
        "\n" r"Noted{\footnote A footnote: AB 12 34 56 C}{\*\annotation A comment: PIN 4821} here.\par"
        "\n" r"{\*\unknown Nobody shows this: 5555 5555 5555 4444}\bin4 {}}}{\header Council OFFICIAL-SENSITIVE\par}"
        "\n" r"{\object\objemb{\*\objclass Package}{\*\objdata " + ole.hex() + "}}}").encode("latin-1"))
    row = lambda *cells: r"\trowd\cellx2000\cellx4000\cellx6000 " + "".join(rf"\pard\intbl {c}\cell" for c in cells) + "\\row\n"
    save("document/tables.rtf", (
        r"{\rtf1\ansi Payments in May\par" "\n" + row("Payee", "Sort code", "Account number") + row("Ann Teak", "20-00-00", "55779911")
        + row("Bill Ding", "30-00-00", "00012345") + r"\pard Checked by Sam Pell.\par}").encode())
    save("document/cut.rtf", rb"{\rtf1\ansi {\b Cut short: 4111 1111 1111 1111")


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, *more):
    rows = b"".join(b"\0" + bytes(width) for _ in range(height))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def tiff_directory(*entries):
    """A little-endian directory of (tag, type, data) with its data behind it."""
    count, out, tail = len(entries), b"", b""
    start = 8 + 2 + 12 * count + 4
    for tag, kind, data in entries:
        number = len(data) // {2: 1, 3: 2, 4: 4, 7: 1, 1: 1}[kind]
        if len(data) <= 4:
            value = data.ljust(4, b"\0")
        else:
            value, tail = struct.pack("<I", start + len(tail)), tail + data
        out += struct.pack("<HHI", tag, kind, number) + value
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", count) + out + bytes(4) + tail


def pictures():
    texts = [chunk(b"tEXt", b"Comment\0Card 4111 1111 1111 1111"), chunk(b"zTXt", b"Packed\0\0" + zlib.compress(b"Sort code 20-00-00", 9)),
             chunk(b"iTXt", "Title\0\0\0en\0\0Caf\u00e9 of Ann Teak".encode())]
    save("image/note.png", png(8, 8, *texts))
    save("image/page.png", png(120, 90))
    tail = io.BytesIO()
    with zipfile.ZipFile(tail, "w") as z:
        z.writestr(zipfile.ZipInfo("kept.txt"), "behind the picture: 20-00-00 55779911\n")
    save("image/behind.png", png(8, 8) + tail.getvalue())
    save("image/cut.png", png(120, 90)[:-20])
    exif = tiff_directory((0x010E, 2, b"Scan of Ann Teak's passport\0"), (0x9286, 7, b"ASCII\0\0\0NINO AB 12 34 56 C"), (0x9C9C, 1, "PIN 4821\0".encode("utf-16-le")))
    segment = lambda marker, data: b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data
    frame = segment(0xC0, b"\x08" + struct.pack(">HH", 8, 8) + b"\x01\x01\x11\x00")
    save("image/exif.jpg", b"\xff\xd8" + segment(0xE1, b"Exif\0\0" + exif) + segment(0xFE, b"Account 55779911") + frame
         + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x12\x34\xff\x00\x56" + b"\xff\xd9" + b"behind it: 4111 1111 1111 1111\n")
    save("image/comment.gif", b"GIF89a" + struct.pack("<HH", 8, 8) + b"\x00\x00\x00" + b"\x21\xfe\x10Account 55779911\x00"
         + b"\x2c" + bytes(4) + struct.pack("<HH", 8, 8) + b"\x00\x02\x02\x44\x01\x00" + b"\x3b")
    save("image/page.tif", tiff_directory((0x0100, 3, struct.pack("<H", 800)), (0x0101, 3, struct.pack("<H", 1200)), (0x013B, 2, b"Scanner of Sam Pell\0")))
    size = 54 + 4 * 4 * 3
    save("image/dot.bmp", b"BM" + struct.pack("<IHHI", size, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, 4, 4, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(48))


for write in (letter, tables, hidden, revised, broken, unreadable, wordperfect, rtf, pictures):
    write()
