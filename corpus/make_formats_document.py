#!/usr/bin/env python3
"""Makes the office samples of corpus/formats/document/. All values are published test values or made up.

Run it from the repository's root; the same bytes come out every time. The segments expected beside each sample are
written by the tests: GOLDEN=write cargo test -p dlpscan-extract --test formats office"""
import os, struct, zipfile

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "formats", "document")
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{REL}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
S = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{REL}"'
P = f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="{REL}"'
LABEL = "MSIP_Label_00000000-1111-2222-3333-444444444444"


def package(name, entries):
    with zipfile.ZipFile(os.path.join(OUT, name), "w") as z:
        for path, text in entries:
            info = zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if path == "mimetype" else zipfile.ZIP_DEFLATED
            z.writestr(info, text)


def rels(*links):
    body = "".join(f'<Relationship Id="{i}" Type="{REL}/{t}" Target="{to}"{mode}/>' for i, t, to, mode in links)
    return XML + f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{body}</Relationships>'


def properties():
    core = XML + '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Supplier letter</dc:title><dc:creator>Jo Bloggs</dc:creator></cp:coreProperties>'
    custom = XML + f'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property fmtid="{{0}}" pid="2" name="{LABEL}_Enabled"><vt:lpwstr>true</vt:lpwstr></property><property fmtid="{{0}}" pid="3" name="{LABEL}_Name"><vt:lpwstr>Confidential</vt:lpwstr></property></Properties>'
    return [("docProps/core.xml", core), ("docProps/custom.xml", custom)]


def run(text, tag="w:t"):
    return f'<w:r><{tag} xml:space="preserve">{text}</{tag}></w:r>'


