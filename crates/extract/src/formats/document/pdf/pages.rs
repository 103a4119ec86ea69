//! The pages of a document, read through hayro.

#[cfg(feature = "pictures")]
use super::canvas::Canvas;
use super::device::{Halt, Picture, TextDevice};
use super::layout::{self, Line};
use crate::budget::Budget;
use crate::formats::image::may_hold_writing;
#[cfg(feature = "pictures")]
use crate::ocr::Grey;
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
    /// What glyphs without letters would say, by their numbers. Empty where there are too few.
    pub guessed: Vec<Line>,
    /// Texts that stand for stretches of it.
    pub spoken: Vec<String>,
    /// Why it was not read to its end.
    pub stopped: Option<Reason>,
    /// A run of glyphs stands for letters that the file does not name.
    pub unmapped: bool,
    /// Pictures that may hold writing: their resolution, in dots a point.
    pub pictures: Option<f64>,
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

    /// The pictures of a page as they are seen, with so many dots a point.
    #[cfg(feature = "pictures")]
    pub fn pictures(&self, page: &Page<'a>, dots: f64) -> Result<Grey, Reason> {
        let (width, height) = page.render_dimensions();
        let (mut canvas, scale) =
            Canvas::new(self.budget, (f64::from(width), f64::from(height)), dots);
        let turn = scale * Affine::new(page.initial_transform(true).as_coeffs());
        let everywhere = Rect::new(-1e9, -1e9, 1e9, 1e9);
        let settings = InterpreterSettings::default();
        let mut context = Context::new(turn, everywhere, &self.cache, self.xref, settings);
        let draw = AssertUnwindSafe(|| interpret_page(page, &mut context, &mut canvas));
        match catch_unwind(draw) {
            Ok(()) => canvas.finish(),
            Err(panic) => Err(match panic.downcast_ref::<Halt>() {
                Some(Halt(reason)) => *reason,
                None => Reason::Damaged,
            }),
        }
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
        let wanted = match lines.is_empty() {
            true => !readable.is_empty(),
            false => readable.iter().any(|i| i.share >= LARGE_SHARE),
        };
        let dots = |i: &&Picture| {
            let pixels = f64::from(i.width) * f64::from(i.height);
            (pixels / (i.share * area).max(1.0)).sqrt()
        };
        let pictures = wanted.then(|| readable.iter().map(dots).fold(1.0, f64::max));
        let guessed = if unmapped { layout::lines(device.by_number) } else { Vec::new() };
        Written { lines, guessed, spoken: device.spoken, stopped, unmapped, pictures }
    }
}
