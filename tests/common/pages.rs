//! What of a file is in the page cache, as mincore(2) says, and how to bring that about.
//!
//! Asks and advises Linux; knows no reader.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use memmap2::Mmap;
use rustix::fs::{Advice, fadvise};

pub fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

/// For each page of a file, whether it is in the page cache.
#[allow(unsafe_code, reason = "no crate has mincore(2)")]
pub fn resident(path: &Path) -> Vec<bool> {
    let file = File::options().read(true).open(path).expect("a file");
    let bytes = file.metadata().expect("its state").len();
    if bytes == 0 {
        return Vec::new();
    }
    // SAFETY: nobody touches the bytes of this map: it is only asked about.
    let map = unsafe { Mmap::map(&file) }.expect("a map");
    let mut states = vec![0_u8; bytes.div_ceil(page_bytes()) as usize];
    // SAFETY: the map is alive, and the call writes one byte for each of its pages.
    let result = unsafe { libc::mincore(map.as_ptr().cast_mut().cast(), map.len(), states.as_mut_ptr()) };
    assert_eq!(result, 0, "mincore");
    states.into_iter().map(|state| state & 1 == 1).collect()
}

/// How many pages of a file are in the page cache.
pub fn count_resident(path: &Path) -> usize {
    resident(path).into_iter().filter(|&is_resident| is_resident).count()
}

/// Writes a file out and removes it from the page cache; false where that cannot be done, as on tmpfs.
pub fn evict(path: &Path) -> bool {
    let file = File::open(path).expect("a file");
    file.sync_all().expect("fsync");
    fadvise(&file, 0, None, Advice::DontNeed).expect("advice");
    count_resident(path) == 0
}

/// Brings these pages of a file into the page cache and no others.
pub fn bring(path: &Path, pages: impl IntoIterator<Item = u64>) {
    let file = File::open(path).expect("a file");
    fadvise(&file, 0, None, Advice::Random).expect("advice");
    for page in pages {
        file.read_exact_at(&mut [0], page * page_bytes()).expect("a byte of the page");
    }
}

/// Brings the whole of a file into the page cache.
pub fn bring_all(path: &Path) {
    std::fs::read(path).expect("a file");
}
