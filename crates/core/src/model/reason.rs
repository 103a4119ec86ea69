use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $wire:literal, $plain:literal;)*) => {
        /// Why some bytes were not scanned. The list is closed: it is part of the wire format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* #[serde(rename = $wire)] $variant,)*
        }

        impl Reason {
            /// Every reason, in the order of the output contract.
            pub const ALL: &'static [Reason] = &[$(Reason::$variant,)*];

            /// The name used in output and in `--accept-incomplete`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Reason::$variant => $wire,)* }
            }

            /// One sentence for the person who reads the report.
            pub const fn plain(self) -> &'static str {
                match self { $(Reason::$variant => $plain,)* }
            }
        }

        impl FromStr for Reason {
            type Err = UnknownReason;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                match s { $($wire => Ok(Reason::$variant),)* _ => Err(UnknownReason(s.to_owned())) }
            }
        }
    };
}

reasons! {
    /// More decoded bytes than allowed.
    LimitBytes = "limit-bytes", "it holds more data than the limit allows; the rest was not read";
    /// Decoded size is out of proportion to the bytes it came from.
    LimitRatio = "limit-ratio", "it unpacks to far more than its size, like a decompression bomb; unpacking was stopped";
    /// Containers nested deeper than allowed.
    LimitDepth = "limit-depth", "it is nested deeper than the limit allows";
    /// More parts (or findings) than allowed.
    LimitCount = "limit-count", "it holds more parts or findings than the limit allows";
    /// The time for one item ran out.
    LimitTime = "limit-time", "reading it took longer than the limit allows";
    /// Reading it would have needed more memory than allowed.
    LimitMemory = "limit-memory", "reading it needs more memory than the limit allows";
    /// Entity expansion was refused.
    LimitEntity = "limit-entity", "its text entities expand beyond the limit";
    /// A picture larger than allowed.
    LimitPixels = "limit-pixels", "the picture is larger than the limit allows";
    /// Encrypted: cannot be read without its password or key.
    Encrypted = "encrypted", "it is encrypted and cannot be read without its password";
    /// Bytes that look like noise: encrypted or of an unknown compressed kind.
    Opaque = "opaque", "its bytes look like noise; it may be encrypted";
    /// The format's own rules are broken.
    Damaged = "damaged", "it is damaged and could not be read in full";
    /// It ends before it should.
    Truncated = "truncated", "it ends before it should; a part is missing";
    /// It contains itself.
    Cycle = "cycle", "it contains itself";
    /// Parts of a container lie on top of each other.
    Overlap = "overlap", "its parts lie on top of each other, which honest files do not do";
    /// A format, or a feature of one, that cannot be read.
    Unsupported = "unsupported", "its format cannot be read";
    /// The content lies somewhere else.
    External = "external", "its content lies somewhere else and was not fetched";
    /// One piece of something larger.
    Fragment = "fragment", "it is only one piece of something larger";
    /// A picture that may hold text, without text recognition.
    NoOcr = "no-ocr", "it is a picture that may hold writing, and that was not read";
    /// A document type definition was refused.
    DtdRefused = "dtd-refused", "it declares its own text entities, which are refused for safety";
    /// A name that is malformed or dangerous.
    BadName = "bad-name", "a name inside it is malformed or dangerous";
    /// It changed while it was being read.
    Changed = "changed", "it changed while it was being read";
    /// The disk or the network failed.
    IoError = "io-error", "the disk or network failed while it was being read";
    /// Reading is not allowed.
    Permission = "permission", "you are not allowed to read it";
    /// Not a file: a device, pipe or socket.
    SpecialFile = "special-file", "it is a device, pipe or socket, not a file";
    /// A link; what it points to is not followed.
    Symlink = "symlink", "it is a link; links are not followed";
    /// The process that read it died.
    Crash = "crash", "the reader failed on it; the rest of the run was not affected";
    /// Left out because the user said so.
    ExcludedByUser = "excluded-by-user", "it was left out as you asked";
}

impl Reason {
    /// A skip is listed, but the item still counts as complete: nothing was there to read, or the
    /// user said so.
    pub const fn is_skip(self) -> bool {
        matches!(self, Reason::Symlink | Reason::SpecialFile | Reason::ExcludedByUser)
    }
}

impl Reason {
    /// Something ran out while reading: bytes, ratio, depth, parts or time.
    pub const fn is_exhaustion(self) -> bool {
        matches!(
            self,
            Reason::LimitBytes
                | Reason::LimitRatio
                | Reason::LimitDepth
                | Reason::LimitCount
                | Reason::LimitTime
        )
    }

    /// The data broke off or broke its own rules.
    pub const fn is_breakage(self) -> bool {
        matches!(self, Reason::Damaged | Reason::Truncated | Reason::Cycle | Reason::Overlap)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not one of the closed list of reasons.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a reason dlpscan knows")]
pub struct UnknownReason(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_reads_back_from_its_name() {
        for &reason in Reason::ALL {
            assert_eq!(reason.as_str().parse::<Reason>(), Ok(reason));
        }
        assert!("tired".parse::<Reason>().is_err());
    }

    #[test]
    fn only_three_reasons_leave_an_item_complete() {
        let skips: Vec<_> =
            Reason::ALL.iter().filter(|r| r.is_skip()).map(|r| r.as_str()).collect();
        assert_eq!(skips, ["special-file", "symlink", "excluded-by-user"]);
    }
}
