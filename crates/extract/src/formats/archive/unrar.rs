//! RAR archives of every age, unpacked: 1.3 to 7.

use super::claims::Claims;
use super::names;
use super::positioned::Positioned;
use super::rar::Rar;
use super::unrar_mend::mended;
use crate::descend::{Descent, Flow};
use crate::extractor::{Extractor, Hint, Sure};
use dlpscan_core::model::{Content, Fate, Part, Reason, Secret, Stopped};
use rars::{
    Archive, ArchiveMember, ArchiveMemberDetail, ArchiveMemberRef, ArchiveReadOptions,
    ArchiveReader, Error, ErrorKind, ExtractionDecision, ExtractionErrorAction,
};
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::ops::{ControlFlow, Range};
use std::rc::Rc;
use std::time::Instant;

/// RAR archives, unpacked.
pub struct Unrar;

impl Extractor for Unrar {
    fn name(&self) -> &'static str {
        "rar"
    }

    fn sniff(&self, head: &[u8], _hint: &Hint<'_>) -> Sure {
        let old = head.starts_with(b"RE~^");
        if old || head.starts_with(b"Rar!\x1a\x07") { Sure::Certain } else { Sure::No }
    }

    fn extract(&self, part: Part<'_>, descent: &mut Descent<'_>) -> Flow {
        let size = part.content.len().unwrap_or(0);
        let mut password = None;
        let mut opened = open(&part.content, None, descent);
        if let Err(Reason::Encrypted) = opened {
            // Its list of files is locked as well.
            let fits = |with| open(&part.content, Some(with), descent).ok().map(|all| (all, with));
            if let Some((archive, with)) = descent.passwords().iter().find_map(fits) {
                password = Some(with);
                opened = Ok(archive);
                descent.opened(None);
            }
        }
        let archive = match opened {
            Ok(archive) => archive,
            Err(reason @ (Reason::Damaged | Reason::Truncated)) => {
                let Some(archive) = mend(&part.content, descent) else {
                    return if size < SHORTEST {
                        stump(descent)
                    } else {
                        Rar.extract(part, descent)
                    };
                };
                descent.note_with(reason, None, "");
                archive
            }
            // Without its list of files all that can be said is why.
            Err(Reason::Encrypted | Reason::Unsupported) if size >= SHORTEST => {
                return Rar.extract(part, descent);
            }
            Err(_) if size < SHORTEST => return stump(descent),
            Err(reason) => {
                descent.note_with(reason, None, "its list of files cannot be read");
                return Flow::Continue(());
            }
        };
        let password = password.or_else(|| fitting(&archive, descent));
        if let Ok(Some(comment)) = archive.comment_with_options(options(password, descent)) {
            names::property("comment", &comment, descent)?;
        }
        let mut reading = Reading::new(size, password);
        for member in archive.member_refs() {
            let packed = packed(&member);
            // What a header says is scanned as a name.
            let header = header(&member).unwrap_or(packed.start)..packed.start;
            reading.claims.claim(header, Fate::Scanned, descent);
            reading.members.push(packed);
        }
        reading.all(&archive, descent)
    }
}

/// What the library may use.
fn options<'p>(password: Option<&'p Secret>, descent: &Descent<'_>) -> ArchiveReadOptions<'p> {
    let limits = descent.budget().limits();
    let mut options = ArchiveReadOptions::with_optional_password(password.map(Secret::reveal))
        .with_max_header_count(limits.parts.saturating_add(16))
        .with_max_header_bytes(limits.buffer)
        .with_max_reader_workspace_bytes(limits.buffer.saturating_mul(2))
        .with_max_total_output_bytes(descent.budget().bytes_left())
        .with_rar50_dictionary_size_limit(limits.buffer);
    options.rar50_buffered_decode_limit = Some(limits.buffer / 4);
    options
}

