#!/usr/bin/env python3
"""What reading documents costs beside other readers, on the same files.

usage: extract_speed.py FOLDER --dlpscan target/release/dlpscan [--rounds 3]

dlpscan reads, scans with all its detectors and writes a report; the others read only. It runs
without its sandbox and on one thread, so that all its CPU time is seen, and does not read pictures.
Programs are started once a file, as their users do it, libraries once for all files of a kind. CPU seconds are
user and system time of all processes, the least of the rounds; wall time is of the same round and
means little on a busy machine. A reader that is not installed is left out.

Readers: pdftotext antiword catdoc catppt xls2csv docx2txt odt2txt unrtf (Debian: poppler-utils
antiword catdoc docx2txt odt2txt unrtf); from PyPI markitdown, python-docx, openpyxl, python-pptx,
extract-msg; Python's own email."""
import argparse
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import time

# In a child of its own: the file names come on standard input.
LIBRARIES = {
    "markitdown": "import markitdown; m = markitdown.MarkItDown()\ndef read(f): m.convert(f).text_content",
    "docx": "import docx\ndef read(f): [p.text for p in docx.Document(f).paragraphs]",
    "openpyxl": "import openpyxl\ndef read(f): [r for s in openpyxl.load_workbook(f, read_only=True).worksheets for r in s.iter_rows(values_only=True)]",
    "pptx": "import pptx\ndef read(f): [s.text_frame.text for p in pptx.Presentation(f).slides for s in p.shapes if s.has_text_frame]",
    "extract_msg": "import extract_msg\ndef read(f): extract_msg.openMsg(f).body",
    "email": "import email, email.policy\ndef read(f): [p.get_content() for p in email.message_from_binary_file(open(f, 'rb'), policy=email.policy.default).walk() if p.get_content_type() == 'text/plain']",
}
DRIVER = """
import sys, warnings, logging
warnings.simplefilter('ignore'); logging.disable(50)
{code}
failed = 0
for name in sys.stdin.read().split('\\0'):
    try: read(name)
    except (Exception, SystemExit): failed += 1
sys.stderr.write(f'failed {{failed}}')
"""
KINDS = {
    "pdf": ["pdftotext", "markitdown"], "docx": ["docx2txt", "docx", "markitdown"],
    "xlsx": ["openpyxl", "markitdown"], "pptx": ["pptx", "markitdown"],
    "doc": ["antiword", "catdoc"], "xls": ["xls2csv", "markitdown"], "ppt": ["catppt"],
    "odt": ["odt2txt"], "rtf": ["unrtf"], "msg": ["extract_msg", "markitdown"], "eml": ["email"],
}
OUT = {"pdftotext": ["-"], "docx2txt": ["-"]}


def cost(work):
    def used():
        both = resource.getrusage(resource.RUSAGE_CHILDREN)
        return both.ru_utime + both.ru_stime
    before, start = used(), time.monotonic()
    failed = work()
    return used() - before, time.monotonic() - start, failed


def program(name, files):
    failed = 0
    for file in files:
        try:
            done = subprocess.run([name, file, *OUT.get(name, [])], capture_output=True, timeout=60)
            failed += done.returncode != 0
        except subprocess.TimeoutExpired:
            failed += 1
    return failed


def library(name, files):
    code = DRIVER.format(code=LIBRARIES[name])
    done = subprocess.run([sys.executable, "-c", code], input="\0".join(files).encode(),
                          capture_output=True, timeout=600)
    return int(done.stderr.rsplit(b"failed ", 1)[-1] or b"0") if b"failed " in done.stderr else len(files)


def scan(dlpscan, files):
    flags = ["--threads", "1", "--no-sandbox", "--format", "jsonl"]
    if b"--ocr" in subprocess.run([dlpscan, "scan", "--help"], capture_output=True).stdout:
        flags += ["--ocr", "off"]
    done = subprocess.run([dlpscan, "scan", *flags, *files], capture_output=True)
    return 0 if done.returncode in (0, 1, 3, 4) else len(files)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folder")
    ap.add_argument("--dlpscan", default="target/release/dlpscan")
    ap.add_argument("--rounds", type=int, default=3)
    args = ap.parse_args()
    found = {}
    for folder, _, names in os.walk(args.folder):
        for name in sorted(names):
            kind = name.rsplit(".", 1)[-1].lower()
            if kind in KINDS:
                found.setdefault(kind, []).append(os.path.join(folder, name))
    print("| kind | files | MB | reader | CPU s | wall s | gave up on | MB a CPU second |")
    print("|---|--:|--:|---|--:|--:|--:|--:|")
    for kind, others in KINDS.items():
        files = found.get(kind, [])
        if not files:
            continue
        size = sum(map(os.path.getsize, files)) / 1e6
        readers = [("dlpscan", lambda: scan(args.dlpscan, files))]
        for name in others:
            if name in LIBRARIES and importlib.util.find_spec(name):
                readers.append((name, lambda name=name: library(name, files)))
            elif shutil.which(name):
                readers.append((name, lambda name=name: program(name, files)))
        for name, work in readers:
            cpu, wall, failed = min(cost(work) for _ in range(args.rounds))
            print(f"| {kind} | {len(files)} | {size:.1f} | {name} | {cpu:.2f} | {wall:.2f} | {failed} "
                  f"| {size / max(cpu, 1e-3):.1f} |", flush=True)


if __name__ == "__main__":
    main()
