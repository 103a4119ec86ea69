//! Arrow's tables, as files (Feather too) and as streams, read back row by row.

mod batch;
mod flat;
mod schema;
mod value;

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Store, names};
use crate::formats::table::Grid;
use crate::formats::table::written::Halt;
use dlpscan_core::model::{Fate, Part, Reason, Stopped};
use flat::Flat;
use schema::Field;
use std::ops::{ControlFlow, Range};
use value::{Dictionaries, Writer, is_spread};

/// Arrow's files and streams.
pub struct Arrow;

/// What begins a file, before padding to eight bytes.
const MAGIC: &[u8] = b"ARROW1\0\0";
/// What stands in front of every message's length today.
const GOES_ON: u32 = u32::MAX;
/// Messages about a batch are shorter.
const MESSAGE: u64 = 16 << 20;

/// What a message is about (`Message.fbs`, `union MessageHeader`).
const SCHEMA: u8 = 1;
const DICTIONARY: u8 = 2;
const ROWS: u8 = 3;

impl Extractor for Arrow {
    fn name(&self) -> &'static str {
        "arrow"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(MAGIC) || is_stream(head) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let is_file = store.read(0..8).is_ok_and(|head| head.starts_with(MAGIC));
        let start = if is_file { 8 } else { 0 };
        let fields = match message(&store, start) {
            Ok(Some(first)) => {
                first.flat().filter(|flat| flat.byte(1) == SCHEMA).and_then(|flat| {
                    let schema = flat.table(2)?;
                    let pairs =
                        schema.tables(2).iter().map(|kv| (kv.text(0), kv.text(1))).collect();
                    // Numbers with their high end first come from no machine of today.
                    let foreign = schema.short(0) == Some(1);
                    Some((schema::fields(&schema)?, pairs, foreign, first.end))
                })
            }
            _ => None,
        };
        let Some((fields, pairs, foreign, at)) = fields else {
            descent.note_with(Reason::Damaged, None, "what it says of its columns makes no sense");
            return Flow::Continue(());
        };
        let pairs: Vec<(String, String)> = pairs;
        for (key, value) in &pairs {
            // The schema again, packed.
            if key != "ARROW:schema" {
                names::property(key, value.as_bytes(), descent)?;
            }
        }
        if foreign {
            descent.note_with(Reason::Unsupported, None, "its numbers have their high end first");
            return Flow::Continue(());
        }
        descent.claim(0..at.min(store.len()), Fate::Scanned);
        let mut headers = Vec::new();
        let mut dictionaries = Vec::new();
        for field in &fields {
            columns(field, "", 0, &mut headers);
            coded(field, &mut dictionaries);
        }
        let mut grid = Grid::new(None);
        grid.headers(headers.clone());
        let mut table = Table {
            store,
            fields,
            coded: dictionaries,
            headers,
            dictionaries: Dictionaries::new(),
            kept: 0,
            grid,
        };
        if is_file {
            // A file's dictionaries may stand behind the rows that need them.
            table.messages(at, &[DICTIONARY], descent)?;
            table.messages(at, &[ROWS], descent)?;
        } else {
            table.messages(at, &[DICTIONARY, ROWS], descent)?;
        }
        table.grid.finish(descent)
    }
}

/// True for bytes that begin with a message about a schema.
fn is_stream(head: &[u8]) -> bool {
    let Some((mark, rest)) = head.split_first_chunk() else { return false };
    let Some((len, rest)) = rest.split_first_chunk() else { return false };
    let len = u32::from_le_bytes(*len) as usize;
    u32::from_le_bytes(*mark) == GOES_ON
        && len.is_multiple_of(8)
        && (16..MESSAGE as usize).contains(&len)
        && Flat::root(&rest[..rest.len().min(len)])
            .is_some_and(|message| message.byte(1) == SCHEMA && message.table(2).is_some())
}

/// The names of the columns that a field fills.
fn columns(field: &Field, above: &str, depth: u32, names: &mut Vec<String>) {
    let name = match above {
        "" => field.name.clone(),
        above => format!("{above}.{}", field.name),
    };
    if is_spread(&field.kind, field.dictionary.is_some(), depth) {
        for child in &field.children {
            columns(child, &name, depth + 1, names);
        }
    } else {
        names.push(name);
    }
}

/// What the entries of each dictionary are.
fn coded(field: &Field, found: &mut Vec<(i64, Field)>) {
    if let Some((id, _)) = field.dictionary {
        found.push((id, Field { dictionary: None, ..field.clone() }));
    }
    for child in &field.children {
        coded(child, found);
    }
}

/// A message, and where the bytes behind it lie.
struct Message {
    about: Vec<u8>,
    body: Range<u64>,
    end: u64,
}

impl Message {
    fn flat(&self) -> Option<Flat<'_>> {
        Flat::root(&self.about)
    }
}

