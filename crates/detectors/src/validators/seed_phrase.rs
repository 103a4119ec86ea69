//! Recovery phrases of wallets (BIP-39).

use bip39::{Language, Mnemonic};
use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::window::words;
use super::{plain_check, trust};

plain_check! {
    /// 12, 15, 18, 21 or 24 words of the English list whose last bits are the checksum of the
    /// others. Numbers and marks between the words are passed over.
    bip39 => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let text = String::from_utf8_lossy(candidate.value);
    let phrase: Vec<&str> =
        words(&text).filter(|w| !w.bytes().all(|b| b.is_ascii_digit())).collect();
    // Twelve words in the order of the alphabet are a piece of the list they are taken from.
    if phrase.windows(2).all(|pair| pair[0] < pair[1]) {
        return Trust::Invalid;
    }
    let phrase = phrase.join(" ").to_ascii_lowercase();
    trust(Mnemonic::parse_in_normalized(Language::English, &phrase).is_ok())
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn a_piece_of_the_word_list_is_no_phrase() {
        let words = bip39::Language::English.word_list();
        let pieces = words.windows(12).map(|piece| piece.join(" "));
        let valid = |text: &str| bip39::Mnemonic::parse_normalized(text).is_ok();
        let piece = pieces.into_iter().find(|piece| valid(piece)).unwrap();
        assert_eq!(judge("seed-phrase", "", &piece), Trust::Invalid);
    }

    #[test]
    fn the_last_word_holds_the_checksum() {
        let judge = |value: &str| judge("seed-phrase", "", value);
        // Vectors of BIP-0039.
        let eleven = "abandon ".repeat(11);
        assert_eq!(judge(&format!("{eleven}about")), Trust::Valid);
        assert_eq!(judge(&format!("{eleven}abandon")), Trust::Invalid);
        assert_eq!(judge(&format!("{eleven}zzzz")), Trust::Invalid);
        assert_eq!(judge("abandon about"), Trust::Invalid);
        let numbered = "1. zoo 2. zoo 3. zoo 4. zoo 5. zoo 6. zoo 7. zoo 8. zoo 9. zoo 10. zoo \
                        11. zoo 12. wrong";
        assert_eq!(judge(numbered), Trust::Valid);
    }
}
