//! Hyperscan or Vectorscan in block mode, with starts of matches. It tells every end of every
//! match: the longest from one start is the match, and the next begins behind it.

use super::Search;
use dlpscan_benches::reference::Rule;
use std::ffi::{CString, c_char, c_int, c_uint, c_ulonglong, c_void};
use std::ptr::{null, null_mut};

const CASELESS: c_uint = 1;
const SOM_LEFTMOST: c_uint = 256;
const BLOCK: c_uint = 1;

type Event = extern "C" fn(c_uint, c_ulonglong, c_ulonglong, c_uint, *mut c_void) -> c_int;

#[link(name = "hs")]
unsafe extern "C" {
    fn hs_compile_multi(
        expressions: *const *const c_char,
        flags: *const c_uint,
        ids: *const c_uint,
        elements: c_uint,
        mode: c_uint,
        platform: *const c_void,
        db: *mut *mut c_void,
        error: *mut *mut c_void,
    ) -> c_int;
    fn hs_alloc_scratch(db: *const c_void, scratch: *mut *mut c_void) -> c_int;
    fn hs_scan(
        db: *const c_void,
        data: *const c_char,
        length: c_uint,
        flags: c_uint,
        scratch: *mut c_void,
        event: Event,
        context: *mut c_void,
    ) -> c_int;
}

struct Matches<'m> {
    rules: &'m [Rule],
    text: &'m [u8],
    /// The match of each rule that may still grow.
    open: Vec<Option<(usize, usize)>>,
    counts: Vec<u64>,
}

impl Matches<'_> {
    fn close(&mut self, rule: usize) {
        if let Some((from, to)) = self.open[rule].take() {
            self.counts[rule] += u64::from(self.rules[rule].holds(&self.text[from..to]));
        }
    }

    fn add(&mut self, rule: usize, from: usize, to: usize) {
        match &mut self.open[rule] {
            Some((start, end)) if *start == from => *end = to.max(*end),
            Some((_, end)) if from < *end => {}
            _ => {
                self.close(rule);
                self.open[rule] = Some((from, to));
            }
        }
    }
}

extern "C" fn event(
    rule: c_uint,
    from: c_ulonglong,
    to: c_ulonglong,
    _: c_uint,
    context: *mut c_void,
) -> c_int {
    // SAFETY: the context is the `Matches` that `new` hands to hs_scan, alive and borrowed by
    // nobody else while it runs.
    let matches = unsafe { &mut *context.cast::<Matches<'_>>() };
    matches.add(rule as usize, from as usize, to as usize);
    0
}

pub fn new(rules: Vec<Rule>) -> Search {
    // Names of groups are ours alone.
    let bare = |rule: &Rule| CString::new(rule.regex.replace("?<code>", "?:")).expect("no zeros");
    let expressions: Vec<CString> = rules.iter().map(bare).collect();
    let pointers: Vec<*const c_char> = expressions.iter().map(|e| e.as_ptr()).collect();
    let flag = |rule: &Rule| SOM_LEFTMOST | if rule.insensitive { CASELESS } else { 0 };
    let flags: Vec<c_uint> = rules.iter().map(flag).collect();
    let ids: Vec<c_uint> = (0..rules.len() as c_uint).collect();
    let (mut db, mut scratch, mut error) = (null_mut(), null_mut(), null_mut());
    // SAFETY: three arrays of as many elements as are told, and three places to write to.
    let made = unsafe {
        hs_compile_multi(
            pointers.as_ptr(),
            flags.as_ptr(),
            ids.as_ptr(),
            ids.len() as c_uint,
            BLOCK,
            null(),
            &mut db,
            &mut error,
        )
    };
    assert_eq!(made, 0, "it takes the rules");
    // SAFETY: a database that was just made, and a place to write to.
    assert_eq!(unsafe { hs_alloc_scratch(db, &mut scratch) }, 0);
    Box::new(move |text| {
        let none = vec![None; rules.len()];
        let mut matches = Matches { rules: &rules, text, open: none, counts: vec![0; rules.len()] };
        let context = (&raw mut matches).cast();
        let len = c_uint::try_from(text.len()).expect("less than four gigabytes");
        // SAFETY: database and scratch belong together, the text is as long as is told, and the
        // context is what `event` takes it for.
        let done = unsafe { hs_scan(db, text.as_ptr().cast(), len, 0, scratch, event, context) };
        assert_eq!(done, 0, "it scans");
        (0..rules.len()).for_each(|rule| matches.close(rule));
        matches.counts
    })
}
