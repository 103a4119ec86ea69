/// Makes writing past the largest allowed file (`ulimit -f`) an error of the write, like a full
/// disk, instead of a signal that ends the process: a report that cannot be written is then said in
/// words, and the old one stays. For a program to call first; a library leaves its host's signals
/// alone.
#[allow(unsafe_code)]
pub fn outlive_a_full_file() {
    // SAFETY: sets a disposition, installs no handler. signal(2) cannot fail for this signal.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}