/// The password that opens the smallest of the locked members, among those to try.
fn fitting<'d>(archive: &Archive, descent: &Descent<'d>) -> Option<&'d Secret> {
    let members = archive.members().enumerate();
    let locked = members.filter(|(_, m)| m.meta.is_encrypted && !m.meta.is_directory);
    let (index, _) = locked.min_by_key(|(_, member)| member.meta.unpacked_size)?;
    descent.passwords().iter().find(|&password| {
        let most = descent.budget().limits().buffer;
        let options = options(Some(password), descent).with_max_total_output_bytes(most);
        let read = || archive.read_member_at_with_options(index, options);
        descent.budget().check().is_ok() && matches!(read(), Ok(Some(_)))
    })
}

fn open(
    content: &Content<'_>,
    password: Option<&Secret>,
    descent: &Descent<'_>,
) -> Result<Archive, Reason> {
    let options = options(password, descent);
    let (file, range) = match *content {
        Content::File(file, len) => (file, 0..len),
        Content::Within(file, ref range) => (file, range.clone()),
        Content::Bytes(bytes) => {
            return ArchiveReader::read_with_options(bytes, options).map_err(|e| reason(&e));
        }
        Content::Stream(_) => return Err(Reason::Unsupported),
    };
    let file = Positioned::new(file, range).map_err(|error| Stopped::reason(&error))?;
    ArchiveReader::read_reader_with_options(file, options).map_err(|error| reason(&error))
}

/// Fewer bytes than this are a signature and nothing more.
const SHORTEST: u64 = 20;

fn stump(descent: &mut Descent<'_>) -> Flow {
    descent.note(Reason::Truncated);
    Flow::Continue(())
}

/// What can still be unpacked of an archive whose list of files is broken.
fn mend(content: &Content<'_>, descent: &Descent<'_>) -> Option<Archive> {
    let most = descent.budget().limits().buffer;
    let mended = mended(&content.again()?.bytes(most).ok()?, most)?;
    ArchiveReader::read_owned_with_options(mended, options(None, descent)).ok()
}

/// What an error of the library means.
fn reason(error: &Error) -> Reason {
    // What was left out of the library is what needs a password.
    let root = error.root_cause();
    if matches!(root, Error::FeatureDisabled { .. } | Error::UnsupportedEncryption { .. }) {
        return Reason::Encrypted;
    }
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => Reason::Encrypted,
        ErrorKind::ResourceLimit => match root {
            Error::HeaderCountLimitExceeded { .. } => Reason::LimitCount,
            Error::TotalOutputLimitExceeded { .. } | Error::MemberOutputLimitExceeded { .. } => {
                Reason::LimitBytes
            }
            _ => Reason::LimitMemory,
        },
        ErrorKind::UnsupportedFeature | ErrorKind::UnsupportedFormat => match root {
            Error::Rar50Crypto(_) => Reason::Encrypted,
            _ => Reason::Unsupported,
        },
        _ => match root {
            Error::TooShort => Reason::Truncated,
            Error::Io(error) if error.kind == io::ErrorKind::UnexpectedEof => Reason::Truncated,
            _ => Reason::Damaged,
        },
    }
}

/// Where a member's packed bytes lie.
fn packed(member: &ArchiveMemberRef<'_>) -> Range<u64> {
    let range = match member {
        ArchiveMemberRef::Rar13(entry) => &entry.packed_range,
        ArchiveMemberRef::Rar15To40(file) => &file.packed_range,
        ArchiveMemberRef::Rar50Plus(file) => &file.block.data_range,
        _ => &(0..0),
    };
    range.start as u64..range.end as u64
}

/// Where a member's header begins, where the library says it.
fn header(member: &ArchiveMemberRef<'_>) -> Option<u64> {
    match member {
        ArchiveMemberRef::Rar15To40(file) => Some(file.block.offset as u64),
        ArchiveMemberRef::Rar50Plus(file) => Some(file.block.offset as u64),
        _ => None,
    }
}

/// The reading of one archive.
struct Reading<'p> {
    /// What opens the members that are locked.
    password: Option<&'p Secret>,
    claims: Claims,
    /// Where the packed bytes of each member lie.
    members: Vec<Range<u64>>,
    /// Members met so far.
    met: usize,
    /// The member that is being unpacked.
    open: Option<Open>,
}

