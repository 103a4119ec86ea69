//! From detector files to an engine: every error of every file at once.

use super::dialect;
use super::finder::{Expression, Facts, Finder, FinderBuilder, Prepared};
use super::keywords::{Joint, Words, WordsBuilder};
use super::{DetectorId, DetectorInfo};
use crate::detector::{
    Boundary, Case, CheckSpec, Checks, Confidence, DetectorFile, DetectorSpec, Needs, OnInvalid,
    PairSpec, SpecError, Validator, WholeSpec,
};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A detector may look so many bytes before and after a match: with the longest match it stays
/// within the engine's margin.
const LONGEST_REACH: usize = 500;

/// What a word is to a detector: bits, since it may be several things.
pub(super) mod role {
    pub(crate) const KEYWORD: u8 = 1;
    pub(crate) const ANTI: u8 = 2;
    pub(crate) const HEADER: u8 = 4;
    pub(crate) const FIRST: u8 = 8;
    pub(crate) const SECOND: u8 = 16;
    /// What speaks for the detector.
    pub(crate) const FOR: u8 = KEYWORD | HEADER | FIRST | SECOND;
}

/// Everything compiled.
pub(super) struct Compiled {
    pub(super) infos: Vec<DetectorInfo>,
    pub(super) detectors: Vec<Detector>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) expressions: Vec<Expression>,
    /// By expression: for what it is run.
    pub(super) uses: Vec<Use>,
    /// By whose value is judged: the patterns of the detectors that judge it. Empty where no detector
    /// judges another.
    pub(super) judges: Vec<Vec<usize>>,
    /// By detector: the place of its id among all, sorted.
    pub(super) by_id: Vec<u32>,
    pub(super) finder: Finder,
    pub(super) words: Words,
    pub(super) entries: Vec<Word>,
}

/// A word or phrase and who asked for it.
#[derive(Default)]
pub(super) struct Word {
    /// As written in a detector file, for evidence.
    pub(super) shown: Arc<str>,
    /// Sorted by detector: what the word is to it.
    uses: Vec<(DetectorId, u8)>,
    /// The phrase patterns it belongs to.
    pub(super) phrases: Vec<usize>,
}

impl Word {
    /// What the word is to a detector; 0 for nothing.
    pub(super) fn role(&self, detector: DetectorId) -> u8 {
        match self.uses.binary_search_by_key(&detector, |(d, _)| *d) {
            Ok(i) => self.uses[i].1,
            Err(_) => 0,
        }
    }

    pub(super) fn uses(&self) -> &[(DetectorId, u8)] {
        &self.uses
    }
}

pub(super) struct Detector {
    pub(super) confidence: Confidence,
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) checks: Vec<Check>,
    /// A check can drop a match.
    pub(super) by_chance: bool,
    /// Sorted.
    pub(super) test_values: Vec<Box<[u8]>>,
    pub(super) pair: Option<Pair>,
}

pub(super) struct Check {
    pub(super) name: Arc<str>,
    pub(super) on: Option<String>,
    pub(super) on_invalid: OnInvalid,
    pub(super) valid: i16,
    pub(super) validator: Box<dyn Validator>,
}

/// One way a detector finds things. Phrases and pairs are ways as well.
pub(super) struct Pattern {
    pub(super) detector: DetectorId,
    pub(super) name: Arc<str>,
    pub(super) kind: PatternKind,
    pub(super) needs: Needs,
    pub(super) weight: i16,
    pub(super) crosses_cells: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PatternKind {
    /// The number of its expression.
    Regex(usize),
    Phrases,
    Pair,
    /// What other detectors found.
    Found,
}

/// For what an expression is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The pattern of this number.
    Pattern(usize),
    /// One of the two values of a pair.
    Half,
}

pub(super) struct Pair {
    /// The number of its pattern, under which matches are weighed.
    pub(super) pattern: usize,
    /// The numbers of its expressions.
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) gap: usize,
    pub(super) lines: usize,
}

