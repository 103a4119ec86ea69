//! From a place where a pattern may match to a match that passed its checks.

use super::compile::{Compiled, Detector, PatternKind};
use super::explain::{Fate, Journal};
use super::finder::{Expression, Memory};
use super::near::{Near, Strength};
use super::proximity::{Chance, Context};
use super::text::{char_after, char_before, is_letter};
use super::view::View;
use super::{DetectorId, confidence};
use crate::detector::{Boundary, Candidate, Needs, OnInvalid};
use crate::model::Trust;
use std::ops::Range;

/// Where a check drops a match up to this long, shorter matches from the same start are tried:
/// a card number may be followed by what looks like more of it.
const LONGEST_SHRINK: usize = 64;
/// How often.
const SHRINKS: usize = 8;

/// A match in the making: in the folded text, weighed, not yet resolved against others.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) detector: DetectorId,
    pub(super) pattern: usize,
    /// The value, or the two values of a pair in the order they are reported.
    pieces: [Range<usize>; 2],
    pub(super) is_pair: bool,
    /// The answers of the checks, two bits each: see [`Draft::trust`].
    trusts: u64,
    /// No check said invalid.
    pub(super) validated: bool,
    pub(super) near: Near,
    pub(super) test_value: bool,
    pub(super) confidence: u8,
    /// The value to report where it is not what stands at its span.
    pub(super) value: Option<Box<[u8]>>,
}

impl Draft {
    pub(super) fn pieces(&self) -> &[Range<usize>] {
        if self.is_pair { &self.pieces } else { &self.pieces[..1] }
    }

    /// From the first byte of the value to its last.
    pub(super) fn span(&self) -> Range<usize> {
        match self.is_pair {
            true => {
                self.pieces[0].start.min(self.pieces[1].start)
                    ..self.pieces[0].end.max(self.pieces[1].end)
            }
            false => self.pieces[0].clone(),
        }
    }

    /// By what matches are sorted: where they start, then where they end, then whose they are.
    pub(super) fn place(&self) -> (usize, usize, DetectorId) {
        let span = self.span();
        (span.start, span.end, self.detector)
    }

    /// Bytes of the value.
    pub(super) fn len(&self) -> usize {
        self.pieces().iter().map(Range::len).sum()
    }

    /// What the check of this number answered; `None` where it was not asked.
    pub(super) fn trust(&self, check: usize) -> Option<Trust> {
        match self.trusts >> (2 * check) & 3 {
            1 => Some(Trust::Valid),
            2 => Some(Trust::Invalid),
            3 => Some(Trust::Unknown),
            _ => None,
        }
    }
}

/// What a match to be verified is made of.
pub(super) struct Claim<'t> {
    pub(super) pattern: usize,
    /// The whole match, labels included.
    pub(super) whole: Range<usize>,
    pub(super) pieces: [Range<usize>; 2],
    pub(super) is_pair: bool,
    pub(super) value: &'t [u8],
    pub(super) groups: &'t [(&'t str, &'t [u8])],
    /// Whether `value` is not what stands in the text.
    pub(super) mended: bool,
}

/// Everything verification needs to know of the text it works on.
pub(super) struct Verifier<'v> {
    pub(super) c: &'v Compiled,
    pub(super) view: &'v View<'v>,
    pub(super) context: &'v Context,
}

/// Why a claim does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unmet {
    /// The check of this number said no.
    Check(usize),
    /// What it needs is not near.
    Needs,
}

/// How a candidate ended.
pub(super) enum End {
    /// A match, which is now among the drafts; what follows it is looked at next.
    Match(Range<usize>),
    /// Nothing starts here; the search goes on from there.
    Fell(usize),
    /// Shape and checks are right but nothing near speaks for it: what overlaps it will not do
    /// better, so the search goes on after it.
    Alone(Range<usize>),
}

