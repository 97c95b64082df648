//! A file read by the plainest means, pread into one buffer: the slow twin of every reader, and the second reading of
//! a file whose digest is not the listed one.
//!
//! Shares none of the code that the other readers read with, so that it does not share their mistakes.

use std::os::fd::AsFd;
use std::time::Duration;

use rustix::io::{Errno, pread};

use super::buffers::Buffer;
use super::manner::Manner;
use super::pace::charge;
use super::segment::Failure;
use crate::limits;
use crate::root::{OpenedFile, Root, Stamp, stamp_of};

/// Reads a file from its first byte to its last and hands every piece to `each`, which says whether to go on; gives its
/// state from before, unless it is another afterwards. `None` where `each` said no.
pub(crate) fn read(
    root: &Root,
    name: &[u8],
    manner: &Manner,
    each: impl FnMut(&[u8]) -> bool,
) -> Result<Option<Stamp>, Failure> {
    read_opened(&root.open(name)?, manner, each)
}

/// The same for a file that is open already.
pub(crate) fn read_opened(
    opened: &OpenedFile,
    manner: &Manner,
    mut each: impl FnMut(&[u8]) -> bool,
) -> Result<Option<Stamp>, Failure> {
    let (file, size) = (opened.file.as_fd(), opened.stamp.size_bytes);
    let unreadable = |errno, offset| Failure::Unreadable { errno, offset };
    let mut way = manner.choose_to_be_read_ahead(file, opened.stamp).map_err(|errno| unreadable(errno, 0))?;
    // Two bytes more than the file should have: if the first comes, the file grew.
    let most = size.saturating_add(2).next_multiple_of(way.align() as u64).min(limits::PLAIN_BUFFER_BYTES as u64);
    let mut buffer = Buffer::alone(most as usize).map_err(|_| unreadable(Errno::NOMEM, 0))?;
    let mut offset = 0;
    let read = 'reading: loop {
        let taken = charge((size - size.min(offset)).min(most), way.align());
        while !manner.pace.take(taken) {
            // Nothing yet, but a moment to say that it is no longer wanted.
            if !each(&[]) {
                break 'reading Ok(false);
            }
            std::thread::sleep(manner.pace.pause(Duration::from_millis(limits::LOOK_AROUND_MS)));
        }
        // Direct reads begin where a sector does; what is known of it already is skipped.
        let start = offset - offset % way.align() as u64;
        way.note(file, start, size.saturating_sub(start).min(most));
        let result = pread(&opened.file, &mut buffer.target()[..most as usize], start);
        let came = result.map_or(0, |count| if count == 0 { 0 } else { charge(count as u64, way.align()) });
        manner.pace.settle(taken, came);
        match result {
            Ok(count) if start + count as u64 <= offset => break Ok(true),
            Ok(count) => {
                if !each(&buffer.target()[(offset - start) as usize..count]) {
                    break Ok(false);
                }
                offset = start + count as u64;
            }
            Err(Errno::INTR) => {}
            Err(errno) => break Err(unreadable(errno, offset)),
        }
    };
    way.leave(file);
    if !read? {
        return Ok(None);
    }
    let after = stamp_of(&opened.file).map_err(|errno| unreadable(errno, offset))?;
    if after == opened.stamp && after.size_bytes == offset { Ok(Some(after)) } else { Err(Failure::Moved) }
}
