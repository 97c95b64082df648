//! Roots beside trees that hold every kind of thing a name can meet; openat2 beside the walk.
//!
//! Expected refusals come from how the tree was made.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use super::*;

/// A tree with every kind of thing that a name can meet.
fn tree() -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    let at = |name: &str| tree.path().join(name);
    fs::create_dir_all(at("a/b")).unwrap();
    fs::write(at("a/b/file"), "file").unwrap();
    fs::write(at("~"), "tilde").unwrap();
    symlink("a/b/file", at("link")).unwrap();
    symlink("a", at("dirlink")).unwrap();
    symlink("/etc", at("etc")).unwrap();
    symlink("loop", at("loop")).unwrap();
    rustix::fs::mknodat(CWD, at("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    drop(UnixListener::bind(at("socket")).unwrap());
    tree
}

#[test]
fn openat2_and_the_walk_agree_on_every_kind_of_name() {
    let tree = tree();
    let [by_call, by_walk] = [false, true].map(|walks| {
        let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
        root.walks.store(walks, Ordering::Relaxed);
        root
    });
    let long = "x".repeat(256);
    // One byte more than Linux takes, and just as many.
    let (deep, longest) = ("d/".repeat(2_047) + "xy", "d/".repeat(2_047) + "x");
    for (name, expected) in [
        ("a/b/file", None),
        ("./a//b/./file", None),
        ("~", None),
        ("a/none", Some(Refusal::Missing)),
        ("none/file", Some(Refusal::Missing)),
        ("~/file", Some(Refusal::Errno(Errno::NOTDIR))),
        ("a/b/file/.", Some(Refusal::Errno(Errno::NOTDIR))),
        ("a/./b/file/./.", Some(Refusal::Errno(Errno::NOTDIR))),
        ("fifo/.", Some(Refusal::Errno(Errno::NOTDIR))),
        ("link/.", Some(Refusal::Errno(Errno::LOOP))),
        ("dirlink/.", Some(Refusal::Errno(Errno::LOOP))),
        ("none/.", Some(Refusal::Missing)),
        ("a/.", Some(Refusal::NotRegular(FileKind::Directory))),
        ("a", Some(Refusal::NotRegular(FileKind::Directory))),
        ("./.", Some(Refusal::NotRegular(FileKind::Directory))),
        (".", Some(Refusal::NotRegular(FileKind::Directory))),
        ("fifo", Some(Refusal::NotRegular(FileKind::Fifo))),
        ("socket", Some(Refusal::NotRegular(FileKind::Socket))),
        ("link", Some(Refusal::Errno(Errno::LOOP))),
        ("dirlink/b/file", Some(Refusal::Errno(Errno::LOOP))),
        ("etc/passwd", Some(Refusal::Errno(Errno::LOOP))),
        ("loop", Some(Refusal::Errno(Errno::LOOP))),
        ("/etc/passwd", Some(Refusal::OutsideRoot)),
        ("../x", Some(Refusal::OutsideRoot)),
        ("a/../../x", Some(Refusal::OutsideRoot)),
        ("a/", Some(Refusal::OutsideRoot)),
        (&long, Some(Refusal::Errno(Errno::NAMETOOLONG))),
        (&deep, Some(Refusal::Errno(Errno::NAMETOOLONG))),
        (&longest, Some(Refusal::Missing)),
    ] {
        for root in [&by_call, &by_walk] {
            assert_eq!(root.open(name.as_bytes()).err(), expected, "{name} {}", root.walks.load(Ordering::Relaxed));
        }
        assert_eq!(by_call.stamp(name.as_bytes()).ok(), by_walk.stamp(name.as_bytes()).ok(), "{name}");
    }
}

#[test]
fn free_names_may_lead_anywhere_but_only_to_regular_files() {
    let tree = tree();
    let root = Root::open_root(tree.path(), Policy::Free).unwrap();
    assert!(root.open(b"dirlink/../dirlink/b/file").is_ok());
    assert!(root.open(tree.path().join("link").as_os_str().as_encoded_bytes()).is_ok());
    assert_eq!(root.open(b"etc").err(), Some(Refusal::NotRegular(FileKind::Directory)));
    let open_cached = |name: &str| root.open_cached(name.as_bytes());
    for name in ["a/b/file", "link", "dirlink/b/file", "dirlink/../link", "etc/passwd", "/etc/passwd"] {
        let opened = root.open(name.as_bytes()).unwrap();
        assert_eq!(root.stamp(name.as_bytes()), Ok(opened.stamp), "{name}: the same file, through the same links");
        // Older Linuxes have no cached lookups; then nothing is said.
        let cached = open_cached(name);
        assert!(cached.is_none_or(|cached| cached.unwrap().stamp == opened.stamp), "{name}");
        assert!(root.size_hint(name.as_bytes()).is_none_or(|bytes| bytes == opened.stamp.size_bytes), "{name}");
    }
    for (name, expected) in [
        ("", Refusal::Missing),
        ("none", Refusal::Missing),
        ("a\0b", Refusal::Errno(Errno::INVAL)),
        ("~/x", Refusal::Errno(Errno::NOTDIR)),
        ("~/", Refusal::Errno(Errno::NOTDIR)),
        ("loop", Refusal::Errno(Errno::LOOP)),
        ("fifo", Refusal::NotRegular(FileKind::Fifo)),
        ("socket", Refusal::NotRegular(FileKind::Socket)),
        ("/dev/null", Refusal::NotRegular(FileKind::CharDevice)),
        ("..", Refusal::NotRegular(FileKind::Directory)),
    ] {
        assert_eq!(root.open(name.as_bytes()).err(), Some(expected), "{name:?}");
        assert!(open_cached(name).is_none_or(|opened| opened.err() == Some(expected)), "{name:?}");
    }
}

#[test]
fn a_size_is_told_of_regular_files_below_the_root_only() {
    let tree = tree();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    if !lookup::HAS_OPENAT2 {
        println!("NOT RUN: this build looks nothing up in memory only");
        return;
    }
    // What was just made is in memory.
    assert_eq!(root.size_hint(b"a/b/file"), Some(4));
    for name in ["a", "none", "link", "dirlink/b/file", "/etc/passwd", "../x", "etc/passwd"] {
        assert_eq!(root.size_hint(name.as_bytes()), None, "{name}");
    }
}

#[test]
fn a_directory_gives_its_names_with_their_kinds() {
    let tree = tree();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let mut names: Vec<_> =
        root.read_directory(b"").unwrap().into_iter().map(|entry| (entry.name, entry.kind)).collect();
    names.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("a", FileKind::Directory),
        ("dirlink", FileKind::Symlink),
        ("etc", FileKind::Symlink),
        ("fifo", FileKind::Fifo),
        ("link", FileKind::Symlink),
        ("loop", FileKind::Symlink),
        ("socket", FileKind::Socket),
        ("~", FileKind::Regular),
    ];
    assert_eq!(names, expected.map(|(name, kind)| (name.as_bytes().to_vec(), kind)));
    assert_eq!(root.read_directory(b"dirlink"), Err(Refusal::Errno(Errno::LOOP)));
    assert_eq!(root.read_directory(b"a/b").unwrap().len(), 1);
    for (most, all) in [(0, false), (1, true)] {
        let mut entries = Vec::new();
        assert_eq!(root.read_some_of_directory(b"a/b", most, &mut entries).is_ok(), all);
        assert_eq!(entries.len(), most);
    }
}