impl Verifier<'_> {
    /// Verifies what a pattern's expression finds at `start`: the longest match that holds.
    pub(super) fn at(
        &self,
        pattern: usize,
        expression: &Expression,
        memory: &mut Memory,
        start: usize,
        drafts: &mut Vec<Draft>,
        journal: &mut Journal<'_>,
    ) -> End {
        let p = &self.c.patterns[pattern];
        let text = self.view.text;
        let mut shrinks = SHRINKS;
        let starts = may_start(text, start, expression.boundary);
        if !starts && journal.fallen.is_none() {
            memory.walked = 0;
            return End::Fell(start + 1);
        }
        let mut found = expression.match_at(memory, text, start);
        loop {
            let Some(whole) = found else { return End::Fell(start + 1) };
            let may_shrink = whole.len() <= LONGEST_SHRINK && shrinks > 0;
            shrinks = shrinks.saturating_sub(1);
            let ends = may_end(text, whole.end, expression.boundary);
            if !starts || !(ends || may_shrink) {
                if journal.fallen.is_some() {
                    let value = expression.value(memory, text, &whole);
                    journal.fell(p.detector, value, || Fate::Boundary);
                }
                return End::Fell(start + 1);
            }
            if !ends {
                found = expression.match_until(memory, text, start, whole.end - 1);
                continue;
            }
            let value = expression.value(memory, text, &whole);
            if !p.crosses_cells
                && let Some(cell) = self.view.cell(&value)
            {
                let edge = self.view.cell_span(cell).end;
                if value.end > edge {
                    if edge <= start {
                        journal.fell(p.detector, value, || Fate::CellEdge);
                        return End::Fell(start + 1);
                    }
                    let limit = edge.min(whole.end - 1);
                    found = expression.match_until(memory, text, start, limit);
                    continue;
                }
            }
            // An expression without boundaries may stop and start anywhere in what it matched: to
            // try all of that is work without end and finds halves of things.
            let bounded = expression.boundary != Boundary::None;
            let next = match bounded {
                true => start + 1,
                false if value.start > start => value.start,
                false => whole.end,
            };
            let groups: Vec<(&str, &[u8])> = expression
                .facts
                .groups
                .iter()
                .filter_map(|(name, n)| Some((name.as_str(), &text[memory.group(*n)?])))
                .collect();
            let claim = Claim {
                pattern,
                whole: whole.clone(),
                pieces: [value.clone(), value.clone()],
                is_pair: false,
                value: &text[value],
                groups: &groups,
                mended: false,
            };
            match self.claim(&claim, drafts, journal) {
                Ok(()) => return End::Match(whole),
                Err(Unmet::Check(_)) if may_shrink && bounded => {
                    found = expression.match_until(memory, text, start, whole.end - 1);
                }
                Err(Unmet::Check(_)) => return End::Fell(next),
                Err(Unmet::Needs) => return End::Alone(whole),
            }
        }
    }

    /// Asks the checks and the surroundings; what holds is added to the drafts.
    pub(super) fn claim(
        &self,
        claim: &Claim<'_>,
        drafts: &mut Vec<Draft>,
        journal: &mut Journal<'_>,
    ) -> Result<(), Unmet> {
        let p = &self.c.patterns[claim.pattern];
        let d = &self.c.detectors[p.detector.index()];
        // A check of a whole sentence is dearer than a look at the heading.
        let place = claim.pieces[0].start;
        if !self.context.may_be_headed(self.c, self.view, p.detector, p.needs, place) {
            journal.fell(p.detector, claim.pieces[0].clone(), || Fate::Needs(p.needs));
            return Err(Unmet::Needs);
        }
        let mut draft = Draft {
            detector: p.detector,
            pattern: claim.pattern,
            pieces: claim.pieces.clone(),
            is_pair: claim.is_pair,
            trusts: 0,
            validated: true,
            near: Near::NOTHING,
            test_value: false,
            confidence: 0,
            value: (claim.mended || claim.is_pair).then(|| claim.value.into()),
        };
        if let Err(number) = self.checks(d, claim, &mut draft) {
            let name = &d.checks[number].name;
            journal.fell(p.detector, draft.span(), || Fate::Check(name.clone()));
            return Err(Unmet::Check(number));
        }
        draft.near = self.context.look(self.c, self.view, p.detector, &claim.whole, draft.pieces());
        let met = match p.needs {
            Needs::Nothing => true,
            Needs::Keyword => draft.near.strength > Strength::None,
            Needs::Strong => draft.near.strength == Strength::Strong,
            Needs::Header => draft.near.header,
        };
        if !met {
            journal.fell(p.detector, draft.span(), || Fate::Needs(p.needs));
            return Err(Unmet::Needs);
        }
        draft.test_value = is_test_value(d, claim.value);
        draft.confidence = confidence::weigh(self.c, &draft, |_| {});
        drafts.push(draft);
        Ok(())
    }

    /// The error is the number of the check that the claim fell by.
    fn checks(&self, d: &Detector, claim: &Claim<'_>, draft: &mut Draft) -> Result<(), usize> {
        let text = self.view.text;
        for (number, check) in d.checks.iter().enumerate() {
            let (value, span) = match &check.on {
                None => (claim.value, draft.span()),
                Some(name) => match claim.groups.iter().find(|(n, _)| n == name) {
                    Some((_, value)) => (*value, part_of(text, value).unwrap_or(draft.span())),
                    None => continue,
                },
            };
            let candidate =
                Candidate { value, text, span, groups: claim.groups, segment: self.view.segment };
            let answer = check.validator.check(&candidate);
            draft.trusts |= match answer {
                Trust::Valid => 1,
                Trust::Invalid => 2,
                Trust::Unknown => 3,
            } << (2 * number);
            if answer == Trust::Invalid {
                if check.on_invalid == OnInvalid::Drop {
                    return Err(number);
                }
                draft.validated = false;
            }
        }
        Ok(())
    }

    /// Whether something near a place may meet what a pattern needs.
    pub(super) fn may_speak_at(
        &self,
        pattern: usize,
        progress: &mut Progress,
        place: usize,
    ) -> bool {
        if !progress.chance.places.contains(&place) {
            let p = &self.c.patterns[pattern];
            let PatternKind::Regex(number) = p.kind else { return true };
            let longest = self.c.expressions[number].facts.longest;
            progress.chance =
                self.context.may_speak_at(self.c, self.view, p.detector, p.needs, place, longest);
        }
        progress.chance.is_there
    }

    /// Notes what fell because nothing near speaks for it, for those who ask.
    pub(super) fn tell_alone(
        &self,
        pattern: usize,
        memory: &mut Memory,
        place: usize,
        journal: &mut Journal<'_>,
    ) {
        let p = &self.c.patterns[pattern];
        if let PatternKind::Regex(number) = p.kind
            && p.needs != Needs::Header
        {
            let expression = &self.c.expressions[number];
            self.at(pattern, expression, memory, place, &mut Vec::new(), journal);
        }
    }

    /// Verifies what a pattern's expression finds at a place where it may match.
    pub(super) fn advance(
        &self,
        pattern: usize,
        memory: &mut Memory,
        progress: &mut Progress,
        place: usize,
        drafts: &mut Vec<Draft>,
        journal: &mut Journal<'_>,
    ) {
        let p = &self.c.patterns[pattern];
        let PatternKind::Regex(number) = p.kind else { return };
        let expression = &self.c.expressions[number];
        let end = self.at(pattern, expression, memory, place, drafts, journal);
        progress.effort.spend(memory.walked);
        progress.from = match end {
            End::Match(whole) => {
                // Where a check can be passed by chance, the match that starts a little later may
                // be the right one; which of them is, is for overlap resolution to say.
                let again = self.c.detectors[p.detector.index()].by_chance
                    && expression.boundary != Boundary::None
                    && whole.len() <= LONGEST_SHRINK
                    && !progress.effort.is_spent();
                if again { place + 1 } else { whole.end }
            }
            End::Alone(whole) => whole.end,
            End::Fell(_) if progress.effort.is_spent() => place + memory.walked.max(1),
            End::Fell(next) => next,
        };
    }
}

