//! Where an item's findings land: counted, compared with those before, handed over.

use crate::collector::Wanted;
use crate::used::{Print, Prints, Used};
use dlpscan_core::model::{Finding, PartPath};
use std::collections::BTreeMap;

/// What becomes of a match.
pub(crate) enum Caught {
    /// With the print of its value, where that may be used elsewhere as well.
    Finding(Box<Finding>, Option<Print>),
    /// The policy's allow-list knows it; the entry.
    SetAside(String),
    /// Past the limit: so many are only counted.
    Counted(u64),
    /// None: some of this part's text was not looked at, by a fault of ours.
    Missed(PartPath),
}

/// A finding that is handed over.
pub(crate) struct Landed {
    pub(crate) finding: Finding,
    /// Of a password in a piece of an item: what tells it from those in the other pieces.
    pub(crate) print: Option<Print>,
    /// It stands in bytes of the item that nobody claimed, which come after all else.
    pub(crate) rest: bool,
}

pub(crate) struct Basket<'b> {
    wanted: &'b Wanted,
    emit: &'b mut dyn FnMut(Landed),
    /// Findings so far, handed over or not.
    pub(crate) found: u64,
    /// Findings the policy's allow-list knows by their value.
    pub(crate) set_aside: BTreeMap<String, u64>,
    /// The parts of which some text was not looked at, by a fault of ours.
    pub(crate) missed: Vec<PartPath>,
    /// The passwords that were found, to tell which are used twice.
    used: Used,
    /// Only a piece of the item is read here: who puts the pieces together compares passwords.
    piece: bool,
    /// What follows stands in bytes that nobody claimed.
    pub(crate) rest: bool,
}

impl<'b> Basket<'b> {
    /// For a whole item.
    pub(crate) fn new(wanted: &'b Wanted, used: Used, emit: &'b mut dyn FnMut(Landed)) -> Self {
        let (found, set_aside, missed) = (0, BTreeMap::new(), Vec::new());
        Basket { wanted, emit, found, set_aside, missed, used, piece: false, rest: false }
    }

    /// The same for one piece of an item.
    pub(crate) fn of_piece(self) -> Self {
        Basket { piece: true, ..self }
    }

    pub(crate) fn prints(&self) -> Prints {
        self.used.prints()
    }

    /// Counts what was caught, and hands over what is to be kept.
    pub(crate) fn land(&mut self, caught: Caught) {
        match caught {
            Caught::SetAside(entry) => *self.set_aside.entry(entry).or_default() += 1,
            Caught::Counted(n) => self.found += n,
            Caught::Missed(part) => self.missed.push(part),
            Caught::Finding(mut finding, print) => {
                let told = print.filter(|_| !self.piece);
                if let Some(print) = told {
                    self.used.tell(print, &mut finding);
                }
                if self.found < self.wanted.most {
                    let print = print.filter(|_| self.piece);
                    (self.emit)(Landed { finding: *finding, print, rest: self.rest });
                }
                self.found += 1;
            }
        }
    }
}
