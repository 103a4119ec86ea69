//! Names of entries: scanned like any text, shown shortened, and noted when they are dangerous.

use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Place, Reason, Role, Segment};
use std::borrow::Cow;

/// Longest name, in bytes, that a part is called by. All of a longer one is still scanned.
const SHOWN: usize = 255;
/// Longest honest name, in bytes; what most systems allow for a path.
const HONEST: usize = 4096;

/// A name as text: UTF-8 where it is, otherwise Windows' western charset, so that no byte is lost.
pub(crate) fn text(raw: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(raw) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(raw).0,
    }
}

/// What a part of that name is called: not empty, and cut to a length fit for a report.
pub(crate) fn shown(name: &str, number: usize) -> String {
    if name.is_empty() {
        return format!("#{number}");
    }
    if name.len() <= SHOWN {
        return name.to_owned();
    }
    format!("{}…", &name[..name.floor_char_boundary(SHOWN)])
}

/// Scans a name (of an entry, of a link's target), and notes it when it is dangerous.
pub(crate) fn give(name: &str, shown: &str, descent: &mut Descent<'_>) -> Flow {
    if is_bad(name) {
        descent.note_inside(shown, Reason::BadName, None);
    }
    scan(name, descent)
}

/// Scans a name.
pub(crate) fn scan(name: &str, descent: &mut Descent<'_>) -> Flow {
    descent.segment(&Segment::new(name.as_bytes(), Place::Name).with_role(Role::Metadata))
}

/// Scans a comment or another property of a container.
pub(crate) fn property(name: &str, raw: &[u8], descent: &mut Descent<'_>) -> Flow {
    let place = Place::Property { name: name.to_owned() };
    descent.segment(&Segment::new(text(raw).as_bytes(), place).with_role(Role::Metadata))
}

/// True when a name would lead out of the folder it is unpacked in, hides what it says, or can
/// break a program that shows it.
pub(crate) fn is_bad(name: &str) -> bool {
    let rooted = name.starts_with(['/', '\\']) || name.as_bytes().get(1) == Some(&b':');
    let climbs = name.split(['/', '\\']).any(|piece| piece == "..");
    let hides = name.chars().any(|c| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    });
    name.is_empty() || rooted || climbs || hides || name.len() > HONEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_climb_hide_or_break_are_bad() {
        for bad in
            ["../a", "a/../b", "/etc/x", "\\\\host\\x", "C:\\x", "a\0b", "a\u{202E}fdp.exe", ""]
        {
            assert!(is_bad(bad), "{bad:?}");
        }
        for good in ["a.txt", "Minutes/2024 – final..docx", "dir/", "größe.txt", "...hidden"] {
            assert!(!is_bad(good), "{good:?}");
        }
    }

    #[test]
    fn a_name_in_an_old_charset_is_still_text() {
        assert_eq!(text(b"caf\xe9.txt"), "café.txt");
    }
}