/// Compiles all enabled detectors.
pub(super) fn compile(
    files: &[DetectorFile],
    prepared: &Prepared,
    checks: &Checks,
    enabled: &dyn Fn(&DetectorSpec) -> bool,
) -> Result<Compiled, Vec<SpecError>> {
    let mut compiler = Compiler {
        prepared,
        checks,
        errors: Vec::new(),
        file: "",
        detector: "",
        finder: FinderBuilder::default(),
        ids: FxHashMap::default(),
        words: WordsBuilder::default(),
        entries: Vec::new(),
        judged: Vec::new(),
        out: (Vec::new(), Vec::new(), Vec::new(), Vec::new()),
    };
    for file in files {
        for spec in &file.detectors {
            compiler.file = &file.name;
            compiler.detector = &spec.id;
            compiler.unique(spec);
            if enabled(spec) {
                compiler.detector(spec);
            }
        }
    }
    let judges = compiler.judges(files);
    if !compiler.errors.is_empty() {
        return Err(compiler.errors);
    }
    let words = compiler.words.build();
    let (infos, detectors, patterns, expressions) = compiler.out;
    let mut uses = vec![Use::Half; expressions.len()];
    for (number, pattern) in patterns.iter().enumerate() {
        if let PatternKind::Regex(expression) = pattern.kind {
            uses[expression] = Use::Pattern(number);
        }
    }
    let mut sorted: Vec<usize> = (0..infos.len()).collect();
    sorted.sort_unstable_by(|&a, &b| infos[a].id.cmp(&infos[b].id));
    let mut by_id = vec![0; infos.len()];
    (0..).zip(sorted).for_each(|(place, detector)| by_id[detector] = place);
    let mut finder = compiler.finder;
    words.phrases().for_each(|(entry, words, case)| finder.phrase(entry, words, case));
    Ok(Compiled {
        infos,
        detectors,
        patterns,
        expressions,
        uses,
        judges,
        by_id,
        finder: finder.build(prepared, &words.visited()),
        words,
        entries: compiler.entries,
    })
}

type Out = (Vec<DetectorInfo>, Vec<Detector>, Vec<Pattern>, Vec<Expression>);

struct Compiler<'a> {
    prepared: &'a Prepared,
    checks: &'a Checks,
    errors: Vec<SpecError>,
    file: &'a str,
    detector: &'a str,
    finder: FinderBuilder,
    ids: FxHashMap<&'a str, &'a str>,
    words: WordsBuilder,
    entries: Vec<Word>,
    /// Whose values a pattern judges, by their ids.
    judged: Vec<(usize, Vec<String>)>,
    out: Out,
}

impl<'a> Compiler<'a> {
    fn error(&mut self, message: impl Into<String>) {
        self.errors.push(SpecError {
            file: self.file.to_owned(),
            line: None,
            detector: Some(self.detector.to_owned()),
            message: message.into(),
        });
    }

    fn unique(&mut self, spec: &'a DetectorSpec) {
        if let Some(other) = self.ids.insert(&spec.id, self.file) {
            self.error(format!(
                "{other} already has a detector of this id; give one of them another"
            ));
        }
    }

