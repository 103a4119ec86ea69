//! Texts made comparable: what a mail program changes on the way (line breaks, quotes, spaces,
//! capitals) makes no difference.

/// Lower case, straight quotes and dashes, one space wherever there is white space, nothing
/// invisible.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = true;
    for c in text.chars() {
        let c = match c {
            '\u{2018}'..='\u{201B}' | '\u{2032}' | '`' | '\u{B4}' => '\'',
            '\u{201C}'..='\u{201F}' | '\u{2033}' | '\u{AB}' | '\u{BB}' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' => continue,
            c if c.is_whitespace() => ' ',
            c => c,
        };
        if c == ' ' {
            if !space {
                out.push(' ');
            }
            space = true;
        } else {
            out.extend(c.to_lowercase());
            space = false;
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The words of a folded text: letters and digits. An apostrophe parts no word.
pub(crate) fn words(folded: &str) -> Vec<String> {
    folded
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.replace('\'', ""))
        .filter(|word| !word.is_empty())
        .collect()
}

/// Where a folded phrase stands in a folded text as whole words.
pub(crate) fn find_phrase(text: &str, phrase: &str) -> Vec<usize> {
    let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let (first, last) = (phrase.chars().next(), phrase.chars().next_back());
    text.match_indices(phrase)
        .filter(|(at, _)| {
            let before = text[..*at].chars().next_back();
            let after = text[at + phrase.len()..].chars().next();
            !(word(first) && word(before) || word(last) && word(after))
        })
        .map(|(at, _)| at)
        .collect()
}

/// How much of a wording stands anywhere in a text, in percent: words changed, left out or put in
/// are counted against it (edit distance of words, with the wording free to begin anywhere).
pub(crate) fn likeness(wording: &[String], text: &[String]) -> u64 {
    let n = wording.len();
    if n == 0 {
        return 100;
    }
    // One column of the table at a time: row i is the cost of the first i words of the wording.
    let mut column: Vec<usize> = (0..=n).collect();
    let mut least = n;
    for word in text {
        let mut diagonal = 0;
        for i in 1..=n {
            let change = diagonal + usize::from(wording[i - 1] != *word);
            diagonal = column[i];
            column[i] = change.min(column[i] + 1).min(column[i - 1] + 1);
        }
        least = least.min(column[n]);
    }
    ((n - least) * 100 / n) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mail_programs_change_makes_no_difference() {
        assert_eq!(
            fold("The Council\u{2019}s\u{A0}\r\n  \u{201C}Privacy\u{AD} Notice\u{201D} "),
            "the council's \"privacy notice\""
        );
        assert_eq!(words("the council's \"notice\""), ["the", "councils", "notice"]);
    }

    #[test]
    fn a_phrase_is_found_as_whole_words_only() {
        assert_eq!(find_phrase("a privacy notice", "privacy notice"), [2]);
        assert!(find_phrase("a privacy noticeboard", "privacy notice").is_empty());
        assert_eq!(find_phrase("subject: [personal] hi", "[personal]"), [9]);
    }

    #[test]
    fn a_changed_word_costs_its_share_and_order_counts() {
        let wording = words("one two three four five six seven eight nine ten");
        let like = |text: &str| likeness(&wording, &words(text));
        assert_eq!(like("hello one two three four five six seven eight nine ten bye"), 100);
        assert_eq!(
            like("one two three four FIVE! six seven eight nine ten".to_lowercase().as_str()),
            100
        );
        assert_eq!(like("one two three four cinq six seven eight nine ten"), 90);
        assert_eq!(like("one two three four six seven eight nine ten"), 90);
        assert!(like("ten nine eight seven six five four three two one") <= 20);
        assert_eq!(like(""), 0);
    }
}
