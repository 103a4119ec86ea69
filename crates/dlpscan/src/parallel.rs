//! The only room with threads: many items at once, results in the order of the items.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

/// How far the fastest thread may be ahead of the slowest item, in items: it bounds what waits
/// for its turn to be reported.
const AHEAD: u64 = 1024;

/// How many threads a run has, and how many of them have no items left, and may help with what
/// another has too much of.
#[derive(Default)]
pub(crate) struct Idle {
    idle: AtomicUsize,
    all: AtomicUsize,
}

impl Idle {
    /// The threads of the run, idle or not.
    pub(crate) fn all(&self) -> usize {
        self.all.load(Ordering::Relaxed)
    }

    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        self.idle.load(Ordering::Relaxed) > 0
    }

    /// So many more.
    fn add(&self, threads: usize) {
        self.idle.fetch_add(threads, Ordering::Relaxed);
    }

    /// Takes at most so many.
    fn take(&self, most: usize) -> usize {
        let mut taken = 0;
        let _ = self.idle.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |idle| {
            taken = idle.min(most);
            Some(idle - taken)
        });
        taken
    }
}

/// Has all jobs worked on by this thread and in place of those that are idle or become so meanwhile,
/// each with a worker of its own: this thread's and the others', of which `new` makes more. The
/// results are in the order of the jobs.
pub(crate) fn shared_out<J: Sync, W: Send, R: Send>(
    jobs: &[J],
    idle: &Idle,
    (mine, others): (&mut W, &mut Vec<W>),
    new: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &J) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let do_next = |worker: &mut W| {
        let number = next.fetch_add(1, Ordering::Relaxed);
        jobs.get(number).map(|job| (number, work(worker, job)))
    };
    let spare = Mutex::new(std::mem::take(others));
    let lock = || spare.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let help = || {
        let taken = lock().pop();
        let mut worker = taken.unwrap_or_else(&new);
        let done: Vec<_> = std::iter::from_fn(|| do_next(&mut worker)).collect();
        lock().push(worker);
        idle.add(1);
        done
    };
    let results = thread::scope(|scope| {
        let help = &help;
        let mut helping = Vec::new();
        let mut done = Vec::new();
        loop {
            let left = jobs.len().saturating_sub(next.load(Ordering::Relaxed) + 1);
            for _ in 0..idle.take(left) {
                match thread::Builder::new().spawn_scoped(scope, help) {
                    Ok(thread) => helping.push(thread),
                    // Where no thread is to be had, the others do its share.
                    Err(_) => idle.add(1),
                }
            }
            let Some(result) = do_next(mine) else { break };
            done.push(result);
        }
        let mut results = vec![Ok(done)];
        results.extend(helping.into_iter().map(thread::ScopedJoinHandle::join));
        results
    });
    *others = spare.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut all: Vec<(usize, R)> = results
        .into_iter()
        .flat_map(|done| done.unwrap_or_else(|panic| resume_unwind(panic)))
        .collect();
    all.sort_unstable_by_key(|(number, _)| *number);
    all.into_iter().map(|(_, result)| result).collect()
}

/// Has each item worked on, on `threads` threads (0: one a core) with a worker each, and gives the
/// results to `each` in the order of the items. Threads for which none are left are counted in
/// `idle`.
pub(crate) fn ordered<I, W, R>(
    items: impl Iterator<Item = I> + Send,
    threads: usize,
    idle: &Idle,
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
    let threads = pool.current_num_threads();
    let basin = Basin::new(threads);
    idle.all.store(threads, Ordering::Relaxed);
    pool.in_place_scope(|scope| {
        for _ in 0..threads {
            let (queue, basin, worker, work) = (&queue, &basin, &worker, &work);
            scope.spawn(move |_| {
                let _leaves = OnDrop(|| {
                    // What it had taken will never be reported: the others would wait for that.
                    if thread::panicking() {
                        queue.stop();
                    }
                    basin.leave();
                });
                let mut mine = worker();
                while let Some((number, item)) = queue.take() {
                    basin.pour(number, work(&mut mine, item));
                }
                idle.add(1);
            });
        }
        let _stops = OnDrop(|| queue.stop());
        let (mut waiting, mut next) = (BTreeMap::new(), 0);
        while let Some(results) = basin.drain() {
            for (number, result) in results {
                let mut turn = Some(result);
                if number != next {
                    waiting.insert(number, turn.take());
                }
                while let Some(result) = turn {
                    next += 1;
                    if each(result).is_break() {
                        return;
                    }
                    turn = waiting.remove(&next).flatten();
                    // Those that wait for it need not wait for all.
                    if next.is_multiple_of(PLENTY as u64) {
                        queue.reported(next);
                    }
                }
            }
            queue.reported(next);
        }
    });
}

/// Does something when it goes, be it by a panic.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        self.0();
    }
}

/// So many results wake who waits for them at once.
const PLENTY: usize = AHEAD as usize / 4;