/// How far one expression has come in a text.
pub(super) struct Progress {
    /// No match that starts before this is of interest any more.
    pub(super) from: usize,
    pub(super) effort: Effort,
    /// What was last found out of what stands near.
    pub(super) chance: Chance,
    /// Nothing can come of it in this text.
    pub(super) closed: bool,
}

/// Bounds the work one expression may cause: a text made to defeat it is searched once over,
/// byte for byte, but not again from every place where it nearly matched.
pub(super) struct Effort {
    left: usize,
}

impl Effort {
    pub(super) fn new(len: usize) -> Self {
        Effort { left: len.saturating_mul(64).saturating_add(1 << 20) }
    }

    pub(super) fn spend(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes + 1);
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left == 0
    }
}

/// Where a slice of a text stands in it; `None` for a slice of something else.
fn part_of(text: &[u8], part: &[u8]) -> Option<Range<usize>> {
    let start = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let end = start.checked_add(part.len())?;
    (end <= text.len()).then_some(start..end)
}

/// What the expression's own half boundaries cannot see: letters of other scripts, and the
/// further rules of all-digit values.
pub(super) fn may_start(text: &[u8], at: usize, boundary: Boundary) -> bool {
    if boundary == Boundary::None || at == 0 {
        return true;
    }
    if !text[at - 1].is_ascii() && char_before(text, at).is_some_and(is_letter) {
        return false;
    }
    if boundary == Boundary::Word {
        return true;
    }
    match text[at - 1] {
        b'#' => false,
        b'.' | b',' => !(at > 1 && text[at - 2].is_ascii_digit()),
        b'/' | b'=' | b'&' => !in_address(&text[at.saturating_sub(200)..at]),
        _ => true,
    }
}

