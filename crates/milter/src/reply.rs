use crate::frame::{ADD_HEADER, CHANGE_HEADER, QUARANTINE, frame, strings, without_field};
use dlpscan::model::{Outcome, Status};

/// What the mail server is told about a message. The texts are the policy's words and the names of
/// its rules, never a matched value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Deliver it.
    Accept,
    /// Deliver it with a header field that says what was found.
    AcceptWith {
        /// The field's name.
        name: &'static str,
        /// Its value: rules and counts, never a matched value.
        value: String,
    },
    /// Hold it in the server's quarantine, for this reason.
    Quarantine(String),
    /// Refuse it for good: `550 5.7.1`.
    Reject(String),
    /// It could not be decided: `451 4.7.1`, the sender's server tries again.
    TryLater(String),
}

impl Reply {
    /// One word for the log.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Reply::Accept => "accept",
            Reply::AcceptWith { .. } => "accept-marked",
            Reply::Quarantine(_) => "quarantine",
            Reply::Reject(_) => "reject",
            Reply::TryLater(_) => "try-later",
        }
    }

    /// What it says beside that word; empty where it says nothing.
    pub fn text(&self) -> &str {
        match self {
            Reply::Accept => "",
            Reply::AcceptWith { value: text, .. }
            | Reply::Quarantine(text)
            | Reply::Reject(text)
            | Reply::TryLater(text) => text,
        }
    }

    /// The frames of the answer, for a server that allows these `actions`, to a message that came
    /// in with so many `forged` marks of ours: they are taken out before it goes on, for it is our
    /// word that the reader of a mark relies on. What the server does not allow to be held, marked
    /// or rid of a mark is not let through instead: it is to be sent again later.
    pub fn frames(&self, actions: u32, forged: u32) -> Vec<u8> {
        let clean = forged == 0 || actions & CHANGE_HEADER != 0;
        // From the last to the first: taking one out changes the numbers of those behind it.
        let mut frames: Vec<u8> =
            (1..=forged).rev().flat_map(|n| without_field(FIELD, n)).collect();
        match self {
            Reply::Accept if clean => {}
            Reply::AcceptWith { name, value } if clean && actions & ADD_HEADER != 0 => {
                frames.extend(strings(b'h', &[name, &line(value)]));
            }
            Reply::Quarantine(reason) if clean && actions & QUARANTINE != 0 => {
                frames.extend(strings(b'q', &[&line(reason)]));
            }
            Reply::Accept | Reply::AcceptWith { .. } | Reply::Quarantine(_) => {
                return strings(
                    b'y',
                    &["451 4.7.1 the message needs a mark set or taken out, which cannot be done \
                       here"],
                );
            }
            Reply::Reject(text) => return strings(b'y', &[&format!("550 5.7.1 {}", line(text))]),
            Reply::TryLater(text) => return strings(b'y', &[&format!("451 4.7.1 {}", line(text))]),
        }
        frames.extend(frame(b'c', b""));
        frames
    }
}

/// Whether a header field of this name is one of those that we alone set.
pub(crate) fn is_mark(name: &[u8]) -> bool {
    name.trim_ascii_end().eq_ignore_ascii_case(FIELD.as_bytes())
}

/// Longest text in an answer: with its code it fits a line of SMTP (512 bytes, RFC 5321 4.5.3.1).
const LONGEST: usize = 480;

/// A text as one line of plain ASCII. A percent sign has a meaning of its own in answers.
fn line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|c| match c {
            '%' => '/',
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201C}' | '\u{201D}' => '"',
            ' '..='~' => c,
            _ => '?',
        })
        .collect();
    line.truncate(LONGEST);
    line
}

/// What becomes of a message that could not be read in full. There is no default: it is the
/// operator's choice, and delivering it unread must be chosen in so many words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incomplete {
    /// Refuse it.
    Reject,
    /// Hold it.
    Quarantine,
    /// Have it sent again later.
    TryLater,
    /// Deliver it with a header field that says so.
    DeliverMarked,
}

/// The header field of a message that was delivered although something was found or not read.
const FIELD: &str = "X-Dlpscan";

