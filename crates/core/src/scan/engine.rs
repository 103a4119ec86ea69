use super::compile::{self, Compiled, PatternKind, Use};
use super::confidence;
use super::explain::{Explained, Fate, Journal};
use super::finder::{Machine, Memory, Places, Prepared, Streams, Target};
use super::fold::Folded;
use super::pair;
use super::proximity::{Chance, Context};
use super::resolve::Resolver;
use super::verify::{Claim, Draft, Effort, Progress, Verifier};
use super::view::View;
use crate::detector::{Checks, DetectorFile, DetectorSpec, SpecError, WholeSpec};
use crate::model::{Evidence, Level, Secret, Segment};
use std::borrow::Cow;
use std::cell::LazyCell;
use std::fmt;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

/// A detector's number in its engine: its place in [`Engine::detectors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DetectorId(pub(super) u32);

impl DetectorId {
    /// As an index into [`Engine::detectors`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What those who make findings of matches need to know of a detector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectorInfo {
    /// Its id, as in its file.
    pub id: Arc<str>,
    /// Its name for people.
    pub name: Arc<str>,
    /// Its category.
    pub category: Arc<str>,
    /// Two-letter country, where it belongs to one.
    pub jurisdiction: Option<Arc<str>>,
    /// Higher wins where two matches of the same span are equally sure.
    pub precedence: u8,
    /// True where the mask may show nothing, not even the shape.
    pub hide_shape: bool,
    /// Its confidence where nothing near speaks for it (0–100).
    pub alone: u8,
    /// What it asks of an item as a whole. The engine, which sees one text at a time, does not.
    pub whole: Option<Arc<WholeSpec>>,
}

/// Something a detector recognised in a segment. Borrowed: it lives for one call.
#[derive(Clone)]
pub struct Match<'t> {
    /// Whose match.
    pub detector: DetectorId,
    /// Half-open byte range of the value in the segment's text. For a pair: from the start of
    /// whichever comes first to the end of the other.
    pub span: Range<usize>,
    /// The value, folded: look-alikes as what they look like, nothing invisible, so that one value
    /// has one fingerprint however it was written. For a pair: first, one space, second.
    pub value: Cow<'t, [u8]>,
    /// 0–100.
    pub confidence: u8,
    engine: &'t Engine,
    draft: &'t Draft,
}

impl Match<'_> {
    /// What raised and lowered the confidence; the weights add up to it. It is put into words when
    /// it is asked for.
    pub fn evidence(&self) -> Vec<Evidence> {
        self.engine.evidence(self.draft)
    }
}

impl fmt::Debug for Match<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Match")
            .field("detector", &self.detector)
            .field("span", &self.span)
            .field("confidence", &self.confidence)
            .field("evidence", &self.evidence())
            .finish_non_exhaustive()
    }
}

/// Compiled detectors. Immutable: built once, shared by all threads.
pub struct Engine {
    c: Compiled,
    one_by_one: bool,
}

/// The memory of one thread at work with an [`Engine`]. Reused from segment to segment; of use
/// only with the engine that made it.
pub struct Scratch {
    folded: Folded,
    context: Context,
    /// Where words stand that the finder has to look up.
    heads: Places,
    streams: Streams,
    /// By expression, once it ran.
    memories: Vec<Option<Box<Memory>>>,
    /// By expression.
    progress: Vec<Progress>,
    /// By expression: the values of a pair that were found.
    values: Vec<Vec<Range<usize>>>,
    phrases: Vec<(Range<usize>, u32)>,
    drafts: Vec<Draft>,
    resolver: Resolver,
}

impl Engine {
    /// Compiles the detectors for which `enabled` says yes. The error is all that is wrong in all
    /// files, each with its file, its detector and what to do about it.
    pub fn build(
        files: &[DetectorFile],
        checks: &Checks,
        enabled: &dyn Fn(&DetectorSpec) -> bool,
    ) -> Result<Engine, Vec<SpecError>> {
        Engine::build_prepared(files, &Prepared::default(), checks, enabled)
    }

