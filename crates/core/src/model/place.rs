use serde::{Deserialize, Serialize};
use std::fmt;

/// Where in a part something stood, as a person would point at it. Numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Place {
    /// Line and column (in characters) of a text.
    Line {
        /// Line, from 1.
        line: u64,
        /// Column in characters, from 1; 0 where it is not known.
        column: u64,
    },
    /// Page of a document.
    Page {
        /// Page, from 1.
        page: u64,
    },
    /// Cell of a sheet.
    Cell {
        /// The sheet's name.
        sheet: String,
        /// The cell, as `D14`.
        cell: String,
        /// The header of its column, where there is one.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        column: Option<String>,
    },
    /// Row of a table that has no sheet: csv, a table in a document, a database.
    Row {
        /// Row, from 1.
        row: u64,
        /// The header of its column, or the column's number.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        column: Option<String>,
    },
    /// Slide of a presentation.
    Slide {
        /// Slide, from 1.
        slide: u64,
    },
    /// Paragraph of a document.
    Paragraph {
        /// Paragraph, from 1.
        paragraph: u64,
    },
    /// Mail header.
    Header {
        /// The header's name.
        name: String,
    },
    /// Key path in structured data, as `staff[2].nino`.
    Key {
        /// The path.
        path: String,
    },
    /// Document property or attribute.
    Property {
        /// The property's name.
        name: String,
    },
    /// The name of the item or of a part.
    Name,
    /// Byte position in data of no known format.
    Offset {
        /// Offset in the part, from 0.
        offset: u64,
    },
    /// The whole part; nothing closer is known.
    Whole,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line { line, column: 0 } => write!(f, "line {line}"),
            Place::Line { line, column } => write!(f, "line {line}, column {column}"),
            Place::Page { page } => write!(f, "page {page}"),
            Place::Cell { sheet, cell, column: Some(column) } => {
                write!(f, "{sheet}!{cell} ({column})")
            }
            Place::Cell { sheet, cell, column: None } => write!(f, "{sheet}!{cell}"),
            Place::Row { row, column: Some(column) } => write!(f, "row {row} ({column})"),
            Place::Row { row, column: None } => write!(f, "row {row}"),
            Place::Slide { slide } => write!(f, "slide {slide}"),
            Place::Paragraph { paragraph } => write!(f, "paragraph {paragraph}"),
            Place::Header { name } => write!(f, "header {name}"),
            Place::Key { path } => write!(f, "key {path}"),
            Place::Property { name } => write!(f, "property {name}"),
            Place::Name => f.write_str("its name"),
            Place::Offset { offset } => write!(f, "byte {offset}"),
            Place::Whole => Ok(()),
        }
    }
}
