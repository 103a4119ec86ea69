//! Labels and values as people write them in running text: what stands between the two, on the line
//! above, behind another value.

use super::keywords::Hit;
use super::text::{line_end, line_start};
use std::ops::Range;

/// A label stands at most so many bytes before its value, each run of one mark counting once.
pub(super) const LABEL_GAP: usize = 40;
/// Dots or blanks that lead from a label to its value go no further.
pub(super) const LEADER: usize = 120;
/// A longer line is running text, not a heading over what stands below.
pub(super) const LONGEST_HEADING: usize = 200;

/// The start of the line that holds `at`, and the line above it (past one blank line), where
/// both are short enough to be a heading and what stands under it.
pub(super) fn line_above(text: &[u8], at: usize) -> Option<(usize, Range<usize>)> {
    let low = at.saturating_sub(LONGEST_HEADING);
    let line = low + memchr::memrchr(b'\n', &text[low..at])? + 1;
    let mut end = line - 1;
    for _ in 0..2 {
        let low = end.saturating_sub(LONGEST_HEADING);
        let start = match memchr::memrchr(b'\n', &text[low..end]) {
            Some(i) => low + i + 1,
            None if low == 0 => 0,
            None => return None,
        };
        if !text[start..end].trim_ascii().is_empty() {
            return Some((line, start..end));
        }
        end = start.checked_sub(1)?;
    }
    None
}

/// What an answer begins with, and a question where it has no question mark.
const ANSWERS: [&[u8]; 5] = [b"a", b"ans", b"answer", b"reply", b"response"];
const QUESTIONS: [&[u8]; 2] = [b"q", b"question"];

/// What somebody says before the value that was asked for.
const SAYING: [&[u8]; 9] =
    [b"it", b"its", b"it's", b"that", b"that's", b"yes", b"sure", b"er", b"ok"];
/// The name of a speaker is no longer than this.
const SPEAKER: usize = 24;

/// Whether a line before a value is only the mark of an answer (`A:`, `Answer 4.`, `CALLER: It is`),
/// and the line above it a question.
pub(super) fn answers(front: &[u8], above: &[u8]) -> bool {
    let asks = asks(above);
    match marked(front, &ANSWERS) {
        Some(rest) => rest.trim_ascii().is_empty() && (asks || marked(above, &QUESTIONS).is_some()),
        None => asks && says(front),
    }
}

/// Whether a line ends with a question mark.
pub(super) fn is_question(line: &[u8]) -> bool {
    line.trim_ascii_end().ends_with(b"?")
}

/// Whether a line asks for something.
pub(super) fn asks(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    is_question(line) || line.ends_with(b"please") || line.ends_with(b"please.")
}

/// A line without the time that a transcript puts before what was said: `[10:02] Ann: 1234`,
/// `12/03/2026, 10:02 - Ann: 1234`. What else begins with a figure stays as it is.
fn untimed(line: &[u8]) -> &[u8] {
    let open = line.trim_ascii_start();
    let of_time = |b: &u8| {
        b.is_ascii_digit() || matches!(b, b':' | b'.' | b'/' | b'-' | b',' | b' ' | b'T' | b'Z')
    };
    let bracket = usize::from(matches!(open.first(), Some(b'[' | b'(')));
    let digits = |some: &[u8]| some.iter().filter(|b| b.is_ascii_digit()).count();
    let stamp = open[bracket..].iter().take(TIME).take_while(|b| of_time(b)).count();
    let (time, mut rest) = open[bracket..].split_at(stamp);
    if !time.contains(&b':') || digits(time) < 3 {
        return line;
    }
    for half in [b"am", b"pm", b"AM", b"PM"] {
        rest = rest.strip_prefix(half).unwrap_or(rest);
    }
    match bracket {
        0 => rest,
        _ => rest.strip_prefix(b"]").or_else(|| rest.strip_prefix(b")")).unwrap_or(line),
    }
}

/// Whether a line holds only who speaks and when (`Kim 10:11`, `[10:02] Ann`): what was said stands
/// below, and what was asked above.
pub(super) fn only_speaks(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    // Nearly every line of prose is longer than a name and a time.
    if line.len() > SPEAKER + TIME || memchr::memchr(b':', line).is_none() {
        return false;
    }
    let name = |some: &[u8]| {
        let some = some.trim_ascii();
        let named = |b: &u8| b.is_ascii_alphabetic() || !b.is_ascii() || matches!(b, b' ' | b'.');
        (2..=SPEAKER).contains(&some.len()) && some.iter().all(named)
    };
    let rest = untimed(line);
    if rest.len() < line.len() {
        return name(rest.strip_suffix(b":").unwrap_or(rest));
    }
    // The time behind the name.
    let figure = line.iter().position(|b| b.is_ascii_digit() || matches!(b, b'[' | b'('));
    figure.is_some_and(|at| {
        at > 0 && name(&line[..at]) && untimed(&line[at..]).trim_ascii().is_empty()
    })
}

