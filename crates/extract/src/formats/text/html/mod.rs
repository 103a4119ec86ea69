//! HTML: what is shown, what is hidden, and what stands in attributes, comments and scripts.

mod label;
mod page;
mod tables;

use super::whole;
use crate::decode::Decoded;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Opening, Sure};
use dlpscan_core::model::{Part, Stopped};
use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};
use page::Page;

/// Web pages and HTML mail. Tags inside a line do not cut a value in two; tables are tables.
pub struct Html;

impl Extractor for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn sniff_text(&self, opening: &Opening<'_>, hint: &Hint<'_>) -> Sure {
        if memchr::memchr(b'<', &opening.text).is_none() {
            return Sure::No;
        }
        let named = hint.ends(&["html", "htm", "xhtml", "shtml"])
            || matches!(hint.media, "text/html" | "application/xhtml+xml");
        let text = opening.text.to_ascii_lowercase();
        match begins(&text) {
            _ if named && memchr::memmem::find(&text, b"<html").is_some() => Sure::Certain,
            Some(true) => Sure::Certain,
            Some(false) => Sure::Likely,
            None if named => Sure::Likely,
            None => Sure::No,
        }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let declared = |head: &[u8]| {
            let head = head.to_ascii_lowercase();
            whole::value_of(&head, "charset").map(str::to_owned)
        };
        whole::read(part, declared, descent, read)
    }
}

/// `Some(true)` when a text in lower case begins unmistakably, `Some(false)` when with some tag of
/// HTML.
fn begins(text: &[u8]) -> Option<bool> {
    let mut text = text.trim_ascii_start();
    // A declaration, comments or a type definition may come first.
    loop {
        if text.starts_with(b"<!doctype html") || text.starts_with(b"<html") {
            return Some(true);
        }
        let end: &[u8] = match text {
            _ if text.starts_with(b"<!--") => b"-->",
            _ if text.starts_with(b"<?xml") => b"?>",
            _ => break,
        };
        text = text[memchr::memmem::find(text, end)? + end.len()..].trim_ascii_start();
    }
    const TAGS: [&str; 28] = [
        "head",
        "body",
        "meta",
        "title",
        "script",
        "style",
        "table",
        "div",
        "p",
        "br",
        "h1",
        "h2",
        "h3",
        "a",
        "b",
        "font",
        "span",
        "center",
        "ul",
        "ol",
        "img",
        "form",
        "link",
        "tr",
        "td",
        "pre",
        "blockquote",
        "hr",
    ];
    let rest = text.strip_prefix(b"<")?;
    let end = rest.iter().position(|b| !b.is_ascii_alphanumeric())?;
    let stop = matches!(rest[end], b'>' | b' ' | b'/' | b'\n' | b'\r' | b'\t');
    let tag = std::str::from_utf8(&rest[..end]).ok()?;
    (stop && TAGS.contains(&tag)).then_some(false)
}

fn read(decoded: &Decoded<'_>, descent: &mut Descent<'_>) -> Flow {
    let source = &*decoded.text;
    let mut page = Page::new(source, &decoded.map);
    let mut flow = Flow::Continue(());
    let mut events = 0_u32;
    let mut late = false;
    let callback = |event: CallbackEvent<'_>, span: Span<usize>| -> Option<()> {
        events = events.wrapping_add(1);
        if events.is_multiple_of(1024) && descent.budget().check().is_err() {
            late = true;
            return Some(());
        }
        // Spans of the tokenizer are hints: they are kept inside the source.
        let start = span.start.min(source.len());
        let span = start..span.end.clamp(start, source.len());
        flow = page.event(event, span, descent);
        flow.is_break().then_some(())
    };
    let mut emitter = CallbackEmitter::new(callback);
    emitter.naively_switch_states(true);
    let mut tokenizer = Tokenizer::new_with_emitter(source, emitter);
    // One answer is a stop; there is nothing else to yield.
    let stopped = tokenizer.next().is_some();
    drop(tokenizer);
    if stopped && !late {
        return flow;
    }
    if late && let Err(Stopped(reason)) = descent.budget().check() {
        descent.note(reason);
    }
    page.finish(descent)
}
