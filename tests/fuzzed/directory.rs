//! A directory for trees that are made and thrown away by the thousand: in memory, where there is such a place.
//!
//! Puts nothing into it.

use std::path::Path;

/// Gone when dropped.
pub fn in_memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary directory")
}
