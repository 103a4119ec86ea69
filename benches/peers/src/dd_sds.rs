//! dd-sensitive-data-scanner, given the text in events of 64 KiB as it would get logs.

use super::Search;
use dd_sds::{RegexRuleConfig, RootRuleConfig, Scanner};
use dlpscan_benches::reference::Rule;

const EVENT: usize = 64 << 10;

pub fn new(rules: Vec<Rule>) -> Search {
    let config = |rule: &Rule| {
        let flag = if rule.insensitive { "(?i)" } else { "" };
        RootRuleConfig::new(RegexRuleConfig::new(&format!("{flag}{}", rule.regex)).build())
    };
    let configs: Vec<_> = rules.iter().map(config).collect();
    let scanner = Scanner::builder(&configs).build().expect("it takes the rules");
    Box::new(move |text| {
        let mut counts = vec![0; rules.len()];
        let mut from = 0;
        while from < text.len() {
            let mut to = text.len().min(from + EVENT);
            while to < text.len() && text[to - 1] != b'\n' {
                to += 1;
            }
            let event = String::from_utf8_lossy(&text[from..to]).into_owned();
            let mut scanned = event.clone();
            for found in scanner.scan(&mut scanned).expect("it scans") {
                let value = &event.as_bytes()[found.start_index..found.end_index_exclusive];
                counts[found.rule_index] += u64::from(rules[found.rule_index].holds(value));
            }
            from = to;
        }
        counts
    })
}
