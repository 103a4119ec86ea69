//! Runs another engine over a text with the bench rules and our checks: `dlpscan-peers ENGINE RULES
//! TEXT`. Prints what scanning cost and how often each rule matched.

use dlpscan_benches::clock::thread;
use dlpscan_benches::{RULES, reference};

#[cfg(feature = "dd-sds")]
mod dd_sds;
#[cfg(feature = "hyperscan")]
mod hyperscan;
mod ripgrep;

/// An engine made ready for the rules, and then run over a text: how often each rule matches.
type Search = Box<dyn FnMut(&[u8]) -> Vec<u64>>;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [engine, list, path] = &args[..] else { panic!("dlpscan-peers ENGINE RULES TEXT") };
    let rules = reference::rules(RULES).expect("the rules compile");
    let ids: Vec<String> = rules.iter().map(|rule| rule.id.clone()).collect();
    let mut search: Search = match engine.as_str() {
        "ripgrep" => return ripgrep::run(list, path),
        #[cfg(feature = "hyperscan")]
        "hyperscan" => hyperscan::new(rules),
        #[cfg(feature = "dd-sds")]
        "dd-sds" => dd_sds::new(rules),
        other => panic!("{other} is not built in"),
    };
    let text = std::fs::read(path).expect("the text can be read");
    let start = thread();
    let counts = search(&text);
    println!("cpu\t{}", (thread() - start).as_secs_f64());
    for (id, count) in ids.iter().zip(counts) {
        println!("{id}\t{count}");
    }
}
