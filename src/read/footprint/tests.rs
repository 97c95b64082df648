//! What is noted and removed of a real file, page by page.
//!
//! Where the temporary directory is in memory nothing can be removed, and nothing is tried.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use super::*;

const PAGE: u64 = limits::PAGE_BYTES as u64;

/// A file of so many pages, none of them cached; `None` where Linux does not say or does not remove them.
fn cold(pages: u64) -> Option<File> {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(&vec![7; (pages * PAGE) as usize], 0).unwrap();
    file.sync_all().unwrap();
    advice::forget(file.as_fd());
    let is_cold = residency(file.as_fd(), 0, pages * PAGE) == Some(Residency::Nothing);
    if !is_cold {
        println!("NOT RUN: nothing can be removed from the page cache here, or Linux does not say");
    }
    is_cold.then_some(file)
}

/// Brings these pages in and no others.
fn bring(file: &File, pages: impl IntoIterator<Item = u64>) {
    advice::reads_at_random(file.as_fd());
    pages.into_iter().for_each(|page| file.read_exact_at(&mut [0], page * PAGE).unwrap());
}

fn cached(file: &File, pages: Range<u64>) -> Vec<u64> {
    pages.filter(|page| residency(file.as_fd(), page * PAGE, 1) == Some(Residency::All)).collect()
}

#[test]
fn of_no_bytes_nothing_is_removed() {
    let Some(file) = cold(8) else { return };
    let mut footprint = Footprint::of(file.as_fd(), 0, 0, true);
    bring(&file, [3]);
    assert_eq!(footprint.note(file.as_fd(), 0, 0), Origin::Cache);
    footprint.restore(file.as_fd());
    assert_eq!(cached(&file, 0..8), [3]);
}

#[test]
fn a_part_is_of_the_device_if_any_page_of_it_was_not_there_and_goes_again() {
    let Some(file) = cold(16) else { return };
    bring(&file, 0..6);
    for removes in [true, false] {
        let mut footprint = Footprint::of(file.as_fd(), 16 * PAGE, 0, removes);
        let note = |footprint: &mut Footprint, page: u64| footprint.note(file.as_fd(), page * PAGE, 2 * PAGE);
        let origins: Vec<_> = [0, 2, 4, 6].map(|page| note(&mut footprint, page)).to_vec();
        assert_eq!(origins, [Origin::Cache, Origin::Cache, Origin::Cache, Origin::Device]);
        assert_eq!(footprint.note(file.as_fd(), 5 * PAGE, 2 * PAGE), Origin::Device, "half of it");
        bring(&file, 6..8);
        footprint.restore(file.as_fd());
        assert_eq!(cached(&file, 0..16).len(), if removes { 6 } else { 8 });
    }
    let mut nothing = Footprint::of(file.as_fd(), 16 * PAGE, 8 * PAGE, true);
    assert_eq!(nothing.note(file.as_fd(), 8 * PAGE, PAGE), Origin::Device);
    bring(&file, 0..16);
    let mut all = Footprint::of(file.as_fd(), 16 * PAGE, 0, true);
    assert!(all.is_from_memory() && all.note(file.as_fd(), 0, PAGE) == Origin::Cache);
}

#[test]
fn of_parts_that_are_noted_out_of_order_none_is_left_out() {
    let Some(file) = cold(64) else { return };
    bring(&file, [5]);
    let mut footprint = Footprint::of(file.as_fd(), 64 * PAGE, 0, true);
    assert_eq!(footprint.note(file.as_fd(), 32 * PAGE, PAGE), Origin::Device);
    assert_eq!(footprint.note(file.as_fd(), 5 * PAGE, PAGE), Origin::Cache);
    assert_eq!(footprint.note(file.as_fd(), 0, PAGE), Origin::Device);
    bring(&file, [0, 8, 32]);
    footprint.restore(file.as_fd());
    assert_eq!(cached(&file, 0..64), [5]);
}

#[test]
fn what_has_come_in_many_parts_goes_before_the_end() {
    let parts = limits::FOOTPRINT_RANGES_MAX as u64 + 16;
    let Some(file) = cold(2 * parts) else { return };
    bring(&file, (0..parts).map(|part| 2 * part));
    let mut footprint = Footprint::of(file.as_fd(), 2 * parts * PAGE, 0, true);
    footprint.note(file.as_fd(), 0, 2 * parts * PAGE);
    assert!(footprint.brought.len() > limits::FOOTPRINT_RANGES_MAX);
    bring(&file, 0..2 * parts);
    footprint.forget_some(file.as_fd(), parts * PAGE);
    let left = cached(&file, 0..2 * parts);
    let expected = (0..2 * parts).filter(|page| page % 2 == 0 || *page >= parts);
    assert_eq!(left, expected.collect::<Vec<_>>(), "what is behind the offset may be on its way");
    assert!(footprint.brought.len() <= limits::FOOTPRINT_RANGES_MAX);
}

#[test]
fn what_was_there_and_has_gone_by_another_hand_goes_again() {
    let Some(file) = cold(16) else { return };
    bring(&file, 0..16);
    let mut footprint = Footprint::of(file.as_fd(), 16 * PAGE, 0, true);
    assert_eq!(footprint.note(file.as_fd(), 0, PAGE), Origin::Cache);
    advice::forget(file.as_fd());
    assert_eq!(footprint.note(file.as_fd(), PAGE, PAGE), Origin::Device);
    bring(&file, 1..16);
    footprint.restore(file.as_fd());
    assert_eq!(cached(&file, 0..16), [0; 0]);
}

#[test]
fn of_what_is_coming_the_pages_that_have_come_already_go_as_well() {
    for (come, was_there) in [(0, 0..0), (0, 12..16), (3, 12..16), (3, 9..10), (16, 0..0)] {
        let Some(file) = cold(16) else { return };
        bring(&file, (0..come).chain(was_there.clone()));
        let mut footprint = Footprint::of_coming(file.as_fd(), 0, 16 * PAGE, true);
        bring(&file, 0..16);
        footprint.restore(file.as_fd());
        assert_eq!(cached(&file, 0..16), was_there.clone().collect::<Vec<_>>(), "{come} had come");
    }
}