/// Whether the run of text that ends here is a web address or a path.
fn in_address(before: &[u8]) -> bool {
    let blank = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'(');
    let run = match before.iter().rposition(blank) {
        Some(i) => &before[i + 1..],
        None => before,
    };
    run.windows(3).any(|w| w == b"://")
        || run.starts_with(b"www.")
        || run.contains(&b'?')
        || (run.last() == Some(&b'/')
            && (run.starts_with(b"/") || run.iter().filter(|b| **b == b'/').count() > 1)
            && run.iter().any(u8::is_ascii_alphabetic))
}

/// As [`may_start`], of where a match ends.
pub(super) fn may_end(text: &[u8], at: usize, boundary: Boundary) -> bool {
    if boundary == Boundary::None || at == text.len() {
        return true;
    }
    if !text[at].is_ascii() && char_after(text, at).is_some_and(is_letter) {
        return false;
    }
    let digit_next = || text.get(at + 1).is_some_and(u8::is_ascii_digit);
    boundary == Boundary::Word || !(matches!(text[at], b'.' | b',') && digit_next())
}

/// Letters and digits only, upper case: the form of test values.
pub(super) fn bare(value: &[u8]) -> impl Iterator<Item = u8> {
    value.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase)
}

/// A published test value, or one digit over and over.
fn is_test_value(d: &Detector, value: &[u8]) -> bool {
    let mut bare_bytes = value.iter().filter(|b| b.is_ascii_alphanumeric());
    let same = bare_bytes.next().is_some_and(|first| {
        let mut count = 1;
        first.is_ascii_digit()
            && bare_bytes.all(|b| {
                count += 1;
                b == first
            })
            && count >= 6
    });
    same || d.test_values.binary_search_by(|known| known.iter().copied().cmp(bare(value))).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_within_a_longer_number_an_address_or_a_reference_do_not_start_a_value() {
        let starts = |text: &str| {
            let at = text.rfind('X').unwrap();
            may_start(text.as_bytes(), at, Boundary::Digits)
        };
        for text in ["12.X", "1,X", "#X", "https://a.uk/case/X", "www.a.uk/X", "/a/b/X", "?id=X"] {
            assert!(!starts(text), "{text}");
        }
        for text in ["a.X", ", X", "12-34-56/X", "nhs=X", "no: X", "nhs no/X"] {
            assert!(starts(text), "{text}");
        }
        assert!(!may_start("éX".as_bytes(), 2, Boundary::Word));
        assert!(may_start("£X".as_bytes(), 2, Boundary::Word));
        assert!(!may_end(b"X.5", 1, Boundary::Digits) && may_end(b"X. 5", 1, Boundary::Digits));
    }
}
