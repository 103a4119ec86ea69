#!/usr/bin/env python3
"""Makes the samples of corpus/formats/volume: small disk images, packed with gzip.

Needs dosfstools, mtools, exfatprogs, ntfs-3g, e2fsprogs and gdisk, none of which mounts anything:
    python3 corpus/formats/make_volumes.py
All values are synthetic: published test numbers and made-up names."""
import gzip
import os
import struct
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent / "volume"
LETTER = b"Please pay sort code 08-99-99, account number 66374958.\r\n"
CARD = b"Name,Card number\r\nJo Bloggs,4111 1111 1111 1111\r\n"
OLD = b"Deleted, not gone: card number 4539 5787 6362 1486\r\n"


def run(*command, data=None):
    environment = dict(os.environ, MTOOLS_SKIP_CHECK="1", SOURCE_DATE_EPOCH="1700000000")
    subprocess.run([str(c) for c in command], check=True, input=data, env=environment,
                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def blank(path, size):
    path.write_bytes(b"")
    os.truncate(path, size)


def keep(path, name):
    packed = gzip.compress(path.read_bytes(), 9, mtime=0)
    (HERE / f"{name}.gz").write_bytes(packed)


def fat(folder, name, size, *options):
    image, letter, card, old = (folder / n for n in (name, "l", "c", "o"))
    letter.write_bytes(LETTER)
    card.write_bytes(CARD)
    old.write_bytes(OLD)
    blank(image, size)
    run("mkfs.vfat", "-i", "12345678", "-n", "USBSTICK", *options, image)
    run("mmd", "-i", image, "::Office")
    run("mcopy", "-i", image, letter, "::Office/Letter to the bank.txt")
    run("mcopy", "-i", image, old, "::old account.txt")
    run("mcopy", "-i", image, card, "::CARDS.CSV")
    run("mdel", "-i", image, "::old account.txt")
    return image


def exfat(folder):
    """Files are entered by hand: no tool writes into an exFAT image that is not mounted."""
    image = folder / "exfat.img"
    blank(image, 2 << 20)
    run("mkfs.exfat", "-b", "64K", "-c", "4K", "-L", "CARD", image)
    raw = bytearray(image.read_bytes())
    sector = 1 << raw[108]
    cluster = sector << raw[109]
    heap = struct.unpack_from("<I", raw, 88)[0] * sector
    root = struct.unpack_from("<I", raw, 96)[0]
    bitmap = next(struct.unpack_from("<I", raw, heap + (root - 2) * cluster + i)[0]
                  for i in range(0, cluster, 32) if raw[heap + (root - 2) * cluster + i] == 0x81)
    at = heap + (root - 2) * cluster
    at = next(i for i in range(at, at + cluster, 32) if raw[i] == 0)
    for number, (name, data, live) in enumerate(
            [("Letter to the bank.txt", LETTER, True), ("old account.txt", OLD, False)]):
        first = root + 10 + number
        wide = name.encode("utf-16-le")
        pieces = [wide[i:i + 30] for i in range(0, len(wide), 30)]
        used = 0x80 if live else 0
        entry = struct.pack("<BBHH", 0x05 | used, 1 + len(pieces), 0, 0x20).ljust(32, b"\0")
        entry += struct.pack("<BBBBHHQIIQ", 0x40 | used, 3, 0, len(name), 0, 0, len(data), 0, first,
                             len(data))
        for piece in pieces:
            entry += bytes([0x41 | used, 0]) + piece.ljust(30, b"\0")
        raw[at:at + len(entry)] = entry
        at += len(entry)
        start = heap + (first - 2) * cluster
        raw[start:start + len(data)] = data
        if live:
            raw[heap + (bitmap - 2) * cluster + (first - 2) // 8] |= 1 << (first - 2) % 8
    image.write_bytes(raw)
    return image


def ntfs(folder):
    image, letter = folder / "ntfs.img", folder / "letter"
    blank(image, 2 << 20)
    run("mkntfs", "-F", "-q", "-s", "512", "-p", "0", "-H", "16", "-S", "63", "-L", "USB", image)
    letter.write_bytes(LETTER)
    run("ntfscp", image, letter, "Letter to the bank.txt")
    run("ntfscp", "-N", "hidden", image, letter, "Letter to the bank.txt")
    letter.write_bytes(CARD + b"-,-\r\n" * 1000)
    run("ntfscp", image, letter, "cards.csv")
    return image


def ext(folder, kind):
    image, tree = folder / f"{kind}.img", folder / f"{kind}.tree"
    (tree / "Office").mkdir(parents=True)
    (tree / "Office/letter.txt").write_bytes(LETTER)
    (tree / "cards.csv").write_bytes(CARD + b"-,-\r\n" * 10000)
    (tree / "old.txt").write_bytes(OLD * 3)
    (tree / "link").symlink_to("/home/j.bloggs@council.example")
    blank(image, 1 << 20)
    options = ["-O", "inline_data", "-I", "256"] if kind == "ext4" else []
    run("mke2fs", "-q", "-t", kind, *options, "-U", "00000000-0000-0000-0000-000000000001",
        "-E", "hash_seed=00000000-0000-0000-0000-000000000002", "-L", "DATA", "-d", tree, image)
    run("debugfs", "-w", "-R", "rm old.txt", image)
    return image


def disk(folder, name, parts, gpt):
    """A disk whose partitions begin at whole megabytes."""
    image = folder / name
    blank(image, (3 + sum(-(-p.stat().st_size >> 20) for p in parts)) << 20)
    at, plan = 1, []
    for part in parts:
        size = -(-part.stat().st_size >> 20)
        plan.append((at, size))
        at += size + (0 if gpt else 1)
    if gpt:
        for number, (start, size) in enumerate(plan, 1):
            run("sgdisk", "-a", "1", "-n", f"{number}:{start << 11}:{((start + size) << 11) - 1}",
                "-c", f"{number}:data for j.bloggs@council.example", image)
    else:
        # The second one stands inside an extended partition.
        lines = ["label: dos", f"start={plan[0][0] << 11}, size={plan[0][1] << 11}, type=c"]
        start, size = plan[1]
        lines += [f"start={(start << 11) - 2048}, size={(size << 11) + 2048}, type=5",
                  f"start={start << 11}, size={size << 11}, type=83"]
        run("sfdisk", image, data="\n".join(lines).encode())
    with image.open("r+b") as out:
        for part, (start, _) in zip(parts, plan):
            out.seek(start << 20)
            out.write(part.read_bytes())
    return image


def main():
    HERE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        fat12 = fat(folder, "fat12.img", 160 << 10, "-F", "12")
        keep(fat12, "fat12.img")
        keep(fat(folder, "fat32.img", 34 << 20, "-F", "32"), "fat32.img")
        keep(exfat(folder), "exfat.img")
        keep(ntfs(folder), "ntfs.img")
        ext2, ext4 = ext(folder, "ext2"), ext(folder, "ext4")
        keep(ext2, "ext2.img")
        keep(ext4, "ext4.img")
        keep(disk(folder, "gpt.img", [fat12, ext4], True), "gpt.img")
        keep(disk(folder, "mbr.img", [fat12, ext2], False), "mbr.img")


if __name__ == "__main__":
    main()
