//! Places whose maps Linux refuses, and files that are not mapped.
//!
//! Makes by hand the holes that Linux left before 6.12.

use std::os::fd::AsFd;

use super::*;

fn file_of(bytes: u64) -> std::fs::File {
    let file = tempfile::tempfile().unwrap();
    file.set_len(bytes).unwrap();
    file
}

/// Maps that this process has, with their first and last addresses.
fn has_map(at: usize, bytes: usize) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let whole = |line: &str| {
        let (first, last) = line.split_once(' ')?.0.split_once('-')?;
        let [first, last] = [first, last].map(|number| usize::from_str_radix(number, 16).unwrap());
        Some(first <= at && last >= at + bytes)
    };
    maps.lines().any(|line| whole(line) == Some(true))
}

#[allow(unsafe_code, reason = "what Linux did before 6.12 where a map was refused")]
fn make_hole(range: &Range, place: usize) -> usize {
    let address = range.at(place).cast_mut().cast();
    // SAFETY: the place is vacant, and nothing is asked of it before it is put back.
    unsafe { munmap(address, limits::MAP_PLACE_BYTES) }.unwrap();
    address.addr()
}

#[test]
#[cfg(target_os = "linux")]
fn a_place_that_a_refused_map_left_empty_is_put_back_or_never_touched_again() {
    let range = Range::new().unwrap();
    let place = limits::MAP_PLACE_BYTES;
    let hole = make_hole(&range, 0);
    assert!(range.put_back(0, 1, 0..place) && has_map(hole, place));
    assert_eq!(range.vacant(2), Some(0));
    // Somebody else was faster.
    make_hole(&range, 0);
    let flags = MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE;
    #[allow(unsafe_code, reason = "a map at a given address")]
    // SAFETY: nothing is there, and the call replaces nothing.
    unsafe { mmap_anonymous(range.at(0).cast_mut().cast(), place, ProtFlags::READ, flags) }.unwrap();
    assert!(!range.put_back(0, 1, 0..place));
    assert_eq!((range.vacant(1), range.vacant(2)), (None, Some(1)), "lost");
    // A window beside it is used and taken back as ever; the place stays theirs, also when the range has gone.
    range.used.fetch_or(0b11, Ordering::AcqRel);
    range.take_back();
    assert_eq!(range.vacant(2), Some(1));
    drop(range);
    assert!(has_map(hole, place));
}

#[test]
fn a_map_that_linux_refuses_gives_its_place_back_or_none() {
    let file = file_of(2 * limits::MAP_PLACE_BYTES as u64);
    let mut windows = Windows::default();
    drop(windows.map(2, file.as_fd(), 0, 4_096).unwrap());
    let range = windows.range.as_ref().unwrap();
    // No multiple of a page: Linux looks at that before it takes anything away, and so the place is not free.
    assert_eq!(range.map(1, 0, 4_096, file.as_fd(), 7), Err(Errno::INVAL));
    assert_eq!((range.lost.load(Ordering::Acquire), range.vacant(2)), (0b10, Some(0)));
}

#[test]
fn files_of_hugetlbfs_are_not_mapped() {
    assert_eq!(Windows::can_map(file_of(1).as_fd()), Ok(()));
    #[cfg(target_os = "linux")]
    match rustix::fs::memfd_create(c"huge", rustix::fs::MemfdFlags::HUGETLB) {
        Ok(file) => assert_eq!(Windows::can_map(file.as_fd()), Err(NoWindow::Refused(Errno::INVAL))),
        Err(errno) => println!("NOT RUN: no hugetlbfs: {errno}"),
    }
}

#[test]
fn what_cannot_be_mapped_at_any_address_is_refused_before_a_place_is_given_to_it() {
    let (pipe, _other) = std::io::pipe().unwrap();
    assert_eq!(Windows::can_map(pipe.as_fd()), Err(NoWindow::Refused(Errno::NODEV)));
}
