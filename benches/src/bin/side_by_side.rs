//! The same rules, the same text, engine beside engine: prints a table in Markdown.
//!
//! `side_by_side [--mb N] [--runs N] [--peer NAME=COMMAND]… [FILE…]`: the generated workloads, and
//! the texts given. A peer's command gets the rules (id, `i` or nothing, expression, with tabs
//! between) and a text as files; it prints `cpu`, a tab and seconds, then a line for each rule with
//! its id, a tab and its count. `benches/side-by-side.sh` gets the peers and calls this.

#![allow(clippy::print_stdout)]

use dlpscan_benches::clock::{median, thread};
use dlpscan_benches::reference::{self, AllInOne, Rule};
use dlpscan_benches::{RULES, engine, workload};
use dlpscan_core::scan::Machine;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What a run cost, and how often each rule matched where the engine tells it.
type Run = (Duration, BTreeMap<String, u64>);

struct Engine<'e> {
    name: String,
    run: Box<dyn Fn(&Text) -> Run + 'e>,
}

struct Text {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

struct Args {
    megabytes: usize,
    runs: usize,
    peers: Vec<(String, String)>,
    files: Vec<PathBuf>,
}

fn args() -> Args {
    let mut args = Args { megabytes: 16, runs: 5, peers: Vec::new(), files: Vec::new() };
    let mut all = std::env::args().skip(1);
    while let Some(arg) = all.next() {
        let mut value = || all.next().expect("an option has a value");
        match arg.as_str() {
            "--mb" => args.megabytes = value().parse().expect("megabytes are a number"),
            "--runs" => args.runs = value().parse().expect("runs are a number"),
            "--peer" => {
                let peer = value();
                let (name, command) = peer.split_once('=').expect("a peer is NAME=COMMAND");
                args.peers.push((name.to_owned(), command.to_owned()));
            }
            _ => args.files.push(arg.into()),
        }
    }
    args
}

fn main() {
    let args = args();
    let top = std::env::temp_dir().join(format!("dlpscan-side-{}", std::process::id()));
    std::fs::create_dir_all(&top).expect("a folder for the texts");
    let list = top.join("rules.tsv");
    std::fs::write(&list, rule_list(&rules())).expect("the rules are written");

    let small = engine::of_rules(RULES).expect("the rules compile");
    let builtin = engine::of_builtin().expect("the built-in detectors compile");
    let naive = AllInOne::new(rules()).expect("the rules fit into one automaton");
    let one_by_one = rules();
    let mut machines = Machine::all();
    machines.pop();
    let lesser: Vec<_> = { machines.iter().rev() }
        .map(|&machine| {
            let mut engine = engine::of_rules(RULES).expect("the rules compile");
            engine.find_by(Some(machine));
            (format!("dlpscan, 28 rules, {}", told(machine)), engine)
        })
        .collect();
    let mut engines = vec![
        Engine { name: "dlpscan, 28 rules".into(), run: ours(&small) },
        Engine {
            name: format!("dlpscan, all {} built-in detectors", builtin.detectors().len()),
            run: ours(&builtin),
        },
        Engine {
            name: "regex-automata meta, all rules in one".into(),
            run: Box::new(|text| timed(|| named(&one_by_one, naive.count(&text.bytes)))),
        },
        Engine {
            name: "regex-automata, one pass a rule".into(),
            run: Box::new(|text| {
                let count = |rule: &Rule| rule.find(&text.bytes).len() as u64;
                timed(|| named(&one_by_one, one_by_one.iter().map(count).collect()))
            }),
        },
    ];
    for (name, engine) in &lesser {
        engines.push(Engine { name: name.clone(), run: ours(engine) });
    }
    for (name, command) in &args.peers {
        let list = &list;
        let run = move |text: &Text| peer(command, list, &text.path);
        engines.push(Engine { name: name.clone(), run: Box::new(run) });
    }

    let made = workload::all(args.megabytes << 20).into_iter();
    let mut texts: Vec<Text> = made
        .map(|made| Text {
            name: made.name.to_owned(),
            path: top.join(made.name),
            bytes: made.text.into_bytes(),
        })
        .collect();
    for path in args.files {
        let bytes = std::fs::read(&path).expect("a text that can be read");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        texts.push(Text { name, path, bytes });
    }
    for text in texts.iter().filter(|text| text.path.starts_with(&top)) {
        std::fs::write(&text.path, &text.bytes).expect("the text is written");
    }

    let mut speeds = vec![Vec::new(); engines.len()];
    let mut remarks = String::new();
    for text in &texts {
        let mut costs = vec![Vec::new(); engines.len()];
        let mut counts = vec![BTreeMap::new(); engines.len()];
        // In turn, so that what else the machine does meets all of them.
        for _ in 0..args.runs {
            for (i, engine) in engines.iter().enumerate() {
                let (cost, found) = (engine.run)(text);
                costs[i].push(cost.as_secs_f64());
                counts[i] = found;
            }
        }
        let truth = &counts[3];
        for (i, engine) in engines.iter().enumerate() {
            speeds[i].push(text.bytes.len() as f64 / 1e6 / median(costs[i].clone()));
            if i != 1 {
                let _ = writeln!(
                    remarks,
                    "| {} | {} | {} |",
                    text.name,
                    engine.name,
                    differs(&counts[i], truth)
                );
            }
        }
    }

    let names: Vec<&str> = texts.iter().map(|text| text.name.as_str()).collect();
    println!("MB per CPU-second, one thread, median of {} runs in turn:\n", args.runs);
    println!("| engine | {} |", names.join(" | "));
    println!("|---|{}", "---:|".repeat(names.len()));
    for (engine, speeds) in engines.iter().zip(&speeds) {
        let shown: Vec<String> = speeds.iter().map(|speed| format!("{speed:.0}")).collect();
        println!("| {} | {} |", engine.name, shown.join(" | "));
    }
    println!("\nTimes as fast as regex-automata meta:\n");
    println!("| engine | {} |", names.join(" | "));
    println!("|---|{}", "---:|".repeat(names.len()));
    for (engine, own) in engines.iter().zip(&speeds) {
        let ratios = own.iter().zip(&speeds[2]).map(|(own, meta)| format!("{:.2}", own / meta));
        println!("| {} | {} |", engine.name, ratios.collect::<Vec<_>>().join(" | "));
    }
    println!("\nMatches, rule by rule, against one pass a rule:\n");
    println!("| text | engine | validated matches |\n|---|---|---|\n{remarks}");
    std::fs::remove_dir_all(top).expect("what was made can be removed");
}

fn rules() -> Vec<Rule> {
    reference::rules(RULES).expect("the reference understands the rules")
}

fn rule_list(rules: &[Rule]) -> String {
    let flag = |rule: &Rule| if rule.insensitive { "i" } else { "" };
    rules.iter().map(|rule| format!("{}\t{}\t{}\n", rule.id, flag(rule), rule.regex)).collect()
}

fn named(rules: &[Rule], counts: Vec<u64>) -> BTreeMap<String, u64> {
    rules.iter().map(|rule| rule.id.clone()).zip(counts).collect()
}

fn timed(work: impl FnOnce() -> BTreeMap<String, u64>) -> Run {
    let start = thread();
    let found = work();
    (thread() - start, found)
}

/// What a machine has.
fn told(machine: Machine) -> &'static str {
    match machine {
        Machine::Portable => "on any machine",
        Machine::Avx2 => "with AVX2",
        Machine::Avx512 => "with AVX-512 without VBMI",
        _ => "with the best there is",
    }
}

