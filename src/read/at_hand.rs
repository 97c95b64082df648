//! A short file that is in the page cache, read whole into memory: a manifest of few lines.
//!
//! Never waits, and proves nothing: whoever uses the bytes looks afterwards whether the file has changed.

use std::os::fd::AsFd;

use rustix::io::Errno;

use super::nowait::read_cached;
use crate::root::OpenedFile;

/// As many bytes as the file had when it was opened; `None` where they are more than so many, or not all in memory.
pub(crate) fn read_at_hand(opened: &OpenedFile, bytes_max: usize) -> Option<Vec<u8>> {
    let size = usize::try_from(opened.stamp.size_bytes).ok().filter(|&size| size <= bytes_max)?;
    let mut bytes = vec![0; size];
    let mut length = 0;
    while length < size {
        match read_cached(opened.file.as_fd(), &mut bytes[length..], length as u64) {
            Ok(Some(count @ 1..)) => length += count,
            Err(Errno::INTR) => {}
            Ok(Some(0) | None) | Err(_) => return None,
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::root::open_anywhere;

    #[test]
    fn what_is_in_memory_and_short_is_read_whole_and_nothing_else() {
        let tree = tempfile::tempdir().unwrap();
        let path = tree.path().join("f");
        std::fs::write(&path, vec![7; 10_000]).unwrap();
        let opened = open_anywhere(&path).unwrap();
        assert_eq!(read_at_hand(&opened, 9_999), None, "more than was asked for");
        match read_at_hand(&opened, 10_000) {
            Some(bytes) => assert_eq!(bytes, vec![7; 10_000]),
            None => println!("NOT RUN: there are no reads here that do not wait"),
        }
        // Its size is no longer what it was: who asks finds out by the stamp, as for every file.
        std::fs::write(&path, "short").unwrap();
        assert_eq!(read_at_hand(&opened, 10_000), None);
    }
}
