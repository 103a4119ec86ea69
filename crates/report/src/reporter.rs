use crate::html::Html;
use crate::jsonl::Jsonl;
use crate::page::Page;
use crate::summary::Summary;
use crate::text::Text;
use dlpscan_core::model::{Level, Outcome};
use std::io::{self, Write};

/// Writes outcomes down as they come. An error of the writer ends the run: a report that could
/// not be written must never look like one that could.
pub trait Reporter {
    /// Before the first outcome.
    fn begin(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// One outcome.
    fn outcome(&mut self, outcome: &Outcome, out: &mut dyn Write) -> io::Result<()>;

    /// After the last outcome.
    fn end(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()>;
}

/// How a report for people should look. Reports for machines do not ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With terminal colours.
    pub colour: bool,
    /// The level from which findings mean that an item must not leave.
    pub fail_on: Level,
}

impl Default for Look {
    fn default() -> Self {
        Look { colour: false, fail_on: Level::Medium }
    }
}

/// One kind of report.
#[derive(Debug, Clone, Copy)]
pub struct ReporterKind {
    /// Its name, as after `--format`.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub about: &'static str,
    /// Makes one.
    pub make: fn(Look) -> Box<dyn Reporter>,
}

/// Every kind of report there is.
pub const REPORTERS: &[ReporterKind] = &[
    ReporterKind {
        name: "text",
        about: "for people: what was found, what could not be read, what to do",
        make: |look| Box::new(Text::new(look)),
    },
    ReporterKind {
        name: "page",
        about: "for people: one page with the verdict, the volume, the worst places and what to do",
        make: |look| Box::new(Page::new(look)),
    },
    ReporterKind {
        name: "html",
        about: "the same page for a browser, in one file",
        make: |look| Box::new(Html::new(look)),
    },
    ReporterKind {
        name: "jsonl",
        about: "for programs: one JSON object a line",
        make: |_| Box::new(Jsonl),
    },
];

/// A report by its name, if there is one.
pub fn reporter(name: &str, look: Look) -> Option<Box<dyn Reporter>> {
    REPORTERS.iter().find(|kind| kind.name == name).map(|kind| (kind.make)(look))
}
