//! The only room with threads: many items at once, results in the order of the items.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, MutexGuard};

/// How far the fastest thread may be ahead of the slowest item, in items: it bounds what waits
/// for its turn to be reported.
const AHEAD: u64 = 1024;

/// Has each item worked on, on `threads` threads (0: one a core) with a worker each, and gives the
/// results to `each` in the order of the items.
pub(crate) fn ordered<I, W, R>(
    items: impl Iterator<Item = I> + Send,
    threads: usize,
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, I) -> R + Sync,
    each: &mut dyn FnMut(R) -> ControlFlow<()>,
) where
    I: Send,
    R: Send,
{
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let Ok(pool) = pool else {
        // No threads to be had: this one does it alone.
        let mut worker = worker();
        for item in items {
            if each(work(&mut worker, item)).is_break() {
                return;
            }
        }
        return;
    };
    let queue = Queue {
        state: Mutex::new(State { items: items.fuse(), next: 0, reported: 0, stop: false }),
        turn: Condvar::new(),
    };
    let (send, results) = mpsc::channel();
    pool.in_place_scope(|scope| {
        for _ in 0..pool.current_num_threads() {
            let send = send.clone();
            let (queue, worker, work) = (&queue, &worker, &work);
            scope.spawn(move |_| {
                let mut mine = worker();
                while let Some((number, item)) = queue.take() {
                    if send.send((number, work(&mut mine, item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        for (number, result) in results {
            waiting.insert(number, result);
            while let Some(result) = waiting.remove(&next) {
                next += 1;
                let flow = each(result);
                queue.reported(next, flow.is_break());
                if flow.is_break() {
                    return;
                }
            }
        }
    });
}

struct Queue<I> {
    state: Mutex<State<I>>,
    turn: Condvar,
}

struct State<I> {
    items: I,
    next: u64,
    reported: u64,
    stop: bool,
}

impl<I: Iterator> Queue<I> {
    fn lock(&self) -> MutexGuard<'_, State<I>> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn take(&self) -> Option<(u64, I::Item)> {
        let mut state = self.lock();
        while !state.stop && state.next >= state.reported + AHEAD {
            state = self.turn.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
        if state.stop {
            return None;
        }
        let item = state.items.next()?;
        state.next += 1;
        Some((state.next - 1, item))
    }

    fn reported(&self, reported: u64, stop: bool) {
        let mut state = self.lock();
        state.reported = reported;
        state.stop |= stop;
        self.turn.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_for_any_number_of_threads() {
        for threads in [1, 2, 8] {
            let mut got = Vec::new();
            // The first item takes longest: the others must wait for their turn.
            let work = |_: &mut (), n: u64| {
                std::thread::sleep(std::time::Duration::from_millis(if n == 0 { 30 } else { 0 }));
                n
            };
            ordered(0..5000, threads, || (), work, &mut |n| {
                got.push(n);
                ControlFlow::Continue(())
            });
            assert_eq!(got, (0..5000).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_break_ends_the_run() {
        let mut got = 0;
        ordered(0.., 4, || (), |_, n: u64| n, &mut |_| {
            got += 1;
            if got == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(got, 10);
    }
}
