//! A label and its value in elements side by side, with nothing in between: on the page their
//! looks part them (`<span>Date of birth</span><span>…</span>`).

/// A label is no longer, in bytes.
const LONGEST: usize = 60;

/// Elements that set a text off, so that capitals alone make it a label.
const SETTING_OFF: [&[u8]; 4] = [b"b", b"strong", b"label", b"th"];

/// Labels in capitals that are none of the letters a number begins with.
const ABBREVIATIONS: [&[u8]; 14] = [
    b"DOB", b"NINO", b"NI", b"NHS", b"UTR", b"IBAN", b"BIC", b"SWIFT", b"PIN", b"VAT", b"VRM",
    b"CVV", b"UPN", b"PW",
];

/// The text of the element that was opened last, and whether it was a label once it ended.
#[derive(Debug, Default)]
pub(super) struct Label {
    text: Vec<u8>,
    ended: Option<Kind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In an element that sets it off.
    SetOff,
    /// In any other.
    Plain,
}

impl Label {
    /// An element begins.
    pub fn open(&mut self) {
        self.text.clear();
    }

    /// An element ends that stands inside a line.
    pub fn close(&mut self, name: &[u8]) {
        let kind = if SETTING_OFF.contains(&name) { Kind::SetOff } else { Kind::Plain };
        let ended = is_label(&self.text, kind).then_some(kind);
        // `<b><span>Label</span></b>`: what ends with nothing of its own changes nothing.
        if ended.is_some() || !self.text.is_empty() {
            self.ended = ended;
        }
        self.text.clear();
    }

    /// A line ends.
    pub fn forget(&mut self) {
        self.text.clear();
        self.ended = None;
    }

    /// Takes the next text; true where it is the value of the label before it and nothing parts
    /// the two.
    pub fn parts(&mut self, value: &[u8]) -> bool {
        if self.text.len() <= LONGEST {
            self.text.extend_from_slice(value);
        }
        self.ended.take().is_some_and(|kind| begins_value(value, kind))
    }
}

/// Words without figures that begin with a capital, such as `Passport no.`.
fn is_label(text: &[u8], kind: Kind) -> bool {
    let of_label = |b: &u8| {
        b.is_ascii_alphabetic()
            || matches!(b, b' ' | b'.' | b'/' | b'\'' | b'(' | b')' | b'-' | b'&' | b'?')
    };
    let small = text.iter().filter(|b| b.is_ascii_lowercase()).count();
    let ends = text.last().is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'.' | b')'));
    (2..=LONGEST).contains(&text.len())
        && text.iter().all(of_label)
        && text[0].is_ascii_uppercase()
        && ends
        && (small > 0 || kind == Kind::SetOff || ABBREVIATIONS.contains(&text))
}

fn begins_value(value: &[u8], kind: Kind) -> bool {
    let word = value.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
    match word.first() {
        Some(b'0'..=b'9' | b'+' | b'(') => true,
        // `Mc` and `Donald` are one word.
        Some(b'A'..=b'Z') => kind == Kind::SetOff || value.iter().any(u8::is_ascii_digit),
        Some(b'a'..=b'z') => word.iter().any(|b| b.is_ascii_digit() || *b == b'@'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(name: &str, label: &str, value: &str) -> bool {
        let mut it = Label::default();
        it.open();
        assert!(!it.parts(label.as_bytes()));
        it.close(name.as_bytes());
        it.open();
        it.parts(value.as_bytes())
    }

    #[test]
    fn a_label_is_parted_from_its_value() {
        assert!(parts("span", "Date of birth", "03/07/1978"));
        assert!(parts("span", "Passport no.", "123456789"));
        assert!(parts("b", "DOB", "18 January 1981"));
        assert!(parts("span", "IBAN", "GB29 NWBK 6016 1331 9268 19"));
        assert!(parts("span", "DL no", "SMITH 853129 AB9CD"));
        assert!(parts("span", "Email", "ann.lee7@example.org"));
        assert!(parts("strong", "Name", "Ann Lee"));
    }

    #[test]
    fn a_value_in_pieces_stays_whole() {
        for (label, value) in [
            ("12-3", "4-56"),
            ("AB", "123456C"),
            ("SMITH", "853129AB9CD"),
            ("Mc", "Donald"),
            ("GB29 NWBK 6016", "1331 9268 19"),
            ("ann.l", "ee@example.org"),
            ("West", "mere"),
            ("Label:", "12"),
        ] {
            assert!(!parts("span", label, value), "{label} {value}");
        }
    }
}