#[test]
fn a_stamp_tells_a_changed_file_from_the_same_one() {
    let tree = tree();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let before = root.open(b"~").unwrap().stamp;
    assert_eq!(before.size_bytes, 5);
    assert_eq!(root.stamp(b"~"), Ok(before));
    fs::write(tree.path().join("~"), "longer text").unwrap();
    assert_ne!(root.stamp(b"~"), Ok(before));
}

#[test]
fn reading_leaves_the_time_of_access_as_it_was() {
    if UNMARKED.is_empty() {
        println!("NOT RUN: this build leaves the time of access to the system");
        return;
    }
    let tree = tree();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let old = rustix::fs::Timespec { tv_sec: 1_000_000, tv_nsec: 0 };
    let times = rustix::fs::Timestamps { last_access: old, last_modification: old };
    for name in ["~", "a"] {
        rustix::fs::utimensat(CWD, tree.path().join(name), &times, AtFlags::empty()).unwrap();
    }
    for walks in [false, true] {
        root.walks.store(walks, Ordering::Relaxed);
        let opened = root.open(b"~").unwrap();
        assert_eq!(rustix::io::read(&opened.file, &mut [0; 8]).unwrap(), 5);
        assert_eq!(root.read_directory(b"a").unwrap().len(), 1);
        for name in ["~", "a"] {
            let stat = rustix::fs::stat(tree.path().join(name)).unwrap();
            assert_eq!(stat.st_atime, 1_000_000, "{name}, walks: {walks}");
        }
    }
    assert!(!root.marks.load(Ordering::Relaxed));
}

