//! Where the mail server reaches us: a TCP port or a Unix socket.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// An address, as Postfix writes it: `inet:127.0.0.1:8894` or `unix:/run/dlpscan/milter.sock`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Host and port.
    Inet(String),
    /// A socket file.
    Unix(PathBuf),
}

impl FromStr for Address {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("inet", rest)) => match rest.rsplit_once(':') {
                Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
                    Ok(Address::Inet(rest.to_owned()))
                }
                _ => Err(format!("\"{text}\" names no host and port; say inet:127.0.0.1:8894")),
            },
            Some(("unix", path)) if !path.is_empty() => Ok(Address::Unix(path.into())),
            _ => Err(format!(
                "\"{text}\" is no address; say inet:127.0.0.1:8894 or unix:/run/dlpscan/milter.sock"
            )),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Inet(host) => write!(f, "inet:{host}"),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A socket that waits for connections.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Inet(TcpListener),
    /// A socket file, removed when this is dropped.
    Unix(UnixListener, PathBuf),
}

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// TCP.
    Inet(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
}

impl Listener {
    /// Listens. A socket file that nobody listens on any more, as a killed filter leaves it, is
    /// taken over; one that is in use, and a file of another kind, is an error. `mode` is the
    /// permission of a socket file.
    pub fn bind(address: &Address, mode: u32) -> io::Result<Listener> {
        match address {
            Address::Inet(host) => {
                let listener = TcpListener::bind(host)?;
                listener.set_nonblocking(true)?;
                Ok(Listener::Inet(listener))
            }
            Address::Unix(path) => {
                if let Ok(meta) = fs::symlink_metadata(path) {
                    if !meta.file_type().is_socket() || UnixStream::connect(path).is_ok() {
                        return Err(io::ErrorKind::AddrInUse.into());
                    }
                    fs::remove_file(path)?;
                }
                let listener = UnixListener::bind(path)?;
                fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
                listener.set_nonblocking(true)?;
                Ok(Listener::Unix(listener, path.clone()))
            }
        }
    }

    /// The next connection; `WouldBlock` where there is none yet.
    pub fn accept(&self) -> io::Result<Stream> {
        match self {
            Listener::Inet(listener) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(false)?;
                // Each answer is one small frame that the server waits for.
                stream.set_nodelay(true)?;
                Ok(Stream::Inet(stream))
            }
            Listener::Unix(listener, _) => {
                let (stream, _) = listener.accept()?;
                stream.set_nonblocking(false)?;
                Ok(Stream::Unix(stream))
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Listener::Inet(listener) => listener.as_fd(),
            Listener::Unix(listener, _) => listener.as_fd(),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = self {
            _ = fs::remove_file(path);
        }
    }
}

impl Stream {
    /// How long one read or write may take.
    pub fn set_patience(&self, patience: Duration) -> io::Result<()> {
        match self {
            Stream::Inet(stream) => {
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))
            }
            Stream::Unix(stream) => {
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))
            }
        }
    }
}

impl Stream {
    /// Whether the other end has gone away.
    pub fn is_closed(&self) -> bool {
        let fd = match self {
            Stream::Inet(stream) => stream.as_fd(),
            Stream::Unix(stream) => stream.as_fd(),
        };
        let mut look = [PollFd::from_borrowed_fd(fd, PollFlags::RDHUP)];
        poll(&mut look, Some(&Timespec::default())).is_ok_and(|n| n > 0)
    }
}

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Inet(stream) => stream.read(buf),
            Stream::Unix(stream) => stream.read(buf),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Inet(stream) => stream.write(buf),
            Stream::Unix(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_postfix_writes_it() {
        for text in ["inet:127.0.0.1:8894", "inet:[::1]:8894", "unix:/run/dlpscan/milter.sock"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        for wrong in ["8894", "inet:8894", "inet:localhost:http", "unix:", "local:/x"] {
            assert!(wrong.parse::<Address>().unwrap_err().contains("say inet:"), "{wrong}");
        }
    }

    #[test]
    fn a_socket_left_by_a_killed_filter_is_taken_over_and_one_in_use_is_not() {
        let path = std::env::temp_dir().join(format!("dlpscan-listen-{}", std::process::id()));
        let address = Address::Unix(path.clone());
        let first = Listener::bind(&address, 0o600).unwrap();
        assert!(Listener::bind(&address, 0o600).is_err());
        drop(first);
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        drop(Listener::bind(&address, 0o600).unwrap());
        assert!(!path.exists());
        fs::write(&path, "a file").unwrap();
        assert!(Listener::bind(&address, 0o600).is_err());
        fs::remove_file(&path).unwrap();
    }
}
