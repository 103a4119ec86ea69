use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often who waits looks whether it is still worth it.
const GLANCE: Duration = Duration::from_millis(250);

/// So many may do something at once; the others wait, but not for ever.
#[derive(Debug)]
pub struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

/// Leave to do it, given back when dropped.
#[derive(Debug)]
pub struct Permit<'p>(&'p Permits);

impl Permits {
    /// `n` at once.
    pub fn new(n: usize) -> Self {
        Permits { free: Mutex::new(n), returned: Condvar::new() }
    }

    /// Waits for one until `deadline`, or until `gone` says that nobody waits for the result any
    /// more.
    pub fn take(&self, deadline: Instant, gone: &dyn Fn() -> bool) -> Option<Permit<'_>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            let left = deadline.checked_duration_since(Instant::now())?;
            let waited = self.returned.wait_timeout(free, left.min(GLANCE));
            free = waited.unwrap_or_else(PoisonError::into_inner).0;
            if *free == 0 && gone() {
                return None;
            }
        }
        *free -= 1;
        let permit = Permit(self);
        drop(free);
        (!gone()).then_some(permit)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_last_waits_and_who_waits_too_long_gets_none() {
        let permits = Permits::new(1);
        let soon = || Instant::now() + Duration::from_millis(20);
        let here = || false;
        let first = permits.take(soon(), &here).unwrap();
        assert!(permits.take(soon(), &here).is_none());
        std::thread::scope(|scope| {
            let waiting = scope
                .spawn(|| permits.take(Instant::now() + Duration::from_secs(10), &here).is_some());
            drop(first);
            assert!(waiting.join().unwrap());
        });
        assert!(permits.take(soon(), &here).is_some());
        assert!(permits.take(soon(), &|| true).is_none(), "nobody waits for it");
        assert!(permits.take(soon(), &here).is_some(), "and nothing is lost");
    }
}
