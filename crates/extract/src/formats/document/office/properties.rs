//! Document properties: title and author, custom properties, sensitivity labels.

use super::window::Window;
use super::xml::{Event, Tag, events};
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Place, Role};
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// Longest name of a property.
const LONGEST_NAME: usize = 200;

/// Lines of `name: value`, each with its property as place.
pub(super) struct Properties {
    lines: Window,
}

impl Properties {
    /// None yet.
    pub(super) fn new() -> Self {
        Properties { lines: Window::lines(Place::Whole, Role::Metadata) }
    }

    /// Adds one; nothing if the value is empty.
    pub(super) fn add(&mut self, name: &str, value: &[u8], descent: &mut Descent<'_>) -> Flow {
        let value = value.trim_ascii();
        if value.is_empty() {
            return Continue(());
        }
        let name: String = name.chars().take(LONGEST_NAME).collect();
        self.lines.mark(Place::Property { name: name.clone() });
        self.lines.push(name.as_bytes(), descent)?;
        self.lines.push(b": ", descent)?;
        self.lines.push(value, descent)?;
        self.lines.end_line(descent)
    }

    /// Gives them.
    pub(super) fn finish(mut self, descent: &mut Descent<'_>) -> Flow {
        self.lines.finish(descent)
    }
}

/// Reads a part of properties: each element below the root is one, named by its `name` attribute
/// or by itself, with all its text. True in the result when it declares a document type.
///
/// Works for docProps of OOXML, meta.xml of ODF (whose properties lie one element deeper) and
/// the label file of newer Office versions.
pub(super) fn read(
    reader: &mut dyn Read,
    level: usize,
    descent: &mut Descent<'_>,
) -> io::Result<(Flow, bool)> {
    let mut out = Properties::new();
    let mut depth = 0usize;
    let (mut name, mut value) = (String::new(), Vec::new());
    let result = events(reader, descent, |event, descent| match event {
        Event::Start(tag) => {
            if depth == level {
                name = property_name(&tag);
                value.clear();
            }
            depth += 1;
            if !value.is_empty() && !value.ends_with(b" ") {
                value.push(b' ');
            }
            if tag.local() == b"label" {
                label(&tag, &mut out, descent)
            } else {
                hints(&tag, &mut out, descent)
            }
        }
        Event::End(_) => {
            depth = depth.saturating_sub(1);
            if depth == level && !name.is_empty() {
                out.add(&std::mem::take(&mut name), &value, descent)?;
                value.clear();
            }
            Continue(())
        }
        Event::Text(text) if text.trim_ascii().is_empty() && value.is_empty() => Continue(()),
        Event::Text(text) if depth > level && value.len() < 1 << 20 => {
            value.extend_from_slice(text);
            Continue(())
        }
        // Text where none belongs, or a value beyond all measure.
        Event::Text(text) | Event::Comment(text) => out.add("text", text, descent),
        Event::Eof => Continue(()),
    });
    let last = out.finish(descent);
    result.map(|(flow, dtd)| (if flow.is_break() { flow } else { last }, dtd))
}

fn property_name(tag: &Tag<'_>) -> String {
    tag.string(b"name").unwrap_or_else(|| String::from_utf8_lossy(tag.local()).into_owned())
}

/// A sensitivity label as newer Office versions keep it (MS-OFFCRYPTO 2.6), told with the names
/// that older ones use for the same.
fn label(tag: &Tag<'_>, out: &mut Properties, descent: &mut Descent<'_>) -> Flow {
    let Some(id) = tag.string(b"id") else { return Continue(()) };
    let id = id.trim_matches(['{', '}']).to_owned();
    for (attribute, property) in [
        ("enabled", "Enabled"),
        ("method", "Method"),
        ("siteId", "SiteId"),
        ("name", "Name"),
        ("removed", "Removed"),
    ] {
        let Some(mut value) = tag.attribute(attribute.as_bytes()) else { continue };
        if property == "Enabled" || property == "Removed" {
            value = if &*value == b"1" { b"true".into() } else { value };
        }
        out.add(&format!("MSIP_Label_{id}_{property}"), &value, descent)?;
    }
    Continue(())
}

/// What ODF keeps in attributes: where a template came from, what a link leads to.
fn hints(tag: &Tag<'_>, out: &mut Properties, descent: &mut Descent<'_>) -> Flow {
    for key in ["title", "href"] {
        if let Some(value) = tag.attribute(key.as_bytes()) {
            out.add(&String::from_utf8_lossy(tag.local()), &value, descent)?;
        }
    }
    Continue(())
}
