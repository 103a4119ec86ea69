//! Binary property lists: what programs of Apple keep their settings, contacts and archives in.

use super::gather::Gather;
use super::plist_object::{HEADER, MAGIC, Object, Objects};
use super::whole;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, SNIFF, Sure};
use crate::formats::raw;
use crate::formats::table::calendar;
use dlpscan_core::model::{Content, Fate, Part, Place, Reason, Stopped};

/// Binary property lists: each value on a line behind its key, with the path of its keys as its
/// place. Those written as XML are read as XML.
pub struct Plist;

impl Extractor for Plist {
    fn name(&self) -> &'static str {
        "plist"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let version = head.strip_prefix(MAGIC).and_then(|rest| rest.first_chunk::<2>());
        if version.is_some_and(|v| v.is_ascii()) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(bytes) = descent.whole(part.content) else { return Flow::Continue(()) };
        if bytes.get(MAGIC.len()) != Some(&b'0') {
            descent.note_with(Reason::Unsupported, None, "a version that is not known");
            return Flow::Continue(());
        }
        let Some(objects) = Objects::read(&bytes) else {
            descent.note_with(Reason::Damaged, None, "its table of objects cannot be read");
            return Flow::Continue(());
        };
        descent.claim(0..HEADER as u64, Fate::Scanned);
        descent.claim(objects.end as u64..bytes.len() as u64, Fate::Scanned);
        let seen = vec![Seen::Not; objects.len()];
        let mut reading = Reading {
            objects,
            seen,
            levels: Vec::new(),
            path: String::new(),
            gather: Gather::new(),
            lost: false,
            cycle: false,
        };
        match reading.all(descent) {
            Ok(()) => {}
            Err(Halt::Enough) => return Flow::Break(()),
            Err(Halt::Spent(Stopped(reason))) => descent.note(reason),
        }
        if reading.cycle {
            descent.note_with(Reason::Cycle, None, "a list holds itself");
        }
        if reading.lost {
            descent.note_with(Reason::Damaged, None, "some of its objects are not there");
        }
        reading.gather.finish(descent)
    }
}

/// Names of keys deeper than this are left out of the path.
const DEEP: usize = 32;
/// Letters of a key that stand before each value of a list.
const LABEL: usize = 64;
/// Data longer than this is read as a part of its own.
const LONG: usize = 1024;
/// Shorter words that no key leads to say nothing.
const SHORTEST: usize = 4;
/// From 1970 to 2001, in seconds.
const EPOCH: i64 = 978_307_200;

/// Why the reading stopped.
enum Halt {
    /// The taker of the text has seen enough.
    Enough,
    /// A limit was reached.
    Spent(Stopped),
}

impl From<Stopped> for Halt {
    fn from(stopped: Stopped) -> Self {
        Halt::Spent(stopped)
    }
}

fn enough(flow: Flow) -> Result<(), Halt> {
    if flow.is_break() { Err(Halt::Enough) } else { Ok(()) }
}

/// What was done with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Not,
    /// It is being read.
    Open,
    Done,
}

/// A list or map that is open.
struct Level<'b> {
    number: usize,
    keys: Option<&'b [u8]>,
    values: &'b [u8],
    next: usize,
    /// Length of the path that leads to it.
    path: usize,
    /// Of a list, the key that it stands under.
    label: String,
}

struct Reading<'b> {
    objects: Objects<'b>,
    seen: Vec<Seen>,
    levels: Vec<Level<'b>>,
    path: String,
    gather: Gather,
    /// An object was not where it should be.
    lost: bool,
    cycle: bool,
}

impl<'b> Reading<'b> {
    fn all(&mut self, descent: &mut Descent<'_>) -> Result<(), Halt> {
        self.value(self.objects.top, String::new(), descent)?;
        let mut steps = 0_u32;
        while let Some(level) = self.levels.last_mut() {
            // Lists may lie on top of each other, so that there are more steps than bytes.
            steps = steps.wrapping_add(1);
            if steps.is_multiple_of(4096) {
                descent.budget().check()?;
            }
            let i = level.next;
            level.next += 1;
            self.path.truncate(level.path);
            let (keys, values, number) = (level.keys, level.values, level.number);
            let Some(value) = self.objects.reference(values, i) else {
                self.seen[number] = Seen::Done;
                self.levels.pop();
                continue;
            };
            let label = match keys {
                None => level.label.clone(),
                Some(keys) => {
                    let key = self.objects.reference(keys, i);
                    key.map_or_else(String::new, |key| self.key(key, descent))
                }
            };
            self.step(keys.is_some(), &label, i);
            self.value(value, label, descent)?;
        }
        self.unreached(descent)
    }

