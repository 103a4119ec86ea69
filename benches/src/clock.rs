//! Processor time, which a busy machine does not falsify as it does wall time. Linux only.

use std::fs;
use std::time::Duration;

/// What this thread has cost so far. Call it from the main thread.
///
/// # Panics
/// Where the kernel keeps no such account.
pub fn thread() -> Duration {
    let text = fs::read_to_string("/proc/self/schedstat").expect("Linux with schedstats");
    let nanos = text.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanos.expect("nanoseconds come first"))
}

/// What the children that have ended and were waited for have cost, to a hundredth of a second.
///
/// # Panics
/// Where `/proc` is not what it is on Linux.
pub fn children() -> Duration {
    ticks(13..15)
}

/// What all threads of this process have cost, to a hundredth of a second.
///
/// # Panics
/// As [`children`].
pub fn process() -> Duration {
    ticks(11..13)
}

/// Fields of `/proc/self/stat`, counted behind the name in parentheses (proc(5)).
fn ticks(fields: std::ops::Range<usize>) -> Duration {
    let text = fs::read_to_string("/proc/self/stat").expect("/proc is mounted");
    let rest = text.rsplit(") ").next().unwrap_or_default();
    let all: Vec<u64> = rest.split(' ').map(|field| field.trim().parse().unwrap_or(0)).collect();
    Duration::from_millis(10 * all[fields].iter().sum::<u64>())
}

/// The one in the middle.
pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}
