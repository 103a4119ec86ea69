//! Word, Excel, PowerPoint and Visio files since 2007, templates and macro files included: every part of
//! the package is read, whether anything refers to it or not.

use super::flow;
use super::package::Package;
use super::properties;
use super::prose::Prose;
use super::relations::{PAGES, Relations};
use super::visio;
use super::xlsb;
use super::xlsx::{self, Book};
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use crate::formats::raw;
use dlpscan_core::model::{Part, Place, Stopped};
use std::io::{self, Read};
use std::ops::ControlFlow::Continue;

/// The extractor for OOXML packages.
pub struct Ooxml;

impl Extractor for Ooxml {
    fn name(&self) -> &'static str {
        "ooxml"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let names = super::names_in_head(head);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if is_ooxml(&names) { Sure::Exact } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        super::in_package(part, descent, |package, descent| {
            let layouts = Place::Property { name: "slide layout".to_owned() };
            let mut reader = Reader {
                relations: Relations::default(),
                book: Book::default(),
                layouts: Prose::at(layouts, None),
            };
            reader.read(package, descent)?;
            reader.layouts.finish(descent)
        })
    }
}

/// True when these names of entries, all or the first of them, are those of an OOXML package.
pub(super) fn is_ooxml(names: &[&str]) -> bool {
    names.iter().any(|name| {
        let name = name.to_ascii_lowercase();
        let folder =
            ["word/", "xl/", "ppt/", "visio/", "docprops/"].iter().any(|f| name.starts_with(f));
        name == "[content_types].xml"
            || name == "_rels/.rels"
            || folder && (name.ends_with(".xml") || name.ends_with(".rels"))
    })
}

/// True when a package is a workbook and nothing else.
pub(super) fn is_workbook(package: &[u8]) -> bool {
    let Ok(zip) = zip::ZipArchive::new(io::Cursor::new(package)) else { return false };
    let within = |folder: &str| {
        zip.file_names_raw().any(|name| {
            name.get(..folder.len()).is_some_and(|n| n.eq_ignore_ascii_case(folder.as_bytes()))
        })
    };
    within("xl/") && !["word/", "ppt/", "visio/"].into_iter().any(within)
}

/// Parts in which text stands only if somebody put it there: their text is read, the values of
/// their attributes are not.
const FORMAL: &[&str] = &[
    "[content_types].xml",
    "theme",
    "themeoverride",
    "styles",
    "styleswitheffects",
    "fonttable",
    "websettings",
    "numbering",
    "tablestyles",
    "calcchain",
    "presprops",
    "viewprops",
    "colors",
    "style",
    "quickstyle",
    "layout",
    "metadata",
];

struct Reader {
    relations: Relations,
    book: Book,
    /// What stands on the layouts of slides: a dozen parts in each presentation that say the same.
    layouts: Prose,
}

impl Reader {
    fn read(&mut self, package: &mut Package<'_>, descent: &mut Descent<'_>) -> Flow {
        let names: Vec<String> = package.names().to_vec();
        let mut done = vec![false; names.len()];
        for (index, name) in names.iter().enumerate() {
            if name.to_ascii_lowercase().ends_with(".rels") {
                done[index] = true;
                self.xml(package, index, descent, |reader, this, descent| {
                    this.relations.read(name, reader, descent)
                })?;
            }
        }
        self.read_shared(package, &mut done, descent)?;
        for (index, name) in names.iter().enumerate() {
            if let Err(Stopped(reason)) = descent.budget().check() {
                descent.note(reason);
                return Continue(());
            }
            if !done[index] {
                self.entry(package, index, name, descent)?;
            }
        }
        self.book.unused_strings(descent)
    }