#[test]
fn a_file_of_somebody_elses_is_read_all_the_same() {
    if UNMARKED.is_empty() {
        println!("NOT RUN: this build leaves the time of access to the system");
        return;
    }
    let opens = || {
        // Linux has the owner of a thread: this one is nobody from here on, so that the file is another's.
        if rustix::process::getuid().is_root() {
            let nobody = rustix::thread::Uid::from_raw(65_534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
        }
        let root = Root::open_root(Path::new("/etc"), Policy::Beneath).unwrap();
        for walks in [false, true] {
            root.walks.store(walks, Ordering::Relaxed);
            root.marks.store(false, Ordering::Relaxed);
            assert!(root.open(b"passwd").is_ok());
            assert!(root.marks.load(Ordering::Relaxed), "it is remembered; walks: {walks}");
            assert!(root.open(b"passwd").is_ok());
            assert_eq!(root.walks(), walks, "nor is openat2 taken for refused");
        }
    };
    std::thread::spawn(opens).join().unwrap();
}

#[test]
fn openat2_and_the_walk_agree_on_links_that_stay_inside() {
    let tree = tree();
    let at = |name: &str| tree.path().join(name);
    for (name, target) in [
        ("a/b/up", "../../~"),
        ("a/b/over", "../../../x"),
        ("to-directory", "a/b/"),
        ("to-file", "a/b/file/"),
        ("to-socket", "socket"),
        ("dot", "."),
        ("twice", "dirlink/../link"),
    ] {
        symlink(target, at(name)).unwrap();
    }
    let [by_call, by_walk] = [false, true].map(|walks| {
        let root = Root::open_root(tree.path(), Policy::Inside).unwrap();
        root.walks.store(walks, Ordering::Relaxed);
        root
    });
    for (name, expected) in [
        ("a/b/file", None),
        ("link", None),
        ("dirlink/b/file", None),
        ("a/b/up", None),
        ("twice", None),
        ("dot/dot/link", None),
        ("to-directory/file", None),
        ("a/b/over", Some(Refusal::OutsideRoot)),
        ("etc/passwd", Some(Refusal::OutsideRoot)),
        ("to-directory", Some(Refusal::NotRegular(FileKind::Directory))),
        ("dot", Some(Refusal::NotRegular(FileKind::Directory))),
        ("to-file", Some(Refusal::Errno(Errno::NOTDIR))),
        ("link/x", Some(Refusal::Errno(Errno::NOTDIR))),
        ("link/.", Some(Refusal::Errno(Errno::NOTDIR))),
        ("dirlink/.", Some(Refusal::NotRegular(FileKind::Directory))),
        ("to-socket", Some(Refusal::NotRegular(FileKind::Socket))),
        ("fifo", Some(Refusal::NotRegular(FileKind::Fifo))),
        ("loop", Some(Refusal::Errno(Errno::LOOP))),
        ("loop/x", Some(Refusal::Errno(Errno::LOOP))),
        ("dirlink/none", Some(Refusal::Missing)),
        ("dirlink/../~", Some(Refusal::OutsideRoot)),
        ("/etc/passwd", Some(Refusal::OutsideRoot)),
    ] {
        if cfg!(checksig_portable) && name == "to-socket" {
            // Without a handle to name it by, what is behind the link says only that it cannot be opened (ENXIO).
            assert!(by_walk.open(name.as_bytes()).is_err());
            continue;
        }
        for root in [&by_call, &by_walk] {
            assert_eq!(root.open(name.as_bytes()).err(), expected, "{name} {}", root.walks());
            let cached = root.open_cached(name.as_bytes());
            assert!(cached.is_none_or(|opened| opened.err() == expected), "{name}");
            assert!(!matches!((root.stamp(name.as_bytes()), expected), (Ok(_), Some(_)) | (Err(_), None)), "{name}");
        }
        assert_eq!(by_call.stamp(name.as_bytes()).ok(), by_walk.stamp(name.as_bytes()).ok(), "{name}");
        assert_eq!(by_call.kind_behind(name.as_bytes()).ok(), by_walk.kind_behind(name.as_bytes()).ok(), "{name}");
    }
    for root in [&by_call, &by_walk] {
        assert_eq!(root.kind_behind(b"dirlink"), Ok(FileKind::Directory));
        assert_eq!(root.read_directory(b"dirlink"), Err(Refusal::Errno(Errno::LOOP)), "a walk follows no link");
    }
}
