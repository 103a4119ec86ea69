use super::Reason;
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// The bytes of a part: borrowed from memory, in an open file, or only to be had one after another.
pub enum Content<'a> {
    /// In memory.
    Bytes(&'a [u8]),
    /// An open regular file and its length. Read by position; its cursor is not used.
    File(&'a File, u64),
    /// A range of an open regular file, such as a partition of a disk image.
    Within(&'a File, Range<u64>),
    /// A stream, such as a decompressor.
    Stream(Box<dyn Read + 'a>),
}

/// `Read` and `Seek` in one object.
pub trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Why reading was stopped, carried through [`io::Error`] so that it survives any library between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped(pub Reason);

impl Stopped {
    /// The reason behind an I/O error: ours if it carries one, else what its kind means for data
    /// that came out of a container.
    pub fn reason(error: &io::Error) -> Reason {
        let mut inner = error.get_ref().map(|e| e as &(dyn std::error::Error + 'static));
        while let Some(e) = inner {
            if let Some(stopped) = e.downcast_ref::<Stopped>() {
                return stopped.0;
            }
            inner = match e.downcast_ref::<io::Error>() {
                Some(io) => io.get_ref().map(|e| e as _),
                None => e.source(),
            };
        }
        match error.kind() {
            io::ErrorKind::PermissionDenied => Reason::Permission,
            io::ErrorKind::UnexpectedEof => Reason::Truncated,
            io::ErrorKind::OutOfMemory => Reason::LimitMemory,
            io::ErrorKind::Unsupported => Reason::Unsupported,
            _ if error.raw_os_error().is_some() => Reason::IoError,
            _ => Reason::Damaged,
        }
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.plain())
    }
}

impl std::error::Error for Stopped {}

impl From<Stopped> for io::Error {
    fn from(stopped: Stopped) -> Self {
        io::Error::other(stopped)
    }
}

impl<'a> Content<'a> {
    /// How many bytes there are, where that is known before reading.
    pub fn len(&self) -> Option<u64> {
        match self {
            Content::Bytes(bytes) => Some(bytes.len() as u64),
            Content::File(_, len) => Some(*len),
            Content::Within(_, range) => Some(range.end - range.start),
            Content::Stream(_) => None,
        }
    }

    /// The same once more, where it can be read twice: not a stream.
    pub fn again(&self) -> Option<Content<'a>> {
        match self {
            Content::Bytes(bytes) => Some(Content::Bytes(bytes)),
            Content::File(file, len) => Some(Content::File(file, *len)),
            Content::Within(file, range) => Some(Content::Within(file, range.clone())),
            Content::Stream(_) => None,
        }
    }

    /// True when it is known to hold nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// All bytes from the start, one after another.
    pub fn reader(self) -> Box<dyn Read + 'a> {
        match self {
            Content::Bytes(bytes) => Box::new(bytes),
            Content::File(file, len) => Box::new(FileReader::new(file, 0..len)),
            Content::Within(file, range) => Box::new(FileReader::new(file, range)),
            Content::Stream(stream) => stream,
        }
    }

    /// All bytes in memory, at most `most`; more than that is [`Reason::LimitMemory`].
    pub fn bytes(self, most: u64) -> io::Result<Cow<'a, [u8]>> {
        if self.len().is_some_and(|len| len > most) {
            return Err(Stopped(Reason::LimitMemory).into());
        }
        match self {
            Content::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
            other => {
                let mut all = Vec::with_capacity(other.len().unwrap_or(0) as usize);
                other.reader().take(most + 1).read_to_end(&mut all)?;
                if all.len() as u64 > most {
                    return Err(Stopped(Reason::LimitMemory).into());
                }
                Ok(Cow::Owned(all))
            }
        }
    }

    /// The bytes with random access. A stream is read into memory first, at most `most` bytes.
    pub fn seekable(self, most: u64) -> io::Result<Box<dyn ReadSeek + 'a>> {
        Ok(match self {
            Content::Bytes(bytes) => Box::new(Cursor::new(bytes)),
            Content::File(file, len) => Box::new(FileReader::new(file, 0..len)),
            Content::Within(file, range) => Box::new(FileReader::new(file, range)),
            stream => Box::new(Cursor::new(stream.bytes(most)?)),
        })
    }

    /// The first bytes, up to `most`, and the content as it was.
    pub fn peek(self, most: usize) -> (io::Result<Vec<u8>>, Content<'a>) {
        match self {
            Content::Bytes(bytes) => (Ok(bytes[..most.min(bytes.len())].to_vec()), self),
            Content::File(file, len) => (FileReader::new(file, 0..len).head(most), self),
            Content::Within(file, ref range) => {
                (FileReader::new(file, range.clone()).head(most), self)
            }
            Content::Stream(mut stream) => {
                let mut head = Vec::new();
                let read = (&mut stream).take(most as u64).read_to_end(&mut head);
                let again = Cursor::new(head.clone()).chain(ThenError::new(read, stream));
                (Ok(head), Content::Stream(Box::new(again)))
            }
        }
    }
}

