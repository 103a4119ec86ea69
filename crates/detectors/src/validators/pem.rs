//! What follows the first line of a private key.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::plain_check;
use super::window::after;

plain_check! {
    /// Valid with a body of base64, invalid with dots or brackets in its place (documentation),
    /// unknown where nothing follows: the key may lie in another part.
    body => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let rest = after(candidate, 400);
    // Source code writes line breaks as \n.
    let text = String::from_utf8_lossy(rest).replace("\\n", "\n");
    let rest = text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    if rest.starts_with("...") || rest.starts_with('\u{2026}') || rest.starts_with(['<', '[', '*'])
    {
        return Trust::Invalid;
    }
    let body: usize = rest
        .split_whitespace()
        .take_while(|w| !w.starts_with("-----"))
        .map(|w| {
            let base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
            if w.bytes().all(base64) && w.len() >= 16 { w.len() } else { 0 }
        })
        .sum();
    if body >= 64 { Trust::Valid } else { Trust::Unknown }
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge_in;
    use dlpscan_core::model::Trust;

    const HEAD: &str = concat!("-----BEGIN", " PRIVATE KEY-----");

    #[test]
    fn a_body_makes_the_key() {
        let judge = |tail: &str| judge_in("pem-body", "", &format!("{HEAD}{tail}"), HEAD);
        assert_eq!(judge(&format!("\n{}\n", "MIIE".repeat(20))), Trust::Valid);
        assert_eq!(judge("\n...\n"), Trust::Invalid);
        assert_eq!(judge(""), Trust::Unknown);
    }
}
