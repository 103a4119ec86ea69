use crate::fresh::newly_written;
use crate::mail::addresses;
use crate::text::{Prepared, Text, Where};
use crate::whereabouts::is_body;
use dlpscan_core::model::{Envelope, Facts, Layout, Mark, PartPath, Place, Role, Segment};

/// Reads along while an item is scanned, and says afterwards what a policy wants to know of it
/// beside its findings: what its parts are, who writes to whom, which texts stand in it.
///
/// It keeps a mail's own text until the end, [`Letter::MOST`] bytes of each kind or a little more.
#[derive(Debug)]
pub struct Letter<'p> {
    texts: &'p [Text],
    facts: Facts,
    is_mail: bool,
    envelope: Envelope,
    /// The field that names the sender was seen.
    signed: bool,
    plain: Body,
    html: Body,
}

/// A body, or of a long one its beginning and its end: a greeting stands in one, a footer in the
/// other.
#[derive(Debug, Default)]
struct Body {
    head: Vec<u8>,
    tail: Vec<u8>,
    cut: bool,
}

impl Body {
    const HALF: usize = Letter::MOST / 2;

    fn push(&mut self, text: &[u8]) {
        let room = Self::HALF.saturating_sub(self.head.len()).min(text.len());
        self.head.extend_from_slice(&text[..room]);
        self.tail.extend_from_slice(&text[room..]);
        if self.tail.len() > 2 * Self::HALF {
            self.tail.drain(..self.tail.len() - Self::HALF);
            self.cut = true;
        }
    }

    fn text(&self) -> Vec<u8> {
        let gap: &[u8] = if self.cut { b"\n\n" } else { b"" };
        [&self.head, gap, &self.tail].concat()
    }
}

impl<'p> Letter<'p> {
    /// Bytes of a plain or HTML body that are kept, half of them of its beginning and half of its
    /// end. What stands between is not looked through: a text that is only there counts as missing.
    pub const MOST: usize = 1 << 20;

    /// For an item of which these texts are asked.
    pub fn new(texts: &'p [Text]) -> Self {
        Letter {
            texts,
            facts: Facts::default(),
            is_mail: false,
            envelope: Envelope::default(),
            signed: false,
            plain: Body::default(),
            html: Body::default(),
        }
    }

    /// A part is about to be read as this kind.
    pub fn read_as(&mut self, path: &PartPath, kind: &str) {
        if path.depth() == 0 && kind == "eml" {
            self.is_mail = true;
        }
        if !self.facts.kinds.contains(kind) {
            self.facts.kinds.insert(kind.to_owned());
        }
    }

    /// A segment is being scanned.
    pub fn segment(&mut self, path: &PartPath, segment: &Segment<'_>) {
        if !self.is_mail {
            return;
        }
        match (path.names(), &segment.place) {
            ([], Place::Header { .. }) => self.headers(segment),
            ([name], _) if is_body(name) && segment.role == Role::Content => {
                let body = if name == "body" { &mut self.plain } else { &mut self.html };
                let new = &segment.text[segment.body.clone()];
                body.push(new);
            }
            _ => {}
        }
    }

    /// The fields that begin in a segment; there may be one or many.
    fn headers(&mut self, segment: &Segment<'_>) {
        let one = [Mark { start: 0, place: segment.place.clone() }];
        let marks = match segment.layout {
            Layout::Marks(marks) => marks,
            _ => &one,
        };
        for (number, Mark { start, place }) in marks.iter().enumerate() {
            let Place::Header { name } = place else { continue };
            let end = marks.get(number + 1).map_or(segment.text.len(), |next| next.start);
            if segment.body.contains(start) {
                self.header(name, segment.text[*start..end].trim_ascii_end());
            }
        }
    }

    fn header(&mut self, name: &str, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let value = text.get(name.len()..).unwrap_or_default().trim_start_matches(':');
        match name.to_ascii_lowercase().as_str() {
            "from" if !self.signed => {
                self.signed = true;
                self.envelope.sender = addresses(value).into_iter().next().unwrap_or_default();
            }
            "to" | "cc" => {
                let all = addresses(value);
                self.facts.shown.extend_from_slice(&all);
                self.envelope.recipients.extend(all);
            }
            "bcc" => self.envelope.recipients.extend(addresses(value)),
            _ => {}
        }
        if self.asks(Where::Header) {
            let field = Prepared::new(&text);
            self.note(Where::Header, |sought| sought.stands_in(&field));
        }
    }

    /// What is known when the item has been read.
    pub fn finish(mut self) -> Facts {
        if !self.is_mail {
            return self.facts;
        }
        for place in [Where::New, Where::Body] {
            if !self.asks(place) {
                continue;
            }
            let texts: Vec<Prepared> = [&self.plain, &self.html]
                .into_iter()
                .map(|body| {
                    let text = body.text();
                    let text = String::from_utf8_lossy(&text);
                    match place {
                        Where::New => Prepared::new(&newly_written(&text)),
                        _ => Prepared::new(&text),
                    }
                })
                .filter(|text| !text.is_empty())
                .collect();
            // What must be there must be there for every reader; what is unwelcome, for any.
            self.note(place, |sought| match place {
                Where::New => !texts.is_empty() && texts.iter().all(|t| sought.stands_in(t)),
                _ => texts.iter().any(|t| sought.stands_in(t)),
            });
        }
        self.facts.envelope = Some(self.envelope);
        self.facts
    }

    fn asks(&self, place: Where) -> bool {
        self.texts.iter().any(|text| text.place == place)
    }

    fn note(&mut self, place: Where, stands: impl Fn(&Text) -> bool) {
        let texts = self.texts;
        let there = texts.iter().filter(|text| text.place == place && stands(text));
        self.facts.texts.extend(there.map(|text| text.id.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_body_the_beginning_and_the_end_are_kept() {
        let mut body = Body::default();
        body.push(b"Dear all,");
        for _ in 0..3 * Letter::MOST / 1000 {
            body.push(&[b'x'; 1000]);
        }
        body.push(b"Standard footer");
        let text = body.text();
        assert!(text.starts_with(b"Dear all,x") && text.ends_with(b"xStandard footer"));
        assert!(text.len() < 2 * Letter::MOST, "{}", text.len());
    }

    #[test]
    fn a_body_of_usual_length_is_kept_whole() {
        let mut body = Body::default();
        let lines = "a line of a letter\n".repeat(40_000);
        lines.as_bytes().chunks(777).for_each(|piece| body.push(piece));
        assert_eq!(body.text(), lines.as_bytes());
    }
}
