//! Turns text segments into matches, and owns the nouns everyone in dlpscan speaks.
//!
//! Three rooms, each importing only from those before it:
//!
//! * [`model`]: the nouns. **Item ⊃ Part ⊃ Segment ⊃ Finding**, summed in an **Outcome** whose
//!   **ledger** accounts for every byte.
//! * [`detector`]: what a detector file says, read and checked.
//! * [`scan`]: the engine. **Candidate → Match**; the hall above turns a match into a finding.

pub mod detector;
pub mod model;
pub mod scan;