    fn detector(&mut self, spec: &DetectorSpec) {
        self.form(spec);
        let id = DetectorId(self.out.0.len() as u32);
        let from = self.out.2.len();
        for pattern in &spec.patterns {
            let expression =
                self.expression(&pattern.name, &pattern.regex, pattern.case, pattern.boundary);
            self.out.2.push(Pattern {
                detector: id,
                name: pattern.name.as_str().into(),
                kind: PatternKind::Regex(expression),
                needs: pattern.needs,
                weight: pattern.weight,
                crosses_cells: pattern.crosses_cells,
            });
        }
        for phrases in &spec.phrases {
            let pattern = self.out.2.len();
            for phrase in &phrases.list {
                match self.words.add(phrase, Joint::Blank, phrases.case) {
                    Some(entry) => self.word(entry, phrase).phrases.push(pattern),
                    None => self.error("a phrase is empty; remove it from the list"),
                }
            }
            self.out.2.push(Pattern {
                detector: id,
                name: "phrase".into(),
                kind: PatternKind::Phrases,
                needs: phrases.needs,
                weight: phrases.weight,
                crosses_cells: false,
            });
        }
        if !spec.of.is_empty() {
            self.judged.push((self.out.2.len(), spec.of.clone()));
            self.out.2.push(Pattern {
                detector: id,
                name: "what another detector found".into(),
                kind: PatternKind::Found,
                needs: Needs::Nothing,
                weight: 0,
                crosses_cells: true,
            });
        }
        let pair = spec.pair.as_ref().map(|pair| self.pair(id, pair));
        self.proximity(id, spec, from);
        let checks: Vec<Check> =
            spec.checks.iter().filter_map(|check| self.check(spec, from, check)).collect();
        let mut test_values: Vec<Box<[u8]>> =
            spec.test_values.iter().map(|v| super::verify::bare(v.as_bytes()).collect()).collect();
        test_values.sort_unstable();
        self.out.1.push(Detector {
            confidence: spec.confidence,
            before: spec.proximity.before,
            after: spec.proximity.after,
            by_chance: checks.iter().any(|check| check.on_invalid == OnInvalid::Drop),
            checks,
            test_values,
            pair,
        });
        self.out.0.push(DetectorInfo {
            id: spec.id.as_str().into(),
            name: spec.name.as_str().into(),
            category: spec.category.as_str().into(),
            jurisdiction: spec.jurisdiction.as_deref().map(Into::into),
            precedence: spec.precedence,
            hide_shape: spec.hide_shape,
            alone: spec.confidence.alone,
            whole: spec.whole.clone().map(Arc::new),
        });
    }

    /// What can be said of a detector without compiling anything.
    fn form(&mut self, spec: &DetectorSpec) {
        let of_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if spec.id.is_empty() || !spec.id.chars().all(of_id) {
            self.error("an id is made of lower-case letters, digits and hyphens, as \"gb-nino\"");
        }
        let looks = !spec.patterns.is_empty() || !spec.phrases.is_empty() || spec.pair.is_some();
        if let Some(wrong) = spec.whole.as_ref().and_then(WholeSpec::wrong) {
            self.error(wrong);
        }
        match (looks, spec.of.is_empty()) {
            (false, true) if spec.whole.is_none() => self.error(
                "it has nothing to look for; add a [[pattern]], [[phrases]], [pair], `of` or [whole]",
            ),
            (true, false) => self.error(
                "it looks for something itself and also judges what others find; make two \
                 detectors of it",
            ),
            _ => {}
        }
        let c = spec.confidence;
        if c.alone > c.keyword || c.keyword > c.strong || c.strong > 100 {
            self.error(format!(
                "confidence must grow from alone to keyword to strong and end at 100 at most; it \
                 says {}, {}, {}",
                c.alone, c.keyword, c.strong
            ));
        }
        if spec.proximity.before > LONGEST_REACH || spec.proximity.after > LONGEST_REACH {
            self.error(format!(
                "proximity reaches too far; before and after are at most {LONGEST_REACH}"
            ));
        }
        if spec.checks.len() > 32 {
            self.error("it has more than 32 checks; join some of them");
        }
    }

    /// Who judges whose values. A detector that is off finds nothing to be judged.
    fn judges(&mut self, files: &'a [DetectorFile]) -> Vec<Vec<usize>> {
        let mut judges: Vec<Vec<usize>> = Vec::new();
        for (pattern, ids) in std::mem::take(&mut self.judged) {
            for id in ids {
                let of = self.out.0.iter().position(|info| *info.id == *id);
                if let Some(of) = of {
                    judges.resize(self.out.0.len(), Vec::new());
                    judges[of].push(pattern);
                } else if !self.ids.contains_key(&*id) {
                    let detector = self.out.2[pattern].detector;
                    let judge = self.out.0[detector.index()].id.to_string();
                    let has = |file: &&DetectorFile| file.detectors.iter().any(|d| d.id == judge);
                    self.errors.push(SpecError {
                        file: files.iter().find(has).map_or_else(String::new, |f| f.name.clone()),
                        line: None,
                        detector: Some(judge),
                        message: format!("`of` names \"{id}\", and there is no such detector"),
                    });
                }
            }
        }
        judges
    }

