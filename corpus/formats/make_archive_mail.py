#!/usr/bin/env python3
"""Makes the samples of archives and mail in corpus/formats. All people and numbers are invented.

Python's standard library only, and the same bytes each time.
usage: python3 corpus/formats/make_archive_mail.py
"""

import base64
import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

HERE = Path(__file__).parent
DATE = (2026, 11, 2, 9, 30, 0)
NOTE = b"Card number: 4539 5787 6362 1486\n"
BANK = b"Sort code 08-99-99, account 66374958\n"


def write(name, data):
    (HERE / name).write_bytes(data)


def zip_of(entries, comment=b"", **options):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **options) as z:
        for name, data, method in entries:
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = method
            z.writestr(info, data)
        z.comment = comment
    return out.getvalue()


def archives():
    inner = zip_of([("deep/bank.txt", BANK, zipfile.ZIP_DEFLATED)])
    methods = zip_of(
        [
            ("folder/", b"", zipfile.ZIP_STORED),
            ("folder/stored.txt", NOTE, zipfile.ZIP_STORED),
            ("deflated.txt", BANK, zipfile.ZIP_DEFLATED),
            ("bzip2.txt", NOTE, zipfile.ZIP_BZIP2),
            ("lzma.txt", BANK, zipfile.ZIP_LZMA),
            ("inner.zip", inner, zipfile.ZIP_STORED),
        ],
        comment=b"for the payroll office",
    )
    write("archive/methods.zip", methods)
    # A program in front, as in archives that unpack themselves; bytes behind, as somebody adds them.
    write("archive/selfextract.exe", b"MZ" + bytes(200) + methods + b"appended: account 12345678\n")
    # The directory is cut off, with half of the last entry.
    plain = zip_of([("one.txt", NOTE, zipfile.ZIP_DEFLATED), ("two.txt", BANK * 9, zipfile.ZIP_DEFLATED)])
    write("archive/cut.zip", plain[: plain.rindex(b"PK\x01\x02") - 90])
    # One entry is marked as encrypted and cannot be read, one has a checksum that is wrong; the third is fine.
    mixed = bytearray(zip_of([(n, NOTE, zipfile.ZIP_STORED) for n in ("locked.txt", "broken.txt", "fine.txt")]))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        mixed[mixed.index(signature) + flags] |= 1
    at = mixed.index(b"locked.txt") + 10
    mixed[at : at + len(NOTE)] = bytes(b ^ 0xA5 for b in NOTE)
    at = mixed.index(b"broken.txt")
    mixed[at + 10 + 20] ^= 1
    write("archive/mixed.zip", bytes(mixed))
    # Written to a pipe: sizes stand behind the data, and the directory is missing.
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(BANK) + packer.flush()
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 8, 8, 0, 0x5C62, 0, 0, 0, 8, 0) + b"pipe.txt"
    tail = struct.pack("<4s3I", b"PK\x07\x08", zlib.crc32(BANK), len(body), len(BANK))
    write("archive/piped.zip", head + body + tail)
    names = zip_of([(n, NOTE, zipfile.ZIP_STORED) for n in ("../up.txt", "a\u202etxt.exe", "C:\\x.txt")])
    write("archive/names.zip", names)

    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as t:
        def add(name, data=b"", kind=tarfile.REGTYPE, link=""):
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(data), kind, link
            t.addfile(info, io.BytesIO(data))

        add("minutes/" + "long-" * 30 + "name.txt", NOTE)
        add("link", kind=tarfile.SYMTYPE, link="minutes/elsewhere.txt")
        add("device", kind=tarfile.CHRTYPE)
        add("bank.txt", BANK)
    tar = out.getvalue()
    write("archive/gnu.tar", tar)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        info = tarfile.TarInfo("caf\u00e9/" + "x" * 120 + ".txt")
        info.size, info.pax_headers = len(NOTE), {"comment": "account 66374958"}
        t.addfile(info, io.BytesIO(NOTE))
    pax = out.getvalue()
    write("archive/pax.tar", pax)
    # A header with a wrong checksum between two good ones; then the end is missing.
    damaged = bytearray(tar.rstrip(b"\0"))
    at = damaged.index(b"device")
    damaged[at] ^= 1
    write("archive/damaged.tar", bytes(damaged) + b"\0" * (-len(damaged) % 512))

    member = gzip.GzipFile(filename="bank.txt", mode="wb", fileobj=(first := io.BytesIO()), mtime=0)
    member.write(BANK)
    member.close()
    write("archive/two.gz", first.getvalue() + gzip.compress(NOTE, mtime=0) + b"trailing text 4539578763621486")
    write("archive/box.tar.bz2", bz2.compress(pax) + bz2.compress(b""))
    write("archive/note.txt.xz", lzma.compress(NOTE) + lzma.compress(BANK))
    write("archive/note.txt.lzma", lzma.compress(NOTE, format=lzma.FORMAT_ALONE))
    # Zstandard by hand: a skippable frame, then a frame with one raw block.
    raw = struct.pack("<I", (len(NOTE) << 3) | 1)[:3] + NOTE
    write("archive/note.txt.zst", b"\x50\x2a\x4d\x18\x04\0\0\0skip" + b"\x28\xb5\x2f\xfd\x20" + bytes([len(NOTE)]) + raw)
    write("archive/vault.yml", b"$ANSIBLE_VAULT;1.1;AES256\n" + b"6162636465666768" * 5 + b"\n")
    sealed = base64.encodebytes(b"\x8c\x0d\x04\x09\x03\x02" + bytes(range(60)))
    write("archive/message.asc", b"-----BEGIN PGP MESSAGE-----\n\n" + sealed + b"-----END PGP MESSAGE-----\nkind regards\n")


