//! The data of embedded objects (`\objdata`): an OLE 1.0 stream ([MS-OLEDS] 2.2.5), within it
//! perhaps a package that holds a file.

/// What an object holds.
pub(super) struct Embedded<'a> {
    /// The file's name, or the object's class.
    pub name: Option<String>,
    /// Its bytes.
    pub data: &'a [u8],
}

/// Opens an object's data. What is not such a stream is taken as it is.
pub(super) fn open(data: &[u8]) -> Embedded<'_> {
    native(data).unwrap_or(Embedded { name: None, data })
}

fn native(data: &[u8]) -> Option<Embedded<'_>> {
    let mut reader = Bytes(data);
    let _version = reader.number()?;
    // 1 is a link, 2 an embedded object.
    if !matches!(reader.number()?, 1 | 2) {
        return None;
    }
    let class = reader.counted()?;
    let _topic = reader.counted()?;
    let _item = reader.counted()?;
    let size = reader.number()? as usize;
    let native = &reader.0[..size.min(reader.0.len())];
    let class = String::from_utf8_lossy(class).trim_end_matches('\0').to_owned();
    if class.eq_ignore_ascii_case("package")
        && let Some(file) = package(native)
    {
        return Some(file);
    }
    Some(Embedded { name: Some(class), data: native })
}

/// A packager's stream: label, path, kind, path again, size, the file.
fn package(data: &[u8]) -> Option<Embedded<'_>> {
    let mut reader = Bytes(data.get(2..)?);
    let label = reader.terminated()?;
    let _path = reader.terminated()?;
    reader.skip(4)?;
    let length = reader.number()? as usize;
    reader.skip(length)?;
    let size = reader.number()? as usize;
    let name = String::from_utf8_lossy(label).into_owned();
    Some(Embedded { name: Some(name), data: &reader.0[..size.min(reader.0.len())] })
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn skip(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.skip(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        self.skip(length)
    }

    fn terminated(&mut self) -> Option<&'a [u8]> {
        let length = memchr::memchr(0, self.0)?;
        let text = self.skip(length)?;
        self.skip(1)?;
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packaged_file_comes_out_with_its_name() {
        let mut inner = b"\x02\x00note.txt\0C:\\note.txt\0\0\0\x03\0".to_vec();
        inner.extend(12u32.to_le_bytes());
        inner.extend(b"C:\\note.txt\0");
        inner.extend(4u32.to_le_bytes());
        inner.extend(b"textrest");
        let mut data = [0x0501u32.to_le_bytes(), 2u32.to_le_bytes(), 8u32.to_le_bytes()].concat();
        data.extend(b"Package\0\0\0\0\0\0\0\0\0");
        data.extend((inner.len() as u32).to_le_bytes());
        data.extend(&inner);
        let file = open(&data);
        assert_eq!((file.name.as_deref(), file.data), (Some("note.txt"), &b"text"[..]));
        assert_eq!(open(b"Dear Sir").data, b"Dear Sir");
    }
}
