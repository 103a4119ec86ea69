//! What the characters of a number are worth.

use super::Gathered;
use super::parameters::Parameters;

/// Values of characters, position by position.
pub(crate) struct Symbols {
    /// One map, or several that take turns; in each the place of a character's group is its value.
    maps: Vec<Vec<Vec<u8>>>,
}

impl Symbols {
    /// Reads the parameter `values`: a text in which each character's place is its value
    /// (`"0123456789X"`), or, where several characters share one, groups with blanks between
    /// (`"0A 1B 2C"`); or a list of such texts, one for each character of the number in turn.
    /// `None` where it is left out: digits, as they are.
    pub(crate) fn read(p: &Parameters<'_>) -> Result<Option<Self>, String> {
        let texts = p.texts_or_text("values")?;
        if texts.is_empty() {
            return Ok(None);
        }
        if texts.iter().any(|text| text.trim().is_empty()) {
            return Err("a text of `values` is empty".into());
        }
        let map = |text: &String| -> Vec<Vec<u8>> {
            match text.contains(' ') {
                true => text.split(' ').map(|group| group.bytes().collect()).collect(),
                false => text.bytes().map(|b| vec![b]).collect(),
            }
        };
        Ok(Some(Symbols { maps: texts.iter().map(map).collect() }))
    }

    /// The value of a character at a position; `None` where it may not stand there.
    pub(crate) fn value(&self, position: usize, character: u8) -> Option<i64> {
        let map = &self.maps[position % self.maps.len()];
        let place = map.iter().position(|group| group.contains(&character))?;
        i64::try_from(place).ok()
    }

    /// The character of a value; the first of its group.
    pub(crate) fn character(&self, value: usize) -> Option<u8> {
        self.maps[0].get(value)?.first().copied()
    }

    /// How many values there are.
    pub(crate) fn base(&self) -> usize {
        self.maps[0].len()
    }

    /// Whether any map knows the character: a separator otherwise.
    fn knows(&self, character: u8) -> bool {
        self.maps.iter().flatten().any(|group| group.contains(&character))
    }
}

/// The characters of a number that count: letters and digits, upper case, and whatever else the
/// symbols know; only digits where there are none.
pub(crate) fn characters(text: &[u8], symbols: Option<&Symbols>) -> Gathered {
    let counts = |b: &u8| match symbols {
        None => b.is_ascii_digit(),
        Some(symbols) => b.is_ascii_alphanumeric() || symbols.knows(*b),
    };
    text.iter().map(u8::to_ascii_uppercase).filter(counts).collect()
}

/// Which part of a number a check looks at: the parameters `length`, `skip`, `first`, `last` and
/// `without`.
pub(crate) struct Part {
    length: Option<usize>,
    skip: usize,
    first: Option<usize>,
    last: Option<usize>,
    without: Vec<i64>,
}

impl Part {
    /// Reads:
    /// * `length`: numbers of another length are left to other checks;
    /// * `skip`: leave out so many characters at the start;
    /// * `first`, `last`: then look only at so many from the left, or from the right;
    /// * `without`: leave out the characters at these places, from 0.
    pub(crate) fn read(p: &Parameters<'_>) -> Result<Self, String> {
        let some = |key| -> Result<Option<usize>, String> {
            Ok(match p.size(key, usize::MAX)? {
                usize::MAX => None,
                n => Some(n),
            })
        };
        Ok(Part {
            length: some("length")?,
            skip: p.size("skip", 0)?,
            first: some("first")?,
            last: some("last")?,
            without: p.integers("without")?,
        })
    }

    /// The part; `None` where the check does not apply.
    pub(crate) fn of(&self, mut text: Gathered) -> Option<Gathered> {
        if self.length.is_some_and(|length| length != text.len()) {
            return None;
        }
        if !self.without.is_empty() {
            let mut place = -1;
            text.retain(|_| {
                place += 1;
                !self.without.contains(&place)
            });
        }
        text.drain(..self.skip.min(text.len()));
        if let Some(last) = self.last
            && text.len() > last
        {
            text.drain(..text.len() - last);
        }
        text.truncate(self.first.unwrap_or(usize::MAX));
        Some(text)
    }
}
