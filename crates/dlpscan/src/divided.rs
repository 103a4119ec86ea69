//! Reading one large container in several children at once: a mailbox, an archive of many files.
//!
//! A child says where the item may be divided; each piece is a job of its own for whichever thread
//! is free; what they find is put together in the order of the pieces. The outcome is what one
//! child would have given. Where that cannot be had (a child died, or all pieces together will cost
//! more than the item may), nothing is kept, and the item is read by one child.

use crate::basket::{Basket, Caught, Landed};
use crate::isolate::{self, FIRST, FIRST_KILLED, Frame, Job, Task, Time};
use crate::parallel::{self, Idle};
use crate::used::{Prints, Used};
use crate::worker::{Depth, End, Share};
use dlpscan_core::model::{Finding, Note, PartPath, Reason};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The least length of an item that is divided, in bytes.
pub(crate) const LEAST: u64 = 1 << 20;

/// Pieces for each thread: the more, the less any waits for the last.
const PIECES: usize = 4;

/// A piece that was read.
struct Read {
    landed: Vec<Landed>,
    end: End,
}

/// In the parent: has a file of this length read in pieces. `None` where it is to be read whole.
pub(crate) fn scan(
    job: &Job<'_>,
    len: u64,
    idle: &Idle,
    emit: &mut dyn FnMut(Finding),
) -> Option<End> {
    let began = Instant::now();
    let prints = Prints::default();
    let shares: Vec<Share> = divide(job, len, idle.all() * PIECES)?
        .into_iter()
        .map(|(bytes, before)| Share { bytes, before, prints: prints.clone() })
        .collect();
    let all = Whole::new(job, len, began);
    let workers = (&mut (), &mut Vec::new());
    let read = parallel::shared_out(&shares, idle, workers, || (), |(), share| all.read(share));
    let read = read.into_iter().collect::<Option<Vec<_>>>().filter(|_| !all.is_over())?;
    let mut seen = Vec::new();
    let mut keep = |Landed { finding, .. }: Landed| {
        seen.push((finding.detector.clone(), finding.masked.clone()));
        emit(finding);
    };
    let mut basket = Basket::new(&job.core.wanted, Used::new(prints), &mut keep);
    let mut whole = End::default();
    let mut rest = Vec::new();
    for Read { landed, end } in read {
        let listed = landed.len() as u64;
        let land = |one: Landed| Caught::Finding(Box::new(one.finding), one.print);
        let (late, now): (Vec<_>, Vec<_>) = landed.into_iter().partition(|one| one.rest);
        now.into_iter().for_each(|one| basket.land(land(one)));
        rest.extend(late.into_iter().map(land));
        basket.land(Caught::Counted(end.found.saturating_sub(listed)));
        whole.ledger.absorb(end.ledger);
        whole.facts.absorb(end.facts);
    }
    rest.into_iter().for_each(|caught| basket.land(caught));
    whole.found = basket.found;
    match all.is_late() {
        true => Some(isolate::second(job, whole, seen, emit)),
        false => Some(whole),
    }
}

/// The pieces of an item; `None` where it is not to be divided.
fn divide(job: &Job<'_>, len: u64, most: usize) -> Option<Vec<(Range<u64>, u64)>> {
    let tenth = job.allowed.time / 10;
    let time = Time { cooperative: tenth, killed: tenth * 2 };
    let mut pieces = Vec::new();
    let mut take = |frame| match frame {
        Frame::Pieces(all) => {
            pieces = all;
            ControlFlow::Continue(())
        }
        Frame::Finding { .. } | Frame::End(_) => ControlFlow::Break(()),
    };
    job.ask(time, Task::Divide(most), &job.looking(), &mut take).ok()?;
    // A child may be anyone's by now: pieces that leave something out are not believed.
    let mut at = 0;
    let next = |(bytes, _): &(Range<u64>, u64)| {
        bytes.start < bytes.end && std::mem::replace(&mut at, bytes.end) == bytes.start
    };
    let sound = pieces.iter().all(next) && at == len;
    (sound && pieces.len() > 1 && pieces.len() <= most + 1).then_some(pieces)
}

