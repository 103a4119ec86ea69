//! Telling a marking from an ordinary word: where it stands, and in what company.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;
use memchr::memmem::Finder;

use super::parameters::Parameters;
use super::phrases::Phrases;
use super::window::{lower, own_line, words};
use crate::tables::{
    DISCLAIMERS, MARKING_COMPANY, MARKING_HEADINGS, MARKING_LABELS, MARKING_SENTENCES,
};

struct Position {
    legal: bool,
    heads: bool,
    disclaimers: bool,
}

/// Parameters:
/// * `legal = true`: a phrase of law, which counts inside a line of its own kind wherever it
///   stands (`… exempt information under paragraph 3 …`);
/// * `heads = true`: it may begin a heading (`Confidential Minutes of …`);
/// * `disclaimers = true`: it counts inside a mail disclaimer too.
pub(crate) fn position(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let check = Position {
        legal: p.flag("legal")?,
        heads: p.flag("heads")?,
        disclaimers: p.flag("disclaimers")?,
    };
    p.done()?;
    Ok(Box::new(check))
}

impl Validator for Position {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        if !self.disclaimers && in_disclaimer(candidate) {
            return Trust::Invalid;
        }
        if defines_markings(candidate) {
            return Trust::Invalid;
        }
        let line = own_line(candidate);
        let front = lower(&candidate.text[line.start..candidate.span.start.max(line.start)]);
        let back = lower(&candidate.text[candidate.span.end.min(line.end)..line.end]);
        let before: Vec<&str> = words(&front).collect();
        let after: Vec<&str> = words(&back).collect();
        let company = |list: &[&str]| list.len() <= 6 && list.iter().all(keeps_company);
        // A word that only makes sense in a sentence is a sentence, however short.
        let asked = before.last().is_some_and(|w| MARKING_SENTENCES.has(w));
        if company(&before) && company(&after) && (!asked || before.len() > 3) {
            return Trust::Valid;
        }
        if before.is_empty() && after.is_empty() {
            return Trust::Valid;
        }
        let announced = announced(&front);
        if announced && (after.len() <= 8 || self.legal) {
            return Trust::Valid;
        }
        if bracketed(&front, &back) && (before.len() <= 8 && after.len() <= 8) {
            return Trust::Valid;
        }
        if self.legal {
            return legal(&before, &after);
        }
        if before.is_empty() && parted(&back) && after.len() <= 8 {
            return Trust::Valid;
        }
        if after.is_empty() && parted_end(&front) && before.len() <= 8 && !asked {
            return Trust::Valid;
        }
        // At the right margin, over or under a page.
        let capitals = !candidate.value.iter().any(u8::is_ascii_lowercase);
        if after.is_empty() && capitals && before.len() <= 8 && front.ends_with("   ") {
            return Trust::Valid;
        }
        if self.heads
            && before.is_empty()
            && after.len() <= 8
            && after.first().is_some_and(|w| MARKING_HEADINGS.has(w))
        {
            return Trust::Valid;
        }
        Trust::Invalid
    }
}

/// Phrases of law count in running text, unless the text denies them.
fn legal(before: &[&str], after: &[&str]) -> Trust {
    let denied =
        before.iter().rev().take(3).any(|w| matches!(*w, "no" | "non" | "without" | "whether"));
    if denied {
        return Trust::Invalid;
    }
    if before.len() + after.len() <= 16 { Trust::Valid } else { Trust::Unknown }
}

/// Whether a word may stand beside a marking on its line.
fn keeps_company(word: &&str) -> bool {
    MARKING_COMPANY.has(word) || word.bytes().all(|b| b.is_ascii_digit())
}

/// `Classification: X`, `Subject: [X]`, `Subject: EXEMPT - X`.
fn announced(front: &str) -> bool {
    let front = match front.rsplit_once([':', '=']) {
        Some((head, rest)) if parted_end(rest) && words(rest).all(|word| keeps_company(&word)) => {
            &front[..=head.len()]
        }
        _ => front,
    };
    let head =
        front.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '[' | '(' | '"' | '*'));
    let Some(head) = head.strip_suffix([':', '=']) else { return false };
    // `XMP Sensitivity=`, `custom property Classification=`, `Subject:`.
    MARKING_LABELS.iter().any(|l| head.trim_end().ends_with(l))
}

/// `[X]`, `(X)`, `<watermark>X</watermark>`, `*X*`.
fn bracketed(front: &str, back: &str) -> bool {
    let pair = |open: char, close: char| {
        front.trim_end().ends_with(open) && back.trim_start().starts_with(close)
    };
    // `"[X]"` is what a program puts in a value's place.
    if front.ends_with("\"[") && back.starts_with("]\"") {
        return false;
    }
    // `[X DRAFT]`
    let inside = front.rsplit_once('[').zip(back.split_once(']'));
    if let Some(((_, before), (after, _))) = inside
        && words(before).chain(words(after)).all(|word| keeps_company(&word))
    {
        return true;
    }
    pair('[', ']')
        || pair('>', '<')
        || pair('*', '*')
        || (pair('(', ')') && front.trim().len() == 1)
}

/// `X - …`, `X: …`
fn parted(back: &str) -> bool {
    let back = back.trim_start_matches(' ');
    back.starts_with([':', '|', '\u{2013}', '\u{2014}']) || back.starts_with("- ")
}

/// `… - X`
fn parted_end(front: &str) -> bool {
    let front = front.trim_end();
    front.ends_with([':', '|', '\u{2013}', '\u{2014}']) || front.ends_with(" -")
}

