//! Figures in a row: a table of numbers that happens to hold a valid one.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::window::{after, before};
use super::{digits, plain_check, trust};

plain_check! {
    /// The value's groups do not only count upwards, and no further group of the same width stands
    /// right beside it.
    not_a_row => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let groups: Vec<&[u8]> =
        candidate.value.split(|b| !b.is_ascii_digit()).filter(|g| !g.is_empty()).collect();
    let [first, .., last] = groups[..] else { return Trust::Unknown };
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
    }
}