    /// Like [`Engine::build`], with what is already known of some of the expressions.
    pub fn build_prepared(
        files: &[DetectorFile],
        prepared: &Prepared,
        checks: &Checks,
        enabled: &dyn Fn(&DetectorSpec) -> bool,
    ) -> Result<Engine, Vec<SpecError>> {
        Ok(Engine { c: compile::compile(files, prepared, checks, enabled)?, one_by_one: false })
    }

    /// Makes the engine find with the instructions of a machine; without one it searches all of a
    /// text for each expression and phrase, one by one. All ways give the same matches: this is
    /// how tests hold them against each other.
    #[doc(hidden)]
    pub fn find_by(&mut self, machine: Option<Machine>) {
        self.one_by_one = machine.is_none();
        if let Some(machine) = machine {
            self.c.finder.run_on(machine);
            self.c.words.run_on(machine);
        }
    }

    /// The detectors, in the order of their files.
    pub fn detectors(&self) -> &[DetectorInfo] {
        &self.c.infos
    }

    /// One detector.
    pub fn detector(&self, id: DetectorId) -> &DetectorInfo {
        &self.c.infos[id.index()]
    }

    /// The patterns that nothing rare tells, by detector and name: a text is searched through for
    /// each of them alone, which costs as much again as all that are told by something.
    pub fn slow_patterns(&self) -> Vec<(DetectorId, &str)> {
        let of_pair = |number: usize| {
            let pairs = self.c.detectors.iter().filter_map(|detector| detector.pair.as_ref());
            let mut pairs = pairs.filter(|pair| pair.first == number || pair.second == number);
            pairs.next().map(|pair| pair.pattern)
        };
        let patterns = self.c.finder.unanchored.iter().filter_map(|&number| {
            let number = number as usize;
            match self.c.uses[number] {
                Use::Pattern(pattern) => Some(pattern),
                Use::Half => of_pair(number),
            }
        });
        patterns
            .map(|pattern| &self.c.patterns[pattern])
            .map(|pattern| (pattern.detector, &*pattern.name))
            .collect()
    }

