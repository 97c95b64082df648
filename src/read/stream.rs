//! What comes in its own time and has no size to be trusted: a FIFO, a device, standard input, a file of `/proc`.
//!
//! There is no proof of its end but that Linux says there is no more.

use std::os::fd::{AsFd, OwnedFd};

use rustix::io::{read, retry_on_intr};

use super::segment::Failure;
use crate::limits;

/// Reads on from where the descriptor stands until nothing is left, and hands every piece to `each`; gives their bytes.
pub(crate) fn read_to_end(file: &OwnedFd, mut each: impl FnMut(&[u8])) -> Result<u64, Failure> {
    let mut buffer = vec![0; limits::STREAM_BUFFER_BYTES];
    let mut offset = 0;
    loop {
        match retry_on_intr(|| read(file.as_fd(), &mut buffer)) {
            Ok(0) => return Ok(offset),
            Ok(count) => {
                each(&buffer[..count]);
                offset += count as u64;
            }
            Err(errno) => return Err(Failure::Unreadable { errno, offset }),
        }
    }
}
