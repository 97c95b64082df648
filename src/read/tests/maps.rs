//! Files that somebody writes to while they are mapped: no digest of what the map showed may count.
//!
//! Every step is made in turn, so that nothing here depends on chance; `tests/truncation.rs` has the races.

use std::os::fd::AsFd;
use std::time::Duration;

use super::*;
use crate::read::advice;
use crate::read::mapped::Windows;
use crate::read::residency::{Residency, residency};
use crate::read::segment::Segment;
use crate::read::sequential::Sequential;

const SIZE: usize = 4 * limits::MAP_PLACE_BYTES;

/// A tree of one file, `f`, that is older than any tick of Linux's clock, and its bytes: never zero.
fn tree_of_one() -> (tempfile::TempDir, fs::File, Vec<u8>, Arc<Root>) {
    let tree = tempfile::tempdir().unwrap();
    let path = tree.path().join("f");
    let content = vec![7; SIZE];
    fs::write(&path, &content).unwrap();
    std::thread::sleep(Duration::from_millis(30));
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    (tree, fs::File::options().read(true).write(true).open(path).unwrap(), content, root)
}

/// Both sources that map, by name.
fn mapping(root: &Arc<Root>) -> Vec<(&'static str, Inline)> {
    let mapped = Inline::mapped(Arc::clone(root), Arc::default(), 8).unwrap();
    let cached = Inline::cached(Arc::clone(root), Arc::default(), limits::WORKER_BUFFERS).unwrap();
    if !HAS_CACHED_READS {
        println!("NOT RUN: this build reads nothing from memory only");
        return vec![("mapped", mapped)];
    }
    vec![("mapped", mapped), ("cached", cached)]
}

#[test]
fn what_a_file_cut_in_the_middle_of_a_page_shows_is_no_proof_however_whole_it_is_by_then() {
    let (_tree, file, content, root) = tree_of_one();
    for (name, mut source) in mapping(&root) {
        source.add(PlannedFile::new(Ticket(0), b"f".to_vec()));
        let mut zeros = 0;
        let result = loop {
            let segment = match source.poll(Wait::No) {
                Event::Segment(segment) => segment,
                Event::End(end) => break end.result,
                // Linux does not say that the file is cached.
                Event::Elsewhere(_) => break Err(Failure::Missing),
                other => panic!("{name}: {other:?}"),
            };
            if segment.last && matches!(segment.bytes, Bytes::Map(_)) {
                // No page goes, so that nothing raises a signal.
                let kept = SIZE - 100;
                file.set_len(kept as u64).unwrap();
                zeros = segment.bytes.as_slice().iter().filter(|byte| **byte == 0).count();
                file.write_all_at(&content[kept..], kept as u64).unwrap();
            }
            source.release(segment.ticket, segment.bytes);
        };
        if zeros == 0 {
            println!("NOT RUN: {name}: nothing was mapped");
            continue;
        }
        assert_eq!((zeros, result.err()), (100, Some(Failure::Moved)), "{name}");
    }
}

#[test]
fn whoever_reads_on_after_a_map_asks_whether_anybody_wrote_to_the_file() {
    let (_tree, file, content, root) = tree_of_one();
    for touched in [true, false] {
        for (name, mut source) in sources(&root, 4) {
            let planned = PlannedFile::new(Ticket(0), b"f".to_vec());
            let mut reading = Sequential::open(planned, &root).unwrap_or_else(|_| panic!("an open file"));
            let segment = reading.map(&mut Windows::default(), 1, limits::MAP_PLACE_BYTES).unwrap();
            if touched {
                file.write_all_at(&content[..1], 0).unwrap();
            }
            assert_eq!((segment.offset, segment.last), (0, false));
            drop(segment);
            let mut planned = vec![reading.leave()];
            let mut read = 0;
            let result = loop {
                if source.has_room() && !planned.is_empty() {
                    source.add(planned.pop().unwrap());
                }
                match source.poll(Wait::Most(Duration::from_millis(5))) {
                    Event::Segment(segment) => {
                        read += segment.bytes.as_slice().len();
                        source.release(segment.ticket, segment.bytes);
                    }
                    Event::End(end) => break end.result.map(|proof| proof.stamp.size_bytes),
                    _ => planned.extend(source.surplus()),
                }
            };
            assert_eq!(read, SIZE - limits::MAP_PLACE_BYTES, "{name}");
            assert_eq!(result, if touched { Err(Failure::Moved) } else { Ok(SIZE as u64) }, "{name}");
        }
    }
}

#[test]
fn what_was_brought_in_of_a_mapped_file_that_fails_goes_again() {
    let (tree, file, content, root) = tree_of_one();
    fs::copy(tree.path().join("f"), tree.path().join("g")).unwrap();
    file.sync_all().unwrap();
    advice::forget(file.as_fd());
    if residency(file.as_fd(), 0, SIZE as u64) != Some(Residency::Nothing) {
        return println!("NOT RUN: nothing can be removed from the page cache here, or Linux does not say");
    }
    let mut source = Inline::mapped(root, Arc::default(), 8).unwrap();
    source.add(PlannedFile::new(Ticket(0), b"f".to_vec()));
    source.add(PlannedFile::new(Ticket(1), b"g".to_vec()));
    fn next(source: &mut Inline) -> Segment {
        match source.poll(Wait::No) {
            Event::Segment(segment) => segment,
            other => panic!("{other:?}"),
        }
    }
    // A window of the other file stays in use, so that used ones are not taken back by the way.
    let (first, other) = (next(&mut source), next(&mut source));
    assert_eq!((first.ticket, other.ticket), (Ticket(0), Ticket(1)));
    assert!(first.bytes.as_slice() == &content[..limits::WORKER_BUFFER_BYTES]);
    source.release(first.ticket, first.bytes);
    let second = next(&mut source);
    file.set_len(second.offset).unwrap();
    assert!(second.ticket == Ticket(0) && second.bytes.as_slice().iter().all(|byte| *byte == 0));
    file.write_all_at(&content[second.offset as usize..], second.offset).unwrap();
    source.release(second.ticket, second.bytes);
    let Event::End(end) = source.poll(Wait::No) else { panic!("the end") };
    assert_eq!(end.result.err(), Some(Failure::Moved));
    assert_eq!(residency(file.as_fd(), 0, limits::WORKER_BUFFER_BYTES as u64), Some(Residency::Nothing));
    source.release(other.ticket, other.bytes);
}
