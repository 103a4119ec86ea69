//! Thrift's compact protocol, in which Parquet writes what it says about itself.

use std::collections::BTreeMap;

/// A value of any type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Thrift {
    /// A number, or a truth value as 0 or 1.
    Number(i64),
    Bytes(Vec<u8>),
    List(Vec<Thrift>),
    Struct(BTreeMap<i16, Thrift>),
}

/// Structs within structs, more than Parquet has.
const DEEPEST: u32 = 24;

impl Thrift {
    /// The struct that these bytes begin with, and how many of them it took.
    pub(super) fn read(bytes: &[u8]) -> Option<(Thrift, usize)> {
        let mut reader = Reader { bytes, at: 0 };
        let found = reader.fields(0)?;
        Some((found, reader.at))
    }

    /// A field of a struct.
    pub(super) fn field(&self, id: i16) -> Option<&Thrift> {
        match self {
            Thrift::Struct(fields) => fields.get(&id),
            _ => None,
        }
    }

    /// A field that is a number.
    pub(super) fn number(&self, id: i16) -> Option<i64> {
        match self.field(id)? {
            Thrift::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A field that is a number and not negative.
    pub(super) fn size(&self, id: i16) -> Option<u64> {
        self.number(id).and_then(|number| u64::try_from(number).ok())
    }

    /// A field that is a list; nothing if it is none.
    pub(super) fn list(&self, id: i16) -> &[Thrift] {
        match self.field(id) {
            Some(Thrift::List(list)) => list,
            _ => &[],
        }
    }

    /// A field that is text.
    pub(super) fn text(&self, id: i16) -> String {
        self.field(id).map(Thrift::string).unwrap_or_default()
    }

    /// Bytes as text.
    pub(super) fn string(&self) -> String {
        match self {
            Thrift::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            _ => String::new(),
        }
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let number = self.varint()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn fields(&mut self, depth: u32) -> Option<Thrift> {
        let mut fields = BTreeMap::new();
        let mut id = 0_i16;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(Thrift::Struct(fields));
            }
            id = match head >> 4 {
                0 => i16::try_from(self.zigzag()?).ok()?,
                step => id.checked_add(i16::from(step))?,
            };
            let value = match head & 15 {
                // Truth values stand in the head itself.
                1 => Thrift::Number(1),
                2 => Thrift::Number(0),
                kind => self.value(kind, depth)?,
            };
            fields.insert(id, value);
        }
    }

    fn value(&mut self, kind: u8, depth: u32) -> Option<Thrift> {
        if depth > DEEPEST {
            return None;
        }
        Some(match kind {
            1..=3 => Thrift::Number(self.byte()?.into()),
            4..=6 => Thrift::Number(self.zigzag()?),
            7 => {
                self.at = self.at.checked_add(8).filter(|&at| at <= self.bytes.len())?;
                Thrift::Number(0)
            }
            8 => {
                let len = usize::try_from(self.varint()?).ok()?;
                let bytes = self.bytes.get(self.at..self.at.checked_add(len)?)?;
                self.at += len;
                Thrift::Bytes(bytes.to_vec())
            }
            9 | 10 => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.varint()?,
                    count => count.into(),
                };
                // Each takes a byte at least.
                if count > (self.bytes.len() - self.at.min(self.bytes.len())) as u64 {
                    return None;
                }
                let list = (0..count).map(|_| self.value(head & 15, depth + 1));
                Thrift::List(list.collect::<Option<_>>()?)
            }
            12 => self.fields(depth + 1)?,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_struct_of_numbers_texts_and_lists_is_read() {
        // 1: i32 -3, 2: "ab", 4: list of i32 1, 2; behind it something else.
        let bytes = [0x15, 5, 0x18, 2, b'a', b'b', 0x29, 0x25, 2, 4, 0, 99];
        let (found, took) = Thrift::read(&bytes).unwrap();
        assert_eq!(took, 11);
        assert_eq!(found.number(1), Some(-3));
        assert_eq!(found.text(2), "ab");
        assert_eq!(found.list(4), [Thrift::Number(1), Thrift::Number(2)]);
        for cut in 0..11 {
            assert_eq!(Thrift::read(&bytes[..cut]), None, "{cut}");
        }
        assert_eq!(Thrift::read(&[0x1c; 1000]), None, "structs without end");
    }
}