/// A time with its day is no longer than this.
const TIME: usize = 24;

/// Whether only the name of a speaker stands there, and small words.
fn says(front: &[u8]) -> bool {
    let front = untimed(front);
    let Some(colon) = memchr::memchr(b':', front).filter(|colon| *colon <= SPEAKER) else {
        return false;
    };
    let named =
        |b: &u8| b.is_ascii_alphabetic() || !b.is_ascii() || matches!(b, b' ' | b'.' | b'>');
    let said = front[colon + 1..].split(|b| matches!(b, b' ' | b',' | b'.' | b'-'));
    let small = |word: &[u8]| {
        let is = |known: &&[u8]| word.eq_ignore_ascii_case(known);
        SAYING.iter().any(is) || FILLERS.iter().any(is)
    };
    colon > 1 && front[..colon].iter().all(named) && said.filter(|word| !word.is_empty()).all(small)
}

/// Whether a line is the head of a part of a form, as a browser sends it: the part's name is a label.
pub(super) fn names_a_part(line: &[u8]) -> bool {
    line.ends_with(b"\"") && memchr::memmem::find(line, b"form-data; name=\"").is_some()
        || line.ends_with(b"\"\r") && names_a_part(&line[..line.len() - 1])
}

/// What follows on one of these words at the start of a line, its number and its mark.
fn marked<'t>(line: &'t [u8], words: &[&[u8]]) -> Option<&'t [u8]> {
    let line = line.trim_ascii_start();
    let letters = line.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let (word, rest) = line.split_at(letters);
    let number = rest.iter().take_while(|b| b.is_ascii_digit() || **b == b' ').count();
    let known = words.iter().any(|known| word.eq_ignore_ascii_case(known));
    let counted = line[letters..letters + number].iter().any(u8::is_ascii_digit);
    if known && counted && line[..letters + number].ends_with(b" ") {
        // `Q2 When?`, `A2 12/11/1961`.
        return Some(&line[letters + number..]);
    }
    let (mark, rest) = rest.get(number..)?.split_first()?;
    (known && number <= 4 && matches!(mark, b':' | b'.' | b')')).then_some(rest)
}

/// Words that may stand between a label and its value, or beside a keyword in a header.
const FILLERS: [&[u8]; 15] = [
    b"is", b"no", b"nos", b"number", b"num", b"nr", b"the", b"your", b"my", b"our", b"are", b"s",
    b"as", b"was", b"being",
];

/// Where the dots, dashes or blanks begin that lead up to a place; the place itself where fewer
/// than three do.
pub(super) fn led_from(text: &[u8], at: usize) -> usize {
    let low = at.saturating_sub(LEADER);
    let is_leader = |b: &u8| matches!(b, b'.' | b' ' | b'_' | b'-' | b'\t' | b'>');
    let from = text[low..at].iter().rposition(|b| !is_leader(b)).map_or(low, |i| low + i + 1);
    if at - from < 3 { at } else { from }
}

/// Whether a word is the label of another value: it stands on another line, or behind the value, and
/// right after it comes a figure that is none of ours.
pub(super) fn speaks_for_another(
    text: &[u8],
    word: &Range<usize>,
    pieces: &[Range<usize>],
) -> bool {
    let rest = &text[word.end..text.len().min(word.end + LABEL_GAP)];
    let rest = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let Some(figure) = rest.iter().position(u8::is_ascii_digit) else { return false };
    let joint = &rest[..figure];
    let tight = joint.iter().any(|b| matches!(b, b':' | b'='));
    let at = word.end + figure;
    if pieces.iter().any(|piece| piece.contains(&at)) || !joins(joint) {
        return false;
    }
    pieces.iter().all(|piece| {
        let between = if word.end <= piece.start {
            &text[word.end..piece.start]
        } else {
            &text[piece.end.min(word.start)..word.start]
        };
        memchr::memchr(b'\n', between).is_some() || tight && word.start >= piece.end
    })
}

/// Whether a word begins a later line than all of the values, or a later part of their sentence, so
/// that it is about what comes there.
pub(super) fn heads_what_follows(
    text: &[u8],
    word: &Range<usize>,
    pieces: &[Range<usize>],
) -> bool {
    let Some(end) = pieces.iter().map(|piece| piece.end).max() else { return false };
    if end >= word.start {
        return false;
    }
    let between = &text[end..word.start];
    match memchr::memchr(b'\n', between) {
        Some(_) => {
            let front = &text[line_start(text, word.start)..word.start];
            front.iter().all(|b| !b.is_ascii_alphanumeric())
        }
        None => memchr::memmem::find(between, b" and the ").is_some(),
    }
}

