use dlpscan_sandbox::{Crash, Ending, Job, MAX_FRAME, Pool, Request, Settings};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Set when this program runs as the caller that is to be killed.
pub const AS_CALLER: &str = "DLPSCAN_SANDBOX_TEST_CALLER";

const MEMORY: u64 = 64 << 20;
const SIGABRT: Crash = Crash::Signal(6);
const SIGSYS: Crash = Crash::Signal(31);

pub fn start() -> Pool {
    let built_before = "built before the fork".to_owned();
    let make = |built_before: String| {
        let job = move |request: Request<'_>, answer: &mut dyn FnMut(&[u8])| {
            misbehave(request, answer, &built_before);
        };
        Some(Box::new(job) as Box<Job>)
    };
    let started = Pool::start(Settings { memory: MEMORY }, built_before, make);
    started.and_then(|(starting, _)| starting.ready()).expect("a pool")
}

/// What the worker does, by the request's text.
fn misbehave(request: Request<'_>, answer: &mut dyn FnMut(&[u8]), built_before: &str) {
    let outcome = |outcome: std::io::Result<()>| match outcome {
        Ok(()) => "allowed".to_owned(),
        Err(error) => format!("refused {:?}", error.raw_os_error()),
    };
    let text = std::str::from_utf8(request.bytes).unwrap_or("?");
    let said = match text {
        "built" => built_before.to_owned(),
        "pid" => std::process::id().to_string(),
        "hang" => {
            answer(b"before");
            loop {
                std::hint::black_box(0);
            }
        }
        "pid, then hang" => {
            answer(std::process::id().to_string().as_bytes());
            loop {
                std::hint::black_box(0);
            }
        }
        "panic" => panic!("{text} with a value from the input"),
        "abort" => {
            answer(b"before");
            std::process::abort()
        }
        "segfault" => {
            // SAFETY: not safe; the point is that the process dies.
            unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
            String::new()
        }
        "overflow" => format!("{}", deeper(1)),
        "eat" => {
            let mut all: Vec<Vec<u8>> = Vec::new();
            loop {
                all.push(vec![1; 1 << 20]);
                std::hint::black_box(&all);
            }
        }
        "eat at once" => format!("{}", std::hint::black_box(vec![1u8; 1 << 40]).len()),
        "fit" => format!("{}", std::hint::black_box(vec![1u8; 48 << 20]).len()),
        "exit" => std::process::exit(7),
        "flood" => loop {
            answer(&[b'x'; 1000]);
        },
        "long" => {
            answer(&vec![b'x'; MAX_FRAME]);
            "after".to_owned()
        }
        "too long" => {
            answer(&vec![b'x'; MAX_FRAME + 1]);
            "sent".to_owned()
        }
        "ask" => {
            answer(b"before; ");
            let said = request.ask(b"may I?").expect("an answer");
            let again = request.ask(b"").expect("an answer");
            let said = String::from_utf8_lossy(&said).into_owned();
            format!("{said}; {}", String::from_utf8_lossy(&again))
        }
        "ask long" => {
            let said = request.ask(&vec![b'x'; MAX_FRAME]).expect("an answer");
            format!("{}", said.len())
        }
        "ask too long" => format!("{}", request.ask(&vec![b'x'; MAX_FRAME + 1]).is_err()),
        "ask and wait" => {
            String::from_utf8_lossy(&request.ask(b"take your time").expect("an answer")).into()
        }
        "open" => outcome(File::open("/etc/hostname").map(drop)),
        "open own memory" => outcome(File::options().write(true).open("/proc/self/mem").map(drop)),
        "create" => outcome(File::create(std::env::temp_dir().join("made")).map(drop)),
        "list" => outcome(std::fs::read_dir("/").map(drop)),
        "write" => outcome(request.file.expect("a file").write_all(b"x")),
        "truncate" => outcome(request.file.expect("a file").set_len(0)),
        "read" => {
            let file = request.file.expect("a file");
            let len = file.metadata().expect("its size").len();
            let mut bytes = vec![0; len as usize];
            file.read_exact_at(&mut bytes, 0).expect("its bytes");
            let copy = file.try_clone().expect("a copy");
            assert_eq!(copy.metadata().expect("its size").len(), len);
            String::from_utf8_lossy(&bytes).into_owned()
        }
        "descriptors" => {
            // SAFETY: F_GETFD reads a flag.
            let open = (0..1024).filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0);
            format!("{}", open.count())
        }
        // SAFETY: asks for fresh memory.
        "code" => outcome(
            match unsafe {
                let prot = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
                let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
                libc::mmap(std::ptr::null_mut(), 4096, prot, flags, -1, 0)
            } {
                libc::MAP_FAILED => Err(std::io::Error::last_os_error()),
                _ => Ok(()),
            },
        ),
        "connect" => outcome(TcpStream::connect("127.0.0.1:9").map(drop)),
        // SAFETY: replaces the process, if it is allowed to.
        "exec" => unsafe {
            let path = c"/bin/true".as_ptr();
            libc::execv(path, [path, std::ptr::null()].as_ptr());
            "refused".to_owned()
        },
        // SAFETY: splits the process, if it is allowed to.
        "fork" => format!("{}", unsafe { libc::fork() }),
        "thread" => format!("{}", std::thread::Builder::new().spawn(|| ()).is_ok()),
        // SAFETY: signals the zygote, if it is allowed to.
        "kill" => format!("{}", unsafe { libc::kill(libc::getppid(), libc::SIGKILL) }),
        "speak out of turn" => {
            for fd in 3..16 {
                speak(fd, b"\xff\xff\xff\xfe");
            }
            "spoke".to_owned()
        }
        "hang up" => {
            for fd in 3..16 {
                // SAFETY: the worker's own descriptor; it is the point to break it.
                unsafe { libc::close(fd) };
            }
            loop {
                std::hint::black_box(0);
            }
        }
        _ => format!("{} bytes", request.bytes.len()),
    };
    answer(said.as_bytes());
}

