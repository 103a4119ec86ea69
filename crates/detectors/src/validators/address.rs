//! Postal addresses: number and street, and what stands near them.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;

use super::parameters::Parameters;
use super::plain_check;
use super::window::{lower, own_line, words};
use crate::tables::{PLACES, POSTCODE_AREAS, STREET_TYPES};

plain_check! {
    /// Valid where a postcode or a known town stands in the value or right after it; invalid where
    /// no word of it is a street's; otherwise unknown.
    plausible => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let end = candidate.text.len().min(candidate.span.end + 60);
    let tail = String::from_utf8_lossy(&candidate.text[candidate.span.end..end]);
    let tail = tail.lines().take(3).collect::<Vec<_>>().join(" ");
    let whole = format!("{}, {tail}", String::from_utf8_lossy(candidate.value));
    if holds_postcode(&whole) {
        return Trust::Valid;
    }
    let value = lower(candidate.value);
    let list: Vec<&str> = words(&value).collect();
    let Some(street) = list.iter().position(|w| STREET_TYPES.has(w)) else {
        return Trust::Invalid;
    };
    // "5 close votes", "12 members": a street has a name before its type.
    if street == 0 || list[..street].iter().all(|w| w.bytes().all(|b| b.is_ascii_digit())) {
        return Trust::Invalid;
    }
    let town = |part: &str| PLACES.has(part.trim().to_lowercase().as_str());
    if whole.split([',', '\n']).any(town) { Trust::Valid } else { Trust::Unknown }
}

/// Whether two words, or one, are a postcode of an area there is.
fn holds_postcode(text: &str) -> bool {
    let upper = text.to_ascii_uppercase();
    let list: Vec<&str> = words(&upper).collect();
    let inward = |w: &str| {
        let b = w.as_bytes();
        b.len() == 3 && b[0].is_ascii_digit() && b[1..].iter().all(u8::is_ascii_uppercase)
    };
    // Districts are added over the years; the area and a figure will do next to a street.
    let outward = |w: &str| {
        let area = w.trim_start_matches(|c: char| c.is_ascii_uppercase());
        (2..=4).contains(&w.len())
            && area.starts_with(|c: char| c.is_ascii_digit())
            && POSTCODE_AREAS.has(&w[..w.len() - area.len()])
    };
    list.windows(2).any(|w| outward(w[0]) && inward(w[1]))
        || list.iter().any(|w| {
            w.is_ascii()
                && (5..=7).contains(&w.len())
                && outward(&w[..w.len() - 3])
                && inward(&w[w.len() - 3..])
        })
}

struct NearContact {
    want: Vec<String>,
}

/// Parameter `want`: any of `address` (number and street), `postcode`, `email`. Valid where one
/// stands on the value's own line, row or the line before; otherwise unknown.
pub(crate) fn near_contact(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let want = p.texts("want")?;
    if want.is_empty()
        || want.iter().any(|w| !matches!(w.as_str(), "address" | "postcode" | "email"))
    {
        return Err("`want` is a list of address, postcode, email".into());
    }
    p.done()?;
    Ok(Box::new(NearContact { want }))
}

impl Validator for NearContact {
    fn check(&self, candidate: &Candidate<'_>) -> Trust {
        let at = candidate.span.clone();
        let own = own_line(candidate);
        let from = at.start.saturating_sub(160);
        let to = candidate.text.len().min(at.end + 160);
        // A postcode may stand under its street, so two lines back still count; a table's row is
        // one line of text.
        let front = String::from_utf8_lossy(&candidate.text[from..at.start]);
        let lines: Vec<&str> = front.rsplit('\n').take(3).collect();
        let block = self.want.iter().any(|want| want == "address") && ends_block(&front);
        let front = lines.into_iter().rev().collect::<Vec<_>>().join("\n");
        // In Markdown and the like a cell ends with a stroke.
        let front = front.rsplit(" |").next().unwrap_or_default();
        let back = String::from_utf8_lossy(&candidate.text[at.end..to]);
        let back = back.lines().next().unwrap_or_default().to_owned();
        let in_own = own.start < at.start || own.end > at.end;
        let found = self.want.iter().any(|want| match want.as_str() {
            "address" => {
                block || holds_street(front) && (in_own || front.contains(['\n', '\t', ' ']))
            }
            "postcode" => holds_postcode(&format!("{front} , {back}")),
            _ => holds_email(front) || holds_email(&back),
        });
        if found { Trust::Valid } else { Trust::Unknown }
    }
}

