//! Avro: rows with their schema in front, as message queues and data platforms keep them.

mod schema;
mod value;

use crate::budget::Budget;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Codec, Store, names};
use crate::formats::raw;
use crate::formats::table::Grid;
use crate::formats::table::written::Halt;
use dlpscan_core::model::{Fate, Part, Reason, Stopped};
use schema::{Plan, Schema};
use std::io::{self, Read};
use std::ops::{ControlFlow, Range};
use value::{Cursor, Values};

/// Avro's object container files.
pub struct Avro;

const MAGIC: &[u8] = b"Obj\x01";
/// Bytes that stand behind every block of a file, the same throughout.
const SYNC: u64 = 16;
/// What stands in front of the blocks is shorter.
const HEAD: u64 = 16 << 20;
/// The count and the size in front of a block.
const COUNTS: u64 = 20;

impl Extractor for Avro {
    fn name(&self) -> &'static str {
        "avro"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(MAGIC) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let head = match store.read(0..HEAD) {
            Ok(head) => head,
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        let Some(head) = Head::read(&head) else {
            let whole = store.len() > HEAD;
            let reason = if whole { Reason::LimitMemory } else { Reason::Truncated };
            descent.note_with(reason, Some(store.len()), "what it says of its rows is cut");
            return Flow::Continue(());
        };
        for (key, value) in &head.about {
            if key != "avro.codec" {
                names::property(key, value, descent)?;
            }
        }
        let Some(schema) = Schema::read(head.get("avro.schema")) else {
            descent.note_with(Reason::Damaged, None, "what it says of its columns makes no sense");
            return Flow::Continue(());
        };
        descent.claim(0..head.len, Fate::Scanned);
        let (plan, names) = schema.columns();
        let mut grid = Grid::new(None);
        grid.headers(names.clone());
        let mut file = File { store, head, schema, plan, names, grid };
        file.blocks(descent)?;
        file.grid.finish(descent)
    }
}

/// What stands in front of the blocks.
struct Head {
    about: Vec<(String, Vec<u8>)>,
    sync: Vec<u8>,
    len: u64,
}

impl Head {
    fn read(bytes: &[u8]) -> Option<Head> {
        let mut cursor = Cursor { bytes, at: MAGIC.len() };
        let mut about = Vec::new();
        loop {
            let count = cursor.whole()?;
            if count < 0 {
                cursor.whole()?;
            }
            for _ in 0..count.unsigned_abs() {
                let key = String::from_utf8_lossy(cursor.text()?).into_owned();
                about.push((key, cursor.text()?.to_vec()));
            }
            if count == 0 {
                let sync = cursor.take(SYNC as usize)?.to_vec();
                return Some(Head { about, sync, len: cursor.at as u64 });
            }
        }
    }

    fn get(&self, key: &str) -> &[u8] {
        self.about.iter().find(|(k, _)| k == key).map_or(&[], |(_, value)| value)
    }
}

/// A file whose rows are being read.
struct File<'a> {
    store: Store<'a>,
    head: Head,
    schema: Schema,
    plan: Plan,
    names: Vec<String>,
    grid: Grid,
}