/// Sends as the worker's own code does, past it.
fn speak(fd: i32, bytes: &[u8]) {
    // SAFETY: the message and its one part live until the call returns.
    unsafe {
        let mut part = libc::iovec { iov_base: bytes.as_ptr() as *mut _, iov_len: bytes.len() };
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &mut part;
        message.msg_iovlen = 1;
        libc::sendmsg(fd, &message, libc::MSG_NOSIGNAL);
    }
}

#[allow(unconditional_recursion)]
fn deeper(n: u64) -> u64 {
    let room = std::hint::black_box([n; 64]);
    deeper(n + 1) + room[0]
}

fn run_with(pool: &Pool, request: &[u8], file: Option<&File>, time: Duration) -> (Ending, String) {
    let mut said = String::new();
    let mut take = |frame: &[u8]| {
        said.push_str(&String::from_utf8_lossy(frame));
        ControlFlow::Continue(())
    };
    let until = Instant::now() + time;
    let ending = pool.run(request, file.map(AsFd::as_fd), until, &mut take, &mut |question| {
        if question == b"take your time" {
            std::thread::sleep(Duration::from_millis(400));
        }
        [b"no, ", question].concat()
    });
    (ending, said)
}

fn no_questions(_: &[u8]) -> Vec<u8> {
    panic!("nothing was to be asked")
}

fn run(pool: &Pool, request: &str) -> (Ending, String) {
    run_with(pool, request.as_bytes(), None, Duration::from_secs(20))
}

fn crashes(pool: &Pool, request: &str, how: Crash) {
    assert_eq!(run(pool, request).0, Ending::Crashed(how), "{request}");
}

fn is_refused(pool: &Pool, request: &str, file: Option<&File>) {
    let (ending, said) = run_with(pool, request.as_bytes(), file, Duration::from_secs(20));
    assert_eq!((ending, said.as_str()), (Ending::Done, "refused Some(1)"), "{request}");
}

fn worker_pid(pool: &Pool) -> Pid {
    Pid::from_raw(run(pool, "pid").1.parse().expect("a number")).expect("a process")
}

fn is_gone_soon(pid: Pid) -> bool {
    (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        // A zombie still counts as a process: it has no memory left to look at.
        let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()));
        test_kill_process(pid).is_err() || status.is_ok_and(|s| s.contains("State:\tZ"))
    })
}

pub fn describe(pool: &Pool) -> String {
    format!("{:?}", pool.confinement())
}

/// Proves that the next job runs, and how long that took.
pub fn next_job(pool: &Pool) -> Duration {
    let before = Instant::now();
    assert_eq!(run(pool, "four"), (Ending::Done, "4 bytes".to_owned()));
    let took = before.elapsed();
    assert!(took < Duration::from_secs(2), "the next job waited {took:?}");
    took
}

/// A file in the system's folder for such, without a name of its own afterwards.
fn scratch_file(bytes: &[u8]) -> File {
    let path = std::env::temp_dir().join(format!("dlpscan-sandbox-{}", std::process::id()));
    let mut file =
        File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    file.write_all(bytes).unwrap();
    file
}

/// Starts a pool, sets a worker to hang, tells its number, and waits for its own end.
pub fn be_a_caller_who_is_killed() {
    let pool = start();
    let until = Instant::now() + Duration::from_secs(60);
    let mut tell = |pid: &[u8]| {
        let mut out = std::io::stdout();
        out.write_all(pid).and_then(|()| out.write_all(b"\n")).expect("a reader");
        ControlFlow::Continue(())
    };
    pool.run(b"pid, then hang", None, until, &mut tell, &mut no_questions);
}

