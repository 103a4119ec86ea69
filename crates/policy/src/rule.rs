use crate::action::Action;
use crate::mail::{Address, Direction};
use crate::sample::Sample;
use crate::whereabouts::Spot;
use dlpscan_core::model::{Envelope, Finding, Level, Outcome, Place, Reason, Status};
use std::collections::BTreeSet;

/// One *when … then …* of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id, as in verdicts: `knowsley.bank-details`.
    pub id: String,
    /// Why it is there, in a sentence for a person. May be empty.
    pub why: String,
    /// The clauses of the written policy it enforces, by their ids.
    pub clauses: Vec<String>,
    /// What the person is told whose mail or file it is. May be empty.
    pub words: String,
    /// When it fires: one of these must hold.
    pub when: Vec<When>,
    /// Unless one of these holds. May be empty.
    pub unless: Vec<When>,
    /// What it asks for.
    pub then: Action,
    /// The detector whose finding it is when the rule fires, if any.
    pub finding: Option<String>,
    /// What it shows about itself.
    pub samples: Vec<Sample>,
}

/// When a rule fires. Every condition that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct When {
    /// What must have been found, if anything.
    pub found: Option<Found>,
    /// True: some of the item was not scanned. False: all of it was.
    pub incomplete: Option<bool>,
    /// How much of it was scanned. Empty: any.
    pub status: Vec<Status>,
    /// At least one of these reasons is in the ledger, skips included. Empty: any or none.
    pub reasons: Vec<Reason>,
    /// A part of it was read as one of these: `ooxml`, `zip`, `sqlite`. Empty: any.
    pub kinds: Vec<String>,
    /// Which way the mail goes. Empty: any. Else it holds for mail only.
    pub directions: Vec<Direction>,
    /// The sender is one of these. Empty: anybody.
    pub sender: Vec<Address>,
    /// To whom it must go, if that matters. Holds for mail only.
    pub recipients: Option<Recipients>,
    /// These texts of the policy stand in the mail.
    pub present: Vec<String>,
    /// One of these texts does not stand in the mail. Holds for mail only.
    pub missing: Vec<String>,
}

/// What must have been found: at least `count` findings, each of this level or above, of one of
/// the categories and of one of the detectors. An empty list means any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The least level; low where the file does not say.
    pub level: Level,
    /// Categories.
    pub categories: Vec<String>,
    /// Detector ids.
    pub detectors: Vec<String>,
    /// Keyed fingerprints of values.
    pub values: Vec<String>,
    /// Where it must stand.
    pub places: Vec<Spot>,
    /// What must stand near it.
    pub near: Option<Near>,
    /// How many; 1 where the file does not say.
    pub count: u64,
}

/// Another finding close by: in the same part and row, on the same page or slide, or within so
/// many lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Near {
    /// The least level; low where the file does not say.
    pub level: Level,
    /// Categories.
    pub categories: Vec<String>,
    /// Detector ids.
    pub detectors: Vec<String>,
    /// Lines between them, at most.
    pub lines: u64,
}

/// Recipients of a mail: at least `least` different ones that are one of `of` and none of
/// `not`. An empty list means any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients {
    /// One of these.
    pub of: Vec<Address>,
    /// None of these.
    pub not: Vec<Address>,
    /// How many.
    pub least: u64,
}

/// The first condition of a rule that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lack {
    /// Not enough was found of what it asks for.
    Found,
    /// More or less of the item was read than it asks for.
    Read,
    /// Nothing was left unread for the reasons it names.
    Reasons,
    /// No part is of the kinds it names.
    Kind,
    /// It asks about mail, and this is none.
    Mail,
    /// The mail goes another way.
    Direction,
    /// Another sender.
    Sender,
    /// Other, or fewer, recipients.
    Recipients,
    /// A text it asks for does not stand there.
    Present,
    /// Nothing is missing.
    Missing,
    /// What it makes an exception for is the case.
    Unless,
}

impl Lack {
    /// The same in words.
    pub const fn plain(self) -> &'static str {
        match self {
            Lack::Found => "nothing of what it asks for was found, or too little",
            Lack::Read => "more or less of it was read than the rule asks for",
            Lack::Reasons => "nothing was left unread for the reasons it names",
            Lack::Kind => "none of its parts is of the kinds the rule names",
            Lack::Mail => "the rule is for mail, and this is none",
            Lack::Direction => "the mail goes another way",
            Lack::Sender => "it comes from another sender",
            Lack::Recipients => "it goes to others, or to fewer people",
            Lack::Present => "the text it asks for does not stand there",
            Lack::Missing => "nothing it asks for is missing",
            Lack::Unless => "it is the exception the rule makes",
        }
    }
}

impl Rule {
    /// Whether the rule fires on an outcome, under a policy with these domains of its own.
    pub fn fires(&self, outcome: &Outcome, own_domains: &[String]) -> bool {
        self.lacks(outcome, own_domains).is_none()
    }

    /// What keeps it from firing; `None` where it fires. Of several alternatives, the first says.
    pub fn lacks(&self, outcome: &Outcome, own_domains: &[String]) -> Option<Lack> {
        let mut first = None;
        for when in &self.when {
            match when.lacks(outcome, own_domains) {
                None if self.unless.iter().any(|w| w.lacks(outcome, own_domains).is_none()) => {
                    return Some(Lack::Unless);
                }
                None => return None,
                Some(lack) => first = first.or(Some(lack)),
            }
        }
        first
    }
}

