//! PowerPoint 97 to 2003 presentations (MS-PPT): a stream of records inside records.

use super::prose::{Change, Prose};
use crate::descend::{Descent, Flow};
use crate::little_endian::utf16;
use dlpscan_core::model::{Content, Part, Place, Reason, Stopped};
use encoding_rs::WINDOWS_1252;
use std::io::Read;
use std::ops::ControlFlow::Continue;

/// The token of an encrypted presentation in its `Current User` stream (MS-PPT 2.3.2).
const ENCRYPTED: [u8; 4] = [0xDF, 0xC4, 0xD1, 0xF3];

/// Record types (MS-PPT 2.13.24).
const SLIDE: u16 = 0x03EE;
const NOTES: u16 = 0x03F0;
const MAIN_MASTER: u16 = 0x03F8;
const SLIDE_LIST: u16 = 0x0FF0;
const SLIDE_PERSIST: u16 = 0x03F3;
const TEXT_CHARS: u16 = 0x0FA0;
const TEXT_BYTES: u16 = 0x0FA8;
const STRING: u16 = 0x0FBA;
const CRYPT_SESSION: u16 = 0x2F14;
const OBJECT: u16 = 0x1011;

/// Notes an encrypted presentation by its `Current User` stream.
pub(super) fn note_encrypted(user: &[u8], descent: &mut Descent<'_>) {
    if user.get(12..16) == Some(&ENCRYPTED[..]) {
        descent.note(Reason::Encrypted);
    }
}

/// Reads the text of a presentation.
pub(super) fn read(stream: &[u8], descent: &mut Descent<'_>) -> Flow {
    let mut prose = Prose::at(Place::Property { name: "presentation".into() }, Some(String::new()));
    let (mut slide, mut outline, mut listed) = (0u64, 0u64, false);
    let mut at = 0;
    let mut count = 0u32;
    let mut objects = 0u32;
    while let Some(head) = stream.get(at..at + 8) {
        count = count.wrapping_add(1);
        if count.is_multiple_of(4096)
            && let Err(stopped) = descent.budget().check()
        {
            descent.note(stopped.0);
            break;
        }
        let container = head[0] & 0x0F == 0x0F;
        let kind = u16::from_le_bytes([head[2], head[3]]);
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        at += 8;
        match kind {
            SLIDE => {
                slide += 1;
                prose.set_place(Place::Slide { slide });
            }
            // The outline repeats the titles and texts of the slides in their order.
            SLIDE_LIST => listed = head[0] >> 4 == 0 && head[1] == 0,
            SLIDE_PERSIST if listed => {
                outline += 1;
                prose.set_place(Place::Slide { slide: outline });
            }
            MAIN_MASTER => prose.set_place(Place::Property { name: "slide master".into() }),
            NOTES => prose.set_place(Place::Property { name: "notes".into() }),
            CRYPT_SESSION => descent.note(Reason::Encrypted),
            _ => {}
        }
        if container {
            // What is inside follows as records of its own.
            continue;
        }
        let end = at.saturating_add(len).min(stream.len());
        let data = &stream[at..end];
        at = end;
        match kind {
            TEXT_CHARS | STRING => {
                let text = utf16(data);
                // The names of the program's own tags.
                if !text.starts_with("___PPT") {
                    paragraphs(&text, &mut prose, descent)?;
                }
            }
            OBJECT => {
                objects += 1;
                embedded(data, head[0] >> 4 == 1, objects, descent)?;
            }
            TEXT_BYTES => {
                let text = WINDOWS_1252.decode_without_bom_handling(data).0;
                paragraphs(&text, &mut prose, descent)?;
            }
            _ => {}
        }
    }
    prose.finish(descent)
}

/// A document put into the presentation, or its macros (MS-PPT 2.10.34): a file of its own, packed
/// behind its size or as it is.
fn embedded(data: &[u8], packed: bool, number: u32, descent: &mut Descent<'_>) -> Flow {
    let name = format!("object {number}");
    let Some((size, stream)) = data.split_first_chunk().filter(|_| packed) else {
        return descent.part(Part::new(name, Content::Bytes(data)));
    };
    let most = descent.budget().limits().buffer;
    let stream = flate2::read::ZlibDecoder::new(stream);
    let metered = descent.budget().meter(stream, Some(data.len() as u64));
    let mut bytes = Vec::new();
    // PowerPoint leaves the end of the packed stream away.
    if let Err(error) = metered.take(most).read_to_end(&mut bytes)
        && bytes.len() < u32::from_le_bytes(*size) as usize
    {
        descent.note_inside(&name, Stopped::reason(&error), None);
    }
    descent.part(Part::new(name, Content::Bytes(&bytes)))
}

fn paragraphs(text: &str, prose: &mut Prose, descent: &mut Descent<'_>) -> Flow {
    for line in text.split(['\r', '\n']) {
        if line.trim().is_empty() {
            continue;
        }
        prose.begin_paragraph();
        let line = line.replace('\u{b}', "\n").replace('\0', "");
        prose.text(line.as_bytes(), Change::None, descent)?;
        prose.end_paragraph(descent)?;
    }
    Continue(())
}
