//! A word that is a program's as often as a letter's.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::window::{after, before, lines_back};
use super::{plain_check, trust};

/// The lines beside the value are looked at no further than this.
const BESIDE: usize = 160;

plain_check! {
    /// Not in a comment of its own (`/* PRIVATE */`), and neither the line above nor the one below is
    /// one of a program: CMake gives `PRIVATE` a line to itself.
    not_in_code => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let (front, back) = (before(candidate, BESIDE), after(candidate, BESIDE));
    let commented =
        front.trim_ascii_end().ends_with(b"/*") && back.trim_ascii_start().starts_with(b"*/");
    let mut above = lines_back(front);
    let mut below = back.split(|b| *b == b'\n');
    // What stands on the value's own line.
    let own = [below.next()];
    if !front.ends_with(b"\n") {
        above.next();
    }
    let filled = |line: &&[u8]| !line.trim_ascii().is_empty();
    let beside = [above.find(filled), below.find(filled)];
    trust(!commented && !own.into_iter().chain(beside).flatten().any(is_code))
}

/// Whether a line is a program's: it ends as statements do, or is one path or name of a variable.
fn is_code(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let one = !line.is_empty() && !line.iter().any(u8::is_ascii_whitespace);
    // A reference has slashes too, and no file's ending.
    let file = line.rsplit(|b| *b == b'/').next().is_some_and(|name| {
        name.len() < line.len() && !name.ends_with(b".") && name.contains(&b'.')
    });
    let path = one && (file || line.iter().any(|b| matches!(b, b'_' | b'$')));
    let ends = matches!(line, [.., b';' | b'{' | b'}'] | [.., b'(']) || line.ends_with(b");");
    let called = line.ends_with(b")") && line.first().is_some_and(u8::is_ascii_lowercase);
    path || ends || called || line.starts_with(b"#define") || line.starts_with(b"target_")
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn a_marking_is_told_from_a_programs_word() {
        let judge = |text| judge_in("not-in-code", "", text, "PRIVATE");
        for text in [
            "target_sources(scan\n  PRIVATE\n    src/scan.cc\n)",
            "target_link_libraries(scan\n  PRIVATE\n    ${LIBS})",
            "We mark functions with /* PRIVATE */",
            "int scan(void);\nPRIVATE\nint look(void);",
        ] {
            assert_eq!(judge(text), Trust::Invalid, "{text}");
        }
        for text in [
            "PRIVATE\n\nDear Mrs Booth,\n",
            "12/06/2026\n\n    PRIVATE\n\nReport of the Clerk (staffing)\n",
            "Our ref: HR/2026/14\nHR/2026/15\nPRIVATE\n",
            "Hall Committee.\nPRIVATE\n",
        ] {
            assert_eq!(judge(text), Trust::Valid, "{text}");
        }
    }
}
