//! The harness that every reader runs, and what each must give: the bytes of every file in order, and one end.
//!
//! The oracle is `std::fs::read`.

mod maps;

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Blocking, Bytes, Event, Failure, HAS_CACHED_READS, HAS_DIRECT_READS, Inline, Manner, PlannedFile, ReaderRoom,
    Source, Ticket, Uring, Wait,
};
use crate::filekind::FileKind;
use crate::limits;
use crate::root::{Policy, Root};

/// A reader with a pool of this many buffers, by name; the ring only where Linux gives one.
fn sources(root: &Arc<Root>, buffers: usize) -> Vec<(&'static str, Box<dyn Source>)> {
    let mapped = Inline::mapped(Arc::clone(root), Arc::default(), buffers).unwrap();
    let mut sources: Vec<(&'static str, Box<dyn Source>)> = vec![("mapped", Box::new(mapped))];
    // Through the page cache, and past it.
    for (name, from_media) in [("", false), (" from the medium", true)] {
        if from_media && !HAS_DIRECT_READS {
            println!("not run: this build has no direct reads");
            continue;
        }
        let manner = || Arc::new(Manner { is_neutral: true, from_media, ..Manner::default() });
        let [pread, threads, uring] =
            ["pread", "threads", "uring"].map(|reader| -> &str { format!("{reader}{name}").leak() });
        sources.push((pread, Box::new(Inline::waiting(Arc::clone(root), manner(), buffers).unwrap())));
        sources.push((threads, Box::new(Blocking::new(Arc::clone(root), manner(), buffers, false).unwrap())));
        let room = ReaderRoom { small_buffers: buffers, large_buffers: buffers, reads: 64 };
        match Uring::new(Arc::clone(root), manner(), room) {
            Ok(source) => {
                let source = source.map(|source| -> Box<dyn Source> { Box::new(source) });
                sources.push((uring, source.unwrap()));
            }
            Err(refused) => println!("not run: {refused}"),
        }
    }
    sources
}

/// What a source gave of each file.
#[derive(Default)]
struct Got {
    bytes: HashMap<Ticket, Vec<u8>>,
    ends: HashMap<Ticket, Result<u64, Failure>>,
}

/// Reads files through a source and holds buffers back as long as it can: one is released only when the source cannot
/// go on without.
fn drive(source: &mut dyn Source, mut files: Vec<PlannedFile>) -> Got {
    let mut got = Got::default();
    let mut held: Vec<(Ticket, Bytes)> = Vec::new();
    files.reverse();
    let mut surplus = Vec::new();
    let mut idle = 0;
    while !files.is_empty() || !surplus.is_empty() || source.in_progress() > 0 {
        surplus.extend(std::iter::from_fn(|| source.surplus()));
        while source.has_room_for_surplus() && !surplus.is_empty() {
            source.add(surplus.pop().unwrap());
        }
        while source.has_room() && !files.is_empty() {
            source.add(files.pop().unwrap());
        }
        match source.poll(Wait::Most(Duration::from_millis(5))) {
            Event::Segment(segment) => {
                let bytes = got.bytes.entry(segment.ticket).or_default();
                assert_eq!(segment.offset, bytes.len() as u64, "in order, without gaps");
                bytes.extend_from_slice(segment.bytes.as_slice());
                held.push((segment.ticket, segment.bytes));
                idle = 0;
            }
            Event::End(end) => {
                let before = got.ends.insert(end.file.ticket, end.result.map(|proof| proof.stamp.size_bytes));
                assert!(before.is_none(), "one end");
            }
            Event::Elsewhere(_) => unreachable!("these readers may wait"),
            Event::Starved | Event::Idle => {
                idle += 1;
                assert!(!held.is_empty() || idle < 1_000, "the source stands still without owing to a held buffer");
                // Neither the first nor the last, so that files get their buffers back out of order.
                if !held.is_empty() {
                    let (ticket, bytes) = held.swap_remove(held.len() / 2);
                    source.release(ticket, bytes);
                }
            }
        }
    }
    held.into_iter().for_each(|(ticket, bytes)| source.release(ticket, bytes));
    got
}

#[test]
fn every_reader_gives_every_byte_in_order_whatever_the_size_of_its_pool() {
    let tree = tempfile::tempdir().unwrap();
    let (small, buffer) = (limits::SMALL_BUFFER_BYTES, limits::LARGE_BUFFER_BYTES);
    // Empty, one byte, a sector, a page, each size of buffer and its neighbours, several, and more than one file may have
    // in flight.
    let window = limits::MAP_PLACE_BYTES;
    let edges = [window + 5, small - 1, small, small + 1, buffer - 1, buffer, buffer + 1, 3 * buffer, 12 * buffer + 5];
    let sizes = [&[0, 1, 511, 512, 513, 4_096, 0, 100][..], &edges].concat();
    for (at, &size) in sizes.iter().enumerate() {
        let content: Vec<u8> = (0..size).map(|byte| (byte * 7 + byte / 250 + at) as u8).collect();
        fs::write(tree.path().join(format!("f{at}")), content).unwrap();
    }
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    for buffers in [1, 2, 3, 9, 64] {
        for (name, mut source) in sources(&root, buffers) {
            // Three times each, so that places and buffers are used again.
            let count = 3 * sizes.len();
            let file = |at: usize| format!("f{}", at % sizes.len());
            let files = (0..count).map(|at| PlannedFile::new(Ticket(at as u64), file(at).into_bytes())).collect();
            let got = drive(&mut *source, files);
            for at in 0..count {
                let expected = fs::read(tree.path().join(file(at))).unwrap();
                assert!(got.bytes[&Ticket(at as u64)] == expected, "{name}, {buffers} buffers, {}", file(at));
                assert_eq!(got.ends[&Ticket(at as u64)], Ok(expected.len() as u64), "{name}");
            }
        }
    }
}

#[test]
fn every_reader_tells_what_it_cannot_read_and_goes_on() {
    let tree = tempfile::tempdir().unwrap();
    fs::write(tree.path().join("good"), "good").unwrap();
    fs::create_dir(tree.path().join("directory")).unwrap();
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    let names = ["gone", "good", "directory", "../x", "good"];
    for (reader, mut source) in sources(&root, 4) {
        let files = (0..).zip(names).map(|(at, name)| PlannedFile::new(Ticket(at), name.as_bytes().to_vec())).collect();
        let got = drive(&mut *source, files);
        let ends: Vec<_> = (0..5).map(|at| got.ends[&Ticket(at)]).collect();
        let expected = [
            Err(Failure::Missing),
            Ok(4),
            Err(Failure::NotRegular(FileKind::Directory)),
            Err(Failure::OutsideRoot),
            Ok(4),
        ];
        assert_eq!(ends, expected, "{reader}");
    }
}

#[test]
fn a_file_that_shrinks_or_grows_between_its_segments_has_moved() {
    let tree = tempfile::tempdir().unwrap();
    let path = tree.path().join("f");
    let size = 20 * limits::LARGE_BUFFER_BYTES;
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    for grows in [false, true] {
        for at in 0..sources(&root, 2).len() {
            fs::write(&path, vec![7; size]).unwrap();
            let (name, mut source) = sources(&root, 2).swap_remove(at);
            source.add(PlannedFile::new(Ticket(0), b"f".to_vec()));
            let mut event = source.poll(Wait::Most(Duration::from_secs(1)));
            while matches!(event, Event::Idle) {
                event = source.poll(Wait::Most(Duration::from_secs(1)));
            }
            assert!(matches!(event, Event::Segment(_)), "{name}: {event:?}");
            let new_size = if grows { size + 1 } else { size / 2 };
            fs::File::options().write(true).open(&path).unwrap().set_len(new_size as u64).unwrap();
            let result = loop {
                match std::mem::replace(&mut event, Event::Idle) {
                    Event::Segment(segment) => source.release(segment.ticket, segment.bytes),
                    Event::End(end) => break end.result,
                    _ => {}
                }
                event = source.poll(Wait::Most(Duration::from_millis(5)));
            };
            assert_eq!(result.err(), Some(Failure::Moved), "{name}, grows: {grows}");
        }
    }
}

#[test]
fn a_window_that_gave_zeros_ends_its_file_however_whole_that_is_by_then() {
    let tree = tempfile::tempdir().unwrap();
    let path = tree.path().join("f");
    let size = 4 * limits::MAP_PLACE_BYTES;
    let content = vec![7; size];
    fs::write(&path, &content).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    for (name, mut source) in [
        ("mapped", Inline::mapped(Arc::clone(&root), Arc::default(), 8).unwrap()),
        ("cached", Inline::cached(Arc::clone(&root), Arc::default(), limits::WORKER_BUFFERS).unwrap()),
    ] {
        if name == "cached" && !HAS_CACHED_READS {
            println!("NOT RUN: this build reads nothing from memory only");
            continue;
        }
        // The second window of a file, and its last, whose end is told after its bytes were used and not before.
        for last in [false, true] {
            source.add(PlannedFile::new(Ticket(0), b"f".to_vec()));
            let (mut faulted, mut maps) = (false, 0);
            let result = loop {
                let segment = match source.poll(Wait::No) {
                    Event::Segment(segment) => segment,
                    Event::End(end) => break Some(end.result),
                    // Linux says of no part of the file that it is cached.
                    Event::Elsewhere(_) => break None,
                    other => panic!("{name}: {other:?}"),
                };
                maps += usize::from(matches!(segment.bytes, Bytes::Map(_)));
                if !faulted && matches!(segment.bytes, Bytes::Map(_)) && maps > 1 && segment.last == last {
                    faulted = true;
                    assert!(!segment.last || matches!(source.poll(Wait::No), Event::Starved), "no end yet");
                    file.set_len(segment.offset).unwrap();
                    assert!(segment.bytes.as_slice().iter().all(|byte| *byte == 0), "{name}");
                    file.write_all_at(&content[segment.offset as usize..], segment.offset).unwrap();
                }
                source.release(segment.ticket, segment.bytes);
            };
            match result {
                Some(result) if maps > 0 => assert_eq!((result.err(), faulted), (Some(Failure::Moved), true), "{name}"),
                _ => println!("NOT RUN: {name}: nothing was mapped"),
            }
            assert_eq!((source.in_progress(), source.buffers_out()), (0, 0));
        }
        source.add(PlannedFile::new(Ticket(1), b"f".to_vec()));
        let got = drive(&mut source, Vec::new());
        assert!(got.bytes[&Ticket(1)] == content && got.ends[&Ticket(1)] == Ok(size as u64), "{name}: whole again");
    }
}

#[test]
fn the_page_cache_reader_leaves_what_it_would_have_to_wait_for() {
    let tree = tempfile::tempdir().unwrap();
    if !HAS_CACHED_READS {
        println!("not run: this build reads nothing from memory only");
        return;
    }
    fs::write(tree.path().join("hot"), "hot").unwrap();
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    let mut source = Inline::cached(Arc::clone(&root), Arc::default(), 2).unwrap();
    let mut first = |name: &str| {
        source.add(PlannedFile::new(Ticket(0), name.as_bytes().to_vec()));
        loop {
            match source.poll(Wait::No) {
                Event::Segment(segment) => source.release(segment.ticket, segment.bytes),
                event => break event,
            }
        }
    };
    // Whether the file is still cached is not ours to say; either way it is read, or left whole.
    match first("hot") {
        Event::End(end) => assert_eq!(end.result.unwrap().stamp.size_bytes, 3),
        Event::Elsewhere(file) => assert_eq!(file.name, b"hot"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(first("../x"), Event::End(end) if end.result == Err(Failure::OutsideRoot)));
}

#[test]
fn a_worker_reads_its_files_in_turn_and_no_further_ahead_than_it_hashes() {
    let tree = tempfile::tempdir().unwrap();
    let files = limits::WORKER_FILES_OPEN;
    for at in 0..files {
        let length = 2 * limits::WORKER_BUFFER_BYTES + 1;
        fs::write(tree.path().join(format!("f{at}")), vec![at as u8; length]).unwrap();
    }
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    let mut source = Inline::waiting(root, Arc::default(), limits::WORKER_BUFFERS).unwrap();
    for at in 0..files {
        assert!(source.has_room());
        source.add(PlannedFile::new(Ticket(at as u64), format!("f{at}").into_bytes()));
    }
    assert!(!source.has_room());
    for round in 0..2 {
        let segments: Vec<_> = (0..files)
            .map(|_| match source.poll(Wait::No) {
                Event::Segment(segment) => segment,
                other => panic!("round {round}: {other:?}"),
            })
            .collect();
        let tickets: Vec<_> = segments.iter().map(|segment| segment.ticket.0).collect();
        assert_eq!(tickets, (0..files as u64).collect::<Vec<_>>(), "a segment of each, in turn");
        assert!(matches!(source.poll(Wait::No), Event::Starved), "the next is read when one has been hashed");
        segments.into_iter().for_each(|segment| source.release(segment.ticket, segment.bytes));
    }
    // The last byte of each, and its end at once.
    for at in 0..files as u64 {
        let Event::Segment(segment) = source.poll(Wait::No) else { panic!("the last segment of {at}") };
        assert!(segment.last);
        assert!(
            matches!(source.poll(Wait::No), Event::End(end) if end.file.ticket == Ticket(at) && end.result.is_ok())
        );
        source.release(segment.ticket, segment.bytes);
    }
    assert_eq!((source.in_progress(), source.buffers_out()), (0, 0));
}