type Case = (&'static str, fn(&Pool));

pub const ALL: &[Case] = &[
    ("what_was_built_before_is_there", |pool| {
        assert_eq!(run(pool, "built"), (Ending::Done, "built before the fork".to_owned()));
    }),
    ("a_job_is_made_with_the_first_worker_and_without_one_there_is_none", |_| {
        let settings = Settings { memory: MEMORY };
        let never = |_| -> Option<Box<Job>> { None };
        let fails = |_| -> Option<Box<Job>> { panic!("a job that cannot be made") };
        for start in
            [Pool::start(settings, "recipe", never), Pool::start(settings, "recipe", fails)]
        {
            let (starting, recipe) = start.unwrap();
            let pool = starting.ready().unwrap();
            assert_eq!(recipe, "recipe");
            let (ending, said) = run_with(&pool, b"pid", None, Duration::from_secs(20));
            assert_eq!((ending, said.as_str()), (Ending::Crashed(Crash::NoWorker), ""));
        }
    }),
    ("this_kernel_confines_or_the_report_says_what_is_missing", |pool| {
        let held = pool.confinement();
        assert_eq!(held.note.is_none(), held.landlock && held.seccomp);
    }),
    ("an_open_file_is_read_by_the_worker", |pool| {
        let file = scratch_file(b"bytes of a file");
        let (ending, said) = run_with(pool, b"read", Some(&file), Duration::from_secs(20));
        assert_eq!((ending, said.as_str()), (Ending::Done, "bytes of a file"));
    }),
    ("a_file_that_is_passed_cannot_be_written", |pool| {
        let file = scratch_file(b"evidence");
        is_refused(pool, "write", Some(&file));
        is_refused(pool, "truncate", Some(&file));
        assert_eq!(file.metadata().unwrap().len(), 8);
    }),
    ("a_worker_holds_nothing_open_but_its_own_four_descriptors", |pool| {
        let _mine = scratch_file(b"");
        assert_eq!(run(pool, "descriptors"), (Ending::Done, "4".to_owned()));
    }),
    ("a_hang_ends_at_the_deadline_and_its_frames_stay", |pool| {
        let before = Instant::now();
        let ended = run_with(pool, b"hang", None, Duration::from_millis(300));
        assert_eq!(ended, (Ending::TimedOut, "before".to_owned()));
        assert!(before.elapsed() < Duration::from_secs(2));
    }),
    ("an_endless_answer_ends_at_the_deadline", |pool| {
        let (ending, _) = run_with(pool, b"flood", None, Duration::from_millis(300));
        assert_eq!(ending, Ending::TimedOut);
    }),
    ("a_caller_who_has_seen_enough_stops_the_job", |pool| {
        let mut frames = 0;
        let until = Instant::now() + Duration::from_secs(20);
        let mut take = |_: &[u8]| {
            frames += 1;
            if frames == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let ending = pool.run(b"flood", None, until, &mut take, &mut no_questions);
        assert_eq!((ending, frames), (Ending::Stopped, 5));
    }),
    ("what_a_job_may_not_do_it_asks_its_caller_for", |pool| {
        assert_eq!(run(pool, "ask"), (Ending::Done, "before; no, may I?; no, ".to_owned()));
        let long = (MAX_FRAME + b"no, ".len()).to_string();
        assert_eq!(run(pool, "ask long"), (Ending::Done, long));
        assert_eq!(run(pool, "ask too long"), (Ending::Done, "true".to_owned()));
    }),
    ("the_time_an_answer_takes_is_not_the_jobs", |pool| {
        let ended = run_with(pool, b"ask and wait", None, Duration::from_millis(300));
        assert_eq!(ended, (Ending::Done, "no, take your time".to_owned()));
    }),
    ("a_panic_is_a_crash", |pool| crashes(pool, "panic", Crash::Panic)),
    ("an_abort_is_a_crash_and_its_frames_stay", |pool| {
        let ended = run(pool, "abort");
        assert_eq!(ended, (Ending::Crashed(SIGABRT), "before".to_owned()));
    }),
    ("a_wild_pointer_is_a_crash", |pool| crashes(pool, "segfault", Crash::Signal(11))),
    ("an_exit_is_a_crash", |pool| crashes(pool, "exit", Crash::Code(7))),
    ("a_full_stack_is_a_crash", |pool| crashes(pool, "overflow", Crash::Stack)),
    ("memory_eaten_bit_by_bit_is_told_from_other_crashes", |pool| {
        assert_eq!(run(pool, "eat").0, Ending::OutOfMemory);
    }),
    ("memory_asked_for_at_once_is_told_from_other_crashes", |pool| {
        assert_eq!(run(pool, "eat at once").0, Ending::OutOfMemory);
    }),
    ("memory_within_the_limit_is_given", |pool| {
        assert_eq!(run(pool, "fit").0, Ending::Done);
    }),
    ("a_request_larger_than_the_memory_is_out_of_memory", |pool| {
        let request = vec![0; 2 * MEMORY as usize];
        let ended = run_with(pool, &request, None, Duration::from_secs(20));
        assert_eq!(ended.0, Ending::OutOfMemory);
    }),
    ("a_large_request_arrives_whole", |pool| {
        let request = vec![0xff; 40 << 20];
        let ended = run_with(pool, &request, None, Duration::from_secs(20));
        assert_eq!(ended, (Ending::Done, "41943040 bytes".to_owned()));
    }),
    ("the_longest_frame_arrives_and_a_longer_one_is_a_crash", |pool| {
        let (ending, said) = run(pool, "long");
        assert_eq!((ending, said.len()), (Ending::Done, MAX_FRAME + "after".len()));
        crashes(pool, "too long", Crash::Panic);
    }),
    ("a_frame_that_breaks_the_rules_is_a_crash", |pool| {
        crashes(pool, "speak out of turn", Crash::Malformed);
    }),
    ("a_worker_that_hangs_up_and_lives_on_is_killed", |pool| {
        let before = Instant::now();
        crashes(pool, "hang up", Crash::Malformed);
        assert!(before.elapsed() < Duration::from_secs(5));
    }),
    ("no_file_can_be_opened", |pool| {
        is_refused(pool, "open", None);
        is_refused(pool, "open own memory", None);
        is_refused(pool, "list", None);
    }),
    ("no_file_can_be_made", |pool| is_refused(pool, "create", None)),
    ("no_code_can_be_made", |pool| is_refused(pool, "code", None)),
    ("a_connection_is_the_end", |pool| crashes(pool, "connect", SIGSYS)),
    ("another_program_is_the_end", |pool| crashes(pool, "exec", SIGSYS)),
    ("another_process_is_the_end", |pool| crashes(pool, "fork", SIGSYS)),
    ("another_thread_is_the_end", |pool| crashes(pool, "thread", SIGSYS)),
    ("a_signal_to_another_is_the_end", |pool| crashes(pool, "kill", SIGSYS)),
    ("a_worker_killed_while_it_waits_is_replaced_unseen", |pool| {
        let pid = worker_pid(pool);
        kill_process(pid, Signal::KILL).unwrap();
        assert!(is_gone_soon(pid));
        assert_eq!(run(pool, "four"), (Ending::Done, "4 bytes".to_owned()));
    }),
    ("a_worker_that_timed_out_is_dead", |pool| {
        let (ending, pid) = run_with(pool, b"pid, then hang", None, Duration::from_millis(200));
        assert_eq!(ending, Ending::TimedOut);
        assert!(is_gone_soon(Pid::from_raw(pid.parse().unwrap()).unwrap()));
    }),
    ("a_worker_is_replaced_after_enough_jobs", |pool| {
        let first = worker_pid(pool);
        assert!((0..600).any(|_| worker_pid(pool) != first));
    }),
    ("many_callers_at_once_get_their_own_answers", |pool| {
        std::thread::scope(|scope| {
            for caller in 1..=8 {
                scope.spawn(move || {
                    for n in 0..100 {
                        let len = caller * 1000 + n;
                        let said = run_with(pool, &vec![0xff; len], None, Duration::from_secs(20));
                        assert_eq!(said, (Ending::Done, format!("{len} bytes")));
                    }
                });
            }
        });
    }),
    ("a_crash_of_one_caller_s_worker_is_no_concern_of_the_others", |pool| {
        std::thread::scope(|scope| {
            for caller in 0..8 {
                scope.spawn(move || {
                    for _ in 0..20 {
                        match caller % 2 {
                            0 => crashes(pool, "abort", SIGABRT),
                            _ => assert_eq!(run(pool, "four").0, Ending::Done),
                        }
                    }
                });
            }
        });
    }),
    ("when_the_caller_is_killed_its_hanging_worker_dies_too", |_| {
        let mut caller = Command::new(std::env::current_exe().unwrap())
            .env(AS_CALLER, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = caller.stdout.take().unwrap();
        let mut pid = Vec::new();
        let mut byte = [0];
        while out.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            pid.push(byte[0]);
        }
        caller.kill().unwrap();
        caller.wait().unwrap();
        let pid = String::from_utf8(pid).unwrap().parse().unwrap();
        assert!(is_gone_soon(Pid::from_raw(pid).unwrap()));
    }),
];
