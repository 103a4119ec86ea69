//! SQLite databases, and the log and journal files beside them.

mod log;
mod page;
mod rows;
mod schema;

pub use log::SqliteLog;

use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::Store;
use dlpscan_core::model::{Fate, Part, Place, Reason, Role, Segment, Stopped};
use page::{Cell, FILE_HEADER, Kind, Shape, TreePage, Value, long, values};
use rows::{Payload, Rows, text};
use schema::Columns;
use std::borrow::Cow;
use std::ops::Range;

/// The first bytes of a database that is not encrypted.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// SQLite databases: the rows of every table under their columns' names, and the rows of pages
/// that no table uses any more.
pub struct Sqlite;

impl Extractor for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(MAGIC) { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let shape = match store.read(0..FILE_HEADER as u64) {
            Ok(head) if head.len() < FILE_HEADER => {
                descent.note(Reason::Truncated);
                return Flow::Continue(());
            }
            Ok(head) => Shape::read(&head),
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        let Some(shape) = shape else {
            descent.note_with(Reason::Damaged, None, "its header contradicts itself");
            return Flow::Continue(());
        };
        let pages = store.len().div_ceil(shape.page as u64);
        let seen = vec![0; pages.div_ceil(64) as usize];
        let told = Told::default();
        Reading { store, shape, pages, seen, told }.all(descent)
    }
}

/// What was noted already; once is enough.
#[derive(Default)]
struct Told {
    cycle: bool,
    damaged: bool,
    memory: bool,
}

/// The reading of one database.
struct Reading<'a> {
    store: Store<'a>,
    shape: Shape,
    pages: u64,
    /// A bit for each page that was read.
    seen: Vec<u64>,
    told: Told,
}

