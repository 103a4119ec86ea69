//! What is known of expressions before any of them is run, worked out ahead.

use super::super::dialect;
use super::anchor::{Anchor, Begin, Way};
use super::background::Background;
use super::beginning::Beginning;
use super::expression::Facts;
use super::told::Told;
use crate::detector::{Boundary, Case, DetectorFile, SpecError};
use serde::{Deserialize, Serialize};

/// What is known of the expressions of detector files without running any: how long their matches
/// are, and by what they are found. To work it out takes longer than everything else that happens
/// before the first byte is read, so for detectors that do not change it is done when the program
/// is built, and goes to [`Engine::build_prepared`](super::super::Engine::build_prepared).
///
/// It is found again by what an expression says, not by where it stands: an expression that is not
/// in here is prepared when it is met.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Prepared {
    /// Sorted by expression.
    known: Vec<Known>,
    /// How those of them begin that the sieve tells apart,
    pub(super) told: Told,
    /// in so many ways.
    pub(super) beginnings: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct Known {
    regex: Box<str>,
    case: Case,
    boundary: Boundary,
    facts: Facts,
    way: Way,
}

impl Known {
    fn key(&self) -> (&str, Case, Boundary) {
        (&self.regex, self.case, self.boundary)
    }
}

impl Prepared {
    /// Prepares the expressions of all detectors. Whoever ships what it gives has built each of
    /// these expressions before, with [`Engine::build`](super::super::Engine::build): it is taken
    /// for certain that they can be used, and they are built when they are first needed.
    ///
    /// # Errors
    ///
    /// An expression that cannot be read, with its file and detector.
    pub fn of(files: &[DetectorFile]) -> Result<Prepared, SpecError> {
        let mut background = Background::default();
        let mut all = Vec::new();
        for file in files {
            for spec in &file.detectors {
                for (regex, case, boundary) in spec.expressions() {
                    let error = |message| SpecError {
                        file: file.name.clone(),
                        line: None,
                        detector: Some(spec.id.clone()),
                        message,
                    };
                    let hir = dialect::parse(regex, case).map_err(error)?;
                    let facts = Facts::of(&hir);
                    let way = Way::choose(&mut background, &hir, boundary);
                    all.push(Known { regex: regex.into(), case, boundary, facts, way });
                }
            }
        }
        all.sort_by(|a, b| a.key().cmp(&b.key()));
        all.dedup_by(|a, b| a.key() == b.key());
        let ways = all.iter().filter_map(|known| match &known.way.anchor {
            Anchor::Sieve(begin, _) => Some(begin),
            _ => None,
        });
        let beginnings: Vec<(Beginning, bool)> = ways.flat_map(Begin::all).collect();
        let mut told = Told::default();
        told.add(&mut background, &beginnings);
        Ok(Prepared { known: all, told, beginnings: beginnings.len() })
    }

    /// What is known of an expression.
    pub(in super::super) fn find(
        &self,
        regex: &str,
        case: Case,
        boundary: Boundary,
    ) -> Option<(&Facts, &Way)> {
        let key = (regex, case, boundary);
        let at = self.known.binary_search_by(|known| known.key().cmp(&key)).ok()?;
        Some((&self.known[at].facts, &self.known[at].way))
    }

    /// How many expressions it knows.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}
