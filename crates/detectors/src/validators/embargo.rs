//! Whether an embargo still holds (rule M8): one whose day is over marks nothing.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::date::{Day, today};
use super::window::{lower, own_line, words};
use super::{plain_check, trust};

plain_check! {
    /// Stands at the start of its line, and names no day that is over.
    holds => judge
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

fn judge(candidate: &Candidate<'_>) -> Trust {
    let line = own_line(candidate);
    let start = line.start.min(candidate.span.start);
    let front = lower(&candidate.text[start..candidate.span.start]);
    let announced = front.trim().is_empty()
        || front.trim_end().ends_with([':', '[', '(', '*', '-', '\u{2013}'])
        || words(&front).all(|w| matches!(w, "press" | "release" | "news" | "strictly"));
    let text = lower(&candidate.text[candidate.span.start..line.end.max(candidate.span.end)]);
    // `embargoed releases have been spelled out` is a sentence.
    let next = text.split_once("embargoed").and_then(|(_, rest)| words(rest).next());
    let goes_on = next.is_some_and(|w| {
        w.starts_with(char::is_alphabetic)
            && !matches!(
                w,
                "until" | "till" | "to" | "for" | "by" | "before" | "not" | "press" | "copy"
            )
    });
    trust(announced && !goes_on && day(&text).is_none_or(|day| day >= today()))
}

/// The day a text names, the last of its year or month where it names no more.
fn day(text: &str) -> Option<Day> {
    let list: Vec<&str> = words(text).collect();
    let number =
        |w: &str| w.trim_end_matches(|c: char| c.is_ascii_alphabetic()).parse::<u32>().ok();
    let year = list.iter().filter_map(|w| number(w)).find(|n| (1900..=2999).contains(n))?;
    let at = list.iter().position(|w| MONTHS.iter().any(|m| w.starts_with(m)));
    let month = at.and_then(|i| MONTHS.iter().position(|m| list[i].starts_with(m)));
    let near = at.into_iter().flat_map(|i| [i.wrapping_sub(1), i + 1]);
    let of_month = near.filter_map(|i| number(list.get(i)?)).find(|n| (1..=31).contains(n));
    Some(Day { year, month: month.map_or(12, |m| m as u32 + 1), day: of_month.unwrap_or(31) })
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn an_embargo_ends_with_its_day() {
        let judge = |text| judge_in("embargo-holds", "", text, text);
        assert_eq!(judge("EMBARGOED UNTIL 00:01 3 June 2099"), Trust::Valid);
        assert_eq!(judge("EMBARGOED UNTIL 3rd June 2019"), Trust::Invalid);
        assert_eq!(judge("not for publication before 2001"), Trust::Invalid);
        assert_eq!(judge("Strictly embargoed"), Trust::Valid);
        assert_eq!(judge("embargoed releases have been spelled out"), Trust::Invalid);
        let sentence = "they are under embargo";
        assert_eq!(judge_in("embargo-holds", "", sentence, "under embargo"), Trust::Invalid);
    }
}
