//! Postal addresses: number and street, and what stands near them.

use dlpscan_core::detector::{Candidate, Validator};
use dlpscan_core::model::Trust;
use smallvec::SmallVec;

use super::parameters::Parameters;
use super::plain_check;
use super::window::{characters, first_char, own_line, words, words_in};
use crate::tables::{FORENAMES, PLACES, POSTCODE_AREAS, STREET_TYPES};

plain_check! {
    /// Valid where a postcode or a known town stands in the value or right after it; invalid where
    /// no word of it is a street's; otherwise unknown.
    plausible => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let end = candidate.text.len().min(candidate.span.end + 60);
    let tail = first_lines(&candidate.text[candidate.span.end..end], 3);
    if holds_postcode(words_in(candidate.value).chain(words_in(tail))) {
        return Trust::Valid;
    }
    if is_year_and_name(candidate.value) {
        return Trust::Invalid;
    }
    let mut words = words_in(candidate.value);
    let Some(street) = words.position(|w| STREET_TYPES.has_any_case(w)) else {
        return Trust::Invalid;
    };
    // "5 close votes", "12 members": a street has a name before its type.
    if words_in(candidate.value).take(street).all(|w| w.iter().all(u8::is_ascii_digit)) {
        return Trust::Invalid;
    }
    let is_town = |part: &[u8]| PLACES.has_any_case(part.trim_ascii());
    let mut parts = candidate.value.split(|b| matches!(b, b',' | b'\n'));
    // A line break does not part the words that follow the value.
    let after = tail.split(|b| *b == b',').any(|part| match memchr::memchr(b'\n', part) {
        Some(_) => is_town(&one_line(part)),
        None => is_town(part),
    });
    if after || parts.any(is_town) { Trust::Valid } else { Trust::Unknown }
}

/// `2022 Anthony Green`, of a notice of copyright: a year, a forename, and a surname that streets
/// end with as well.
fn is_year_and_name(value: &[u8]) -> bool {
    let words: Vec<&[u8]> = words_in(value).collect();
    let [years @ .., forename, _] = words.as_slice() else { return false };
    let year = |w: &&[u8]| w.len() == 4 && (w.starts_with(b"19") || w.starts_with(b"20"));
    !years.is_empty() && years.iter().all(year) && FORENAMES.has_any_case(forename)
}

/// A text up to the end of its line of this number.
fn first_lines(text: &[u8], count: usize) -> &[u8] {
    match memchr::memchr_iter(b'\n', text).nth(count - 1) {
        Some(end) => &text[..end],
        None => text,
    }
}

/// A text whose lines are joined by blanks.
fn one_line(text: &[u8]) -> Vec<u8> {
    let lines = text.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.collect::<Vec<_>>().join(&b' ')
}

/// Whether two words, or one, are a postcode of an area there is.
fn holds_postcode<'t>(words: impl Iterator<Item = &'t [u8]>) -> bool {
    let inward = |w: &[u8]| {
        matches!(w, [digit, rest @ ..] if digit.is_ascii_digit()
            && rest.len() == 2
            && rest.iter().all(u8::is_ascii_alphabetic))
    };
    // Districts are added over the years; the area and a figure will do next to a street.
    let outward = |w: &[u8]| {
        let letters = w.iter().take_while(|b| b.is_ascii_alphabetic()).count();
        (2..=4).contains(&w.len())
            && w.get(letters).is_some_and(u8::is_ascii_digit)
            && POSTCODE_AREAS.has_any_case(&w[..letters])
    };
    let mut before: &[u8] = b"";
    for word in words {
        let glued = (5..=7).contains(&word.len())
            && word.is_ascii()
            && inward(&word[word.len() - 3..])
            && outward(&word[..word.len() - 3]);
        if glued || (inward(word) && outward(before)) {
            return true;
        }
        before = word;
    }
    false
}

struct NearContact {
    want: Vec<String>,
}

/// Parameter `want`: any of `address` (number and street), `postcode`, `email`. Valid where one
/// stands on the value's own line, row or the line before; otherwise unknown.
pub(crate) fn near_contact(table: &toml::Table) -> Result<Box<dyn Validator>, String> {
    let p = Parameters::new(table);
    let mut want = p.texts("want")?;
    if want.is_empty()
        || want.iter().any(|w| !matches!(w.as_str(), "address" | "postcode" | "email"))
    {
        return Err("`want` is a list of address, postcode, email".into());
    }
    p.done()?;
    // What is sought the soonest first.
    want.sort_by_key(|want| (want == "address", want == "postcode"));
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
        let above = &candidate.text[from..at.start];
        let front = match memchr::memrchr_iter(b'\n', above).nth(2) {
            Some(end) => &above[end + 1..],
            None => above,
        };
        // In Markdown and the like a cell ends with a stroke.
        let mut strokes = memchr::memrchr_iter(b'|', front);
        let stroke = strokes.find(|&at| at > 0 && front[at - 1] == b' ');
        let front = stroke.map_or(front, |at| &front[at + 1..]);
        let back = first_lines(&candidate.text[at.end..to], 1);
        let in_own = own.start < at.start || own.end > at.end;
        let found = self.want.iter().any(|want| match want.as_str() {
            "address" => (in_own || holds_blank(front)) && holds_street(front) || ends_block(above),
            "postcode" => holds_postcode(words_in(front).chain(words_in(back))),
            _ => holds_email(front) || holds_email(back),
        });
        if found { Trust::Valid } else { Trust::Unknown }
    }
}

