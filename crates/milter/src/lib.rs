//! The mail filter: what a mail server says becomes an item, and an outcome becomes the answer.
//!
//! This is the part without input and output: [`Session`] follows one connection of the milter
//! protocol (version 6, as Postfix and Sendmail speak it) event by event, and [`reply`] turns an
//! outcome into what the server is told. The socket, the frames and the clock belong to a door
//! around them.

mod reply;
mod session;

pub use reply::{Incomplete, Reply, reply};
pub use session::{Event, Session, Step};