/// A member that is being unpacked.
struct Open {
    name: String,
    locked: bool,
    size: u64,
    packed: Range<u64>,
    taken: Rc<RefCell<Taken>>,
}

impl<'p> Reading<'p> {
    fn new(size: u64, password: Option<&'p Secret>) -> Self {
        Reading { password, claims: Claims::new(size), members: Vec::new(), met: 0, open: None }
    }

    fn all(&mut self, archive: &Archive, descent: &mut Descent<'_>) -> Flow {
        // Both callbacks need all of it, one after the other.
        let shared = RefCell::new((self, descent, Flow::Continue(())));
        let decide = |member: &ArchiveMember| {
            let (this, descent, flow) = &mut *shared.borrow_mut();
            *flow = this.close(None, descent);
            if flow.is_break() || descent.budget().check().is_err() {
                return Ok(ExtractionDecision::Stop);
            }
            let (decision, went) = this.member(member, archive, descent);
            *flow = went;
            Ok(decision)
        };
        let on_error = |_: &ArchiveMember, error: &Error| {
            let (this, descent, flow) = &mut *shared.borrow_mut();
            *flow = this.close(Some(reason(error)), descent);
            let go_on = flow.is_continue() && descent.budget().check().is_ok();
            Ok(if go_on { ExtractionErrorAction::Continue } else { ExtractionErrorAction::Abort })
        };
        let options = {
            let (this, descent, _) = &*shared.borrow();
            options(this.password, descent)
        };
        let ended = archive.extract_with_control_and_errors(options, decide, on_error);
        let (this, descent, flow) = shared.into_inner();
        flow?;
        let failed = ended.as_ref().err().map(reason);
        this.close(failed, descent)?;
        if let Some(reason) = failed.filter(|_| descent.budget().check().is_ok()) {
            // What depends on the member that failed, or was not asked for.
            let rest = archive.members().skip(this.met);
            for member in rest.filter(|member| !member.meta.is_directory) {
                let name = this.name(&member, descent)?;
                descent.note_inside(&name, reason, Some(member.meta.unpacked_size));
                let packed = this.members.get(this.met - 1).cloned().unwrap_or(0..0);
                this.claims.claim(packed, Fate::Unscannable(reason), descent);
            }
        }
        Flow::Continue(())
    }

    /// Scans a member's name; gives what its part is called.
    fn name(
        &mut self,
        member: &ArchiveMember,
        descent: &mut Descent<'_>,
    ) -> ControlFlow<(), String> {
        self.met += 1;
        let name = names::text(&member.meta.name);
        let shown = names::shown(&name, self.met);
        names::give(&name, &shown, descent)?;
        ControlFlow::Continue(shown)
    }