impl When {
    /// The first condition that does not hold.
    fn lacks(&self, outcome: &Outcome, own: &[String]) -> Option<Lack> {
        let facts = &outcome.facts;
        let status = outcome.status();
        let read = self.incomplete.is_none_or(|wanted| wanted == (status != Status::Complete))
            && (self.status.is_empty() || self.status.contains(&status));
        let reasons = self.reasons.is_empty()
            || self.reasons.iter().any(|r| outcome.ledger.counts().contains_key(r));
        let kind = self.kinds.is_empty() || self.kinds.iter().any(|k| facts.kinds.contains(k));
        if !read {
            return Some(Lack::Read);
        } else if !reasons {
            return Some(Lack::Reasons);
        } else if !kind {
            return Some(Lack::Kind);
        }
        if self.is_about_mail() {
            let Some(envelope) = &facts.envelope else { return Some(Lack::Mail) };
            if let Some(lack) = self.mail_lacks(envelope, &facts.texts, own) {
                return Some(lack);
            }
        }
        let found = self.found.as_ref().is_none_or(|found| found.holds(outcome));
        (!found).then_some(Lack::Found)
    }

    fn is_about_mail(&self) -> bool {
        !self.directions.is_empty()
            || !self.sender.is_empty()
            || self.recipients.is_some()
            || !self.present.is_empty()
            || !self.missing.is_empty()
    }

    fn mail_lacks(
        &self,
        envelope: &Envelope,
        texts: &BTreeSet<String>,
        own: &[String],
    ) -> Option<Lack> {
        let sender = |address: &Address| address.fits(&envelope.sender, own);
        if !self.directions.is_empty() && !self.directions.contains(&Direction::of(envelope, own)) {
            Some(Lack::Direction)
        } else if !self.sender.is_empty() && !self.sender.iter().any(sender) {
            Some(Lack::Sender)
        } else if self.recipients.as_ref().is_some_and(|wanted| !wanted.hold(envelope, own)) {
            Some(Lack::Recipients)
        } else if !self.present.iter().all(|text| texts.contains(text)) {
            Some(Lack::Present)
        } else if !self.missing.is_empty() && self.missing.iter().all(|text| texts.contains(text)) {
            Some(Lack::Missing)
        } else {
            None
        }
    }
}

impl Recipients {
    fn hold(&self, envelope: &Envelope, own: &[String]) -> bool {
        let fits = |list: &[Address], recipient: &str| list.iter().any(|a| a.fits(recipient, own));
        let different: BTreeSet<String> = envelope
            .recipients
            .iter()
            .filter(|r| (self.of.is_empty() || fits(&self.of, r)) && !fits(&self.not, r))
            .map(|r| r.to_lowercase())
            .collect();
        different.len() as u64 >= self.least
    }
}

fn named(list: &[String], word: &str) -> bool {
    list.is_empty() || list.iter().any(|w| w == word)
}

impl Found {
    fn holds(&self, outcome: &Outcome) -> bool {
        let mut missing = self.count;
        for finding in &outcome.findings {
            missing = missing.saturating_sub(u64::from(self.fits(finding, outcome)));
            if missing == 0 {
                return true;
            }
        }
        // What was counted but not kept has no kind; where the kept ones are of the kind asked
        // for, a flood of them must not slip under a count by being too many to keep.
        missing < self.count
            && outcome.found.saturating_sub(outcome.findings.len() as u64) >= missing
    }

    fn fits(&self, finding: &Finding, outcome: &Outcome) -> bool {
        finding.level >= self.level
            && named(&self.categories, &finding.category)
            && named(&self.detectors, &finding.detector)
            && (self.values.is_empty()
                || finding.fingerprint.as_ref().is_some_and(|f| self.values.contains(f)))
            && (self.places.is_empty() || self.places.contains(&Spot::of(finding, outcome)))
            && self.near.as_ref().is_none_or(|near| {
                outcome.findings.iter().any(|other| near.fits(other) && near.to(finding, other))
            })
    }
}

impl Near {
    fn fits(&self, finding: &Finding) -> bool {
        finding.level >= self.level
            && named(&self.categories, &finding.category)
            && named(&self.detectors, &finding.detector)
    }

    fn to(&self, one: &Finding, other: &Finding) -> bool {
        if std::ptr::eq(one, other) || one.location.part != other.location.part {
            return false;
        }
        match (&one.location.place, &other.location.place) {
            (Place::Line { line: a, .. }, Place::Line { line: b, .. }) => {
                a.abs_diff(*b) <= self.lines
            }
            (Place::Row { row: a, .. }, Place::Row { row: b, .. }) => a == b,
            (Place::Cell { sheet: s, cell: a, .. }, Place::Cell { sheet: t, cell: b, .. }) => {
                s == t && row(a) == row(b)
            }
            (Place::Paragraph { paragraph: a }, Place::Paragraph { paragraph: b }) => {
                a.abs_diff(*b) <= self.lines
            }
            (a, b) => a == b,
        }
    }
}

/// `14` of `D14`.
fn row(cell: &str) -> &str {
    cell.trim_start_matches(|c: char| c.is_ascii_alphabetic())
}
