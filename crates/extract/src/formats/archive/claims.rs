//! Claims of a container whose pieces may lie on top of each other.

use crate::descend::Descent;
use dlpscan_core::model::Fate;
use std::collections::BTreeMap;
use std::ops::Range;

/// Gives every byte one fate only: the first that is claimed for it. A container that lies about
/// where its entries are would otherwise claim bytes twice, and the books would not balance.
#[derive(Default)]
pub(crate) struct Claims {
    /// Start to end of what is claimed; apart from each other.
    taken: BTreeMap<u64, u64>,
    size: u64,
}

impl Claims {
    /// For a part of `size` bytes.
    pub(crate) fn new(size: u64) -> Self {
        Claims { taken: BTreeMap::new(), size }
    }

    /// Claims what of the range nobody claimed yet.
    pub(crate) fn claim(&mut self, range: Range<u64>, fate: Fate, descent: &mut Descent<'_>) {
        for free in self.free(range) {
            descent.claim(free.clone(), fate);
            self.take(free);
        }
    }

    /// The pieces of a range that nobody claimed.
    pub(crate) fn free(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let end = range.end.min(self.size);
        let mut at = range.start;
        let mut free = Vec::new();
        let before = self.taken.range(..=at).next_back().map(|(_, &end)| end);
        at = at.max(before.unwrap_or(0));
        for (&from, &to) in self.taken.range(range.start..end.max(range.start)) {
            if from > at {
                free.push(at..from);
            }
            at = at.max(to);
        }
        if at < end {
            free.push(at..end);
        }
        free
    }

    fn take(&mut self, range: Range<u64>) {
        let (mut start, mut end) = (range.start, range.end);
        if let Some((&s, &e)) = self.taken.range(..=start).next_back()
            && e == start
        {
            self.taken.remove(&s);
            start = s;
        }
        if let Some(e) = self.taken.remove(&end) {
            end = e;
        }
        self.taken.insert(start, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_what_nobody_took() {
        let mut claims = Claims::new(100);
        claims.take(10..20);
        claims.take(20..30);
        claims.take(50..60);
        assert_eq!(claims.free(0..100), vec![0..10, 30..50, 60..100]);
        assert_eq!(claims.free(15..55), vec![30..50]);
        assert_eq!(claims.free(90..200), vec![90..100]);
        assert!(claims.free(12..28).is_empty());
        assert_eq!(claims.taken.len(), 2);
    }
}
