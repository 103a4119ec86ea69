//! A fault in dlpscan itself costs the text it stumbled over, not the run, and is told without a word
//! of that text.

use dlpscan_core::model::{Note, PartPath, Reason, Segment};
use dlpscan_core::scan::{Engine, Match, Scratch};
use std::io::Write;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// It panicked.
pub(crate) struct Stumbled;

impl Stumbled {
    /// What the ledger says of the part it was in.
    pub(crate) fn note(part: PartPath) -> Note {
        let detail = "a fault in dlpscan itself: some of its text was not looked at";
        Note::new(Reason::Crash, part).with_detail(detail)
    }
}

/// Does something that may panic. What it was working with may be in disorder afterwards.
pub(crate) fn steady<T>(job: impl FnOnce() -> T) -> Result<T, Stumbled> {
    catch_unwind(AssertUnwindSafe(job)).map_err(|_| Stumbled)
}

/// Scans a segment as the engine does. Its memory is made anew after a panic.
pub(crate) fn scan(
    engine: &Engine,
    scratch: &mut Scratch,
    segment: &Segment<'_>,
    least: u8,
    each: &mut dyn FnMut(&Match<'_>) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Stumbled> {
    let scanned = steady(|| engine.scan(scratch, segment, least, each));
    if scanned.is_err() {
        *scratch = engine.scratch();
    }
    scanned
}

/// Has every panic of the process told in one line on standard error: where in the program, and what
/// that means, never its message, which may hold some of what was scanned.
///
/// For a program, at its start; a library leaves this to the program it is part of.
pub fn tell_faults() {
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map_or_else(String::new, |at| format!(" ({at})"));
        // Nobody may be reading.
        let _ = writeln!(
            std::io::stderr(),
            "dlpscan: a fault in dlpscan itself{place}; what it was looking at is reported as not read \
             in full. Please report this line to its makers."
        );
    }));
}

#[cfg(test)]
mod tests {
    use crate::Scanner;
    use crate::testing::{MARK, outcomes};
    use dlpscan_core::detector::{Candidate, Checks, DetectorFile, Validator};
    use dlpscan_core::model::{Reason, Status, Trust};
    use dlpscan_core::scan::Engine;
    use std::sync::Arc;

    /// Panics at one value.
    struct Stumbles;

    impl Validator for Stumbles {
        fn check(&self, candidate: &Candidate<'_>) -> Trust {
            assert!(candidate.value != b"MARK-6666", "{:?}", candidate.value);
            Trust::Valid
        }
    }

    fn scanner() -> Scanner {
        let checked = format!("{MARK}[[check]]\nname = \"stumbles\"\n");
        let file = DetectorFile::parse("mark.toml", &checked).unwrap();
        let mut checks = Checks::new();
        checks.add("stumbles", |_| Ok(Box::new(Stumbles)));
        let engine = Engine::build(&[file], &checks, &|_| true).unwrap();
        let mut scanner = Scanner::builder().without_builtin().build().unwrap();
        Arc::get_mut(&mut scanner.core).unwrap().engine = engine;
        scanner
    }

    #[test]
    fn a_run_goes_on_and_what_it_stumbled_over_is_not_called_read() {
        let scanner = scanner();
        let large = format!("{}\nMARK-6666\n{0}\nMARK-0003", "word ".repeat(1 << 20));
        let items = [("a", "MARK-0001"), ("b", "see MARK-6666"), ("c", &large), ("d", "MARK-0002")];
        for threads in [1, 3] {
            let outcomes = outcomes(&scanner, &items, threads);
            let found: Vec<u64> = outcomes.iter().map(|outcome| outcome.found).collect();
            // Of the large one what lies in another window.
            assert_eq!(found, [1, 0, 1, 1]);
            for stumbled in &outcomes[1..3] {
                assert_ne!(stumbled.status(), Status::Complete);
                assert_eq!(stumbled.ledger.notes()[0].reason, Reason::Crash);
            }
            assert_eq!(outcomes[3].status(), Status::Complete);
        }
    }

    #[test]
    fn a_name_it_stumbled_over_is_not_shown() {
        let scanner = scanner();
        let outcomes = outcomes(&scanner, &[("of MARK-6666.txt", "MARK-0001")], 1);
        assert!(!outcomes[0].item.as_str().contains("6666"), "{}", outcomes[0].item.as_str());
        assert_eq!(outcomes[0].found, 1);
        assert_ne!(outcomes[0].status(), Status::Complete);
    }
}
