//! Which streams a page shows, so that what no page shows can be read by itself.

use hayro_syntax::object::{Array, Dict, Name, Object, ObjectIdentifier, Stream};
use hayro_syntax::page::Page;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The streams that pages show and the annotations that they carry.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Numbers of streams that were interpreted as part of a page, and the first such page, from 1.
    pub streams: HashMap<u32, u64>,
    /// The page, from 1, on which an annotation lies.
    pub annotations: HashMap<u32, u64>,
}

/// Annotation flags that keep an appearance from being drawn: hidden, no view (ISO 32000-2, table
/// 167).
const NOT_DRAWN: u32 = 1 << 1 | 1 << 5;
/// Nested forms and annotations that are followed on one page.
const MOST_STEPS: usize = 20_000;

impl Reach {
    /// Adds what page `number` shows.
    pub fn page(&mut self, page: &Page<'_>, number: u64) {
        let dict = page.raw();
        let content = page.page_stream();
        // What hayro could not decode was not shown.
        if content.is_some_and(|c| !c.trim_ascii().is_empty()) {
            if let Some(r) = dict.get_ref("Contents")
                && dict.get::<Stream<'_>>("Contents").is_some()
            {
                self.shown(r.obj_number, number);
            }
            if let Some(parts) = dict.get::<Array<'_>>("Contents") {
                for r in parts.raw_iter().filter_map(|p| p.as_obj_ref()) {
                    let id = ObjectIdentifier::new(r.obj_number, r.gen_number);
                    if page.xref().get::<Stream<'_>>(id).is_some() {
                        self.shown(r.obj_number, number);
                    }
                }
            }
        }
        let mut todo = Vec::new();
        let mut steps = 0;
        if let Some(content) = content {
            self.forms(&page.resources().x_objects, content, number, &mut todo);
        }
        if let Some(annotations) = dict.get::<Array<'_>>("Annots") {
            for item in annotations.raw_iter().take(MOST_STEPS) {
                if let Some(r) = item.as_obj_ref() {
                    self.annotations.entry(r.obj_number).or_insert(number);
                }
            }
            for annotation in annotations.iter::<Dict<'_>>().take(MOST_STEPS) {
                self.appearance(&annotation, number, &mut todo);
            }
        }
        while let Some(stream) = todo.pop() {
            steps += 1;
            if steps > MOST_STEPS {
                break;
            }
            let forms = stream
                .dict()
                .get::<Dict<'_>>("Resources")
                .and_then(|r| r.get::<Dict<'_>>("XObject"));
            let forms = forms.as_ref().unwrap_or(&page.resources().x_objects);
            if !forms.is_empty()
                && let Ok(content) = stream.decoded_data()
            {
                self.forms(forms, &content, number, &mut todo);
            }
        }
    }

    /// True when the stream had not been shown before.
    fn shown(&mut self, stream: u32, page: u64) -> bool {
        match self.streams.entry(stream) {
            Entry::Vacant(entry) => {
                entry.insert(page);
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// The forms that a content draws.
    fn forms<'a>(
        &mut self,
        forms: &Dict<'a>,
        content: &[u8],
        page: u64,
        todo: &mut Vec<Stream<'a>>,
    ) {
        if forms.is_empty() {
            return;
        }
        for at in memchr::memmem::find_iter(content, b"Do") {
            let before = content[..at].trim_ascii_end();
            let Some(slash) = before.iter().rev().take(128).position(|&b| b == b'/') else {
                continue;
            };
            let name = &before[before.len() - slash..];
            let Some(name) = Name::new(name) else { continue };
            if let Some(r) = forms.get_ref(&*name)
                && self.shown(r.obj_number, page)
                && let Some(stream) = forms.get::<Stream<'_>>(&*name)
                && stream.dict().get::<Name<'_>>("Subtype").as_deref() == Some(b"Form")
            {
                todo.push(stream);
            }
        }
    }

    fn appearance<'a>(&mut self, annotation: &Dict<'a>, page: u64, todo: &mut Vec<Stream<'a>>) {
        if annotation.get::<u32>("F").unwrap_or(0) & NOT_DRAWN != 0 {
            return;
        }
        let Some(appearances) = annotation.get::<Dict<'_>>("AP") else { return };
        let shown = match appearances.get::<Object<'_>>("N") {
            Some(Object::Stream(_)) => appearances
                .get_ref("N")
                .map(|r| r.obj_number)
                .zip(appearances.get::<Stream<'_>>("N")),
            Some(Object::Dict(states)) => annotation.get::<Name<'_>>("AS").and_then(|state| {
                let number = states.get_ref(&*state)?.obj_number;
                Some((number, states.get::<Stream<'_>>(&*state)?))
            }),
            _ => None,
        };
        if let Some((number, stream)) = shown
            && self.shown(number, page)
        {
            todo.push(stream);
        }
    }
}
