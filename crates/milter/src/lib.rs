//! The mail filter: what a mail server says becomes an item, and an outcome becomes the answer.
//!
//! * [`frame`] is the milter protocol on the wire (version 6, as Postfix and Sendmail speak it).
//! * [`Session`] follows one connection event by event, without input and output.
//! * [`reply`] turns an outcome into what the server is told.
//! * [`Filter`] scans a message within a deadline; [`serve`] is the socket, one thread a
//!   connection.
//! * [`doctor`] looks at Postfix's settings for what would let mail through unscanned.
//!
//! Whatever goes wrong, the answer is never to deliver: it is `451`, and the sender's server
//! tries again.

pub mod doctor;
mod filter;
pub mod frame;
mod listen;
mod permits;
mod reply;
mod seen;
mod server;
mod session;

pub use filter::{Filter, Settings, say};
pub use listen::{Address, Listener, Stream};
pub use permits::{Permit, Permits};
pub use reply::{Incomplete, Reply, reply};
pub use seen::SeenLog;
pub use server::serve;
pub use session::{Event, Session, Step};
