//! Outlook's data files (MS-PST): each message of each folder is given as Outlook would save it.

use super::pst_message::Saved;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::archive::{Positioned, names};
use dlpscan_core::model::{Content, Fate, Part, Reason, Stopped};
use outlook_pst::ltp::table_context::TableContext;
use outlook_pst::messaging::attachment::{AnsiAttachment, Attachment, UnicodeAttachment};
use outlook_pst::messaging::message::{AnsiMessage, Message, UnicodeMessage};
use outlook_pst::messaging::store::{AnsiStore, EntryId, Store, UnicodeStore};
use outlook_pst::ndb::node_id::NodeId;
use outlook_pst::{AnsiPstFile, PstReader, UnicodePstFile};
use std::collections::HashSet;
use std::io::{self, Cursor};
use std::rc::Rc;

/// Data files of Outlook: pst, and ost of Outlook up to 2010.
pub struct Pst;

const MAGIC: &[u8] = b"!BDN";
/// Where its version stands, and the first of the kind whose pages are four kilobytes.
const VERSION: usize = 10;
const LARGE_PAGES: u16 = 36;
/// The folder above all others.
const ROOT: u32 = 0x122;

impl Extractor for Pst {
    fn name(&self) -> &'static str {
        "pst"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        if head.starts_with(MAGIC) && head.get(8..10) == Some(b"SM") {
            Sure::Certain
        } else {
            Sure::No
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let len = part.content.len().unwrap_or(0);
        let (head, content) = part.content.peek(VERSION + 2);
        let version = head.ok().and_then(|head| head.get(VERSION..)?.first_chunk().copied());
        if version.is_some_and(|version| u16::from_le_bytes(version) >= LARGE_PAGES) {
            descent.note_with(
                Reason::Unsupported,
                Some(len),
                "an Outlook cache file of 2013 or later",
            );
            return Flow::Continue(());
        }
        let opened = content.again().ok_or(Reason::Unsupported).and_then(|again| {
            // Both kinds look alike but for the width of their numbers.
            unicode(content).or_else(|_| ansi(again))
        });
        let store = match opened {
            Ok(store) => store,
            Err(reason) => {
                descent.note_with(reason, Some(len), "its folders cannot be read");
                return Flow::Continue(());
            }
        };
        // What it holds is scrambled, so that its bytes say nothing by themselves.
        descent.claim(0..len, Fate::Scanned);
        Reading { store, number: 0 }.all(descent)
    }
}

/// A store of either kind.
enum Kind {
    Unicode(Rc<UnicodeStore>),
    Ansi(Rc<AnsiStore>),
}

fn reader(content: Content<'_>) -> io::Result<Box<dyn PstReader>> {
    Ok(match content {
        Content::File(file, len) => Box::new(Positioned::new(file, 0..len)?),
        Content::Within(file, range) => Box::new(Positioned::new(file, range)?),
        Content::Bytes(bytes) => Box::new(Cursor::new(bytes.to_vec())),
        Content::Stream(_) => return Err(io::ErrorKind::Unsupported.into()),
    })
}

fn unicode(content: Content<'_>) -> Result<Kind, Reason> {
    let file = reader(content).and_then(UnicodePstFile::read_from).map(Rc::new);
    file.and_then(UnicodeStore::read).map(Kind::Unicode).map_err(|error| reason(&error))
}

fn ansi(content: Content<'_>) -> Result<Kind, Reason> {
    let file = reader(content).and_then(AnsiPstFile::read_from).map(Rc::new);
    file.and_then(AnsiStore::read).map(Kind::Ansi).map_err(|error| reason(&error))
}

/// What an error of the library means.
fn reason(error: &io::Error) -> Reason {
    Stopped::reason(error)
}

struct Reading {
    store: Kind,
    number: usize,
}

impl Reading {
    fn store(&self) -> Rc<dyn Store> {
        match &self.store {
            Kind::Unicode(store) => store.clone(),
            Kind::Ansi(store) => store.clone(),
        }
    }

