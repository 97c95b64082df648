//! The ring: reads go in, are submitted in one call, and come back with what they brought.
//!
//! The only place that talks to io_uring. Knows buffers and descriptors, nothing of files' sizes or order.

use std::time::Duration;

use io_uring::{IoUring, opcode, squeue, types};
use rustix::io::Errno;

use super::inflight::{Inflight, Read};
use crate::limits;

/// A ring of one thread, and the reads that Linux has from it.
pub(super) struct Ring {
    /// `None` only while it is being dropped.
    ring: Option<IoUring>,
    inflight: Inflight,
    /// Calls in a row that Linux put off, since a read came back or a wait was over.
    put_off: u32,
}

/// A read that is through, and how many bytes it brought.
pub(super) struct Completed {
    pub(super) read: Read,
    pub(super) result: Result<usize, Errno>,
}

impl Ring {
    /// Sets a ring up for the thread that calls: only this thread may use it.
    /// At most `reads` reads are in flight at a time.
    pub(super) fn new(reads: u32) -> Result<Ring, Errno> {
        // Completions are posted only when this thread asks for them: none interrupts it between two windows.
        let ring = IoUring::builder()
            .setup_single_issuer()
            .setup_defer_taskrun()
            .build(limits::RING_ENTRIES)
            // Older than Linux 6.1.
            .or_else(|_| IoUring::new(limits::RING_ENTRIES))
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
        if !ring.params().is_feature_ext_arg() || !ring.params().is_feature_nodrop() {
            // Older than Linux 5.11: without a time limit on waiting, one hanging file would hang the reader.
            return Err(Errno::NOSYS);
        }
        Ok(Ring { ring: Some(ring), inflight: Inflight::new(reads.clamp(1, limits::RING_ENTRIES)), put_off: 0 })
    }

    /// Reads that Linux has or will have at the next [`enter`](Ring::enter).
    pub(super) fn in_flight(&self) -> usize {
        self.inflight.len()
    }

    /// Whether completions are posted only when they are asked for.
    pub(super) fn is_deferred(&self) -> bool {
        self.ring.as_ref().is_some_and(|ring| ring.params().is_setup_single_issuer())
    }

    /// Whether another read can be taken.
    pub(super) fn has_room(&self) -> bool {
        self.inflight.has_room()
    }

    /// Takes a read; nothing is submitted before [`enter`](Ring::enter).
    pub(super) fn read(&mut self, read: Read) {
        let range = read.range.clone();
        let user_data = self.inflight.insert(read);
        let read = self.inflight.get_mut(user_data).expect("it was just put there");
        let memory = &mut read.buffer.target()[range];
        let descriptor = types::Fd(std::os::fd::AsRawFd::as_raw_fd(&*read.file));
        let entry = opcode::Read::new(descriptor, memory.as_mut_ptr(), memory.len() as u32)
            .offset(read.offset)
            .build()
            .user_data(user_data);
        self.push(&entry);
    }

    #[allow(unsafe_code, reason = "Linux will write to memory that the compiler does not see it write to")]
    fn push(&mut self, entry: &squeue::Entry) {
        let ring = self.ring.as_mut().expect("a ring lives until it is dropped");
        // SAFETY: the entry was built in read() for memory and a descriptor that the in-flight table owns. The memory
        // is a map of its own that does not move with its owner, and the table gives both up only in completed(),
        // after their completion, or never: see drop().
        let pushed = unsafe { ring.submission().push(entry) };
        pushed.expect("the table has no more room than the queue");
    }

    /// Submits what was taken, and waits for `wanted` completions, one at least, or until the time is over. A ring that is
    /// asked for none would not be told of those that are through. What is put off again and again is an error.
    pub(super) fn enter(&mut self, wanted: usize, wait: Duration) -> Result<(), Errno> {
        let ring = self.ring.as_mut().expect("a ring lives until it is dropped");
        let limit = types::Timespec::from(wait);
        match ring.submitter().submit_with_args(wanted.max(1), &types::SubmitArgs::new().timespec(&limit)) {
            Ok(_) => self.put_off = 0,
            Err(error) => match Errno::from_io_error(&error) {
                // The time is over.
                Some(Errno::TIME) => self.put_off = 0,
                // A signal; no memory just now, or completions to be taken first. What was not submitted is still in the
                // queue and goes with the next call.
                Some(errno @ (Errno::INTR | Errno::AGAIN | Errno::BUSY)) => {
                    self.put_off += 1;
                    if self.put_off >= limits::RING_TRIES_MAX {
                        return Err(errno);
                    }
                    if errno != Errno::INTR {
                        std::thread::sleep(wait.min(Duration::from_millis(1)));
                    }
                }
                Some(errno) => return Err(errno),
                None => return Err(Errno::IO),
            },
        }
        Ok(())
    }

