//! Which part of a package belongs to which, and where links lead.

use super::window::Window;
use super::xml::{Event, Xml};
use crate::descend::{Descent, Flow};
use dlpscan_core::model::{Place, Role};
use std::collections::HashMap;
use std::io::{self, Read};

/// Relationships kept; more cannot be of use.
const MOST: usize = 100_000;

/// The part that lists the pages of a drawing.
pub(super) const PAGES: &str = "visio/pages/pages.xml";

/// The relationships of a package's parts. All names are in lower case.
#[derive(Default)]
pub(super) struct Relations {
    /// From part and relationship to the part it leads to.
    to: HashMap<(String, String), String>,
    /// From a part to those that lead to it or that it leads to.
    near: HashMap<String, Vec<String>>,
    /// The number of each slide, or of each page of a drawing.
    slides: HashMap<String, u64>,
}

impl Relations {
    /// Reads one part of relationships, and gives what leads out of the package.
    pub(super) fn read(
        &mut self,
        name: &str,
        reader: &mut dyn Read,
        descent: &mut Descent<'_>,
    ) -> io::Result<(Flow, bool)> {
        let owner = owner(&name.to_ascii_lowercase());
        let mut links = Window::lines(Place::Property { name: "link".into() }, Role::Content);
        let mut xml = Xml::new(reader);
        let mut error = None;
        loop {
            let event = xml.next().unwrap_or_else(|e| {
                error = Some(e);
                Event::Eof
            });
            let tag = match event {
                Event::Eof => break,
                Event::Start(tag) if tag.local() == b"Relationship" => tag,
                Event::Text(text) if !text.trim_ascii().is_empty() => {
                    if links.push(text, descent).is_break() {
                        break;
                    }
                    continue;
                }
                _ => continue,
            };
            let target = tag.string(b"Target").unwrap_or_default();
            let outside =
                tag.attribute(b"TargetMode").is_some_and(|m| m.eq_ignore_ascii_case(b"external"));
            if outside || target.contains("://") || target.starts_with("mailto:") {
                let mut line = target.clone();
                if target.contains('%') {
                    line.push('\n');
                    line += &percent_decoded(&target);
                }
                let flow = links.push(line.as_bytes(), descent);
                if flow.is_break() || links.end_line(descent).is_break() {
                    break;
                }
            } else if self.to.len() < MOST {
                let target = resolve(&owner, &target.to_ascii_lowercase());
                let id = tag.string(b"Id").unwrap_or_default();
                self.near.entry(target.clone()).or_default().push(owner.clone());
                self.near.entry(owner.clone()).or_default().push(target.clone());
                self.to.insert((owner.clone(), id), target);
            }
        }
        let flow = links.finish(descent);
        error.map_or(Ok((flow, xml.has_dtd())), Err)
    }

    /// Reads the order of the slides from the presentation part.
    pub(super) fn read_slides(&mut self, reader: &mut dyn Read) -> io::Result<(Flow, bool)> {
        self.read_order(reader, "ppt/presentation.xml", b"sldId")
    }

    /// Reads the order of a drawing's pages from the part that lists them.
    pub(super) fn read_pages(&mut self, reader: &mut dyn Read) -> io::Result<(Flow, bool)> {
        self.read_order(reader, PAGES, b"Rel")
    }

    /// Numbers the parts to which these elements of a part lead, in their order.
    fn read_order(
        &mut self,
        reader: &mut dyn Read,
        part: &str,
        element: &[u8],
    ) -> io::Result<(Flow, bool)> {
        let mut xml = Xml::new(reader);
        loop {
            match xml.next()? {
                Event::Start(tag) if tag.local() == element => {
                    let id = tag.attributes().find(|(n, _)| n.ends_with(b":id"));
                    let id = id.map(|(_, v)| String::from_utf8_lossy(&v).into_owned());
                    let key = (part.to_owned(), id.unwrap_or_default());
                    if let Some(part) = self.to.get(&key) {
                        let next = self.slides.len() as u64 + 1;
                        self.slides.entry(part.clone()).or_insert(next);
                    }
                }
                Event::Eof => return Ok((Flow::Continue(()), false)),
                _ => {}
            }
        }
    }

    /// The page of a drawing that a part is.
    pub(super) fn page(&self, part: &str) -> Option<u64> {
        self.slides.get(part).copied().filter(|_| part.starts_with("visio/"))
    }

    /// The slide that a part is, or belongs to (its notes, its comments).
    pub(super) fn slide(&self, part: &str) -> Option<u64> {
        if !part.starts_with("ppt/")
            || part == "ppt/presentation.xml"
            || part.contains("/slidemaster")
            || part.contains("/slidelayout")
        {
            return None;
        }
        let known = |p: &str| self.slides.get(p).copied().or_else(|| numbered(p));
        known(part).or_else(|| self.near.get(part)?.iter().find_map(|owner| known(owner)))
    }

    /// The name of the sheet that a part is, or belongs to (its comments).
    pub(super) fn sheet(&self, part: &str, sheets: &[(String, String)]) -> Option<String> {
        let named = |p: &str| {
            let leads = |book: &str, id: &str| {
                self.to.get(&(book.to_owned(), id.to_owned())).is_some_and(|to| to == p)
            };
            let mut all = sheets.iter();
            all.find(|(id, _)| leads("xl/workbook.xml", id) || leads("xl/workbook.bin", id))
                .map(|(_, n)| n.clone())
        };
        named(part).or_else(|| self.near.get(part)?.iter().find_map(|owner| named(owner)))
    }
}

/// A slide that the presentation does not list, by the number in its name.
fn numbered(part: &str) -> Option<u64> {
    part.strip_prefix("ppt/slides/slide")?.strip_suffix(".xml")?.parse().ok()
}

/// The part that `word/_rels/document.xml.rels` speaks of.
fn owner(rels: &str) -> String {
    let (folder, file) = rels.rsplit_once('/').unwrap_or(("", rels));
    let folder = folder.strip_suffix("_rels").unwrap_or(folder);
    format!("{folder}{}", file.strip_suffix(".rels").unwrap_or(file))
}

/// A target as seen from its owner's folder.
fn resolve(owner: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut path: Vec<&str> = owner.split('/').collect();
    path.pop();
    for step in target.split('/') {
        match step {
            ".." => drop(path.pop()),
            "." | "" => {}
            step => path.push(step),
        }
    }
    path.join("/")
}

/// A link with its `%20` resolved.
fn percent_decoded(link: &str) -> String {
    let bytes = link.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        match hex.and_then(|h| u8::from_str_radix(h, 16).ok()).filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_resolved_from_their_owner() {
        assert_eq!(owner("word/_rels/document.xml.rels"), "word/document.xml");
        assert_eq!(owner("_rels/.rels"), "");
        assert_eq!(resolve("xl/worksheets/sheet1.xml", "../comments1.xml"), "xl/comments1.xml");
        assert_eq!(resolve("xl/workbook.xml", "/xl/styles.xml"), "xl/styles.xml");
    }

    #[test]
    fn a_link_is_read_with_its_escapes_resolved() {
        assert_eq!(percent_decoded("?ni=PT%2035%2000%zz"), "?ni=PT 35 00%zz");
    }
}
