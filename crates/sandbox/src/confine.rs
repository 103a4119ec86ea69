use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{
    Resource, Rlimit, Signal, getrlimit, set_parent_process_death_signal, setrlimit,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use std::error::Error;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// What tells how much address space this process holds, kept open: once the process is confined
/// nothing can be opened any more.
pub struct Held(Option<File>);

impl Held {
    pub fn open() -> Self {
        Held(File::open("/proc/self/status").ok())
    }

    pub fn file(&self) -> Option<BorrowedFd<'_>> {
        self.0.as_ref().map(AsFd::as_fd)
    }

    /// Bytes of address space the process holds now.
    pub fn now(&self) -> u64 {
        let kilobytes = self.0.as_ref().and_then(|file| {
            let mut status = [0; 4 << 10];
            let len = file.read_at(&mut status, 0).ok()?;
            let status = str::from_utf8(&status[..len]).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        });
        // Without /proc we cannot know: grant a gibibyte for it.
        kilobytes.map_or(1 << 30, |k| k << 10)
    }
}

/// Takes away what rlimits can: address space beyond `memory` bytes, core dumps, written files,
/// children, and more than a handful of descriptors.
pub fn limit(memory: u64) -> io::Result<()> {
    lower(&[
        (Resource::As, memory),
        (Resource::Core, 0),
        (Resource::Fsize, 0),
        (Resource::Nproc, 0),
        (Resource::Nofile, 16),
    ])
}

fn lower(limits: &[(Resource, u64)]) -> io::Result<()> {
    for &(resource, most) in limits {
        let most = Some(getrlimit(resource).maximum.map_or(most, |hard| hard.min(most)));
        setrlimit(resource, Rlimit { current: most, maximum: most })?;
    }
    Ok(())
}

/// Where installed programs, their libraries and their data lie, and what they ask of the system.
const INSTALLED: &[&str] = &[
    "/usr",
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/opt",
    "/nix/store",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/alternatives",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
];

/// What another program is to run under, made ready before the fork.
pub struct Confined {
    ruleset: Option<RulesetCreated>,
    limits: [(Resource, u64); 5],
}

impl Confined {
    /// For so many bytes of memory and seconds of computing, reading only what is installed and
    /// these folders.
    pub fn new(memory: u64, seconds: u64, readable: &[PathBuf]) -> Self {
        let read = AccessFs::from_read(ABI::V5);
        let ruleset = || -> Result<_, RulesetError> {
            let ruleset = Ruleset::default()
                .handle_access(AccessFs::from_all(ABI::V5))?
                .handle_access(AccessNet::from_all(ABI::V4))?
                .scope(Scope::from_all(ABI::V6))?
                .create()?;
            let installed = INSTALLED.iter().map(PathBuf::from);
            ruleset.add_rules(path_beneath_rules(installed.chain(readable.iter().cloned()), read))
        };
        let limits = [
            (Resource::As, memory),
            (Resource::Cpu, seconds),
            (Resource::Core, 0),
            (Resource::Fsize, 0),
            (Resource::Nofile, 64),
        ];
        Confined { ruleset: ruleset().ok(), limits }
    }

    /// Between fork and exec: gives the rights up. It makes system calls only.
    pub fn enter(&mut self) -> io::Result<()> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        lower(&self.limits)?;
        match self.ruleset.take().map(RulesetCreated::restrict_self) {
            Some(Err(_)) => Err(io::ErrorKind::PermissionDenied.into()),
            Some(Ok(_)) | None => Ok(()),
        }
    }
}

/// Takes away every file, every connection and every other process; true if the kernel can.
pub fn landlock() -> bool {
    let restricted = || -> Result<_, RulesetError> {
        Ruleset::default()
            .handle_access(AccessFs::from_all(ABI::V5))?
            .handle_access(AccessNet::from_all(ABI::V4))?
            .scope(Scope::from_all(ABI::V6))?
            .create()?
            .restrict_self()
    };
    restricted().is_ok_and(|status| status.ruleset != RulesetStatus::NotEnforced)
}

/// What no parser does by mistake: an attempt is an attack and ends the worker.
const FATAL: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_io_uring_setup,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_mount,
    libc::SYS_unshare,
    libc::SYS_setns,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
];

/// What computing and answering need. Everything else fails with EPERM, which honest libraries
/// take for "not available here" and do without.
const ALLOWED: &[i64] = &[
    libc::SYS_read,
    libc::SYS_pread64,
    libc::SYS_readv,
    libc::SYS_preadv,
    libc::SYS_recvmsg,
    libc::SYS_sendmsg,
    libc::SYS_ppoll,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_close,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_rseq,
    libc::SYS_set_robust_list,
    libc::SYS_restart_syscall,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_exit,
    libc::SYS_exit_group,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
];

/// Takes away every system call not listed here.
pub fn seccomp() -> Result<(), Box<dyn Error>> {
    let is = |arg, op, value: i32| -> Result<SeccompCondition, seccompiler::BackendError> {
        SeccompCondition::new(arg, SeccompCmpArgLen::Dword, op, value as u32 as u64)
    };
    let rule = |conditions| SeccompRule::new(conditions);
    let without = |bit: i32| SeccompCmpOp::MaskedEq(bit as u64);
    let with = |bit: i32| (SeccompCmpOp::MaskedEq(bit as u64), bit);

    let arch = std::env::consts::ARCH.try_into()?;
    let fatal: BpfProgram = SeccompFilter::new(
        FATAL.iter().map(|&call| (call, vec![])).collect(),
        SeccompAction::Allow,
        SeccompAction::KillProcess,
        arch,
    )?
    .try_into()?;

    let mut rules: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|&call| (call, vec![])).collect();
    // Standard error only: the reason for an abort is read from there.
    rules.insert(libc::SYS_write, vec![rule(vec![is(0, SeccompCmpOp::Eq, 2)?])?]);
    rules.insert(libc::SYS_writev, vec![rule(vec![is(0, SeccompCmpOp::Eq, 2)?])?]);
    // Memory, never code.
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        rules.insert(call, vec![rule(vec![is(2, without(libc::PROT_EXEC), 0)?])?]);
    }
    // abort(3) signals its own thread.
    let own = rustix::process::getpid().as_raw_nonzero().get();
    rules.insert(libc::SYS_tgkill, vec![rule(vec![is(0, SeccompCmpOp::Eq, own)?])?]);
    // Sizes of files already open.
    for (call, arg) in [(libc::SYS_newfstatat, 3), (libc::SYS_statx, 2)] {
        let (op, value) = with(libc::AT_EMPTY_PATH);
        rules.insert(call, vec![rule(vec![is(arg, op, value)?])?]);
    }
    let mut fcntl = Vec::new();
    for command in [libc::F_GETFD, libc::F_GETFL, libc::F_DUPFD_CLOEXEC] {
        fcntl.push(rule(vec![is(1, SeccompCmpOp::Eq, command)?])?);
    }
    rules.insert(libc::SYS_fcntl, fcntl);
    let eperm = SeccompAction::Errno(libc::EPERM as u32);
    let allowed: BpfProgram =
        SeccompFilter::new(rules, eperm, SeccompAction::Allow, arch)?.try_into()?;

    seccompiler::apply_filter(&fatal)?;
    seccompiler::apply_filter(&allowed)?;
    Ok(())
}
