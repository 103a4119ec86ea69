//! Parquet: tables by column, as data platforms keep them, read back row by row.

mod column;
mod runs;
mod schema;
mod thrift;

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Claims, Store, names};
use crate::formats::raw;
use crate::formats::table::{Grid, written};
use column::{ColumnReader, Next};
use dlpscan_core::model::{Fate, Part, Reason, Stopped};
use schema::{Column, columns};
use std::ops::Range;
use thrift::Thrift;

/// Parquet files.
pub struct Parquet;

/// What begins and ends a file; with the other at its end, what it says about itself is encrypted.
const MAGIC: &[u8] = b"PAR1";
const LOCKED: &[u8] = b"PARE";

impl Extractor for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let marked = head.starts_with(MAGIC) || head.starts_with(LOCKED);
        if marked && !raw::begins_as_text(head) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let footer = match footer(&store, descent.budget().limits().buffer) {
            Ok(footer) => footer,
            Err(reason) => {
                descent.note_with(reason, Some(store.len()), "");
                if reason == Reason::Encrypted {
                    descent.claim(0..store.len(), Fate::Unscannable(reason));
                }
                return Flow::Continue(());
            }
        };
        let about = store.read(footer.clone()).unwrap_or_default();
        let Some((about, columns)) =
            Thrift::read(&about).and_then(|(a, _)| columns(a.list(2)).map(|c| (a, c)))
        else {
            descent.note_with(Reason::Damaged, None, "what it says of its columns makes no sense");
            return Flow::Continue(());
        };
        let mut claims = Claims::new(store.len());
        claims.claim(0..4, Fate::Scanned, descent);
        claims.claim(footer.start..store.len(), Fate::Scanned, descent);
        for pair in about.list(5) {
            names::property(&pair.text(1), pair.text(2).as_bytes(), descent)?;
        }
        let mut table = Rows { grid: Grid::new(None), columns };
        table.grid.headers(table.columns.iter().map(|column| column.name.clone()).collect());
        for group in about.list(4) {
            table.group(&store, group, &mut claims, descent)?;
        }
        table.grid.finish(descent)
    }
}

/// Where a file says what is in it: in front of its last eight bytes, which tell its length.
fn footer(store: &Store<'_>, most: u64) -> Result<Range<u64>, Reason> {
    let end = store.len().checked_sub(8).ok_or(Reason::Truncated)?;
    let tail = store.read(end..store.len()).map_err(|error| Stopped::reason(&error))?;
    match &tail[4..] {
        LOCKED => return Err(Reason::Encrypted),
        MAGIC => {}
        _ => return Err(Reason::Truncated),
    }
    let len = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    match end.checked_sub(len) {
        Some(start) if len <= most && start >= 4 => Ok(start..end),
        Some(_) if len > most => Err(Reason::LimitMemory),
        _ => Err(Reason::Damaged),
    }
}

struct Rows {
    grid: Grid,
    columns: Vec<Column>,
}

impl Rows {
    /// A group of rows: a piece of each column.
    fn group(
        &mut self,
        store: &Store<'_>,
        group: &Thrift,
        claims: &mut Claims,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let mut readers = Vec::new();
        for (column, chunk) in self.columns.iter().zip(group.list(1)) {
            readers.push(match opened(store, column, chunk) {
                Ok((reader, range)) => {
                    claims.claim(range, Fate::Scanned, descent);
                    Some((reader, None))
                }
                Err(reason) => {
                    descent.note_inside(&column.name, reason, None);
                    None
                }
            });
        }
        for _ in 0..group.size(3).unwrap_or(0) {
            if let Err(Stopped(reason)) = descent.budget().check() {
                descent.note(reason);
                return Flow::Continue(());
            }
            let mut more = false;
            for (at, slot) in readers.iter_mut().enumerate() {
                if at > 0 {
                    self.grid.next_cell();
                }
                let Some((reader, waiting)) = slot else { continue };
                match self.cell(reader, waiting, descent) {
                    Ok(Some(flow)) => {
                        more = true;
                        flow?;
                    }
                    Ok(None) => {}
                    Err(reason) => {
                        descent.note_inside(&reader.column.name, reason, None);
                        *slot = None;
                    }
                }
            }
            self.grid.next_row();
            self.grid.flow(descent)?;
            if !more {
                break;
            }
        }
        if readers.iter_mut().flatten().any(|(reader, _)| !reader.is_done()) {
            descent.note_with(Reason::Damaged, None, "it holds more rows than it says");
        }
        Flow::Continue(())
    }

    /// A column's values of one row; `None` at the column's end. The first value of the next row
    /// waits for its turn.
    fn cell(
        &mut self,
        reader: &mut ColumnReader<'_>,
        waiting: &mut Option<Next>,
        descent: &mut Descent<'_>,
    ) -> Result<Option<Flow>, Reason> {
        let first = match waiting.take() {
            Some(next) => next,
            None => match reader.next(descent.budget())? {
                Some(next) => next,
                None => return Ok(None),
            },
        };
        let mut value = Some(first);
        let mut several = false;
        while let Some(next) = value {
            if let Some(bytes) = next.bytes {
                if several {
                    self.grid.push(b"; ");
                }
                several = true;
                let flow = self.value(&reader.column, &bytes, descent);
                if flow.is_break() {
                    return Ok(Some(flow));
                }
            }
            if reader.column.repeated == 0 {
                break;
            }
            value = reader.next(descent.budget())?;
            if value.as_ref().is_some_and(|next| next.begins_row) {
                *waiting = value;
                break;
            }
        }
        Ok(Some(Flow::Continue(())))
    }

    fn value(&mut self, column: &Column, value: &[u8], descent: &mut Descent<'_>) -> Flow {
        match column.text(value) {
            Some(text) => {
                self.grid.push(text.as_bytes());
                Flow::Continue(())
            }
            None => written::bytes(value, &column.name, &mut self.grid, descent),
        }
    }
}

/// A reader of a column's piece, and where that lies.
fn opened<'a>(
    store: &Store<'a>,
    column: &Column,
    chunk: &Thrift,
) -> Result<(ColumnReader<'a>, Range<u64>), Reason> {
    if chunk.field(8).is_some() || chunk.field(9).is_some() {
        return Err(Reason::Encrypted);
    }
    if chunk.field(1).is_some() {
        return Err(Reason::External);
    }
    let about = chunk.field(3).ok_or(Reason::Damaged)?;
    let first = about.size(9).ok_or(Reason::Damaged)?;
    // The dictionary stands in front, where there is one.
    let start = about.size(11).filter(|&at| at > 0 && at < first).unwrap_or(first);
    let len = about.size(7).ok_or(Reason::Damaged)?;
    let end = start.checked_add(len).ok_or(Reason::Damaged)?;
    if end > store.len() {
        return Err(Reason::Truncated);
    }
    let codec = about.number(4).unwrap_or(0);
    Ok((ColumnReader::new(*store, column.clone(), codec, start..end), start..end))
}
