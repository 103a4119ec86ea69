//! Forms as a browser sends them: `name=Ann+Lee&ref=A%2F7`, in addresses, logs and bodies of
//! requests (WHATWG URL, application/x-www-form-urlencoded).

/// A field is told by what stands no further off than this.
const REACH: usize = 300;

/// What a form writes otherwise, where it may stand in a text: the bytes it takes, and the character it
/// means; `None` where it means itself.
pub(super) fn escape(text: &[u8], start: usize) -> Option<(usize, u8)> {
    let (width, means) = match text[start] {
        b'+' => (1, b' '),
        _ => (3, hexadecimal(text.get(start + 1..start + 3)?)?),
    };
    is_in_form(text, start).then_some((width, means))
}

/// A character of plain text by its number in hexadecimal.
fn hexadecimal(figures: &[u8]) -> Option<u8> {
    let figure = |byte: u8| (byte as char).to_digit(16);
    let number = figure(figures[0])? * 16 + figure(figures[1])?;
    u8::try_from(number).ok().filter(|byte| (b' '..=b'~').contains(byte))
}

/// Whether a place is in the value of a field that another field stands beside.
fn is_in_form(text: &[u8], at: usize) -> bool {
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`');
    let front = &text[at.saturating_sub(REACH)..at];
    let front = &front[front.iter().rposition(ends).map_or(0, |i| i + 1)..];
    let back = &text[at..text.len().min(at + REACH)];
    let back = &back[..back.iter().position(ends).unwrap_or(back.len())];
    let start = front.iter().rposition(|b| matches!(b, b'&' | b'?')).map_or(0, |i| i + 1);
    let named = memchr::memchr(b'=', &front[start..]).is_some_and(|len| {
        let name = |b: &u8| b.is_ascii_alphanumeric() || b"_-.[]%".contains(b);
        len > 0 && front[start..start + len].iter().all(name)
    });
    named && (start > 0 || is_followed(back))
}

/// Whether another field begins in what follows.
fn is_followed(back: &[u8]) -> bool {
    memchr::memchr(b'&', back).is_some_and(|at| {
        back[at + 1..].first().is_some_and(u8::is_ascii_alphanumeric)
            && memchr::memchr(b'=', &back[at..]).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let text = text.as_bytes();
        let (mut out, mut at) = (Vec::new(), 0);
        while at < text.len() {
            let escape = if b"%+".contains(&text[at]) { escape(text, at) } else { None };
            let (width, means) = escape.unwrap_or((1, text[at]));
            out.push(means);
            at += width;
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn fields_of_a_form_are_read_as_they_were_typed() {
        assert_eq!(read("a=12+34+56&b=x%40y.example&c=1%2F2"), "a=12 34 56&b=x@y.example&c=1/2");
        assert_eq!(read("GET /s?pw=Ab%2399 HTTP/1.1"), "GET /s?pw=Ab#99 HTTP/1.1");
        assert_eq!(read("a[b]=1+2&c=3"), "a[b]=1 2&c=3");
    }

    #[test]
    fn sums_shares_and_odd_escapes_stay() {
        for text in [
            "x = a+b&c",
            "5+5=10",
            "key=ab+cd==",
            "100%25 of it",
            "a=%zz&b=1",
            "a=%0A&b=%C3%A9",
            "a=1%2",
            "+",
            "%",
        ] {
            assert_eq!(read(text), text);
        }
    }
}
