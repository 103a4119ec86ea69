use super::dialect::{Dialect, Splitter, Step};
use super::grid::Grid;
use crate::decode::Windows;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Opening, Sure};
use crate::formats::text::Foreign;
use dlpscan_core::model::{Fate, Part, Reason, Stopped};
use std::io::Read;

/// Tables as text: comma, semicolon, tab or bar between cells.
pub struct Delimited;

/// Text from which the layout is told.
const SAMPLE: usize = 64 << 10;

impl Extractor for Delimited {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn sniff_text(&self, opening: &Opening<'_>, hint: &Hint<'_>) -> Sure {
        let media = ["text/csv", "text/tab-separated-values", "application/csv"];
        let named = hint.ends(&["csv", "tsv", "tab", "psv"]) || media.contains(&hint.media);
        // Anything else that has a name of its own is read as that.
        let free = hint.ends(&["txt", "log", "dat", "asc", "xls", "md", "lst", "rpt"])
            || !hint.name.contains('.');
        if !(named || free) || opening.text.is_empty() {
            return Sure::No;
        }
        match (Dialect::of(&opening.text, opening.whole, named), named) {
            (None, _) => Sure::No,
            (Some(_), true) => Sure::Likely,
            (Some(_), false) => Sure::Fallback,
        }
    }

    fn streams(&self) -> bool {
        true
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        read(part.content.reader(), part.charset.as_deref(), Grid::new(None), descent)
    }
}

fn read(
    reader: impl Read,
    declared: Option<&str>,
    mut grid: Grid,
    descent: &mut Descent<'_>,
) -> Flow {
    let mut windows = Windows::new(reader, declared);
    let mut foreign = Foreign::default();
    let mut splitter = None;
    while let Some(window) = windows.next() {
        if let Err(Stopped(reason)) = descent.budget().check() {
            descent.note(reason);
            let (decoded, read) = (windows.raw_decoded(), windows.raw_read());
            descent.claim(0..decoded, Fate::Scanned);
            descent.claim(decoded..read, Fate::Unscannable(reason));
            return grid.finish(descent);
        }
        foreign.look(window.text, &window.body, false);
        let splitter = splitter.get_or_insert_with(|| {
            let sample = &window.text[..window.text.len().min(SAMPLE)];
            let dialect = Dialect::of(sample, sample.len() == window.text.len(), true);
            if let Some((_, headers)) = dialect.as_ref().and_then(|d| d.headers.clone()) {
                grid.headers(headers);
            }
            if let Some(title) = dialect.as_ref().and_then(|d| d.title.as_deref()) {
                grid.title(title);
            }
            Splitter::new(dialect.map_or(b',', |d| d.delimiter))
        });
        let (text, end) = (window.text, window.body.end);
        let mut from = window.body.start;
        for at in window.body.clone() {
            match splitter.step(text[at]) {
                Step::Text if at + 1 < end => continue,
                Step::Text => grid.mapped(text, from..end, window.map),
                step => {
                    grid.mapped(text, from..at, window.map);
                    match step {
                        Step::Cell => grid.next_cell(),
                        Step::Row => {
                            grid.next_row();
                            grid.flow(descent)?;
                        }
                        Step::Drop | Step::Text => {}
                    }
                }
            }
            from = at + 1;
        }
        grid.flow(descent)?;
    }
    let flow = grid.finish(descent);
    descent.claim(0..windows.raw_read(), Fate::Scanned);
    if let Some(error) = windows.fault() {
        descent.fault(&error);
    }
    if let Some(bytes) = foreign.bytes() {
        let words = "some of it is not text; of that, only printable text was scanned";
        descent.note_with(Reason::Unsupported, Some(bytes), words);
    }
    flow
}
