//! The columns of an Arrow table, as its schema message tells them.

use super::flat::Flat;

/// Fields of one file that are looked at.
const MOST_FIELDS: usize = 20_000;
/// Fields within fields that are followed.
const DEEPEST: u32 = 48;

/// How a field's values are stored, and what they mean.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Null,
    /// Whole numbers of so many bytes.
    Whole {
        width: usize,
        signed: bool,
    },
    /// Of two, four or eight bytes.
    Float(usize),
    /// Bytes with offsets of four bytes, or of eight.
    Bytes {
        wide: bool,
    },
    /// Bytes whose views lie apart from them.
    View,
    Truth,
    Decimal {
        width: usize,
        scale: u32,
    },
    /// Days since 1970 in four bytes, or so many of these a second in eight.
    Days,
    Moment(i64),
    /// Times of day, spans of time: so many bytes that tell nobody apart.
    Span(usize),
    Fixed(usize),
    List {
        wide: bool,
    },
    ListView {
        wide: bool,
    },
    FixedList(usize),
    Struct,
    Union {
        dense: bool,
        ids: Vec<i32>,
    },
    Runs,
}

/// A field, with what it is made of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) children: Vec<Field>,
    /// The dictionary that its values stand in, and how they are called there.
    pub(super) dictionary: Option<(i64, Kind)>,
}

/// The fields of a schema; `None` where it holds what no reader knows.
pub(super) fn fields(schema: &Flat<'_>) -> Option<Vec<Field>> {
    let mut left = MOST_FIELDS;
    schema.tables(1).iter().map(|table| field(table, 0, &mut left)).collect()
}

fn field(table: &Flat<'_>, depth: u32, left: &mut usize) -> Option<Field> {
    *left = left.checked_sub(1)?;
    if depth > DEEPEST {
        return None;
    }
    let children = table.tables(5);
    let children = children.iter().map(|child| field(child, depth + 1, left));
    let children = children.collect::<Option<Vec<_>>>()?;
    let dictionary = match table.table(4) {
        Some(about) => {
            let index = match about.table(1) {
                Some(index) => whole(&index)?,
                None => Kind::Whole { width: 4, signed: true },
            };
            Some((about.long(0), index))
        }
        None => None,
    };
    let kind = kind(table.byte(2), table.table(3))?;
    let fits = match &kind {
        Kind::List { .. } | Kind::ListView { .. } | Kind::FixedList(_) => children.len() == 1,
        Kind::Runs => children.len() == 2,
        Kind::Union { ids, .. } => ids.is_empty() || ids.len() == children.len(),
        _ => true,
    };
    fits.then(|| Field { name: table.text(0), kind, children, dictionary })
}

fn whole(about: &Flat<'_>) -> Option<Kind> {
    let width = match about.int(0)? {
        bits @ (8 | 16 | 32 | 64) => bits as usize / 8,
        _ => return None,
    };
    Some(Kind::Whole { width, signed: about.byte(1) != 0 })
}

/// A type by its number in Arrow's list (`Schema.fbs`, `union Type`).
fn kind(number: u8, about: Option<Flat<'_>>) -> Option<Kind> {
    let short = |id: usize| about.and_then(|about| about.short(id));
    let int = |id: usize| about.and_then(|about| about.int(id));
    let size = |id: usize| usize::try_from(int(id)?).ok();
    let unit = |given: Option<i16>| match given.unwrap_or(0) {
        0 => 1,
        1 => 1_000,
        2 => 1_000_000,
        _ => 1_000_000_000,
    };
    Some(match number {
        1 => Kind::Null,
        2 => whole(&about?)?,
        3 => Kind::Float(match short(0).unwrap_or(0) {
            0 => 2,
            1 => 4,
            _ => 8,
        }),
        4 | 5 => Kind::Bytes { wide: false },
        19 | 20 => Kind::Bytes { wide: true },
        23 | 24 => Kind::View,
        6 => Kind::Truth,
        7 => {
            let width = size(2).unwrap_or(128) / 8;
            let scale = int(1).unwrap_or(0).clamp(0, 38) as u32;
            match width {
                4 | 8 | 16 | 32 => Kind::Decimal { width, scale },
                _ => return None,
            }
        }
        8 => match short(0).unwrap_or(1) {
            0 => Kind::Days,
            _ => Kind::Moment(1_000),
        },
        10 => Kind::Moment(unit(short(0))),
        9 => Kind::Span(size(1).unwrap_or(32) / 8),
        11 => Kind::Span(match short(0).unwrap_or(0) {
            0 => 4,
            1 => 8,
            _ => 16,
        }),
        18 => Kind::Span(8),
        15 => Kind::Fixed(size(0)?),
        12 | 17 => Kind::List { wide: false },
        21 => Kind::List { wide: true },
        25 => Kind::ListView { wide: false },
        26 => Kind::ListView { wide: true },
        16 => Kind::FixedList(size(0)?),
        13 => Kind::Struct,
        14 => {
            let ids = about.map(|about| about.ints(1)).unwrap_or_default();
            Kind::Union { dense: short(0).unwrap_or(0) == 1, ids }
        }
        22 => Kind::Runs,
        _ => return None,
    })
}
