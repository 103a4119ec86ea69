//! The pages of a document, read through hayro.

use super::device::{Halt, TextDevice};
use super::layout::{self, Line};
use crate::budget::Budget;
use crate::formats::image::may_hold_writing;
use dlpscan_core::model::Reason;
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret, interpret_page};
use hayro_syntax::content::TypedIter;
use hayro_syntax::page::{Page, Resources};
use hayro_syntax::xref::XRef;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What was written on a page.
pub(super) struct Written {
    /// Its lines, top to bottom.
    pub lines: Vec<Line>,
    /// Texts that stand for stretches of it.
    pub spoken: Vec<String>,
    /// Why it was not read to its end.
    pub stopped: Option<Reason>,
    /// A run of glyphs stands for letters that the file does not name.
    pub unmapped: bool,
    /// Pictures that may hold writing.
    pub pictures: bool,
}

/// So many glyphs in a row without letters are a word that cannot be read, not a bullet.
const UNMAPPED_WORD: u32 = 4;
/// A smaller share of a page that holds text is a logo or a signature.
const LARGE_SHARE: f64 = 0.2;

/// Reads pages one after another with shared fonts.
pub(super) struct Reader<'a, 'b> {
    cache: InterpreterCache<'a>,
    xref: &'a XRef,
    budget: &'b Budget,
}

impl<'a, 'b> Reader<'a, 'b> {
    /// A reader of one document.
    pub fn new(xref: &'a XRef, budget: &'b Budget) -> Self {
        Reader { cache: InterpreterCache::new(), xref, budget }
    }

    /// What is written on a page and in the appearances of its annotations.
    pub fn page(&self, page: &Page<'a>) -> Written {
        let (width, height) = page.render_dimensions();
        let area = f64::from(width) * f64::from(height);
        let turn = Affine::new(page.initial_transform(false).as_coeffs());
        self.run(area, turn, |context, device| interpret_page(page, context, device))
    }

    /// What a content stream writes that no page shows.
    pub fn orphan(&self, content: &[u8], resources: &Resources<'a>) -> Written {
        self.run(f64::MAX, Affine::IDENTITY, |context, device| {
            interpret(TypedIter::new(content), resources, context, device);
        })
    }

    fn run(
        &self,
        area: f64,
        turn: Affine,
        draw: impl FnOnce(&mut Context<'a>, &mut TextDevice<'b>),
    ) -> Written {
        let settings = InterpreterSettings::default();
        // No box: what lies outside the page's edges is read too.
        let everywhere = Rect::new(-1e9, -1e9, 1e9, 1e9);
        let mut context = Context::new(turn, everywhere, &self.cache, self.xref, settings);
        let mut device = TextDevice::new(self.budget, area);
        let run = catch_unwind(AssertUnwindSafe(|| draw(&mut context, &mut device)));
        let stopped = run.err().map(|panic| match panic.downcast_ref::<Halt>() {
            Some(Halt(reason)) => *reason,
            None => Reason::Damaged,
        });
        let unmapped = device.unmapped_run >= UNMAPPED_WORD;
        let readable: Vec<_> =
            device.images.iter().filter(|i| may_hold_writing(i.width, i.height)).collect();
        let lines = layout::lines(device.chunks);
        let pictures = match lines.is_empty() {
            true => !readable.is_empty(),
            false => readable.iter().any(|i| i.share >= LARGE_SHARE),
        };
        Written { lines, spoken: device.spoken, stopped, unmapped, pictures }
    }
}