def docx():
    cell = lambda t: f"<w:tc><w:p>{run(t)}</w:p></w:tc>"
    row = lambda *c: "<w:tr>" + "".join(map(cell, c)) + "</w:tr>"
    box = lambda t: f"<wps:txbx><w:txbxContent><w:p>{run(t)}</w:p></w:txbxContent></wps:txbx>"
    body = (
        f"<w:p>{run('Card 4111')}{run(' 1111 11')}{run('11 1111')}</w:p>"
        f"<w:p><w:r><w:t>5555</w:t><w:noBreakHyphen/><w:t>5555</w:t><w:noBreakHyphen/><w:t>5555</w:t><w:noBreakHyphen/><w:t>4444</w:t><w:tab/><w:t>after a tab</w:t><w:br/><w:t>next line</w:t></w:r></w:p>"
        f"<w:p>{run('Account ')}<w:del>{run('66374958', 'w:delText')}</w:del><w:ins>{run('66374959')}</w:ins></w:p>"
        f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden words</w:t></w:r><w:r><w:fldChar w:fldCharType=\"begin\"/></w:r>{run(' HYPERLINK &quot;mailto:a.clerk@council.example&quot; ', 'w:instrText')}<w:r><w:fldChar w:fldCharType=\"end\"/></w:r></w:p>"
        f'<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1" descr="alternative text"/>{box("in a text box")}</wp:inline></w:drawing></mc:Choice><mc:Fallback><w:pict>{box("in a text box")}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>'
        f"<w:p>{run('Our suppliers')}</w:p><w:tbl>{row('Payee', 'Sort code', 'Account number')}{row('Acme Ltd', '08-99-99', '66374958')}{row('Bolt &amp; Co', '10-79-99', '88837491')}</w:tbl>"
    )
    part = lambda root, inner: XML + f"<w:{root} {W}>{inner}</w:{root}>"
    package("letter.docx", [
        ("[Content_Types].xml", XML + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
        ("_rels/.rels", rels(("rId1", "officeDocument", "word/document.xml", ""))),
        ("word/document.xml", part("document", f"<w:body>{body}</w:body>")),
        ("word/_rels/document.xml.rels", rels(("rId1", "hyperlink", "https://council.example/?ref=AB%2012", ' TargetMode="External"'))),
        ("word/header1.xml", part("hdr", f"<w:p>{run('OFFICIAL-SENSITIVE')}</w:p>")),
        ("word/comments.xml", part("comments", f'<w:comment w:id="1" w:author="Jo Bloggs"><w:p>{run("a comment")}</w:p></w:comment>')),
        ("word/footnotes.xml", part("footnotes", f'<w:footnote w:id="1"><w:p>{run("a footnote")}</w:p></w:footnote>')),
        ("word/styles.xml", part("styles", '<w:style w:styleId="Title"><w:name w:val="Title"/></w:style>')),
    ] + properties())


def xlsx():
    text = lambda ref, i: f'<c r="{ref}" t="s"><v>{i}</v></c>'
    sheet = lambda rows, more="": XML + f"<worksheet {S}><sheetData>{rows}</sheetData>{more}</worksheet>"
    strings = ["Suppliers", "Payee", "Sort code", "Account number", "Since", "Acme Ltd", "08-99-99", "text in no cell"]
    suppliers = (
        f'<row r="1">{text("A1", 0)}</row>'
        f'<row r="3">{text("A3", 1)}{text("B3", 2)}{text("C3", 3)}{text("D3", 4)}</row>'
        f'<row r="4">{text("A4", 5)}{text("B4", 6)}<c r="C4"><v>66374958</v></c><c r="D4" s="1"><v>44620</v></c></row>'
        '<row r="5"><c r="A5" t="inlineStr"><is><r><t>Bolt</t></r><r><t> &amp; Co</t></r></is></c><c r="B5" s="2"><v>107999</v></c><c r="C5" s="3"><v>88837491</v></c><c r="D5" s="1"><v>29221</v></c></row>'
        '<row r="6"><c r="A6" t="str"><f>"4111"&amp;"111111111111"</f></c><c r="C6"><v>4.111111111111111E+15</v></c></row>'
    )
    more = '<dataValidations><dataValidation prompt="Choose one"><formula1>"red,green"</formula1></dataValidation></dataValidations><headerFooter><oddHeader>&amp;L&amp;"Arial,Bold"&amp;12OFFICIAL-SENSITIVE</oddHeader></headerFooter>'
    package("suppliers.xlsx", [
        ("[Content_Types].xml", XML + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
        ("_rels/.rels", rels(("rId1", "officeDocument", "xl/workbook.xml", ""))),
        ("xl/workbook.xml", XML + f'<workbook {S}><sheets><sheet name="Suppliers" sheetId="1" r:id="rId1"/><sheet name="Old" sheetId="2" state="veryHidden" r:id="rId2"/></sheets><definedNames><definedName name="Rate">"AB123456C"</definedName></definedNames></workbook>'),
        ("xl/_rels/workbook.xml.rels", rels(("rId1", "worksheet", "worksheets/sheet1.xml", ""), ("rId2", "worksheet", "worksheets/sheet2.xml", ""))),
        ("xl/worksheets/sheet1.xml", sheet(suppliers, more)),
        ("xl/worksheets/sheet2.xml", sheet('<row r="9"><c r="B9" t="inlineStr"><is><t>very hidden</t></is></c></row>')),
        ("xl/worksheets/_rels/sheet1.xml.rels", rels(("rId1", "comments", "../comments1.xml", ""))),
        ("xl/comments1.xml", XML + f'<comments {S}><commentList><comment ref="B4"><text><r><t>a cell </t></r><r><t>comment</t></r></text></comment></commentList></comments>'),
        ("xl/sharedStrings.xml", XML + f"<sst {S}>" + "".join(f"<si><t>{s}</t></si>" for s in strings) + "</sst>"),
        ("xl/styles.xml", XML + f'<styleSheet {S}><numFmts><numFmt numFmtId="164" formatCode="00\\-00\\-00"/><numFmt numFmtId="165" formatCode="00000000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>'),
        ("xl/pivotCache/pivotCacheRecords1.xml", XML + f'<pivotCacheRecords {S}><r><s v="pivoted"/><n v="1.2345678E7"/></r></pivotCacheRecords>'),
    ] + properties())


def pptx():
    para = lambda t: "<a:p>" + "".join(f"<a:r><a:t>{x}</a:t></a:r>" for x in t) + "</a:p>"
    cell = lambda t: f"<a:tc><a:txBody>{para([t])}</a:txBody></a:tc>"
    table = "<a:tbl>" + "".join("<a:tr>" + "".join(map(cell, r)) + "</a:tr>" for r in (("Name", "NI number"), ("A Person", "QQ123456C"))) + "</a:tbl>"
    slide = lambda root, inner: XML + f"<p:{root} {P}><p:cSld><p:spTree>{inner}</p:spTree></p:cSld></p:{root}>"
    package("briefing.pptx", [
        ("[Content_Types].xml", XML + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
        ("_rels/.rels", rels(("rId1", "officeDocument", "ppt/presentation.xml", ""))),
        ("ppt/presentation.xml", XML + f'<p:presentation {P}><p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId id="257" r:id="rId1"/></p:sldIdLst></p:presentation>'),
        ("ppt/_rels/presentation.xml.rels", rels(("rId1", "slide", "slides/slide1.xml", ""), ("rId2", "slide", "slides/slide2.xml", ""))),
        ("ppt/slides/slide1.xml", slide("sld", para(["Shown ", "second"]) + table)),
        ("ppt/slides/slide2.xml", slide("sld", para(["Shown first, card 41", "11 1111 1111 1111"]))),
        ("ppt/notesSlides/notesSlide1.xml", slide("notes", para(["notes of the second"]))),
        ("ppt/notesSlides/_rels/notesSlide1.xml.rels", rels(("rId1", "slide", "../slides/slide1.xml", ""))),
    ])


ODF = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for p, n in (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("presentation", "presentation"), ("svg", "svg-compatible"), ("meta", "meta"), ("manifest", "manifest"))) + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'


def odf(name, kind, body, locked=()):
    entry = lambda p: f'<manifest:file-entry manifest:full-path="{p}">' + ("<manifest:encryption-data/>" if p in locked else "") + "</manifest:file-entry>"
    package(name, [
        ("mimetype", f"application/vnd.oasis.opendocument.{kind}"),
        ("content.xml", b"\x13" * 300 if "content.xml" in locked else XML + f"<office:document-content {ODF}><office:body>{body}</office:body></office:document-content>"),
        ("styles.xml", XML + f"<office:document-styles {ODF}><office:master-styles><text:p>a footer</text:p></office:master-styles></office:document-styles>"),
        ("meta.xml", XML + f'<office:document-meta {ODF}><office:meta><dc:title>Supplier letter</dc:title><meta:user-defined meta:name="{LABEL}_Name">Confidential</meta:user-defined></office:meta></office:document-meta>'),
        ("META-INF/manifest.xml", XML + f"<manifest:manifest {ODF}>" + "".join(map(entry, ("content.xml", "styles.xml", "meta.xml"))) + "</manifest:manifest>"),
    ])


def odt_body():
    row = lambda *c: "<table:table-row>" + "".join(f"<table:table-cell><text:p>{x}</text:p></table:table-cell>" for x in c) + "</table:table-row>"
    return (
        "<office:text><text:tracked-changes><text:changed-region><text:deletion><text:p>a deleted line</text:p></text:deletion></text:changed-region></text:tracked-changes>"
        "<text:h>Payments</text:h><text:p>Card 4111<text:s/>11<text:span>11</text:span>\n   1111 1111<text:tab/>tab<office:annotation><dc:creator>Jo Bloggs</dc:creator><text:p>a remark</text:p></office:annotation><text:line-break/>next</text:p>"
        '<text:p><text:a xlink:href="mailto:a.clerk@council.example">write</text:a><draw:frame><svg:desc>alternative text</svg:desc><draw:text-box><text:p>in a text box</text:p></draw:text-box></draw:frame></text:p>'
        f'<table:table table:name="T1">{row("Payee", "Sort code", "Account number")}{row("Acme Ltd", "08-99-99", "66374958")}</table:table></office:text>'
    )


def odfs():
    odf("letter.odt", "text", odt_body())
    odf("locked.odt", "text", "", locked=("content.xml",))
    number = '<table:table-cell office:value-type="float" office:value="4111111111111111"><text:p>4.11E+15</text:p></table:table-cell>'
    odf("suppliers.ods", "spreadsheet", '<office:spreadsheet><table:table table:name="Suppliers">'
        '<table:table-row table:number-rows-repeated="3"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>'
        '<table:table-row><table:table-cell table:number-columns-repeated="2"/><table:table-cell><text:p>Payee</text:p></table:table-cell><table:table-cell><text:p>Card number</text:p></table:table-cell></table:table-row>'
        f'<table:table-row><table:table-cell table:number-columns-repeated="2"/><table:table-cell><office:annotation><text:p>a remark</text:p></office:annotation><text:p>Acme Ltd</text:p></table:table-cell>{number}</table:table-row>'
        '</table:table></office:spreadsheet>')
    odf("briefing.odp", "presentation", '<office:presentation><draw:page draw:name="page1"><draw:frame><draw:text-box><text:p>first slide</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame><draw:text-box><text:p>its notes</text:p></draw:text-box></draw:frame></presentation:notes></draw:page><draw:page draw:name="page2"><draw:frame><draw:text-box><text:p>second slide</text:p></draw:text-box></draw:frame></draw:page></office:presentation>')
    with open(os.path.join(OUT, "letter.fodt"), "w", encoding="utf-8", newline="\n") as f:
        f.write(XML + f"<office:document {ODF}><office:meta><dc:title>Flat letter</dc:title></office:meta><office:body>{odt_body()}</office:body></office:document>")


def compound(name, streams):
    """A compound file of version 3 whose streams all lie in whole sectors."""
    sector, padded = 512, lambda b: b + bytes(-len(b) % 512)
    data = [(n, padded(b.ljust(4096, b"\0"))) for n, b in sorted(streams, key=lambda s: (len(s[0]), s[0].upper()))]
    directory = lambda n, kind, child, right, start, size: (n + "\0").encode("utf-16-le").ljust(64, b"\0") + struct.pack("<HBBIII16sIQQIQ", 2 * len(n) + 2, kind, 1, 0xFFFFFFFF, right, child, b"", 0, 0, 0, start, size)
    slots = -(-(1 + len(data)) // 4) * 4
    dirs, fat, at, body, entries = slots // 4, [0xFFFFFFFD], 1, b"", []
    fat += [i + 2 for i in range(dirs - 1)] + [0xFFFFFFFE]
    at += dirs
    for i, (n, b) in enumerate(data):
        count = len(b) // sector
        fat += [at + k + 1 for k in range(count - 1)] + [0xFFFFFFFE]
        entries.append(directory(n, 2, 0xFFFFFFFF, i + 2 if i + 1 < len(data) else 0xFFFFFFFF, at, len(b)))
        at += count
        body += b
    root = directory("Root Entry", 5, 1, 0xFFFFFFFF, 0xFFFFFFFE, 0)
    empty = bytes(64) + struct.pack("<HBBIII16sIQQIQ", 0, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, b"", 0, 0, 0, 0, 0)
    table = root + b"".join(entries) + empty * (slots - 1 - len(data))
    header = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + bytes(16) + struct.pack("<HHHHH6sIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", *([0] + [0xFFFFFFFF] * 108))
    fat += [0xFFFFFFFF] * (128 - len(fat))
    assert len(fat) == 128 and len(header) == 512
    with open(os.path.join(OUT, name), "wb") as f:
        f.write(header + struct.pack("<128I", *fat) + table + body)


def xls(name, locked=False):
    record = lambda kind, data: struct.pack("<HH", kind, len(data)) + data
    text = lambda s: struct.pack("<HB", len(s), 0) + s.encode("latin-1")
    strings = ["Payee", "Sort code", "Account number", "Acme Ltd", "08-99-99", "text in no cell"]
    bof, eof = record(0x0809, struct.pack("<HHHHII", 0x0600, 5, 0, 0, 0, 0)), record(0x000A, b"")
    sst = record(0x00FC, struct.pack("<II", 6, 6) + b"".join(map(text, strings)))
    xf = record(0x00E0, struct.pack("<HH16s", 0, 0, b"")) + record(0x00E0, struct.pack("<HH16s", 0, 14, b""))
    bound = lambda at: record(0x0085, struct.pack("<IHBB", at, 0, 9, 0) + b"Suppliers")
    lock = record(0x002F, struct.pack("<HHH", 0, 1, 2)) if locked else b""
    start = len(bof + lock + xf + bound(0) + sst + eof)
    label = lambda r, c, i: record(0x00FD, struct.pack("<HHHI", r, c, 0, i))
    sheet = bof + label(0, 0, 0) + label(0, 1, 1) + label(0, 2, 2) + label(1, 0, 3) + label(1, 1, 4)
    sheet += record(0x027E, struct.pack("<HHHI", 1, 2, 0, 66374958 << 2 & 0xFFFFFFFF | 2)) + record(0x0203, struct.pack("<HHHd", 1, 3, 1, 44620.0))
    sheet += record(0x0014, text("&LOFFICIAL-SENSITIVE")) + eof
    compound(name, [("Workbook", bof + lock + xf + bound(start) + sst + eof + sheet)])


def doc(name, flags=0x0200):
    narrow, wide = "Account 66374958\rCard 4111\x1e1111\x1e1111\x1e1111\r", "\x13 HYPERLINK \"mailto:a.clerk@council.example\" \x14write\x15 to us \u2013 soon\r"
    start = 1024
    stream = bytearray(start) + narrow.encode("cp1252") + wide.encode("utf-16-le")
    struct.pack_into("<HHH", stream, 0, 0xA5EC, 0x00C1, 0)
    struct.pack_into("<H", stream, 0x0A, flags)
    a, b = len(narrow), len(wide)
    plc = struct.pack("<III", 0, a, a + b) + struct.pack("<HIH", 0, start * 2 | 1 << 30, 0) + struct.pack("<HIH", 0, start + a, 0)
    clx = b"\x02" + struct.pack("<I", len(plc)) + plc
    struct.pack_into("<II", stream, 0x01A2, 0, len(clx))
    compound(name, [("1Table", clx), ("WordDocument", bytes(stream))])


def ppt(name):
    atom = lambda kind, data, instance=0: struct.pack("<HHI", instance << 4, kind, len(data)) + data
    holder = lambda kind, data: struct.pack("<HHI", 0x0F, kind, len(data)) + data
    slide = holder(0x03EE, atom(0x0FA0, "Sort code 08-99-99\rAccount 66374958".encode("utf-16-le"))) + holder(0x03EE, atom(0x0FA8, b"second slide"))
    compound(name, [("PowerPoint Document", slide)])


os.makedirs(OUT, exist_ok=True)
docx(), xlsx(), pptx(), odfs()
xls("suppliers.xls"), xls("locked.xls", locked=True)
doc("letter.doc"), doc("locked.doc", flags=0x0300)
ppt("briefing.ppt")
compound("locked.docx", [("EncryptedPackage", bytes(range(256)) * 16), ("EncryptionInfo", b"\x04\0\x04\0\x40\0\0\0")])