    /// What the sheets need before they can be read.
    fn read_shared(
        &mut self,
        package: &mut Package<'_>,
        done: &mut [bool],
        descent: &mut Descent<'_>,
    ) -> Flow {
        if let Some(i) = package.find("xl/workbook.xml") {
            done[i] = true;
            self.xml(package, i, descent, |r, this, d| this.book.read_workbook(r, d))?;
        }
        if let Some(i) = package.find("xl/styles.xml") {
            done[i] = true;
            self.xml(package, i, descent, |r, this, d| this.book.read_styles(r, d))?;
        }
        if let Some(i) = package.find("xl/sharedStrings.xml") {
            done[i] = true;
            self.xml(package, i, descent, |r, this, d| this.book.read_strings(r, d))?;
        }
        type Shared = fn(&mut Book, &mut dyn Read, &mut Descent<'_>) -> io::Result<Flow>;
        for (name, read) in [
            ("xl/workbook.bin", Book::read_binary_workbook as Shared),
            ("xl/styles.bin", Book::read_binary_styles),
            ("xl/sharedStrings.bin", Book::read_binary_strings),
        ] {
            if let Some(i) = package.find(name) {
                done[i] = true;
                package
                    .read(i, descent, |reader, descent| read(&mut self.book, reader, descent))?;
            }
        }
        if let Some(i) = package.find("ppt/presentation.xml") {
            self.xml(package, i, descent, |r, this, _| this.relations.read_slides(r))?;
        }
        if let Some(i) = package.find(PAGES) {
            self.xml(package, i, descent, |r, this, _| this.relations.read_pages(r))?;
        }
        Continue(())
    }

    /// Reads one entry as XML if it looks like it, else hands it on as a part.
    fn xml(
        &mut self,
        package: &mut Package<'_>,
        index: usize,
        descent: &mut Descent<'_>,
        read: impl FnOnce(&mut dyn Read, &mut Self, &mut Descent<'_>) -> io::Result<(Flow, bool)>,
    ) -> Flow {
        let name = package.names()[index].clone();
        package.read(index, descent, |reader, descent| {
            super::read_xml(&name, reader, descent, |reader, descent| read(reader, self, descent))
        })
    }

    fn entry(
        &mut self,
        package: &mut Package<'_>,
        index: usize,
        name: &str,
        descent: &mut Descent<'_>,
    ) -> Flow {
        let lower = name.to_ascii_lowercase();
        let (folder, file) = lower.rsplit_once('/').unwrap_or(("", &lower));
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        let kind = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        if extension == "bin" && folder.starts_with("xl") {
            let sheet = self.relations.sheet(&lower, &self.book.sheets);
            let sheet = sheet.as_deref().unwrap_or(stem);
            match (folder, kind) {
                (
                    "xl/worksheets" | "xl/macrosheets" | "xl/dialogsheets" | "xl/chartsheets",
                    "sheet",
                ) => {
                    return package.read(index, descent, |reader, descent| {
                        self.book.read_binary_sheet(sheet, reader, descent)
                    });
                }
                ("xl" | "xl/comments", "comments") => {
                    return package.read(index, descent, |reader, descent| {
                        xlsb::read_binary_comments(sheet, reader, descent)
                    });
                }
                _ => {}
            }
        }
        if !matches!(extension, "xml" | "vml") || folder == "customxml" && kind == "item" {
            return self.other(package, index, name, &lower, descent);
        }
        if let Err(Stopped(reason)) = descent.budget().take_part() {
            descent.note_inside(name, reason, None);
            return Continue(());
        }
        let sheet = self.relations.sheet(&lower, &self.book.sheets);
        let slide = self.relations.slide(&lower);
        let page = self.relations.page(&lower);
        self.xml(package, index, descent, |reader, this, descent| match (folder, kind) {
            ("docprops", _) => properties::read(reader, 1, descent),
            ("docmetadata", _) => properties::read(reader, 1, descent),
            ("xl/worksheets" | "xl/macrosheets" | "xl/dialogsheets" | "xl/chartsheets", _) => {
                this.book.read_sheet(sheet.as_deref().unwrap_or(stem), reader, descent)
            }
            (
                "xl" | "xl/comments" | "xl/threadedcomments",
                "comments" | "comment" | "threadedcomment",
            ) => xlsx::read_comments(sheet.as_deref().unwrap_or(stem), reader, descent),
            ("xl/pivotcache", _) => xlsx::read_pivot(reader, descent),
            ("visio/pages", "page") | ("visio/masters", "master") => {
                let place = match page {
                    Some(page) => Place::Page { page },
                    None => Place::Property { name: describe(folder, kind) },
                };
                let mut prose = Prose::at(place, None);
                let result = visio::walk(reader, &mut prose, descent);
                let last = prose.finish(descent);
                result.map(|(flow, dtd)| (if flow.is_break() { flow } else { last }, dtd))
            }
            ("ppt/slidelayouts", _) => flow::walk(reader, &mut this.layouts, true, descent),
            _ => {
                let mut prose = match slide {
                    Some(slide) => {
                        Prose::at(Place::Slide { slide }, Some(format!("slide {slide}")))
                    }
                    None if lower == "word/document.xml" => Prose::paragraphs(),
                    None => Prose::at(Place::Property { name: describe(folder, kind) }, None),
                };
                let spoken = !FORMAL.contains(&kind) && !FORMAL.contains(&file);
                let result = flow::walk(reader, &mut prose, spoken, descent);
                let last = prose.finish(descent);
                result.map(|(flow, dtd)| (if flow.is_break() { flow } else { last }, dtd))
            }
        })
    }

    /// What is no markup of ours: pictures, embedded files, data of other programs.
    fn other(
        &mut self,
        package: &mut Package<'_>,
        index: usize,
        name: &str,
        lower: &str,
        descent: &mut Descent<'_>,
    ) -> Flow {
        package.read(index, descent, |reader, descent| {
            if name.ends_with('/') {
                return Ok(Continue(()));
            }
            if is_rendition(lower) {
                return Ok(raw::strings(reader, 0, descent));
            }
            super::hand_on(name, reader, descent)
        })
    }
}

/// Parts that hold no text but what stands in other parts: a picture of the first page, the
/// settings of a printer, the shapes of letters. Their printable strings are scanned all the same.
fn is_rendition(lower: &str) -> bool {
    lower.starts_with("docprops/thumbnail.")
        || lower.contains("/printersettings/")
        || lower.contains("/binaryindex")
        || matches!(lower, "xl/calcchain.bin" | "xl/metadata.bin")
        || lower.ends_with(".odttf")
        || lower.ends_with(".fntdata")
        || lower == "_xmlsignatures/origin.sigs"
}

/// What a part is called as a place.
fn describe(folder: &str, kind: &str) -> String {
    let kind = if kind.is_empty() { "part" } else { kind };
    match (folder, kind) {
        (_, "header" | "footer" | "comments" | "footnotes" | "endnotes" | "document") => {
            kind.to_owned()
        }
        (_, "slidemaster") => "slide master".to_owned(),
        (_, "externallink") => "link to another workbook".to_owned(),
        _ => kind.to_owned(),
    }
}
