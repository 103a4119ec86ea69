//! What a detector file says: [`DetectorSpec`], read from TOML; and the contract of the checks
//! it names: [`Validator`].

mod check;
mod spec;
mod whole;

pub use check::{Candidate, CheckMaker, Checks, Validator};
pub use spec::{
    Boundary, Case, Certainty, CheckSpec, Confidence, Counterexample, DetectorFile, DetectorSpec,
    Example, Needs, OnInvalid, PairSpec, PatternSpec, PhraseSpec, Proximity, SpecError,
};
pub use whole::{Beginning, Step, WholeSpec};