    /// The text of a key.
    fn key(&mut self, number: usize, descent: &mut Descent<'_>) -> String {
        match self.object(number, descent) {
            Some((Object::Text(text), _)) => text.into_owned(),
            _ => String::new(),
        }
    }

    /// Adds to the path what leads to a value.
    fn step(&mut self, key: bool, label: &str, number: usize) {
        if self.levels.len() > DEEP {
            return;
        }
        if !key {
            self.path.push_str(&format!("[{number}]"));
            return;
        }
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.extend(label.chars().take(LABEL));
    }

    /// An object, where it is there. Its bytes are accounted for.
    fn object(&mut self, number: usize, descent: &mut Descent<'_>) -> Option<(Object<'b>, u64)> {
        let Some((object, range)) = self.objects.object(number) else {
            self.lost = true;
            return None;
        };
        let range = range.start as u64..range.end as u64;
        let at = range.start;
        if self.seen[number] == Seen::Not {
            descent.claim(range, Fate::Scanned);
            self.seen[number] = Seen::Done;
        }
        Some((object, at))
    }

    /// Gives a value behind its key, or opens the list or map that it is.
    fn value(
        &mut self,
        number: usize,
        label: String,
        descent: &mut Descent<'_>,
    ) -> Result<(), Halt> {
        let before = self.seen.get(number).copied().unwrap_or(Seen::Done);
        let Some((object, at)) = self.object(number, descent) else { return Ok(()) };
        let (keys, values) = match object {
            Object::List(values) => (None, values),
            Object::Map(keys, values) => (Some(keys), values),
            object => return self.scalar(object, at, &label, descent),
        };
        match before {
            Seen::Not => {
                self.seen[number] = Seen::Open;
                let label = label.chars().take(LABEL).collect();
                let path = self.path.len();
                self.levels.push(Level { number, keys, values, next: 0, path, label });
            }
            Seen::Open => self.cycle = true,
            Seen::Done => {}
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        object: Object<'b>,
        at: u64,
        label: &str,
        descent: &mut Descent<'_>,
    ) -> Result<(), Halt> {
        let text = match object {
            Object::Data(data) => return self.data(data, at, label, descent),
            Object::Text(text) => text.into_owned(),
            Object::Number(number) => number.to_string(),
            Object::Real(number) => number.to_string(),
            Object::Date(seconds) => calendar::seconds(EPOCH.saturating_add(seconds as i64)),
            Object::Flag(flag) => flag.to_string(),
            _ => String::new(),
        };
        // The same text may be the value of any number of keys.
        descent.budget().take_bytes((label.len() + text.len()) as u64)?;
        self.gather.place(Place::Key { path: self.path.clone() });
        self.label(label, at);
        self.gather.decoded(text.as_bytes(), at);
        self.gather.end_line();
        enough(self.gather.flow(descent))
    }

    /// The key before a value, with its words apart.
    fn label(&mut self, label: &str, at: u64) {
        if label.is_empty() {
            return;
        }
        if let Some(words) = whole::words(label) {
            self.gather.decoded(words.as_bytes(), at);
            self.gather.push(b" ");
        }
        self.gather.decoded(label.as_bytes(), at);
        self.gather.push(b": ");
    }

    /// Data is text, a document, or some bytes of a program's own.
    fn data(
        &mut self,
        data: &'b [u8],
        at: u64,
        label: &str,
        descent: &mut Descent<'_>,
    ) -> Result<(), Halt> {
        descent.budget().take_bytes(data.len() as u64)?;
        let head = &data[..data.len().min(SNIFF)];
        let hint = Hint { len: Some(data.len() as u64), ..Hint::default() };
        let known = descent.choose(head, &hint).is_some_and(|(_, sure)| sure >= Sure::Certain);
        if let (false, Ok(text)) = (known, std::str::from_utf8(data))
            && data.len() <= LONG
        {
            return self.scalar(Object::Text(text.into()), at, label, descent);
        }
        if !known && data.len() <= LONG {
            return enough(raw::strings(data, at, descent));
        }
        let name = if self.path.is_empty() { format!("data at {at}") } else { self.path.clone() };
        enough(descent.part(Part::new(name, Content::Bytes(data))))
    }

    /// Gives what no list and no map holds.
    fn unreached(&mut self, descent: &mut Descent<'_>) -> Result<(), Halt> {
        self.path.clear();
        for number in 0..self.objects.len() {
            if self.seen[number] != Seen::Not {
                continue;
            }
            if number.is_multiple_of(4096) {
                descent.budget().check()?;
            }
            let Some((object, at)) = self.object(number, descent) else { continue };
            match object {
                Object::Text(text) if text.chars().count() < SHORTEST => {}
                Object::Text(_) | Object::Data(_) | Object::Number(_) => {
                    self.scalar(object, at, "", descent)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}