    /// What is to be done with a member.
    fn member(
        &mut self,
        member: &ArchiveMember,
        archive: &Archive,
        descent: &mut Descent<'_>,
    ) -> (ExtractionDecision, Flow) {
        let meta = &member.meta;
        let packed = self.members.get(self.met).cloned().unwrap_or(0..0);
        let name = match self.name(member, descent) {
            ControlFlow::Continue(name) => name,
            ControlFlow::Break(()) => {
                return (ExtractionDecision::Stop, Flow::Break(()));
            }
        };
        if meta.is_directory {
            return (ExtractionDecision::Skip, Flow::Continue(()));
        }
        let mut flow = Flow::Continue(());
        let lost = if meta.is_redirection {
            if let ArchiveMemberDetail::Rar50Plus { redirection: Some(to), .. } = &member.detail {
                flow = names::scan(&names::text(&to.target_name), descent);
            }
            Reason::Symlink
        } else if meta.is_split_before || meta.is_split_after {
            Reason::Fragment
        } else if meta.is_encrypted && self.password.is_none() {
            Reason::Encrypted
        } else {
            let taken = Rc::new(RefCell::new(Taken::new(meta.packed_size, descent)));
            let writer = Box::new(Taking(Rc::clone(&taken)));
            let (locked, size) = (meta.is_encrypted, meta.unpacked_size);
            self.open = Some(Open { name, locked, size, packed, taken });
            return (ExtractionDecision::Extract(writer), flow);
        };
        descent.note_inside(&name, lost, Some(meta.unpacked_size));
        let fate = if lost.is_skip() { Fate::Skipped(lost) } else { Fate::Unscannable(lost) };
        self.claims.claim(packed, fate, descent);
        if archive.is_solid() && !meta.is_redirection {
            // What follows cannot be unpacked without it; the library would stop at it.
            let rest = archive.members().skip(self.met);
            for member in rest.filter(|member| !member.meta.is_directory) {
                let packed = self.members.get(self.met).cloned().unwrap_or(0..0);
                let ControlFlow::Continue(name) = self.name(&member, descent) else {
                    return (ExtractionDecision::Stop, Flow::Break(()));
                };
                descent.note_inside(&name, lost, Some(member.meta.unpacked_size));
                self.claims.claim(packed, Fate::Unscannable(lost), descent);
            }
            return (ExtractionDecision::Stop, flow);
        }
        (ExtractionDecision::Skip, flow)
    }

    /// Gives what was unpacked of the member that is open.
    fn close(&mut self, failed: Option<Reason>, descent: &mut Descent<'_>) -> Flow {
        let Some(open) = self.open.take() else { return Flow::Continue(()) };
        let taken = open.taken.take();
        let failed = taken.stopped.or(failed);
        let len = taken.bytes.len() as u64;
        let fate = failed.map_or(Fate::Scanned, Fate::Unscannable);
        if open.locked && failed.is_none() {
            descent.opened(Some(&open.name));
        }
        self.claims.claim(open.packed, fate, descent);
        if let Err(Stopped(reason)) = descent.budget().take_bytes(len) {
            descent.note_inside(&open.name, reason, Some(open.size));
            return Flow::Continue(());
        }
        match failed {
            None => descent.part(Part::new(open.name, Content::Bytes(&taken.bytes))),
            Some(reason) if len == 0 => {
                descent.note_inside(&open.name, reason, Some(open.size));
                Flow::Continue(())
            }
            Some(reason) => {
                let broken = (&taken.bytes[..]).chain(Broken(reason));
                descent.part(Part::new(open.name, Content::Stream(Box::new(broken))))
            }
        }
    }
}

/// What was unpacked of a member.
#[derive(Default)]
struct Taken {
    bytes: Vec<u8>,
    /// Why no more is taken.
    stopped: Option<Reason>,
    /// So many bytes are out of proportion to the packed ones.
    ratio: u64,
    most: u64,
    deadline: Option<Instant>,
}

impl Taken {
    fn new(packed: u64, descent: &Descent<'_>) -> Self {
        let limits = descent.budget().limits();
        Taken {
            // Below a megabyte no ratio is suspicious.
            ratio: packed.saturating_mul(limits.ratio).max(1 << 20),
            most: limits.buffer,
            deadline: Some(descent.budget().deadline()),
            ..Taken::default()
        }
    }
}

/// Takes what is unpacked, within the limits.
struct Taking(Rc<RefCell<Taken>>);

impl Write for Taking {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut taken = self.0.borrow_mut();
        let room = taken.most - taken.bytes.len() as u64;
        let len = taken.bytes.len() as u64 + buf.len() as u64;
        let late = taken.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let stopped = match () {
            () if late => Some(Reason::LimitTime),
            () if len > taken.ratio => Some(Reason::LimitRatio),
            () if buf.len() as u64 > room => Some(Reason::LimitMemory),
            () => taken.stopped,
        };
        if let Some(reason) = stopped {
            taken.stopped = Some(reason);
            return Err(Stopped(reason).into());
        }
        taken.bytes.extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that breaks off for this reason.
struct Broken(Reason);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(Stopped(self.0).into())
    }
}
