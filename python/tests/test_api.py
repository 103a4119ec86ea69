"""Files, folders, policies, redaction, explanations, and what goes wrong around them."""

import copy
import json
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import dlpscan
import pytest

PAIR = "Please pay sort code 08-99-99, account number 66374958."
NINO = "National Insurance number: AB 12 34 56 C"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(PAIR)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "c.txt").write_text("The bonfire is lit at 7 pm.")
    (tmp_path / "locked.zip").write_bytes(b"PK\x03\x04 not what it says")
    return tmp_path


@pytest.mark.parametrize("isolated", [True, False])
def test_a_folder_gives_an_outcome_for_each_file_in_order(folder: Path, isolated: bool) -> None:
    scanner = dlpscan.Scanner(isolated=isolated)
    outcomes = list(scanner.scan_paths([folder]))
    assert [Path(o.name).name for o in outcomes] == ["a.txt", "c.txt", "locked.zip"]
    assert [o.found for o in outcomes] == [1, 0, 0]
    assert [o.clean for o in outcomes] == [False, True, False]
    assert outcomes[2].reasons


def test_isolated_or_not_the_answer_is_the_same(folder: Path) -> None:
    here = dlpscan.Scanner(isolated=False)
    apart = dlpscan.Scanner(isolated=True)
    both = [[o.to_dict() for o in s.scan_paths([folder])] for s in (here, apart)]
    assert both[0] == both[1]
    data = (folder / "locked.zip").read_bytes()
    assert here.scan(data).to_dict() == apart.scan(data).to_dict()


def test_patterns_choose_files(folder: Path) -> None:
    scanner = dlpscan.Scanner()
    names = [Path(o.name).name for o in scanner.scan_paths([folder], include=["a.*"]) if o.bytes]
    assert names == ["a.txt"]
    with pytest.raises(dlpscan.SetupError, match="cannot be understood"):
        list(scanner.scan_paths([folder], exclude=["[a"]))


def test_one_file_is_one_outcome(folder: Path) -> None:
    outcome = dlpscan.scan_file(folder / "a.txt")
    (finding,) = outcome.findings
    assert (outcome.origin, outcome.bytes) == ("file", len(PAIR))
    assert PAIR.encode()[finding.start_byte : finding.end_byte].startswith(b"08-99-99")


def test_a_path_that_is_not_there_or_is_a_folder_is_the_usual_error(folder: Path) -> None:
    with pytest.raises(FileNotFoundError):
        dlpscan.scan_file(folder / "nothing")
    with pytest.raises(FileNotFoundError):
        dlpscan.scan_paths([folder / "a.txt", folder / "nothing"])
    with pytest.raises(IsADirectoryError, match="scan_paths"):
        dlpscan.scan_file(folder)


def test_relative_paths_and_names_that_are_not_text_are_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    odd = os.fsdecode(b"caf\xe9.txt")
    Path(odd).write_text(PAIR)
    outcome = dlpscan.scan_file(odd)
    assert outcome.found == 1
    assert outcome.name == "caf\\xE9.txt"


def test_a_child_that_dies_is_an_error_and_the_next_question_is_answered(folder: Path) -> None:
    scanner = dlpscan.Scanner()
    assert scanner.scan_file(folder / "a.txt").found == 1
    children = scanner._children
    assert children is not None
    (child,) = children._idle
    child.process.kill()
    child.process.wait()
    with pytest.raises(dlpscan.ChildError):
        scanner.scan(b"bytes")
    assert scanner.scan_file(folder / "a.txt").found == 1


def test_a_run_that_is_left_half_way_ends_its_child(folder: Path) -> None:
    scanner = dlpscan.Scanner()
    run = scanner.scan_paths([folder])
    next(run)
    # The same scanner can be asked meanwhile.
    assert scanner.scan(b"nothing here").clean
    del run
    assert len(list(scanner.scan_paths([folder]))) == 3


def test_the_policy_gives_a_verdict() -> None:
    policy = dlpscan.Policy.builtin("default")
    assert policy.rules and all(rule.id and rule.action for rule in policy.rules)
    scanner = dlpscan.Scanner(policy=policy)
    verdict = scanner.scan(PAIR).verdict
    assert verdict is not None and verdict.action == "block"
    assert "default.bank" in verdict.rules
    assert dlpscan.scan(PAIR).verdict is None


def test_a_wrong_policy_is_said_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[rule]]\nid = "a"\nwhen = { detector = "gb-ninoo" }\nthen = "block"\n')
    with pytest.raises(dlpscan.SetupError, match=r"mine\.toml:2: .*gb-ninoo"):
        dlpscan.Policy.load(path)
    with pytest.raises(dlpscan.SetupError, match="no policy called"):
        dlpscan.Policy.builtin("council-of-elrond")


def test_what_is_wrong_with_a_scanner_is_said_when_it_is_made(tmp_path: Path) -> None:
    wrong = tmp_path / "own.toml"
    wrong.write_text("[[detector]]\nid = 1\n")
    for setup, words in [
        ({"enable": ["gb-ninoo"]}, "no detector called"),
        ({"limits": {"secnods": 1}}, "unknown field `secnods`"),
        ({"limits": {"seconds": "soon"}}, "invalid type"),
        ({"detectors": [wrong]}, "own.toml"),
        ({"key": b"short"}, "at least 16 bytes"),
    ]:
        with pytest.raises(dlpscan.SetupError, match=words):
            dlpscan.Scanner(**setup)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        dlpscan.Scanner(detectors=[tmp_path / "nothing.toml"])


