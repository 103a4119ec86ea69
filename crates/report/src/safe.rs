use std::borrow::Cow;
use std::fmt::Write as _;

/// True for characters that could act on a terminal, a log or a reader's eye instead of being
/// read: controls (C0, DEL, C1), line and paragraph separators, direction overrides and isolates,
/// characters without width, interlinear marks, tag characters.
pub(crate) const fn acts(c: char) -> bool {
    matches!(c,
        '\0'..='\x1F' | '\x7F'..='\u{9F}'
        | '\u{AD}' | '\u{61C}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}')
}

/// Makes a text from an input harmless to print: whatever would act is shown as its number
/// (`\x1B`, `\u{202E}`), a line break as `\n`. The result is one line.
pub fn safe(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find(acts) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..first]);
    for c in text[first..].chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !acts(c) => out.push(c),
            c if c < '\u{80}' => _ = write!(out, "\\x{:02X}", c as u32),
            c => _ = write!(out, "\\u{{{:X}}}", c as u32),
        }
    }
    Cow::Owned(out)
}

/// A text made [`safe`] and at most `most` characters long: the middle gives way to `…`, because
/// the end of a path says more than its middle.
pub fn shorten(text: &str, most: usize) -> String {
    let text = safe(text);
    let count = text.chars().count();
    if count <= most || most < 5 {
        return text.into_owned();
    }
    let head = most / 3;
    let tail = most - head - 1;
    text.chars().take(head).chain(['…']).chain(text.chars().skip(count - tail)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_act_on_a_terminal_is_shown_as_its_number() {
        assert_eq!(safe("a\x1b[31mb\n"), "a\\x1B[31mb\\n");
        assert_eq!(safe("\u{202E}fdp.exe"), "\\u{202E}fdp.exe");
        assert_eq!(safe("x\u{9B}2J"), "x\\u{9B}2J");
    }

    #[test]
    fn ordinary_names_in_any_script_are_left_as_they_are() {
        for name in ["Ffwrnais Ddŵr.pdf", "予算.xlsx", "ميزانية.docx", "a b-c_d.txt"] {
            assert!(matches!(safe(name), Cow::Borrowed(same) if same == name));
        }
    }

    #[test]
    fn a_long_path_loses_its_middle() {
        let short = shorten("/media/usb/councillors/2026/minutes/annex.docx", 20);
        assert_eq!(short.chars().count(), 20);
        assert!(short.ends_with("annex.docx"), "{short}");
    }
}
