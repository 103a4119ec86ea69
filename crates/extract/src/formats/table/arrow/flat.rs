//! FlatBuffers, in which Arrow writes what it says about itself: tables whose fields lie where
//! other numbers say.

/// A table in a buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flat<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Flat<'b> {
    /// The table that a buffer begins with a pointer to.
    pub(super) fn root(bytes: &'b [u8]) -> Option<Flat<'b>> {
        Flat { bytes, at: 0 }.pointed(0)
    }

    /// Where field `id` lies; `None` where it is left out.
    fn place(&self, id: usize) -> Option<usize> {
        let back = i32::from_le_bytes(*self.chunk(self.at)?);
        let list = usize::try_from(self.at as i64 - i64::from(back)).ok()?;
        let size = usize::from(u16::from_le_bytes(*self.chunk(list)?));
        let entry = 4 + 2 * id;
        if entry + 2 > size {
            return None;
        }
        match u16::from_le_bytes(*self.chunk(list + entry)?) {
            0 => None,
            offset => self.at.checked_add(offset.into()),
        }
    }

    fn chunk<const N: usize>(&self, at: usize) -> Option<&'b [u8; N]> {
        self.bytes.get(at..)?.first_chunk()
    }

    /// What the pointer at `at` points to, which always lies behind it.
    fn pointed(&self, at: usize) -> Option<Flat<'b>> {
        let offset = u32::from_le_bytes(*self.chunk(at)?) as usize;
        let at = at.checked_add(offset).filter(|&at| offset > 0 && at < self.bytes.len())?;
        Some(Flat { bytes: self.bytes, at })
    }

    /// A field of one byte; 0 where it is left out.
    pub(super) fn byte(&self, id: usize) -> u8 {
        self.place(id).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0)
    }

    /// A field of two bytes.
    pub(super) fn short(&self, id: usize) -> Option<i16> {
        self.place(id).and_then(|at| self.chunk(at)).map(|b| i16::from_le_bytes(*b))
    }

    /// A field of four bytes.
    pub(super) fn int(&self, id: usize) -> Option<i32> {
        self.place(id).and_then(|at| self.chunk(at)).map(|b| i32::from_le_bytes(*b))
    }

    /// A field of eight bytes; 0 where it is left out.
    pub(super) fn long(&self, id: usize) -> i64 {
        self.place(id).and_then(|at| self.chunk(at)).map_or(0, |b| i64::from_le_bytes(*b))
    }

    /// A field that is a table.
    pub(super) fn table(&self, id: usize) -> Option<Flat<'b>> {
        self.pointed(self.place(id)?)
    }

    /// A field that is text; empty where it is left out.
    pub(super) fn text(&self, id: usize) -> String {
        let list = self.list(id, 1).unwrap_or_default();
        String::from_utf8_lossy(list).into_owned()
    }

    /// The bytes of a field that is a list of things of `width` bytes.
    fn list(&self, id: usize, width: usize) -> Option<&'b [u8]> {
        let list = self.pointed(self.place(id)?)?;
        let count = u32::from_le_bytes(*self.chunk(list.at)?) as usize;
        let start = list.at + 4;
        self.bytes.get(start..start.checked_add(count.checked_mul(width)?)?)
    }

    /// A field that is a list of tables.
    pub(super) fn tables(&self, id: usize) -> Vec<Flat<'b>> {
        let Some(list) = self.list(id, 4) else { return Vec::new() };
        let start = list.as_ptr() as usize - self.bytes.as_ptr() as usize;
        (0..list.len() / 4).filter_map(|i| self.pointed(start + 4 * i)).collect()
    }

    /// A field that is a list of whole numbers of four bytes.
    pub(super) fn ints(&self, id: usize) -> Vec<i32> {
        let list = self.list(id, 4).unwrap_or_default();
        list.as_chunks().0.iter().map(|&b| i32::from_le_bytes(b)).collect()
    }

    /// A field that is a list of whole numbers of eight bytes.
    pub(super) fn longs(&self, id: usize) -> Vec<i64> {
        let list = self.list(id, 8).unwrap_or_default();
        list.as_chunks().0.iter().map(|&b| i64::from_le_bytes(b)).collect()
    }

    /// A field that is a list of pairs of whole numbers of eight bytes.
    pub(super) fn pairs(&self, id: usize) -> Vec<(i64, i64)> {
        let list = self.list(id, 16).unwrap_or_default();
        let both = |b: &[u8; 16]| {
            let (first, second) = b.split_at(8);
            let long = |half: &[u8]| half.first_chunk().map_or(0, |b| i64::from_le_bytes(*b));
            (long(first), long(second))
        };
        list.as_chunks().0.iter().map(both).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_make_a_table_that_reads_beyond_them() {
        let mut seed = 7_u32;
        for len in 0..200 {
            let bytes: Vec<u8> = (0..len)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    // Small numbers point to places within.
                    (seed >> 24) as u8 & 0x1f
                })
                .collect();
            let Some(table) = Flat::root(&bytes) else { continue };
            for id in 0..8 {
                let _ = (table.byte(id), table.short(id), table.long(id), table.text(id));
                assert!(table.tables(id).len() <= len && table.pairs(id).len() <= len);
            }
        }
    }
}
