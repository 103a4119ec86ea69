//! Write-ahead logs and rollback journals: pages of a database that lies beside them.

use super::page::{Encoding, FILE_HEADER, Shape, long};
use super::rows::Rows;
use super::schema::Columns;
use super::{claim, leaf};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::Store;
use dlpscan_core::model::{Fate, Part, Reason};

/// The `-wal` and `-journal` files of SQLite. Their rows have no column names: those are in the
/// database.
pub struct SqliteLog;

impl Extractor for SqliteLog {
    fn name(&self) -> &'static str {
        "sqlite-log"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if Frames::read(head).is_some() { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let Some(store) = Store::of(&part.content) else { return Flow::Continue(()) };
        let frames = match store.read(0..Frames::HEADER) {
            Ok(head) => Frames::read(&head),
            Err(error) => {
                descent.fault(&error);
                return Flow::Continue(());
            }
        };
        let Some(frames) = frames else { return Flow::Continue(()) };
        descent.claim(0..frames.first.min(store.len()), Fate::Scanned);
        let Some(shape) = Shape::new(frames.page, 0, Encoding::Utf8) else {
            descent.note_with(Reason::Damaged, None, "its header contradicts itself");
            return Flow::Continue(());
        };
        let page = shape.page as u64;
        let mut rows = Rows::new("", Columns::default(), shape.encoding);
        let mut at = frames.first;
        while at < store.len() {
            if descent.budget().check().is_err() {
                return Flow::Continue(());
            }
            let frame = match store.read(at..at + frames.before + page) {
                Ok(frame) => frame,
                Err(error) => {
                    descent.fault(&error);
                    break;
                }
            };
            let Some(number) = long(&frame, 0).filter(|_| frame.len() > frames.before as usize)
            else {
                break;
            };
            let base = at + frames.before;
            descent.claim(at..base, Fate::Scanned);
            let bytes = &frame[frames.before as usize..];
            let start = if number == 1 { FILE_HEADER } else { 0 };
            if let Some(tree) = leaf(bytes, start, &shape) {
                let used = rows.loose(base, bytes, &tree, descent)?;
                claim(base, bytes, used, descent);
            }
            at = base + page + frames.after;
        }
        rows.finish(descent)
    }
}

/// How pages stand in such a file.
#[derive(Debug, PartialEq, Eq)]
struct Frames {
    /// Bytes of a page.
    page: usize,
    /// Where the first frame begins.
    first: u64,
    /// Bytes of a frame before and after its page. It begins with the page's number.
    before: u64,
    after: u64,
}

impl Frames {
    /// Bytes that are enough to tell.
    const HEADER: u64 = 32;

    fn read(head: &[u8]) -> Option<Frames> {
        let head = head.get(..Self::HEADER as usize)?;
        let size = |at| long(head, at).map(|n| n as usize);
        if head.starts_with(b"\x37\x7f\x06\x82") || head.starts_with(b"\x37\x7f\x06\x83") {
            return Some(Frames { page: size(8)?, first: 32, before: 24, after: 0 });
        }
        if head.starts_with(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7") {
            let first = u64::from(long(head, 20)?).clamp(28, 1 << 16);
            return Some(Frames { page: size(24)?, first, before: 4, after: 4 });
        }
        None
    }
}