fn holds_blank(text: &[u8]) -> bool {
    text.iter().any(|b| matches!(b, b'\n' | b'\t' | b' '))
}

/// A house number and up to four words, of which one is a street type or which end in a comma.
fn holds_street(text: &[u8]) -> bool {
    let commas = memchr::memchr_iter(b',', text).count();
    let words: SmallVec<[&[u8]; 32]> = words_in(text).collect();
    // Bit by bit whether the words before were house numbers, the last one lowest.
    let mut houses = 0_u32;
    let housed = words.iter().any(|word| {
        let housed = houses & 0b1_1110 != 0 && STREET_TYPES.has_any_case(word);
        houses = houses << 1 | u32::from(is_house(word));
        housed
    });
    // "Mill Lane, Louth, Lincolnshire, ": a name before its type, and no more than four words behind.
    let mut late = words.iter().skip(1).rev().take(5);
    let mut typed = || commas > 0 && late.any(|word| STREET_TYPES.has_any_case(word));
    // "74a Sheepgate, Louth, ": capitals after the number, commas between.
    let numbered =
        || commas > 1 && text.split(|b| matches!(b, b',' | b'\n' | b'\t')).any(is_numbered);
    (housed || typed() || numbered()) && !is_encoded(text)
}

/// By byte: 1 where it is an ASCII character of addresses.
const PLAIN: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        let blank = matches!(byte as u8, b' ' | b'\t'..=b'\r');
        let sign =
            matches!(byte as u8, b',' | b'.' | b'\'' | b'-' | b'/' | b':' | b';' | b'(' | b')');
        table[byte] = ((byte as u8).is_ascii_alphanumeric() || blank || sign) as u8;
        byte += 1;
    }
    table
};

/// Whether one character in twenty or more is none of an address. Encoded bytes hold everything,
/// street types too.
fn is_encoded(text: &[u8]) -> bool {
    let plain = |c: char| match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => PLAIN[usize::from(byte)] == 1,
        _ => c.is_alphanumeric() || c.is_whitespace() || c == '\u{2019}',
    };
    let (mut all, mut odd) = (0, 0);
    if text.is_ascii() {
        all = text.len();
        odd = all - text.iter().map(|b| usize::from(PLAIN[usize::from(*b)])).sum::<usize>();
    } else {
        for c in characters(text).chars() {
            all += 1;
            odd += usize::from(!plain(c));
        }
    }
    odd * 20 > all
}

/// `74a Sheepgate`: after the last house number one to four words, all with capitals.
fn is_numbered(part: &[u8]) -> bool {
    let (mut count, mut capitals) = (0, false);
    for word in words_in(part) {
        if is_house(word) {
            (count, capitals) = (0, true);
        } else {
            count += 1;
            capitals &= first_char(word).is_some_and(char::is_uppercase);
        }
    }
    capitals && (1..=4).contains(&count)
}

fn is_house(word: &[u8]) -> bool {
    word[0].is_ascii_digit() && word.len() <= 5
}

/// Whether a value that begins a line would end the block of an address, as on an envelope: short
/// lines of capitalised words above it, one with a house number or a street.
fn ends_block(front: &[u8]) -> bool {
    let Some(line) = memchr::memrchr(b'\n', front) else { return false };
    let (above, own) = front.split_at(line);
    if !own.trim_ascii().is_empty() {
        return false;
    }
    let above = characters(above);
    let lines = above.rsplit('\n').map(str::trim);
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
            let list: Vec<&str> = words(line).collect();
            let house = list.first().is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()));
            (house && (2..=5).contains(&list.len()) && list[0].len() <= 5)
                || list.len() > 1
                    && list.last().is_some_and(|w| STREET_TYPES.has_any_case(w.as_bytes()))
        })
}

fn holds_email(text: &[u8]) -> bool {
    if memchr::memchr(b'@', text).is_none() {
        return false;
    }
    { characters(text) }
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';'))
        .filter_map(|word| word.split_once('@'))
        .any(|(local, domain)| !local.is_empty() && domain.contains('.'))
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
        for no in ["the part ls6 6gl", "Codes, ASCN, STHL, TDCU, ls6 6gl"] {
            assert_eq!(judge_in("near-contact", want, no, "ls6 6gl"), Trust::Unknown, "{no}");
        }
        let text = "74a Sheepgate, Louth, ls6 6gl";
        assert_eq!(judge_in("near-contact", want, text, "ls6 6gl"), Trust::Valid);
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
