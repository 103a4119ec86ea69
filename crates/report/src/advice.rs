use dlpscan_core::model::Reason;

/// What a person can do about bytes that were not scanned, in one sentence.
pub const fn advice(reason: Reason) -> &'static str {
    match reason {
        Reason::LimitBytes => "Raise --limit-bytes, or unpack it and scan what is inside.",
        Reason::LimitCount => {
            "Raise --limit-parts or --limit-findings, or unpack it and scan what is inside."
        }
        Reason::LimitTime => "Raise --limit-time and scan it again on its own.",
        Reason::LimitMemory => "Raise --limit-memory and scan it again on its own.",
        Reason::LimitDepth => "Unpack it by hand and scan what is inside, or raise --limit-depth.",
        Reason::LimitRatio | Reason::LimitEntity => {
            "Do not open it. Honest files do not look like this: ask who made it."
        }
        Reason::LimitPixels | Reason::NoOcr => "Look at the picture yourself before it leaves.",
        Reason::Encrypted => {
            "Open it with its password and scan the contents, or ask for a copy without one."
        }
        Reason::Opaque => {
            "Find out which program made it. If nobody knows what it is, it should not leave."
        }
        Reason::Damaged | Reason::Truncated => {
            "Fetch a fresh copy and scan that. If it opens for you, save it again and scan the new file."
        }
        Reason::Cycle | Reason::Overlap | Reason::BadName | Reason::DtdRefused => {
            "Treat it with suspicion: honest programs do not write this. Ask who made it."
        }
        Reason::Unsupported => {
            "Save it in a common format (PDF, docx, txt) and scan that, or check it yourself."
        }
        Reason::External => "Find what it points to and scan that too.",
        Reason::Fragment => "Bring all the pieces together and scan the whole.",
        Reason::Changed => "Close the program that is writing to it and scan it again.",
        Reason::IoError => "Check the disk, stick or network drive, then scan it again.",
        Reason::Permission => "Ask somebody who may read it to scan it.",
        Reason::SpecialFile => "Nothing: it holds no file to be read.",
        Reason::Symlink => "If what it points to matters, scan that by its own path.",
        Reason::Crash => {
            "Scan it again on its own; if it fails again, check it yourself and report it to the makers of dlpscan."
        }
        Reason::ExcludedByUser => "Nothing, if that is what you meant.",
        _ => "Check it yourself before it leaves.",
    }
}
