//! What a ring reader takes on, and how many reads it has in flight.

use super::*;
use crate::root::Policy;

/// A reader with so many buffers of each size and so many reads, and as many small files as it has room for in a window.
fn reader(buffers: usize, reads: u32, files: usize) -> Option<(tempfile::TempDir, Uring)> {
    let tree = tempfile::tempdir().unwrap();
    let root = Arc::new(Root::open_root(tree.path(), Policy::Beneath).unwrap());
    let room = ReaderRoom { small_buffers: buffers, large_buffers: buffers, reads };
    let mut source = match Uring::new(root, Arc::default(), room) {
        Ok(source) => source.unwrap(),
        Err(refused) => {
            println!("NOT RUN: {refused}");
            return None;
        }
    };
    for at in 0..files {
        let name = format!("f{at}");
        std::fs::write(tree.path().join(&name), "content").unwrap();
        assert!(source.has_room());
        source.add(PlannedFile::new(Ticket(at as u64), name.into_bytes()));
    }
    source.close_window();
    source.feed();
    Some((tree, source))
}

#[test]
fn no_more_reads_are_in_flight_than_it_was_given() {
    for reads in [1, 2, 5] {
        let Some((_tree, source)) = reader(16, reads, 12) else { return };
        assert_eq!(source.ring.in_flight(), reads as usize);
    }
}

#[test]
fn files_that_wait_for_a_buffer_come_before_new_ones() {
    let Some((_tree, source)) = reader(2, 64, 3) else { return };
    assert!(source.ring.in_flight() == 2 && !source.has_room());
    let Some((_tree, source)) = reader(3, 64, 3) else { return };
    assert!(source.ring.in_flight() == 3 && source.has_room());
}

#[test]
fn a_ring_that_breaks_leaves_its_files_to_others_as_they_are() {
    let Some((_tree, mut source)) = reader(16, 2, 12) else { return };
    source.give_up(Errno::NXIO);
    let mut left: Vec<_> = std::iter::from_fn(|| source.events.pop_front())
        .map(|event| match event {
            Event::Elsewhere(file) => (file.ticket.0, file.resume.expect("it was opened").offset),
            other => panic!("{other:?}"),
        })
        .collect();
    left.sort_unstable();
    assert_eq!(left, (0..12).map(|ticket| (ticket, 0)).collect::<Vec<_>>());
    assert!(source.in_progress() == 0 && source.broken().is_some() && !source.has_room());
}