    fn all(&mut self, descent: &mut Descent<'_>) -> Flow {
        let store = self.store();
        let mut waiting = vec![(String::new(), ROOT)];
        let mut seen = HashSet::new();
        while let Some((path, node)) = waiting.pop() {
            if let Err(Stopped(reason)) = descent.budget().check() {
                descent.note(reason);
                return Flow::Continue(());
            }
            if !seen.insert(node) {
                descent.note_with(Reason::Cycle, None, "one of its folders contains itself");
                continue;
            }
            let entry = store.properties().make_entry_id(NodeId::from(node));
            let folder = match entry.and_then(|entry| store.open_folder(&entry)) {
                Ok(folder) => folder,
                Err(error) => {
                    let shown = if path.is_empty() { "folders" } else { &path };
                    descent.note_inside(shown, reason(&error), None);
                    continue;
                }
            };
            let own = folder.properties().display_name().unwrap_or_default();
            names::scan(&own, descent)?;
            let path =
                if path.is_empty() || own.is_empty() { own } else { format!("{path}/{own}") };
            for table in [folder.contents_table(), folder.associated_table()].into_iter().flatten()
            {
                for node in nodes(table) {
                    self.message(&path, node, descent)?;
                }
            }
            let below = folder.hierarchy_table().map(nodes).unwrap_or_default();
            waiting.extend(below.into_iter().rev().map(|node| (path.clone(), node)));
        }
        Flow::Continue(())
    }

    fn message(&mut self, path: &str, node: u32, descent: &mut Descent<'_>) -> Flow {
        if descent.budget().check().is_err() {
            return Flow::Continue(());
        }
        self.number += 1;
        let entry = self.store().properties().make_entry_id(NodeId::from(node));
        let saved = entry.and_then(|entry| self.saved(&entry, descent));
        let name = match &saved {
            Ok(saved) => saved.subject(),
            Err(_) => None,
        };
        let name = name.unwrap_or_else(|| format!("message {}", self.number));
        let name = names::shown(&format!("{path}/{name}.msg"), self.number);
        for fault in saved.iter().flat_map(Saved::faults) {
            descent.note_inside(&name, fault, None);
        }
        let bytes = match saved.and_then(Saved::finish) {
            Ok(bytes) => bytes,
            Err(error) => {
                descent.note_inside(&name, reason(&error), None);
                return Flow::Continue(());
            }
        };
        if let Err(Stopped(reason)) = descent.budget().take_bytes(bytes.len() as u64) {
            descent.note_inside(&name, reason, Some(bytes.len() as u64));
            return Flow::Continue(());
        }
        descent.part(Part::new(name, Content::Bytes(&bytes)))
    }

    /// A message with its recipients and attachments.
    fn saved(&self, entry: &EntryId, descent: &mut Descent<'_>) -> io::Result<Saved> {
        let most = descent.budget().limits().buffer;
        match &self.store {
            Kind::Unicode(store) => {
                let message = UnicodeMessage::read(store.clone(), entry, None)?;
                let open = |node| {
                    UnicodeAttachment::read(message.clone(), node, None)
                        .map(|found| found as Rc<dyn Attachment>)
                };
                Saved::new(&*message, open, most)
            }
            Kind::Ansi(store) => {
                let message = AnsiMessage::read(store.clone(), entry, None)?;
                let open = |node| {
                    AnsiAttachment::read(message.clone(), node, None)
                        .map(|found| found as Rc<dyn Attachment>)
                };
                Saved::new(&*message, open, most)
            }
        }
    }
}

/// The nodes that a table's rows stand for.
pub(super) fn nodes(table: &Rc<dyn TableContext>) -> Vec<u32> {
    table.rows_matrix().map(|row| u32::from(row.id())).collect()
}

/// The library gives a message within a message without a way to its attachments.
pub(super) fn no_attachments(_: NodeId) -> io::Result<Rc<dyn Attachment>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A message of either kind.
pub(super) type AnyMessage = dyn Message;
