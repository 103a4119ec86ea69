//! PDF objects as we read them ourselves: without recursion, without trust, at any place of a
//! file or of a decoded stream.

/// A direct object.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// `null`, `true`, `false`, and every word that is no object.
    Other,
    /// A number.
    Number(f64),
    /// A name without its slash, unescaped.
    Name(Vec<u8>),
    /// A string's bytes, unescaped.
    Text(Vec<u8>),
    /// An array.
    Array(Vec<Value>),
    /// A dictionary, in the file's order.
    Dict(Dict),
    /// A reference to an object, by number.
    Ref(u32),
}

/// A dictionary, in the file's order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Dict(pub Vec<(Vec<u8>, Value)>);

impl Dict {
    /// The first value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(k, _)| k == key.as_bytes()).map(|(_, v)| v)
    }

    /// True when the key's value is this name.
    pub fn is(&self, key: &str, name: &str) -> bool {
        matches!(self.get(key), Some(Value::Name(n)) if n == name.as_bytes())
    }

    /// The key's value, where it is a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Value::Number(n) => Some(*n),
            _ => None,
        }
    }
}

/// Containers deeper than this are read as if their brackets were not there.
const DEEPEST: usize = 64;
/// So many values of one object are kept; after that only its strings.
const MOST_VALUES: usize = 500_000;
/// An unclosed string is looked at this far.
const LONGEST_STRING: usize = 8 << 20;

/// One word of PDF.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A number.
    Number(f64),
    /// A name without its slash.
    Name(Vec<u8>),
    /// A string; false when it is not closed.
    Text(Vec<u8>, bool),
    /// `[` and `{`.
    Open,
    /// `]` and `}`.
    Close,
    /// `<<`.
    DictOpen,
    /// `>>`.
    DictClose,
    /// Any other word: its range in the bytes.
    Word(usize, usize),
}

/// Reads words of PDF.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    /// Where the next word is looked for.
    pub at: usize,
    /// Bytes that were looked at for the end of strings that have none.
    wasted: usize,
}

/// White space as PDF knows it.
pub(super) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\n' | b'\r' | b'\t' | 0 | 0x0C)
}

