//! The engine: finds candidates in a segment, verifies them, weighs what stands near, resolves
//! overlaps.

/// Bytes of context that a window of a longer text needs on either side of its body. The engine
/// looks no further than this from the start of a match, so that a text gives the same matches
/// whatever its windows.
pub const MARGIN: usize = 4 << 10;