/// Whether a word has a value of its own, and another sentence or field begins before ours: `NHS
/// 4628304203. Mum's is 07700 900123` says nothing against the second.
pub(super) fn has_its_own(text: &[u8], word: &Range<usize>, pieces: &[Range<usize>]) -> bool {
    let Some(start) = pieces.iter().map(|piece| piece.start).min() else { return false };
    if word.end >= start {
        return false;
    }
    let between = &text[word.end..start];
    let Some(figure) = between.iter().position(u8::is_ascii_digit) else { return false };
    let rest = &between[figure..];
    let of_value = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'/');
    let end = rest.iter().position(|b| !of_value(b)).unwrap_or(rest.len());
    let parted = matches!(rest[end..], [b'.' | b';', b' ' | b'\n' | b'\r', ..] | [b'|', ..]);
    figure <= LABEL_GAP && end >= FIGURES && parted && joins(&between[..figure])
}

/// A value of its own has at least so many figures.
const FIGURES: usize = 5;

/// Whether a label is the end of the line above, within a sentence, and the value the start of its own
/// (`we hold your date of birth as⏎12/11/1961`).
pub(super) fn runs_on(between: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'\n', between) else { return false };
    let front = &between[at + 1..];
    let indent = |b: &u8| matches!(b, b' ' | b'\t' | b'>');
    front.iter().all(indent) && joins(between[..at].trim_ascii_end())
}

/// Whether a value is all that stands on its line.
pub(super) fn is_own_line(text: &[u8], value: &Range<usize>) -> bool {
    let low = value.start.saturating_sub(LABEL_GAP);
    let front = line_start(&text[low..value.start], value.start - low);
    let high = text.len().min(value.end + LABEL_GAP);
    let back = line_end(&text[value.end..high], 0);
    text[low + front..value.start].trim_ascii().is_empty()
        && text[value.end..value.end + back].trim_ascii().is_empty()
}

/// Whether what stands between a label and a value makes them one: small words, punctuation and a
/// note in brackets on how to fill it in, and no more of it than a label has.
pub(super) fn joins(between: &[u8]) -> bool {
    if between.len() > LEADER {
        return false;
    }
    let mut plain = between;
    let noted;
    if let Some(open) = memchr::memchr(b'(', between)
        && let Some(len) = memchr::memchr2(b')', b'\n', &between[open..])
        && between[open + len] == b')'
    {
        noted = [&between[..open], &between[open + len + 1..]].concat();
        plain = &noted;
    }
    is_joint(plain) && plain.chunk_by(|a, b| a == b).count() <= LABEL_GAP
}

/// Whether a hit is all there is, but for punctuation, filler words and a note in brackets at the end.
pub(super) fn is_all(text: &[u8], hit: &Hit) -> bool {
    let rest = &text[hit.end..];
    let noted = memchr::memchr(b'(', rest).filter(|_| rest.trim_ascii_end().ends_with(b")"));
    is_filler(&text[..hit.start], true) && is_filler(&rest[..noted.unwrap_or(rest.len())], true)
}

/// Whether only punctuation and filler words stand in between.
fn is_joint(text: &[u8]) -> bool {
    is_filler(text, false)
}