fn is_regular(b: u8) -> bool {
    !is_space(b)
        && !matches!(b, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Lexer<'a> {
    /// Reads from `at` on.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Lexer { bytes, at, wasted: 0 }
    }

    /// The bytes of a word.
    pub fn word(&self, start: usize, end: usize) -> &'a [u8] {
        &self.bytes[start..end]
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Goes past white space and comments.
    pub fn skip_space(&mut self) {
        while let Some(b) = self.peek() {
            if is_space(b) {
                self.at += 1;
            } else if b == b'%' {
                let rest = &self.bytes[self.at..];
                let end = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                self.at += end;
            } else {
                break;
            }
        }
    }

    /// The next word.
    pub fn next(&mut self) -> Option<Token> {
        self.skip_space();
        let start = self.at;
        let first = self.peek()?;
        self.at += 1;
        let second = self.peek();
        Some(match (first, second) {
            (b'<', Some(b'<')) => {
                self.at += 1;
                Token::DictOpen
            }
            (b'>', Some(b'>')) => {
                self.at += 1;
                Token::DictClose
            }
            (b'<', _) => self.hex(),
            (b'(', _) => self.string(),
            (b'[' | b'{', _) => Token::Open,
            (b']' | b'}', _) => Token::Close,
            (b'/', _) => Token::Name(self.name()),
            (b')' | b'>', _) => Token::Word(start, self.at),
            _ => {
                while self.peek().is_some_and(is_regular) {
                    self.at += 1;
                }
                match number(&self.bytes[start..self.at]) {
                    Some(n) => Token::Number(n),
                    None => Token::Word(start, self.at),
                }
            }
        })
    }

    fn name(&mut self) -> Vec<u8> {
        let mut name = Vec::new();
        while let Some(b) = self.peek().filter(|&b| is_regular(b)) {
            self.at += 1;
            let digits = self.bytes.get(self.at..self.at + 2);
            match (b, digits.and_then(|d| Some((hex(d[0])? << 4) | hex(d[1])?))) {
                (b'#', Some(escaped)) => {
                    name.push(escaped);
                    self.at += 2;
                }
                _ => name.push(b),
            }
        }
        name
    }

    fn hex(&mut self) -> Token {
        let rest = &self.bytes[self.at..];
        let end = memchr::memchr(b'>', rest);
        let digits: Vec<u8> =
            rest[..end.unwrap_or(rest.len())].iter().copied().filter_map(hex).collect();
        self.at += end.map_or(rest.len(), |e| e + 1);
        let bytes = digits.chunks(2).map(|d| (d[0] << 4) | d.get(1).unwrap_or(&0)).collect();
        Token::Text(bytes, end.is_some())
    }

    /// A string in brackets. An unclosed one gives its text up to the first word that ends an
    /// object, so that one missing bracket does not hide the rest of the file.
    fn string(&mut self) -> Token {
        let start = self.at;
        let (mut text, mut depth) = (Vec::new(), 1u32);
        let most = if self.wasted > 4 * LONGEST_STRING { 4096 } else { LONGEST_STRING };
        while let Some(b) = self.peek() {
            if self.at - start > most {
                break;
            }
            self.at += 1;
            match b {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Token::Text(text, true);
                    }
                }
                b'\\' => {
                    self.escape(&mut text);
                    continue;
                }
                b'\r' => {
                    // Any line end in a string is a line feed.
                    self.at += usize::from(self.peek() == Some(b'\n'));
                    text.push(b'\n');
                    continue;
                }
                _ => {}
            }
            text.push(b);
        }
        self.wasted += self.at - start;
        let seen = &self.bytes[start..self.at];
        let end = [&b"endobj"[..], b"endstream", b" Tj"]
            .iter()
            .filter_map(|w| memchr::memmem::find(seen, w))
            .min();
        if let Some(end) = end {
            self.at = start + end;
            text.truncate(end);
        }
        Token::Text(text, false)
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(b) = self.peek() else { return };
        self.at += 1;
        match b {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'0'..=b'7' => {
                let mut code = u32::from(b - b'0');
                for _ in 0..2 {
                    let Some(d) = self.peek().filter(|d| (b'0'..=b'7').contains(d)) else { break };
                    code = code * 8 + u32::from(d - b'0');
                    self.at += 1;
                }
                text.push(code as u8);
            }
            other => text.push(other),
        }
    }

    /// Reads an object. It ends with its last bracket, or before a word that cannot be part of it.
    pub fn value(&mut self) -> Option<Value> {
        let mut stack: Vec<Value> = Vec::new();
        let mut pending: Vec<Vec<Value>> = vec![Vec::new()];
        // Brackets below the deepest level: only counted.
        let mut deeper = 0usize;
        let mut count = 0usize;
        loop {
            let before = self.at;
            let token = self.next();
            let mut full = false;
            match token {
                None => full = true,
                Some(Token::Open | Token::DictOpen) if stack.len() >= DEEPEST => deeper += 1,
                Some(Token::Close | Token::DictClose) if deeper > 0 => deeper -= 1,
                Some(Token::Open) => {
                    stack.push(Value::Array(Vec::new()));
                    pending.push(Vec::new());
                }
                Some(Token::DictOpen) => {
                    stack.push(Value::Dict(Dict::default()));
                    pending.push(Vec::new());
                }
                Some(Token::Close | Token::DictClose) => match stack.pop() {
                    Some(container) => shut(container, &mut pending),
                    None => return pending.pop().and_then(|mut top| top.pop()),
                },
                Some(Token::Word(a, b)) => {
                    let word = self.word(a, b);
                    let items = pending.last_mut().expect("one level is always open");
                    match word {
                        b"R" if items.len() >= 2 => {
                            items.pop();
                            if let Some(Value::Number(n)) = items.pop() {
                                items.push(Value::Ref(n as u32));
                            }
                        }
                        b"endobj" | b"obj" | b"stream" | b"endstream" | b"xref" | b"trailer"
                        | b"startxref" => {
                            self.at = before;
                            full = true;
                        }
                        _ => items.push(Value::Other),
                    }
                }
                Some(token) => {
                    count += 1;
                    let value = match token {
                        Token::Number(n) => Value::Number(n),
                        Token::Name(n) => Value::Name(n),
                        Token::Text(t, _) => Value::Text(t),
                        _ => Value::Other,
                    };
                    if count < MOST_VALUES || matches!(value, Value::Text(_)) {
                        pending.last_mut().expect("one level is always open").push(value);
                    }
                }
            }
            if full {
                while let Some(container) = stack.pop() {
                    shut(container, &mut pending);
                }
                return pending.pop().and_then(|mut top| top.pop());
            }
            if stack.is_empty() {
                match pending[0].last() {
                    // A number may be the start of a reference.
                    Some(Value::Number(_)) if pending[0].len() < 3 && self.reference_follows() => {}
                    Some(_) => return pending.pop().and_then(|mut top| top.pop()),
                    None => {}
                }
            }
        }
    }

    /// True when after a number there are a number and `R`, or only `R`.
    fn reference_follows(&mut self) -> bool {
        let at = self.at;
        let mut next = self.next();
        if matches!(next, Some(Token::Number(_))) {
            next = self.next();
        }
        let follows = matches!(next, Some(Token::Word(a, b)) if self.word(a, b) == b"R");
        self.at = at;
        follows
    }
}

