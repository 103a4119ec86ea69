//! Files that follow each other in one decompressed stream.

use super::codec::{Progress, Watched};
use crate::descend::Descent;
use dlpscan_core::model::{Content, Part, Reason, Stopped};
use std::cell::Cell;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// The next file of the stream. Says why the stream cannot be read on, if it cannot.
pub(super) fn file(
    stream: &mut dyn Read,
    name: &str,
    size: u64,
    crc: Option<u32>,
    descent: &mut Descent<'_>,
) -> ControlFlow<(), Option<Reason>> {
    let progress = Cell::new(Progress::Unread);
    let mut left = Exactly { inner: stream, left: size };
    let watched = Watched::new(&mut left, &progress);
    descent.part(Part::new(name, Content::Stream(Box::new(watched))))?;
    ControlFlow::Continue(match progress.get() {
        Progress::Failed(reason) => Some(reason),
        Progress::Ended { crc: made, .. } => {
            if crc.is_some_and(|crc| crc != made) {
                descent.note_inside(name, Reason::Damaged, Some(size));
            }
            None
        }
        Progress::Unread => {
            Some(descent.budget().check().err().map_or(Reason::LimitDepth, |stopped| stopped.0))
        }
        // The files behind it can be read only through it.
        Progress::Begun => {
            io::copy(&mut left, &mut io::sink()).err().map(|error| Stopped::reason(&error))
        }
    })
}

/// So many bytes; fewer are an error.
struct Exactly<'s> {
    inner: &'s mut dyn Read,
    left: u64,
}

impl Read for Exactly<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let want = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if want == 0 {
            return Ok(0);
        }
        let n = self.inner.read(&mut buf[..want])?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= n as u64;
        Ok(n)
    }
}
