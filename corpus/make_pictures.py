#!/usr/bin/env python3
"""Makes the samples of corpus/pictures: the same letter as a picture of each kind.

Needs Pillow and qrcode: python3 corpus/make_pictures.py
All people and numbers are invented or published test values."""
import io
import zlib
from pathlib import Path

import qrcode
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent / "pictures"
LINES = [
    "Dear Ms Featherby,",
    "please pay the invoice to",
    "Sort code: 08-99-99",
    "Account number: 66374958",
    "National Insurance number: CE 12 34 56 C",
    "Yours sincerely, Brian Rowbotham",
]
TABLE = [
    ["Employee", "NI number", "Sort code", "Account number"],
    ["Alex Naylor", "CE 12 34 56 C", "08-99-99", "66374958"],
]


def letter(size=30, ink=0, paper=255):
    font = ImageFont.load_default(size)
    page = Image.new("L", (size * 36, size * 18), paper)
    draw = ImageDraw.Draw(page)
    for row, line in enumerate(LINES):
        draw.text((size * 2, size * (1 + 1.7 * row)), line, ink, font)
    for row, cells in enumerate(TABLE):
        for column, cell in enumerate(cells):
            draw.text((size * (2 + 8.5 * column), size * (13 + 1.7 * row)), cell, ink, font)
    return page


def pdf(name, pictures, content):
    """A one-page document: the pictures are (dictionary, stream) pairs."""
    names = " ".join(f"/I{i} {5 + i} 0 R" for i in range(len(pictures)))
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        f"/Resources<</XObject<<{names}>>>>>>".encode(),
        f"<</Length {len(content)}>>stream\n{content}\nendstream".encode(),
    ]
    for entries, stream in pictures:
        head = f"<</Type/XObject/Subtype/Image{entries}/Length {len(stream)}>>stream\n"
        bodies.append(head.encode() + stream + b"\nendstream")
    out = io.BytesIO()
    out.write(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    table = out.tell()
    out.write(f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n".encode())
    for place in places:
        out.write(f"{place:010} 00000 n \n".encode())
    out.write(f"trailer<</Size {len(bodies) + 1}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n".encode())
    (HERE / name).write_bytes(out.getvalue())


def main():
    HERE.mkdir(exist_ok=True)
    page = letter()
    page.save(HERE / "letter.png")
    page.convert("RGB").save(HERE / "letter.jpg", quality=80)
    page.convert("RGB").save(HERE / "letter.webp", lossless=True)
    page.quantize(16).save(HERE / "letter.gif")
    letter(16).save(HERE / "screen.bmp")
    letter(30, 235, 30).rotate(90, expand=True).save(HERE / "turned.png")
    clear = Image.new("RGBA", page.size, (255, 255, 255, 0))
    clear.putalpha(page.point(lambda shade: 255 - shade))
    clear.save(HERE / "clear.png")
    blank = Image.new("1", page.size, 1)
    fax = page.convert("1")
    blank.save(HERE / "fax.tif", compression="group4", save_all=True, append_images=[fax])
    poster = letter()
    code = qrcode.make("Please pay sort code 08-99-99, account number 66374958.", box_size=4)
    poster.paste(code.get_image().convert("L"), (800, 60))
    poster.crop((780, 40, 1080, 360)).save(HERE / "code.png")
    # A scan: one JPEG over the page.
    stream = io.BytesIO()
    page.save(stream, "JPEG", quality=80)
    entries = f"/Width {page.width}/Height {page.height}/ColorSpace/DeviceGray/BitsPerComponent 8"
    width, height = 540, 540 * page.height // page.width
    pdf("scan.pdf", [(entries + "/Filter/DCTDecode", stream.getvalue())],
        f"q {width} 0 0 {height} 28 500 cm /I0 Do Q")
    # The same cut into strips through the middle of lines, packed in other ways, and the last
    # strip a mask through which ink is poured.
    strips, content = [], ""
    tall = 37
    tops = list(range(0, page.height, tall))
    for number, top in enumerate(tops):
        piece = page.crop((0, top, page.width, min(top + tall, page.height)))
        size = f"/Width {piece.width}/Height {piece.height}"
        if number == len(tops) - 3:
            mask = zlib.compress(piece.convert("1").tobytes())
            strips.append((size + "/ImageMask true/BitsPerComponent 1/Filter/FlateDecode", mask))
        else:
            entries = size + "/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode"
            strips.append((entries, zlib.compress(piece.tobytes())))
        scale = 540 / page.width
        y = 770 - (top + piece.height) * scale
        content += f"q {540} 0 0 {piece.height * scale:.3f} 28 {y:.3f} cm /I{number} Do Q\n"
    pdf("strips.pdf", strips, content)


main()