    /// Memory for one thread.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            folded: Folded::default(),
            context: Context::default(),
            heads: Places::default(),
            streams: Streams::default(),
            progress: Vec::new(),
            values: vec![Vec::new(); self.c.expressions.len()],
            memories: self.c.expressions.iter().map(|_| None).collect(),
            phrases: Vec::new(),
            drafts: Vec::new(),
            resolver: Resolver::default(),
        }
    }

    /// Hands over every match of at least the confidence `least` whose value starts inside the
    /// segment's body, sorted by where it starts, until `sink` breaks off.
    pub fn scan(
        &self,
        scratch: &mut Scratch,
        segment: &Segment<'_>,
        least: u8,
        sink: &mut dyn FnMut(&Match<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let done = self.run(scratch, segment, &mut Journal { fallen: None });
        let mut from = 0;
        for draft in done.drafts().filter(|draft| draft.confidence >= least) {
            let span = done.view.original_from(&mut from, &draft.span());
            if !segment.body.contains(&span.start) {
                continue;
            }
            let value = match &draft.value {
                Some(value) => Cow::Borrowed(&**value),
                None => Cow::Borrowed(&done.view.text[draft.span()]),
            };
            sink(&Match {
                detector: draft.detector,
                span,
                value,
                confidence: draft.confidence,
                engine: self,
                draft,
            })?;
        }
        ControlFlow::Continue(())
    }

    /// Like [`Engine::scan`], but also tells every candidate that fell, and why. For people: it
    /// keeps more than a scan and takes its time.
    pub fn explain(&self, scratch: &mut Scratch, segment: &Segment<'_>) -> Vec<Explained> {
        let mut fallen = Vec::new();
        let done = self.run(scratch, segment, &mut Journal { fallen: Some(&mut fallen) });
        let kept = done.drafts().map(|draft| {
            let span = done.view.original(&draft.span());
            let value = draft.value.as_deref().unwrap_or(&done.view.text[draft.span()]);
            Explained {
                detector: draft.detector,
                value: Secret::new(value),
                span,
                confidence: draft.confidence,
                evidence: self.evidence(draft),
                fate: Fate::Kept,
            }
        });
        let mut all: Vec<Explained> = kept.collect();
        all.extend(fallen.into_iter().map(|(detector, span, fate)| {
            let span = done.view.original(&span);
            let value = Secret::new(&segment.text[span.clone()]);
            Explained { detector, span, value, confidence: 0, evidence: Vec::new(), fate }
        }));
        all.retain(|e| segment.body.contains(&e.span.start));
        all.sort_by_key(|e| (e.span.start, e.span.end, e.detector));
        all
    }

    fn evidence(&self, draft: &Draft) -> Vec<Evidence> {
        let mut all = Vec::with_capacity(4);
        confidence::weigh(&self.c, draft, |step| {
            all.push(Evidence {
                kind: step.kind,
                by: Arc::clone(step.by),
                result: Cow::Borrowed(step.result),
                weight: step.weight,
            });
        });
        all
    }

    /// All stages; the matches are left in the scratch.
    fn run<'s>(
        &self,
        scratch: &'s mut Scratch,
        segment: &'s Segment<'s>,
        journal: &mut Journal<'_>,
    ) -> Done<'s> {
        let Scratch {
            folded,
            context,
            heads,
            streams,
            memories,
            progress,
            values,
            phrases,
            drafts,
            resolver,
        } = scratch;
        let is_folded = folded.fold(self.c.finder.machine(), segment.text);
        let view = View::new(segment, is_folded.then_some(&*folded));
        let text = view.text;
        drafts.clear();
        phrases.clear();
        values.iter_mut().for_each(Vec::clear);
        let visits = if self.one_by_one { None } else { self.c.finder.visits() };
        context.open(&self.c, &view, visits, heads);
        let verifier = Verifier { c: &self.c, view: &view, context };
        // A header stands over what is cut into columns, where nothing else says what columns are.
        let rows = LazyCell::new(|| context.next_columns(text, 0).is_some());
        progress.clear();
        progress.extend(self.c.uses.iter().map(|used| {
            let closed = match *used {
                Use::Pattern(number) => {
                    let pattern = &self.c.patterns[number];
                    !context.may_speak(&self.c, pattern.detector, pattern.needs)
                        || (context.only_in_columns(&view, pattern.needs) && !*rows)
                }
                Use::Half => false,
            };
            let chance = Chance::default();
            Progress { from: 0, effort: Effort::new(text.len()), chance, closed }
        }));
        let mut look = |target, place, memories: &mut Memories| match target {
            Target::Expression(number) => {
                let number = number as usize;
                let progress = &mut progress[number];
                if progress.closed {
                    return usize::MAX;
                }
                if place < progress.from {
                    return progress.from;
                }
                let expression = &self.c.expressions[number];
                if !expression.may_start_at(text, place) {
                    return place + 1;
                }
                let speaks = match self.c.uses[number] {
                    Use::Pattern(pattern) => verifier.may_speak_at(pattern, progress, place),
                    Use::Half => true,
                };
                if !speaks && journal.fallen.is_none() {
                    progress.from = progress.chance.places.end;
                    return progress.from;
                }
                let memory = memories[number].get_or_insert_with(|| Box::new(expression.memory()));
                match self.c.uses[number] {
                    Use::Pattern(pattern) if !speaks => {
                        verifier.tell_alone(pattern, memory, place, journal);
                        progress.from = place + 1;
                    }
                    Use::Pattern(pattern) => {
                        verifier.advance(pattern, memory, progress, place, drafts, journal);
                    }
                    Use::Half => {
                        let values = &mut values[number];
                        pair::value_at(text, expression, memory, progress, place, values);
                    }
                }
                progress.from
            }
            Target::Phrase(entry) => {
                if let Some(end) = self.c.words.at(entry, text, place) {
                    phrases.push((place..end, entry));
                }
                place + 1
            }
        };
        let one_by_one = |number: usize, memories: &mut Memories, look: &mut Look<'_>| {
            let expression = &self.c.expressions[number];
            let in_columns = match self.c.uses[number] {
                Use::Pattern(p) => context.only_in_columns(&view, self.c.patterns[p].needs),
                Use::Half => false,
            };
            let mut from = 0;
            while from < text.len() {
                if in_columns && !self.one_by_one {
                    let Some(next) = context.next_columns(text, from) else { break };
                    from = next;
                }
                let memory = memories[number].get_or_insert_with(|| Box::new(expression.memory()));
                let Some(place) = expression.next(memory, text, from) else { break };
                from = look(Target::Expression(number as u32), place.start, memories);
            }
        };
        if self.one_by_one {
            (0..self.c.expressions.len()).for_each(|e| one_by_one(e, memories, &mut look));
            self.c.words.phrases().for_each(|(entry, _, _)| {
                (0..text.len()).for_each(|place| {
                    look(Target::Phrase(entry), place, memories);
                });
            });
        } else {
            let each = &mut |target, place| look(target, place, memories);
            self.c.finder.sweep(streams, text, heads, each);
            for &number in &self.c.finder.unanchored {
                one_by_one(number as usize, memories, &mut look);
            }
        }
        for pattern in self.c.patterns.iter().filter(|p| p.kind == PatternKind::Pair) {
            if let Some(pair) = &self.c.detectors[pattern.detector.index()].pair {
                let (firsts, seconds) = (&values[pair.first], &values[pair.second]);
                pair::join(&verifier, pair, firsts, seconds, drafts, journal);
            }
        }
        phrases.sort_unstable_by_key(|(span, entry)| (span.start, span.end, *entry));
        for (span, entry) in phrases.iter() {
            for &pattern in &self.c.entries[*entry as usize].phrases {
                let claim = Claim {
                    pattern,
                    whole: span.clone(),
                    pieces: [span.clone(), span.clone()],
                    is_pair: false,
                    value: &text[span.clone()],
                    groups: &[],
                    mended: false,
                };
                if view.cell(span).is_none_or(|cell| view.cell_span(cell).end >= span.end) {
                    // What falls is in the journal.
                    let _ = verifier.claim(&claim, drafts, journal);
                }
            }
        }
        resolver.resolve(&self.c, text, drafts, journal);
        self.judge_found(&verifier, drafts, &mut resolver.kept, journal);
        Done { view, drafts, kept: &resolver.kept }
    }
}

