//! A command that runs while its memory is watched: its own and that of all its children.

use std::collections::HashMap;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// What all processes may hold together, and what one child may, in bytes.
pub const TOGETHER: u64 = 512 << 20;
pub const CHILD: u64 = 256 << 20;

/// A scan that no setting of this machine changes.
pub fn scan() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dlpscan"));
    command.env_remove("DLPSCAN_CONFIG").env("XDG_CONFIG_HOME", "/nonexistent");
    command.args(["scan", "--format", "jsonl", "--threads", "2"]);
    command
}

/// What a command said and what it took.
pub struct Watched {
    pub code: Option<i32>,
    pub said: String,
    /// The most resident memory of all its processes together, in bytes; pages that they share are
    /// counted for each.
    pub together: u64,
    /// The most of any one of its children.
    pub child: u64,
}

/// Runs a command to its end. `feed` writes its standard input.
pub fn run(mut command: Command, feed: impl FnOnce(&mut Child) + Send) -> Watched {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().expect("the command starts");
    let root = child.id();
    let mut out = child.stdout.take().expect("its output is piped");
    let over = AtomicBool::new(false);
    let (mut together, mut most) = (0, 0);
    let mut said = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let (all, one) = resident(root);
                (together, most) = (together.max(all), most.max(one));
                thread::sleep(Duration::from_millis(20));
            }
        });
        scope.spawn(|| {
            _ = std::io::Read::read_to_end(&mut out, &mut said);
            over.store(true, Ordering::Relaxed);
        });
        feed(&mut child);
        drop(child.stdin.take());
    });
    let code = child.wait().expect("the command ends").code();
    let said = String::from_utf8(said).expect("the report is UTF-8");
    Watched { code, said, together, child: most }
}

/// Resident bytes of a process with all below it, and of the largest below it.
fn resident(root: u32) -> (u64, u64) {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        // The name of a program in brackets may hold anything; the parent is the second behind it.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
        let parent = behind.split_whitespace().nth(1).and_then(|n| n.parse::<u32>().ok());
        let pages = fs::read_to_string(entry.path().join("statm")).unwrap_or_default();
        let pages = pages.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok());
        parents.insert(id, (parent.unwrap_or(0), pages.unwrap_or(0) * 4096));
    }
    let below = |mut id: u32| {
        for _ in 0..10 {
            match parents.get(&id) {
                Some(&(parent, _)) if parent == root => return true,
                Some(&(parent, _)) => id = parent,
                None => return false,
            }
        }
        false
    };
    let own = parents.get(&root).map_or(0, |&(_, bytes)| bytes);
    let (mut all, mut most) = (own, 0);
    for (&id, &(_, bytes)) in &parents {
        if below(id) {
            all += bytes;
            most = most.max(bytes);
        }
    }
    (all, most)
}
