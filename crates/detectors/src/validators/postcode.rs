//! UK postcodes: is there such an outward code?

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::{alphanumerics, plain_check};
use crate::tables::{OUTCODES, POSTCODE_AREAS};

plain_check! {
    /// Valid where the outward code is listed; unknown where only its area is (districts are
    /// added over the years); invalid where there is no such area.
    outcode => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let code = alphanumerics(candidate.value);
    // Overseas territories and the forces' post have forms of their own, which the pattern knows.
    if code.starts_with(b"BFPO") || code.ends_with(b"1ZZ") || code.starts_with(b"GX11") {
        return Trust::Valid;
    }
    let Some(cut) = code.len().checked_sub(3) else { return Trust::Invalid };
    let outward = std::str::from_utf8(&code[..cut]).unwrap_or_default();
    if OUTCODES.has(outward) {
        return Trust::Valid;
    }
    let area = outward.trim_end_matches(|c: char| c.is_ascii_alphanumeric() && !c.is_alphabetic());
    let area: String = area.chars().take_while(char::is_ascii_alphabetic).collect();
    if POSTCODE_AREAS.has(&area) { Trust::Unknown } else { Trust::Invalid }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn outward_codes_are_looked_up_in_any_case_and_spacing() {
        assert_eq!(judge("gb-outcode", "", "ln2 7yz"), Trust::Valid);
        assert_eq!(judge("gb-outcode", "", "SW1A1AA"), Trust::Valid);
        assert_eq!(judge("gb-outcode", "", "A4 2UP"), Trust::Invalid);
        assert_eq!(judge("gb-outcode", "", "PR99 2AB"), Trust::Unknown);
    }
}
