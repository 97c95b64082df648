//! A directory for trees that are made and thrown away by the thousand.
//!
//! Puts nothing into it.

use std::path::Path;

/// Gone when dropped. In memory nothing can be read without waiting, as far as Linux says of tmpfs; elsewhere what was just
/// written mostly can, so that small runs need no threads.
pub fn new(in_memory: bool) -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if in_memory && memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a temporary directory")
}
