//! Scans a workload so often, for valgrind to count instructions: `instructions ENGINE WORKLOAD
//! TIMES [MACHINE]`, with the engine `rules` or `builtin` and the best instructions of the machine
//! at hand or others (`Avx2`). The difference between two counts of times is what
//! scanning costs, whatever the start costs. Prints the bytes of the workload.

#![allow(clippy::print_stdout)]

use dlpscan_benches::{RULES, engine, workload};
use dlpscan_core::scan::Machine;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [which, name, times, machine @ ..] = &args[..] else {
        panic!("instructions ENGINE WORKLOAD TIMES [MACHINE]")
    };
    let engine = match which.as_str() {
        "rules" => engine::of_rules(RULES),
        _ => engine::of_builtin(),
    };
    let mut engine = engine.expect("the detectors compile");
    if let Some(wanted) = machine.first() {
        let known = Machine::all().into_iter().find(|known| format!("{known:?}") == *wanted);
        engine.find_by(Some(known.expect("instructions of this machine")));
    }
    let all = workload::all(256 << 10);
    let workload = all.iter().find(|workload| workload.name == name).expect("a workload");
    let mut scratch = engine.scratch();
    for _ in 0..times.parse().expect("a number") {
        engine::count_with(&engine, &mut scratch, workload.text.as_bytes());
    }
    println!("{}", workload.text.len());
}
