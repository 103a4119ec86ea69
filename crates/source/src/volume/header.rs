use super::Method;

/// What the first bytes of a device say it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Structure {
    /// An encrypted container of this kind.
    Encrypted(Method),
    /// A file system or a table of partitions, by name: nothing on this layer encrypts.
    Plain(&'static str),
    /// An APFS container that keeps keys: some of its volumes are encrypted, and which ones stands
    /// deeper in it.
    ApfsWithKeys,
    /// Zeros only.
    Blank,
    /// Bytes without any known beginning, spread like noise: what VeraCrypt, plain dm-crypt and a
    /// wiped disk look like.
    Noise,
    /// None of these.
    Strange,
}

/// How many first bytes [`structure`] wants to see. ext, btrfs and swap begin far in.
pub const HEAD: usize = 0x1_1000;

/// Known beginnings: where, what, which. From the formats' own descriptions: LUKS on-disk format
/// 1.2.3 and 2 (second header at 16 KiB), libbde's of BitLocker, Microsoft's of exFAT and FAT,
/// the kernel's of ext, xfs, btrfs, f2fs, swap and squashfs, ECMA-119, ECMA-167 and Apple's of
/// HFS Plus.
const PLAIN: &[(usize, &[u8], &str)] = &[
    (3, b"NTFS    ", "ntfs"),
    (3, b"EXFAT   ", "exfat"),
    (0x52, b"FAT32   ", "vfat"),
    (0x36, b"FAT16   ", "vfat"),
    (0x36, b"FAT12   ", "vfat"),
    (0x438, b"\x53\xef", "ext"),
    (0, b"XFSB", "xfs"),
    (0x1_0040, b"_BHRfS_M", "btrfs"),
    (0x400, b"\x10\x20\xf5\xf2", "f2fs"),
    (0x400, b"H+\0\x04", "hfsplus"),
    (0x400, b"HX\0\x05", "hfsplus"),
    (0x8001, b"CD001", "iso9660"),
    (0x8001, b"BEA01", "udf"),
    (0, b"hsqs", "squashfs"),
    (0xff6, b"SWAPSPACE2", "swap"),
    (0x218, b"LVM2 001", "lvm"),
    (0x200, b"EFI PART", "gpt"),
];

/// What a device, or a part of one, is by its first [`HEAD`] bytes.
pub fn structure(head: &[u8]) -> Structure {
    let at = |from: usize, want: &[u8]| head.get(from..from + want.len()) == Some(want);
    if at(0, b"LUKS\xba\xbe") {
        let method = if at(6, &[0, 1]) { Method::Luks1 } else { Method::Luks2 };
        return Structure::Encrypted(method);
    }
    // The second header of LUKS 2 outlives the first.
    if at(0x4000, b"SKUL\xba\xbe") {
        return Structure::Encrypted(Method::Luks2);
    }
    // To Go has the face of FAT32, and this identifier where FAT has code.
    const TO_GO: [u8; 16] = [
        0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0,
        0x01,
    ];
    if at(3, b"-FVE-FS-") || at(3, b"MSWIN4.1") && at(424, &TO_GO) {
        return Structure::Encrypted(Method::BitLocker);
    }
    if at(32, b"NXSB") {
        return apfs(head);
    }
    if at(88, b"CS") && at(8, &[1, 0, 0x10, 0]) {
        // Core Storage: AES-XTS is 2, nothing is 0.
        return match head.get(172..176) {
            Some([2, 0, 0, 0]) => Structure::Encrypted(Method::FileVault),
            _ => Structure::Plain("corestorage"),
        };
    }
    if let Some((.., name)) = PLAIN.iter().find(|(from, want, _)| at(*from, want)) {
        return Structure::Plain(name);
    }
    // Last: a boot sector may stand before anything, and noise ends in these two bytes too, once
    // in 65,536 devices.
    if at(510, &[0x55, 0xaa]) && partitions(head) {
        return Structure::Plain("mbr");
    }
    if head.iter().all(|&b| b == 0) {
        return Structure::Blank;
    }
    if is_noise(head) { Structure::Noise } else { Structure::Strange }
}