/// A house number and up to four words, of which one is a street type or which end in a comma.
fn holds_street(text: &str) -> bool {
    // Encoded bytes hold everything, street types too.
    let plain = |c: char| c.is_alphanumeric() || c.is_whitespace() || ",.'’-/:;()".contains(c);
    if text.chars().filter(|&c| !plain(c)).count() * 20 > text.chars().count() {
        return false;
    }
    let low = text.to_lowercase();
    let list: Vec<&str> = words(&low).collect();
    let house = |w: &str| w.as_bytes()[0].is_ascii_digit() && w.len() <= 5;
    let typed = list.iter().enumerate().any(|(i, w)| {
        house(w) && list[i + 1..].iter().take(5).skip(1).any(|t| STREET_TYPES.has(t))
            || STREET_TYPES.has(w) && i > 0 && list.len() - i < 6 && text.contains(',')
    });
    // "74a Sheepgate, Louth, ": capitals after the number, commas between.
    typed
        || text.matches(',').count() >= 2
            && text.split([',', '\n', '\t']).any(|part| {
                let list: Vec<&str> = words(part).collect();
                let at = list.iter().rposition(|w| house(w)).map_or(list.len(), |i| i + 1);
                let street = &list[at..];
                (1..=4).contains(&street.len())
                    && street.iter().all(|w| w.starts_with(char::is_uppercase))
            })
}

/// Whether a value that begins a line would end the block of an address, as on an envelope: short
/// lines of capitalised words above it, one with a house number or a street.
fn ends_block(front: &str) -> bool {
    let mut lines = front.rsplit('\n').map(str::trim);
    if lines.next().is_some_and(|own| !own.is_empty()) {
        return false;
    }
    let of_address = |line: &&str| {
        let plain = |c: char| c.is_alphanumeric() || " ,.'’-/&".contains(c);
        (2..=45).contains(&line.len())
            && line.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
            && line.chars().all(plain)
            && words(line).all(|w| {
                let small = ["of", "on", "upon", "under", "le", "in", "by", "the", "y", "yr"];
                !w.starts_with(char::is_lowercase) || small.contains(&w)
            })
    };
    let block: Vec<&str> = lines.take(6).take_while(of_address).collect();
    block.len() > 1
        && block.iter().any(|line| {
            let low = line.to_lowercase();
            let list: Vec<&str> = words(&low).collect();
            let house = list.first().is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
            (house && (2..=5).contains(&list.len()) && list[0].len() <= 5)
                || list.len() > 1 && list.last().is_some_and(|w| STREET_TYPES.has(w))
        })
}

fn holds_email(text: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';')).any(|w| {
        w.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
    })
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::{judge, judge_in};
    use dlpscan_core::model::Trust;

    #[test]
    fn a_street_with_a_postcode_is_an_address() {
        let text = "105 Vicar Lane, Pocklington, DN1 8LU";
        assert_eq!(
            judge_in("address-plausible", "", text, "105 Vicar Lane, Pocklington"),
            Trust::Valid
        );
        assert_eq!(judge("address-plausible", "", "221B Baker Street"), Trust::Unknown);
        assert_eq!(judge("address-plausible", "", "12 members attended"), Trust::Invalid);
    }

    #[test]
    fn a_postcode_after_its_street_is_believed() {
        let want = "want = ['address']";
        let text = "132B Vicar Lane, Selby, ls6 6gl";
        assert_eq!(judge_in("near-contact", want, text, "ls6 6gl"), Trust::Valid);
        assert_eq!(judge_in("near-contact", want, "the part ls6 6gl", "ls6 6gl"), Trust::Unknown);
    }

    #[test]
    fn a_postcode_below_the_lines_of_an_address_is_believed() {
        let want = "want = ['address']";
        for text in [
            "Mrs A Lee\nFlat 5\n30 Mill Lane\nOrmskirk\nLancashire\nL39 7HS",
            "Bay Cottage\nMarket Place\nBarnard Castle\nL39 7HS",
            "| 4 | Ann Lee | 89 Church Street, Axminster, L39 7HS |",
        ] {
            assert_eq!(judge_in("near-contact", want, text, "L39 7HS"), Trust::Valid, "{text}");
        }
        for text in [
            "12 boxes were sent to the store\nand these are the labels\nL39 7HS",
            "Reference\nQuantity\nL39 7HS",
        ] {
            assert_eq!(judge_in("near-contact", want, text, "L39 7HS"), Trust::Unknown, "{text}");
        }
    }

    #[test]
    fn an_e_mail_address_on_the_row_backs_a_number() {
        let text = "Ann Lee\t01514966664\tann@example.org";
        assert_eq!(judge_in("near-contact", "want = ['email']", text, "01514966664"), Trust::Valid);
    }
}
