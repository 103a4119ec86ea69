"""Makes the cabinet sample of this folder anew: one stored folder, one MSZIP folder of two blocks."""
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).parent
LETTER = b"Dear Sir,\nplease pay to sort code 08-99-99, account number 66374958.\n"
CARDS = b"Name,Card number\nJo Bloggs,4111 1111 1111 1111\n"
LONG = b"".join(b"line %d of the minutes; %d in favour\n" % (i, i * 7919 % 1009) for i in range(1000))
LONG += b"At the end: card 5555 5555 5555 4444\n"


def checksum(data):
    whole = len(data) // 4 * 4
    total = int.from_bytes(data[whole:], "big")
    for at in range(0, whole, 4):
        total ^= int.from_bytes(data[at:at + 4], "little")
    return total


def block(packed, size):
    sizes = struct.pack("<HH", len(packed), size)
    return struct.pack("<I", checksum(packed) ^ checksum(sizes)) + sizes + packed


def stored(data):
    return [block(data, len(data))]


def mszip(data):
    blocks, before = [], None
    for at in range(0, len(data), 32768):
        piece = data[at:at + 32768]
        packer = zlib.compressobj(9, zlib.DEFLATED, -15, **({"zdict": before} if before else {}))
        blocks.append(block(b"CK" + packer.compress(piece) + packer.flush(), len(piece)))
        before = piece
    return blocks


def main():
    folders = [(0, stored(LETTER), [(b"letter.txt", LETTER)]),
               (1, mszip(CARDS + LONG), [(b"office\\cards.csv", CARDS), (b"office\\minutes.txt", LONG)])]
    names, count = b"", 0
    for i, (_, _, files) in enumerate(folders):
        at = 0
        for name, data in files:
            names += struct.pack("<IIHHHH", len(data), at, i, 0x5b62, 0x4800, 0x20) + name + b"\0"
            at += len(data)
            count += 1
    first_file = 36 + 8 * len(folders)
    at = first_file + len(names)
    table, data = b"", b""
    for method, blocks, _ in folders:
        table += struct.pack("<IHH", at + len(data), len(blocks), method)
        data += b"".join(blocks)
    size = at + len(data)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, first_file, 0, 3, 1,
                       len(folders), count, 0, 0x1234, 0)
    (HERE / "office.cab").write_bytes(head + table + names + data)


main()
