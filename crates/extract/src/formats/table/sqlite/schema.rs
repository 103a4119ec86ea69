//! The names of a table's columns, from the statement that made it.

/// What a `CREATE TABLE` statement says about the order of a row's values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// The columns' names, as stored.
    pub names: Vec<String>,
    /// The column that stands for the row's number, and is stored as null.
    pub rowid: Option<usize>,
}

impl Columns {
    /// Reads a statement. One that cannot be read gives no names.
    pub fn read(sql: &str) -> Columns {
        let tokens = tokens(sql);
        let Some(open) = tokens.iter().position(|t| t.is("(")) else { return Columns::default() };
        let mut depth = 0_usize;
        let mut parts = vec![Vec::new()];
        let mut rest = &tokens[open..];
        for (i, token) in tokens[open..].iter().enumerate() {
            match token {
                t if t.is("(") => depth += 1,
                t if t.is(")") => depth -= 1,
                t if t.is(",") && depth == 1 => {
                    parts.push(Vec::new());
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                rest = &tokens[open + i + 1..];
                break;
            }
            if let Some(part) = parts.last_mut() {
                part.push(token);
            }
        }
        // The bracket itself.
        parts[0].remove(0);
        let constraints = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let is_column = |part: &&Vec<&Token>| {
            part.first().is_some_and(|t| !constraints.iter().any(|c| t.is(c)) && !t.is("("))
        };
        let columns: Vec<_> = parts.iter().filter(is_column).collect();
        let names: Vec<String> = columns.iter().map(|part| part[0].text.clone()).collect();
        let primary =
            |part: &[&Token]| part.windows(2).any(|two| two[0].is("PRIMARY") && two[1].is("KEY"));
        if rest.iter().any(|t| t.is("WITHOUT")) {
            return Columns { names: keys_first(names, &columns, &parts, primary), rowid: None };
        }
        let is_rowid =
            |part: &Vec<&Token>| primary(part) && part.get(1).is_some_and(|t| t.is("INTEGER"));
        let listed = parts.iter().filter(|p| !is_column(p)).find(|p| primary(p));
        let rowid = columns.iter().position(|part| is_rowid(part)).or_else(|| {
            // PRIMARY KEY(id) of a column that is declared INTEGER means the same.
            let names_in: Vec<_> = keys(listed?).collect();
            let [name] = names_in[..] else { return None };
            let at = columns.iter().position(|part| part[0].text.eq_ignore_ascii_case(name))?;
            columns[at].get(1)?.is("INTEGER").then_some(at)
        });
        Columns { names, rowid }
    }
}

/// In a table without row numbers the columns of the primary key stand first.
fn keys_first(
    mut names: Vec<String>,
    columns: &[&Vec<&Token>],
    parts: &[Vec<&Token>],
    primary: impl Fn(&[&Token]) -> bool,
) -> Vec<String> {
    let mut first: Vec<String> = match columns.iter().position(|part| primary(part)) {
        Some(at) => vec![names[at].clone()],
        None => {
            let listed = parts.iter().find(|part| primary(part));
            listed.map_or_else(Vec::new, |part| keys(part).map(str::to_owned).collect())
        }
    };
    names.retain(|name| !first.iter().any(|key| key.eq_ignore_ascii_case(name)));
    first.append(&mut names);
    first
}

/// The columns a `PRIMARY KEY (…)` lists.
fn keys<'t>(part: &'t [&Token]) -> impl Iterator<Item = &'t str> {
    let open = part.iter().position(|t| t.is("(")).map_or(part.len(), |open| open + 1);
    let list = &part[open..];
    let name = |&i: &usize| i == 0 || list[i - 1].is(",");
    (0..list.len()).filter(name).map(|i| list[i].text.as_str())
}

/// A word, a name or a sign of a statement.
#[derive(Debug)]
struct Token {
    text: String,
    /// It stood in quotes, and is a name whatever it says.
    quoted: bool,
}

impl Token {
    fn is(&self, word: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(word)
    }
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(c) = rest.chars().next() {
        let (len, token) = match c {
            _ if rest.starts_with("--") => (rest.find('\n').unwrap_or(rest.len()), None),
            _ if rest.starts_with("/*") => (rest.find("*/").map_or(rest.len(), |at| at + 2), None),
            '"' | '\'' | '`' | '[' => quoted(rest, if c == '[' { ']' } else { c }),
            c if c.is_whitespace() => (c.len_utf8(), None),
            c if is_word(c) => {
                let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (len, Some(Token { text: rest[..len].to_owned(), quoted: false }))
            }
            c => (c.len_utf8(), Some(Token { text: c.to_string(), quoted: false })),
        };
        tokens.extend(token);
        rest = &rest[len..];
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$') || c as u32 > 127
}

/// A name in quotes, in which a quote stands twice.
fn quoted(text: &str, end: char) -> (usize, Option<Token>) {
    let mut name = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != end {
            name.push(c);
        } else if chars.peek().is_some_and(|&(_, next)| next == end && end != ']') {
            name.push(c);
            chars.next();
        } else {
            return (at + c.len_utf8(), Some(Token { text: name, quoted: true }));
        }
    }
    (text.len(), Some(Token { text: name, quoted: true }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_whatever_surrounds_them() {
        let read = |sql| Columns::read(sql);
        let plain = read("CREATE TABLE records (id integer primary key,\"sort code\" text, net)");
        assert_eq!(plain.names, ["id", "sort code", "net"]);
        assert_eq!(plain.rowid, Some(0));
        let hard = read(
            "CREATE TABLE [a b](x DECIMAL(10,2) DEFAULT (1,2), -- one, two\n `primary` TEXT \
             CHECK (y IN ('a,b', ')')), 'it''s' , PRIMARY KEY(x, `primary`), UNIQUE (x))",
        );
        assert_eq!(hard.names, ["x", "primary", "it's"]);
        assert_eq!(hard.rowid, None);
        assert_eq!(read("CREATE TABLE t(a INTEGER, b, PRIMARY KEY(a))").rowid, Some(0));
        assert_eq!(read("nonsense").names, Vec::<String>::new());
        assert_eq!(read("CREATE TABLE t(").names, Vec::<String>::new());
        assert_eq!(read("x)(").names, Vec::<String>::new());
    }

    #[test]
    fn without_row_numbers_the_key_stands_first() {
        let one = Columns::read("CREATE TABLE t(a, b TEXT PRIMARY KEY, c) WITHOUT ROWID");
        assert_eq!(one.names, ["b", "a", "c"]);
        let two = Columns::read("CREATE TABLE t(a, b, c, PRIMARY KEY(c, b)) WITHOUT ROWID");
        assert_eq!(two.names, ["c", "b", "a"]);
    }
}