impl Engine {
    /// Shows what was found to the detectors that judge it; what they find comes right after it.
    fn judge_found(
        &self,
        verifier: &Verifier<'_>,
        drafts: &mut Vec<Draft>,
        kept: &mut Vec<u32>,
        journal: &mut Journal<'_>,
    ) {
        let mut judged = Vec::new();
        let found = kept.iter().map(|&i| &drafts[i as usize]);
        for draft in found.filter(|d| Level::of(d.confidence) >= Level::Medium) {
            let Some(judges) = self.c.judges.get(draft.detector.index()) else { continue };
            let value = match &draft.value {
                Some(value) => value,
                None => &verifier.view.text[draft.span()],
            };
            for &pattern in judges {
                let claim = Claim {
                    pattern,
                    whole: draft.span(),
                    pieces: [draft.span(), draft.span()],
                    is_pair: false,
                    value,
                    groups: &[],
                    mended: draft.value.is_some(),
                };
                // What falls is in the journal.
                let _ = verifier.claim(&claim, &mut judged, journal);
            }
        }
        if !judged.is_empty() {
            kept.extend((drafts.len()..drafts.len() + judged.len()).map(|i| i as u32));
            drafts.append(&mut judged);
            kept.sort_by_key(|&i| drafts[i as usize].place());
        }
    }
}

/// By expression, once it ran.
type Memories = [Option<Box<Memory>>];

/// Looks at a place and says from where on the next one is of interest.
type Look<'l> = dyn FnMut(Target, usize, &mut Memories) -> usize + 'l;

/// What a run leaves.
struct Done<'s> {
    view: View<'s>,
    drafts: &'s [Draft],
    /// Which of the drafts are matches, sorted by where they start.
    kept: &'s [u32],
}

impl Done<'_> {
    fn drafts(&self) -> impl Iterator<Item = &Draft> {
        self.kept.iter().map(|&i| &self.drafts[i as usize])
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({} detectors)", self.c.infos.len())
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scratch")
    }
}
