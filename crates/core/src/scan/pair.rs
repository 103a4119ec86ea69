//! Two values that are one finding only together.

use super::MAX_MATCH;
use super::compile::{Pair, role};
use super::explain::Journal;
use super::finder::{Expression, Memory};
use super::near::Strength;
use super::verify::{Claim, Draft, Progress, Verifier, may_end, may_start};
use crate::model::{Cell, Table};
use std::collections::BTreeMap;
use std::ops::Range;

/// A spreadsheet drops at most so many leading zeros that we put back.
const LOST_ZEROS: usize = 3;
/// With so many others of its row a value is tried.
const TRIES: usize = 4;

/// Finds the pairs of one detector among the values that stand in the text.
pub(super) fn join(
    v: &Verifier<'_>,
    pair: &Pair,
    firsts: &[Range<usize>],
    seconds: &[Range<usize>],
    drafts: &mut Vec<Draft>,
    journal: &mut Journal<'_>,
) {
    let (first, second) = (&v.c.expressions[pair.first], &v.c.expressions[pair.second]);
    let detector = v.c.patterns[pair.pattern].detector;
    let mut told = false;
    let mut joint = Joint { v, pattern: pair.pattern, taken: Taken::default(), drafts, journal };
    if let Some(table) = v.view.table() {
        let column = |wanted: u8| {
            (0..table.headers.len() as u32)
                .filter(move |&i| v.context.column_roles(v.c, detector, i) & wanted != 0)
                .collect::<Vec<u32>>()
        };
        let mut columns = (column(role::FIRST), column(role::SECOND));
        // A header that names both says nothing of which is which.
        let both: Vec<u32> = columns.0.iter().copied().filter(|i| columns.1.contains(i)).collect();
        columns.0.retain(|i| !both.contains(i));
        columns.1.retain(|i| !both.contains(i));
        told = !columns.0.is_empty() && !columns.1.is_empty();
        if told {
            let mut mended = (Mender::new(first), Mender::new(second));
            for row in table.cells.chunk_by(|a, b| a.row == b.row) {
                for (a, b) in columns.0.iter().zip(columns.1.iter().cycle()) {
                    let cell = |i: u32| row.iter().find(|cell| cell.column == i);
                    let (Some(a), Some(b)) = (cell(*a), cell(*b)) else { continue };
                    let a = mended.0.cell(v, a, firsts);
                    let b = mended.1.cell(v, b, seconds);
                    if let (Some(a), Some(b)) = (a, b)
                        && close(&a.span, &b.span)
                    {
                        joint.join(&a, &b);
                    }
                }
            }
        } else {
            let of = |values: &[Range<usize>], columns: &[u32]| -> Vec<Range<usize>> {
                let named = |value: &&Range<usize>| {
                    columns.is_empty()
                        || v.view.cell(value).is_some_and(|cell| columns.contains(&cell.column))
                };
                values.iter().filter(named).cloned().collect()
            };
            let (firsts, seconds) = (of(firsts, &columns.0), of(seconds, &columns.1));
            in_rows(v, table, &firsts, &seconds, &mut joint);
        }
    }
    in_text(v, pair, firsts, seconds, told, &mut joint);
}

/// Joins values to pairs. Two that the detector's checks refuse stay free for others.
struct Joint<'j, 'v, 'd> {
    v: &'j Verifier<'v>,
    pattern: usize,
    taken: Taken,
    drafts: &'j mut Vec<Draft>,
    journal: &'j mut Journal<'d>,
}

impl Joint<'_, '_, '_> {
    /// Whether the two are a pair; then neither is free any more.
    fn join(&mut self, a: &Half, b: &Half) -> bool {
        let mut value = a.value.clone();
        value.push(b' ');
        value.extend_from_slice(&b.value);
        let whole = a.span.start.min(b.span.start)..a.span.end.max(b.span.end);
        // A check looks around a value where it stands in the text; one that was mended does not.
        let text = self.v.view.text;
        let part = |half: &'_ Half| match &text[half.span.clone()] {
            own if *own == *half.value => Some(own),
            _ => None,
        };
        let groups: [(&str, &[u8]); 2] =
            [("first", part(a).unwrap_or(&a.value)), ("second", part(b).unwrap_or(&b.value))];
        let claim = Claim {
            pattern: self.pattern,
            whole,
            pieces: [a.span.clone(), b.span.clone()],
            is_pair: true,
            value: &value,
            groups: &groups,
            mended: true,
        };
        // What falls is in the journal.
        if self.v.claim(&claim, self.drafts, self.journal).is_err() {
            return false;
        }
        self.taken.add(&a.span);
        self.taken.add(&b.span);
        true
    }
}

/// One of the two values: where it stands, and what it is once lost zeros are put back.
struct Half {
    span: Range<usize>,
    value: Vec<u8>,
}

impl Half {
    fn new(text: &[u8], span: &Range<usize>) -> Self {
        Half { span: span.clone(), value: text[span.clone()].to_vec() }
    }
}

