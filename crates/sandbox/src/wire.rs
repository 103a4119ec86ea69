use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Instant;

/// The length that says "no more frames".
pub const END: u32 = u32::MAX;

/// The length that says "a question follows, with its own length".
pub const ASK: u32 = u32::MAX - 1;

/// Waits until `fd` is ready; false when `until` came first. Never waits longer than `until`.
pub fn wait(fd: BorrowedFd<'_>, flags: PollFlags, until: Option<Instant>) -> io::Result<bool> {
    loop {
        let left = until.map(|t| t.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| Timespec {
            tv_sec: left.as_secs().min(1 << 30) as i64,
            tv_nsec: left.subsec_nanos().into(),
        });
        match poll(&mut [PollFd::from_borrowed_fd(fd, flags)], timeout.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Sends all of two byte strings, the descriptors with the first byte.
/// `TimedOut` once `until` has passed.
pub fn send(
    socket: BorrowedFd<'_>,
    (head, body): (&[u8], &[u8]),
    fds: &[BorrowedFd<'_>],
    until: Option<Instant>,
) -> io::Result<()> {
    let mut sent = 0;
    while sent < head.len() + body.len() {
        let parts = [
            IoSlice::new(&head[sent.min(head.len())..]),
            IoSlice::new(&body[sent.saturating_sub(head.len())..]),
        ];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        if sent == 0 && !fds.is_empty() {
            control.push(SendAncillaryMessage::ScmRights(fds));
        }
        match sendmsg(socket, &parts, &mut control, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(n) => sent += n,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                if !wait(socket, PollFlags::OUT, until)? {
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Receives some bytes; 0 is the end. Descriptors are dropped by the kernel unless asked for.
/// `TimedOut` once `until` has passed, however much there still is to read.
pub fn receive(
    socket: BorrowedFd<'_>,
    buf: &mut [u8],
    fds: Option<&mut Vec<OwnedFd>>,
    until: Option<Instant>,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    loop {
        if until.is_some_and(|t| Instant::now() >= t) {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let mut control = match fds {
            Some(_) => RecvAncillaryBuffer::new(&mut space),
            None => RecvAncillaryBuffer::default(),
        };
        let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
        match recvmsg(socket, &mut [IoSliceMut::new(buf)], &mut control, flags) {
            Ok(message) => {
                if let Some(fds) = fds {
                    for message in control.drain() {
                        if let RecvAncillaryMessage::ScmRights(received) = message {
                            fds.extend(received);
                        }
                    }
                }
                return Ok(message.bytes);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                wait(socket, PollFlags::IN, until)?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Fills `buf`; an end before it is full is `UnexpectedEof`.
pub fn receive_exact(
    socket: impl AsFd,
    buf: &mut [u8],
    fds: &mut Vec<OwnedFd>,
    until: Option<Instant>,
) -> io::Result<()> {
    let mut filled = 0;
    while filled < buf.len() {
        match receive(socket.as_fd(), &mut buf[filled..], Some(fds), until)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => filled += n,
        }
    }
    Ok(())
}
