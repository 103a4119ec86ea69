//! Addresses of machines on a network.

use std::net::{IpAddr, Ipv4Addr};

use dlpscan_core::detector::Candidate;
use dlpscan_core::model::Trust;

use super::window::{after, before};
use super::{alphanumerics, plain_check, trust};

plain_check! {
    /// An IP address (RFC 791, RFC 4291). Unknown where it looks like the number of a section or a
    /// version: four small numbers, or an address that is nothing but letters and colons.
    ip => judge_ip
}

plain_check! {
    /// The address of a network card (IEEE 802): not all noughts or ones, and not a piece of a
    /// longer chain such as a fingerprint.
    mac => judge_mac
}

fn judge_ip(candidate: &Candidate<'_>) -> Trust {
    let text = String::from_utf8_lossy(candidate.value);
    let address = text.split('/').next().unwrap_or_default();
    match address.parse() {
        // Three small numbers of four are mostly those of a version; a machine's address for
        // itself is everybody's.
        Ok(IpAddr::V4(v4))
            if small_octets(v4) == 4
                || small_octets(v4) == 3 && !v4.is_private()
                || v4.is_loopback()
                || v4.is_unspecified() =>
        {
            Trust::Unknown
        }
        Ok(IpAddr::V6(v6)) if v6.segments()[1..].iter().all(|group| *group == 0) => Trust::Unknown,
        Ok(IpAddr::V6(_))
            if !address.bytes().any(|b| b.is_ascii_digit())
                || before(candidate, 1) == b":"
                || matches!(after(candidate, 2), [b':', b] if *b == b':' || b.is_ascii_hexdigit()) =>
        {
            Trust::Invalid
        }
        Ok(_) => Trust::Valid,
        Err(_) => Trust::Invalid,
    }
}

fn small_octets(address: Ipv4Addr) -> usize {
    address.octets().iter().filter(|octet| **octet < 32).count()
}

fn judge_mac(candidate: &Candidate<'_>) -> Trust {
    let bare = alphanumerics(candidate.value);
    let joint = |b: &u8| matches!(b, b':' | b'-' | b'.');
    let chained = matches!(before(candidate, 2), [a, b] if a.is_ascii_hexdigit() && joint(b))
        || matches!(after(candidate, 2), [a, b] if joint(a) && b.is_ascii_hexdigit());
    trust(!chained && bare.iter().any(|&b| b != bare[0]))
}

plain_check! {
    /// The address is one card's, not a group's: the lowest bit of its first byte is clear (IEEE
    /// 802, 8.2).
    mac_individual => judge_individual
}

fn judge_individual(candidate: &Candidate<'_>) -> Trust {
    let bare = alphanumerics(candidate.value);
    let low = bare.get(1).and_then(|b| char::from(*b).to_digit(16));
    low.map_or(Trust::Unknown, |digit| trust(digit.is_multiple_of(2)))
}

#[cfg(test)]
mod tests {
    use crate::validators::testing::{judge, judge_in};
    use dlpscan_core::model::Trust;

    #[test]
    fn addresses_are_told_from_sections_and_times() {
        assert_eq!(judge("ip-address", "", "203.0.113.77"), Trust::Valid);
        assert_eq!(judge("ip-address", "", "10.0.4.112"), Trust::Valid);
        assert_eq!(judge("ip-address", "", "2001:db8::1"), Trust::Valid);
        for odd in ["10.2.3.4", "1.0.99.2", "127.0.0.1", "0.0.0.0", "2006::"] {
            assert_eq!(judge("ip-address", "", odd), Trust::Unknown, "{odd}");
        }
        assert_eq!(judge("ip-address", "", "999.1.1.1"), Trust::Invalid);
        assert_eq!(judge("ip-address", "", "12:34:56"), Trust::Invalid);
        assert_eq!(judge("ip-address", "", "de::bad"), Trust::Invalid);
        let part = judge_in("ip-address", "", "2001::25de::cade", "2001::25de");
        assert_eq!(part, Trust::Invalid);
    }

    #[test]
    fn a_groups_address_is_no_cards() {
        assert_eq!(judge("mac-individual", "", "a4:83:e7:00:11:22"), Trust::Valid);
        assert_eq!(judge("mac-individual", "", "01:00:5e:90:10:00"), Trust::Invalid);
    }

    #[test]
    fn a_fingerprint_holds_no_card_address() {
        let mac = "02:42:ac:11:00:02";
        assert_eq!(judge("mac-address", "", mac), Trust::Valid);
        assert_eq!(judge("mac-address", "", "ff:ff:ff:ff:ff:ff"), Trust::Invalid);
        let chain = format!("MD5 {mac}:aa:bb");
        assert_eq!(judge_in("mac-address", "", &chain, mac), Trust::Invalid);
    }
}
