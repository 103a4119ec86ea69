//! A policy file cut or changed anywhere is read or refused with a line of the file; it never
//! brings the reader down.

use dlpscan_policy::{BUILTIN, Policy};

fn try_it(text: &str) {
    if let Err(error) = Policy::parse("changed.toml", text) {
        let lines = text.matches('\n').count() + 1;
        assert!(error.line.is_none_or(|line| (1..=lines).contains(&line)), "{error}");
        assert!(!error.message.is_empty());
    }
}

#[test]
fn a_policy_cut_or_changed_anywhere_is_read_or_refused() {
    for (_, text) in BUILTIN {
        let lines: Vec<&str> = text.lines().collect();
        for i in (0..lines.len()).step_by(11) {
            try_it(&lines[..i].join("\n"));
            let without: Vec<&str> = lines[..i].iter().chain(&lines[i + 1..]).copied().collect();
            try_it(&without.join("\n"));
        }
        // Every 97th byte becomes something that means something in TOML.
        for (i, with) in (0..text.len()).step_by(97).zip("\"[]{}=,#\n0-".chars().cycle()) {
            if text.is_char_boundary(i) && text.is_char_boundary(i + 1) {
                try_it(&format!("{}{with}{}", &text[..i], &text[i + 1..]));
            }
        }
    }
}