/// Closes a container over the values that were read since it was opened.
fn shut(container: Value, pending: &mut Vec<Vec<Value>>) {
    let items = pending.pop().unwrap_or_default();
    let closed = match container {
        Value::Dict(_) => {
            let mut dict = Dict::default();
            let mut items = items.into_iter().peekable();
            while let Some(item) = items.next() {
                match item {
                    Value::Name(key) => dict.0.push((key, items.next().unwrap_or(Value::Other))),
                    // A value without a key still may hold text.
                    loose => dict.0.push((Vec::new(), loose)),
                }
            }
            Value::Dict(dict)
        }
        _ => Value::Array(items),
    };
    match pending.last_mut() {
        Some(level) => level.push(closed),
        None => pending.push(vec![closed]),
    }
}

fn hex(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

fn number(word: &[u8]) -> Option<f64> {
    if !matches!(word.first()?, b'0'..=b'9' | b'+' | b'-' | b'.') {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Value> {
        Lexer::new(text.as_bytes(), 0).value()
    }

    #[test]
    fn an_object_is_read_with_its_references_and_escapes() {
        let Some(Value::Dict(dict)) =
            read("<</A 5 0 R /B [1 2 (x\\(y\\051\\\n)] /C#20D <414>>> stream")
        else {
            panic!("no dictionary")
        };
        assert_eq!(dict.get("A"), Some(&Value::Ref(5)));
        let array = vec![Value::Number(1.0), Value::Number(2.0), Value::Text(b"x(y)".to_vec())];
        assert_eq!(dict.get("B"), Some(&Value::Array(array)));
        assert_eq!(dict.get("C D"), Some(&Value::Text(b"A@".to_vec())));
        assert_eq!(read("12 0 R"), Some(Value::Ref(12)));
        assert_eq!(read("12 0 obj"), Some(Value::Number(12.0)));
    }

    #[test]
    fn brackets_without_end_cost_neither_stack_nor_the_text_in_them() {
        let deep = format!("{}(found){}", "[".repeat(400_000), "<<".repeat(400_000));
        let mut value = read(&deep).expect("a value");
        while let Value::Array(mut items) = value {
            value = items.remove(0);
        }
        assert_eq!(value, Value::Text(b"found".to_vec()));
    }

    #[test]
    fn an_unclosed_string_ends_with_its_object() {
        let mut lexer = Lexer::new(b"(never closed endobj 5 0 obj (next)", 0);
        assert_eq!(lexer.next(), Some(Token::Text(b"never closed ".to_vec(), false)));
        assert!(matches!(lexer.next(), Some(Token::Word(..))));
    }
}
