use std::os::fd::AsFd;

/// File systems whose files are windows into the running system: made up as they are read, some
/// without end, some changing the machine. Numbers from Linux's `magic.h`.
const PSEUDO: &[u32] = &[
    0x0000_9fa0, // proc
    0x0000_1cd1, // devpts
    0x1980_0202, // mqueue
    0x4249_4e4d, // binfmt_misc
    0x6165_676c, // pstore
    0x6265_6570, // configfs
    0x6265_6572, // sysfs
    0x6367_7270, // cgroup2
    0x0027_e0eb, // cgroup
    0x6462_6720, // debugfs
    0x6573_5543, // fusectl
    0x7363_6673, // securityfs
    0x7472_6163, // tracefs
    0xcafe_4a11, // bpf
    0xde5e_81e4, // efivarfs
    0xf97c_ff8c, // selinux
];

/// True when this folder belongs to such a file system.
pub(crate) fn is_pseudo(folder: impl AsFd) -> bool {
    rustix::fs::fstatfs(folder).is_ok_and(|fs| PSEUDO.contains(&(fs.f_type as u32)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    #[test]
    fn the_process_table_is_not_files_and_a_folder_for_scratch_is() {
        if let Ok(proc) = File::open("/proc/self") {
            assert!(is_pseudo(proc));
        }
        assert!(!is_pseudo(File::open(std::env::temp_dir()).unwrap()));
    }
}
