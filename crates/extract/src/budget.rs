use dlpscan_core::model::{Limits, Reason, Stopped};
use std::cell::Cell;
use std::io::{self, Read};
use std::time::{Duration, Instant};

/// What is left of an item's [`Limits`]. One for the whole item: every layer draws from it.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    deadline: Cell<Instant>,
    /// Time left for reading what is written in pictures.
    looking: Cell<Duration>,
    bytes: Cell<u64>,
    parts: Cell<u64>,
    spent: Cell<Option<Reason>>,
}

impl Budget {
    /// A full budget; the clock starts now.
    pub fn new(limits: Limits) -> Self {
        let time = limits.time();
        Self::within(limits, time)
    }

    /// A budget with less time than its limits say, where the rest is needed for a second try.
    pub fn within(limits: Limits, time: Duration) -> Self {
        Budget {
            deadline: Cell::new(Instant::now() + time),
            looking: Cell::new(Duration::from_secs(limits.ocr_seconds)),
            bytes: Cell::new(limits.bytes),
            parts: Cell::new(limits.parts),
            spent: Cell::new(None),
            limits,
        }
    }

    /// The limits it started from.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Takes decoded bytes; the reason once there are none left.
    pub fn take_bytes(&self, n: u64) -> Result<(), Stopped> {
        self.check()?;
        match self.bytes.get().checked_sub(n) {
            Some(left) => {
                self.bytes.set(left);
                Ok(())
            }
            None => {
                self.bytes.set(0);
                Err(self.exhaust(Reason::LimitBytes))
            }
        }
    }

    /// Takes one part.
    pub fn take_part(&self) -> Result<(), Stopped> {
        self.check()?;
        match self.parts.get().checked_sub(1) {
            Some(left) => {
                self.parts.set(left);
                Ok(())
            }
            None => Err(self.exhaust(Reason::LimitCount)),
        }
    }

    /// The reason if the item's time, bytes or parts have run out. Call it in every loop that can
    /// be long.
    pub fn check(&self) -> Result<(), Stopped> {
        if let Some(reason) = self.spent.get() {
            return Err(Stopped(reason));
        }
        if Instant::now() >= self.deadline.get() {
            return Err(self.exhaust(Reason::LimitTime));
        }
        Ok(())
    }

    /// When the item's time runs out, for a library that asks for a deadline of its own.
    pub fn deadline(&self) -> Instant {
        self.deadline.get()
    }

    /// Time left for reading what is written in the item's pictures. It is not the item's own: a
    /// long scan may take long to read, a document may not.
    pub fn looking(&self) -> Duration {
        self.looking.get()
    }

    /// Runs what reads a picture on the time for pictures: the item's own clock stands still.
    #[cfg(feature = "pictures")]
    pub(crate) fn look<T>(&self, read: impl FnOnce(Duration) -> T) -> T {
        let began = Instant::now();
        let result = read(self.looking.get());
        let took = began.elapsed().min(self.looking.get());
        self.looking.set(self.looking.get() - took);
        self.deadline.set(self.deadline.get() + took);
        result
    }

    /// Bytes and parts taken so far, and the reason if something has run out.
    pub fn used(&self) -> (u64, u64, Option<Reason>) {
        let bytes = self.limits.bytes - self.bytes.get();
        (bytes, self.limits.parts - self.parts.get(), self.spent.get())
    }

    /// Decoded bytes that may still be taken, for a library that asks for a quota.
    pub fn bytes_left(&self) -> u64 {
        self.bytes.get()
    }

    fn exhaust(&self, reason: Reason) -> Stopped {
        self.spent.set(Some(reason));
        Stopped(reason)
    }

    /// Meters a decompressor: each byte is taken from the budget, and output out of proportion to
    /// `packed` compressed bytes stops it with `limit-ratio`.
    pub fn meter<'a>(&'a self, decoded: impl Read + 'a, packed: Option<u64>) -> impl Read + 'a {
        let most = packed.map(|p| p.max(1).saturating_mul(self.limits.ratio).max(RATIO_FREE));
        Metered { inner: decoded, budget: self, out: 0, most: most.unwrap_or(u64::MAX) }
    }
}

/// Below so many decoded bytes no ratio is suspicious.
const RATIO_FREE: u64 = 1 << 20;

struct Metered<'a, R> {
    inner: R,
    budget: &'a Budget,
    out: u64,
    most: u64,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        // Small steps, so that the clock is looked at often enough.
        let step = buf.len().min(256 << 10);
        let n = self.inner.read(&mut buf[..step])?;
        self.out += n as u64;
        self.budget.take_bytes(n as u64)?;
        if self.out > self.most {
            return Err(Stopped(Reason::LimitRatio).into());
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Budget {
        Budget::new(Limits { bytes: 1000, parts: 2, ratio: 10, ..Limits::default() })
    }

    #[test]
    fn a_spent_budget_stays_spent_with_its_first_reason() {
        let budget = small();
        assert_eq!(budget.take_bytes(1001), Err(Stopped(Reason::LimitBytes)));
        assert_eq!(budget.take_part(), Err(Stopped(Reason::LimitBytes)));
    }

    #[test]
    fn a_bomb_is_stopped_by_its_ratio() {
        let budget = Budget::new(Limits { ratio: 10, ..Limits::default() });
        let error =
            io::copy(&mut budget.meter(io::repeat(0), Some(5)), &mut io::sink()).unwrap_err();
        assert_eq!(Stopped::reason(&error), Reason::LimitRatio);
    }

    #[test]
    fn looking_at_pictures_has_a_time_of_its_own() {
        let budget = Budget::new(Limits { ocr_seconds: 1, seconds: 1, ..Limits::default() });
        let before = budget.deadline();
        budget.look(|left| assert_eq!(left, Duration::from_secs(1)));
        budget.look(|_| std::thread::sleep(Duration::from_millis(20)));
        assert!(budget.looking() < Duration::from_millis(981));
        assert!(budget.deadline() >= before + Duration::from_millis(20));
    }

    #[test]
    fn parts_are_counted() {
        let budget = small();
        assert!(budget.take_part().is_ok());
        assert!(budget.take_part().is_ok());
        assert_eq!(budget.take_part(), Err(Stopped(Reason::LimitCount)));
    }
}
