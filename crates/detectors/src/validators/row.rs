//! Figures in a row: a table of numbers that happens to hold a valid one.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::window::{after, before};
use super::{digits, luhn, plain_check, trust};

plain_check! {
    /// The value's groups do not only count upwards, and no further group of the same width stands
    /// right beside it; a value in one piece is no line of a list of large numbers most of which
    /// have other check digits.
    not_a_row => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let groups: Vec<&[u8]> =
        candidate.value.split(|b| !b.is_ascii_digit()).filter(|g| !g.is_empty()).collect();
    let [first, .., last] = groups[..] else {
        return if in_a_list(candidate) { Trust::Invalid } else { Trust::Unknown };
    };
    let number = |group: &[u8]| digits(group).iter().fold(0u64, |n, &d| n * 10 + u64::from(d));
    let list: Vec<u64> = groups.iter().map(|g| number(g)).collect();
    let counts_up = list.windows(2).all(|w| w[0] < w[1] && w[1] - w[0] < 100);
    // A blank and a group of the same width, no more and no less.
    let beside = |run: &[u8], width: usize| {
        let blanks = run.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let figures = run[blanks..].iter().take_while(|b| b.is_ascii_digit()).count();
        blanks > 0 && figures == width
    };
    let mut front = before(candidate, first.len() + 3).to_vec();
    front.reverse();
    let back = after(candidate, last.len() + 3);
    trust(!counts_up && !beside(&front, first.len()) && !beside(back, last.len()))
}

/// Alone on its line with a comma behind it, among lines of the same kind most of whose numbers are
/// no card's: constants of a program. Of numbers at random one in ten would be one.
fn in_a_list(candidate: &Candidate<'_>) -> bool {
    let [back, front] = [after(candidate, AROUND), before(candidate, AROUND)];
    if !back.starts_with(b",") {
        return false;
    }
    let (mut above, mut below) = (front.rsplit(|b| *b == b'\n'), back[1..].split(|b| *b == b'\n'));
    let blank = |line: Option<&[u8]>| line.is_some_and(|l| l.trim_ascii().is_empty());
    if !blank(above.next()) || !blank(below.next()) {
        return false;
    }
    let around = above.map_while(large).take(MOST).chain(below.map_while(large).take(MOST));
    let (all, cards) = around.fold((0, 0), |(all, cards), figures| {
        (all + 1, cards + usize::from(luhn::holds(&figures, 10)))
    });
    all >= FEWEST && cards * 3 < all
}

/// The figures of a line that holds one large number and a comma.
fn large(line: &[u8]) -> Option<Vec<usize>> {
    let number = line.trim_ascii().strip_suffix(b",")?;
    let figures: Vec<usize> = digits(number).iter().map(|d| usize::from(*d)).collect();
    (figures.len() == number.len() && (13..=20).contains(&figures.len())).then_some(figures)
}

/// How far the lines around may reach.
const AROUND: usize = 160;
/// So many lines above are looked at, and as many below.
const MOST: usize = 4;
/// Fewer are no list.
const FEWEST: usize = 3;

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    #[test]
    fn a_table_of_figures_is_told_from_a_card() {
        let judge = |text, value| judge_in("not-a-row", "", text, value);
        assert_eq!(judge("4646 4677 4708 4740", "4646 4677 4708 4740"), Trust::Invalid);
        assert_eq!(judge("1234 5200 8282 8282 8210", "5200 8282 8282 8210"), Trust::Invalid);
        assert_eq!(judge("5200 8282 8282 8210 07/29", "5200 8282 8282 8210"), Trust::Valid);
        assert_eq!(judge("5200828282828210", "5200828282828210"), Trust::Unknown);
        let list = "[\n    879042321105813,\n    5200828282828210,\n    425987919032274,\n    \
                    701346902548377,\n]";
        assert_eq!(judge(list, "5200828282828210"), Trust::Invalid);
        let cards = "[\n    5200828282828210,\n    4012888888881881,\n    425987919032274,\n    \
                     4111111111111111,\n]";
        assert_eq!(judge(cards, "5200828282828210"), Trust::Unknown);
    }
}