def mail():
    b64 = lambda data: base64.encodebytes(data).replace(b"\n", b"\r\n")
    offer = zip_of([("prices.csv", b"name,account\nAcme,66374958\n", zipfile.ZIP_DEFLATED)])
    lines = [
        b"Received: from mx.example (mx.example [192.0.2.1]) by in.example; Mon, 2 Nov 2026 09:30:00 +0000",
        b"From: =?utf-8?B?" + base64.b64encode("Zo\u00eb Ackroyd".encode()) + b"?= <zoe@council.example>",
        b"To: Finance <finance@council.example>,\r\n Payroll <payroll@council.example>",
        b"Subject: =?iso-8859-1?Q?New_details_=A3?=\r\n =?iso-8859-1?Q?500?=",
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/mixed; boundary="outer"',
        b"",
        b"text before the parts: account 12345678",
        b"--outer",
        b"Content-Type: multipart/alternative; boundary=inner",
        b"",
        b"--inner",
        b"Content-Type: text/plain; charset=iso-8859-1",
        b"Content-Transfer-Encoding: quoted-printable",
        b"",
        b"Sort code 08-99-9=\r\n9, account =\r\n66374958, caf=E9",
        b"--inner",
        b"Content-Type: text/html; charset=utf-8",
        b"",
        b"<p>Sort code <b>08-99-99</b></p>",
        b"--inner--",
        b"--outer",
        b"Content-Type: application/zip",
        b"Content-Disposition: attachment; filename*0*=utf-8''off; filename*1=er.zip",
        b"Content-Transfer-Encoding: base64",
        b"",
        b64(offer) + b"--outer",
        b"Content-Type: message/rfc822",
        b"",
        b"From: a@b.example\r\nSubject: inside\r\nDate: Mon, 2 Nov 2026 09:30:00 +0000\r\n\r\n" + NOTE,
        b"--outer",
        b"Content-Type: text/plain",
        b"Content-Transfer-Encoding: base64",
        b"",
        b"U29y!!dCBjb2Rl",
        b"--outer--",
        b"text behind the parts: 4539 5787 6362 1486",
        b"",
    ]
    message = b"\r\n".join(lines)
    write("mail/parts.eml", message)
    unwrapped = b"From: a@b.example\r\nTo: c@d.example\r\nSubject: wrapped\r\n"
    flowed = b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nCard 45395787 \r\n63621486\r\n"
    write("mail/flowed.eml", unwrapped + flowed)
    uu = b"begin 644 card.txt\n" + b"".join(
        __import__("binascii").b2a_uu(NOTE[i : i + 45]) for i in range(0, len(NOTE), 45)
    ) + b"`\nend\n"
    write("mail/uuencoded.eml", b"From: a@b.example\nSubject: old\nDate: 1 Jan 1996\n\nsee below\n" + uu + b"bye\n")
    write("mail/returns.eml", b"From: a@b.example\rSubject: old Mac\r\rCard 4539578763621486\r")
    enveloped = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80" + bytes(range(200))
    write(
        "mail/enveloped.eml",
        b"From: a@b.example\nSubject: sealed\nMIME-Version: 1.0\n"
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(enveloped),
    )
    entity = b"Content-Type: text/plain\r\n\r\n" + BANK
    octets = b"\x24\x80\x04" + bytes([len(entity)]) + entity + b"\0\0"
    signed = (
        b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80"
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80" + octets + b"\0\0" * 5
    )
    write(
        "mail/signed.eml",
        b"From: a@b.example\nSubject: signed\nMIME-Version: 1.0\n"
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n"
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(signed),
    )
    write(
        "mail/pointers.eml",
        b"From: a@b.example\nSubject: elsewhere\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n"
        b"--x\nContent-Type: message/external-body; access-type=URL; URL=\"http://x.example/a\"\n\n"
        b"Content-Type: text/plain\n\n"
        b"--x\nContent-Type: message/partial; id=p; number=1; total=2\n\nthe first half\n--x--\n",
    )
    box = b"".join(
        [
            b"From zoe@council.example Mon Nov  2 09:30:00 2026\n",
            b"Subject: first\nFrom: zoe@council.example\n\n>From here on it is a quote.\n",
            b"From nobody in particular, as text does.\n\n",
            b"From - Mon Nov 02 09:31:00 2026\n",
            message.replace(b"\r\n", b"\n"),
            b"\n\nFrom b@c.example Mon Nov  2 09:32:00 2026\nSubject: last\nFrom: b@c.example\n\n",
            NOTE,
        ]
    )
    write("mail/box.mbox", box)


archives()
mail()
