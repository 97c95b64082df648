//! What comes in its own time and has no size to be trusted: a FIFO, a device, standard input, a file of `/proc`.
//!
//! There is no proof of its end but that Linux says there is no more.

use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read, retry_on_intr};

use super::segment::Failure;
use crate::limits;

/// Reads on from where the descriptor stands until nothing is left, and hands every piece to `each`; gives their bytes. Fails
/// with ECANCELED once it is `stopping`.
pub(crate) fn read_to_end(
    file: &OwnedFd,
    stopping: &dyn Fn() -> bool,
    mut each: impl FnMut(&[u8]),
) -> Result<u64, Failure> {
    let mut buffer = vec![0; limits::STREAM_BUFFER_BYTES];
    let mut offset = 0;
    loop {
        wait(file, stopping).map_err(|errno| Failure::Unreadable { errno, offset })?;
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

/// Waits until a read need not wait, and looks up now and then.
fn wait(file: &OwnedFd, stopping: &dyn Fn() -> bool) -> Result<(), Errno> {
    let slice = Timespec { tv_sec: 0, tv_nsec: limits::LOOK_AROUND_MS as i64 * 1_000_000 };
    loop {
        if stopping() {
            return Err(Errno::CANCELED);
        }
        match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&slice)) {
            Ok(0) | Err(Errno::INTR) => {}
            // What cannot be waited for is read.
            Ok(_) | Err(_) => return Ok(()),
        }
    }
}
