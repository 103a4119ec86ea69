//! What the walker says of trees that are odd, hostile or changing under it.

mod tree;

use dlpscan_core::model::{Handle, Item, Reason};
use dlpscan_source::{Files, Selection, check, files};
use std::ffi::OsStr;
use std::io::{Read, Write, stderr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tree::Tree;

fn walk(tree: &Tree) -> Files {
    files(vec![tree.path().to_owned()], Selection::default())
}

/// The item's name below the tree, and its content or the reason why there is none.
fn told(tree: &Tree, item: Item) -> (String, String) {
    let name = item.name.as_str().strip_prefix(tree.path().to_str().unwrap()).unwrap();
    (name.trim_start_matches('/').to_owned(), read(&item.handle))
}

fn read(handle: &Handle) -> String {
    match handle {
        Handle::File(file) => match file.open() {
            Ok((mut file, _)) => {
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                text
            }
            Err(note) => format!("[{}]", note.reason),
        },
        Handle::Fault(note) => format!("[{}]", note.reason),
        other => panic!("{other:?} is not of a folder"),
    }
}

fn all(tree: &Tree) -> Vec<(String, String)> {
    walk(tree).map(|item| told(tree, item)).collect()
}

fn names(items: &[(String, String)]) -> Vec<&str> {
    items.iter().map(|(name, _)| name.as_str()).collect()
}

fn select(include: &[&str], exclude: &[&str]) -> Selection {
    let own = |list: &[&str]| list.iter().map(|&s| s.to_owned()).collect::<Vec<_>>();
    Selection::new(&own(include), &own(exclude)).unwrap()
}

#[test]
fn the_order_is_by_bytes_and_depth_first_with_dot_files() {
    let tree = Tree::new();
    for name in ["b/z", "b.txt", "a", "B", ".hidden/x", "b/a/deep", "é", "b-"] {
        tree.file(name, name);
    }
    let items = all(&tree);
    assert_eq!(names(&items), [".hidden/x", "B", "a", "b/a/deep", "b/z", "b-", "b.txt", "é"]);
    assert!(items.iter().all(|(name, content)| name == content));
}

#[test]
fn names_of_any_bytes_come_through() {
    let tree = Tree::new();
    let odd: [&[u8]; 8] = [
        b"bad\xff\xfe.txt",
        b"new\nline.txt",
        b"esc\x1b[2J.txt",
        b"--help",
        b" ",
        b"back\\slash",
        b"\xed\xa0\x80.txt",
        &[b'n'; 255],
    ];
    for name in odd {
        std::fs::write(tree.path().join(OsStr::from_bytes(name)), "x").unwrap();
    }
    let items: Vec<Item> = walk(&tree).collect();
    assert!(items.iter().all(|item| read(&item.handle) == "x"));
    let mut expected: Vec<Vec<u8>> = odd.iter().map(|name| name.to_vec()).collect();
    expected.sort();
    let prefix = tree.path().as_os_str().len() + 1;
    let found: Vec<Vec<u8>> = items
        .iter()
        .map(|item| item.name.raw().unwrap_or(item.name.as_str().as_bytes())[prefix..].to_vec())
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn links_pipes_sockets_and_devices_are_named_and_not_opened() {
    let tree = Tree::new();
    tree.file("ok", "fine");
    symlink("/", tree.path().join("root_link")).unwrap();
    symlink(".", tree.path().join("dot_link")).unwrap();
    symlink("nowhere", tree.path().join("dangling")).unwrap();
    symlink("ok", tree.path().join("to_file")).unwrap();
    tree.fifo("fifo");
    let _socket = std::os::unix::net::UnixListener::bind(tree.path().join("sock")).unwrap();
    assert_eq!(
        all(&tree),
        [
            ("dangling", "[symlink]"),
            ("dot_link", "[symlink]"),
            ("fifo", "[special-file]"),
            ("ok", "fine"),
            ("root_link", "[symlink]"),
            ("sock", "[special-file]"),
            ("to_file", "[symlink]"),
        ]
        .map(|(name, said)| (name.to_owned(), said.to_owned()))
    );
    let device = files(vec![PathBuf::from("/dev/null")], Selection::default());
    assert_eq!(device.map(|item| read(&item.handle)).collect::<Vec<_>>(), ["[special-file]"]);
}

#[test]
fn a_path_given_is_kept_as_it_was_written() {
    let tree = Tree::new();
    tree.file("folder/a", "1");
    symlink("folder", tree.path().join("link")).unwrap();
    symlink("folder/a", tree.path().join("file_link")).unwrap();
    let given = |path: &str| {
        let path = format!("{}/{path}", tree.path().display());
        let items = files(vec![PathBuf::from(path)], Selection::default());
        items.map(|item| told(&tree, item)).collect::<Vec<_>>()
    };
    let one = |name: &str, said: &str| vec![(name.to_owned(), said.to_owned())];
    assert_eq!(given("folder"), one("folder/a", "1"));
    assert_eq!(given("folder//"), one("folder/a", "1"));
    assert_eq!(given("folder/../folder"), one("folder/../folder/a", "1"));
    assert_eq!(given("folder/a"), one("folder/a", "1"));
    assert_eq!(given("link"), one("link/a", "1"));
    assert_eq!(given("link/a"), one("link/a", "1"));
    assert_eq!(given("file_link"), one("file_link", "1"));
}

#[test]
fn what_is_not_there_is_told_before_and_the_rest_goes_on() {
    let tree = Tree::new();
    tree.file("a", "1");
    let path = |name: &str| tree.path().join(name);
    let paths = vec![path("a"), path("nope"), path("a/b"), PathBuf::new()];
    let missing = check(&paths);
    assert_eq!(
        missing.iter().map(|m| &m.path).collect::<Vec<_>>(),
        [&paths[1], &paths[2], &paths[3]]
    );
    assert!(missing[0].to_string().ends_with("nope: there is no such file or folder"));
    let items: Vec<_> = files(paths, Selection::default()).map(|i| read(&i.handle)).collect();
    assert_eq!(items, ["1", "[io-error]", "[io-error]", "[io-error]"]);
}

#[test]
fn what_is_excluded_is_listed_once() {
    let tree = Tree::new();
    for name in ["a.log", "a.txt", "cache/1.txt", "cache/2.txt", "sub/b.log", "sub/cache.txt"] {
        tree.file(name, "x");
    }
    let run = |selection| {
        let items = files(vec![tree.path().to_owned()], selection);
        items.map(|item| told(&tree, item)).map(|(n, s)| format!("{n} {s}")).collect::<Vec<_>>()
    };
    assert_eq!(
        run(select(&[], &["*.log", "cache"])),
        [
            "a.log [excluded-by-user]",
            "a.txt x",
            "cache [excluded-by-user]",
            "sub/b.log [excluded-by-user]",
            "sub/cache.txt x",
        ]
    );
    assert_eq!(
        run(select(&["sub/*"], &["*.log"])),
        [
            "a.log [excluded-by-user]",
            "a.txt [excluded-by-user]",
            "cache/1.txt [excluded-by-user]",
            "cache/2.txt [excluded-by-user]",
            "sub/b.log [excluded-by-user]",
            "sub/cache.txt x",
        ]
    );
}

#[test]
fn a_file_that_vanishes_or_is_replaced_after_it_was_listed_is_changed() {
    let tree = Tree::new();
    for name in ["1", "2", "3", "4", "folder/5"] {
        tree.file(name, "as listed");
    }
    tree.file("elsewhere/5", "never to be read");
    let items: Vec<Item> = walk(&tree).collect();
    let path = |name: &str| tree.path().join(name);
    std::fs::remove_file(path("1")).unwrap();
    std::fs::remove_file(path("2")).unwrap();
    symlink("3", path("2")).unwrap();
    std::fs::rename(path("3"), path("3.old")).unwrap();
    tree.file("3", "another");
    std::fs::remove_file(path("4")).unwrap();
    tree.fifo("4");
    std::fs::rename(path("folder"), path("folder.old")).unwrap();
    symlink("elsewhere", path("folder")).unwrap();
    let said: Vec<_> = items.into_iter().map(|item| told(&tree, item)).collect();
    let changed = said.iter().filter(|(_, said)| said == "[changed]").count();
    assert_eq!((said.len(), changed), (6, 5), "{said:?}");
}

#[test]
fn a_file_that_vanishes_between_the_listing_and_its_turn_is_changed() {
    let tree = Tree::new();
    for name in ["a", "b", "c/d"] {
        tree.file(name, name);
    }
    let mut walk = walk(&tree);
    assert_eq!(told(&tree, walk.next().unwrap()).1, "a");
    std::fs::remove_file(tree.path().join("b")).unwrap();
    std::fs::remove_dir_all(tree.path().join("c")).unwrap();
    let rest: Vec<_> = walk.map(|item| told(&tree, item).1).collect();
    assert_eq!(rest, ["[changed]", "[changed]"]);
}

#[test]
fn what_may_not_be_read_is_permission_and_the_rest_goes_on() {
    let tree = Tree::new();
    for name in ["locked/a", "mode000", "open", "unsearchable/b"] {
        tree.file(name, "x");
    }
    let mode = |name: &str, mode| {
        let to = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(tree.path().join(name), to).unwrap();
    };
    for (name, bits) in [("locked", 0), ("mode000", 0), ("unsearchable", 0o444)] {
        mode(name, bits);
    }
    let root = std::fs::File::open(tree.path().join("mode000")).is_ok();
    let said: Vec<_> = walk(&tree).map(|item| told(&tree, item)).collect();
    for name in ["locked", "mode000", "unsearchable"] {
        mode(name, 0o755);
    }
    if root {
        let _ = writeln!(stderr(), "skipped: whoever runs this may read everything (root)");
        return;
    }
    let said: Vec<_> = said.iter().map(|(n, s)| format!("{n} {s}")).collect();
    assert_eq!(
        said,
        ["locked [permission]", "mode000 [permission]", "open x", "unsearchable/b [permission]"]
    );
}

#[test]
fn three_thousand_folders_deep_is_found_with_few_descriptors() {
    let tree = Tree::new();
    tree.deep("dddddddddd", 3_000, "deep.txt", "at the bottom");
    tree.file("zzz", "after");
    let open = || std::fs::read_dir("/proc/self/fd").map_or(0, |fds| fds.count());
    let before = open();
    let mut most = 0;
    let mut walk = walk(&tree);
    let items: Vec<Item> = std::iter::from_fn(|| {
        let item = walk.next();
        most = most.max(open().saturating_sub(before));
        item
    })
    .collect();
    // Other tests of this program run at the same time and have theirs.
    assert!(most < 100, "{most} descriptors");
    assert_eq!(items.len(), 2);
    assert!(items[0].name.as_str().len() > 33_000);
    assert_eq!(read(&items[0].handle), "at the bottom");
    assert_eq!(told(&tree, items.into_iter().nth(1).unwrap()).1, "after");
}

#[test]
fn folders_far_above_are_opened_again_on_the_way_back() {
    let tree = Tree::new();
    let mut path = String::new();
    for level in 0..60 {
        path.push_str("m/");
        tree.file(&format!("{path}a{level}"), "before");
        tree.file(&format!("{path}z{level}"), "after");
    }
    let items = all(&tree);
    assert_eq!(items.len(), 120);
    assert!(items.iter().all(|(_, said)| said == "before" || said == "after"));
}

#[test]
fn a_folder_replaced_while_we_are_below_it_is_changed_and_named_once() {
    let tree = Tree::new();
    let deep = "m/".repeat(40);
    tree.file(&format!("{deep}bottom"), "x");
    tree.file("m/z1", "lost");
    tree.file("m/z2", "lost");
    tree.file("z", "kept");
    let mut walk = walk(&tree);
    assert_eq!(told(&tree, walk.next().unwrap()).0, format!("{deep}bottom"));
    std::fs::rename(tree.path().join("m"), tree.path().join("m.old")).unwrap();
    tree.file("m/z1", "never to be read");
    let rest: Vec<_> = walk.map(|item| told(&tree, item)).collect();
    assert_eq!(
        rest,
        [("m".to_owned(), "[changed]".to_owned()), ("z".to_owned(), "kept".to_owned())]
    );
}

#[test]
fn links_swapped_in_at_any_moment_lead_nowhere() {
    let tree = Tree::new();
    let secret = Tree::new();
    secret.file("inner/f", "secret");
    tree.file("x/inner/f", "honest");
    symlink(secret.path(), tree.path().join("y")).unwrap();
    let stop = AtomicBool::new(false);
    let (mut honest, mut faults) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (x, y) = (tree.path().join("x"), tree.path().join("y"));
            while !stop.load(Ordering::Relaxed) {
                let _ = rustix::fs::renameat_with(
                    rustix::fs::CWD,
                    &x,
                    rustix::fs::CWD,
                    &y,
                    rustix::fs::RenameFlags::EXCHANGE,
                );
            }
        });
        let until = Instant::now() + Duration::from_millis(500);
        while Instant::now() < until {
            for item in walk(&tree) {
                match read(&item.handle).as_str() {
                    "honest" => honest += 1,
                    "secret" => {
                        stop.store(true, Ordering::Relaxed);
                        panic!("{} was read through a link", item.name);
                    }
                    _ => faults += 1,
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let _ = writeln!(stderr(), "{honest} read, {faults} named");
    assert!(honest > 0 && faults > 0);
}

#[test]
fn the_window_into_the_running_system_is_skipped_below_a_folder_but_not_when_named() {
    if !std::path::Path::new("/proc/self/status").exists() {
        let _ = writeln!(stderr(), "skipped: no /proc here");
        return;
    }
    let status = files(vec![PathBuf::from("/proc/self/status")], Selection::default());
    assert!(status.map(|item| read(&item.handle)).all(|text| text.contains("Name:")));
    // Everything else of the system's root is left out, so that nothing else is walked.
    let others: Vec<String> = std::fs::read_dir("/")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "proc")
        .collect();
    let selection = Selection::new(&[], &others).unwrap();
    let items: Vec<Item> = files(vec![PathBuf::from("/")], selection).collect();
    let proc = items.iter().find(|item| item.name.as_str() == "/proc").unwrap();
    assert!(matches!(&proc.handle, Handle::Fault(note) if note.reason == Reason::SpecialFile));
}
