//! The digests of many messages that lie in memory, all lanes at once, in the thread that asks.
//!
//! Copies no message and starts no thread; which job sits in which lane is the matter of `lanes`.

use super::choice::Kernels;
use super::lanes::{Done, Lanes};
use super::message::LaneBuffer;
use crate::digest::Digest;
use crate::limits;

/// A whole message that belongs to somebody else.
struct Borrowed<'a>(&'a [u8]);

impl AsRef<[u8]> for Borrowed<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl LaneBuffer for Borrowed<'_> {
    fn memory(&self) -> &[u8] {
        self.0
    }

    /// Nobody may write behind it: a message that ends inside a block is padded in memory of its own.
    fn memory_mut(&mut self) -> Option<&mut [u8]> {
        None
    }
}

/// The digest of each message, in their order; a message may be empty, and so may the list.
///
/// Works in the calling thread, many messages at a time, with the kernels that are fastest on this CPU for as many. Beside
/// the digests it takes some KiB, whatever the number of messages and their lengths.
///
/// # Panics
///
/// On a CPU that gives wrong digests by every kernel.
///
/// ```
/// let digests = checksig::hash_many(&[b"abc", b""]);
/// assert_eq!(digests[0].to_string(), "a9993e364706816aba3e25717850c26c9cd0d89d");
/// assert_eq!(digests[1].to_string(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
/// ```
pub fn hash_many(messages: &[&[u8]]) -> Vec<Digest> {
    let kernels = Kernels::auto();
    assert!(!kernels.are_wrong(), "no SHA-1 kernel gives the right digest on this CPU");
    hash_by(kernels, messages)
}

fn hash_by(kernels: Kernels, messages: &[&[u8]]) -> Vec<Digest> {
    let mut digests = vec![Digest::from_bytes([0; Digest::BYTES]); messages.len()];
    // Each job has the whole of its message at hand, so that a job for each lane keeps every lane full.
    let jobs = messages.len().min(kernels.width() + limits::LONG_JOBS_BESIDE);
    let mut lanes = Lanes::new(kernels, jobs);
    let mut message_of = vec![0; jobs];
    let mut done = Vec::new();
    let mut next = 0;
    loop {
        while next < messages.len()
            && lanes.have_room()
            && let Some(job) = lanes.begin()
        {
            message_of[job.index()] = next;
            lanes.announce(job, messages[next].len() as u64);
            lanes.submit(job, Borrowed(messages[next]), true);
            next += 1;
        }
        if !lanes.step(&mut done) {
            return digests;
        }
        for done in done.drain(..) {
            if let Done::Digest(job, digest) = done {
                digests[message_of[job.index()]] = digest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{Kernel, Stream};

    #[test]
    fn every_kernel_gives_each_message_its_own_digest_whatever_their_number_and_lengths() {
        let bytes: Vec<u8> = (0..300_000_usize).map(|at| (at * 131 + at / 251) as u8).collect();
        // 55 and 56: the padding fits the last block, and just does not; 63 to 65 and 119, 120: around whole blocks.
        let lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 4_096];
        let forced = Kernel::ALL.into_iter().filter_map(|kernel| Kernels::forced(kernel).ok());
        for kernels in forced.chain([Kernels::auto()]) {
            let width = kernels.width();
            // None, fewer than lanes, as many, one more, several rounds.
            for count in [0, 1, width - 1, width, width + 1, 5 * width + 3] {
                let message = |at: usize| &bytes[at..at + lengths[at % lengths.len()]];
                let mut messages: Vec<&[u8]> = (0..count).map(message).collect();
                // Then one long among short, and several.
                for long in [0, 1, 6] {
                    messages.iter_mut().take(long).for_each(|message| *message = &bytes);
                    let expected: Vec<Digest> = messages.iter().map(|message| Stream::digest(message)).collect();
                    assert_eq!(hash_by(kernels.clone(), &messages), expected, "{kernels}: {count} messages");
                }
            }
        }
    }
}
