//! RTF's words: groups, control words and symbols, text, binary data.

/// One piece of RTF.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// `{`.
    Open,
    /// `}`.
    Close,
    /// A control word without its backslash, and its number.
    Word(&'a [u8], Option<i64>),
    /// A control symbol: the byte behind the backslash.
    Symbol(u8),
    /// `\'hh`.
    Byte(u8),
    /// Plain text; line ends do not count and are left out.
    Text(&'a [u8]),
    /// The data behind `\bin`.
    Binary(&'a [u8]),
}

/// Reads RTF word by word.
pub(super) struct Words<'a> {
    bytes: &'a [u8],
    /// Where the next word begins.
    pub at: usize,
}

/// Longer control words than this do not exist; what follows is text.
const LONGEST_WORD: usize = 64;

impl<'a> Words<'a> {
    /// From the start.
    pub fn new(bytes: &'a [u8]) -> Self {
        Words { bytes, at: 0 }
    }

    fn control(&mut self) -> Option<Token<'a>> {
        let first = *self.bytes.get(self.at)?;
        if first == b'\'' {
            let digit = |i: usize| (*self.bytes.get(i)? as char).to_digit(16);
            if let (Some(high), Some(low)) = (digit(self.at + 1), digit(self.at + 2)) {
                self.at += 3;
                return Some(Token::Byte((high * 16 + low) as u8));
            }
        }
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            return Some(Token::Symbol(first));
        }
        let start = self.at;
        let word = |b: &&u8| b.is_ascii_alphabetic();
        self.at += self.bytes[start..].iter().take(LONGEST_WORD).take_while(word).count();
        let name = &self.bytes[start..self.at];
        let number = self.number();
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        if name == b"bin" {
            let most = self.bytes.len() - self.at;
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0).min(most);
            let data = &self.bytes[self.at..self.at + length];
            self.at += length;
            return Some(Token::Binary(data));
        }
        Some(Token::Word(name, number))
    }

    fn number(&mut self) -> Option<i64> {
        let minus = self.bytes.get(self.at) == Some(&b'-');
        let start = self.at + usize::from(minus);
        let digits = self.bytes.get(start..)?.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        self.at = start + digits;
        let text = std::str::from_utf8(&self.bytes[start..self.at]).ok()?;
        // A number too large to be one is as good as none.
        let number: i64 = text.parse().unwrap_or(0);
        Some(if minus { -number } else { number })
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let start = self.at;
            match *self.bytes.get(start)? {
                b'{' => {
                    self.at += 1;
                    return Some(Token::Open);
                }
                b'}' => {
                    self.at += 1;
                    return Some(Token::Close);
                }
                b'\\' => {
                    self.at += 1;
                    return self.control();
                }
                b'\r' | b'\n' | 0 => self.at += 1,
                _ => {
                    let ends = |b: &u8| matches!(b, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0);
                    let rest = &self.bytes[start..];
                    let length = rest.iter().position(ends).unwrap_or(rest.len());
                    self.at += length;
                    return Some(Token::Text(&rest[..length]));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_their_number_and_take_one_space() {
        let words: Vec<_> = Words::new(b"{\\rtf1\\b0 a\r\n\\'e9\\~\\bin3 {}\\x}").collect();
        assert_eq!(
            words,
            [
                Token::Open,
                Token::Word(b"rtf", Some(1)),
                Token::Word(b"b", Some(0)),
                Token::Text(b"a"),
                Token::Byte(0xE9),
                Token::Symbol(b'~'),
                Token::Binary(b"{}\\"),
                Token::Text(b"x"),
                Token::Close,
            ]
        );
    }
}
