//! A message's header fields (RFC 5322, 2045, 2047, 2231).

use crate::formats::archive::names;
use mail_parser::parsers::MessageStream;
use mail_parser::{ContentType, HeaderValue};
use std::borrow::Cow;

/// One field: its name, and its value as it stands, folded lines included.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// The fields of a header block. Lines that are none are kept with an empty name.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    all: Vec<Field>,
    /// Some line is no field.
    pub(crate) broken: bool,
}

/// Longest value whose structure (media type, parameters, encoded words) is looked at, in bytes.
const LONGEST: usize = 1 << 20;

impl Fields {
    /// Reads a header block. NULs in it are passed over, as mail programs do.
    pub(crate) fn read(block: &[u8]) -> Fields {
        let block: Vec<u8> = block.iter().copied().filter(|&b| b != 0).collect();
        let mut fields = Fields::default();
        for line in names::text(&block).split_inclusive(['\n', '\r']) {
            let trimmed = line.trim_end_matches(['\r', '\n']);
            let named = field_name(trimmed.as_bytes()).map(|len| trimmed.split_at(len));
            match (named, fields.all.last_mut()) {
                (Some((name, value)), _) if !line.starts_with([' ', '\t']) => {
                    let value = value.trim_start_matches([' ', '\t']);
                    let value = value.strip_prefix(':').unwrap_or(value).trim_start();
                    fields.all.push(Field { name: name.to_owned(), value: value.to_owned() });
                }
                (_, Some(last)) if line.starts_with([' ', '\t']) || trimmed.is_empty() => {
                    if !trimmed.is_empty() {
                        last.value.push('\n');
                        last.value.push_str(trimmed);
                    }
                }
                (_, last) => {
                    fields.broken |= !trimmed.is_empty() && !trimmed.starts_with("From ");
                    match last {
                        Some(last) if last.name.is_empty() => {
                            last.value.push('\n');
                            last.value.push_str(trimmed);
                        }
                        _ if trimmed.is_empty() => {}
                        _ => fields
                            .all
                            .push(Field { name: String::new(), value: trimmed.to_owned() }),
                    }
                }
            }
        }
        fields
    }

    /// All of them, in their order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Field> {
        self.all.iter()
    }

    /// The first field of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&Field> {
        self.all.iter().find(|f| f.name.eq_ignore_ascii_case(name))
    }

    /// The first field of that name as a media type or disposition with its parameters.
    pub(crate) fn typed(&self, name: &str) -> Option<Typed> {
        self.get(name).map(Field::typed)
    }
}

/// A media type or disposition, lower case, and its parameters.
#[derive(Debug, Default, Clone)]
pub(crate) struct Typed {
    /// `text/plain`, `attachment`.
    pub(crate) kind: String,
    pub(crate) parameters: Vec<(String, String)>,
}

impl Typed {
    /// A parameter's value, decoded.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(n, v)| n.eq_ignore_ascii_case(name) && !v.is_empty())
            .map(|(_, v)| v.as_str())
    }

    fn of(content: &ContentType<'_>) -> Typed {
        let kind = match content.subtype() {
            Some(subtype) => format!("{}/{subtype}", content.ctype()),
            None => content.ctype().to_owned(),
        };
        let parameters = content
            .attributes()
            .unwrap_or_default()
            .iter()
            .map(|a| (a.name.to_string(), a.value.to_string()))
            .collect();
        Typed { kind: kind.to_ascii_lowercase(), parameters }
    }
}

impl Field {
    /// The value as a person reads it: unfolded, encoded words decoded.
    pub(crate) fn text(&self) -> String {
        let unfolded = self.value.replace('\n', "");
        if !unfolded.contains("=?") || unfolded.len() > LONGEST {
            return unfolded;
        }
        let line = format!("{}\n", self.value);
        match MessageStream::new(line.as_bytes()).parse_unstructured() {
            HeaderValue::Text(text) => text.into_owned(),
            _ => unfolded,
        }
    }

    fn typed(&self) -> Typed {
        let mut value = self.value.as_str();
        if value.len() > LONGEST {
            value = &value[..value.floor_char_boundary(LONGEST)];
        }
        let line = format!("{value}\n");
        match MessageStream::new(line.as_bytes()).parse_content_type() {
            HeaderValue::ContentType(content) => {
                let mut typed = Typed::of(&content);
                for (_, value) in &mut typed.parameters {
                    if value.contains("=?") {
                        let field = Field { name: String::new(), value: std::mem::take(value) };
                        *value = field.text();
                    }
                }
                typed
            }
            _ => Typed::default(),
        }
    }
}

