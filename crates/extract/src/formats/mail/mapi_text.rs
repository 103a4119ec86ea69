//! What the properties of Outlook's messages say: their text, in winmail.dat and in msg files.

use super::lzfu;
use super::mapi::Kind;
use crate::decode;
use crate::descend::{Descent, Flow};
use crate::formats::text::Gather;
use dlpscan_core::model::{Content, Part, Place, Reason, Stopped};

/// Properties that are parts of their own, or name them (MS-OXPROPS).
pub(crate) mod property {
    pub(crate) const BODY: u16 = 0x1000;
    pub(crate) const RTF: u16 = 0x1009;
    pub(crate) const HTML: u16 = 0x1013;
    pub(crate) const DATA: u16 = 0x3701;
    pub(crate) const SHORT_NAME: u16 = 0x3704;
    pub(crate) const LONG_NAME: u16 = 0x3707;
    pub(crate) const SHORT_PATH: u16 = 0x3708;
    pub(crate) const LONG_PATH: u16 = 0x370d;
}

/// What properties are called in a report.
const NAMES: &[(u16, &str)] = &[
    (0x0037, "subject"),
    (0x0042, "sent for"),
    (0x0065, "address of the one it is sent for"),
    (0x0070, "conversation"),
    (0x007d, "headers"),
    (0x0c1a, "sender"),
    (0x0c1f, "sender's address"),
    (0x0e02, "blind copy"),
    (0x0e03, "copy"),
    (0x0e04, "to"),
    (0x0e1d, "subject"),
    (0x3001, "name"),
    (0x3003, "address"),
    (0x39fe, "address"),
];

/// What stands between two texts, so that no value is put together from both.
const BETWEEN: &[u8] = "\n\u{b6}\n".as_bytes();

/// Gives what a property says: the message's body in one of its forms; or puts it with the other `lines`
/// under its name, which is the sender's `own` where there is one.
pub(crate) fn give(
    id: u16,
    kind: Kind,
    data: &[u8],
    own: Option<String>,
    charset: Option<&str>,
    lines: &mut Gather,
    descent: &mut Descent<'_>,
) -> Flow {
    match (id, kind) {
        (property::RTF, Kind::Binary) => rtf(data, descent),
        (property::HTML, Kind::Binary | Kind::Narrow) => {
            let part = Part::new("body.html", Content::Bytes(data));
            let charset = charset.map(str::to_owned);
            descent.part(Part { media: Some("text/html".to_owned()), charset, ..part })
        }
        (property::HTML, _) => whole("body.html", "text/html", &text(kind, data, None), descent),
        (property::BODY, _) => body(kind, data, charset, descent),
        _ => {
            let known = NAMES.iter().find(|(number, _)| *number == id).map(|(_, name)| *name);
            let name = own.or(known.map(str::to_owned)).unwrap_or_else(|| format!("{id:#06x}"));
            let text = text(kind, data, charset);
            if text.is_empty() {
                return Flow::Continue(());
            }
            if !lines.is_empty() {
                lines.push(BETWEEN);
            }
            lines.place(Place::Property { name });
            lines.push(text.as_bytes());
            lines.flow(descent)
        }
    }
}

/// Gives a message's body in plain text.
pub(crate) fn body(
    kind: Kind,
    data: &[u8],
    charset: Option<&str>,
    descent: &mut Descent<'_>,
) -> Flow {
    whole("body", "text/plain", &text(kind, data, charset), descent)
}

fn whole(name: &str, media: &str, text: &str, descent: &mut Descent<'_>) -> Flow {
    let part = Part::new(name, Content::Bytes(text.as_bytes()));
    let (media, charset) = (Some(media.to_owned()), Some("utf-8".to_owned()));
    descent.part(Part { media, charset, ..part })
}

fn rtf(packed: &[u8], descent: &mut Descent<'_>) -> Flow {
    let (rtf, whole) = lzfu::unpack(packed);
    if !whole {
        descent.note_inside("body.rtf", Reason::Damaged, None);
    }
    if let Err(Stopped(reason)) = descent.budget().take_bytes(rtf.len() as u64) {
        descent.note_inside("body.rtf", reason, None);
        return Flow::Continue(());
    }
    descent.part(Part::new("body.rtf", Content::Bytes(&rtf)))
}

/// Text without the zeros that end it.
pub(crate) fn text(kind: Kind, data: &[u8], charset: Option<&str>) -> String {
    let text = if kind == Kind::Wide {
        encoding_rs::UTF_16LE.decode_without_bom_handling(data).0.into_owned()
    } else {
        let end = data.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
        decode::text(&data[..end], charset).string().into_owned()
    };
    text.trim_end_matches('\0').to_owned()
}

/// The name of a Windows code page.
pub(crate) fn charset(page: u32) -> Option<String> {
    Some(match page {
        65001 => "utf-8".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        20866 => "koi8-r".to_owned(),
        28591..=28605 => format!("iso-8859-{}", page - 28590),
        874 | 1250..=1258 => format!("windows-{page}"),
        _ => return None,
    })
}
