//! What scans one content, in this process or in a child, and one thread's memory for it.

use crate::basket::{Basket, Landed};
use crate::collector::{Collector, Crowd, Eye, Wanted};
use crate::discreet::Discreet;
use crate::ocr::Recogniser;
use crate::parallel::Idle;
use crate::stumble::Stumbled;
use crate::used::{Prints, Used};
use dlpscan_core::model::{
    Content, Facts, Ledger, Limits, Part, PartPath, Place, Reason, Role, Secret, Segment,
};
use dlpscan_core::scan::Engine;
use dlpscan_extract::{Budget, Descent, Extractor, Hint, Ocr, Piece, SNIFF, Sink, choose};
use dlpscan_policy::{Letter, Policy};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// What scans, wherever it runs: in this process or in a child.
pub(crate) struct Core {
    pub(crate) engine: Engine,
    pub(crate) extractors: Vec<&'static dyn Extractor>,
    pub(crate) limits: Limits,
    pub(crate) wanted: Wanted,
    pub(crate) policy: Option<Policy>,
    /// What reads pictures.
    pub(crate) ocr: Option<Recogniser>,
    /// What is tried on locked things.
    pub(crate) passwords: Vec<Secret>,
}

/// One thread's memory.
pub(crate) struct Worker {
    pub(crate) eye: Eye,
    /// Those of threads that help with a large item, and whether there are such threads.
    pub(crate) helpers: Vec<Eye>,
    pub(crate) idle: Option<Arc<Idle>>,
    /// What small files are read into, one after another.
    pub(crate) buffer: Vec<u8>,
    /// Wall time for the item at hand, where it is not what the limits say.
    pub(crate) time: Option<Duration>,
}

/// What the item at hand may cost.
pub(crate) struct Allowed {
    pub(crate) limits: Limits,
    /// Wall time, a second try included, that of pictures not.
    pub(crate) time: Duration,
}

/// How deep a scan goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Depth {
    /// By format, all layers.
    All,
    /// The same up to the first part that needs a parser.
    Plain,
    /// The same, where only printable strings are read of a part that needs a parser.
    Once,
    /// Printable strings only.
    Strings,
}

/// How a scan ended.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct End {
    pub(crate) ledger: Ledger,
    /// Findings, kept or not.
    pub(crate) found: u64,
    /// What was learnt for the policy.
    pub(crate) facts: Facts,
    /// It was stopped at a part that needs a parser, and is to be done anew in a child.
    pub(crate) needs_parser: bool,
    /// It was a piece, and the item cannot be read in pieces after all.
    pub(crate) indivisible: bool,
    /// Decoded bytes and parts it cost, and the reason if something ran out.
    pub(crate) used: (u64, u64, Option<Reason>),
}

/// The piece of an item that is to be read.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Share {
    /// Where in the item it lies.
    pub(crate) bytes: Range<u64>,
    /// How many parts of the item come before it.
    pub(crate) before: u64,
    /// By what passwords are told from each other, here and in the other pieces.
    pub(crate) prints: Prints,
}

impl Core {
    pub(crate) fn worker(&self) -> Worker {
        Worker {
            eye: Eye {
                scratch: self.engine.scratch(),
                discreet: Discreet::new(&self.engine, self.wanted.reveal),
            },
            helpers: Vec::new(),
            idle: None,
            buffer: Vec::new(),
            time: None,
        }
    }

    /// Scans content and the last piece of its item's name in the calling thread.
    pub(crate) fn scan(
        &self,
        worker: &mut Worker,
        name: &str,
        content: Content<'_>,
        (depth, share): (Depth, Option<&Share>),
        (budget, ocr): (&Budget, Option<&dyn Ocr>),
        emit: &mut dyn FnMut(Landed),
    ) -> End {
        let mut ledger = Ledger::new();
        let large = content.len().is_some_and(|len| len >= LARGE);
        let idle = worker.idle.as_deref().filter(|_| large);
        let eyes = &mut worker.helpers;
        let basket = match share {
            None => Basket::new(&self.wanted, Used::default(), emit),
            Some(share) => {
                Basket::new(&self.wanted, Used::new(share.prints.clone()), emit).of_piece()
            }
        };
        let mut collector = Collector {
            engine: &self.engine,
            eye: &mut worker.eye,
            wanted: &self.wanted,
            basket,
            item: name,
            policy: self.policy.as_ref(),
            letter: Letter::new(self.policy.as_ref().map_or(&[], Policy::texts)),
            mails: Vec::new(),
            crowd: idle.map(|idle| Crowd { idle, eyes, held: Vec::new() }),
        };
        let name = file_name(name);
        let own_name = Segment::new(name.as_bytes(), Place::Name).with_role(Role::Metadata);
        if share.is_none_or(|share| share.bytes.start == 0) {
            let _ = collector.segment(&PartPath::root(), &own_name);
        }
        let extractors = match depth {
            Depth::All | Depth::Plain | Depth::Once => &self.extractors[..],
            Depth::Strings => &[],
        };
        let mut descent = Descent::new(&mut collector, &mut ledger, budget, extractors)
            .with_ocr(ocr)
            .with_passwords(&self.passwords)
            .with_piece(
                share.map(|share| Piece { bytes: share.bytes.clone(), before: share.before }),
            );
        if matches!(depth, Depth::Plain | Depth::Once) {
            descent = descent.without_parsers(depth == Depth::Plain);
        }
        let _ = descent.item(Part::new(name, content));
        let (needs_parser, indivisible) = (descent.needs_parser(), descent.indivisible());
        if !needs_parser {
            collector.settle();
        }
        let found = collector.basket.found;
        let facts = Facts { set_aside: collector.basket.set_aside, ..collector.letter.finish() };
        for part in collector.basket.missed {
            ledger.note(Stumbled::note(part));
        }
        ledger.map_parts(|part| worker.eye.discreet.path(&self.engine, part));
        End { ledger, found, facts, needs_parser, indivisible, used: budget.used() }
    }

    /// Where an item may be divided among so many readers: the bytes of each piece, and how many
    /// parts come before it.
    pub(crate) fn divide(
        &self,
        name: &str,
        content: Content<'_>,
        budget: &Budget,
        most: usize,
    ) -> Vec<(Range<u64>, u64)> {
        let (Ok(head), content) = content.peek(SNIFF) else { return Vec::new() };
        let hint = Hint { name: file_name(name), media: "", len: content.len() };
        let Some((extractor, _)) = choose(&self.extractors, &head, &hint) else {
            return Vec::new();
        };
        let pieces = extractor.divide(&content, budget, most).into_iter();
        pieces.map(|piece| (piece.bytes, piece.before)).collect()
    }

    /// Whether content that begins like this is read without a parser.
    pub(crate) fn is_plain(&self, name: &str, head: &[u8], len: Option<u64>) -> bool {
        choose(&self.extractors, head, &Hint { name: file_name(name), media: "", len })
            .is_some_and(|(extractor, _)| extractor.is_plain())
    }
}

/// The last piece of a name.
fn file_name(name: &str) -> &str {
    name.rsplit('/').find(|piece| !piece.is_empty()).unwrap_or(name)
}

/// Texts from this size on, in bytes, are shared out among threads that are idle.
const LARGE: u64 = 4 << 20;
