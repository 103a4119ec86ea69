//! A message of a data file, put together as Outlook would save it (MS-OXMSG), for the reader of
//! saved messages.

use super::pst::{AnyMessage, no_attachments, nodes};
use dlpscan_core::model::{Reason, Stopped};
use outlook_pst::ltp::prop_context::PropertyValue;
use outlook_pst::messaging::attachment::{Attachment, AttachmentData};
use outlook_pst::ndb::node_id::NodeId;
use std::io::{self, Cursor, Write};
use std::rc::Rc;

/// A message while it is put together.
pub(super) struct Saved {
    file: cfb::CompoundFile<Cursor<Vec<u8>>>,
    subject: Option<String>,
    /// Why attachments are missing.
    faults: Vec<Reason>,
    /// Bytes that may still be put in.
    left: u64,
}

/// Messages within messages are followed so far.
const DEEPEST: u32 = 20;
/// The subject, and the code page of text that is not UTF-16.
const SUBJECT: u16 = 0x0037;
const CODE_PAGE: u16 = 0x3ffd;
/// An attachment's data, which the library gives apart.
const DATA: u16 = 0x3701;

impl Saved {
    /// Puts a message together; `open` opens its attachments. More than `most` bytes are an error.
    pub(super) fn new(
        message: &AnyMessage,
        open: impl Fn(NodeId) -> io::Result<Rc<dyn Attachment>>,
        most: u64,
    ) -> io::Result<Self> {
        let file = cfb::CompoundFile::create(Cursor::new(Vec::new()))?;
        let mut saved = Saved { file, subject: None, faults: Vec::new(), left: most };
        if let Some(PropertyValue::Unicode(subject)) = message.properties().get(SUBJECT) {
            let text = String::from_utf16_lossy(subject.buffer());
            // Two characters may stand in front that say how long its `Re:` is.
            let text = text.strip_prefix('\u{1}').map_or(&text[..], |rest| {
                let mut rest = rest.chars();
                rest.next();
                rest.as_str()
            });
            saved.subject = Some(text.replace(char::is_control, "")).filter(|t| !t.is_empty());
        }
        saved.message("", message, open, 0)?;
        Ok(saved)
    }

    /// What the message is about.
    pub(super) fn subject(&self) -> Option<String> {
        self.subject.clone()
    }

    /// Why attachments are missing, once for each.
    pub(super) fn faults(&self) -> Vec<Reason> {
        self.faults.clone()
    }

    /// The file.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        self.file.flush()?;
        Ok(self.file.into_inner().into_inner())
    }

    fn message(
        &mut self,
        folder: &str,
        message: &AnyMessage,
        open: impl Fn(NodeId) -> io::Result<Rc<dyn Attachment>>,
        depth: u32,
    ) -> io::Result<()> {
        // A header, then the one number that is needed to read the rest.
        let mut numbers = vec![0; if depth == 0 { 32 } else { 24 }];
        if let Some(PropertyValue::Integer32(page)) = message.properties().get(CODE_PAGE) {
            numbers.extend((u32::from(CODE_PAGE) << 16 | 3).to_le_bytes());
            numbers.extend([6, 0, 0, 0]);
            numbers.extend(i64::from(*page).to_le_bytes());
        }
        self.put(folder, "__properties_version1.0", &numbers)?;
        for (id, value) in message.properties().iter() {
            self.property(folder, *id, value)?;
        }
        if let Some(table) = message.recipient_table() {
            let about = table.context();
            for (number, row) in table.rows_matrix().enumerate() {
                let folder = format!("{folder}/__recip_version1.0_#{number:08X}");
                for (column, value) in about.columns().iter().zip(row.columns(about)?) {
                    let Some(value) = value else { continue };
                    let value = table.read_column(&value, column.prop_type())?;
                    self.property(&folder, column.prop_id(), &value)?;
                }
            }
        }
        let attached = message.attachment_table().map(nodes).unwrap_or_default();
        for (number, node) in attached.into_iter().enumerate() {
            let attachment = match open(NodeId::from(node)) {
                Ok(attachment) => attachment,
                Err(error) => {
                    self.faults.push(Stopped::reason(&error));
                    continue;
                }
            };
            let folder = format!("{folder}/__attach_version1.0_#{number:08X}");
            for (id, value) in attachment.properties().iter().filter(|(id, _)| **id != DATA) {
                self.property(&folder, *id, value)?;
            }
            match attachment.data() {
                Some(AttachmentData::Binary(data)) => {
                    self.put(&folder, &stream(DATA, "0102"), data.buffer())?;
                }
                Some(AttachmentData::Message(inner)) if depth < DEEPEST => {
                    let folder = format!("{folder}/{}", stream(DATA, "000D"));
                    self.message(&folder, &**inner, no_attachments, depth + 1)?;
                }
                Some(AttachmentData::Message(_)) => self.faults.push(Reason::LimitDepth),
                None => {}
            }
        }
        Ok(())
    }

    fn property(&mut self, folder: &str, id: u16, value: &PropertyValue) -> io::Result<()> {
        let wide =
            |text: &[u16]| text.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>();
        match value {
            PropertyValue::String8(text) => self.put(folder, &stream(id, "001E"), text.buffer()),
            PropertyValue::Unicode(text) => {
                self.put(folder, &stream(id, "001F"), &wide(text.buffer()))
            }
            PropertyValue::Binary(bytes) => self.put(folder, &stream(id, "0102"), bytes.buffer()),
            PropertyValue::MultipleString8(texts) => (0..).zip(texts).try_for_each(|(i, text)| {
                self.put(folder, &format!("{}-{i:08X}", stream(id, "101E")), text.buffer())
            }),
            PropertyValue::MultipleUnicode(texts) => (0..).zip(texts).try_for_each(|(i, text)| {
                let text = wide(text.buffer());
                self.put(folder, &format!("{}-{i:08X}", stream(id, "101F")), &text)
            }),
            PropertyValue::MultipleBinary(all) => (0..).zip(all).try_for_each(|(i, bytes)| {
                self.put(folder, &format!("{}-{i:08X}", stream(id, "1102")), bytes.buffer())
            }),
            // Numbers, dates and keys say nothing by themselves.
            _ => Ok(()),
        }
    }

    fn put(&mut self, folder: &str, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| io::Error::from(io::ErrorKind::OutOfMemory))?;
        if !folder.is_empty() {
            self.file.create_storage_all(folder)?;
        }
        self.file.create_stream(format!("{folder}/{name}"))?.write_all(bytes)
    }
}

/// The name of the stream of a property.
fn stream(id: u16, kind: &str) -> String {
    format!("__substg1.0_{id:04X}{kind}")
}
