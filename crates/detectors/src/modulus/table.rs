//! `valacdos.txt` and `scsubtab.txt`, read strictly.

use std::fmt;

/// The weight table and the table of substitutions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModulusTable {
    /// In the file's order, which is the order of the checks.
    pub(super) rows: Vec<Row>,
    /// `None` where the file was not given.
    pub(super) substitutions: Option<Vec<(u32, u32)>>,
}

/// One row of the weight table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) method: Method,
    /// Of u to z and a to h.
    pub(super) weights: [i32; 14],
    /// 1 to 14; 0 for none.
    pub(super) exception: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Mod10,
    Mod11,
    /// Double alternate: the digits of the products are added, not the products.
    Dblal,
}

/// What is wrong with a table: where, and what to do about it. Whoever read the file knows its
/// name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableFault {
    /// The line, from 1; 0 for the whole file.
    pub line: usize,
    /// What is wrong and how to put it right.
    pub message: String,
}

impl fmt::Display for TableFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TableFault {}

const ANEW: &str = "download the file again from https://www.vocalink.com/tools/modulus-checking/ \
                    and leave it as it is";

impl ModulusTable {
    /// Reads the weight table (`valacdos.txt`) and, if there is one, the table of substitutions
    /// (`scsubtab.txt`). Anything that is not as the specification says is a fault.
    pub fn parse(weights: &str) -> Result<Self, TableFault> {
        let mut rows: Vec<Row> = Vec::new();
        for (line, text) in numbered(weights)? {
            let row = row(text).map_err(|why| fault(line, &why))?;
            let same = rows.iter().filter(|r| r.from <= row.to && row.from <= r.to).count();
            if same > 1 {
                let why =
                    format!("a third row for sort code {:06}; there are at most two", row.from);
                return Err(fault(line, &why));
            }
            rows.push(row);
        }
        Ok(ModulusTable { rows, substitutions: None })
    }

    /// Adds the table of substitutions (`scsubtab.txt`), which exception 5 needs.
    pub fn with_substitutions(mut self, text: &str) -> Result<Self, TableFault> {
        let mut list: Vec<(u32, u32)> = Vec::new();
        for (line, text) in numbered(text)? {
            let fields: Vec<&str> = text.split_ascii_whitespace().collect();
            let [from, to] = fields[..] else {
                let why = format!("{} fields; there are two sort codes in a row", fields.len());
                return Err(fault(line, &why));
            };
            let from = sort_code(from).map_err(|why| fault(line, &why))?;
            let to = sort_code(to).map_err(|why| fault(line, &why))?;
            if list.iter().any(|(other, _)| *other == from) {
                return Err(fault(line, &format!("sort code {from:06} is substituted twice")));
            }
            list.push((from, to));
        }
        self.substitutions = Some(list);
        Ok(self)
    }

    /// Rows of the weight table.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the weight table has no row. It never has: an empty file is a fault.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Rows of the table of substitutions; `None` where it was not given.
    pub fn substitutions(&self) -> Option<usize> {
        self.substitutions.as_ref().map(Vec::len)
    }
}

/// The lines that hold something, with their numbers.
fn numbered(text: &str) -> Result<Vec<(usize, &str)>, TableFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let start = text.trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype") || start.starts_with("<html") {
        return Err(TableFault {
            line: 0,
            message: format!("this is a web page, not the table; {ANEW}"),
        });
    }
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    if lines.is_empty() {
        return Err(TableFault { line: 0, message: format!("the file is empty; {ANEW}") });
    }
    Ok(lines)
}

fn fault(line: usize, why: &str) -> TableFault {
    TableFault { line, message: format!("{why}; {ANEW}") }
}

fn row(text: &str) -> Result<Row, String> {
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    if !matches!(fields.len(), 17 | 18) {
        return Err(format!(
            "{} fields where a row has 17 or 18: two sort codes, the method, 14 weights, perhaps \
             an exception",
            fields.len()
        ));
    }
    let (from, to) = (sort_code(fields[0])?, sort_code(fields[1])?);
    if from > to {
        return Err(format!("the range {from:06} to {to:06} runs backwards"));
    }
    let method = match fields[2] {
        "MOD10" => Method::Mod10,
        "MOD11" => Method::Mod11,
        "DBLAL" => Method::Dblal,
        other => return Err(format!("{other:?} is none of MOD10, MOD11, DBLAL")),
    };
    let mut weights = [0; 14];
    for (weight, field) in weights.iter_mut().zip(&fields[3..17]) {
        *weight = field
            .parse()
            .ok()
            .filter(|w| (-999..=999).contains(w))
            .ok_or_else(|| format!("{field:?} is not a weight"))?;
    }
    let exception = match fields.get(17) {
        None => 0,
        Some(field) => field
            .parse()
            .ok()
            .filter(|e| (1..=14).contains(e))
            .ok_or_else(|| format!("{field:?} is not one of the exceptions 1 to 14"))?,
    };
    Ok(Row { from, to, method, weights, exception })
}

fn sort_code(field: &str) -> Result<u32, String> {
    field
        .parse()
        .ok()
        .filter(|_| field.len() == 6 && field.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| format!("{field:?} is not a sort code of six digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str =
        "990000 990009 MOD11    0    0    0    0    0    0    8    7    6    5    4    3    2    1";

    #[test]
    fn a_row_is_read_with_or_without_an_exception_and_a_last_line_break() {
        let table = ModulusTable::parse(&format!("{ROW}\r\n{ROW}  12")).unwrap();
        assert_eq!(table.len(), 2);
        assert_eq!(table.rows[0].weights[6..], [8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!((table.rows[0].exception, table.rows[1].exception), (0, 12));
        assert_eq!(table.substitutions(), None);
        let table = table.with_substitutions("938173 938017\n938289 938068\n").unwrap();
        assert_eq!(table.substitutions(), Some(2));
    }

    #[test]
    fn whatever_is_not_a_row_is_named_with_its_line() {
        for (text, line, word) in [
            ("", 0, "empty"),
            ("<!DOCTYPE html><html>", 0, "web page"),
            (&ROW.replace("MOD11", "MOD97"), 1, "MOD97"),
            (&format!("{ROW}\n990010 99001 MOD10"), 2, "fields"),
            (&ROW.replace("990009", "99000X"), 1, "99000X"),
            (&ROW.replace("990009", "980009"), 1, "backwards"),
            (&ROW.replace("    8", "  8.5"), 1, "8.5"),
            (&format!("{ROW} 15"), 1, "15"),
            (&format!("{ROW}\n{ROW}\n{ROW}"), 3, "third row"),
        ] {
            let fault = ModulusTable::parse(text).unwrap_err();
            assert_eq!(fault.line, line, "{text}");
            assert!(fault.message.contains(word), "{fault}");
            assert!(fault.message.contains("vocalink.com"), "{fault}");
        }
        let table = ModulusTable::parse(ROW).unwrap();
        assert_eq!(table.clone().with_substitutions("938173").unwrap_err().line, 1);
        let twice = "938173 938017\n938173 938018";
        assert_eq!(table.with_substitutions(twice).unwrap_err().line, 2);
    }
}
