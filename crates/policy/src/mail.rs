//! Who writes to whom.

use dlpscan_core::model::Envelope;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;

/// Which way a mail goes, seen from the own domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To somebody outside. Where a policy names no own domains, every mail.
    Out,
    /// From outside to the own domains.
    In,
    /// From and to the own domains only.
    Internal,
}

impl Direction {
    /// The direction of a mail. A sender who claims to be of the own domains is believed: the
    /// rules for outgoing mail are the stricter ones.
    pub fn of(envelope: &Envelope, own: &[String]) -> Direction {
        let is_own = |address: &str| own.iter().any(|domain| is_of(address, domain));
        if own.is_empty() {
            return Direction::Out;
        }
        let leaves = envelope.recipients.iter().any(|recipient| !is_own(recipient));
        match is_own(&envelope.sender) {
            true if leaves => Direction::Out,
            true => Direction::Internal,
            // A bounce has no sender; where it goes out, it was written here.
            false if leaves && (envelope.sender.is_empty() || all_outside(envelope, own)) => {
                Direction::Out
            }
            false => Direction::In,
        }
    }
}

/// Different addresses that are of none of these domains, in small letters.
pub fn outsiders<'a>(addresses: &'a [String], own: &'a [String]) -> BTreeSet<String> {
    let outside = |address: &&String| !own.iter().any(|domain| is_of(address, domain));
    addresses.iter().filter(outside).map(|address| address.to_lowercase()).collect()
}

fn all_outside(envelope: &Envelope, own: &[String]) -> bool {
    !envelope.recipients.iter().any(|r| own.iter().any(|domain| is_of(r, domain)))
}

/// Whether an address is of a domain or of a domain below it.
fn is_of(address: &str, domain: &str) -> bool {
    let Some((_, of)) = address.rsplit_once('@') else { return false };
    let of = of.trim_end_matches('.');
    let Some(start) = of.len().checked_sub(domain.len()) else { return false };
    of.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
        && (start == 0 || of.as_bytes()[start - 1] == b'.')
}

/// Addresses a rule speaks of: `clerk@hartle-tc.example`, a domain with all below it
/// (`hartle-tc.example`), `outside` for all that are not of the own domains, `nobody` for the
/// sender of a bounce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// One address.
    One(String),
    /// A domain and all below it.
    Domain(String),
    /// All that are not of the own domains.
    Outside,
    /// The empty sender.
    Nobody,
}

impl Address {
    /// From a word of a policy file.
    pub(crate) fn parse(word: &str) -> Result<Address, String> {
        let domain = |word: &str| {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
            !word.is_empty() && word.chars().all(plain) && !word.starts_with('.')
        };
        match word {
            "outside" => Ok(Address::Outside),
            "nobody" => Ok(Address::Nobody),
            word if word.contains('@') => match word.rsplit_once('@') {
                Some((local, at)) if !local.is_empty() && domain(at) => {
                    Ok(Address::One(word.to_owned()))
                }
                _ => Err(format!("\"{}\" is not an address", word.escape_debug())),
            },
            word if domain(word) && word.contains('.') => Ok(Address::Domain(word.to_owned())),
            word => Err(format!(
                "\"{}\" is no address; say name@domain, a domain such as example.org, \"outside\" \
                 or \"nobody\"",
                word.escape_debug()
            )),
        }
    }

    /// Whether an address is one of these.
    pub(crate) fn fits(&self, address: &str, own: &[String]) -> bool {
        match self {
            Address::One(one) => address.eq_ignore_ascii_case(one),
            Address::Domain(domain) => is_of(address, domain),
            Address::Outside => !own.iter().any(|domain| is_of(address, domain)),
            Address::Nobody => address.is_empty(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::One(word) | Address::Domain(word) => f.write_str(word),
            Address::Outside => f.write_str("outside"),
            Address::Nobody => f.write_str("nobody"),
        }
    }
}

/// The addresses in a header field's text: `"Clerk, the" <clerk@a.example>, b@b.example`.
pub(crate) fn addresses(field: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut quoted, mut comment, mut escaped) = (false, 0u32, false);
    let mut piece = String::new();
    for c in field.chars().chain([',']) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted || comment > 0 => escaped = true,
            '"' if comment == 0 => quoted = !quoted,
            _ if quoted => {}
            '(' => comment += 1,
            ')' => comment = comment.saturating_sub(1),
            _ if comment > 0 => {}
            // A group: its name ends here.
            ':' => piece.clear(),
            ',' | ';' => {
                found.extend(address(&piece));
                piece.clear();
            }
            c => piece.push(c),
        }
    }
    // An unclosed quote or comment must not hide who it goes to.
    if quoted || comment > 0 {
        found.extend(field.split([',', ';']).filter_map(address));
    }
    found
}

fn address(piece: &str) -> Option<String> {
    let inner = match (piece.rfind('<'), piece.rfind('>')) {
        (Some(start), Some(end)) if start < end => &piece[start + 1..end],
        _ => piece,
    };
    let inner = inner.trim();
    (inner.contains('@') && !inner.contains(char::is_whitespace)).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(sender: &str, recipients: &[&str]) -> Envelope {
        let recipients = recipients.iter().map(|r| (*r).to_owned()).collect();
        Envelope { sender: sender.into(), recipients }
    }

    #[test]
    fn a_mail_with_one_outside_recipient_goes_out() {
        let own = ["hartle-tc.example".to_owned()];
        for (sender, recipients, direction) in [
            (
                "clerk@hartle-tc.example",
                &["a@box.example", "b@hartle-tc.example"][..],
                Direction::Out,
            ),
            ("clerk@mail.hartle-tc.example", &["b@hartle-tc.example"], Direction::Internal),
            ("a@box.example", &["b@Hartle-TC.example"], Direction::In),
            ("a@nothartle-tc.example", &["b@hartle-tc.example"], Direction::In),
            ("", &["a@box.example"], Direction::Out),
            ("", &["b@hartle-tc.example"], Direction::In),
        ] {
            assert_eq!(Direction::of(&envelope(sender, recipients), &own), direction, "{sender}");
        }
        assert_eq!(Direction::of(&envelope("a@b.example", &["c@d.example"]), &[]), Direction::Out);
    }

    #[test]
    fn addresses_are_found_in_names_groups_comments_and_quotes() {
        assert_eq!(
            addresses(
                r#""Clerk, the" <clerk@a.example>, b@b.example (Mr, B), staff: c@c.example;"#
            ),
            ["clerk@a.example", "b@b.example", "c@c.example"]
        );
        assert_eq!(addresses(r#""never closed <a@a.example>, b@b.example"#).len(), 2);
        assert!(addresses("undisclosed-recipients:;").is_empty());
    }

    #[test]
    fn an_address_of_a_rule_is_one_a_domain_or_a_word() {
        let own = ["hartle-tc.example".to_owned()];
        for (word, address, fits) in [
            ("gmail.example", "x@gmail.example", true),
            ("gmail.example", "x@mail.gmail.example", true),
            ("gmail.example", "x@notgmail.example", false),
            ("Clerk@hartle-tc.example", "clerk@hartle-tc.example", true),
            ("outside", "clerk@hartle-tc.example", false),
            ("outside", "x@gmail.example", true),
            ("nobody", "", true),
        ] {
            assert_eq!(Address::parse(word).unwrap().fits(address, &own), fits, "{word} {address}");
        }
        for wrong in ["", "gmail", "@box.example", "a b.example", ".example.org"] {
            assert!(Address::parse(wrong).is_err(), "{wrong}");
        }
    }
}