/// Values that are part of a pair already, sorted by start.
#[derive(Default)]
struct Taken(std::collections::BTreeSet<(usize, usize)>);

impl Taken {
    fn add(&mut self, span: &Range<usize>) {
        self.0.insert((span.start, span.end));
    }

    fn has(&self, span: &Range<usize>) -> bool {
        self.0.range(..(span.end, 0)).next_back().is_some_and(|(_, end)| *end > span.start)
    }
}

/// Adds the value that stands at a place where an expression may match.
pub(super) fn value_at(
    text: &[u8],
    expression: &Expression,
    memory: &mut Memory,
    progress: &mut Progress,
    place: usize,
    out: &mut Vec<Range<usize>>,
) {
    if !may_start(text, place, expression.boundary) {
        progress.from = place + 1;
        return;
    }
    let mut found = expression.match_at(memory, text, place);
    progress.from = loop {
        progress.effort.spend(memory.walked);
        match found {
            Some(whole) if may_end(text, whole.end, expression.boundary) => {
                out.push(expression.value(memory, text, &whole));
                break whole.end;
            }
            Some(whole) if whole.len() > 1 && !progress.effort.is_spent() => {
                found = expression.match_until(memory, text, place, whole.end - 1);
            }
            _ if progress.effort.is_spent() => break place + memory.walked.max(1),
            _ => break place + 1,
        }
    };
}

fn close(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.end.max(b.end) - a.start.min(b.start) <= MAX_MATCH
}

/// Pairs up the values of one row of a table, whatever lies between them: the first value with
/// the nearest other, cell by cell. Values that are all of their cells come before figures that are
/// part of something else, such as those of a National Insurance number.
fn in_rows(
    v: &Verifier<'_>,
    table: &Table,
    firsts: &[Range<usize>],
    seconds: &[Range<usize>],
    joint: &mut Joint<'_, '_, '_>,
) {
    let mut from = 0;
    for row in table.cells.chunk_by(|a, b| a.row == b.row) {
        let start = v.view.cell_span(&row[0]).start;
        let end = v.view.cell_span(&row[row.len() - 1]).end;
        from += firsts[from..].partition_point(|span| span.start < start);
        let low = seconds.partition_point(|span| span.start < start);
        let in_row = |span: &&Range<usize>| span.end <= end;
        for whole in [true, false] {
            let counts = |span: &Range<usize>| !whole || is_cell(v, span);
            for a in firsts[from..].iter().take_while(in_row) {
                if joint.taken.has(a) || !counts(a) {
                    continue;
                }
                let mut nearest: Vec<&Range<usize>> = { seconds[low..].iter().take_while(in_row) }
                    .filter(|b| close(a, b) && !joint.taken.has(b) && !overlap(a, b) && counts(b))
                    .filter(|b| cell_of(v, a) != cell_of(v, b))
                    .collect();
                let apart = |b: &&Range<usize>| (a.start.abs_diff(b.start), b.start);
                if nearest.len() > TRIES {
                    nearest.select_nth_unstable_by_key(TRIES, apart);
                    nearest.truncate(TRIES);
                }
                nearest.sort_unstable_by_key(apart);
                let a = Half::new(v.view.text, a);
                let _ = nearest.iter().any(|b| joint.join(&a, &Half::new(v.view.text, b)));
            }
        }
    }
}

/// Whether a value is all that stands in its cell.
fn is_cell(v: &Verifier<'_>, span: &Range<usize>) -> bool {
    v.view.cell(span).is_some_and(|cell| {
        let cell = v.view.cell_span(cell);
        let text = &v.view.text;
        text[cell.start..span.start].trim_ascii().is_empty()
            && text[span.end..cell.end].trim_ascii().is_empty()
    })
}