/// How long fewer of them wait for others. To wake a thread for the result of each small file costs
/// more than to scan it.
const LINGER: Duration = Duration::from_millis(5);

/// Where threads leave their results, to be fetched many at once.
struct Basin<R> {
    held: Mutex<Held<R>>,
    news: Condvar,
}

struct Held<R> {
    results: Vec<(u64, R)>,
    /// Threads that are still to bring some.
    threads: usize,
}

impl<R> Basin<R> {
    fn new(threads: usize) -> Self {
        Basin { held: Mutex::new(Held { results: Vec::new(), threads }), news: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Held<R>> {
        self.held.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn pour(&self, number: u64, result: R) {
        let mut held = self.lock();
        held.results.push((number, result));
        if matches!(held.results.len(), 1 | PLENTY) {
            drop(held);
            self.news.notify_one();
        }
    }

    fn leave(&self) {
        self.lock().threads -= 1;
        self.news.notify_one();
    }

    /// What there is, at the latest [`LINGER`] after the first of it came; `None` after the last.
    fn drain(&self) -> Option<Vec<(u64, R)>> {
        let none = |held: &mut Held<R>| held.results.is_empty() && held.threads > 0;
        let held = self.news.wait_while(self.lock(), none);
        let held = held.unwrap_or_else(|poisoned| poisoned.into_inner());
        let few = |held: &mut Held<R>| held.results.len() < PLENTY && held.threads > 0;
        let held = self.news.wait_timeout_while(held, LINGER, few);
        let (mut held, _) = held.unwrap_or_else(|poisoned| poisoned.into_inner());
        let results = std::mem::take(&mut held.results);
        (!results.is_empty()).then_some(results)
    }
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

    fn reported(&self, reported: u64) {
        self.lock().reported = reported;
        self.turn.notify_all();
    }

    fn stop(&self) {
        self.lock().stop = true;
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
            ordered(0..5000, threads, &Idle::default(), || (), work, &mut |n| {
                got.push(n);
                ControlFlow::Continue(())
            });
            assert_eq!(got, (0..5000).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_break_ends_the_run() {
        let mut got = 0;
        ordered(0.., 4, &Idle::default(), || (), |_, n: u64| n, &mut |_| {
            got += 1;
            if got == 10 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(got, 10);
    }

    #[test]
    fn a_result_does_not_wait_for_the_next_item() {
        let (reported, waits) = (AtomicUsize::new(0), Duration::from_millis(1));
        // The second item ends only once the first is reported.
        let work = |_: &mut (), n: usize| {
            while n == 1 && reported.load(Ordering::SeqCst) == 0 {
                thread::sleep(waits);
            }
        };
        ordered(0..2, 1, &Idle::default(), || (), work, &mut |()| {
            reported.fetch_add(1, Ordering::SeqCst);
            ControlFlow::Continue(())
        });
        assert_eq!(reported.into_inner(), 2);
    }

    #[test]
    fn a_panic_of_one_thread_or_of_who_reports_ends_the_run_with_it() {
        let run = |work: fn(&mut (), u64) -> u64, each: fn(u64)| {
            std::panic::catch_unwind(|| {
                ordered(0..10_000, 2, &Idle::default(), || (), work, &mut |n| {
                    each(n);
                    ControlFlow::Continue(())
                });
            })
        };
        let falls = |n| assert!(n != 7, "the seventh");
        assert!(run(|(), n| n, |_| ()).is_ok());
        assert!(run(|(), n| n, falls).is_err());
        assert!(run(|(), n| if n == 7 { panic!("the seventh") } else { n }, |_| ()).is_err());
    }

    #[test]
    fn jobs_are_shared_out_and_their_results_stay_in_order() {
        for helpers in [0, 1, 7] {
            let idle = Idle::default();
            idle.add(helpers);
            let jobs: Vec<u64> = (0..100).collect();
            let (mut mine, mut others) = (0, Vec::new());
            let work = |worked: &mut u64, n: &u64| {
                *worked += 1;
                n * n
            };
            let got = shared_out(&jobs, &idle, (&mut mine, &mut others), || 0, work);
            assert_eq!(got, jobs.iter().map(|n| n * n).collect::<Vec<_>>());
            assert_eq!(mine + others.iter().sum::<u64>(), 100);
            assert!(others.len() <= helpers);
            assert_eq!(idle.take(100), helpers, "they are idle again");
        }
    }

    #[test]
    fn a_thread_that_becomes_idle_helps_with_what_is_left() {
        let idle = Idle::default();
        let (mut mine, mut others) = (0, Vec::new());
        let work = |worked: &mut u64, &n: &u64| {
            if n == 0 {
                idle.add(1);
            }
            thread::sleep(std::time::Duration::from_millis(1));
            *worked += 1;
        };
        let jobs: Vec<u64> = (0..50).collect();
        shared_out(&jobs, &idle, (&mut mine, &mut others), || 0, work);
        assert!(others[0] > 0 && mine + others[0] == 50, "{mine} and {others:?}");
    }
}