/// What the readers of all pieces share.
struct Whole<'w> {
    job: &'w Job<'w>,
    /// Bytes of the item.
    len: u64,
    began: Instant,
    /// Time left for pictures.
    looking: Mutex<Duration>,
    spent: Mutex<Spent>,
    /// The pieces cannot give what the whole would.
    over: AtomicBool,
    /// A child did not stop in time.
    late: AtomicBool,
}

impl<'w> Whole<'w> {
    fn new(job: &'w Job<'w>, len: u64, began: Instant) -> Self {
        Whole {
            job,
            len,
            began,
            looking: job.looking(),
            spent: Mutex::default(),
            over: AtomicBool::default(),
            late: AtomicBool::default(),
        }
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn is_late(&self) -> bool {
        self.late.load(Ordering::Relaxed)
    }

    /// Reads a piece in a child; `None` once the whole is given up.
    fn read(&self, share: &Share) -> Option<Read> {
        let tenth = self.job.allowed.time / 10;
        let left = |tenths: u32| (tenth * tenths).saturating_sub(self.began.elapsed());
        let time = Time { cooperative: left(FIRST), killed: left(FIRST_KILLED) };
        let mut landed = Vec::new();
        let what = (Depth::All, Some(share.clone()));
        let end = self.job.scan(time, what, &self.looking, &mut |one| {
            landed.push(one);
            if self.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let end = match end {
            Ok(end) if !self.breaks(&end, share) => end,
            Err(Reason::LimitTime) => {
                self.late.store(true, Ordering::Relaxed);
                let mut end = End::fault(Note::new(Reason::LimitTime, PartPath::root()));
                end.found = landed.len() as u64;
                end
            }
            _ => {
                self.over.store(true, Ordering::Relaxed);
                return None;
            }
        };
        Some(Read { landed, end })
    }

    /// True when all pieces together cost more than the item may, as far as those that were read
    /// tell, or the item cannot be read in pieces.
    fn breaks(&self, end: &End, share: &Share) -> bool {
        let (bytes, parts, ran_out) = end.used;
        let limits = &self.job.allowed.limits;
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.bytes = spent.bytes.saturating_add(bytes);
        spent.parts = spent.parts.saturating_add(parts);
        spent.of += share.bytes.end - share.bytes.start;
        let in_all = |sum| spent.in_all(sum, self.len);
        let over = in_all(spent.bytes) > limits.bytes || in_all(spent.parts) > limits.parts;
        let ran_out = matches!(ran_out, Some(Reason::LimitBytes | Reason::LimitCount));
        end.indivisible || ran_out || over || self.is_over()
    }
}

/// What the pieces that were read cost.
#[derive(Debug, Default)]
struct Spent {
    bytes: u64,
    parts: u64,
    /// Bytes of the item that these pieces are.
    of: u64,
}

impl Spent {
    /// What an item of `len` bytes will cost if the rest of it is like what was read: better to give
    /// up after the first piece than after the last.
    fn in_all(&self, sum: u64, len: u64) -> u64 {
        let all = u128::from(sum) * u128::from(len) / u128::from(self.of.max(1));
        u64::try_from(all).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_whole_will_cost_is_told_by_the_first_piece_and_known_after_the_last() {
        let mut spent = Spent { bytes: 300, parts: 2, of: 1000 };
        assert_eq!(spent.in_all(spent.bytes, 8000), 2400);
        spent.of = 8000;
        assert_eq!(spent.in_all(spent.bytes, 8000), 300);
        assert_eq!(Spent::default().in_all(0, 8000), 0);
        assert_eq!(spent.in_all(u64::MAX, u64::MAX), u64::MAX);
    }
}
