//! A further revision written behind a file in memory, so that hayro reads what it otherwise
//! would hide, refuse or unpack without measure.

use super::value::{Dict, Value};
use memchr::memmem;

/// Objects that take the place of a file's own.
#[derive(Debug, Default)]
pub(super) struct Graft {
    objects: Vec<(u32, Vec<u8>)>,
    root: Option<u32>,
}

impl Graft {
    /// True when there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// Replaces an object by a dictionary. The catalog is named as such.
    pub fn dict(&mut self, number: u32, dict: &Dict, catalog: bool) {
        let mut body = Vec::new();
        write_dict(&mut body, dict);
        self.objects.push((number, body));
        if catalog {
            self.root = Some(number);
        }
    }

    /// Replaces a stream by one with these decoded bytes.
    pub fn stream(&mut self, number: u32, dict: &Dict, decoded: &[u8], encrypted: bool) {
        let dropped = [&b"Filter"[..], b"F", b"DecodeParms", b"DP", b"Length"];
        let mut dict = Dict(
            dict.0.iter().filter(|(k, _)| !dropped.contains(&k.as_slice())).cloned().collect(),
        );
        dict.0.push((b"Length".to_vec(), Value::Number(decoded.len() as f64)));
        if encrypted {
            // The identity crypt filter: this stream alone is not encrypted.
            dict.0.push((b"Filter".to_vec(), Value::Name(b"Crypt".to_vec())));
        }
        let mut body = Vec::new();
        write_dict(&mut body, &dict);
        body.extend(b"\nstream\n");
        body.extend(decoded);
        body.extend(b"\nendstream");
        self.objects.push((number, body));
    }

    /// A catalog of its own over these pages, for a file whose own cannot be found.
    pub fn catalog(&mut self, free: u32, pages: &[u32]) {
        let kids = pages.iter().map(|&n| Value::Ref(n)).collect();
        let name = |n: &str| Value::Name(n.as_bytes().to_vec());
        let tree = Dict(vec![
            (b"Type".to_vec(), name("Pages")),
            (b"Count".to_vec(), Value::Number(pages.len() as f64)),
            (b"Kids".to_vec(), Value::Array(kids)),
        ]);
        let catalog = Dict(vec![
            (b"Type".to_vec(), name("Catalog")),
            (b"Pages".to_vec(), Value::Ref(free + 1)),
        ]);
        self.dict(free + 1, &tree, false);
        self.dict(free, &catalog, true);
    }

    /// Writes the revision behind the file.
    pub fn write(&self, file: &mut Vec<u8>, trailer: Option<&Dict>) {
        let previous = startxref(file);
        let mut entries = Vec::new();
        for (number, body) in &self.objects {
            file.push(b'\n');
            entries.push((*number, file.len()));
            file.extend(format!("{number} 0 obj\n").as_bytes());
            file.extend(body);
            file.extend(b"\nendobj");
        }
        let mut dict = Dict::default();
        for key in ["Encrypt", "ID", "Info"] {
            if let Some(value) = trailer.and_then(|t| t.get(key)) {
                dict.0.push((key.as_bytes().to_vec(), value.clone()));
            }
        }
        let root = self.root.map(Value::Ref);
        if let Some(root) = root.or(trailer.and_then(|t| t.get("Root").cloned())) {
            dict.0.push((b"Root".to_vec(), root));
        }
        let size = entries.iter().map(|(n, _)| n + 1).max().unwrap_or(1);
        dict.0.push((b"Size".to_vec(), Value::Number(f64::from(size))));
        if let Some(previous) = previous {
            dict.0.push((b"Prev".to_vec(), Value::Number(previous as f64)));
        }
        file.push(b'\n');
        let xref = file.len();
        file.extend(b"xref\n");
        for (number, offset) in entries {
            file.extend(format!("{number} 1\n{offset:010} 00000 n \n").as_bytes());
        }
        file.extend(b"trailer\n");
        write_dict(file, &dict);
        file.extend(format!("\nstartxref\n{xref}\n%%EOF\n").as_bytes());
    }
}

/// The offset behind the last `startxref`.
fn startxref(file: &[u8]) -> Option<usize> {
    let at = memmem::rfind(file, b"startxref")? + 9;
    let digits: String = file[at..]
        .iter()
        .skip_while(|b| super::value::is_space(**b))
        .take_while(|b| b.is_ascii_digit())
        .map(|&b| char::from(b))
        .collect();
    digits.parse().ok().filter(|&n| n < file.len())
}

fn write_dict(out: &mut Vec<u8>, dict: &Dict) {
    out.extend(b"<<");
    for (key, value) in &dict.0 {
        write_name(out, key);
        out.push(b' ');
        write_value(out, value);
    }
    out.extend(b">>");
}

/// Values are at most as deep as the reader lets them be.
fn write_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Other => out.extend(b"null"),
        Value::Number(n) => out.extend(format!("{n}").as_bytes()),
        Value::Name(name) => write_name(out, name),
        Value::Text(text) => {
            out.push(b'<');
            for byte in text {
                out.extend(format!("{byte:02x}").as_bytes());
            }
            out.push(b'>');
        }
        Value::Array(items) => {
            out.push(b'[');
            for item in items {
                write_value(out, item);
                out.push(b' ');
            }
            out.push(b']');
        }
        Value::Dict(dict) => write_dict(out, dict),
        Value::Ref(number) => out.extend(format!("{number} 0 R").as_bytes()),
    }
}

fn write_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for &byte in name {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.' => out.push(byte),
            _ => out.extend(format!("#{byte:02x}").as_bytes()),
        }
    }
}
