//! Office files: OOXML (docx, xlsx, pptx and their kin) and OpenDocument (odt, ods, odp), and the
//! compound files of Office before 2007 (doc, xls, ppt).
//!
//! The layers, each knowing only those before it: `xml` reads markup, `window` and `grid` and
//! `prose` put text together, `package` opens the zip around it all, and one file a format knows
//! what its elements mean.

pub(crate) mod biff;
mod compound;
mod doc;
mod flow;
mod grid;
mod macros;
mod msg;
mod numbers;
mod odf;
mod odf_text;
mod ooxml;
mod package;
mod pictures;
mod ppt;
mod properties;
mod property_set;
mod prose;
mod publisher;
mod relations;
mod rtf;
mod visio;
mod visio_old;
mod window;
mod xls;
mod xlsb;
mod xlsx;
mod xml;

pub use compound::Compound;
pub use odf::{FlatOdf, Odf};
pub use ooxml::Ooxml;
pub use rtf::Rtf;

use crate::descend::{Descent, Flow};
use crate::extractor::Extractor;
use crate::formats::archive::ENTRIES;
use dlpscan_core::model::{Content, Part, Reason, Stopped};
use package::Package;
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// The office format whose package has entries of these names, all of them: for the zip
/// extractor, which sees the whole directory where a sniff sees the first bytes only.
pub fn office_kind(names: &[&str]) -> Option<&'static dyn Extractor> {
    if ooxml::is_ooxml(names) {
        Some(&Ooxml)
    } else if odf::is_odf(names) {
        Some(&Odf)
    } else {
        None
    }
}

/// The names in the local headers that begin within the first bytes of a zip.
fn names_in_head(head: &[u8]) -> Vec<String> {
    if !head.starts_with(b"PK\x03\x04") {
        return Vec::new();
    }
    memchr::memmem::find_iter(head, b"PK\x03\x04")
        .filter_map(|at| {
            let len = u16::from_le_bytes([*head.get(at + 26)?, *head.get(at + 27)?]) as usize;
            let name = head.get(at + 30..at + 30 + len)?;
            Some(String::from_utf8_lossy(name).replace('\\', "/"))
        })
        .collect()
}

/// Opens a part as a package and has it read. One whose directory is broken goes to the zip
/// extractor, which can do without.
fn in_package(
    part: Part<'_>,
    descent: &mut Descent<'_>,
    read: impl FnOnce(&mut Package<'_>, &mut Descent<'_>) -> Flow,
) -> Flow {
    let Part { name, charset, content, .. } = part;
    let most = descent.budget().limits().buffer;
    // The descent reads streams into memory for those who do not take them.
    let Some(again) = content.again() else { return Continue(()) };
    let len = content.len().unwrap_or(0);
    match Package::open(content, len, most) {
        Ok(mut package) => {
            read(&mut package, descent)?;
            package.finish(descent)
        }
        Err(error) => match descent.named("zip") {
            Some(zip) => {
                let media = Some(ENTRIES.to_owned());
                zip.extract(Part { name, media, charset, content: again }, descent)
            }
            None => {
                descent.note_with(
                    Stopped::reason(&error),
                    Some(len),
                    "its directory cannot be read",
                );
                Continue(())
            }
        },
    }
}

/// Has an entry read as XML if it begins like it, else handed on as a part of its own.
fn read_xml(
    name: &str,
    reader: &mut dyn Read,
    descent: &mut Descent<'_>,
    read: impl FnOnce(&mut dyn Read, &mut Descent<'_>) -> io::Result<(Flow, bool)>,
) -> io::Result<Flow> {
    let mut head = Vec::new();
    reader.take(64).read_to_end(&mut head)?;
    let start = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).trim_ascii_start();
    let wide =
        matches!(head[..], [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] | [b'<', 0, ..] | [0, b'<', ..]);
    let empty = head.is_empty();
    let mut whole = io::Cursor::new(head.clone()).chain(reader);
    if !empty && !wide && !start.starts_with(b"<") {
        return hand_on(name, &mut whole, descent);
    }
    let (flow, dtd) = read(&mut whole, descent)?;
    if dtd {
        descent.note_inside(name, Reason::DtdRefused, None);
    }
    Ok(flow)
}

/// Hands an entry on as a part of its own, told by its content.
fn hand_on(name: &str, reader: &mut dyn Read, descent: &mut Descent<'_>) -> io::Result<Flow> {
    Ok(descent.part(Part::new(name, Content::Stream(Box::new(reader)))))
}