fn is_filler(text: &[u8], any_break: bool) -> bool {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || !b.is_ascii();
    let words = text.split(|b| !is_word(b)).filter(|word| !word.is_empty());
    let plain = |b: &u8| {
        is_word(b)
            || matches!(b, b' ' | b'\t' | b':' | b'=' | b'.' | b'#' | b'-' | b'(' | b')' | b'"')
            || matches!(b, b'\'' | b'*' | b'_' | b'`' | b'|' | b'>' | b'[' | b']' | b',' | b'/')
            || (any_break && matches!(b, b'\r' | b'\n' | b'?' | b'&' | b'<'))
    };
    text.iter().all(plain) && { words }
        .all(|word| FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_words_and_punctuation_join_a_label_to_its_value() {
        for joint in [": ", " is ", " no. ", "\": \"", " number = ", "** | ", "(s): ", ""] {
            assert!(is_joint(joint.as_bytes()), "{joint}");
        }
        for joint in [": see ", "\n", " 1: ", " and ", "; "] {
            assert!(!is_joint(joint.as_bytes()), "{joint}");
        }
        for joint in [" (dd/mm/yyyy): ", " (please state) ", &" .".repeat(15), &".".repeat(70)] {
            assert!(joins(joint.as_bytes()), "{joint}");
        }
        assert!(!joins(b" (of A) and (of B)"));
        assert!(!joins(&[b' '; 130]));
    }

    #[test]
    fn a_note_in_brackets_and_small_words_leave_a_label_alone() {
        let all = |text: &str, word: &str| {
            let start = text.find(word).unwrap();
            is_all(text.as_bytes(), &Hit { start, end: start + word.len(), entry: 0 })
        };
        assert!(all("POSTCODE (HOME)", "POSTCODE") && all("Your postcode:", "postcode"));
        assert!(
            !all("Postcode of the hall", "Postcode")
                && !all("Postcode (home) and name", "Postcode")
        );
    }

    #[test]
    fn a_part_of_a_form_has_a_name() {
        assert!(names_a_part(b"Content-Disposition: form-data; name=\"passport_no\"\r"));
        assert!(!names_a_part(b"Content-Disposition: form-data; name=\"a\"; filename=\"b\" c"));
        assert!(!names_a_part(b"a passport \"name\""));
    }

    #[test]
    fn an_answer_stands_under_its_question() {
        let answers = |front: &str, above: &str| answers(front.as_bytes(), above.as_bytes());
        assert!(answers("A: ", "Q: Your account number") && answers("  Ans. ", "Account number?"));
        assert!(answers("[10:02] Customer: ", "[10:01] Agent: and the sort code?"));
        assert!(answers(
            "12/03/2026, 10:02 - Ann: it's ",
            "12/03/2026, 10:01 - Bo: Sort code please"
        ));
        assert!(!answers("10:02 Table 4: ", "Sort code?") && !answers("12 Ann: ", "Sort code?"));
        assert!(answers("A2 ", "Q2 When were you born?"));
        assert!(answers("Answer 4) ", "Question 4) Sort code\r"));
        assert!(answers("CALLER: Yes, it is the ", "AGENT: And the sort code?"));
        assert!(!answers("CALLER: not ", "And the sort code?") && !answers("Tel: ", "Sort code"));
        assert!(!answers("A: ", "Account number") && !answers("Answer to ", "Q: Which?"));
        assert!(!answers("B: ", "Q: Which?") && !answers("", "Q: Which?"));
    }

    #[test]
    fn a_line_may_hold_only_who_speaks() {
        for line in ["Kim 10:11", "[10:02] Ann Other", "10:02:11 Ann:\r", "Ann Other [10:02 AM]"] {
            assert!(only_speaks(line.as_bytes()), "{line}");
        }
        for line in ["Kim", "10:11", "Room 12", "[10:02] Ann: yes", "Open 10:00 to 12:00"] {
            assert!(!only_speaks(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_word_that_begins_a_later_line_is_about_what_comes_there() {
        let text = b"ACCOUNT\n  12345678\n\nMETER READING\n";
        let heads = |text: &[u8], word, value| heads_what_follows(text, &word, &vec![value; 2]);
        assert!(heads(text, 20..25, 10..18));
        assert!(!heads(text, 26..33, 10..18) && !heads(text, 0..7, 10..18));
        assert!(!heads(b"12345678 meter", 9..14, 0..8));
        assert!(heads(b"12345678 and the meter", 17..22, 0..8));
    }

    #[test]
    fn a_word_with_a_value_of_its_own_says_nothing_of_the_next_sentence() {
        let own = |text: &[u8]| {
            let value = text.len() - 4..text.len();
            has_its_own(text, &(0..3), std::slice::from_ref(&value))
        };
        assert!(own(b"NHS 4628304203. Mum is on 0770") && own(b"NHS: 462 830 4203; tel 0770"));
        assert!(!own(b"NHS 4628304203, 0770") && !own(b"NHS number of 12345. 0770"));
        assert!(!own(b"NHS 2. Mum 0770") && !own(b"NHS: 0770"));
    }

    #[test]
    fn a_label_at_the_end_of_a_line_runs_on_to_the_next() {
        assert!(runs_on(b" as\n") && runs_on(b" is\r\n> ") && runs_on(b":\n  "));
        assert!(!runs_on(b" of them\n") && !runs_on(b" is ") && !runs_on(b"\nand "));
    }

    #[test]
    fn the_line_above_is_found_past_one_blank_line_and_not_past_a_long_one() {
        let text = b"Account\n\n12345678";
        assert_eq!(line_above(text, 9), Some((9, 0..7)));
        assert_eq!(line_above(b"a\n\n\nb", 4), None);
        assert_eq!(line_above(b"12345678", 3), None);
        let long = [&[b'x'; 300][..], b"\n1"].concat();
        assert_eq!(line_above(&long, 301), None);
    }
}
