//! Where on its line, and in whose words, a value stands.

use std::sync::LazyLock;

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::phrases::Phrases;
use super::window::{REACH, before, lines_back, own_line};
use super::{plain_check, trust};

plain_check! {
    /// Nothing but blanks stands before the value on its own line.
    line_start => judge_start
}

fn judge_start(candidate: &Candidate<'_>) -> Trust {
    let start = own_line(candidate).start.min(candidate.span.start);
    trust(candidate.text[start..candidate.span.start].trim_ascii().is_empty())
}

plain_check! {
    /// The value begins its text.
    at_start => judge_text_start
}

fn judge_text_start(candidate: &Candidate<'_>) -> Trust {
    trust(candidate.span.start == 0)
}

plain_check! {
    /// The value is not in the part of a message that repeats an earlier one (rule M6).
    not_quoted => judge_quoted
}

/// What stands over a repeated message.
static ABOVE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new([
        "-----original message",
        "begin forwarded message",
        "---- forwarded message",
        "--- forwarded by",
    ])
});

fn judge_quoted(candidate: &Candidate<'_>) -> Trust {
    let start = own_line(candidate).start.min(candidate.span.start);
    let line = candidate.text[start..candidate.span.start].trim_ascii_start();
    let front = before(candidate, REACH);
    let wrote = |line: &[u8]| {
        let all = line.trim_ascii();
        line.len() < 200
            && all.last() == Some(&b':')
            && all.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(b"on "))
            && all[all.len().saturating_sub(6)..].eq_ignore_ascii_case(b"wrote:")
    };
    trust(!line.starts_with(b">") && !lines_back(front).any(wrote) && !ABOVE.any_in(front))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn a_header_begins_its_line() {
        let judge = |text| judge_in("line-start", "", text, "Sensitivity: Private");
        assert_eq!(judge("To: a\nSensitivity: Private"), Trust::Valid);
        assert_eq!(judge("the Sensitivity: Private"), Trust::Invalid);
    }

    #[test]
    fn what_an_earlier_message_said_is_quoted() {
        let judge = |text| judge_in("not-quoted", "", text, "SECRET");
        assert_eq!(judge("Hello\n\nSECRET"), Trust::Valid);
        assert_eq!(judge("Hello\n> SECRET"), Trust::Invalid);
        assert_eq!(judge("Hello\nOn 3 May A wrote:\nSECRET"), Trust::Invalid);
        assert_eq!(judge("Hello\n-----Original Message-----\nSECRET"), Trust::Invalid);
    }
}
