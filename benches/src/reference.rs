//! What the rules mean, told without any of our own engine: one pass of regex-automata a rule,
//! leftmost, first alternative first, and then its check.

use regex_automata::meta;
use regex_automata::util::{captures::Captures, syntax};
use serde::Deserialize;
use std::ops::Range;

/// One rule, compiled.
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its expression as it stands in the file; letters and classes mean their ASCII forms.
    pub regex: String,
    /// Whether letters match in either case.
    pub insensitive: bool,
    check: Check,
    compiled: meta::Regex,
}

#[derive(Clone, Copy)]
enum Check {
    None,
    Luhn,
    Mod97,
    Mod11,
    Prefix,
    Digits,
    Bic,
    Licence,
}

#[derive(Deserialize)]
struct File {
    detector: Vec<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    id: String,
    pattern: Vec<Pattern>,
    #[serde(default)]
    check: Vec<Named>,
}

#[derive(Deserialize)]
struct Pattern {
    regex: String,
    #[serde(default)]
    case: String,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

/// The rules of a file like `rules/rules.toml`.
///
/// # Errors
/// In plain words, when the file is not one that the reference understands.
pub fn rules(toml: &str) -> Result<Vec<Rule>, String> {
    let file: File = toml::from_str(toml).map_err(|e| e.to_string())?;
    file.detector.into_iter().map(rule).collect()
}

fn rule(spec: Spec) -> Result<Rule, String> {
    let [pattern] = &spec.pattern[..] else { return Err(format!("{}: not one pattern", spec.id)) };
    let check = match spec.check.iter().map(|check| check.name.as_str()).collect::<Vec<_>>()[..] {
        [] => Check::None,
        ["luhn"] => Check::Luhn,
        ["mod97"] => Check::Mod97,
        ["weighted-mod"] => Check::Mod11,
        ["not-prefix"] => Check::Prefix,
        ["digits"] => Check::Digits,
        ["bic-country"] => Check::Bic,
        ["gb-driving-licence"] => Check::Licence,
        _ => return Err(format!("{}: the reference does not know its check", spec.id)),
    };
    let insensitive = pattern.case == "insensitive";
    let compiled = compile(&[flagged(&pattern.regex, insensitive)])?;
    Ok(Rule { id: spec.id, regex: pattern.regex.clone(), insensitive, check, compiled })
}

fn flagged(regex: &str, insensitive: bool) -> String {
    format!("(?{}-u){regex}", if insensitive { "i" } else { "" })
}

fn compile(regexes: &[String]) -> Result<meta::Regex, String> {
    meta::Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(meta::Config::new().utf8_empty(false).hybrid_cache_capacity(64 << 20))
        .build_many(regexes)
        .map_err(|e| e.to_string())
}

impl Rule {
    /// Where it matches, one match after another.
    pub fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let all = self.compiled.find_iter(text).map(|m| m.range());
        all.filter(|span| self.holds(&text[span.clone()])).collect()
    }

    /// Whether a match passes the rule's check.
    pub fn holds(&self, value: &[u8]) -> bool {
        match self.check {
            Check::None => true,
            Check::Luhn => luhn(value),
            Check::Mod97 => mod97(value),
            Check::Mod11 => mod11(value),
            Check::Prefix => !["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"]
                .iter()
                .any(|p| value.starts_with(p.as_bytes())),
            Check::Digits => (10..=13).contains(&digits(value).count()),
            Check::Bic => self.group(value).is_some_and(|code| bic(&value[code])),
            Check::Licence => licence(value),
        }
    }

    /// The named group of a match.
    fn group(&self, value: &[u8]) -> Option<Range<usize>> {
        let mut groups: Captures = self.compiled.create_captures();
        self.compiled.captures(value, &mut groups);
        groups.get_group_by_name("code").map(|span| span.range())
    }
}

/// All rules in one automaton, as anyone would do it first. Where two rules match the same text
/// only one of them is told.
pub struct AllInOne {
    rules: Vec<Rule>,
    compiled: meta::Regex,
}

impl AllInOne {
    /// Of these rules.
    ///
    /// # Errors
    /// In plain words, when they do not fit into one automaton.
    pub fn new(rules: Vec<Rule>) -> Result<Self, String> {
        let regexes: Vec<String> = rules.iter().map(|r| flagged(&r.regex, r.insensitive)).collect();
        Ok(AllInOne { compiled: compile(&regexes)?, rules })
    }

    /// How often each rule matches.
    pub fn count(&self, text: &[u8]) -> Vec<u64> {
        let mut counts = vec![0; self.rules.len()];
        for found in self.compiled.find_iter(text) {
            let rule = found.pattern().as_usize();
            counts[rule] += u64::from(self.rules[rule].holds(&text[found.range()]));
        }
        counts
    }
}

fn digits(value: &[u8]) -> impl DoubleEndedIterator<Item = u32> {
    value.iter().filter(|b| b.is_ascii_digit()).map(|b| u32::from(b - b'0'))
}

fn luhn(value: &[u8]) -> bool {
    let doubled = |(i, d): (usize, u32)| if i % 2 == 0 { d } else { 2 * d / 10 + 2 * d % 10 };
    digits(value).rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

fn mod97(value: &[u8]) -> bool {
    let text: Vec<u8> = value.iter().copied().filter(|b| *b != b' ').collect();
    let number = |b: u8| char::from(b).to_digit(36).unwrap_or(0);
    let sum = text[4..].iter().chain(&text[..4]).fold(0, |n, &b| {
        let next = number(b);
        (n * if next > 9 { 100 } else { 10 } + next) % 97
    });
    sum == 1 && !matches!(&text[2..4], b"00" | b"01" | b"99")
}

fn mod11(value: &[u8]) -> bool {
    let all: Vec<u32> = digits(value).collect();
    let sum: u32 = all[..9].iter().zip((2..=10).rev()).map(|(d, weight)| d * weight).sum();
    (11 - sum % 11) % 11 == all[9]
}

fn bic(code: &[u8]) -> bool {
    let countries = include_str!("../../crates/detectors/data/countries.txt").lines();
    countries.map(str::as_bytes).any(|country| country == &code[4..6])
}

fn licence(value: &[u8]) -> bool {
    let name = &value[..5];
    let letters = name.iter().take_while(|b| **b != b'9').count();
    let number = |at: usize| u32::from(value[at] - b'0') * 10 + u32::from(value[at + 1] - b'0');
    let month = if number(6) > 50 { number(6) - 50 } else { number(6) };
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    letters > 0
        && name[letters..].iter().all(|b| *b == b'9')
        && (1..=days).contains(&number(8))
        && (value[11] != b'9' || value[12] == b'9')
}