    /// The next read that is through.
    pub(super) fn completed(&mut self) -> Option<Completed> {
        let ring = self.ring.as_mut().expect("a ring lives until it is dropped");
        loop {
            let completion = ring.completion().next()?;
            let Some(read) = self.inflight.remove(completion.user_data()) else {
                continue;
            };
            let result = match completion.result() {
                negative if negative < 0 => Err(Errno::from_raw_os_error(-negative)),
                bytes => Ok(bytes as usize),
            };
            self.put_off = 0;
            return Some(Completed { read, result });
        }
    }
}

impl Drop for Ring {
    /// Waits until Linux has let go of every buffer; if it does not, leaves ring and buffers to it for ever.
    fn drop(&mut self) {
        let deadline = std::time::Instant::now() + Duration::from_millis(limits::RING_DRAIN_MS_MAX);
        while self.in_flight() > 0 && std::time::Instant::now() < deadline {
            if self.enter(self.in_flight(), Duration::from_millis(limits::RING_WAIT_MS_MAX)).is_err() {
                break;
            }
            while self.completed().is_some() {}
        }
        if self.in_flight() > 0 {
            std::mem::forget(self.ring.take());
            std::mem::forget(std::mem::replace(&mut self.inflight, Inflight::new(0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::rc::Rc;

    use super::super::inflight::Owner;
    use super::*;
    use crate::read::buffers::BufferPool;

    /// A ring with one read that waits for a pipe, the pipe's other end, and the file that the read is of.
    fn waiting() -> Option<(Ring, std::io::PipeWriter, Rc<OwnedFd>)> {
        let mut ring = match Ring::new(1) {
            Ok(ring) => ring,
            Err(errno) => {
                println!("NOT RUN: io_uring_setup: {errno}");
                return None;
            }
        };
        let (reader, writer) = std::io::pipe().unwrap();
        let file = Rc::new(OwnedFd::from(reader));
        let buffer = BufferPool::new(64, 1).unwrap().take().unwrap();
        let owner = Owner { file: 0, piece: 0 };
        // A pipe has no offsets: this one is the current one.
        ring.read(Read { buffer, file: Rc::clone(&file), range: 0..64, offset: u64::MAX, tries: 0, owner });
        ring.enter(0, Duration::ZERO).unwrap();
        assert_eq!(ring.in_flight(), 1);
        Some((ring, writer, file))
    }

    #[test]
    fn what_is_through_is_seen_without_waiting() {
        let Some((mut ring, mut writer, _)) = waiting() else { return };
        assert!(ring.completed().is_none());
        writer.write_all(b"7 bytes").unwrap();
        let completed = (0..1_000).find_map(|_| {
            ring.enter(0, Duration::ZERO).unwrap();
            ring.completed()
        });
        let Completed { read, result } = completed.expect("it is through");
        assert_eq!((result, &read.buffer.memory()[..7]), (Ok(7), &b"7 bytes"[..]));
    }

    #[test]
    fn a_ring_that_is_dropped_waits_for_its_reads() {
        let Some((ring, mut writer, file)) = waiting() else { return };
        let late = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            writer.write_all(b"late").unwrap();
        });
        drop(ring);
        assert_eq!(Rc::strong_count(&file), 1, "nobody holds the file of a read that is through");
        late.join().unwrap();
    }

    #[test]
    fn what_linux_does_not_give_back_is_left_to_it() {
        let Some((ring, mut writer, file)) = waiting() else { return };
        drop(ring);
        assert_eq!(Rc::strong_count(&file), 2, "the read, and with it its buffer, is kept for ever");
        // Linux still writes there.
        writer.write_all(b"too late").unwrap();
    }
}
