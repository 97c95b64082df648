//! By which means a source of a worker reads, as Linux says of its descriptors.

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;

use super::*;
use crate::read::residency::{Residency, residency};
use crate::read::{Failure, Source, Ticket, Wait};
use crate::root::Policy;

const MIB: usize = 1 << 20;

/// A tree with a file that is on the disk, and not in the page cache.
fn cold_tree(bytes: usize) -> tempfile::TempDir {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("f"), vec![7; bytes]).unwrap();
    let file = fs::File::open(tree.path().join("f")).unwrap();
    file.sync_all().unwrap();
    rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
    tree
}

/// Reads the file to its end: whether it was read with O_DIRECT, and how much of it was mapped.
fn means(tree: &Path, make: impl Fn(Arc<Root>, Arc<Manner>, usize) -> io::Result<Inline>) -> (bool, usize) {
    let root = Root::open_root(tree, Policy::Beneath).unwrap();
    let mut source = make(Arc::new(root), Arc::default(), limits::WORKER_BUFFERS).unwrap();
    source.add(PlannedFile::new(Ticket(0), b"f".to_vec()));
    let (mut direct, mut mapped) = (false, 0);
    loop {
        match source.poll(Wait::No) {
            Event::Segment(segment) => {
                direct |= is_read_directly(&tree.join("f"));
                if let Bytes::Map(window) = &segment.bytes {
                    mapped += window.as_slice().len();
                }
                source.release(Ticket(0), segment.bytes);
            }
            Event::End(end) => {
                assert!(end.result.is_ok(), "{end:?}");
                return (direct, mapped);
            }
            event => panic!("{event:?}"),
        }
    }
}

/// Whether this process has the file open with O_DIRECT.
fn is_read_directly(path: &Path) -> bool {
    let entries = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let mut descriptors = entries.filter(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == path));
    descriptors.any(|entry| {
        let info = Path::new("/proc/self/fdinfo").join(entry.file_name());
        let text = fs::read_to_string(info).unwrap_or_default();
        let flags = text.lines().find_map(|line| line.strip_prefix("flags:")).unwrap_or_default();
        u32::from_str_radix(flags.trim(), 8).is_ok_and(|flags| flags & rustix::fs::OFlags::DIRECT.bits() != 0)
    })
}

#[test]
fn who_reads_as_second_readings_do_reads_through_the_page_cache() {
    let tree = cold_tree(5 * MIB);
    assert_eq!(means(tree.path(), Inline::plain), (false, 0));
    let tree = cold_tree(5 * MIB);
    if !means(tree.path(), Inline::waiting).0 {
        println!("NOT RUN: nothing is read past the page cache in {}", tree.path().display());
    }
}

#[test]
fn a_file_that_has_grown_by_a_page_that_is_not_in_memory_has_moved() {
    let tree = tempfile::tempdir().unwrap();
    let path = tree.path().join("f");
    let size = 2 * limits::WORKER_BUFFER_BYTES;
    fs::write(&path, vec![7; size]).unwrap();
    let root = Root::open_root(tree.path(), Policy::Beneath).unwrap();
    let mut source = Inline::cached(Arc::new(root), Arc::default(), limits::WORKER_BUFFERS).unwrap();
    source.add(PlannedFile::new(Ticket(0), b"f".to_vec()));
    let Event::Segment(first) = source.poll(Wait::No) else { panic!("it is in memory") };
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    io::Write::write_all(&mut &file, &vec![7; 4 * limits::PAGE_BYTES]).unwrap();
    file.sync_all().unwrap();
    rustix::fs::fadvise(&file, size as u64, None, rustix::fs::Advice::DontNeed).unwrap();
    if residency(file.as_fd(), size as u64, 1) != Some(Residency::Nothing) {
        println!("NOT RUN: nothing can be removed from the page cache in {}", tree.path().display());
        return;
    }
    source.release(Ticket(0), first.bytes);
    let result = loop {
        match source.poll(Wait::No) {
            Event::Segment(segment) => source.release(Ticket(0), segment.bytes),
            Event::End(end) => break end.result,
            event => panic!("{event:?}"),
        }
    };
    assert_eq!(result, Err(Failure::Moved));
}

#[test]
fn who_has_nobody_to_leave_files_to_maps_nothing_any_more() {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("f"), vec![7; 9 * MIB]).unwrap();
    let alone = |root, manner, buffers| {
        let mut source = Inline::cached(root, manner, buffers)?;
        source.wait_from_now_on();
        Ok(source)
    };
    assert_eq!(means(tree.path(), alone).1, 0);
    if means(tree.path(), Inline::cached).1 == 0 {
        println!("NOT RUN: nothing is mapped in {}", tree.path().display());
    }
}

#[test]
fn where_files_are_in_memory_alone_reads_that_must_not_wait_are_tried_once() {
    let Ok(tree) = tempfile::tempdir_in("/dev/shm") else {
        println!("NOT RUN: /dev/shm is not to be had");
        return;
    };
    for (name, bytes) in [("a", 0), ("b", 4_096), ("c", limits::WORKER_BUFFER_BYTES + 1)] {
        fs::write(tree.path().join(name), vec![7; bytes]).unwrap();
    }
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    let pool = BufferPool::new(limits::WORKER_BUFFER_BYTES, 4).unwrap();
    let mut copying = Copying::new(root, Arc::default(), pool, How::Cached, Maps::Nothing);
    for (ticket, name) in (0..).zip(["b", "a", "b", "c"]) {
        let file = PlannedFile::new(Ticket(ticket), name.into());
        let ControlFlow::Continue(mut reading) = copying.open(file) else { panic!("{name} is there") };
        loop {
            match copying.read(reading) {
                Progress::Segment(on, segment) => {
                    let last = segment.last;
                    copying.release(segment.bytes, None);
                    reading = on;
                    if last {
                        break;
                    }
                }
                _ => panic!("{name} is in memory"),
            }
        }
        let Some(asked) = copying.asked_first else {
            println!("NOT RUN: this Linux knows such reads there, or /dev/shm is on a disk");
            return;
        };
        assert!(asked.is_memory, "{name}");
        assert_eq!(reading.asked_first(&copying.manner), (ticket == 0).then_some(asked), "{name} was not asked for so");
        assert_eq!(reading.is_there(asked, 1), Some(true), "{name} lies there");
    }
}
