//! A file read by the plainest means, pread into one buffer: the slow twin of every reader, and the second reading of
//! a file whose digest is not the listed one.
//!
//! Shares no code with the other readers, so that it does not share their mistakes.

use rustix::io::{Errno, pread};

use super::segment::Failure;
use crate::limits;
use crate::root::{OpenedFile, Root, Stamp, stamp_of};

/// Reads a file from its first byte to its last and hands every piece to `each`, which says whether to go on; gives its
/// state from before, unless it is another afterwards. `None` where `each` said no.
pub(crate) fn read(root: &Root, name: &[u8], each: impl FnMut(&[u8]) -> bool) -> Result<Option<Stamp>, Failure> {
    read_opened(&root.open(name)?, each)
}

/// The same for a file that is open already.
pub(crate) fn read_opened(opened: &OpenedFile, mut each: impl FnMut(&[u8]) -> bool) -> Result<Option<Stamp>, Failure> {
    // One byte more than the file should have: if it comes, the file grew.
    let most = opened.stamp.size_bytes.saturating_add(1).min(limits::PLAIN_BUFFER_BYTES as u64);
    let mut buffer = vec![0; most as usize];
    let mut offset = 0;
    loop {
        match pread(&opened.file, &mut buffer, offset) {
            Ok(0) => break,
            Ok(count) => {
                if !each(&buffer[..count]) {
                    return Ok(None);
                }
                offset += count as u64;
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Failure::Unreadable { errno, offset }),
        }
    }
    let after = stamp_of(&opened.file).map_err(|errno| Failure::Unreadable { errno, offset })?;
    if after == opened.stamp && after.size_bytes == offset { Ok(Some(after)) } else { Err(Failure::Moved) }
}