/// The length of the field name a line begins with: printable, without blanks, up to a colon.
pub(crate) fn field_name(line: &[u8]) -> Option<usize> {
    let len = line.iter().position(|&b| b == b':' || b == b' ' || b == b'\t')?;
    let colon = line[len..].trim_ascii_start().first() == Some(&b':');
    let printable = line[..len].iter().all(|b| (0x21..=0x7e).contains(b));
    (len > 0 && len < 200 && colon && printable).then_some(len)
}

/// Fields that a message begins with, or has near its beginning.
const KNOWN: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "date",
    "sender",
    "reply-to",
    "received",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "content-disposition",
    "return-path",
    "delivered-to",
    "in-reply-to",
    "references",
    "x-mailer",
    "x-originating-ip",
    "dkim-signature",
    "authentication-results",
    "arc-seal",
    "user-agent",
    "x-priority",
    "importance",
    "list-id",
    "list-unsubscribe",
    "thread-topic",
    "thread-index",
    "resent-from",
    "x-received",
    "x-gm-message-state",
    "snapshot-content-location",
    "x-mozilla-status",
    "content-id",
    "content-location",
    "errors-to",
    "precedence",
    "apparently-to",
    "newsgroups",
];

/// What the first lines of a part say about its being a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Looks {
    /// Different known fields at its beginning.
    pub(crate) known: usize,
    /// Fields of any name at its beginning.
    pub(crate) fields: usize,
}

/// Looks at the first bytes of a part.
pub(crate) fn looks(head: &[u8]) -> Looks {
    let head = match memchr::memchr(0, head) {
        None => Cow::Borrowed(head),
        Some(_) => head.iter().copied().filter(|&b| b != 0).collect(),
    };
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
    let mut looks = Looks::default();
    let mut seen = Vec::new();
    let mut started = false;
    for line in head.split(|&b| b == b'\n' || b == b'\r') {
        if line.is_empty() {
            // Of a blank line nothing is known where lines end in two characters.
            continue;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if started {
                continue;
            }
            break;
        }
        if !started && (line.starts_with(b">From ") || line.starts_with(b"From ")) {
            continue;
        }
        let Some(len) = field_name(line) else { break };
        started = true;
        looks.fields += 1;
        let name = line[..len].to_ascii_lowercase();
        if KNOWN.iter().any(|k| k.as_bytes() == name) && !seen.contains(&name) {
            seen.push(name);
        }
    }
    looks.known = seen.len();
    looks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_and_encoded_values_are_read_as_a_person_reads_them() {
        let block = b"Subject: =?utf-8?B?w4Rw?=\r\n =?utf-8?q?fel?= here\r\nX-A: b\r\n c\r\n";
        let fields = Fields::read(block);
        assert_eq!(fields.get("subject").unwrap().text(), "\u{c4}pfel here");
        assert_eq!(fields.get("x-a").unwrap().text(), "b c");
        assert!(!fields.broken);
    }

    #[test]
    fn parameters_may_be_continued_and_encoded() {
        let block =
            b"Content-Type: Application/PDF;\r\n name*0*=utf-8''r%C3%A9;\r\n name*1=sum.pdf\r\n";
        let typed = Fields::read(block).typed("content-type").unwrap();
        assert_eq!(typed.kind, "application/pdf");
        assert_eq!(typed.parameter("name"), Some("r\u{e9}sum.pdf"));
    }

    #[test]
    fn a_line_that_is_no_field_is_kept_and_told() {
        let fields = Fields::read(b"From: a\r\nCard 1234\r\nmore\r\nTo: b\r\n");
        assert!(fields.broken);
        let names: Vec<_> = fields.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["From", "", "To"]);
    }

    #[test]
    fn a_letter_is_no_message_and_a_message_is() {
        assert!(looks(b"Dear Sir: hello\nTo: you\n").known < 2);
        assert_eq!(looks(b"\r\nFrom: a\r\nSubject: b\r\n\r\nhi").known, 2);
        assert_eq!(looks(b"From: a\rSubject: b\rDate: c\r\rhi").known, 3);
    }
}