fn cell_of<'v>(v: &'v Verifier<'_>, span: &Range<usize>) -> Option<&'v Cell> {
    v.view.cell(span)
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

/// Pairs up values that stand close together, the closest first.
fn in_text(
    v: &Verifier<'_>,
    pair: &Pair,
    firsts: &[Range<usize>],
    seconds: &[Range<usize>],
    told: bool,
    joint: &mut Joint<'_, '_, '_>,
) {
    let text = v.view.text;
    let mut near = Vec::new();
    for a in firsts {
        let low = a.start.saturating_sub(pair.gap + MAX_VALUE);
        let from = seconds.partition_point(|b| b.start < low);
        for b in seconds[from..].iter().take_while(|b| b.start <= a.end + pair.gap) {
            let between = if a.end <= b.start { a.end..b.start } else { b.end..a.start };
            if overlap(a, b) || between.len() > pair.gap {
                continue;
            }
            let between = &text[between];
            let breaks = memchr::memchr_iter(b'\n', between).count();
            let near_enough = breaks <= pair.lines && !holds_figures(between);
            if near_enough && may_join(v, told, a, b) {
                near.push((breaks, between.len(), b.start < a.start, a, b));
            }
        }
    }
    let labels = labels(v, pair, &near);
    near.sort_by_key(|(breaks, gap, before, a, b)| {
        let named = |value: &Range<usize>| usize::from(labels.get(&value.start) == Some(&true));
        (2 - named(a) - named(b), *breaks, *before, *gap, a.start)
    });
    for (_, _, _, a, b) in near {
        if !joint.taken.has(a) && !joint.taken.has(b) {
            joint.join(&Half::new(text, a), &Half::new(text, b));
        }
    }
}

/// Two values that may be a pair: line breaks and bytes between them, whether the second stands
/// before the first, and the two.
type Near<'r> = (usize, usize, bool, &'r Range<usize>, &'r Range<usize>);

/// By where it starts, whether a value has its own label right before it; only of those that have
/// more than one partner to choose from.
fn labels(v: &Verifier<'_>, pair: &Pair, near: &[Near<'_>]) -> BTreeMap<usize, bool> {
    let mut partners: BTreeMap<usize, usize> = BTreeMap::new();
    for (.., a, b) in near {
        *partners.entry(a.start).or_default() += 1;
        *partners.entry(b.start).or_default() += 1;
    }
    let detector = v.c.patterns[pair.pattern].detector;
    let named = |value: &Range<usize>| {
        let look = v.context.look(v.c, v.view, detector, value, std::slice::from_ref(value));
        look.strength == Strength::Strong
    };
    let contested = |(.., a, b): &&Near<'_>| partners[&a.start] > 1 || partners[&b.start] > 1;
    let mut labels = BTreeMap::new();
    for (.., a, b) in near.iter().filter(contested) {
        labels.entry(a.start).or_insert_with(|| named(a));
        labels.entry(b.start).or_insert_with(|| named(b));
    }
    labels
}

/// Whether figures stand in between, but for the number of a line of a form and those of a note in
/// brackets: `2. Account (8 digits):`.
fn holds_figures(between: &[u8]) -> bool {
    let mut bracket = false;
    let mut at = 0;
    while let Some(&byte) = between.get(at) {
        let numbers = between[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        match byte {
            b'(' => bracket = between[at..].contains(&b')'),
            b')' => bracket = false,
            b'0'..=b'9' if !bracket => {
                let line = between[..at].iter().rev().find(|b| !matches!(b, b' ' | b'\t'));
                let item = matches!(between.get(at + numbers), Some(b'.' | b')'))
                    && matches!(between.get(at + numbers + 1), Some(b' ' | b'\t'));
                if numbers > 2 || line != Some(&b'\n') || !item {
                    return true;
                }
            }
            _ => {}
        }
        at += numbers.max(1);
    }
    false
}

/// Whether two values that stand close may be one pair: in a table only those of one cell, or,
/// as in a form with a label before each value, of one column.
fn may_join(v: &Verifier<'_>, told: bool, a: &Range<usize>, b: &Range<usize>) -> bool {
    match (v.view.cell(a), v.view.cell(b)) {
        (Some(a), Some(b)) if a.row == b.row => a.column == b.column,
        (Some(a), Some(b)) => a.column == b.column && !told,
        _ => true,
    }
}

/// A value of a pair is hardly longer.
const MAX_VALUE: usize = 64;

/// Reads a cell of a column whose header names what it holds, putting back the zeros that a
/// spreadsheet dropped from a number.
struct Mender<'e> {
    expression: &'e Expression,
    memory: Memory,
    digits: Vec<u8>,
}

impl<'e> Mender<'e> {
    fn new(expression: &'e Expression) -> Self {
        Mender { expression, memory: expression.memory(), digits: Vec::new() }
    }

    fn cell(&mut self, v: &Verifier<'_>, cell: &Cell, found: &[Range<usize>]) -> Option<Half> {
        let span = v.view.cell_span(cell);
        let from = found.partition_point(|value| value.start < span.start);
        if let Some(value) = found.get(from).filter(|value| value.end <= span.end) {
            return Some(Half::new(v.view.text, value));
        }
        let text = &v.view.text[span.clone()];
        let value = text.trim_ascii();
        if value.is_empty() || value.len() > 12 || !value.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let start = span.start + text.len() - text.trim_ascii_start().len();
        for zeros in 1..=LOST_ZEROS {
            self.digits.clear();
            self.digits.resize(zeros, b'0');
            self.digits.extend_from_slice(value);
            let found = self.expression.match_at(&mut self.memory, &self.digits, 0);
            if found == Some(0..self.digits.len()) {
                return Some(Half { span: start..start + value.len(), value: self.digits.clone() });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::holds_figures;

    #[test]
    fn the_numbers_of_a_forms_lines_and_its_notes_do_not_part_a_pair() {
        for between in [", account: ", "\n3. Account (8 digits): ", "\n  12) Account no. "] {
            assert!(!holds_figures(between.as_bytes()), "{between}");
        }
        for between in
            [" 3. Account ", "\n345. Account ", "\n3 Account ", " (8 digits 4", "\n3.5 a"]
        {
            assert!(holds_figures(between.as_bytes()), "{between}");
        }
    }
}