impl File<'_> {
    fn blocks(&mut self, descent: &mut Descent<'_>) -> Flow {
        let mut at = self.head.len;
        while at < self.store.len() {
            if let Err(Stopped(reason)) = descent.budget().check() {
                descent.note_with(reason, Some(self.store.len() - at), "");
                return Flow::Continue(());
            }
            let Some((rows, packed)) = self.counts(at) else {
                match self.next_sync(at) {
                    // Rows that lie between are lost, their strings are not.
                    Some(next) => {
                        descent.note_with(Reason::Damaged, Some(next - at), "a block is broken");
                        at = next;
                        continue;
                    }
                    None => {
                        descent.note_with(Reason::Truncated, None, "its last block is cut");
                        return Flow::Continue(());
                    }
                }
            };
            let end = packed.end + SYNC;
            let fate = match self.unpack(packed.clone(), descent.budget()) {
                Ok(bytes) => self.rows(rows, &bytes, descent)?,
                Err(reason) => {
                    descent.note_with(reason, Some(end - at), "a block could not be unpacked");
                    Fate::Unscannable(reason)
                }
            };
            // Damaged rows are given to the printable-strings pass.
            if fate == Fate::Scanned || self.head.get("avro.codec") != b"null" {
                descent.claim(at..end, fate);
            }
            at = end;
        }
        Flow::Continue(())
    }

    /// How many rows the block at `at` holds, and where they lie; `None` if that cannot be.
    fn counts(&self, at: u64) -> Option<(u64, Range<u64>)> {
        let bytes = self.store.read(at..at + COUNTS).ok()?;
        let mut cursor = Cursor { bytes: &bytes, at: 0 };
        let rows = u64::try_from(cursor.whole()?).ok()?;
        let len = u64::try_from(cursor.whole()?).ok()?;
        let start = at + cursor.at as u64;
        let end = start.checked_add(len)?;
        let sync = self.store.read(end..end.checked_add(SYNC)?).ok()?;
        (*sync == *self.head.sync).then_some((rows, start..end))
    }

    /// Where the next block begins.
    fn next_sync(&self, at: u64) -> Option<u64> {
        let found = self.store.find(at..self.store.len(), &self.head.sync).ok()??;
        Some(found + SYNC)
    }

    /// A block's rows.
    fn unpack(&self, range: Range<u64>, budget: &Budget) -> Result<Vec<u8>, Reason> {
        let most = budget.limits().buffer;
        let packed_len = range.end - range.start;
        if packed_len > most {
            return Err(Reason::LimitMemory);
        }
        let packed = self.store.read(range).map_err(|error| Stopped::reason(&error))?;
        let packed = &packed[..];
        let codec = match self.head.get("avro.codec") {
            b"" | b"null" => Codec::Stored,
            b"deflate" => Codec::Deflate,
            b"bzip2" => Codec::Bzip2,
            b"xz" => Codec::Xz,
            b"zstandard" => Codec::Zstd,
            b"snappy" => {
                // A checksum of four bytes stands behind it.
                let packed = packed.len().checked_sub(4).map(|end| &packed[..end]);
                let packed = packed.ok_or(Reason::Damaged)?;
                let told = snap::raw::decompress_len(packed).map_err(|_| Reason::Damaged)? as u64;
                if told > most {
                    return Err(Reason::LimitMemory);
                }
                budget.take_bytes(told).map_err(|Stopped(reason)| reason)?;
                let unpacked = snap::raw::Decoder::new().decompress_vec(packed);
                return unpacked.map_err(|_| Reason::Damaged);
            }
            _ => return Err(Reason::Unsupported),
        };
        let mut unpacked = Vec::new();
        let decoder = codec.decode(packed, None, most).map_err(|error| Stopped::reason(&error))?;
        let metered = budget.meter(decoder, Some(packed_len));
        let read: io::Result<_> = metered.take(most + 1).read_to_end(&mut unpacked);
        read.map_err(|error| Stopped::reason(&error))?;
        if unpacked.len() as u64 > most { Err(Reason::LimitMemory) } else { Ok(unpacked) }
    }

    /// Reads the rows of a block, and says what became of it.
    fn rows(
        &mut self,
        rows: u64,
        bytes: &[u8],
        descent: &mut Descent<'_>,
    ) -> ControlFlow<(), Fate> {
        let mut values = Values {
            schema: &self.schema,
            names: &self.names,
            cursor: Cursor { bytes, at: 0 },
            grid: &mut self.grid,
            descent,
            hollow: 0,
            seen: 0,
        };
        let mut halted = None;
        for _ in 0..rows {
            match values.row(&self.plan) {
                Ok(()) => {}
                Err(Halt::Enough) => return ControlFlow::Break(()),
                Err(Halt::Fault(reason)) => {
                    halted = Some(reason);
                    break;
                }
            }
        }
        let rest = &bytes[values.cursor.at..];
        if halted.is_none() && !rest.is_empty() {
            halted = Some(Reason::Damaged);
        }
        let Some(reason) = halted else { return ControlFlow::Continue(Fate::Scanned) };
        descent.note_with(reason, Some(rest.len() as u64), "rows do not fit their columns");
        self.grid.next_row();
        raw::strings(rest, 0, descent)?;
        ControlFlow::Continue(Fate::Unscannable(reason))
    }
}