fn ours(engine: &dlpscan_core::scan::Engine) -> Box<dyn Fn(&Text) -> Run + '_> {
    Box::new(|text| {
        timed(|| {
            let ids = engine.detectors().iter().map(|detector| detector.id.to_string());
            ids.zip(engine::count(engine, &text.bytes)).collect()
        })
    })
}

fn peer(command: &str, rules: &Path, text: &Path) -> Run {
    let mut words = command.split(' ');
    let output = Command::new(words.next().unwrap_or_default())
        .args(words)
        .args([rules, text])
        .output()
        .expect("the peer can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    let mut cost = f64::NAN;
    let mut found = BTreeMap::new();
    for (key, value) in said.lines().filter_map(|line| line.split_once('\t')) {
        match key {
            "cpu" => cost = value.trim().parse().unwrap_or(f64::NAN),
            _ => _ = found.insert(key.to_owned(), value.trim().parse().unwrap_or(0)),
        }
    }
    assert!(cost.is_finite(), "{command} failed: {}", String::from_utf8_lossy(&output.stderr));
    (Duration::from_secs_f64(cost), found)
}

/// The number of matches, and the rules whose number is another than it should be.
fn differs(found: &BTreeMap<String, u64>, truth: &BTreeMap<String, u64>) -> String {
    let sum: u64 = found.values().sum();
    let all: Vec<String> = truth
        .iter()
        .filter_map(|(id, n)| {
            let own = found.get(id).copied().unwrap_or(0);
            (own != *n).then(|| format!("{id} {own} for {n}"))
        })
        .collect();
    match (all.is_empty(), found.contains_key("total")) {
        (_, true) => format!("{sum}, not validated, not told by rule"),
        (true, _) => format!("{sum}, equal"),
        (false, _) => format!("{sum}; {}", all.join(", ")),
    }
}
