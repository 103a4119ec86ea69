//! E-mail addresses: the rules of RFC 5321 that a pattern cannot tell.

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::window::before;
use super::{plain_check, trust};
use crate::tables::FILE_ENDINGS;

plain_check! {
    /// No dot at an end of the local part nor two in a row, lengths within bounds, and the last
    /// label no file's ending (`icon@2x.png`).
    email => judge
}

fn judge(candidate: &Candidate<'_>) -> Trust {
    let Ok(address) = std::str::from_utf8(candidate.value) else { return Trust::Invalid };
    let Some((local, domain)) = address.rsplit_once('@') else { return Trust::Invalid };
    let last = domain.rsplit('.').next().unwrap_or_default().as_bytes();
    // A form's line of dots tears nothing.
    let front = before(candidate, 2);
    let torn = front.ends_with(b".") && front != b"..";
    let dots = |s: &str| s.split('.').all(|part| !part.is_empty());
    // `git@github.com:path` and its like name a machine's account, not a person.
    let machine = local.eq_ignore_ascii_case("git");
    trust(
        !local.is_empty()
            && local.len() <= 64
            && address.len() <= 254
            && dots(local)
            && dots(domain)
            && !FILE_ENDINGS.has_any_case(last)
            && !machine
            && !torn,
    )
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::judge;
    use dlpscan_core::model::Trust;

    #[test]
    fn pictures_and_machines_are_no_addresses() {
        assert_eq!(judge("email", "", "j.smith@example.com"), Trust::Valid);
        assert_eq!(judge("email", "", "icon@2x.png"), Trust::Invalid);
        assert_eq!(judge("email", "", "git@github.com"), Trust::Invalid);
        assert_eq!(judge("email", "", ".a@example.com"), Trust::Invalid);
        assert_eq!(judge("email", "", "a..b@example.com"), Trust::Invalid);
    }
}
