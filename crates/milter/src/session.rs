use dlpscan::model::{Envelope, Handle, Item, ItemName, Note, Origin, PartPath, Reason};

/// What the mail server says, in the order of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A client connected, or greeted; nothing that matters to us.
    Connection,
    /// `MAIL FROM`, without angle brackets; empty for a bounce. Begins a message.
    Sender(&'a [u8]),
    /// `RCPT TO`, without angle brackets.
    Recipient(&'a [u8]),
    /// One header field: its name, and its value as it stood.
    Header(&'a [u8], &'a [u8]),
    /// The header is over.
    EndOfHeader,
    /// A run of the body.
    Body(&'a [u8]),
    /// The message is over: the answer decides what becomes of it.
    EndOfMessage {
        /// The server's own number for the message, where it told one.
        queue_id: Option<&'a str>,
    },
    /// The message is given up; the connection goes on.
    Abort,
    /// The connection is over.
    Quit,
}

/// What to do after an event.
#[derive(Debug)]
pub enum Step {
    /// Nothing to say: go on.
    Continue,
    /// The message is over: scan it and answer with [`reply`](crate::reply). One that is larger
    /// than may be held comes without its bytes, so that nobody can call it clean.
    Scan(Box<Item>),
    /// The server broke the protocol: answer with a temporary failure.
    OutOfOrder,
    /// Close the connection.
    Close,
}

/// One connection, which carries any number of messages, one after another.
#[derive(Debug)]
pub struct Session {
    most: usize,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Between messages.
    Idle,
    /// Sender and recipients.
    Envelope(Envelope),
    /// Header fields and body, gathered as they would stand in a file.
    Message { envelope: Envelope, bytes: Vec<u8>, body: bool, over: bool },
}

impl Session {
    /// A new connection; a message may hold at most `most` bytes.
    pub fn new(most: usize) -> Self {
        Session { most, state: State::Idle }
    }

    /// True between messages.
    pub fn is_idle(&self) -> bool {
        matches!(self.state, State::Idle)
    }

    /// Lets go of the current message. What is left of it is out of order.
    pub fn give_up(&mut self) {
        self.state = State::Idle;
    }

    /// Bytes of the current message that are held.
    pub fn held(&self) -> usize {
        match &self.state {
            State::Message { bytes, .. } => bytes.capacity(),
            _ => 0,
        }
    }

    /// Takes an event. Nothing of one message is left when the next begins.
    pub fn on(&mut self, event: Event<'_>) -> Step {
        match (event, std::mem::replace(&mut self.state, State::Idle)) {
            (Event::Quit, _) => Step::Close,
            (Event::Abort, _) => Step::Continue,
            (Event::Connection, state) => {
                self.state = state;
                Step::Continue
            }
            // A new sender begins a new message even if the last one was never finished.
            (Event::Sender(sender), _) => {
                let sender = String::from_utf8_lossy(sender).into_owned();
                self.state = State::Envelope(Envelope { sender, recipients: Vec::new() });
                Step::Continue
            }
            (Event::Recipient(recipient), State::Envelope(mut envelope)) => {
                envelope.recipients.push(String::from_utf8_lossy(recipient).into_owned());
                self.state = State::Envelope(envelope);
                Step::Continue
            }
            (event, State::Envelope(envelope)) => {
                self.state =
                    State::Message { envelope, bytes: Vec::new(), body: false, over: false };
                self.on(event)
            }
            (event, State::Message { envelope, bytes, body, over }) => {
                self.message(event, envelope, bytes, body, over)
            }
            (_, State::Idle) => Step::OutOfOrder,
        }
    }

    fn message(
        &mut self,
        event: Event<'_>,
        envelope: Envelope,
        mut bytes: Vec<u8>,
        mut body: bool,
        mut over: bool,
    ) -> Step {
        let add = |bytes: &mut Vec<u8>, over: &mut bool, pieces: &[&[u8]]| {
            let more: usize = pieces.iter().map(|p| p.len()).sum();
            // Past the limit nothing is kept: half a message is not a message.
            if *over || bytes.len() + more > self.most {
                *over = true;
                *bytes = Vec::new();
            } else {
                pieces.iter().for_each(|piece| bytes.extend_from_slice(piece));
            }
        };
        match event {
            Event::Header(name, value) if !body => {
                add(&mut bytes, &mut over, &[name, b": ", value, b"\r\n"]);
            }
            Event::EndOfHeader if !body => {
                body = true;
                add(&mut bytes, &mut over, &[b"\r\n"]);
            }
            Event::Body(run) if body => add(&mut bytes, &mut over, &[run]),
            Event::EndOfMessage { queue_id } => {
                let handle = match over {
                    true => Handle::Fault(Note::new(Reason::LimitBytes, PartPath::root())),
                    false => Handle::Memory(bytes.into()),
                };
                return Step::Scan(Box::new(Item {
                    name: ItemName::from(queue_id.unwrap_or("message")),
                    origin: Origin::Mail,
                    handle,
                    envelope: Some(envelope),
                }));
            }
            _ => return Step::OutOfOrder,
        }
        self.state = State::Message { envelope, bytes, body, over };
        Step::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(session: &mut Session, body: &[u8]) -> Step {
        for event in [
            Event::Sender(b"clerk@hartle-tc.example"),
            Event::Recipient(b"a@box.example"),
            Event::Recipient(b"b@box.example"),
            Event::Header(b"Subject", b"Allotments"),
            Event::EndOfHeader,
            Event::Body(body),
        ] {
            assert!(matches!(session.on(event), Step::Continue), "{event:?}");
        }
        session.on(Event::EndOfMessage { queue_id: Some("4F2A") })
    }

    #[test]
    fn a_message_becomes_an_item_with_its_envelope() {
        let Step::Scan(item) = message(&mut Session::new(1000), b"Plot 14\r\n") else { panic!() };
        assert_eq!(item.name.as_str(), "4F2A");
        assert_eq!(item.envelope.unwrap().recipients, ["a@box.example", "b@box.example"]);
        let Handle::Memory(bytes) = item.handle else { panic!() };
        assert_eq!(&*bytes, b"Subject: Allotments\r\n\r\nPlot 14\r\n");
    }

    #[test]
    fn one_connection_carries_many_messages_and_nothing_is_left_of_the_last() {
        let mut session = Session::new(1000);
        assert!(matches!(message(&mut session, b"one"), Step::Scan(_)));
        session.on(Event::Sender(b"x@box.example"));
        session.on(Event::Header(b"Subject", b"given up"));
        session.on(Event::Abort);
        let Step::Scan(item) = message(&mut session, b"two") else { panic!() };
        let Handle::Memory(bytes) = item.handle else { panic!() };
        assert!(bytes.ends_with(b"\r\n\r\ntwo"));
    }

    #[test]
    fn a_message_that_is_too_large_is_never_handed_over_cut() {
        let mut session = Session::new(64);
        let Step::Scan(item) = message(&mut session, &[b'x'; 100]) else { panic!() };
        assert!(matches!(item.handle, Handle::Fault(note) if note.reason == Reason::LimitBytes));
        assert!(matches!(message(&mut session, b"small"), Step::Scan(_)));
    }

    #[test]
    fn a_server_that_breaks_the_protocol_is_told_so_and_may_start_anew() {
        let mut session = Session::new(1000);
        assert!(matches!(session.on(Event::Body(b"x")), Step::OutOfOrder));
        session.on(Event::Sender(b""));
        assert!(matches!(session.on(Event::Body(b"before the header ended")), Step::OutOfOrder));
        assert!(matches!(message(&mut session, b"fine"), Step::Scan(_)));
    }

    #[test]
    fn any_order_of_events_is_survived() {
        let all = [
            Event::Connection,
            Event::Sender(b"a"),
            Event::Recipient(b"b"),
            Event::Header(b"c", b"d"),
            Event::EndOfHeader,
            Event::Body(b"e"),
            Event::EndOfMessage { queue_id: None },
            Event::Abort,
            Event::Quit,
        ];
        // Every sequence of five events from a fresh connection.
        for mut n in 0..all.len().pow(5) {
            let mut session = Session::new(8);
            for _ in 0..5 {
                session.on(all[n % all.len()]);
                n /= all.len();
            }
        }
    }
}
