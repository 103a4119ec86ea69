//! The UK modulus check: whether an account number can belong to a sort code.
//!
//! Source: Vocalink/Pay.UK, *Validating account numbers: UK modulus checking*, v7.70. The weight
//! tables are Pay.UK's and are never part of this program: the operator names `valacdos.txt` and
//! `scsubtab.txt`, which <https://www.vocalink.com/tools/modulus-checking/> gives away. Without
//! them nothing here has an opinion.
//!
//! [`ModulusTable`] is the tables, read strictly; [`ModulusTable::judge`] is the algorithm;
//! [`cases`] are the published examples, by which an operator sees that both fit together.

mod account;
mod cases;
mod rules;
mod table;

pub use account::{Account, accounts};
pub use cases::{Case, cases};
pub use table::{ModulusTable, TableFault};

/// What the check says of a sort code and an account number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The account number can belong to the sort code.
    Valid,
    /// It cannot: a mistyped or an invented one.
    Invalid,
    /// No row of the table covers the sort code. Pay.UK says to presume it valid; as evidence it
    /// says nothing.
    NotListed,
    /// The rules exempt this account (a foreign-currency account, exception 6), or need the table
    /// of substitutions, which was not given.
    NotCheckable,
}

impl Verdict {
    /// In plain words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Valid => "valid",
            Verdict::Invalid => "invalid",
            Verdict::NotListed => "not listed",
            Verdict::NotCheckable => "not checkable",
        }
    }
}