/// The message at `at`; nothing at the end of the last.
fn message(store: &Store<'_>, at: u64) -> Result<Option<Message>, Reason> {
    let read = |range: Range<u64>| store.read(range).map_err(|error| Stopped::reason(&error));
    let number = |at: u64| {
        let bytes = read(at..at + 4)?;
        Ok(bytes.first_chunk().map(|b| u32::from_le_bytes(*b)))
    };
    if at >= store.len() {
        return Ok(None);
    }
    let Some(first) = number(at)? else { return Err(Reason::Truncated) };
    // Before 2019 nothing stood in front of the length.
    let (len, start) = match first {
        GOES_ON => (number(at + 4)?.ok_or(Reason::Truncated)?, at + 8),
        len => (len, at + 4),
    };
    if len == 0 {
        return Ok(None);
    }
    let len = u64::from(len);
    if len > MESSAGE {
        return Err(Reason::Damaged);
    }
    let about = read(start..start + len)?.into_owned();
    if (about.len() as u64) < len {
        return Err(Reason::Truncated);
    }
    let size = Flat::root(&about).map(|flat| flat.long(3)).ok_or(Reason::Damaged)?;
    let size = u64::try_from(size).map_err(|_| Reason::Damaged)?;
    let start = start + len;
    let end = start.checked_add(size).ok_or(Reason::Damaged)?;
    Ok(Some(Message { about, body: start..end, end }))
}

/// A table that is being read.
struct Table<'a> {
    store: Store<'a>,
    fields: Vec<Field>,
    coded: Vec<(i64, Field)>,
    headers: Vec<String>,
    dictionaries: Dictionaries,
    /// Bytes that the dictionaries hold.
    kept: u64,
    grid: Grid,
}

impl Table<'_> {
    /// Reads the messages from `at` on that are about one of these.
    fn messages(&mut self, mut at: u64, wanted: &[u8], descent: &mut Descent<'_>) -> Flow {
        loop {
            if let Err(Stopped(reason)) = descent.budget().check() {
                descent.note_with(reason, Some(self.store.len().saturating_sub(at)), "");
                return Flow::Continue(());
            }
            let message = match message(&self.store, at) {
                Ok(Some(message)) => message,
                Ok(None) => return Flow::Continue(()),
                Err(reason) => {
                    descent.note_with(reason, Some(self.store.len() - at), "a message is broken");
                    return Flow::Continue(());
                }
            };
            let kind = message.flat().map_or(0, |flat| flat.byte(1));
            if wanted.contains(&kind) {
                let fate = match self.batch(&message, kind, descent) {
                    Ok(()) => Fate::Scanned,
                    Err(Halt::Enough) => return ControlFlow::Break(()),
                    Err(Halt::Fault(reason)) => {
                        descent.note_with(reason, Some(message.end - at), "a batch of rows");
                        Fate::Unscannable(reason)
                    }
                };
                // Of what could not be read its strings are.
                if fate == Fate::Scanned {
                    descent.claim(at..message.end.min(self.store.len()), fate);
                }
            } else if !matches!(kind, SCHEMA | DICTIONARY | ROWS) && wanted.contains(&ROWS) {
                descent.note_with(Reason::Unsupported, None, "a message that is not about rows");
            }
            at = message.end;
        }
    }

    fn batch(
        &mut self,
        message: &Message,
        kind: u8,
        descent: &mut Descent<'_>,
    ) -> Result<(), Halt> {
        let fault = Halt::Fault;
        let most = descent.budget().limits().buffer;
        let size = message.body.end - message.body.start;
        if message.body.end > self.store.len() {
            return Err(fault(Reason::Truncated));
        }
        if size > most {
            return Err(fault(Reason::LimitMemory));
        }
        let body = self.store.read(message.body.clone());
        let body = body.map_err(|error| fault(Stopped::reason(&error)))?.into_owned();
        let flat = message.flat().ok_or(fault(Reason::Damaged))?;
        let header = flat.table(2).ok_or(fault(Reason::Damaged))?;
        let old = flat.short(0).unwrap_or(0) < 4;
        if kind == DICTIONARY {
            let (id, delta) = (header.long(0), header.byte(2) != 0);
            let batch = header.table(1).ok_or(fault(Reason::Damaged))?;
            let of = self.coded.iter().find(|(other, _)| *other == id);
            let of = of.ok_or(fault(Reason::Damaged))?;
            self.kept = self.kept.saturating_add(size);
            if self.kept > most {
                return Err(fault(Reason::LimitMemory));
            }
            let one = std::slice::from_ref(&of.1);
            let arrays = batch::arrays(one, &batch, body, old, descent.budget()).map_err(fault)?;
            let entries = self.dictionaries.entry(id).or_default();
            if !delta {
                entries.clear();
            }
            entries.extend(arrays);
            return Ok(());
        }
        let arrays =
            batch::arrays(&self.fields, &header, body, old, descent.budget()).map_err(fault)?;
        let told = usize::try_from(header.long(0)).unwrap_or(0);
        let there = arrays.iter().map(|array| array.len).max().unwrap_or(0);
        let mut writer = Writer {
            dictionaries: &self.dictionaries,
            names: &self.headers,
            grid: &mut self.grid,
            descent,
            written: 0,
        };
        for row in 0..told.min(there) {
            writer.row(&arrays, row)?;
        }
        Ok(())
    }
}