/// Apple's reference of APFS: the container's keybag is named at 1296 (block, count).
fn apfs(head: &[u8]) -> Structure {
    match head.get(1296..1312) {
        Some(keys) if keys.iter().all(|&b| b == 0) => Structure::Plain("apfs"),
        _ => Structure::ApfsWithKeys,
    }
}

/// Whether the four entries at 446 are what a table of partitions holds: each is active or not,
/// and at least one has a type.
fn partitions(head: &[u8]) -> bool {
    let Some(table) = head.get(446..510) else { return false };
    let mut entries = table.chunks_exact(16);
    entries.all(|entry| entry[0] & 0x7f == 0) && table.chunks_exact(16).any(|entry| entry[4] != 0)
}

/// Whether the bytes are spread evenly: their entropy is that of chance, at least 7.9 bits a byte
/// over 64 KiB. Packed data rarely begins without a name, but it may: noise is not proof.
fn is_noise(head: &[u8]) -> bool {
    if head.len() < 0x1000 {
        return false;
    }
    let mut counts = [0u32; 256];
    head.iter().for_each(|&b| counts[b as usize] += 1);
    let total = head.len() as f64;
    let share = |n: u32| f64::from(n) / total;
    let bits: f64 = counts.iter().filter(|&&n| n > 0).map(|&n| -share(n) * share(n).log2()).sum();
    bits > 7.9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(marks: &[(usize, &[u8])]) -> Vec<u8> {
        let mut head = vec![0; HEAD];
        for (at, bytes) in marks {
            head[*at..at + bytes.len()].copy_from_slice(bytes);
        }
        head
    }

    /// Bytes of a generator: the same each time, spread like chance.
    fn noise() -> Vec<u8> {
        let mut x = 0x9e37_79b9_7f4a_7c15_u64;
        std::iter::repeat_with(|| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            (x >> 24) as u8
        })
        .take(HEAD)
        .collect()
    }

    #[test]
    fn containers_are_told_by_their_marks() {
        let to_go = [
            0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a, 0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3,
            0xd0, 0x01,
        ];
        for (marks, method) in [
            (&[(0, &b"LUKS\xba\xbe\0\x01"[..])][..], Method::Luks1),
            (&[(0, b"LUKS\xba\xbe\0\x02")], Method::Luks2),
            (&[(0x4000, b"SKUL\xba\xbe\0\x02")], Method::Luks2),
            (&[(3, b"-FVE-FS-")], Method::BitLocker),
            (&[(3, b"MSWIN4.1"), (424, &to_go), (0x52, b"FAT32   ")], Method::BitLocker),
            (&[(8, &[1, 0, 0x10, 0]), (88, b"CS"), (172, &[2])], Method::FileVault),
        ] {
            assert_eq!(structure(&with(marks)), Structure::Encrypted(method));
        }
    }

    #[test]
    fn an_ordinary_stick_with_a_name_like_to_go_is_plain() {
        let head = with(&[(3, b"MSWIN4.1"), (0x52, b"FAT32   "), (510, &[0x55, 0xaa])]);
        assert_eq!(structure(&head), Structure::Plain("vfat"));
    }

    #[test]
    fn an_apple_container_with_keys_is_not_called_encrypted_as_a_whole() {
        assert_eq!(structure(&with(&[(32, b"NXSB")])), Structure::Plain("apfs"));
        let keys = with(&[(32, b"NXSB"), (1296, &[9]), (1304, &[1])]);
        assert_eq!(structure(&keys), Structure::ApfsWithKeys);
    }

    #[test]
    fn noise_blank_and_text_are_told_apart_and_none_is_encrypted() {
        assert_eq!(structure(&noise()), Structure::Noise);
        assert_eq!(structure(&with(&[])), Structure::Blank);
        assert_eq!(structure(&b"minutes of the meeting ".repeat(4000)), Structure::Strange);
        let mut signed = noise();
        signed[510..512].copy_from_slice(&[0x55, 0xaa]);
        assert_eq!(structure(&signed), Structure::Noise);
    }

    #[test]
    fn a_head_cut_short_anywhere_is_no_panic() {
        for mark in PLAIN {
            let head = with(&[(mark.0, mark.1)]);
            for len in [0, 1, 8, mark.0, mark.0 + 1, mark.0 + mark.1.len()] {
                let _ = structure(&head[..len]);
            }
        }
    }
}
