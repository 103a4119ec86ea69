"""The Python door, over synthetic values: published modulus cases and generated numbers."""

import threading

import dlpscan
import pytest

PAIR = "Please pay sort code 08-99-99, account number 66374958."


def test_a_pair_is_one_finding_with_its_place_in_the_text() -> None:
    outcome = dlpscan.scan(PAIR)
    (finding,) = outcome.findings
    assert finding.detector == "gb-sort-code-account"
    assert PAIR[finding.start : finding.end].startswith("08-99-99")
    assert not outcome.clean


def test_offsets_count_code_points_not_bytes() -> None:
    text = "Café ☕ – " + PAIR
    (finding,) = dlpscan.scan(text).findings
    assert text[finding.start : finding.end].startswith("08-99-99")


def test_no_value_is_given_unless_asked_for() -> None:
    hidden = dlpscan.scan(PAIR)
    assert "66374958" not in repr(hidden)
    (finding,) = dlpscan.scan(PAIR, reveal=True).findings
    assert finding.secret == "08-99-99 66374958"


def test_plain_words_are_clean() -> None:
    outcome = dlpscan.scan("The bonfire is lit at 7 pm on the green.")
    assert outcome.clean and outcome.status == "complete"


def test_bytes_that_nobody_can_read_are_not_clean() -> None:
    outcome = dlpscan.scan(b"PK\x03\x04" + bytes(range(256)) * 4)
    assert outcome.status != "complete"
    assert outcome.reasons
    assert not outcome.clean


def test_a_detector_can_be_switched_off() -> None:
    scanner = dlpscan.Scanner(disable=["email-address"])
    assert scanner.scan("write to clerk@hartle-tc.example").clean


def test_a_wrong_level_is_said_plainly() -> None:
    with pytest.raises(ValueError, match="not a level"):
        dlpscan.Scanner(level="hihg")  # type: ignore[arg-type]


def test_one_scanner_serves_many_threads() -> None:
    scanner = dlpscan.Scanner()
    found: list[int] = []
    work = lambda: found.extend(scanner.scan(PAIR).found for _ in range(20))  # noqa: E731
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 80


def test_to_dict_is_the_wire_shape() -> None:
    record = dlpscan.scan(PAIR).to_dict()
    assert record["item"]["type"] == "item"
    assert record["findings"][0]["schema"] == 1