/// The answer to an outcome. `None` is a scan that gave no outcome at all: that never delivers.
///
/// A verdict to refuse or hold wins over incompleteness; among the rest what was not read decides.
pub fn reply(outcome: Option<&Outcome>, incomplete: Incomplete) -> Reply {
    let Some(outcome) = outcome else {
        return Reply::TryLater("the message could not be checked; please try again later".into());
    };
    let rules = outcome.verdict.as_ref().map_or_else(String::new, |v| v.rules.join(", "));
    let words = outcome.verdict.as_ref().map_or_else(String::new, |v| v.words.join(" "));
    match outcome.verdict.as_ref().map(|v| v.action.as_str()) {
        Some("block" | "redact") => {
            // Nothing can be redacted in flight without breaking signatures: it is refused.
            let words = match words.is_empty() {
                true => "the message holds what may not be sent",
                false => &words,
            };
            return Reply::Reject(format!("{words} ({rules})"));
        }
        Some("quarantine") => return Reply::Quarantine(rules),
        _ => {}
    }
    if outcome.status() != Status::Complete {
        let reasons: Vec<_> = outcome.ledger.counts().keys().map(|r| r.as_str()).collect();
        let reasons = reasons.join(", ");
        return match incomplete {
            Incomplete::Reject => {
                Reply::Reject(format!("a part of the message could not be checked ({reasons})"))
            }
            Incomplete::Quarantine => Reply::Quarantine(format!("not fully checked: {reasons}")),
            Incomplete::TryLater => {
                Reply::TryLater(format!("the message could not be checked in full ({reasons})"))
            }
            Incomplete::DeliverMarked => {
                Reply::AcceptWith { name: FIELD, value: format!("incomplete; {reasons}") }
            }
        };
    }
    match outcome.verdict.as_ref().map(|v| v.action.as_str()) {
        Some("tag" | "notify") => {
            Reply::AcceptWith { name: FIELD, value: format!("findings={}; {rules}", outcome.found) }
        }
        _ => Reply::Accept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dlpscan::model::{Facts, ItemName, Ledger, Note, Origin, PartPath, Reason, Verdict};

    fn outcome(action: Option<&str>, reason: Option<Reason>) -> Outcome {
        let mut ledger = Ledger::new();
        ledger.content(10);
        if let Some(reason) = reason {
            ledger.note(Note::new(reason, PartPath::root()));
        }
        Outcome {
            item: ItemName::from("4F2A"),
            origin: Origin::Mail,
            bytes: 10,
            findings: Vec::new(),
            found: 0,
            ledger,
            facts: Facts::default(),
            verdict: action.map(|a| Verdict {
                action: a.into(),
                rules: vec!["r1".into()],
                words: vec![],
            }),
        }
    }

    #[test]
    fn what_could_not_be_decided_is_never_delivered() {
        assert!(matches!(reply(None, Incomplete::DeliverMarked), Reply::TryLater(_)));
    }

    #[test]
    fn a_blocking_verdict_wins_over_what_was_not_read() {
        let both = outcome(Some("block"), Some(Reason::Encrypted));
        assert!(matches!(reply(Some(&both), Incomplete::DeliverMarked), Reply::Reject(_)));
    }

    #[test]
    fn an_unread_message_goes_the_way_the_operator_chose() {
        let locked = outcome(Some("allow"), Some(Reason::Encrypted));
        assert!(matches!(reply(Some(&locked), Incomplete::Reject), Reply::Reject(_)));
        assert!(matches!(reply(Some(&locked), Incomplete::Quarantine), Reply::Quarantine(_)));
        assert!(matches!(reply(Some(&locked), Incomplete::TryLater), Reply::TryLater(_)));
        let marked = reply(Some(&locked), Incomplete::DeliverMarked);
        assert_eq!(
            marked,
            Reply::AcceptWith { name: FIELD, value: "incomplete; encrypted".into() }
        );
    }

    #[test]
    fn a_skip_does_not_make_a_message_unread() {
        assert_eq!(
            reply(Some(&outcome(None, Some(Reason::Symlink))), Incomplete::Reject),
            Reply::Accept
        );
    }

    #[test]
    fn a_server_that_cannot_hold_is_told_to_try_again() {
        let hold = Reply::Quarantine("r1".into());
        assert_eq!(hold.frames(QUARANTINE, 0), b"\0\0\0\x04qr1\0\0\0\0\x01c");
        assert!(hold.frames(0, 0)[4..].starts_with(b"y451 "), "{:?}", hold.frames(0, 0));
    }

    #[test]
    fn marks_that_others_set_are_taken_out_or_the_message_waits() {
        let all = ADD_HEADER | CHANGE_HEADER | QUARANTINE;
        let out = |n| without_field(FIELD, n);
        let go = frame(b'c', b"");
        assert_eq!(Reply::Accept.frames(all, 2), [out(2), out(1), go.clone()].concat());
        let marked = Reply::AcceptWith { name: FIELD, value: "r1".into() };
        let ours = strings(b'h', &[FIELD, "r1"]);
        assert_eq!(marked.frames(all, 1), [out(1), ours, go].concat());
        for reply in [Reply::Accept, marked, Reply::Quarantine("r1".into())] {
            assert!(reply.frames(all & !CHANGE_HEADER, 1)[4..].starts_with(b"y451 "), "{reply:?}");
        }
        assert!(is_mark(b"x-dlpScan ") && !is_mark(b"X-Dlpscan-Note"));
    }

    #[test]
    fn an_answer_is_one_line_of_ascii() {
        let frames =
            Reply::Reject(format!("50% \u{2018}no\u{2019}\r\n{}", "é".repeat(900))).frames(0, 0);
        assert!(frames.len() < 512);
        let text = std::str::from_utf8(&frames[5..frames.len() - 1]).unwrap();
        assert!(text.starts_with("550 5.7.1 50/ 'no'??"), "{text}");
        assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)));
    }

    #[test]
    fn the_policy_s_words_are_what_the_sender_reads() {
        let mut blocked = outcome(Some("block"), None);
        blocked.verdict.as_mut().unwrap().words = vec!["Ask the Clerk.".into()];
        let reply = reply(Some(&blocked), Incomplete::Reject);
        assert_eq!(reply, Reply::Reject("Ask the Clerk. (r1)".into()));
    }

    #[test]
    fn clean_mail_is_delivered_as_it_is() {
        assert_eq!(reply(Some(&outcome(None, None)), Incomplete::Reject), Reply::Accept);
    }
}