    fn expression(&mut self, name: &str, regex: &str, case: Case, boundary: Boundary) -> usize {
        let number = self.out.3.len();
        if let Some((facts, way)) = self.prepared.find(regex, case, boundary) {
            self.finder.expression(number as u32, way, true);
            self.out.3.push(Expression::of(regex, case, boundary, facts.clone()));
            return number;
        }
        let expression = dialect::parse(regex, case).and_then(|hir| {
            let way = self.finder.way(&hir, boundary);
            self.finder.expression(number as u32, &way, false);
            let expression = Expression::of(regex, case, boundary, Facts::of(&hir));
            expression.prove()?;
            Ok(expression)
        });
        match expression {
            Ok(expression) => self.out.3.push(expression),
            Err(why) => self.error(format!("the expression of \"{name}\" cannot be used: {why}")),
        }
        // After an error the number is never used: the build fails as a whole.
        number
    }

    fn pair(&mut self, id: DetectorId, spec: &PairSpec) -> Pair {
        let [first, second] = spec.expressions();
        let first = self.expression("first", first.0, first.1, first.2);
        let second = self.expression("second", second.0, second.1, second.2);
        for (list, role) in
            [(&spec.first_headers, role::FIRST), (&spec.second_headers, role::SECOND)]
        {
            list.iter().for_each(|word| self.context(id, word, role));
        }
        self.out.2.push(Pattern {
            detector: id,
            name: "pair".into(),
            kind: PatternKind::Pair,
            needs: Needs::Nothing,
            weight: 0,
            crosses_cells: true,
        });
        let pattern = self.out.2.len() - 1;
        Pair { pattern, first, second, gap: spec.gap, lines: spec.lines }
    }

    fn proximity(&mut self, id: DetectorId, spec: &DetectorSpec, from: usize) {
        let near = &spec.proximity;
        for (list, role) in [
            (&near.keywords, role::KEYWORD),
            (&near.anti, role::ANTI),
            (&near.headers, role::HEADER),
        ] {
            list.iter().for_each(|word| self.context(id, word, role));
        }
        let needs = self.out.2[from..].iter().map(|p| p.needs).max().unwrap_or_default();
        if needs == Needs::Header && near.headers.is_empty() && near.keywords.is_empty() {
            self.error("a pattern needs a header but proximity lists no headers; add some");
        } else if needs != Needs::Nothing && near.keywords.is_empty() && near.headers.is_empty() {
            self.error("a pattern needs a keyword but proximity lists none; add some");
        }
    }

    fn context(&mut self, id: DetectorId, word: &str, role: u8) {
        let Some(entry) = self.words.add(word, Joint::Loose, Case::Insensitive) else {
            self.error("a keyword, anti-keyword or header is empty; remove it");
            return;
        };
        let uses = &mut self.word(entry, word).uses;
        match uses.last_mut() {
            Some((detector, roles)) if *detector == id => *roles |= role,
            _ => uses.push((id, role)),
        }
    }

    fn word(&mut self, entry: u32, shown: &str) -> &mut Word {
        let entry = entry as usize;
        if entry == self.entries.len() {
            self.entries.push(Word { shown: shown.into(), ..Word::default() });
        }
        &mut self.entries[entry]
    }

    fn check(&mut self, spec: &DetectorSpec, from: usize, check: &CheckSpec) -> Option<Check> {
        if let Some(group) = check.on.as_deref().filter(|g| *g != "value") {
            let of_pair = spec.pair.is_some() && matches!(group, "first" | "second");
            let of_pattern = self.out.2[from..].iter().any(|p| match p.kind {
                PatternKind::Regex(e) => self
                    .out
                    .3
                    .get(e)
                    .is_some_and(|e| e.facts.groups.iter().any(|(name, _)| name == group)),
                _ => false,
            });
            if !of_pair && !of_pattern {
                self.error(format!(
                    "check \"{}\" looks at the group \"{group}\", which no pattern has; name a \
                     group (?<{group}>…) in a pattern or leave `on` out",
                    check.name
                ));
            }
        }
        match self.checks.make(&check.name, &check.parameters) {
            Ok(validator) => Some(Check {
                name: check.name.as_str().into(),
                on: check.on.clone().filter(|g| g != "value"),
                on_invalid: check.on_invalid,
                valid: check.valid,
                validator,
            }),
            Err(why) => {
                self.error(format!("check \"{}\": {why}", check.name));
                None
            }
        }
    }
}