/// What is done with the cells of a tree.
enum Use<'r> {
    /// They are rows of a table.
    Rows(&'r mut Rows),
    /// They are rows of the list of tables.
    Schema(&'r mut Vec<Listed>),
    /// They repeat values of a table's rows.
    Index,
}

/// A line of the list of tables.
struct Listed {
    kind: String,
    name: String,
    root: u32,
    sql: String,
}

impl<'a> Reading<'a> {
    fn all(mut self, descent: &mut Descent<'_>) -> Flow {
        let mut listed = Vec::new();
        self.tree(1, &mut Use::Schema(&mut listed), descent)?;
        for one in &listed {
            let place = Place::Property { name: one.name.clone() };
            let sql = Segment::new(one.sql.as_bytes(), place).with_role(Role::Metadata);
            descent.segment(&sql)?;
        }
        for one in listed.iter().filter(|one| one.root > 0) {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            if one.kind == "table" {
                let mut rows = Rows::new(&one.name, Columns::read(&one.sql), self.shape.encoding);
                self.tree(one.root, &mut Use::Rows(&mut rows), descent)?;
                rows.finish(descent)?;
            }
        }
        for one in listed.iter().filter(|one| one.root > 0 && one.kind == "index") {
            self.tree(one.root, &mut Use::Index, descent)?;
        }
        self.leftovers(descent)
    }

    /// Reads a tree from its root on.
    fn tree(&mut self, root: u32, usage: &mut Use<'_>, descent: &mut Descent<'_>) -> Flow {
        let mut waiting = vec![root];
        while let Some(number) = waiting.pop() {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            let Some(page) = self.page(number, descent) else { continue };
            let start = if number == 1 { FILE_HEADER } else { 0 };
            let Some(tree) = TreePage::read(&page, start, &self.shape) else {
                self.damaged(descent);
                continue;
            };
            if !tree.sound {
                self.damaged(descent);
            }
            self.cells(number, &page, &tree, usage, descent)?;
            waiting.extend(tree.children.iter().rev());
        }
        Flow::Continue(())
    }

    /// Uses the cells of a page, and claims what they fill of it.
    fn cells(
        &mut self,
        number: u32,
        page: &[u8],
        tree: &TreePage,
        usage: &mut Use<'_>,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let base = self.offset(number);
        let mut used: Vec<Range<usize>> = tree.cells.iter().map(|c| c.range.clone()).collect();
        used.push(if number == 1 { 0..tree.header.end } else { tree.header.clone() });
        for cell in tree.cells.iter().filter(|_| tree.kind != Kind::TableInterior) {
            let payload = self.payload(base, page, cell, descent);
            match usage {
                Use::Index => {}
                Use::Schema(listed) => listed.extend(self.listed(&payload)),
                Use::Rows(rows) => rows.row(cell.rowid, &payload, descent)?,
            }
        }
        claim(base, page, used, descent);
        Flow::Continue(())
    }

    /// All of a cell's payload, along its chain of pages.
    fn payload<'p>(
        &mut self,
        base: u64,
        page: &'p [u8],
        cell: &Cell,
        descent: &mut Descent<'_>,
    ) -> Payload<'p> {
        let local = &page[cell.payload.clone()];
        let raw = base + cell.payload.start as u64;
        let Some(mut next) = cell.overflow else {
            return Payload { bytes: Cow::Borrowed(local), local: local.len(), raw };
        };
        let mut bytes = local.to_vec();
        let most = descent.budget().limits().buffer;
        while (bytes.len() as u64) < cell.total {
            if bytes.len() as u64 >= most {
                if !std::mem::replace(&mut self.told.memory, true) {
                    descent.note(Reason::LimitMemory);
                }
                break;
            }
            let Some(page) = self.page(next, descent) else { break };
            let left = usize::try_from(cell.total).unwrap_or(usize::MAX) - bytes.len();
            let usable = &page[..self.shape.usable.min(page.len())];
            let (Some(link), Some(data)) = (long(usable, 0), usable.get(4..)) else { break };
            let data = &data[..left.min(data.len())];
            bytes.extend_from_slice(data);
            claim(self.offset(next), &page, vec![0..4, 4..4 + data.len()], descent);
            next = link;
        }
        Payload { bytes: Cow::Owned(bytes), local: local.len(), raw }
    }

    /// A line of the list of tables.
    fn listed(&mut self, payload: &Payload<'_>) -> Option<Listed> {
        let (values, _) = values(&payload.bytes);
        let word = |i: usize| match values.get(i) {
            Some((Value::Text(bytes), _)) => text(bytes, self.shape.encoding).into_owned(),
            _ => String::new(),
        };
        let root = match values.get(3) {
            Some((Value::Integer(root), _)) => u32::try_from(*root).unwrap_or(0),
            _ => 0,
        };
        Some(Listed { kind: word(0), name: word(1), root, sql: word(4) })
    }

    /// Rows on pages that no tree led to: deleted ones, or those of a tree that is broken.
    fn leftovers(&mut self, descent: &mut Descent<'_>) -> Flow {
        let mut rows = Rows::new("", Columns::default(), self.shape.encoding);
        for number in 1..=self.pages {
            let Ok(number) = u32::try_from(number) else { break };
            if self.is_seen(number) {
                continue;
            }
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            let Some(page) = self.page(number, descent) else { continue };
            let base = self.offset(number);
            if let Some(tree) = leaf(&page, 0, &self.shape) {
                let used = rows.loose(base, &page, &tree, descent)?;
                claim(base, &page, used, descent);
            } else if page.iter().all(|&b| b == 0) {
                descent.claim(base..base + page.len() as u64, Fate::Scanned);
            }
        }
        rows.finish(descent)
    }

    /// A page's bytes, if there is such a page and it was not read before.
    fn page(&mut self, number: u32, descent: &mut Descent<'_>) -> Option<Cow<'a, [u8]>> {
        if number == 0 || u64::from(number) > self.pages {
            self.damaged(descent);
            return None;
        }
        if self.is_seen(number) {
            if !std::mem::replace(&mut self.told.cycle, true) {
                descent.note_with(Reason::Cycle, None, "its pages lead to each other");
            }
            return None;
        }
        let bit = u64::from(number) - 1;
        self.seen[(bit / 64) as usize] |= 1 << (bit % 64);
        let start = self.offset(number);
        match self.store.read(start..start + self.shape.page as u64) {
            Ok(page) => {
                if page.len() < self.shape.page {
                    self.damaged(descent);
                }
                Some(page)
            }
            Err(error) => {
                descent.note(Stopped::reason(&error));
                None
            }
        }
    }

    fn is_seen(&self, number: u32) -> bool {
        let bit = u64::from(number) - 1;
        self.seen.get((bit / 64) as usize).is_some_and(|word| word >> (bit % 64) & 1 != 0)
    }

    /// Where a page begins.
    fn offset(&self, number: u32) -> u64 {
        u64::from(number - 1) * self.shape.page as u64
    }

    fn damaged(&mut self, descent: &mut Descent<'_>) {
        if !std::mem::replace(&mut self.told.damaged, true) {
            descent.note_with(Reason::Damaged, None, "its pages contradict each other");
        }
    }
}

/// A page that can only be a page of rows: all it says about itself is possible.
fn leaf(page: &[u8], start: usize, shape: &Shape) -> Option<TreePage> {
    let tree = TreePage::read(page, start, shape)?;
    let whole = |cell: &Cell| {
        let row = &page[cell.payload.clone()];
        if cell.overflow.is_some() { !values(row).0.is_empty() } else { values(row).1 }
    };
    let rows = tree.kind == Kind::TableLeaf && !tree.cells.is_empty();
    (rows && tree.sound && tree.cells.iter().all(whole)).then_some(tree)
}

/// Fewer bytes than this between cells cannot hold a printable run.
const NARROW: usize = 6;

/// Claims the used ranges of a page, and the zeros and slivers between them. What else is left is
/// what remains of deleted rows, and goes to the printable-strings pass.
fn claim(base: u64, page: &[u8], mut used: Vec<Range<usize>>, descent: &mut Descent<'_>) {
    used.push(page.len()..page.len());
    used.sort_by_key(|range| range.start);
    let mut from = 0;
    let mut at = 0;
    for range in used {
        let gap = page.get(at..range.start).unwrap_or_default();
        let first = gap.iter().position(|&b| b != 0).unwrap_or(gap.len());
        let last = gap.iter().rposition(|&b| b != 0).map_or(0, |last| last + 1);
        if last.saturating_sub(first) >= NARROW {
            descent.claim(base + from as u64..base + (at + first) as u64, Fate::Scanned);
            from = at + last;
        }
        at = at.max(range.end);
    }
    descent.claim(base + from as u64..base + page.len() as u64, Fate::Scanned);
}
