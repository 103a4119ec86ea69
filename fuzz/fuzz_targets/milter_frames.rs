//! Any bytes as what a mail server sends: frames are read or refused, in any order of commands the
//! session holds no more than it may, and a message that is handed over is whole or said not to be.
#![no_main]

use dlpscan::model::{Handle, Origin};
use dlpscan_milter::frame::{self, Command};
use dlpscan_milter::{Event, Session, Step};
use libfuzzer_sys::fuzz_target;

/// Bytes a message may have: small, so that the limit is met.
const MOST: usize = 1000;

fuzz_target!(|data: &[u8]| {
    let (mut from, mut buffer) = (data, Vec::new());
    let mut session = Session::new(MOST);
    while let Ok(Some(letter)) = frame::read(&mut from, &mut buffer) {
        assert!(buffer.len() < data.len());
        let events = match frame::parse(letter, &buffer) {
            None => return,
            Some(Command::Step(_, event)) => vec![event],
            Some(Command::LastBody(run)) => {
                vec![Event::Body(run), Event::EndOfMessage { queue_id: None }]
            }
            Some(Command::QuitNewConnection) => vec![Event::Abort],
            Some(Command::Macros(_, list)) => {
                _ = frame::macro_value(list, "i");
                continue;
            }
            Some(Command::Negotiate(offer)) => {
                let chosen = offer.choose();
                assert_eq!(chosen.steps & !offer.steps | chosen.actions & !offer.actions, 0);
                continue;
            }
        };
        for event in events {
            match session.on(event) {
                Step::Close => return,
                Step::Continue | Step::OutOfOrder => {}
                Step::Scan(item) => {
                    assert!(session.is_idle() && item.origin == Origin::Mail);
                    match item.handle {
                        Handle::Memory(bytes) => assert!(bytes.len() <= MOST),
                        Handle::Fault(_) => {}
                        _ => unreachable!("a message is in memory"),
                    }
                }
            }
        }
    }
});