impl fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Content::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Content::File(_, len) => write!(f, "File({len})"),
            Content::Within(_, range) => write!(f, "Within({range:?})"),
            Content::Stream(_) => f.write_str("Stream"),
        }
    }
}

/// A stream whose error, met while peeking, is given once what was peeked has been read again.
struct ThenError<R> {
    error: Option<io::Error>,
    rest: R,
}

impl<R> ThenError<R> {
    fn new(read: io::Result<usize>, rest: R) -> Self {
        ThenError { error: read.err(), rest }
    }
}

impl<R: Read> Read for ThenError<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.rest.read(buf),
        }
    }
}

/// Reads a file by position, never past the length it had when it was opened. A file that has
/// become shorter is an error ([`Reason::Changed`]), not a quiet end.
struct FileReader<'a> {
    file: &'a File,
    /// Where in the file the first byte stands.
    start: u64,
    len: u64,
    at: u64,
}

impl<'a> FileReader<'a> {
    fn new(file: &'a File, range: Range<u64>) -> Self {
        let len = range.end.saturating_sub(range.start);
        FileReader { file, start: range.start, len, at: 0 }
    }

    fn head(mut self, most: usize) -> io::Result<Vec<u8>> {
        // Room for all of it, so that one reading does.
        let mut head = vec![0; usize::try_from(self.len).unwrap_or(most).min(most)];
        self.read_exact(&mut head)?;
        Ok(head)
    }
}

impl Read for FileReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.at);
        let want = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if want == 0 {
            return Ok(0);
        }
        let got = self.file.read_at(&mut buf[..want], self.start + self.at)?;
        if got == 0 {
            return Err(Stopped(Reason::Changed).into());
        }
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for FileReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.len.checked_add_signed(n),
            SeekFrom::Current(n) => self.at.checked_add_signed(n),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peeking_at_a_stream_leaves_all_of_it_to_be_read() {
        let (head, content) = Content::Stream(Box::new(&b"abcdef"[..])).peek(3);
        assert_eq!(head.unwrap(), b"abc");
        assert_eq!(&*content.bytes(10).unwrap(), b"abcdef");
    }

    #[test]
    fn a_reason_survives_being_wrapped_twice() {
        let inner: io::Error = Stopped(Reason::LimitRatio).into();
        let outer = io::Error::new(io::ErrorKind::InvalidData, inner);
        assert_eq!(Stopped::reason(&outer), Reason::LimitRatio);
    }

    #[test]
    fn more_bytes_than_allowed_is_a_limit_not_a_cut() {
        let error = Content::Stream(Box::new(io::repeat(0))).bytes(100).unwrap_err();
        assert_eq!(Stopped::reason(&error), Reason::LimitMemory);
    }
}