def test_wrong_types_are_type_errors() -> None:
    for call in (
        lambda: dlpscan.scan(5),  # type: ignore[arg-type]
        lambda: dlpscan.scan(None),  # type: ignore[arg-type]
        lambda: dlpscan.redact(b"bytes"),  # type: ignore[arg-type]
        lambda: dlpscan.explain(b"bytes"),  # type: ignore[arg-type]
        lambda: dlpscan.scan_paths("a.txt"),
        lambda: dlpscan.Scanner(enable="gb-nino"),
    ):
        with pytest.raises(TypeError):
            call()


def test_surrogates_and_nothing_at_all_are_scanned() -> None:
    text = "\ud800 " + PAIR + " \udfff"
    (finding,) = dlpscan.scan(text).findings
    assert text[finding.start : finding.end].startswith("08-99-99")
    assert dlpscan.scan("").clean
    assert dlpscan.scan(b"").clean
    assert dlpscan.scan(memoryview(PAIR.encode())).found == 1
    assert dlpscan.scan(bytearray(PAIR.encode())).found == 1


def test_redacted_text_holds_nothing_that_was_found() -> None:
    text = f"Hello. ☕ {PAIR}\n{NINO}\nRegards"
    redacted = dlpscan.redact(text)
    assert not redacted.left
    assert "66374958" not in redacted.text and "AB 12 34 56 C" not in redacted.text
    assert redacted.text.startswith("Hello. ☕ ") and redacted.text.endswith("Regards")
    assert str(redacted) == redacted.text
    assert dlpscan.scan(redacted.text).found == 0
    assert "***" in dlpscan.redact(text, mark="{masked}").text


def test_explanations_say_what_was_found_and_what_was_not() -> None:
    text = f"☕ {PAIR} Card 4111 1111 1111 1112"
    explanations = dlpscan.explain(text)
    found = [e for e in explanations if e.found]
    assert any(e.detector == "gb-sort-code-account" for e in found)
    assert all(e.why.startswith("not found") for e in explanations if not e.found)
    for each in explanations:
        assert text[each.start : each.end].strip()
        assert each.secret is None
    assert dlpscan.explain(PAIR, reveal=True)[0].secret


def test_a_key_gives_the_same_value_the_same_fingerprint() -> None:
    one = dlpscan.Scanner(key=b"0123456789abcdef").scan(PAIR).findings[0].fingerprint
    again = dlpscan.Scanner(key=b"0123456789abcdef").scan("x " + PAIR).findings[0].fingerprint
    other = dlpscan.Scanner(key=b"fedcba9876543210").scan(PAIR).findings[0].fingerprint
    assert one and one == again and one != other
    assert dlpscan.scan(PAIR).findings[0].fingerprint is None


def test_findings_past_the_limit_are_counted() -> None:
    text = "\n".join([PAIR] * 20)
    outcome = dlpscan.Scanner(limits={"findings": 3}).scan(text)
    assert (len(outcome.findings), outcome.found) == (3, 20)
    assert [reason.reason for reason in outcome.reasons] == ["limit-count"]
    assert not outcome.clean


def test_everything_survives_pickling_and_copying() -> None:
    scanner = dlpscan.Scanner(level="medium", policy=dlpscan.Policy.builtin("default"))
    outcome = scanner.scan(PAIR)
    for value in (outcome, outcome.findings[0], dlpscan.Policy.builtin("default")):
        assert pickle.loads(pickle.dumps(value)) == value
        assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(scanner)).scan(PAIR) == outcome


def test_what_is_given_back_cannot_be_changed() -> None:
    outcome = dlpscan.scan(PAIR)
    for value, name in ((outcome, "found"), (outcome.findings[0], "masked")):
        with pytest.raises(AttributeError):
            setattr(value, name, 0)


def test_a_scanner_works_on_after_a_fork(folder: Path) -> None:
    scanner = dlpscan.Scanner()
    before = scanner.scan_file(folder / "a.txt").to_dict()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            same = scanner.scan_file(folder / "a.txt").to_dict() == before
            os.write(write, b"same" if same and scanner.scan(PAIR).found == 1 else b"other")
            code = 0
        finally:
            os._exit(code)
    os.close(write)
    assert os.read(read, 10) == b"same"
    os.waitpid(pid, 0)
    assert scanner.scan_file(folder / "a.txt").to_dict() == before


def test_ctrl_c_ends_a_long_scan_within_a_second(tmp_path: Path) -> None:
    # A shell that starts things in the background has them ignore Ctrl-C.
    script = """
import signal, sys, dlpscan
signal.signal(signal.SIGINT, signal.default_int_handler)
scanner = dlpscan.Scanner(isolated=sys.argv[1] == "apart", limits={"bytes": 1 << 40, "seconds": 100})
scanner.scan(b"warm")
data = b"sort code 08-99-99 account 66374958, " * 3_000_000
print("ready", flush=True)
try:
    scanner.scan(data)
    print("done")
except KeyboardInterrupt:
    print("interrupted")
"""
    import signal

    for way in ("here", "apart"):
        with subprocess.Popen(
            [sys.executable, "-c", script, way], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(0.3)
            start = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "interrupted\n", way
            assert time.monotonic() - start < 1.0
            process.kill()


def test_the_package_carries_the_command(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "dlpscan", "--format", "jsonl", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 4, ran.stderr
    summary = json.loads(ran.stdout.splitlines()[-1])
    assert (summary["items"], summary["findings"]) == (3, 1)
    assert summary.get("unconfined") is None or "Landlock" in summary["unconfined"]
    wrong = subprocess.run(
        [sys.executable, "-m", "dlpscan", "--nonsense"], capture_output=True, check=False
    )
    assert wrong.returncode == 2
