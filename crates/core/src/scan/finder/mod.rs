//! Where a pattern may match.

mod expression;

pub(super) use expression::{Expression, Memory};