/// Two disclaimer phrases within 600 characters.
fn in_disclaimer(candidate: &Candidate<'_>) -> bool {
    static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(DISCLAIMERS.iter()));
    let line = own_line(candidate);
    if line.end - line.start <= candidate.span.end - candidate.span.start + 4 {
        return false;
    }
    let from = candidate.span.start.saturating_sub(600);
    let to = candidate.text.len().min(candidate.span.end + 600);
    let (front, back) = candidate.text[from..to].split_at(candidate.span.start - from);
    // A marking above a disclaimer is a marking: only the value's own paragraph counts.
    let start = memchr::memmem::rfind(front, b"\n\n").map_or(0, |i| i + 2);
    let end = memchr::memmem::find(back, b"\n\n").unwrap_or(back.len());
    let mut first = None;
    let paragraph = &candidate.text[from + start..candidate.span.start + end];
    let two = PHRASES.each_in(paragraph, &mut |number, _| match first {
        Some(known) if known != number => ControlFlow::Break(()),
        _ => {
            first = Some(number);
            ControlFlow::Continue(())
        }
    });
    two.is_break()
}

/// Four different levels of one scheme within a page: a policy about markings.
fn defines_markings(candidate: &Candidate<'_>) -> bool {
    const LEVELS: [&[u8]; 8] = [
        b"OFFICIAL",
        b"OFFICIAL-SENSITIVE",
        b"SECRET",
        b"TOP SECRET",
        b"RESTRICTED",
        b"PROTECT",
        b"CONFIDENTIAL",
        b"UNCLASSIFIED",
    ];
    const TLP: [&[u8]; 4] = [b"TLP:RED", b"TLP:AMBER", b"TLP:GREEN", b"TLP:CLEAR"];
    static FINDERS: LazyLock<[Vec<Finder<'static>>; 2]> =
        LazyLock::new(|| [&LEVELS[..], &TLP].map(|all| all.iter().map(Finder::new).collect()));
    let from = candidate.span.start.saturating_sub(1500);
    let to = candidate.text.len().min(candidate.span.end + 1500);
    let page = &candidate.text[from..to];
    let [levels, tlp] = &*FINDERS;
    // `OFFICIAL` within `OFFICIAL-SENSITIVE` and `SECRET` within `TOP SECRET` are no levels more.
    let holds = |level: &&Finder<'_>| {
        level.find_iter(page).any(|at| {
            let rest = &page[at + level.needle().len()..];
            let longer = level.needle() == b"OFFICIAL"
                && rest.get(1..).is_some_and(|rest| rest.starts_with(b"SENSITIVE"));
            let top = level.needle() == b"SECRET" && page[..at].ends_with(b"TOP ");
            !(longer || top)
        })
    };
    levels.iter().filter(holds).count() >= 4 || tlp.iter().filter(holds).count() >= 3
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    fn judge(text: &str, value: &str) -> Trust {
        judge_in("marking-position", "heads = true", text, value)
    }

    #[test]
    fn a_marking_stands_alone_or_is_announced() {
        for (text, value) in [
            ("CONFIDENTIAL", "CONFIDENTIAL"),
            ("Minutes\n\n  - CONFIDENTIAL -  \n\nText", "CONFIDENTIAL"),
            ("Page 2 of 9 OFFICIAL-SENSITIVE", "OFFICIAL-SENSITIVE"),
            ("Subject: [OFFICIAL-SENSITIVE] Staffing", "OFFICIAL-SENSITIVE"),
            ("Subject: CONFIDENTIAL - staffing", "CONFIDENTIAL"),
            ("Confidential Minutes of Personnel Committee", "Confidential"),
            ("<watermark>CONFIDENTIAL</watermark>", "CONFIDENTIAL"),
            ("COUNCIL CONFIDENTIAL", "CONFIDENTIAL"),
            ("Classification: SECRET", "SECRET"),
            ("Redundancy consultation            CONFIDENTIAL", "CONFIDENTIAL"),
        ] {
            assert_eq!(judge(text, value), Trust::Valid, "{text}");
        }
    }

    #[test]
    fn an_ordinary_word_is_none() {
        for (text, value) in [
            ("the confidential waste bins are emptied on Fridays", "confidential"),
            ("responsible for ensuring that CONFIDENTIAL papers are kept", "CONFIDENTIAL"),
            ("Confidential helpline 0800", "Confidential"),
            ("SECRET SANTA", "SECRET"),
            ("how it is kept            confidential", "confidential"),
            ("in a Confidential setting", "Confidential"),
            ("replacement: \"[SECRET]\".to_string(),", "SECRET"),
            ("applicants should apply IN CONFIDENCE to progress", "IN CONFIDENCE"),
        ] {
            assert_eq!(judge(text, value), Trust::Invalid, "{text}");
        }
    }

    #[test]
    fn a_disclaimer_is_boilerplate_and_what_stands_above_it_counts() {
        let text = "CONFIDENTIAL\n\nThis email and any attachments are confidential and intended \
                    solely for the addressee. If you are not the intended recipient, delete it.";
        assert_eq!(judge(text, "CONFIDENTIAL"), Trust::Valid);
        assert_eq!(judge(text, "confidential"), Trust::Invalid);
    }

    #[test]
    fn a_policy_that_defines_markings_is_not_marked() {
        let text = "OFFICIAL\nSECRET\nTOP SECRET\nRESTRICTED\nCONFIDENTIAL\n";
        assert_eq!(judge(text, "RESTRICTED"), Trust::Invalid);
        let text = "OFFICIAL\nOFFICIAL-SENSITIVE\nSECRET\nTOP SECRET\n";
        assert_eq!(judge(text, "OFFICIAL-SENSITIVE"), Trust::Invalid);
        let marked = "OFFICIAL-SENSITIVE\n\nAnnex\n\nTOP SECRET\n";
        assert_eq!(judge(marked, "OFFICIAL-SENSITIVE"), Trust::Valid);
    }
}
